// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the room shows: who is where, the item in hand with its opinions, the agenda so far.

use super::hour;
use crate::domain::case::{Case, OpinionNeed, OpinionOutcome, standing};
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::words as printed;
use crate::domain::registry::Registry;
use crate::domain::sitting::{
    Ballot, ConflictStance, Item, Leaving, Member, Sitting, secret_reason,
};
use crate::domain::words;
use crate::domain::world::World;
use crate::web::actions::sitting as actions;
use crate::web::forms::capital;
use crate::web::lines::Datum;
use crate::web::visitor::Visitor;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Seat {
    person: String,
    name: String,
    title: String,
    /// `room`, `remote`, `out`, `lost`.
    place: &'static str,
    /// "in sala dalle 10:05".
    words: String,
    presides: bool,
    abstains: String,
    /// What he chose on his own device, while the vote is open.
    chose: &'static str,
    href: String,
}

#[derive(Debug, Serialize)]
pub(super) struct OpinionWords {
    title: String,
    outcome: &'static str,
    contrary: bool,
    giver: String,
    reasons: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Current {
    case: String,
    number: usize,
    subject: String,
    data: Vec<Datum>,
    off_agenda: bool,
    amended: bool,
    contrary: Vec<OpinionWords>,
    others: Vec<OpinionWords>,
    departure: String,
    objections: Vec<String>,
    secret: String,
    urgency: String,
    conflicts: Vec<String>,
    /// What was voted, in words; empty before.
    voted: String,
    outcome: String,
    approved: bool,
    deliberation: String,
    immediate: &'static str,
    motivate: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    case: String,
    number: usize,
    subject: String,
    outcome: String,
    deliberation: String,
    immediate: &'static str,
    current: bool,
    pub(super) open: bool,
    href: String,
}

pub(super) fn seats(sitting: &Sitting, members: &[Member]) -> Vec<Seat> {
    let item = sitting.in_hand();
    let president = sitting.president();
    let seat = |member: &Member| {
        let last = sitting.presence.iter().rfind(|i| i.person == member.person);
        let (place, words) = match last {
            Some(i) if i.to.is_none() && i.remote => {
                ("remote", format!("a distanza dalle {}", hour(i.from)))
            }
            Some(i) if i.to.is_none() => ("room", format!("in sala dalle {}", hour(i.from))),
            Some(i) if i.why == Leaving::LineLost => {
                ("lost", format!("linea caduta alle {}", i.to.map(hour).unwrap_or_default()))
            }
            Some(i) => ("out", format!("uscito alle {}", i.to.map(hour).unwrap_or_default())),
            None => ("out", "assente".to_owned()),
        };
        let conflict = item.and_then(|i| i.conflicts.iter().find(|c| c.person == member.person));
        let chose = item.filter(|i| i.ballot.is_none());
        let chose = chose.and_then(|i| i.choices.iter().find(|(p, _)| *p == member.person));
        Seat {
            presides: president == member.person,
            person: member.person.clone(),
            name: member.name.clone(),
            title: member.title.clone(),
            place,
            words,
            abstains: conflict.map(|c| stance(c.stance).to_owned()).unwrap_or_default(),
            chose: chose.map_or("", |(_, choice)| choice.label()),
            href: format!("/sedute/{}/azioni", sitting.id),
        }
    };
    members.iter().map(seat).collect()
}

fn stance(stance: ConflictStance) -> &'static str {
    match stance {
        ConflictStance::Stays => "deve astenersi: resta senza partecipare",
        ConflictStance::Leaves => "deve astenersi: lascia la seduta",
    }
}

pub(super) fn lines(sitting: &Sitting) -> Vec<Line> {
    let line = |(index, item): (usize, &Item)| Line {
        case: item.case.clone(),
        number: index + 1,
        subject: item.subject.clone(),
        outcome: words::outcome_of(item),
        deliberation: item.number.map(|n| n.to_string()).unwrap_or_default(),
        immediate: immediate(item),
        current: sitting.last_called == item.case,
        open: item.outcome.is_none(),
        href: actions::href(&sitting.id, "chiamata", &item.case),
    };
    sitting.items.iter().enumerate().map(line).collect()
}

fn immediate(item: &Item) -> &'static str {
    match &item.immediate {
        Some((_, true)) => "immediatamente eseguibile",
        Some((_, false)) => "immediata eseguibilità non raggiunta",
        None => "",
    }
}

pub(super) fn current(
    world: &World,
    sitting: &Sitting,
    item: &Item,
    number: usize,
    visitor: &Visitor,
) -> Current {
    let case = world.cases.get(&item.case);
    let registry = &world.registry;
    let name = |person: &String| registry.name(person);
    let content = case.map(|c| &c.content);
    let of = |list: Option<Vec<String>>| list.unwrap_or_default().join(", ");
    let rows = [
        ("Relatore", of(content.map(|c| c.rapporteurs.iter().map(name).collect()))),
        (
            "Ufficio",
            of(content.map(|c| c.offices.iter().map(|o| registry.office_name(o)).collect())),
        ),
    ];
    let (contrary, others) = case
        .map(|c| opinions(c, registry))
        .unwrap_or_default()
        .into_iter()
        .partition(|o| o.contrary);
    let day = sitting.opened.map(rome_date).unwrap_or(visitor.today);
    let regulation = world.regulation(day).ok();
    let secret = content.zip(regulation.as_ref()).and_then(|(c, r)| secret_reason(c, r));
    let open = item.outcome.is_none();
    let subject = crate::web::actions::ballot::stops(world, &item.case, day, visitor.now);
    let conflict = |c: &crate::domain::sitting::Conflict| {
        format!("{} {}", registry.name(&c.person), stance(c.stance))
    };
    let gates = content.map(|c| &c.gates);
    let departure = gates.and_then(|g| g.departure.clone()).unwrap_or_default();
    Current {
        case: item.case.clone(),
        number,
        subject: item.subject.clone(),
        data: rows
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(term, text)| Datum { term, text })
            .collect(),
        off_agenda: item.off_agenda,
        amended: item.amended,
        contrary,
        others,
        motivate: departure.is_empty() && open,
        departure,
        objections: if open && item.ballot.is_none() { subject } else { Vec::new() },
        secret: secret.unwrap_or_default(),
        urgency: gates.and_then(|g| g.immediate_request.clone()).unwrap_or_default(),
        conflicts: item.conflicts.iter().map(conflict).collect(),
        voted: item.ballot.as_ref().map(|(b, _)| voted(b, registry)).unwrap_or_default(),
        outcome: words::outcome_of(item),
        approved: item.outcome.is_some_and(|(outcome, _)| outcome.is_approval()),
        deliberation: item.number.map(|n| n.to_string()).unwrap_or_default(),
        immediate: immediate(item),
    }
}

/// Opinions that stand on the text being voted.
fn opinions(case: &Case, registry: &Registry) -> Vec<OpinionWords> {
    let stands = |opinion: &&crate::domain::case::Opinion| {
        let need = OpinionNeed { opinion: opinion.opinion, office: opinion.office.clone() };
        standing(case, &need) == Some(*opinion)
    };
    let line = |opinion: &crate::domain::case::Opinion| {
        let mut title = capital(opinion.opinion.label());
        if !opinion.office.is_empty() {
            title.push_str(&format!(", {}", registry.office_name(&opinion.office)));
        }
        OpinionWords {
            title,
            outcome: printed::outcome(opinion.outcome),
            contrary: opinion.outcome == OpinionOutcome::Contrary,
            giver: opinion.giver.name.clone(),
            reasons: opinion.reasons.clone(),
        }
    };
    case.opinions.iter().filter(stands).map(line).collect()
}

/// A ballot in words: counts, and the names of who was not in favour.
fn voted(ballot: &Ballot, registry: &Registry) -> String {
    if let Some(t) = ballot.totals {
        return format!(
            "scrutinio segreto: {} favorevoli, {} contrari, {} bianche, {} nulle",
            t.favour, t.against, t.blank, t.void
        );
    }
    let names =
        |people: &[String]| people.iter().map(|p| registry.name(p)).collect::<Vec<_>>().join(", ");
    let mut said = format!("{} favorevoli", ballot.favour.len());
    for (people, word) in [(&ballot.against, "contrari"), (&ballot.abstained, "astenuti")] {
        if !people.is_empty() {
            said.push_str(&format!(", {} {word} ({})", people.len(), names(people)));
        }
    }
    if ballot.against.is_empty() && ballot.abstained.is_empty() {
        said.push_str(", all'unanimità");
    }
    said
}
