// SPDX-License-Identifier: AGPL-3.0-or-later
//! Histories kept in memory so that a long stream is not read again at every command.
//!
//! Only a saving: what is found here is always compared with the head in the database.

use super::write::History;
use crate::domain::stream::StreamId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Events kept over all streams: a sitting with sixty acts has some five thousand in hand.
const EVENTS_MAX: usize = 8_192;

#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Histories>);

#[derive(Debug, Default)]
struct Histories {
    streams: HashMap<StreamId, (History, u64)>,
    events: usize,
    clock: u64,
}

impl Cache {
    /// The history kept of a stream.
    pub fn get(&self, stream: &StreamId) -> Option<History> {
        let mut kept = self.lock();
        kept.clock += 1;
        let clock = kept.clock;
        let (history, used) = kept.streams.get_mut(stream)?;
        *used = clock;
        Some(history.clone())
    }

    /// Keeps a history as committed, unless a longer one is already kept.
    pub fn put(&self, stream: &StreamId, history: &History) {
        let mut kept = self.lock();
        if kept.streams.get(stream).is_some_and(|(known, _)| known.len() >= history.len()) {
            return;
        }
        kept.clock += 1;
        let clock = kept.clock;
        if let Some((old, _)) = kept.streams.insert(stream.clone(), (history.clone(), clock)) {
            kept.events -= old.len();
        }
        kept.events += history.len();
        if kept.events > EVENTS_MAX {
            kept.shrink();
        }
    }

    /// Forgets a stream.
    pub fn forget(&self, stream: &StreamId) {
        let mut kept = self.lock();
        if let Some((old, _)) = kept.streams.remove(stream) {
            kept.events -= old.len();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Histories> {
        // Whoever panicked left at worst a stale history, and those are found by their head.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Histories {
    /// Forgets the streams used longest ago, down to half of what may be kept.
    fn shrink(&mut self) {
        let mut by_use: Vec<(u64, StreamId)> =
            self.streams.iter().map(|(stream, (_, used))| (*used, stream.clone())).collect();
        by_use.sort_unstable();
        for (_, stream) in by_use {
            if self.events <= EVENTS_MAX / 2 {
                break;
            }
            if let Some((old, _)) = self.streams.remove(&stream) {
                self.events -= old.len();
            }
        }
    }
}
