// SPDX-License-Identifier: AGPL-3.0-or-later
//! The page of a signature: the document, its digest, who signs; then one gesture.

use super::Shared;
use super::actions::place_of;
use super::error::WebError;
use super::page::{Link, Page};
use super::visitor::Visitor;
use crate::domain::refusal::Refusal;
use crate::domain::words;
use crate::service::keyring::config::Activation;
use crate::service::signing::Shown;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
) -> Result<Response, WebError> {
    let shown = app.office.shown(visitor.id(), &id).await?;
    let (back, notice) = (place_of(&shown.command).href(), super::actions::notice(&shown.command));
    match app
        .office
        .sign_shown(visitor.id(), shown.clone(), &Activation::default())
        .await
        .map_err(WebError::from)
    {
        Ok(_) => app.done(&visitor, &notice, &back).await,
        Err(WebError::Refused(status, refusal)) => {
            let page = page(&app, &shown, Some(refusal)).await?;
            app.render(status, Some(&visitor), &page)
        }
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
