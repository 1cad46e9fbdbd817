// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Proposta»: the text of an act as it is written. What is typed is kept as it is typed, beside the
//! record, until it is put on record as an edit of the draft or as a new version.
//!
//! One form, one address: a button says what to do with it. Without JavaScript every button sends
//! the whole form; with it the text is kept and shown by itself.

mod files;
pub mod form;
mod fresh;
mod preview;

pub use fresh::{MODELS, Model, create, fresh, words_of};
pub use preview::{document, keep};

use super::actions::{Asked, Place, perform, short};
use super::error::WebError;
use super::forms::{Field, Input, Reader};
use super::page::{Link, Page};
use super::upload::Sent;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::case::{Case, CaseCommand, Content};
use crate::domain::command::Command;
use crate::domain::law::calendar::{rome_date, rome_time};
use crate::domain::refusal::Refusal;
use crate::domain::stream::{NewDocument, StreamId};
use crate::domain::visibility::may_read;
use crate::domain::world::World;
use crate::store::{Draft, DraftFile, instant, parse_instant};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{NaiveDate, TimeDelta};
use files::AttachmentLine;
use form::{Known, Section, TouchLine};
use preview::Preview;
use serde::Serialize;

/// How long what was typed is kept without being put on record.
const KEPT_FOR: TimeDelta = TimeDelta::days(60);

/// How the text of an act may be changed now, and by this person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ways {
    /// It is a draft.
    edit: bool,
    /// It is frozen: a new version with new opinions.
    substantial: bool,
    /// A correction of form, which the Segretario certifies.
    formal: bool,
}

/// An act, what its person has typed about it, and what he may do with it.
struct Desk {
    world: World,
    case: Case,
    today: NaiveDate,
    input: Input,
    files: Vec<DraftFile>,
    acts: Vec<(String, String)>,
    /// The version the typing began on, when there is any.
    begun: Option<i64>,
    saved: Option<String>,
    notes: Vec<String>,
    ways: Ways,
    refusal: Option<Refusal>,
}

impl Desk {
    async fn of(app: &App, visitor: &Visitor, id: &str) -> Result<Self, WebError> {
        let world = app.office.executor.world(&[StreamId::case(id)]).await?;
        let case = world.case(id)?.clone();
        may_read(&world.registry, visitor.id(), &case, visitor.today)?;
        let store = &app.office.executor.store;
        let draft = store.draft(id, visitor.id()).await?;
        let files = store.draft_files(id, visitor.id()).await?;
        let (ways, refusal) = ways(app, visitor, &case).await?;
        let saved = draft.as_ref().and_then(|d| parse_instant(&d.saved_at));
        let input = match &draft {
            Some(draft) => Input::parse(&draft.form),
            None => form::input_of(&case.content),
        };
        let acts = acts(app, &world, &input).await?;
        Ok(Self {
            begun: draft.as_ref().map(|d| d.version),
            saved: saved.map(|at| rome_time(at).format("%H:%M").to_string()),
            notes: draft.map_or_else(Vec::new, |d| d.notes.lines().map(str::to_owned).collect()),
            world,
            case,
            today: visitor.today,
            input,
            files,
            acts,
            ways,
            refusal,
        })
    }

    /// The content of what is typed, and what is wrong with it.
    fn content(&self) -> (Content, Vec<(String, String)>) {
        let mut reader = Reader::new(&self.input);
        let known = Known { case: &self.case, files: &self.files, acts: &self.acts };
        let content = form::content_of(&self.input, &known, &mut reader);
        (content, reader.errors)
    }

    fn may(&self) -> bool {
        self.ways.edit || self.ways.substantial || self.ways.formal
    }

    /// Keeps what is typed now.
    async fn keep(&self, app: &App, visitor: &Visitor, notes: &str) -> Result<(), WebError> {
        let now = app.now();
        let draft = Draft {
            version: self.begun.unwrap_or(self.case.version),
            form: self.input.encoded(),
            notes: notes.to_owned(),
            saved_at: instant(now),
        };
        let whose = (self.case.id.as_str(), visitor.id());
        app.office.executor.store.keep_draft(whose, &draft, now - KEPT_FOR).await?;
        Ok(())
    }
}

/// Asks the engine which ways are open to this person.
async fn ways(
    app: &App,
    visitor: &Visitor,
    case: &Case,
) -> Result<(Ways, Option<Refusal>), WebError> {
    let mut other = case.content.clone();
    other.summary.push_str("\n(testo ancora da scrivere)");
    let revise = |formal| CaseCommand::Revise { content: other.clone(), formal, paper: None };
    let asked = match case.versions.is_empty() || case.ending.is_some() {
        true => vec![CaseCommand::Edit { content: case.content.clone() }],
        false => {
            vec![CaseCommand::Edit { content: case.content.clone() }, revise(false), revise(true)]
        }
    };
    let commands: Vec<Command> =
        asked.into_iter().map(|command| Command::Case { id: case.id.clone(), command }).collect();
    let answers = app.office.executor.foresee(visitor.id(), &commands).await?;
    let open = |at: usize| answers.get(at).is_some_and(Option::is_none);
    let ways = Ways { edit: open(0), substantial: open(1), formal: open(2) };
    let shut = !(ways.edit || ways.substantial || ways.formal);
    let told = answers.get(1).or(answers.first()).cloned().flatten();
    Ok((ways, told.filter(|_| shut)))
}

/// The acts a form names by number, looked up in the register.
async fn acts(app: &App, world: &World, input: &Input) -> Result<Vec<(String, String)>, WebError> {
    let mut found: Vec<(String, String)> = Vec::new();
    let registers: std::collections::BTreeSet<&str> =
        world.registry.workflows.values().filter_map(|w| w.act_register()).collect();
    for written in input.all("incide") {
        let Some((number, year)) = numbered(written) else { continue };
        for register in &registers {
            let lines = app.office.executor.store.register(register, year).await?;
            let line = lines.into_iter().find(|line| line.number == number);
            found.extend(line.map(|line| (written.trim().to_owned(), line.case_id)));
        }
    }
    Ok(found)
}

/// "838/2020", "n. 838 del 2020".
fn numbered(text: &str) -> Option<(i64, i32)> {
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let [number, year] = parts[..] else { return None };
    Some((number.parse().ok()?, year.parse().ok()?))
}

/// The page.
#[derive(Debug, Serialize)]
struct ProposalPage {
    id: String,
    subject: String,
    number: String,
    version: i64,
    sections: Vec<Section>,
    premises: Field,
    points: Vec<Field>,
    summary: Field,
    touched: Vec<TouchLine>,
    attachments: Vec<AttachmentLine>,
    preview: Preview,
    saved: Option<String>,
    notes: Vec<String>,
    moved: bool,
    typed: bool,
    may: bool,
    edit: bool,
    substantial: bool,
    formal: bool,
    refusal: Option<Refusal>,
    errors: usize,
    file_types: &'static str,
}

impl Page for ProposalPage {
    const TEMPLATE: &'static str = "proposta";

    fn title(&self) -> String {
        if self.edit { "Scrivere la proposta".into() } else { "Cambiare il testo".into() }
    }

    fn trail(&self) -> Vec<Link> {
        let subject = if self.subject.is_empty() { "Bozza" } else { self.subject.as_str() };
        vec![Link::new(format!("/fascicoli/{}", self.id), short(subject))]
    }
}

fn page(
    app: &Shared,
    desk: &Desk,
    refusal: Option<Refusal>,
    errors: &[(String, String)],
) -> ProposalPage {
    let (registry, today) = (&desk.world.registry, rome_date(chrono::DateTime::UNIX_EPOCH));
    let on = desk.case.updated.map_or(today, rome_date);
    let regulation = registry.regulation(on).ok();
    let mut sections = form::sections(registry, regulation.as_deref(), on);
    let fields = sections.iter_mut().flat_map(|section| &mut section.fields);
    fields.for_each(|field| field.refill(Some(&desk.input), errors));
    let (content, _) = desk.content();
    let preview = preview::of(desk, &content);
    let text = |name: &str, label: &str| {
        let mut field = Field::new("markdown", name, label);
        field.refill(Some(&desk.input), errors);
        field
    };
    let workflow = desk.world.workflow(&desk.case).ok();
    let number = workflow.map(|w| super::case::number(&desk.case, &w)).unwrap_or_default();
    ProposalPage {
        id: desk.case.id.clone(),
        subject: desk.case.content.subject.clone(),
        number,
        version: desk.begun.unwrap_or(desk.case.version),
        sections,
        premises: text("premesse", "Premesse").required().help(
            "Elenchi, grassetto, tabelle. Da Word si può incollare: tabelle e numerazione restano.",
        ),
        points: points(&desk.input),
        summary: text("scheda", "Scheda di sintesi per gli assessori"),
        touched: form::touched(&desk.input),
        attachments: files::lines(app, desk, &content),
        preview,
        saved: desk.saved.clone(),
        notes: desk.notes.clone(),
        moved: desk.begun.is_some_and(|begun| begun != desk.case.version),
        typed: desk.begun.is_some(),
        may: desk.may(),
        edit: desk.ways.edit,
        substantial: desk.ways.substantial,
        formal: desk.ways.formal,
        refusal: refusal.or_else(|| desk.refusal.clone()),
        errors: errors.len(),
        file_types: ".pdf,.docx,.xlsx,.odt,.ods,.png,.jpg,.jpeg,.tif,.tiff,.p7m,.xml,.csv,.txt,.eml,.dwf,.ifc",
    }
}

/// One field a point, and one to go on.
fn points(input: &Input) -> Vec<Field> {
    let mut typed: Vec<&str> = input.all("punto");
    typed.retain(|point| !point.trim().is_empty());
    typed.push("");
    let field = |(index, text): (usize, &str)| {
        let mut field = Field::new("markdown", "punto", format!("Punto {}", index + 1));
        field.value = text.to_owned();
        field.id = format!("punto-{}", index + 1);
        field
    };
    typed.into_iter().enumerate().map(field).collect()
}

/// Shows the form.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let desk = Desk::of(&app, &visitor, &id).await?;
    if !desk.notes.is_empty() {
        desk.keep(&app, &visitor, "").await?;
    }
    app.show(&visitor, &page(&app, &desk, None, &[]))
}

/// Does what the button says with the whole form.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let mut desk = Desk::of(&app, &visitor, &id).await?;
    if !desk.may() {
        let refusal = desk.refusal.clone();
        return app.render(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(&visitor),
            &page(&app, &desk, refusal, &[]),
        );
    }
    let button = sent.input.get("fai").to_owned();
    if button == "scarta" {
        app.office.executor.store.drop_draft(&id, visitor.id()).await?;
        let to = format!("/fascicoli/{id}/testo");
        return app.done(&visitor, "Modifiche non registrate tolte", &to).await;
    }
    desk.begun = desk.begun.or_else(|| sent.input.get("versione").parse().ok());
    desk.input = sent.input;
    desk.acts = acts(&app, &desk.world, &desk.input).await?;
    let here = format!("/fascicoli/{id}/testo");
    let arrived = files::take(&app, &visitor, &mut desk, sent.files, &button).await;
    desk.keep(&app, &visitor, arrived.as_deref().unwrap_or_default()).await?;
    if let Err(refusal) = arrived {
        let page = page(&app, &desk, Some(refusal), &[]);
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
    }
    match button.as_str() {
        "salva" | "presenta" => record(&app, &visitor, desk, &button).await,
        "documento" => Ok(Redirect::to(&format!("{here}/documento")).into_response()),
        _ => Ok(Redirect::to(&here).into_response()),
    }
}

/// Puts what is typed on record: an edit of the draft, or a new version.
async fn record(
    app: &Shared,
    visitor: &Visitor,
    desk: Desk,
    button: &str,
) -> Result<Response, WebError> {
    let (content, errors) = desk.content();
    let wrong = |refusal, errors: &[(String, String)]| {
        let page = page(app, &desk, refusal, errors);
        app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(visitor), &page)
    };
    if !errors.is_empty() {
        return wrong(None, &errors);
    }
    let id = desk.case.id.clone();
    let formal =
        desk.ways.formal && (desk.input.get("modifica") == "formale" || !desk.ways.substantial);
    let (command, done) = match desk.ways.edit {
        true => (CaseCommand::Edit { content }, "Bozza registrata"),
        false => {
            (CaseCommand::Revise { content, formal, paper: None }, "Nuova versione registrata")
        }
    };
    let documents: Vec<NewDocument> = desk.files.iter().cloned().map(DraftFile::document).collect();
    let to = match button {
        "presenta" => format!("/fascicoli/{id}/azioni/presentazione"),
        _ if desk.ways.edit => format!("/fascicoli/{id}/testo"),
        _ => Place::Case(id.clone()).href(),
    };
    let asked = Asked { expected: desk.begun, documents, to: Some(to), ..Asked::new(done) };
    let command = Command::Case { id: id.clone(), command };
    match perform(app, visitor, command, asked).await {
        Err(WebError::Refused(_, refusal)) => wrong(Some(refusal), &[]),
        Err(error) => Err(error),
        // What waits for a signature is kept until it is signed or begun again.
        Ok(answer) if formal && !desk.ways.edit => Ok(answer),
        Ok(answer) => {
            app.office.executor.store.drop_draft(&id, visitor.id()).await?;
            Ok(answer)
        }
    }
}
