// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the probes of the public pages found during a posting (R6.5): facts for who attests, never
//! a judgement. An outage moves dates only when a person attests it.

use super::efficacy::terms_of;
use super::event::CaseEvent;
use super::posting::posted;
use super::signing::only_system;
use crate::changes::{Changes, Stop};
use crate::law::calendar::rome_date;
use crate::law::posting::check_referto;
use crate::refusal::Refusal;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a posting was seen by who asked for its pages every hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Availability {
    /// Year of the posting.
    pub year: i32,
    /// Its number in the Albo.
    pub number: i64,
    /// How many times its page and file were asked for.
    pub probes: u32,
    /// How many of them did not get what was to be there.
    pub failed: u32,
    /// Instant of the first.
    pub first: DateTime<Utc>,
    /// Instant of the last.
    pub last: DateTime<Utc>,
    /// SHA-256 of the log, one line a probe.
    pub sha256: String,
    /// MIME type of the log.
    pub media_type: String,
}

/// Puts them on record once the last day is over and before the referto is owed, which prints them.
///
/// # Errors
/// `posting_not_ended`, `posting_already_ended`, `availability_unsound`.
pub(super) fn record(changes: &mut Changes, id: &str, found: &Availability) -> Result<(), Stop> {
    only_system(&changes.ctx.actor)?;
    let posting = posted(changes, id)?;
    let case = changes.case(id)?;
    if case.posting_ended || case.availability.contains_key(&(posting.year, posting.number)) {
        let text = "Le verifiche di questa pubblicazione sono già registrate";
        return Err(Refusal::new("posting_already_ended", "R6.7", "", text).into());
    }
    let Some(terms) = terms_of(case) else { return Ok(()) };
    check_referto(&terms, rome_date(changes.ctx.now))?;
    let of_this = (found.year, found.number) == (posting.year, posting.number);
    let sound = found.probes > 0
        && found.failed <= found.probes
        && posting.shown_from() <= found.first
        && found.first <= found.last
        && found.last <= changes.ctx.now;
    if !of_this || !sound || found.sha256.len() != 64 {
        let text = "Le verifiche non corrispondono alla pubblicazione in corso";
        return Err(Refusal::new("availability_unsound", "R6.5", "", text).into());
    }
    changes.push(id, CaseEvent::AvailabilityRecorded(found.clone()));
    Ok(())
}
