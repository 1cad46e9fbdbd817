// SPDX-License-Identifier: AGPL-3.0-or-later
//! Jobs: what is owed never changes (`jobs`), how far it is does (`job_state`).
//!
//! available → running (a lease) → done | available again later | dead. A lease that runs out
//! makes the job anyone's again: effects are at least once, and what they do must bear it.
//! Nothing is dropped: done and dead jobs stay.

use super::StoreError;
use super::db::{Db, Store, change, on};
use super::instant::{instant, parse_instant};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::FromRow;
use std::collections::BTreeMap;
use std::fmt;

macro_rules! claim_sql {
    ($from:literal, $lock:literal) => {
        concat!(
            "UPDATE job_state SET state = 'running', leased_by = $1, attempts = attempts + 1, \
             next_at = $2 WHERE key IN (SELECT s.key FROM job_state s JOIN jobs j ON j.key = s.key \
             WHERE s.state IN ('available', 'running') AND s.next_at <= $3 \
             AND (CAST($4 AS TEXT) IS NULL OR j.kind IN (SELECT w.value FROM ",
            $from,
            ")) ORDER BY s.next_at, s.key LIMIT $5",
            $lock,
            ") RETURNING key"
        )
    };
}

pub(crate) const CLAIM_SQLITE: &str = claim_sql!("json_each($4) AS w", "");
pub(crate) const CLAIM_POSTGRES: &str = claim_sql!(
    "json_array_elements_text(CAST(CAST($4 AS TEXT) AS JSON)) AS w(value)",
    " FOR UPDATE OF s SKIP LOCKED"
);

macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT j.key, j.kind, j.payload, j.due_at, j.stream, s.state, s.attempts, s.next_at, \
             s.leased_by, s.last_error, s.note, s.finished_at \
             FROM jobs j JOIN job_state s ON s.key = j.key ",
            $rest
        )
    };
}

const NAMED_SQLITE: &str = select_jobs!(
    "WHERE j.key IN (SELECT w.value FROM json_each($1) AS w) ORDER BY j.due_at, j.key"
);
const NAMED_POSTGRES: &str = select_jobs!(
    "WHERE j.key IN (SELECT w.value FROM json_array_elements_text(CAST($1 AS JSON)) AS w(value)) \
     ORDER BY j.due_at, j.key"
);
const LIST: &str = select_jobs!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR s.state = CAST($1 AS TEXT)) \
     AND (CAST($2 AS TEXT) IS NULL OR j.kind = CAST($2 AS TEXT)) \
     AND (CAST($3 AS TEXT) IS NULL OR j.stream = CAST($3 AS TEXT)) \
     ORDER BY j.due_at, j.key LIMIT CAST($4 AS BIGINT)"
);
macro_rules! finish_sql {
    ($from:literal) => {
        concat!(
            "UPDATE job_state SET state = 'done', leased_by = NULL, finished_at = $3, \
             note = d.value FROM ",
            $from,
            " WHERE job_state.key = d.key AND leased_by = $2"
        )
    };
}

const FINISH_SQLITE: &str = finish_sql!("json_each($1) AS d");
const FINISH_POSTGRES: &str = finish_sql!("json_each_text(CAST($1 AS JSON)) AS d(key, value)");
const RETRY: &str = "UPDATE job_state SET state = 'available', leased_by = NULL, next_at = $3, \
     last_error = $4 WHERE key = $1 AND leased_by = $2";
const PUT_OFF: &str = "UPDATE job_state SET state = 'available', leased_by = NULL, next_at = $3, \
     last_error = $4, attempts = CASE WHEN attempts > 4 THEN 4 ELSE attempts END \
     WHERE key = $1 AND leased_by = $2";
const BURY: &str = "UPDATE job_state SET state = 'dead', leased_by = NULL, finished_at = $3, \
     last_error = $4 WHERE key = $1 AND leased_by = $2";
const RENEW: &str = "UPDATE job_state SET next_at = $3 WHERE key = $1 AND leased_by = $2";
const REQUEUE: &str = "UPDATE job_state SET state = 'available', next_at = $2, attempts = 0, \
     finished_at = NULL, note = NULL WHERE key = $1 AND state = 'dead'";
const GIVE_UP: &str = "UPDATE job_state SET state = 'dead', leased_by = NULL, \
     finished_at = COALESCE(finished_at, $2), note = $3 \
     WHERE key = $1 AND state IN ('available', 'dead')";
const ABANDONED: &str = "UPDATE job_state SET state = 'available', leased_by = NULL, next_at = $1 \
     WHERE state = 'running'";
const GIVE_BACK: &str = "UPDATE job_state SET state = 'available', leased_by = NULL, next_at = $2 \
     WHERE state = 'running' AND leased_by = $1";
const COUNTS: &str = "SELECT CASE WHEN state = 'dead' AND note IS NOT NULL THEN 'given_up' ELSE state END AS how, \
     CAST(COUNT(*) AS BIGINT) AS n FROM job_state GROUP BY how ORDER BY how";
/// The same without those that are done, which are nearly all: from their two indexes.
const OPEN_COUNTS: &str = "SELECT state AS how, CAST(COUNT(*) AS BIGINT) AS n FROM job_state \
     WHERE state IN ('available', 'running') GROUP BY state UNION ALL \
     SELECT CASE WHEN note IS NULL THEN state ELSE 'given_up' END, CAST(COUNT(*) AS BIGINT) \
     FROM job_state WHERE state = 'dead' GROUP BY 1";
const NEXT_DUE: &str = "SELECT next_at FROM job_state WHERE state IN ('available', 'running') \
     ORDER BY next_at LIMIT 1";
const LAST_SCHEDULED: &str =
    "SELECT due_at FROM jobs WHERE kind = 'schedule' ORDER BY due_at DESC LIMIT 1";

/// The statements that both engines share.
pub(crate) const STATEMENTS: [&str; 13] = [
    LIST,
    RETRY,
    PUT_OFF,
    BURY,
    RENEW,
    REQUEUE,
    GIVE_UP,
    ABANDONED,
    GIVE_BACK,
    COUNTS,
    OPEN_COUNTS,
    NEXT_DUE,
    LAST_SCHEDULED,
];
pub(crate) const STATEMENTS_SQLITE: [&str; 3] = [CLAIM_SQLITE, NAMED_SQLITE, FINISH_SQLITE];
pub(crate) const STATEMENTS_POSTGRES: [&str; 3] = [CLAIM_POSTGRES, NAMED_POSTGRES, FINISH_POSTGRES];

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Waits for its instant or for a worker.
    Available,
    /// Leased by a worker.
    Running,
    /// Done; kept.
    Done,
    /// Given up; kept until someone looks at it.
    Dead,
}

impl JobState {
    /// The token stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    fn parse(token: &str) -> Option<Self> {
        let all = [Self::Available, Self::Running, Self::Done, Self::Dead];
        all.into_iter().find(|state| state.as_str() == token)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A job and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Deterministic key.
    pub key: String,
    /// Token of the job.
    pub kind: String,
    /// The typed job as JSON.
    pub payload: Value,
    /// Not before this instant.
    pub due_at: DateTime<Utc>,
    /// Stream of the fact that owes it; empty for periodic work.
    pub stream: String,
    /// How far it is.
    pub state: JobState,
    /// Times it was taken, the present one included.
    pub attempts: i64,
    /// When it may be taken: due or retried (available), end of the lease (running).
    pub next_at: DateTime<Utc>,
    /// Worker that has it.
    pub leased_by: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// What came of it.
    pub note: Option<String>,
    /// When it was done or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Attempts that are remembered of a job that was put off.
pub const PUT_OFF_ATTEMPTS: u32 = 4;

/// What becomes of a job that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// To be taken again, not before this instant.
    RetryAt(DateTime<Utc>),
    /// Given up: a dead letter.
    Dead,
}

/// Which jobs to list; what is `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// How far they are.
    pub state: Option<JobState>,
    /// Token of the job.
    pub kind: Option<String>,
    /// Stream that owes them.
    pub stream: Option<String>,
    /// At most so many; `None` is all.
    pub limit: Option<i64>,
}

/// How many jobs there are by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Waiting.
    pub available: i64,
    /// Leased.
    pub running: i64,
    /// Done.
    pub done: i64,
    /// Dead letters that nobody has answered for.
    pub dead: i64,
    /// Dead letters given up by name, with a reason.
    pub given_up: i64,
}

#[derive(Debug, FromRow)]
struct JobRecord {
    key: String,
    kind: String,
    payload: String,
    due_at: String,
    stream: String,
    state: String,
    attempts: i64,
    next_at: String,
    leased_by: Option<String>,
    last_error: Option<String>,
    note: Option<String>,
    finished_at: Option<String>,
}

impl JobRecord {
    fn into_job(self) -> Result<Job, StoreError> {
        let corrupt = |reason: &str| StoreError::Corrupt {
            table: "jobs",
            id: self.key.clone(),
            reason: reason.to_owned(),
        };
        let finished_at = match &self.finished_at {
            Some(text) => Some(parse_instant(text).ok_or_else(|| corrupt("finished_at"))?),
            None => None,
        };
        Ok(Job {
            payload: serde_json::from_str(&self.payload).map_err(|_| corrupt("payload"))?,
            due_at: parse_instant(&self.due_at).ok_or_else(|| corrupt("due_at"))?,
            state: JobState::parse(&self.state).ok_or_else(|| corrupt("state"))?,
            next_at: parse_instant(&self.next_at).ok_or_else(|| corrupt("next_at"))?,
            finished_at,
            key: self.key,
            kind: self.kind,
            stream: self.stream,
            attempts: self.attempts,
            leased_by: self.leased_by,
            last_error: self.last_error,
            note: self.note,
        })
    }
}

impl Store {
    /// Leases up to `limit` jobs that are due (of these kinds; none means any) for so many
    /// seconds. No two workers get the same job while its lease lasts.
    pub async fn claim(
        &self,
        kinds: &[&str],
        worker: &str,
        now: DateTime<Utc>,
        lease_seconds: i64,
        limit: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let until = instant(now + TimeDelta::seconds(lease_seconds));
        let kinds = (!kinds.is_empty()).then(|| serde_json::json!(kinds).to_string());
        let (claim, claimed) = match self.db() {
            Db::Sqlite(_) => (CLAIM_SQLITE, NAMED_SQLITE),
            Db::Postgres(_) => (CLAIM_POSTGRES, NAMED_POSTGRES),
        };
        let records: Vec<JobRecord> = change!(self, |conn| {
            let keys: Vec<String> = sqlx::query_scalar(claim)
                .bind(worker)
                .bind(until)
                .bind(instant(now))
                .bind(kinds)
                .bind(limit)
                .fetch_all(&mut *conn)
                .await?;
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let keys = serde_json::json!(keys).to_string();
            sqlx::query_as(claimed).bind(keys).fetch_all(conn).await?
        });
        records.into_iter().map(JobRecord::into_job).collect()
    }

    /// Marks leased jobs done, each with a note, in one commit; how many they were. One whose lease
    /// passed to someone else meanwhile is left to him.
    pub async fn finish(
        &self,
        done: &BTreeMap<&str, String>,
        worker: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        if done.is_empty() {
            return Ok(0);
        }
        let sql = match self.db() {
            Db::Sqlite(_) => FINISH_SQLITE,
            Db::Postgres(_) => FINISH_POSTGRES,
        };
        let done = serde_json::json!(done).to_string();
        Ok(change!(self, |conn| sqlx::query(sql)
            .bind(done)
            .bind(worker)
            .bind(instant(now))
            .execute(conn)
            .await?
            .rows_affected()))
    }

    /// Gives a leased job back after a failure. False when the lease passed to someone else.
    pub async fn fail(
        &self,
        key: &str,
        worker: &str,
        now: DateTime<Utc>,
        error: &str,
        failure: Failure,
    ) -> Result<bool, StoreError> {
        match failure {
            Failure::RetryAt(at) => self.move_job(RETRY, key, worker, at, Some(error)).await,
            Failure::Dead => self.move_job(BURY, key, worker, now, Some(error)).await,
        }
    }

    /// Puts a leased job off: it did not fail, its time has not come. However often that happened,
    /// at most [`PUT_OFF_ATTEMPTS`] count when it fails one day. False when the lease passed on.
    pub async fn put_off(
        &self,
        key: &str,
        worker: &str,
        until: DateTime<Utc>,
        why: &str,
    ) -> Result<bool, StoreError> {
        self.move_job(PUT_OFF, key, worker, until, Some(why)).await
    }

    /// Extends a lease to `until`. False when it passed to someone else.
    pub async fn renew(
        &self,
        key: &str,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.move_job(RENEW, key, worker, until, None).await
    }

    async fn move_job(
        &self,
        sql: &'static str,
        key: &str,
        worker: &str,
        at: DateTime<Utc>,
        text: Option<&str>,
    ) -> Result<bool, StoreError> {
        let rows = change!(self, |conn| {
            let query = sqlx::query(sql).bind(key).bind(worker).bind(instant(at));
            match text {
                Some(text) => query.bind(text).execute(conn).await?.rows_affected(),
                None => query.execute(conn).await?.rows_affected(),
            }
        });
        Ok(rows == 1)
    }

    /// Puts a dead letter back in the queue, attempts from zero. False when it is not dead.
    pub async fn requeue(&self, key: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let rows = change!(self, |conn| sqlx::query(REQUEUE)
            .bind(key)
            .bind(instant(now))
            .execute(conn)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Gives a waiting job or a dead letter up; the note says who and why, and stays. False when
    /// it is neither.
    pub async fn give_up(
        &self,
        key: &str,
        now: DateTime<Utc>,
        note: &str,
    ) -> Result<bool, StoreError> {
        let rows = change!(self, |conn| sqlx::query(GIVE_UP)
            .bind(key)
            .bind(instant(now))
            .bind(note)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Takes back the leases of a process that died, before the first job is taken. A SQLite file
    /// has one process, so whoever has a lease is gone; on PostgreSQL others may be alive, and a
    /// lease is waited for. How many there were.
    pub async fn take_back_leases(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let Db::Sqlite(db) = self.db() else { return Ok(0) };
        let write = db.write.as_ref().ok_or(StoreError::ReadOnly)?;
        let sql = sqlx::query(ABANDONED).bind(instant(now));
        Ok(sql.execute(&mut *write.lock().await).await?.rows_affected())
    }

    /// Gives back every job that a worker has; how many there were.
    pub async fn give_back(&self, worker: &str, now: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(change!(self, |conn| sqlx::query(GIVE_BACK)
            .bind(worker)
            .bind(instant(now))
            .execute(conn)
            .await?
            .rows_affected()))
    }

    /// The jobs that match, by due instant.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
        let records: Vec<JobRecord> = on!(self, |pool| sqlx::query_as(LIST)
            .bind(filter.state.map(JobState::as_str))
            .bind(filter.kind.as_deref())
            .bind(filter.stream.as_deref())
            .bind(filter.limit.unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        records.into_iter().map(JobRecord::into_job).collect()
    }

    /// The jobs of these keys that are there, however far they are.
    pub async fn jobs_named(&self, keys: &[String]) -> Result<Vec<Job>, StoreError> {
        let named = match self.db() {
            Db::Sqlite(_) => NAMED_SQLITE,
            Db::Postgres(_) => NAMED_POSTGRES,
        };
        let keys = serde_json::json!(keys).to_string();
        let records: Vec<JobRecord> =
            on!(self, |pool| sqlx::query_as(named).bind(keys).fetch_all(pool).await)?;
        records.into_iter().map(JobRecord::into_job).collect()
    }

    /// The latest instant at which a task of the timetable was due, done or not.
    pub async fn last_scheduled(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let last: Option<String> =
            on!(self, |pool| sqlx::query_scalar(LAST_SCHEDULED).fetch_optional(pool).await)?;
        Ok(last.as_deref().and_then(parse_instant))
    }

    /// How many jobs there are by state: looks at every job there ever was.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        self.counted(COUNTS).await
    }

    /// How many jobs there are by state, leaving out those that are done: cheap, whatever the years.
    pub async fn open_job_counts(&self) -> Result<JobCounts, StoreError> {
        self.counted(OPEN_COUNTS).await
    }

    async fn counted(&self, sql: &'static str) -> Result<JobCounts, StoreError> {
        let lines: Vec<(String, i64)> =
            on!(self, |pool| sqlx::query_as(sql).fetch_all(pool).await)?;
        let mut counts = JobCounts::default();
        for (state, n) in lines {
            match JobState::parse(&state) {
                Some(JobState::Available) => counts.available = n,
                Some(JobState::Running) => counts.running = n,
                Some(JobState::Done) => counts.done = n,
                Some(JobState::Dead) => counts.dead = n,
                None if state == "given_up" => counts.given_up = n,
                None => {}
            }
        }
        Ok(counts)
    }

    /// When the next job may be taken: due, to be retried, or left behind by a dead worker.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let next: Option<String> =
            on!(self, |pool| sqlx::query_scalar(NEXT_DUE).fetch_optional(pool).await)?;
        Ok(next.as_deref().and_then(parse_instant))
    }
}
