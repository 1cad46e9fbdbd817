// SPDX-License-Identifier: AGPL-3.0-or-later
//! A store on a fresh database of either engine, a way around it, and facts to put into it.

use crate::postgres;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use delibera::domain::digest::sha256_hex;
use delibera::domain::refusal::Refusal;
use delibera::domain::rows::*;
use delibera::domain::stream::*;
use delibera::store::{Loaded, Outcome, ReadSet, Store, WriteError, WriteSet, Written};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// A migrated store and its address.
pub struct Fixture {
    pub store: Store,
    pub url: String,
    folder: Option<PathBuf>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Fixture {
    pub async fn sqlite() -> Self {
        let folder = folder();
        let url = format!("sqlite:{}", folder.join("delibera.db").display());
        Self { store: open(&url).await, url, folder: Some(folder) }
    }

    pub async fn postgres() -> Self {
        let url = postgres::new_database().await;
        Self { store: open(&url).await, url, folder: None }
    }

    pub fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }

    /// A second handle, as another process would have: its own writers, its own cache. On SQLite
    /// there can be none, so it is the same.
    pub async fn other_process(&self) -> Store {
        if self.is_sqlite() { self.store.clone() } else { open(&self.url).await }
    }

    /// Closes the store and opens it again.
    pub async fn reopen(&mut self) {
        let old = std::mem::replace(
            &mut self.store,
            Store::connect("sqlite::memory:")
                .await
                .expect("a store in memory, until the file is opened again"),
        );
        old.close().await;
        self.store = open(&self.url).await;
    }

    /// Runs SQL behind the back of the store, as someone with the database in hand would.
    pub async fn raw(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        if self.is_sqlite() {
            let options = SqliteConnectOptions::from_str(&self.url)?.foreign_keys(false);
            let mut conn = options.connect().await?;
            let done = sql.execute(&mut conn).await?.rows_affected();
            conn.close().await?;
            return Ok(done);
        }
        let mut conn = PgConnection::connect(&self.url).await?;
        let done = sql.execute(&mut conn).await?.rows_affected();
        conn.close().await?;
        Ok(done)
    }

    /// One column of text, behind the back of the store.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.is_sqlite() {
            let mut conn = SqliteConnection::connect(&self.url).await.expect("connect");
            return sqlx::query_scalar(sql).fetch_all(&mut conn).await.expect("query");
        }
        let mut conn = PgConnection::connect(&self.url).await.expect("connect");
        sqlx::query_scalar(sql).fetch_all(&mut conn).await.expect("query")
    }
}

pub async fn open(url: &str) -> Store {
    let store = Store::connect(url).await.expect("connect");
    store.migrate().await.expect("migrate");
    store
}

/// A fresh folder.
pub fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("delibera-test-{}-{n}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("folder");
    folder
}

/// Runs each test on both engines, under the names `sqlite::…` and `postgres::…`.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::fixture::Fixture::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::fixture::Fixture::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 123_456_000).expect("instant")
        + TimeDelta::seconds(seconds)
}

pub fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).expect("day")
}

pub fn event(stream: &StreamId, kind: &str) -> NewEvent {
    NewEvent {
        stream: stream.clone(),
        kind: kind.to_owned(),
        payload: json!({ "type": kind, "note": "perché «sì» — 日本\u{0}" }),
        actor: "rossi".to_owned(),
        happened_at: at(0),
        recorded_at: at(1),
    }
}

pub fn job(key: &str, due_at: DateTime<Utc>) -> NewJob {
    NewJob {
        key: key.to_owned(),
        kind: "mail".to_owned(),
        payload: json!({ "to": "segreteria@comune.example" }),
        due_at,
        stream: String::new(),
    }
}

pub fn document(bytes: &[u8]) -> NewDocument {
    NewDocument {
        sha256: sha256_hex(bytes),
        media_type: "application/pdf".to_owned(),
        bytes: bytes.to_vec(),
    }
}

pub fn case_row(id: &str, version: i64) -> CaseRow {
    CaseRow {
        id: id.to_owned(),
        kind: "deliberazione-giunta".to_owned(),
        subject: "Perché no: 100% d'accordo".to_owned(),
        subject_folded: "perche no: 100% d'accordo".to_owned(),
        step: "draft".to_owned(),
        lifecycle: "draft".to_owned(),
        posted_on: Some(day()),
        act_number: Some(12),
        immediate: true,
        version,
        ..CaseRow::default()
    }
}

pub fn number(register: &str, number: i64, case: &StreamId) -> NumberTaken {
    NumberTaken {
        register: register.to_owned(),
        year: 2026,
        number,
        external: false,
        case_id: case.id.clone(),
        date: day(),
    }
}

/// Writes without conditions.
pub async fn put(store: &Store, read: ReadSet, write: WriteSet) -> Result<Written<()>, WriteError> {
    store.write(read, move |_: &Loaded| Outcome::Write(write.clone(), ())).await
}

/// Appends events, all their streams read.
pub async fn append(store: &Store, events: Vec<NewEvent>) -> Vec<StoredEvent> {
    let mut read = ReadSet::default();
    read.extend(&ReadSet::streams(events.iter().map(|event| event.stream.clone())));
    let write = WriteSet { events, ..WriteSet::default() };
    put(store, read, write).await.expect("append").events
}

pub async fn open_register(store: &Store, register: &str, last: i64) {
    let opened = RegisterOpened { register: register.to_owned(), year: 2026, last };
    let registry = StreamId::registry();
    let write = WriteSet {
        events: vec![event(&registry, "register_opened")],
        opened: vec![opened],
        ..WriteSet::default()
    };
    let read = ReadSet::streams([registry]).register(register, 2026);
    put(store, read, write).await.expect("open register");
}

/// Takes the next number of a register for a new case, as a proclamation does.
pub async fn take_number(
    store: &Store,
    register: &'static str,
    case: StreamId,
) -> Result<Written<i64>, WriteError> {
    let read = ReadSet::streams([case.clone()]).register(register, 2026);
    let decide = move |loaded: &Loaded| {
        let Some(last) = loaded.last_number(register, 2026) else {
            return Outcome::Refused(Refusal::new("closed", "R5.1", "", "registro non aperto"));
        };
        let taken = number(register, last + 1, &case);
        let row = RegisterRow {
            register: register.to_owned(),
            year: 2026,
            number: last + 1,
            case_id: case.id.clone(),
            date: Some(day()),
            subject: format!("Oggetto di {}", case.id),
            ..RegisterRow::default()
        };
        let write = WriteSet {
            events: vec![event(&case, "number_taken")],
            numbers: vec![taken],
            rows: vec![Row::Register(row), Row::Case(case_row(&case.id, 1))],
            ..WriteSet::default()
        };
        Outcome::Write(write, last + 1)
    };
    store.write(read, decide).await
}

/// Fails with what does not fit.
pub async fn verify(store: &Store) -> delibera::store::Report {
    let mut snapshot = store.snapshot().await.expect("snapshot");
    let report = snapshot.verify_structure(None).await.expect("verify");
    assert_eq!(report.finding, None, "{:?}", report.finding.as_ref().map(ToString::to_string));
    report
}
