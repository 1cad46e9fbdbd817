// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document of an act, to whom may read it.

use crate::domain::offers::document_class;
use crate::domain::papers::PaperKind;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read_attachment;
use crate::domain::words;
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
    let paper = case.papers.iter().find(|p| p.sha256.as_deref() == Some(sha256));
    let kind = paper.map_or(PaperKind::Proposta, |p| p.plan.kind);
    let log = case.availability.values().find(|log| log.sha256 == sha256);
    let name = match (attachment, log) {
        (Some(attachment), _) => attachment.name.clone(),
        (None, Some(log)) => format!("verifiche-albo-{}-{}.csv", log.number, log.year),
        (None, None) => format!("{}.pdf", words::paper(kind)),
    };
    // Of a sheet signed as a container the document inside is read, the container is what is saved.
    let inside = inside(&found.media_type, &found.bytes).filter(|_| attachment.is_none());
    match (inside, inline) {
        (Some(inside), true) => Ok(file(inside, PDF, &name, true)),
        (Some(_), false) => Ok(file(found.bytes, &found.media_type, &format!("{name}.p7m"), false)),
        (None, inline) => Ok(file(found.bytes, &found.media_type, &name, inline)),
    }
}
