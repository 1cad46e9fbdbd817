// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is made from a signed act and is not the act: the publishable rendition and the certified
//! copies. Each says by hash what it derives from; the original is never touched.

use super::act::{Act, DeliberationFacts, act, title};
use super::common::{Parts, PersonFacts, act_caption, owed_at, paper};
use super::{Embedded, PaperFacts, Relation};
use crate::case::{AttachmentClass, Case, CopyForm, CopyRequest};
use crate::law::calendar::{rome_date, rome_time};
use crate::papers::{PaperKind, PaperPlan, PaperState};
use crate::privacy::{Omission, omit, omit_value, same};
use crate::refusal::Refusal;
use crate::world::World;
use chrono::NaiveDate;
use serde::Serialize;

/// The original, as its derivatives name it.
#[derive(Serialize)]
struct OriginalFacts {
    sha256: String,
    /// Number and day in the protocollo, where the act took one.
    protocollo: Option<ProtocolloFacts>,
    signatures_made: Vec<SignedFacts>,
    /// Signed parts and attachments that do not follow the derivative.
    parts: Vec<Embedded>,
}

/// Where the act is in the protocollo of the Comune.
#[derive(Serialize)]
struct ProtocolloFacts {
    number: i64,
    date: NaiveDate,
}

/// One signature of the original.
#[derive(Serialize)]
struct SignedFacts {
    caption: String,
    signer: PersonFacts,
    date: NaiveDate,
    time: String,
}

/// One line of the list of what was left out.
#[derive(Serialize)]
struct OmissionFacts {
    number: usize,
    reason: String,
    basis: String,
}

#[derive(Serialize)]
struct RenditionFacts {
    #[serde(flatten)]
    act: DeliberationFacts,
    original: OriginalFacts,
    omissions: Vec<OmissionFacts>,
}

/// The contrassegno: where to look, and until when.
#[derive(Serialize)]
struct MarkFacts {
    url: String,
    code: String,
    until: NaiveDate,
}

#[derive(Serialize)]
struct CopyFacts {
    #[serde(flatten)]
    act: DeliberationFacts,
    original: OriginalFacts,
    omissions: Vec<OmissionFacts>,
    extract: bool,
    serial: u32,
    applicant: String,
    purpose: String,
    requested: NaiveDate,
    mark: Option<MarkFacts>,
}

/// The signed act of a case.
fn signed_act(case: &Case) -> Result<&PaperState, Refusal> {
    let act = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Deliberazione);
    act.filter(|p| p.is_complete()).ok_or_else(|| {
        let text = "L'atto non è ancora firmato da tutti";
        Refusal::new("act_not_signed", "R9.8", "art. 23-bis CAD", text)
    })
}

fn original(case: &Case, state: &PaperState, parts: Vec<Embedded>) -> OriginalFacts {
    let recorded = case.protocollo(&state.plan.key);
    let caption = |field: &str| {
        let slot = state.plan.slots.iter().find(|s| s.field == field);
        slot.map(act_caption).unwrap_or_default()
    };
    OriginalFacts {
        sha256: state.sha256.clone().unwrap_or_default(),
        protocollo: recorded.map(|p| ProtocolloFacts { number: p.number, date: p.on }),
        signatures_made: state
            .signed
            .iter()
            .map(|(field, signer, at)| SignedFacts {
                caption: caption(field),
                signer: PersonFacts::from(signer),
                date: rome_date(*at),
                time: rome_time(*at).format("%H:%M").to_string(),
            })
            .collect(),
        parts,
    }
}

fn listed(omissions: &[Omission]) -> Vec<OmissionFacts> {
    let line = |(index, omission): (usize, &Omission)| OmissionFacts {
        number: index + 1,
        reason: omission.reason.clone(),
        basis: omission.basis.clone(),
    };
    omissions.iter().enumerate().map(line).collect()
}

/// The publishable rendition: the same facts without what was marked. Signed parts cannot be
/// changed, so they stay out and are named by hash; attachments follow if nobody withheld them.
pub fn rendition(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let Act { case, facts, embedded, mut data } = act(id, world)?;
    let state = signed_act(case)?;
    let (kept, out) = embedded.into_iter().partition::<Vec<_>, _>(|file| is_public(file, case));
    let parts = Parts {
        kind: plan.kind,
        file: format!("versione-pubblicabile-{}", facts.head.stem(case)),
        title: format!("Versione pubblicabile – {}", title(&facts.head)?),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: kept,
    };
    let facts = RenditionFacts {
        original: original(case, state, out),
        omissions: listed(&case.omissions),
        act: facts,
    };
    data["parts"] = serde_json::to_value(&parts.embedded).unwrap_or_default();
    Ok(without(PaperFacts { data: Some(data), ..paper(parts, &facts)? }, &case.omissions))
}

/// An integral attachment that nobody withheld.
fn is_public(file: &Embedded, case: &Case) -> bool {
    let attachments = &super::common::content(case).attachments;
    let attachment = attachments
        .iter()
        .find(|a| a.sha256 == file.sha256 && a.class == AttachmentClass::Integral);
    attachment.is_some_and(|a| !case.omissions.iter().any(|o| same(&o.text, &a.name)))
}

/// Takes what was marked out of everything a paper is made from.
fn without(mut facts: PaperFacts, omissions: &[Omission]) -> PaperFacts {
    omit_value(&mut facts.context, omissions);
    if let Some(data) = &mut facts.data {
        omit_value(data, omissions);
    }
    facts.title = omit(&facts.title, omissions);
    facts.file = omit(&facts.file, omissions);
    for file in &mut facts.embedded {
        file.name = omit(&file.name, omissions);
        file.description = omit(&file.description, omissions);
    }
    facts
}

/// A certified copy, whole with the original inside, or an extract; `about` is its serial. An
/// extract goes to others than who must have everything: what was marked is left out of it.
pub fn copy(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let Act { case, facts, .. } = act(id, world)?;
    let state = signed_act(case)?;
    let request = case.copies.iter().find(|c| c.serial.to_string() == plan.about);
    let request = request.ok_or_else(|| {
        Refusal::new("copy_unknown", "R9.8", "", "Nessuno ha chiesto questa copia")
    })?;
    let extract = request.form == CopyForm::Extract;
    let what = if extract { "Estratto conforme" } else { "Copia conforme" };
    let parts = Parts {
        kind: plan.kind,
        file: format!("{}-{}-{}", plan.kind.token(), facts.head.stem(case), request.serial),
        title: format!("{what} n. {} – {}", request.serial, title(&facts.head)?),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: if extract { Vec::new() } else { vec![inside(state)] },
    };
    let omissions: &[Omission] = if extract { &case.omissions } else { &[] };
    let facts = CopyFacts {
        original: original(case, state, Vec::new()),
        omissions: listed(omissions),
        extract,
        serial: request.serial,
        applicant: request.applicant.clone(),
        purpose: request.purpose.clone(),
        requested: request.on,
        mark: mark(id, request, world)?,
        act: facts,
    };
    Ok(without(paper(parts, &facts)?, omissions))
}

fn inside(state: &PaperState) -> Embedded {
    Embedded {
        sha256: state.sha256.clone().unwrap_or_default(),
        name: "originale.pdf".into(),
        media_type: "application/pdf".into(),
        description: "Originale informatico della deliberazione, come firmato".into(),
        relation: Relation::Original,
    }
}

/// Where the contrassegno leads: the page of the Comune, the case and the code of the copy.
fn mark(id: &str, request: &CopyRequest, world: &World) -> Result<Option<MarkFacts>, Refusal> {
    let Some(until) = request.until else { return Ok(None) };
    let page = world.regulation(request.on)?.verification_url.clone().unwrap_or_default();
    let url = format!("{}/{id}/{}", page.trim_end_matches('/'), request.code);
    Ok(Some(MarkFacts { url, code: request.code.clone(), until }))
}
