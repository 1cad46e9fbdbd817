// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who presides: never remembered, always computed from presence, duties to abstain and the rules
//! of the roll call (artt. 50, c. 2, and 53, c. 2, TUEL; R3.3, R3.9, R3.10).

use super::event::Attendance;
use super::{Interval, Item, Member, Sitting};
use crate::law::presidency::{
    GiuntaOffice, Member as InLine, PresidencyOrder, president as first_in_line,
};
use crate::papers::words;
use crate::registry::Role;
use chrono::{DateTime, Utc};

/// Who presides, and why it is not the Sindaco.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chair {
    /// Person.
    pub person: String,
    /// "in assenza del Sindaco"; empty when it is he.
    pub reason: String,
    /// He must abstain himself: he leads the item to an end without a vote, and no further.
    pub must_abstain: bool,
}

/// Who presided from an instant on, until the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presidency {
    /// Who.
    pub chair: Chair,
    /// From.
    pub from: DateTime<Utc>,
}

/// The rules of the chair, as the roll call froze them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChairRules {
    pub order: PresidencyOrder,
    pub in_seat: bool,
}

impl Sitting {
    /// Who presides now; nobody when no member who is there may.
    pub fn chair(&self) -> Option<Chair> {
        let here: Vec<&Interval> = self.present_now().collect();
        chair_of(&self.members, &here, self.in_hand(), self.chair_rules()?)
    }

    /// Who presides now; empty when nobody may.
    pub fn president(&self) -> String {
        self.chair().map(|chair| chair.person).unwrap_or_default()
    }

    /// Who presided, one after the other, over the whole sitting.
    pub fn presidencies(&self) -> Vec<Presidency> {
        let Some(rules) = self.chair_rules() else { return Vec::new() };
        let mut found: Vec<Presidency> = Vec::new();
        for from in self.turning_points() {
            let here: Vec<&Interval> = self.present_at(from).collect();
            let declared = self.in_hand_at(from).map(|item| Item {
                conflicts: item.conflicts.iter().filter(|c| c.at <= from).cloned().collect(),
                ..Item::default()
            });
            let chair = chair_of(&self.members, &here, declared.as_ref(), rules);
            let Some(chair) = chair else { continue };
            if found.last().is_none_or(|last| last.chair != chair) {
                found.push(Presidency { chair, from });
            }
        }
        found
    }

    /// Who presided last: he leads a sitting to its end where everyone has gone.
    pub(super) fn last_chair(&self) -> Option<Chair> {
        self.chair().or_else(|| self.presidencies().pop().map(|p| p.chair))
    }

    fn chair_rules(&self) -> Option<ChairRules> {
        self.presidency_order.map(|order| ChairRules { order, in_seat: self.chair_in_seat })
    }

    /// The item whose duties to abstain bind the chair: the one called last, through its second
    /// ballot, until another is called.
    pub fn in_hand(&self) -> Option<&Item> {
        self.item(&self.last_called)
    }

    fn in_hand_at(&self, at: DateTime<Utc>) -> Option<&Item> {
        let called = |i: &&Item| i.called.is_some_and(|called| called <= at);
        self.items.iter().filter(called).max_by_key(|i| i.called)
    }

    /// The instants at which the chair may have changed, in order.
    fn turning_points(&self) -> Vec<DateTime<Utc>> {
        let presence = self.presence.iter().flat_map(|i| [Some(i.from), i.to]).flatten();
        let items = self.items.iter().flat_map(|i| {
            i.called.into_iter().chain(i.conflicts.iter().map(|conflict| conflict.at))
        });
        let mut points: Vec<_> = presence.chain(items).collect();
        points.sort_unstable();
        points.dedup();
        points
    }
}

/// Who presides a roll that is being called, before the sitting knows it.
pub(super) fn chair_of_roll(
    members: &[Member],
    present: &[Attendance],
    item: Option<&Item>,
    rules: ChairRules,
) -> Option<Chair> {
    let there = super::presence::there(present, DateTime::<Utc>::default());
    chair_of(members, &there.iter().collect::<Vec<_>>(), item, rules)
}

/// First in line among those present who may preside: who must abstain on the item does not, and
/// who is connected from elsewhere does not where the rule wants the chair in the seat. Where all
/// who may must abstain, the first of them leads the item to an end without a vote.
fn chair_of(
    members: &[Member],
    here: &[&Interval],
    item: Option<&Item>,
    rules: ChairRules,
) -> Option<Chair> {
    let abstains = |p: &str| item.is_some_and(|i| i.must_abstain(p));
    let may = |p: &str| here.iter().any(|i| i.person == p && !(i.remote && rules.in_seat));
    let line = |free: bool| {
        let able = members.iter().filter(|m| may(&m.person) && !(free && abstains(&m.person)));
        let line: Vec<InLine> = able.map(in_line).collect();
        first_in_line(rules.order, &line).map(|m| m.id.clone())
    };
    let person = line(true).or_else(|| line(false))?;
    let reason = reason(members, &person, here, item);
    Some(Chair { must_abstain: abstains(&person), person, reason })
}

fn in_line(member: &Member) -> InLine {
    InLine {
        id: member.person.clone(),
        office: match member.role {
            Role::Sindaco => GiuntaOffice::Sindaco,
            Role::Vicesindaco => GiuntaOffice::Vicesindaco,
            _ => GiuntaOffice::Assessore,
        },
        born: member.born,
        list_order: member.rank,
    }
}

/// Why someone else than the Sindaco presides.
fn reason(members: &[Member], chair: &str, here: &[&Interval], item: Option<&Item>) -> String {
    let Some(sindaco) = members.iter().find(|m| m.role == Role::Sindaco) else {
        return "essendo vacante la carica di Sindaco".into();
    };
    if sindaco.person == chair {
        return String::new();
    }
    let present = here.iter().any(|i| i.person == sindaco.person);
    let the = words::the_title(&sindaco.title);
    match (item.is_some_and(|i| i.must_abstain(&sindaco.person)), present) {
        (true, _) => format!("dovendo {the} astenersi (art. 78, c. 2, TUEL)"),
        (false, true) => format!("partecipando {the} a distanza"),
        (false, false) => format!("in assenza {}", words::of_title(&sindaco.title)),
    }
}
