// SPDX-License-Identifier: AGPL-3.0-or-later
//! From stored events to folded state.

use crate::domain::case::{Case, CaseEvent};
use crate::domain::changes::Fact;
use crate::domain::registry::{Registry, RegistryEvent};
use crate::domain::sitting::{Sitting, SittingEvent};
use crate::domain::stream::{NewEvent, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use crate::store::Loaded;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// A stored event this version of the program cannot read.
#[derive(Debug, Clone, Error)]
#[error("l'evento {version} del flusso {stream} non è leggibile: {reason}")]
pub struct Unreadable {
    /// Stream.
    pub stream: String,
    /// Version in the stream.
    pub version: i64,
    /// Why.
    pub reason: String,
}

/// The typed fact of a stored event.
///
/// # Errors
/// [`Unreadable`] when the payload is not one this program writes.
pub fn fact_of(stored: &StoredEvent) -> Result<Fact, Unreadable> {
    let event = &stored.event;
    let payload = &event.payload;
    let unreadable = |error: serde_json::Error| Unreadable {
        stream: event.stream.to_string(),
        version: stored.version,
        reason: error.to_string(),
    };
    let id = event.stream.id.clone();
    Ok(match event.stream.kind {
        StreamKind::Case => Fact::Case(id, CaseEvent::deserialize(payload).map_err(unreadable)?),
        StreamKind::Sitting => {
            Fact::Sitting(id, SittingEvent::deserialize(payload).map_err(unreadable)?)
        }
        StreamKind::Registry => {
            Fact::Registry(RegistryEvent::deserialize(payload).map_err(unreadable)?)
        }
    })
}

/// The stream a fact belongs to, and its payload.
pub fn parts(fact: &Fact) -> (StreamId, Value) {
    let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    match fact {
        Fact::Case(id, event) => (StreamId::case(id), json(serde_json::to_value(event))),
        Fact::Sitting(id, event) => (StreamId::sitting(id), json(serde_json::to_value(event))),
        Fact::Registry(event) => (StreamId::registry(), json(serde_json::to_value(event))),
    }
}

/// The event to append for a fact.
pub fn new_event(fact: &Fact, ctx: &crate::domain::case::Ctx) -> NewEvent {
    let (stream, payload) = parts(fact);
    let kind = payload.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
    NewEvent {
        stream,
        kind,
        payload,
        actor: ctx.actor.clone(),
        happened_at: ctx.happened,
        recorded_at: ctx.now,
    }
}

/// Acts and sittings kept folded: more than the agenda of a long sitting, which every screen of the
/// room reads whole.
const KEPT_MAX: usize = 128;

/// Streams as they were last folded, so that each fact is read into its state once and not at every
/// look. Only a saving: a state is good for the head it was folded to, whose hash names everything
/// before it, and for what is chained after that.
#[derive(Debug, Default)]
pub struct Folds {
    registry: Kept<Registry>,
    cases: Kept<Case>,
    sittings: Kept<Sitting>,
}

/// The states of one kind of stream by identifier.
#[derive(Debug)]
struct Kept<T>(Mutex<States<T>>);

#[derive(Debug)]
struct States<T> {
    by_id: HashMap<String, State<T>>,
    clock: u64,
}

#[derive(Debug)]
struct State<T> {
    /// Of the last event folded.
    hash: String,
    events: usize,
    folded: Arc<T>,
    used: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(States { by_id: HashMap::new(), clock: 0 }))
    }
}

impl<T: Clone> Kept<T> {
    /// The state of these events: from the one kept, where they go on from it.
    fn fold(
        &self,
        id: &str,
        events: &[Arc<StoredEvent>],
        new: impl Fn() -> T,
        evolve: impl Fn(&mut T, &StoredEvent) -> Result<(), Unreadable>,
    ) -> Result<Arc<T>, Unreadable> {
        let before = self.before(id, events);
        let (mut state, known) = before.unwrap_or_else(|| (Arc::new(new()), 0));
        if known < events.len() {
            let folded = Arc::make_mut(&mut state);
            for stored in &events[known..] {
                evolve(folded, stored)?;
            }
            self.keep(id, events, &state);
        }
        Ok(state)
    }

    /// A state that these events go on from, and how many of them it holds.
    fn before(&self, id: &str, events: &[Arc<StoredEvent>]) -> Option<(Arc<T>, usize)> {
        let mut states = self.lock();
        states.clock += 1;
        let clock = states.clock;
        let state = states.by_id.get_mut(id)?;
        let last = events.get(state.events.checked_sub(1)?)?;
        if state.hash.is_empty() || last.hash != state.hash {
            return None;
        }
        state.used = clock;
        Some((Arc::clone(&state.folded), state.events))
    }

    fn keep(&self, id: &str, events: &[Arc<StoredEvent>], folded: &Arc<T>) {
        let Some(head) = events.last() else { return };
        let mut states = self.lock();
        let (hash, folded) = (head.hash.clone(), Arc::clone(folded));
        let state = State { hash, events: events.len(), folded, used: states.clock };
        states.by_id.insert(id.to_owned(), state);
        if states.by_id.len() > KEPT_MAX {
            let oldest = states.by_id.iter().min_by_key(|(_, state)| state.used);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                states.by_id.remove(&id);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, States<T>> {
        // Whoever panicked left at worst a state of other events: its hash tells.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Folds what was loaded.
///
/// # Errors
/// [`Unreadable`].
pub fn world(loaded: &Loaded, folds: &Folds) -> Result<World, Unreadable> {
    let mut world = World { registers: loaded.registers.clone(), ..World::default() };
    for stream in loaded.streams.keys() {
        let (id, events) = (stream.id.as_str(), loaded.stream(stream));
        match stream.kind {
            StreamKind::Registry => {
                world.registry =
                    folds.registry.fold(id, events, Registry::default, evolve_registry)?;
            }
            StreamKind::Case => {
                let case = folds.cases.fold(id, events, || Case::new(id), evolve_case)?;
                world.cases.insert(stream.id.clone(), case);
            }
            StreamKind::Sitting => {
                let new = || Sitting::new(id);
                let sitting = folds.sittings.fold(id, events, new, evolve_sitting)?;
                world.sittings.insert(stream.id.clone(), sitting);
            }
        }
    }
    Ok(world)
}

fn evolve_registry(registry: &mut Registry, stored: &StoredEvent) -> Result<(), Unreadable> {
    if let Fact::Registry(event) = fact_of(stored)? {
        registry.evolve(&event);
    }
    Ok(())
}

fn evolve_case(case: &mut Case, stored: &StoredEvent) -> Result<(), Unreadable> {
    if let Fact::Case(_, event) = fact_of(stored)? {
        case.evolve(&event, stored.event.happened_at, &stored.event.actor);
    }
    Ok(())
}

fn evolve_sitting(sitting: &mut Sitting, stored: &StoredEvent) -> Result<(), Unreadable> {
    if let Fact::Sitting(_, event) = fact_of(stored)? {
        sitting.evolve(&event, stored.event.happened_at);
    }
    Ok(())
}
