// SPDX-License-Identifier: AGPL-3.0-or-later
//! What proves the events of some streams to who has nothing but a seal: their columns as stored,
//! the audit path of each to its seal, and the seals from there to the newest (`chain.rs`).

use super::StoreError;
use super::chain::{EventText, ZERO, audit_path, event_hash, leaf};
use super::events::{EventRecord, STREAM};
use super::seals::{LEAVES, Leaf, PAGE, SEALS, SealRecord};
use super::snapshot::Snapshot;
use crate::domain::stream::{StoredEvent, StreamId};
use serde::{Deserialize, Serialize};

pub use super::seals::SealRecord as SealProof;

/// Where an event stands under the seal that covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderSeal {
    /// Number of the seal.
    pub n: i64,
    /// Place among the events it adds, from 0.
    pub index: u64,
    /// How many it adds.
    pub size: u64,
    /// Hashes to the root, the nearest first (RFC 6962, 2.1.1).
    pub path: Vec<String>,
}

/// An event with everything its hash covers, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedEvent {
    /// Place in the whole record.
    pub position: i64,
    /// `kind/id`.
    pub stream: String,
    /// Place in its stream, from 1.
    pub version: i64,
    /// Token.
    pub kind: String,
    /// JSON text as stored.
    pub payload: String,
    /// Person's id or `system`.
    pub actor: String,
    /// RFC 3339.
    pub happened_at: String,
    /// RFC 3339.
    pub recorded_at: String,
    /// Hash of the event before it in its stream.
    pub previous: String,
    /// Its hash.
    pub hash: String,
    /// The seal that covers it; none when it is younger than the newest.
    pub seal: Option<UnderSeal>,
}

impl ProvedEvent {
    /// The hash its columns should have.
    pub fn computed_hash(&self) -> String {
        let text = EventText {
            stream: &self.stream,
            version: self.version,
            kind: &self.kind,
            payload: &self.payload,
            actor: &self.actor,
            happened_at: &self.happened_at,
            recorded_at: &self.recorded_at,
        };
        event_hash(&self.previous, text)
    }

    /// The event of the domain.
    ///
    /// # Errors
    /// A column that cannot be read.
    pub fn stored(&self) -> Result<StoredEvent, StoreError> {
        let record = EventRecord {
            position: self.position,
            stream: self.stream.clone(),
            version: self.version,
            kind: self.kind.clone(),
            payload: self.payload.clone(),
            actor: self.actor.clone(),
            happened_at: self.happened_at.clone(),
            recorded_at: self.recorded_at.clone(),
            hash: self.hash.clone(),
        };
        record.into_stored()
    }
}

/// Events and the seals that hold them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proof {
    /// Events of each stream asked for, in its order.
    pub streams: Vec<Vec<ProvedEvent>>,
    /// Seals from the first that covers one of them to the newest.
    pub seals: Vec<SealProof>,
}

impl Snapshot {
    /// The proof of some streams.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prove(&mut self, streams: &[StreamId]) -> Result<Proof, StoreError> {
        let mut proof = Proof::default();
        for stream in streams {
            let name = stream.to_string();
            let records: Vec<EventRecord> = self.all(STREAM, &[name.as_str().into()]).await?;
            let mut previous = ZERO.to_owned();
            let mut events = Vec::with_capacity(records.len());
            for record in records {
                let hash = record.hash.clone();
                events.push(bare(record, std::mem::replace(&mut previous, hash)));
            }
            proof.streams.push(events);
        }
        let seals: Vec<SealRecord> = self.all(SEALS, &[]).await?;
        let first = proof.streams.iter().flatten().map(|event| event.position).min();
        let mut after = 0;
        for seal in seals {
            if first.is_some_and(|first| seal.position >= first) {
                self.place(&mut proof.streams, after, &seal).await?;
                proof.seals.push(seal.clone());
            }
            after = seal.position;
        }
        Ok(proof)
    }

    /// Finds the events that a seal covers and their way to its root.
    async fn place(
        &mut self,
        streams: &mut [Vec<ProvedEvent>],
        after: i64,
        seal: &SealRecord,
    ) -> Result<(), StoreError> {
        let covered =
            |event: &ProvedEvent| event.position > after && event.position <= seal.position;
        if !streams.iter().flatten().any(covered) {
            return Ok(());
        }
        let (mut at, mut leaves, mut positions) = (after, Vec::new(), Vec::new());
        loop {
            let args = [at.into(), seal.position.into(), PAGE.into()];
            let page: Vec<Leaf> = self.all(LEAVES, &args).await?;
            let Some(end) = page.last() else { break };
            at = end.position;
            for line in &page {
                leaves.push(leaf(line.position, &line.stream, line.version, &line.hash));
                positions.push(line.position);
            }
        }
        for event in streams.iter_mut().flatten().filter(|event| covered(event)) {
            let Ok(index) = positions.binary_search(&event.position) else { continue };
            event.seal = Some(UnderSeal {
                n: seal.n,
                index: index as u64,
                size: leaves.len() as u64,
                path: audit_path(&leaves, index),
            });
        }
        Ok(())
    }
}

fn bare(record: EventRecord, previous: String) -> ProvedEvent {
    ProvedEvent {
        position: record.position,
        stream: record.stream,
        version: record.version,
        kind: record.kind,
        payload: record.payload,
        actor: record.actor,
        happened_at: record.happened_at,
        recorded_at: record.recorded_at,
        previous,
        hash: record.hash,
        seal: None,
    }
}
