// SPDX-License-Identifier: AGPL-3.0-or-later
//! The regulation of the Comune: what law and statute leave to it, key by key, with sources.
//!
//! `regolamento.toml` has one table for each key: `value`, `source`, and where it changes in time
//! `valid_from` and `valid_to` (several periods: an array of tables). A key left out has its
//! national default; `exec_count` has none. Every decision uses the set in force on its own civil
//! date ([`Regulation::on`]) and stores that set's digest ([`Regulation::digest_on`]).

mod adopted;
mod amend;
pub mod check;
pub mod keys;
mod labels;
mod read;
mod rules;
mod timeline;
pub mod tokens;
pub mod value;

pub use adopted::Adopted;
pub use amend::{Change, amend, differences};
pub use keys::{KEYS, Key, Regulation};
pub use labels::{SECTIONS, Section, WORDS, label, said};
pub use read::parse;
pub use timeline::Period;

use crate::digest::sha256_hex;
use crate::refusal::Refusal;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Where a value comes from and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provision {
    /// Article of the statute or regulation, or of the law for a default.
    pub source: String,
    /// First day; `None` if it was always so.
    pub valid_from: Option<NaiveDate>,
    /// Last day, included; `None` if it has no end.
    pub valid_to: Option<NaiveDate>,
}

impl Regulation {
    /// The set in force on a civil date. Refused where a key without default has no value then.
    pub fn on(&self, date: NaiveDate) -> Result<Self, Refusal> {
        Self::assemble(&self.timeline, Some(date), &self.digest, &self.warnings)
    }

    /// SHA-256 of the set in force on a civil date: it changes only when something in force does.
    pub fn digest_on(&self, date: NaiveDate) -> String {
        sha256_hex(self.timeline.canonical(date).as_bytes())
    }

    /// The sets in force from a civil date on: the one of that day, and one for each later day on
    /// which something changes. A day on which a key has no value is left out.
    pub fn sets_from(&self, date: NaiveDate) -> Vec<Self> {
        let later = self.timeline.turning_days().into_iter().filter(|day| *day > date);
        [date].into_iter().chain(later).filter_map(|day| self.on(day).ok()).collect()
    }

    /// Line of a key of this set in its file; the first one for a key left to its default.
    pub fn line(&self, key: &str) -> usize {
        self.timeline.period(key, self.on).map_or(1, |period| period.line)
    }

    /// The value of a key of this set as it is or would be written; none where there is none.
    pub fn value_of(&self, key: &Key) -> Option<value::Raw> {
        let written = self.timeline.period(key.name, self.on).map(|period| period.value.clone());
        written.or_else(|| key.default_value())
    }

    /// The periods of a key as the file has them, by date of beginning; none for a default.
    pub fn periods(&self, key: &Key) -> &[Period] {
        self.timeline.periods(key.name)
    }

    /// The Comune chose it: it is written for this day, not left to the law.
    pub fn is_written(&self, key: &Key) -> bool {
        self.timeline.period(key.name, self.on).is_some()
    }

    /// The source of a key of this set.
    pub fn source(&self, key: &str) -> &str {
        self.provisions.get(key).map_or("", |provision| provision.source.as_str())
    }
}
