// SPDX-License-Identifier: AGPL-3.0-or-later
//! From Markdown with directives to an archival, accessible PDF.
//!
//! One pure function, [`render`], takes a [`Document`] and gives the bytes of a PDF/A-2a
//! (ISO 19005-2) and PDF/UA-1 (ISO 14289-1) file; with attachments it is PDF/A-3a (ISO 19005-3).
//! The same document gives the same bytes on every machine: no clock, no randomness, no
//! environment is read. What cannot be shown is refused with its line; nothing is lost in silence.
//!
//! ```text
//! text -> markup (blocks) -> layout (strips -> pages) -> pdf (printpdf pages -> lopdf finish)
//! ```

mod error;
mod html;
mod layout;
mod markup;
mod pdf;
mod text;

pub use error::{RenderError, TextProblem};
pub use markup::escape;

use chrono::{DateTime, Utc};

/// Everything a printed document says, metadata included.
#[derive(Debug, Clone)]
pub struct Document {
    /// Title shown by viewers in place of the file name (PDF/UA-1 §7.1).
    pub title: String,
    /// One line about the content; the object of an act.
    pub subject: String,
    /// Who issues the document, usually the Comune.
    pub author: String,
    /// The only date in the file, as creation and modification date.
    pub created: DateTime<Utc>,
    /// Running header from page 2 on; empty for none.
    pub header: String,
    /// Text at the left of the footer; "Pagina x di y" stands at its right on every page.
    pub footer: String,
    /// Crest and name at the head of page 1.
    pub letterhead: Option<Letterhead>,
    /// Prints BOZZA behind the text of every page.
    pub draft: bool,
    /// Markdown with directives.
    pub body: String,
    /// Files embedded byte for byte; at least one makes the file PDF/A-3a.
    pub attachments: Vec<Attachment>,
}

/// The head of page 1.
#[derive(Debug, Clone, Default)]
pub struct Letterhead {
    /// PNG of the crest; transparency is flattened on white.
    pub crest_png: Option<Vec<u8>>,
    /// Name of the body, then offices or addresses, one a line.
    pub lines: Vec<String>,
}

/// A file carried inside the PDF (ISO 32000-1 §7.11.4).
#[derive(Debug, Clone)]
pub struct Attachment {
    /// File name, unique in the document.
    pub name: String,
    /// Media type such as `application/pdf`.
    pub media_type: String,
    /// What the file is, for the person who opens the list of attachments.
    pub description: String,
    /// The content, extracted again byte for byte.
    pub bytes: Vec<u8>,
    /// What the file is to the document (ISO 19005-3, annex E).
    pub relationship: Relationship,
}

/// The `AFRelationship` of an embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Relationship {
    /// The original the document was made from.
    Source,
    /// Data shown in the document, such as the JSON of the act.
    Data,
    /// The same content in another form.
    Alternative,
    /// Something that completes the document, such as an annex.
    #[default]
    Supplement,
    /// None of these.
    Unspecified,
}

/// A finished document.
#[derive(Clone)]
pub struct Rendered {
    /// The file.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Names of the empty signature fields, in reading order.
    pub fields: Vec<String>,
}

impl std::fmt::Debug for Rendered {
    /// Without the bytes, which nobody reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered")
            .field("bytes", &self.pdf.len())
            .field("pages", &self.pages)
            .field("fields", &self.fields)
            .finish()
    }
}

/// Sets the document and gives the bytes of the file.
///
/// # Errors
/// When the text asks for what cannot be printed faithfully; the reason is in Italian.
pub fn render(document: &Document) -> Result<Rendered, RenderError> {
    if document.title.trim().is_empty() {
        return Err(RenderError::MissingTitle);
    }
    let blocks = markup::parse(&document.body)?;
    let set = layout::set(document, &blocks)?;
    pdf::write(document, set)
}

/// A file to be read in one with others.
#[derive(Debug, Clone)]
pub struct CopyPart {
    /// What it is, in the bookmarks.
    pub title: String,
    /// A PDF.
    pub pdf: Vec<u8>,
}

/// A reading copy: the pages of `cover`, then those of the parts, one after the other, every page
/// marked COPIA. It has no signature fields: what a signature showed stays as a picture with its
/// text, and the copy is nobody's original. Where every part is a file of this crate, the copy is
/// PDF/A-2a and PDF/UA-1 as they are; a foreign part is shown as it is and nothing is declared.
///
/// # Errors
/// When the cover cannot be set, or a part is not a PDF that can be read without a password.
pub fn reading_copy(cover: &Document, parts: &[CopyPart]) -> Result<Rendered, RenderError> {
    let first = CopyPart { title: cover.title.clone(), pdf: render(cover)?.pdf };
    pdf::copy::write(cover, &first, parts)
}

/// Checks a text written by a user, before it is taken into a document.
///
/// A text that passes is laid out by [`render`] inside `::: testo` without error.
///
/// # Errors
/// Every problem found, each with its line and a reason in Italian.
pub fn check_text(markdown: &str) -> Result<(), Vec<TextProblem>> {
    let mut problems = markup::problems(markdown);
    if problems.is_empty()
        && let Err(error) = markup::parse_user(markdown).and_then(|b| layout::try_text(&b))
    {
        problems.push(error.into());
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// A user's text as HTML for a screen, from the blocks that [`render`] would lay out.
///
/// # Errors
/// As [`check_text`]: what cannot be printed is not shown either.
pub fn text_html(markdown: &str) -> Result<String, Vec<TextProblem>> {
    check_text(markdown)?;
    let blocks = markup::parse_user(markdown).map_err(|error| vec![error.into()])?;
    Ok(html::html(&blocks))
}
