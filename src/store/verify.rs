// SPDX-License-Identifier: AGPL-3.0-or-later
//! The half of `verify` that needs no rules: chains, heads, seals, documents, registers, jobs.
//!
//! Everything is walked page by page in one snapshot, in bounded memory; the first thing that
//! does not fit ends the walk and is told with its place and its reason.

use super::StoreError;
use super::chain::{MerkleTree, ZERO};
use super::documents::Document;
use super::events::EventRecord;
use super::seals::{LEAVES, Leaf, PAGE, SEALS, SealRecord, SealRef};
use super::snapshot::Snapshot;
use crate::domain::digest::sha256_hex;
use sqlx::FromRow;
use std::fmt;

const CHAIN: &str = "SELECT position, stream, version, kind, payload, actor, \
     happened_at, recorded_at, hash FROM events WHERE (stream, version) > ($1, $2) \
     ORDER BY stream, version LIMIT $3";
const HEADS: &str = "SELECT stream, version, hash, position FROM streams WHERE stream > $1 \
     ORDER BY stream LIMIT $2";
const DOCUMENTS: &str = "SELECT sha256, media_type, size, bytes FROM documents \
     WHERE sha256 > $1 ORDER BY sha256 LIMIT 8";
const REGISTERS: &str =
    "SELECT register, year, opened_at_last, last FROM registers ORDER BY register, year";
const NUMBERS: &str = "SELECT number FROM register_entries WHERE register = $1 AND year = $2 \
     AND external = 0 AND number > $3 ORDER BY number LIMIT $4";
const STRAY_NUMBER: &str = "SELECT e.register, e.year, e.number FROM register_entries e \
     LEFT JOIN registers r ON r.register = e.register AND r.year = e.year \
     WHERE r.register IS NULL AND e.external = 0 ORDER BY e.register, e.year, e.number LIMIT 1";
const STRAY_JOB: &str = "SELECT j.key, j.stream FROM jobs j \
     LEFT JOIN streams s ON s.stream = j.stream \
     WHERE j.stream <> '' AND s.stream IS NULL ORDER BY j.key LIMIT 1";
const LOST_JOB: &str = "SELECT j.key, j.stream FROM jobs j \
     LEFT JOIN job_state s ON s.key = j.key WHERE s.key IS NULL ORDER BY j.key LIMIT 1";
const JOBS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs";

pub(crate) const STATEMENTS: [&str; 9] =
    [CHAIN, HEADS, DOCUMENTS, REGISTERS, NUMBERS, STRAY_NUMBER, STRAY_JOB, LOST_JOB, JOBS];

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: table and row.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

impl Finding {
    /// A finding.
    pub fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// What was walked, and the first thing that does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events whose chain was computed.
    pub events: i64,
    /// Streams.
    pub streams: i64,
    /// Seals.
    pub seals: i64,
    /// Events that no seal covers yet.
    pub unsealed: i64,
    /// Documents whose bytes were hashed.
    pub documents: i64,
    /// Registers.
    pub registers: i64,
    /// Jobs.
    pub jobs: i64,
    /// The newest seal, to be kept elsewhere.
    pub last_seal: Option<SealRef>,
    /// The first thing that does not fit; `None` when all does.
    pub finding: Option<Finding>,
}

/// Why the walk stopped: the database failed, or something does not fit.
enum Stop {
    Store(StoreError),
    Found(Finding),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn found<T>(place: impl Into<String>, reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Found(Finding::new(place, reason)))
}

impl Snapshot {
    /// Walks the whole record. `expected` is the last seal kept elsewhere: with it, the removal
    /// of the newest events and seals is noticed too.
    pub async fn verify_structure(
        &mut self,
        expected: Option<&SealRef>,
    ) -> Result<Report, StoreError> {
        let mut report = Report::default();
        match self.walk(expected, &mut report).await {
            Ok(()) => {}
            Err(Stop::Found(finding)) => report.finding = Some(finding),
            Err(Stop::Store(error)) => return Err(error),
        }
        Ok(report)
    }

    async fn walk(&mut self, expected: Option<&SealRef>, report: &mut Report) -> Result<(), Stop> {
        self.walk_chains(report).await?;
        self.walk_seals(expected, report).await?;
        self.walk_documents(report).await?;
        self.walk_registers(report).await?;
        self.walk_jobs(report).await
    }

    async fn walk_chains(&mut self, report: &mut Report) -> Result<(), Stop> {
        let mut heads = Heads::default();
        let mut last: Option<EventRecord> = None;
        loop {
            let (stream, version) =
                last.as_ref().map_or(("", 0), |last| (last.stream.as_str(), last.version));
            let args = [stream.into(), version.into(), PAGE.into()];
            let page: Vec<EventRecord> = self.all(CHAIN, &args).await?;
            if page.is_empty() {
                break;
            }
            for event in page {
                let before = last.take().filter(|last| last.stream == event.stream);
                if before.is_none() {
                    heads.begin(self, &event).await?;
                }
                check_event(before.as_ref(), &event)?;
                heads.advance(&event)?;
                report.events += 1;
                last = Some(event);
            }
        }
        heads.end(self).await?;
        report.streams = heads.count;
        Ok(())
    }

    async fn walk_seals(
        &mut self,
        expected: Option<&SealRef>,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let seals: Vec<SealRecord> = self.all(SEALS, &[]).await?;
        let mut before = SealRecord {
            n: 0,
            at: String::new(),
            position: 0,
            heads: 0,
            events: 0,
            root: String::new(),
            previous: String::new(),
            hash: ZERO.to_owned(),
        };
        for seal in seals {
            self.check_seal(&before, &seal).await?;
            report.seals += 1;
            before = seal;
        }
        report.unsealed = report.events - before.events;
        if report.seals > 0 {
            report.last_seal = Some(SealRef { n: before.n, hash: before.hash.clone() });
        }
        if let Some(expected) = expected {
            self.check_expected(expected).await?;
        }
        Ok(())
    }

    async fn check_seal(&mut self, before: &SealRecord, seal: &SealRecord) -> Result<(), Stop> {
        let place = format!("seals, sigillo {}", seal.n);
        if seal.n != before.n + 1 {
            return found(place, format!("dopo il sigillo {} manca il seguente", before.n));
        }
        if seal.previous != before.hash {
            return found(place, "non è concatenato al sigillo precedente");
        }
        if seal.hash != seal.computed_hash() {
            return found(place, "l'impronta non corrisponde al contenuto");
        }
        let mut tree = MerkleTree::default();
        let (mut at, mut heads, mut events) = (before.position, before.heads, before.events);
        loop {
            let args = [at.into(), seal.position.into(), PAGE.into()];
            let leaves: Vec<Leaf> = self.all(LEAVES, &args).await?;
            let Some(end) = leaves.last() else { break };
            at = end.position;
            for leaf in &leaves {
                tree.push(leaf.position, &leaf.stream, leaf.version, &leaf.hash);
                heads += i64::from(leaf.version == 1);
                events += 1;
            }
        }
        if (events, heads) != (seal.events, seal.heads) {
            let reason = format!(
                "copre {} eventi di {} pratiche, ma fino alla posizione {} ce ne sono {events} \
                 di {heads}",
                seal.events, seal.heads, seal.position
            );
            return found(place, reason);
        }
        if tree.root() != seal.root {
            return found(place, "gli eventi che copre non sono più quelli sigillati");
        }
        Ok(())
    }

    async fn check_expected(&mut self, expected: &SealRef) -> Result<(), Stop> {
        let seals: Vec<SealRecord> = self.all(SEALS, &[]).await?;
        let place = format!("seals, sigillo {}", expected.n);
        match seals.iter().find(|seal| seal.n == expected.n) {
            Some(seal) if seal.hash == expected.hash => Ok(()),
            Some(_) => found(place, "è diverso da quello conservato altrove"),
            None => found(
                place,
                "è conservato altrove ma qui manca: gli eventi più recenti sono stati tolti",
            ),
        }
    }

    async fn walk_documents(&mut self, report: &mut Report) -> Result<(), Stop> {
        let mut last = String::new();
        loop {
            let page: Vec<Document> = self.all(DOCUMENTS, &[last.as_str().into()]).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last.clone_from(&end.sha256);
            for document in page {
                let place = format!("documents, {}", document.sha256);
                if document.size != document.bytes.len() as i64 {
                    return found(place, "la dimensione non corrisponde ai byte");
                }
                if sha256_hex(&document.bytes) != document.sha256 {
                    return found(place, "l'impronta non corrisponde ai byte");
                }
                report.documents += 1;
            }
        }
    }

    async fn walk_registers(&mut self, report: &mut Report) -> Result<(), Stop> {
        let stray: Vec<(String, i64, i64)> = self.all(STRAY_NUMBER, &[]).await?;
        if let Some((register, year, number)) = stray.into_iter().next() {
            let place = format!("register_entries, {register}/{year}/{number}");
            return found(place, "il registro non risulta aperto");
        }
        let registers: Vec<(String, i64, i64, i64)> = self.all(REGISTERS, &[]).await?;
        for (register, year, opened_at, last) in registers {
            let mut at = opened_at;
            // Numbers at or below the opening were used elsewhere: none of ours may be there.
            let mut after = i64::MIN;
            loop {
                let args = [register.as_str().into(), year.into(), after.into(), PAGE.into()];
                let page: Vec<(i64,)> = self.all(NUMBERS, &args).await?;
                let Some((end,)) = page.last() else { break };
                after = *end;
                for (number,) in page {
                    if number != at + 1 {
                        let place = format!("register_entries, {register}/{year}/{number}");
                        return found(place, format!("dopo il numero {at} non viene {number}"));
                    }
                    at = number;
                }
            }
            if at != last {
                let place = format!("registers, {register}/{year}");
                let reason = format!("il contatore è a {last}, l'ultima riga è la {at}");
                return found(place, reason);
            }
            report.registers += 1;
        }
        Ok(())
    }

    async fn walk_jobs(&mut self, report: &mut Report) -> Result<(), Stop> {
        let stray: Vec<(String, String)> = self.all(STRAY_JOB, &[]).await?;
        if let Some((key, stream)) = stray.into_iter().next() {
            return found(format!("jobs, {key}"), format!("{stream} non esiste"));
        }
        let lost: Vec<(String, String)> = self.all(LOST_JOB, &[]).await?;
        if let Some((key, _)) = lost.into_iter().next() {
            return found(format!("jobs, {key}"), "nessuno stato: il lavoro è andato perso");
        }
        let jobs: Vec<(i64,)> = self.all(JOBS, &[]).await?;
        report.jobs = jobs.first().map_or(0, |(n,)| *n);
        Ok(())
    }
}

/// Compares an event with the one before it in its stream.
fn check_event(before: Option<&EventRecord>, event: &EventRecord) -> Result<(), Stop> {
    let place = format!("events, {} versione {}", event.stream, event.version);
    let (version, position, previous) = before
        .map_or((0, 0, ZERO), |before| (before.version, before.position, before.hash.as_str()));
    if event.version != version + 1 {
        return found(place, format!("dopo la versione {version} manca la seguente"));
    }
    if event.position <= position {
        return found(place, "la posizione precede quella dell'evento precedente");
    }
    if event.hash != event.computed_hash(previous) {
        return found(place, "l'impronta non corrisponde al contenuto o alla catena");
    }
    Ok(())
}

#[derive(Debug, FromRow)]
struct Head {
    stream: String,
    version: i64,
    hash: String,
    position: i64,
}

/// Walks the heads beside the chains, both in order of stream.
#[derive(Default)]
struct Heads {
    page: std::collections::VecDeque<Head>,
    /// Where the next page begins.
    after: String,
    current: Option<Head>,
    /// The last event seen of the current stream: version, hash, position.
    seen: (i64, String, i64),
    count: i64,
}

impl Heads {
    /// The stream of `event` begins: its head must be the next one.
    async fn begin(&mut self, snapshot: &mut Snapshot, event: &EventRecord) -> Result<(), Stop> {
        self.close()?;
        self.current = self.next(snapshot).await?;
        match &self.current {
            Some(head) if head.stream == event.stream => {
                self.count += 1;
                Ok(())
            }
            Some(head) if head.stream < event.stream => {
                found(format!("streams, {}", head.stream), "non ha eventi")
            }
            _ => found(format!("streams, {}", event.stream), "ha eventi ma non ha testa"),
        }
    }

    fn advance(&mut self, event: &EventRecord) -> Result<(), Stop> {
        self.seen = (event.version, event.hash.clone(), event.position);
        Ok(())
    }

    /// No more events: the last stream ends, and no head may be left.
    async fn end(&mut self, snapshot: &mut Snapshot) -> Result<(), Stop> {
        self.close()?;
        match self.next(snapshot).await? {
            Some(head) => found(format!("streams, {}", head.stream), "non ha eventi"),
            None => Ok(()),
        }
    }

    /// The current stream ended: its head must be its last event.
    fn close(&mut self) -> Result<(), Stop> {
        let Some(head) = self.current.take() else { return Ok(()) };
        let (version, hash, position) = &self.seen;
        if (head.version, &head.hash, head.position) == (*version, hash, *position) {
            return Ok(());
        }
        found(
            format!("streams, {}", head.stream),
            format!("la testa (versione {}) non è l'ultimo evento ({version})", head.version),
        )
    }

    async fn next(&mut self, snapshot: &mut Snapshot) -> Result<Option<Head>, StoreError> {
        if self.page.is_empty() {
            let args = [self.after.as_str().into(), PAGE.into()];
            self.page = snapshot.all(HEADS, &args).await?.into();
            if let Some(end) = self.page.back() {
                self.after.clone_from(&end.stream);
            }
        }
        Ok(self.page.pop_front())
    }
}
