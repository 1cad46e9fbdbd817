// SPDX-License-Identifier: AGPL-3.0-or-later
//! Measures and colours of the page. All lengths are points (1/72 inch).

/// A4 (ISO 216): 210 × 297 mm.
pub const PAGE_WIDTH: f32 = 595.276;
pub const PAGE_HEIGHT: f32 = 841.89;
pub const LEFT: f32 = 78.0;
pub const MEASURE: f32 = PAGE_WIDTH - 2.0 * LEFT;
/// Top of the text on page 1, and on the others when there is no header.
pub const TOP: f32 = 60.0;
/// Baseline area of the running header starts here.
pub const HEADER_TOP: f32 = 36.0;
/// Space between the header's rule and the text.
pub const HEADER_GAP: f32 = 20.0;
/// Lowest edge of the footer.
pub const FOOTER_BOTTOM: f32 = PAGE_HEIGHT - 34.0;
/// Space between the text and the footer's rule.
pub const FOOTER_GAP: f32 = 22.0;

/// Grey or colour, 0 to 1 (DeviceRGB under the sRGB output intent).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink(pub f32, pub f32, pub f32);

pub const BLACK: Ink = Ink(0.0, 0.0, 0.0);
pub const BODY_INK: Ink = Ink(0.09, 0.1, 0.12);
pub const SOFT: Ink = Ink(0.33, 0.36, 0.4);
pub const HAIR: Ink = Ink(0.74, 0.77, 0.8);
pub const STRONG_RULE: Ink = Ink(0.25, 0.29, 0.34);
pub const TINT: Ink = Ink(0.945, 0.953, 0.961);
pub const LINK: Ink = Ink(0.0, 0.29, 0.6);
/// Light enough to read through, dark enough to print.
pub const WATERMARK: Ink = Ink(0.925, 0.932, 0.94);

/// How a stretch of text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextStyle {
    pub size: f32,
    pub leading: f32,
    pub bold: bool,
    pub italic: bool,
    pub ink: Ink,
}

const fn style(size: f32, leading: f32, bold: bool, ink: Ink) -> TextStyle {
    TextStyle { size, leading, bold, italic: false, ink }
}

pub const BODY: TextStyle = style(11.0, 15.5, false, BODY_INK);
pub const SMALL: TextStyle = style(8.8, 12.2, false, SOFT);
pub const TABLE: TextStyle = style(9.8, 13.2, false, BODY_INK);
pub const RUNNING: TextStyle = style(8.2, 11.0, false, SOFT);
pub const SIGNATURE: TextStyle = style(10.0, 13.4, false, BODY_INK);

/// Space between blocks.
pub const GAP: f32 = 7.0;
pub const TIGHT_GAP: f32 = 1.5;
pub const CELL_X: f32 = 5.0;
pub const CELL_Y: f32 = 3.6;
pub const FRAME_PAD: f32 = 10.0;

/// Style, space before and space after of a heading that looks like `level`; `long` headings (the
/// object of an act may have 300 words) step down so that they do not shout.
pub fn heading(level: u8, characters: usize) -> (TextStyle, f32, f32) {
    let long = characters > 160;
    match level {
        1 if long => (style(13.0, 17.5, true, BLACK), 18.0, 9.0),
        1 => (style(17.0, 22.0, true, BLACK), 20.0, 10.0),
        2 if long => (style(11.6, 16.0, true, BLACK), 15.0, 6.0),
        2 => (style(13.4, 18.0, true, BLACK), 17.0, 7.0),
        3 => (style(11.6, 16.0, true, BLACK), 14.0, 5.0),
        4 => (TextStyle { italic: true, ..style(11.2, 15.5, true, BLACK) }, 12.0, 4.0),
        5 => (style(11.0, 15.5, true, SOFT), 11.0, 3.0),
        _ => (TextStyle { italic: true, ..style(11.0, 15.5, false, SOFT) }, 11.0, 3.0),
    }
}
