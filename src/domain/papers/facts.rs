// SPDX-License-Identifier: AGPL-3.0-or-later
//! The facts a paper prints, as a pure function of the streams.

use super::{PaperKind, PaperPlan, Slot, facts_sha256};
use crate::domain::case::{CaseCommand, Ctx};
use crate::domain::refusal::Refusal;
use crate::domain::sitting::SittingCommand;
use crate::domain::world::World;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file embedded byte-identical in a composed act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// SHA-256 of the document in the store.
    pub sha256: String,
    /// File name.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// What it is, in Italian.
    pub description: String,
}

/// Everything a paper is rendered from; its SHA-256 is what `decide` compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaperFacts {
    /// Kind: names the template `templates/act/<token>.md.hbs`.
    pub kind: PaperKind,
    /// File stem for people, e.g. `deliberazione-838-2020`.
    pub file: String,
    /// Title of the document, for its metadata.
    pub title: String,
    /// The only date of the file.
    pub created: DateTime<Utc>,
    /// Says BOZZA on every page.
    pub draft: bool,
    /// Signature fields to pre-create, in order.
    pub slots: Vec<Slot>,
    /// Files to embed.
    pub embedded: Vec<Embedded>,
    /// Context of the template.
    pub context: Value,
}

impl PaperFacts {
    /// SHA-256 (hex) of the facts.
    pub fn sha256(&self) -> String {
        facts_sha256(&serde_json::to_value(self).unwrap_or_default())
    }
}

/// Facts of the paper a case command carries, before it is signed; `None` when it carries none.
///
/// # Errors
/// When the streams do not hold what the paper must print.
pub fn carried_by_case(
    _case: &str,
    _command: &CaseCommand,
    _ctx: &Ctx,
    _world: &World,
) -> Result<Option<PaperFacts>, Refusal> {
    Ok(None)
}

/// Facts of the paper a sitting command carries; `None` when it carries none.
///
/// # Errors
/// When the streams do not hold what the paper must print.
pub fn carried_by_sitting(
    _sitting: &str,
    _command: &SittingCommand,
    _ctx: &Ctx,
    _world: &World,
) -> Result<Option<PaperFacts>, Refusal> {
    Ok(None)
}

/// Facts of a paper a case owes.
///
/// # Errors
/// When the streams do not hold what the paper must print (T-52: an act without its opinion sheets).
pub fn case_paper(_case: &str, _plan: &PaperPlan, _world: &World) -> Result<PaperFacts, Refusal> {
    Err(Refusal::new("paper_unknown", "", "", "documento sconosciuto"))
}

/// Facts of a paper a sitting owes.
///
/// # Errors
/// When the streams do not hold what the paper must print.
pub fn sitting_paper(
    _sitting: &str,
    _plan: &PaperPlan,
    _world: &World,
) -> Result<PaperFacts, Refusal> {
    Err(Refusal::new("paper_unknown", "", "", "documento sconosciuto"))
}
