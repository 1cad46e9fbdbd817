// SPDX-License-Identifier: AGPL-3.0-or-later
//! The text changes after it was frozen: in substance, or by a certified formal correction.

use super::advance::{enter, owe, seal_slot};
use super::command::CaseCommand;
use super::content::Content;
use super::decide::{actor_as, proposer, signed, wrong_step};
use super::draft::complete;
use super::event::{CaseEvent, Change};
use crate::changes::{Changes, Stop};
use crate::papers::{PaperKind, SignedPaper};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::workflow::StepKind;

pub(super) fn revise_in_office(
    changes: &mut Changes,
    id: &str,
    content: &Content,
    formal: bool,
    paper: Option<&SignedPaper>,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let (workflow, step) = changes.position(id)?;
    let allowed =
        matches!(step.kind, StepKind::Opinion { .. } | StepKind::Review { .. } | StepKind::Agenda);
    let adopted = changes.case(id)?.treatment.is_some();
    if !allowed || adopted {
        return Err(wrong_step(&step, "cambiare il testo").into());
    }
    let change = if formal {
        let by = actor_as(changes, Role::Segretario, None)?;
        let paper = signed(changes, id, command, paper, &by)?;
        Change::Formal { by, paper }
    } else {
        proposer(changes, changes.case(id)?)?;
        if changes.case(id)?.sitting.is_some() {
            return Err(Refusal::new(
                "on_agenda",
                "R1.12",
                "art. 49, c. 1, TUEL",
                "La proposta è iscritta all'ordine del giorno: una modifica sostanziale riapre i pareri",
            )
            .next("Toglierla prima dall'ordine del giorno, oppure emendarla in seduta")
            .into());
        }
        Change::Substantial
    };
    let substantial = change == Change::Substantial;
    apply_revision(changes, id, content, change, None)?;
    // Who signed the proposal signed another text: it is signed again, then come the opinions (row 1).
    if substantial && let Some(first) = workflow.after_revision() {
        enter(changes, id, &first.name)?;
    }
    Ok(())
}

/// Records a new version and plans the comparison with the one before (practice.md 3, row 6).
pub fn apply_revision(
    changes: &mut Changes,
    id: &str,
    content: &Content,
    change: Change,
    sitting: Option<&str>,
) -> Result<u32, Stop> {
    complete(changes, content)?;
    super::draft::targets_stand(changes, id, content)?;
    let case = changes.case(id)?;
    let mut content = content.clone().acknowledged_as(&case.content);
    // A formal correction leaves the opinions, and so what answers them.
    if matches!(change, Change::Formal { .. }) {
        content.gates.departure.clone_from(&case.content.gates.departure);
    }
    let content = &content;
    if matches!(change, Change::Formal { .. }) && !content.differs_only_in_words(&case.content) {
        return Err(Refusal::new(
            "not_formal",
            "R1.12",
            "art. 49, c. 1, TUEL",
            "La modifica tocca uffici, allegati, effetti o altre risposte di legge: non è formale",
        )
        .next("Presentarla come modifica sostanziale, con nuovi pareri")
        .into());
    }
    let hash = content.hash();
    if case.current().is_some_and(|v| v.hash == hash) {
        return Err(Refusal::new(
            "nothing_changed",
            "R1.12",
            "",
            "Il nuovo testo è uguale al precedente",
        )
        .into());
    }
    let version = u32::try_from(case.versions.len() + 1).unwrap_or(u32::MAX);
    let event = CaseEvent::Revised {
        version,
        content: content.clone(),
        hash,
        change,
        sitting: sitting.map(str::to_owned),
    };
    changes.push(id, event);
    let key = format!("confronto_versioni-v{version}");
    owe(changes, id, PaperKind::ConfrontoVersioni, key, vec![seal_slot()], &version.to_string());
    Ok(version)
}
