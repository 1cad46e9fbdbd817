// SPDX-License-Identifier: AGPL-3.0-or-later
//! The language of documents: Markdown (comrak) inside container directives (`:::`).
//!
//! Directives are read line by line before Markdown, so no user text can open or close one, and
//! each stretch of Markdown is parsed alone: nothing left open in it leaks out.

mod block;
mod check;
mod directive;
mod escape;
mod markdown;

pub use block::{Block, Cell, ColumnAlign, Kind, Marker, SignatureBox, Span, Table};
pub use escape::escape;

pub(crate) use check::problems;

use crate::RenderError;
use directive::Part;

/// Parses a body written by a template.
pub(crate) fn parse(body: &str) -> Result<Vec<Block>, RenderError> {
    let parts = directive::split(body)?;
    convert(&parts, 0)
}

/// Parses a text written by a user, as `::: testo` would.
pub(crate) fn parse_user(text: &str) -> Result<Vec<Block>, RenderError> {
    markdown::parse(text, 1, USER_SHIFT)
}

/// Levels by which the headings of a user's text sink below those of the act.
const USER_SHIFT: u8 = 2;

fn convert(parts: &[Part], shift: u8) -> Result<Vec<Block>, RenderError> {
    let mut blocks: Vec<Block> = Vec::new();
    for part in parts {
        match part {
            Part::Markdown { line, text } => blocks.extend(markdown::parse(text, *line, shift)?),
            Part::Directive(directive) => {
                let new = directive.blocks(shift)?;
                append(&mut blocks, new);
            }
        }
    }
    Ok(blocks)
}

/// Appends blocks; signature boxes that follow each other become one group.
fn append(blocks: &mut Vec<Block>, new: Vec<Block>) {
    for block in new {
        if let Kind::Signatures(boxes) = &block.kind
            && let Some(Block { kind: Kind::Signatures(previous), .. }) = blocks.last_mut()
        {
            previous.extend(boxes.iter().cloned());
        } else {
            blocks.push(block);
        }
    }
}
