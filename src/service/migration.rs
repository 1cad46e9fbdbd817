// SPDX-License-Identifier: AGPL-3.0-or-later
//! A database of an older version becomes one of this version: the schema, then the rows that
//! newer pages read and older programs did not write. Facts, and what they owe, stay as they are.

use super::verify::Expected;
use crate::store::{Finding, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet};

/// Rows written at once.
const ROWS_AT_ONCE: usize = 500;

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
    // SQLite: nothing is written while an old state is being read.
    drop(snapshot);
    for rows in behind.chunks(ROWS_AT_ONCE) {
        let set = WriteSet { rows: rows.to_vec(), ..WriteSet::default() };
        let written = store.write(ReadSet::default(), move |_| Outcome::Write(set.clone(), ()));
        written.await.map_err(|error| match error {
            WriteError::Store(error) => error,
            WriteError::Refused(refusal) => StoreError::Invalid(refusal.to_string()),
        })?;
    }
    Ok(behind.len())
}
