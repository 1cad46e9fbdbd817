// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a text to the words it is found by.
//!
//! A word is folded (lower case, no accents), then stemmed; the first letter of what is stored says
//! where it stands, so that one list of words serves every question and no two kinds are mixed up.
//! Only letters and digits of ASCII come out: the engines have nothing left to interpret.

use crate::digest::sha256_hex;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Changes whenever this file gives other words for the same text: what was stored is made again.
pub const FORMAT: i64 = 1;

/// Words of an act that are read, about forty pages; PostgreSQL counts positions up to 16383.
const WORDS_MAX: usize = 12_000;
/// Places kept of one word: PostgreSQL keeps 256.
const PLACES_MAX: usize = 250;
/// A longer word is cut: no Italian word is, and an index has no use for it.
const LETTERS_MAX: usize = 40;

/// Where a stored word stands.
pub(super) mod kind {
    /// A stem, anywhere.
    pub const ANYWHERE: char = 'w';
    /// A stem of the object, or of the names of the offices.
    pub const OBJECT: char = 's';
    /// A folded form, anywhere: for words begun and not finished.
    pub const FORM: char = 'f';
    /// A folded form of the object or of the offices.
    pub const OBJECT_FORM: char = 'g';
    /// A number with or without its year.
    pub const NUMBER: char = 'n';
    /// A key that no text contains.
    pub const KEY: char = 'k';
    /// Between two parts of an act: no phrase goes across.
    pub const EDGE: &str = "e";
}

/// Articles, prepositions and conjunctions, folded, of two letters and more: they are in every act.
/// Words of one letter never count.
const STOP: [&str; 61] = [
    "ad", "agli", "ai", "al", "all", "alla", "alle", "allo", "che", "coi", "col", "con", "cui",
    "da", "dagli", "dai", "dal", "dall", "dalla", "dalle", "dallo", "degli", "dei", "del", "dell",
    "della", "delle", "dello", "di", "ed", "fra", "gli", "il", "in", "la", "le", "li", "lo", "ne",
    "negli", "nei", "nel", "nell", "nella", "nelle", "nello", "od", "per", "su", "sugli", "sui",
    "sul", "sull", "sulla", "sulle", "sullo", "tra", "un", "una", "uno", "nr",
];

/// A word of a text: its folded form and the bytes it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub text: String,
    pub bytes: Range<usize>,
}

/// Every word of a text in order, with those that never count.
pub(super) fn forms(text: &str) -> Vec<Form> {
    let mut found = Vec::new();
    let mut start = None;
    let ends = text.char_indices().chain([(text.len(), ' ')]);
    for (at, character) in ends {
        // A combining accent belongs to its letter.
        let inside = character.is_alphanumeric() || is_combining_mark(character);
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push(Form { text: fold(&text[from..at]), bytes: from..at });
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Lower case, no accents, only ASCII.
fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    let plain = word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    for character in plain {
        match character {
            c if c.is_ascii_alphanumeric() => folded.push(c),
            c if c.is_alphanumeric() => folded.push_str(&format!("0{:x}0", u32::from(c))),
            _ => {}
        }
    }
    folded.truncate(LETTERS_MAX);
    folded
}

/// It says something: no article, no preposition, no lone letter.
pub(super) fn counts(form: &str) -> bool {
    let lone = form.len() < 2 && !form.bytes().all(|b| b.is_ascii_digit());
    !lone && !form.is_empty() && !STOP.contains(&form)
}

/// The stem of a folded form.
pub(super) fn stem(form: &str) -> String {
    cut(&Stemmer::create(Algorithm::Italian), form)
}

/// Snowball leaves short words whole («ente», «enti»): they lose their last vowel too.
fn cut(stemmer: &Stemmer, form: &str) -> String {
    let mut stem = stemmer.stem(form).into_owned();
    if stem.len() > 3 && stem.ends_with(['a', 'e', 'i', 'o']) {
        stem.pop();
    }
    stem
}

/// A stored word.
pub(super) fn stored(kind: char, word: &str) -> String {
    format!("{kind}{word}")
}

/// A number with or without its year, as stored.
pub fn number(number: i64, year: Option<i32>) -> String {
    let year = year.map(|y| format!("y{y}")).unwrap_or_default();
    format!("{}{number}{year}", kind::NUMBER)
}

/// A key no text contains: a person, an office, a register with its year.
pub fn key(what: &str, id: &str) -> String {
    let digest = sha256_hex(format!("{what}\n{id}").as_bytes());
    format!("{}{}", kind::KEY, &digest[..16])
}

/// The words of an act, each once for every place it stands in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Stems in their order, edges between parts included.
    pub placed: Vec<String>,
    /// What has no place: begun words, numbers, keys; sorted.
    pub unplaced: BTreeSet<String>,
}

impl Indexed {
    /// SHA-256 of all of it: what is stored already is not stored again.
    pub fn digest(&self) -> String {
        let unplaced: Vec<&str> = self.unplaced.iter().map(String::as_str).collect();
        sha256_hex(format!("{}\n{}", self.placed.join(" "), unplaced.join(" ")).as_bytes())
    }

    fn part(&mut self, text: &str, kinds: &[(char, char)], seen: &mut BTreeMap<String, usize>) {
        let stemmer = Stemmer::create(Algorithm::Italian);
        for (place, form_kind) in kinds {
            for form in forms(text).into_iter().filter(|form| counts(&form.text)) {
                if self.placed.len() >= WORDS_MAX {
                    return;
                }
                let word = stored(*place, &cut(&stemmer, &form.text));
                let places = seen.entry(word.clone()).or_default();
                *places += 1;
                if *places <= PLACES_MAX {
                    self.placed.push(word);
                }
                self.unplaced.insert(stored(*form_kind, &form.text));
            }
            self.placed.push(kind::EDGE.to_owned());
        }
    }
}

/// What an act says, part by part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Its object.
    pub subject: String,
    /// Its object as everybody may read it.
    pub public_subject: String,
    /// Names of its offices.
    pub offices: String,
    /// Everything else.
    pub body: String,
    /// Its numbers, with their years.
    pub numbers: Vec<(i64, i32)>,
}

/// The words of an act: object and offices first, since they are found on their own too.
pub fn index(said: &Said, keys: &[String]) -> Indexed {
    let mut words = Indexed::default();
    let mut seen = BTreeMap::new();
    let (object, anywhere) = ([(kind::OBJECT, kind::OBJECT_FORM)], [(kind::ANYWHERE, kind::FORM)]);
    words.part(&said.public_subject, &object, &mut seen);
    words.part(&said.subject, &anywhere, &mut seen);
    words.part(&said.offices, &[object[0], anywhere[0]], &mut seen);
    words.part(&said.body, &anywhere, &mut seen);
    let numbers = &said.numbers;
    for (n, year) in numbers {
        words.unplaced.extend([number(*n, None), number(*n, Some(*year))]);
    }
    words.unplaced.extend(keys.iter().cloned());
    words
}
