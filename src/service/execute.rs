// SPDX-License-Identifier: AGPL-3.0-or-later
//! The write of design.md section 2: load, decide, append, answer after the commit.

use super::clock::Clock;
use super::history::{Folds, Unreadable, new_event, world};
use crate::domain::case::{CaseEvent, Ctx};
use crate::domain::changes::{Changes, Fact, Stop};
use crate::domain::command::{Command, decide};
use crate::domain::effects::{At, changed_rows, evolve, react, registry_row};
use crate::domain::offers::ask;
use crate::domain::refusal::Refusal;
use crate::domain::registry::RegistryEvent;
use crate::domain::rows::Row;
use crate::domain::stream::{NewDocument, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use crate::store::{
    KeptRequest, Loaded, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet, Written,
};
use chrono::{DateTime, SubsecRound, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;
use utoipa::ToSchema;

/// Why a command was not executed.
#[derive(Debug, Error)]
pub enum ExecuteError {
    /// The rules say no.
    #[error("{0}")]
    Refused(Refusal),
    /// The database did not answer; nothing was recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is recorded cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<WriteError> for ExecuteError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => Self::Refused(refusal),
            WriteError::Store(StoreError::NumberExists) => Self::Refused(received_twice()),
            WriteError::Store(error) => Self::Store(error),
        }
    }
}

/// One request to change something.
#[derive(Debug, Clone)]
pub struct Request {
    /// Person id, or `system`.
    pub actor: String,
    /// What.
    pub command: Command,
    /// When it happened, for facts entered later.
    pub happened: Option<DateTime<Utc>>,
    /// Bytes that travel with it.
    pub documents: Vec<NewDocument>,
    /// Version of its main stream the person saw; refused when it moved.
    pub expected: Option<i64>,
    /// Sent with an idempotency key: repeated, it gets the first answer and records nothing.
    pub key: Option<RequestKey>,
}

/// An idempotency key and what was asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// SHA-256 of person and key.
    pub id: String,
    /// SHA-256 of what was asked.
    pub digest: String,
}

/// What a command recorded: what a program is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Id of the act or sitting the command is about.
    pub id: String,
    /// Version of its stream after the command.
    pub version: i64,
    /// The facts recorded, in order.
    pub events: Vec<Recorded>,
}

/// A fact recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// Stream it belongs to: `case/…`, `sitting/…`.
    pub stream: String,
    /// Its place in the stream.
    pub version: i64,
    /// Token of the fact.
    pub event: String,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Request {
    /// A request without documents about a fact of now.
    pub fn new(actor: impl Into<String>, command: Command) -> Self {
        Self {
            actor: actor.into(),
            command,
            happened: None,
            documents: Vec::new(),
            expected: None,
            key: None,
        }
    }

    fn main_stream(&self) -> StreamId {
        match &self.command {
            Command::Case { id, .. } => StreamId::case(id),
            Command::Sitting { id, .. } => StreamId::sitting(id),
            Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => {
                StreamId::registry()
            }
        }
    }
}

/// Executes commands on one database.
#[derive(Clone)]
pub struct Executor {
    /// The database.
    pub store: Store,
    /// The one clock.
    pub clock: Arc<dyn Clock>,
    folds: Arc<Folds>,
}

impl Executor {
    /// An executor on a store and a clock.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, folds: Arc::default() }
    }

    /// Decides on fresh state and records the outcome, all of it or nothing.
    ///
    /// # Errors
    /// The refusal, or what the database said.
    pub async fn execute(&self, request: Request) -> Result<Vec<StoredEvent>, ExecuteError> {
        Ok(self.recorded(request).await?.events)
    }

    /// The same for a program: a request repeated under its key gets the receipt of the first time.
    ///
    /// # Errors
    /// As [`Executor::execute`]; `key_reused` for a key that was sent with another request.
    pub async fn execute_once(&self, request: Request) -> Result<Receipt, ExecuteError> {
        Ok(self.recorded(request).await?.value)
    }

    async fn recorded(&self, request: Request) -> Result<Written<Receipt>, ExecuteError> {
        let mut read = ReadSet::streams(request.command.reads());
        read.requests.extend(request.key.iter().map(|key| key.id.clone()));
        let (clock, folds) = (Arc::clone(&self.clock), Arc::clone(&self.folds));
        let decided =
            self.store.write(read, move |loaded| answer(&request, loaded, &folds, &*clock));
        Ok(decided.await?)
    }

    /// The folded streams of a read set and of everything their papers print.
    ///
    /// # Errors
    /// What the database said.
    pub async fn world(&self, streams: &[StreamId]) -> Result<World, ExecuteError> {
        Ok(self.gather(streams).await?.1)
    }

    /// Folded streams without what their papers print: for lists.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sittings(&self, streams: &[StreamId]) -> Result<World, ExecuteError> {
        Ok(self.folded(streams).await?.1)
    }

    /// Streams with their events, and what they fold to beside the registry; nothing else is read.
    ///
    /// # Errors
    /// What the database said.
    pub async fn folded(&self, streams: &[StreamId]) -> Result<(Loaded, World), ExecuteError> {
        let wanted = streams.iter().cloned().chain([StreamId::registry()]);
        let loaded = self.store.load(&ReadSet::streams(wanted)).await?;
        let world = world(&loaded, &self.folds)?;
        Ok((loaded, world))
    }

    async fn gather(&self, streams: &[StreamId]) -> Result<(ReadSet, World), ExecuteError> {
        let mut wanted: BTreeSet<StreamId> = streams.iter().cloned().collect();
        wanted.insert(StreamId::registry());
        loop {
            let read = ReadSet::streams(wanted.iter().cloned());
            let loaded = self.store.load(&read).await?;
            let world = world(&loaded, &self.folds)?;
            let before = wanted.len();
            streams.iter().for_each(|stream| wanted.extend(world.related(stream)));
            if wanted.len() == before {
                return Ok((read, world));
            }
        }
    }

    /// What the engine would say to each command of an actor now, as if its paper were signed: the
    /// refusal, or none. Nothing is recorded.
    ///
    /// # Errors
    /// What the database said.
    pub async fn foresee(
        &self,
        actor: &str,
        commands: &[Command],
    ) -> Result<Vec<Option<Refusal>>, ExecuteError> {
        self.foresee_at(actor, commands, None).await
    }

    /// The same about facts that happened earlier and are entered now.
    ///
    /// # Errors
    /// What the database said.
    pub async fn foresee_at(
        &self,
        actor: &str,
        commands: &[Command],
        happened: Option<DateTime<Utc>>,
    ) -> Result<Vec<Option<Refusal>>, ExecuteError> {
        let streams: BTreeSet<StreamId> = commands.iter().flat_map(Command::reads).collect();
        let (mut read, mut world) = self.gather(&Vec::from_iter(streams)).await?;
        let now = self.clock.now();
        let ctx = Ctx { actor: actor.into(), now, happened: happened.unwrap_or(now) };
        let mut answers: Vec<Option<Refusal>> = Vec::with_capacity(commands.len());
        while let Some(command) = commands.get(answers.len()) {
            let more = match ask(&world, &ctx, command) {
                Ok(()) => ReadSet::default(),
                Err(Stop::Refused(refusal)) => {
                    answers.push(Some(refusal));
                    continue;
                }
                Err(Stop::Read(stream)) => ReadSet::streams([stream]),
                Err(Stop::ReadRegister(name, year)) => ReadSet::default().register(name, year),
                Err(Stop::ReadDocuments(documents)) => ReadSet { documents, ..ReadSet::default() },
            };
            let known = read.clone();
            read.extend(&more);
            if read == known {
                answers.push(None);
                continue;
            }
            world = self::world(&self.store.load(&read).await?, &self.folds)?;
        }
        Ok(answers)
    }
}

/// A number another system gave is that of another act already: only the register knows. A register
/// that came back to the Comune during the year has the numbers of the other system, too.
pub(super) fn received_twice() -> Refusal {
    let text = "Il numero è già di un altro atto nello stesso registro e nello stesso anno";
    let next = "Controllare il numero nel sistema che lo ha dato; se il registro è tornato al Comune, \
                aprirlo dall'ultimo numero usato";
    Refusal::new("number_received_twice", "R5.1", "art. 32 L. 69/2009", text).next(next)
}

/// Someone else was faster: what the person saw is not what is there.
pub fn moved_meanwhile(stream: &StreamId) -> Refusal {
    let text = match stream.kind {
        StreamKind::Sitting => "Nel frattempo la seduta è andata avanti",
        _ => "Nel frattempo il fascicolo è cambiato",
    };
    Refusal::new("moved_meanwhile", "R1.12", "", text)
        .next("Rileggere la situazione aggiornata e ripetere")
}

fn answer(
    request: &Request,
    loaded: &Loaded,
    folds: &Folds,
    clock: &dyn Clock,
) -> Outcome<Receipt> {
    let before = request.key.as_ref().and_then(|key| Some((key, loaded.requests.get(&key.id)?)));
    if let Some((key, (digest, kept))) = before {
        return match same_request(key, digest, kept) {
            Ok(receipt) => Outcome::Write(WriteSet::default(), receipt),
            Err(refusal) => Outcome::Refused(refusal),
        };
    }
    match attempt(request, loaded, folds, clock) {
        Ok(write) => keyed(request, loaded, clock, write),
        Err(Stop::Refused(refusal)) => Outcome::Refused(refusal),
        Err(Stop::Read(stream)) => {
            // Who asks for one item of a sitting will ask for them all: forty are one reading.
            let related = world(loaded, folds)
                .map(|world| world.related(&request.main_stream()))
                .unwrap_or_default();
            Outcome::ReadAlso(ReadSet::streams(std::iter::once(stream).chain(related)))
        }
        Err(Stop::ReadRegister(register, year)) => {
            Outcome::ReadAlso(ReadSet::default().register(register, year))
        }
        Err(Stop::ReadDocuments(documents)) => {
            Outcome::ReadAlso(ReadSet { documents, ..ReadSet::default() })
        }
    }
}

/// What is answered to a request repeated under its key.
///
/// # Errors
/// `key_reused` when it is not the same request.
pub fn same_request<T: DeserializeOwned>(
    key: &RequestKey,
    digest: &str,
    answer: &str,
) -> Result<T, Refusal> {
    if key.digest != digest {
        let text = "La chiave di idempotenza è già stata usata per un'altra richiesta";
        return Err(Refusal::new("key_reused", "", "", text)
            .next("Usare una chiave nuova per ogni richiesta diversa"));
    }
    serde_json::from_str(answer).map_err(|error| {
        Refusal::new("unreadable_history", "I10", "", error.to_string())
            .next("Eseguire «delibera verify»")
    })
}

/// Records the receipt with the facts, where the request has a key.
fn keyed(
    request: &Request,
    loaded: &Loaded,
    clock: &dyn Clock,
    mut write: WriteSet,
) -> Outcome<Receipt> {
    let receipt = receipt(request, loaded, &write);
    if let Some(RequestKey { id, digest }) = request.key.clone() {
        let answer = serde_json::to_string(&receipt).unwrap_or_default();
        write.requests.push(KeptRequest { id, digest, answer, at: clock.now() });
    }
    Outcome::Write(write, receipt)
}

fn receipt(request: &Request, loaded: &Loaded, write: &WriteSet) -> Receipt {
    let main = request.main_stream();
    let mut versions: BTreeMap<&StreamId, i64> = BTreeMap::new();
    let lines = write.events.iter().map(|event| {
        let version =
            versions.entry(&event.stream).or_insert_with(|| loaded.version(&event.stream));
        *version += 1;
        Recorded {
            stream: event.stream.to_string(),
            version: *version,
            event: event.kind.clone(),
            happened_at: event.happened_at.trunc_subsecs(6),
            recorded_at: event.recorded_at.trunc_subsecs(6),
        }
    });
    let events: Vec<Recorded> = lines.collect();
    let version = versions.get(&main).copied().unwrap_or_else(|| loaded.version(&main));
    Receipt { id: main.id, version, events }
}

fn attempt(
    request: &Request,
    loaded: &Loaded,
    folds: &Folds,
    clock: &dyn Clock,
) -> Result<WriteSet, Stop> {
    let main = request.main_stream();
    if request.expected.is_some_and(|seen| seen != loaded.version(&main)) {
        return Err(moved_meanwhile(&main).into());
    }
    let before = world(loaded, folds).map_err(|error| {
        Refusal::new("unreadable_history", "I10", "", error.to_string())
            .next("Eseguire «delibera verify»")
    })?;
    let now = clock.now();
    let ctx = Ctx { actor: request.actor.clone(), now, happened: request.happened.unwrap_or(now) };
    let mut changes = Changes::new(before.clone(), ctx.clone());
    decide(&mut changes, &request.command)?;
    attachments_stored(request, &changes.facts, loaded)?;
    let versions = |stream: &StreamId| loaded.version(stream);
    Ok(write_set(before, &changes.facts, &ctx, versions, request.documents.clone()))
}

/// What a text refers to, or takes the place of the file shown, must be in the store or arrive with
/// the command.
fn attachments_stored(request: &Request, facts: &[Fact], loaded: &Loaded) -> Result<(), Stop> {
    let mut wanted: Vec<String> = Vec::new();
    for fact in facts {
        let content = match fact {
            Fact::Case(
                _,
                CaseEvent::Created { content, .. }
                | CaseEvent::Edited { content }
                | CaseEvent::Revised { content, .. },
            ) => content,
            Fact::Case(_, CaseEvent::PublicFileReplaced { new, .. }) => {
                wanted.push(new.clone());
                continue;
            }
            Fact::Registry(RegistryEvent::ComuneDescribed { comune }) => {
                wanted.extend(comune.crest.clone());
                continue;
            }
            _ => continue,
        };
        wanted.extend(content.attachments.iter().map(|a| a.sha256.clone()));
    }
    wanted.retain(|sha256| {
        !loaded.has_document(sha256) && !request.documents.iter().any(|d| d.sha256 == *sha256)
    });
    if wanted.is_empty() {
        return Ok(());
    }
    if loaded.asked_documents(&wanted) {
        return Err(Refusal::new(
            "attachment_missing",
            "R6.11",
            "",
            format!("Un file indicato non è stato caricato ({})", wanted.join(", ")),
        )
        .next("Caricare il file e ripetere")
        .into());
    }
    Err(Stop::ReadDocuments(wanted))
}

/// Events, jobs, numbers and rows of a decision. Each fact reacts on the state right after it;
/// `read` tells the version of each stream before.
pub(super) fn write_set(
    before: World,
    facts: &[Fact],
    ctx: &Ctx,
    read: impl Fn(&StreamId) -> i64,
    documents: Vec<NewDocument>,
) -> WriteSet {
    let mut state = before.clone();
    let mut write = WriteSet { documents, ..WriteSet::default() };
    let mut versions: BTreeMap<StreamId, i64> = BTreeMap::new();
    let mut registry_rows: Vec<Row> = Vec::new();
    for fact in facts {
        let event = new_event(fact, ctx);
        let stream = event.stream.clone();
        let version = versions.entry(stream.clone()).or_insert_with(|| read(&stream));
        *version += 1;
        evolve(&mut state, fact, ctx.happened, &ctx.actor);
        let at =
            At { stream: &stream, version: *version, happened: ctx.happened, recorded: ctx.now };
        let effects = react(&state, fact, at);
        for job in effects.jobs {
            if !write.jobs.iter().any(|known| known.key == job.key) {
                write.jobs.push(job);
            }
        }
        write.numbers.extend(effects.numbers);
        write.opened.extend(effects.opened);
        if let Fact::Registry(event) = fact {
            registry_rows.extend(registry_row(&state.registry, event));
        }
        write.events.push(event);
    }
    for stream in versions.keys() {
        write.rows.extend(changed_rows(&before, &state, stream));
    }
    write.rows.extend(registry_rows);
    write
}
