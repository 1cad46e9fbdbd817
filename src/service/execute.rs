// SPDX-License-Identifier: AGPL-3.0-or-later
//! The write of design.md section 2: load, decide, append, answer after the commit.

use super::clock::Clock;
use super::history::{RegistryCache, Unreadable, new_event, world};
use crate::domain::case::{CaseEvent, Ctx};
use crate::domain::changes::{Changes, Fact, Stop};
use crate::domain::command::{Command, decide};
use crate::domain::effects::{
    At, case_rows, evolve, freed_tasks, react, registry_row, sitting_rows,
};
use crate::domain::offers::ask;
use crate::domain::refusal::Refusal;
use crate::domain::rows::Row;
use crate::domain::stream::{NewDocument, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use crate::store::{Loaded, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

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
}

impl Request {
    /// A request without documents about a fact of now.
    pub fn new(actor: impl Into<String>, command: Command) -> Self {
        Self { actor: actor.into(), command, happened: None, documents: Vec::new(), expected: None }
    }

    fn main_stream(&self) -> StreamId {
        match &self.command {
            Command::Case { id, .. } => StreamId::case(id),
            Command::Sitting { id, .. } => StreamId::sitting(id),
            Command::Registry(_) | Command::ListCapigruppo { .. } => StreamId::registry(),
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
    registries: Arc<RegistryCache>,
}

impl Executor {
    /// An executor on a store and a clock.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, registries: Arc::default() }
    }

    /// Decides on fresh state and records the outcome, all of it or nothing.
    ///
    /// # Errors
    /// The refusal, or what the database said.
    pub async fn execute(&self, request: Request) -> Result<Vec<StoredEvent>, ExecuteError> {
        let read = ReadSet::streams(request.command.reads());
        let (clock, registries) = (Arc::clone(&self.clock), Arc::clone(&self.registries));
        let decided =
            self.store.write(read, move |loaded| answer(&request, loaded, &registries, &*clock));
        Ok(decided.await?.events)
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
        let wanted = streams.iter().cloned().chain([StreamId::registry()]);
        let loaded = self.store.load(&ReadSet::streams(wanted)).await?;
        Ok(world(&loaded, &self.registries)?)
    }

    async fn gather(&self, streams: &[StreamId]) -> Result<(ReadSet, World), ExecuteError> {
        let mut wanted: BTreeSet<StreamId> = streams.iter().cloned().collect();
        wanted.insert(StreamId::registry());
        loop {
            let read = ReadSet::streams(wanted.iter().cloned());
            let loaded = self.store.load(&read).await?;
            let world = world(&loaded, &self.registries)?;
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
            world = self::world(&self.store.load(&read).await?, &self.registries)?;
        }
        Ok(answers)
    }
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
    registries: &RegistryCache,
    clock: &dyn Clock,
) -> Outcome<()> {
    match attempt(request, loaded, registries, clock) {
        Ok(write) => Outcome::Write(write, ()),
        Err(Stop::Refused(refusal)) => Outcome::Refused(refusal),
        Err(Stop::Read(stream)) => {
            // Who asks for one item of a sitting will ask for them all: forty are one reading.
            let related = world(loaded, registries)
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

fn attempt(
    request: &Request,
    loaded: &Loaded,
    registries: &RegistryCache,
    clock: &dyn Clock,
) -> Result<WriteSet, Stop> {
    let main = request.main_stream();
    if request.expected.is_some_and(|seen| seen != loaded.version(&main)) {
        return Err(moved_meanwhile(&main).into());
    }
    let before = world(loaded, registries).map_err(|error| {
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
        if let Some(case) =
            state.cases.get(&stream.id).filter(|_| *stream == StreamId::case(&stream.id))
        {
            write.rows.extend(case_rows(&state, case));
        }
        if let Some(sitting) =
            state.sittings.get(&stream.id).filter(|_| *stream == StreamId::sitting(&stream.id))
        {
            write.rows.extend(sitting_rows(sitting));
        }
        let freed = freed_tasks(&before, stream, &write.rows);
        write.rows.extend(freed);
    }
    write.rows.extend(registry_rows);
    write
}
