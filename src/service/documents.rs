// SPDX-License-Identifier: AGPL-3.0-or-later
//! From facts to documents.

use crate::domain::papers::PaperFacts;
use crate::domain::registry::ComuneData;
use delibera_documents::{Document, RenderError, Rendered, escape, render};
use std::collections::BTreeMap;

/// Why a document was not made.
pub type DocumentError = RenderError;

/// Templates of the acts.
#[derive(Debug, Default)]
pub struct Templates;

impl Templates {
    /// Renders a paper.
    ///
    /// # Errors
    /// As the layout says.
    pub fn render(
        &self,
        facts: &PaperFacts,
        comune: &ComuneData,
        _embedded: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Rendered, DocumentError> {
        let mut body =
            format!("# {}\n\n{}\n\n", escape(&facts.title), escape(&facts.context.to_string()));
        for slot in &facts.slots {
            let name = slot.signer.as_ref().map_or(comune.name.clone(), |s| s.name.clone());
            body += &format!(
                "::: firma campo=\"{}\" titolo=\"{}\" nome=\"{}\" nota=\"\"\n:::\n\n",
                slot.field, slot.caption, name
            );
        }
        render(&Document {
            title: facts.title.clone(),
            subject: facts.title.clone(),
            author: comune.name.clone(),
            created: facts.created,
            header: String::new(),
            footer: String::new(),
            letterhead: None,
            draft: facts.draft,
            body,
            attachments: Vec::new(),
        })
    }
}
