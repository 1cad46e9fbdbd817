// SPDX-License-Identifier: AGPL-3.0-or-later
//! What comes in with a dependency, by the lists of `deny.toml` and without the network: every licence
//! is allowed, every source is the registry, nothing that is banned. `cargo deny` says more, where it
//! is installed; this runs everywhere.

use super::{Problems, read};
use serde_json::Value;
use std::process::Command;

/// The registry of crates.io, as cargo names it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages that a build for this machine is made of, development included.
fn packages() -> Vec<Value> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", &platform])
        .output()
        .expect("cargo runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut found: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    match found["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("no packages: {other}"),
    }
}

/// The texts of a list of `deny.toml`.
fn listed(table: &str, key: &str, of: impl Fn(&toml::Value) -> Option<&str>) -> Vec<String> {
    let deny: toml::Table = toml::from_str(&read("deny.toml")).expect("deny.toml");
    let list = deny[table][key].as_array().expect("a list").clone();
    list.iter().map(|value| of(value).expect("a text").to_owned()).collect()
}

/// A licence of a package may be chosen where it says OR, and binds where it says AND; the slash of
/// older packages is an OR.
struct Expression<'a> {
    words: Vec<&'a str>,
    allowed: &'a [String],
}

impl<'a> Expression<'a> {
    fn holds(text: &'a str, allowed: &'a [String]) -> bool {
        let mut words = Vec::new();
        for word in text.split([' ', '/']).filter(|word| !word.is_empty()) {
            let inner = word.trim_start_matches('(');
            words.extend(std::iter::repeat_n("(", word.len() - inner.len()));
            let bare = inner.trim_end_matches(')');
            words.push(bare);
            words.extend(std::iter::repeat_n(")", inner.len() - bare.len()));
        }
        words.reverse();
        let mut expression = Self { words, allowed };
        expression.either() && expression.words.is_empty()
    }

    /// Takes the next word, when it is this one.
    fn next_is(&mut self, word: &str) -> bool {
        let found = self.words.last() == Some(&word);
        if found {
            self.words.pop();
        }
        found
    }

    fn either(&mut self) -> bool {
        let mut good = self.both();
        // Without a word between them two licences are those of a slash.
        while self.next_is("OR") || self.words.last().is_some_and(|word| *word != ")") {
            let other = self.both();
            good = good || other;
        }
        good
    }

    fn both(&mut self) -> bool {
        let mut good = self.one();
        while self.next_is("AND") {
            let other = self.one();
            good = good && other;
        }
        good
    }

    fn one(&mut self) -> bool {
        if self.next_is("(") {
            let good = self.either();
            return self.next_is(")") && good;
        }
        let Some(name) = self.words.pop() else { return false };
        let exception = if self.next_is("WITH") { self.words.pop() } else { None };
        let whole =
            exception.map_or(name.to_owned(), |exception| format!("{name} WITH {exception}"));
        self.allowed.contains(&whole)
    }
}

#[test]
fn what_comes_in_may_come_in() {
    let allowed = listed("licenses", "allow", toml::Value::as_str);
    let banned = listed("bans", "deny", |one| one.get("name").and_then(toml::Value::as_str));
    let packages = packages();
    assert!(packages.len() > 200, "only {} packages: is this the program?", packages.len());
    let mut problems = Problems::default();
    for package in &packages {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let (name, licence, source) = (text("name"), text("license"), text("source"));
        if !Expression::holds(&licence, &allowed) {
            let what = format!("{name}: the licence «{licence}» is not in `allow`");
            problems.at("deny.toml", 0, &what);
        }
        // Our own packages have no source.
        if source != REGISTRY && !package["source"].is_null() {
            problems.at("deny.toml", 0, &format!("{name} comes from «{source}»"));
        }
        if banned.contains(&name) {
            problems.at("deny.toml", 0, &format!("{name} is in `deny`"));
        }
    }
    problems.none("dependencies");
}

#[test]
fn expressions_of_licences_are_read() {
    let allowed = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    let good = [
        "MIT",
        "MIT OR GPL-3.0-only",
        "GPL-2.0-only/MIT",
        "GPL-2.0-only / MIT",
        "(MIT OR GPL-2.0-only) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        "GPL-2.0-only OR (MIT AND ISC)",
    ];
    let bad = [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "(MIT OR ISC) AND GPL-3.0-only",
        "MIT WITH LLVM-exception",
        "(MIT",
        "MIT)",
        "OR",
    ];
    for text in good {
        assert!(Expression::holds(text, &allowed), "{text}");
    }
    for text in bad {
        assert!(!Expression::holds(text, &allowed), "{text}");
    }
}
