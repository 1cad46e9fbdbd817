// SPDX-License-Identifier: AGPL-3.0-or-later
//! The opening with its roll call, and the sitting that finds no quorum (R3.1–R3.4, R3.10).

use super::decide::{recorder, rules, status};
use super::event::{Attendance, Member, Mode, SittingEvent};
use super::{Sitting, SittingCommand, Status};
use crate::domain::case::CaseEvent;
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::ballot::structural_quorum;
use crate::domain::law::calendar::{date_short, rome_instant};
use crate::domain::law::presidency::{GiuntaOffice, Member as InLine, president};
use crate::domain::papers::words::of_title;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Role, Signatory};
use crate::domain::regulation::Regulation;
use chrono::{Duration, NaiveDate};

/// Members in office on a day, in printing order (R3.1).
pub fn members(changes: &Changes, day: NaiveDate) -> Vec<Member> {
    let registry = &changes.world.registry;
    let mut members: Vec<Member> = Vec::new();
    for role in [Role::Sindaco, Role::Vicesindaco, Role::Assessore] {
        for mandate in registry.holders(role, None, day) {
            if members.iter().any(|m| m.person == mandate.person) {
                continue;
            }
            let person = registry.people.get(&mandate.person);
            members.push(Member {
                person: mandate.person.clone(),
                name: registry.name(&mandate.person),
                title: mandate.title.clone(),
                role,
                rank: mandate.rank,
                born: person.and_then(|p| p.born),
                fiscal_code: person.map(|p| p.fiscal_code.clone()).unwrap_or_default(),
                act: mandate.act.clone(),
            });
        }
    }
    members
}

/// Who presides among those present (R3.3).
pub(super) fn presiding(
    members: &[Member],
    present: impl Fn(&str) -> bool,
    regulation: &Regulation,
) -> Option<String> {
    let line: Vec<InLine> = members
        .iter()
        .filter(|m| present(&m.person))
        .map(|m| InLine {
            id: m.person.clone(),
            office: match m.role {
                Role::Sindaco => GiuntaOffice::Sindaco,
                Role::Vicesindaco => GiuntaOffice::Vicesindaco,
                _ => GiuntaOffice::Assessore,
            },
            born: m.born,
            list_order: m.rank,
        })
        .collect();
    president(regulation.presidency_order, &line).map(|m| m.id.clone())
}

pub(super) fn open(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    let SittingCommand::Open { present, verbalizer, verbalizer_remote, assisting } = command else {
        return Ok(());
    };
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
    let members = members(changes, day);
    roll(&members, present)?;
    let verbalizer = verbalizing(changes, verbalizer.as_deref())?;
    remote_rules(sitting, present, *verbalizer_remote, &regulation, day)?;
    let (seats, quorum) = size(changes, &members, &regulation);
    let here = u32::try_from(present.len()).unwrap_or(u32::MAX);
    if here < quorum {
        return Err(no_quorum(here, quorum, &regulation).into());
    }
    let is_here = |person: &str| present.iter().any(|a| a.person == person);
    let president = presiding(&members, is_here, &regulation).unwrap_or_default();
    let president_reason = presidency_reason(&members, &president);
    check_president_seat(&president, present, &regulation)?;
    let assisting = assisting.iter().filter_map(|person| assistant(changes, person)).collect();
    let event = SittingEvent::Opened {
        members,
        seats,
        quorum,
        present: present.clone(),
        president,
        president_reason,
        verbalizer,
        verbalizer_remote: *verbalizer_remote,
        assisting,
        regulation: regulation.digest_on(day),
    };
    changes.push_sitting(id, event);
    Ok(())
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

/// Who is first in line among those who can preside now: who must abstain on the item does not, and
/// who is connected from elsewhere does not where the rule wants the chair in the seat.
pub(super) fn chair_in_line(changes: &Changes, sitting: &Sitting) -> Result<Option<String>, Stop> {
    let regulation = rules(changes, sitting)?;
    let item = sitting.under_discussion();
    let abstains =
        |p: &str| item.is_some_and(|i| i.conflicts.iter().any(|(person, _)| person == p));
    let can = |p: &str| {
        let here = sitting.present_now().find(|i| i.person == p);
        let seat = |remote: bool| !(remote && regulation.remote_president_must_be_in_seat);
        here.is_some_and(|i| seat(i.remote)) && !abstains(p)
    };
    Ok(presiding(&sitting.members, can, &regulation))
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
        .next("Riconvocarla in modalità mista"));
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

fn check_president_seat(
    president: &str,
    present: &[Attendance],
    regulation: &Regulation,
) -> Result<(), Refusal> {
    let remote = present.iter().any(|a| a.person == president && a.remote);
    if remote && regulation.remote_president_must_be_in_seat {
        return Err(must_be_in_seat(
            "Chi presiede",
            "remote_president_must_be_in_seat",
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

pub(super) fn presidency_reason(members: &[Member], president: &str) -> String {
    let sindaco = members.iter().find(|m| m.role == Role::Sindaco);
    match sindaco {
        Some(s) if s.person == president => String::new(),
        Some(s) => format!("in assenza {}", of_title(&s.title)),
        None => "essendo vacante la carica di Sindaco".into(),
    }
}

fn assistant(changes: &Changes, person: &str) -> Option<Signatory> {
    let registry = &changes.world.registry;
    let day = changes.day();
    registry
        .mandates
        .values()
        .find(|m| m.person == person && m.valid_on(day))
        .map(|m| registry.signatory(m))
}

pub(super) fn desert(changes: &mut Changes, id: &str, present: &[Attendance]) -> Result<(), Stop> {
    recorder(changes, id)?;
    let day = changes.day();
    let regulation = changes.world.regulation(day)?;
    let sitting = changes.sitting(id)?;
    status(sitting, convened(&regulation), "dichiararla deserta")?;
    let members = members(changes, day);
    roll(&members, present)?;
    let start = sitting.date.zip(sitting.time).map(|(d, t)| rome_instant(d, t));
    let wait = Duration::minutes(i64::from(regulation.quorum_wait_minutes));
    if start.is_some_and(|start| changes.ctx.happened < start + wait) {
        return Err(Refusal::new(
            "quorum_wait",
            "R12.4",
            regulation.source("quorum_wait_minutes"),
            format!("Il numero legale si attende per {} minuti", regulation.quorum_wait_minutes),
        )
        .into());
    }
    let (_, quorum) = size(changes, &members, &regulation);
    if u32::try_from(present.len()).unwrap_or(u32::MAX) >= quorum {
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
    changes.push_sitting(id, SittingEvent::Deserted { present: present.to_vec(), quorum });
    for case in cases {
        let reason = "seduta deserta".to_owned();
        changes.push(&case, CaseEvent::RemovedFromAgenda { sitting: id.into(), reason });
    }
    Ok(())
}
