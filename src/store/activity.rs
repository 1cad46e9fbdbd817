// SPDX-License-Identifier: AGPL-3.0-or-later
//! The log of who did what: the events of every stream, and beside them sign-ins and what was done
//! to accounts and jobs. Read backwards, one page after the other, from where the last one ended.

use super::StoreError;
use super::db::{Store, change, on};
use super::events::EventRecord;
use super::instant::instant;
use crate::domain::stream::StoredEvent;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const NOTE: &str = "INSERT INTO activity (at, actor, what, about, detail, address) \
     VALUES ($1, $2, $3, $4, $5, $6)";

/// `$n IS NULL OR …`: what is not asked lets everything through.
const FACTS: &str = "SELECT position, stream, version, kind, payload, actor, happened_at, \
     recorded_at, hash FROM events WHERE position < $1 \
     AND (CAST($2 AS TEXT) IS NULL OR actor = CAST($2 AS TEXT)) \
     AND (CAST($3 AS TEXT) IS NULL OR kind = CAST($3 AS TEXT)) \
     AND (CAST($4 AS TEXT) IS NULL OR stream = CAST($4 AS TEXT)) \
     AND (CAST($5 AS TEXT) IS NULL OR recorded_at >= CAST($5 AS TEXT)) \
     AND (CAST($6 AS TEXT) IS NULL OR recorded_at < CAST($6 AS TEXT)) \
     ORDER BY position DESC LIMIT CAST($7 AS BIGINT)";
const NOTES: &str = "SELECT n, at, actor, what, about, detail, address FROM activity \
     WHERE n < $1 AND (CAST($2 AS TEXT) IS NULL OR actor = CAST($2 AS TEXT) \
     OR about = CAST($2 AS TEXT)) \
     AND (CAST($3 AS TEXT) IS NULL OR what = CAST($3 AS TEXT)) \
     AND (CAST($4 AS TEXT) IS NULL OR at >= CAST($4 AS TEXT)) \
     AND (CAST($5 AS TEXT) IS NULL OR at < CAST($5 AS TEXT)) \
     ORDER BY n DESC LIMIT CAST($6 AS BIGINT)";

pub(crate) const STATEMENTS: [&str; 3] = [NOTE, FACTS, NOTES];

/// One line beside the record.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ActivityLine {
    /// Place in the log, increasing.
    pub n: i64,
    /// Instant, as text.
    pub at: String,
    /// Person who did it; empty when nobody is known, as for a wrong password.
    pub actor: String,
    /// Token: `signed_in`, `account_added`, `job_retried`, …
    pub what: String,
    /// Person or job it was done to.
    pub about: String,
    /// What else there is to say.
    pub detail: String,
    /// Network address.
    pub address: String,
}

/// Which lines; what is `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Who did it, or had it done.
    pub person: Option<String>,
    /// Kind of event, or token of the line.
    pub kind: Option<String>,
    /// Stream, as text; for events only.
    pub stream: Option<String>,
    /// From this instant.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Only what stands before this place: where the last page ended.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Notes what was done beside the record.
    pub async fn note_activity(
        &self,
        at: DateTime<Utc>,
        (actor, what, about): (&str, &str, &str),
        detail: &str,
        address: &str,
    ) -> Result<(), StoreError> {
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            let note = sqlx::query(NOTE).bind(instant(at)).bind(actor).bind(what).bind(about);
            note.bind(detail).bind(address).execute(conn).await.map(drop)
        });
        Ok(done?)
    }

    /// The events that match, newest first.
    pub async fn facts(&self, filter: &ActivityFilter) -> Result<Vec<StoredEvent>, StoreError> {
        let records: Vec<EventRecord> = on!(self, |pool| sqlx::query_as(FACTS)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(filter.person.as_deref())
            .bind(filter.kind.as_deref())
            .bind(filter.stream.as_deref())
            .bind(filter.from.map(instant))
            .bind(filter.to.map(instant))
            .bind(filter.limit)
            .fetch_all(pool)
            .await)?;
        records.into_iter().map(EventRecord::into_stored).collect()
    }

    /// The lines beside the record that match, newest first.
    pub async fn activity(&self, filter: &ActivityFilter) -> Result<Vec<ActivityLine>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(NOTES)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(filter.person.as_deref())
            .bind(filter.kind.as_deref())
            .bind(filter.from.map(instant))
            .bind(filter.to.map(instant))
            .bind(filter.limit)
            .fetch_all(pool)
            .await)?)
    }
}
