// SPDX-License-Identifier: AGPL-3.0-or-later
//! How long the Comune may annul its own acts (art. 21-nonies, c. 1, L. 241/1990; R5.5).

use crate::law::calendar::add_months;
use chrono::NaiveDate;

/// One period of the law on self-annulment of authorisations and economic benefits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnulmentTerm {
    /// First day of the rule.
    pub valid_from: (i32, u32, u32),
    /// Months from the act; beyond them no self-annulment.
    pub months: u32,
    /// Where the rule is written.
    pub source: &'static str,
}

/// The table by date of effect, oldest first. Before 2015 only a *termine ragionevole*.
pub const TERMS: [AnnulmentTerm; 3] = [
    AnnulmentTerm {
        valid_from: (2015, 8, 28),
        months: 18,
        source: "art. 21-nonies L. 241/1990, come modificato dalla L. 124/2015",
    },
    AnnulmentTerm {
        valid_from: (2021, 6, 1),
        months: 12,
        source: "art. 21-nonies L. 241/1990, come modificato dal D.L. 77/2021, art. 63",
    },
    AnnulmentTerm {
        valid_from: (2025, 12, 18),
        months: 6,
        source: "art. 21-nonies L. 241/1990, come modificato dalla L. 182/2025",
    },
];

impl AnnulmentTerm {
    fn starts(&self) -> Option<NaiveDate> {
        let (year, month, day) = self.valid_from;
        NaiveDate::from_ymd_opt(year, month, day)
    }
}

/// The last day for self-annulment, and the rule it follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnulmentLimit {
    /// Last day; later the annulment deserves a warning (c. 2-bis has exceptions).
    pub last_day: NaiveDate,
    /// Months of the rule applied.
    pub months: u32,
    /// Where it is written.
    pub source: &'static str,
}

/// The rule in force on a day.
pub fn term_on(day: NaiveDate) -> Option<&'static AnnulmentTerm> {
    TERMS.iter().rev().find(|term| term.starts().is_some_and(|start| start <= day))
}

/// The last day for the self-annulment of an authorisation or economic benefit (T-68).
///
/// The term is the one in force when the annulment is made. For an act older than that rule it runs
/// from the day the rule took effect, but never ends later than under the rule the act was born
/// with: the intertemporal question is open (docs/legal-questions.md). `None` where no fixed term
/// applies.
pub fn annulment_limit(act: NaiveDate, annulled_on: NaiveDate) -> Option<AnnulmentLimit> {
    let term = term_on(annulled_on)?;
    let start = term.starts()?;
    let by_current = add_months(act.max(start), term.months)?;
    let at_birth = term_on(act).filter(|born| born.valid_from != term.valid_from);
    let by_birth = at_birth.and_then(|born| Some((add_months(act, born.months)?, born)));
    let (last_day, applied) = match by_birth {
        Some((day, born)) if day < by_current => (day, born),
        _ => (by_current, term),
    };
    Some(AnnulmentLimit { last_day, months: applied.months, source: applied.source })
}
