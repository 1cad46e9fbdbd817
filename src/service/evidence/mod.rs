// SPDX-License-Identifier: AGPL-3.0-or-later
//! The evidence of one act in one file that proves itself: events, documents, votes, messages and
//! the way of each event to a seal, in an ASiC-E container sealed by the entity (ETSI EN 319 162-1).
//!
//! `export` writes it, `verify` reads it on a machine that has nothing else. Of the sittings it
//! carries what concerns this act: events about other acts stay out, and the seals prove that those
//! that are here were not touched.

mod container;
mod export;
mod verify;

pub use export::{ExportError, export};
pub use verify::{BundleReport, verify};

use crate::domain::case::Case;
use crate::domain::changes::Fact;
use crate::service::history::fact_of;
use crate::store::{Finding, ProvedEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is in the container, for who opens it.
const README: &str = "LEGGIMI.txt";
const EVENTS: &str = "eventi/";
const SEALS: &str = "sigilli.json";
const VOTES: &str = "votazioni.json";
const MAILS: &str = "messaggi.json";
const INDEX: &str = "documenti.json";
const DOCUMENTS: &str = "documenti/";

/// A document of the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    file: String,
    sha256: String,
    media_type: String,
    /// The event that names it first.
    event: String,
}

/// Every vote on the act, as its facts say: presence, names or totals, outcome, second ballot.
fn votes(case: &Case) -> Value {
    let immediate = case.immediate.as_ref().map(|second| {
        json!({
            "ballot": second.ballot,
            "declared": second.declared,
            "required": second.required,
            "reasons": second.reasons,
            "on": second.on,
        })
    });
    json!({
        "treatment": case.treatment,
        "not_voted": case.not_voted,
        "immediate": immediate,
    })
}

/// The act that these events make.
///
/// # Errors
/// The first event this program cannot read.
fn folded<'a>(events: impl IntoIterator<Item = &'a ProvedEvent>) -> Result<Case, Finding> {
    let mut case = Case::default();
    for event in events {
        let place = format!("{}, fatto {}", event.stream, event.version);
        let stored = event.stored().map_err(|error| Finding::new(&place, error.to_string()))?;
        let fact = fact_of(&stored).map_err(|error| Finding::new(&place, error.to_string()))?;
        if let Fact::Case(id, fact) = fact {
            case.id = id;
            case.evolve(&fact, stored.event.happened_at, &stored.event.actor);
        }
    }
    Ok(case)
}
