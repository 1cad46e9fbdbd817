// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a notice says of an act.

use crate::case::{
    Case, Change, Effects, Opinion, OpinionOutcome, effective_on, efficacy, terms_of,
};
use crate::papers::words;
use crate::privacy::public_subject;
use crate::sitting::ItemOutcome;
use crate::words::until_sitting;
use crate::workflow::{OpinionKind, StepKind, Workflow};
use crate::world::World;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An act as a message shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActFacts {
    /// Case id.
    pub case: String,
    /// "Deliberazione della Giunta comunale".
    pub kind: String,
    /// Object: one string everywhere (R4.6).
    pub subject: String,
    /// Proposing offices, the leading one first.
    pub offices: Vec<String>,
    /// Relatori.
    pub rapporteurs: Vec<String>,
    /// Responsabile del procedimento.
    pub procedure_head: String,
    /// Version of the text.
    pub version: Option<u32>,
    /// Attachments.
    pub attachments: usize,
    /// Number of the proposal, "131/2020".
    pub proposal: Option<String>,
    /// Number of the act, "838/2020".
    pub number: Option<String>,
    /// Number in the Albo, "2214/2020".
    pub albo: Option<String>,
    /// Title of the step it stands at.
    pub step: String,
    /// The opinion awaited there, "parere di regolarità contabile".
    pub opinion_due: Option<String>,
    /// Day by which the step should be done.
    pub deadline: Option<NaiveDate>,
    /// Day of the sitting that decided.
    pub adopted_on: Option<NaiveDate>,
    /// "approvata", "respinta"…: what the organ did last.
    pub outcome: Option<String>,
    /// Reasons of a postponement, a withdrawal or an omission.
    pub outcome_reason: String,
    /// Declared immediately enforceable.
    pub immediate: Option<ImmediateFacts>,
    /// D.
    pub posted_on: Option<NaiveDate>,
    /// Last day of posting, included.
    pub last_day: Option<NaiveDate>,
    /// First day of executivity (134 c. 3).
    pub effective_on: Option<NaiveDate>,
    /// Conditions of efficacy not yet met (practice.md 1.3).
    pub conditions: Vec<String>,
    /// Declared effects on finances or assets: "€ 12.500,00", or "sì" without an amount.
    pub effects: Option<String>,
    /// The body that asked to have it shown, where it is of others (R6.10).
    pub request: Option<AskedFacts>,
}

/// The request of another body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFacts {
    /// The body.
    pub body: String,
    /// Number of its protocollo.
    pub protocollo: String,
    /// Day of that number.
    pub on: Option<NaiveDate>,
}

/// The declaration of immediate enforceability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImmediateFacts {
    /// Executable from.
    pub on: NaiveDate,
    /// Reasons of urgency.
    pub reasons: String,
}

/// An opinion as a message shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionFacts {
    /// "parere di regolarità tecnica".
    pub label: String,
    /// Office it is given for; empty for offices of the whole body.
    pub office: String,
    /// "favorevole con prescrizioni".
    pub outcome: String,
    /// Contrary, or with prescriptions: the vote needs reasons (art. 49 c. 4).
    pub departure: bool,
    /// Of art. 49 TUEL: the legitimacy opinion and the visto are of other rules.
    pub statutory: bool,
    /// Reasons.
    pub reasons: String,
    /// Who gave it.
    pub giver: String,
    /// With the title printed.
    pub title: String,
    /// Version it binds.
    pub version: u32,
    /// Civil day.
    pub date: NaiveDate,
}

/// An act in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedAct {
    /// Number, "838/2020".
    pub number: Option<String>,
    /// Day of the sitting.
    pub date: Option<NaiveDate>,
    /// Object.
    pub subject: String,
    /// Leading office.
    pub office: String,
    /// Declared immediately enforceable.
    pub immediate: bool,
    /// Number in the Albo.
    pub albo: Option<String>,
    /// D.
    pub posted_on: Option<NaiveDate>,
    /// Last day.
    pub last_day: Option<NaiveDate>,
    /// Why it is posted again, when it is (practice.md 1.11).
    pub repeats: Option<String>,
    /// Page.
    pub path: String,
}

/// The facts of an act on a day.
pub(super) fn facts(world: &World, case: &Case, on: NaiveDate) -> ActFacts {
    let registry = &world.registry;
    let workflow = world.workflow(case).ok();
    let step = workflow.as_ref().and_then(|w| w.step(&case.step));
    let treatment = case.treatment.as_ref().or(case.not_voted.last());
    let terms = terms_of(case);
    let (_, unmet) = efficacy(case, on);
    let content = &case.content;
    ActFacts {
        case: case.id.clone(),
        kind: workflow.as_ref().map_or_else(String::new, |w| w.title.clone()),
        subject: content.subject.clone(),
        offices: content.offices.iter().map(|o| registry.office_name(o)).collect(),
        rapporteurs: content.rapporteurs.iter().map(|p| registry.name(p)).collect(),
        procedure_head: registry.name(&content.procedure_head),
        version: case.current().map(|v| v.number),
        attachments: content.attachments.len(),
        proposal: workflow.as_ref().and_then(|w| number(case, &w.proposal_register)),
        number: act_number(case, &workflow),
        albo: albo_number(case),
        step: step.map_or_else(String::new, |s| s.title.clone()),
        opinion_due: step.and_then(|s| match s.kind {
            StepKind::Opinion { opinion, .. } => Some(opinion.label().to_owned()),
            _ => None,
        }),
        deadline: case.deadline,
        adopted_on: treatment.map(|t| t.date),
        outcome: treatment.map(|t| until_sitting(outcome_label(t.outcome), t.postponed_to)),
        outcome_reason: treatment.map(|t| t.reason.clone()).unwrap_or_default(),
        immediate: case
            .immediate
            .as_ref()
            .filter(|ballot| ballot.declared)
            .map(|ballot| ImmediateFacts { on: ballot.on, reasons: ballot.reasons.clone() }),
        posted_on: case.posting.as_ref().map(|p| p.day),
        last_day: terms.as_ref().map(|t| t.last_day),
        effective_on: effective_on(case),
        conditions: unmet.iter().map(|c| c.label().to_owned()).collect(),
        effects: effects(case),
        request: content.request.as_ref().map(|request| AskedFacts {
            body: request.body.clone(),
            protocollo: request.protocollo.clone(),
            on: request.on,
        }),
    }
}

/// The opinions on the current text, certified formal changes apart (I9); the last of each giver.
pub(super) fn standing(world: &World, case: &Case) -> Vec<OpinionFacts> {
    let mut valid: Vec<&str> = Vec::new();
    for version in case.versions.iter().rev() {
        valid.push(&version.hash);
        if !matches!(version.change, Some(Change::Formal { .. })) {
            break;
        }
    }
    let given: Vec<&Opinion> =
        case.opinions.iter().filter(|o| valid.contains(&o.hash.as_str())).collect();
    given
        .iter()
        .enumerate()
        .filter(|(i, o)| {
            !given[i + 1..].iter().any(|p| p.opinion == o.opinion && p.office == o.office)
        })
        .map(|(_, o)| opinion(world, o))
        .collect()
}

/// The facts of an opinion.
pub(super) fn opinion(world: &World, given: &Opinion) -> OpinionFacts {
    OpinionFacts {
        label: given.opinion.label().into(),
        office: match given.office.as_str() {
            "" => String::new(),
            office => world.registry.office_name(office),
        },
        outcome: words::outcome_of(given.opinion, given.outcome).into(),
        departure: matches!(
            given.outcome,
            OpinionOutcome::Contrary | OpinionOutcome::WithPrescriptions
        ) && given.opinion != OpinionKind::Cover,
        statutory: matches!(given.opinion, OpinionKind::Technical | OpinionKind::Accounting),
        reasons: given.reasons.clone(),
        giver: given.giver.name.clone(),
        title: given.giver.title.clone(),
        version: given.version,
        date: crate::law::calendar::rome_date(given.at),
    }
}

/// An act as a line of a list.
pub(super) fn listed(world: &World, case: &Case) -> ListedAct {
    let terms = terms_of(case);
    ListedAct {
        number: act_number(case, &world.workflow(case).ok()),
        date: case.treatment.as_ref().map(|t| t.date),
        // A list leaves the offices: its objects are the public ones (T-72, T-79).
        subject: public_subject(case),
        office: world.registry.office_name(case.content.lead_office()),
        immediate: case.is_immediate(),
        albo: albo_number(case),
        posted_on: case.posting.as_ref().map(|p| p.day),
        last_day: terms.map(|t| t.last_day),
        repeats: case.posting.as_ref().and_then(|p| p.repeats.clone()),
        path: format!("/fascicoli/{}", case.id),
    }
}

/// "approvata", as sentences about a proposal say it.
pub(super) fn outcome_label(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::Approved => "approvata",
        ItemOutcome::ApprovedAsAmended => "approvata con emendamenti",
        ItemOutcome::Rejected => "non approvata",
        ItemOutcome::Postponed => "rinviata",
        ItemOutcome::Withdrawn => "ritirata",
        ItemOutcome::TakenNote => "comunicazione di cui si è preso atto",
        ItemOutcome::NotTreated => "non trattata",
    }
}

fn number(case: &Case, register: &str) -> Option<String> {
    case.number(register).map(|n| format!("{}/{}", n.number, n.year))
}

fn act_number(case: &Case, workflow: &Option<Arc<Workflow>>) -> Option<String> {
    let numbering = case.act_number(workflow.as_ref()?)?;
    Some(format!("{}/{}", numbering.number, numbering.year))
}

fn albo_number(case: &Case) -> Option<String> {
    case.posting.as_ref().map(|p| format!("{}/{}", p.number, p.year))
}

fn effects(case: &Case) -> Option<String> {
    match &case.content.gates.effects {
        Effects::Some { amount_cents: Some(cents), .. } => Some(words::euros(*cents)),
        Effects::Some { .. } => Some("sì".into()),
        Effects::None | Effects::Unanswered => None,
    }
}
