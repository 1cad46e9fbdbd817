// SPDX-License-Identifier: AGPL-3.0-or-later
//! The twelve-step cycle, measured: a workflow of its own without documents; authorisation, chain,
//! rows and outbox as always. What others reach on the same work is in benches/README.md.
//!
//! A figure counts only with its durability check: after the run the record is read again, every
//! acknowledged step is there, every finished cycle has its events, and chains and rows agree.

use super::execute::{ExecuteError, Executor, Request};
use super::history::{new_event, parts};
use super::scenario::{ScenarioError, commands, sample};
use super::verify::verify;
use crate::domain::case::{CaseCommand, Content, Ctx, Effects, Gates};
use crate::domain::changes::Fact;
use crate::domain::command::Command;
use crate::domain::registry::{RegistryEvent, Role};
use crate::domain::stream::{SYSTEM_ACTOR, StreamId};
use crate::service::clock::{Clock, SystemClock};
use crate::store::{Counters, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Transitions of a cycle: begun, submitted, ten checks.
pub const STEPS: usize = 12;
/// Kind of the act that is measured.
const KIND: &str = "misura";

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step was refused: the measure is wrong, not slow.
    #[error("un passo è stato rifiutato: {0}")]
    Refused(#[from] ExecuteError),
    /// The sample Comune.
    #[error(transparent)]
    Comune(#[from] ScenarioError),
    /// The record does not hold what was acknowledged.
    #[error("la verifica di durata non riesce: {0}")]
    NotDurable(String),
}

/// What one run gave.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// `sqlite` or `postgres`.
    pub store: &'static str,
    /// Cycles at once.
    pub at_once: usize,
    /// Seconds measured.
    pub seconds: f64,
    /// Cycles finished in them.
    pub cycles: u64,
    /// Cycles a second.
    pub cycles_per_second: f64,
    /// Transitions a second.
    pub transitions_per_second: f64,
    /// Milliseconds of a transition: median.
    pub step_p50_ms: f64,
    /// The slowest in a hundred.
    pub step_p99_ms: f64,
    /// Durable commits for a cycle, warm-up included: exact.
    pub commits_per_cycle: f64,
    /// Statements sent for a transition: exact.
    pub round_trips_per_transition: f64,
    /// Batches decided again.
    pub conflicts: u64,
    /// Events that the check found for the cycles of the whole run.
    pub events_checked: i64,
}

/// The workflow: a draft, ten checks, the end. It leaves out everything the law wants of an act, so
/// no Comune could activate it; it is put on record of a database made for measuring only.
fn workflow() -> String {
    let mut text = format!(
        "[act]\nkind = \"{KIND}\"\ntitle = \"Misura\"\norgan = \"none\"\n\
         profile = \"atto-monocratico\"\nproposal_register = \"proposte\"\nalbo_register = \"albo\"\n\
         [[step]]\nname = \"bozza\"\nkind = \"freeze\"\ntitle = \"Bozza\"\n\
         who = \"responsabile_procedimento\"\nnext = \"verifica_1\"\n"
    );
    for n in 1..=STEPS - 2 {
        let next = if n == STEPS - 2 { "fine".to_owned() } else { format!("verifica_{}", n + 1) };
        text.push_str(&format!(
            "[[step]]\nname = \"verifica_{n}\"\nkind = \"review\"\ntitle = \"Verifica {n}\"\n\
             who = \"segreteria\"\nlifecycle = \"inquiry\"\ndeadline_days = 3\nnext = \"{next}\"\n"
        ));
    }
    text.push_str(
        "[[step]]\nname = \"fine\"\nkind = \"review\"\ntitle = \"Fine\"\nwho = \"segreteria\"\n\
         lifecycle = \"posting_ended\"\n",
    );
    text
}

/// Who does the steps.
#[derive(Debug, Clone)]
struct Cast {
    head: String,
    secretary: String,
    office: String,
    rapporteur: String,
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

    /// Runs cycles, so many at once, for so many seconds after a second of warm-up; then reads
    /// everything again.
    ///
    /// # Errors
    /// A step refused, or something acknowledged that is not there.
    pub async fn run(&self, at_once: usize, seconds: f64) -> Result<Measured, BenchError> {
        let before = self.executor.store.counters();
        let load = Arc::new(Load::default());
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                let (executor, cast) = (self.executor.clone(), self.cast.clone());
                tokio::spawn(cycles(executor, cast, Arc::clone(&load)))
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        load.steps_ms.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let (from, start) = (load.finished.load(Ordering::Relaxed), Instant::now());
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        let cycles = load.finished.load(Ordering::Relaxed) - from;
        let seconds = start.elapsed().as_secs_f64();
        load.stop.store(true, Ordering::Relaxed);
        for worker in workers {
            let ended = worker.await;
            ended.map_err(|error| BenchError::NotDurable(error.to_string()))??;
        }
        let counters = since(before, self.executor.store.counters());
        let events_checked = self.check(&load).await?;
        Ok(self.measured(at_once, (cycles, seconds), counters, &load, events_checked))
    }

    fn measured(
        &self,
        at_once: usize,
        (cycles, seconds): (u64, f64),
        counters: Counters,
        load: &Load,
        events_checked: i64,
    ) -> Measured {
        let all = load.finished.load(Ordering::Relaxed).max(1) as f64;
        let mut steps = load.steps_ms.lock().unwrap_or_else(PoisonError::into_inner).clone();
        steps.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = steps.len().saturating_sub(1);
            steps.get((last as f64 * share) as usize).copied().unwrap_or_default()
        };
        Measured {
            store: self.store,
            at_once,
            seconds,
            cycles,
            cycles_per_second: cycles as f64 / seconds,
            transitions_per_second: (cycles * STEPS as u64) as f64 / seconds,
            step_p50_ms: at(0.5),
            step_p99_ms: at(0.99),
            commits_per_cycle: counters.commits as f64 / all,
            round_trips_per_transition: counters.round_trips as f64 / (all * STEPS as f64),
            conflicts: counters.conflicts,
            events_checked,
        }
    }

    /// Every acknowledged cycle is there, whole, and the record holds together.
    async fn check(&self, load: &Load) -> Result<i64, BenchError> {
        let acknowledged = load.versions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut events = 0;
        for (id, version) in acknowledged {
            let there = self.executor.store.stream(&StreamId::case(&id)).await?;
            let found = there.last().map_or(0, |event| event.version);
            if found != version || there.len() as i64 != version {
                let what = format!("{id}: riconosciuta la versione {version}, presente {found}");
                return Err(BenchError::NotDurable(what));
            }
            events += version;
        }
        match verify(&self.executor.store, None, |_| {}).await?.finding {
            None => Ok(events),
            Some(finding) => Err(BenchError::NotDurable(finding.to_string())),
        }
    }

    /// Ends the run.
    pub async fn close(self) {
        self.executor.store.clone().close().await;
    }
}

/// What the cycles that run at once share.
#[derive(Debug, Default)]
struct Load {
    finished: AtomicU64,
    stop: AtomicBool,
    steps_ms: Mutex<Vec<f64>>,
    /// Last acknowledged version of every finished act.
    versions: Mutex<Vec<(String, i64)>>,
}

fn since(before: Counters, now: Counters) -> Counters {
    Counters {
        writes: now.writes - before.writes,
        commits: now.commits - before.commits,
        round_trips: now.round_trips - before.round_trips,
        conflicts: now.conflicts - before.conflicts,
    }
}

async fn cycles(executor: Executor, cast: Cast, load: Arc<Load>) -> Result<(), ExecuteError> {
    while !load.stop.load(Ordering::Relaxed) {
        let (version, took) = cycle(&executor, &cast).await?;
        load.versions.lock().unwrap_or_else(PoisonError::into_inner).push(version);
        load.steps_ms.lock().unwrap_or_else(PoisonError::into_inner).extend(took);
        load.finished.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// One cycle: each step is acknowledged before the next is asked.
async fn cycle(
    executor: &Executor,
    cast: &Cast,
) -> Result<((String, i64), Vec<f64>), ExecuteError> {
    let id = uuid::Uuid::now_v7().to_string();
    let content = Content {
        subject: format!("Misura {id}"),
        offices: vec![cast.office.clone()],
        rapporteurs: vec![cast.rapporteur.clone()],
        procedure_head: cast.head.clone(),
        competence: "art. 48 TUEL".into(),
        text: "Premesso che si misura.".into(),
        decision: vec!["di misurare.".into()],
        gates: Gates { effects: Effects::None, ..Gates::default() },
        ..Content::default()
    };
    let create = CaseCommand::Create { kind: KIND.into(), content, again_of: None };
    let mut steps = vec![(&cast.head, create), (&cast.head, CaseCommand::Submit)];
    let pass = || CaseCommand::PassReview { note: "verificato".into() };
    steps.extend((2..STEPS).map(|_| (&cast.secretary, pass())));
    let (mut took, mut version) = (Vec::with_capacity(STEPS), 0);
    for (actor, command) in steps {
        let start = Instant::now();
        let command = Command::Case { id: id.clone(), command };
        let events = executor.execute(Request::new(actor, command)).await?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
        let own = events.iter().filter(|event| event.event.stream.id == id);
        version = own.map(|event| event.version).max().unwrap_or(version);
    }
    Ok(((id, version), took))
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
        Err(WriteError::Refused(refusal)) => Err(ExecuteError::Refused(refusal).into()),
    }
}
