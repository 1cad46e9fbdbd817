// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a text to the words it is found by.

use delibera::domain::search::{Indexed, Said, index};

fn indexed(text: &str) -> Indexed {
    index(&Said { body: text.to_owned(), ..Said::default() }, &[])
}

/// Stems of the words that count, in their order.
fn stems(text: &str) -> Vec<String> {
    let placed = indexed(text).placed;
    placed.iter().filter_map(|word| word.strip_prefix('w')).map(str::to_owned).collect()
}

/// Folded forms of the words that count.
fn forms(text: &str) -> Vec<String> {
    let unplaced = indexed(text).unplaced;
    unplaced.iter().filter_map(|word| word.strip_prefix('f')).map(str::to_owned).collect()
}

#[test]
fn singular_and_plural_with_or_without_accent_are_one_word() {
    assert_eq!(stems("deliberazione"), stems("DELIBERAZIONI"));
    assert_eq!(stems("viabilità"), stems("viabilita"));
    assert_eq!(stems("viabilita\u{300}"), stems("viabilità"));
    assert_eq!(stems("dell'ente"), stems("ENTI"));
    assert_eq!(stems("dell’ente"), stems("ente"));
    assert_eq!(stems("perché la città"), stems("PERCHE CITTA"));
}

#[test]
fn articles_and_lone_letters_do_not_count() {
    assert_eq!(stems("a e di della n. 838"), ["838"]);
    for letter in 'a'..='z' {
        assert!(stems(&letter.to_string()).is_empty(), "{letter}");
    }
}

#[test]
fn what_is_not_ascii_stays_apart_and_becomes_ascii() {
    let words = forms("Škoda ß 東京");
    assert_eq!(words.len(), 3, "{words:?}");
    assert!(words.iter().all(|form| form.is_ascii()), "{words:?}");
    assert_ne!(forms("東京"), forms("東西"));
}

#[test]
fn no_word_stands_in_more_places_than_an_engine_keeps() {
    // PostgreSQL keeps 256 places of a word and counts positions up to 16383.
    let words = indexed(&"strada ".repeat(20_000)).placed;
    assert_eq!(words.iter().filter(|w| *w == "wstrad").count(), 250);
    let many: String = (0..20_000).map(|n| format!("parola{n} ")).collect();
    assert!(indexed(&many).placed.len() <= 12_000 + 5);
}
