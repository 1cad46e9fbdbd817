// SPDX-License-Identifier: AGPL-3.0-or-later
//! Marks to printpdf operations, with marked content for every glyph and line (ISO 14289-1 §7.1).

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use printpdf::{
    Color, DictItem, FontId, Line, LinePoint, Mm, Op, PaintMode, PdfDocument, PdfFontHandle,
    PdfPage, Point, Polygon, PolygonRing, Pt, Rgb, TextMatrix, WindingOrder, XObjectId,
    XObjectTransform,
};

use super::{round, watermark};
use crate::layout::{
    Crest, Field, Ink, Kid, Mark, Modules, NodeId, PAGE_HEIGHT, PAGE_WIDTH, Page, Part,
    SetDocument, Tags, TextMark, WATERMARK,
};
use crate::text::{FaceId, Subset};

/// Name of the crest among the page resources.
pub const CREST: &str = "Im0";

/// Name of a font among the page resources.
pub fn font_name(face: FaceId) -> String {
    format!("T{}", face as usize)
}

/// A rectangle in page space: left, bottom, right, top.
pub type Area = [f32; 4];

pub enum AnnotationKind {
    Link { url: Rc<str> },
    Field { field: usize },
}

pub struct Annotation {
    pub page: usize,
    pub node: NodeId,
    pub area: Area,
    pub kind: AnnotationKind,
}

pub struct Bookmark {
    pub page: usize,
    /// Height on the page, in page space.
    pub top: f32,
    pub level: u8,
    pub title: String,
}

/// Everything the finish needs.
pub struct Drawn {
    pub pdf: PdfDocument,
    pub tags: Tags,
    /// Owner of each marked content, by page and MCID.
    pub contents: Vec<Vec<NodeId>>,
    pub annotations: Vec<Annotation>,
    pub bookmarks: Vec<Bookmark>,
    pub fields: Vec<Field>,
    pub crest: Option<Arc<Crest>>,
    pub subsets: [Subset; 5],
}

/// Draws all pages.
pub fn draw(set: SetDocument) -> Drawn {
    let SetDocument { pages, tags, fields, crest, subsets } = set;
    let mut drawn = Drawn {
        pdf: PdfDocument::new(""),
        tags,
        contents: Vec::new(),
        annotations: Vec::new(),
        bookmarks: Vec::new(),
        fields,
        crest,
        subsets,
    };
    for (number, page) in pages.into_iter().enumerate() {
        let mut canvas = Canvas { drawn: &mut drawn, number, ops: Vec::new(), owners: Vec::new() };
        canvas.page(page);
        let Canvas { ops, owners, .. } = canvas;
        let mut page = PdfPage::new(Mm(210.0), Mm(297.0), ops);
        page.media_box.width = Pt(PAGE_WIDTH);
        page.media_box.height = Pt(PAGE_HEIGHT);
        page.trim_box = page.media_box.clone();
        page.crop_box = page.media_box.clone();
        drawn.pdf.pages.push(page);
        drawn.contents.push(owners);
    }
    drawn
}

struct Canvas<'a> {
    drawn: &'a mut Drawn,
    number: usize,
    ops: Vec<Op>,
    owners: Vec<NodeId>,
}

impl Canvas<'_> {
    fn page(&mut self, page: Page) {
        if page.draft
            && let Some(word) = watermark::draft()
        {
            self.artifact(&[("Type", "Pagination"), ("Subtype", "Watermark")]);
            self.ops.push(Op::SetFillColor { col: colour(WATERMARK) });
            self.ops.push(word);
            self.end();
        }
        // Tints go under the text they would otherwise hide.
        let (under, over): (Vec<Mark>, Vec<Mark>) =
            page.marks.into_iter().partition(|mark| matches!(mark, Mark::Fill { .. }));
        self.decoration(under, &[("Type", "Layout")]);
        for mark in over {
            self.mark(mark);
        }
        self.decoration(page.running, &[("Type", "Pagination")]);
    }

    fn decoration(&mut self, marks: Vec<Mark>, kind: &[(&str, &str)]) {
        if marks.is_empty() {
            return;
        }
        self.artifact(kind);
        for mark in marks {
            match mark {
                Mark::Text(text) => self.text(&text),
                Mark::Rule { x0, y0, x1, y1, width, ink } => {
                    self.rule([x0, y0, x1, y1], width, ink)
                }
                Mark::Fill { x, y, width, height, ink } => self.fill([x, y, width, height], ink),
                _ => {}
            }
        }
        self.end();
    }

    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Text(text) => {
                match text.node {
                    Some(node) => self.content(node),
                    None => self.artifact(&[("Type", "Pagination")]),
                }
                self.text(&text);
                self.end();
            }
            Mark::Rule { .. } | Mark::Fill { .. } => {
                self.decoration(vec![mark], &[("Type", "Layout")]);
            }
            Mark::Image { node, x, y, width, height } => self.image(node, [x, y, width, height]),
            Mark::Code { node, x, y, module, modules } => self.code(node, [x, y], module, &modules),
            Mark::Field { node, x, y, width, height, field } => {
                self.annotation(node, [x, y, width, height], AnnotationKind::Field { field });
            }
            Mark::Link { node, x, y, width, height, url } => {
                self.annotation(node, [x, y, width, height], AnnotationKind::Link { url });
            }
            Mark::Anchor { y, level, title } => {
                let top = round(up(y) + 6.0);
                let page = self.number;
                self.drawn.bookmarks.push(Bookmark { page, top, level, title });
            }
        }
    }

    /// Opens content of a structure element and records it there.
    fn content(&mut self, node: NodeId) {
        let mcid = self.owners.len();
        self.owners.push(node);
        self.drawn.tags.push(node, Kid::Content { page: self.number, mcid });
        let tag = super::structure::tag(self.drawn.tags.nodes[node].role).to_owned();
        let map = BTreeMap::from([("MCID".to_owned(), DictItem::Int(mcid as i64))]);
        let properties = DictItem::Dict { map };
        self.ops.push(Op::BeginMarkedContentWithProperties { tag, properties });
    }

    fn artifact(&mut self, kind: &[(&str, &str)]) {
        let map = kind
            .iter()
            .map(|(key, value)| ((*key).to_owned(), DictItem::Name(value.as_bytes().to_vec())))
            .collect();
        let (tag, properties) = ("Artifact".to_owned(), DictItem::Dict { map });
        self.ops.push(Op::BeginMarkedContentWithProperties { tag, properties });
    }

    fn end(&mut self) {
        self.ops.push(Op::EndMarkedContent);
    }

    fn annotation(&mut self, node: NodeId, [x, y, width, height]: [f32; 4], kind: AnnotationKind) {
        let annotation = self.drawn.annotations.len();
        self.drawn.tags.push(node, Kid::Object { annotation });
        let area = area(x, y, width, height);
        self.drawn.annotations.push(Annotation { page: self.number, node, area, kind });
    }

    fn image(&mut self, node: NodeId, [x, y, width, height]: [f32; 4]) {
        let area = area(x, y, width, height);
        self.drawn.tags.nodes[node].bbox = Some(area);
        self.content(node);
        self.ops.push(Op::UseXobject {
            id: XObjectId(CREST.to_owned()),
            transform: XObjectTransform {
                translate_x: Some(Pt(area[0])),
                translate_y: Some(Pt(area[1])),
                scale_x: Some(round(width)),
                scale_y: Some(round(height)),
                no_auto_scale: true,
                ..XObjectTransform::default()
            },
        });
        self.end();
    }

    /// Dark modules, one rectangle for each run of a row.
    fn code(&mut self, node: NodeId, [x, y]: [f32; 2], module: f32, modules: &Modules) {
        let side = module * modules.side as f32;
        self.drawn.tags.nodes[node].bbox = Some(area(x, y, side, side));
        self.content(node);
        self.ops.push(Op::SetFillColor { col: colour(Ink(0.0, 0.0, 0.0)) });
        let mut rings = Vec::new();
        for (row, dark) in modules.dark.chunks(modules.side).enumerate() {
            let top = y + module * row as f32;
            let mut column = 0;
            for run in dark.chunk_by(|a, b| a == b) {
                if run[0] {
                    let left = x + module * column as f32;
                    rings.push(rectangle(left, top, module * run.len() as f32, module));
                }
                column += run.len();
            }
        }
        let (mode, winding_order) = (PaintMode::Fill, WindingOrder::NonZero);
        self.ops.push(Op::DrawPolygon { polygon: Polygon { rings, mode, winding_order } });
        self.end();
    }

    fn text(&mut self, text: &TextMark) {
        self.ops.push(Op::StartTextSection);
        let (mut x, y) = (text.x, up(text.y));
        for part in &text.parts {
            let matrix = TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, round(x), round(y)]);
            self.part(part, matrix);
            x += part.width;
        }
        self.ops.push(Op::EndTextSection);
    }

    fn part(&mut self, part: &Part, matrix: TextMatrix) {
        if let Some(word) = &part.actual {
            let units = std::iter::once(0xFEFF).chain(word.encode_utf16());
            let data = units.flat_map(u16::to_be_bytes).collect();
            let text = DictItem::String { data, literal: false };
            let map = BTreeMap::from([("ActualText".to_owned(), text)]);
            let (tag, properties) = ("Span".to_owned(), DictItem::Dict { map });
            self.ops.push(Op::BeginMarkedContentWithProperties { tag, properties });
        }
        self.ops.push(Op::SetFillColor { col: colour(part.ink) });
        self.ops.push(Op::SetFont {
            font: PdfFontHandle::External(FontId(font_name(part.face))),
            size: Pt(round(part.size)),
        });
        self.ops.push(Op::SetTextMatrix { matrix });
        // `Op::ShowText` would write each glyph as a string of its own: a third of the time of a
        // whole document, and twice the size.
        self.ops
            .push(Op::Unknown { key: "TJ".to_owned(), value: vec![DictItem::Array(shown(part))] });
        if part.actual.is_some() {
            self.end();
        }
    }

    fn rule(&mut self, [x0, y0, x1, y1]: [f32; 4], width: f32, ink: Ink) {
        self.ops.push(Op::SetOutlineColor { col: colour(ink) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(width) });
        let points = vec![point(x0, y0), point(x1, y1)];
        self.ops.push(Op::DrawLine { line: Line { points, is_closed: false } });
    }

    fn fill(&mut self, [x, y, width, height]: [f32; 4], ink: Ink) {
        self.ops.push(Op::SetFillColor { col: colour(ink) });
        self.ops.push(Op::DrawPolygon {
            polygon: Polygon {
                rings: vec![rectangle(x, y, width, height)],
                mode: PaintMode::Fill,
                winding_order: WindingOrder::NonZero,
            },
        });
    }
}

/// Codes in strings as long as they can be, between them what moves the pen (TJ, ISO 32000-1
/// §9.4.3): whole thousandths of an em, what rounding drops carried on to the next glyph.
fn shown(part: &Part) -> Vec<DictItem> {
    let mut items = Vec::new();
    let mut data: Vec<u8> = Vec::with_capacity(part.glyphs.len() * 2);
    let mut owed = 0.0;
    for (code, extra) in &part.glyphs {
        data.extend(code.to_be_bytes());
        let exact = owed - extra * 1000.0 / part.size;
        let offset = exact.round();
        owed = exact - offset;
        if offset != 0.0 {
            let data = std::mem::take(&mut data);
            items.push(DictItem::String { data, literal: true });
            items.push(DictItem::Int(offset as i64));
        }
    }
    if !data.is_empty() {
        items.push(DictItem::String { data, literal: true });
    }
    items
}

/// Page space grows upwards.
fn up(y: f32) -> f32 {
    PAGE_HEIGHT - y
}

fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
    [round(x), round(up(y + height)), round(x + width), round(up(y))]
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> PolygonRing {
    let points =
        vec![point(x, y), point(x + width, y), point(x + width, y + height), point(x, y + height)];
    PolygonRing { points }
}

fn point(x: f32, y: f32) -> LinePoint {
    LinePoint { p: Point { x: Pt(round(x)), y: Pt(round(up(y))) }, bezier: false }
}

fn colour(ink: Ink) -> Color {
    Color::Rgb(Rgb { r: ink.0, g: ink.1, b: ink.2, icc_profile: None })
}
