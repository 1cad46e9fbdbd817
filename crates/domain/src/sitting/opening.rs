// SPDX-License-Identifier: AGPL-3.0-or-later
//! The opening with its roll call, and the sitting that finds no quorum (R3.1–R3.4, R3.10, 12.4).

use super::decide::{recorder, status};
use super::event::{Attendance, Member, Mode, RollCall, SittingEvent};
use super::items::owe_minutes;
use super::presidency::{ChairRules, chair_of_roll};
use super::{Sitting, SittingCommand, Status};
use crate::case::CaseEvent;
use crate::changes::{Changes, Stop};
use crate::law::ballot::structural_quorum;
use crate::law::calendar::date_short;
use crate::refusal::Refusal;
use crate::registry::{Mandate, Role, Signatory};
use crate::regulation::Regulation;
use chrono::{DateTime, Duration, NaiveDate, Utc};

/// Members in office at an instant, in printing order (R3.1, T-64).
pub fn members(changes: &Changes, at: DateTime<Utc>) -> Vec<Member> {
    let registry = &changes.world.registry;
    let member = |mandate: &Mandate| {
        let person = registry.people.get(&mandate.person);
        Member {
            person: mandate.person.clone(),
            name: registry.name(&mandate.person),
            title: mandate.title.clone(),
            role: mandate.role,
            rank: mandate.rank,
            born: person.and_then(|p| p.born),
            fiscal_code: person.map(|p| p.fiscal_code.clone()).unwrap_or_default(),
            act: mandate.act.clone(),
        }
    };
    registry.giunta_at(at).into_iter().map(member).collect()
}

pub(super) fn open(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    let SittingCommand::Open { present, verbalizer, verbalizer_remote, assisting } = command else {
        return Ok(());
    };
    recorder(changes, id)?;
    let day = changes.day();
    let regulation = changes.world.regulation(day)?;
    let sitting = changes.sitting(id)?;
    status(sitting, convened(&regulation), "aprire")?;
    if sitting.date != Some(day) {
        return Err(Refusal::new(
            "wrong_day",
            "R3.2",
            "",
            format!(
                "La seduta è fissata per il {}",
                sitting.date.map(date_short).unwrap_or_default()
            ),
        )
        .next("Spostarla prima di aprirla")
        .into());
    }
    let verbalizer = verbalizing(changes, verbalizer.as_deref())?;
    remote_rules(sitting, present, *verbalizer_remote, &regulation, day)?;
    let mut roll = roll_call(changes, present, verbalizer, &regulation)?;
    let here = u32::try_from(present.len()).unwrap_or(u32::MAX);
    if here < roll.quorum {
        return Err(no_quorum(here, roll.quorum, &regulation).into());
    }
    if chair_of_roll(&roll.members, present, None, chair_rules(&regulation)).is_none() {
        return Err(no_chair(&regulation).into());
    }
    roll.verbalizer_remote = *verbalizer_remote;
    roll.assisting = assistants(changes, &roll, assisting)?;
    changes.push_sitting(id, SittingEvent::Opened(roll));
    Ok(())
}

/// The organ on the day, with those who answer the roll (R3.1).
fn roll_call(
    changes: &Changes,
    present: &[Attendance],
    verbalizer: Signatory,
    regulation: &Regulation,
) -> Result<RollCall, Refusal> {
    let day = changes.day();
    let members = members(changes, changes.ctx.happened);
    roll(&members, present)?;
    let (seats, quorum) = size(changes, &members, regulation);
    let ChairRules { order, in_seat } = chair_rules(regulation);
    Ok(RollCall {
        members,
        seats,
        quorum,
        present: present.to_vec(),
        presidency_order: order,
        chair_in_seat: in_seat,
        verbalizer,
        verbalizer_remote: false,
        assisting: Vec::new(),
        regulation: regulation.digest_on(day),
    })
}

/// The rules of the chair in the regulation of the day.
pub(super) fn chair_rules(regulation: &Regulation) -> ChairRules {
    ChairRules {
        order: regulation.presidency_order,
        in_seat: regulation.remote_president_must_be_in_seat,
    }
}

/// With a fixed calendar nobody need be convened (R3.2).
fn convened(regulation: &Regulation) -> &'static [Status] {
    match regulation.fixed_calendar {
        Some(_) => &[Status::Scheduled, Status::Convened],
        None => &[Status::Convened],
    }
}

/// Seats by statute and quorum of an organ.
fn size(changes: &Changes, members: &[Member], regulation: &Regulation) -> (u32, u32) {
    let in_office = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let seats = regulation.seats.unwrap_or(changes.world.registry.comune.giunta_seats);
    let seats = seats.max(in_office);
    (seats, structural_quorum(&regulation.vote_rules(), in_office, seats))
}

/// The refusal of a sitting nobody can preside (R3.3, R3.10).
pub(super) fn no_chair(regulation: &Regulation) -> Refusal {
    must_be_in_seat("Chi presiede", "remote_president_must_be_in_seat", regulation)
        .next("Attendere nella sede chi può presiedere, o spostare la seduta")
}

/// The refusal of a sitting without quorum (R3.4).
pub(super) fn no_quorum(here: u32, quorum: u32, regulation: &Regulation) -> Refusal {
    Refusal::new(
        "no_quorum",
        "R3.4",
        regulation.source("quorum_structural"),
        format!("Manca il numero legale: presenti {here}, occorrenti {quorum}"),
    )
    .next("Attendere altri componenti; decorso il termine, dichiarare deserta la seduta")
}

pub(super) fn roll(members: &[Member], present: &[Attendance]) -> Result<(), Refusal> {
    for (i, a) in present.iter().enumerate() {
        if !members.iter().any(|m| m.person == a.person) {
            return Err(Refusal::new(
                "not_a_member",
                "R3.1",
                "art. 47 TUEL",
                format!("«{}» non è componente della Giunta in carica quel giorno", a.person),
            ));
        }
        if present[..i].iter().any(|b| b.person == a.person) {
            return Err(Refusal::new(
                "twice_in_roll",
                "R3.5",
                "",
                format!("«{}» risulta due volte nell'appello", a.person),
            ));
        }
    }
    Ok(())
}

fn verbalizing(changes: &Changes, person: Option<&str>) -> Result<Signatory, Refusal> {
    let registry = &changes.world.registry;
    match person {
        Some(person) => registry.entitled(person, Role::Segretario, None, changes.day()),
        None => {
            registry.entitled(&changes.ctx.actor, Role::Segretario, None, changes.day()).or_else(
                |refusal| registry.acting(Role::Segretario, None, changes.day()).ok_or(refusal),
            )
        }
    }
}

pub(super) fn remote_rules(
    sitting: &Sitting,
    present: &[Attendance],
    verbalizer_remote: bool,
    regulation: &Regulation,
    day: NaiveDate,
) -> Result<(), Refusal> {
    let someone = verbalizer_remote || present.iter().any(|a| a.remote);
    if someone || sitting.mode != Mode::InSeat {
        regulation.remote_allowed(day)?;
    }
    if someone && sitting.mode == Mode::InSeat {
        return Err(Refusal::new(
            "mode_in_seat",
            "R3.10",
            regulation.source("remote_regulation_ref"),
            "La seduta è convocata in presenza: nessuno può partecipare a distanza",
        )
        .next("Spostare la seduta in modalità mista, con un nuovo avviso"));
    }
    if verbalizer_remote && regulation.remote_segretario_must_be_in_seat {
        return Err(must_be_in_seat(
            "Il Segretario",
            "remote_segretario_must_be_in_seat",
            regulation,
        ));
    }
    Ok(())
}

fn must_be_in_seat(who: &str, key: &str, regulation: &Regulation) -> Refusal {
    Refusal::new(
        "must_be_in_seat",
        "R3.10",
        regulation.source(key),
        format!("{who} deve essere nella sede della seduta"),
    )
}

/// Who assists without vote, each with the title he assists by: of several, the first in the order
/// of the roles.
fn assistants(
    changes: &Changes,
    roll: &RollCall,
    people: &[String],
) -> Result<Vec<Signatory>, Refusal> {
    let registry = &changes.world.registry;
    let assistant = |person: &String| {
        if roll.members.iter().any(|m| m.person == *person) {
            let text = format!("{} è componente della Giunta", registry.name(person));
            return Err(Refusal::new("member_assists", "R3.1", "art. 47 TUEL", text)
                .next("Chi è componente risulta presente o assente all'appello"));
        }
        let in_role = |role: &(Role, &str, &str)| {
            let held = registry.holders(role.0, None, changes.day());
            held.into_iter().find(|m| m.person == *person)
        };
        Role::ALL.iter().find_map(in_role).map(|m| registry.signatory(m)).ok_or_else(|| {
            let text =
                format!("«{person}» non ha alcun incarico in quella data: non può assistere");
            Refusal::new("assistant_unknown", "R1.10", "art. 97 TUEL", text)
                .next("Indicare chi assiste con il suo identificativo, o registrarne l'incarico")
        })
    };
    people.iter().map(assistant).collect()
}

pub(super) fn desert(changes: &mut Changes, id: &str, present: &[Attendance]) -> Result<(), Stop> {
    recorder(changes, id)?;
    let day = changes.day();
    let regulation = changes.world.regulation(day)?;
    let sitting = changes.sitting(id)?;
    status(sitting, convened(&regulation), "dichiararla deserta")?;
    let wait = Duration::minutes(i64::from(regulation.quorum_wait_minutes));
    if sitting.starts().is_some_and(|start| changes.ctx.happened < start + wait) {
        return Err(Refusal::new(
            "quorum_wait",
            "R12.4",
            regulation.source("quorum_wait_minutes"),
            format!("Il numero legale si attende per {} minuti", regulation.quorum_wait_minutes),
        )
        .into());
    }
    let verbalizer = verbalizing(changes, None)?;
    let roll = roll_call(changes, present, verbalizer, &regulation)?;
    if u32::try_from(present.len()).unwrap_or(u32::MAX) >= roll.quorum {
        return Err(Refusal::new(
            "quorum_reached",
            "R3.4",
            "",
            "Il numero legale c'è: la seduta si apre",
        )
        .into());
    }
    let cases: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    for case in &cases {
        changes.case(case)?;
    }
    changes.push_sitting(id, SittingEvent::Deserted(roll));
    owe_minutes(changes, id)?;
    for case in cases {
        let reason = "seduta deserta".to_owned();
        changes.push(&case, CaseEvent::RemovedFromAgenda { sitting: id.into(), reason });
    }
    Ok(())
}
