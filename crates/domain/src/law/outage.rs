// SPDX-License-Identifier: AGPL-3.0-or-later
//! Days on which the Albo could not be read, and what they cost (R6.5).
//!
//! No binding rule exists (the DPCM was never issued); the policy is the Comune's and the facts are
//! attested by the person in charge of publication.

use crate::law::terms::{EXECUTIVITY_DAYS, ExecCount, Extension, TermRules, TermsError};
use crate::token::tokens;
use chrono::NaiveDate;
use std::collections::BTreeMap;

tokens! {
    /// What an interruption does to the posting.
    OutagePolicy {
        /// Nothing: the term runs on.
        None = "none",
        /// One more day for each day shown less than the minimum.
        ExtendPerDay = "extend_per_day",
        /// The whole term starts again on the day after the last such day.
        Restart = "restart",
    }
}

/// The rule of the Comune on interruptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutageRules {
    /// What an interruption does.
    pub policy: OutagePolicy,
    /// A day counts if the act could be read for at least these hours.
    pub min_hours: u8,
    /// An interruption within the first ten days also moves executivity.
    pub affects_executivity: bool,
}

/// Hours of availability on the days that were disturbed; a day not listed was whole.
pub type Availability = BTreeMap<NaiveDate, u8>;

/// What the disturbed days add to a posting that began on `posted`. Days of extension can be
/// disturbed in their turn; days after the end no longer matter.
pub fn extension(
    rules: &OutageRules,
    terms: &TermRules,
    posted: NaiveDate,
    availability: &Availability,
) -> Result<Extension, TermsError> {
    let mut extension = Extension::default();
    for (day, _) in availability.range(posted..).filter(|(_, hours)| **hours < rules.min_hours) {
        if *day > terms.terms(posted, extension)?.last_day {
            break;
        }
        let early = within_ten_days(terms.exec_count, posted, *day, extension.executivity);
        let (posting, executivity) = match rules.policy {
            OutagePolicy::None => return Ok(extension),
            OutagePolicy::ExtendPerDay => {
                (extension.posting.saturating_add(1), extension.executivity.saturating_add(1))
            }
            OutagePolicy::Restart => {
                let lost = u16::try_from((*day - posted).num_days() + 1)
                    .map_err(|_| TermsError::OutOfCalendar)?;
                (lost, lost)
            }
        };
        extension.posting = posting;
        if rules.affects_executivity && early {
            extension.executivity = executivity;
        }
    }
    Ok(extension)
}

/// The day is one of the ten, as the doctrine counts them, already moved by earlier interruptions.
fn within_ten_days(exec_count: ExecCount, posted: NaiveDate, day: NaiveDate, moved: u16) -> bool {
    let since_start = u64::try_from((day - posted).num_days()).unwrap_or(0);
    let ten = EXECUTIVITY_DAYS + u64::from(moved);
    match exec_count {
        ExecCount::A => since_start < ten,
        ExecCount::B => since_start <= ten,
        ExecCount::C => false,
    }
}
