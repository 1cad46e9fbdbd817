// SPDX-License-Identifier: AGPL-3.0-or-later
//! The one clock: the only place of the product that asks the machine what time it is.
//!
//! Everything else receives an instant. The demo and the scenarios run months in a second on the
//! simulated clock; nothing can tell the difference.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the instant of now, truncated to what both databases keep.
pub trait Clock: Send + Sync {
    /// The instant of now, in microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved; its clones show the same time.
#[derive(Debug, Clone)]
pub struct SimulatedClock {
    instant: Arc<Mutex<DateTime<Utc>>>,
}

impl SimulatedClock {
    /// A clock that stands at an instant.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self { instant: Arc::new(Mutex::new(instant.trunc_subsecs(6))) }
    }

    /// Moves the clock to an instant, backwards too: a scenario may enter facts of the past.
    pub fn set(&self, instant: DateTime<Utc>) {
        *self.instant.lock().unwrap_or_else(PoisonError::into_inner) = instant.trunc_subsecs(6);
    }

    /// Moves the clock forward and tells the new instant.
    pub fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        let mut instant = self.instant.lock().unwrap_or_else(PoisonError::into_inner);
        *instant = (*instant + by).trunc_subsecs(6);
        *instant
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.instant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
