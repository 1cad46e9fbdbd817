// SPDX-License-Identifier: AGPL-3.0-or-later
//! Before the sitting: calendar, agenda, convening (R3.2, R3.12).

use super::decide::{carried, status};
use super::event::{Mode, Notice, SittingEvent};
use super::{Sitting, SittingCommand, Status};
use crate::case::{self, CaseEvent, Ctx};
use crate::changes::{Changes, Stop};
use crate::law::calendar::rome_instant;
use crate::papers::SignedPaper;
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::workflow::StepKind;
use crate::world::World;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};

fn agenda_office(changes: &Changes) -> Result<(), Refusal> {
    let registry = &changes.world.registry;
    let actor = &changes.ctx.actor;
    [Role::Segreteria, Role::Segretario, Role::Sindaco]
        .into_iter()
        .map(|role| registry.entitled(actor, role, None, changes.day()))
        .reduce(Result::or)
        .unwrap_or_else(|| registry.entitled(actor, Role::Segreteria, None, changes.day()))
        .map(drop)
        .map_err(|_| {
            Refusal::new(
                "not_the_agenda_office",
                "R3.12",
                "art. 50, c. 2, TUEL",
                "L'ordine del giorno è tenuto dalla Segreteria per incarico del Sindaco",
            )
        })
}

pub(super) fn schedule(
    changes: &mut Changes,
    id: &str,
    organ: &str,
    date: NaiveDate,
    time: NaiveTime,
    place: &str,
    mode: Mode,
) -> Result<(), Stop> {
    agenda_office(changes)?;
    if changes.maybe_sitting(id)?.exists() {
        return Err(Refusal::new(
            "sitting_exists",
            "R3.2",
            "",
            format!("La seduta «{id}» esiste già"),
        )
        .into());
    }
    changes.world.organ_workflow(organ)?;
    if mode != Mode::InSeat {
        changes.world.regulation(date)?.remote_allowed(date)?;
    }
    let place = if place.trim().is_empty() {
        changes.world.registry.comune.seat.clone()
    } else {
        place.trim().to_owned()
    };
    changes
        .push_sitting(id, SittingEvent::Scheduled { organ: organ.into(), date, time, place, mode });
    Ok(())
}

pub(super) fn already_on_agenda(sitting: &str) -> Refusal {
    let text = format!("La proposta è già iscritta all'ordine del giorno della seduta {sitting}");
    Refusal::new("already_on_agenda", "R3.12", "", text)
}

pub(super) fn add_item(changes: &mut Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    agenda_office(changes)?;
    status(changes.sitting(id)?, &[Status::Scheduled, Status::Convened], "iscrivere argomenti")?;
    on_agenda_step(changes, case_id)?;
    let case = changes.case(case_id)?;
    if let Some(other) = &case.sitting {
        return Err(already_on_agenda(other).into());
    }
    deposited_in_time(changes, id, case_id)?;
    let subject = changes.case(case_id)?.content.subject.clone();
    changes.push_sitting(id, SittingEvent::ItemAdded { case: case_id.into(), subject });
    changes.push(case_id, CaseEvent::PutOnAgenda { sitting: id.into() });
    Ok(())
}

/// The last instant at which a proposal may be deposited for a sitting; none where the regulation
/// sets none (R3.12).
pub fn deposit_cutoff(
    regulation: &Regulation,
    date: NaiveDate,
    time: NaiveTime,
) -> Option<DateTime<Utc>> {
    let hours = regulation.deposit_cutoff_hours?;
    Some(rome_instant(date, time) - Duration::hours(i64::from(hours)))
}

/// Proposals deposited after the cut-off wait for the next sitting, or come fuori sacco (R3.12).
fn deposited_in_time(changes: &Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let (Some(date), Some(time)) = (sitting.date, sitting.time) else { return Ok(()) };
    let regulation = changes.world.regulation(date)?;
    let Some(last) = deposit_cutoff(&regulation, date, time) else { return Ok(()) };
    let hours = regulation.deposit_cutoff_hours.unwrap_or_default();
    let submitted = changes.case(case_id)?.versions.iter().rfind(|v| v.change.is_none());
    if submitted.is_none_or(|version| version.at <= last) {
        return Ok(());
    }
    Err(Refusal::new(
        "deposit_cutoff",
        "R3.12",
        regulation.source("deposit_cutoff_hours"),
        format!("La proposta andava depositata almeno {hours} ore prima della seduta"),
    )
    .next("Iscriverla alla seduta successiva, o trattarla fuori sacco")
    .into())
}

/// The case must be waiting for an agenda; otherwise the refusal says what it waits for.
pub(super) fn on_agenda_step(changes: &Changes, case_id: &str) -> Result<(), Stop> {
    let (workflow, step) = changes.position(case_id)?;
    let case = changes.case(case_id)?;
    case::superseded(case)?;
    if matches!(step.kind, StepKind::Agenda) && case.ending.is_none() {
        return Ok(());
    }
    let regulation = changes.regulation()?;
    let missing =
        case::gate(case, &workflow, &regulation, &changes.world.registry, changes.ctx.happened);
    let why = missing.first().map_or_else(
        || format!("si trova al passo «{}»", step.title),
        |first| first.refusal.text.to_lowercase(),
    );
    let article = missing.first().map_or("", |first| first.refusal.article.as_str());
    Err(Refusal::new(
        "not_ready",
        "R3.12",
        article,
        format!("La proposta non è pronta per la Giunta: {why}"),
    )
    .into())
}

pub(super) fn remove_item(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "togliere argomenti")?;
    known_item(sitting, case_id)?;
    let case = changes.case(case_id)?;
    let by = case::powers::remover(&changes.ctx, &changes.world, case)?;
    let paper = carried(changes, id, command, paper, &by)?;
    let (case, reason) = (case_id.to_owned(), reason.trim().to_owned());
    let announced = changes.sitting(id)?.item(&case).is_some_and(|i| i.sent_in.is_some());
    changes.push_sitting(
        id,
        SittingEvent::ItemRemoved { case, reason: reason.clone(), paper: Some(paper), announced },
    );
    changes.push(case_id, CaseEvent::RemovedFromAgenda { sitting: id.into(), reason });
    Ok(())
}

pub(super) fn known_item(sitting: &Sitting, case_id: &str) -> Result<(), Refusal> {
    sitting.item(case_id).map(drop).ok_or_else(|| {
        Refusal::new(
            "not_on_agenda",
            "R3.12",
            "",
            "L'argomento non è iscritto all'ordine del giorno di questa seduta",
        )
        .next("Iscriverlo, o trattarlo fuori sacco se il regolamento lo consente")
    })
}

pub(super) fn reorder(changes: &mut Changes, id: &str, cases: &[String]) -> Result<(), Stop> {
    agenda_office(changes)?;
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "riordinare l'ordine del giorno")?;
    let mut wanted = cases.to_vec();
    let mut present: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    wanted.sort();
    present.sort();
    if wanted != present {
        return Err(Refusal::new(
            "agenda_mismatch",
            "R3.12",
            "",
            "Il nuovo ordine deve contenere una volta ciascuno tutti gli argomenti iscritti",
        )
        .into());
    }
    changes.push_sitting(id, SittingEvent::ItemsReordered { cases: cases.to_vec() });
    Ok(())
}

pub(super) fn convene(
    changes: &mut Changes,
    id: &str,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "convocare")?;
    if sitting.items.is_empty() {
        return Err(Refusal::new("empty_agenda", "R3.12", "", "L'ordine del giorno è vuoto").into());
    }
    let version = sitting.agenda_version + 1;
    // Directors are told of their own item: their cases belong to the read set.
    for item in &sitting.items {
        changes.case(&item.case)?;
    }
    let by = convener(&changes.ctx, &changes.world)?;
    if version == 1 {
        notice_given(changes, sitting.date, sitting.time)?;
    }
    let paper = carried(changes, id, command, paper, &by)?;
    changes.push_sitting(id, SittingEvent::Convened { version, by, paper });
    Ok(())
}

/// The Sindaco convenes (TUEL 50 c. 2), or who stands in for him (53 c. 2).
///
/// # Errors
/// `not_the_convener`: the same for the notice and for the decision.
pub fn convener(ctx: &Ctx, world: &World) -> Result<Signatory, Refusal> {
    let registry = &world.registry;
    let (actor, day) = (ctx.actor.as_str(), case::powers::day(ctx));
    let as_sindaco = registry.entitled(actor, Role::Sindaco, None, day);
    let sindaci = registry.holders(Role::Sindaco, None, day);
    let away = sindaci.iter().all(|m| registry.is_absent(&m.person, day));
    let answer = match as_sindaco {
        Err(_) if away => registry.entitled(actor, Role::Vicesindaco, None, day),
        answer => answer,
    };
    answer.map_err(|refusal| Refusal {
        code: "not_the_convener".into(),
        rule: "R3.2".into(),
        article: "artt. 50, c. 2, e 53, c. 2, TUEL".into(),
        ..refusal
    })
}

fn notice_given(
    changes: &Changes,
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
) -> Result<(), Stop> {
    let (Some(date), Some(time)) = (date, time) else { return Ok(()) };
    let regulation = changes.world.regulation(date)?;
    let start = rome_instant(date, time);
    let hours = i64::from(regulation.convocation_notice_hours);
    if changes.ctx.now + Duration::hours(hours) > start {
        return Err(Refusal::new(
            "notice_too_short",
            "R3.2",
            regulation.source("convocation_notice_hours"),
            format!("La convocazione richiede {hours} ore di preavviso"),
        )
        .next("Spostare la seduta")
        .into());
    }
    Ok(())
}

/// What was convened is undone or changed by who convenes, with a notice that replaces the one sent
/// (TUEL 50 c. 2, 53 c. 2; practice.md 3, row 9); before that the agenda office does it.
fn replacing(
    changes: &Changes,
    id: &str,
    command: &SittingCommand,
    paper: Option<&SignedPaper>,
) -> Result<Option<Notice>, Stop> {
    let sitting = changes.sitting(id)?;
    if sitting.status == Status::Scheduled {
        agenda_office(changes)?;
        return Ok(None);
    }
    // Directors are told of their own items: their cases belong to the read set.
    for item in &sitting.items {
        changes.case(&item.case)?;
    }
    let by = convener(&changes.ctx, &changes.world)?;
    let paper = carried(changes, id, command, paper, &by)?;
    Ok(Some(Notice { by, paper }))
}

pub(super) fn relocate(
    changes: &mut Changes,
    id: &str,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let SittingCommand::Move { date, time, place, mode, reason, paper } = command else {
        return Ok(());
    };
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "spostare")?;
    let mode = mode.unwrap_or(sitting.mode);
    if mode != Mode::InSeat {
        changes.world.regulation(*date)?.remote_allowed(*date)?;
    }
    if sitting.status == Status::Convened {
        // Who was convened has the same notice of the new hour.
        notice_given(changes, Some(*date), Some(*time))?;
    }
    let place = if place.trim().is_empty() { sitting.place.clone() } else { place.trim().into() };
    let notice = replacing(changes, id, command, paper.as_ref())?;
    let (date, time, reason) = (*date, *time, reason.trim().to_owned());
    changes.push_sitting(id, SittingEvent::Moved { date, time, place, mode, reason, notice });
    Ok(())
}

pub(super) fn cancel(
    changes: &mut Changes,
    id: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "annullare la seduta")?;
    let cases: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    let reason = reason.trim().to_owned();
    for case in &cases {
        changes.case(case)?;
    }
    let notice = replacing(changes, id, command, paper)?;
    changes.push_sitting(id, SittingEvent::Cancelled { reason: reason.clone(), notice });
    for case in cases {
        let event = CaseEvent::RemovedFromAgenda { sitting: id.into(), reason: reason.clone() };
        changes.push(&case, event);
    }
    Ok(())
}
