// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may put what on record about the Comune: by mandate and date, never by a flag on an account.
//!
//! The day is the one of recording: nobody writes today with a power he had yesterday. The system
//! itself acts when an installation begins (`init`, scenarios); no session of a person is ever it.

use super::{Capacity, Mandate, Person, Registry, RegistryCommand, Role};
use crate::law::calendar::Preposition;
use crate::refusal::Refusal;
use crate::stream::SYSTEM_ACTOR;
use chrono::NaiveDate;

/// Who keeps offices, regulations, workflows.
const KEEPERS: &[Role] = &[Role::Amministratore];
/// Who keeps people, mandates, absences, groups (practice.md 2: without the administrator), and
/// the registers of acts (TUEL 97 c. 4 lett. a).
const SECRETARIAT: &[Role] = &[Role::Amministratore, Role::Segretario, Role::Segreteria];

/// May `actor` give this command on that day? Pages ask the same to show or hide a button.
///
/// # Errors
/// `no_registry_power`, `own_mandate`, `mandate_without_act`: who may, and what to do next.
pub fn authorised(
    registry: &Registry,
    actor: &str,
    on: NaiveDate,
    command: &RegistryCommand,
) -> Result<(), Refusal> {
    if actor == SYSTEM_ACTOR {
        return Ok(());
    }
    let who = Asker { registry, actor, on };
    match command {
        RegistryCommand::DescribeComune(_) => who.one_of(KEEPERS, "descrivere il Comune"),
        RegistryCommand::OpenOffice(_) => who.one_of(KEEPERS, "aprire o rinominare un ufficio"),
        RegistryCommand::CloseOffice { .. } => who.one_of(KEEPERS, "chiudere un ufficio"),
        RegistryCommand::AdoptRegulation { .. } => {
            who.one_of(KEEPERS, "mettere in vigore il regolamento")
        }
        RegistryCommand::ActivateWorkflow { .. } => who.one_of(KEEPERS, "attivare un procedimento"),
        RegistryCommand::OpenRegister { .. } => {
            who.one_of(&[Role::Amministratore, Role::Segretario], "aprire un registro")
        }
        RegistryCommand::RegisterPerson(person) => who.person(person),
        RegistryCommand::RecordAbsence { person, .. }
        | RegistryCommand::CorrectAbsence { person, .. }
            if person == actor =>
        {
            Ok(())
        }
        RegistryCommand::FinishSetup {} => who.one_of(KEEPERS, "concludere il primo avvio"),
        RegistryCommand::RecordAbsence { .. } | RegistryCommand::CorrectAbsence { .. } => {
            who.one_of(SECRETARIAT, "registrare l'assenza di un'altra persona")
        }
        RegistryCommand::GrantMandate(mandate) => {
            who.written(&mandate.act)?;
            who.mandate(mandate)
        }
        RegistryCommand::EndMandate { mandate, act, .. } => {
            who.written(act)?;
            // An unknown mandate is told apart by the decision itself.
            registry.mandates.get(mandate).map_or(Ok(()), |found| who.ending(found))
        }
    }
}

/// May a person see how the Comune is set up: people, mandates, regulation?
///
/// # Errors
/// `no_registry_power`.
pub fn may_keep(registry: &Registry, actor: &str, on: NaiveDate) -> Result<(), Refusal> {
    Asker { registry, actor, on }.one_of(SECRETARIAT, "vedere l'amministrazione")
}

/// May a person open and close accounts, look after the queue of jobs, read the log of what
/// everyone did? A narrower circle: the log names people at work (art. 4 L. 300/1970).
///
/// # Errors
/// `no_registry_power`.
pub fn may_keep_accounts(registry: &Registry, actor: &str, on: NaiveDate) -> Result<(), Refusal> {
    Asker { registry, actor, on }.one_of(KEEPERS, "tenere le utenze e il registro delle attività")
}

/// Who asks, and when.
struct Asker<'a> {
    registry: &'a Registry,
    actor: &'a str,
    on: NaiveDate,
}

impl Asker<'_> {
    fn is(&self, role: Role) -> bool {
        self.registry.entitled(self.actor, role, None, self.on).is_ok()
    }

    fn one_of(&self, roles: &[Role], what: &str) -> Result<(), Refusal> {
        if roles.iter().any(|role| self.is(*role)) {
            return Ok(());
        }
        Err(self.no_power(roles, what))
    }

    /// The fiscal code is the identity signatures are compared with (R9.4): once on record, it is
    /// changed by the administrator only, and so is everything of an administrator.
    fn person(&self, person: &Person) -> Result<(), Refusal> {
        let code = person.fiscal_code.trim().to_uppercase();
        let same = self.registry.people.get(&person.id).is_none_or(|p| p.fiscal_code == code);
        let keeper = self.registry.holders(Role::Amministratore, None, self.on);
        if same && keeper.iter().all(|m| m.person != person.id) {
            return self.one_of(SECRETARIAT, "registrare una persona");
        }
        self.one_of(
            KEEPERS,
            "cambiare il codice fiscale di una persona o i dati di un amministratore",
        )
    }

    /// Powers come from a recorded act (R1.10).
    fn written(&self, act: &str) -> Result<(), Refusal> {
        if !act.trim().is_empty() {
            return Ok(());
        }
        Err(Refusal::new(
            "mandate_without_act",
            "R1.10",
            "artt. 46, 50 e 97 TUEL",
            "Un incarico nasce e finisce con un provvedimento, che qui non è indicato",
        )
        .next("Indicare il provvedimento, ad esempio «decreto del Sindaco n. 12 del 3 luglio»"))
    }

    fn mandate(&self, mandate: &Mandate) -> Result<(), Refusal> {
        if mandate.role == Role::Amministratore {
            return self.one_of(KEEPERS, "nominare un amministratore");
        }
        if self.is(Role::Amministratore) {
            return Ok(());
        }
        if mandate.person == self.actor {
            return Err(Refusal::new(
                "own_mandate",
                "R1.10",
                "art. 6-bis L. 241/1990",
                "Nessuno registra un incarico per sé stesso",
            )
            .next("Lo registra un altro addetto della Segreteria o l'amministratore"));
        }
        self.ending(mandate)
    }

    /// The Segreteria, or the office itself: its holder names and relieves his own substitutes, a
    /// substitute does not (D.Lgs. 165/2001 art. 17 c. 1-bis; practice.md 2).
    fn ending(&self, mandate: &Mandate) -> Result<(), Refusal> {
        if mandate.role == Role::Amministratore {
            return self.one_of(KEEPERS, "revocare un amministratore");
        }
        let substitute = mandate.capacity != Capacity::Titolare && mandate.role.is_of_an_office();
        if substitute && self.holds(mandate) {
            return Ok(());
        }
        self.one_of(SECRETARIAT, "conferire o revocare questo incarico")
    }

    /// The actor holds the very post: same role, and that office or the whole body.
    fn holds(&self, mandate: &Mandate) -> bool {
        self.registry.holders(mandate.role, None, self.on).iter().any(|m| {
            m.person == self.actor
                && m.capacity == Capacity::Titolare
                && (m.office.is_none() || m.office == mandate.office)
        })
    }

    fn no_power(&self, roles: &[Role], what: &str) -> Refusal {
        let acting = roles.iter().find_map(|role| self.registry.acting(*role, None, self.on));
        let next = acting.map_or_else(
            || "Nessuno risulta incaricato: si comincia con «delibera init»".to_owned(),
            |s| format!("Può farlo {}, {}", s.name, s.title),
        );
        let labels: Vec<&str> = roles.iter().map(|role| role.label()).collect();
        Refusal::new(
            "no_registry_power",
            "R1.10",
            "artt. 50, c. 10, 97 e 107 TUEL",
            format!(
                "{} non ha, {}, un incarico che permetta di {what}: occorre {}",
                self.registry.name(self.actor),
                Preposition::On.short(self.on),
                labels.join(" o "),
            ),
        )
        .next(next)
    }
}
