// SPDX-License-Identifier: AGPL-3.0-or-later
//! The check-list of the Segreteria's istruttoria (practice.md 3, row 8): what was looked at before
//! the proposal went on, each answer read from the facts and none typed again. Nobody signs it.

use super::PaperFacts;
use super::common::{
    AnnexFacts, Head, Parts, PersonFacts, TextFacts, annexes, current, owed_at, paper, read,
};
use super::effects::{GateFacts, gates};
use super::opinion::numbered;
use super::recital::{Recital, recital};
use crate::case::{Case, PassedReview};
use crate::law::calendar::rome_date;
use crate::papers::{PaperKind, PaperPlan, PaperState, words};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::workflow::{OpinionKind, Workflow};
use crate::world::World;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

#[derive(Serialize)]
struct CheckFacts {
    #[serde(flatten)]
    head: Head,
    text: TextFacts,
    by: PersonFacts,
    on: NaiveDate,
    note: String,
    procedure_head: String,
    rapporteurs: Vec<String>,
    decision_points: usize,
    gates: GateFacts,
    public_investment: bool,
    annexes: AnnexCount,
    /// Who signed the proposal, where the procedure has it signed.
    proposers: Vec<PersonFacts>,
    #[serde(flatten)]
    recital: Recital,
    /// A legitimacy opinion is still to come; none where the regulation wants none.
    legitimacy_due: bool,
    /// Opinions the vote must answer, and whether the text already does (art. 49, c. 4).
    to_answer: bool,
    answered: bool,
}

#[derive(Serialize)]
struct AnnexCount {
    integral: usize,
    on_file: usize,
    reserved: usize,
}

fn count(list: &[AnnexFacts]) -> AnnexCount {
    let of = |wanted: fn(&AnnexFacts) -> bool| list.iter().filter(|a| wanted(a)).count();
    AnnexCount {
        integral: of(|a| a.integral),
        on_file: of(|a| a.on_file),
        reserved: of(|a| a.reserved),
    }
}

/// The act as it stood at an instant, on one of its versions: what came later is not of this check.
fn as_it_stood(case: &Case, plan: &PaperPlan, at: DateTime<Utc>) -> Case {
    let mut case = case.clone();
    if let Ok(last) = plan.about.parse::<usize>() {
        case.versions.truncate(last);
    }
    if let Some(version) = case.versions.last() {
        let departure = case.content.gates.departure.take();
        case.content = version.content.clone();
        case.content.gates.departure = departure;
    }
    case.opinions.retain(|o| o.at <= at);
    case
}

/// The check-list.
pub fn check_list(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, workflow, head) = read(id, world)?;
    let at = owed_at(case, plan);
    let review = review(case, at)?;
    let case = &as_it_stood(case, plan, at);
    let version = current(case)?;
    let regulation = world.regulation(rome_date(at))?;
    let (recital, legitimacy_due) = opinions(case, &workflow, &regulation, &world.registry);
    let content = &version.content;
    let facts = CheckFacts {
        head: head.into_proposal(),
        text: TextFacts::from(version),
        by: PersonFacts::from(&review.by),
        on: rome_date(review.at),
        note: words::clause(&review.note),
        procedure_head: world.registry.name(&content.procedure_head),
        rapporteurs: content.rapporteurs.iter().map(|p| world.registry.name(p)).collect(),
        decision_points: content.decision.iter().filter(|p| !p.trim().is_empty()).count(),
        gates: gates(content),
        public_investment: content.gates.public_investment,
        annexes: count(&annexes(content)),
        proposers: proposers(case, plan),
        to_answer: recital.opinions.iter().any(|o| o.to_depart_from)
            || recital.further.iter().any(|o| o.to_depart_from),
        answered: case.content.gates.departure.is_some(),
        legitimacy_due,
        recital,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("scheda-istruttoria-{}-v{}", facts.head.stem(case), version.number),
        title: format!("Scheda dell'istruttoria sulla proposta{}", numbered(&facts.head)),
        created: at,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The check this list belongs to: the fact that passed it owed the list.
fn review(case: &Case, at: DateTime<Utc>) -> Result<&PassedReview, Refusal> {
    case.reviews.iter().rfind(|r| r.at <= at).ok_or_else(|| {
        Refusal::new("not_reviewed", "R13", "", "L'istruttoria non risulta conclusa")
    })
}

/// The opinions there are; the legitimacy opinion comes after this check and is none that is missing.
fn opinions(
    case: &Case,
    workflow: &Workflow,
    regulation: &crate::regulation::Regulation,
    registry: &Registry,
) -> (Recital, bool) {
    let mut recital = recital(case, workflow, regulation, registry);
    let label = OpinionKind::Legitimacy.label();
    let due = recital.missing.iter().any(|m| m.label == label);
    recital.missing.retain(|m| m.label != label);
    (recital, due)
}

/// Who signed the proposal of the version that was checked.
fn proposers(case: &Case, plan: &PaperPlan) -> Vec<PersonFacts> {
    let of_version = |p: &&PaperState| {
        p.plan.kind == PaperKind::Proposta && p.plan.about == plan.about && p.is_complete()
    };
    let signed = case.papers.iter().rev().find(of_version);
    signed.map(|p| p.signed.iter().map(|(_, by, _)| by.into()).collect()).unwrap_or_default()
}
