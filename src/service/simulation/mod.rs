// SPDX-License-Identifier: AGPL-3.0-or-later
//! A whole Comune that lives by chance: thousands of acts through the real rules, with people who
//! act within and against their powers, and a fault at every boundary.
//!
//! One seed is one Comune for some months: everything that happens follows from it, so a seed that
//! breaks something breaks it again. What is real: `decide`, `evolve`, `react`, the write set, the
//! rows, the facts of every paper. What stands for something else: bytes of documents and signatures
//! (a hash), the queue and the tables (maps), the network (nobody). One life in some is written at its
//! end into a real archive, day by day under its seals, and verified there.

mod archive;
mod chance;
mod check;
mod people;
mod room;
mod town;
mod work;

pub use chance::Chance;
pub use people::Move;
pub use town::Town;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;

/// Acts of one Comune: enough for sittings with several items, few enough to be replayed at once.
pub const CASES: usize = 20;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("seme {seed}, gesto {gesture}: {what}")]
pub struct Broken {
    /// Seed: the same one breaks it again.
    pub seed: u64,
    /// How many gestures had been made.
    pub gesture: u64,
    /// What was found.
    pub what: String,
}

/// What happened, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Acts begun.
    pub cases: u64,
    /// Gestures that were recorded, those of workers included.
    pub done: u64,
    /// Gestures that were refused.
    pub refused: u64,
    /// Facts.
    pub events: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// How acts ended.
    pub ends: BTreeMap<String, u64>,
    /// Refusals by code: what people tried and could not.
    pub codes: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.done += other.done;
        self.refused += other.refused;
        self.events += other.events;
        for (what, n) in &other.faults {
            *self.faults.entry(*what).or_default() += n;
        }
        for (what, n) in &other.ends {
            *self.ends.entry(what.clone()).or_default() += n;
        }
        for (what, n) in &other.codes {
            *self.codes.entry(what.clone()).or_default() += n;
        }
    }
}

/// The life of one Comune.
///
/// # Errors
/// What must never be, with the seed that shows it again.
pub fn live(seed: u64) -> Result<Tally, Broken> {
    let mut town = Town::new(seed)?;
    town.live(CASES)?;
    Ok(town.tally)
}

/// Lives Comuni from a seed on, until so many acts were begun, on some threads; `progress` is told
/// the acts so far.
///
/// # Errors
/// The first thing found that must never be.
pub fn simulate(
    first: u64,
    cases: u64,
    threads: usize,
    progress: impl Fn(u64) + Sync,
) -> Result<Tally, Broken> {
    let next = AtomicU64::new(first);
    let last = first + cases.div_ceil(CASES as u64);
    let sum = Mutex::new((Tally::default(), None::<Broken>));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        return;
                    }
                    let lived = live(seed);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    match lived {
                        Ok(tally) => sum.0.add(&tally),
                        Err(broken) => {
                            // Nothing more is begun; the lowest seed is the one to look at.
                            next.store(last, Ordering::Relaxed);
                            if sum.1.as_ref().is_none_or(|known| broken.seed < known.seed) {
                                sum.1 = Some(broken);
                            }
                        }
                    }
                    progress(sum.0.cases);
                }
            });
        }
    });
    let (tally, broken) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.map_or(Ok(tally), Err)
}
