// SPDX-License-Identifier: AGPL-3.0-or-later
//! The periods of every key: what is in force on which civil date.

use super::Provision;
use super::keys::{KEYS, Key};
use super::value::{Raw, Setting};
use crate::refusal::Refusal;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// One value of a key, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The value as written.
    pub value: Raw,
    /// Source and validity.
    pub provision: Provision,
    /// Line of the table in the file.
    pub line: usize,
}

impl Period {
    fn begins(&self) -> NaiveDate {
        self.provision.valid_from.unwrap_or(NaiveDate::MIN)
    }

    /// In force, as far as this period alone says.
    fn covers(&self, date: NaiveDate) -> bool {
        self.begins() <= date && self.provision.valid_to.is_none_or(|last| date <= last)
    }
}

/// The periods of each key written in the file, by date of beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline(BTreeMap<&'static str, Vec<Period>>);

impl Timeline {
    /// Adds the periods of a key, in any order.
    pub fn insert(&mut self, key: &Key, mut periods: Vec<Period>) {
        periods.sort_by_key(Period::begins);
        self.0.insert(key.name, periods);
    }

    /// The periods of a key; none if it is left to its default.
    pub fn periods(&self, name: &str) -> &[Period] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The period in force (`None`: the last). A period ends when the next begins.
    pub fn period(&self, name: &str, on: Option<NaiveDate>) -> Option<&Period> {
        let periods = self.periods(name);
        match on {
            None => periods.last(),
            Some(date) => periods
                .iter()
                .rev()
                .find(|period| period.begins() <= date)
                .filter(|period| period.covers(date)),
        }
    }

    /// The typed value in force, or the national default.
    pub fn value<T: Setting>(
        &self,
        name: &str,
        on: Option<NaiveDate>,
        default: Option<T>,
    ) -> Result<T, Refusal> {
        let written = self.period(name, on).map(|period| T::read(&period.value));
        match (written, default) {
            (Some(Ok(value)), _) | (None, Some(value)) => Ok(value),
            (Some(Err(reason)), _) => {
                Err(Refusal::new("regulation_unreadable", "", "", format!("{name}: {reason}")))
            }
            (None, None) => Err(missing(name, on)),
        }
    }

    /// Source and validity of every key, national defaults included.
    pub fn provisions(&self, on: Option<NaiveDate>) -> BTreeMap<String, Provision> {
        let provision = |key: &Key| match self.period(key.name, on) {
            Some(period) => period.provision.clone(),
            None => Provision { source: key.law.to_owned(), valid_from: None, valid_to: None },
        };
        KEYS.iter().map(|key| (key.name.to_owned(), provision(key))).collect()
    }

    /// The dates on which something changes, and one before all of them.
    pub fn turning_days(&self) -> BTreeSet<NaiveDate> {
        let provisions = self.0.values().flatten().map(|period| &period.provision);
        let turns = provisions.flat_map(|provision| {
            let after = provision.valid_to.and_then(|last| last.succ_opt());
            [provision.valid_from, after]
        });
        turns.flatten().chain([NaiveDate::MIN]).collect()
    }

    /// One spelling of the set in force on a date; a digest is taken on it.
    pub fn canonical(&self, on: NaiveDate) -> String {
        let line = |key: &Key| match self.period(key.name, Some(on)) {
            Some(period) => format!(
                "{} = {} # {} # {:?} # {:?}\n",
                key.name,
                period.value,
                period.provision.source,
                period.provision.valid_from,
                period.provision.valid_to
            ),
            None => format!("{} # {}\n", key.name, key.law),
        };
        KEYS.iter().map(line).collect()
    }
}

fn missing(name: &str, on: Option<NaiveDate>) -> Refusal {
    let when = on.map(|date| date.format(" il %d/%m/%Y").to_string()).unwrap_or_default();
    let text = format!("Il regolamento del Comune non stabilisce «{name}» in vigore{when}");
    Refusal::new("regulation_silent", "R7.2", "art. 134, c. 3, TUEL", text)
        .next(format!("Completare il regolamento con la chiave «{name}» e la sua fonte"))
}
