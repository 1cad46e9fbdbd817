// SPDX-License-Identifier: AGPL-3.0-or-later
//! Instants as stored: RFC 3339, UTC, exactly microseconds, `Z`. 27 bytes that sort by time.

use chrono::{DateTime, SubsecRound, Utc};

/// The text of an instant, e.g. `2026-11-23T14:05:09.000120Z`; what is finer is cut off.
pub fn instant(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(6).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The instant of a stored text, or `None` if it is not written exactly as [`instant`] does.
pub fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (instant(at) == text).then_some(at)
}
