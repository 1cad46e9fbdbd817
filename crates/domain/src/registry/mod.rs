// SPDX-License-Identifier: AGPL-3.0-or-later
//! The registry of the Comune: offices, people, mandates by validity, regulation, workflows.
//!
//! Powers come from mandates and dates, never from flags on an account: "who was entitled on
//! 23 July" is a question to this state, and the answer carries the title that is printed.

mod authority;
pub mod bulk;
mod coherence;
mod decide;
mod entitlement;
mod event;
mod readiness;
mod standing;

pub use authority::{authorised, may_keep, may_keep_accounts};
pub use coherence::coherent;
pub use decide::{RegistryCommand, decide};
pub use entitlement::{Entitlement, Signatory};
pub use event::{Capacity, ComuneData, Mandate, Office, Person, RegistryEvent, Role};
pub use readiness::{Need, Part};
pub use standing::Claim;

use crate::law::calendar::Preposition;
use crate::refusal::Refusal;
use crate::regulation::{self, Adopted, Regulation};
use crate::workflow::{self, Workflow};
use chrono::{NaiveDate, NaiveTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything the Comune has put on record about itself.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Name, crest, seat.
    pub comune: ComuneData,
    /// Offices by id.
    pub offices: BTreeMap<String, Office>,
    /// Last day of the offices that are no more.
    pub closed: BTreeMap<String, NaiveDate>,
    /// People by id.
    pub people: BTreeMap<String, Person>,
    /// Mandates by id.
    pub mandates: BTreeMap<String, Mandate>,
    /// Hour of the last day from which a mandate is over, where it ended within the day.
    pub ended_at: BTreeMap<String, NaiveTime>,
    /// Absences on record: person, first and last day.
    pub absences: Vec<(String, NaiveDate, NaiveDate)>,
    /// Regulations in order of adoption.
    pub regulations: Vec<Adopted>,
    /// Workflows by digest; running cases stay on the one they were born under.
    pub workflows: BTreeMap<String, Arc<Workflow>>,
    /// Digest of the workflow new cases of a kind take.
    pub active: BTreeMap<String, String>,
    /// The first start is over.
    pub set_up: bool,
    /// Number of events folded.
    pub version: i64,
}

impl Registry {
    /// Folds one event. Texts that were accepted once are parsed again here; a text that no longer
    /// parses leaves its slot empty and `verify` reports it.
    pub fn evolve(&mut self, event: &RegistryEvent) {
        self.version += 1;
        match event {
            RegistryEvent::ComuneDescribed { comune } => self.comune = comune.clone(),
            RegistryEvent::OfficeClosed { office, on } => {
                self.closed.insert(office.clone(), *on);
            }
            RegistryEvent::OfficeOpened { office } => {
                self.closed.remove(&office.id);
                self.offices.insert(office.id.clone(), office.clone());
            }
            RegistryEvent::PersonRegistered { person } => {
                self.people.insert(person.id.clone(), person.clone());
            }
            RegistryEvent::MandateGranted { mandate } => {
                self.mandates.insert(mandate.id.clone(), mandate.clone());
            }
            RegistryEvent::MandateEnded { mandate, last_day, at, .. } => {
                if let Some(found) = self.mandates.get_mut(mandate) {
                    found.to = Some(*last_day);
                }
                self.ended_at.remove(mandate);
                self.ended_at.extend(at.map(|hour| (mandate.clone(), hour)));
            }
            RegistryEvent::AbsenceRecorded { person, from, to } => {
                self.absences.push((person.clone(), *from, *to));
            }
            RegistryEvent::AbsenceCorrected { person, from, to } => {
                let same = |(p, f, _): &(String, NaiveDate, NaiveDate)| p == person && f == from;
                if let Some(found) = self.absences.iter().rposition(same) {
                    match to {
                        Some(to) => self.absences[found].2 = *to,
                        None => drop(self.absences.remove(found)),
                    }
                }
            }
            RegistryEvent::SetupFinished {} => self.set_up = true,
            RegistryEvent::RegulationAdopted { text, from } => {
                if let Ok(parsed) = regulation::parse(text, "regolamento.toml") {
                    self.regulations.push(Adopted::new(*from, parsed));
                }
            }
            RegistryEvent::WorkflowActivated { text } => {
                if let Ok(parsed) = workflow::parse(text, "workflow.toml") {
                    self.active.insert(parsed.kind.clone(), parsed.digest.clone());
                    self.workflows.insert(parsed.digest.clone(), Arc::new(parsed));
                }
            }
            RegistryEvent::RegisterOpened { .. } => {}
        }
    }

    /// Which of the regulations is in force on a civil date: the last adopted for it or before.
    pub fn in_force(&self, on: NaiveDate) -> Option<usize> {
        self.regulations.iter().rposition(|adopted| adopted.from <= on)
    }

    /// The regulation in force on a civil date, with its periods already chosen (T-77).
    ///
    /// # Errors
    /// `no_regulation`, or the key that has no value on that day.
    pub fn regulation(&self, on: NaiveDate) -> Result<Arc<Regulation>, Refusal> {
        let adopted = self.in_force(on).and_then(|at| self.regulations.get(at));
        let found = adopted.ok_or_else(|| {
            Refusal::new(
                "no_regulation",
                "R7.2",
                "artt. 6 e 7 TUEL",
                format!("Nessun regolamento del Comune è in vigore {}", Preposition::On.short(on)),
            )
            .next("Adottare il regolamento con «delibera init» o dalla pagina di amministrazione")
        })?;
        found.on(on)
    }

    /// A person's display name, or the id when the person is not on record.
    pub fn name(&self, person: &str) -> String {
        self.people.get(person).map_or_else(|| person.to_owned(), Person::name)
    }

    /// The office is there on a day; one that is not on record is not closed.
    pub fn is_open(&self, office: &str, on: NaiveDate) -> bool {
        self.closed.get(office).is_none_or(|last| on <= *last)
    }

    /// An office's name, or the id when the office is not on record.
    pub fn office_name(&self, office: &str) -> String {
        self.offices.get(office).map_or_else(|| office.to_owned(), |o| o.name.clone())
    }
}
