// SPDX-License-Identifier: AGPL-3.0-or-later
//! The review of personal data: the text with every find marked in place, each to be accepted or
//! dismissed by name, other words added, the rendition beside the original before it is confirmed.

use crate::domain::case::{Case, CaseCommand, Ctx, reviewer};
use crate::domain::command::Command;
use crate::domain::offers::key_of;
use crate::domain::papers::{PaperKind, PaperPlan, case_paper, printed_content};
use crate::domain::privacy::{DataKind, Hit, covers, hits, needs_rendition, pieces, same};
use crate::domain::registry::Registry;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read;
use crate::domain::workflow::{Lifecycle, StepKind};
use crate::domain::world::World;
use crate::web::Shared;
use crate::web::actions::privacy::{usual, usual_words};
use crate::web::actions::{href, short};
use crate::web::error::WebError;
use crate::web::forms::Field;
use crate::web::page::{Link, Page};
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

/// A piece of the text; what was found there has a line of its own.
#[derive(Debug, Serialize)]
struct PieceLine {
    text: String,
    /// Anchor of its line; empty for plain text.
    anchor: String,
    state: &'static str,
    /// What a screen reader says of it.
    said: &'static str,
}

/// A paragraph of a part of the act.
#[derive(Debug, Serialize)]
struct Paragraph {
    pieces: Vec<PieceLine>,
}

/// A part of the act.
#[derive(Debug, Serialize)]
struct Part {
    title: String,
    paragraphs: Vec<Paragraph>,
}

/// Something decided, or to be decided.
#[derive(Debug, Serialize)]
struct Line {
    anchor: String,
    kind: &'static str,
    text: String,
    open: bool,
    omitted: bool,
    state: &'static str,
    reason: String,
    basis: String,
    by: String,
    /// The usual reason, for one gesture.
    usual: &'static str,
    usual_reason: &'static str,
    usual_basis: &'static str,
    omit: String,
    publish: String,
    /// The file itself.
    file: Option<String>,
}

/// The page.
#[derive(Debug, Serialize)]
struct PrivacyPage {
    id: String,
    subject: String,
    version: i64,
    /// Why this person only reads it.
    why_not: Option<String>,
    undecided: usize,
    omitted: usize,
    lines: Vec<Line>,
    parts: Vec<Part>,
    own_action: String,
    own: Vec<Field>,
    original: Option<String>,
    /// The rendition as it would be now.
    rendition: bool,
    /// Where the review is confirmed, or the rendition made again.
    confirm: Option<Link>,
    why_not_confirm: String,
}

impl Page for PrivacyPage {
    const TEMPLATE: &'static str = "dati-personali";

    fn title(&self) -> String {
        "Verifica dei dati personali".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new(format!("/fascicoli/{}", self.id), short(&self.subject))]
    }
}

/// Shows it.
///
/// # Errors
/// 404 when there is no such act, 403 when this person may not read it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let world = app.office.executor.world(&[StreamId::case(&id)]).await?;
    let case = world.case(&id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let now = app.now();
    let ctx = Ctx { actor: visitor.id().to_owned(), now, happened: now };
    let why_not = reviewer(&ctx, &world, case).err().map(|refusal| refusal.text);
    let lines = lines(case, &world);
    let undecided = lines.iter().filter(|line| line.open).count();
    let (confirm, why_not_confirm) = match &why_not {
        None => confirm(&app, &visitor, &world, case).await?,
        Some(_) => (None, String::new()),
    };
    let act = act(case);
    let page = PrivacyPage {
        subject: case.content.subject.clone(),
        version: case.version,
        undecided,
        omitted: case.omissions.len(),
        parts: parts(case, &lines),
        own_action: format!("/fascicoli/{id}/azioni/omissis"),
        own: own_fields(&world, case, &visitor),
        original: act.as_ref().map(|sha256| format!("/fascicoli/{id}/documenti/{sha256}")),
        rendition: act.is_some() && needs_rendition(case),
        lines,
        why_not,
        confirm,
        why_not_confirm,
        id,
    };
    app.show(&visitor, &page)
}

/// The rendition as the decisions of now would make it, marked BOZZA.
///
/// # Errors
/// The refusal when the act is not signed yet.
pub async fn rendition(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let world = app.office.executor.world(&[StreamId::case(&id)]).await?;
    may_read(&world.registry, visitor.id(), world.case(&id)?, visitor.today)?;
    let plan = PaperPlan {
        key: "anteprima".into(),
        kind: PaperKind::VersionePubblicabile,
        slots: Vec::new(),
        about: String::new(),
    };
    let mut facts = case_paper(&id, &plan, &world)?;
    facts.draft = true;
    let comune = &world.registry.comune;
    let composed = app.office.press.compose(&app.office.executor, &facts, comune).await?;
    Ok(file(composed.pdf, "application/pdf", "versione-pubblicabile-bozza.pdf", true))
}

/// The signed act.
fn act(case: &Case) -> Option<String> {
    let paper = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Deliberazione)?;
    paper.sha256.clone().filter(|_| paper.is_complete())
}

/// Where what was decided is confirmed: the review itself, or a new rendition after it.
async fn confirm(
    app: &Shared,
    visitor: &Visitor,
    world: &World,
    case: &Case,
) -> Result<(Option<Link>, String), WebError> {
    let workflow = world.workflow(case)?;
    let step = workflow.step(&case.step).map(|s| &s.kind);
    let reviewing =
        matches!(step, Some(StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. }));
    let (command, slug, label) = match (reviewing, case.treatment.is_some()) {
        (true, _) => {
            let note = String::new();
            (CaseCommand::PassReview { note }, "verifica", "Conferma la verifica")
        }
        (false, true) => {
            let label = "Prepara di nuovo la versione pubblicabile";
            (CaseCommand::ComposePublic, "ricomposizione-pubblicabile", label)
        }
        // Before the vote the proposing office only prepares the decisions.
        (false, false) => return Ok((None, String::new())),
    };
    let command = Command::Case { id: case.id.clone(), command };
    let answers = app.office.executor.foresee(visitor.id(), &[command]).await?;
    Ok(match answers.into_iter().flatten().next() {
        Some(refusal) => (None, refusal.text),
        None => {
            let to = format!("/fascicoli/{}/azioni/{slug}", case.id);
            (Some(Link::new(to, label)), String::new())
        }
    })
}

/// Every find and every mark: what is to be decided first.
fn lines(case: &Case, world: &World) -> Vec<Line> {
    let found = hits(case, world);
    let own = case.omissions.iter().filter(|o| !found.iter().any(|h| same(&h.text, &o.text)));
    let mut lines: Vec<Line> = found.iter().map(|hit| line_of(case, world, hit)).collect();
    lines.extend(own.map(|omission| Line {
        state: "omesso",
        omitted: true,
        reason: omission.reason.clone(),
        basis: omission.basis.clone(),
        by: omission.by.name.clone(),
        ..blank(case, None, &omission.text)
    }));
    lines.sort_by_key(|line| !line.open);
    for (number, line) in (1..).zip(&mut lines) {
        line.anchor = format!("riscontro-{number}");
    }
    lines
}

fn blank(case: &Case, found: Option<DataKind>, text: &str) -> Line {
    let (usual_reason, usual_basis) = usual(found);
    let to = |slug: &str| {
        let action = crate::web::actions::case::ACTIONS.iter().find(|a| a.slug == slug);
        action.map(|action| href(&case.id, action, &key_of(text))).unwrap_or_default()
    };
    Line {
        anchor: String::new(),
        kind: found.map_or("parole indicate", DataKind::label),
        text: text.to_owned(),
        open: false,
        omitted: false,
        state: "da decidere",
        reason: String::new(),
        basis: String::new(),
        by: String::new(),
        usual: usual_words(found),
        usual_reason,
        usual_basis,
        omit: to("omissis"),
        publish: to("pubblicabile"),
        file: None,
    }
}

fn line_of(case: &Case, world: &World, hit: &Hit) -> Line {
    let line = blank(case, Some(hit.found), &hit.text);
    let attachment = printed_content(case).attachments.iter().find(|a| a.name == hit.text);
    let attachment = attachment.filter(|_| hit.found == DataKind::UnreadFile);
    let line = Line {
        file: attachment.map(|a| format!("/fascicoli/{}/documenti/{}", case.id, a.sha256)),
        ..line
    };
    let name = |person: &str, registry: &Registry| registry.name(person);
    if let Some(omission) = case.omissions.iter().find(|o| covers(&o.text, &hit.text)) {
        return Line {
            omitted: true,
            state: "omesso",
            reason: omission.reason.clone(),
            basis: omission.basis.clone(),
            by: name(&omission.by.person, &world.registry),
            ..line
        };
    }
    match case.cleared.iter().find(|c| same(&c.text, &hit.text)) {
        Some(clearance) => Line {
            state: "pubblicabile",
            reason: clearance.reason.clone(),
            by: name(&clearance.by.person, &world.registry),
            ..line
        },
        None => Line { open: true, ..line },
    }
}

/// The text of the act with what was found in its place.
fn parts(case: &Case, lines: &[Line]) -> Vec<Part> {
    let content = printed_content(case);
    let spans: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let mut all = vec![("Oggetto".to_owned(), content.subject.clone())];
    all.push(("Premesse".into(), content.text.clone()));
    let points = content.decision.iter().enumerate();
    all.extend(points.map(|(i, point)| (format!("Dispositivo, punto {}", i + 1), point.clone())));
    let reasons = case.opinions.iter().filter(|o| !o.reasons.trim().is_empty());
    all.extend(reasons.map(|o| (format!("Motivazione: {}", o.opinion.label()), o.reasons.clone())));
    all.into_iter()
        .map(|(title, text)| Part {
            title,
            paragraphs: paragraphs(&text)
                .map(|text| Paragraph { pieces: marked(text, &spans, lines) })
                .collect(),
        })
        .collect()
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n")
        .map(|text| text.trim().trim_start_matches(['#', ' ']))
        .filter(|t| !t.is_empty())
}

fn marked(text: &str, spans: &[&str], lines: &[Line]) -> Vec<PieceLine> {
    let line = |piece: crate::domain::privacy::Piece| {
        let of = piece.part.and_then(|part| lines.get(part));
        let (state, said) = match of {
            None => ("", ""),
            Some(line) if line.open => ("open", "da decidere: "),
            Some(line) if line.omitted => ("omitted", "omesso: "),
            Some(_) => ("public", "pubblicabile: "),
        };
        let anchor = of.map(|line| line.anchor.clone()).unwrap_or_default();
        PieceLine { text: piece.text, anchor, state, said }
    };
    pieces(text, spans).into_iter().map(line).collect()
}

/// The fields for words that nobody proposed.
fn own_fields(world: &World, case: &Case, visitor: &Visitor) -> Vec<Field> {
    let subject = crate::web::actions::Subject {
        world: world.clone(),
        case: case.clone(),
        about: String::new(),
        today: visitor.today,
    };
    let action = crate::web::actions::privacy::OMIT;
    let mut fields = (action.fields)(&subject);
    fields.iter_mut().for_each(|field| field.refill(None, &[]));
    fields
}

/// The line of the page of an act that leads here: who decides, or why this person does not.
pub fn offered(ctx: &Ctx, world: &World, case: &Case) -> Option<Link> {
    let label = "Verificare i dati personali";
    let may = reviewer(ctx, world, case).is_ok() && case.ending.is_none();
    may.then(|| Link::new(format!("/fascicoli/{}/dati-personali", case.id), label))
}
