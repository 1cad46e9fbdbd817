// SPDX-License-Identifier: AGPL-3.0-or-later
//! "Who is entitled on 23 July?": every mandate of a role with its answer for that day.

use super::{Mandate, Registry, Role, Signatory};
use crate::domain::law::calendar::Preposition;
use crate::domain::refusal::Refusal;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::{Capacity, Person, RegistryEvent};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn comune() -> Registry {
        let mut registry = Registry::default();
        for (id, surname) in [("anna", "Bassi"), ("ugo", "Ferri"), ("ida", "Conti")] {
            registry.evolve(&RegistryEvent::PersonRegistered {
                person: Person {
                    id: id.into(),
                    given_name: "A".into(),
                    surname: surname.into(),
                    fiscal_code: String::new(),
                    email: "a@b".into(),
                    born: None,
                },
            });
        }
        let held = [
            ("anna", Capacity::Titolare, "Il Segretario", None),
            ("ugo", Capacity::Vicario, "Il Vice Segretario", None),
            ("ida", Capacity::Delegato, "Il delegato", Some(day("2020-07-10"))),
        ];
        for (person, capacity, title, to) in held {
            let mandate = Mandate {
                id: person.into(),
                person: person.into(),
                role: Role::Segretario,
                office: None,
                capacity,
                title: title.into(),
                act: "decreto".into(),
                from: day("2020-01-01"),
                to,
                rank: 0,
                group: None,
            };
            registry.evolve(&RegistryEvent::MandateGranted { mandate });
        }
        let (from, to) = (day("2020-07-20"), day("2020-07-31"));
        let event = RegistryEvent::AbsenceRecorded { person: "anna".into(), from, to };
        registry.evolve(&event);
        registry
    }

    #[test]
    fn on_the_23rd_of_july_the_vicario_acts_with_his_own_title() {
        let claims = comune().standing(Role::Segretario, None, day("2020-07-23"));
        let people: Vec<&str> = claims.iter().map(|c| c.mandate.person.as_str()).collect();
        assert_eq!(people, ["ugo", "anna", "ida"]);
        assert_eq!(claims[0].answer.as_ref().expect("acts").title, "Il Vice Segretario");
        assert!(claims[0].acts && claims[1].absent && !claims[1].acts);
        assert_eq!(claims[2].answer.as_ref().expect_err("ended").code, "mandate_not_in_force");
    }

    #[test]
    fn with_the_holder_in_service_the_vicario_is_told_why_not() {
        let claims = comune().standing(Role::Segretario, None, day("2020-07-15"));
        assert_eq!(claims[0].mandate.person, "anna");
        let vicario = claims.iter().find(|c| c.mandate.person == "ugo").expect("listed");
        assert_eq!(vicario.answer.as_ref().expect_err("no").code, "substitute_not_needed");
    }

    #[test]
    fn an_absence_taken_back_gives_the_post_back() {
        let mut registry = comune();
        let (person, from) = ("anna".to_owned(), day("2020-07-20"));
        registry.evolve(&RegistryEvent::AbsenceCorrected {
            person: person.clone(),
            from,
            to: Some(day("2020-07-22")),
        });
        assert!(!registry.is_absent("anna", day("2020-07-23")));
        assert!(registry.is_absent("anna", day("2020-07-22")));
        registry.evolve(&RegistryEvent::AbsenceCorrected { person, from, to: None });
        assert!(!registry.is_absent("anna", day("2020-07-22")));
    }
}
