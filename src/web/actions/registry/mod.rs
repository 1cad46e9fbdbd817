// SPDX-License-Identifier: AGPL-3.0-or-later
//! The actions on the Comune itself: offices, people, mandates, absences, registers, rules.
//!
//! Who may is `domain/registry/authority.rs`, asked with the probe of each action before its form
//! is shown: the same question the decision asks again with what was typed.

mod fields;
mod table;

pub use fields::groups;
pub use table::ACTIONS;

use super::{Action, ActionPage, Asked, perform};
use crate::domain::command::Command;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{ComuneData, Registry, RegistryCommand, authorised, may_keep};
use crate::domain::stream::NewDocument;
use crate::web::admin::{section, section_name, setup};
use crate::web::error::WebError;
use crate::web::forms::{Input, Reader, encode};
use crate::web::upload::Sent;
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use fields::absence_of;
use serde::Deserialize;
use std::sync::Arc;

/// What an action is about.
pub struct RegistrySubject {
    /// The Comune.
    pub registry: Arc<Registry>,
    /// Office, person, mandate, role; empty otherwise.
    pub about: String,
    /// Who asks.
    pub actor: String,
    /// The day.
    pub today: NaiveDate,
}

/// An action on the Comune.
pub struct RegistryAction {
    /// Section of the administration it belongs to.
    pub section: &'static str,
    /// A command of its kind, to ask who may before anything is typed.
    pub probe: fn(&RegistrySubject) -> RegistryCommand,
    /// The action.
    pub action: Action<RegistrySubject, RegistryCommand>,
}

/// The address of an action.
pub fn href(slug: &str, about: &str) -> String {
    match about {
        "" => format!("/amministrazione/azioni/{slug}"),
        about => format!("/amministrazione/azioni/{slug}?{}", encode(&[("su", about)])),
    }
}

/// The address of an action that leads back to a step of the first start.
pub fn href_from(slug: &str, step: &str) -> String {
    format!("/amministrazione/azioni/{slug}?{}", encode(&[("da", step)]))
}

/// The action of an address.
pub fn find(slug: &str) -> Option<&'static RegistryAction> {
    ACTIONS.iter().find(|action| action.action.slug == slug)
}

/// Whether the action is to be offered to someone.
pub fn may(visitor: &Visitor, slug: &str, about: &str) -> bool {
    let subject = subject(visitor, about);
    find(slug).is_some_and(|action| refusal(&subject, action).is_none())
}

/// What an action would be about.
pub fn subject(visitor: &Visitor, about: &str) -> RegistrySubject {
    RegistrySubject {
        registry: Arc::clone(&visitor.registry),
        about: about.to_owned(),
        actor: visitor.id().to_owned(),
        today: visitor.today,
    }
}

fn refusal(subject: &RegistrySubject, action: &RegistryAction) -> Option<Refusal> {
    let command = (action.probe)(subject);
    authorised(&subject.registry, &subject.actor, subject.today, &command).err()
}

/// What the address says beside the action.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    #[serde(default)]
    su: String,
    /// Step of the first start one comes from.
    #[serde(default)]
    da: String,
}

/// Where one goes afterwards, and what the way back is called.
fn back(visitor: &Visitor, action: &RegistryAction, from: &From) -> (String, String) {
    if let Some(step) = setup::step(&from.da) {
        return (setup::address(step.token), step.title.to_owned());
    }
    if may_keep(&visitor.registry, visitor.id(), visitor.today).is_err() {
        return ("/sostituti".into(), "Chi mi sostituisce".into());
    }
    (section(action.section), section_name(action.section).to_owned())
}

fn page(
    visitor: &Visitor,
    action: &'static RegistryAction,
    from: &From,
    (input, errors): (Option<&Input>, &[(String, String)]),
    refusal: Option<Refusal>,
    allowed: bool,
) -> ActionPage {
    let subject = subject(visitor, &from.su);
    let mut fields = if allowed { (action.action.fields)(&subject) } else { Vec::new() };
    fields.iter_mut().for_each(|field| field.refill(input, errors));
    let (back, label) = back(visitor, action, from);
    let mut address = href(action.action.slug, &from.su);
    if !from.da.is_empty() {
        address.push(if from.su.is_empty() { '?' } else { '&' });
        address.push_str(&encode(&[("da", &from.da)]));
    }
    ActionPage {
        heading: action.action.title.to_owned(),
        button: action.action.button,
        action: address,
        back,
        subject: label,
        full_subject: about_words(&subject, action.action.slug),
        uploads: fields.iter().any(|field| field.kind == "file"),
        fields,
        version: subject.registry.version,
        refusal,
        errors: errors.len(),
        allowed,
        signs: false,
        preview: None,
        preview_title: "",
        comparison: None,
        earlier: "",
        prints: None,
        checks: Vec::new(),
    }
}

/// What the action is about, as its page says it.
fn about_words(subject: &RegistrySubject, slug: &str) -> String {
    let registry = &subject.registry;
    if let Some(mandate) = registry.mandates.get(&subject.about) {
        let name = registry.name(&mandate.person);
        return match slug {
            "sostituto" => format!("In assenza o per conto di {name}, {}", mandate.title),
            _ => format!("{name}, {}", mandate.title),
        };
    }
    let person = absence_of(subject).0;
    match (registry.people.get(&person), registry.offices.get(&subject.about)) {
        (Some(person), _) => person.name(),
        (None, Some(office)) => office.name.clone(),
        (None, None) => registry.comune.name.clone(),
    }
}

/// Shows the form of an action, or who may instead.
pub async fn form(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, WebError> {
    let action = find(&slug).ok_or(WebError::NotFound)?;
    let refusal = refusal(&subject(&visitor, &from.su), action);
    let allowed = refusal.is_none();
    let status = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
    let page = page(&visitor, action, &from, (None, &[]), refusal, allowed);
    app.render(status, Some(&visitor), &page)
}

/// Does it.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(from): Query<From>,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let action = find(&slug).ok_or(WebError::NotFound)?;
    let subject = subject(&visitor, &from.su);
    if let Some(refusal) = refusal(&subject, action) {
        let page = page(&visitor, action, &from, (None, &[]), Some(refusal), false);
        return app.render(StatusCode::FORBIDDEN, Some(&visitor), &page);
    }
    let mut reader = Reader::new(&input).with(&files);
    let command = (action.action.read)(&subject, &mut reader);
    let Reader { mut errors, documents, .. } = reader;
    if let Some(RegistryCommand::DescribeComune(comune)) = &command {
        errors.extend(crest_refused(&app, &visitor, comune, &documents).await?);
    }
    let (Some(command), true) = (command, errors.is_empty()) else {
        let page = page(&visitor, action, &from, (Some(&input), &errors), None, true);
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
    };
    let to = Some(back(&visitor, action, &from).0);
    let asked = Asked { documents, to, ..Asked::new(action.action.done) };
    match perform(&app, &visitor, Command::Registry(command), asked).await {
        Err(WebError::Refused(status, refusal)) => {
            let page = page(&visitor, action, &from, (Some(&input), &[]), Some(refusal), true);
            app.render(status, Some(&visitor), &page)
        }
        answer => answer,
    }
}

/// A crest that cannot be printed is refused before it is on every act.
async fn crest_refused(
    app: &App,
    visitor: &Visitor,
    comune: &ComuneData,
    documents: &[NewDocument],
) -> Result<Option<(String, String)>, WebError> {
    let Some(crest) = documents.first().map(|document| document.bytes.clone()) else {
        return Ok(None);
    };
    let (templates, comune) = (Arc::clone(&app.office.press.templates), comune.clone());
    let now = visitor.now;
    let tried =
        tokio::task::spawn_blocking(move || templates.letterhead_page(&comune, Some(crest), now));
    let tried = tried.await.map_err(|error| WebError::internal("letterhead", error))?;
    Ok(tried.err().map(|error| ("stemma".to_owned(), error.to_string())))
}
