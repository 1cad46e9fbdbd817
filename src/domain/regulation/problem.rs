// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is wrong with a `regolamento.toml`: file, line, reason, hint, as a Segretario reads it.

use std::fmt;

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File as it was named.
    pub file: String,
    /// Line, 1 for the first; what is missing altogether is reported there.
    pub line: usize,
    /// What is wrong, in Italian, without final full stop.
    pub reason: String,
    /// What to write instead, in Italian; may be empty.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)?;
        if !self.hint.is_empty() {
            write!(f, " — {}", self.hint)?;
        }
        Ok(())
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
