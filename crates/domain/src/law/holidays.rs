// SPDX-License-Identifier: AGPL-3.0-or-later
//! National holidays, for the few terms that slide when they end on one (art. 2963, c. 3, c.c.).
//!
//! The posting period never does (R6.3): it is counted in consecutive days.

use chrono::{Datelike, NaiveDate, Weekday};

/// First year of the holiday of 4 October (San Francesco, L. 151/2025; to be verified, [K]).
const SAN_FRANCESCO_SINCE: i32 = 2026;

/// Sundays and the national holidays of art. 2 L. 260/1949 as later amended. The patron saint of
/// the Comune is not among them: it is a holiday of the offices, not a *giorno festivo* of law.
pub fn is_holiday(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Sun || is_fixed_holiday(date) || is_easter_monday(date)
}

/// The day itself, or the next that is not a holiday.
pub fn next_working_day(date: NaiveDate) -> NaiveDate {
    date.iter_days().find(|day| !is_holiday(*day)).unwrap_or(date)
}

fn is_fixed_holiday(date: NaiveDate) -> bool {
    match (date.month(), date.day()) {
        (1, 1 | 6) | (4, 25) | (5, 1) | (6, 2) | (8, 15) | (11, 1) | (12, 8 | 25 | 26) => true,
        (10, 4) => date.year() >= SAN_FRANCESCO_SINCE,
        _ => false,
    }
}

fn is_easter_monday(date: NaiveDate) -> bool {
    date.pred_opt().is_some_and(|eve| easter(date.year()) == Some(eve))
}

/// Easter Sunday in the Gregorian calendar (the anonymous algorithm of 1876).
pub fn easter(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15).rem_euclid(30);
    let weekday =
        (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let (month, day) = (u32::try_from(days / 31).ok()?, u32::try_from(days % 31).ok()? + 1);
    NaiveDate::from_ymd_opt(year, month, day)
}
