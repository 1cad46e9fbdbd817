// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who comes, leaves, is lost, comes back: quorum and chair follow (R3.3, R3.5, R3.11).

use super::decide::{rules, status};
use super::event::{Attendance, Leaving, Member, SittingEvent};
use super::opening::{chair_rules, no_chair, no_quorum, remote_rules, roll};
use super::presidency::chair_of_roll;
use super::votes::{can_vote, presence_count};
use super::{Item, Sitting, Status};
use crate::case::CaseEvent;
use crate::changes::{Changes, Stop};
use crate::law::ballot::has_quorum;
use crate::law::calendar::rome_date;
use crate::papers::words::clause;
use crate::refusal::Refusal;

fn member(sitting: &Sitting, person: &str) -> Result<Member, Refusal> {
    sitting.members.iter().find(|m| m.person == person).cloned().ok_or_else(|| {
        Refusal::new(
            "not_a_member",
            "R3.1",
            "art. 47 TUEL",
            format!("«{person}» non è fra i componenti in carica all'apertura"),
        )
    })
}

pub(super) fn enter(
    changes: &mut Changes,
    id: &str,
    person: &str,
    remote: bool,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "registrare un ingresso")?;
    let who = member(sitting, person)?;
    if sitting.is_present(person) {
        return Err(Refusal::new(
            "already_present",
            "R3.5",
            "",
            format!("{} è già presente", who.name),
        )
        .into());
    }
    stays_out(sitting, person)?;
    connected(changes, sitting, &[Attendance { person: person.into(), remote }])?;
    changes.push_sitting(id, SittingEvent::Entered { person: person.into(), remote });
    came_back(changes, id, person)
}

/// Who left for an item under art. 78 is out until it is over: the act says so.
fn stays_out(sitting: &Sitting, person: &str) -> Result<(), Refusal> {
    let left_for = |item: &&Item| item.left_for(person).is_some();
    let Some(item) = sitting.under_discussion().filter(left_for) else { return Ok(()) };
    let name = member(sitting, person)?.name;
    let text = format!("{name} si è allontanato per la durata dell'argomento: {}", item.subject);
    Err(Refusal::new("left_for_the_item", "R3.9", "art. 78, c. 2, TUEL", text)
        .next("Registrarne il rientro quando la trattazione è conclusa"))
}

/// The hour of the return belongs to the item he had left for (practice.md 4).
fn came_back(changes: &mut Changes, id: &str, person: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let last = sitting.presence.iter().rfind(|i| i.person == person && i.to.is_some());
    let left = last.and_then(|i| i.to);
    let item = sitting.items.iter().find(|i| left.is_some() && i.left_for(person) == left);
    let Some(case) = item.map(|i| i.case.clone()) else { return Ok(()) };
    changes.case(&case)?;
    let (sitting, person) = (id.to_owned(), person.to_owned());
    changes.push(&case, CaseEvent::MemberReturned { sitting, person });
    Ok(())
}

/// Who is connected from elsewhere may be, by mode and rule (R3.10).
pub(super) fn connected(
    changes: &Changes,
    sitting: &Sitting,
    who: &[Attendance],
) -> Result<(), Stop> {
    if who.iter().any(|a| a.remote) {
        let regulation = rules(changes, sitting)?;
        remote_rules(sitting, who, false, &regulation, changes.day())?;
    }
    Ok(())
}

pub(super) fn leave(
    changes: &mut Changes,
    id: &str,
    person: &str,
    why: Leaving,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "registrare un'uscita")?;
    let who = member(sitting, person)?;
    if !sitting.is_present(person) {
        return Err(Refusal::new(
            "not_present",
            "R3.5",
            "",
            format!("{} non è presente", who.name),
        )
        .into());
    }
    changes.push_sitting(id, SittingEvent::Left { person: person.into(), why });
    go_on(changes, id)
}

/// Quorum and chair are checked at every change, item by item; when one of them is missing the
/// sitting is suspended (R3.3, R3.11).
pub(super) fn go_on(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    if sitting.status != Status::Open {
        return Ok(());
    }
    let regulation = rules(changes, sitting)?;
    let count = presence_count(sitting, sitting.under_discussion(), &regulation);
    let reason = if !has_quorum(&regulation.vote_rules(), &count) {
        format!(
            "venuto meno il numero legale: presenti {}, occorrenti {}",
            sitting.present_now().count(),
            sitting.quorum
        )
    } else if sitting.chair().is_none() {
        let source = clause(regulation.source("remote_president_must_be_in_seat"));
        let source = if source.is_empty() { source } else { format!(" ({source})") };
        format!("nella sede non è rimasto chi possa presiedere{source}")
    } else {
        return Ok(());
    };
    changes.push_sitting(id, SittingEvent::Suspended { reason });
    Ok(())
}

pub(super) fn correct_presence(
    changes: &mut Changes,
    id: &str,
    person: &str,
    present: bool,
    remote: bool,
    reason: &str,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "correggere le presenze")?;
    member(sitting, person)?;
    connected(
        changes,
        sitting,
        &[Attendance { person: person.into(), remote: present && remote }],
    )?;
    if present {
        stays_out(sitting, person)?;
    }
    not_proclaimed(sitting, person, present, remote)?;
    let event = SittingEvent::PresenceCorrected {
        person: person.into(),
        present,
        remote,
        reason: reason.trim().to_owned(),
    };
    changes.push_sitting(id, event);
    void_votes(changes, id)?;
    go_on(changes, id)
}

/// A vote that could not have been taken on the presence as it is now known.
fn void_votes(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let regulation = rules(changes, sitting)?;
    let open = sitting.items.iter().filter(|item| item.ballot.is_some() && item.outcome.is_none());
    let void = open.filter_map(|item| {
        let missing = can_vote(&sitting.when_voted(item), item, &regulation).err()?;
        Some(SittingEvent::VoteVoided { case: item.case.clone(), reason: missing.text })
    });
    for event in Vec::from_iter(void) {
        changes.push_sitting(id, event);
    }
    Ok(())
}

/// What was proclaimed on another presence is corrected first, item by item (R2.7).
fn not_proclaimed(
    sitting: &Sitting,
    person: &str,
    present: bool,
    remote: bool,
) -> Result<(), Refusal> {
    let from = sitting.presence.iter().rfind(|i| i.person == person).map(|i| i.from);
    let since = from.or(sitting.opened);
    let right = |item: &Item| match item.at_vote.iter().find(|i| i.person == person) {
        Some(was) => present && was.remote == remote,
        None => !present,
    };
    let wrong = sitting.items.iter().find(|item| {
        let ended = item.outcome.is_some_and(|(_, at)| since.is_some_and(|since| at >= since));
        ended && !right(item)
    });
    let Some(item) = wrong else { return Ok(()) };
    let next = match item.ballot {
        Some(_) => "Correggere prima la proclamazione, indicando anche chi era presente al voto",
        None => "Dell'esito di quell'argomento si dia atto a verbale: non vi è stato alcun voto",
    };
    let text = format!("Con quella presenza si è già concluso l'argomento: {}", item.subject);
    Err(Refusal::new("already_proclaimed", "R2.7", "", text).next(next))
}

pub(super) fn resume(changes: &mut Changes, id: &str, present: &[Attendance]) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Suspended], "riprendere")?;
    roll(&sitting.members, present)?;
    connected(changes, sitting, present)?;
    let regulation = rules(changes, sitting)?;
    let here = u32::try_from(present.len()).unwrap_or(u32::MAX);
    if here < sitting.quorum {
        return Err(no_quorum(here, sitting.quorum, &regulation).into());
    }
    let rules = chair_rules(&regulation);
    if chair_of_roll(&sitting.members, present, sitting.in_hand(), rules).is_none() {
        return Err(no_chair(&regulation).into());
    }
    // The day of the suspension: a sitting over midnight resumes in its own night (T-25).
    let suspended = sitting.suspensions.last().map(|(at, _)| rome_date(*at));
    if suspended != Some(changes.day()) {
        return Err(Refusal::new(
            "other_day",
            "R12.4",
            "",
            "La seduta sospesa riprende lo stesso giorno; altrimenti si chiude e si riconvoca",
        )
        .into());
    }
    let back = present.iter().map(|a| a.person.clone()).filter(|p| !sitting.is_present(p));
    let back: Vec<String> = back.collect();
    changes.push_sitting(id, SittingEvent::Resumed { present: present.to_vec() });
    // An item that lacks its own quorum for an abstention does not stop the sitting: it can be put off.
    back.iter().try_for_each(|person| came_back(changes, id, person))
}
