// SPDX-License-Identifier: AGPL-3.0-or-later
//! Blocks to pages: blocks become strips, strips fill pages.

mod code;
mod flow;
mod letterhead;
mod lines;
mod pages;
mod signature;
mod strip;
mod style;
mod table;
mod tags;

pub use letterhead::Crest;
pub use pages::Page;
pub use strip::{Mark, Modules, NodeId, Part, TextMark};
pub use style::{Ink, PAGE_HEIGHT, PAGE_WIDTH, WATERMARK};
pub use tags::{Kid, Node, Role, Tags};

use std::sync::Arc;

use crate::markup::Block;
use crate::text::{Shaper, Subset};
use crate::{Document, RenderError};
use flow::Flow;

/// A document set in pages, ready to be drawn.
pub struct SetDocument {
    pub pages: Vec<Page>,
    pub tags: Tags,
    pub fields: Vec<Field>,
    pub crest: Option<Arc<Crest>>,
    /// Codes used of each font.
    pub subsets: [Subset; 5],
}

/// An empty signature field.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    /// What a screen reader says of it (`TU`, `Alt`).
    pub hint: String,
}

/// Lays a document out.
pub fn set(document: &Document, blocks: &[Block]) -> Result<SetDocument, RenderError> {
    let mut flow = Flow::new()?;
    let head = document.letterhead.as_ref();
    let (crest, mut strips) = match head {
        Some(head) => flow.letterhead(head)?,
        None => (None, Vec::new()),
    };
    let context = flow.page_context();
    strips.extend(flow.blocks(blocks, &context)?);
    let running = pages::Running::new(document, &mut flow)?;
    let pages = pages::fill(strips, &running, &mut flow)?;
    let Flow { tags, fields, shaper, .. } = flow;
    let Shaper { subsets, .. } = shaper;
    Ok(SetDocument { pages, tags, fields, crest, subsets })
}

/// Lays a user's text out only to see that it can be.
pub fn try_text(blocks: &[Block]) -> Result<(), RenderError> {
    let mut flow = Flow::new()?;
    let context = flow.page_context();
    flow.blocks(blocks, &context).map(drop)
}
