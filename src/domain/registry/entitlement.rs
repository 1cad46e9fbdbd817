// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may act in a role on a day, and with what printed title (R1.10, R2.4, practice.md 1.16).

use super::{Capacity, Mandate, Registry, Role};
use crate::domain::law::calendar::Preposition;
use crate::domain::refusal::Refusal;
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

    /// True when an absence of the person covers the day.
    pub fn is_absent(&self, person: &str, on: NaiveDate) -> bool {
        self.absences.iter().any(|(p, from, to)| p == person && *from <= on && on <= *to)
    }

    /// May `person` act in `role` (for `office`) on that day? The vicario acts only when every
    /// holder and vicario before him is absent or the post is vacant (TUEL 97 c. 5, R2.4).
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
        let plain = own().find(|m| m.capacity != Capacity::Vicario);
        let Some(mandate) = plain.or_else(|| own().next()) else {
            return Err(self.not_in_role(person, role, office, on));
        };
        if mandate.capacity == Capacity::Vicario {
            let present = holders.iter().find(|m| {
                (m.capacity, m.rank) < (mandate.capacity, mandate.rank)
                    && !self.is_absent(&m.person, on)
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
        }
        Ok(self.signatory(mandate))
    }

    /// Who would act in the role on the day: the holder, or the first substitute entitled.
    pub fn acting(&self, role: Role, office: Option<&str>, on: NaiveDate) -> Option<Signatory> {
        self.holders(role, office, on)
            .iter()
            .filter(|m| !self.is_absent(&m.person, on))
            .find_map(|m| self.entitled(&m.person, role, office, on).ok())
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

impl Mandate {
    /// True when the day is within the mandate, both ends included.
    pub fn valid_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}
