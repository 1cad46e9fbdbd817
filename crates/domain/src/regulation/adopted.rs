// SPDX-License-Identifier: AGPL-3.0-or-later
//! A regulation on record, with the set of each of its days.

use super::Regulation;
use crate::law::profile;
use crate::refusal::Refusal;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A regulation adopted from a civil date. Its sets are made when it is adopted, since every
/// decision asks for one.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// First day.
    pub from: NaiveDate,
    /// The text as it was read.
    pub written: Arc<Regulation>,
    /// By the first day on which something differs; none where a key has no value.
    sets: BTreeMap<NaiveDate, Option<Arc<Regulation>>>,
}

impl Adopted {
    /// A text adopted from a civil date.
    pub fn new(from: NaiveDate, written: Regulation) -> Self {
        let days = written.timeline.turning_days().into_iter().chain(profile::first_days());
        let sets = days.map(|day| (day, written.on(day).ok().map(Arc::new))).collect();
        Self { from, written: Arc::new(written), sets }
    }

    /// The set in force on a civil date.
    ///
    /// # Errors
    /// The key that has no value then.
    pub fn on(&self, date: NaiveDate) -> Result<Arc<Regulation>, Refusal> {
        match self.sets.range(..=date).next_back() {
            Some((_, Some(set))) => Ok(Arc::clone(set)),
            _ => self.written.on(date).map(Arc::new),
        }
    }
}
