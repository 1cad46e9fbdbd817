// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is wrong in a file a person wrote: where, why, and what would be right.

use serde::Serialize;
use std::fmt;

/// One defect of a workflow, regulation, template or scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// File as the person named it.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, in Italian.
    pub reason: String,
    /// What would be right; may be empty.
    pub hint: String,
}

impl Problem {
    /// A problem at a line.
    pub fn at(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self { file: file.into(), line, reason: reason.into(), hint: String::new() }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The problem in an error of the TOML reader, at its line.
    pub fn toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        match known_defect(error.message()) {
            Some((reason, expected)) => Self::at(file, line, reason).hint(expected),
            None => Self::at(file, line, format!("TOML non leggibile: {}", error.message())),
        }
    }
}

/// The defects a person makes most, in Italian: reason and what may be written instead. The reader
/// says "unknown field `x`, expected one of `a`, `b`".
fn known_defect(message: &str) -> Option<(String, String)> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    let what = [
        ("unknown field", "chiave sconosciuta"),
        ("missing field", "manca la chiave"),
        ("unknown variant", "valore sconosciuto"),
        ("duplicate field", "chiave ripetuta"),
    ];
    let (_, italian) = what.into_iter().find(|(english, _)| message.starts_with(english))?;
    let expected: Vec<&str> = quoted.collect();
    let hint = if expected.is_empty() {
        String::new()
    } else {
        format!("si può scrivere: {}", expected.join(", "))
    };
    Some((format!("{italian} «{word}»"), hint))
}

/// Line (from 1) of a byte offset.
pub fn line_of(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].iter().filter(|b| **b == b'\n').count() + 1
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

/// The word of a list nearest to one that is not in it, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, list: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = 1 + word.chars().count() / 4;
    list.into_iter()
        .map(|known| (distance(word, known), known))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein distance: letters to insert, delete or change.
fn distance(a: &str, b: &str) -> usize {
    let target: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=target.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        row[0] = left;
        for (cell, wanted) in row.iter_mut().skip(1).zip(&target) {
            let change = diagonal + usize::from(letter != *wanted);
            diagonal = *cell;
            left = change.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
