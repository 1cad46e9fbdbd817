// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the public pages read, by index and never the whole table; and what the probes of those
//! pages found.

use super::StoreError;
use super::db::{Store, change, on};
use super::instant::{instant, parse_instant};
use super::rows::rows;
use super::table::POSTINGS;
use crate::domain::albo::REGISTER;
use crate::domain::rows::PostingRow;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use std::sync::LazyLock;

/// Postings that some reader may see on a day: not annulled, not of another system.
static SHOWN: LazyLock<String> = LazyLock::new(|| {
    POSTINGS.select()
        + " WHERE register = $1 AND annulled = 0 AND external = 0 AND off_on > $2 \
           AND shown_from <= $3 ORDER BY shown_from DESC, year DESC, number DESC"
});
/// Those that left the Albo in some days.
static ENDED: LazyLock<String> = LazyLock::new(|| {
    POSTINGS.select()
        + " WHERE register = $1 AND annulled = 0 AND external = 0 AND off_on > $2 \
           AND off_on <= $3 ORDER BY year, number"
});
static POSTING: LazyLock<String> =
    LazyLock::new(|| POSTINGS.select() + " WHERE register = $1 AND year = $2 AND number = $3");
const LOOKUP: &str = "SELECT case_id FROM lookups WHERE digest = $1 AND what = $2 ORDER BY case_id";

const PUT_PROBE: &str = "INSERT INTO probes (year, number, at, expected, status, note) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (year, number, at) DO NOTHING";
const PROBES: &str = "SELECT year, number, at, expected, status, note FROM probes \
     WHERE year = $1 AND number = $2 ORDER BY at";
/// Failures of some hours, for who is told once a day.
const FAILURES: &str = "SELECT COUNT(*) FROM probes WHERE at >= $1 AND at < $2 AND note <> ''";
const DROP_PROBES: &str = "DELETE FROM probes WHERE year = $1 AND number = $2";
const OLD_PROBES: &str = "DELETE FROM probes WHERE at < $1";

/// Every statement of this file.
pub(crate) fn statements() -> Vec<&'static str> {
    let built = [SHOWN.as_str(), ENDED.as_str(), POSTING.as_str()];
    let plain = [LOOKUP, PUT_PROBE, PROBES, FAILURES, DROP_PROBES, OLD_PROBES];
    built.into_iter().chain(plain).collect()
}

/// What a probe was to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The page and the file of a posting.
    Shown,
    /// Nothing any more: the posting is over.
    Gone,
}

impl Expected {
    fn token(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Gone => "gone",
        }
    }
}

/// One look at the pages of a posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Year of the posting.
    pub year: i64,
    /// Its number.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was to be found.
    pub expected: Expected,
    /// Status of HTTP; 0 when nobody answered.
    pub status: u16,
    /// What was wrong; empty when nothing was.
    pub note: String,
}

#[derive(FromRow)]
struct Record {
    year: i64,
    number: i64,
    at: String,
    expected: String,
    status: i64,
    note: String,
}

impl Record {
    fn read(self) -> Result<Probe, StoreError> {
        let corrupt = || StoreError::Corrupt {
            table: "probes",
            id: format!("{}/{}", self.number, self.year),
            reason: "at".into(),
        };
        let at = parse_instant(&self.at).ok_or_else(corrupt)?;
        let expected = match self.expected.as_str() {
            "gone" => Expected::Gone,
            _ => Expected::Shown,
        };
        let status = u16::try_from(self.status).unwrap_or_default();
        let Record { year, number, note, .. } = self;
        Ok(Probe { year, number, at, expected, status, note })
    }
}

impl Store {
    /// What is in the Albo at an instant, of which `today` is the civil day, newest first: the same
    /// answer as `on_albo` of the facts, by the dates they gave.
    pub async fn on_albo(
        &self,
        at: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<Vec<PostingRow>, StoreError> {
        let (day, at) = (today.to_string(), instant(at));
        let (day, at) = (day.as_str(), at.as_str());
        rows!(self, &POSTINGS, PostingRow, SHOWN.as_str(), REGISTER, day, at)
    }

    /// What left the Albo after a day and by another one, included.
    pub async fn off_albo(
        &self,
        after: NaiveDate,
        by: NaiveDate,
    ) -> Result<Vec<PostingRow>, StoreError> {
        let (after, by) = (after.to_string(), by.to_string());
        let (after, by) = (after.as_str(), by.as_str());
        rows!(self, &POSTINGS, PostingRow, ENDED.as_str(), REGISTER, after, by)
    }

    /// The posting of a number, whatever became of it.
    pub async fn posting(&self, year: i32, number: i64) -> Result<Option<PostingRow>, StoreError> {
        let year = i64::from(year);
        let found: Result<Vec<PostingRow>, StoreError> =
            rows!(self, &POSTINGS, PostingRow, POSTING.as_str(), REGISTER, year, number);
        Ok(found?.pop())
    }

    /// Acts that a digest leads to: of a `file`, of the `code` of a copy.
    pub async fn lookup(&self, digest: &str, what: &str) -> Result<Vec<String>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(LOOKUP)
            .bind(digest)
            .bind(what)
            .fetch_all(pool)
            .await)?)
    }

    /// Keeps what the probes of an hour found, and forgets what is older than `before`. The same
    /// look kept twice is one.
    pub async fn keep_probes(
        &self,
        probes: &[Probe],
        before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            for probe in probes {
                let put = sqlx::query(PUT_PROBE).bind(probe.year).bind(probe.number);
                let put = put.bind(instant(probe.at)).bind(probe.expected.token());
                let put = put.bind(i64::from(probe.status)).bind(&probe.note);
                put.execute(&mut *conn).await?;
            }
            sqlx::query(OLD_PROBES).bind(instant(before)).execute(&mut *conn).await.map(drop)
        });
        Ok(done?)
    }

    /// What the probes of a posting found, in order of time.
    pub async fn probes(&self, year: i32, number: i64) -> Result<Vec<Probe>, StoreError> {
        let found: Vec<Record> = on!(self, |pool| sqlx::query_as(PROBES)
            .bind(i64::from(year))
            .bind(number)
            .fetch_all(pool)
            .await)?;
        found.into_iter().map(Record::read).collect()
    }

    /// How many probes failed between two instants, the second excluded.
    pub async fn failed_probes(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(FAILURES)
            .bind(instant(from))
            .bind(instant(to))
            .fetch_one(pool)
            .await)?)
    }

    /// Forgets the probes of a posting: their log is a document now.
    pub async fn drop_probes(&self, year: i32, number: i64) -> Result<(), StoreError> {
        change!(self, |conn| sqlx::query(DROP_PROBES)
            .bind(i64::from(year))
            .bind(number)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }
}
