// SPDX-License-Identifier: AGPL-3.0-or-later
//! The database as it is at one instant, for audits: everything read through a snapshot agrees,
//! whatever others write meanwhile.

use super::StoreError;
use super::db::{Db, Store};
use super::events::{EVENTS_AFTER, EventRecord};
use super::table::Table;
use crate::domain::stream::StoredEvent;
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, Sqlite, Transaction};

/// A read transaction; it ends when this is dropped.
#[derive(Debug)]
pub struct Snapshot(Engine);

#[derive(Debug)]
enum Engine {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A value bound to a statement.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Text(String),
    Integer(i64),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// Binds the arguments, whatever the engine.
macro_rules! bound {
    ($query:expr, $args:expr) => {
        $args.iter().fold($query, |query, arg| match arg {
            Arg::Text(text) => query.bind(text.as_str()),
            Arg::Integer(number) => query.bind(number),
        })
    };
}

impl Store {
    /// Opens a snapshot. On SQLite it keeps the log from being folded back into the file, on
    /// PostgreSQL it holds back the vacuum: do not keep it for longer than an audit takes.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot(match self.db() {
            Db::Sqlite(db) => Engine::Sqlite(db.read.begin().await?),
            Db::Postgres(db) => Engine::Postgres(
                db.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        }))
    }
}

impl Snapshot {
    /// All rows of a statement.
    pub(crate) async fn all<T>(
        &mut self,
        sql: &'static str,
        args: &[Arg],
    ) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(match &mut self.0 {
            Engine::Sqlite(tx) => bound!(sqlx::query_as(sql), args).fetch_all(&mut **tx).await?,
            Engine::Postgres(tx) => bound!(sqlx::query_as(sql), args).fetch_all(&mut **tx).await?,
        })
    }

    /// All rows of a row table, read through its description.
    pub(crate) async fn rows(
        &mut self,
        table: &Table,
        sql: &'static str,
    ) -> Result<Vec<Map<String, Value>>, StoreError> {
        let rows: Result<Vec<_>, sqlx::Error> = match &mut self.0 {
            Engine::Sqlite(tx) => {
                let rows = sqlx::query(sql).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| table.read(row)).collect()
            }
            Engine::Postgres(tx) => {
                let rows = sqlx::query(sql).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| table.read(row)).collect()
            }
        };
        Ok(rows?)
    }

    /// The next events after a position, at most `limit`: page by page, the whole record.
    pub async fn events_after(
        &mut self,
        position: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let records: Vec<EventRecord> =
            self.all(EVENTS_AFTER, &[position.into(), limit.into()]).await?;
        records.into_iter().map(EventRecord::into_stored).collect()
    }
}
