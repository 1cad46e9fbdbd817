// SPDX-License-Identifier: AGPL-3.0-or-later
//! A regulation and the procedures beside it must agree before either is relied on.

use super::{Registry, RegistryCommand};
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::{regulation, workflow};
use chrono::NaiveDate;

/// Refuses a workflow that lacks what the regulation in force, or one already adopted for later,
/// wants; and a regulation that wants what an active workflow lacks.
///
/// # Errors
/// `workflow_lacks_rule`, with key, line and what to add.
pub fn coherent(
    registry: &Registry,
    command: &RegistryCommand,
    today: NaiveDate,
) -> Result<(), Refusal> {
    let mut problems: Vec<Problem> = Vec::new();
    match command {
        RegistryCommand::ActivateWorkflow { text } => {
            let Ok(workflow) = workflow::parse(text, "workflow.toml") else { return Ok(()) };
            let first = registry.in_force(today).unwrap_or_default();
            for adopted in &registry.regulations[first..] {
                for set in adopted.written.sets_from(today.max(adopted.from)) {
                    problems.extend(workflow::fits(&workflow, &set, "regolamento.toml"));
                }
            }
        }
        RegistryCommand::AdoptRegulation { text, from } => {
            let Ok(adopted) = regulation::parse(text, "regolamento.toml") else { return Ok(()) };
            let sets = adopted.sets_from(today.max(*from));
            let active = registry.active.values().filter_map(|d| registry.workflows.get(d));
            for workflow in active {
                let found =
                    sets.iter().flat_map(|s| workflow::fits(workflow, s, "regolamento.toml"));
                problems.extend(found);
            }
        }
        _ => {}
    }
    problems.dedup();
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(Refusal::new("workflow_lacks_rule", "R2.2", "art. 7 TUEL", lines.join("; "))
        .next("Provare insieme i due file con «delibera check»"))
}
