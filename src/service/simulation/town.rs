// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Comune and its database in memory: one way to change anything, with what may go wrong on it.

use super::{Broken, Chance, Tally};
use crate::domain::case::{Case, Ctx};
use crate::domain::changes::{Changes, Fact, Stop};
use crate::domain::command::{Command, decide};
use crate::domain::digest::sha256_hex;
use crate::domain::effects::evolve;
use crate::domain::law::calendar::rome_date;
use crate::domain::offers::sign_as;
use crate::domain::refusal::Refusal;
use crate::domain::rows::Row;
use crate::domain::sitting::Sitting;
use crate::domain::stream::{NewJob, NumberTaken, SYSTEM_ACTOR, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use crate::service::execute::{received_twice, write_set};
use crate::service::scenario::{self, ScenarioError};
use crate::store::WriteSet;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// One life in so many is put into a real archive: odd, so that Comuni of both sizes are.
const ARCHIVED_EVERY: u64 = 31;

/// A job of the queue and how far it is.
#[derive(Debug, Clone)]
pub struct Queued {
    /// What is owed.
    pub job: NewJob,
    /// Times it was taken.
    pub attempts: u32,
    /// When it may be taken.
    pub next_at: DateTime<Utc>,
    /// None while alive; then done, or a dead letter.
    pub ended: Option<bool>,
}

/// What became of a gesture.
pub enum Answer {
    /// Recorded.
    Done(Vec<Fact>),
    /// The rules say no.
    Refused(Refusal),
    /// Nobody answered: it may be recorded or not.
    Lost,
    /// What it was decided on is no longer so: it is to be decided again.
    Moved,
}

/// A Comune, its people and its database.
pub struct Town {
    /// Its seed.
    pub seed: u64,
    /// Everything folded.
    pub world: World,
    /// What time it is.
    pub now: DateTime<Utc>,
    /// What happened.
    pub tally: Tally,
    pub(super) chance: Chance,
    /// Nothing goes wrong and everyone does his part: the way to the end of every act.
    pub(super) calm: bool,
    pub(super) jobs: BTreeMap<String, Queued>,
    pub(super) rows: BTreeMap<String, Row>,
    pub(super) events: Vec<StoredEvent>,
    /// Messages a server took, by Message-ID, with the times it took them.
    pub(super) taken: BTreeMap<String, u32>,
    /// How many hashes were given out: [`Town::content_of`] of each is what it is the hash of.
    pub(super) serial: u64,
    /// What was written, in a life that is put into a real archive at its end.
    pub(super) archived: Option<Vec<WriteSet>>,
    /// Writes that still fail because the disk is full.
    pub(super) disk_full: u32,
    /// No time-stamps until then.
    pub(super) no_stamps_until: DateTime<Utc>,
    pub(super) gestures: u64,
    /// The last refusal, for whoever looks into what does not come to an end.
    pub(super) last_no: String,
}

/// A Comune at its beginning: its registry and the events that made it.
struct Beginning {
    world: World,
    write: Vec<WriteSet>,
}

/// The day every story begins.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 7, 6).unwrap_or_default()
}

fn beginning(seed: u64) -> Result<&'static Beginning, String> {
    static LARGE: OnceLock<Result<Beginning, String>> = OnceLock::new();
    static SMALL: OnceLock<Result<Beginning, String>> = OnceLock::new();
    let (of, name) =
        if seed.is_multiple_of(2) { (&LARGE, "grande-comune") } else { (&SMALL, "piccolo-comune") };
    of.get_or_init(|| begun(name)).as_ref().map_err(Clone::clone)
}

fn begun(name: &str) -> Result<Beginning, String> {
    let commands = scenario::sample(name).and_then(|mut sample| {
        // Time-stamps are wanted, so that their authority can be missed.
        let level = toml::Value::String("development B-T".into());
        let policy = toml::Table::from_iter([("default".to_owned(), level)]);
        sample.raw.regulation_set.insert("signature_policy".into(), policy.into());
        // Where members may be connected, a secret ballot has its instrument.
        if name == "grande-comune" {
            for key in ["remote_regulation_ref", "remote_secret_ballot_tool"] {
                let text = toml::Value::String("urna elettronica, DGC n. 41/2020".into());
                sample.raw.regulation_set.insert(key.into(), text);
            }
        }
        scenario::commands(&sample)
    });
    let commands = commands.map_err(|error: ScenarioError| error.to_string())?;
    let now = crate::domain::law::calendar::rome_midnight(first_day());
    let ctx = Ctx { actor: SYSTEM_ACTOR.into(), now, happened: now };
    let (mut world, mut write) = (World::default(), Vec::new());
    for command in commands {
        let mut changes = Changes::new(world.clone(), ctx.clone());
        let mut decided = decide(&mut changes, &Command::Registry(command.clone()));
        if let Err(Stop::ReadRegister(register, year)) = decided {
            world.registers.insert((register, year), None);
            changes = Changes::new(world.clone(), ctx.clone());
            decided = decide(&mut changes, &Command::Registry(command));
        }
        decided.map_err(|stop| format!("{stop:?}"))?;
        let version = world.registry.version;
        write.push(write_set(world.clone(), &changes.facts, &ctx, |_| version, Vec::new()));
        for fact in &changes.facts {
            evolve(&mut world, fact, now, SYSTEM_ACTOR);
        }
    }
    Ok(Beginning { world, write })
}

impl Town {
    /// The Comune of a seed, on its first morning.
    ///
    /// # Errors
    /// The sample Comune is not sound.
    pub fn new(seed: u64) -> Result<Self, Broken> {
        let broken = |what| Broken { seed, gesture: 0, what };
        let start = beginning(seed).map_err(broken)?;
        let morning = crate::domain::law::calendar::rome_midnight(first_day());
        let mut town = Self {
            seed,
            world: start.world.clone(),
            now: morning + TimeDelta::hours(8),
            tally: Tally::default(),
            chance: Chance::of(seed),
            calm: false,
            jobs: BTreeMap::new(),
            rows: BTreeMap::new(),
            events: Vec::new(),
            taken: BTreeMap::new(),
            serial: 0,
            archived: seed.is_multiple_of(ARCHIVED_EVERY).then(Vec::new),
            disk_full: 0,
            last_no: String::new(),
            no_stamps_until: morning,
            gestures: 0,
        };
        for write in &start.write {
            town.commit(write.clone()).map_err(broken)?;
        }
        Ok(town)
    }

    /// The civil day.
    pub fn today(&self) -> NaiveDate {
        rome_date(self.now)
    }

    pub(super) fn broken(&self, what: impl Into<String>) -> Broken {
        Broken { seed: self.seed, gesture: self.gestures, what: what.into() }
    }

    pub(super) fn fault(&mut self, what: &'static str) {
        *self.tally.faults.entry(what).or_default() += 1;
    }

    /// The hash of bytes nobody has seen before.
    pub(super) fn bytes(&mut self) -> String {
        self.serial += 1;
        sha256_hex(&self.content_of(self.serial))
    }

    /// The bytes that stand for a document.
    pub(super) fn content_of(&self, serial: u64) -> Vec<u8> {
        format!("{} {serial}", self.seed).into_bytes()
    }

    /// What a command reads, as the write would load it: its streams and what their papers print.
    fn load(&self, wanted: &mut BTreeSet<StreamId>) -> World {
        let mut world = World { registry: self.world.registry.clone(), ..World::default() };
        loop {
            let before = wanted.len();
            for stream in wanted.iter() {
                match stream.kind {
                    StreamKind::Case if !world.cases.contains_key(&stream.id) => {
                        let case = self.world.cases.get(&stream.id).cloned();
                        let case = case.unwrap_or_else(|| Arc::new(Case::new(&stream.id)));
                        world.cases.insert(stream.id.clone(), case);
                    }
                    StreamKind::Sitting if !world.sittings.contains_key(&stream.id) => {
                        let sitting = self.world.sittings.get(&stream.id).cloned();
                        let sitting = sitting.unwrap_or_else(|| Arc::new(Sitting::new(&stream.id)));
                        world.sittings.insert(stream.id.clone(), sitting);
                    }
                    _ => {}
                }
            }
            let related: Vec<StreamId> =
                wanted.iter().flat_map(|stream| world.related(stream)).collect();
            wanted.extend(related);
            if wanted.len() == before {
                return world;
            }
        }
    }

    /// One gesture of one person, or of the system: signed, decided on what it reads, recorded.
    ///
    /// # Errors
    /// Something that must never be.
    pub fn act(
        &mut self,
        actor: &str,
        command: &Command,
        happened: Option<DateTime<Utc>>,
    ) -> Result<Answer, Broken> {
        self.gestures += 1;
        let ctx =
            Ctx { actor: actor.into(), now: self.now, happened: happened.unwrap_or(self.now) };
        let mut signed = command.clone();
        let sha256 = self.bytes();
        let mut wanted: BTreeSet<StreamId> = command.reads().into_iter().collect();
        sign_as(&self.load(&mut wanted), &ctx, &mut signed, &sha256);
        let (before, changes) = match self.decided(&signed, &ctx)? {
            Ok(decided) => decided,
            Err(refusal) => return self.refused(refusal),
        };
        if self.fails_before(signed != *command) {
            return Ok(Answer::Lost);
        }
        if self.calm || changes.facts.is_empty() || !self.chance.percent(1) {
            return self.record(&before, changes, &ctx);
        }
        // Sent twice, or a lease that ended: another process decides the same on the same state, and
        // writes first.
        self.fault("due processi decidono insieme");
        let answer = self.record(&before, changes.clone(), &ctx)?;
        if matches!(answer, Answer::Refused(_)) {
            return Ok(answer);
        }
        match self.record(&before, changes, &ctx)? {
            Answer::Moved => {}
            _ => return Err(self.broken("scrive su ciò che è cambiato")),
        }
        match self.decided(&signed, &ctx)? {
            Ok((before, changes)) => self.record(&before, changes, &ctx).map(drop)?,
            Err(refusal) => self.refused(refusal).map(drop)?,
        }
        Ok(answer)
    }

    /// Decides a command on what it reads, which is given beside what it changes.
    fn decided(
        &self,
        command: &Command,
        ctx: &Ctx,
    ) -> Result<Result<(World, Changes), Refusal>, Broken> {
        let mut wanted: BTreeSet<StreamId> = command.reads().into_iter().collect();
        let mut before = self.load(&mut wanted);
        loop {
            let mut changes = Changes::new(before.clone(), ctx.clone());
            match decide(&mut changes, command) {
                Ok(()) => return Ok(Ok((before, changes))),
                Err(Stop::Refused(refusal)) => return Ok(Err(refusal)),
                Err(Stop::Read(stream)) => {
                    if !wanted.insert(stream) {
                        return Err(self.broken("chiede di leggere ciò che ha letto"));
                    }
                    let registers = std::mem::take(&mut before.registers);
                    before = self.load(&mut wanted);
                    before.registers = registers;
                }
                Err(Stop::ReadRegister(register, year)) => {
                    let key = (register, year);
                    let last = self.world.registers.get(&key).copied().flatten();
                    if before.registers.insert(key, last).is_some() {
                        return Err(self.broken("chiede di leggere un registro che ha letto"));
                    }
                }
                Err(Stop::ReadDocuments(_)) => return Err(self.broken("documenti non previsti")),
            }
        }
    }

    fn refused(&mut self, refusal: Refusal) -> Result<Answer, Broken> {
        self.tally.refused += 1;
        *self.tally.codes.entry(refusal.code.clone()).or_default() += 1;
        if refusal.text.is_empty() {
            return Err(self.broken(format!("rifiuto senza parole: {}", refusal.code)));
        }
        Ok(Answer::Refused(refusal))
    }

    /// A number of another system that is in its register: the database takes it once.
    fn received(&self, taken: &NumberTaken) -> bool {
        let NumberTaken { register, year, number, .. } = taken;
        taken.external && self.rows.contains_key(&register_key(register, i64::from(*year), *number))
    }

    /// The write did not reach the disk.
    fn fails_before(&mut self, signed: bool) -> bool {
        if self.calm {
            return false;
        }
        if self.disk_full > 0 {
            self.disk_full -= 1;
            self.fault("disco pieno");
            return true;
        }
        match self.chance.below(100) {
            0 => self.fault("caduta prima della scrittura"),
            1 => self.fault("commit non riuscito"),
            2 if signed => self.fault("firma fatta e mai arrivata"),
            _ => return false,
        }
        true
    }

    /// The version a stream has come to.
    fn version(&self, stream: &StreamId) -> i64 {
        match stream.kind {
            StreamKind::Case => self.world.cases.get(&stream.id).map_or(0, |case| case.version),
            StreamKind::Sitting => self.world.sittings.get(&stream.id).map_or(0, |s| s.version),
            _ => self.world.registry.version,
        }
    }

    fn record(&mut self, before: &World, changes: Changes, ctx: &Ctx) -> Result<Answer, Broken> {
        let versions: BTreeMap<StreamId, i64> = before
            .cases
            .iter()
            .map(|(id, case)| (StreamId::case(id), case.version))
            .chain(before.sittings.iter().map(|(id, s)| (StreamId::sitting(id), s.version)))
            .chain([(StreamId::registry(), before.registry.version)])
            .collect();
        if versions.iter().any(|(stream, version)| self.version(stream) != *version) {
            return Ok(Answer::Moved);
        }
        let read = |stream: &StreamId| versions.get(stream).copied().unwrap_or(-1);
        let write = write_set(before.clone(), &changes.facts, ctx, read, Vec::new());
        if write.numbers.iter().any(|taken| self.received(taken)) {
            return self.refused(received_twice());
        }
        for fact in &changes.facts {
            evolve(&mut self.world, fact, ctx.happened, &ctx.actor);
        }
        self.commit(write).map_err(|what| self.broken(what))?;
        self.tally.done += 1;
        self.check_facts(before, &changes.facts)?;
        if !self.calm && self.chance.percent(1) {
            self.fault("caduta dopo la scrittura");
            return Ok(Answer::Lost);
        }
        Ok(Answer::Done(changes.facts))
    }

    /// Puts a write set into the tables, as strict as the database is.
    fn commit(&mut self, write: WriteSet) -> Result<(), String> {
        if let Some(archived) = &mut self.archived {
            archived.push(write.clone());
        }
        for opened in write.opened {
            let key = (opened.register.clone(), opened.year);
            if let Some(Some(_)) = self.world.registers.insert(key, Some(opened.last)) {
                return Err(format!("registro {} aperto due volte", opened.register));
            }
        }
        for taken in write.numbers.iter().filter(|taken| !taken.external) {
            let key = (taken.register.clone(), taken.year);
            let last = self.world.registers.get(&key).copied().flatten();
            if last.map(|last| last + 1) != Some(taken.number) {
                let (register, number) = (&taken.register, taken.number);
                return Err(format!("I1: {register}, dopo {last:?} non viene {number}"));
            }
            self.world.registers.insert(key, Some(taken.number));
        }
        for event in write.events {
            let of = |known: &&StoredEvent| known.event.stream == event.stream;
            let version = self.events.iter().rev().find(of).map_or(0, |last| last.version) + 1;
            let position = self.events.len() as i64 + 1;
            self.tally.events += 1;
            self.events.push(StoredEvent { event, version, position, hash: String::new() });
        }
        for job in write.jobs {
            let next_at = job.due_at;
            let queued = Queued { job, attempts: 0, next_at, ended: None };
            self.jobs.entry(queued.job.key.clone()).or_insert(queued);
        }
        for row in write.rows {
            self.rows.insert(key_of(&row), row);
        }
        Ok(())
    }
}

fn register_key(register: &str, year: i64, number: i64) -> String {
    format!("register_entries/{register}/{year}/{number}")
}

/// Table and key of a row.
pub(super) fn key_of(row: &Row) -> String {
    match row {
        Row::Case(row) => format!("cases/{}", row.id),
        Row::Sitting(row) => format!("sittings/{}", row.id),
        Row::Register(row) => register_key(&row.register, row.year, row.number),
        Row::Paper(row) => format!("papers/{}/{}", row.stream, row.key),
        Row::Task(row) => format!("tasks/{}/{:06}", row.stream, row.slot),
        Row::Posting(row) => format!("postings/{}/{}/{}", row.register, row.year, row.number),
        Row::Lookup(row) => format!("lookups/{}/{}/{}", row.digest, row.case_id, row.what),
        Row::Person(row) => format!("people/{}", row.id),
        Row::Mandate(row) => format!("mandates/{}", row.id),
    }
}
