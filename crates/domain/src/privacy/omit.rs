// SPDX-License-Identifier: AGPL-3.0-or-later
//! Taking strings out of texts. What is omitted is not in the result, in any form: the paper that
//! is made from it cannot hide what it never had (T-27).

use super::Omission;
use super::plain::Plain;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// The text with each omission replaced by «omissis n», n being its place in the list from 1.
///
/// A string is found whatever its case, its spaces and line ends, the emphasis inside it, the way
/// its accents were typed; only as whole words, so that "Rosa" does not break "rosario".
pub fn omit(text: &str, omissions: &[Omission]) -> String {
    if omissions.is_empty() {
        return text.to_owned();
    }
    let source: String = text.nfc().collect();
    let plain = Plain::of(&source);
    let parts: Vec<&str> = omissions.iter().map(|o| o.text.as_str()).collect();
    let covered = cover(&plain.folded(), &parts);
    if covered.iter().all(Option::is_none) {
        return text.to_owned();
    }
    rebuild(&source, &plain, &covered)
}

/// A piece of a text as it is read, and which of the strings looked for stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words, without marks of Markdown.
    pub text: String,
    /// Place in the list of strings, from 0.
    pub part: Option<usize>,
}

/// A text cut where the strings of a list stand, by the comparison that would leave them out: what is
/// shown as found is what would be taken.
pub fn pieces(text: &str, parts: &[&str]) -> Vec<Piece> {
    let plain = Plain::of(&text.nfc().collect::<String>());
    let covered = cover(&plain.folded(), parts);
    let mut pieces: Vec<Piece> = Vec::new();
    for (character, part) in plain.text.iter().zip(covered) {
        match pieces.last_mut() {
            Some(last) if last.part == part => last.text.push(*character),
            _ => pieces.push(Piece { text: character.to_string(), part }),
        }
    }
    pieces
}

/// Every string of a value, at any depth; keys are ours and stay.
pub fn omit_value(value: &mut Value, omissions: &[Omission]) {
    match value {
        Value::String(text) => *text = omit(text, omissions),
        Value::Array(items) => items.iter_mut().for_each(|item| omit_value(item, omissions)),
        Value::Object(map) => map.values_mut().for_each(|item| omit_value(item, omissions)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// True when a string is somewhere in a text, by the same comparison.
pub fn covers(text: &str, part: &str) -> bool {
    let text = folded(text);
    let part = folded(part.trim());
    !places(&text, &part).is_empty()
}

/// True when two strings are the same by that comparison.
pub fn same(one: &str, other: &str) -> bool {
    folded(one.trim()) == folded(other.trim())
}

fn folded(text: &str) -> Vec<char> {
    Plain::of(&text.nfc().collect::<String>()).folded()
}

/// Whether a character is part of a word: the number of a note, as in «X²», is not.
pub(super) fn in_word(c: char) -> bool {
    c.is_alphabetic() || c.is_ascii_digit()
}

/// Where a string stands as whole words.
fn places(text: &[char], part: &[char]) -> Vec<usize> {
    if part.is_empty() || part.len() > text.len() {
        return Vec::new();
    }
    let joined = |a: Option<&char>, b: Option<&char>| {
        a.copied().is_some_and(in_word) && b.copied().is_some_and(in_word)
    };
    (0..=text.len() - part.len())
        .filter(|at| text[*at..*at + part.len()] == *part)
        .filter(|at| !joined(at.checked_sub(1).and_then(|i| text.get(i)), part.first()))
        .filter(|at| !joined(text.get(at + part.len()), part.last()))
        .collect()
}

/// For each character, the string that takes it; the longest string first.
fn cover(text: &[char], parts: &[&str]) -> Vec<Option<usize>> {
    let mut parts: Vec<(usize, Vec<char>)> =
        parts.iter().enumerate().map(|(i, part)| (i, folded(part.trim()))).collect();
    parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.len()));
    let mut covered = vec![None; text.len()];
    for (number, part) in parts {
        for at in places(text, &part) {
            for place in &mut covered[at..at + part.len()] {
                place.get_or_insert(number);
            }
        }
    }
    covered
}

/// The source with marks in place of what is covered. Emphasis opened or closed inside an omission
/// is kept beside its mark, or the rest of the text would change its look.
fn rebuild(source: &str, plain: &Plain, covered: &[Option<usize>]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut end = 0;
    let mut open: Option<usize> = None;
    for (span, number) in plain.spans.iter().zip(covered) {
        let gap = &source[end..span.start];
        end = span.end;
        match (*number, open) {
            (Some(_), Some(_)) => out.extend(gap.chars().filter(|c| matches!(c, '*' | '_'))),
            (Some(_), None) => out.push_str(gap.trim_end_matches('\\')),
            (None, _) => out.push_str(gap),
        }
        match *number {
            Some(number) if open != Some(number) => {
                out.push_str(&format!("«omissis {}»", number + 1));
            }
            Some(_) => {}
            None => out.push_str(&source[span.clone()]),
        }
        open = *number;
    }
    out.push_str(&source[end..]);
    out
}
