// SPDX-License-Identifier: AGPL-3.0-or-later
//! When a regulation the Giunta approves is in force, which is not when its act is executive (R7.6).

use crate::law::calendar::add_days;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Days after the posting from which a regulation binds (art. 10, disposizioni preliminari c.c.).
pub const REGULATION_DAYS: u64 = 15;

/// What the act says of the entry into force of the regulation it approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EntryIntoForce {
    /// Nothing: the fifteenth day after the posting.
    #[default]
    FifteenthDay,
    /// From a day of its own.
    OnDay {
        /// The day.
        on: NaiveDate,
    },
    /// As soon as the act has effect.
    WithTheAct,
}

/// The first day on which the regulation binds. The fifteenth day is counted from the one after D,
/// the beginning of the posting. Whatever the act says, nobody is bound before the act has effect
/// nor before it is posted.
pub fn in_force_on(how: EntryIntoForce, posted: NaiveDate, effective: NaiveDate) -> NaiveDate {
    let own = match how {
        EntryIntoForce::FifteenthDay => add_days(posted, REGULATION_DAYS).unwrap_or(NaiveDate::MAX),
        EntryIntoForce::OnDay { on } => on,
        EntryIntoForce::WithTheAct => effective,
    };
    own.max(posted).max(effective)
}
