// SPDX-License-Identifier: AGPL-3.0-or-later
//! The index of words: which acts are to be read into it, what is stored, what is found.
//!
//! It follows the commits and never takes part in one: the write only marks the act (a trigger of
//! the migration), whoever works through the marks does the rest. The words come from the domain
//! ready to be stored; here is only how each engine writes a list of words and a question.

use super::StoreError;
use super::db::{Db, Store, change, on};
use crate::domain::measures::Measure;
use crate::domain::search::{Clause, FORMAT, Indexed};
use chrono::NaiveDate;
use sqlx::{Connection, PgConnection, SqliteConnection};

const STALE: &str =
    "SELECT case_id, version FROM search_stale ORDER BY case_id LIMIT CAST($1 AS BIGINT)";
const FRESH: &str = "DELETE FROM search_stale WHERE case_id = $1 AND version <= $2";
/// What was never read, was read by a program that cut words in another way, or moved unmarked.
const MARK: &str = "INSERT INTO search_stale (case_id, version) SELECT c.id, c.version FROM cases c \
     LEFT JOIN search_acts s ON s.case_id = c.id \
     WHERE s.case_id IS NULL OR s.version < c.version OR s.format <> $1 \
     ON CONFLICT (case_id) DO NOTHING";
const KNOWN: &str = "SELECT words FROM search_acts WHERE case_id = $1 AND format = $2";
const ACT: &str = "INSERT INTO search_acts (case_id, version, format, words, off_on, ends_on, ended) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (case_id) DO UPDATE SET \
     version = excluded.version, format = excluded.format, words = excluded.words, \
     off_on = excluded.off_on, ends_on = excluded.ends_on, ended = excluded.ended \
     WHERE search_acts.version <= excluded.version RETURNING n";
const FORGET_MEASURES: &str = "DELETE FROM measures WHERE case_id = $1";
const MEASURE: &str = "INSERT INTO measures (case_id, slot, what, office, day, days, late) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (case_id, slot) DO NOTHING";
const FORGET_SQLITE: &str = "DELETE FROM _words WHERE rowid = $1";
const WORDS_SQLITE: &str = "INSERT INTO _words (rowid, doc) VALUES ($1, $2)";
const WORDS_POSTGRES: &str = "INSERT INTO _words (n, doc) VALUES ($1, CAST($2 AS TSVECTOR)) \
     ON CONFLICT (n) DO UPDATE SET doc = excluded.doc";

/// The newest acts that answer: both engines go through the places from the top and stop.
const FOUND_SQLITE: &str = "SELECT s.n, s.case_id FROM \
     (SELECT rowid AS n FROM _words WHERE _words MATCH $1 AND rowid < CAST($2 AS BIGINT) \
         ORDER BY rowid DESC LIMIT CAST($3 AS BIGINT)) AS w \
     JOIN search_acts s ON s.n = w.n ORDER BY s.n DESC";
const FOUND_POSTGRES: &str = "SELECT s.n, s.case_id FROM \
     (SELECT n FROM _words WHERE doc @@ CAST($1 AS TSQUERY) AND n < CAST($2 AS BIGINT) \
         ORDER BY n DESC LIMIT CAST($3 AS BIGINT)) AS w \
     JOIN search_acts s ON s.n = w.n ORDER BY s.n DESC";
/// The same among the acts on the Albo on a day, which are few.
const ON_ALBO_SQLITE: &str = "SELECT s.n, s.case_id FROM search_acts s \
     JOIN cases c ON c.id = s.case_id WHERE s.off_on > $4 AND c.posted_on <= $4 \
     AND s.n < CAST($2 AS BIGINT) AND s.n IN (SELECT rowid FROM _words WHERE _words MATCH $1) \
     ORDER BY s.n DESC LIMIT CAST($3 AS BIGINT)";
const ON_ALBO_POSTGRES: &str = "SELECT s.n, s.case_id FROM search_acts s \
     JOIN cases c ON c.id = s.case_id JOIN _words w ON w.n = s.n \
     WHERE s.off_on > $4 AND c.posted_on <= $4 \
     AND s.n < CAST($2 AS BIGINT) AND w.doc @@ CAST($1 AS TSQUERY) \
     ORDER BY s.n DESC LIMIT CAST($3 AS BIGINT)";

pub(crate) const STATEMENTS: [&str; 7] = [STALE, FRESH, MARK, KNOWN, ACT, FORGET_MEASURES, MEASURE];
pub(crate) const STATEMENTS_SQLITE: [&str; 4] =
    [FORGET_SQLITE, WORDS_SQLITE, FOUND_SQLITE, ON_ALBO_SQLITE];
pub(crate) const STATEMENTS_POSTGRES: [&str; 3] =
    [WORDS_POSTGRES, FOUND_POSTGRES, ON_ALBO_POSTGRES];

/// What the index keeps of an act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchAct {
    /// Case.
    pub case: String,
    /// Version of the case it was read from.
    pub version: i64,
    /// What it is found by.
    pub words: Indexed,
    /// First day off the Albo.
    pub off_on: Option<NaiveDate>,
    /// From when a later act revokes or annuls it, and which of the two (token of region A).
    pub ended: Option<(NaiveDate, String)>,
    /// How long things took.
    pub measures: Vec<Measure>,
}

/// An act that answers.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Found {
    /// Its place among what is found: the newest act has the greatest.
    pub n: i64,
    /// Case.
    pub case_id: String,
}

impl Store {
    /// Marks the acts that the index lacks, or has as another program wrote it. Looks at every act
    /// once: when a worker starts.
    pub async fn mark_unindexed(&self) -> Result<u64, StoreError> {
        let done: Result<u64, sqlx::Error> = change!(self, |conn| sqlx::query(MARK)
            .bind(FORMAT)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()));
        Ok(done?)
    }

    /// Acts to be read into the index, with the version that was marked.
    pub async fn unindexed(&self, limit: i64) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(STALE).bind(limit).fetch_all(pool).await)?)
    }

    /// An act cannot be read into the index: its mark goes, unless it moved meanwhile.
    pub async fn leave_unindexed(&self, case: &str, version: i64) -> Result<(), StoreError> {
        let done: Result<(), sqlx::Error> = change!(self, |conn| sqlx::query(FRESH)
            .bind(case)
            .bind(version)
            .execute(conn)
            .await
            .map(drop));
        Ok(done?)
    }

    /// Puts an act into the index and takes its mark away, all of it or nothing.
    pub async fn index_act(&self, act: &SearchAct) -> Result<(), StoreError> {
        match self.db() {
            Db::Sqlite(db) => {
                let write = db.write.as_ref().ok_or(StoreError::ReadOnly)?;
                let mut guard = write.lock().await;
                let done = at_once_sqlite(&mut guard, act).await;
                if done.is_err() {
                    db.mend(&mut guard).await?;
                }
                done?;
            }
            Db::Postgres(db) => {
                let mut transaction = db.pool.begin().await?;
                index_postgres(&mut transaction, act).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// The newest acts whose words answer, before a place: at most `limit`.
    pub async fn find_acts(
        &self,
        clause: &Clause,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Found>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        Ok(match self.db() {
            Db::Sqlite(db) => {
                let query = sqlx::query_as(FOUND_SQLITE).bind(fts5(clause));
                query.bind(before).bind(limit).fetch_all(&db.read).await?
            }
            Db::Postgres(db) => {
                let query = sqlx::query_as(FOUND_POSTGRES).bind(tsquery(clause));
                query.bind(before).bind(limit).fetch_all(&db.pool).await?
            }
        })
    }

    /// The same among the acts whose posting covers a day. A search open to everybody asks with
    /// [`crate::domain::search::Scope::Object`].
    pub async fn find_on_albo(
        &self,
        clause: &Clause,
        before: Option<i64>,
        limit: i64,
        day: NaiveDate,
    ) -> Result<Vec<Found>, StoreError> {
        let (before, day) = (before.unwrap_or(i64::MAX), day.to_string());
        Ok(match self.db() {
            Db::Sqlite(db) => {
                let query = sqlx::query_as(ON_ALBO_SQLITE).bind(fts5(clause));
                query.bind(before).bind(limit).bind(day).fetch_all(&db.read).await?
            }
            Db::Postgres(db) => {
                let query = sqlx::query_as(ON_ALBO_POSTGRES).bind(tsquery(clause));
                query.bind(before).bind(limit).bind(day).fetch_all(&db.pool).await?
            }
        })
    }
}

/// The part that both engines share; gives the place of an act whose words changed. Its bounds are
/// those of one statement each.
macro_rules! index_act {
    ($conn:expr, $act:expr, $digest:expr) => {{
        let (act, digest): (&SearchAct, &str) = ($act, $digest);
        let known: Option<String> = sqlx::query_scalar(KNOWN)
            .bind(&act.case)
            .bind(FORMAT)
            .fetch_optional(&mut *$conn)
            .await?;
        let n: Option<i64> = sqlx::query_scalar(ACT)
            .bind(&act.case)
            .bind(act.version)
            .bind(FORMAT)
            .bind(digest)
            .bind(act.off_on.map(|day| day.to_string()))
            .bind(act.ended.as_ref().map(|(day, _)| day.to_string()))
            .bind(act.ended.as_ref().map(|(_, token)| token.as_str()))
            .fetch_optional(&mut *$conn)
            .await?;
        if n.is_some() {
            sqlx::query(FORGET_MEASURES).bind(&act.case).execute(&mut *$conn).await?;
            for (slot, measure) in (0_i64..).zip(&act.measures) {
                sqlx::query(MEASURE)
                    .bind(&act.case)
                    .bind(slot)
                    .bind(&measure.what)
                    .bind(&measure.office)
                    .bind(measure.day.to_string())
                    .bind(measure.days)
                    .bind(i64::from(measure.late))
                    .execute(&mut *$conn)
                    .await?;
            }
        }
        sqlx::query(FRESH).bind(&act.case).bind(act.version).execute(&mut *$conn).await?;
        // Without a place another process was faster with a later version.
        n.filter(|_| known.as_deref() != Some(digest))
    }};
}

async fn at_once_sqlite(conn: &mut SqliteConnection, act: &SearchAct) -> Result<(), sqlx::Error> {
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await?;
    index_sqlite(&mut transaction, act).await?;
    transaction.commit().await
}

async fn index_sqlite(conn: &mut SqliteConnection, act: &SearchAct) -> Result<(), sqlx::Error> {
    let digest = act.words.digest();
    if let Some(n) = index_act!(conn, act, &digest) {
        sqlx::query(FORGET_SQLITE).bind(n).execute(&mut *conn).await?;
        sqlx::query(WORDS_SQLITE).bind(n).bind(spaced(&act.words)).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn index_postgres(conn: &mut PgConnection, act: &SearchAct) -> Result<(), sqlx::Error> {
    let digest = act.words.digest();
    if let Some(n) = index_act!(conn, act, &digest) {
        sqlx::query(WORDS_POSTGRES).bind(n).bind(tsvector(&act.words)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The words as FTS5 reads them: one after the other.
fn spaced(words: &Indexed) -> String {
    let all = words.placed.iter().chain(&words.unplaced);
    all.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The words as a `tsvector`. They are letters and digits only: nothing is to be escaped.
fn tsvector(words: &Indexed) -> String {
    let mut lexemes: Vec<String> =
        words.placed.iter().zip(1..).map(|(word, place)| format!("{word}:{place}")).collect();
    lexemes.extend(words.unplaced.iter().cloned());
    lexemes.join(" ")
}

/// A question as FTS5 reads it.
pub(super) fn fts5(clause: &Clause) -> String {
    match clause {
        Clause::Word(word) => format!("\"{word}\""),
        Clause::Begun(word) => format!("\"{word}\" *"),
        Clause::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Clause::All(all) => joined(all, " AND ", fts5),
        Clause::Any(any) => joined(any, " OR ", fts5),
    }
}

/// A question as a `tsquery`.
pub(super) fn tsquery(clause: &Clause) -> String {
    match clause {
        Clause::Word(word) => word.clone(),
        Clause::Begun(word) => format!("{word}:*"),
        Clause::Phrase(words) => format!("({})", words.join(" <-> ")),
        Clause::All(all) => joined(all, " & ", tsquery),
        Clause::Any(any) => joined(any, " | ", tsquery),
    }
}

fn joined(clauses: &[Clause], with: &str, write: fn(&Clause) -> String) -> String {
    format!("({})", clauses.iter().map(write).collect::<Vec<_>>().join(with))
}
