// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reads a read set with one statement, hence from one snapshot and in one round trip.

use super::StoreError;
use super::cache::Cache;
use super::chain::ZERO;
use super::events::{EventRecord, parse_stream};
use super::write::{History, Loaded, ReadSet};
use crate::domain::stream::StreamId;
use serde_json::json;
use sqlx::{FromRow, PgConnection, SqliteConnection};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// `$1` is `{"streams": [[stream, version known]], "registers": [[register, year]],
/// "documents": [[sha256]], "requests": [[id]]}`.
pub(crate) static LOAD_SQLITE: LazyLock<String> =
    LazyLock::new(|| load_sql(|part| format!("json_each($1, '$.{part}') AS w")));

/// The same for PostgreSQL.
pub(crate) static LOAD_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    load_sql(|part| format!("json_array_elements(CAST($1 AS JSON)->'{part}') AS w(value)"))
});

fn load_sql(from: impl Fn(&str) -> String) -> String {
    let (streams, registers, documents) = (from("streams"), from("registers"), from("documents"));
    let requests = from("requests");
    format!(
        "SELECT 'head' AS what, s.stream AS name, s.version AS n, s.position AS position, \
             '' AS kind, '' AS payload, '' AS actor, '' AS happened_at, '' AS recorded_at, \
             s.hash AS hash \
         FROM {streams} JOIN streams s ON s.stream = w.value->>0 \
         UNION ALL \
         SELECT 'event', e.stream, e.version, e.position, \
             e.kind, e.payload, e.actor, e.happened_at, e.recorded_at, e.hash \
         FROM {streams} JOIN events e \
             ON e.stream = w.value->>0 AND e.version > CAST(w.value->>1 AS BIGINT) \
         UNION ALL \
         SELECT 'register', r.register, r.last, r.year, '', '', '', '', '', '' \
         FROM {registers} JOIN registers r \
             ON r.register = w.value->>0 AND r.year = CAST(w.value->>1 AS BIGINT) \
         UNION ALL \
         SELECT 'document', d.sha256, 0, 0, '', '', '', '', '', '' \
         FROM {documents} JOIN documents d ON d.sha256 = w.value->>0 \
         UNION ALL \
         SELECT 'request', q.id, 0, 0, '', q.answer, '', '', '', q.digest \
         FROM {requests} JOIN api_requests q ON q.id = w.value->>0"
    )
}

/// One line of the answer; for registers `n` is the last number and `position` the year, for
/// requests `payload` is the answer.
#[derive(Debug, FromRow)]
struct Line {
    what: String,
    name: String,
    n: i64,
    position: i64,
    kind: String,
    payload: String,
    actor: String,
    happened_at: String,
    recorded_at: String,
    hash: String,
}

/// The connection of one engine, for the pair of statements that differ.
pub(crate) enum Conn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Conn<'_> {
    async fn lines(&mut self, question: String) -> Result<Vec<Line>, sqlx::Error> {
        match self {
            Self::Sqlite(conn) => {
                sqlx::query_as(LOAD_SQLITE.as_str()).bind(question).fetch_all(&mut **conn).await
            }
            Self::Postgres(conn) => {
                sqlx::query_as(LOAD_POSTGRES.as_str()).bind(question).fetch_all(&mut **conn).await
            }
        }
    }
}

/// Reads what `read` names; what the cache knows is only checked. Also says how many round
/// trips it took: one, two when the cache was wrong.
pub(crate) async fn load(
    conn: &mut Conn<'_>,
    read: &ReadSet,
    cache: &Cache,
) -> Result<(Loaded, u64), StoreError> {
    let known: BTreeMap<StreamId, History> =
        read.streams.iter().filter_map(|id| Some((id.clone(), cache.get(id)?))).collect();
    let lines = conn.lines(question(read, &known)).await?;
    if let Some(loaded) = assemble(read, &known, lines)? {
        remember(&loaded, cache);
        return Ok((loaded, 1));
    }
    // The database is not the one the cache was filled from (a restored copy): start again.
    read.streams.iter().for_each(|id| cache.forget(id));
    let lines = conn.lines(question(read, &BTreeMap::new())).await?;
    match assemble(read, &BTreeMap::new(), lines)? {
        Some(loaded) => {
            remember(&loaded, cache);
            Ok((loaded, 2))
        }
        None => Err(StoreError::Corrupt {
            table: "streams",
            id: read.streams.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            reason: "la testa non corrisponde all'ultimo evento".into(),
        }),
    }
}

fn remember(loaded: &Loaded, cache: &Cache) {
    for (id, history) in loaded.streams.iter().filter(|(_, history)| !history.is_empty()) {
        cache.put(id, history);
    }
}

fn question(read: &ReadSet, known: &BTreeMap<StreamId, History>) -> String {
    let streams = read.streams.iter().map(|id| {
        let version = known.get(id).map_or(0, |history| history.len());
        json!([id.to_string(), version])
    });
    let registers = read.registers.iter().map(|(register, year)| json!([register, year]));
    let documents = read.documents.iter().map(|sha256| json!([sha256]));
    let requests = read.requests.iter().map(|id| json!([id]));
    json!({
        "streams": streams.collect::<Vec<_>>(),
        "registers": registers.collect::<Vec<_>>(),
        "documents": documents.collect::<Vec<_>>(),
        "requests": requests.collect::<Vec<_>>(),
    })
    .to_string()
}

/// Joins what was known with what was read; `None` if they do not meet at the head.
fn assemble(
    read: &ReadSet,
    known: &BTreeMap<StreamId, History>,
    lines: Vec<Line>,
) -> Result<Option<Loaded>, StoreError> {
    let mut loaded =
        Loaded { asked: read.documents.iter().cloned().collect(), ..Loaded::default() };
    let mut heads = BTreeMap::new();
    let mut events = Vec::new();
    for id in &read.streams {
        loaded.streams.insert(id.clone(), known.get(id).cloned().unwrap_or_default());
    }
    for (register, year) in &read.registers {
        loaded.registers.insert((register.clone(), *year), None);
    }
    for line in lines {
        match line.what.as_str() {
            "head" => {
                heads.insert(line.name, (line.n, line.hash));
            }
            "event" => events.push(line.into_event()),
            "register" => {
                let year = i32::try_from(line.position).unwrap_or_default();
                loaded.registers.insert((line.name, year), Some(line.n));
            }
            "request" => {
                loaded.requests.insert(line.name, (line.hash, line.payload));
            }
            _ => {
                loaded.documents.insert(line.name);
            }
        }
    }
    events.sort_unstable_by_key(|event| event.version);
    for record in events {
        if !follows(&record, known) {
            return Ok(None);
        }
        let event = Arc::new(record.into_stored()?);
        if let Some(history) = loaded.streams.get_mut(&event.event.stream) {
            Arc::make_mut(history).push(event);
        }
    }
    let meet = loaded.streams.iter().all(|(id, history)| {
        let head = heads.get(&id.to_string());
        let last = history.last();
        head.map(|(version, hash)| (*version, hash.as_str()))
            == last.map(|last| (last.version, last.hash.as_str()))
            && last.is_none_or(|last| last.version == history.len() as i64)
    });
    Ok(meet.then_some(loaded))
}

/// True unless the event is the first after what was known and is not chained to it.
fn follows(record: &EventRecord, known: &BTreeMap<StreamId, History>) -> bool {
    let Some(history) = parse_stream(&record.stream).and_then(|id| known.get(&id)) else {
        return true;
    };
    let last = history.last().map(|last| (last.version, last.hash.as_str()));
    let (version, hash) = last.unwrap_or((0, ZERO));
    record.version != version + 1 || record.hash == record.computed_hash(hash)
}

impl Line {
    fn into_event(self) -> EventRecord {
        EventRecord {
            position: self.position,
            stream: self.name,
            version: self.n,
            kind: self.kind,
            payload: self.payload,
            actor: self.actor,
            happened_at: self.happened_at,
            recorded_at: self.recorded_at,
            hash: self.hash,
        }
    }
}
