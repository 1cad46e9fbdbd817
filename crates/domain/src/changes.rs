// SPDX-License-Identifier: AGPL-3.0-or-later
//! A decision under construction: facts are pushed one by one and the state follows each of them,
//! so that what comes later in the same decision sees what came before.

use crate::case::{Case, CaseEvent, Ctx};
use crate::law::calendar::rome_date;
use crate::refusal::Refusal;
use crate::registry::{Registry, RegistryEvent};
use crate::regulation::Regulation;
use crate::sitting::{Sitting, SittingEvent};
use crate::stream::{StreamId, StreamKind};
use crate::workflow::{Step, Workflow};
use crate::world::World;
use chrono::NaiveDate;
use std::sync::Arc;

/// Why a decision stops: it is refused, or it must see more first.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// No.
    Refused(Refusal),
    /// Load this stream too and ask again.
    Read(StreamId),
    /// Find out whether these documents (SHA-256) exist and ask again.
    ReadDocuments(Vec<String>),
    /// Load this register too and ask again.
    ReadRegister(String, i32),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// One fact of a decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// About a case.
    Case(String, CaseEvent),
    /// About a sitting.
    Sitting(String, SittingEvent),
    /// About the Comune.
    Registry(RegistryEvent),
}

/// The facts of a decision and the state after them.
#[derive(Debug, Clone)]
pub struct Changes {
    /// State after the facts so far.
    pub world: World,
    /// Facts in order.
    pub facts: Vec<Fact>,
    /// Who asks, and when.
    pub ctx: Ctx,
}

impl Changes {
    /// A decision with no facts yet.
    pub fn new(world: World, ctx: Ctx) -> Self {
        Self { world, facts: Vec::new(), ctx }
    }

    /// The day of the fact in Europe/Rome: law and mandates are those of this day.
    pub fn day(&self) -> NaiveDate {
        rome_date(self.ctx.happened)
    }

    /// A loaded case, existing or not.
    pub fn maybe_case(&self, id: &str) -> Result<&Case, Stop> {
        let case = self.world.cases.get(id).map(AsRef::as_ref);
        case.ok_or_else(|| Stop::Read(StreamId::case(id)))
    }

    /// A case that must exist.
    pub fn case(&self, id: &str) -> Result<&Case, Stop> {
        self.maybe_case(id)?;
        Ok(self.world.case(id)?)
    }

    /// A loaded sitting, existing or not.
    pub fn maybe_sitting(&self, id: &str) -> Result<&Sitting, Stop> {
        let sitting = self.world.sittings.get(id).map(AsRef::as_ref);
        sitting.ok_or_else(|| Stop::Read(StreamId::sitting(id)))
    }

    /// A sitting that must exist.
    pub fn sitting(&self, id: &str) -> Result<&Sitting, Stop> {
        self.maybe_sitting(id)?;
        Ok(self.world.sitting(id)?)
    }

    /// Everything the papers of a stream print must be loaded too.
    pub fn read_related(&self, stream: &StreamId) -> Result<(), Stop> {
        for related in self.world.related(stream) {
            match related.kind {
                StreamKind::Case => drop(self.maybe_case(&related.id)?),
                StreamKind::Sitting => drop(self.maybe_sitting(&related.id)?),
                StreamKind::Registry => {}
            }
        }
        Ok(())
    }

    /// The registry.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.world.registry)
    }

    /// The workflow of a case and its current step.
    pub fn position(&self, id: &str) -> Result<(Arc<Workflow>, Step), Stop> {
        let case = self.case(id)?;
        let workflow = self.world.workflow(case)?;
        let step = workflow.step(&case.step).cloned().ok_or_else(|| {
            Refusal::new(
                "unknown_step",
                "R5.6",
                "",
                format!("Il passo «{}» non esiste nel procedimento del fascicolo", case.step),
            )
        })?;
        Ok((workflow, step))
    }

    /// The regulation in force on the day of the fact.
    pub fn regulation(&self) -> Result<Arc<Regulation>, Stop> {
        Ok(self.world.regulation(self.day())?)
    }

    /// Adds a fact about a case.
    pub fn push(&mut self, id: &str, event: CaseEvent) {
        if let Some(case) = self.world.cases.get_mut(id) {
            Arc::make_mut(case).evolve(&event, self.ctx.happened, &self.ctx.actor);
        }
        self.facts.push(Fact::Case(id.to_owned(), event));
    }

    /// Adds a fact about a sitting.
    pub fn push_sitting(&mut self, id: &str, event: SittingEvent) {
        if let Some(sitting) = self.world.sittings.get_mut(id) {
            Arc::make_mut(sitting).evolve(&event, self.ctx.happened);
        }
        self.facts.push(Fact::Sitting(id.to_owned(), event));
    }

    /// Adds a fact about the Comune.
    pub fn push_registry(&mut self, event: RegistryEvent) {
        Arc::make_mut(&mut self.world.registry).evolve(&event);
        self.facts.push(Fact::Registry(event));
    }

    /// Takes the next number of a register: last + 1, in the same write as the fact (R5.2).
    pub fn next_number(&mut self, register: &str, year: i32) -> Result<i64, Stop> {
        let key = (register.to_owned(), year);
        let last = *self
            .world
            .registers
            .get(&key)
            .ok_or_else(|| Stop::ReadRegister(register.to_owned(), year))?;
        if last.is_none() {
            // Every register restarts at 1 on 1 January (R5.1): its first number opens it.
            let opened = RegistryEvent::RegisterOpened {
                register: register.to_owned(),
                year,
                last: 0,
                source: "inizio dell'anno".into(),
            };
            self.push_registry(opened);
        }
        let next = last.unwrap_or(0) + 1;
        self.world.registers.insert(key, Some(next));
        Ok(next)
    }
}
