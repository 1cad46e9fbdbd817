// SPDX-License-Identifier: AGPL-3.0-or-later
//! Streams of events: the shape in which facts are read and written, whatever they mean.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What a stream is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// One act, from the draft to its end.
    Case,
    /// One sitting of a collegial body.
    Sitting,
    /// People, mandates, regulation, workflows of the Comune: exactly one stream, `registry/comune`.
    Registry,
}

impl StreamKind {
    /// The token stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Sitting => "sitting",
            Self::Registry => "registry",
        }
    }
}

/// Names a stream, e.g. `case/0192…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// What it is about.
    pub kind: StreamKind,
    /// Its identifier: letters, digits, `-` and `_`.
    pub id: String,
}

impl StreamId {
    /// The stream of one act.
    pub fn case(id: impl Into<String>) -> Self {
        Self { kind: StreamKind::Case, id: id.into() }
    }
    /// The stream of one sitting.
    pub fn sitting(id: impl Into<String>) -> Self {
        Self { kind: StreamKind::Sitting, id: id.into() }
    }
    /// The one stream of the Comune.
    pub fn registry() -> Self {
        Self { kind: StreamKind::Registry, id: "comune".into() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// Who caused an event: a person's id, or `system` for workers and timers.
pub const SYSTEM_ACTOR: &str = "system";

/// A fact about to be appended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Stream it belongs to.
    pub stream: StreamId,
    /// Token of the event, e.g. `opinion_given` (the serde tag of the payload).
    pub kind: String,
    /// The typed event as JSON.
    pub payload: Value,
    /// Person's id or [`SYSTEM_ACTOR`].
    pub actor: String,
    /// When it happened (may be earlier than recorded: facts entered afterwards).
    pub happened_at: DateTime<Utc>,
    /// When it was recorded (the clock of the write).
    pub recorded_at: DateTime<Utc>,
}

/// A fact as stored: the new event plus its place in the stream and in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The fact.
    #[serde(flatten)]
    pub event: NewEvent,
    /// 1 for the first event of its stream, without gaps.
    pub version: i64,
    /// Increasing over the whole store; gaps are possible.
    pub position: i64,
    /// SHA-256 (hex) of the previous event of the stream and of this event.
    pub hash: String,
}

/// A number taken from a register in the same write as the fact that takes it (R5.1, R5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberTaken {
    /// Token of the register: `proposte`, `deliberazioni`, `albo`, …
    pub register: String,
    /// Year of the register.
    pub year: i32,
    /// The number: last + 1 (external registers: as received).
    pub number: i64,
    /// True when the number was received from another system and need not follow ours.
    pub external: bool,
    /// Case that holds it.
    pub case_id: String,
    /// Date of the line.
    pub date: NaiveDate,
}

/// The opening of a register at a number (mid-year start: next is `last + 1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterOpened {
    /// Token of the register.
    pub register: String,
    /// Year.
    pub year: i32,
    /// Last number already used elsewhere; 0 for a fresh year.
    pub last: i64,
}

/// Bytes kept by their content hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// SHA-256 of `bytes`, lower-case hex.
    pub sha256: String,
    /// MIME type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Work to do after the commit, outside any transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewJob {
    /// Deterministic key: the same fact never owes the same job twice.
    pub key: String,
    /// Token of the job: `mail`, `paper`, `capigruppo`, …
    pub kind: String,
    /// The typed job as JSON.
    pub payload: Value,
    /// Not before this instant.
    pub due_at: DateTime<Utc>,
    /// Stream of the fact that owes it, as text; empty for periodic work.
    pub stream: String,
}
