// SPDX-License-Identifier: AGPL-3.0-or-later
//! Blocks to strips.

use super::Field;
use super::lines::{self, Align, Setting};
use super::strip::{Mark, NodeId, Strip, merge};
use super::style::{self, BODY, GAP, SMALL, TIGHT_GAP, TextStyle};
use super::tags::{ROOT, Role, Tags};
use crate::RenderError;
use crate::markup::{Block, Kind, Marker, Span};
use crate::text::{Fit, Shaper};

/// Narrower than this, text cannot be set.
const NARROWEST: f32 = 90.0;

/// What layout collects besides strips.
pub struct Flow {
    pub shaper: Shaper,
    pub tags: Tags,
    pub fields: Vec<Field>,
    /// Header strips of tables, as artifacts, for the pages they continue on.
    pub table_heads: Vec<Option<Strip>>,
    /// Left edge and width of each frame.
    pub frames: Vec<(f32, f32)>,
}

/// Where blocks are set.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    pub x: f32,
    pub width: f32,
    pub style: TextStyle,
    pub align: Align,
    pub parent: NodeId,
    /// Space between paragraphs.
    pub gap: f32,
    /// Headings become bold paragraphs: structure inside list items would break the outline.
    pub nested: bool,
}

impl Flow {
    pub fn new() -> Result<Self, RenderError> {
        Ok(Self {
            shaper: Shaper::new()?,
            tags: Tags::new(),
            fields: Vec::new(),
            table_heads: Vec::new(),
            frames: Vec::new(),
        })
    }

    pub fn page_context(&self) -> Context {
        Context {
            x: style::LEFT,
            width: style::MEASURE,
            style: BODY,
            align: Align::Justified,
            parent: ROOT,
            gap: GAP,
            nested: false,
        }
    }

    /// Sets blocks one under the other.
    pub fn blocks(&mut self, blocks: &[Block], at: &Context) -> Result<Vec<Strip>, RenderError> {
        let mut out: Vec<Strip> = Vec::new();
        let mut after: f32 = 0.0;
        let mut new_page = false;
        for (index, block) in blocks.iter().enumerate() {
            if matches!(block.kind, Kind::PageBreak) {
                new_page = true;
                continue;
            }
            if at.width < NARROWEST {
                let reason = "testo troppo rientrato per essere stampato".to_owned();
                return Err(RenderError::Markdown { line: block.line, reason });
            }
            let mut strips = self.block(block, at)?;
            let (before, next_after) = spacing(block, at);
            if let Some(first) = strips.first_mut() {
                first.before = first.before.max(before).max(after);
                first.new_page |= std::mem::take(&mut new_page);
                after = next_after;
            }
            if let Some(last) = strips.last_mut() {
                last.keep |= keeps_with_next(block, blocks.get(index + 1));
            }
            out.append(&mut strips);
        }
        Ok(out)
    }

    fn block(&mut self, block: &Block, at: &Context) -> Result<Vec<Strip>, RenderError> {
        match &block.kind {
            Kind::Heading { level, text } => self.heading(*level, text, at),
            Kind::Paragraph(spans) => {
                let node = self.tags.add(at.parent, Role::Paragraph);
                self.text(spans, node, at)
            }
            Kind::List { marker, tight, items } => self.list(*marker, *tight, items, at),
            Kind::Quote(blocks) => {
                let parent = self.tags.add(at.parent, Role::Quote);
                let inset = 22.0;
                let style = TextStyle { italic: true, ..at.style };
                let (x, width) = (at.x + inset, at.width - 2.0 * inset);
                self.blocks(blocks, &Context { x, width, style, parent, nested: true, ..*at })
            }
            Kind::Table(table) => self.table(table, block.line, at),
            Kind::Labels(rows) => self.labels(rows, block.line, at),
            Kind::Rule => Ok(vec![rule(at)]),
            Kind::Signatures(boxes) => self.signatures(boxes, at),
            Kind::Centered(blocks) => self.blocks(blocks, &Context { align: Align::Center, ..*at }),
            Kind::Framed(blocks) => self.framed(blocks, at),
            Kind::Coded { url, blocks } => self.coded(url, blocks, block.line, at),
            Kind::Small(blocks) => {
                self.blocks(blocks, &Context { style: SMALL, gap: GAP * 0.6, ..*at })
            }
            Kind::Together(blocks) => {
                let mut strips = self.blocks(blocks, at)?;
                keep_all(&mut strips);
                Ok(strips)
            }
            Kind::PageBreak => Ok(Vec::new()),
        }
    }

    fn text(
        &mut self,
        spans: &[Span],
        node: NodeId,
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let paragraph = self.paragraph(spans, &at.style, Some(node))?;
        let fit = match at.align {
            Align::Justified => Fit::Justified,
            Align::Center => Fit::Balanced,
            Align::Left | Align::Right => Fit::Whole,
        };
        let (x, width, style, align) = (at.x, at.width, at.style, at.align);
        Ok(lines::strips(paragraph, &Setting { x, width, style, align, fit }))
    }

    fn heading(
        &mut self,
        level: u8,
        text: &[Span],
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let title: String = text.iter().map(|span| span.text.as_str()).collect();
        if title.trim().is_empty() {
            return Ok(Vec::new());
        }
        let (style, _, _) = style::heading(level, title.chars().count());
        let tag_level = if at.nested { None } else { Some(self.tags.heading_level(level)) };
        let role = tag_level.map_or(Role::Paragraph, Role::Heading);
        let node = self.tags.add(at.parent, role);
        let paragraph = self.paragraph(text, &style, Some(node))?;
        let align = if at.align == Align::Justified { Align::Left } else { at.align };
        let setting = Setting { x: at.x, width: at.width, style, align, fit: Fit::Balanced };
        let mut strips = lines::strips(paragraph, &setting);
        keep_all(&mut strips);
        if let (Some(first), Some(level)) = (strips.first_mut(), tag_level) {
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            first.marks.push(Mark::Anchor { y: 0.0, level, title });
        }
        Ok(strips)
    }

    fn list(
        &mut self,
        marker: Marker,
        tight: bool,
        items: &[Vec<Block>],
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let list = self.tags.add(at.parent, Role::List { ordered: marker != Marker::Bullet });
        let labels: Vec<String> = (0..items.len()).map(|i| label(marker, i, at)).collect();
        let mut widest: f32 = 0.0;
        for text in &labels {
            widest = widest.max(self.plain(text, &at.style, None, 0)?.natural_width());
        }
        let gap = if marker == Marker::Bullet { 7.0 } else { 6.0 };
        let indent = 6.0 + (widest + gap).max(13.0);
        let mut out = Vec::new();
        for (text, blocks) in labels.iter().zip(items) {
            let item = self.tags.add(list, Role::Item);
            let tag = self.tags.add(item, Role::Label);
            let body = self.tags.add(item, Role::ItemBody);
            let inner = Context {
                x: at.x + indent,
                width: at.width - indent,
                parent: body,
                gap: if tight { TIGHT_GAP } else { at.gap * 0.7 },
                align: if at.align == Align::Justified { Align::Justified } else { Align::Left },
                nested: true,
                ..*at
            };
            let mut strips = self.blocks(blocks, &inner)?;
            if strips.is_empty() {
                strips.push(Strip::blank(at.style.leading, false));
            }
            let paragraph = self.plain(text, &at.style, Some(tag), 0)?;
            let (x, width) = (at.x + 6.0, indent - 6.0 - gap);
            let align = if marker == Marker::Bullet { Align::Left } else { Align::Right };
            let setting = Setting { x, width, style: at.style, align, fit: Fit::Whole };
            let mark = merge(lines::strips(paragraph, &setting)).marks;
            // The label is read before its item.
            strips[0].marks.splice(0..0, mark);
            strips[0].before = strips[0].before.max(inner.gap);
            out.append(&mut strips);
        }
        Ok(out)
    }

    fn framed(&mut self, blocks: &[Block], at: &Context) -> Result<Vec<Strip>, RenderError> {
        let frame = self.frames.len();
        self.frames.push((at.x, at.width));
        let (x, width) = (at.x + style::FRAME_PAD, at.width - 2.0 * style::FRAME_PAD);
        let parent = self.tags.add(at.parent, Role::Group);
        let inner = self.blocks(blocks, &Context { x, width, parent, ..*at })?;
        let mut strips = vec![Strip::blank(style::FRAME_PAD - 2.0, true)];
        strips.extend(inner);
        if let Some(first) = strips.get_mut(1) {
            first.before = 0.0;
        }
        keep_all(&mut strips);
        strips.push(Strip::blank(style::FRAME_PAD, false));
        for strip in &mut strips {
            strip.frames.insert(0, frame);
        }
        Ok(strips)
    }
}

/// Space before and after a block; of two neighbours the larger holds.
fn spacing(block: &Block, at: &Context) -> (f32, f32) {
    match &block.kind {
        Kind::Heading { level, text } => {
            let characters = text.iter().map(|span| span.text.chars().count()).sum();
            let (_, before, after) = style::heading(*level, characters);
            (before, after)
        }
        Kind::Table(_) | Kind::Labels(_) => (at.gap + 3.0, at.gap + 6.0),
        Kind::Framed(_) | Kind::Coded { .. } => (at.gap + 4.0, at.gap + 6.0),
        Kind::Rule => (at.gap + 5.0, at.gap + 5.0),
        Kind::Signatures(_) => (at.gap + 14.0, at.gap + 8.0),
        // The containers' own blocks bring their spacing.
        Kind::Centered(_) | Kind::Together(_) => (at.gap, at.gap),
        _ => (at.gap, at.gap),
    }
}

/// Headings hold on to what they head; a phrase ending in a colon to what it announces; the last
/// words before the signatures to the signatures.
fn keeps_with_next(block: &Block, next: Option<&Block>) -> bool {
    let Some(next) = next else { return false };
    match &block.kind {
        Kind::Heading { .. } => true,
        Kind::Paragraph(spans) => {
            let colon = spans.last().is_some_and(|span| span.text.trim_end().ends_with(':'));
            let announced = matches!(
                next.kind,
                Kind::List { .. }
                    | Kind::Table(_)
                    | Kind::Labels(_)
                    | Kind::Framed(_)
                    | Kind::Quote(_)
            );
            (colon && announced) || matches!(next.kind, Kind::Signatures(_))
        }
        Kind::Centered(blocks) => blocks.last().is_some_and(|b| keeps_with_next(b, Some(next))),
        _ => false,
    }
}

pub fn keep_all(strips: &mut [Strip]) {
    if let Some((_, all)) = strips.split_last_mut() {
        for strip in all {
            strip.keep = true;
        }
    }
}

fn label(marker: Marker, index: usize, at: &Context) -> String {
    match marker {
        Marker::Bullet if at.nested => "–".to_owned(),
        Marker::Bullet => "•".to_owned(),
        Marker::Number { start, delimiter } => format!("{}{delimiter}", start + index),
    }
}

fn rule(at: &Context) -> Strip {
    let length = 90.0_f32.min(at.width);
    let x0 = at.x + (at.width - length) / 2.0;
    let mark =
        Mark::Rule { x0, y0: 0.5, x1: x0 + length, y1: 0.5, width: 0.6, ink: style::STRONG_RULE };
    Strip { height: 1.0, marks: vec![mark], ..Strip::default() }
}
