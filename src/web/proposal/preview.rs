// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is typed, shown as it will be printed: on the page from the very blocks that are laid out
//! on paper, and as the document itself, marked BOZZA.

use super::Desk;
use crate::domain::case::{Case, Content, Version, gaps, obstacles};
use crate::domain::papers::{PaperKind, PaperPlan, case_paper};
use crate::service::documents::text_html;
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::Input;
use crate::web::page::Page;
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;

/// Something to mend in a text.
#[derive(Debug, Serialize)]
struct ProblemLine {
    part: String,
    line: usize,
    reason: String,
}

/// Something the law wants that is not there yet.
#[derive(Debug, Serialize)]
struct GapLine {
    text: String,
    /// Anchor of the field.
    anchor: &'static str,
}

/// The text as it will be printed, and what it lacks.
#[derive(Debug, Serialize)]
pub struct Preview {
    subject: String,
    premises: String,
    points: Vec<String>,
    summary: String,
    problems: Vec<ProblemLine>,
    gaps: Vec<GapLine>,
    /// What the answers already given put in the way.
    stops: Vec<GapLine>,
    saved: String,
}

impl Page for Preview {
    const TEMPLATE: &'static str = "anteprima";

    fn title(&self) -> String {
        String::new()
    }
}

/// The preview of a content.
pub fn of(desk: &Desk, content: &Content) -> Preview {
    let mut problems = Vec::new();
    let mut html = |part: String, text: &str| match text_html(text) {
        Ok(html) => html,
        Err(found) => {
            problems.extend(found.into_iter().map(|problem| ProblemLine {
                part: part.clone(),
                line: problem.line,
                reason: problem.reason,
            }));
            String::new()
        }
    };
    let premises = html("Premesse".into(), &content.text);
    let points = content.decision.iter().enumerate();
    let points = points.map(|(i, point)| html(format!("Punto {}", i + 1), point)).collect();
    let summary = html("Scheda di sintesi".into(), &content.summary);
    let regulation = desk.world.regulation(desk.today).ok();
    let gaps = regulation.as_deref().map_or_else(|| content.missing(), |r| gaps(content, r));
    let gaps = gaps.into_iter();
    let gaps = gaps.map(|gap| GapLine { anchor: anchor(gap.field), text: gap.text.to_owned() });
    let stops = regulation.as_deref().map(|r| obstacles(content, r)).unwrap_or_default();
    let stops = stops.into_iter().map(|(field, refusal)| GapLine {
        anchor: anchor(field),
        text: format!("{} ({})", refusal.text, refusal.article),
    });
    Preview {
        subject: content.subject.clone(),
        gaps: gaps.collect(),
        stops: stops.collect(),
        saved: desk.saved.clone().unwrap_or_default(),
        premises,
        points,
        summary,
        problems,
    }
}

/// The field of the form in which a gap is filled.
fn anchor(field: &str) -> &'static str {
    match field {
        "subject" => "campo-oggetto",
        "offices" => "campo-capofila",
        "procedure_head" => "campo-responsabile",
        "competence" => "campo-competenza",
        "text" => "campo-premesse",
        "decision" => "punto-1",
        "effects" => "campo-effetti",
        "direction_only" => "campo-indirizzo",
        "rapporteurs" => "campo-relatori",
        "council" => "campo-consiglio",
        "cup" => "campo-cup",
        _ => "contenuto",
    }
}

/// Keeps what is typed without a button, and answers with how it looks.
pub async fn keep(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    input: Input,
) -> Result<Response, WebError> {
    let mut desk = Desk::of(&app, &visitor, &id).await?;
    if let (false, Some(refusal)) = (desk.may(), desk.refusal.clone()) {
        return Err(refusal.into());
    }
    desk.begun = desk.begun.or_else(|| input.get("versione").parse().ok());
    desk.input = input;
    desk.acts = super::acts(&app, &desk.world, &desk.input).await?;
    desk.keep(&app, &visitor, "").await?;
    let saved = crate::domain::law::calendar::rome_time(app.now());
    desk.saved = Some(saved.format("%H:%M").to_string());
    let (content, _) = desk.content();
    app.fragment(&of(&desk, &content))
}

/// The document itself, as it would be if it were presented now.
pub async fn document(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let mut desk = Desk::of(&app, &visitor, &id).await?;
    let (content, _) = desk.content();
    let mut case = desk.case.clone();
    freeze(&mut case, content, app.now());
    desk.world.cases.insert(id.clone(), Arc::new(case));
    let plan = PaperPlan {
        key: "anteprima".into(),
        kind: PaperKind::Proposta,
        slots: Vec::new(),
        about: String::new(),
    };
    let mut facts = case_paper(&id, &plan, &desk.world)?;
    facts.draft = true;
    let comune = &desk.world.registry.comune;
    let composed = app.office.press.compose(&app.office.executor, &facts, comune).await?;
    Ok(file(composed.pdf, "application/pdf", "anteprima.pdf", true))
}

/// The case as it would stand with this content frozen.
fn freeze(case: &mut Case, content: Content, at: DateTime<Utc>) {
    let number = u32::try_from(case.versions.len() + 1).unwrap_or(u32::MAX);
    let hash = content.hash();
    case.versions.push(Version { number, content: content.clone(), hash, change: None, at });
    case.content = content;
}
