// SPDX-License-Identifier: AGPL-3.0-or-later
//! Scenarios: a Comune, its people, an act, dated commands, expectations (docs/scenario.md).
//!
//! A scenario runs the real thing on a simulated clock: the same commands, documents, signatures,
//! mails and jobs; months pass in a second.

mod comune;
mod expect;
mod file;
mod repeat;
mod report;
mod run;
mod steps;

pub use comune::{PRESETS, WORKFLOWS, commands};
pub use expect::Expectation;
pub use file::{Scenario, Step as StepRef, demo, in_progress, load, sample};
pub use report::{CaseReport, Report, SittingOutcome, case_report};
pub use run::{Runner, StepResult, go_on, run};

use super::execute::ExecuteError;
use super::mail::MailConfigError;
use super::paper::PaperError;
use crate::domain::problem::Problem;
use crate::store::StoreError;
use thiserror::Error;

/// Why a scenario could not be run at all (a failed expectation is no error: it is in the report).
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    File(Vec<Problem>),
    /// The folder cannot be used.
    #[error("{0}")]
    Folder(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A command that prepares the Comune was refused.
    #[error("la preparazione del Comune non riesce: {0}")]
    Setup(Box<ExecuteError>),
    /// A paper.
    #[error(transparent)]
    Paper(Box<PaperError>),
    /// Templates of mails or acts.
    #[error("{0}")]
    Templates(String),
}

impl From<ExecuteError> for ScenarioError {
    fn from(error: ExecuteError) -> Self {
        Self::Setup(Box::new(error))
    }
}

impl From<PaperError> for ScenarioError {
    fn from(error: PaperError) -> Self {
        Self::Paper(Box::new(error))
    }
}

impl From<MailConfigError> for ScenarioError {
    fn from(error: MailConfigError) -> Self {
        Self::Templates(error.to_string())
    }
}
