// SPDX-License-Identifier: AGPL-3.0-or-later
//! The filter of a register: read from the address, kept in the address.

use crate::domain::law::calendar::{date_short, parse_date};
use crate::domain::registry::Registry;
use crate::domain::search::{Clause, Question, Scope, key, readable_by};
use crate::domain::visibility::Register;
use crate::domain::words;
use crate::domain::workflow::Workflow;
use crate::store::LineFilter;
use crate::web::App;
use crate::web::error::WebError;
use crate::web::forms::{Choice, Input, encode};
use crate::web::visitor::Visitor;
use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

/// A register as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Acts.
    Acts,
    /// Proposals.
    Proposals,
    /// Postings.
    Albo,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Acts, Self::Proposals, Self::Albo];

    /// The register of an address.
    pub fn of(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.token() == token)
    }

    /// Its address.
    pub fn token(self) -> &'static str {
        match self {
            Self::Acts => "deliberazioni",
            Self::Proposals => "proposte",
            Self::Albo => "albo",
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Acts => "Registro delle deliberazioni",
            Self::Proposals => "Registro delle proposte",
            Self::Albo => "Registro dell'Albo pretorio",
        }
    }

    /// Its name beside the others.
    pub fn tab(self) -> &'static str {
        match self {
            Self::Acts => "Deliberazioni",
            Self::Proposals => "Proposte",
            Self::Albo => "Albo",
        }
    }

    /// What stands in it.
    pub fn intro(self) -> &'static str {
        match self {
            Self::Acts => {
                "Ogni numero assegnato, senza salti: anche degli atti respinti, revocati o annullati."
            }
            Self::Proposals => {
                "Ogni proposta presentata, con ciò che ne è stato; il numero resta anche a chi non è \
                 arrivata al voto."
            }
            Self::Albo => {
                "Ogni pubblicazione con le sue date; quelle annullate conservano il numero e il motivo."
            }
        }
    }

    /// Whose rule of access it is.
    pub fn register(self) -> Register {
        match self {
            Self::Acts => Register::Acts,
            Self::Proposals => Register::Proposals,
            Self::Albo => Register::Albo,
        }
    }

    /// States one may ask for.
    fn states(self) -> &'static [&'static str] {
        match self {
            Self::Acts => &[
                "adopted",
                "signing",
                "perfected",
                "privacy_review",
                "posted",
                "posting_ended",
                "archived",
                "rejected",
                "revoked",
                "annulled",
            ],
            Self::Proposals => &[
                "proposal_signing",
                "technical_opinions",
                "accounting_opinion",
                "cover_visto",
                "legitimacy_opinion",
                "inquiry",
                "ready",
                "on_agenda",
                "under_discussion",
                "postponed",
                "returned",
                "withdrawn",
                "rejected",
                "adopted",
                "signing",
                "perfected",
                "privacy_review",
                "posted",
                "posting_ended",
                "archived",
                "revoked",
                "annulled",
            ],
            Self::Albo => &["posted", "posting_ended", "posting_annulled"],
        }
    }

    /// The token of the register of an act kind.
    fn token_of(self, workflow: &Workflow) -> Option<&str> {
        match self {
            Self::Acts => workflow.act_register(),
            Self::Proposals => Some(workflow.proposal_register.as_str()).filter(|r| !r.is_empty()),
            Self::Albo => Some(workflow.albo_register.as_str()),
        }
    }
}

/// The act kinds of a Comune, those of the Giunta first.
fn kinds(registry: &Registry) -> Vec<Arc<Workflow>> {
    let active = registry.active.values().filter_map(|digest| registry.workflows.get(digest));
    let mut kinds: Vec<Arc<Workflow>> = active.cloned().collect();
    kinds.sort_by(|a, b| (a.organ != "giunta", &a.kind).cmp(&(b.organ != "giunta", &b.kind)));
    kinds
}

/// What was asked of a register.
#[derive(Debug)]
pub(super) struct Filter {
    pub which: Which,
    /// As typed.
    input: Input,
    /// As the store reads it.
    pub lines: LineFilter,
    /// What was typed and cannot be read.
    pub wrong: Vec<String>,
    years: Vec<i64>,
}

/// Every year, in the address.
const ALL_YEARS: &str = "tutti";

impl Filter {
    /// Reads what the address asks. Without a year it is the current one: the register one works on.
    ///
    /// # Errors
    /// What the database said; the Comune has no such register.
    pub async fn read(
        app: &App,
        visitor: &Visitor,
        which: Which,
        query: &str,
    ) -> Result<Self, WebError> {
        let input = Input::parse(query);
        let kinds = kinds(&visitor.registry);
        let kind = kinds.iter().find(|workflow| workflow.kind == input.get("tipo"));
        let of_kind = kind.or(kinds.first()).and_then(|workflow| which.token_of(workflow));
        let register = of_kind.ok_or(WebError::NotFound)?.to_owned();
        let years = app.office.executor.store.register_years(&register).await?;
        let mut filter = Self { which, input, lines: LineFilter::default(), wrong: vec![], years };
        let (from, to) = (filter.day("dal"), filter.day("al"));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            filter.wrong.push("La data finale viene prima di quella iniziale".into());
        }
        let set = |name: &str| Some(filter.input.get(name).to_owned()).filter(|v| !v.is_empty());
        let year = match filter.input.get("anno") {
            ALL_YEARS => None,
            "" if from.is_some() || to.is_some() => None,
            "" => filter.latest(visitor.today),
            year => year.parse().ok(),
        };
        let words = filter.question(visitor, &register, year);
        filter.lines = LineFilter {
            albo: which == Which::Albo,
            year,
            from,
            to,
            office: set("ufficio"),
            kind: set("tipo"),
            immediate: Some(filter.input.get("ie")).filter(|v| !v.is_empty()).map(|v| v == "si"),
            state: set("stato"),
            today: visitor.today,
            words,
            before: before(filter.input.get("da")),
            limit: 0,
            register,
        };
        if filter.lines.words.is_none() && !filter.input.get("parole").is_empty() {
            filter.wrong.push(
                "Le parole cercate sono solo articoli o preposizioni: scriverne almeno un'altra"
                    .into(),
            );
        }
        Ok(filter)
    }

    /// Words of the object or of the text, in acts one may read; in a year, of its numbers only.
    fn question(&self, visitor: &Visitor, register: &str, year: Option<i32>) -> Option<Clause> {
        let question = Question::parse(self.input.get("parole"))?;
        let readable = readable_by(&visitor.registry, visitor.id(), visitor.today);
        let mut all = vec![question.clause(Scope::Everything), readable];
        all.extend(year.map(|year| Clause::Word(key(register, &year.to_string()))));
        Some(Clause::All(all))
    }

    /// The year one is in, or the last one before it in which the register was open.
    fn latest(&self, today: NaiveDate) -> Option<i32> {
        let years = self.years.iter().filter_map(|year| i32::try_from(*year).ok());
        years.into_iter().find(|year| *year <= today.year())
    }

    fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let text = self.input.get(name).to_owned();
        let day = parse_date(&text);
        if day.is_none() && !text.is_empty() {
            self.wrong.push(format!("«{text}» non è una data: scrivere per esempio 31/12/2026"));
        }
        day
    }

    /// What was typed in a field.
    pub fn typed(&self, name: &str) -> String {
        self.input.get(name).to_owned()
    }

    /// Something beside the year is asked for.
    pub fn is_set(&self) -> bool {
        ["dal", "al", "ufficio", "stato", "tipo", "ie", "parole"]
            .iter()
            .any(|name| !self.input.get(name).is_empty())
    }

    /// The address of the same question: of a file, or from a line on.
    pub fn address(&self, form: &str, before: Option<(i64, i64)>) -> String {
        let year = match self.lines.year {
            Some(year) => year.to_string(),
            None => ALL_YEARS.to_owned(),
        };
        let mut pairs = vec![("anno", year)];
        for name in ["dal", "al", "ufficio", "stato", "tipo", "ie", "parole"] {
            pairs.push((name, self.typed(name)));
        }
        pairs.extend(before.map(|(year, number)| ("da", format!("{year}-{number}"))));
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        format!("/registri/{}{form}?{}", self.which.token(), encode(&pairs))
    }

    /// What the filter is about, in words: printed above the lines and in the files.
    pub fn criteria(&self, visitor: &Visitor) -> Vec<(&'static str, String)> {
        let lines = &self.lines;
        let day = |day: Option<NaiveDate>| day.map(date_short);
        let set = |name: &str| Some(self.typed(name)).filter(|value| !value.is_empty());
        let year = lines.year.map_or_else(|| "tutti".to_owned(), |year| year.to_string());
        let yes = |yes: bool| if yes { "sì" } else { "no" }.to_owned();
        let kind = set("tipo").map(|kind| {
            let all = kinds(&visitor.registry);
            all.iter().find(|w| w.kind == kind).map_or(kind, |w| w.title.clone())
        });
        let all = [
            ("Anno", Some(year)),
            ("Dal", day(lines.from)),
            ("Al", day(lines.to)),
            ("Ufficio", set("ufficio").map(|office| visitor.registry.office_name(&office))),
            ("Tipo di atto", kind),
            ("Stato", set("stato").map(|state| words::register_state(&state).to_owned())),
            ("Immediatamente eseguibile", lines.immediate.map(yes)),
            ("Parole", set("parole")),
        ];
        all.into_iter().filter_map(|(what, value)| Some((what, value?))).collect()
    }

    /// Years in which the register is open.
    pub fn years(&self) -> Vec<Choice> {
        let current = self.lines.year.map(i64::from);
        let year = |year: &i64| Choice {
            value: year.to_string(),
            label: year.to_string(),
            chosen: current == Some(*year),
        };
        let all = Choice {
            value: ALL_YEARS.into(),
            label: "Tutti gli anni".into(),
            chosen: current.is_none(),
        };
        self.years.iter().map(year).chain([all]).collect()
    }

    /// Offices of the Comune, by name.
    pub fn offices(&self, visitor: &Visitor) -> Vec<Choice> {
        office_choices(visitor, self.input.get("ufficio"))
    }

    /// Act kinds, where there are several.
    pub fn kinds(&self, visitor: &Visitor) -> Vec<Choice> {
        let all = kinds(&visitor.registry);
        let several = all.len() > 1;
        let kinds = all.iter().filter(|_| several);
        let kinds = kinds.map(|w| (w.kind.as_str(), w.title.as_str()));
        choices(kinds, self.input.get("tipo"))
    }

    /// States one may ask for.
    pub fn states(&self) -> Vec<Choice> {
        let states = self.which.states().iter().map(|s| (*s, words::register_state(s)));
        choices(states, self.input.get("stato"))
    }

    /// Immediately enforceable, or not.
    pub fn immediates(&self) -> Vec<Choice> {
        choices([("si", "Sì"), ("no", "No")].into_iter(), self.input.get("ie"))
    }
}

/// Offices of the Comune, by name.
pub(super) fn office_choices(visitor: &Visitor, chosen: &str) -> Vec<Choice> {
    let offices = visitor.registry.offices.values();
    let mut offices: Vec<(&str, &str)> =
        offices.map(|office| (office.id.as_str(), office.name.as_str())).collect();
    offices.sort_by_key(|(_, name)| *name);
    choices(offices.into_iter(), chosen)
}

fn choices<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): (&str, &str)| Choice {
        value: value.into(),
        label: label.into(),
        chosen: value == chosen,
    };
    all.map(choice).collect()
}

/// "2026-838": the line a page goes on from.
fn before(text: &str) -> Option<(i64, i64)> {
    let (year, number) = text.split_once('-')?;
    Some((year.parse().ok()?, number.parse().ok()?))
}
