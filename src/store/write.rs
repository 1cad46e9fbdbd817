// SPDX-License-Identifier: AGPL-3.0-or-later
//! The words of a write: what a command reads, what it is shown, what it answers.

use crate::domain::refusal::Refusal;
use crate::domain::rows::Row;
use crate::domain::stream::{
    NewDocument, NewEvent, NewJob, NumberTaken, RegisterOpened, StoredEvent, StreamId,
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a decision depends on. Everything named here is as read when the write commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Streams; one that does not exist yet is read as empty (and must be named to be begun).
    pub streams: Vec<StreamId>,
    /// Registers with their year. Name those from which a number will be taken.
    pub registers: Vec<(String, i32)>,
    /// SHA-256 of documents whose existence matters.
    pub documents: Vec<String>,
    /// Identifiers of requests whose answer may have been given before.
    pub requests: Vec<String>,
}

/// A request with an idempotency key and the answer it got, recorded with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// SHA-256 of person and key.
    pub id: String,
    /// SHA-256 of what was asked.
    pub digest: String,
    /// The answer, as JSON.
    pub answer: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl ReadSet {
    /// A read set of streams only.
    pub fn streams(streams: impl IntoIterator<Item = StreamId>) -> Self {
        Self { streams: streams.into_iter().collect(), ..Self::default() }
    }

    /// Adds a register.
    #[must_use]
    pub fn register(mut self, register: impl Into<String>, year: i32) -> Self {
        self.registers.push((register.into(), year));
        self
    }

    /// Adds what `more` names and this does not.
    pub fn extend(&mut self, more: &Self) {
        add_new(&mut self.streams, &more.streams);
        add_new(&mut self.registers, &more.registers);
        add_new(&mut self.documents, &more.documents);
        add_new(&mut self.requests, &more.requests);
    }

    /// True when this names everything that `other` names.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.streams.iter().all(|stream| self.streams.contains(stream))
            && other.registers.iter().all(|register| self.registers.contains(register))
            && other.documents.iter().all(|document| self.documents.contains(document))
            && other.requests.iter().all(|request| self.requests.contains(request))
    }
}

fn add_new<T: PartialEq + Clone>(to: &mut Vec<T>, from: &[T]) {
    for item in from {
        if !to.contains(item) {
            to.push(item.clone());
        }
    }
}

/// The events of one stream from version 1 on, shared and never changed.
pub type History = Arc<Vec<Arc<StoredEvent>>>;

/// What was read: exactly what the read set names.
///
/// In a decision it includes what earlier commands of the same group commit are about to record;
/// `position` of those events is 0, since they have none yet.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Events by stream; a stream without events is here with none.
    pub streams: BTreeMap<StreamId, History>,
    /// Last number taken; `None` when the register was not opened.
    pub registers: BTreeMap<(String, i32), Option<i64>>,
    /// Those of the documents asked for that exist.
    pub documents: BTreeSet<String>,
    /// Every document asked for.
    pub asked: BTreeSet<String>,
    /// Those of the requests asked for that were answered: what was asked, and the answer.
    pub requests: BTreeMap<String, (String, String)>,
}

impl Loaded {
    /// The events of a stream, oldest first; none if it is empty or was not read.
    pub fn stream(&self, id: &StreamId) -> &[Arc<StoredEvent>] {
        self.streams.get(id).map_or(&[], |history| history.as_slice())
    }

    /// Version of a stream: how many events it has.
    pub fn version(&self, id: &StreamId) -> i64 {
        self.stream(id).last().map_or(0, |event| event.version)
    }

    /// Last event of a stream; its hash names the whole history of the stream.
    pub fn head(&self, id: &StreamId) -> Option<&StoredEvent> {
        self.stream(id).last().map(AsRef::as_ref)
    }

    /// Last number taken from a register; `None` when it was not opened (or not read).
    pub fn last_number(&self, register: &str, year: i32) -> Option<i64> {
        self.registers.get(&(register.to_owned(), year)).copied().flatten()
    }

    /// True when the existence of all these documents was asked for.
    pub fn asked_documents(&self, sha256: &[String]) -> bool {
        sha256.iter().all(|wanted| self.asked.contains(wanted))
    }

    /// True when a document asked for exists.
    pub fn has_document(&self, sha256: &str) -> bool {
        self.documents.contains(sha256)
    }
}

/// The answer of a decision.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Record this; the value is given back after the commit.
    Write(WriteSet, T),
    /// The rules say no: nothing is recorded.
    Refused(Refusal),
    /// The decision depends on more than was read: read this too and ask again.
    ReadAlso(ReadSet),
}

/// Everything one command records, all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WriteSet {
    /// Facts, in order; their streams must have been read.
    pub events: Vec<NewEvent>,
    /// Registers opened; they must have been read as not open.
    pub opened: Vec<RegisterOpened>,
    /// Numbers taken; at least one event must record them.
    pub numbers: Vec<NumberTaken>,
    /// Documents; one that is already there is kept as it is.
    pub documents: Vec<NewDocument>,
    /// Work owed; a job whose key is already there is kept as it is.
    pub jobs: Vec<NewJob>,
    /// The request answered, when it came with an idempotency key; its key must have been read.
    pub requests: Vec<KeptRequest>,
    /// Rows for pages, inserted or replaced. The row of a number taken carries its object and note.
    pub rows: Vec<Row>,
}

/// What a committed write gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    /// The value of the decision.
    pub value: T,
    /// The events as stored, in the order of the write set.
    pub events: Vec<StoredEvent>,
}
