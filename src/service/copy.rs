// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies as people ask for them: the act and its parts in one file to be read, and the answer to
//! the code of a certified copy. Nothing is recorded: a reading copy is nobody's document.

use super::execute::Executor;
use super::paper::{PaperError, Press, document, inside};
use crate::domain::case::{Case, resolve_copy};
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::{Embedded, PaperKind, PaperState, case_paper};
use crate::domain::privacy::{needs_rendition, public_subject};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::world::World;
use chrono::NaiveDate;
use delibera_documents::{CopyPart, Rendered};
use delibera_signature::page_count;
use serde_json::json;
use std::sync::Arc;

/// Which text the copy is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Who may see the act.
    Office,
    /// Everybody: the publishable rendition where there is one.
    Public,
}

/// The act in one file, marked COPIA on every page: cover, text, then each part that is a PDF.
///
/// # Errors
/// When the act is not signed, or a part cannot be read.
pub async fn reading_copy(
    executor: &Executor,
    press: &Press,
    id: &str,
    reader: Reader,
) -> Result<Rendered, PaperError> {
    let world = executor.world(&[StreamId::case(id)]).await?;
    let case = world.case(id)?;
    let paper = source(case, reader)?;
    let facts = case_paper(id, &paper.plan, &world)?;
    let sha256 = paper.sha256.clone().unwrap_or_default();
    let act = document(executor, &sha256).await?;
    let mut parts = vec![CopyPart { title: facts.title.clone(), pdf: act }];
    let mut listed = Vec::new();
    for file in &facts.embedded {
        let mut bytes = document(executor, &file.sha256).await?;
        let inside = inside(&file.media_type, &bytes);
        let readable = inside.is_some() || file.media_type == super::paper::PDF;
        bytes = inside.unwrap_or(bytes);
        let pages = page_count(&bytes).filter(|_| readable);
        listed.push(line(listed.len() + 1, file, pages));
        if pages.is_some() {
            parts.push(CopyPart { title: file.description.clone(), pdf: bytes });
        }
    }
    let subject = match reader {
        Reader::Office => facts.context["subject"].as_str().unwrap_or_default().to_owned(),
        Reader::Public => public_subject(case),
    };
    let context = json!({
        "title": facts.title,
        "subject": subject,
        "immediate": case.is_immediate(),
        "sha256": sha256,
        "parts": listed,
    });
    let (templates, comune) = (Arc::clone(&press.templates), world.registry.comune.clone());
    let created = facts.created;
    let crest = match &comune.crest {
        Some(sha256) => Some(document(executor, sha256).await?),
        None => None,
    };
    let made = tokio::task::spawn_blocking(move || {
        templates.reading_copy(&context, &comune, created, crest, &parts)
    });
    Ok(made.await.map_err(|_| PaperError::Interrupted)??)
}

fn line(number: usize, file: &Embedded, pages: Option<usize>) -> serde_json::Value {
    json!({
        "number": number,
        "description": file.description,
        "pages": pages,
        "joined": pages.is_some(),
        "sha256": file.sha256,
    })
}

/// Whether there is an act to make a copy of.
pub fn is_ready(case: &Case) -> bool {
    source(case, Reader::Office).is_ok()
}

/// The paper a reader is given.
fn source(case: &Case, reader: Reader) -> Result<&PaperState, Refusal> {
    let kind = match reader {
        Reader::Public if needs_rendition(case) => PaperKind::VersionePubblicabile,
        _ => PaperKind::Deliberazione,
    };
    let paper = case.papers.iter().rev().find(|p| p.plan.kind == kind);
    paper.filter(|p| p.is_complete()).ok_or_else(|| {
        let text = "Il documento da leggere non è ancora firmato da tutti";
        Refusal::new("act_not_signed", "R9.8", "art. 23-bis CAD", text)
    })
}

/// What the verification page says of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// "Copia conforme n. 1 – Deliberazione … n. 838 del 24/07/2020".
    pub title: String,
    /// SHA-256 of the signed copy: the file handed out beside the answer.
    pub copy: String,
    /// SHA-256 of the act it is a copy of.
    pub original: String,
    /// Who signed the copy.
    pub signers: Vec<String>,
    /// Last day on which the code answers, where there is one.
    pub until: Option<NaiveDate>,
}

/// Answers the code of a contrassegno (CAD art. 23, c. 2-bis), whether or not the act is posted.
///
/// # Errors
/// `copy_unknown`, with the same words for a case that does not exist; `copy_expired`,
/// `copy_not_ready`.
pub async fn verify_code(
    executor: &Executor,
    id: &str,
    code: &str,
) -> Result<Verified, PaperError> {
    let world = executor.world(&[StreamId::case(id)]).await?;
    let empty = Case::new(id);
    let case = world.cases.get(id).map_or(&empty, |case| case);
    verified(case, code, rome_date(executor.clock.now()), &world).map_err(PaperError::from)
}

fn verified(case: &Case, code: &str, today: NaiveDate, world: &World) -> Result<Verified, Refusal> {
    let found = resolve_copy(case, code, today)?;
    Ok(Verified {
        title: case_paper(&case.id, &found.paper.plan, world)?.title,
        copy: found.paper.sha256.clone().unwrap_or_default(),
        original: found.original.to_owned(),
        signers: found.paper.signed.iter().map(|(_, s, _)| s.name.clone()).collect(),
        until: found.request.until,
    })
}
