// SPDX-License-Identifier: AGPL-3.0-or-later
//! Region C: duties and conditions of efficacy, and the closing of the fascicolo.

use super::Ending;
use super::content::{Condition, CouncilGate};
use super::decide::{actor_as, wrong_step};
use super::efficacy::ratification_due;
use super::event::CaseEvent;
use crate::changes::{Changes, Stop};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::workflow::{Lifecycle, StepKind};
use chrono::NaiveDate;

/// What a proposal to the Consiglio owes: that it is sent, and what came of it. Each is told once.
const TOWARDS_COUNCIL: [&str; 2] = ["trasmissione_consiglio", "esito_consiglio"];

/// Raises the duties of a moment: those the file names, where the act and the regulation want them.
pub fn raise_duties(changes: &mut Changes, id: &str, moment: &str) -> Result<(), Stop> {
    let (workflow, _) = changes.position(id)?;
    let regulation = changes.regulation()?;
    for duty in workflow.duties.iter().filter(|d| d.on == moment) {
        let case = changes.case(id)?;
        if case.duties.contains_key(&duty.name) && duty.name != "capigruppo" {
            continue;
        }
        let due = match duty.name.as_str() {
            "prefetto" if !prefect_due(case, &regulation) => continue,
            "consiglio" if case.content.gates.council != CouncilGate::UrgentVariation => continue,
            "consiglio" => ratification_due(case),
            "trasmissione_consiglio" | "esito_consiglio" if !is_for_council(case) => continue,
            "capigruppo" => Some(changes.day()),
            _ => None,
        };
        changes.push(id, CaseEvent::DutyRaised { duty: duty.name.clone(), due });
    }
    Ok(())
}

/// It is a proposal to the Consiglio and no final act (R1.2): what the Giunta adopted has to be sent
/// there, and what became of it there has to come back.
fn is_for_council(case: &super::Case) -> bool {
    case.content.gates.council == CouncilGate::ProposalToCouncil
}

fn prefect_due(case: &super::Case, regulation: &Regulation) -> bool {
    case.content.gates.prefect || regulation.prefect_notice_types.contains(&case.content.act_type)
}

pub(super) fn meet(
    changes: &mut Changes,
    id: &str,
    condition: Condition,
    on: NaiveDate,
    evidence: &str,
) -> Result<(), Stop> {
    [Role::ResponsabileTrasparenza, Role::Segretario, Role::Segreteria]
        .into_iter()
        .map(|role| actor_as(changes, role, None))
        .reduce(|first, next| first.or(next))
        .unwrap_or_else(|| actor_as(changes, Role::Segretario, None))?;
    let case = changes.case(id)?;
    if on > changes.ctx.today() {
        let text = "Una condizione non può essersi avverata nel futuro";
        return Err(Refusal::new("fact_in_future", "R7.2", "", text).into());
    }
    if !case.content.gates.conditions.contains(&condition) || evidence.trim().is_empty() {
        return Err(Refusal::new(
            "condition_unknown",
            "R7.2",
            "D.Lgs. 33/2013",
            "L'atto non ha questa condizione di efficacia, o ne manca la prova",
        )
        .into());
    }
    changes
        .push(id, CaseEvent::ConditionMet { condition, on, evidence: evidence.trim().to_owned() });
    Ok(())
}

pub(super) fn settle(
    changes: &mut Changes,
    id: &str,
    duty: &str,
    done: bool,
    note: &str,
) -> Result<(), Stop> {
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    let spec = workflow.duties.iter().find(|d| d.name == duty);
    let (Some(spec), Some(_)) = (spec, case.duties.get(duty)) else {
        return Err(Refusal::new(
            "duty_unknown",
            "R8.1",
            "",
            format!("L'adempimento «{duty}» non è dovuto"),
        )
        .into());
    };
    let by = Some(actor_as(changes, spec.who, None)?);
    let (on, note) = (changes.day(), note.trim().to_owned());
    let towards_council = TOWARDS_COUNCIL.contains(&duty);
    if towards_council && note.is_empty() {
        let text = "Indicare gli estremi della trasmissione, o che cosa ha deciso il Consiglio";
        return Err(Refusal::new("duty_without_evidence", "R1.2", "art. 42 TUEL", text)
            .next("Scrivere protocollo e data, oppure numero, data ed esito della deliberazione")
            .into());
    }
    if towards_council && case.duties.get(duty).is_some_and(|d| d.settled.is_some()) {
        let text = "L'adempimento verso il Consiglio è già registrato";
        return Err(Refusal::new("duty_already_settled", "R1.2", "art. 42 TUEL", text).into());
    }
    changes.push(id, CaseEvent::DutySettled { duty: duty.to_owned(), done, note, on, by });
    if done && duty == TOWARDS_COUNCIL[0] {
        raise_duties(changes, id, "sent_to_council")?;
    }
    Ok(())
}

/// Closes the fascicolo by its check-list: nothing owed, nothing pending (practice.md 2).
pub(super) fn close(changes: &mut Changes, id: &str, note: &str) -> Result<(), Stop> {
    let by = actor_as(changes, Role::Segreteria, None)?;
    let (_, step) = changes.position(id)?;
    let case = changes.case(id)?;
    if case.ending == Some(Ending::Archived) {
        let text = "Il fascicolo è già chiuso";
        return Err(Refusal::new("already_closed", "R9.11", "art. 41 CAD", text).into());
    }
    let over = case.ending.is_some()
        || matches!(step.kind, StepKind::Review { lifecycle: Lifecycle::PostingEnded, .. });
    if !over {
        return Err(wrong_step(&step, "chiudere il fascicolo").into());
    }
    let mut open: Vec<String> =
        case.open_papers().map(|p| format!("il documento «{}»", p.plan.key)).collect();
    open.extend(
        case.duties
            .iter()
            .filter(|(_, d)| d.settled.is_none())
            .map(|(name, _)| format!("l'adempimento «{name}»")),
    );
    if case.posting.is_some() && !case.posting_ended {
        open.push("la fine della pubblicazione".into());
    }
    if !open.is_empty() {
        return Err(Refusal::new(
            "file_not_complete",
            "R9.11",
            "",
            format!("Il fascicolo non si può chiudere: manca {}", open.join(", ")),
        )
        .into());
    }
    changes.push(id, CaseEvent::Closed { by, note: note.trim().to_owned() });
    Ok(())
}
