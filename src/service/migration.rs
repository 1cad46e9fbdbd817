// SPDX-License-Identifier: AGPL-3.0-or-later
//! A database of an older version becomes one of this version: the schema, then the rows that
//! newer pages read and older programs did not write. Facts, and what they owe, stay as they are: a
//! fact owes what it owed under the version that recorded it, so nobody is told today of what
//! happened years ago. Where today's rules would owe something else, that is accepted and kept.

use super::verify::Expected;
use crate::domain::digest::sha256_hex;
use crate::domain::stream::NewJob;
use crate::store::{
    Accepted, Finding, MIGRATION, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Rows written at once.
const ROWS_AT_ONCE: usize = 500;
/// For a job that is done as soon as it is queued.
const LEASE_SECONDS: i64 = 60;

/// Brings a database up to date; how many rows it had to make again. Does nothing when it is.
///
/// # Errors
/// When an event cannot be read again, or the database does not answer.
pub async fn migrate(store: &Store) -> Result<usize, StoreError> {
    match store.migrate().await? {
        true => catch_up(store).await,
        false => Ok(0),
    }
}

async fn catch_up(store: &Store) -> Result<usize, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let expected = Expected::read(&mut snapshot, &mut |_| ()).await?;
    let expected = expected
        .map_err(|Finding { place, reason }| StoreError::Invalid(format!("{place}: {reason}")))?;
    let behind = snapshot.rows_behind(expected.rows()).await?;
    let (last, jobs) = (expected.last, expected.jobs.into_values().collect());
    let accepted = snapshot.job_differences(jobs).await?;
    // SQLite: nothing is written while an old state is being read.
    drop(snapshot);
    for rows in behind.chunks(ROWS_AT_ONCE) {
        put(store, WriteSet { rows: rows.to_vec(), ..WriteSet::default() }).await?;
    }
    accept(store, &accepted, last).await?;
    Ok(behind.len())
}

/// Keeps what is accepted as a job that is done: no fact owes it, and nobody performs it.
async fn accept(
    store: &Store,
    accepted: &Accepted,
    last: Option<(i64, DateTime<Utc>)>,
) -> Result<(), StoreError> {
    let (false, Some((position, at))) = (accepted.is_empty(), last) else { return Ok(()) };
    let payload = serde_json::json!(accepted);
    let digest = sha256_hex(payload.to_string().as_bytes());
    let job = NewJob {
        key: format!("{MIGRATION}/{position:012}/{digest}"),
        kind: MIGRATION.into(),
        payload,
        due_at: at,
        stream: String::new(),
    };
    put(store, WriteSet { jobs: vec![job], ..WriteSet::default() }).await?;
    for job in store.claim(&[MIGRATION], MIGRATION, at, LEASE_SECONDS, 1).await? {
        let note = format!("{} lavori secondo le regole di prima", accepted.len());
        store.finish(&BTreeMap::from([(job.key.as_str(), note)]), MIGRATION, at).await?;
    }
    Ok(())
}

async fn put(store: &Store, set: WriteSet) -> Result<(), StoreError> {
    let written = store.write(ReadSet::default(), move |_| Outcome::Write(set.clone(), ()));
    written.await.map(drop).map_err(|error| match error {
        WriteError::Store(error) => error,
        WriteError::Refused(refusal) => StoreError::Invalid(refusal.to_string()),
    })
}
