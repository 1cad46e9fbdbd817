// SPDX-License-Identifier: AGPL-3.0-or-later
//! "Who is entitled on 23 July?": every mandate of a role with its answer for that day.

use super::{Mandate, Registry, Role, Signatory};
use crate::law::calendar::Preposition;
use crate::refusal::Refusal;
use chrono::NaiveDate;

/// One mandate, and what it is worth on a day.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The mandate.
    pub mandate: Mandate,
    /// The person as he would sign by it, or why he would not.
    pub answer: Result<Signatory, Refusal>,
    /// He is the one who acts that day.
    pub acts: bool,
    /// An absence of his covers the day.
    pub absent: bool,
}

impl Registry {
    /// Every mandate of a role, for an office or for the whole body, with its answer on a day: the
    /// one who acts first, then those in force in their order, then those ended or not begun, the
    /// nearest first (R1.10, R2.4, practice.md 1.16).
    pub fn standing(&self, role: Role, office: Option<&str>, on: NaiveDate) -> Vec<Claim> {
        let acting = self.acting(role, office, on);
        let claim = |mandate: &Mandate| {
            let answer = self.worth(mandate, office, on);
            let acts = match (&acting, &answer) {
                (Some(acting), Ok(signatory)) => acting == signatory,
                _ => false,
            };
            let absent = self.is_absent(&mandate.person, on);
            Claim { mandate: mandate.clone(), answer, acts, absent }
        };
        let mut claims: Vec<Claim> =
            self.holders(role, office, on).into_iter().map(claim).collect();
        claims.sort_by_key(|claim| !claim.acts);
        let mut out: Vec<&Mandate> = self
            .mandates
            .values()
            .filter(|m| m.role == role && !m.valid_on(on))
            .filter(|m| office.is_none() || m.office.is_none() || m.office.as_deref() == office)
            .collect();
        let far = |m: &Mandate| match m.to {
            Some(to) if to < on => (on - to).num_days(),
            _ => (m.from - on).num_days(),
        };
        out.sort_by_key(|m| far(m));
        claims.extend(out.into_iter().map(claim));
        claims
    }

    /// What one mandate is worth: nothing out of its days, or where the person acts by a better one.
    fn worth(
        &self,
        mandate: &Mandate,
        office: Option<&str>,
        on: NaiveDate,
    ) -> Result<Signatory, Refusal> {
        if !mandate.valid_on(on) {
            let text = match mandate.to {
                Some(to) if to < on => {
                    format!("L'incarico è cessato {}", Preposition::On.short(to))
                }
                _ => format!("L'incarico decorre {}", Preposition::From.short(mandate.from)),
            };
            return Err(Refusal::new("mandate_not_in_force", "R1.10", "", text));
        }
        let answer = self.entitled(&mandate.person, mandate.role, office, on)?;
        let own = self.signatory(mandate);
        if answer == own {
            return Ok(own);
        }
        let text = format!("Quel giorno agisce con un altro titolo: «{}»", answer.title);
        Err(Refusal::new("better_title", "R2.4", "", text))
    }
}
