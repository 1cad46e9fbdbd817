// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may act in a role on a day, and with what printed title (R1.10, R2.4, practice.md 1.16).

use super::{Capacity, Mandate, Registry, Role};
use crate::law::calendar::Preposition;
use crate::refusal::Refusal;
use crate::regulation::tokens::SegretarioSubstitute;
use crate::token::Token;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A person acting by a mandate: what is printed under a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// Person id.
    pub person: String,
    /// "Anna Scavuzzo".
    pub name: String,
    /// Codice fiscale.
    pub fiscal_code: String,
    /// Title as printed.
    pub title: String,
    /// Role used.
    pub role: Role,
    /// Capacity of the mandate.
    pub capacity: Capacity,
    /// Act the power comes from.
    pub act: String,
}

/// The answer to "may this person act in this role for this office on this day?".
pub type Entitlement = Result<Signatory, Refusal>;

impl Registry {
    /// Mandates of a role valid on a day; `office` filters those bound to an office.
    pub fn holders(&self, role: Role, office: Option<&str>, on: NaiveDate) -> Vec<&Mandate> {
        let mut found: Vec<&Mandate> = self
            .mandates
            .values()
            .filter(|m| m.role == role && m.valid_on(on))
            .filter(|m| office.is_none() || m.office.is_none() || m.office.as_deref() == office)
            .collect();
        found.sort_by(|a, b| (a.capacity, a.rank, &a.id).cmp(&(b.capacity, b.rank, &b.id)));
        found
    }

    /// The capigruppo in office on a day (R8.3).
    pub fn capigruppo(&self, on: NaiveDate) -> Vec<String> {
        self.holders(Role::Capogruppo, None, on).iter().map(|m| m.person.clone()).collect()
    }

    /// True when an absence of the person covers the day.
    pub fn is_absent(&self, person: &str, on: NaiveDate) -> bool {
        self.absences.iter().any(|(p, from, to)| p == person && *from <= on && on <= *to)
    }

    /// May `person` act in `role` (for `office`) on that day? A substitute by office acts only when
    /// every holder and substitute before him is absent or the post is vacant; for the Segretario
    /// the line of substitutes is the one of the regulation (TUEL 97 c. 5, R2.4).
    pub fn entitled(
        &self,
        person: &str,
        role: Role,
        office: Option<&str>,
        on: NaiveDate,
    ) -> Entitlement {
        let holders = self.holders(role, office, on);
        // Who is both vicario and substitute by decree acts by the title that lets him act.
        let own = || holders.iter().filter(|m| m.person == person);
        let plain = own().find(|m| !m.capacity.by_office());
        if plain.is_none() && own().next().is_some() {
            let line = Line::of(self, role, on);
            let first = own().filter_map(|m| Some((line.place(m)?, *m))).min_by_key(|(p, _)| *p);
            let Some((place, mandate)) = first else {
                return Err(self.not_foreseen(person, &line));
            };
            let present = holders.iter().find(|m| {
                line.place(m).is_some_and(|p| p < place) && !self.is_absent(&m.person, on)
            });
            if let Some(before) = present {
                return Err(Refusal::new(
                    "substitute_not_needed",
                    "R2.4",
                    "art. 97, c. 5, TUEL",
                    format!(
                        "{} può agire come {} solo in assenza di {}, che risulta in servizio",
                        self.name(person),
                        mandate.title,
                        self.name(&before.person)
                    ),
                )
                .next("Registrare l'assenza del titolare oppure far agire il titolare"));
            }
            return Ok(self.signatory(mandate));
        }
        plain
            .map(|mandate| self.signatory(mandate))
            .ok_or_else(|| self.not_in_role(person, role, office, on))
    }

    /// Who is in service on the day with a title to stand in for the Segretario, holder included,
    /// in the order of the regulation; who holds a title it does not foresee is left out (R2.4).
    pub fn segretari(&self, on: NaiveDate) -> Vec<&Mandate> {
        let line = Line::of(self, Role::Segretario, on);
        let mut found = self.holders(Role::Segretario, None, on);
        found.retain(|m| {
            let foreseen = !m.capacity.by_office() || line.place(m).is_some();
            foreseen && !self.is_absent(&m.person, on)
        });
        found.sort_by_key(|m| line.place(m).unwrap_or_default());
        found
    }

    /// Who would act in the role on the day: the holder, or the first substitute entitled.
    pub fn acting(&self, role: Role, office: Option<&str>, on: NaiveDate) -> Option<Signatory> {
        self.in_service(role, office, on).next()
    }

    /// Everybody who may act in the role on the day and is in service, the holder first: an office
    /// may have several, a post held by one has him or who stands in for him.
    pub fn in_service(
        &self,
        role: Role,
        office: Option<&str>,
        on: NaiveDate,
    ) -> impl Iterator<Item = Signatory> {
        let present = self.holders(role, office, on).into_iter();
        present
            .filter(move |m| !self.is_absent(&m.person, on))
            .filter_map(move |m| self.entitled(&m.person, role, office, on).ok())
    }

    /// The signatory of a mandate.
    pub fn signatory(&self, mandate: &Mandate) -> Signatory {
        let fiscal_code =
            self.people.get(&mandate.person).map(|p| p.fiscal_code.clone()).unwrap_or_default();
        Signatory {
            person: mandate.person.clone(),
            name: self.name(&mandate.person),
            fiscal_code,
            title: mandate.title.clone(),
            role: mandate.role,
            capacity: mandate.capacity,
            act: mandate.act.clone(),
        }
    }

    fn not_foreseen(&self, person: &str, line: &Line) -> Refusal {
        let foreseen: Vec<&str> = line.chain.iter().map(|capacity| capacity.label()).collect();
        Refusal::new(
            "substitute_not_foreseen",
            "R2.4",
            &line.source,
            format!(
                "{} ha un titolo di sostituto che il regolamento del Comune non prevede",
                self.name(person)
            ),
        )
        .next(format!("In ordine possono sostituire: {}", foreseen.join(", ")))
    }

    fn not_in_role(
        &self,
        person: &str,
        role: Role,
        office: Option<&str>,
        on: NaiveDate,
    ) -> Refusal {
        let place = office.map(|o| format!(" per {}", self.office_name(o))).unwrap_or_default();
        let who = self.acting(role, office, on).map_or_else(
            || {
                "Nessuno risulta incaricato in quella data: registrare il provvedimento di nomina"
                    .into()
            },
            |s| format!("In quella data può agire {}, {}", s.name, s.title),
        );
        Refusal::new(
            "signer_not_in_role",
            "R1.10",
            "artt. 49, 97 e 107 TUEL",
            format!(
                "{} non ha il titolo di agire come {}{place} {}",
                self.name(person),
                role.label(),
                Preposition::On.short(on)
            ),
        )
        .next(who)
    }
}

/// The line of those who stand in by office, and its source.
struct Line {
    chain: Vec<Capacity>,
    source: String,
}

impl Line {
    /// For the Segretario the chain of the regulation in force (`segretario_chain`), the national
    /// one where none is; for any other role the vicario alone.
    fn of(registry: &Registry, role: Role, on: NaiveDate) -> Self {
        if role != Role::Segretario {
            return Self { chain: vec![Capacity::Vicario], source: "art. 97, c. 5, TUEL".into() };
        }
        registry.regulation(on).map_or_else(
            |_| Self {
                chain: SegretarioSubstitute::ALL.iter().map(|s| Capacity::from(*s)).collect(),
                source: "art. 97, c. 5, TUEL".into(),
            },
            |regulation| Self {
                chain: regulation.segretario_chain.iter().map(|s| Capacity::from(*s)).collect(),
                source: regulation.source("segretario_chain").to_owned(),
            },
        )
    }

    /// Where a mandate stands: the holder first, then the chain, by rank; none for who has no place
    /// in it (a delegate acts on his own title).
    fn place(&self, mandate: &Mandate) -> Option<(usize, u32)> {
        let place = match mandate.capacity {
            Capacity::Titolare => Some(0),
            capacity => self.chain.iter().position(|c| *c == capacity).map(|p| p + 1),
        };
        place.map(|place| (place, mandate.rank))
    }
}

impl From<SegretarioSubstitute> for Capacity {
    fn from(substitute: SegretarioSubstitute) -> Self {
        match substitute {
            SegretarioSubstitute::Vicario => Self::Vicario,
            SegretarioSubstitute::Vice => Self::Vice,
            SegretarioSubstitute::Reggente => Self::Reggente,
            SegretarioSubstitute::Scavalco => Self::Scavalco,
        }
    }
}

impl Capacity {
    /// Stands in because of his post, without a decree or delegation for the case.
    fn by_office(self) -> bool {
        matches!(self, Self::Vicario | Self::Vice | Self::Reggente | Self::Scavalco)
    }

    /// Every capacity, the holder first.
    pub const ALL: [Self; 7] = [
        Self::Titolare,
        Self::Vicario,
        Self::Vice,
        Self::Reggente,
        Self::Scavalco,
        Self::Sostituto,
        Self::Delegato,
    ];

    /// The token used in TOML and JSON.
    pub fn token(self) -> String {
        crate::effects::token(&self)
    }

    /// Reads a token.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capacity| capacity.token() == token)
    }

    /// As a sentence names it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Titolare => "titolare",
            Self::Vicario => "Vice Segretario vicario",
            Self::Vice => "altro Vice Segretario",
            Self::Reggente => "Segretario reggente",
            Self::Scavalco => "Segretario a scavalco",
            Self::Sostituto => "sostituto",
            Self::Delegato => "delegato",
        }
    }
}

impl Mandate {
    /// Only the Segretario has a Vice, a reggente or one who comes *a scavalco* (TUEL 97 c. 5).
    ///
    /// # Errors
    /// `capacity_of_segretario`.
    pub(super) fn check_capacity(&self) -> Result<(), Refusal> {
        let only =
            matches!(self.capacity, Capacity::Vice | Capacity::Reggente | Capacity::Scavalco);
        if !only || self.role == Role::Segretario {
            return Ok(());
        }
        let text = format!("«{}» è un titolo del solo Segretario", self.capacity.label());
        Err(Refusal::new("capacity_of_segretario", "R2.4", "art. 97, c. 5, TUEL", text)
            .next("Indicare vicario, sostituto o delegato"))
    }

    /// True when the day is within the mandate, both ends included.
    pub fn valid_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}
