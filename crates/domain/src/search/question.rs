// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a person types, as what the engines are asked.
//!
//! Every word must be there. Words in quotes stand together; the last word may be unfinished;
//! «838/2020» and «n. 838» are numbers of acts as well as words.

use super::words::{counts, forms, kind, number, stem, stored};

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the whole act: for who may read it.
    Everything,
    /// In what is public by nature: number, object, names of the offices. The text an act is posted
    /// with may leave out words of the original, and a search must not tell that they are there.
    Object,
}

/// What an engine is asked about the words of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// This stored word.
    Word(String),
    /// A stored word that begins so.
    Begun(String),
    /// These words one after the other.
    Phrase(Vec<String>),
    /// All of these; never empty.
    All(Vec<Clause>),
    /// One of these; never empty.
    Any(Vec<Clause>),
}

/// A part of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Stems one after the other; one, when it is a plain word.
    Stems(Vec<String>),
    /// The last word, perhaps unfinished: its folded form.
    Last(String),
    /// A number of an act, with its year when it has one; the words it is written with.
    Number(i64, Option<i32>, Vec<String>),
}

/// A question that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) parts: Vec<Part>,
}

/// Letters after which an unfinished last word is looked for.
const BEGUN_MIN: usize = 3;
/// Parts of a question that are looked at: who pastes a whole page asks nothing.
const PARTS_MAX: usize = 20;

impl Question {
    /// Reads what was typed; none when no word of it says anything.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut parts = Vec::new();
        // Odd pieces stand between quotes; a quote left open is no quote.
        let even = |quotes: usize| quotes - quotes % 2;
        let closed = even(typed.matches(['"', '«', '»', '“', '”']).count());
        let mut pieces = typed.splitn(closed + 1, ['"', '«', '»', '“', '”']).enumerate().peekable();
        while let Some((at, piece)) = pieces.next() {
            if at % 2 == 1 {
                let stems: Vec<String> = stems(piece);
                parts.extend((!stems.is_empty()).then_some(Part::Stems(stems)));
            } else {
                let last = pieces.peek().is_none();
                plain(piece, last, &mut parts);
            }
        }
        parts.truncate(PARTS_MAX);
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// The number asked for, when nothing else is.
    pub fn number(&self) -> Option<(i64, Option<i32>)> {
        match self.parts.as_slice() {
            [Part::Number(number, year, _)] => Some((*number, *year)),
            _ => None,
        }
    }

    /// What the engine is asked.
    pub fn clause(&self, scope: Scope) -> Clause {
        let (place, form) = match scope {
            Scope::Everything => (kind::ANYWHERE, kind::FORM),
            Scope::Object => (kind::OBJECT, kind::OBJECT_FORM),
        };
        let clause = |part: &Part| match part {
            Part::Stems(stems) => phrase(place, stems),
            Part::Last(last) => Clause::Any(vec![
                Clause::Word(stored(place, &stem(last))),
                Clause::Begun(stored(form, last)),
            ]),
            Part::Number(n, year, words) => {
                Clause::Any(vec![Clause::Word(number(*n, *year)), phrase(place, words)])
            }
        };
        Clause::All(self.parts.iter().map(clause).collect())
    }
}

fn phrase(place: char, stems: &[String]) -> Clause {
    let words: Vec<String> = stems.iter().map(|stem| stored(place, stem)).collect();
    match <[String; 1]>::try_from(words) {
        Ok([word]) => Clause::Word(word),
        Err(words) => Clause::Phrase(words),
    }
}

fn stems(text: &str) -> Vec<String> {
    let found = forms(text).into_iter().filter(|form| counts(&form.text));
    found.map(|form| stem(&form.text)).collect()
}

/// Words outside quotes. A word of several pieces ("dell'ente", "c/capitale") is looked for as it
/// is written: its pieces together.
fn plain(text: &str, last: bool, parts: &mut Vec<Part>) {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        if let Some((n, year)) = act_number(word) {
            parts.push(Part::Number(n, year, stems(word)));
            continue;
        }
        let found = stems(word);
        let finished = !last || at + 1 < words.len() || text.ends_with(char::is_whitespace);
        match found.as_slice() {
            [] => {}
            [_] if !finished => {
                let form = forms(word).into_iter().rfind(|form| counts(&form.text));
                let form = form.map(|form| form.text).unwrap_or_default();
                let begun = form.len() >= BEGUN_MIN && word.ends_with(char::is_alphanumeric);
                parts.push(if begun { Part::Last(form) } else { Part::Stems(found) });
            }
            _ => parts.push(Part::Stems(found)),
        }
    }
}

/// "838/2020", "838", "n.838".
fn act_number(word: &str) -> Option<(i64, Option<i32>)> {
    let bare = word.trim_end_matches([',', '.', ';', ':']);
    let bare = bare.trim_start_matches(|c: char| "nN.°ºr".contains(c));
    let (n, year) = bare.split_once('/').map_or((bare, None), |(n, year)| (n, Some(year)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let year = match year {
        Some(year) if digits(year) && year.len() == 4 => Some(year.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    (digits(n) && n.len() <= 9).then_some((n.parse().ok()?, year))
}
