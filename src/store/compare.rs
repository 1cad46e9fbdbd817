// SPDX-License-Identifier: AGPL-3.0-or-later
//! Compares what a replay says should be there with what is: the half of `verify` that needs the
//! rules. The service replays the events and hands the result here.

use super::StoreError;
use super::instant::instant;
use super::rows::whole;
use super::snapshot::Snapshot;
use super::table::{self, TABLES};
use super::verify::Finding;
use crate::domain::digest::sha256_hex;
use crate::domain::rows::Row;
use crate::domain::stream::{NewJob, RegisterOpened};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Jobs that a fact owes; periodic ones follow from no event.
const JOBS: &str =
    "SELECT key, kind, payload, due_at, stream FROM jobs WHERE stream <> '' ORDER BY key";
/// What was accepted when the archive passed to a newer version, the oldest first.
const ACCEPTED: &str = "SELECT payload FROM jobs WHERE kind = 'migration' ORDER BY key";
const REGISTERS: &str =
    "SELECT register, year, opened_at_last FROM registers ORDER BY register, year";
const MEDIA_TYPES: &str = "SELECT sha256, media_type FROM documents ORDER BY sha256";

/// Every statement of this file, whole row tables included.
pub(crate) fn statements() -> Vec<&'static str> {
    let mut all = vec![JOBS, ACCEPTED, REGISTERS, MEDIA_TYPES];
    all.extend(TABLES.iter().map(|table| whole(table)));
    all
}

/// Kind of the job that keeps what was accepted: done when it is queued, it is never performed.
pub const MIGRATION: &str = "migration";

/// Jobs that are not as the rules of today want them, with the digest of what is there instead: they
/// are owed by facts that an earlier version recorded, under the rules it had. None: nothing is there.
pub type Accepted = BTreeMap<String, Option<String>>;

/// Rows by key, each as (column, value as people read it).
type Lines = BTreeMap<String, Vec<(&'static str, String)>>;

impl Snapshot {
    /// Compares `cases`, `sittings`, `register_entries`, `papers`, `people` and `mandates` with
    /// the rows of a replay; the first row missing, in excess or different, with its column.
    pub async fn compare_rows(
        &mut self,
        expected: Vec<Row>,
    ) -> Result<Option<Finding>, StoreError> {
        let mut by_table: BTreeMap<&str, Lines> = BTreeMap::new();
        for row in &expected {
            let (table, fields) = table::fields(row);
            let lines = by_table.entry(table.name).or_default();
            lines.insert(table.key_of(&fields), line(table, &fields));
        }
        for table in TABLES {
            let stored = self.lines(table).await?;
            let expected = by_table.remove(table.name).unwrap_or_default();
            if let Some(finding) = first_difference(table.name, &expected, &stored) {
                return Ok(Some(finding));
            }
        }
        Ok(None)
    }

    /// The rows of a replay that are not there as they should be.
    pub async fn rows_behind(&mut self, expected: Vec<Row>) -> Result<Vec<Row>, StoreError> {
        let mut stored: BTreeMap<&str, Lines> = BTreeMap::new();
        for table in TABLES {
            stored.insert(table.name, self.lines(table).await?);
        }
        let behind = expected.into_iter().filter(|row| {
            let (table, fields) = table::fields(row);
            let found = stored.get(table.name).and_then(|lines| lines.get(&table.key_of(&fields)));
            found != Some(&line(table, &fields))
        });
        Ok(behind.collect())
    }

    async fn lines(&mut self, table: &'static table::Table) -> Result<Lines, StoreError> {
        let rows = self.rows(table, whole(table)).await?;
        Ok(rows.iter().map(|fields| (table.key_of(fields), line(table, fields))).collect())
    }

    /// Compares the jobs that facts owe with those of a replay, but for what was accepted.
    pub async fn compare_jobs(
        &mut self,
        expected: Vec<NewJob>,
    ) -> Result<Option<Finding>, StoreError> {
        let (mut expected, mut stored) = self.jobs_of_facts(expected).await?;
        for (key, digest) in self.accepted().await? {
            if stored.get(&key).map(|line| digest_of(line)) == digest {
                expected.remove(&key);
                stored.remove(&key);
            }
        }
        Ok(first_difference("jobs", &expected, &stored))
    }

    /// Every job that is not as a replay wants it.
    pub async fn job_differences(&mut self, expected: Vec<NewJob>) -> Result<Accepted, StoreError> {
        let (expected, stored) = self.jobs_of_facts(expected).await?;
        let differs = |key: &&String| expected.get(*key) != stored.get(*key);
        let keys = expected.keys().chain(stored.keys()).filter(differs);
        Ok(keys.map(|key| (key.clone(), stored.get(key).map(|line| digest_of(line)))).collect())
    }

    async fn accepted(&mut self) -> Result<Accepted, StoreError> {
        let kept: Vec<(String,)> = self.all(ACCEPTED, &[]).await?;
        let read = kept.iter().map(|(text,)| serde_json::from_str::<Accepted>(text));
        Ok(read.filter_map(Result::ok).flatten().collect())
    }

    async fn jobs_of_facts(&mut self, expected: Vec<NewJob>) -> Result<(Lines, Lines), StoreError> {
        let stored: Vec<(String, String, String, String, String)> = self.all(JOBS, &[]).await?;
        let expected = expected.into_iter().filter(|job| !job.stream.is_empty()).map(|job| {
            let line = job_line(job.kind, job.payload.to_string(), instant(job.due_at), job.stream);
            (job.key, line)
        });
        let expected: Lines = expected.collect();
        let stored = stored.into_iter().map(|(key, kind, payload, due_at, stream)| {
            let as_written = job_line(kind, payload, due_at, stream);
            let line = if expected.get(&key) == Some(&as_written) {
                as_written
            } else {
                in_our_words(as_written)
            };
            (key, line)
        });
        let stored = stored.collect();
        Ok((expected, stored))
    }

    /// Compares the registers with the openings of a replay.
    pub async fn compare_registers(
        &mut self,
        expected: Vec<RegisterOpened>,
    ) -> Result<Option<Finding>, StoreError> {
        let stored: Vec<(String, i64, i64)> = self.all(REGISTERS, &[]).await?;
        let line = |last: i64| vec![("opened_at_last", last.to_string())];
        let stored = stored
            .into_iter()
            .map(|(register, year, last)| (format!("{register}/{year}"), line(last)));
        let expected = expected
            .into_iter()
            .map(|opened| (format!("{}/{}", opened.register, opened.year), line(opened.last)));
        Ok(first_difference("registers", &expected.collect(), &stored.collect()))
    }

    /// Compares the documents with those that a replay names: (SHA-256, MIME type).
    pub async fn compare_documents(
        &mut self,
        expected: Vec<(String, String)>,
    ) -> Result<Option<Finding>, StoreError> {
        let stored: Vec<(String, String)> = self.all(MEDIA_TYPES, &[]).await?;
        let line = |(sha256, media_type)| (sha256, vec![("media_type", media_type)]);
        let expected: Lines = expected.into_iter().map(line).collect();
        let stored: Lines = stored.into_iter().map(line).collect();
        Ok(first_difference("documents", &expected, &stored))
    }
}

fn digest_of(line: &[(&'static str, String)]) -> String {
    sha256_hex(serde_json::json!(line).to_string().as_bytes())
}

fn job_line(
    kind: String,
    payload: String,
    due_at: String,
    stream: String,
) -> Vec<(&'static str, String)> {
    vec![("kind", kind), ("payload", payload), ("due_at", due_at), ("stream", stream)]
}

/// The same value may be written differently; only the value matters.
fn in_our_words(mut line: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    for (column, text) in &mut line {
        if *column == "payload"
            && let Ok(value) = serde_json::from_str::<Value>(text)
        {
            *text = value.to_string();
        }
    }
    line
}

fn line(table: &table::Table, fields: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let columns = table.columns.iter().map(|(name, _)| {
        let text = match fields.get(*name) {
            Some(Value::String(text)) => format!("«{text}»"),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        (*name, text)
    });
    columns.collect()
}

fn first_difference(table: &str, expected: &Lines, stored: &Lines) -> Option<Finding> {
    for (key, wanted) in expected {
        let place = format!("{table}, {key}");
        let Some(found) = stored.get(key) else {
            return Some(Finding::new(place, "la riga manca, ma gli eventi la richiedono"));
        };
        let differing = wanted.iter().zip(found).find(|(wanted, found)| wanted != found);
        if let Some(((column, wanted), (_, found))) = differing {
            let reason = format!("colonna {column}: è {found}, dagli eventi risulta {wanted}");
            return Some(Finding::new(place, reason));
        }
    }
    let extra = stored.keys().find(|key| !expected.contains_key(*key))?;
    Some(Finding::new(format!("{table}, {extra}"), "la riga non risulta da nessun evento"))
}
