// SPDX-License-Identifier: AGPL-3.0-or-later
//! Given, when, then over the pure core: a world in memory, a clock, and people who act as they
//! would at a desk. Carried papers are composed and signed, owed papers are composed, sealed and
//! signed.

use crate::people::{Size, beginning, fiscal_code};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use delibera::domain::case::{Case, CaseCommand, Ctx, Effects, Efficacy, efficacy};
use delibera::domain::changes::{Changes, Fact, Stop};
use delibera::domain::command::{Command, decide};
use delibera::domain::digest::sha256_hex;
use delibera::domain::effects::{At, evolve, react};
use delibera::domain::law::calendar::{parse_date, rome_date, rome_instant};
use delibera::domain::papers::{
    PaperFacts, PaperState, SignedPaper, carried_by_case, carried_by_sitting, case_paper,
    sitting_paper,
};
use delibera::domain::refusal::Refusal;
use delibera::domain::registry::RegistryCommand;
use delibera::domain::sitting::{Attendance, Sitting, SittingCommand, VoteInput};
use delibera::domain::stream::{NewJob, NumberTaken, StreamId};
use delibera::domain::workflow::Lifecycle;
use delibera::domain::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The civil date `AAAA-MM-GG`.
pub fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// The instant of a civil date and hour in Italy, `AAAA-MM-GG hh:mm`.
pub fn rome(text: &str) -> DateTime<Utc> {
    let (date, time) = text.split_once(' ').unwrap();
    rome_instant(day(date), format!("{time}:00").parse().unwrap())
}

/// One fact as recorded.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub fact: Fact,
    pub happened: DateTime<Utc>,
    pub actor: String,
}

/// The desk.
#[derive(Debug, Clone)]
pub struct Desk {
    pub world: World,
    pub size: Size,
    pub now: DateTime<Utc>,
    /// Set for facts entered later; else they happen now.
    pub happened: Option<DateTime<Utc>>,
    pub log: Vec<Recorded>,
    pub jobs: Vec<NewJob>,
    pub numbers: Vec<NumberTaken>,
    serial: u64,
}

pub type Answer = Result<Vec<Fact>, Refusal>;

impl Desk {
    /// The large Comune on 2024-04-29 at eight.
    pub fn large() -> Self {
        Self::with(Size::Large, &[])
    }

    /// The small Comune on 2024-04-29 at eight.
    pub fn small() -> Self {
        Self::with(Size::Small, &[])
    }

    /// A Comune with some keys of its regulation changed.
    pub fn with(size: Size, keys: &[(&str, &str)]) -> Self {
        let mut desk = Self {
            world: World::default(),
            size,
            now: rome("2024-04-29 08:00"),
            happened: None,
            log: Vec::new(),
            jobs: Vec::new(),
            numbers: Vec::new(),
            serial: 0,
        };
        for command in beginning(size, keys) {
            desk.registry(command).unwrap();
        }
        desk
    }

    /// Sets the clock.
    pub fn at(&mut self, text: &str) -> &mut Self {
        self.now = rome(text);
        self
    }

    pub fn today(&self) -> NaiveDate {
        rome_date(self.now)
    }

    pub fn ctx(&self, actor: &str) -> Ctx {
        Ctx { actor: actor.into(), now: self.now, happened: self.happened.unwrap_or(self.now) }
    }

    /// Everyone's only way to change anything. The clock moves on by a second after each act.
    pub fn act(&mut self, actor: &str, command: Command) -> Answer {
        let command = self.signed(actor, command);
        let ctx = self.ctx(actor);
        let changes = loop {
            let mut changes = Changes::new(self.world.clone(), ctx.clone());
            match decide(&mut changes, &command) {
                Ok(()) => break changes,
                Err(Stop::Refused(refusal)) => return Err(refusal),
                Err(Stop::Read(stream)) => self.load(&stream),
                Err(Stop::ReadRegister(register, year)) => {
                    self.world.registers.insert((register, year), None);
                }
                Err(Stop::ReadDocuments(_)) => unreachable!("the desk holds no documents"),
            }
        };
        self.record(&changes, &ctx);
        if let Command::Registry(RegistryCommand::OpenRegister { register, year, last, .. }) =
            command
        {
            self.world.registers.insert((register, year), Some(last));
        }
        self.now += Duration::seconds(1);
        Ok(changes.facts)
    }

    fn load(&mut self, stream: &StreamId) {
        let id = stream.id.clone();
        if stream.to_string().starts_with("case/") {
            self.world.cases.entry(id.clone()).or_insert_with(|| Arc::new(Case::new(&id)));
        } else {
            self.world.sittings.entry(id.clone()).or_insert_with(|| Arc::new(Sitting::new(&id)));
        }
    }

    /// As the write does it: each fact reacts on the state right after it.
    fn record(&mut self, changes: &Changes, ctx: &Ctx) {
        for fact in &changes.facts {
            evolve(&mut self.world, fact, ctx.happened, &ctx.actor);
            let (stream, version) = self.place(fact);
            let at = At { stream: &stream, version, happened: ctx.happened, recorded: ctx.now };
            let effects = react(&self.world, fact, at);
            for job in effects.jobs {
                if !self.jobs.iter().any(|known| known.key == job.key) {
                    self.jobs.push(job);
                }
            }
            self.numbers.extend(effects.numbers);
            let actor = ctx.actor.clone();
            self.log.push(Recorded { fact: fact.clone(), happened: ctx.happened, actor });
        }
        self.world.registers.clone_from(&changes.world.registers);
    }

    fn place(&self, fact: &Fact) -> (StreamId, i64) {
        match fact {
            Fact::Case(id, _) => (StreamId::case(id), self.world.cases[id].version),
            Fact::Sitting(id, _) => (StreamId::sitting(id), self.world.sittings[id].version),
            Fact::Registry(_) => (StreamId::registry(), self.world.registry.version),
        }
    }

    fn bytes(&mut self) -> String {
        self.serial += 1;
        sha256_hex(format!("bytes {}", self.serial).as_bytes())
    }

    /// What the actor signs before he sends a command that carries a paper.
    fn signed(&mut self, actor: &str, command: Command) -> Command {
        let ctx = self.ctx(actor);
        match command {
            Command::Case { id, command } => {
                let facts = carried_by_case(&id, &command, &ctx, &self.world).ok().flatten();
                let command = self.fill_case(actor, command, facts);
                Command::Case { id, command }
            }
            Command::Sitting { id, command } => {
                let facts = carried_by_sitting(&id, &command, &ctx, &self.world).ok().flatten();
                let command = self.fill_sitting(actor, command, facts);
                Command::Sitting { id, command }
            }
            other => other,
        }
    }

    fn paper_of(&mut self, actor: &str, facts: PaperFacts) -> SignedPaper {
        SignedPaper {
            form: Default::default(),
            kind: facts.kind,
            facts: facts.sha256(),
            sha256: self.bytes(),
            fiscal_code: fiscal_code(actor),
            assurance: None,
        }
    }

    fn fill_case(
        &mut self,
        actor: &str,
        mut command: CaseCommand,
        facts: Option<PaperFacts>,
    ) -> CaseCommand {
        let Some(facts) = facts else { return command };
        match &mut command {
            CaseCommand::GiveOpinion { paper, .. }
            | CaseCommand::Return { paper, .. }
            | CaseCommand::Revise { paper, .. }
            | CaseCommand::Withdraw { paper, .. }
            | CaseCommand::AttestImpediment { paper, .. }
                if paper.is_none() =>
            {
                *paper = Some(self.paper_of(actor, facts));
            }
            _ => {}
        }
        command
    }

    fn fill_sitting(
        &mut self,
        actor: &str,
        mut command: SittingCommand,
        facts: Option<PaperFacts>,
    ) -> SittingCommand {
        let Some(facts) = facts else { return command };
        match &mut command {
            SittingCommand::Convene { paper }
            | SittingCommand::Move { paper, .. }
            | SittingCommand::Cancel { paper, .. }
            | SittingCommand::RemoveItem { paper, .. }
            | SittingCommand::Amend { paper, .. }
                if paper.is_none() =>
            {
                *paper = Some(self.paper_of(actor, facts));
            }
            _ => {}
        }
        command
    }

    pub fn registry(&mut self, command: RegistryCommand) -> Answer {
        self.act("system", Command::Registry(command))
    }

    pub fn case(&mut self, actor: &str, id: &str, command: CaseCommand) -> Answer {
        self.act(actor, Command::Case { id: id.into(), command })
    }

    pub fn sitting(&mut self, actor: &str, id: &str, command: SittingCommand) -> Answer {
        self.act(actor, Command::Sitting { id: id.into(), command })
    }

    /// The Segretario, or who verbalizes, records a fact of a sitting.
    pub fn record_in(&mut self, id: &str, command: SittingCommand) -> Answer {
        let actor = self.world.sittings.get(id).and_then(|s| s.verbalizer.clone());
        let actor = actor.map_or("segretario".to_owned(), |v| v.person);
        self.sitting(&actor, id, command)
    }

    // ---- Looking --------------------------------------------------------------------------------

    pub fn of(&self, id: &str) -> &Case {
        &self.world.cases[id]
    }

    pub fn held(&self, id: &str) -> &Sitting {
        &self.world.sittings[id]
    }

    pub fn step(&self, id: &str) -> &str {
        &self.of(id).step
    }

    pub fn lifecycle(&self, id: &str) -> Lifecycle {
        self.lifecycle_on(id, self.today())
    }

    pub fn lifecycle_on(&self, id: &str, on: NaiveDate) -> Lifecycle {
        let case = self.of(id);
        case.lifecycle(&self.world.workflow(case).unwrap(), on)
    }

    pub fn efficacy_on(&self, id: &str, on: &str) -> Efficacy {
        efficacy(self.of(id), day(on)).0
    }

    pub fn number(&self, id: &str) -> Option<i64> {
        self.of(id).number("deliberazioni").map(|n| n.number)
    }

    /// The facts an owed or composed paper of an act prints now.
    pub fn printed(&self, id: &str, kind: &str) -> Result<PaperFacts, Refusal> {
        let paper = self.of(id).papers.iter().rev().find(|p| p.plan.kind.token() == kind);
        let plan = paper.unwrap_or_else(|| panic!("{kind} is not owed")).plan.clone();
        case_paper(id, &plan, &self.world)
    }

    /// The streams folded again from their facts.
    pub fn replayed(&self) -> World {
        // The registry parses whole files: it is folded once, here only what hangs on it.
        let registry = std::sync::Arc::clone(&self.world.registry);
        let mut world = World { registry, ..World::default() };
        let facts = self.log.iter().filter(|r| !matches!(r.fact, Fact::Registry(_)));
        for recorded in facts {
            evolve(&mut world, &recorded.fact, recorded.happened, &recorded.actor);
        }
        world
    }

    /// Mails owed, as message and person.
    pub fn mails(&self, message: &str) -> Vec<String> {
        let of = |job: &NewJob| {
            let found = job.payload.get("message").and_then(|m| m.as_str()) == Some(message);
            found.then(|| job.payload["person"].as_str().unwrap().to_owned())
        };
        self.jobs.iter().filter_map(of).collect()
    }

    // ---- The papers -----------------------------------------------------------------------------

    /// The system composes and seals what is owed and can be composed.
    pub fn work(&mut self) {
        let cases: Vec<String> = self.world.cases.keys().cloned().collect();
        for id in cases {
            for paper in self.of(&id).papers.clone() {
                self.compose(&id, &paper);
                self.seal(&id, &paper.plan.key);
            }
        }
        let sittings: Vec<String> = self.world.sittings.keys().cloned().collect();
        for id in sittings {
            for paper in self.held(&id).papers.clone() {
                self.compose_of_sitting(&id, &paper);
            }
        }
    }

    fn compose(&mut self, id: &str, paper: &PaperState) {
        if paper.sha256.is_some() || paper.dropped {
            return;
        }
        let Ok(facts) = case_paper(id, &paper.plan, &self.world) else { return };
        let command = CaseCommand::PreparePaper {
            paper_key: paper.plan.key.clone(),
            facts: facts.sha256(),
            sha256: self.bytes(),
            pages: 1,
        };
        self.case("system", id, command).unwrap();
    }

    fn seal(&mut self, id: &str, key: &str) {
        let state = self.of(id).paper(key).unwrap().clone();
        let Some(base) = state.sha256.clone() else { return };
        let field = state.open_slots().find(|s| s.signer.is_none()).map(|s| s.field.clone());
        let Some(field) = field else { return };
        let (paper_key, sha256) = (key.to_owned(), self.bytes());
        self.case(
            "system",
            id,
            CaseCommand::SealPaper { paper_key, field, base, sha256, assurance: None },
        )
        .unwrap();
    }

    fn compose_of_sitting(&mut self, id: &str, paper: &PaperState) {
        if paper.sha256.is_some() {
            return;
        }
        let facts = sitting_paper(id, &paper.plan, &self.world).unwrap();
        let command = SittingCommand::PreparePaper {
            paper_key: paper.plan.key.clone(),
            facts: facts.sha256(),
            sha256: self.bytes(),
            pages: 1,
        };
        self.sitting("system", id, command).unwrap();
    }

    /// A person signs a composed paper.
    pub fn sign(&mut self, person: &str, id: &str, key: &str) -> Answer {
        let state = self.of(id).paper(key).unwrap_or_else(|| panic!("no paper {key}")).clone();
        let paper = SignedPaper {
            form: Default::default(),
            kind: state.plan.kind,
            facts: state.facts.unwrap_or_default(),
            sha256: self.bytes(),
            fiscal_code: fiscal_code(person),
            assurance: None,
        };
        let base = state.sha256.unwrap_or_default();
        let command = CaseCommand::Sign { paper_key: key.into(), base, paper: Some(paper) };
        self.case(person, id, command)
    }

    /// Everyone signs everything that is ready on an act.
    pub fn sign_all(&mut self, id: &str) {
        loop {
            self.work();
            let next = self.of(id).papers.iter().filter(|p| p.sha256.is_some()).find_map(|p| {
                let slot = p.open_slots().find_map(|s| s.signer.clone())?;
                Some((slot.person, p.plan.key.clone()))
            });
            let Some((person, key)) = next else { return };
            self.sign(&person, id, &key).unwrap();
        }
    }
}

/// Everyone in the seat.
pub fn roll(present: &[String]) -> Vec<Attendance> {
    present.iter().map(|p| Attendance { person: p.clone(), remote: false }).collect()
}

/// The opening of a sitting with this roll, as it usually is.
pub fn opening(present: Vec<Attendance>) -> SittingCommand {
    SittingCommand::Open {
        present,
        verbalizer: None,
        verbalizer_remote: false,
        assisting: Vec::new(),
    }
}

/// Everyone in favour.
pub fn unanimous() -> VoteInput {
    VoteInput { unanimous: true, ..VoteInput::default() }
}

/// Some against, some abstaining, the others in favour.
pub fn votes(against: &[&str], abstained: &[&str]) -> VoteInput {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    VoteInput { against: owned(against), abstained: owned(abstained), ..VoteInput::default() }
}

/// The code of a refusal.
pub fn code(answer: Answer) -> String {
    match answer {
        Ok(_) => "ok".into(),
        Err(refusal) => refusal.code,
    }
}

/// Money of an act.
pub fn money() -> Effects {
    Effects::Some { amount_cents: Some(500_000), chapter: Some("1030".into()), financing: None }
}

/// The fiscal code a person signs with.
pub fn fiscal(person: &str) -> String {
    fiscal_code(person)
}

/// Register by key, for short assertions.
pub fn by_register(numbers: &[NumberTaken]) -> BTreeMap<(String, i32), Vec<i64>> {
    let mut found: BTreeMap<(String, i32), Vec<i64>> = BTreeMap::new();
    for taken in numbers {
        found.entry((taken.register.clone(), taken.year)).or_default().push(taken.number);
    }
    found
}
