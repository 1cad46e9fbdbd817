// SPDX-License-Identifier: AGPL-3.0-or-later
//! The same people on the real executor, the real store on SQLite and the real worker; only bytes
//! of documents stand for something else. A trigger makes a statement of a write fail, jobs that
//! were done are forgotten, another process dies with its leases, the database is closed and opened.

use chrono::TimeDelta;
use delibera::domain::case::Ctx;
use delibera::domain::command::Command;
use delibera::domain::offers::sign_as;
use delibera::domain::stream::{NewDocument, SYSTEM_ACTOR, StreamKind};
use delibera::service::clock::SimulatedClock;
use delibera::service::documents::Templates;
use delibera::service::execute::{ExecuteError, Executor, Request};
use delibera::service::keyring::Keyring;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig};
use delibera::service::office::Office;
use delibera::service::paper::{Press, pdf_document};
use delibera::service::scenario;
use delibera::service::schedule::Timetable;
use delibera::service::simulation::{Chance, Move, Town};
use delibera::service::verify::verify;
use delibera::service::worker::Worker;
use delibera::store::{JobFilter, JobState, Store};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Gestures of one life.
const GESTURES: usize = 260;
/// Acts of one life.
const CASES: usize = 8;

/// Tables whose statement is made to fail, each in its turn inside one write.
const TABLES: [&str; 8] =
    ["events", "streams", "registers", "register_entries", "cases", "papers", "jobs", "job_state"];

struct Installation {
    url: String,
    dir: PathBuf,
    clock: SimulatedClock,
    executor: Executor,
    worker: Worker,
}

impl Installation {
    async fn open(dir: &Path, clock: &SimulatedClock, life: u32) -> Self {
        let url = format!("sqlite:{}", dir.join("delibera.db").display());
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let executor = Executor::new(store, Arc::new(clock.clone()));
        let templates = Arc::new(Templates::blank().unwrap());
        let press = Press { templates, keys: Arc::new(Keyring::blank().unwrap()) };
        let office = Office { executor: executor.clone(), press };
        let config = MailConfig {
            transport: TransportConfig::Folder { path: dir.join("mail") },
            from: "delibere@comune.example".into(),
            reply_to: None,
            training: None,
            base_url: None,
            templates: None,
        };
        let worker = Worker {
            office,
            mailer: Arc::new(Mailer::new(&config).unwrap()),
            timetable: Timetable::new(&BTreeMap::new()).unwrap(),
            name: format!("vita-{life}"),
            sent: Arc::default(),
        };
        Self { url, dir: dir.into(), clock: clock.clone(), executor, worker }
    }

    /// The process dies and another one starts: nothing in memory is left.
    async fn restart(self, life: u32) -> Self {
        let (dir, clock) = (self.dir.clone(), self.clock.clone());
        let store = self.executor.store.clone();
        drop((self.worker, self.executor));
        store.close().await;
        Self::open(&dir, &clock, life).await
    }

    async fn sql(&self, sql: String) {
        let options: SqliteConnectOptions = self.url.parse().unwrap();
        let mut conn = options.foreign_keys(false).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// From here on every write fails at the statement on this table; `None`: no more.
    async fn broken(&self, table: Option<&str>) {
        let mut sql: String =
            TABLES.iter().map(|t| format!("DROP TRIGGER IF EXISTS broken_{t};")).collect();
        if let Some(table) = table {
            sql.push_str(&format!(
                "CREATE TRIGGER broken_{table} BEFORE INSERT ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;"
            ));
        }
        self.sql(sql).await;
    }
}

/// Brings the people of the town up to what is on record, and lets them choose.
async fn looked(town: &mut Town, executor: &Executor) {
    let mut streams = executor.store.streams(StreamKind::Case).await.unwrap();
    streams.extend(executor.store.streams(StreamKind::Sitting).await.unwrap());
    town.world = executor.world(&streams).await.unwrap();
}

/// A gesture as a client sends it: signed on what is there, with its bytes.
async fn sent(here: &Installation, next: &Move, bytes: &str) -> Result<(), ExecuteError> {
    let document: NewDocument = pdf_document(bytes.as_bytes().to_vec());
    let world = here.executor.world(&next.command.reads()).await?;
    let now = delibera::service::clock::Clock::now(&here.clock);
    let ctx = Ctx { actor: next.actor.clone(), now, happened: next.happened.unwrap_or(now) };
    let mut command = next.command.clone();
    sign_as(&world, &ctx, &mut command, &document.sha256);
    let carries = command.paper_mut().is_some_and(|paper| paper.is_some());
    let documents = if carries { vec![document] } else { Vec::new() };
    let request =
        Request { happened: next.happened, documents, ..Request::new(next.actor.clone(), command) };
    here.executor.execute(request).await.map(drop)
}

async fn audit(here: &Installation, what: &str) {
    let report = verify(&here.executor.store, None, |_| {}).await.unwrap();
    assert_eq!(report.finding, None, "{what}");
}

/// One life; how many gestures were recorded.
async fn life(seed: u64) -> usize {
    let dir = std::env::temp_dir().join(format!("delibera-vita-{}-{seed}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let mut town = Town::new(seed).unwrap();
    let clock = SimulatedClock::at(town.now);
    let mut here = Installation::open(&dir, &clock, 0).await;
    let base = if seed.is_multiple_of(2) { "grande-comune" } else { "piccolo-comune" };
    for command in scenario::commands(&scenario::sample(base).unwrap()).unwrap() {
        let request = Request::new(SYSTEM_ACTOR, Command::Registry(command));
        here.executor.execute(request).await.unwrap();
    }
    let (mut chance, mut recorded) = (Chance::of(seed ^ 0xfa17), 0);
    for gesture in 0..GESTURES {
        let place = format!("seme {seed}, gesto {gesture}");
        town.now += TimeDelta::minutes(1 + chance.below(30) as i64);
        looked(&mut town, &here.executor).await;
        let next = town.next_move(CASES);
        clock.set(town.now);
        if let Some(next) = next {
            recorded += usize::from(act(&here, &next, &mut chance, &place).await);
        }
        match chance.below(40) {
            0 => here = here.restart(gesture as u32).await,
            // A process that took jobs and died: the lease keeps them, then they pass on.
            1 => drop(here.executor.store.claim(&[], "morto", town.now, 120, 8).await.unwrap()),
            // Done and never acknowledged.
            2 => {
                here.sql(
                    "UPDATE job_state SET state = 'available', finished_at = NULL \
                 WHERE key IN (SELECT key FROM job_state WHERE state = 'done' ORDER BY key LIMIT 9)"
                        .into(),
                )
                .await
            }
            3 => {
                let table = *chance.pick(&TABLES).unwrap();
                here.broken(Some(table)).await;
                // Some jobs fail half-way, and are tried again.
                let _ = here.worker.drain().await;
                here.broken(None).await;
            }
            4..=20 => drop(here.worker.drain().await.unwrap()),
            21 => town.now += TimeDelta::hours(16),
            _ => {}
        }
        if chance.percent(4) {
            audit(&here, &place).await;
        }
    }
    ended(&here, &mut town, &clock, seed).await;
    here.executor.store.clone().close().await;
    std::fs::remove_dir_all(&dir).unwrap();
    recorded
}

/// A gesture whose write fails at one statement leaves nothing, and is made again.
async fn act(here: &Installation, next: &Move, chance: &mut Chance, place: &str) -> bool {
    let bytes = format!("{place} {}", chance.below(1 << 30));
    if chance.percent(10) {
        let table = *chance.pick(&TABLES).unwrap();
        let before = here.executor.store.events_after(0, 1 << 20).await.unwrap().len();
        here.broken(Some(table)).await;
        let failed = sent(here, next, &bytes).await;
        here.broken(None).await;
        let after = here.executor.store.events_after(0, 1 << 20).await.unwrap().len();
        match failed {
            Ok(()) => {}
            Err(_) => assert_eq!(before, after, "{place}: {table} failed and something is there"),
        }
    }
    match sent(here, next, &bytes).await {
        Ok(()) => true,
        Err(ExecuteError::Refused(_)) => false,
        Err(error) => panic!("{place}: {error}"),
    }
}

/// Time passes and nothing fails any more: every job that is due is done or a dead letter.
async fn ended(here: &Installation, town: &mut Town, clock: &SimulatedClock, seed: u64) {
    for _ in 0..60 {
        town.now += TimeDelta::hours(24);
        clock.set(town.now);
        here.worker.tick(town.now - TimeDelta::hours(24), town.now).await.unwrap();
        here.worker.drain().await.unwrap();
    }
    audit(here, &format!("seme {seed}, alla fine")).await;
    for job in here.executor.store.jobs(&JobFilter::default()).await.unwrap() {
        let later = job.next_at > town.now;
        let over = [JobState::Done, JobState::Dead].contains(&job.state);
        assert!(over || later, "seme {seed}: {} {:?} {:?}", job.key, job.state, job.last_error);
        let mails = ["mail", "remind", "digest", "schedule"].contains(&job.kind.as_str());
        assert!(
            job.state != JobState::Dead || mails,
            "seme {seed}: {} {:?}",
            job.key,
            job.last_error
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_store_and_worker_bear_every_fault() {
    let lives = std::env::var("DELIBERA_LIVES").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let mut recorded = 0;
    for seed in 1..=lives {
        recorded += life(seed).await;
    }
    assert!(recorded > 40 * lives as usize, "{recorded} gestures in {lives} lives");
}
