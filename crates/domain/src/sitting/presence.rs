// SPDX-License-Identifier: AGPL-3.0-or-later
//! Presence as intervals: who was there at an instant, and in which way (R3.5, R3.11).

use super::{Attendance, Interval, Item, Leaving, Sitting};
use chrono::{DateTime, Utc};

/// Everyone of a roll, present from an instant on.
pub(super) fn there(present: &[Attendance], from: DateTime<Utc>) -> Vec<Interval> {
    let interval = |a: &Attendance| Interval {
        person: a.person.clone(),
        remote: a.remote,
        from,
        to: None,
        why: Leaving::Left,
    };
    present.iter().map(interval).collect()
}

impl Sitting {
    /// Members present at an instant, with their interval. Entering counts from its instant;
    /// leaving counts from its instant too.
    pub fn present_at(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Interval> {
        self.presence.iter().filter(move |i| i.from <= at && i.to.is_none_or(|to| at < to))
    }

    /// Members present now.
    pub fn present_now(&self) -> impl Iterator<Item = &Interval> {
        self.presence.iter().filter(|i| i.to.is_none())
    }

    /// True when the member is present now.
    pub fn is_present(&self, person: &str) -> bool {
        self.present_now().any(|i| i.person == person)
    }

    /// Opens an interval; a second entrance without leaving changes nothing.
    pub(super) fn enter(&mut self, person: &str, remote: bool, at: DateTime<Utc>) {
        if self.is_present(person) {
            return;
        }
        self.presence.push(Interval {
            person: person.to_owned(),
            remote,
            from: at,
            to: None,
            why: Leaving::Left,
        });
    }

    /// Closes the open interval.
    pub(super) fn leave(&mut self, person: &str, why: Leaving, at: DateTime<Utc>) {
        if let Some(open) = self.presence.iter_mut().find(|i| i.person == person && i.to.is_none())
        {
            open.to = Some(at);
            open.why = why;
        }
    }

    /// A mistyped presence: the last interval is replaced from its own beginning, which is given back.
    pub(super) fn correct_presence(
        &mut self,
        person: &str,
        present: bool,
        remote: bool,
        at: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let last = self.presence.iter().rposition(|i| i.person == person);
        let from = last.map(|i| self.presence.remove(i).from).or(self.opened).unwrap_or(at);
        if present {
            self.enter(person, remote, from);
        }
        from
    }

    /// A presence corrected from an instant on holds for what was voted since and is not yet
    /// proclaimed, too.
    pub(super) fn correct_open_votes(&mut self, person: &str, from: DateTime<Utc>) {
        let now = self.present_now().find(|i| i.person == person).cloned();
        let since = |item: &Item| item.ballot.as_ref().is_some_and(|(_, voted)| *voted >= from);
        let open = self.items.iter_mut().filter(|i| i.outcome.is_none() && since(i));
        for item in open {
            item.at_vote.retain(|i| i.person != person);
            item.at_vote.extend(now.clone());
        }
    }

    /// The sitting as it was when an item was voted, as far as presence and chair are concerned.
    pub fn when_voted(&self, item: &Item) -> Self {
        let mut then = self.clone();
        then.presence.clone_from(&item.at_vote);
        then.last_called.clone_from(&item.case);
        then
    }

    /// The roll call of a resumption: those who answer stay or enter, the others have left.
    pub(super) fn roll_call(&mut self, present: &[Attendance], at: DateTime<Utc>) {
        let gone: Vec<String> = self
            .present_now()
            .filter(|i| !present.iter().any(|a| a.person == i.person && a.remote == i.remote))
            .map(|i| i.person.clone())
            .collect();
        gone.iter().for_each(|person| self.leave(person, Leaving::Left, at));
        present.iter().for_each(|a| self.enter(&a.person, a.remote, at));
    }
}
