// SPDX-License-Identifier: AGPL-3.0-or-later
//! Words to glyphs, paragraphs to lines.

mod breaking;
mod faces;
mod hyphens;
mod paragraph;
mod shaper;

pub use breaking::{Fit, LineRange};
pub use faces::{FaceId, LoadedFace, faces, is_printable};
pub use paragraph::{After, Atom, Glyph, Paragraph, Run};
pub use shaper::{Shaper, Subset};

/// The characters of a line no font can show.
pub(crate) fn unprintable(line: &str) -> impl Iterator<Item = char> + '_ {
    use unicode_normalization::UnicodeNormalization;
    line.nfc().filter(|character| *character != '\t' && !is_printable(*character))
}
