// SPDX-License-Identifier: AGPL-3.0-or-later
//! Words to glyphs: rustybuzz for kerning and ligatures, with every word shaped once a document.
//!
//! Character codes (CIDs) are ours: one for each pair of glyph and text it stands for, in order of
//! first use. So a hyphen at the end of a line extracts as U+00AD and a hyphen in a word as
//! U+002D although they share a glyph (ISO 32000-1 §14.8.2.2.3), and ligatures extract as letters.

use std::collections::HashMap;
use std::rc::Rc;

use rustybuzz::{UnicodeBuffer, script, shape_with_plan};

use super::faces::{FaceId, LoadedFace, faces};
use crate::RenderError;

/// A glyph of a shaped word; lengths are 1/1000 em.
#[derive(Debug, Clone, Copy)]
pub struct Shaped {
    pub cid: u16,
    /// Advance the font declares.
    pub width: u16,
    /// What kerning adds to it.
    pub kern: i16,
    /// Byte of the word where its text starts.
    pub start: usize,
}

/// The codes a document uses of one font: index is CID, content is glyph and text.
#[derive(Debug, Default)]
pub struct Subset {
    codes: HashMap<(u16, Box<str>), u16>,
    pub entries: Vec<(u16, Box<str>)>,
}

impl Subset {
    fn code(&mut self, glyph: u16, text: &str) -> u16 {
        if self.entries.is_empty() {
            self.entries.push((0, "".into()));
        }
        if let Some(cid) = self.codes.get(&(glyph, Box::from(text))) {
            return *cid;
        }
        // Both fonts have fewer than 2^15 glyphs, each with a handful of texts at most.
        let cid = u16::try_from(self.entries.len()).unwrap_or(0);
        self.entries.push((glyph, text.into()));
        self.codes.insert((glyph, text.into()), cid);
        cid
    }
}

/// Shapes words and remembers what the document uses.
pub struct Shaper {
    faces: &'static [LoadedFace; 5],
    words: HashMap<(FaceId, Box<str>), Rc<[Shaped]>>,
    buffer: Option<UnicodeBuffer>,
    pub subsets: [Subset; 5],
}

impl Shaper {
    pub fn new() -> Result<Self, RenderError> {
        let faces = faces()?;
        Ok(Self { faces, words: HashMap::new(), buffer: None, subsets: Default::default() })
    }

    /// The face that draws a character in place of `wanted`.
    pub fn face_for(&self, wanted: FaceId, character: char) -> Option<FaceId> {
        [wanted, FaceId::Symbols]
            .into_iter()
            .find(|id| self.faces[*id as usize].glyph(character).is_some())
    }

    /// Shapes a word the face can draw entirely.
    pub fn word(&mut self, id: FaceId, word: &str) -> Rc<[Shaped]> {
        if let Some(known) = self.words.get(&(id, Box::from(word))) {
            return Rc::clone(known);
        }
        let loaded = &self.faces[id as usize];
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(word);
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let glyphs = shape_with_plan(&loaded.face, &loaded.plan, buffer);
        let infos = glyphs.glyph_infos();
        let mut out = Vec::with_capacity(infos.len());
        for (index, (info, position)) in infos.iter().zip(glyphs.glyph_positions()).enumerate() {
            let start = info.cluster as usize;
            let end = infos[index + 1..]
                .iter()
                .map(|next| next.cluster as usize)
                .find(|next| *next > start)
                .unwrap_or(word.len());
            let glyph = info.glyph_id as u16;
            let width = loaded.width(glyph);
            let advance = (position.x_advance as f32 * loaded.scale).round() as i16;
            let cid = self.subsets[id as usize].code(glyph, &word[start..end]);
            out.push(Shaped { cid, width, kern: advance - width as i16, start });
        }
        self.buffer = Some(glyphs.clear());
        let shaped: Rc<[Shaped]> = out.into();
        self.words.insert((id, word.into()), Rc::clone(&shaped));
        shaped
    }

    /// The glyph of `drawn`, extracted as `text`: soft hyphens, no-break spaces and hyphens.
    pub fn substitute(&mut self, id: FaceId, drawn: char, text: &str) -> Shaped {
        let loaded = &self.faces[id as usize];
        let glyph = loaded.glyph(drawn).unwrap_or(0);
        let cid = self.subsets[id as usize].code(glyph, text);
        Shaped { cid, width: loaded.width(glyph), kern: 0, start: 0 }
    }
}
