// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a posting allows at an instant or on a day: computed when read, never by a timer.

use crate::law::calendar::{
    Preposition, add_days, date_short, rome_date, rome_midnight, rome_time,
};
use crate::law::terms::Terms;
use crate::refusal::Refusal;
use chrono::{DateTime, NaiveDate, Timelike, Utc};

/// The act is in the public Albo: from the instant it was posted, up to 00:00 of `off_on` excluded
/// (invariant I7; T-69).
pub fn on_albo(posted_at: DateTime<Utc>, terms: &Terms, at: DateTime<Utc>) -> bool {
    posted_at <= at && at < rome_midnight(terms.off_on)
}

/// The day from which the terms are counted: an act shown after the cut-off hour makes its day
/// "day 0", and the count begins with the next (R6.4). The posting itself begins when it begins.
pub fn counted_from(posted_at: DateTime<Utc>, cutoff_hour: Option<u8>) -> NaiveDate {
    let day = rome_date(posted_at);
    match cutoff_hour {
        Some(hour) if rome_time(posted_at).hour() >= u32::from(hour) => {
            add_days(day, 1).unwrap_or(day)
        }
        _ => day,
    }
}

/// The referto certifies a posting that is over: not on its last day (R6.7; T-70).
pub fn check_referto(terms: &Terms, today: NaiveDate) -> Result<(), Refusal> {
    if today > terms.last_day {
        return Ok(());
    }
    let text = format!(
        "Il referto non può essere rilasciato prima che sia trascorso l'ultimo giorno di \
         pubblicazione, {}",
        date_short(terms.last_day)
    );
    Err(Refusal::new("posting_not_ended", "R6.7", "art. 124, c. 1, TUEL", text))
}

/// The certificate of executivity follows the fact, which comes at 00:00 of its day in Italy
/// (R7.3, R7.7).
pub fn check_certificate(effective_on: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if effective_on <= today {
        return Ok(());
    }
    let text =
        format!("La deliberazione diverrà esecutiva {}", Preposition::On.short(effective_on));
    Err(Refusal::new("not_yet_effective", "R7.7", "art. 134, c. 3, TUEL", text))
}

/// Last day on which an adopted act should be posted, where the Comune has a term (R6.1).
pub fn publish_by(adopted: NaiveDate, publish_within_days: Option<u16>) -> Option<NaiveDate> {
    add_days(adopted, u64::from(publish_within_days?))
}

/// An act not yet posted is late: it never becomes effective by itself (T-75).
pub fn is_late(adopted: NaiveDate, publish_within_days: Option<u16>, today: NaiveDate) -> bool {
    publish_by(adopted, publish_within_days).is_some_and(|last| lag(last, today) > 0)
}

/// Days by which a posting that begins on `posted` comes after the last day a norm gives for it; 0
/// when it is in time. No national norm gives one (R6.1): only a region (R7.9) or the regulation
/// of the Comune does. A late posting is a posting: its days and executivity run from D.
pub fn lag(last: NaiveDate, posted: NaiveDate) -> u64 {
    u64::try_from((posted - last).num_days()).unwrap_or_default()
}
