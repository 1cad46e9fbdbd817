// SPDX-License-Identifier: AGPL-3.0-or-later
//! A batch of commands decided in memory: each sees the effects of those before it, and what
//! all of them record becomes one plan, appended as a whole.
//!
//! Pure but for the decisions themselves: no SQL, no clock.

use super::chain::{EventText, ZERO, event_hash};
use super::command::{Command, Decision};
use super::instant::instant;
use super::table;
use super::write::{History, KeptRequest, Loaded, ReadSet, WriteSet};
use super::{StoreError, WriteError};
use crate::domain::digest::sha256_hex;
use crate::domain::rows::{RegisterRow, Row};
use crate::domain::stream::{
    NewDocument, NewEvent, NewJob, NumberTaken, RegisterOpened, StoredEvent, StreamId,
};
use chrono::SubsecRound;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// An event ready to be appended: the fact, its place, and the exact text that was hashed.
#[derive(Debug)]
pub(crate) struct Planned {
    pub event: Arc<StoredEvent>,
    pub payload: String,
    pub happened_at: String,
    pub recorded_at: String,
}

/// The counter of a register: what it was read as, what it becomes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    pub was: i64,
    pub becomes: i64,
}

/// What a batch will append, and what it was decided upon.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub events: Vec<Planned>,
    /// Version, as read, of every stream a writing command read.
    pub streams_read: BTreeMap<StreamId, i64>,
    /// Last number, as read, of every register a writing command read.
    pub registers_read: BTreeMap<(String, i32), Option<i64>>,
    /// Registers opened, with their counter once the batch is done.
    pub opened: BTreeMap<(String, i32), Counter>,
    /// Counters of registers that were already open.
    pub counters: BTreeMap<(String, i32), Counter>,
    /// Lines of the numbers taken: they must be new.
    pub entries: BTreeMap<(String, i64, i64), RegisterRow>,
    /// Rows to insert or replace by table and key, the last one said.
    pub rows: BTreeMap<(&'static str, String), Map<String, Value>>,
    pub documents: BTreeMap<String, NewDocument>,
    pub jobs: Vec<NewJob>,
    /// Requests answered, by identifier.
    pub requests: BTreeMap<String, KeptRequest>,
}

impl Plan {
    /// True when there is nothing to append.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.opened.is_empty()
            && self.counters.is_empty()
            && self.entries.is_empty()
            && self.rows.is_empty()
            && self.documents.is_empty()
            && self.jobs.is_empty()
            && self.requests.is_empty()
    }

    /// Streams that get events.
    pub fn streams_written(&self) -> BTreeSet<&StreamId> {
        self.events.iter().map(|planned| &planned.event.event.stream).collect()
    }
}

/// The answer a command will get once the plan is committed.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Its events are these of the plan.
    Written(Range<usize>),
    Error(WriteError),
}

/// Decides every command in order on `as_read`, which holds what `read` names: the plan and an
/// answer per command. `None` when some depend on more, which was added to their read sets.
pub(crate) fn decide_all(
    commands: &mut [Box<dyn Command>],
    read: &ReadSet,
    as_read: &Loaded,
) -> Option<(Plan, Vec<Answer>)> {
    let mut state = as_read.clone();
    let mut plan = Plan::default();
    let mut answers = Vec::with_capacity(commands.len());
    let mut read_more = false;
    for command in commands {
        let (answer, more) = decide_one(command.as_mut(), read, &mut state, as_read, &mut plan);
        answers.push(answer);
        read_more |= more;
    }
    (!read_more).then_some((plan, answers))
}

/// The answer of one command, and whether it wants to read more than was loaded.
fn decide_one(
    command: &mut dyn Command,
    read: &ReadSet,
    state: &mut Loaded,
    as_read: &Loaded,
    plan: &mut Plan,
) -> (Answer, bool) {
    // A command that only ever asks for what it already has would ask for ever.
    for _ in 0..16 {
        let loaded = only(state, command.read());
        let more = match command.decide(&loaded) {
            Decision::Refused(refusal) => return (Answer::Error(refusal.into()), false),
            Decision::Panicked(text) => return (failed(StoreError::Panicked(text)), false),
            Decision::Write(write) => {
                let from = plan.events.len();
                let answer = match record(write, &loaded, command.read(), state, as_read, plan) {
                    Ok(()) => Answer::Written(from..plan.events.len()),
                    Err(error) => failed(error),
                };
                return (answer, false);
            }
            Decision::ReadAlso(more) => more,
        };
        command.read_also(&more);
        if !read.covers(command.read()) {
            return (Answer::Written(0..0), true);
        }
    }
    (failed(StoreError::Invalid("la decisione chiede sempre altro da leggere".into())), false)
}

fn failed(error: StoreError) -> Answer {
    Answer::Error(error.into())
}

/// The part of the state that a read set names.
fn only(state: &Loaded, read: &ReadSet) -> Loaded {
    let streams = read.streams.iter().map(|id| {
        let history = state.streams.get(id).cloned().unwrap_or_default();
        (id.clone(), history)
    });
    let registers = read.registers.iter().map(|key| {
        let last = state.registers.get(key).copied().flatten();
        (key.clone(), last)
    });
    let documents = read.documents.iter().filter(|sha256| state.documents.contains(*sha256));
    let requests = read.requests.iter().filter_map(|id| state.requests.get_key_value(id));
    Loaded {
        streams: streams.collect(),
        registers: registers.collect(),
        documents: documents.cloned().collect(),
        asked: read.documents.iter().cloned().collect(),
        requests: requests.map(|(id, kept)| (id.clone(), kept.clone())).collect(),
    }
}

/// Adds a write set to the plan and to the state, or refuses it whole.
fn record(
    write: WriteSet,
    loaded: &Loaded,
    read: &ReadSet,
    state: &mut Loaded,
    as_read: &Loaded,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    check(&write, loaded)?;
    if write.numbers.iter().any(|taken| plan.entries.contains_key(&entry_of(taken))) {
        return Err(StoreError::NumberExists);
    }
    for stream in &read.streams {
        plan.streams_read.insert(stream.clone(), as_read.version(stream));
    }
    for key in &read.registers {
        let last = as_read.registers.get(key).copied().flatten();
        plan.registers_read.insert(key.clone(), last);
    }
    for opened in write.opened {
        let RegisterOpened { register, year, last } = opened;
        state.registers.insert((register.clone(), year), Some(last));
        plan.opened.insert((register, year), Counter { was: last, becomes: last });
    }
    for event in write.events {
        append(event, state, plan);
    }
    for number in write.numbers {
        take(number, state, plan);
    }
    for row in write.rows {
        put(row, plan);
    }
    for document in write.documents {
        state.documents.insert(document.sha256.clone());
        plan.documents.entry(document.sha256.clone()).or_insert(document);
    }
    for request in write.requests {
        let KeptRequest { id, digest, answer, .. } = &request;
        state.requests.insert(id.clone(), (digest.clone(), answer.clone()));
        plan.requests.insert(id.clone(), request);
    }
    plan.jobs.extend(write.jobs);
    Ok(())
}

/// What no engine needs to be asked: does the write set agree with what was read?
fn check(write: &WriteSet, loaded: &Loaded) -> Result<(), StoreError> {
    let invalid = |text: String| Err(StoreError::Invalid(text));
    for event in &write.events {
        if !loaded.streams.contains_key(&event.stream) {
            return invalid(format!("evento su {} senza averlo letto", event.stream));
        }
    }
    let mut last = loaded.registers.clone();
    for RegisterOpened { register, year, last: number } in &write.opened {
        match last.get_mut(&(register.clone(), *year)) {
            Some(open @ None) => *open = Some(*number),
            Some(Some(_)) => return invalid(format!("il registro {register}/{year} è già aperto")),
            None => return invalid(format!("registro {register}/{year} aperto senza leggerlo")),
        }
    }
    if !write.numbers.is_empty() && write.events.is_empty() {
        return invalid("un numero si prende insieme al fatto che lo registra".into());
    }
    for taken in write.numbers.iter().filter(|taken| !taken.external) {
        let NumberTaken { register, year, number, .. } = taken;
        match last.get_mut(&(register.clone(), *year)) {
            Some(Some(last)) if *last + 1 == *number => *last = *number,
            Some(Some(last)) => {
                return invalid(format!("{register}/{year}: dopo {last} non viene {number}"));
            }
            _ => return invalid(format!("il registro {register}/{year} non è aperto")),
        }
    }
    for document in &write.documents {
        if sha256_hex(&document.bytes) != document.sha256 {
            return invalid(format!("il documento {} ha un'altra impronta", document.sha256));
        }
    }
    Ok(())
}

/// Chains an event to its stream.
fn append(mut event: NewEvent, state: &mut Loaded, plan: &mut Plan) {
    event.happened_at = event.happened_at.trunc_subsecs(6);
    event.recorded_at = event.recorded_at.trunc_subsecs(6);
    let payload = event.payload.to_string();
    let (happened_at, recorded_at) = (instant(event.happened_at), instant(event.recorded_at));
    let history = state.streams.entry(event.stream.clone()).or_default();
    let head = history.last();
    let version = head.map_or(0, |head| head.version) + 1;
    let text = EventText {
        stream: &event.stream.to_string(),
        version,
        kind: &event.kind,
        payload: &payload,
        actor: &event.actor,
        happened_at: &happened_at,
        recorded_at: &recorded_at,
    };
    let hash = event_hash(head.map_or(ZERO, |head| &head.hash), text);
    let event = Arc::new(StoredEvent { event, version, position: 0, hash });
    Arc::make_mut(history).push(event.clone());
    plan.events.push(Planned { event, payload, happened_at, recorded_at });
}

/// The line of a number in its register.
fn entry_of(taken: &NumberTaken) -> (String, i64, i64) {
    (taken.register.clone(), i64::from(taken.year), taken.number)
}

/// Takes a number: moves the counter (own registers) and writes its line.
fn take(taken: NumberTaken, state: &mut Loaded, plan: &mut Plan) {
    let entry = entry_of(&taken);
    let key = (taken.register.clone(), taken.year);
    if !taken.external {
        // A register opened by this batch has no row yet: its line carries its counter.
        if let Some(opened) = plan.opened.get_mut(&key) {
            opened.becomes = taken.number;
        } else {
            let was = state.registers.get(&key).copied().flatten().unwrap_or(0);
            let counter = plan.counters.entry(key.clone());
            counter.or_insert(Counter { was, becomes: was }).becomes = taken.number;
        }
        state.registers.insert(key, Some(taken.number));
    }
    let row = RegisterRow {
        register: taken.register,
        year: i64::from(taken.year),
        number: taken.number,
        external: taken.external,
        case_id: taken.case_id,
        date: Some(taken.date),
        ..RegisterRow::default()
    };
    plan.entries.insert(entry, row);
}

/// Puts a row; a line of a number taken in the same batch is completed in place.
fn put(row: Row, plan: &mut Plan) {
    if let Row::Register(line) = &row {
        let key = (line.register.clone(), line.year, line.number);
        if let Some(entry) = plan.entries.get_mut(&key) {
            *entry = line.clone();
            return;
        }
    }
    let (table, fields) = table::fields(&row);
    plan.rows.insert((table.name, table.key_of(&fields)), fields);
}

/// The committed histories: as read, then the events with the positions they got.
pub(crate) fn histories(
    as_read: &Loaded,
    events: &[Arc<StoredEvent>],
) -> BTreeMap<StreamId, History> {
    let mut grown: BTreeMap<StreamId, Vec<Arc<StoredEvent>>> = BTreeMap::new();
    for event in events {
        let stream = &event.event.stream;
        let history =
            grown.entry(stream.clone()).or_insert_with(|| as_read.stream(stream).to_vec());
        history.push(event.clone());
    }
    grown.into_iter().map(|(stream, history)| (stream, Arc::new(history))).collect()
}
