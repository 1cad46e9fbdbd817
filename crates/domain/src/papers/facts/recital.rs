// SPDX-License-Identifier: AGPL-3.0-or-later
//! The opinions an act recites and carries (R1.14): from facts, with the title of who gave each.

use super::common::PersonFacts;
use super::{Embedded, Relation};
use crate::case::{
    Case, FurtherOpinion, Opinion, OpinionNeed, OpinionOutcome, needs, standing, standing_further,
};
use crate::law::calendar::rome_date;
use crate::papers::{SignedForm, words};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::regulation::Regulation;
use crate::sitting::Anomaly;
use crate::workflow::{OpinionKind, Workflow};
use chrono::NaiveDate;
use serde::Serialize;

/// One opinion as recited.
#[derive(Debug, Clone, Serialize)]
pub struct RecitedOpinion {
    /// Given under art. 49 TUEL; the legitimacy opinion never is (R2.2).
    pub statutory: bool,
    pub technical: bool,
    pub accounting: bool,
    pub cover: bool,
    pub legitimacy: bool,
    /// "parere di regolarità tecnica".
    pub label: &'static str,
    /// Office it is given for, for technical opinions.
    pub office: Option<String>,
    /// "favorevole con osservazioni".
    pub outcome: &'static str,
    pub not_due: bool,
    /// The Giunta must say why it departs from it (art. 49, c. 4).
    pub to_depart_from: bool,
    pub reasons: String,
    pub giver: PersonFacts,
    pub date: NaiveDate,
    pub version: u32,
    pub confirmation: bool,
    pub on_the_spot: bool,
    /// SHA-256 of the signed sheet.
    pub sha256: String,
    /// How its signature is carried.
    #[serde(skip)]
    pub form: SignedForm,
}

/// An opinion that was due and is not there: only where president and verbalizer went on with a
/// recorded reason (practice.md 1.1).
#[derive(Debug, Clone, Serialize)]
pub struct MissingOpinion {
    /// Which one.
    #[serde(skip)]
    need: OpinionNeed,
    pub label: &'static str,
    pub office: Option<String>,
}

/// Every opinion of an act.
#[derive(Debug, Clone, Serialize)]
pub struct Recital {
    pub opinions: Vec<RecitedOpinion>,
    pub missing: Vec<MissingOpinion>,
    /// Opinions of others the regulation wants on this type of act (R1.16).
    pub further: Vec<FurtherFacts>,
    /// Why no opinion of a kind was due, as a sentence: label and reason.
    pub not_due: Vec<NotNeeded>,
    /// Local source of the legitimacy opinion (R2.2).
    pub legitimacy_source: String,
}

/// An opinion of others, as recited.
#[derive(Debug, Clone, Serialize)]
pub struct FurtherFacts {
    /// "organo di revisione".
    pub label: String,
    pub outcome: &'static str,
    pub to_depart_from: bool,
    pub giver: String,
    pub date: NaiveDate,
    pub reference: String,
    pub reasons: String,
    /// What names the record.
    #[serde(skip)]
    pub digest: String,
}

impl From<&FurtherOpinion> for FurtherFacts {
    fn from(opinion: &FurtherOpinion) -> Self {
        Self {
            label: opinion.name.replace('_', " "),
            outcome: words::outcome(opinion.outcome),
            to_depart_from: opinion.outcome.to_depart_from(),
            giver: opinion.giver.clone(),
            date: opinion.on,
            reference: words::clause(&opinion.reference),
            reasons: words::clause(&opinion.reasons),
            digest: opinion.digest(),
        }
    }
}

/// A kind of opinion that was not due, and why.
#[derive(Debug, Clone, Serialize)]
pub struct NotNeeded {
    pub label: &'static str,
    pub reason: String,
}

/// The opinions standing on the current text, in the order of the workflow.
pub fn recital(
    case: &Case,
    workflow: &Workflow,
    regulation: &Regulation,
    registry: &Registry,
) -> Recital {
    let mut recital = Recital {
        opinions: Vec::new(),
        missing: Vec::new(),
        further: standing_further(case).into_iter().map(FurtherFacts::from).collect(),
        not_due: Vec::new(),
        legitimacy_source: words::clause(regulation.source("legitimacy_opinion")),
    };
    for kind in workflow.opinions() {
        match needs(&case.content, kind, regulation) {
            // What no local rule wants is nothing an act has to speak of.
            Err(_) if matches!(kind, OpinionKind::Cover | OpinionKind::Legitimacy) => {}
            Err(reason) => recital.not_due.push(NotNeeded { label: kind.label(), reason }),
            Ok(needs) => needs.iter().for_each(|need| match standing(case, need) {
                Some(opinion) => recital.opinions.push(recited(opinion, registry)),
                None => recital.missing.push(MissingOpinion {
                    need: need.clone(),
                    label: kind.label(),
                    office: office(need, registry),
                }),
            }),
        }
    }
    recital
}

fn office(need: &OpinionNeed, registry: &Registry) -> Option<String> {
    (!need.office.is_empty()).then(|| registry.office_name(&need.office))
}

/// One opinion.
pub fn recited(opinion: &Opinion, registry: &Registry) -> RecitedOpinion {
    RecitedOpinion {
        statutory: matches!(opinion.opinion, OpinionKind::Technical | OpinionKind::Accounting),
        technical: opinion.opinion == OpinionKind::Technical,
        accounting: opinion.opinion == OpinionKind::Accounting,
        cover: opinion.opinion == OpinionKind::Cover,
        legitimacy: opinion.opinion == OpinionKind::Legitimacy,
        label: opinion.opinion.label(),
        office: (!opinion.office.is_empty()).then(|| registry.office_name(&opinion.office)),
        outcome: words::outcome_of(opinion.opinion, opinion.outcome),
        not_due: opinion.outcome == OpinionOutcome::NotDue,
        to_depart_from: opinion.opinion != OpinionKind::Cover && opinion.outcome.to_depart_from(),
        reasons: words::clause(&opinion.reasons),
        giver: PersonFacts::from(&opinion.giver),
        date: rome_date(opinion.at),
        version: opinion.version,
        confirmation: opinion.confirmation,
        on_the_spot: opinion.on_the_spot,
        sha256: opinion.paper.sha256.clone(),
        form: opinion.paper.form,
    }
}

impl Recital {
    /// Refuses an act whose opinion sheets are not all there (T-52), unless the missing one is an
    /// irregularity on record.
    ///
    /// # Errors
    /// `opinion_sheet_missing`.
    pub fn complete(&self, anomalies: &[Anomaly]) -> Result<(), Refusal> {
        let known = |missing: &MissingOpinion| {
            anomalies.iter().any(|a| a.missing.as_ref() == Some(&missing.need))
        };
        let Some(missing) = self.missing.iter().find(|m| !known(m)) else { return Ok(()) };
        let office = missing.office.as_deref().map(|o| format!(" di {o}")).unwrap_or_default();
        Err(Refusal::new(
            "opinion_sheet_missing",
            "R1.14",
            "art. 49, c. 1, TUEL",
            format!(
                "L'atto non si può comporre: manca il foglio del {}{office}, che ne è parte",
                missing.label
            ),
        )
        .next("Acquisire il foglio firmato"))
    }

    /// The signed sheets, to be embedded in the act.
    pub fn sheets(&self) -> Vec<Embedded> {
        let mut technical = 0;
        let sheet = |opinion: &RecitedOpinion| {
            let stem = if opinion.technical {
                technical += 1;
                format!("parere-tecnico-{technical}")
            } else if opinion.accounting {
                "parere-contabile".to_owned()
            } else if opinion.cover {
                "visto-copertura".to_owned()
            } else {
                "parere-legittimita".to_owned()
            };
            let whose = opinion.office.as_deref().map(|o| format!(", {o}")).unwrap_or_default();
            Embedded {
                sha256: opinion.sha256.clone(),
                name: format!("{stem}.{}", opinion.form.extension()),
                media_type: opinion.form.media_type().into(),
                description: format!("Foglio del {}{whose}", opinion.label),
                relation: Relation::Part,
            }
        };
        // The visto may stand on the accounting sheet: one file, embedded once.
        let mut sheets: Vec<Embedded> = Vec::new();
        for sheet in self.opinions.iter().map(sheet) {
            if !sheets.iter().any(|known| known.sha256 == sheet.sha256) {
                sheets.push(sheet);
            }
        }
        sheets
    }
}
