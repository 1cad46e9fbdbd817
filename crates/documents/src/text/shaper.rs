// SPDX-License-Identifier: AGPL-3.0-or-later
//! Words to glyphs: rustybuzz for kerning and ligatures, with every word shaped once a document.
//!
//! Character codes (CIDs) are ours: one for each pair of glyph and text it stands for, in order of
//! first use. So a hyphen at the end of a line extracts as U+00AD and a hyphen in a word as
//! U+002D although they share a glyph (ISO 32000-1 §14.8.2.2.3), and ligatures extract as letters.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use rustybuzz::{UnicodeBuffer, script, shape_with_plan};

use super::faces::{FaceId, LoadedFace, faces, is_invisible, is_printable};
use super::hyphens;

/// A glyph; lengths are 1/1000 em.
#[derive(Debug, Clone, Copy)]
pub struct Shaped {
    pub face: FaceId,
    pub cid: u16,
    /// Advance the font declares.
    pub width: u16,
    /// What kerning adds to it.
    pub kern: i16,
}

/// Where a line may end inside a word.
#[derive(Debug, Clone, Copy)]
pub enum Break {
    /// At a syllable, with this hyphen.
    Hyphen(Shaped),
    /// After `/`, `-` or a zero-width space.
    Free,
    /// In a code too long for any line, if it must.
    Forced,
}

/// A shaped word: its glyphs, each with the break that precedes it.
pub type Word = [(Option<Break>, Shaped)];

/// Words longer than this (hashes, codes, addresses) may break anywhere if they must.
const LONG_WORD: usize = 24;

/// Titillium pulls "//" together by more than a quarter of an em: programs that read the page
/// then take the second slash for the start of another line.
const TIGHTEST: i16 = -120;

/// The codes a document uses of one font: index is CID, content is glyph and text.
#[derive(Debug, Default)]
pub struct Subset {
    /// By glyph, its first code, 0 for none: asked for at each glyph of the page.
    first: Vec<u16>,
    pub entries: Vec<(u16, Box<str>)>,
}

impl Subset {
    fn code(&mut self, glyph: u16, text: &str) -> u16 {
        if self.entries.is_empty() {
            self.entries.push((0, "".into()));
        }
        let at = usize::from(glyph);
        if self.first.len() <= at {
            self.first.resize(at + 1, 0);
        }
        let first = usize::from(self.first[at]);
        let is = |(entry, said): &(u16, Box<str>)| (*entry, &**said) == (glyph, text);
        // A few glyphs stand for more than one text: a hyphen, a space.
        let known = (first > 0).then(|| self.entries[first..].iter().position(is)).flatten();
        // Both fonts have fewer than 2^15 glyphs, each with a handful of texts at most.
        let cid = known.map_or(self.entries.len(), |after| first + after);
        let cid = u16::try_from(cid).unwrap_or(0);
        if known.is_none() {
            self.entries.push((glyph, text.into()));
        }
        if first == 0 {
            self.first[at] = cid;
        }
        cid
    }
}

/// A glyph of a shaped word, before it has a code in a document.
#[derive(Debug, Clone)]
struct Drawn {
    id: u16,
    width: u16,
    kern: i16,
    before: Option<Before>,
    /// Bytes of the word it stands for.
    text: Range<usize>,
}

/// What may happen before a glyph.
#[derive(Debug, Clone, Copy)]
enum Before {
    Hyphen,
    Free,
    Forced,
}

/// Words already shaped, by face. Forgotten all at once when they are too many: some megabytes.
#[derive(Default)]
struct Known {
    words: [HashMap<Box<str>, Rc<[Drawn]>>; 5],
    count: usize,
}

/// An act has some hundreds of different words.
const MOST_KNOWN: usize = 12_000;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Shapes words and remembers what the document uses.
pub struct Shaper {
    faces: &'static [LoadedFace; 5],
    words: [HashMap<Box<str>, Rc<Word>>; 5],
    /// Glyphs given by [`Self::substitute`]: one for each space of the page is asked.
    substitutes: Vec<(FaceId, &'static str, Shaped)>,
    buffer: Option<UnicodeBuffer>,
    pub subsets: [Subset; 5],
}

impl Shaper {
    pub fn new() -> Result<Self, crate::RenderError> {
        let faces = faces()?;
        let (words, subsets) = Default::default();
        Ok(Self { faces, words, substitutes: Vec::new(), buffer: None, subsets })
    }

    /// Shapes a word, symbols from the other font included; `Err` is a character without glyph.
    pub fn word(&mut self, face: FaceId, word: &str) -> Result<Rc<Word>, char> {
        if let Some(known) = self.words[face as usize].get(word) {
            return Ok(Rc::clone(known));
        }
        let mut glyphs = Vec::with_capacity(word.len());
        // A word shaped before is drawn by this face from end to end: nothing is to be asked again.
        if KNOWN.with_borrow(|known| known.words[face as usize].contains_key(word)) {
            self.shape(face, word, &mut glyphs);
            let shaped: Rc<Word> = glyphs.into();
            self.words[face as usize].insert(word.into(), Rc::clone(&shaped));
            return Ok(shaped);
        }
        let mut pending = None;
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            match first {
                '\u{AD}' => pending = Some(Break::Hyphen(self.hyphen(face))),
                '\u{200B}' => pending = Some(Break::Free),
                '\u{2011}' => {
                    glyphs.push((pending.take(), self.substitute(face, '-', "\u{2011}")));
                }
                c if is_invisible(c) => {}
                _ => {
                    let (drawn_by, length) = self.stretch(face, rest)?;
                    let from = glyphs.len();
                    self.shape(drawn_by, &rest[..length], &mut glyphs);
                    if let (Some(before), Some(glyph)) = (pending.take(), glyphs.get_mut(from)) {
                        glyph.0 = Some(before);
                    }
                    rest = &rest[length..];
                    continue;
                }
            }
            rest = &rest[first.len_utf8()..];
        }
        let shaped: Rc<Word> = glyphs.into();
        self.words[face as usize].insert(word.into(), Rc::clone(&shaped));
        Ok(shaped)
    }

    /// The font that draws the start of `text`, and how many bytes of it.
    fn stretch(&self, wanted: FaceId, text: &str) -> Result<(FaceId, usize), char> {
        let mut found = None;
        for (at, character) in text.char_indices() {
            if at > 0 && (is_invisible(character) || character == '\u{2011}') {
                return Ok((found.unwrap_or(wanted), at));
            }
            if !is_printable(character) {
                return Err(character);
            }
            let face = [wanted, FaceId::Symbols]
                .into_iter()
                .find(|id| self.faces[*id as usize].glyph(character).is_some())
                .ok_or(character)?;
            if *found.get_or_insert(face) != face {
                return Ok((found.unwrap_or(wanted), at));
            }
        }
        Ok((found.unwrap_or(wanted), text.len()))
    }

    /// Shapes text the face draws entirely and marks where it may be broken.
    fn shape(&mut self, face: FaceId, text: &str, out: &mut Vec<(Option<Break>, Shaped)>) {
        let drawn = self.drawn(face, text);
        for glyph in drawn.iter() {
            let cid = self.subsets[face as usize].code(glyph.id, &text[glyph.text.clone()]);
            let before = glyph.before.map(|before| match before {
                Before::Hyphen => Break::Hyphen(self.hyphen(face)),
                Before::Free => Break::Free,
                Before::Forced => Break::Forced,
            });
            out.push((before, Shaped { face, cid, width: glyph.width, kern: glyph.kern }));
        }
    }

    /// The glyphs of a word, shaped once in the life of the thread: the words of one act are those
    /// of the next, and shaping costs more than anything else a page needs.
    fn drawn(&mut self, face: FaceId, text: &str) -> Rc<[Drawn]> {
        KNOWN.with_borrow_mut(|known| {
            if let Some(found) = known.words[face as usize].get(text) {
                return Rc::clone(found);
            }
            let made: Rc<[Drawn]> = self.draw(face, text).into();
            if known.count >= MOST_KNOWN {
                *known = Known::default();
            }
            known.count += 1;
            known.words[face as usize].insert(text.into(), Rc::clone(&made));
            made
        })
    }

    fn draw(&mut self, face: FaceId, text: &str) -> Vec<Drawn> {
        let loaded = &self.faces[face as usize];
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(text);
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let glyphs = shape_with_plan(&loaded.face, &loaded.plan, buffer);
        let syllables = hyphens::points(text);
        let long = text.chars().count() > LONG_WORD;
        let infos = glyphs.glyph_infos();
        let mut previous = ' ';
        let mut out = Vec::with_capacity(infos.len());
        for (index, (info, position)) in infos.iter().zip(glyphs.glyph_positions()).enumerate() {
            let start = info.cluster as usize;
            let end = infos[index + 1..]
                .iter()
                .map(|next| next.cluster as usize)
                .find(|next| *next > start)
                .unwrap_or(text.len());
            let id = info.glyph_id as u16;
            let width = loaded.width(id);
            let advance = (position.x_advance as f32 * loaded.scale).round() as i16;
            let here = text[start..].chars().next().unwrap_or(' ');
            let before = match start {
                0 => None,
                _ if syllables.binary_search(&start).is_ok() => Some(Before::Hyphen),
                _ if breaks_between(previous, here) => Some(Before::Free),
                _ if long && !(here.is_alphabetic() && previous.is_alphabetic()) => {
                    Some(Before::Forced)
                }
                _ => None,
            };
            let kern = (advance - width as i16).max(TIGHTEST);
            out.push(Drawn { id, width, kern, before, text: start..end });
            previous = here;
        }
        self.buffer = Some(glyphs.clear());
        out
    }

    fn hyphen(&mut self, face: FaceId) -> Shaped {
        self.substitute(face, '-', "\u{AD}")
    }

    /// The glyph of `drawn`, extracted as `text`: soft hyphens, no-break spaces and hyphens.
    pub fn substitute(&mut self, face: FaceId, drawn: char, text: &'static str) -> Shaped {
        let is = |(known, said, _): &&(FaceId, &str, Shaped)| (*known, *said) == (face, text);
        if let Some((_, _, shaped)) = self.substitutes.iter().find(is) {
            return *shaped;
        }
        let loaded = &self.faces[face as usize];
        let glyph = loaded.glyph(drawn).unwrap_or(0);
        let cid = self.subsets[face as usize].code(glyph, text);
        let shaped = Shaped { face, cid, width: loaded.width(glyph), kern: 0 };
        self.substitutes.push((face, text, shaped));
        shaped
    }
}

/// Inside a word a line may end after a slash, a hyphen or a dash that stands before a letter.
fn breaks_between(before: char, after: char) -> bool {
    matches!(before, '/' | '-' | '–' | '—') && after.is_alphabetic()
}
