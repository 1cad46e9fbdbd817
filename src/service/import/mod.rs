// SPDX-License-Identifier: AGPL-3.0-or-later
//! A text written elsewhere, DOCX or ODT, as the Markdown of a proposal: paragraphs, headings,
//! lists with their numbering, tables, bold and italic. What has no place in the text of an act
//! (pictures, notes, text boxes, changes not yet accepted) is named with its paragraph, never lost
//! in silence. Files come from anywhere: size, depth and unpacked length are bounded.

mod docx;
mod markdown;
mod odt;
mod xml;

use std::io::{Cursor, Read};
use thiserror::Error;
use zip::ZipArchive;

/// Unpacked bytes of one part: a text of a thousand pages has less.
const PART_MAX: u64 = 32 * 1024 * 1024;

/// Why a file was not imported.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ImportError {
    /// Neither DOCX nor ODT.
    #[error("il file non è un documento Word (.docx) né OpenDocument (.odt)")]
    OtherKind,
    /// Protected by a password.
    #[error("il documento è protetto da password: toglierla e ripetere")]
    Protected,
    /// Damaged, with the part and the reason.
    #[error("il documento è danneggiato: {part}: {reason}")]
    Damaged {
        /// Part of the file.
        part: String,
        /// What is wrong there.
        reason: String,
    },
    /// Larger than any text of an act.
    #[error("il documento è troppo grande: {0}")]
    TooLarge(String),
}

/// What came out of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Premises, in Markdown.
    pub premises: String,
    /// Points of the dispositive, where the document has a heading that begins it.
    pub decision: Vec<String>,
    /// What was left out, each with its place.
    pub left_out: Vec<String>,
}

/// What was left out of a document, each thing once, with its paragraph.
#[derive(Default)]
struct LeftOut {
    /// Number of the paragraph that is being read, from 1.
    paragraph: usize,
    lines: Vec<String>,
}

impl LeftOut {
    fn push(&mut self, what: &str) {
        let line = format!("paragrafo {}: {what}", self.paragraph);
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }
}

/// Reads a document.
///
/// # Errors
/// When it cannot be read at all; the reason says where.
pub fn import(bytes: &[u8]) -> Result<Imported, ImportError> {
    // Word encrypts by wrapping the whole in an older container.
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(ImportError::Protected);
    }
    let mut parts = Parts::open(bytes)?;
    let (blocks, left_out) = match (parts.has("word/document.xml"), parts.has("content.xml")) {
        (true, _) => docx::read(&mut parts)?,
        (false, true) => odt::read(&mut parts)?,
        (false, false) => return Err(ImportError::OtherKind),
    };
    let (premises, decision) = markdown::divided(&blocks);
    Ok(Imported { premises, decision, left_out })
}

/// The parts of a packed document.
struct Parts<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Parts<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        ZipArchive::new(Cursor::new(bytes)).map(Self).map_err(|_| ImportError::OtherKind)
    }

    fn has(&self, name: &str) -> bool {
        self.0.index_for_name(name).is_some()
    }

    /// The root of a part; `None` when it is not there.
    fn xml(&mut self, name: &str) -> Result<Option<xml::Element>, ImportError> {
        if !self.has(name) {
            return Ok(None);
        }
        let damaged = |reason: String| ImportError::Damaged { part: name.to_owned(), reason };
        let part = self.0.by_name(name).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => ImportError::Protected,
            error => damaged(error.to_string()),
        })?;
        let mut text = Vec::new();
        part.take(PART_MAX + 1).read_to_end(&mut text).map_err(|e| damaged(e.to_string()))?;
        if text.len() as u64 > PART_MAX {
            return Err(ImportError::TooLarge(format!("{name} supera 32 MB")));
        }
        xml::parse(&text).map(Some).map_err(damaged)
    }
}
