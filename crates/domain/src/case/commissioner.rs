// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Commissario with the powers of the Giunta (TUEL 141; practice.md 1.12).

use super::advance::{acting, enter, leave};
use super::decide::{actor_as, wrong_step};
use super::duties::raise_duties;
use super::event::CaseEvent;
use super::touches::tell_affected;
use crate::changes::{Changes, Stop};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::sitting::{Ballot, ItemOutcome, Mode, Treatment};
use crate::workflow::{Passage, StepKind};

/// The Commissario decides alone: no quorum, no ballots (practice.md 1.12; TUEL 141).
pub(super) fn adopt_alone(
    changes: &mut Changes,
    id: &str,
    immediate: Option<&str>,
) -> Result<(), Stop> {
    let commissioner = actor_as(changes, Role::Commissario, None)?;
    let (workflow, step) = changes.position(id)?;
    if !matches!(step.kind, StepKind::Agenda) {
        return Err(wrong_step(&step, "adottare la deliberazione").into());
    }
    let regulation = changes.regulation()?;
    let registry = changes.registry();
    let case = changes.case(id)?;
    let stops =
        super::opinions::gate(case, &workflow, &regulation, &registry, changes.ctx.happened);
    if let Some(stop) = stops.into_iter().next() {
        return Err(stop.refusal.into());
    }
    let Some(version) = case.current() else { return Err(wrong_step(&step, "adottare").into()) };
    let (number, hash) = (version.number, version.hash.clone());
    let verbalizer = acting(changes, Role::Segretario, None)?;
    let treatment = alone(changes, &regulation, commissioner, verbalizer, (number, hash));
    changes.push(id, CaseEvent::Proclaimed { sitting: String::new(), treatment });
    if let Some(reasons) = immediate {
        if reasons.trim().is_empty() {
            return Err(Refusal::new(
                "urgency_not_motivated",
                "R4.3",
                "art. 134, c. 4, TUEL",
                "L'urgenza va motivata",
            )
            .into());
        }
        let event = CaseEvent::ImmediateVoted {
            ballot: Ballot::default(),
            declared: true,
            required: 0,
            reasons: reasons.trim().to_owned(),
            on: changes.day(),
        };
        changes.push(id, event);
    }
    match workflow.find(|k| matches!(k, StepKind::Number { .. })) {
        Some(step) => enter(changes, id, &step.name.clone())?,
        None => leave(changes, id, Passage::Done)?,
    }
    raise_duties(changes, id, "adopted")?;
    tell_affected(changes, id, true)
}

/// What the act prints: no members, no quorum, no ballot.
fn alone(
    changes: &Changes,
    regulation: &Regulation,
    commissioner: Signatory,
    verbalizer: Signatory,
    (number, hash): (u32, String),
) -> Treatment {
    let at = changes.ctx.happened;
    let registry = &changes.world.registry;
    Treatment {
        sitting: String::new(),
        date: changes.day(),
        opened: crate::law::calendar::rome_time(at),
        place: registry.comune.seat.clone(),
        mode: Mode::InSeat,
        remote_source: String::new(),
        convened_by: String::new(),
        item: 1,
        off_agenda: false,
        at,
        members: Vec::new(),
        seats: 0,
        quorum: 0,
        president: commissioner,
        president_reason: String::new(),
        verbalizer,
        verbalizer_remote: false,
        assisting: Vec::new(),
        ballot: None,
        outcome: ItemOutcome::Approved,
        version: number,
        hash,
        regulation: regulation.digest_on(changes.day()),
        anomalies: Vec::new(),
        reason: String::new(),
        withdrawn_by: None,
        postponed_to: None,
    }
}
