// SPDX-License-Identifier: AGPL-3.0-or-later
//! Rivers: word spaces that run together down three lines, a crack of white through the text.

use super::breaking::LineRange;
use super::paragraph::{After, Atom};

/// How many lines make a river.
const LINES: usize = 3;
/// Share of a space that must lie under another for white to flow from one to the other.
const UNDER: f32 = 0.6;

/// The middle line of each river, from the top.
pub fn rivers(atoms: &[Atom], lines: &[LineRange]) -> Vec<usize> {
    let mut found = Vec::new();
    // Left edge, right edge and length of the white above.
    let mut above: Vec<(f32, f32, usize)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let flows = |(left, right): (f32, f32)| {
            let under = |(l, r, _): &&(f32, f32, usize)| {
                right.min(*r) - left.max(*l) > UNDER * (right - left)
            };
            let longest = above.iter().filter(under).map(|(_, _, length)| *length).max();
            (left, right, longest.unwrap_or(0) + 1)
        };
        let here: Vec<_> = spaces(&atoms[line.first..line.last], line).map(flows).collect();
        if here.iter().any(|(_, _, length)| *length == LINES) {
            found.push(index - 1);
        }
        above = here;
    }
    found
}

/// Left and right edge of the spaces inside a line, from its own left edge.
fn spaces<'a>(atoms: &'a [Atom], line: &'a LineRange) -> impl Iterator<Item = (f32, f32)> + 'a {
    let mut x = 0.0;
    let inside = &atoms[..atoms.len().saturating_sub(1)];
    inside.iter().filter_map(move |atom| {
        x += atom.width + line.tracking * (atom.last - atom.first) as f32;
        let (After::Space(glyph) | After::Tie(glyph)) = atom.after else { return None };
        let left = x;
        x += glyph.advance() + line.stretch;
        Some((left, x))
    })
}
