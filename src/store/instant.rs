// SPDX-License-Identifier: AGPL-3.0-or-later
//! Instants as stored: RFC 3339, UTC, exactly microseconds, `Z`. 27 bytes that sort by time.

pub use crate::domain::rows::instant;
use chrono::{DateTime, Utc};

/// The instant of a stored text, or `None` if it is not written exactly as [`instant`] does.
pub fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (instant(at) == text).then_some(at)
}
