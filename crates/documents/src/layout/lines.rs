// SPDX-License-Identifier: AGPL-3.0-or-later
//! Spans to strips, one for each line of text.

use std::rc::Rc;

use super::flow::Flow;
use super::strip::{Mark, NodeId, Part, Strip, TextMark};
use super::style::{self, Ink, TextStyle};
use super::tags::Role;
use crate::RenderError;
use crate::markup::Span;
use crate::text::{After, Atom, FaceId, Fit, Glyph, LineRange, Paragraph, Run, composed};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Justified,
    Left,
    Center,
    Right,
}

/// What each glyph remembers of its run.
#[derive(Debug, Clone)]
pub struct Note {
    pub node: Option<NodeId>,
    pub ink: Ink,
    pub link: Option<Rc<str>>,
}

/// Where and how a paragraph is set.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub x: f32,
    pub width: f32,
    pub style: TextStyle,
    pub align: Align,
    pub fit: Fit,
}

impl Flow {
    /// Shapes spans that belong to `node`; links become elements inside it.
    pub fn paragraph(
        &mut self,
        spans: &[Span],
        style: &TextStyle,
        node: Option<NodeId>,
    ) -> Result<Paragraph<Note>, RenderError> {
        let mut runs = Vec::with_capacity(spans.len());
        let mut last_link: Option<(Rc<str>, NodeId)> = None;
        for span in spans {
            let mut note = Note { node, ink: style.ink, link: span.link.clone() };
            if let (Some(url), Some(parent)) = (&span.link, node) {
                note.ink = style::LINK;
                let link = match &last_link {
                    Some((known, link)) if known == url => *link,
                    _ => {
                        let link = self.tags.add_inline(parent, Role::Link);
                        self.tags.nodes[link].alt = Some(format!("Collegamento a {url}"));
                        link
                    }
                };
                last_link = Some((url.clone(), link));
                note.node = Some(link);
            } else {
                last_link = None;
            }
            // Italic inside italic stands upright; bold inside bold stays.
            let face = FaceId::of(style.bold || span.bold, style.italic != span.italic);
            let text = span.text.clone();
            runs.push(Run { text, face, size: style.size, note, line: span.line });
        }
        Paragraph::new(runs, &mut self.shaper)
    }

    /// Shapes one plain text.
    pub fn plain(
        &mut self,
        text: &str,
        style: &TextStyle,
        node: Option<NodeId>,
        line: usize,
    ) -> Result<Paragraph<Note>, RenderError> {
        let text = composed(text).into_owned();
        let span = Span { text, bold: false, italic: false, link: None, line };
        self.paragraph(&[span], style, node)
    }
}

/// Breaks a paragraph and gives one strip for each line, widows and orphans kept together.
pub fn strips(mut paragraph: Paragraph<Note>, at: &Setting) -> Vec<Strip> {
    let lines = paragraph.lines(at.width, at.fit);
    let count = lines.len();
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let mut strip = Strip { height: at.style.leading, ..Strip::default() };
            set_line(&paragraph, line, at, &mut strip.marks);
            strip.keep = count > 1 && (index == 0 || index + 2 == count);
            strip
        })
        .collect()
}

/// Distance from the top of a line to its baseline: the x-height band sits in the middle.
pub fn baseline(style: &TextStyle) -> f32 {
    style.leading * 0.5 + style.size * 0.33
}

fn set_line(paragraph: &Paragraph<Note>, line: &LineRange, at: &Setting, marks: &mut Vec<Mark>) {
    let atoms = &paragraph.atoms[line.first..line.last];
    let free = (at.width - line.width).max(0.0);
    let start = at.x
        + match at.align {
            Align::Justified | Align::Left => 0.0,
            Align::Center => free / 2.0,
            Align::Right => free,
        };
    let divided = Divided::of(paragraph, line);
    let y = baseline(&at.style);
    let mut pen = Pen { paragraph, x: start, y, open: None, actual: None, marks };
    for (index, atom) in atoms.iter().enumerate() {
        pen.actual = divided.actual(paragraph, atom, pen.actual.take());
        for glyph in &paragraph.glyphs[atom.first..atom.last] {
            pen.put(glyph, line.tracking);
        }
        let last = index + 1 == atoms.len();
        if !matches!(atom.after, After::Hyphen(_)) {
            pen.actual = None;
        }
        match atom.after {
            // The space that ends a line is drawn too: without it, text that is read or copied
            // would run the words of two lines together.
            After::Space(glyph) | After::Tie(glyph) => {
                pen.put(&glyph, if last { 0.0 } else { line.stretch });
            }
            After::Hyphen(glyph) if last => pen.put(&glyph, 0.0),
            After::Hyphen(_) | After::Free { .. } | After::End => {}
        }
    }
    pen.flush();
}

/// The words a line shares with its neighbours. Who reads, searches or copies the text gets each
/// of them whole, on the line it starts on, and not a hyphen in the middle of it.
struct Divided {
    /// Begun on the line before.
    head: Option<usize>,
    /// Ends on the line after.
    tail: Option<usize>,
}

impl Divided {
    fn of(paragraph: &Paragraph<Note>, line: &LineRange) -> Self {
        let broken = |end: usize| {
            let atom = end.checked_sub(1).and_then(|i| paragraph.atoms.get(i))?;
            matches!(atom.after, After::Hyphen(_)).then_some(atom.word).flatten()
        };
        Self { head: broken(line.first), tail: broken(line.last) }
    }

    /// What the glyphs of an atom stand for; only the first of a word says it.
    fn actual(
        &self,
        paragraph: &Paragraph<Note>,
        atom: &Atom,
        before: Option<Rc<str>>,
    ) -> Option<Rc<str>> {
        let word = atom.word?;
        if self.head == Some(word) {
            return Some(Rc::from(""));
        }
        if self.tail != Some(word) {
            return None;
        }
        before.or_else(|| paragraph.words.get(word).cloned())
    }
}

struct Pen<'a> {
    paragraph: &'a Paragraph<Note>,
    x: f32,
    y: f32,
    /// What the glyphs to come stand for.
    actual: Option<Rc<str>>,
    /// The mark being built and its link.
    open: Option<(TextMark, Option<Rc<str>>)>,
    marks: &'a mut Vec<Mark>,
}

impl Pen<'_> {
    fn put(&mut self, glyph: &Glyph, extra: f32) {
        let note = &self.paragraph.runs[glyph.run].note;
        let same = self.open.as_ref().is_some_and(|(mark, _)| mark.node == note.node);
        if !same {
            self.flush();
            let mark = TextMark { node: note.node, x: self.x, y: self.y, parts: Vec::new() };
            self.open = Some((mark, note.link.clone()));
        }
        let Some((mark, _)) = &mut self.open else {
            return;
        };
        let fits = |part: &Part| {
            (part.face, part.size, part.ink) == (glyph.shaped.face, glyph.size, note.ink)
                && part.actual == self.actual
        };
        if !mark.parts.last().is_some_and(fits) {
            let (face, size, ink) = (glyph.shaped.face, glyph.size, note.ink);
            let said = mark.parts.last().is_some_and(|part| part.actual == self.actual);
            // A word in two faces is said once, by its first part.
            let actual = self.actual.clone().map(|word| if said { "".into() } else { word });
            self.actual.clone_from(&actual);
            mark.parts.push(Part { face, size, ink, glyphs: Vec::new(), width: 0.0, actual });
        }
        let Some(part) = mark.parts.last_mut() else {
            return;
        };
        let kern = f32::from(glyph.shaped.kern) * glyph.size / 1000.0 + extra;
        part.glyphs.push((glyph.shaped.cid, kern));
        let advance = glyph.advance() + extra;
        part.width += advance;
        self.x += advance;
    }

    /// Ends the mark; a link gets its active area and its underline.
    fn flush(&mut self) {
        let Some((mark, link)) = self.open.take() else {
            return;
        };
        let width: f32 = mark.parts.iter().map(|part| part.width).sum();
        let size = mark.parts.first().map_or(0.0, |part| part.size);
        let (x, y) = (mark.x, mark.y);
        let node = mark.node;
        self.marks.push(Mark::Text(mark));
        if let (Some(url), Some(node)) = (link, node) {
            let rule = y + size * 0.14;
            let ink = style::LINK;
            self.marks.push(Mark::Rule {
                x0: x,
                y0: rule,
                x1: x + width,
                y1: rule,
                width: 0.45,
                ink,
            });
            let (top, height) = (y - size * 0.85, size * 1.15);
            self.marks.push(Mark::Link { node, x, y: top, width, height, url });
        }
    }
}
