// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may import whom: `domain` ← `store` ← `service` ← `web` ← `cli`; the domain is a crate of its own.

use super::{Problems, read, sources};
use std::fs;

/// Each layer may name itself and those before it.
const LAYERS: [&str; 5] = ["domain", "store", "service", "web", "cli"];

/// What a word belongs to: outside these places it does not appear in `src`.
const ONLY_IN: [(&str, &[&str], &str); 9] = [
    ("sqlx", &["src/store/"], "SQL lives in the store"),
    ("lettre", &["src/service/mail"], "mail leaves through service/mail"),
    ("handlebars", &["src/service/", "src/web/", "src/cli/check"], "templates are effects"),
    ("axum", &["src/web/", "src/cli/serve"], "HTTP lives in web"),
    ("tokio", &["src/store/", "src/service/", "src/web/", "src/cli/"], "the domain is not async"),
    ("std::fs", &["src/store/", "src/service/", "src/cli/"], "the domain reads no files"),
    ("openidconnect", &["src/service/oidc"], "the identity provider is asked in one place"),
    ("delibera_documents", &["src/service/", "src/cli/"], "rendering is work of the service"),
    ("delibera_signature", &["src/service/", "src/cli/"], "signing is work of the service"),
];

#[test]
fn imports_point_left_only() {
    let mut problems = Problems::default();
    for (path, source) in sources("src/") {
        let Some(own) = layer_of(&path) else { continue };
        for (number, line) in source.code.iter().enumerate() {
            for named in layers_named(line) {
                if named > own {
                    let (own, named) = (LAYERS[own], LAYERS[named]);
                    let what = format!(
                        "`{own}` uses `crate::{named}`. Move what it needs into `{own}` or to its \
                         left, or pass it as an argument"
                    );
                    problems.at(&path, number, &what);
                }
            }
        }
    }
    problems.none("layers");
}

#[test]
fn every_file_of_src_is_in_a_layer() {
    let mut problems = Problems::default();
    for (path, _) in sources("src/") {
        if layer_of(&path).is_none() && path != "src/main.rs" && path != "src/lib.rs" {
            problems.at(&path, 0, "put it in domain, store, service, web or cli");
        }
    }
    problems.none("files outside the layers");
}

#[test]
fn each_library_stays_in_its_layer() {
    let mut problems = Problems::default();
    for (path, source) in sources("src/").into_iter().chain(sources("crates/domain/src/")) {
        for (word, places, why) in ONLY_IN {
            if places.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            for (number, line) in source.code.iter().enumerate() {
                if has_word(line, word) {
                    let what = format!("`{word}` belongs in {}: {why}", places.join(", "));
                    problems.at(&path, number, &what);
                }
            }
        }
        if path.starts_with("crates/domain/src/") {
            for (number, line) in source.code.iter().enumerate() {
                if has_word(line, "async") {
                    problems.at(&path, number, "the domain is pure: no `async`");
                }
            }
        }
    }
    problems.none("libraries out of place");
}

#[test]
fn member_crates_know_nothing_of_the_product() {
    let mut problems = Problems::default();
    for (path, source) in sources("crates/") {
        for (number, line) in source.code.iter().enumerate() {
            if has_word(line, "delibera") {
                problems.at(&path, number, "a member crate imports nothing of `src`");
            }
        }
    }
    for entry in fs::read_dir("crates").expect("crates").flatten() {
        let path = entry.path().join("Cargo.toml").to_string_lossy().into_owned();
        for (number, line) in read(&path).lines().enumerate() {
            if line.contains("path = ") && line.contains("../..") || line.starts_with("delibera ") {
                problems.at(&path, number, "a member crate does not depend on the product");
            }
        }
    }
    problems.none("member crates");
}

fn layer_of(path: &str) -> Option<usize> {
    let rest = path.strip_prefix("src/")?;
    let name = rest.split('/').next()?.trim_end_matches(".rs");
    LAYERS.iter().position(|layer| *layer == name)
}

/// Layers that a line of code names as `crate::layer`, alone or in `crate::{a, b}`.
fn layers_named(line: &str) -> Vec<usize> {
    let mut named = Vec::new();
    for (at, found) in line.match_indices("crate::") {
        let rest = &line[at + found.len()..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let until = if rest.len() < line[at + found.len()..].len() { '}' } else { ':' };
        let words = rest.split(until).next().unwrap_or_default();
        for word in words.split(|c: char| !c.is_alphanumeric() && c != '_') {
            named.extend(LAYERS.iter().position(|layer| *layer == word));
        }
    }
    named
}

/// The word alone, not a part of a longer name; `std::fs` counts as one word.
pub fn has_word(line: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !part(line[..at].chars().next_back()) && !part(line[at + word.len()..].chars().next())
    })
}
