// SPDX-License-Identifier: AGPL-3.0-or-later
//! The dossier of who decides: every item with its synthesis, text, opinions (the contrary first)
//! and attachments, as far as this person may read them.

use crate::domain::case::{AttachmentClass, Case, Opinion, OpinionNeed, OpinionOutcome, standing};
use crate::domain::papers::{PaperKind, effects_sentence, words as printed};
use crate::domain::sitting::{Item, Sitting};
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_follow_sitting, may_read, may_read_attachment};
use crate::domain::world::World;
use crate::web::Shared;
use crate::web::actions::sitting::name;
use crate::web::error::WebError;
use crate::web::forms::capital;
use crate::web::lines::Datum;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct OpinionLine {
    title: String,
    outcome: &'static str,
    contrary: bool,
    giver: String,
    reasons: String,
    void: bool,
    href: String,
}

#[derive(Debug, Serialize)]
struct FileLine {
    name: String,
    href: Option<String>,
    why_not: String,
    /// What its signatures are worth, in words.
    signatures: String,
}

#[derive(Debug, Serialize)]
struct ItemPart {
    case: String,
    number: usize,
    subject: String,
    summary: String,
    text: String,
    decision: Vec<String>,
    data: Vec<Datum>,
    opinions: Vec<OpinionLine>,
    contrary: bool,
    departure: String,
    files: Vec<FileLine>,
    proposal: Option<String>,
    /// Why this person may not read it; empty when he may.
    why_not: String,
}

#[derive(Debug, Serialize)]
struct DossierPage {
    id: String,
    heading: String,
    items: Vec<ItemPart>,
}

impl Page for DossierPage {
    const TEMPLATE: &'static str = "dossier";
    const SECTION: &'static str = "sedute";

    fn title(&self) -> String {
        "Fascicoli della seduta".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![
            Link::new("/sedute", "Sedute"),
            Link::new(format!("/sedute/{}", self.id), &self.heading),
        ]
    }
}

/// Shows the dossier.
///
/// # Errors
/// 404 when there is no such sitting, 403 when this person does not take part in it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let world = app.office.executor.world(&[StreamId::sitting(&id)]).await?;
    let sitting = world.sitting(&id)?;
    may_follow_sitting(&world.registry, visitor.id(), visitor.today)?;
    let items = sitting.items.iter().enumerate();
    let items = items.map(|(index, item)| part(&app, &world, item, index + 1, &visitor)).collect();
    let page = DossierPage { heading: heading(sitting), items, id };
    app.show(&visitor, &page)
}

fn heading(sitting: &Sitting) -> String {
    name(sitting)
}

fn part(app: &Shared, world: &World, item: &Item, number: usize, visitor: &Visitor) -> ItemPart {
    let empty = Case::default();
    let case = world.cases.get(&item.case).map_or(&empty, |case| case);
    let refused = may_read(&world.registry, visitor.id(), case, visitor.today).err();
    if let Some(refusal) = refused {
        return ItemPart {
            number,
            why_not: refusal.text,
            ..part_of(app, world, &empty, item, number, visitor)
        };
    }
    part_of(app, world, case, item, number, visitor)
}

fn part_of(
    app: &Shared,
    world: &World,
    case: &Case,
    item: &Item,
    number: usize,
    visitor: &Visitor,
) -> ItemPart {
    let (registry, content) = (&world.registry, &case.content);
    let people =
        |ids: &[String]| ids.iter().map(|p| registry.name(p)).collect::<Vec<_>>().join(", ");
    let offices: Vec<String> = content.offices.iter().map(|o| registry.office_name(o)).collect();
    let rows = [
        ("Relatore", people(&content.rapporteurs)),
        ("Ufficio", offices.join(", ")),
        ("Effetti economici", effects_sentence(&content.gates.effects)),
        (
            "Immediata eseguibilità chiesta",
            content.gates.immediate_request.clone().unwrap_or_default(),
        ),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    let mut opinions: Vec<OpinionLine> =
        case.opinions.iter().rev().map(|o| opinion_line(world, case, o)).collect();
    opinions.sort_by_key(|o| (o.void, !o.contrary));
    let paper = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Proposta);
    let proposal = paper.and_then(|p| p.sha256.as_ref());
    ItemPart {
        case: item.case.clone(),
        number,
        subject: item.subject.clone(),
        summary: content.summary.clone(),
        text: content.text.clone(),
        decision: content.decision.clone(),
        data: rows.map(|(term, text)| Datum { term, text }).collect(),
        contrary: opinions.iter().any(|o| o.contrary && !o.void),
        opinions,
        departure: content.gates.departure.clone().unwrap_or_default(),
        files: files(app, world, case, visitor),
        proposal: proposal.map(|sha256| format!("/fascicoli/{}/documenti/{sha256}", case.id)),
        why_not: String::new(),
    }
}

fn opinion_line(world: &World, case: &Case, opinion: &Opinion) -> OpinionLine {
    let need = OpinionNeed { opinion: opinion.opinion, office: opinion.office.clone() };
    let mut title = capital(opinion.opinion.label());
    if !opinion.office.is_empty() {
        title.push_str(&format!(", {}", world.registry.office_name(&opinion.office)));
    }
    OpinionLine {
        title,
        outcome: printed::outcome(opinion.outcome),
        contrary: opinion.outcome == OpinionOutcome::Contrary,
        giver: opinion.giver.name.clone(),
        reasons: opinion.reasons.clone(),
        void: standing(case, &need) != Some(opinion),
        href: format!("/fascicoli/{}/documenti/{}", case.id, opinion.paper.sha256),
    }
}

fn files(app: &Shared, world: &World, case: &Case, visitor: &Visitor) -> Vec<FileLine> {
    let line = |attachment: &crate::domain::case::Attachment| {
        let class: AttachmentClass = attachment.class;
        let may = may_read_attachment(&world.registry, visitor.id(), case, class, visitor.today);
        FileLine {
            name: attachment.name.clone(),
            href: may
                .is_ok()
                .then(|| format!("/fascicoli/{}/documenti/{}", case.id, attachment.sha256)),
            signatures: match &may {
                Ok(()) => app.signatures_of(attachment, || None),
                Err(_) => String::new(),
            },
            why_not: may.err().map(|refusal| refusal.text).unwrap_or_default(),
        }
    };
    case.content.attachments.iter().map(line).collect()
}
