// SPDX-License-Identifier: AGPL-3.0-or-later
//! The facts a paper prints, as a pure function of the streams.
//!
//! A paper about a case reads that case and the registry, nothing else; a paper about a sitting
//! reads the sitting, the registry and, for the notice of convening, the cases of its agenda. So the
//! same streams give the same facts whatever else a command has loaded, and what was composed on
//! Monday can be signed on Wednesday. No fact is taken from a clock: instants come from events.

mod act;
mod act_data;
mod ballot;
mod certificates;
mod common;
mod derived;
mod effects;
mod inquiry;
mod opinion;
mod posting;
mod presence;
mod proposal;
mod recital;
mod sitting;
mod versions;

pub use act_data::{ActData, act_key};
pub use common::content as printed_content;
pub use effects::effects_sentence;
pub use posting::capigruppo_list;

use super::{PaperKind, PaperPlan, Slot, facts_sha256};
use crate::case::{CaseCommand, Ctx};
use crate::refusal::Refusal;
use crate::sitting::{SittingCommand, Status};
use crate::world::World;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file embedded byte-identical in a composed act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// SHA-256 of the document in the store.
    pub sha256: String,
    /// File name.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// What it is, in Italian.
    pub description: String,
    /// What it is to the paper; a part of it unless said.
    #[serde(default, skip_serializing_if = "Relation::is_part")]
    pub relation: Relation,
}

/// What an embedded file is to the paper that carries it (ISO 19005-3, annex E).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It completes the paper.
    #[default]
    Part,
    /// The paper was made from it.
    Original,
}

impl Relation {
    fn is_part(&self) -> bool {
        *self == Self::Part
    }
}

/// Everything a paper is rendered from; its SHA-256 is what `decide` compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaperFacts {
    /// Kind: names the template `templates/act/<token>.md.hbs`.
    pub kind: PaperKind,
    /// File stem for people, e.g. `deliberazione-838-2020`.
    pub file: String,
    /// Title of the document, for its metadata.
    pub title: String,
    /// The only date of the file.
    pub created: DateTime<Utc>,
    /// Says BOZZA on every page.
    pub draft: bool,
    /// Signature fields to pre-create, in order.
    pub slots: Vec<Slot>,
    /// Files to embed.
    pub embedded: Vec<Embedded>,
    /// Context of the template.
    pub context: Value,
    /// The act as data, carried beside the text as `atto.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl PaperFacts {
    /// SHA-256 (hex) of the facts.
    pub fn sha256(&self) -> String {
        facts_sha256(&serde_json::to_value(self).unwrap_or_default())
    }
}

/// Facts of the paper a case command carries, before it is signed; `None` when it carries none.
///
/// # Errors
/// When the actor may not sign it, or the streams do not hold what it must print.
pub fn carried_by_case(
    case: &str,
    command: &CaseCommand,
    ctx: &Ctx,
    world: &World,
) -> Result<Option<PaperFacts>, Refusal> {
    match command {
        CaseCommand::GiveOpinion { opinion, office, outcome, reasons, .. } => {
            let given = opinion::Given { opinion: *opinion, office, outcome: *outcome, reasons };
            opinion::sheet(case, &given, ctx, world).map(Some)
        }
        CaseCommand::Return { office, reasons, .. } => {
            proposal::note_of_return(case, office, reasons, ctx, world).map(Some)
        }
        CaseCommand::Revise { content, formal: true, .. } => {
            versions::formal_declaration(case, content, None, ctx, world).map(Some)
        }
        CaseCommand::Withdraw { reason, .. } => {
            proposal::note_of_withdrawal(case, reason, ctx, world).map(Some)
        }
        CaseCommand::AttestImpediment { paper_key, field, reason, .. } => {
            certificates::impediment(case, paper_key, field, reason, ctx, world).map(Some)
        }
        _ => Ok(None),
    }
}

/// Facts of the paper a sitting command carries; `None` when it carries none. The notice of
/// convening wants the cases of the agenda in the read set, an amendment or a removal its own case.
///
/// # Errors
/// When the actor may not sign it, or the streams do not hold what it must print.
pub fn carried_by_sitting(
    sitting: &str,
    command: &SittingCommand,
    ctx: &Ctx,
    world: &World,
) -> Result<Option<PaperFacts>, Refusal> {
    match command {
        SittingCommand::Convene { .. } => sitting::notice(sitting, command, ctx, world).map(Some),
        // Before the convening nothing was sent that a paper would replace.
        SittingCommand::Move { .. } | SittingCommand::Cancel { .. }
            if world.sitting(sitting)?.status != Status::Convened =>
        {
            Ok(None)
        }
        SittingCommand::Move { .. } => sitting::notice(sitting, command, ctx, world).map(Some),
        SittingCommand::Cancel { reason, .. } => {
            sitting::revocation(sitting, reason, ctx, world).map(Some)
        }
        SittingCommand::RemoveItem { case, reason, .. } => {
            proposal::note_of_removal(sitting, case, reason, ctx, world).map(Some)
        }
        SittingCommand::Amend { case, content, formal: true, .. } => {
            versions::formal_declaration(case, content, Some(sitting), ctx, world).map(Some)
        }
        _ => Ok(None),
    }
}

/// Facts of a paper a case owes.
///
/// # Errors
/// When the streams do not hold what the paper must print (T-52: an act without its opinion sheets).
pub fn case_paper(case: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    match plan.kind {
        PaperKind::Proposta => proposal::proposal(case, plan, world),
        PaperKind::ConfrontoVersioni => versions::comparison(case, plan, world),
        PaperKind::SchedaIstruttoria => inquiry::check_list(case, plan, world),
        PaperKind::FoglioPareri => opinion::summary(case, plan, world),
        PaperKind::EstrattoVerbale => act::extract(case, plan, world),
        PaperKind::Deliberazione => act::deliberation(case, plan, world),
        PaperKind::RapportoFirme => certificates::signature_report(case, plan, world),
        PaperKind::AttestazionePubblicazione => posting::attestation(case, plan, world),
        PaperKind::AttestazioneDisservizio => posting::outage(case, plan, world),
        PaperKind::AttestazioneRitardo => posting::lateness(case, plan, world),
        PaperKind::AnnullamentoPubblicazione => posting::annulment(case, plan, world),
        PaperKind::RefertoPubblicazione => posting::report(case, plan, world),
        PaperKind::CertificatoEsecutivita => certificates::executivity(case, plan, world),
        PaperKind::CertificatoEseguibilita => certificates::enforceability(case, plan, world),
        PaperKind::Annotazione => certificates::annotation(case, plan, world),
        PaperKind::VersionePubblicabile => derived::rendition(case, plan, world),
        PaperKind::CopiaConforme | PaperKind::EstrattoConforme => derived::copy(case, plan, world),
        PaperKind::ElencoCapigruppo => posting::list_paper(plan, world),
        PaperKind::ParereTecnico
        | PaperKind::ParereContabile
        | PaperKind::VistoCopertura
        | PaperKind::ParereLegittimita
        | PaperKind::NotaRestituzione
        | PaperKind::DichiarazioneFormale
        | PaperKind::Convocazione
        | PaperKind::RevocaConvocazione
        | PaperKind::NotaRitiro
        | PaperKind::EsitiSeduta
        | PaperKind::Brogliaccio
        | PaperKind::VerbaleSeduta
        | PaperKind::AttestazioneImpedimento => Err(not_owed(plan, "un fascicolo")),
    }
}

/// Facts of a paper a sitting owes.
///
/// # Errors
/// When the streams do not hold what the paper must print.
pub fn sitting_paper(
    sitting: &str,
    plan: &PaperPlan,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    match plan.kind {
        PaperKind::EsitiSeduta | PaperKind::Brogliaccio | PaperKind::VerbaleSeduta => {
            sitting::minutes(sitting, plan, world)
        }
        _ => Err(not_owed(plan, "una seduta")),
    }
}

fn not_owed(plan: &PaperPlan, whose: &str) -> Refusal {
    Refusal::new(
        "paper_unknown",
        "R9.1",
        "",
        format!("Il documento «{}» non è fra quelli che {whose} deve produrre", plan.kind.token()),
    )
}
