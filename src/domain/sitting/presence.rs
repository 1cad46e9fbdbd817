// SPDX-License-Identifier: AGPL-3.0-or-later
//! Presence as intervals: who was there at an instant, and in which way (R3.5, R3.11).

use super::{Attendance, Interval, Leaving, Sitting};
use chrono::{DateTime, Utc};

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

    /// A mistyped presence: the last interval is replaced from its own beginning.
    pub(super) fn correct_presence(
        &mut self,
        person: &str,
        present: bool,
        remote: bool,
        at: DateTime<Utc>,
    ) {
        let from = self.presence.iter().rfind(|i| i.person == person).map(|i| i.from);
        self.presence.retain(|i| !(i.person == person && i.to.is_none()));
        if present {
            let from = from.or(self.opened).unwrap_or(at);
            self.enter(person, remote, from);
        }
    }

    /// The roll call of a resumption: those who answer stay or enter, the others have left.
    pub(super) fn roll_call(&mut self, present: &[Attendance], at: DateTime<Utc>) {
        let gone: Vec<String> = self
            .present_now()
            .filter(|i| !present.iter().any(|a| a.person == i.person))
            .map(|i| i.person.clone())
            .collect();
        gone.iter().for_each(|person| self.leave(person, Leaving::Left, at));
        present.iter().for_each(|a| self.enter(&a.person, a.remote, at));
    }
}
