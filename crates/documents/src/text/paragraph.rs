// SPDX-License-Identifier: AGPL-3.0-or-later
//! A paragraph as atoms: what cannot be broken, and what may happen after it.

use super::faces::{FaceId, is_invisible};
use super::hyphens;
use super::shaper::{Shaped, Shaper};
use crate::RenderError;

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
    pub face: FaceId,
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
}

/// Shaped text, not yet broken.
#[derive(Debug)]
pub struct Paragraph<N> {
    pub runs: Vec<Run<N>>,
    pub glyphs: Vec<Glyph>,
    pub atoms: Vec<Atom>,
}

/// DejaVu Sans is large on the body; this matches its x-height with Titillium's.
const SYMBOL_SIZE: f32 = 0.9;

/// Words longer than this (hashes, codes, addresses) may break anywhere if they must.
const LONG_WORD: usize = 24;

impl<N> Paragraph<N> {
    /// Shapes the runs; refuses what cannot be drawn.
    pub fn new(runs: Vec<Run<N>>, shaper: &mut Shaper) -> Result<Self, RenderError> {
        let mut paragraph = Self { runs: Vec::new(), glyphs: Vec::new(), atoms: Vec::new() };
        let mut builder = Builder { shaper, paragraph: &mut paragraph, start: 0, word: String::new() };
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
            let breaks = match atom.after {
                After::Hyphen(g) if hyphens => {
                    word += g.advance();
                    true
                }
                After::Hyphen(_) | After::Tie(_) => hyphens,
                After::Space(_) | After::End | After::Free { .. } => true,
            };
            widest = widest.max(word);
            if breaks {
                word = 0.0;
            }
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
}

impl<N> Builder<'_, N> {
    fn run(&mut self, index: usize, run: &Run<N>) -> Result<(), RenderError> {
        let mut rest = run.text.as_str();
        while let Some(character) = rest.chars().next() {
            match character {
                '\n' => self.close(After::End),
                '\u{200B}' => self.close(After::Free { cheap: true }),
                '\u{A0}' => self.space(index, run, "\u{A0}", false),
                '\u{202F}' => self.space(index, run, "\u{202F}", false),
                c if is_space(c) => self.space(index, run, " ", true),
                _ => {
                    let end = rest.find(ends_word).unwrap_or(rest.len());
                    self.text(index, run, &rest[..end])?;
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[character.len_utf8()..];
        }
        Ok(())
    }

    /// A space; runs of them are one, and none starts a line.
    fn space(&mut self, index: usize, run: &Run<N>, text: &str, breaks: bool) {
        let empty = self.start == self.paragraph.glyphs.len();
        if breaks && empty && !self.after_word() {
            return;
        }
        let mut shaped = self.shaper.substitute(run.face, ' ', text);
        if text == "\u{202F}" {
            shaped.kern = -(shaped.width as i16) / 3;
        }
        let glyph = Glyph { run: index, face: run.face, size: run.size, shaped };
        let tied = !breaks || hyphens::ties(&self.word);
        self.close(if tied { After::Tie(glyph) } else { After::Space(glyph) });
    }

    /// True when the last atom ended inside a word (soft hyphen, zero-width space): a space
    /// typed there still counts.
    fn after_word(&mut self) -> bool {
        match self.paragraph.atoms.last() {
            Some(Atom { first, after: After::Hyphen(_) | After::Free { .. }, .. }) => {
                self.start = *first;
                self.paragraph.atoms.pop();
                true
            }
            _ => false,
        }
    }

    /// Part of a word: split by face, then by syllable.
    fn text(&mut self, index: usize, run: &Run<N>, word: &str) -> Result<(), RenderError> {
        // " – " hangs on the word before it.
        if self.word.is_empty() && matches!(word, "–" | "—") {
            self.tie_previous();
        }
        self.word.push_str(word);
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            if is_invisible(first) || first == '\u{2011}' {
                self.special(index, run, first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let face = self.face(run, first)?;
            let mut end = rest.len();
            for (at, character) in rest.char_indices() {
                if is_invisible(character) || character == '\u{2011}' || self.face(run, character)? != face {
                    end = at;
                    break;
                }
            }
            self.piece(index, run, face, &rest[..end]);
            rest = &rest[end..];
        }
        Ok(())
    }

    fn face(&self, run: &Run<N>, character: char) -> Result<FaceId, RenderError> {
        let refused = RenderError::Character { character, line: run.line };
        if !super::faces::is_printable(character) {
            return Err(refused);
        }
        self.shaper.face_for(run.face, character).ok_or(refused)
    }

    fn special(&mut self, index: usize, run: &Run<N>, character: char) {
        match character {
            '\u{AD}' => {
                let hyphen = self.hyphen(index, run, run.face, run.size);
                self.close_within(After::Hyphen(hyphen));
            }
            '\u{2011}' => {
                let shaped = self.shaper.substitute(run.face, '-', "\u{2011}");
                let glyph = Glyph { run: index, face: run.face, size: run.size, shaped };
                self.paragraph.glyphs.push(glyph);
            }
            _ => {}
        }
    }

    fn hyphen(&mut self, index: usize, _: &Run<N>, face: FaceId, size: f32) -> Glyph {
        Glyph { run: index, face, size, shaped: self.shaper.substitute(face, '-', "\u{AD}") }
    }

    /// A stretch of a word in one face.
    fn piece(&mut self, index: usize, run: &Run<N>, face: FaceId, text: &str) {
        let size = if face == FaceId::Symbols { run.size * SYMBOL_SIZE } else { run.size };
        let shaped = self.shaper.word(face, text);
        let syllables = hyphens::points(text);
        let long = text.chars().count() > LONG_WORD;
        let mut previous = ' ';
        for glyph in shaped.iter() {
            let here = text[glyph.start..].chars().next().unwrap_or(' ');
            if glyph.start > 0 {
                if syllables.binary_search(&glyph.start).is_ok() {
                    let hyphen = self.hyphen(index, run, face, size);
                    self.close_within(After::Hyphen(hyphen));
                } else if breaks_between(previous, here) {
                    self.close_within(After::Free { cheap: true });
                } else if long && !here.is_alphabetic() | !previous.is_alphabetic() {
                    self.close_within(After::Free { cheap: false });
                }
            }
            self.paragraph.glyphs.push(Glyph { run: index, face, size, shaped: *glyph });
            previous = text[glyph.start..].chars().next().unwrap_or(' ');
        }
    }

    fn tie_previous(&mut self) {
        if self.start == self.paragraph.glyphs.len()
            && let Some(atom) = self.paragraph.atoms.last_mut()
            && let After::Space(glyph) = atom.after
        {
            atom.after = After::Tie(glyph);
        }
    }

    fn close_within(&mut self, after: After) {
        let (first, last) = (self.start, self.paragraph.glyphs.len());
        if first == last {
            return;
        }
        let width = self.paragraph.glyphs[first..last].iter().map(Glyph::advance).sum();
        self.paragraph.atoms.push(Atom { first, last, width, after });
        self.start = last;
    }

    /// Ends the word.
    fn close(&mut self, after: After) {
        let (first, last) = (self.start, self.paragraph.glyphs.len());
        let width = self.paragraph.glyphs[first..last].iter().map(Glyph::advance).sum();
        self.paragraph.atoms.push(Atom { first, last, width, after });
        self.start = last;
        self.word.clear();
    }

    fn finish(&mut self) {
        let pending = self.start < self.paragraph.glyphs.len();
        let ended = matches!(self.paragraph.atoms.last(), Some(Atom { after: After::End, .. }));
        if pending || self.paragraph.atoms.is_empty() || !ended {
            // A trailing space has closed its atom already: turn it into the end.
            match self.paragraph.atoms.last_mut() {
                Some(atom) if !pending => atom.after = After::End,
                _ => self.close(After::End),
            }
        }
    }
}

fn is_space(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{A0}' | '\u{202F}' | '\n')
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || character == '\u{200B}'
}

/// Inside a word a line may end after a hyphen, a slash or a dash that stands between letters.
fn breaks_between(before: char, after: char) -> bool {
    match before {
        '/' | '–' | '—' => after.is_alphabetic(),
        '-' => after.is_alphabetic(),
        _ => false,
    }
}
