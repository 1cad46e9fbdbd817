// SPDX-License-Identifier: AGPL-3.0-or-later
//! The twelve-step cycle, measured: a workflow of its own without documents; authorisation, chain,
//! rows and outbox as always. What others reach on the same work is in benches/README.md.
//!
//! A figure counts only with its durability check: after the run the record is read again, every
//! acknowledged step is there, every finished cycle has its events, and chains and rows agree.

mod cycle;
pub mod line;

use super::execute::{ExecuteError, Executor, Request};
use super::history::{new_event, parts};
use super::scenario::{ScenarioError, commands, sample};
use super::tokens::{Scope, Tokens};
use super::verify::verify;
use crate::domain::case::Ctx;
use crate::domain::changes::Fact;
use crate::domain::command::Command;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{RegistryEvent, Role};
use crate::domain::stream::{SYSTEM_ACTOR, StreamId};
use crate::service::clock::{Clock, SystemClock};
use crate::store::{Counters, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet};
use cycle::{Acknowledged, Api, Asker, Cast, workflow};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Transitions of a cycle: begun, submitted, ten checks.
pub const STEPS: usize = 12;
/// Kind of the act that is measured.
const KIND: &str = "misura";
/// Steps of an act that is left open.
const STEPS_OPEN: usize = 3;
/// Acts left open that are made at once.
const OPEN_AT_ONCE: usize = 32;

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step was refused: the measure is wrong, not slow.
    #[error("un passo è stato rifiutato: {0}")]
    Refused(#[from] ExecuteError),
    /// The same by the API: its status and what it says.
    #[error("un passo è stato rifiutato dall'API ({0}): {1}")]
    Api(u16, String),
    /// The sample Comune.
    #[error(transparent)]
    Comune(#[from] ScenarioError),
    /// A server, or a line to it.
    #[error("il programma che serve l'API non risponde: {0}")]
    Server(#[from] std::io::Error),
    /// The record does not hold what was acknowledged.
    #[error("la verifica di durata non riesce: {0}")]
    NotDurable(String),
}

impl From<Refusal> for BenchError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(ExecuteError::Refused(refusal))
    }
}

/// What one run gave.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// `sqlite` or `postgres`.
    pub store: &'static str,
    /// `engine` or `api`.
    pub via: &'static str,
    /// Cycles at once.
    pub at_once: usize,
    /// Seconds measured.
    pub seconds: f64,
    /// Cycles finished in them.
    pub cycles: u64,
    /// Cycles finished in the whole run, warm-up included.
    pub total_cycles: u64,
    /// Cycles a second.
    pub cycles_per_second: f64,
    /// Transitions a second.
    pub transitions_per_second: f64,
    /// Milliseconds of a transition: median.
    pub step_p50_ms: f64,
    /// The slowest in a hundred.
    pub step_p99_ms: f64,
    /// What the store counted; a server keeps its own.
    #[serde(flatten)]
    pub exact: Option<Exact>,
    /// Events that the check found for the cycles of the whole run.
    pub events_checked: i64,
    /// Events of the record that were verified and replayed in a second by that check.
    pub verified_per_second: f64,
}

/// What is counted and not timed, warm-up included.
#[derive(Debug, Clone, Serialize)]
pub struct Exact {
    /// Durable commits for a cycle.
    pub commits_per_cycle: f64,
    /// Statements sent for a transition.
    pub round_trips_per_transition: f64,
    /// Batches decided again.
    pub conflicts: u64,
}

/// A Comune ready to be measured, on an empty database.
pub struct Bench {
    executor: Executor,
    cast: Cast,
    store: &'static str,
}

impl Bench {
    /// Prepares an empty database.
    ///
    /// # Errors
    /// It is not empty, or does not answer.
    pub async fn new(url: &str) -> Result<Self, BenchError> {
        let store = Store::connect(url).await?;
        store.migrate().await?;
        let executor = Executor::new(store, Arc::new(SystemClock));
        for command in commands(&sample("piccolo-comune")?)? {
            executor.execute(Request::new(SYSTEM_ACTOR, Command::Registry(command))).await?;
        }
        put_workflow(&executor).await?;
        let world = executor.world(&[]).await?;
        let today = crate::domain::law::calendar::rome_date(SystemClock.now());
        let first = |role: Role| {
            let holders = world.registry.holders(role, None, today);
            holders.first().map(|mandate| (*mandate).clone())
        };
        let person = |role: Role| first(role).map(|mandate| mandate.person).unwrap_or_default();
        let cast = Cast {
            head: person(Role::ResponsabileProcedimento),
            secretary: person(Role::Segreteria),
            office: first(Role::Direttore).and_then(|m| m.office).unwrap_or_default(),
            rapporteur: person(Role::Assessore),
        };
        let store = if url.starts_with("sqlite") { "sqlite" } else { "postgres" };
        Ok(Self { executor, cast, store })
    }

    /// Begins so many acts and leaves them at their first check.
    ///
    /// # Errors
    /// A step refused.
    pub async fn leave_open(&self, acts: usize) -> Result<(), BenchError> {
        let left = Arc::new(AtomicU64::new(acts as u64));
        let makers = (0..OPEN_AT_ONCE).map(|_| {
            let (mut asker, left) = (self.asker(), Arc::clone(&left));
            tokio::spawn(async move {
                let one_less = |left: u64| left.checked_sub(1);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                    asker.cycle(STEPS_OPEN).await?;
                }
                Ok(())
            })
        });
        joined(makers.collect()).await
    }

    /// Runs cycles, so many at once, for so many seconds after a second of warm-up; then reads
    /// everything again.
    ///
    /// # Errors
    /// A step refused, or something acknowledged that is not there.
    pub async fn run(&self, at_once: usize, seconds: f64) -> Result<Measured, BenchError> {
        let before = self.executor.store.counters();
        let askers = (0..at_once).map(|_| self.asker()).collect();
        let load = Load::of(askers, seconds).await?;
        let exact = load.exact(before, self.executor.store.counters());
        let checked = check(&self.executor.store, &load).await?;
        Ok(Measured { exact: Some(exact), ..load.measured(self.store, "engine", checked) })
    }

    fn asker(&self) -> Asker {
        Asker::Engine(self.executor.clone(), self.cast.clone())
    }

    /// Ends the run.
    pub async fn close(self) {
        self.executor.store.clone().close().await;
    }

    /// The same Comune asked through the API of servers on this database, which becomes free.
    ///
    /// # Errors
    /// No tokens.
    pub async fn through_api(self, url: &str) -> Result<ApiBench, BenchError> {
        let tokens = Tokens::new(self.executor.store.clone(), Arc::new(SystemClock));
        let (head, secretary) = (&self.cast.head, &self.cast.secretary);
        let head = tokens.make(head, KIND, &[Scope::Propose], 30).await??;
        let secretary = tokens.make(secretary, KIND, &[Scope::Act], 30).await??;
        let api = Api { address: String::new(), head, secretary };
        let (cast, store) = (self.cast.clone(), self.store);
        drop(tokens);
        self.close().await;
        Ok(ApiBench { url: url.to_owned(), api, cast, store })
    }
}

/// A Comune to be measured through the API of a server.
pub struct ApiBench {
    url: String,
    api: Api,
    cast: Cast,
    store: &'static str,
}

impl ApiBench {
    /// Does one transition at the server of this address: the first after its start.
    ///
    /// # Errors
    /// A step refused.
    pub async fn first_transition(&self, address: &str) -> Result<(), BenchError> {
        self.asker(address).await?.cycle(1).await.map(drop)
    }

    /// Runs cycles at the server of this address, on as many lines.
    ///
    /// # Errors
    /// A step refused.
    pub async fn run(
        &self,
        address: &str,
        at_once: usize,
        seconds: f64,
    ) -> Result<Load, BenchError> {
        let mut askers = Vec::with_capacity(at_once);
        for _ in 0..at_once {
            askers.push(self.asker(address).await?);
        }
        Load::of(askers, seconds).await
    }

    /// Reads everything again, once the server is gone.
    ///
    /// # Errors
    /// Something acknowledged is not there.
    pub async fn check(&self, load: &Load) -> Result<Measured, BenchError> {
        let store = Store::connect(&self.url).await?;
        let checked = check(&store, load).await?;
        store.close().await;
        Ok(load.measured(self.store, "api", checked))
    }

    async fn asker(&self, address: &str) -> Result<Asker, BenchError> {
        let api = Api { address: address.to_owned(), ..self.api.clone() };
        Asker::of(&api, &self.cast).await
    }
}

/// What cycles that run at once share.
#[derive(Debug, Default)]
struct Tally {
    finished: AtomicU64,
    stop: AtomicBool,
    steps_ms: Mutex<Vec<f64>>,
    /// Last acknowledged version of every finished act.
    acknowledged: Mutex<Vec<Acknowledged>>,
}

/// What cycles that ran at once did.
#[derive(Debug)]
pub struct Load {
    at_once: usize,
    tally: Arc<Tally>,
    /// Cycles of the time that counts, and how long it was.
    cycles: u64,
    seconds: f64,
}

impl Load {
    /// Lets each ask for one cycle after the other: a second of warm-up, then so many seconds.
    async fn of(askers: Vec<Asker>, seconds: f64) -> Result<Self, BenchError> {
        let (at_once, tally) = (askers.len(), Arc::new(Tally::default()));
        let work = |asker| tokio::spawn(cycles(asker, Arc::clone(&tally)));
        let workers = askers.into_iter().map(work).collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        lock(&tally.steps_ms).clear();
        let (from, start) = (tally.finished(), Instant::now());
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        let (cycles, seconds) = (tally.finished() - from, start.elapsed().as_secs_f64());
        tally.stop.store(true, Ordering::Relaxed);
        joined(workers).await?;
        Ok(Self { at_once, tally, cycles, seconds })
    }

    fn exact(&self, before: Counters, now: Counters) -> Exact {
        let all = self.tally.finished().max(1) as f64;
        Exact {
            commits_per_cycle: (now.commits - before.commits) as f64 / all,
            round_trips_per_transition: (now.round_trips - before.round_trips) as f64
                / (all * STEPS as f64),
            conflicts: now.conflicts - before.conflicts,
        }
    }

    fn measured(&self, store: &'static str, via: &'static str, checked: Checked) -> Measured {
        let mut steps = lock(&self.tally.steps_ms).clone();
        steps.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = steps.len().saturating_sub(1);
            steps.get((last as f64 * share) as usize).copied().unwrap_or_default()
        };
        Measured {
            store,
            via,
            at_once: self.at_once,
            seconds: self.seconds,
            cycles: self.cycles,
            total_cycles: self.tally.finished(),
            cycles_per_second: self.cycles as f64 / self.seconds,
            transitions_per_second: (self.cycles * STEPS as u64) as f64 / self.seconds,
            step_p50_ms: at(0.5),
            step_p99_ms: at(0.99),
            exact: None,
            events_checked: checked.own,
            verified_per_second: checked.verified_per_second,
        }
    }
}

impl Tally {
    fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn cycles(mut asker: Asker, tally: Arc<Tally>) -> Result<(), BenchError> {
    while !tally.stop.load(Ordering::Relaxed) {
        let (acknowledged, took) = asker.cycle(STEPS).await?;
        lock(&tally.acknowledged).push(acknowledged);
        lock(&tally.steps_ms).extend(took);
        tally.finished.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn joined(
    workers: Vec<tokio::task::JoinHandle<Result<(), BenchError>>>,
) -> Result<(), BenchError> {
    for worker in workers {
        worker.await.map_err(|error| BenchError::NotDurable(error.to_string()))??;
    }
    Ok(())
}

/// What the durability check found.
struct Checked {
    /// Events of the cycles acknowledged.
    own: i64,
    verified_per_second: f64,
}

/// Every acknowledged cycle is there, whole, and the record holds together.
async fn check(store: &Store, load: &Load) -> Result<Checked, BenchError> {
    let acknowledged = lock(&load.tally.acknowledged).clone();
    let mut own = 0;
    for (id, version) in acknowledged {
        let there = store.stream(&StreamId::case(&id)).await?;
        let found = there.last().map_or(0, |event| event.version);
        if found != version || there.len() as i64 != version {
            let what = format!("{id}: riconosciuta la versione {version}, presente {found}");
            return Err(BenchError::NotDurable(what));
        }
        own += version;
    }
    let start = Instant::now();
    let report = verify(store, None, |_| {}).await?;
    let verified_per_second = report.events as f64 / start.elapsed().as_secs_f64();
    match report.finding {
        None => Ok(Checked { own, verified_per_second }),
        Some(finding) => Err(BenchError::NotDurable(finding.to_string())),
    }
}

/// Puts the workflow on record without asking whether it is lawful: it is not.
async fn put_workflow(executor: &Executor) -> Result<(), BenchError> {
    let now = executor.clock.now();
    let ctx = Ctx { actor: SYSTEM_ACTOR.into(), now, happened: now };
    let fact = Fact::Registry(RegistryEvent::WorkflowActivated { text: workflow() });
    let (stream, _) = parts(&fact);
    let write = WriteSet { events: vec![new_event(&fact, &ctx)], ..WriteSet::default() };
    let read = ReadSet::streams([stream]);
    let written = executor.store.write(read, move |_| Outcome::Write(write.clone(), ())).await;
    match written {
        Ok(_) => Ok(()),
        Err(WriteError::Store(error)) => Err(error.into()),
        Err(WriteError::Refused(refusal)) => Err(refusal.into()),
    }
}
