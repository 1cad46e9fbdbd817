// SPDX-License-Identifier: AGPL-3.0-or-later
//! A text as it is read: without the marks of Markdown, one space between words, and for each
//! character the bytes of the source it stands on.

use std::ops::Range;

/// The reading of a source.
pub struct Plain {
    pub text: Vec<char>,
    /// Bytes of the source of each character.
    pub spans: Vec<Range<usize>>,
}

impl Plain {
    /// Reads a source that is in normal form C.
    pub fn of(source: &str) -> Self {
        let all: Vec<(usize, char)> = source.char_indices().collect();
        let mut plain = Self { text: Vec::with_capacity(all.len()), spans: Vec::new() };
        for (index, (at, character)) in all.iter().enumerate() {
            if is_mark(&all, index) {
                continue;
            }
            let span = *at..at + character.len_utf8();
            match shown(*character) {
                ' ' if plain.text.last() == Some(&' ') => {
                    if let Some(last) = plain.spans.last_mut() {
                        last.end = span.end;
                    }
                }
                character => {
                    plain.text.push(character);
                    plain.spans.push(span);
                }
            }
        }
        plain
    }

    /// The reading as a string.
    pub fn string(&self) -> String {
        self.text.iter().collect()
    }

    /// The reading without case, for comparing.
    pub fn folded(&self) -> Vec<char> {
        self.text.iter().map(|c| fold(*c)).collect()
    }
}

/// One letter without case; what lower case would make two letters of stays as it is.
fn fold(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

fn shown(character: char) -> char {
    match character {
        '’' | '‘' | 'ʼ' | '`' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Emphasis, escapes, and characters that leave no mark on paper.
fn is_mark(all: &[(usize, char)], index: usize) -> bool {
    let around = |step: isize| {
        let at = index.checked_add_signed(step);
        at.and_then(|at| all.get(at)).map(|(_, c)| *c)
    };
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match all[index].1 {
        '*' => true,
        '\\' => around(1).is_some_and(|c| c.is_ascii_punctuation()),
        // Inside a word it is a letter of an address (CommonMark §6.2).
        '_' => !(word(around(-1)) && word(around(1))),
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => true,
        _ => false,
    }
}
