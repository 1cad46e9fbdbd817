// SPDX-License-Identifier: AGPL-3.0-or-later
//! The part of a text that answers a question, with the words that do.

use super::question::{Part, Question};
use super::words::{Form, counts, forms, stem};
use serde::Serialize;

/// A piece of an excerpt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// A word that was looked for.
    pub found: bool,
}

/// Words shown before the first one found.
const BEFORE: usize = 12;

/// A stretch of a text of about `words` words around the first ones found; the beginning of the
/// text when none is there, nothing of a text without words.
pub fn excerpt(text: &str, question: &Question, words: usize) -> Vec<Piece> {
    let text = plain(text);
    let all = forms(&text);
    let hits: Vec<bool> = all.iter().map(|form| answers(question, form)).collect();
    let from = densest(&hits, words).saturating_sub(BEFORE);
    let Some(shown) = all.get(from..all.len().min(from + words)).filter(|s| !s.is_empty()) else {
        return Vec::new();
    };
    let mut pieces = Vec::new();
    let mut push = |text: &str, found| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), found });
        }
    };
    let mut at = if from == 0 { 0 } else { shown[0].bytes.start };
    push(if from == 0 { "" } else { "… " }, false);
    for (form, hit) in shown.iter().zip(&hits[from..]) {
        if *hit {
            push(&text[at..form.bytes.start], false);
            push(&text[form.bytes.clone()], true);
            at = form.bytes.end;
        }
    }
    let whole = from + shown.len() == all.len();
    let end = if whole { text.len() } else { shown[shown.len() - 1].bytes.end };
    push(&text[at..end], false);
    push(if whole { "" } else { " …" }, false);
    pieces
}

/// Where most of the words found stand together; the first of them.
fn densest(hits: &[bool], words: usize) -> usize {
    let places: Vec<usize> = (0..hits.len()).filter(|at| hits[*at]).collect();
    let around = |at: usize| places.iter().filter(|p| **p >= at && **p < at + words / 2).count();
    // The first of the best: `max_by_key` would give the last.
    places.iter().copied().rev().max_by_key(|at| around(*at)).unwrap_or(0)
}

fn answers(question: &Question, form: &Form) -> bool {
    if !counts(&form.text) {
        return false;
    }
    let own = stem(&form.text);
    question.parts.iter().any(|part| match part {
        Part::Stems(stems) | Part::Number(_, _, stems) => stems.contains(&own),
        Part::Last(last) => own == stem(last) || form.text.starts_with(last),
    })
}

/// Without the marks of Markdown, on one line.
fn plain(text: &str) -> String {
    let marks = |c: char| matches!(c, '*' | '#' | '|' | '`' | '_' | '>' | '\\');
    let words = text.split(|c: char| c.is_whitespace() || marks(c)).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
