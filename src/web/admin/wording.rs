// SPDX-License-Identifier: AGPL-3.0-or-later
//! The wording of papers and messages, seen on invented facts: the samples `delibera check` tries
//! every template on.

use super::listing::{Cell, Listing, Table};
use super::{Frame, section};
use crate::domain::papers::{PaperKind, sample};
use crate::domain::words;
use crate::service::mail::{self, MESSAGES};
use crate::service::paper::{PDF, PaperError};
use crate::web::error::WebError;
use crate::web::page::{Link, Page};
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message shown in a frame of ours runs nothing and loads nothing.
const MAIL_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; \
                        frame-ancestors 'self'";

/// Every template.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "modelli")?;
    let heads = ["Documento", "File del modello"];
    let mut papers = Table::new("documenti", "Documenti", &heads);
    for kind in PaperKind::ALL {
        let token = kind.token();
        papers.row(vec![
            Cell::new(words::paper(kind)).href(section(&format!("modelli/documenti/{token}"))),
            Cell::new(format!("{token}.md.hbs")),
        ]);
    }
    let mut messages = Table::new("messaggi", "Messaggi", &["Oggetto", "Cartella del modello"]);
    for (name, ..) in MESSAGES {
        let subject = message(&app, name)?.subject;
        messages.row(vec![
            Cell::new(subject).href(section(&format!("modelli/messaggi/{name}"))),
            Cell::new(name),
        ]);
    }
    let intro = "Le parole di documenti e messaggi, come appaiono su dati inventati. Si cambiano \
                 nei file dei modelli; «delibera check» li prova tutti.";
    let page = Listing::new(frame, "Modelli", intro).table(papers).table(messages);
    app.show(&visitor, &page)
}

/// A message on its fullest sample, in the wording of this installation.
fn message(app: &App, name: &str) -> Result<mail::Rendered, WebError> {
    let [facts, _] = mail::samples(name);
    let rendered = match &app.mailer {
        Some(mailer) => mailer.preview(&facts),
        None => mail::preview(&facts),
    };
    rendered.map_err(|error| WebError::internal("message", error))
}

/// A template seen on its sample.
#[derive(Debug, Serialize)]
struct PreviewPage {
    frame: Frame,
    heading: String,
    file: String,
    /// Address of what is shown in the frame.
    shown: String,
    /// Text part of a message.
    text: String,
    paper: bool,
}

impl Page for PreviewPage {
    const TEMPLATE: &'static str = "amministrazione-modello";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn kind_of(token: &str) -> Result<PaperKind, WebError> {
    PaperKind::ALL.into_iter().find(|kind| kind.token() == token).ok_or(WebError::NotFound)
}

fn known(name: &str) -> Result<&'static str, WebError> {
    MESSAGES.iter().find(|(known, ..)| *known == name).map(|m| m.0).ok_or(WebError::NotFound)
}

/// The page of a paper.
pub async fn paper(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let page = PreviewPage {
        frame: Frame::of(&visitor, "modelli")?.inside("modelli"),
        heading: words::paper(kind_of(&token)?).to_owned(),
        file: format!("templates/act/{token}.md.hbs"),
        shown: section(&format!("modelli/documenti/{token}/pdf")),
        text: String::new(),
        paper: true,
    };
    app.show(&visitor, &page)
}

/// The paper itself, on the invented Comune with our own letterhead.
pub async fn paper_pdf(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, false)?;
    let kind = kind_of(&token)?;
    let mut comune = sample::comune();
    let own = &visitor.registry.comune;
    comune.crest.clone_from(&own.crest);
    let mut bytes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if let Some(sha256) = &own.crest
        && let Some(found) = app.office.executor.store.document(sha256).await?
    {
        bytes.insert(sha256.clone(), found.bytes);
    }
    let templates = Arc::clone(&app.office.press.templates);
    let made = tokio::task::spawn_blocking(move || {
        let samples = sample::papers().map_err(PaperError::from)?;
        let found = samples.into_iter().find(|facts| facts.kind == kind);
        let Some(mut facts) = found else { return Ok(None) };
        // What a sample embeds is invented: there are no such bytes.
        facts.embedded.clear();
        facts.draft = true;
        let rendered = templates.render(&facts, &comune, &bytes).map_err(PaperError::from)?;
        Ok::<_, PaperError>(Some(rendered.pdf))
    });
    let made = made.await.map_err(|error| WebError::internal("sample", error))??;
    let pdf = made.ok_or(WebError::NotFound)?;
    Ok(file(pdf, PDF, &format!("esempio-{token}.pdf"), true))
}

/// The page of a message.
pub async fn mail_page(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, WebError> {
    let name = known(&name)?;
    let rendered = message(&app, name)?;
    let page = PreviewPage {
        frame: Frame::of(&visitor, "modelli")?.inside("modelli"),
        heading: rendered.subject,
        file: format!("templates/mail/{name}"),
        shown: section(&format!("modelli/messaggi/{name}/html")),
        text: rendered.text,
        paper: false,
    };
    app.show(&visitor, &page)
}

/// The message as a mail program shows it.
pub async fn mail_html(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, false)?;
    let mut response = Html(message(&app, known(&name)?)?.html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAIL_CSP));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}
