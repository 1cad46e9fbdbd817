// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who comes, leaves, is lost, comes back: quorum and chair follow (R3.3, R3.5, R3.11).

use super::decide::{rules, status};
use super::event::{Attendance, Leaving, Member, SittingEvent};
use super::opening::{chair_in_line, no_quorum, presidency_reason, remote_rules, roll};
use super::votes::presence_count;
use super::{Sitting, Status};
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::ballot::has_quorum;
use crate::domain::law::calendar::rome_date;
use crate::domain::refusal::Refusal;
use crate::domain::registry::Role;

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
    connected(changes, sitting, &[Attendance { person: person.into(), remote }])?;
    changes.push_sitting(id, SittingEvent::Entered { person: person.into(), remote });
    follow_presidency(changes, id)
}

/// Who is connected from elsewhere may be, by mode and rule (R3.10).
fn connected(changes: &Changes, sitting: &Sitting, who: &[Attendance]) -> Result<(), Stop> {
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
    keep_quorum(changes, id)?;
    follow_presidency(changes, id)
}

/// The chair follows presence: who is first in line presides (R3.3).
pub(super) fn follow_presidency(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    match chair_in_line(changes, sitting)? {
        Some(person) if person != sitting.president => {
            let abstaining = sitting.under_discussion().is_some_and(|item| {
                item.conflicts.iter().any(|(p, _)| sitting.is_present(p) && is_sindaco(sitting, p))
            });
            let reason = match abstaining {
                true => "dovendo il Sindaco astenersi (art. 78, c. 2, TUEL)".to_owned(),
                false => presidency_reason(&sitting.members, &person),
            };
            changes.push_sitting(id, SittingEvent::PresidencyTaken { person, reason });
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_sindaco(sitting: &Sitting, person: &str) -> bool {
    sitting.members.iter().any(|m| m.person == person && m.role == Role::Sindaco)
}

/// Quorum is checked at every change, item by item; when it falls the sitting is suspended (R3.11).
pub(super) fn keep_quorum(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    if sitting.status != Status::Open {
        return Ok(());
    }
    let regulation = rules(changes, sitting)?;
    let count = presence_count(sitting, sitting.under_discussion(), &regulation);
    if !has_quorum(&regulation.vote_rules(), &count) {
        let reason = format!(
            "venuto meno il numero legale: presenti {}, occorrenti {}",
            sitting.present_now().count(),
            sitting.quorum
        );
        changes.push_sitting(id, SittingEvent::Suspended { reason });
    }
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
    let from = sitting.presence.iter().rfind(|i| i.person == person).map(|i| i.from);
    let since = from.or(sitting.opened);
    let proclaimed = sitting
        .items
        .iter()
        .filter_map(|i| i.outcome)
        .any(|(_, at)| since.is_some_and(|since| at >= since));
    if proclaimed {
        return Err(Refusal::new(
            "already_proclaimed",
            "R2.7",
            "",
            "Con quella presenza è già stato proclamato un risultato",
        )
        .next("Correggere la proclamazione entro la seduta")
        .into());
    }
    let event = SittingEvent::PresenceCorrected {
        person: person.into(),
        present,
        remote,
        reason: reason.trim().to_owned(),
    };
    changes.push_sitting(id, event);
    keep_quorum(changes, id)?;
    follow_presidency(changes, id)
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
    changes.push_sitting(id, SittingEvent::Resumed { present: present.to_vec() });
    follow_presidency(changes, id)
}
