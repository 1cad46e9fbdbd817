// SPDX-License-Identifier: AGPL-3.0-or-later
//! Facts about the Comune.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// A role the law or the Comune gives powers to. Italian institutions keep their name.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Responsabile del procedimento (L. 241/1990 art. 5).
    ResponsabileProcedimento,
    /// Direttore / responsabile di servizio (TUEL 107, 49).
    Direttore,
    /// Responsabile del servizio finanziario (TUEL 153).
    ResponsabileRagioneria,
    /// Segretario comunale (TUEL 97).
    Segretario,
    /// Ufficio di segreteria: istruttoria, agenda, composition.
    Segreteria,
    /// Direttore generale (TUEL 108).
    DirettoreGenerale,
    /// Sindaco (TUEL 50).
    Sindaco,
    /// Vicesindaco (TUEL 53 c. 2).
    Vicesindaco,
    /// Assessore (TUEL 47).
    Assessore,
    /// Commissario with the powers of the Giunta (TUEL 141).
    Commissario,
    /// Consigliere comunale.
    Consigliere,
    /// Capogruppo consiliare (TUEL 125).
    Capogruppo,
    /// Presidente del Consiglio (TUEL 39).
    PresidenteConsiglio,
    /// Responsabile della pubblicazione, messo (L. 69/2009 art. 32).
    ResponsabilePubblicazione,
    /// Who reviews personal data before posting.
    ResponsabilePrivacy,
    /// Responsabile della trasparenza (D.Lgs. 33/2013 art. 43).
    ResponsabileTrasparenza,
    /// Ufficio di gabinetto of the Sindaco.
    Gabinetto,
    /// Prefetto: an outside recipient of notices.
    Prefetto,
    /// Administrator of the installation.
    Amministratore,
}

impl Role {
    /// Every role with its token, as TOML files write it.
    pub const ALL: [(Role, &'static str, &'static str); 19] = [
        (
            Role::ResponsabileProcedimento,
            "responsabile_procedimento",
            "il responsabile del procedimento",
        ),
        (Role::Direttore, "direttore", "il direttore"),
        (Role::ResponsabileRagioneria, "responsabile_ragioneria", "il Responsabile di ragioneria"),
        (Role::Segretario, "segretario", "il Segretario"),
        (Role::Segreteria, "segreteria", "la Segreteria"),
        (Role::DirettoreGenerale, "direttore_generale", "il Direttore generale"),
        (Role::Sindaco, "sindaco", "il Sindaco"),
        (Role::Vicesindaco, "vicesindaco", "il Vicesindaco"),
        (Role::Assessore, "assessore", "un assessore"),
        (Role::Commissario, "commissario", "il Commissario"),
        (Role::Consigliere, "consigliere", "un consigliere"),
        (Role::Capogruppo, "capogruppo", "un capogruppo"),
        (Role::PresidenteConsiglio, "presidente_consiglio", "il Presidente del Consiglio"),
        (
            Role::ResponsabilePubblicazione,
            "responsabile_pubblicazione",
            "il responsabile della pubblicazione",
        ),
        (Role::ResponsabilePrivacy, "responsabile_privacy", "chi verifica i dati personali"),
        (
            Role::ResponsabileTrasparenza,
            "responsabile_trasparenza",
            "il responsabile della trasparenza",
        ),
        (Role::Gabinetto, "gabinetto", "il Gabinetto"),
        (Role::Prefetto, "prefetto", "il Prefetto"),
        (Role::Amministratore, "amministratore", "l'amministratore"),
    ];

    /// The token used in TOML and JSON.
    pub fn token(self) -> &'static str {
        Self::ALL.iter().find(|(role, _, _)| *role == self).map_or("", |(_, token, _)| token)
    }

    /// The role as a sentence names it ("il Segretario").
    pub fn label(self) -> &'static str {
        Self::ALL.iter().find(|(role, _, _)| *role == self).map_or("", |(_, _, label)| label)
    }

    /// A post of the offices, whose holder may name substitutes; not one of the political bodies,
    /// which only the law and the Sindaco's decree fill (TUEL 46, 47, 53).
    pub fn is_of_an_office(self) -> bool {
        use Role as R;
        !matches!(
            self,
            R::Sindaco
                | R::Vicesindaco
                | R::Assessore
                | R::Commissario
                | R::Consigliere
                | R::Capogruppo
                | R::PresidenteConsiglio
                | R::Prefetto
                | R::Amministratore
        )
    }

    /// Reads a token.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, t, _)| *t == token).map(|(role, _, _)| *role)
    }
}

/// In what capacity a mandate is held (practice.md 1.16: three different things).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// The holder.
    #[default]
    Titolare,
    /// Substitute by office, when those before him are absent (TUEL 97 c. 5).
    Vicario,
    /// Another Vice Segretario, after the vicario (R2.4).
    Vice,
    /// Segretario in charge of a vacant post for the time being (R2.4).
    Reggente,
    /// Segretario of another Comune who stands in (*a scavalco*, R2.4).
    Scavalco,
    /// Substitute or ad interim by decree.
    Sostituto,
    /// Written, reasoned delegation for a fixed time (D.Lgs. 165/2001 art. 17 c. 1-bis).
    Delegato,
}

/// Name and marks of the Comune.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComuneData {
    /// "Comune di Roccaverde".
    pub name: String,
    /// Province, e.g. "RV".
    #[serde(default)]
    pub province: String,
    /// Where the sittings are held by default.
    #[serde(default)]
    pub seat: String,
    /// Fiscal code of the body.
    #[serde(default)]
    pub fiscal_code: String,
    /// Address the mails come from.
    #[serde(default)]
    pub email: String,
    /// Lines of the letterhead under the name: address, telephone, PEC. Without them, the seat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letterhead: Vec<String>,
    /// SHA-256 of the crest, a PNG among the documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crest: Option<String>,
    /// Seats of the Giunta by statute (assessori + Sindaco), for quorum on `assegnati`.
    pub giunta_seats: u32,
    /// Inhabitants, on which fractions of councillors depend (TUEL 127); 0 while not recorded.
    #[serde(default)]
    pub inhabitants: u32,
    /// Councillors assigned to the Comune; 0 while not recorded.
    #[serde(default)]
    pub council_seats: u32,
}

/// An office of the Comune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Identifier.
    pub id: String,
    /// "Direzione Ambiente".
    pub name: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Identifier.
    pub id: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Codice fiscale: the identity a signature certificate is compared with (R9.4).
    pub fiscal_code: String,
    /// Where notices go.
    pub email: String,
    /// Date of birth, for rules "by age" (R3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<NaiveDate>,
}

impl Person {
    /// "Anna Scavuzzo".
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.surname).trim().to_owned()
    }
}

/// A power held by a person from a day to a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// Identifier.
    pub id: String,
    /// Person.
    pub person: String,
    /// Role.
    pub role: Role,
    /// Office the power is about; none for roles of the whole body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// Holder or substitute.
    #[serde(default)]
    pub capacity: Capacity,
    /// Title as printed ("Il Vice Segretario Generale Vicario").
    pub title: String,
    /// Act of appointment ("decreto del Sindaco n. 12 del 3 luglio 2016").
    #[serde(default)]
    pub act: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Order among equals: list order of the assessori, order of the vicari.
    #[serde(default)]
    pub rank: u32,
    /// Council group, for capigruppo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// What happened to the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RegistryEvent {
    /// Name and marks were set.
    ComuneDescribed {
        /// The data.
        comune: ComuneData,
    },
    /// An office exists, or its name changed.
    OfficeOpened {
        /// The office.
        office: Office,
    },
    /// An office is no more, after a day; opening it again takes it back.
    OfficeClosed {
        /// Office.
        office: String,
        /// Last day.
        on: NaiveDate,
    },
    /// A person is known, or his data changed.
    PersonRegistered {
        /// The person.
        person: Person,
    },
    /// A power was given.
    MandateGranted {
        /// The mandate.
        mandate: Mandate,
    },
    /// A power ended (decree, resignation).
    MandateEnded {
        /// Mandate.
        mandate: String,
        /// Last day it is valid.
        last_day: NaiveDate,
        /// The act that ends it.
        act: String,
        /// Hour of that day from which it is over; none = the day is whole (R3.1, T-64).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<NaiveTime>,
    },
    /// A person is away: his vicario may act.
    AbsenceRecorded {
        /// Person.
        person: String,
        /// First day.
        from: NaiveDate,
        /// Last day, included.
        to: NaiveDate,
    },
    /// An absence was recorded wrongly, or ended before its day. Papers already signed stand.
    AbsenceCorrected {
        /// Person.
        person: String,
        /// First day of the absence meant.
        from: NaiveDate,
        /// Its last day, included; none when there was no absence.
        to: Option<NaiveDate>,
    },
    /// The first start is over: what is missing is told by the overview from now on.
    SetupFinished {},
    /// A regulation is in force from a day.
    RegulationAdopted {
        /// The whole `regolamento.toml`.
        text: String,
        /// First day.
        from: NaiveDate,
    },
    /// New cases of the kind follow this workflow.
    WorkflowActivated {
        /// The whole workflow file.
        text: String,
    },
    /// A register starts after a number already used elsewhere (practice.md 2).
    RegisterOpened {
        /// Register token.
        register: String,
        /// Year.
        year: i32,
        /// Last number used; the next is `last + 1`.
        last: i64,
        /// Why: "registro cartaceo chiuso il …".
        source: String,
    },
}
