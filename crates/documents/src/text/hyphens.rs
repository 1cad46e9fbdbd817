// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where an Italian word may be broken.

use hypher::{Lang, hyphenate_bounded};

/// Letters kept at the left and at the right of a hyphen.
const LEFT: usize = 2;
const RIGHT: usize = 3;
/// Shorter words are never hyphenated.
const SHORTEST: usize = 6;

/// Byte offsets at which a hyphen may be inserted.
///
/// Each stretch of letters is taken alone, so nothing breaks at an apostrophe ("dell'ente").
/// Short capitals are acronyms and stay whole.
pub fn points(word: &str) -> Vec<usize> {
    let mut points = Vec::new();
    let mut start = None;
    for (index, character) in word.char_indices().chain([(word.len(), ' ')]) {
        match (start, character.is_alphabetic()) {
            (None, true) => start = Some(index),
            (Some(from), false) => {
                letters(&word[from..index], from, &mut points);
                start = None;
            }
            _ => {}
        }
    }
    points
}

fn letters(letters: &str, offset: usize, points: &mut Vec<usize>) {
    let count = letters.chars().count();
    let acronym = count <= 8 && letters.chars().all(char::is_uppercase);
    if count < SHORTEST || acronym {
        return;
    }
    let lower = letters.to_lowercase();
    if lower.len() != letters.len() {
        return;
    }
    let mut at = offset;
    for syllable in hyphenate_bounded(&lower, Lang::Italian, LEFT, RIGHT) {
        at += syllable.len();
        if at < offset + letters.len() {
            points.push(at);
        }
    }
}

/// True after words that belong to the next one: "art. 49", "n. 11", "lett. a".
pub fn ties(word: &str) -> bool {
    // The longest has nine letters.
    if word.len() > 12 {
        return false;
    }
    let bare = word.trim_start_matches(['(', '«', '"', '“', '[']);
    // Most words are answered here.
    if bare.ends_with(char::is_alphanumeric) {
        return ["allegato", "euro", "comma", "ore"].iter().any(|w| bare.eq_ignore_ascii_case(w));
    }
    matches!(
        bare.to_lowercase().as_str(),
        "n." | "nn."
            | "n°"
            | "art."
            | "artt."
            | "c."
            | "co."
            | "cc."
            | "lett."
            | "pag."
            | "pagg."
            | "p."
            | "cap."
            | "all."
            | "sig."
            | "sig.ra"
            | "dott."
            | "dott.ssa"
            | "ing."
            | "arch."
            | "avv."
            | "geom."
            | "prof."
            | "on."
            | "€"
            | "d.lgs."
            | "l."
            | "d.p.r."
            | "d.l."
            | "d.m."
            | "l.r."
            | "§"
    )
}

#[cfg(test)]
mod tests {
    use super::{points, ties};

    fn hyphenated(word: &str) -> String {
        let mut out = word.to_owned();
        for at in points(word).into_iter().rev() {
            out.insert(at, '-');
        }
        out
    }

    #[test]
    fn words_break_as_italian_does() {
        assert_eq!(hyphenated("deliberazione"), "de-li-be-ra-zione");
        assert_eq!(hyphenated("dell'amministrazione,"), "dell'am-mi-ni-stra-zione,");
        assert_eq!(hyphenated("perché"), "per-ché");
        for whole in ["TUEL", "ANAC", "ente", "24/07/2020"] {
            assert_eq!(hyphenated(whole), whole);
        }
    }

    #[test]
    fn abbreviations_hold_on_to_what_follows() {
        for word in ["n.", "(art.", "Artt.", "lett.", "€", "D.Lgs.", "Comma", "ore"] {
            assert!(ties(word), "{word}");
        }
        for word in ["statuto.", "enne", "allegati", ""] {
            assert!(!ties(word), "{word}");
        }
    }
}
