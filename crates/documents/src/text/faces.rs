// SPDX-License-Identifier: AGPL-3.0-or-later
//! The embedded fonts, parsed once for the life of the process.

use std::sync::OnceLock;

use rustybuzz::{Direction, Face, ShapePlan, script};
use unicode_normalization::char::is_combining_mark;

use crate::RenderError;

/// A font of the family; `Symbols` stands in for glyphs Titillium lacks (☐ ✓ → №, Greek…).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaceId {
    Regular,
    Bold,
    Italic,
    BoldItalic,
    Symbols,
}

impl FaceId {
    pub const ALL: [Self; 5] =
        [Self::Regular, Self::Bold, Self::Italic, Self::BoldItalic, Self::Symbols];

    pub fn of(bold: bool, italic: bool) -> Self {
        match (bold, italic) {
            (false, false) => Self::Regular,
            (true, false) => Self::Bold,
            (false, true) => Self::Italic,
            (true, true) => Self::BoldItalic,
        }
    }
}

/// A parsed font.
pub struct LoadedFace {
    /// The TrueType file.
    pub data: &'static [u8],
    /// Its PostScript name.
    pub name: &'static str,
    pub face: Face<'static>,
    /// Latin, left to right, default features: kerning and nothing that a reader would notice.
    pub plan: ShapePlan,
    /// 1/1000 em per font unit.
    pub scale: f32,
}

impl LoadedFace {
    fn load(data: &'static [u8], name: &'static str) -> Option<Self> {
        let face = Face::from_slice(data, 0)?;
        let plan = ShapePlan::new(&face, Direction::LeftToRight, Some(script::LATIN), None, &[]);
        let scale = 1000.0 / face.units_per_em() as f32;
        Some(Self { data, name, face, plan, scale })
    }

    /// Glyph of a character, if the font draws it.
    pub fn glyph(&self, character: char) -> Option<u16> {
        self.face.glyph_index(character).map(|glyph| glyph.0)
    }

    /// Advance width of a glyph in whole 1/1000 em, as the PDF `W` array gives it.
    pub fn width(&self, glyph: u16) -> u16 {
        let advance = self.face.glyph_hor_advance(rustybuzz::ttf_parser::GlyphId(glyph));
        (f32::from(advance.unwrap_or(0)) * self.scale).round() as u16
    }
}

/// All fonts, indexed by [`FaceId`].
pub fn faces() -> Result<&'static [LoadedFace; 5], RenderError> {
    static FACES: OnceLock<Option<[LoadedFace; 5]>> = OnceLock::new();
    FACES
        .get_or_init(load)
        .as_ref()
        .ok_or_else(|| RenderError::Internal("caratteri tipografici illeggibili".to_owned()))
}

fn load() -> Option<[LoadedFace; 5]> {
    macro_rules! font {
        ($file:literal, $name:literal) => {
            LoadedFace::load(include_bytes!(concat!("../../assets/fonts/", $file)), $name)?
        };
    }
    Some([
        font!("TitilliumWeb-Regular.ttf", "TitilliumWeb-Regular"),
        font!("TitilliumWeb-Bold.ttf", "TitilliumWeb-Bold"),
        font!("TitilliumWeb-Italic.ttf", "TitilliumWeb-Italic"),
        font!("TitilliumWeb-BoldItalic.ttf", "TitilliumWeb-BoldItalic"),
        font!("DejaVuSans.ttf", "DejaVuSans"),
    ])
}

/// Zero-width characters that only steer layout; they leave no mark on paper.
pub fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}' | '\u{200C}' | '\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// True when some font shows the character where it stands.
///
/// Right-to-left scripts and loose combining marks are refused: without a bidirectional
/// algorithm and mark positioning they would be printed wrong, which is worse than not at all.
pub fn is_printable(character: char) -> bool {
    if is_invisible(character) || matches!(character, '\u{2011}' | '\u{202F}') {
        return true;
    }
    let right_to_left =
        matches!(u32::from(character), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF);
    let control =
        character.is_control() || matches!(u32::from(character), 0x2028..=0x202E | 0x2066..=0x206F);
    if control || right_to_left || is_combining_mark(character) {
        return false;
    }
    faces().is_ok_and(|faces| {
        [FaceId::Regular, FaceId::Symbols]
            .iter()
            .any(|id| faces[*id as usize].glyph(character).is_some())
    })
}
