// SPDX-License-Identifier: AGPL-3.0-or-later
//! The writers: each drains its queue into one batch and commits it whole (group commit).
//!
//! SQLite has one writer, which owns the write connection during a batch. PostgreSQL has a few,
//! each taking the commands of its share of streams, and numbers all go through the first:
//! within a process commands on the same thing never race. Between processes the append checks
//! what was read, and whoever lost decides again; after a few losses a batch locks what it reads.

use super::StoreError;
use super::append;
use super::batch::{Answer, Plan, Planned, decide_all, histories};
use super::command::Command;
use super::db::{Db, Postgres, Shared};
use super::error::is_connection;
use super::load::{Conn, load};
use super::write::{Loaded, ReadSet};
use crate::domain::stream::StoredEvent;
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Writers on PostgreSQL: perf.md section 4 found four enough for two cores.
pub(crate) const WRITERS: usize = 4;

/// Commands in one batch: bounds the memory and the time of one transaction.
const BATCH_MAX: usize = 256;

/// Attempts before a batch gives up; from `LOCK_FROM` on it locks what it reads.
const ATTEMPTS_MAX: u32 = 12;
const LOCK_FROM: u32 = 4;

/// Rounds in which a batch may ask to read more.
const READS_MAX: usize = 16;

pub(crate) const LOCK_REGISTERS: &str = "SELECT 1 FROM registers r \
     JOIN json_array_elements(CAST($1 AS JSON)) AS w(value) \
     ON r.register = w.value->>0 AND r.year = CAST(w.value->>1 AS BIGINT) \
     ORDER BY r.register, r.year FOR UPDATE OF r";

pub(crate) const LOCK_STREAMS: &str = "SELECT 1 FROM streams s \
     JOIN json_array_elements_text(CAST($1 AS JSON)) AS w(value) \
     ON s.stream = w.value ORDER BY s.stream FOR UPDATE OF s";

/// Which of `writers` queues takes a command: the same streams always meet in the same one.
pub(crate) fn queue_of(read: &ReadSet, writers: usize) -> usize {
    if !read.registers.is_empty() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    read.streams.first().hash(&mut hasher);
    (hasher.finish() % writers as u64) as usize
}

/// Serves a queue until it is closed and empty.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut queue: mpsc::Receiver<Box<dyn Command>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut stopping = false;
    loop {
        let mut batch = Vec::new();
        let taken = tokio::select! {
            biased;
            _ = stop.changed(), if !stopping => {
                stopping = true;
                queue.close();
                continue;
            }
            taken = queue.recv_many(&mut batch, BATCH_MAX) => taken,
        };
        if taken == 0 {
            return;
        }
        settle(&shared, batch).await;
    }
}

/// Commits a batch and answers it. If it fails, each command is tried alone, so that only the
/// guilty one gets the error.
async fn settle(shared: &Shared, mut batch: Vec<Box<dyn Command>>) {
    match commit(shared, &mut batch).await {
        Ok(settled) => answer(batch, settled),
        Err(StoreError::Unavailable(error)) => {
            tracing::warn!(%error, commands = batch.len(), "batch not committed");
            for command in batch {
                command.answer(Err(StoreError::Unavailable(error.clone()).into()));
            }
        }
        Err(StoreError::InDoubt(error)) => {
            tracing::error!(%error, commands = batch.len(), "nobody knows whether it is committed");
            for command in batch {
                command.answer(Err(StoreError::InDoubt(error.clone()).into()));
            }
        }
        Err(error) if batch.len() == 1 => {
            if let Some(command) = batch.pop() {
                command.answer(Err(error.into()));
            }
        }
        Err(error) => {
            tracing::warn!(%error, commands = batch.len(), "batch failed, trying one at a time");
            for command in batch {
                let mut alone = vec![command];
                match commit(shared, &mut alone).await {
                    Ok(settled) => answer(alone, settled),
                    Err(error) => {
                        if let Some(command) = alone.pop() {
                            command.answer(Err(error.into()));
                        }
                    }
                }
            }
        }
    }
}

/// A batch that is done: the answers, and the events with their positions.
struct Settled {
    answers: Vec<Answer>,
    events: Vec<Arc<StoredEvent>>,
}

fn answer(batch: Vec<Box<dyn Command>>, settled: Settled) {
    let Settled { answers, events } = settled;
    for (command, answer) in batch.into_iter().zip(answers) {
        command.answer(match answer {
            Answer::Written(range) => {
                Ok(events[range].iter().map(|event| StoredEvent::clone(event)).collect())
            }
            Answer::Error(error) => Err(error),
        });
    }
}

/// How one attempt ended, when it did not succeed.
enum Trouble {
    /// Others changed what was read: decide again.
    Conflict(StoreError),
    /// The connection fell before anything was sent that could take effect: try again.
    Lost(StoreError),
    /// The connection fell while appending: the plan may have landed or not.
    Doubt(StoreError, Box<(Plan, Vec<Answer>)>),
    /// Nothing will change by trying again.
    Error(StoreError),
}

/// Plans that were sent and never answered.
type Doubts = Vec<(Plan, Vec<Answer>)>;

async fn commit(shared: &Shared, batch: &mut [Box<dyn Command>]) -> Result<Settled, StoreError> {
    let mut doubts = Doubts::new();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let trouble = match &shared.db {
            Db::Sqlite(db) => match &db.write {
                Some(write) => {
                    let mut conn = write.lock().await;
                    let done = sqlite(shared, &mut conn, batch).await;
                    if done.is_err() {
                        db.mend(&mut conn).await?;
                    }
                    done
                }
                None => return Err(StoreError::ReadOnly),
            },
            Db::Postgres(db) => {
                postgres(shared, db, batch, attempt >= LOCK_FROM, &mut doubts).await
            }
        };
        let error = match trouble {
            Ok(settled) => return Ok(settled),
            Err(Trouble::Error(error)) => return Err(error),
            Err(Trouble::Conflict(error)) => {
                add(&shared.counting.conflicts, 1);
                match error {
                    error if attempt < ATTEMPTS_MAX => error,
                    // Nobody was faster: the number will be there at every attempt.
                    StoreError::NumberExists => return Err(error),
                    _ => return Err(StoreError::Busy),
                }
            }
            Err(Trouble::Lost(error)) if is_down(&error) => return Err(given_up(error, &doubts)),
            Err(Trouble::Lost(error)) => error,
            Err(Trouble::Doubt(error, doubt)) => {
                doubts.push(*doubt);
                error
            }
        };
        if attempt >= ATTEMPTS_MAX {
            return Err(given_up(error, &doubts));
        }
        tokio::time::sleep(pause(attempt)).await;
    }
}

/// What is said of a batch given up: once a plan of it was sent, nobody knows what became of it.
fn given_up(error: StoreError, doubts: &Doubts) -> StoreError {
    match error {
        StoreError::Unavailable(cause) if !doubts.is_empty() => StoreError::InDoubt(cause),
        error => error,
    }
}

/// True when nobody answered for as long as one waits: another attempt would wait as long.
fn is_down(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(error) if matches!(**error, sqlx::Error::PoolTimedOut))
}

/// A pause that grows and is never the same for two contenders, at most 256 ms.
fn pause(attempt: u32) -> Duration {
    let spread = RandomState::new().hash_one(attempt) % 1000;
    let most = 1 << attempt.min(8);
    Duration::from_micros(spread * most)
}

async fn sqlite(
    shared: &Shared,
    conn: &mut SqliteConnection,
    batch: &mut [Box<dyn Command>],
) -> Result<Settled, Trouble> {
    let error = |error: sqlx::Error| Trouble::Error(error.into());
    // Dropping the transaction on any way out rolls it back.
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(error)?;
    let (as_read, plan, answers, trips) =
        decide(shared, &mut Conn::Sqlite(&mut tx), batch).await.map_err(Trouble::Error)?;
    let (positions, more) = if plan.is_empty() {
        tx.rollback().await.map_err(error)?;
        (Vec::new(), 0)
    } else {
        let appended = append::sqlite(&mut tx, &plan).await.map_err(Trouble::Error)?;
        tx.commit().await.map_err(error)?;
        appended
    };
    let trips = trips + more + 2;
    Ok(Appended { as_read: Some(as_read), plan, answers, positions, trips }.settle(shared))
}

async fn postgres(
    shared: &Shared,
    db: &Postgres,
    batch: &mut [Box<dyn Command>],
    lock: bool,
    doubts: &mut Doubts,
) -> Result<Settled, Trouble> {
    let lost = |error: sqlx::Error| Trouble::Lost(error.into());
    let mut conn = db.write.acquire().await.map_err(lost)?;
    if !lock {
        let appended = attempt(shared, &mut conn, batch, doubts).await?;
        return Ok(appended.settle(shared));
    }
    let mut tx = conn.begin().await.map_err(lost)?;
    lock_all(&mut tx, &union(batch)).await.map_err(lost)?;
    let appended = attempt(shared, &mut tx, batch, doubts).await?;
    if let Err(error) = tx.commit().await {
        return Err(Trouble::Doubt(error.into(), Box::new((appended.plan, appended.answers))));
    }
    add(&shared.counting.round_trips, 4);
    Ok(appended.settle(shared))
}

async fn lock_all(conn: &mut PgConnection, read: &ReadSet) -> Result<(), sqlx::Error> {
    let registers = serde_json::json!(read.registers).to_string();
    let streams: Vec<String> = read.streams.iter().map(ToString::to_string).collect();
    sqlx::query(LOCK_REGISTERS).bind(registers).execute(&mut *conn).await?;
    let streams = serde_json::json!(streams).to_string();
    sqlx::query(LOCK_STREAMS).bind(streams).execute(&mut *conn).await?;
    Ok(())
}

/// Load, decide, append: two round trips.
async fn attempt(
    shared: &Shared,
    conn: &mut PgConnection,
    batch: &mut [Box<dyn Command>],
    doubts: &mut Doubts,
) -> Result<Appended, Trouble> {
    let decided = decide(shared, &mut Conn::Postgres(&mut *conn), batch).await;
    let (as_read, plan, answers, trips) = decided.map_err(|error| match error {
        StoreError::Unavailable(_) => Trouble::Lost(error),
        error => Trouble::Error(error),
    })?;
    if let Some(n) = doubts.iter().position(|(plan, _)| landed(plan, &as_read)) {
        let (plan, answers) = doubts.swap_remove(n);
        let positions = plan.events.iter().map(|planned| position(&planned.event, &as_read));
        let positions = positions.map(Option::unwrap_or_default).collect();
        return Ok(Appended { as_read: None, plan, answers, positions, trips });
    }
    let (positions, more) = if plan.is_empty() {
        (Vec::new(), 0)
    } else {
        match append::postgres(conn, &plan).await {
            Ok(appended) => appended,
            Err(error) if is_conflict(&error, &plan) => {
                return Err(Trouble::Conflict(error.into()));
            }
            Err(error) if is_connection(&error) => {
                return Err(Trouble::Doubt(error.into(), Box::new((plan, answers))));
            }
            Err(error) => return Err(Trouble::Error(error.into())),
        }
    };
    Ok(Appended { as_read: Some(as_read), plan, answers, positions, trips: trips + more })
}

/// A plan that was appended, and is recorded once its transaction is committed.
struct Appended {
    /// What it was decided upon; absent when it had landed in an earlier attempt.
    as_read: Option<Loaded>,
    plan: Plan,
    answers: Vec<Answer>,
    positions: Vec<i64>,
    trips: u64,
}

impl Appended {
    /// After the commit: positions into the events, histories into the cache, counts.
    fn settle(self, shared: &Shared) -> Settled {
        if self.plan.is_empty() {
            return Settled { answers: self.answers, events: Vec::new() };
        }
        let events = self.plan.events.into_iter().zip(self.positions);
        let events: Vec<_> = events
            .map(|(Planned { mut event, .. }, position)| {
                Arc::make_mut(&mut event).position = position;
                event
            })
            .collect();
        if let Some(as_read) = &self.as_read {
            for (stream, history) in histories(as_read, &events) {
                shared.cache.put(&stream, &history);
            }
        }
        let written = |answer: &&Answer| matches!(answer, Answer::Written(_));
        let writes = self.answers.iter().filter(written).count();
        add(&shared.counting.writes, writes as u64);
        add(&shared.counting.commits, 1);
        add(&shared.counting.round_trips, self.trips);
        Settled { answers: self.answers, events }
    }
}

/// True when the events of a plan whose answer was lost are there: all or none are.
fn landed(plan: &Plan, loaded: &Loaded) -> bool {
    let there = |planned: &Planned| position(&planned.event, loaded).is_some();
    !plan.events.is_empty() && plan.events.iter().all(there)
}

/// The position of an event, if it is the one stored in its place.
fn position(event: &StoredEvent, loaded: &Loaded) -> Option<i64> {
    let at = usize::try_from(event.version - 1).ok()?;
    let stored = loaded.stream(&event.event.stream).get(at)?;
    (stored.hash == event.hash).then_some(stored.position)
}

/// True when the statement failed because someone else was faster.
fn is_conflict(error: &sqlx::Error, plan: &Plan) -> bool {
    let Some(db) = error.as_database_error() else { return false };
    match db.code().as_deref() {
        Some("40001" | "40P01") => true,
        Some("23505") => match db.constraint() {
            // A request sent twice at once: whoever comes second finds the answer of the first.
            Some("events_stream_version" | "streams_pkey" | "registers_pkey")
            | Some("api_requests_pkey") => true,
            // A number of ours taken twice is a race; one received twice is a mistake.
            Some("register_entries_pkey") => plan.entries.values().any(|entry| !entry.external),
            _ => false,
        },
        _ => false,
    }
}

/// Loads what the batch reads and decides it, reading more as long as commands ask for it.
async fn decide(
    shared: &Shared,
    conn: &mut Conn<'_>,
    batch: &mut [Box<dyn Command>],
) -> Result<(Loaded, Plan, Vec<Answer>, u64), StoreError> {
    let mut trips = 0;
    for _ in 0..READS_MAX {
        let read = union(batch);
        let (as_read, more) = load(conn, &read, &shared.cache).await?;
        trips += more;
        if let Some((plan, answers)) = decide_all(batch, &read, &as_read) {
            return Ok((as_read, plan, answers, trips));
        }
    }
    Err(StoreError::Invalid("la decisione chiede sempre altro da leggere".into()))
}

/// Everything the commands of a batch read.
fn union(batch: &[Box<dyn Command>]) -> ReadSet {
    let all = || batch.iter().map(|command| command.read());
    let streams: BTreeSet<_> = all().flat_map(|read| &read.streams).collect();
    let registers: BTreeSet<_> = all().flat_map(|read| &read.registers).collect();
    let documents: BTreeSet<_> = all().flat_map(|read| &read.documents).collect();
    let requests: BTreeSet<_> = all().flat_map(|read| &read.requests).collect();
    ReadSet {
        streams: streams.into_iter().cloned().collect(),
        registers: registers.into_iter().cloned().collect(),
        documents: documents.into_iter().cloned().collect(),
        requests: requests.into_iter().cloned().collect(),
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
