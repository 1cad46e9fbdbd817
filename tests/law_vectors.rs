// SPDX-License-Identifier: AGPL-3.0-or-later
//! The vectors T-… of the rulebook that pure functions decide, each a test with its number; the
//! regulation of the Comune, its errors word by word; properties of terms and ballots.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "law/ballot.rs"]
mod ballot;
#[path = "law/calendar.rs"]
mod calendar;
#[path = "law/properties.rs"]
mod properties;
#[path = "law/regulation.rs"]
mod regulation;
#[path = "law/regulation_errors.rs"]
mod regulation_errors;
#[path = "law/rules.rs"]
mod rules;
#[path = "law/terms.rs"]
mod terms;

use chrono::{DateTime, NaiveDate, Utc};
use delibera::domain::law::calendar::{parse_date, rome_instant};

/// The civil date `AAAA-MM-GG`.
fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// The instant of a civil date and hour in Italy, `AAAA-MM-GG hh:mm`.
fn rome(text: &str) -> DateTime<Utc> {
    let (date, time) = text.split_once(' ').unwrap();
    rome_instant(day(date), format!("{time}:00").parse().unwrap())
}
