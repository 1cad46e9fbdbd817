// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reading the record: one stream, all events in order, the names of the streams.

use super::StoreError;
use super::chain::{EventText, event_hash};
use super::db::{Store, on};
use super::instant::parse_instant;
use crate::domain::stream::{NewEvent, StoredEvent, StreamId, StreamKind};
use sqlx::FromRow;

pub(crate) const STREAM: &str = "SELECT position, stream, version, kind, payload, actor, \
     happened_at, recorded_at, hash FROM events WHERE stream = $1 ORDER BY version";

pub(crate) const EVENTS_AFTER: &str = "SELECT position, stream, version, kind, payload, actor, \
     happened_at, recorded_at, hash FROM events WHERE position > $1 ORDER BY position LIMIT $2";

pub(crate) const STREAMS: &str =
    "SELECT stream FROM streams WHERE stream > $1 AND stream < $2 ORDER BY stream";

/// An event as the columns hold it.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct EventRecord {
    pub position: i64,
    pub stream: String,
    pub version: i64,
    pub kind: String,
    pub payload: String,
    pub actor: String,
    pub happened_at: String,
    pub recorded_at: String,
    pub hash: String,
}

impl EventRecord {
    /// The hash its columns should have after the event whose hash is `previous`.
    pub fn computed_hash(&self, previous: &str) -> String {
        let text = EventText {
            stream: &self.stream,
            version: self.version,
            kind: &self.kind,
            payload: &self.payload,
            actor: &self.actor,
            happened_at: &self.happened_at,
            recorded_at: &self.recorded_at,
        };
        event_hash(previous, text)
    }

    /// The event of the domain, or which column cannot be read.
    pub fn into_stored(self) -> Result<StoredEvent, StoreError> {
        let corrupt = |reason: &str| StoreError::Corrupt {
            table: "events",
            id: format!("{} versione {}", self.stream, self.version),
            reason: reason.to_owned(),
        };
        let event = NewEvent {
            stream: parse_stream(&self.stream).ok_or_else(|| corrupt("stream"))?,
            payload: serde_json::from_str(&self.payload).map_err(|_| corrupt("payload"))?,
            happened_at: parse_instant(&self.happened_at).ok_or_else(|| corrupt("happened_at"))?,
            recorded_at: parse_instant(&self.recorded_at).ok_or_else(|| corrupt("recorded_at"))?,
            kind: self.kind,
            actor: self.actor,
        };
        Ok(StoredEvent { event, version: self.version, position: self.position, hash: self.hash })
    }
}

/// `case/0192…` back to its parts.
pub(crate) fn parse_stream(text: &str) -> Option<StreamId> {
    let (kind, id) = text.split_once('/')?;
    let kinds = [StreamKind::Case, StreamKind::Sitting, StreamKind::Registry];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind)?;
    Some(StreamId { kind, id: id.to_owned() })
}

impl Store {
    /// All events of a stream, oldest first; none if it does not exist.
    pub async fn stream(&self, id: &StreamId) -> Result<Vec<StoredEvent>, StoreError> {
        let name = id.to_string();
        let records: Vec<EventRecord> =
            on!(self, |pool| sqlx::query_as(STREAM).bind(name).fetch_all(pool).await)?;
        records.into_iter().map(EventRecord::into_stored).collect()
    }

    /// The next events of the whole store after a position, at most `limit`.
    ///
    /// For replay and export. Not a subscription: on PostgreSQL an event may be committed after
    /// one with a greater position was already visible.
    pub async fn events_after(
        &self,
        position: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let records: Vec<EventRecord> = on!(self, |pool| sqlx::query_as(EVENTS_AFTER)
            .bind(position)
            .bind(limit)
            .fetch_all(pool)
            .await)?;
        records.into_iter().map(EventRecord::into_stored).collect()
    }

    /// The streams of a kind, by id.
    pub async fn streams(&self, kind: StreamKind) -> Result<Vec<StreamId>, StoreError> {
        // `0` is the character after `/`: a range that the index of the key serves.
        let (from, to) = (format!("{}/", kind.as_str()), format!("{}0", kind.as_str()));
        let names: Vec<String> = on!(self, |pool| sqlx::query_scalar(STREAMS)
            .bind(from)
            .bind(to)
            .fetch_all(pool)
            .await)?;
        let parsed = names.into_iter().map(|name| {
            parse_stream(&name).ok_or_else(|| StoreError::Corrupt {
                table: "streams",
                id: name.clone(),
                reason: "nome".into(),
            })
        });
        parsed.collect()
    }
}
