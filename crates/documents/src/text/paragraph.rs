// SPDX-License-Identifier: AGPL-3.0-or-later
//! A paragraph as atoms: what cannot be broken, and what may happen after it.

use super::faces::FaceId;
use super::hyphens;
use super::shaper::{Break, Shaped, Shaper};
use crate::RenderError;
use std::rc::Rc;

/// A stretch of text in one style, given to [`Paragraph::new`].
#[derive(Debug, Clone)]
pub struct Run<N> {
    pub text: String,
    pub face: FaceId,
    /// Points.
    pub size: f32,
    /// Whatever the caller wants back with each glyph: tag, colour, link.
    pub note: N,
    /// Line of the body, for messages.
    pub line: usize,
}

/// A glyph of the paragraph.
#[derive(Debug, Clone, Copy)]
pub struct Glyph {
    /// Index of its run.
    pub run: usize,
    /// Size in points (that of the symbol font is a little less than its run's).
    pub size: f32,
    pub shaped: Shaped,
}

impl Glyph {
    /// Advance in points, kerning included.
    pub fn advance(&self) -> f32 {
        (f32::from(self.shaped.width) + f32::from(self.shaped.kern)) * self.size / 1000.0
    }
}

/// What follows an atom.
#[derive(Debug, Clone, Copy)]
pub enum After {
    /// A space; a line may end here.
    Space(Glyph),
    /// A space that never ends a line.
    Tie(Glyph),
    /// A line may end here, with this hyphen.
    Hyphen(Glyph),
    /// A line may end here with nothing added; `cheap` after `/`, `-`.
    Free { cheap: bool },
    /// The line ends here: asked for, or the end of the paragraph.
    End,
}

/// Glyphs that stay together.
#[derive(Debug, Clone)]
pub struct Atom {
    pub first: usize,
    pub last: usize,
    pub width: f32,
    pub after: After,
    /// The word it is a syllable of, in [`Paragraph::words`]; only words that may be divided.
    pub word: Option<usize>,
}

/// Shaped text, not yet broken.
#[derive(Debug)]
pub struct Paragraph<N> {
    pub runs: Vec<Run<N>>,
    pub glyphs: Vec<Glyph>,
    pub atoms: Vec<Atom>,
    /// Words that may be divided.
    pub words: Vec<Rc<str>>,
}

/// DejaVu Sans is large on the body; this matches its x-height with Titillium's.
const SYMBOL_SIZE: f32 = 0.9;

impl<N> Paragraph<N> {
    /// Shapes the runs; refuses what cannot be drawn.
    pub fn new(runs: Vec<Run<N>>, shaper: &mut Shaper) -> Result<Self, RenderError> {
        let mut paragraph =
            Self { runs: Vec::new(), glyphs: Vec::new(), atoms: Vec::new(), words: Vec::new() };
        let mut builder =
            Builder { shaper, paragraph: &mut paragraph, start: 0, word: String::new(), first: 0 };
        for (index, run) in runs.iter().enumerate() {
            builder.run(index, run)?;
        }
        builder.finish();
        paragraph.runs = runs;
        Ok(paragraph)
    }

    /// Width of the longest line if nothing is broken but what the author broke.
    pub fn natural_width(&self) -> f32 {
        let mut widest: f32 = 0.0;
        let mut line = 0.0;
        for atom in &self.atoms {
            line += atom.width;
            widest = widest.max(line);
            match atom.after {
                After::Space(g) | After::Tie(g) => line += g.advance(),
                After::End => line = 0.0,
                After::Hyphen(_) | After::Free { .. } => {}
            }
        }
        widest
    }

    /// Width below which something must break where it should not; with `hyphens` words may
    /// break at syllables, without them only long codes may.
    pub fn least_width(&self, hyphens: bool) -> f32 {
        let mut widest: f32 = 0.0;
        let mut word: f32 = 0.0;
        for atom in &self.atoms {
            word += atom.width;
            match atom.after {
                After::Hyphen(_) if !hyphens => continue,
                After::Tie(glyph) if !hyphens => {
                    word += glyph.advance();
                    continue;
                }
                After::Hyphen(glyph) => word += glyph.advance(),
                After::Space(_) | After::Tie(_) | After::Free { .. } | After::End => {}
            }
            widest = widest.max(word);
            word = 0.0;
        }
        widest
    }
}

struct Builder<'a, N> {
    shaper: &'a mut Shaper,
    paragraph: &'a mut Paragraph<N>,
    /// First glyph of the atom being built.
    start: usize,
    /// Text of the word so far, across runs: "**art.** 49" is one rule for ties.
    word: String,
    /// Its first atom.
    first: usize,
}

impl<N> Builder<'_, N> {
    fn run(&mut self, index: usize, run: &Run<N>) -> Result<(), RenderError> {
        let mut rest = run.text.as_str();
        while let Some(character) = rest.chars().next() {
            if !character.is_whitespace() {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                self.text(index, run, &rest[..end])?;
                rest = &rest[end..];
                continue;
            }
            match character {
                '\n' => self.close(After::End),
                '\u{A0}' => self.space(index, run, "\u{A0}", false),
                '\u{202F}' => self.space(index, run, "\u{202F}", false),
                _ => self.space(index, run, " ", true),
            }
            rest = &rest[character.len_utf8()..];
        }
        Ok(())
    }

    /// A space; runs of them are one, and none starts a line.
    fn space(&mut self, index: usize, run: &Run<N>, text: &'static str, breaks: bool) {
        if breaks && self.start == self.paragraph.glyphs.len() {
            return;
        }
        let mut shaped = self.shaper.substitute(run.face, ' ', text);
        if text == "\u{202F}" {
            shaped.kern = -(shaped.width as i16) / 3;
        }
        let glyph = Glyph { run: index, size: run.size, shaped };
        let tied = !breaks || hyphens::ties(&self.word);
        self.close(if tied { After::Tie(glyph) } else { After::Space(glyph) });
    }

    /// A word, or the part of one that stands in this run.
    fn text(&mut self, index: usize, run: &Run<N>, word: &str) -> Result<(), RenderError> {
        // " – " hangs on the word before it.
        if self.word.is_empty() && matches!(word, "–" | "—") {
            self.tie_previous();
        }
        self.word.push_str(word);
        let shaped = self
            .shaper
            .word(run.face, word)
            .map_err(|character| RenderError::Character { character, line: run.line })?;
        for (before, shaped) in shaped.iter() {
            let size = if shaped.face == run.face { run.size } else { run.size * SYMBOL_SIZE };
            match before {
                None => {}
                Some(Break::Hyphen(hyphen)) => {
                    let size =
                        if hyphen.face == run.face { run.size } else { run.size * SYMBOL_SIZE };
                    self.close_within(After::Hyphen(Glyph { run: index, size, shaped: *hyphen }));
                }
                Some(Break::Free) => self.close_within(After::Free { cheap: true }),
                Some(Break::Forced) => self.close_within(After::Free { cheap: false }),
            }
            self.paragraph.glyphs.push(Glyph { run: index, size, shaped: *shaped });
        }
        Ok(())
    }

    fn tie_previous(&mut self) {
        if self.start == self.paragraph.glyphs.len()
            && let Some(atom) = self.paragraph.atoms.last_mut()
            && let After::Space(glyph) = atom.after
        {
            atom.after = After::Tie(glyph);
        }
    }

    /// Ends the atom inside a word, if it has glyphs.
    fn close_within(&mut self, after: After) {
        if self.start < self.paragraph.glyphs.len() {
            self.push_atom(after);
        }
    }

    /// Ends the word.
    fn close(&mut self, after: After) {
        self.push_atom(after);
        let atoms = &mut self.paragraph.atoms[self.first..];
        if atoms.iter().any(|atom| matches!(atom.after, After::Hyphen(_))) {
            let word = self.paragraph.words.len();
            atoms.iter_mut().for_each(|atom| atom.word = Some(word));
            self.paragraph.words.push(self.word.as_str().into());
        }
        self.first = self.paragraph.atoms.len();
        self.word.clear();
    }

    fn push_atom(&mut self, after: After) {
        let (first, last) = (self.start, self.paragraph.glyphs.len());
        let width = self.paragraph.glyphs[first..last].iter().map(Glyph::advance).sum();
        self.paragraph.atoms.push(Atom { first, last, width, after, word: None });
        self.start = last;
    }

    /// Closes the paragraph; a space at its end has closed the last atom already.
    fn finish(&mut self) {
        let pending = self.start < self.paragraph.glyphs.len();
        match self.paragraph.atoms.last_mut() {
            Some(atom) if !pending => atom.after = After::End,
            _ => self.close(After::End),
        }
    }
}
