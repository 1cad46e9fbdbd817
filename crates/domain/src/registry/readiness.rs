// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a Comune needs on record before its first act, and what is about to lack.

use super::{Mandate, Registry, Role};
use crate::law::calendar::{Preposition, add_days, rome_date, rome_time};
use crate::regulation::tokens::{Keeper, PrivacyReviewer};
use chrono::{DateTime, NaiveDate, Utc};

/// Where a need is met: one part of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Name and marks of the Comune.
    Comune,
    /// Regulation.
    Regulation,
    /// Workflows.
    Workflows,
    /// Offices.
    Offices,
    /// People and mandates.
    Mandates,
    /// Members of the Giunta.
    Giunta,
    /// Groups and capigruppo.
    Groups,
}

/// Something an act will ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What, in Italian.
    pub what: String,
    /// Source.
    pub article: &'static str,
    /// Where it is put on record.
    pub part: Part,
    /// Who or what meets it; none when it is missing.
    pub met: Option<String>,
    /// Without it no act can be brought to its end.
    pub essential: bool,
}

/// Mandates ending within so many days are told in advance.
const NOTICE_DAYS: u64 = 30;

impl Registry {
    /// Everything an act will ask for on a day, met or missing.
    pub fn needs(&self, on: NaiveDate) -> Vec<Need> {
        let mut needs = self.foundations(on);
        needs.extend(self.posts(on));
        needs.extend(self.organs(on));
        needs
    }

    fn foundations(&self, on: NaiveDate) -> Vec<Need> {
        let comune = &self.comune;
        let described = !comune.name.is_empty() && comune.giunta_seats > 0;
        let regulation = self.regulation(on);
        let active: Vec<&str> = self
            .active
            .values()
            .filter_map(|digest| self.workflows.get(digest))
            .map(|workflow| workflow.title.as_str())
            .collect();
        let need = |what: &str, article, part, met: Option<String>| Need {
            what: what.into(),
            article,
            part,
            met,
            essential: true,
        };
        let several = |n: usize| (n > 0).then(|| n.to_string());
        vec![
            need(
                "Nome del Comune e componenti della Giunta",
                "art. 47 TUEL",
                Part::Comune,
                described.then(|| format!("{}, {}", comune.name, comune.giunta_seats)),
            ),
            need(
                "Regolamento in vigore",
                "artt. 6 e 7 TUEL",
                Part::Regulation,
                regulation.is_ok().then(|| Preposition::On.short(on)),
            ),
            need(
                "Procedimento della deliberazione",
                "artt. 1 e 2 L. 241/1990",
                Part::Workflows,
                (!active.is_empty()).then(|| active.join(", ")),
            ),
            need("Uffici", "art. 48, c. 3, TUEL", Part::Offices, several(self.offices.len())),
        ]
    }

    /// Posts of the offices: who signs, checks, posts.
    fn posts(&self, on: NaiveDate) -> Vec<Need> {
        let regulation = self.regulation(on).ok();
        let mut wanted: Vec<(Role, &str, &'static str, bool)> = vec![
            (Role::Segretario, "Segretario comunale o chi lo sostituisce", "art. 97 TUEL", true),
            (Role::Segreteria, "Segreteria della Giunta", "art. 97, c. 4, TUEL", true),
            (
                Role::ResponsabileRagioneria,
                "Responsabile del servizio finanziario",
                "artt. 49 e 153 TUEL",
                true,
            ),
            (
                Role::ResponsabileProcedimento,
                "Responsabile del procedimento: chi scrive le proposte",
                "art. 5 L. 241/1990",
                true,
            ),
        ];
        if regulation.as_ref().is_none_or(|r| r.albo == Keeper::Internal) {
            let what = "Responsabile della pubblicazione all'Albo";
            wanted.push((Role::ResponsabilePubblicazione, what, "art. 32 L. 69/2009", true));
        }
        if regulation.as_ref().is_some_and(|r| r.privacy_reviewer == PrivacyReviewer::Dpo) {
            let what = "Chi verifica i dati personali prima dell'Albo";
            wanted.push((Role::ResponsabilePrivacy, what, "art. 5 Reg. UE 2016/679", true));
        }
        let trasparenza = "Responsabile della trasparenza";
        wanted.push((Role::ResponsabileTrasparenza, trasparenza, "art. 43 D.Lgs. 33/2013", false));
        let post = |(role, what, article, essential): (Role, &str, &'static str, bool)| Need {
            what: what.into(),
            article,
            part: Part::Mandates,
            met: self.acting(role, None, on).map(|s| format!("{}, {}", s.name, s.title)),
            essential,
        };
        let mut needs: Vec<Need> = wanted.into_iter().map(post).collect();
        let open = || self.offices.values().filter(|office| self.is_open(&office.id, on));
        let headless: Vec<&str> = open()
            .filter(|office| self.acting(Role::Direttore, Some(&office.id), on).is_none())
            .map(|office| office.name.as_str())
            .collect();
        let all = open().count();
        needs.push(Need {
            what: match headless.as_slice() {
                [] => "Un responsabile di servizio per ogni ufficio".into(),
                offices => format!("Responsabile di servizio di: {}", offices.join(", ")),
            },
            article: "artt. 49, 50, c. 10, e 107 TUEL",
            part: Part::Mandates,
            met: (headless.is_empty() && all > 0).then(|| format!("{all} uffici")),
            essential: true,
        });
        needs
    }

    /// The Giunta and who receives its lists.
    fn organs(&self, on: NaiveDate) -> Vec<Need> {
        let sindaco = self.acting(Role::Sindaco, None, on);
        let commissario = self.acting(Role::Commissario, None, on);
        let head = sindaco.or(commissario);
        let deputy = self.acting(Role::Vicesindaco, None, on);
        let members = self.giunta(on).len();
        let seats = usize::try_from(self.comune.giunta_seats).unwrap_or_default();
        let groups = self.capigruppo(on).len();
        let need = |what: String, article, part, met, essential| Need {
            what,
            article,
            part,
            met,
            essential,
        };
        vec![
            need(
                "Sindaco, che convoca e presiede la Giunta".into(),
                "art. 50, c. 2, TUEL",
                Part::Giunta,
                head.map(|s| format!("{}, {}", s.name, s.title)),
                true,
            ),
            need(
                "Vicesindaco".into(),
                "art. 53, c. 2, TUEL",
                Part::Giunta,
                deputy.map(|s| s.name),
                false,
            ),
            need(
                format!("Componenti della Giunta in carica ({members} su {seats} dello statuto)"),
                "artt. 46 e 47 TUEL",
                Part::Giunta,
                (members > 1 && members <= seats.max(1)).then(|| members.to_string()),
                true,
            ),
            need(
                "Capigruppo, a cui va l'elenco degli atti".into(),
                "art. 125 TUEL",
                Part::Groups,
                (groups > 0).then(|| groups.to_string()),
                true,
            ),
        ]
    }

    /// The members of the Giunta on a day, Sindaco first, then the assessori by list order.
    pub fn giunta(&self, on: NaiveDate) -> Vec<&Mandate> {
        self.giunta_of(on, |_| true)
    }

    /// Its members at an instant: who ceased at an hour is a member until that hour (R3.1, T-64).
    pub fn giunta_at(&self, at: DateTime<Utc>) -> Vec<&Mandate> {
        let (day, now) = (rome_date(at), rome_time(at));
        let over = |m: &Mandate| {
            m.to == Some(day) && self.ended_at.get(&m.id).is_some_and(|hour| *hour <= now)
        };
        self.giunta_of(day, |m| !over(m))
    }

    fn giunta_of(&self, on: NaiveDate, holds: impl Fn(&Mandate) -> bool) -> Vec<&Mandate> {
        let mut members: Vec<&Mandate> = Vec::new();
        for role in [Role::Sindaco, Role::Vicesindaco, Role::Assessore] {
            for mandate in self.holders(role, None, on).into_iter().filter(|m| holds(m)) {
                // The Vicesindaco is an assessore too: one seat.
                if members.iter().all(|m| m.person != mandate.person) {
                    members.push(mandate);
                }
            }
        }
        members
    }

    /// Mandates that end soon and that nobody follows in the same post.
    pub fn ending(&self, on: NaiveDate) -> Vec<&Mandate> {
        let until = add_days(on, NOTICE_DAYS).unwrap_or(on);
        let mut found: Vec<&Mandate> = self
            .mandates
            .values()
            .filter(|m| m.valid_on(on) && m.to.is_some_and(|to| to <= until))
            .filter(|m| {
                let after = m.to.and_then(|to| add_days(to, 1)).unwrap_or(until);
                self.holders(m.role, m.office.as_deref(), after)
                    .iter()
                    .all(|next| next.capacity != m.capacity)
            })
            .collect();
        found.sort_by_key(|m| (m.to, &m.id));
        found
    }
}
