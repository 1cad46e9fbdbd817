// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opening a database: which engine, its settings, who else may use it.

use super::StoreError;
use super::WriteError;
use super::cache::Cache;
use super::command::{Command, command};
use super::load::{self, Conn};
use super::write::{Loaded, Outcome, ReadSet, Written};
use super::writer::{self, WRITERS};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

/// Commands that may wait in the queue of a writer before callers wait themselves.
const QUEUE_MAX: usize = 1024;

/// Longest wait for a connection or for a lock of SQLite before the database counts as silent.
const WAIT: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is asked whether it still lives before it is used: nobody
/// notices a server that was started again, and a page of many questions does not pay for as many.
const PING_AFTER: Duration = Duration::from_millis(100);

const MIGRATIONS: &str = "SELECT COUNT(*) FROM _sqlx_migrations";

/// Every statement of this file.
pub(crate) fn statements() -> Vec<&'static str> {
    vec![MIGRATIONS]
}

/// Runs an expression with the pool of whichever engine the store is on.
macro_rules! on {
    ($store:expr, |$pool:ident| $body:expr) => {
        match $store.db() {
            $crate::store::db::Db::Sqlite(db) => {
                let $pool = &db.read;
                $body
            }
            $crate::store::db::Db::Postgres(db) => {
                let $pool = &db.pool;
                $body
            }
        }
    };
}

/// Runs an expression with a connection that may write, for statements that are operational and
/// stand alone. On SQLite it is the only one, shared with the writer.
macro_rules! change {
    ($store:expr, |$conn:ident| $body:expr) => {
        match $store.db() {
            $crate::store::db::Db::Sqlite(db) => {
                let write = db.write.as_ref().ok_or($crate::store::StoreError::ReadOnly)?;
                let mut guard = write.lock().await;
                let $conn = &mut *guard;
                $body
            }
            $crate::store::db::Db::Postgres(db) => {
                let mut guard = db.pool.acquire().await?;
                let $conn = &mut *guard;
                $body
            }
        }
    };
}

pub(crate) use {change, on};

/// The two engines.
#[derive(Debug)]
pub(crate) enum Db {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

#[derive(Debug)]
pub(crate) struct Sqlite {
    /// Pages.
    pub read: SqlitePool,
    /// Absent when the store is read-only.
    pub write: Option<Mutex<SqliteConnection>>,
    path: PathBuf,
    /// Held as long as the store lives: the lock on this file is what keeps others away.
    _lock: Option<File>,
    /// A private folder to remove at the end, when the database was asked for in memory.
    _scratch: Option<Scratch>,
}

impl Sqlite {
    /// Makes the connection that writes good again after a write that failed. On a full disk SQLite
    /// ends the transaction by itself; the driver believes it open, and would begin no other.
    pub async fn mend(&self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        // Answered after the rollback of what was given up.
        conn.ping().await?;
        if conn.is_in_transaction() {
            tracing::warn!("a transaction ended by itself: the file is opened again");
            *conn = for_writing(&self.path).connect().await?;
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Postgres {
    /// Pages and operational statements.
    pub pool: PgPool,
    /// The writers.
    pub write: PgPool,
}

/// What the store did so far, for measurements; exact, not sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commands that recorded something.
    pub writes: u64,
    /// Durable commits made for them.
    pub commits: u64,
    /// Statements sent to the engine for them, transaction control included.
    pub round_trips: u64,
    /// Batches decided again because others changed what they read.
    pub conflicts: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub writes: AtomicU64,
    pub commits: AtomicU64,
    pub round_trips: AtomicU64,
    pub conflicts: AtomicU64,
}

/// What the handles of a store and its writers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub db: Db,
    pub cache: Cache,
    pub counting: Counting,
}

/// A handle on the database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
    queues: Arc<Queues>,
}

/// The ways to the writers.
#[derive(Debug)]
struct Queues {
    commands: Vec<mpsc::Sender<Box<dyn Command>>>,
    stop: watch::Sender<bool>,
    writers: Mutex<Vec<JoinHandle<()>>>,
}

impl Store {
    /// Opens `sqlite:PATH` (created if absent), `sqlite::memory:` or `postgres://…`.
    ///
    /// One process may have a SQLite file; the second is refused with [`StoreError::InUse`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let db = match Address::parse(url)? {
            Address::Sqlite(path) => Db::Sqlite(open_sqlite(&path, None).await?),
            Address::Memory => {
                let scratch = Scratch::new()?;
                let path = scratch.0.join("delibera.db");
                Db::Sqlite(open_sqlite(&path, Some(scratch)).await?)
            }
            Address::Postgres(options) => Db::Postgres(open_postgres(*options).await?),
        };
        Ok(Self::start(db, WRITERS))
    }

    /// Opens an existing database only to read it, even while another process has it.
    pub async fn connect_read_only(url: &str) -> Result<Self, StoreError> {
        let db = match Address::parse(url)? {
            Address::Sqlite(path) => Db::Sqlite(Sqlite {
                read: sqlite_pool(&path).await?,
                write: None,
                path,
                _lock: None,
                _scratch: None,
            }),
            Address::Memory => {
                return Err(StoreError::Url("in memoria non c'è nulla da leggere".into()));
            }
            Address::Postgres(options) => {
                let options = options.options([("default_transaction_read_only", "on")]);
                Db::Postgres(open_postgres(options).await?)
            }
        };
        Ok(Self::start(db, 0))
    }

    fn start(db: Db, writers: usize) -> Self {
        // SQLite has one writer by nature.
        let writers = if matches!(db, Db::Sqlite(_)) { writers.min(1) } else { writers };
        let shared =
            Arc::new(Shared { db, cache: Cache::default(), counting: Counting::default() });
        let (stop, stopped) = watch::channel(false);
        let (mut commands, mut handles) = (Vec::new(), Vec::new());
        for _ in 0..writers {
            let (queue, taken) = mpsc::channel(QUEUE_MAX);
            handles.push(tokio::spawn(writer::run(shared.clone(), taken, stopped.clone())));
            commands.push(queue);
        }
        let queues = Arc::new(Queues { commands, stop, writers: Mutex::new(handles) });
        Self { shared, queues }
    }

    /// Stops taking commands and waits until those under way are answered. The file is free for
    /// another process when the last handle is gone.
    pub async fn close(self) {
        // Fails only when every writer is already gone.
        let _ = self.queues.stop.send(true);
        for writer in self.queues.writers.lock().await.drain(..) {
            if let Err(error) = writer.await {
                tracing::error!(%error, "a writer ended badly");
            }
        }
        match &self.shared.db {
            Db::Sqlite(db) => db.read.close().await,
            Db::Postgres(db) => {
                db.pool.close().await;
                db.write.close().await;
            }
        }
    }

    /// Brings the schema up to date; true when it was there and behind, so that rows that newer
    /// pages read may be missing.
    pub async fn migrate(&self) -> Result<bool, StoreError> {
        let before = self.migrations().await;
        match self.db() {
            Db::Sqlite(db) => {
                let write = db.write.as_ref().ok_or(StoreError::ReadOnly)?;
                let migrations = sqlx::migrate!("migrations/sqlite");
                migrations.run(&mut *write.lock().await).await?;
            }
            Db::Postgres(db) => sqlx::migrate!("migrations/postgres").run(&db.pool).await?,
        }
        Ok(before > 0 && self.migrations().await > before)
    }

    /// Migrations done so far; none where their table is not there yet.
    async fn migrations(&self) -> i64 {
        let done = match self.db() {
            Db::Sqlite(db) => sqlx::query_scalar(MIGRATIONS).fetch_one(&db.read).await,
            Db::Postgres(db) => sqlx::query_scalar(MIGRATIONS).fetch_one(&db.pool).await,
        };
        done.unwrap_or(0)
    }

    /// Decides on fresh state and records the outcome, all of it or nothing; the answer comes
    /// after the commit.
    ///
    /// `decide` may be called several times: when others changed what it read, when it asks to
    /// read more, when another command of the same group commit fails. Only the last answer
    /// counts. It runs on the writer, so it must neither block nor take long.
    pub async fn write<T: Send + 'static>(
        &self,
        read: ReadSet,
        decide: impl FnMut(&Loaded) -> Outcome<T> + Send + 'static,
    ) -> Result<Written<T>, WriteError> {
        let queues = &self.queues.commands;
        if queues.is_empty() {
            return Err(StoreError::ReadOnly.into());
        }
        let queue = &queues[writer::queue_of(&read, queues.len())];
        let (command, answer) = command(read, decide);
        queue.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads a read set from one snapshot.
    pub async fn load(&self, read: &ReadSet) -> Result<Loaded, StoreError> {
        let cache = &self.shared.cache;
        let (loaded, _) = match self.db() {
            Db::Sqlite(db) => {
                load::load(&mut Conn::Sqlite(&mut *db.read.acquire().await?), read, cache).await?
            }
            Db::Postgres(db) => {
                load::load(&mut Conn::Postgres(&mut *db.pool.acquire().await?), read, cache).await?
            }
        };
        Ok(loaded)
    }

    /// What was done so far.
    pub fn counters(&self) -> Counters {
        let Counting { writes, commits, round_trips, conflicts } = &self.shared.counting;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            writes: read(writes),
            commits: read(commits),
            round_trips: read(round_trips),
            conflicts: read(conflicts),
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.shared.db
    }
}

/// The path of a SQLite address; none for another engine or a database in memory.
pub fn path_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
    Ok(match Address::parse(url)? {
        Address::Sqlite(path) => Some(path),
        Address::Memory | Address::Postgres(_) => None,
    })
}

enum Address {
    Sqlite(PathBuf),
    Memory,
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    fn parse(url: &str) -> Result<Self, StoreError> {
        let wrong = |reason: String| Err(StoreError::Url(reason));
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => wrong("manca il percorso".into()),
                ":memory:" => Ok(Self::Memory),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return match PgConnectOptions::from_str(url) {
                Ok(options) => Ok(Self::Postgres(Box::new(options))),
                Err(error) => wrong(error.to_string()),
            };
        }
        wrong("comincia con altro".into())
    }
}

async fn open_sqlite(path: &Path, scratch: Option<Scratch>) -> Result<Sqlite, StoreError> {
    let lock = lock_beside(path)?;
    let write = for_writing(path).connect().await?;
    Ok(Sqlite {
        read: sqlite_pool(path).await?,
        write: Some(Mutex::new(write)),
        path: path.to_owned(),
        _lock: Some(lock),
        _scratch: scratch,
    })
}

fn for_writing(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        // Without this, INSERT OR REPLACE would delete rows behind the triggers' back.
        .pragma("recursive_triggers", "ON")
}

async fn sqlite_pool(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(WAIT);
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(WAIT);
    Ok(pool.test_before_acquire(false).connect_with(options).await?)
}

/// Takes `PATH.lock`, or says who cannot have the database.
fn lock_beside(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = |source| StoreError::File { path: lock_path.clone(), source };
    let lock =
        File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(file(source)),
    }
}

async fn open_postgres(options: PgConnectOptions) -> Result<Postgres, StoreError> {
    let pool =
        |connections| PgPoolOptions::new().max_connections(connections).acquire_timeout(WAIT);
    let read = pool(8).test_before_acquire(false).before_acquire(|conn, meta| {
        Box::pin(async move {
            if meta.idle_for > PING_AFTER {
                conn.ping().await?;
            }
            Ok(true)
        })
    });
    // The writers know how to go on when a connection turns out to be dead.
    let write = pool(WRITERS as u32).test_before_acquire(false);
    // A plan made while the tables are small is kept, and would read them whole for ever. Every
    // statement of a write looks for keys, so it is told to.
    let write = write.after_connect(|conn, _| {
        Box::pin(async move {
            conn.execute(
                "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off",
            )
            .await?;
            Ok(())
        })
    });
    Ok(Postgres {
        pool: read.connect_lazy_with(options.clone()),
        write: write.connect_with(options).await?,
    })
}

/// A private folder that is removed with what is in it.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("delibera-{}-{n}", std::process::id()));
        std::fs::create_dir(&path)
            .map_err(|source| StoreError::File { path: path.clone(), source })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done if it does not go away, and nothing depends on it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
