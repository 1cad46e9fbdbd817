// SPDX-License-Identifier: AGPL-3.0-or-later
//! The shape of the repository, checked like anything else: layers, sizes, bans, headers, and that
//! the pages about the code name only what is there. CONTRIBUTING.md has the reason of each rule.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "tidy/bans.rs"]
mod bans;
#[path = "tidy/guides.rs"]
mod guides;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/licences.rs"]
mod licences;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/statements.rs"]
mod statements;
#[path = "tidy/tokens.rs"]
mod tokens;

use source::Source;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose files are ours.
const FOLDERS: [&str; 9] = [
    "src",
    "crates",
    "tests",
    "benches",
    "workflows",
    "regulations",
    "scenarios",
    "templates",
    "migrations",
];

/// What is wrong, one line each: `file:line: what. What to do`.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    /// Lines are counted from 0 in code and from 1 by people.
    fn at(&mut self, path: &str, line: usize, what: &str) {
        self.0.push(format!("{path}:{}: {what}", line + 1));
    }

    fn none(self, rule: &str) {
        let mut list = String::new();
        for problem in &self.0 {
            write!(list, "\n  {problem}").expect("text");
        }
        assert!(self.0.is_empty(), "{rule}: {} to mend{list}", self.0.len());
    }
}

/// Files of our folders with an extension, as paths from the root of the repository.
fn files(extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        walk(Path::new(folder), &mut found);
    }
    let wanted = found.into_iter().filter(|path| path.extension().is_some_and(|e| e == extension));
    let mut paths: Vec<String> = wanted.map(|path| path.to_string_lossy().into_owned()).collect();
    paths.sort();
    paths
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a folder that can be read").path();
        match path.is_dir() {
            true if path.ends_with("target") || path.ends_with("node_modules") => {}
            true => walk(&path, found),
            false => found.push(path),
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Rust files under a prefix, cut into code and the rest.
fn sources(prefix: &str) -> Vec<(String, Source)> {
    let paths = files("rs").into_iter().filter(|path| path.starts_with(prefix));
    paths.map(|path| (path.clone(), Source::read(read(&path)))).collect()
}

/// Code that ships: `src` and the member crates, not their tests nor their examples.
fn product() -> Vec<(String, Source)> {
    let ships = |path: &str| {
        path.starts_with("src/") || path.starts_with("crates/") && path.contains("/src/")
    };
    sources("").into_iter().filter(|(path, _)| ships(path)).collect()
}

#[test]
fn the_walk_finds_the_repository() {
    for (extension, least) in [("rs", 100), ("toml", 5), ("sql", 4), ("hbs", 50)] {
        let found = files(extension).len();
        assert!(found >= least, "only {found} files .{extension}: is this the repository?");
    }
}

#[test]
fn every_file_says_its_licence() {
    const HEADER: &str = "SPDX-License-Identifier: AGPL-3.0-or-later";
    let mut problems = Problems::default();
    let mut paths: Vec<String> =
        ["rs", "toml", "sql", "hbs"].iter().flat_map(|extension| files(extension)).collect();
    let roots = ["test", ".ci/run", "publiccode.yml"].map(str::to_owned);
    let packaging = ["Containerfile", "build-deb", "deb.test", "delibera.service"].into_iter();
    let packaging = packaging.chain(["deb/postinst", "deb/postrm", "deb/prerm"]);
    let packaging = packaging.map(|name| format!("packaging/{name}"));
    let tables = ["Cargo.toml", "rustfmt.toml", "clippy.toml", "deny.toml"].map(str::to_owned);
    paths.extend(roots.into_iter().chain(tables).chain(packaging));
    for path in paths {
        if !read(&path).lines().take(2).any(|line| line.contains(HEADER)) {
            problems.at(&path, 0, &format!("write «{HEADER}» in a comment on the first line"));
        }
    }
    problems.none("licence headers");
}

#[test]
fn migrations_are_twins() {
    let names = |engine: &str| -> Vec<String> {
        let folder = format!("migrations/{engine}");
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .map(|entry| entry.expect(&folder).file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty");
    assert_eq!(sqlite, postgres, "migrations/sqlite and migrations/postgres: same file names");
    for (number, name) in sqlite.iter().enumerate() {
        let numbered = name.starts_with(&format!("{:04}_", number + 1)) && name.ends_with(".sql");
        assert!(numbered, "migrations/*/{name}: name it {:04}_noun.sql, no gaps", number + 1);
    }
}
