// SPDX-License-Identifier: AGPL-3.0-or-later
//! The deliberation, and the extract of the minutes for an item that did not become one.

use super::ballot::{self, ImmediateFacts, VoteFacts};
use super::common::{
    Head, Parts, TextFacts, act_slots, annexes, current, owed_at, paper, read, voted,
};
use super::presence::{MeetingFacts, meeting};
use super::proposal::{ProposalText, proposal_text};
use super::recital::{FurtherFacts, Recital, RecitedOpinion, recital};
use super::{Embedded, PaperFacts, Relation, act_data};
use crate::case::{AttachmentClass, Case, Content};
use crate::law::calendar::Preposition;
use crate::papers::{PaperKind, PaperPlan, PaperState, words};
use crate::refusal::Refusal;
use crate::regulation::Regulation;
use crate::regulation::tokens::ActLayout;
use crate::sitting::{ItemOutcome, Treatment};
use crate::world::World;
use chrono::NaiveDate;
use serde::Serialize;

/// Why the organ departs from opinions (art. 49, c. 4), with the opinions it departs from.
#[derive(Serialize)]
struct DepartureFacts {
    opinions: Vec<RecitedOpinion>,
    /// Opinions of others it departs from (R1.16): no article asks for it but art. 3 L. 241/1990.
    further: Vec<FurtherFacts>,
    reasons: String,
    /// One at least is of art. 49; the legitimacy opinion never is (R2.2).
    statutory: bool,
    /// The legitimacy opinion is among them: its source is local.
    legitimacy: bool,
}

#[derive(Serialize)]
pub(super) struct DeliberationFacts {
    #[serde(flatten)]
    pub head: Head,
    text: TextFacts,
    /// Minutes first and proposal after (law.md 14), or one text.
    two_level: bool,
    meeting: MeetingFacts,
    #[serde(flatten)]
    body: ProposalText,
    #[serde(flatten)]
    recital: Recital,
    departure: Option<DepartureFacts>,
    vote: Option<VoteFacts>,
    immediate_ballot: Option<ImmediateFacts>,
    approved: bool,
    amended: bool,
}

/// The deliberation: a projection of the proclaimed result and of the text it was proclaimed on.
///
/// # Errors
/// When the act was not proclaimed or numbered, or an opinion sheet is missing (T-52).
pub fn deliberation(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let Act { case, facts, embedded, data } = act(id, world)?;
    facts.recital.complete(case.treatment.as_ref().map_or(&[], |t| t.anomalies.as_slice()))?;
    let parts = Parts {
        kind: plan.kind,
        file: format!("deliberazione-{}", facts.head.stem(case)),
        title: title(&facts.head)?,
        created: owed_at(case, plan),
        slots: &act_slots(&plan.slots),
        embedded,
    };
    Ok(PaperFacts { data: Some(data), ..paper(parts, &facts)? })
}

/// "Deliberazione della Giunta comunale n. 838 del 24/07/2020".
pub(super) fn title(head: &Head) -> Result<String, Refusal> {
    let number = head.numbered()?;
    Ok(format!("{} n. {} {}", head.act, number.number, Preposition::Of.short(number.date)))
}

/// An adopted act, as the deliberation and what is derived from it print it.
pub(super) struct Act<'a> {
    pub case: &'a Case,
    pub facts: DeliberationFacts,
    /// Signed parts and integral attachments.
    pub embedded: Vec<Embedded>,
    pub data: serde_json::Value,
}

/// Reads an act that was proclaimed and numbered.
pub(super) fn act<'a>(id: &str, world: &'a World) -> Result<Act<'a>, Refusal> {
    let (case, workflow, head) = read(id, world)?;
    head.numbered()?;
    let treatment = case.treatment.as_ref().ok_or_else(|| {
        Refusal::new("not_voted", "R2.7", "", "Il risultato non è stato ancora proclamato")
    })?;
    let version = match voted(case) {
        Some(version) => version,
        None => current(case)?,
    };
    let regulation = world.regulation(treatment.date)?;
    let recital = recital(case, &workflow, &regulation, &world.registry);
    recital.complete(&treatment.anomalies)?;
    let mut embedded = proposal_paper(case, version.number);
    embedded.extend(recital.sheets());
    embedded.extend(integral(&version.content));
    let embedded = distinct(embedded);
    let data = act_data::of(case, &workflow, version, &embedded, world);
    let facts = DeliberationFacts {
        two_level: regulation.act_layout == ActLayout::TwoLevel,
        meeting: meeting(treatment, &regulation),
        body: proposal_text(&version.content, &world.registry, treatment.date),
        departure: departure(case, &recital),
        vote: vote(treatment, &regulation),
        immediate_ballot: case.immediate.as_ref().map(|ballot| {
            ballot::immediate(ballot, &treatment.members, treatment.seats, &regulation)
        }),
        approved: treatment.outcome.is_approval(),
        amended: treatment.outcome == ItemOutcome::ApprovedAsAmended,
        text: TextFacts::from(version),
        recital,
        head,
    };
    Ok(Act { case, facts, embedded, data })
}

fn vote(treatment: &Treatment, regulation: &Regulation) -> Option<VoteFacts> {
    let ballot = treatment.ballot.as_ref()?;
    Some(ballot::vote(ballot, &treatment.members, regulation))
}

fn departure(case: &Case, recital: &Recital) -> Option<DepartureFacts> {
    let reasons = words::clause(case.content.gates.departure.as_deref()?);
    // Only the opinions the reasons answer: those that came later they do not speak of.
    let answered = |sheet: &str| case.answered.iter().any(|known| known == sheet);
    let departed = |o: &&RecitedOpinion| o.to_depart_from && answered(&o.sha256);
    let opinions: Vec<_> = recital.opinions.iter().filter(departed).cloned().collect();
    let others = recital.further.iter().filter(|o| o.to_depart_from && answered(&o.digest));
    let further: Vec<_> = others.cloned().collect();
    let any = !opinions.is_empty() || !further.is_empty();
    let statutory = opinions.iter().any(|o| o.statutory);
    let legitimacy = opinions.iter().any(|o| o.legitimacy);
    let facts = DepartureFacts { opinions, further, reasons, statutory, legitimacy };
    (!facts.reasons.is_empty() && any).then_some(facts)
}

/// The signed proposal, when the procedure signs one, with its version where the text that was voted
/// is a later one: amended in the sitting, or corrected in its form.
fn proposal_paper(case: &Case, voted: u32) -> Vec<Embedded> {
    let signed = |p: &&&PaperState| p.plan.kind == PaperKind::Proposta && p.is_complete();
    let paper = case.papers.iter().rev().find(|p| signed(&p));
    let description = |version: &str| match version == voted.to_string() {
        true => "Proposta di deliberazione, come firmata".to_owned(),
        false => format!(
            "Proposta di deliberazione, versione {version}, come firmata; il testo votato è la \
             versione {voted}"
        ),
    };
    let embedded = |p: &PaperState| {
        Some(Embedded {
            sha256: p.sha256.clone()?,
            name: "proposta.pdf".into(),
            media_type: "application/pdf".into(),
            description: description(&p.plan.about),
            relation: Relation::Part,
        })
    };
    paper.and_then(embedded).into_iter().collect()
}

/// The attachments that are part of the act, byte-identical.
fn integral(content: &Content) -> Vec<Embedded> {
    let integral = annexes(content).into_iter().zip(&content.attachments);
    integral
        .filter(|(_, a)| a.class == AttachmentClass::Integral)
        .map(|(line, a)| Embedded {
            sha256: a.sha256.clone(),
            name: a.name.clone(),
            media_type: a.media_type.clone(),
            description: format!("Allegato n. {}, parte integrante e sostanziale", line.number),
            relation: Relation::Part,
        })
        .collect()
}

/// Names must differ within a file: a second one of the same name takes a number.
fn distinct(mut embedded: Vec<Embedded>) -> Vec<Embedded> {
    for index in 1..embedded.len() {
        let (earlier, rest) = embedded.split_at_mut(index);
        let Some(file) = rest.first_mut() else { break };
        let original = file.name.clone();
        let mut serial = 2;
        while earlier.iter().any(|e| e.name.eq_ignore_ascii_case(&file.name)) {
            file.name = format!("{serial}-{original}");
            serial += 1;
        }
    }
    embedded
}

#[derive(Serialize)]
struct ExtractFacts {
    #[serde(flatten)]
    head: Head,
    meeting: MeetingFacts,
    vote: Option<VoteFacts>,
    postponed: bool,
    /// Day of the sitting it was postponed to (R3.13).
    postponed_to: Option<NaiveDate>,
    rejected: bool,
    withdrawn: bool,
    taken_note: bool,
    not_treated: bool,
    reason: String,
    /// The relatore who withdrew it (R3.13).
    withdrawn_by: Option<super::common::PersonFacts>,
}

/// The extract of the minutes for an item that was postponed, withdrawn, rejected, noted or not
/// treated; `about` names the sitting where it came up more than once.
pub fn extract(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let treatment = treatment_of(case, &plan.about).ok_or_else(|| {
        Refusal::new(
            "not_treated",
            "R3.13",
            "",
            "L'argomento non è stato trattato in nessuna seduta",
        )
    })?;
    let regulation = world.regulation(treatment.date)?;
    let outcome = treatment.outcome;
    let parts = Parts {
        kind: plan.kind,
        file: format!("estratto-verbale-{}-{}", treatment.date, head.stem(case)),
        title: format!(
            "Estratto del verbale della seduta {}",
            Preposition::Of.short(treatment.date)
        ),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    let facts = ExtractFacts {
        meeting: meeting(treatment, &regulation),
        vote: vote(treatment, &regulation),
        postponed: outcome == ItemOutcome::Postponed,
        postponed_to: treatment.postponed_to,
        rejected: outcome == ItemOutcome::Rejected,
        withdrawn: outcome == ItemOutcome::Withdrawn,
        taken_note: outcome == ItemOutcome::TakenNote,
        not_treated: outcome == ItemOutcome::NotTreated,
        reason: words::clause(&treatment.reason),
        withdrawn_by: treatment.withdrawn_by.as_ref().map(super::common::PersonFacts::from),
        head,
    };
    paper(parts, &facts)
}

/// What happened in the sitting a paper is about; without one, the last time it came up.
fn treatment_of<'a>(case: &'a Case, sitting: &str) -> Option<&'a Treatment> {
    let all = || case.not_voted.iter().chain(case.treatment.as_ref());
    let named = all().rfind(|t| t.sitting == sitting);
    named.or_else(|| all().next_back())
}
