// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document of an act, to whom may read it.

use crate::domain::offers::document_class;
use crate::domain::papers::PaperKind;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read_attachment;
use crate::domain::words;
use crate::service::paper::{PDF, inside};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use axum::extract::{Path, Query, State};
use axum::response::Response;
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
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::case(&id)]).await?;
    let case = world.case(&id)?;
    let class = document_class(case, &sha256).ok_or(WebError::NotFound)?;
    may_read_attachment(&world.registry, visitor.id(), case, class, visitor.today)?;
    let found = executor.store.document(&sha256).await?.ok_or(WebError::NotFound)?;
    let contents = case.versions.iter().map(|v| &v.content).chain([&case.content]);
    let attachment = contents.flat_map(|c| &c.attachments).find(|a| a.sha256 == sha256);
    let paper = case.papers.iter().find(|p| p.sha256.as_deref() == Some(sha256.as_str()));
    let kind = paper.map_or(PaperKind::Proposta, |p| p.plan.kind);
    let name = attachment.map_or_else(|| format!("{}.pdf", words::paper(kind)), |a| a.name.clone());
    // Of a sheet signed as a container the document inside is read, the container is what is saved.
    let inside = inside(&found.media_type, &found.bytes).filter(|_| attachment.is_none());
    match (inside, how.scarica) {
        (Some(inside), None) => Ok(file(inside, PDF, &name, true)),
        (Some(_), how) => {
            Ok(file(found.bytes, &found.media_type, &format!("{name}.p7m"), how.is_none()))
        }
        (None, how) => Ok(file(found.bytes, &found.media_type, &name, how.is_none())),
    }
}
