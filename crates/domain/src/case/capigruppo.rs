// SPDX-License-Identifier: AGPL-3.0-or-later
//! The list of the day to the capigruppo (TUEL 125): made, signed or sealed, sent, received.
//!
//! A list names many acts and is one paper: it is kept with the first of them. The duty is done when
//! every capogruppo has it, not when somebody means to send it (R8.3, T-38).

use super::Case;
use super::advance::{acting, owe, slot};
use super::event::CaseEvent;
use super::signing::only_system;
use crate::changes::{Changes, Stop};
use crate::law::calendar::{Preposition, parse_date};
use crate::papers::{PaperKind, PaperPlan};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::tokens::{Keeper, SealUse};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A list that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentList {
    /// Day of the list.
    pub day: NaiveDate,
    /// Serial on that day, from 1.
    pub serial: u32,
    /// Acts it names.
    pub cases: Vec<String>,
    /// Capigruppo it goes to.
    pub recipients: Vec<String>,
    /// To whom it was handed over, or could not be.
    pub told: BTreeMap<String, bool>,
}

/// Folds the facts of a list into the act that keeps it.
pub(super) fn evolve(lists: &mut Vec<SentList>, event: &CaseEvent) {
    match event {
        CaseEvent::CapigruppoSent { day, serial, recipients, cases, .. } => lists.push(SentList {
            day: *day,
            serial: *serial,
            cases: cases.clone(),
            recipients: recipients.clone(),
            told: BTreeMap::new(),
        }),
        CaseEvent::CapigruppoTold { day, serial, person, delivered, .. } => {
            let of_this = |l: &&mut SentList| (l.day, l.serial) == (*day, *serial);
            if let Some(list) = lists.iter_mut().find(of_this) {
                list.told.insert(person.clone(), *delivered);
            }
        }
        _ => {}
    }
}

/// The list dated D holds exactly the acts with start D (I6); reposted acts appear again. The seal of
/// the entity stands for the Segretario's signature only where the regulation says so (R9.6, row 18);
/// else the list is owed to the Segretario, and goes out when it is signed.
///
/// # Errors
/// `list_outdated` when an act was posted meanwhile, or what must be loaded first.
pub fn list(
    changes: &mut Changes,
    day: NaiveDate,
    serial: u32,
    cases: &[String],
    sha256: &str,
) -> Result<(), Stop> {
    only_system(&changes.ctx.actor)?;
    for (i, id) in cases.iter().enumerate() {
        let case = changes.case(id)?;
        if cases[..i].contains(id)
            || case.posting.as_ref().is_none_or(|p| p.day != day)
            || !case.duties.contains_key("capigruppo")
            || listed_since_posting(case)
        {
            return Err(outdated().into());
        }
    }
    let Some(keeper) = cases.first() else { return Err(outdated().into()) };
    for id in cases {
        changes.push(id, CaseEvent::CapigruppoListed { day, serial });
    }
    let sealed = changes.world.regulation(day)?.seal_uses.contains(&SealUse::CapigruppoList);
    match (sealed, sha256.is_empty()) {
        (true, false) => send(changes, keeper, (day, serial), cases, sha256),
        (false, true) => {
            let kind = PaperKind::ElencoCapigruppo;
            let key = list_key(day, serial);
            let slots = vec![slot("firma", acting(changes, Role::Segretario, None)?)];
            owe(changes, keeper, kind, key, slots, &about(day, serial, cases));
            Ok(())
        }
        _ => Err(outdated().into()),
    }
}

/// Key of a list among papers.
pub fn list_key(day: NaiveDate, serial: u32) -> String {
    format!("{}-{day}-{serial}", PaperKind::ElencoCapigruppo.token())
}

fn outdated() -> Refusal {
    Refusal::new(
        "list_outdated",
        "R8.1",
        "art. 125 TUEL",
        "L'elenco non corrisponde alle pubblicazioni del giorno: va ricomposto",
    )
}

fn about(day: NaiveDate, serial: u32, cases: &[String]) -> String {
    format!("{day}/{serial}/{}", cases.join(","))
}

/// Day, serial and acts of a list that is owed as a paper.
pub fn named(plan: &PaperPlan) -> Option<(NaiveDate, u32, Vec<String>)> {
    let mut parts = plan.about.splitn(3, '/');
    let day = parse_date(parts.next()?)?;
    let serial = parts.next()?.parse().ok()?;
    let cases = parts.next()?.split(',').map(str::to_owned).collect();
    (plan.kind == PaperKind::ElencoCapigruppo).then_some((day, serial, cases))
}

/// The list was signed: it goes out.
pub(super) fn signed(changes: &mut Changes, id: &str, key: &str) -> Result<(), Stop> {
    let paper = changes.case(id)?.paper(key).filter(|p| p.is_complete());
    let sha256 = paper.and_then(|p| p.sha256.clone()).unwrap_or_default();
    let Some((day, serial, cases)) = paper.and_then(|p| named(&p.plan)) else { return Ok(()) };
    send(changes, id, (day, serial), &cases, &sha256)
}

fn send(
    changes: &mut Changes,
    keeper: &str,
    (day, serial): (NaiveDate, u32),
    cases: &[String],
    paper: &str,
) -> Result<(), Stop> {
    // Kept elsewhere (R8.3): the list is made, and who keeps the register of the capigruppo sends it.
    let kept_here = changes.world.regulation(day)?.capigruppo_registry == Keeper::Internal;
    let recipients: Vec<String> =
        if kept_here { changes.world.registry.capigruppo(day) } else { Vec::new() };
    let nobody = kept_here && recipients.is_empty();
    let sent = CaseEvent::CapigruppoSent {
        day,
        serial,
        paper: paper.to_owned(),
        recipients,
        cases: cases.to_vec(),
    };
    changes.push(keeper, sent);
    if nobody {
        let note = format!("{}: nessun capogruppo in carica", name(day, serial));
        settle(changes, (day, serial), cases, false, &note)?;
    }
    Ok(())
}

fn name(day: NaiveDate, serial: u32) -> String {
    format!("elenco n. {serial} {}", Preposition::Of.short(day))
}

/// The worker says what became of the message to one capogruppo. With the last of them the duty of
/// art. 125 is done, or has failed and waits for another channel; the act does not wait (T-38).
pub(super) fn told(
    changes: &mut Changes,
    id: &str,
    (day, serial): (NaiveDate, u32),
    person: &str,
    delivered: bool,
    note: &str,
) -> Result<(), Stop> {
    only_system(&changes.ctx.actor)?;
    let sent =
        |case: &Case| case.lists.iter().find(|l| (l.day, l.serial) == (day, serial)).cloned();
    let list = sent(changes.case(id)?).filter(|l| l.recipients.iter().any(|r| r == person));
    let Some(list) = list.filter(|l| l.told.get(person) != Some(&delivered)) else {
        let text = "Quel recapito è già registrato, o non è fra quelli dell'elenco";
        return Err(Refusal::new("already_told", "R8.3", "art. 125 TUEL", text).into());
    };
    let (person, note) = (person.to_owned(), note.to_owned());
    changes.push(id, CaseEvent::CapigruppoTold { day, serial, person, delivered, note });
    let Some(list) = sent(changes.case(id)?).filter(|l| l.told.len() == list.recipients.len())
    else {
        return Ok(());
    };
    let missed: Vec<String> = list
        .told
        .iter()
        .filter(|(_, delivered)| !**delivered)
        .map(|(person, _)| changes.world.registry.name(person))
        .collect();
    let note = match missed.as_slice() {
        [] => name(day, serial),
        missed => format!("{}: non recapitato a {}", name(day, serial), missed.join(", ")),
    };
    settle(changes, (day, serial), &list.cases, missed.is_empty(), &note)
}

/// Of an act posted again meanwhile the later list decides.
fn settle(
    changes: &mut Changes,
    list: (NaiveDate, u32),
    cases: &[String],
    done: bool,
    note: &str,
) -> Result<(), Stop> {
    let on = changes.day();
    for id in cases {
        let case = changes.case(id)?;
        if listed_since_posting(case) && case.listed.last() == Some(&list) {
            let (duty, note) = ("capigruppo".to_owned(), note.to_owned());
            changes.push(id, CaseEvent::DutySettled { duty, done, note, on, by: None });
        }
    }
    Ok(())
}

/// The current posting already was in a list: an act posted again appears again (practice 1.11).
pub fn listed_since_posting(case: &Case) -> bool {
    case.listed.len() > case.listed_before_posting
}
