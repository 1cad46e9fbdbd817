// SPDX-License-Identifier: AGPL-3.0-or-later
//! From stored events to folded state.

use crate::domain::case::{Case, CaseEvent};
use crate::domain::changes::Fact;
use crate::domain::registry::{Registry, RegistryEvent};
use crate::domain::sitting::{Sitting, SittingEvent};
use crate::domain::stream::{NewEvent, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use crate::store::Loaded;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
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
    let payload = event.payload.clone();
    let unreadable = |error: serde_json::Error| Unreadable {
        stream: event.stream.to_string(),
        version: stored.version,
        reason: error.to_string(),
    };
    let id = event.stream.id.clone();
    Ok(match event.stream.kind {
        StreamKind::Case => {
            Fact::Case(id, serde_json::from_value::<CaseEvent>(payload).map_err(unreadable)?)
        }
        StreamKind::Sitting => {
            Fact::Sitting(id, serde_json::from_value::<SittingEvent>(payload).map_err(unreadable)?)
        }
        StreamKind::Registry => {
            Fact::Registry(serde_json::from_value::<RegistryEvent>(payload).map_err(unreadable)?)
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

/// Keeps the folded registry of the last head seen: it changes rarely and every command reads it.
#[derive(Debug, Default)]
pub struct RegistryCache(Mutex<Option<(String, Arc<Registry>)>>);

impl RegistryCache {
    /// The registry of these events, folded again only when its head moved.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn fold(&self, events: &[Arc<StoredEvent>]) -> Result<Arc<Registry>, Unreadable> {
        let Some(head) = events.last() else { return Ok(Arc::default()) };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((hash, registry)) = kept.as_ref()
            && *hash == head.hash
            && !hash.is_empty()
        {
            return Ok(Arc::clone(registry));
        }
        let mut registry = Registry::default();
        for stored in events {
            if let Fact::Registry(event) = fact_of(stored)? {
                registry.evolve(&event);
            }
        }
        let registry = Arc::new(registry);
        *kept = Some((head.hash.clone(), Arc::clone(&registry)));
        Ok(registry)
    }
}

/// Folds what was loaded.
///
/// # Errors
/// [`Unreadable`].
pub fn world(loaded: &Loaded, cache: &RegistryCache) -> Result<World, Unreadable> {
    let mut world = World { registers: loaded.registers.clone(), ..World::default() };
    for stream in loaded.streams.keys() {
        let events = loaded.stream(stream);
        match stream.kind {
            StreamKind::Registry => world.registry = cache.fold(events)?,
            StreamKind::Case => {
                let mut case = Case::new(&stream.id);
                for stored in events {
                    if let Fact::Case(_, event) = fact_of(stored)? {
                        case.evolve(&event, stored.event.happened_at, &stored.event.actor);
                    }
                }
                world.cases.insert(stream.id.clone(), case);
            }
            StreamKind::Sitting => {
                let mut sitting = Sitting::new(&stream.id);
                for stored in events {
                    if let Fact::Sitting(_, event) = fact_of(stored)? {
                        sitting.evolve(&event, stored.event.happened_at);
                    }
                }
                world.sittings.insert(stream.id.clone(), sitting);
            }
        }
    }
    Ok(world)
}
