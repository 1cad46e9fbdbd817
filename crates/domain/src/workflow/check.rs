// SPDX-License-Identifier: AGPL-3.0-or-later
//! The proof that a workflow is sound: nothing loads without it.
//!
//! Four questions in order, each asked only when the ones before are answered: can the graph be
//! walked (`graph::names`), does every name exist (`lists`), does every act come to an end
//! (`graph::walk`), does every path keep the law (`explore` on the table of `statute`).

mod explore;
mod facts;
mod graph;
mod lists;
mod local;
mod statute;

pub use local::fits;

use super::{Workflow, parse};
use crate::notices;
use crate::papers::PaperKind;
use crate::problem::{Problem, nearest};
use std::collections::BTreeSet;

/// The names a workflow may use; moments and recipients are closed lists of `notices`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Papers that have a template.
    pub papers: BTreeSet<String>,
    /// Messages that have a folder in `templates/mail/`.
    pub messages: BTreeSet<String>,
    /// Registers.
    pub registers: BTreeSet<String>,
}

impl Names {
    /// What this program brings with it.
    pub fn built_in() -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            papers: PaperKind::ALL.iter().map(|kind| kind.token()).collect(),
            messages: owned(notices::MESSAGES),
            registers: owned(notices::REGISTERS),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// States an act can be in: a step and the facts accomplished on the way.
    pub states: usize,
    /// Rules of law tried.
    pub rules: usize,
    /// What is wrong, by line; empty for a sound workflow.
    pub problems: Vec<Problem>,
}

/// Tries everything on a workflow.
pub fn prove(workflow: &Workflow, names: &Names, file: &str) -> Proof {
    let mut problems = graph::names(workflow, file);
    let mut states = 0;
    if problems.is_empty() {
        match graph::walk(workflow, file) {
            graph::Walk::Stuck(problem) => problems.push(problem),
            graph::Walk::Goes(unreached) => {
                let (explored, broken) = explore::explore(workflow, file);
                states = explored;
                problems.extend(unreached);
                problems.extend(broken);
            }
        }
    }
    problems.extend(lists::check(workflow, names, file));
    problems.sort_by_key(|problem| problem.line);
    let binds = |p: &&statute::Predicate| p.profiles.contains(&workflow.profile);
    Proof { states, rules: statute::STATUTE.iter().filter(binds).count(), problems }
}

/// Says why a workflow is not sound: by line, and on paths with a shortest one.
pub fn check(workflow: &Workflow, names: &Names, file: &str) -> Vec<Problem> {
    prove(workflow, names, file).problems
}

/// Reads a workflow and proves it sound with the names of this program.
///
/// # Errors
/// Every defect of form or of substance, with its line.
pub fn load(text: &str, file: &str) -> Result<Workflow, Vec<Problem>> {
    let workflow = parse(text, file)?;
    let problems = check(&workflow, &Names::built_in(), file);
    if problems.is_empty() { Ok(workflow) } else { Err(problems) }
}

/// Adds what was probably meant, or what there is to choose from.
fn suggest<'a>(
    problem: Problem,
    word: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    match nearest(word, known.clone()) {
        Some(meant) => problem.hint(format!("forse «{meant}»?")),
        None => problem.hint(format!("si può scrivere: {}", known.collect::<Vec<_>>().join(", "))),
    }
}
