// SPDX-License-Identifier: AGPL-3.0-or-later
//! Actions: everything a person may do to an act or a sitting, in one table each.
//!
//! One action is one [`Action`]: its address, its words, its fields, how they become a command. The
//! rest is the same for all. GET shows the form, or why not. POST reads it; a command that carries a
//! paper goes on to the page of the signature, any other is executed; then a redirect. What is wrong
//! comes back with everything that was typed.

pub mod ballot;
pub mod case;
mod opinion;
pub mod privacy;
pub mod registry;
pub mod request;
pub mod room;
pub mod sitting;

use super::case::index::{Check, checks};
use super::case::versions::{Comparison, since_opinion};
use super::error::WebError;
use super::forms::{Field, Input, Reader, encode};
use super::page::{Link, Page};
use super::upload::Sent;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::case::{Case, CaseCommand, Ctx};
use crate::domain::command::Command;
use crate::domain::papers::{PaperKind, carried_by_case, words as printed};
use crate::domain::refusal::Refusal;
use crate::domain::stream::{NewDocument, StreamId};
use crate::domain::visibility::may_read;
use crate::domain::world::World;
use crate::service::execute::Request;
use crate::service::office::draw_code;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Where an action happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On an act.
    Case(String),
    /// On a sitting.
    Sitting(String),
    /// On the Comune itself.
    Registry,
}

/// The place of a command.
pub fn place_of(command: &Command) -> Place {
    match command {
        Command::Case { id, .. } => Place::Case(id.clone()),
        Command::Sitting { id, .. } => Place::Sitting(id.clone()),
        Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => {
            Place::Registry
        }
    }
}

impl Place {
    /// Its page.
    pub fn href(&self) -> String {
        match self {
            Self::Case(id) => format!("/fascicoli/{id}"),
            Self::Sitting(id) => format!("/sedute/{id}"),
            Self::Registry => "/amministrazione".into(),
        }
    }

    /// What the way back calls it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn subject(&self, app: &App) -> Result<String, WebError> {
        let store = &app.office.executor.store;
        Ok(match self {
            Self::Case(id) => store.case(id).await?.map(|c| short(&c.subject)),
            Self::Sitting(id) => store.sitting(id).await?.map(|_| "Seduta".to_owned()),
            Self::Registry => Some("Amministrazione".into()),
        }
        .unwrap_or_else(|| "Fascicolo".into()))
    }
}

/// A motivation that must be there.
fn reasons(label: &str) -> Field {
    Field::new("area", "motivazione", label).required()
}

/// The beginning of an object, for a trail.
pub fn short(text: &str) -> String {
    const LONG: usize = 48;
    match text.char_indices().nth(LONG) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// One action: on a case unless said otherwise.
pub struct Action<S: 'static = Subject, C: 'static = CaseCommand> {
    /// Last part of its address; with a slash before it, the page of the act where it is done.
    pub slug: &'static str,
    /// Token of the command.
    pub token: &'static str,
    /// Its name: "Rendere il parere".
    pub title: &'static str,
    /// On the button.
    pub button: &'static str,
    /// Said when it is done.
    pub done: &'static str,
    /// Its fields.
    pub fields: fn(&S) -> Vec<Field>,
    /// From what was typed to the command; nothing when something is wrong.
    pub read: fn(&S, &mut Reader<'_>) -> Option<C>,
}

/// What an action is about.
pub struct Subject {
    /// The act and what its papers print.
    pub world: World,
    /// The act.
    pub case: Case,
    /// Opinion and office, paper, duty, condition; empty otherwise.
    pub about: String,
    /// The day.
    pub today: NaiveDate,
}

/// The address of an action.
pub fn href(case: &str, action: &Action, about: &str) -> String {
    // An action with a page of its own says so with a slash.
    let path = match action.slug.strip_prefix('/') {
        Some(page) => format!("/fascicoli/{case}/{page}"),
        None => format!("/fascicoli/{case}/azioni/{}", action.slug),
    };
    match about {
        "" => path,
        about => format!("{path}?{}", encode(&[("su", about)])),
    }
}

/// What is said when a command was executed.
pub fn notice(command: &Command) -> String {
    let token = command.token();
    let done = match command {
        Command::Sitting { .. } => sitting::all().find(|a| a.token == token).map(|a| a.done),
        _ => case::ACTIONS.iter().find(|action| action.token == token).map(|a| a.done),
    };
    done.unwrap_or("Fatto").to_owned()
}

/// What the action is about.
#[derive(Debug, Default, Deserialize)]
pub struct About {
    #[serde(default)]
    su: String,
}

/// The page of an action.
#[derive(Debug, Serialize)]
struct ActionPage {
    heading: String,
    button: &'static str,
    action: String,
    back: String,
    subject: String,
    full_subject: String,
    fields: Vec<Field>,
    version: i64,
    refusal: Option<Refusal>,
    errors: usize,
    allowed: bool,
    signs: bool,
    preview: Option<String>,
    preview_title: &'static str,
    /// A field wants a file.
    uploads: bool,
    /// What changed since the opinion one is asked to confirm, and what that opinion was.
    comparison: Option<Comparison>,
    earlier: &'static str,
    /// The signature as it will be printed: a substitute is seen before he signs.
    prints: Option<String>,
    /// What closing wants.
    checks: Vec<Check>,
}

impl Page for ActionPage {
    const TEMPLATE: &'static str = "azione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new(&self.back, &self.subject)]
    }
}

struct Wanted {
    action: &'static Action,
    subject: Subject,
}

async fn wanted(
    app: &App,
    visitor: &Visitor,
    id: &str,
    slug: &str,
    about: String,
) -> Result<Wanted, WebError> {
    let action = case::ACTIONS.iter().find(|a| a.slug == slug).ok_or(WebError::NotFound)?;
    let world = app.office.executor.world(&[StreamId::case(id)]).await?;
    let case = world.case(id)?.clone();
    may_read(&world.registry, visitor.id(), &case, visitor.today)?;
    Ok(Wanted { action, subject: Subject { world, case, about, today: visitor.today } })
}

/// Whether the engine would let this person do it now.
async fn foreseen(
    app: &App,
    visitor: &Visitor,
    wanted: &Wanted,
) -> Result<(Option<Refusal>, Option<String>), WebError> {
    let Subject { world, case, about, today } = &wanted.subject;
    let offers = match case::home(wanted.action) {
        Some(_) => crate::domain::offers::of_privacy(world, case),
        None => crate::domain::offers::of_case(world, case, *today),
    };
    let same = offers.into_iter().find(|offer| {
        let command = Command::Case { id: case.id.clone(), command: offer.command.clone() };
        command.token() == wanted.action.token && offer.about == *about
    });
    let Some(offer) = same else {
        let text = "In questo momento l'operazione non riguarda il fascicolo";
        return Ok((Some(Refusal::new("not_offered", "R13", "", text)), None));
    };
    let prints = prints(app, visitor, &wanted.subject, &offer.command);
    let command = Command::Case { id: case.id.clone(), command: offer.command };
    let answers = app.office.executor.foresee(visitor.id(), &[command]).await?;
    Ok((answers.into_iter().flatten().next(), prints))
}

fn page(
    wanted: &Wanted,
    input: Option<&Input>,
    errors: &[(String, String)],
    refusal: Option<Refusal>,
    allowed: bool,
) -> ActionPage {
    let Wanted { action, subject } = wanted;
    let mut fields = (action.fields)(subject);
    fields.iter_mut().for_each(|field| field.refill(input, errors));
    let case = &subject.case;
    let shown = [PaperKind::Deliberazione, PaperKind::Proposta].into_iter().find_map(|kind| {
        let ready = case.papers.iter().rev().find(|p| p.plan.kind == kind && p.sha256.is_some())?;
        Some((kind, ready.sha256.clone()?))
    });
    let titled = case::title(action, &subject.world.registry, case, &subject.about);
    let about = opinion::which(&subject.about).filter(|_| action.token == "give_opinion");
    let registry = &subject.world.registry;
    let since = about.and_then(|(opinion, office)| since_opinion(case, registry, opinion, office));
    ActionPage {
        heading: titled,
        button: action.button,
        action: href(&case.id, action, &subject.about),
        back: match case::home(action) {
            Some(page) => format!("/fascicoli/{}/{page}", case.id),
            None => format!("/fascicoli/{}", case.id),
        },
        subject: short(&case.content.subject),
        full_subject: case.content.subject.clone(),
        version: case.version,
        errors: errors.len(),
        signs: case::signs(action),
        preview_title: shown.as_ref().map_or("", |(kind, _)| crate::domain::words::paper(*kind)),
        preview: shown.map(|(_, sha256)| format!("/fascicoli/{}/documenti/{sha256}", case.id)),
        uploads: fields.iter().any(|field| field.kind.starts_with("file")),
        earlier: since.as_ref().map_or("", |(_, given)| printed::outcome(given.outcome)),
        comparison: since.map(|(comparison, _)| comparison),
        prints: None,
        checks: match action.token {
            "close" => checks(case, subject.today),
            _ => Vec::new(),
        },
        fields,
        refusal,
        allowed,
    }
}

/// Name and title that the paper of an offer will print for this person.
fn prints(
    app: &App,
    visitor: &Visitor,
    subject: &Subject,
    command: &CaseCommand,
) -> Option<String> {
    let now = app.now();
    let ctx = Ctx { actor: visitor.id().to_owned(), now, happened: now };
    let facts = carried_by_case(&subject.case.id, command, &ctx, &subject.world).ok()??;
    let signer = facts.slots.first()?.signer.clone()?;
    Some(format!("{}, {}", signer.name, signer.title))
}

/// Shows the form of an action, or why it may not be done.
pub async fn form(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, slug)): Path<(String, String)>,
    Query(about): Query<About>,
) -> Result<Response, WebError> {
    let wanted = wanted(&app, &visitor, &id, &slug, about.su).await?;
    let (refusal, prints) = foreseen(&app, &visitor, &wanted).await?;
    let allowed = refusal.is_none();
    app.show(&visitor, &ActionPage { prints, ..page(&wanted, None, &[], refusal, allowed) })
}

/// Does it, or goes on to its signature.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, slug)): Path<(String, String)>,
    Query(about): Query<About>,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let wanted = wanted(&app, &visitor, &id, &slug, about.su).await?;
    let mut reader = Reader::new(&input).with(&files);
    let command = (wanted.action.read)(&wanted.subject, &mut reader);
    let Reader { errors, documents, .. } = reader;
    let (Some(command), true) = (command, errors.is_empty()) else {
        let page = page(&wanted, Some(&input), &errors, None, true);
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
    };
    let command = Command::Case { id: id.clone(), command };
    let expected = input.get("versione").parse::<i64>().ok();
    let to = case::home(wanted.action).map(|page| format!("/fascicoli/{id}/{page}"));
    let asked = Asked { expected, documents, to, ..Asked::new(wanted.action.done) };
    match perform(&app, &visitor, command, asked).await {
        Err(WebError::Refused(status, refusal)) => {
            let page = page(&wanted, Some(&input), &[], Some(refusal), true);
            app.render(status, Some(&visitor), &page)
        }
        answer => answer,
    }
}

/// Executes a command of a person, or shows the paper it wants signed. Whatever is changed from a
/// page goes through here.
///
/// # Errors
/// The refusal, or what failed.
pub async fn perform(
    app: &App,
    visitor: &Visitor,
    command: Command,
    how: Asked<'_>,
) -> Result<Response, WebError> {
    let mut command = command;
    draw_code(&mut command);
    // Asked before a paper is composed: who may not do it is told at once.
    let asked = std::slice::from_ref(&command);
    let answers = app.office.executor.foresee_at(visitor.id(), asked, how.happened).await?;
    if let Some(refusal) = answers.into_iter().flatten().next() {
        return Err(refusal.into());
    }
    if let Some(id) = app.office.show(visitor.id(), &command).await? {
        return Ok(Redirect::to(&format!("/firma/{id}")).into_response());
    }
    let Asked { expected, happened, documents, done, to } = how;
    let to = to.unwrap_or_else(|| place_of(&command).href());
    let request = Request { expected, happened, documents, ..Request::new(visitor.id(), command) };
    app.office.executor.execute(request).await?;
    app.done(visitor, done, &to).await
}

/// What goes with a command that is asked from a page.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    /// Version of its stream the person saw.
    pub expected: Option<i64>,
    /// When it happened, for facts entered later.
    pub happened: Option<DateTime<Utc>>,
    /// Bytes that travel with it.
    pub documents: Vec<NewDocument>,
    /// Said when it is done.
    pub done: &'a str,
    /// Where to go then; the page of its place when nothing is said.
    pub to: Option<String>,
}

impl<'a> Asked<'a> {
    /// A command alone.
    pub fn new(done: &'a str) -> Self {
        Self { done, ..Self::default() }
    }
}
