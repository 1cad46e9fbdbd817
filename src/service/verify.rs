// SPDX-License-Identifier: AGPL-3.0-or-later
//! Replays everything and names the first thing that does not fit.
//!
//! The store proves that the record was not touched; here the rules are run again over the events
//! and what they give (rows, jobs, registers, documents) is compared with what is there.

use super::history::{fact_of, parts};
use crate::domain::changes::Fact;
use crate::domain::effects::{At, case_rows, evolve, react, registry_row, sitting_rows};
use crate::domain::papers::SignedForm;
use crate::domain::rows::Row;
use crate::domain::stream::{NewJob, RegisterOpened, StoredEvent};
use crate::domain::world::World;
use crate::store::{Finding, Report, SealRef, Snapshot, Store, StoreError};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Events read at a time.
const PAGE: i64 = 1_000;

/// What a replay says should be there.
#[derive(Default)]
pub(super) struct Expected {
    pub world: World,
    registry: BTreeMap<String, Row>,
    pub jobs: BTreeMap<String, NewJob>,
    opened: Vec<RegisterOpened>,
    pub documents: BTreeSet<(String, String)>,
    /// Place of the last event, and when it was recorded.
    pub last: Option<(i64, DateTime<Utc>)>,
}

/// Verifies a database: chains, seals, documents, registers, then rows and jobs by replay.
/// `seal` is the last seal kept elsewhere, if any; `progress` is told the events replayed.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(
    store: &Store,
    seal: Option<&SealRef>,
    mut progress: impl FnMut(i64),
) -> Result<Report, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let mut report = snapshot.verify_structure(seal).await?;
    if report.finding.is_none() {
        report.finding = replay(&mut snapshot, &mut progress).await?;
    }
    Ok(report)
}

async fn replay(
    snapshot: &mut Snapshot,
    progress: &mut impl FnMut(i64),
) -> Result<Option<Finding>, StoreError> {
    match Expected::read(snapshot, progress).await? {
        Ok(expected) => expected.compare(snapshot).await,
        Err(finding) => Ok(Some(finding)),
    }
}

impl Expected {
    /// Reads the whole record again; the first event that cannot be.
    pub async fn read(
        snapshot: &mut Snapshot,
        progress: &mut impl FnMut(i64),
    ) -> Result<Result<Self, Finding>, StoreError> {
        let mut expected = Self::default();
        let mut page = snapshot.events_after(0, PAGE).await?;
        let mut seen = 0;
        while let Some(last) = page.last() {
            let position = last.position;
            seen += i64::try_from(page.len()).unwrap_or_default();
            // The next page is read while this one is replayed.
            let applied = tokio::task::spawn_blocking(move || expected.apply_all(&page));
            let (next, applied) = tokio::join!(snapshot.events_after(position, PAGE), applied);
            let applied = applied.map_err(|error| StoreError::Panicked(error.to_string()))?;
            match applied {
                Ok(after) => (expected, page) = (after, next?),
                Err(finding) => return Ok(Err(finding)),
            }
            progress(seen);
        }
        Ok(Ok(expected))
    }

    /// Folds a page of events, or names the first that cannot be.
    fn apply_all(mut self, page: &[StoredEvent]) -> Result<Self, Finding> {
        for stored in page {
            self.last = Some((stored.position, stored.event.recorded_at));
            self.apply(stored).map_err(|reason| {
                let place = format!("events {} v{}", stored.event.stream, stored.version);
                Finding { place, reason }
            })?;
        }
        Ok(self)
    }

    /// Folds the next event and collects what it owes.
    pub fn apply(&mut self, stored: &StoredEvent) -> Result<(), String> {
        let event = &stored.event;
        let fact = fact_of(stored).map_err(|error| error.to_string())?;
        let (_, again) = parts(&fact);
        if !keeps(&event.payload, &again) {
            return Err("l'evento riletto non è uguale a quello scritto".into());
        }
        if again.get("event").and_then(Value::as_str) != Some(event.kind.as_str()) {
            return Err(format!("il tipo «{}» non è quello dell'evento", event.kind));
        }
        evolve(&mut self.world, &fact, event.happened_at, &event.actor);
        let at = At {
            stream: &event.stream,
            version: stored.version,
            happened: event.happened_at,
            recorded: event.recorded_at,
        };
        let effects = react(&self.world, &fact, at);
        for job in effects.jobs {
            self.jobs.entry(job.key.clone()).or_insert(job);
        }
        self.opened.extend(effects.opened);
        if let Fact::Registry(event) = &fact
            && let Some(row) = registry_row(&self.world.registry, event)
        {
            let key = match &row {
                Row::Person(person) => format!("person/{}", person.id),
                Row::Mandate(mandate) => format!("mandate/{}", mandate.id),
                _ => String::new(),
            };
            self.registry.insert(key, row);
        }
        collect_documents(&event.payload, &mut self.documents);
        Ok(())
    }

    /// Every row there should be.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.registry.values().cloned().collect();
        for case in self.world.cases.values() {
            rows.extend(case_rows(&self.world, case));
        }
        rows.extend(self.world.sittings.values().flat_map(|held| sitting_rows(held)));
        rows
    }

    async fn compare(self, snapshot: &mut Snapshot) -> Result<Option<Finding>, StoreError> {
        if let Some(finding) = snapshot.compare_rows(self.rows()).await? {
            return Ok(Some(finding));
        }
        if let Some(finding) = snapshot.compare_jobs(self.jobs.into_values().collect()).await? {
            return Ok(Some(finding));
        }
        if let Some(finding) = snapshot.compare_registers(self.opened).await? {
            return Ok(Some(finding));
        }
        snapshot.compare_documents(self.documents.into_iter().collect()).await
    }
}

/// Whether an event read again holds everything that was written. A field that the program which
/// wrote it did not know is there with its default.
fn keeps(written: &Value, read: &Value) -> bool {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            let mut all = written.iter();
            all.all(|(name, value)| read.get(name).is_some_and(|found| keeps(value, found)))
        }
        (Value::Array(written), Value::Array(read)) => {
            let mut pairs = written.iter().zip(read);
            written.len() == read.len() && pairs.all(|(one, other)| keeps(one, other))
        }
        _ => written == read,
    }
}

fn collect_documents(payload: &Value, found: &mut BTreeSet<(String, String)>) {
    documents_named(payload, &mut |sha256, media, _| {
        found.insert((sha256.to_owned(), media.to_owned()));
    });
}

/// Tells each document an event names: SHA-256, MIME type, and what it is called there. Signed
/// papers and composed revisions are PDF unless they say that a container is around them,
/// attachments say their own type.
pub(crate) fn documents_named(payload: &Value, tell: &mut dyn FnMut(&str, &str, &str)) {
    match payload {
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str);
            let label = text("name").or(text("key")).or(text("kind")).unwrap_or_default();
            if let Some(sha256) = text("sha256") {
                let form = fields.get("form").cloned().unwrap_or_default();
                let form: SignedForm = serde_json::from_value(form).unwrap_or_default();
                tell(sha256, text("media_type").unwrap_or(form.media_type()), label);
            }
            if let (Some("capigruppo_sent"), Some(paper)) = (text("event"), text("paper")) {
                tell(paper, super::paper::PDF, "elenco_capigruppo");
            }
            if let (Some("public_file_replaced"), Some(new)) = (text("event"), text("new")) {
                tell(new, super::paper::PDF, "versione_pubblicabile");
            }
            fields.values().for_each(|value| documents_named(value, tell));
        }
        Value::Array(items) => items.iter().for_each(|value| documents_named(value, tell)),
        _ => {}
    }
}
