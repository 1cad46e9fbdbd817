// SPDX-License-Identifier: AGPL-3.0-or-later
//! The page of a signature: the document, its digest, who signs; then one gesture.

use super::Shared;
use super::actions::{Place, place_of};
use super::error::WebError;
use super::forms::Input;
use super::page::{Link, Page};
use super::upload::Sent;
use super::visitor::Visitor;
use crate::domain::case::CaseCommand;
use crate::domain::command::Command;
use crate::domain::refusal::Refusal;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{StreamId, StreamKind};
use crate::domain::words;
use crate::service::keyring::config::{Activation, Secret};
use crate::service::offline::Target;
use crate::service::signing::Shown;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

/// The page.
#[derive(Debug, Serialize)]
struct SigningPage {
    id: String,
    document: &'static str,
    title: String,
    sha256: String,
    signer: String,
    signer_title: String,
    fiscal_code: String,
    back: String,
    subject: String,
    refusal: Option<Refusal>,
    /// What the key of this person asks for.
    pin: bool,
    code: bool,
    offline: bool,
}

impl Page for SigningPage {
    const TEMPLATE: &'static str = "firma";

    fn title(&self) -> String {
        format!("Firma: {}", self.document)
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new(&self.back, &self.subject)]
    }
}

async fn page(
    app: &Shared,
    shown: &Shown,
    refusal: Option<Refusal>,
) -> Result<SigningPage, WebError> {
    let place = place_of(&shown.command);
    let signer = &shown.to_sign.signer;
    let asks = app.office.asks(&signer.person).await?;
    Ok(SigningPage {
        id: shown.id.clone(),
        document: words::paper(shown.to_sign.kind),
        title: shown.to_sign.title.clone(),
        sha256: shown.sha256.clone(),
        signer: signer.name.clone(),
        signer_title: signer.title.clone(),
        fiscal_code: signer.fiscal_code.clone(),
        subject: place.subject(app).await?,
        back: place.href(),
        refusal,
        pin: asks.pin,
        code: asks.code,
        offline: asks.offline,
    })
}

/// Shows what is about to be signed.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    let page = page(&app, &shown, None).await?;
    app.show(&visitor, &page)
}

/// The very bytes that will be signed.
pub async fn document(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    Ok(file(shown.bytes, "application/pdf", "documento-da-firmare.pdf", true))
}

/// Signs with the local key and does what the document is for.
pub async fn sign(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    input: Input,
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    let (back, notice) = (place_of(&shown.command).href(), super::actions::notice(&shown.command));
    let given = activation(&input);
    match app.office.sign_shown(visitor.id(), shown.clone(), &given).await.map_err(WebError::from) {
        Ok(_) => {
            let next = match input.get("poi") {
                "" => None,
                _ => super::desk::next(&app, &visitor, &back).await?,
            };
            app.done(&visitor, &notice, &next.unwrap_or(back)).await
        }
        Err(WebError::Refused(status, refusal)) => {
            let page = page(&app, &shown, Some(refusal)).await?;
            app.render(status, Some(&visitor), &page)
        }
        Err(error) => Err(error),
    }
}

/// What a person typed to activate his key.
pub fn activation(input: &Input) -> Activation {
    Activation { pin: Secret::new(input.get("pin")), code: Secret::new(input.get("codice")) }
}

/// Has the remote service send its one-time code.
pub async fn send_code(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let sent = app.office.send_code(visitor.id()).await?;
    app.done(&visitor, code_sent(sent), &format!("/firma/{id}")).await
}

/// What a person is told who asked for a code.
pub fn code_sent(sent: bool) -> &'static str {
    if sent { "Codice inviato" } else { "Il codice si legge nell'applicazione del gestore" }
}

/// Prepares the document for a tool of the person's own.
pub async fn outside(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    let target = match shown.command {
        Command::Case { id, command: CaseCommand::Sign { paper_key: key, .. } } => {
            Target::Paper { stream: StreamId::case(id), key }
        }
        Command::Sitting { id, command: SittingCommand::Sign { paper_key: key, .. } } => {
            Target::Paper { stream: StreamId::sitting(id), key }
        }
        command => Target::Command(Box::new(command)),
    };
    let (waiting, _) = app.office.prepare_offline(visitor.id(), target).await?;
    Ok(Redirect::to(&format!("/firma-esterna/{waiting}")).into_response())
}

/// A document that waits to be signed elsewhere.
#[derive(Debug, Serialize)]
struct OutsidePage {
    id: String,
    document: &'static str,
    digest: String,
    refusal: Option<Refusal>,
}

impl Page for OutsidePage {
    const TEMPLATE: &'static str = "firma-esterna";

    fn title(&self) -> String {
        format!("Firma con uno strumento proprio: {}", self.document)
    }
}

/// Shows how to sign it elsewhere and takes it back.
pub async fn waiting(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let waiting = app.office.waiting(visitor.id(), &id).await?;
    let document = words::paper(waiting.kind);
    app.show(&visitor, &OutsidePage { id, document, digest: waiting.digest(), refusal: None })
}

/// What is signed elsewhere: the PDF, or the bytes that a signature covers.
pub async fn waiting_file(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, what)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let waiting = app.office.waiting(visitor.id(), &id).await?;
    match what.as_str() {
        "pdf" => Ok(file(waiting.pdf().to_vec(), "application/pdf", "da-firmare.pdf", false)),
        "byte" => Ok(file(waiting.content(), "application/octet-stream", "da-firmare.bin", false)),
        _ => Err(WebError::NotFound),
    }
}

/// Takes back what was signed elsewhere.
pub async fn upload(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let waiting = app.office.waiting(visitor.id(), &id).await?;
    let (document, digest) = (words::paper(waiting.kind), waiting.digest());
    let place = match &waiting.target {
        Target::Command(command) => place_of(command),
        Target::Paper { stream, .. } => match stream.kind {
            StreamKind::Sitting => Place::Sitting(stream.id.clone()),
            StreamKind::Case | StreamKind::Registry => Place::Case(stream.id.clone()),
        },
    };
    let refused = |refusal| {
        let refusal = Some(refusal);
        let page = OutsidePage { id: id.clone(), document, digest: digest.clone(), refusal };
        app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
    };
    let Some(file) = sent.files.into_iter().next() else {
        return refused(Refusal::new("file_missing", "R9.3", "", "Scegliere il file firmato"));
    };
    match app.office.upload(visitor.id(), &id, file.bytes).await.map_err(WebError::from) {
        Ok(_) => app.done(&visitor, "Documento firmato", &place.href()).await,
        Err(WebError::Refused(_, refusal)) => refused(refusal),
        Err(error) => Err(error),
    }
}

/// Gives up: nothing was recorded.
pub async fn give_up(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    app.office.executor.store.drop_prepared(&shown.id).await?;
    let back = place_of(&shown.command).href();
    app.done(&visitor, "Firma non apposta: nulla è stato registrato", &back).await
}

/// Media types a browser shows by itself without running anything.
const SHOWN: [&str; 4] = ["application/pdf", "image/png", "image/jpeg", "text/plain"];

/// A file as an answer: shown in a frame of ours, or downloaded; never guessed at, never cached by
/// others.
pub fn file(bytes: Vec<u8>, media_type: &str, name: &str, inline: bool) -> Response {
    let shown = SHOWN.contains(&media_type);
    let how = if inline && shown { "inline" } else { "attachment" };
    let kind = if shown { media_type } else { "application/octet-stream" };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' })
        .collect();
    let encoded = super::forms::encode(&[("", name)]).replace('+', "%20");
    let encoded = encoded.trim_start_matches('=');
    let disposition = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let mut response = (StatusCode::OK, bytes).into_response();
    let headers = response.headers_mut();
    let text = |text: &str| HeaderValue::from_str(text).ok();
    let pairs = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (
            header::CONTENT_SECURITY_POLICY,
            "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; script-src 'none'",
        ),
    ];
    for (name, value) in pairs {
        if let Some(value) = text(value) {
            headers.insert(name, value);
        }
    }
    response
}
