// SPDX-License-Identifier: AGPL-3.0-or-later
//! BOZZA across the page, as outlines: text would come out in pieces among the words of the act
//! when the page is read aloud, searched or copied.

use std::sync::OnceLock;

use printpdf::{LinePoint, Op, PaintMode, Point, Polygon, PolygonRing, Pt, WindingOrder};
use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

use super::round;
use crate::layout::{PAGE_HEIGHT, PAGE_WIDTH};
use crate::text::{FaceId, LoadedFace, faces};

/// Size of the letters in points: the word spans the page's diagonal between its margins.
const SIZE: f32 = 172.0;

/// COPIA as path operators in the colour of the watermark, for pages that are already drawn.
pub fn copy() -> Option<String> {
    let faces = faces().ok()?;
    let ink = crate::layout::WATERMARK;
    let mut path = format!("{} {} {} rg\n", ink.0, ink.1, ink.2);
    for ring in outlines("COPIA", &faces[FaceId::Bold as usize]) {
        let mut points = ring.points.iter().map(|point| (point.p.x.0, point.p.y.0, point.bezier));
        let Some((x, y, _)) = points.next() else { continue };
        path.push_str(&format!("{x} {y} m\n"));
        while let Some((x, y, bezier)) = points.next() {
            match (bezier, points.clone().next(), points.clone().nth(1)) {
                (true, Some((x2, y2, _)), Some((x3, y3, _))) => {
                    path.push_str(&format!("{x} {y} {x2} {y2} {x3} {y3} c\n"));
                    points.nth(1);
                }
                _ => path.push_str(&format!("{x} {y} l\n")),
            }
        }
        path.push_str("h\n");
    }
    path.push_str("f\n");
    Some(path)
}

/// Fills the word, centred on the page and rising along its diagonal.
pub fn draft() -> Option<Op> {
    static RINGS: OnceLock<Option<Vec<PolygonRing>>> = OnceLock::new();
    let rings = RINGS
        .get_or_init(|| faces().ok().map(|faces| outlines("BOZZA", &faces[FaceId::Bold as usize])));
    let (mode, winding_order) = (PaintMode::Fill, WindingOrder::NonZero);
    let polygon = Polygon { rings: rings.clone()?, mode, winding_order };
    Some(Op::DrawPolygon { polygon })
}

fn outlines(word: &str, loaded: &LoadedFace) -> Vec<PolygonRing> {
    let scale = SIZE * loaded.scale / 1000.0;
    let glyphs: Vec<u16> = word.chars().filter_map(|c| loaded.glyph(c)).collect();
    let advance = |glyph: &u16| f32::from(loaded.width(*glyph)) * SIZE / 1000.0;
    let width: f32 = glyphs.iter().map(advance).sum();
    let height = f32::from(loaded.face.capital_height().unwrap_or(700)) * scale;
    let (sin, cos) = (PAGE_HEIGHT / PAGE_WIDTH).atan().sin_cos();
    let mut pen = Pen {
        x: -width / 2.0,
        y: -height / 2.0,
        scale,
        sin,
        cos,
        last: (0.0, 0.0),
        rings: Vec::new(),
    };
    for glyph in glyphs {
        loaded.face.outline_glyph(GlyphId(glyph), &mut pen);
        pen.x += advance(&glyph);
    }
    pen.rings
}

/// Collects contours, turned and placed; quadratic curves become cubic ones.
struct Pen {
    x: f32,
    y: f32,
    scale: f32,
    sin: f32,
    cos: f32,
    /// Current point in font units.
    last: (f32, f32),
    rings: Vec<PolygonRing>,
}

impl Pen {
    fn push(&mut self, (x, y): (f32, f32), bezier: bool) {
        let (x, y) = (self.x + x * self.scale, self.y + y * self.scale);
        let turned = (x * self.cos - y * self.sin, x * self.sin + y * self.cos);
        let p = Point {
            x: Pt(round(PAGE_WIDTH / 2.0 + turned.0)),
            y: Pt(round(PAGE_HEIGHT / 2.0 + turned.1)),
        };
        if let Some(ring) = self.rings.last_mut() {
            ring.points.push(LinePoint { p, bezier });
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.rings.push(PolygonRing { points: Vec::new() });
        self.line_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push((x, y), false);
        self.last = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let toward = |(from_x, from_y): (f32, f32)| {
            (from_x + (x1 - from_x) * 2.0 / 3.0, from_y + (y1 - from_y) * 2.0 / 3.0)
        };
        let (first, second) = (toward(self.last), toward((x, y)));
        self.curve_to(first.0, first.1, second.0, second.1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push((x1, y1), true);
        self.push((x2, y2), true);
        self.push((x, y), false);
        self.last = (x, y);
    }

    /// Filling closes every contour.
    fn close(&mut self) {}
}
