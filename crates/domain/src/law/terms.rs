// SPDX-License-Identifier: AGPL-3.0-or-later
//! How long an act stays in the Albo and when it becomes effective (R6.2, R7.2).
//!
//! Dates only, Europe/Rome: the last day is shown whole, the act is off at 00:00 of `off_on`, and
//! is effective from 00:00 of `effective_on`. The doctrines are values, chosen by the Comune.

use crate::law::calendar::add_days;
use crate::law::holidays::next_working_day;
use crate::token::tokens;
use chrono::NaiveDate;

/// Days of posting of every deliberation (art. 124, c. 1, TUEL; R6.1).
pub const POSTING_DAYS: u16 = 15;

/// After this day from its posting an act is effective (art. 134, c. 3, TUEL; R7.1).
pub const EXECUTIVITY_DAYS: u64 = 10;

/// Regulations enter into force on the fifteenth day after posting (art. 10 preleggi; R7.6).
pub const REGULATION_DAYS: u64 = 15;

tokens! {
    /// Whether the day of posting counts among the fifteen (R6.2).
    PubCount {
        /// The day of posting is day 1: the last is D + 14 (Cass. II 2563/2009).
        Inclusive = "P-INC",
        /// The count starts the next day: the last is D + 15 (AgID guidelines, May 2016).
        Exclusive = "P-EXC",
    }

    /// How the ten days of executivity are counted (R7.2); no default anywhere.
    ExecCount {
        /// From the start of posting, day D counted: effective from D + 10.
        A = "E-A",
        /// From the start of posting, day D not counted: effective from D + 11.
        B = "E-B",
        /// From the end of posting: effective eleven days after the last day.
        C = "E-C",
    }
}

impl PubCount {
    /// The doctrine in a sentence.
    pub fn doctrine(self) -> &'static str {
        match self {
            Self::Inclusive => "il giorno di affissione è il primo del periodo",
            Self::Exclusive => "il computo inizia dal giorno dopo l'affissione",
        }
    }

    /// What the doctrine rests on.
    pub fn authority(self) -> &'static str {
        match self {
            Self::Inclusive => "Cass. II 2563/2009; TAR Veneto II 678/2020",
            Self::Exclusive => "linee guida AgID sull'Albo, maggio 2016; art. 2963, c. 2, c.c.",
        }
    }
}

impl ExecCount {
    /// The doctrine in a sentence.
    pub fn doctrine(self) -> &'static str {
        match self {
            Self::A => "dieci giorni dall'inizio della pubblicazione, giorno iniziale compreso",
            Self::B => "dieci giorni dall'inizio della pubblicazione, giorno iniziale escluso",
            Self::C => "dieci giorni dal termine della pubblicazione",
        }
    }

    /// What the doctrine rests on.
    pub fn authority(self) -> &'static str {
        match self {
            Self::A => "tesi prevalente; per il giorno iniziale Cass. II 2563/2009",
            Self::B => "tesi prevalente; per il giorno iniziale art. 2963, c. 2, c.c.",
            Self::C => "Min. Interno, parere 13.9.2006; Cass. I 4397/1999",
        }
    }
}

/// The two doctrines give opposite answers to whether day D counts (practice.md 1.5).
pub fn doctrines_disagree(pub_count: PubCount, exec_count: ExecCount) -> bool {
    matches!(
        (pub_count, exec_count),
        (PubCount::Inclusive, ExecCount::B) | (PubCount::Exclusive, ExecCount::A)
    )
}

/// The three dates a posting gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// Last day of posting, shown whole: the day that is certified.
    pub last_day: NaiveDate,
    /// First day on which the act is no longer in the Albo.
    pub off_on: NaiveDate,
    /// First day of executivity by art. 134, c. 3, TUEL.
    pub effective_on: NaiveDate,
}

/// Why no dates can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// A posting of no days.
    #[error("la durata della pubblicazione deve essere di almeno un giorno")]
    NoDays,
    /// Beyond the calendar.
    #[error("il termine cade oltre l'anno 9999")]
    OutOfCalendar,
}

/// What lengthens a posting: days added to its end, and to executivity where the rules say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extension {
    /// Days added to the last day of posting.
    pub posting: u16,
    /// Days added to executivity under E-A and E-B (under E-C it follows the last day).
    pub executivity: u16,
}

/// The rules of a Comune on the length of posting and on executivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermRules {
    /// Whether day D counts among the days of posting.
    pub pub_count: PubCount,
    /// How executivity is counted.
    pub exec_count: ExecCount,
    /// Days of posting: [`POSTING_DAYS`] unless the type of act has its own (R6.10).
    pub posting_days: u16,
    /// A last day on a holiday moves to the next working day (R6.3: by default never).
    pub holiday_shift: bool,
    /// The act stays visible through D + 15 even where its certified term is shorter (R6.2).
    pub show_extra_day: bool,
    /// Special rule of a region that replaces `exec_count` (R7.9).
    pub effective_after_posting: bool,
}

impl TermRules {
    /// The ordinary rules under the two doctrines.
    pub fn new(pub_count: PubCount, exec_count: ExecCount) -> Self {
        Self {
            pub_count,
            exec_count,
            posting_days: POSTING_DAYS,
            holiday_shift: false,
            show_extra_day: false,
            effective_after_posting: false,
        }
    }

    /// The dates of a posting that began on `posted`.
    pub fn terms(&self, posted: NaiveDate, extension: Extension) -> Result<Terms, TermsError> {
        let last_day = self.last_day(posted, extension)?;
        let effective_on = match (self.effective_after_posting, self.exec_count) {
            (true, _) => after(last_day, 1)?,
            (false, ExecCount::A) => {
                after(posted, EXECUTIVITY_DAYS + u64::from(extension.executivity))?
            }
            (false, ExecCount::B) => {
                after(posted, EXECUTIVITY_DAYS + 1 + u64::from(extension.executivity))?
            }
            (false, ExecCount::C) => after(last_day, EXECUTIVITY_DAYS + 1)?,
        };
        let off_on = self.off_on(posted, last_day, extension)?;
        Ok(Terms { last_day, off_on, effective_on })
    }

    fn last_day(&self, posted: NaiveDate, extension: Extension) -> Result<NaiveDate, TermsError> {
        let counted = self.posting_days.checked_sub(1).ok_or(TermsError::NoDays)?;
        let whole_days = match self.pub_count {
            PubCount::Inclusive => counted,
            PubCount::Exclusive => self.posting_days,
        };
        let end = after(posted, u64::from(whole_days) + u64::from(extension.posting))?;
        Ok(if self.holiday_shift { next_working_day(end) } else { end })
    }

    /// The extra day of prudence never lengthens what is certified, only what is shown.
    fn off_on(
        &self,
        posted: NaiveDate,
        last_day: NaiveDate,
        extension: Extension,
    ) -> Result<NaiveDate, TermsError> {
        let off = after(last_day, 1)?;
        if !self.show_extra_day {
            return Ok(off);
        }
        let prudent = u64::from(self.posting_days) + u64::from(extension.posting) + 1;
        Ok(off.max(after(posted, prudent)?))
    }
}

fn after(date: NaiveDate, days: u64) -> Result<NaiveDate, TermsError> {
    add_days(date, days).ok_or(TermsError::OutOfCalendar)
}

/// The dates of a posting by the two doctrines (R6.2, R7.2); an outage lengthens the posting, and
/// moves executivity only where this is counted from the last day (E-C).
pub fn terms(
    posted: NaiveDate,
    pub_count: PubCount,
    exec_count: ExecCount,
    outage_days: u16,
    posting_days: u16,
) -> Result<Terms, TermsError> {
    let rules = TermRules { posting_days, ..TermRules::new(pub_count, exec_count) };
    rules.terms(posted, Extension { posting: outage_days, executivity: 0 })
}

/// The day a regulation enters into force if it does not say otherwise (art. 10 preleggi; R7.6);
/// it is not its executivity.
pub fn regulation_in_force_on(posted: NaiveDate) -> Result<NaiveDate, TermsError> {
    after(posted, REGULATION_DAYS)
}
