// SPDX-License-Identifier: AGPL-3.0-or-later
//! Strips: what is never split, the unit that pages are filled with.

use std::rc::Rc;

use super::style::Ink;
use crate::text::FaceId;

/// Index of a structure element in [`super::Tags`]; `None` in a mark means artifact.
pub type NodeId = usize;

/// A strip of the page. Marks have x from the page's left edge and y from the strip's top.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    pub height: f32,
    /// Space above, dropped at the top of a page.
    pub before: f32,
    /// No page break between this strip and the next.
    pub keep: bool,
    /// A page break before this strip, whatever room is left.
    pub new_page: bool,
    /// The table whose header is repeated if a page starts here.
    pub table: Option<usize>,
    /// It belongs to the header itself.
    pub heads_table: bool,
    /// Frames it is inside of, outermost first.
    pub frames: Vec<usize>,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone)]
pub enum Mark {
    Text(TextMark),
    Rule {
        x0: f32,
        y0: f32,
        x1: f32,
        y1: f32,
        width: f32,
        ink: Ink,
    },
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
    Image {
        node: NodeId,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    Field {
        node: NodeId,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        field: usize,
    },
    Link {
        node: NodeId,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        url: Rc<str>,
    },
    /// A square of dark and light modules.
    Code {
        node: NodeId,
        x: f32,
        y: f32,
        /// Of one module.
        module: f32,
        modules: Rc<Modules>,
    },
    /// Where a bookmark leads.
    Anchor {
        y: f32,
        level: u8,
        title: String,
    },
}

/// The modules of a two-dimensional code, row by row; true is dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    pub side: usize,
    pub dark: Vec<bool>,
}

/// Glyphs on one baseline that belong to one structure element.
#[derive(Debug, Clone)]
pub struct TextMark {
    pub node: Option<NodeId>,
    pub x: f32,
    /// Baseline, from the strip's top.
    pub y: f32,
    pub parts: Vec<Part>,
}

/// Glyphs in one font, size and colour.
#[derive(Debug, Clone)]
pub struct Part {
    pub face: FaceId,
    pub size: f32,
    pub ink: Ink,
    /// Code, and what the pen must move after it beyond the declared width (points).
    pub glyphs: Vec<(u16, f32)>,
    /// Total advance in points.
    pub width: f32,
    /// What the glyphs stand for, where that is not what they show: the whole of a word that is
    /// divided between two lines, then nothing for its end (ISO 32000-1 §14.9.4).
    pub actual: Option<Rc<str>>,
}

impl Mark {
    /// Moves down by `dy`.
    pub fn shift(&mut self, dy: f32) {
        match self {
            Self::Text(text) => text.y += dy,
            Self::Rule { y0, y1, .. } => {
                *y0 += dy;
                *y1 += dy;
            }
            Self::Fill { y, .. }
            | Self::Image { y, .. }
            | Self::Field { y, .. }
            | Self::Link { y, .. }
            | Self::Code { y, .. }
            | Self::Anchor { y, .. } => *y += dy,
        }
    }

    /// The same mark as decoration: what is said twice is tagged once (ISO 32000-1 §14.8.2.2).
    pub fn into_artifact(self) -> Option<Self> {
        match self {
            Self::Text(text) => Some(Self::Text(TextMark { node: None, ..text })),
            Self::Rule { .. } | Self::Fill { .. } => Some(self),
            Self::Image { .. }
            | Self::Field { .. }
            | Self::Link { .. }
            | Self::Code { .. }
            | Self::Anchor { .. } => None,
        }
    }
}

impl Strip {
    /// Blank space that is neither dropped nor separated from what it pads.
    pub fn blank(height: f32, keep: bool) -> Self {
        Self { height, keep, ..Self::default() }
    }
}

/// Total height of strips stacked in a place that is not the top of a page.
pub fn stacked(strips: &[Strip]) -> f32 {
    strips
        .iter()
        .enumerate()
        .map(|(i, s)| if i == 0 { s.height } else { s.before + s.height })
        .sum()
}

/// Merges strips, stacked, into one that cannot be split.
pub fn merge(strips: Vec<Strip>) -> Strip {
    let mut out = Strip::default();
    for (index, strip) in strips.into_iter().enumerate() {
        let gap = if index == 0 { 0.0 } else { strip.before };
        if index == 0 {
            out.before = strip.before;
        }
        let top = out.height + gap;
        out.marks.extend(strip.marks.into_iter().map(|mut mark| {
            mark.shift(top);
            mark
        }));
        out.height = top + strip.height;
    }
    out
}
