// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages about the code name only what is there.

use super::{Problems, read};
use std::fs;
use std::path::Path;

/// A word in backticks that starts with one of these is a path of the repository.
const TOPS: [&str; 13] = [
    "src/",
    "crates/",
    "tests/",
    "benches/",
    "docs/",
    "workflows/",
    "regulations/",
    "templates/",
    "scenarios/",
    "migrations/",
    "packaging/",
    ".ci/",
    "./",
];

fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["README.md", "README.en.md", "ARCHITECTURE.md", "GLOSSARY.md"]
        .into_iter()
        .chain(["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
        .map(str::to_owned)
        .collect();
    let docs = fs::read_dir("docs").expect("docs").flatten().map(|entry| entry.path());
    let docs = docs.filter(|path| path.extension().is_some_and(|e| e == "md"));
    pages.extend(docs.map(|path| path.to_string_lossy().into_owned()));
    pages
}

#[test]
fn every_path_named_exists() {
    let mut problems = Problems::default();
    for page in pages() {
        for (number, line) in read(&page).lines().enumerate() {
            for path in paths(line) {
                if !exists(&page, &path) {
                    let what = format!("`{path}` does not exist. Name what is there, or make it");
                    problems.at(&page, number, &what);
                }
            }
        }
    }
    problems.none("paths in the documentation");
}

#[test]
fn the_map_names_every_folder() {
    let map = read("ARCHITECTURE.md");
    let mut problems = Problems::default();
    for parent in ["src", "crates/domain/src", "src/service", "crates"] {
        for entry in fs::read_dir(parent).expect(parent).flatten() {
            let folder = format!("{parent}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() && !map.contains(&folder) {
                problems.at("ARCHITECTURE.md", 0, &format!("does not say what `{folder}` is for"));
            }
        }
    }
    problems.none("map of the folders");
}

/// Paths in backticks and targets of links.
fn paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2).flat_map(|words| words.split(' '));
    let quoted = quoted.filter(|word| TOPS.iter().any(|top| word.starts_with(top)));
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let links = links.map(|link| link.split('#').next().unwrap_or(link));
    // `tests/law/terms.rs:12`, `templates/mail/<message>/` and `workflows/*.toml` are still paths.
    let whole = |path: &str| !path.contains(['<', '*', '{', '$', '…']);
    let plain = |path: &str| path.trim_end_matches([',', '.', ':', ';']).to_owned();
    quoted.chain(links).filter(|path| whole(path)).map(plain).collect()
}

/// From the root, or from the folder of the page for its links.
fn exists(page: &str, path: &str) -> bool {
    let path =
        path.rsplit_once(':').filter(|(_, l)| l.parse::<u32>().is_ok()).map_or(path, |p| p.0);
    let beside = Path::new(page).parent().unwrap_or(Path::new("")).join(path);
    Path::new(path).exists() || beside.exists()
}
