// SPDX-License-Identifier: AGPL-3.0-or-later
//! Words to glyphs, paragraphs to lines.

mod breaking;
mod faces;
mod hyphens;
mod paragraph;
mod rivers;
mod shaper;

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use breaking::{Fit, LineRange};
pub use faces::{FaceId, LoadedFace, faces, is_printable};
pub use paragraph::{After, Atom, Glyph, Paragraph, Run};
pub use shaper::{Shaper, Subset};

/// The text with each accent in its letter (NFC), as nearly every text has them already.
pub fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// The characters of a line no font can show.
pub(crate) fn unprintable(line: &str) -> impl Iterator<Item = char> + '_ {
    line.nfc().filter(|character| *character != '\t' && !is_printable(*character))
}
