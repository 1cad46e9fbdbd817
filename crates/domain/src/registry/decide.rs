// SPDX-License-Identifier: AGPL-3.0-or-later
//! Commands on the registry: who gives it, what it says; each becomes one fact.

use super::authority::authorised;
use super::{Capacity, ComuneData, Mandate, Office, Person, Registry, RegistryEvent, Role};
use crate::law::calendar::add_days;
use crate::refusal::Refusal;
use crate::stream::SYSTEM_ACTOR;
use crate::{notices, regulation, workflow};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// What an administrator, or a minute of the office, puts on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum RegistryCommand {
    /// Sets name and marks.
    DescribeComune(ComuneData),
    /// Opens or renames an office.
    OpenOffice(Office),
    /// Closes an office whose mandates have ended, or end with it.
    CloseOffice {
        /// Office.
        office: String,
        /// Last day.
        on: NaiveDate,
    },
    /// Registers a person or changes his data.
    RegisterPerson(Person),
    /// Gives a power.
    GrantMandate(Mandate),
    /// Ends a power.
    EndMandate {
        /// Mandate.
        mandate: String,
        /// Last day it is valid.
        last_day: NaiveDate,
        /// The act that ends it.
        act: String,
        /// Hour of that day from which it is over; none = the day is whole (R3.1, T-64).
        #[serde(default)]
        at: Option<NaiveTime>,
    },
    /// Records that a person is away.
    RecordAbsence {
        /// Person.
        person: String,
        /// First day.
        from: NaiveDate,
        /// Last day, included.
        to: NaiveDate,
    },
    /// Ends an absence before its day, or takes back one that was not.
    CorrectAbsence {
        /// Person.
        person: String,
        /// First day of the absence meant.
        from: NaiveDate,
        /// Its last day, included; none when there was no absence.
        #[serde(default)]
        to: Option<NaiveDate>,
    },
    /// Declares the first start over.
    FinishSetup {},
    /// Adopts a regulation.
    AdoptRegulation {
        /// The whole file.
        text: String,
        /// First day.
        from: NaiveDate,
    },
    /// Activates a workflow that was proved sound.
    ActivateWorkflow {
        /// The whole file.
        text: String,
    },
    /// Opens a register after a number used elsewhere.
    OpenRegister {
        /// Register token.
        register: String,
        /// Year.
        year: i32,
        /// Last number used.
        last: i64,
        /// Why.
        source: String,
    },
}

/// Checks a command, and who gives it on that day, against the registry as it is.
///
/// # Errors
/// A refusal naming who may instead, or what is unknown, doubled or unsound.
pub fn decide(
    registry: &Registry,
    actor: &str,
    on: NaiveDate,
    command: RegistryCommand,
) -> Result<RegistryEvent, Refusal> {
    authorised(registry, actor, on, &command)?;
    match command {
        RegistryCommand::DescribeComune(comune) => Ok(RegistryEvent::ComuneDescribed { comune }),
        RegistryCommand::OpenOffice(office) => Ok(RegistryEvent::OfficeOpened { office }),
        RegistryCommand::CloseOffice { office, on } => close_office(registry, office, on),
        RegistryCommand::RegisterPerson(person) => register_person(registry, person),
        RegistryCommand::GrantMandate(mandate) => grant(registry, mandate),
        RegistryCommand::EndMandate { mandate, last_day, act, at } => {
            may_end(registry, &mandate, last_day)?;
            Ok(RegistryEvent::MandateEnded { mandate, last_day, act, at })
        }
        RegistryCommand::RecordAbsence { person, from, to } => {
            known_person(registry, &person)?;
            if to < from {
                return Err(bad("absence_dates", "L'ultimo giorno di assenza precede il primo"));
            }
            Ok(RegistryEvent::AbsenceRecorded { person, from, to })
        }
        RegistryCommand::CorrectAbsence { person, from, to } => {
            let known = registry.absences.iter().any(|(p, f, _)| *p == person && *f == from);
            if !known {
                let text = "Non risulta un'assenza della persona che cominci in quel giorno";
                return Err(bad("absence_unknown", text));
            }
            if to.is_some_and(|to| to < from) {
                return Err(bad("absence_dates", "L'ultimo giorno di assenza precede il primo"));
            }
            Ok(RegistryEvent::AbsenceCorrected { person, from, to })
        }
        RegistryCommand::FinishSetup {} => Ok(RegistryEvent::SetupFinished {}),
        RegistryCommand::AdoptRegulation { text, from } => {
            regulation::parse(&text, "regolamento.toml").map_err(|problems| {
                unsound("regulation_unsound", problems.iter().map(ToString::to_string))
            })?;
            Ok(RegistryEvent::RegulationAdopted { text, from })
        }
        RegistryCommand::ActivateWorkflow { text } => {
            workflow::load(&text, "workflow.toml").map_err(|problems| {
                unsound("workflow_unsound", problems.iter().map(ToString::to_string))
            })?;
            Ok(RegistryEvent::WorkflowActivated { text })
        }
        RegistryCommand::OpenRegister { register, year, last, source } => {
            if !notices::REGISTERS.contains(&register.as_str()) {
                return Err(unknown("registro", &register));
            }
            if last < 0 {
                return Err(bad("register_last", "L'ultimo numero usato non può essere negativo"));
            }
            Ok(RegistryEvent::RegisterOpened { register, year, last, source })
        }
    }
}

/// Nobody stays at the head of an office that is no more: who does is told first (TUEL 107, 109).
/// Proposals under way go on; a new one names an office that is there.
fn close_office(
    registry: &Registry,
    office: String,
    on: NaiveDate,
) -> Result<RegistryEvent, Refusal> {
    if !registry.offices.contains_key(&office) {
        return Err(unknown("ufficio", &office));
    }
    if registry.closed.contains_key(&office) {
        let text = format!("{} è già chiuso", registry.office_name(&office));
        return Err(bad("office_closed", text).next("Aprirlo di nuovo, se torna in funzione"));
    }
    let after = |m: &&Mandate| {
        m.office.as_deref() == Some(office.as_str()) && m.to.is_none_or(|to| to > on)
    };
    let staying: Vec<String> = registry
        .mandates
        .values()
        .filter(after)
        .map(|m| format!("{}, {}", registry.name(&m.person), m.title))
        .collect();
    if !staying.is_empty() {
        let text = format!("Dopo quel giorno restano incarichi: {}", staying.join("; "));
        return Err(Refusal::new("office_has_mandates", "R1.10", "artt. 107 e 109 TUEL", text)
            .next(
                "Registrare prima la fine di quegli incarichi, o trasferirli a un altro ufficio",
            ));
    }
    Ok(RegistryEvent::OfficeClosed { office, on })
}

fn register_person(registry: &Registry, mut person: Person) -> Result<RegistryEvent, Refusal> {
    let reserved = [SYSTEM_ACTOR, notices::REQUESTER].contains(&person.id.as_str());
    if person.id.trim().is_empty() || reserved {
        let text = format!("«{}» non può essere l'identificativo di una persona", person.id);
        return Err(bad("bad_id", text));
    }
    person.fiscal_code = person.fiscal_code.trim().to_uppercase();
    let twin = registry.people.values().find(|p| {
        p.id != person.id && p.fiscal_code == person.fiscal_code && !p.fiscal_code.is_empty()
    });
    if let Some(twin) = twin {
        return Err(bad(
            "fiscal_code_taken",
            format!("Il codice fiscale {} è già di {}", person.fiscal_code, twin.name()),
        ));
    }
    if !person.email.contains('@') {
        return Err(bad(
            "email_invalid",
            format!(
                "L'indirizzo «{}» di {} non è un indirizzo di posta",
                person.email,
                person.name()
            ),
        ));
    }
    Ok(RegistryEvent::PersonRegistered { person })
}

fn grant(registry: &Registry, mandate: Mandate) -> Result<RegistryEvent, Refusal> {
    known_person(registry, &mandate.person)?;
    mandate.check_capacity()?;
    if let Some(office) = &mandate.office
        && !registry.offices.contains_key(office)
    {
        return Err(unknown("ufficio", office));
    }
    if let Some((office, last)) =
        mandate.office.as_ref().and_then(|o| registry.closed.get_key_value(o))
        && mandate.to.is_none_or(|to| to > *last)
    {
        let text = format!("{} è chiuso dopo quel giorno", registry.office_name(office));
        return Err(bad("office_closed", text)
            .next("Indicare un ufficio aperto, o un ultimo giorno non successivo alla chiusura"));
    }
    if mandate.to.is_some_and(|to| to < mandate.from) {
        return Err(bad("mandate_dates", "L'ultimo giorno dell'incarico precede il primo"));
    }
    if mandate.capacity == Capacity::Delegato && (mandate.to.is_none() || mandate.act.is_empty()) {
        return Err(Refusal::new(
            "delegation_without_term",
            "R1.10",
            "art. 17, c. 1-bis, D.Lgs. 165/2001",
            "La delega è data con atto scritto e per un periodo determinato: mancano l'atto o l'ultimo \
             giorno",
        )
        .next("Indicare l'atto di delega e l'ultimo giorno in cui vale"));
    }
    if registry.mandates.contains_key(&mandate.id) {
        return Err(bad("mandate_taken", format!("L'incarico «{}» esiste già", mandate.id)));
    }
    Ok(RegistryEvent::MandateGranted { mandate })
}

fn may_end(registry: &Registry, id: &str, last_day: NaiveDate) -> Result<(), Refusal> {
    let found = registry.mandates.get(id).ok_or_else(|| unknown("incarico", id))?;
    if last_day < found.from {
        return Err(bad("mandate_dates", "L'ultimo giorno precede il primo"));
    }
    if found.to.is_some_and(|to| last_day > to) {
        let text = "L'incarico finisce prima: per prolungarlo ne serve uno nuovo";
        return Err(bad("mandate_ended", text));
    }
    let after = add_days(last_day, 1).unwrap_or(last_day);
    let successors = registry.holders(Role::Amministratore, None, after);
    if found.role == Role::Amministratore && successors.iter().all(|m| m.id == id) {
        let text = "Dopo quel giorno il Comune resterebbe senza amministratore";
        return Err(bad("last_administrator", text).next("Nominare prima chi subentra"));
    }
    Ok(())
}

fn known_person(registry: &Registry, person: &str) -> Result<(), Refusal> {
    registry.people.contains_key(person).then_some(()).ok_or_else(|| unknown("persona", person))
}

fn unknown(what: &str, id: &str) -> Refusal {
    Refusal::new("unknown", "R5.6", "", format!("Non risulta nessun elemento «{id}» ({what})"))
        .next("Controllare l'identificativo o registrarlo prima")
}

fn bad(code: &str, text: impl Into<String>) -> Refusal {
    Refusal::new(code, "R5.6", "", text)
}

fn unsound(code: &str, problems: impl Iterator<Item = String>) -> Refusal {
    Refusal::new(code, "R5.6", "", problems.collect::<Vec<_>>().join("; "))
        .next("Correggere il file e provarlo con «delibera check»")
}
