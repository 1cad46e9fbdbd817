// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opinion sheets, one per giver (practice.md 1.7), and the summary when the last has arrived.

use super::common::{
    AnnexFacts, Head, Parts, PersonFacts, TextFacts, annexes, current, owed_at, own_slot, paper,
    read,
};
use super::recital::{Recital, recital};
use super::{PaperFacts, effects};
use crate::case::powers;
use crate::case::{Case, Ctx, Effects, OpinionOutcome, covers};
use crate::law::calendar::rome_date;
use crate::papers::{PaperKind, PaperPlan, words};
use crate::refusal::Refusal;
use crate::workflow::{OpinionKind, StepKind, Workflow};
use crate::world::World;
use serde::Serialize;

/// The opinion about to be given.
pub struct Given<'a> {
    pub opinion: OpinionKind,
    pub office: &'a str,
    pub outcome: OpinionOutcome,
    pub reasons: &'a str,
}

#[derive(Serialize)]
struct SheetFacts {
    #[serde(flatten)]
    head: Head,
    text: TextFacts,
    technical: bool,
    accounting: bool,
    legitimacy: bool,
    /// The accounting sheet also attests the cover (practice.md 6).
    with_cover: bool,
    office: Option<String>,
    outcome: &'static str,
    favourable: bool,
    not_due: bool,
    contrary: bool,
    /// As the giver wrote them, in Markdown.
    reasons: String,
    giver: PersonFacts,
    /// The same outcome was given on an earlier text and is confirmed on this one.
    confirmation: bool,
    on_the_spot: bool,
    /// Effects the proposing office declares, for the accounting opinion (R1.6).
    effects: String,
    has_effects: bool,
    /// The opinions a legitimacy opinion recites (R2.2), and its local source.
    recital: Option<Recital>,
    annexes: Vec<AnnexFacts>,
}

/// The sheet of one opinion, bound to the hash of the current text.
pub fn sheet(id: &str, given: &Given<'_>, ctx: &Ctx, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, workflow, head) = read(id, world)?;
    let version = current(case)?;
    let step = workflow.opinion_step(given.opinion).ok_or_else(|| {
        let label = given.opinion.label();
        let text = format!("Il procedimento non prevede il {label}");
        Refusal::new("opinion_not_due", "R1.3", "art. 49, c. 1, TUEL", text)
    })?;
    let giver = powers::giver(ctx, world, step, given.office)?;
    let legitimacy = given.opinion == OpinionKind::Legitimacy;
    let regulation = world.regulation(powers::day(ctx))?;
    let technical = given.opinion == OpinionKind::Technical;
    let facts = SheetFacts {
        text: TextFacts::from(version),
        technical,
        accounting: given.opinion == OpinionKind::Accounting,
        legitimacy,
        with_cover: given.opinion == OpinionKind::Accounting
            && covers(case, &workflow, &regulation, given.outcome),
        office: technical.then(|| world.registry.office_name(given.office)),
        outcome: words::outcome(given.outcome),
        favourable: given.outcome == OpinionOutcome::Favourable,
        not_due: given.outcome == OpinionOutcome::NotDue,
        contrary: given.outcome == OpinionOutcome::Contrary,
        reasons: given.reasons.trim().to_owned(),
        giver: PersonFacts::from(&giver),
        confirmation: is_confirmation(case, given),
        on_the_spot: on_the_spot(case, &workflow),
        effects: effects::effects_sentence(&version.content.gates.effects),
        has_effects: matches!(version.content.gates.effects, Effects::Some { .. }),
        recital: legitimacy.then(|| recital(case, &workflow, &regulation, &world.registry)),
        annexes: annexes(&version.content),
        head: head.into_proposal(),
    };
    let (kind, title) = match given.opinion {
        OpinionKind::Technical => (PaperKind::ParereTecnico, "Parere di regolarità tecnica"),
        OpinionKind::Accounting => (PaperKind::ParereContabile, "Parere di regolarità contabile"),
        OpinionKind::Cover => (PaperKind::VistoCopertura, "Visto di copertura finanziaria"),
        OpinionKind::Legitimacy => (PaperKind::ParereLegittimita, "Parere di legittimità"),
    };
    let mut stem = words::slug(&kind.token());
    if let Some(office) = &facts.office {
        stem = format!("{stem}-{}", words::slug(office));
    }
    let parts = Parts {
        file: format!("{stem}-{}-v{}", facts.head.stem(case), version.number),
        title: format!("{title} sulla proposta{}", numbered(&facts.head)),
        created: version.at,
        slots: &own_slot(&giver),
        embedded: Vec::new(),
        kind,
    };
    paper(parts, &facts)
}

/// " n. 1721/2020", or nothing where proposals have no number.
pub fn numbered(head: &Head) -> String {
    head.proposal.as_ref().map_or_else(String::new, |p| format!(" n. {}/{}", p.number, p.year))
}

/// The same outcome was given before on another text (practice.md 1.6).
fn is_confirmation(case: &Case, given: &Given<'_>) -> bool {
    case.opinions.iter().any(|o| {
        o.opinion == given.opinion && o.office == given.office && o.outcome == given.outcome
    })
}

fn on_the_spot(case: &Case, workflow: &Workflow) -> bool {
    workflow
        .step(&case.step)
        .is_some_and(|s| matches!(s.kind, StepKind::Discussion { .. } | StepKind::Ballot))
}

#[derive(Serialize)]
struct SummaryFacts {
    #[serde(flatten)]
    head: Head,
    text: TextFacts,
    #[serde(flatten)]
    recital: Recital,
}

/// The summary of the opinions standing on the current text; no signature but the entity's seal.
pub fn summary(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, workflow, head) = read(id, world)?;
    let version = current(case)?;
    let owed = owed_at(case, plan);
    let regulation = world.regulation(rome_date(owed))?;
    let facts = SummaryFacts {
        head: head.into_proposal(),
        text: TextFacts::from(version),
        recital: recital(case, &workflow, &regulation, &world.registry),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("foglio-pareri-{}-v{}", facts.head.stem(case), version.number),
        title: format!("Foglio dei pareri sulla proposta{}", numbered(&facts.head)),
        created: owed,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}
