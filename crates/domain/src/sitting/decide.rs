// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only place that says yes or no to a command on a sitting.

use super::calendar::{add_item, cancel, convene, relocate, remove_item, reorder, schedule};
use super::command::SittingCommand;
use super::event::SittingEvent;
use super::opening::{desert, open};
use super::presence_commands::{correct_presence, enter, leave, resume};
use super::{Sitting, Status, items, own, votes};
use crate::case;
use crate::changes::{Changes, Stop};
use crate::law::calendar::rome_date;
use crate::papers::{PaperKind, PaperPlan, SignedPaper, carried_by_sitting, sitting_paper};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::stream::StreamId;
use std::sync::Arc;

/// Decides a command on a sitting.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub fn decide(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    use SittingCommand as C;
    match command {
        C::Schedule { organ, date, time, place, mode } => {
            schedule(changes, id, organ, *date, *time, place, *mode)
        }
        C::AddItem { case } => add_item(changes, id, case),
        C::RemoveItem { case, reason, paper } => {
            remove_item(changes, id, case, reason, paper.as_ref(), command)
        }
        C::Reorder { cases } => reorder(changes, id, cases),
        C::Convene { paper } => convene(changes, id, paper.as_ref(), command),
        C::Move { .. } => relocate(changes, id, command),
        C::Cancel { reason, paper } => cancel(changes, id, reason, paper.as_ref(), command),
        C::Open { .. } => open(changes, id, command),
        C::Desert { present } => desert(changes, id, present),
        C::Answer { answer } => own::answer(changes, id, *answer),
        C::Choose { case, choice } => {
            in_order(changes, id)?;
            own::choose(changes, id, case, *choice)
        }
        C::Sign { .. } | C::PreparePaper { .. } | C::SealPaper { .. } | C::Augment(_) => {
            papers(changes, id, command)
        }
        _ => within(changes, id, command),
    }
}

/// Commands during the sitting: recorded by its secretary, in the order in which facts happened.
fn within(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    use SittingCommand as C;
    recorder(changes, id)?;
    in_order(changes, id)?;
    match command {
        C::Enter { person, remote } => enter(changes, id, person, *remote),
        C::Leave { person, why } => leave(changes, id, person, *why),
        C::CorrectPresence { person, present, remote, reason } => {
            correct_presence(changes, id, person, *present, *remote, reason)
        }
        C::Suspend { reason } => {
            status(changes.sitting(id)?, &[Status::Open], "sospendere")?;
            changes.push_sitting(id, SittingEvent::Suspended { reason: reason.trim().into() });
            Ok(())
        }
        C::Resume { present } => resume(changes, id, present),
        C::Vote { .. }
        | C::CorrectVote { .. }
        | C::Proclaim { .. }
        | C::CorrectProclamation { .. }
        | C::VoteImmediate { .. }
        | C::Unanimous { .. }
        | C::UnanimousImmediate { .. } => votes::decide(changes, id, command),
        _ => items::decide(changes, id, command),
    }
}

/// The regulation of the day the sitting was opened: past midnight the rules do not change (T-25).
pub(super) fn rules(changes: &Changes, sitting: &Sitting) -> Result<Arc<Regulation>, Stop> {
    let day = sitting.opened.map_or_else(|| changes.day(), rome_date);
    Ok(changes.world.regulation(day)?)
}

/// Refuses a command the sitting's status does not allow.
pub(super) fn status(sitting: &Sitting, allowed: &[Status], what: &str) -> Result<(), Refusal> {
    if allowed.contains(&sitting.status) {
        return Ok(());
    }
    Err(Refusal::new(
        "sitting_status",
        "R12.4",
        "",
        format!("La seduta è {}: non si può {what}", sitting.status.label()),
    ))
}

pub(super) fn recorder(changes: &Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let actor = &changes.ctx.actor;
    let verbalizes = sitting.verbalizer.as_ref().is_some_and(|v| v.person == *actor);
    if verbalizes {
        return Ok(());
    }
    let registry = &changes.world.registry;
    registry
        .entitled(actor, Role::Segreteria, None, changes.day())
        .or_else(|_| registry.entitled(actor, Role::Segretario, None, changes.day()))
        .map_err(|_| {
            Refusal::new(
                "not_the_recorder",
                "R2.1",
                "art. 97, c. 4, lett. a, TUEL",
                "I fatti della seduta sono registrati da chi verbalizza o dalla Segreteria",
            )
        })?;
    Ok(())
}

/// Facts go forward in time; what is entered later keeps its own instant (practice.md 2).
fn in_order(changes: &Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    if sitting.last_fact.is_some_and(|last| changes.ctx.happened < last) {
        return Err(Refusal::new(
            "fact_out_of_order",
            "R3.14",
            "",
            "Il fatto precede l'ultimo già registrato in questa seduta",
        )
        .next("Registrare i fatti nell'ordine in cui sono avvenuti")
        .into());
    }
    Ok(())
}

/// Checks the signed paper a sitting command carries.
pub(super) fn carried(
    changes: &Changes,
    id: &str,
    command: &SittingCommand,
    paper: Option<&SignedPaper>,
    signer: &Signatory,
) -> Result<SignedPaper, Stop> {
    changes.read_related(&StreamId::sitting(id))?;
    let facts = carried_by_sitting(id, command, &changes.ctx, &changes.world)?;
    let paper = case::check_signed(paper, facts.map(|f| (f.kind, f.sha256())), signer)?;
    case::check_form(changes, &paper)?;
    case::worth(changes, paper.kind, paper.assurance.as_ref())?;
    Ok(paper)
}

/// Papers of a sitting: composed by a job, signed by persons, sealed by the entity.
fn papers(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    let find = |changes: &Changes, key: &str| {
        changes.sitting(id)?.paper(key).cloned().ok_or_else(|| Stop::from(case::unknown_paper(key)))
    };
    let event = match command {
        SittingCommand::Sign { paper_key, base, paper } => {
            let state = find(changes, paper_key)?;
            let (field, by) =
                case::check_signature(&state, &changes.ctx.actor, base, paper.as_ref())?;
            let sha256 = paper.as_ref().map(|p| p.sha256.clone()).unwrap_or_default();
            let assurance = paper.as_ref().and_then(|p| p.assurance);
            paper.as_ref().map_or(Ok(()), |paper| case::check_form(changes, paper))?;
            case::worth(changes, state.plan.kind, assurance.as_ref())?;
            SittingEvent::PaperSigned {
                key: paper_key.clone(),
                field,
                by,
                sha256,
                at: changes.ctx.happened,
                assurance,
            }
        }
        SittingCommand::SealPaper { paper_key, field, base, sha256, assurance } => {
            let state = find(changes, paper_key)?;
            case::worth(changes, state.plan.kind, assurance.as_ref())?;
            SittingEvent::PaperSigned {
                key: paper_key.clone(),
                field: field.clone(),
                by: case::check_seal(changes, &state, field, base)?,
                sha256: sha256.clone(),
                at: changes.ctx.happened,
                assurance: *assurance,
            }
        }
        SittingCommand::Augment(step) => {
            case::only_system(&changes.ctx.actor)?;
            changes.sitting(id)?.kept.check(step)?;
            SittingEvent::Augmented(step.clone())
        }
        SittingCommand::PreparePaper { paper_key, facts, sha256, pages } => {
            let state = find(changes, paper_key)?;
            changes.read_related(&StreamId::sitting(id))?;
            let now = sitting_paper(id, &state.plan, &changes.world)?.sha256();
            case::check_prepared(changes, &state, facts, &now)?;
            SittingEvent::PaperPrepared {
                key: paper_key.clone(),
                facts: facts.clone(),
                sha256: sha256.clone(),
                pages: *pages,
            }
        }
        _ => return Ok(()),
    };
    changes.push_sitting(id, event);
    Ok(())
}

/// Plans a paper of the sitting.
pub(super) fn owe(changes: &mut Changes, id: &str, kind: PaperKind, seal: bool) {
    let slots = if seal { vec![case::seal_slot()] } else { Vec::new() };
    let plan = PaperPlan { key: kind.token(), kind, slots, about: String::new() };
    changes.push_sitting(id, SittingEvent::PaperOwed(plan));
}
