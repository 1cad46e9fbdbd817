// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document of an act, to whom may read it.

use crate::domain::case::Case;
use crate::domain::offers::document_class;
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_read, may_read_attachment};
use crate::domain::words;
use crate::service::copy::{Reader, reading_copy};
use crate::service::paper::{PDF, inside};
use crate::web::error::WebError;
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;

/// To be saved rather than shown.
#[derive(Debug, Default, Deserialize)]
pub struct How {
    #[serde(default)]
    scarica: Option<String>,
}

/// Sends the document of a hash: a paper or an attachment of this very act, of any version.
///
/// # Errors
/// 404 for a document of another act, 403 where the reading is reserved.
pub async fn download(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, sha256)): Path<(String, String)>,
    Query(how): Query<How>,
) -> Result<Response, WebError> {
    of_case(&app, visitor.id(), visitor.today, &id, &sha256, how.scarica.is_none()).await
}

/// The document of a hash, as a person may read it on a day.
///
/// # Errors
/// 404 for a document of another act, 403 where the reading is reserved.
pub async fn of_case(
    app: &App,
    person: &str,
    today: NaiveDate,
    id: &str,
    sha256: &str,
    inline: bool,
) -> Result<Response, WebError> {
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::case(id)]).await?;
    let case = world.case(id)?;
    let class = document_class(case, sha256).ok_or(WebError::NotFound)?;
    may_read_attachment(&world.registry, person, case, class, today)?;
    let found = executor.store.document(sha256).await?.ok_or(WebError::NotFound)?;
    let contents = case.versions.iter().map(|v| &v.content).chain([&case.content]);
    let attachment = contents.flat_map(|c| &c.attachments).find(|a| a.sha256 == sha256);
    let log = case.availability.values().find(|log| log.sha256 == sha256);
    let name = match (attachment, log) {
        (Some(attachment), _) => attachment.name.clone(),
        (None, Some(log)) => format!("verifiche-albo-{}-{}.csv", log.number, log.year),
        (None, None) => paper_name(case, sha256),
    };
    // Of a sheet signed as a container the document inside is read, the container is what is saved.
    let inside = inside(&found.media_type, &found.bytes).filter(|_| attachment.is_none());
    match (inside, inline) {
        (Some(inside), true) => Ok(file(inside, PDF, &name, true)),
        (Some(_), false) => Ok(file(found.bytes, &found.media_type, &format!("{name}.p7m"), false)),
        (None, inline) => Ok(file(found.bytes, &found.media_type, &name, inline)),
    }
}

/// Address of a document of an act.
pub fn href(id: &str, sha256: &str) -> String {
    format!("/fascicoli/{id}/documenti/{sha256}")
}

/// What a paper is saved as; the revision that is kept says what it has more than the signed one.
fn paper_name(case: &Case, sha256: &str) -> String {
    let (signed, more) = match case.kept.continued_by(sha256) {
        Some(signed) => (signed, " con marche temporali"),
        None => (sha256, ""),
    };
    let composed = case.papers.iter().find(|p| p.sha256.as_deref() == Some(signed));
    let kind = composed.map(|p| p.plan.kind).or_else(|| Some(case.kept.get(signed)?.kind));
    format!("{}{more}.pdf", kind.map_or("Documento", words::paper))
}

/// Makes the copy to be read: the act and its parts in one file, which is nobody's original.
///
/// # Errors
/// 404 when there is no such act, 403 when this person may not read it, `act_not_signed`.
pub async fn copy(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::case(&id)]).await?;
    may_read(&world.registry, visitor.id(), world.case(&id)?, visitor.today)?;
    let made = reading_copy(executor, &app.office.press, &id, Reader::Office).await?;
    Ok(file(made.pdf, PDF, "Copia di lettura.pdf", true))
}
