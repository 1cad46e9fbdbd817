// SPDX-License-Identifier: AGPL-3.0-or-later
//! Periodic firings, each taken once whatever the number of processes.

use super::StoreError;
use super::db::{Store, change};
use super::instant::instant;
use chrono::{DateTime, Utc};

pub(crate) const CLAIM: &str =
    "INSERT INTO schedules (name, due_at) VALUES ($1, $2) ON CONFLICT (name, due_at) DO NOTHING";

impl Store {
    /// Takes the firing of a schedule at an instant: true for exactly one caller, ever.
    ///
    /// A process that dies between this and its work loses the firing. Where that matters, write
    /// a job whose key names the schedule and the instant: the key makes it one, and it stays.
    pub async fn claim_schedule(
        &self,
        name: &str,
        due_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let rows = change!(self, |conn| sqlx::query(CLAIM)
            .bind(name)
            .bind(instant(due_at))
            .execute(conn)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }
}
