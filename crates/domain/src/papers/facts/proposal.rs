// SPDX-License-Identifier: AGPL-3.0-or-later
//! The proposal as it was frozen, and the notes by which it goes back or is withdrawn.

use super::PaperFacts;
use super::common::{
    AnnexFacts, Head, Parts, PersonFacts, TextFacts, annexes, current, member, own_slot, paper,
    read,
};
use super::effects::{GateFacts, gates};
use super::opinion::numbered;
use crate::case::powers;
use crate::case::{Content, Ctx, Earlier, EarlierEnd, Effect};
use crate::law::annulment::annulment_limit;
use crate::law::calendar::rome_date;
use crate::papers::{PaperKind, PaperPlan, words};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::workflow::StepKind;
use crate::world::World;
use chrono::NaiveDate;
use serde::Serialize;

/// What a proposal says, as the proposal itself and a two-level act print it.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalText {
    pub rapporteurs: Vec<PersonFacts>,
    pub procedure_head: String,
    /// Premises in Markdown.
    pub premises: String,
    /// Numbered points in Markdown: the act's dispositive is generated from these and only these.
    pub decision: Vec<String>,
    pub gates: GateFacts,
    pub annexes: Vec<AnnexFacts>,
}

/// The text of a content; the relatori with the office they held on a day.
pub fn proposal_text(content: &Content, registry: &Registry, on: NaiveDate) -> ProposalText {
    ProposalText {
        rapporteurs: content
            .rapporteurs
            .iter()
            .map(|person| member(registry, person, on))
            .collect(),
        procedure_head: registry.name(&content.procedure_head),
        premises: content.text.trim().to_owned(),
        decision: content
            .decision
            .iter()
            .map(|point| point.trim().to_owned())
            .filter(|point| !point.is_empty())
            .collect(),
        gates: gates(content),
        annexes: annexes(content),
    }
}

#[derive(Serialize)]
struct ProposalFacts {
    #[serde(flatten)]
    head: Head,
    text: TextFacts,
    #[serde(flatten)]
    body: ProposalText,
    /// Scheda di sintesi, in Markdown.
    summary: String,
    departure: Option<String>,
    /// The earlier proposal it presents again (R3.13).
    earlier: Option<EarlierFacts>,
    /// Acts it annuls after the term for authorisations and economic benefits (T-68).
    late_annulments: Vec<LateAnnulment>,
}

/// An earlier proposal, as the new one names it.
#[derive(Serialize)]
struct EarlierFacts {
    /// "1721/2020".
    proposal: Option<String>,
    /// "ritirata", "respinta", "rinviata più volte, da ultimo".
    how: &'static str,
    on: NaiveDate,
}

impl From<&Earlier> for EarlierFacts {
    fn from(earlier: &Earlier) -> Self {
        let how = match earlier.how {
            EarlierEnd::Withdrawn => "ritirata",
            EarlierEnd::Rejected => "respinta",
            EarlierEnd::Postponed => "rinviata più volte, da ultimo",
        };
        Self { proposal: earlier.proposal.clone(), how, on: earlier.on }
    }
}

/// A self-annulment that comes late, as everyone who signs or votes the proposal reads it.
#[derive(Serialize)]
struct LateAnnulment {
    subject: String,
    adopted: NaiveDate,
    last_day: NaiveDate,
    months: u32,
    source: &'static str,
}

/// A warning and no obstacle: whether the act gives an authorisation or a benefit is for people to
/// say, and art. 21-nonies c. 2-bis has exceptions.
fn late_annulments(content: &Content, on: NaiveDate, world: &World) -> Vec<LateAnnulment> {
    let annulled = content.affects.iter().filter(|a| a.how == Effect::Annul);
    let late = annulled.filter_map(|affects| {
        let target = world.cases.get(&affects.case)?;
        let adopted = target.treatment.as_ref()?.date;
        let limit = annulment_limit(adopted, on).filter(|limit| on > limit.last_day)?;
        Some(LateAnnulment {
            subject: target.content.subject.clone(),
            adopted,
            last_day: limit.last_day,
            months: limit.months,
            source: limit.source,
        })
    });
    late.collect()
}

/// The frozen proposal with its synthesis and the list of its attachments.
pub fn proposal(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    // Of the version it was owed for, whatever came after.
    let named = case.versions.iter().find(|v| v.number.to_string() == plan.about);
    let version = match named {
        Some(version) => version,
        None => current(case)?,
    };
    let on = rome_date(version.at);
    let content = &version.content;
    let facts = ProposalFacts {
        head: head.into_proposal(),
        text: TextFacts::from(version),
        body: proposal_text(content, &world.registry, on),
        summary: content.summary.trim().to_owned(),
        departure: content.gates.departure.as_deref().map(words::clause),
        earlier: case.earlier.as_ref().map(EarlierFacts::from),
        late_annulments: late_annulments(content, on, world),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("{}-v{}", facts.head.stem(case), version.number),
        title: format!("Proposta di deliberazione{}", numbered(&facts.head)),
        created: version.at,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct NoteFacts {
    #[serde(flatten)]
    head: Head,
    text: Option<TextFacts>,
    /// Title of the step it goes back from.
    step: Option<String>,
    /// The opinion that is not given (R1.8).
    not_given: Option<&'static str>,
    office: Option<String>,
    /// As written, in Markdown.
    reasons: String,
    by: PersonFacts,
    /// Date of the sitting whose agenda it leaves.
    sitting: Option<NaiveDate>,
}

/// The note by which a proposal is sent back: the opinion is not given, or a check does not pass it.
pub fn note_of_return(
    id: &str,
    office: &str,
    reasons: &str,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let (case, workflow, head) = read(id, world)?;
    let version = current(case)?;
    let step = workflow.step(&case.step).ok_or_else(|| {
        Refusal::new("wrong_step", "R13", "", "Il fascicolo non è a un passo del procedimento")
    })?;
    let by = powers::returner(ctx, world, case, step, office)?;
    let not_given = match step.kind {
        StepKind::Opinion { opinion, .. } => Some(opinion.label()),
        _ => None,
    };
    let facts = NoteFacts {
        head: head.into_proposal(),
        text: Some(TextFacts::from(version)),
        step: Some(step.title.clone()),
        not_given,
        office: (!office.is_empty()).then(|| world.registry.office_name(office)),
        reasons: reasons.trim().to_owned(),
        by: PersonFacts::from(&by),
        sitting: None,
    };
    let parts = Parts {
        kind: PaperKind::NotaRestituzione,
        file: format!("nota-restituzione-{}-v{}", facts.head.stem(case), version.number),
        title: format!("Restituzione della proposta{}", numbered(&facts.head)),
        created: version.at,
        slots: &own_slot(&by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The note by which who proposed it withdraws a proposal, outside a sitting.
pub fn note_of_withdrawal(
    id: &str,
    reason: &str,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let by = powers::withdrawer(ctx, world, world.case(id)?)?;
    withdrawal(id, reason, &by, None, world)
}

/// The note by which an item leaves the agenda of a sitting.
pub fn note_of_removal(
    sitting: &str,
    id: &str,
    reason: &str,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let date = world.sitting(sitting)?.date;
    let by = powers::remover(ctx, world, world.case(id)?)?;
    withdrawal(id, reason, &by, date, world)
}

fn withdrawal(
    id: &str,
    reason: &str,
    by: &crate::registry::Signatory,
    sitting: Option<NaiveDate>,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let facts = NoteFacts {
        head: head.into_proposal(),
        text: case.current().map(TextFacts::from),
        step: None,
        not_given: None,
        office: None,
        reasons: reason.trim().to_owned(),
        by: PersonFacts::from(by),
        sitting,
    };
    let what = if sitting.is_some() { "Ritiro dall'ordine del giorno" } else { "Ritiro" };
    let title = match &facts.head.request {
        Some(_) => format!("Affissione {}: richiesta senza corso", facts.head.of_what()),
        None => format!("{what} della proposta{}", numbered(&facts.head)),
    };
    let parts = Parts {
        kind: PaperKind::NotaRitiro,
        file: format!("nota-ritiro-{}", facts.head.stem(case)),
        title,
        created: case.current().map(|v| v.at).or(case.updated).unwrap_or_default(),
        slots: &own_slot(by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}
