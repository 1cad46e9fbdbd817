// SPDX-License-Identifier: AGPL-3.0-or-later
//! The keys of the regulation as people read them.

use delibera::domain::registry::Role;
use delibera::domain::regulation::{KEYS, SECTIONS, WORDS};

#[test]
fn every_key_has_one_place_and_every_place_a_key() {
    let mut placed: Vec<&str> =
        SECTIONS.iter().flat_map(|s| s.keys.iter().map(|(key, _)| *key)).collect();
    let mut keys: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    placed.sort_unstable();
    keys.sort_unstable();
    assert_eq!(placed, keys);
}

#[test]
fn every_word_that_may_be_written_has_words() {
    for key in KEYS.iter().filter(|key| key.allowed().contains(" | ")) {
        let allowed = key.allowed();
        let bare = allowed.trim_start_matches("un elenco di: ");
        let bare = bare.split(", oppure").next().unwrap_or_default();
        if key.name == "signature_policy" || bare == "true | false" {
            continue;
        }
        for word in bare.split(" | ").filter(|w| !w.contains('K')) {
            let roles = Role::parse(word).is_some();
            let known = WORDS.iter().any(|(token, _)| *token == word);
            assert!(known || roles, "{}: «{word}»", key.name);
        }
    }
}
