// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the Giunta adopts in place of the Consiglio and must bring to it (R1.2).

use crate::law::calendar::add_days;
use chrono::{Datelike, NaiveDate};

/// Days within which the Consiglio ratifies (artt. 42, c. 4, and 175, c. 4, TUEL).
pub const RATIFICATION_DAYS: u64 = 60;

/// Last day on which the Consiglio can ratify an urgent variation of the budget: sixty days, and
/// anyway 31 December of the same year; after it the act lapses (art. 175, c. 4 and 5; T-1, T-2).
pub fn ratify_by(adopted: NaiveDate) -> NaiveDate {
    let year_end = NaiveDate::from_ymd_opt(adopted.year(), 12, 31).unwrap_or(adopted);
    add_days(adopted, RATIFICATION_DAYS).map_or(year_end, |day| day.min(year_end))
}

/// The act has lapsed for want of ratification (art. 175, c. 5; row 40 of the machine): from the day
/// after the last, and never before it, whatever is put on record later.
pub fn lapsed(adopted: NaiveDate, ratified: Option<NaiveDate>, today: NaiveDate) -> bool {
    let last = ratify_by(adopted);
    today > last && ratified.is_none_or(|day| day > last)
}
