// SPDX-License-Identifier: AGPL-3.0-or-later
//! Why a text is refused, in the words its author will read.

use thiserror::Error;

/// Why a document could not be set. Lines count from 1 in the Markdown body.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RenderError {
    /// No embedded font has a glyph for it: glyph 0 would lose it (ISO 19005-2 §6.2.11.8).
    #[error(
        "riga {line}: il carattere «{}» (U+{:04X}) non è stampabile",
        shown(*.character),
        u32::from(*.character)
    )]
    Character {
        /// The character.
        character: char,
        /// Its line; 0 outside the body (title, header, letterhead).
        line: usize,
    },
    /// Even the narrowest columns do not fit.
    #[error("riga {line}: la tabella ha troppe colonne per la larghezza della pagina")]
    TableTooWide {
        /// First line of the table.
        line: usize,
    },
    /// A directive that does not exist.
    #[error("riga {line}: direttiva «{name}» sconosciuta")]
    UnknownDirective {
        /// Its name.
        name: String,
        /// Its line.
        line: usize,
    },
    /// A directive without its closing `:::`.
    #[error("riga {line}: la direttiva «{name}» non è chiusa")]
    UnclosedDirective {
        /// Its name.
        name: String,
        /// The line that opens it.
        line: usize,
    },
    /// A closing `:::` that closes nothing.
    #[error("riga {line}: «:::» chiude una direttiva mai aperta")]
    StrayClose {
        /// Its line.
        line: usize,
    },
    /// A directive with wrong attributes or content.
    #[error("riga {line}: direttiva «{name}»: {reason}")]
    Directive {
        /// Its name.
        name: String,
        /// Its line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Markdown outside the dialect.
    #[error("riga {line}: {reason}")]
    Markdown {
        /// Its line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Header or footer that would take the page.
    #[error("l'intestazione o il piè di pagina occupa troppe righe")]
    RunningTextTooLong,
    /// Viewers and screen readers announce a document by its title (ISO 14289-1 §7.1).
    #[error("il documento non ha titolo")]
    MissingTitle,
    /// The crest cannot be decoded.
    #[error("lo stemma non è un'immagine PNG leggibile")]
    Crest,
    /// A missing or repeated attachment name.
    #[error("allegato «{name}»: {reason}")]
    Attachment {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A defect of this crate, not of the text.
    #[error("errore interno nella composizione del documento: {0}")]
    Internal(String),
}

impl RenderError {
    /// The line of the body it speaks of, if any.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Character { line, .. }
            | Self::TableTooWide { line }
            | Self::UnknownDirective { line, .. }
            | Self::UnclosedDirective { line, .. }
            | Self::StrayClose { line }
            | Self::Directive { line, .. }
            | Self::Markdown { line, .. } => Some(*line),
            Self::RunningTextTooLong
            | Self::MissingTitle
            | Self::Crest
            | Self::Attachment { .. }
            | Self::Internal(_) => None,
        }
    }
}

/// One thing to mend in a user's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// Its line, from 1.
    pub line: usize,
    /// What to mend, in Italian.
    pub reason: String,
}

impl From<RenderError> for TextProblem {
    fn from(error: RenderError) -> Self {
        let line = error.line().unwrap_or(1);
        let text = error.to_string();
        let prefix = format!("riga {line}: ");
        let reason = text.strip_prefix(&prefix).unwrap_or(&text).to_owned();
        Self { line, reason }
    }
}

/// Control and format characters would be invisible, or worse, in a message.
fn shown(character: char) -> char {
    if character.is_control() || ('\u{200B}'..='\u{206F}').contains(&character) {
        '\u{25A1}'
    } else {
        character
    }
}
