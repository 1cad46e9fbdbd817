// SPDX-License-Identifier: AGPL-3.0-or-later
//! Appends a plan: the one place where the two engines are written for separately.
//!
//! SQLite has one writer, inside `BEGIN IMMEDIATE`: one set-based insert per table that has
//! something to say. PostgreSQL counts round trips: the same inserts become one statement, which
//! also checks that every stream and register read is still as it was read, and raises 40001
//! (or violates the unique key of a stream) when it is not. A statement that fails leaves nothing.

use super::StoreError;
use super::batch::Plan;
use super::instant::instant;
use super::table::{self, REGISTER_ENTRIES, TABLES, Table};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection, SqliteConnection};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Positions are given by SQLite, one after the other: an event has no row before its place.
const EVENTS_SQLITE: &str = "INSERT INTO events \
     (stream, version, kind, payload, actor, happened_at, recorded_at, hash) \
     SELECT w.value->>0, CAST(w.value->>1 AS BIGINT), w.value->>2, \
         w.value->>3, w.value->>4, w.value->>5, w.value->>6, w.value->>7 \
     FROM json_each($1) AS w WHERE true ORDER BY w.key RETURNING position";

const STREAMS_SQLITE: &str = "INSERT INTO streams (stream, version, hash, position) \
     SELECT e.stream, e.version, e.hash, e.position FROM json_each($2) AS w \
     JOIN events e ON e.stream = w.value->>0 AND e.version = CAST(w.value->>1 AS BIGINT) \
     WHERE true ON CONFLICT (stream) DO UPDATE SET \
     version = excluded.version, hash = excluded.hash, position = excluded.position";

const DOCUMENT_SQLITE: &str = "INSERT INTO documents (sha256, media_type, size, bytes) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING";

static COUNTERS_SQLITE: LazyLock<String> = LazyLock::new(|| counters_sql("json_each($1) AS w"));

/// A row that goes through the driver costs more than the disk, so the statements of a batch go
/// together: `$1` events, `$2` heads, `$3` jobs, `$4` cases, `$5` tasks, `$6` requests answered. The
/// full list goes on with `$7` registers opened, `$8` lines of numbers taken and from `$9` the other
/// row tables.
static COMMON_SQLITE: LazyLock<String> = LazyLock::new(|| common_sqlite().join("; "));
static FULL_SQLITE: LazyLock<String> = LazyLock::new(|| {
    let mut parts = common_sqlite();
    parts.extend([opened_sql(&each(7)), REGISTER_ENTRIES.insert(&each(8))]);
    parts.extend(other_tables().zip(9..).map(|(table, n)| table.put(&each(n))));
    parts.join("; ")
});

fn common_sqlite() -> Vec<String> {
    vec![
        EVENTS_SQLITE.to_owned(),
        STREAMS_SQLITE.to_owned(),
        jobs_sql(&each(3)),
        job_state_sql(&each(3)),
        table::CASES.put(&each(4)),
        table::TASKS.put(&each(5)),
        requests_sql(&each(6)),
    ]
}

fn each(n: usize) -> String {
    format!("json_each(${n}) AS w")
}

fn opened_sql(from: &str) -> String {
    format!(
        "INSERT INTO registers (register, year, opened_at_last, last) \
         SELECT w.value->>0, CAST(w.value->>1 AS BIGINT), CAST(w.value->>2 AS BIGINT), \
             CAST(w.value->>3 AS BIGINT) FROM {from} WHERE true"
    )
}

/// Moves the counters that still stand where they were read; as many rows as counters moved.
fn counters_sql(from: &str) -> String {
    format!(
        "UPDATE registers SET last = CAST(w.value->>3 AS BIGINT) FROM {from} \
         WHERE registers.register = w.value->>0 \
         AND registers.year = CAST(w.value->>1 AS BIGINT) \
         AND registers.last = CAST(w.value->>2 AS BIGINT)"
    )
}

fn jobs_sql(from: &str) -> String {
    format!(
        "INSERT INTO jobs (key, kind, payload, due_at, stream) \
         SELECT w.value->>0, w.value->>1, w.value->>2, w.value->>3, w.value->>4 \
         FROM {from} WHERE true ON CONFLICT (key) DO NOTHING"
    )
}

fn job_state_sql(from: &str) -> String {
    format!(
        "INSERT INTO job_state (key, state, attempts, next_at) \
         SELECT w.value->>0, 'available', 0, w.value->>3 \
         FROM {from} WHERE true ON CONFLICT (key) DO NOTHING"
    )
}

/// One that is already there is an error, which the writer takes for a race.
fn requests_sql(from: &str) -> String {
    format!(
        "INSERT INTO api_requests (id, digest, answer, recorded_at) \
         SELECT w.value->>0, w.value->>1, w.value->>2, w.value->>3 FROM {from} WHERE true"
    )
}

/// `$1` what was read, `$2` events, `$3` jobs, `$4` cases, `$5` tasks; then `$6` requests answered,
/// for those that came with a key; the full statement goes on with `$7` registers opened, `$8`
/// counters, `$9` lines of numbers taken, `$10`–`$13` documents and from `$14` the other row tables.
/// Most transitions need only the first five, and a part that has nothing to do still costs its
/// start-up.
static COMMON_POSTGRES: LazyLock<String> = LazyLock::new(|| append_postgres(&[], ""));
static KEYED_POSTGRES: LazyLock<String> =
    LazyLock::new(|| append_postgres(&[("requests", requests_sql(&elements(6)))], ""));
static FULL_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    let mut parts = vec![
        ("requests", requests_sql(&elements(6))),
        ("opened", opened_sql(&elements(7))),
        ("counters", counters_sql(&elements(8)) + " RETURNING 1"),
        ("entries", REGISTER_ENTRIES.insert(&elements(9))),
        (
            "documents",
            "INSERT INTO documents (sha256, media_type, size, bytes) \
             SELECT * FROM unnest(CAST($10 AS TEXT[]), CAST($11 AS TEXT[]), \
             CAST($12 AS BIGINT[]), CAST($13 AS BYTEA[])) ON CONFLICT (sha256) DO NOTHING"
                .to_owned(),
        ),
    ];
    let tables = other_tables().zip(14..);
    parts.extend(tables.map(|(table, n)| (table.name, table.put(&elements(n)))));
    let moved = "(SELECT COUNT(*) FROM put_counters) \
                 = json_array_length(CAST($8 AS JSON)) AND ";
    append_postgres(&parts, moved)
});

/// Tables that have their place in every statement: an act that moves changes its row and its tasks.
const COMMON_TABLES: [&str; 2] = ["cases", "tasks"];

fn other_tables() -> impl Iterator<Item = &'static Table> {
    TABLES.into_iter().filter(|table| !COMMON_TABLES.contains(&table.name))
}

/// True when the plan says nothing beyond the common statement and the requests answered.
fn is_common(plan: &Plan) -> bool {
    plan.opened.is_empty()
        && plan.counters.is_empty()
        && plan.entries.is_empty()
        && plan.documents.is_empty()
        && plan.rows.keys().all(|(table, _)| COMMON_TABLES.contains(table))
}

/// JSONB and not JSON: each `->>` on JSON parses the whole text again.
fn elements(n: usize) -> String {
    format!("jsonb_array_elements(CAST(${n} AS JSONB)) AS w(value)")
}

fn append_postgres(more: &[(&str, String)], moved: &str) -> String {
    let (jobs, state) = (jobs_sql(&elements(3)), job_state_sql(&elements(3)));
    let (cases, tasks) = (table::CASES.put(&elements(4)), table::TASKS.put(&elements(5)));
    let more: String = more.iter().map(|(name, sql)| format!(", put_{name} AS ({sql})")).collect();
    let events = elements(2);
    format!(
        "WITH held AS ( \
             SELECT s.version FROM json_array_elements(CAST($1 AS JSON)->'streams') \
                 AS w(value) JOIN streams s ON s.stream = w.value->>0 \
             WHERE s.version = CAST(w.value->>1 AS BIGINT) FOR SHARE OF s \
         ), numbers AS ( \
             SELECT r.last FROM json_array_elements(CAST($1 AS JSON)->'registers') \
                 AS w(value) JOIN registers r ON r.register = w.value->>0 \
                 AND r.year = CAST(w.value->>1 AS BIGINT) \
             WHERE r.last = CAST(w.value->>2 AS BIGINT) FOR SHARE OF r \
         ), e AS ( \
             INSERT INTO events \
             (stream, version, kind, payload, actor, happened_at, recorded_at, hash) \
             SELECT w.value->>0, CAST(w.value->>1 AS BIGINT), w.value->>2, w.value->>3, \
                 w.value->>4, w.value->>5, w.value->>6, w.value->>7 \
             FROM {events} \
             RETURNING stream, version, position, hash \
         ), heads AS ( \
             INSERT INTO streams (stream, version, hash, position) \
             SELECT DISTINCT ON (stream) stream, version, hash, position FROM e \
             ORDER BY stream, version DESC \
             ON CONFLICT (stream) DO UPDATE SET \
             version = excluded.version, hash = excluded.hash, position = excluded.position \
         ), put_jobs AS ({jobs}), put_state AS ({state}), put_cases AS ({cases}), \
         put_tasks AS ({tasks}){more}, \
         checked AS ( \
             SELECT CASE WHEN {moved} \
                 (SELECT COUNT(*) FROM held) \
                     = json_array_length(CAST($1 AS JSON)->'streams') \
                 AND (SELECT COUNT(*) FROM numbers) \
                     = json_array_length(CAST($1 AS JSON)->'registers') \
                 AND NOT EXISTS (SELECT 1 FROM streams s, \
                     json_array_elements_text(CAST($1 AS JSON)->'missing') AS w(value) \
                     WHERE s.stream = w.value) \
             THEN 0 ELSE delibera_conflict() END AS ok \
         ) \
         SELECT checked.ok, e.stream, e.version, e.position FROM checked LEFT JOIN e ON true"
    )
}

/// Every statement of this file on SQLite.
pub(crate) fn statements_sqlite() -> Vec<&'static str> {
    let parts = [EVENTS_SQLITE, STREAMS_SQLITE, DOCUMENT_SQLITE];
    let whole = [COUNTERS_SQLITE.as_str(), COMMON_SQLITE.as_str(), FULL_SQLITE.as_str()];
    [parts, whole].concat()
}

/// Every statement of this file on PostgreSQL.
pub(crate) fn statements_postgres() -> Vec<&'static str> {
    vec![COMMON_POSTGRES.as_str(), KEYED_POSTGRES.as_str(), FULL_POSTGRES.as_str()]
}

/// Positions of the events of the plan, in its order, and the round trips made.
type Appended = (Vec<i64>, u64);

/// Appends inside the transaction that is open on `conn`.
pub(crate) async fn sqlite(
    conn: &mut SqliteConnection,
    plan: &Plan,
) -> Result<Appended, StoreError> {
    let mut trips = 1;
    if !plan.counters.is_empty() {
        let moved = sqlx::query(COUNTERS_SQLITE.as_str()).bind(text(&counters(plan)));
        if moved.execute(&mut *conn).await?.rows_affected() != plan.counters.len() as u64 {
            return Err(StoreError::Busy);
        }
        trips += 1;
    }
    let common = is_common(plan);
    let sql = if common { COMMON_SQLITE.as_str() } else { FULL_SQLITE.as_str() };
    let mut query = sqlx::query_scalar(sql)
        .bind(text(&events(plan)))
        .bind(text(&heads(plan)))
        .bind(text(&jobs(plan)))
        .bind(text(&rows(plan, &table::CASES)))
        .bind(text(&rows(plan, &table::TASKS)))
        .bind(text(&requests(plan)));
    if !common {
        query = query.bind(text(&opened(plan))).bind(text(&entries(plan)));
        for table in other_tables() {
            query = query.bind(text(&rows(plan, table)));
        }
    }
    let mut positions: Vec<i64> = query.fetch_all(&mut *conn).await?;
    // In the order in which they were given, whatever the order in which they are told.
    positions.sort_unstable();
    if positions.len() != plan.events.len() {
        let text = format!("{} fatti e {} posizioni", plan.events.len(), positions.len());
        return Err(StoreError::Invalid(text));
    }
    for document in plan.documents.values() {
        sqlx::query(DOCUMENT_SQLITE)
            .bind(&document.sha256)
            .bind(&document.media_type)
            .bind(document.bytes.len() as i64)
            .bind(&document.bytes)
            .execute(&mut *conn)
            .await?;
        trips += 1;
    }
    Ok((positions, trips))
}

#[derive(FromRow)]
struct Landed {
    stream: Option<String>,
    version: Option<i64>,
    position: Option<i64>,
}

/// Appends with one statement, which is its own transaction unless one is open on `conn`.
pub(crate) async fn postgres(
    conn: &mut PgConnection,
    plan: &Plan,
) -> Result<Appended, sqlx::Error> {
    let common = is_common(plan);
    let keyed = !common || !plan.requests.is_empty();
    let sql = match (common, keyed) {
        (true, false) => COMMON_POSTGRES.as_str(),
        (true, true) => KEYED_POSTGRES.as_str(),
        (false, _) => FULL_POSTGRES.as_str(),
    };
    let mut query = sqlx::query_as(sql)
        .bind(as_read(plan).to_string())
        .bind(text(&events(plan)))
        .bind(text(&jobs(plan)))
        .bind(text(&rows(plan, &table::CASES)))
        .bind(text(&rows(plan, &table::TASKS)));
    if keyed {
        query = query.bind(text(&requests(plan)));
    }
    if !common {
        let documents = || plan.documents.values();
        query = query
            .bind(text(&opened(plan)))
            .bind(text(&counters(plan)))
            .bind(text(&entries(plan)))
            .bind(documents().map(|it| it.sha256.as_str()).collect::<Vec<_>>())
            .bind(documents().map(|it| it.media_type.as_str()).collect::<Vec<_>>())
            .bind(documents().map(|it| it.bytes.len() as i64).collect::<Vec<_>>())
            .bind(documents().map(|it| it.bytes.as_slice()).collect::<Vec<_>>());
        for table in other_tables() {
            query = query.bind(text(&rows(plan, table)));
        }
    }
    let landed: Vec<Landed> = query.fetch_all(&mut *conn).await?;
    let landed: BTreeMap<(String, i64), i64> = landed
        .into_iter()
        .filter_map(|line| Some(((line.stream?, line.version?), line.position?)))
        .collect();
    let positions = plan.events.iter().map(|planned| {
        let key = (planned.event.event.stream.to_string(), planned.event.version);
        landed.get(&key).copied().unwrap_or(0)
    });
    Ok((positions.collect(), 1))
}

/// What must still be as read: streams not appended to (the unique key guards the others) and
/// registers whose counter does not move (their update guards the others).
fn as_read(plan: &Plan) -> Value {
    let written = plan.streams_written();
    let others = plan.streams_read.iter().filter(|(stream, _)| !written.contains(stream));
    let (missing, held): (Vec<_>, Vec<_>) = others.partition(|(_, version)| **version == 0);
    let registers = plan.registers_read.iter().filter_map(|(key, last)| {
        let still = last.filter(|_| !plan.counters.contains_key(key))?;
        Some(json!([key.0, key.1, still]))
    });
    json!({
        "streams": held.iter().map(|(id, n)| json!([id.to_string(), n])).collect::<Vec<_>>(),
        "missing": missing.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>(),
        "registers": registers.collect::<Vec<_>>(),
    })
}

fn text(values: &[Value]) -> String {
    // Joining by hand avoids cloning the values into an array.
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(","))
}

fn events(plan: &Plan) -> Vec<Value> {
    let values = plan.events.iter().map(|planned| {
        let stored = &planned.event;
        json!([
            stored.event.stream.to_string(),
            stored.version,
            stored.event.kind,
            planned.payload,
            stored.event.actor,
            planned.happened_at,
            planned.recorded_at,
            stored.hash,
        ])
    });
    values.collect()
}

/// The last version of every stream that gets events.
fn heads(plan: &Plan) -> Vec<Value> {
    let events = plan.events.iter().map(|planned| &planned.event);
    let last: BTreeMap<String, i64> =
        events.map(|event| (event.event.stream.to_string(), event.version)).collect();
    last.into_iter().map(|head| json!(head)).collect()
}

fn opened(plan: &Plan) -> Vec<Value> {
    let lines = plan.opened.iter();
    lines.map(|((name, year), counter)| json!([name, year, counter.was, counter.becomes])).collect()
}

fn counters(plan: &Plan) -> Vec<Value> {
    let lines = plan.counters.iter();
    lines.map(|((name, year), counter)| json!([name, year, counter.was, counter.becomes])).collect()
}

fn entries(plan: &Plan) -> Vec<Value> {
    let rows = plan.entries.values().cloned().map(crate::domain::rows::Row::Register);
    rows.map(|row| table::stored(table::fields(&row).1)).collect()
}

fn rows(plan: &Plan, table: &Table) -> Vec<Value> {
    let rows = plan.rows.iter().filter(|((name, _), _)| *name == table.name);
    rows.map(|(_, fields)| table::stored(fields.clone())).collect()
}

fn jobs(plan: &Plan) -> Vec<Value> {
    let jobs = plan.jobs.iter().map(|job| {
        json!([job.key, job.kind, job.payload.to_string(), instant(job.due_at), job.stream])
    });
    jobs.collect()
}

fn requests(plan: &Plan) -> Vec<Value> {
    let requests = plan.requests.values();
    requests.map(|kept| json!([kept.id, kept.digest, kept.answer, instant(kept.at)])).collect()
}
