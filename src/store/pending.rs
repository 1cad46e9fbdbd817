// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents that wait for a signature made elsewhere: prepared, downloaded, not yet uploaded.
//! They are no record: what was signed is, and it enters with its command.

use super::StoreError;
use super::db::{Store, change, on};
use super::instant::{instant, parse_instant};
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const PUT: &str = "INSERT INTO pending_signatures (id, person, created_at, body) \
     VALUES ($1, $2, $3, $4)";
const GET: &str = "SELECT id, person, created_at, body FROM pending_signatures WHERE id = $1";
const LIST: &str = "SELECT id, person, created_at, body FROM pending_signatures \
     WHERE person = $1 ORDER BY created_at, id";
const REMOVE: &str = "DELETE FROM pending_signatures WHERE id = $1";

pub(crate) const STATEMENTS: [&str; 4] = [PUT, GET, LIST, REMOVE];

/// A document that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignature {
    /// Identifier.
    pub id: String,
    /// Person who must sign.
    pub person: String,
    /// When it was prepared.
    pub created_at: DateTime<Utc>,
    /// What was prepared, as JSON.
    pub body: String,
}

#[derive(FromRow)]
struct Record {
    id: String,
    person: String,
    created_at: String,
    body: String,
}

impl Record {
    fn read(self) -> Result<PendingSignature, StoreError> {
        let corrupt = || StoreError::Corrupt {
            table: "pending_signatures",
            id: self.id.clone(),
            reason: "created_at".into(),
        };
        let created_at = parse_instant(&self.created_at).ok_or_else(corrupt)?;
        let Record { id, person, body, .. } = self;
        Ok(PendingSignature { id, person, created_at, body })
    }
}

impl Store {
    /// Puts a document in wait.
    pub async fn put_pending(&self, pending: &PendingSignature) -> Result<(), StoreError> {
        change!(self, |conn| sqlx::query(PUT)
            .bind(&pending.id)
            .bind(&pending.person)
            .bind(instant(pending.created_at))
            .bind(&pending.body)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }

    /// A document that waits.
    pub async fn pending(&self, id: &str) -> Result<Option<PendingSignature>, StoreError> {
        let found: Option<Record> =
            on!(self, |pool| sqlx::query_as(GET).bind(id).fetch_optional(pool).await)?;
        found.map(Record::read).transpose()
    }

    /// What waits for a person, oldest first.
    pub async fn pending_of(&self, person: &str) -> Result<Vec<PendingSignature>, StoreError> {
        let found: Vec<Record> =
            on!(self, |pool| sqlx::query_as(LIST).bind(person).fetch_all(pool).await)?;
        found.into_iter().map(Record::read).collect()
    }

    /// The document was signed, or is no longer wanted.
    pub async fn remove_pending(&self, id: &str) -> Result<(), StoreError> {
        change!(self, |conn| sqlx::query(REMOVE).bind(id).execute(conn).await?.rows_affected());
        Ok(())
    }
}
