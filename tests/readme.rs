// SPDX-License-Identifier: AGPL-3.0-or-later
//! The README shows what the program prints, and the pictures of the documents are there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

use delibera::domain::workflow::{load, mermaid};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Heaviest picture: documents are read over a telephone too.
const PICTURE_MAX: usize = 150 * 1024;
/// How every PNG begins.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[test]
fn the_drawing_is_the_one_the_program_prints() {
    let file = "workflows/deliberazione-giunta.toml";
    let workflow = load(&fs::read_to_string(file).unwrap(), file).unwrap();
    let readme = fs::read_to_string("README.md").unwrap();
    let shown =
        readme.split_once("```mermaid\n").expect("a drawing").1.split_once("```").unwrap().0;
    let printed = mermaid(&workflow, None);
    assert_eq!(shown, printed, "paste into README.md what `delibera workflow show {file}` prints");
}

/// The documents that people read: those of the root and those of `docs`.
fn documents() -> Vec<PathBuf> {
    let folders = [".", "docs"].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = folders.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect()
}

/// What `![…](path)` names in a text.
fn pictures(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("![").skip(1).filter_map(|rest| rest.split_once("]("));
    after.filter_map(|(_, rest)| rest.split_once(')')).map(|(path, _)| path)
}

#[test]
fn every_picture_is_there_and_light_and_named() {
    let mut named = BTreeSet::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for picture in pictures(&text) {
            let path = document.parent().unwrap().join(picture);
            let place = format!("{}: {picture}", document.display());
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(bytes.starts_with(PNG), "{place} is no PNG");
            assert!(bytes.len() <= PICTURE_MAX, "{place}: {} bytes", bytes.len());
            named.insert(Path::new(picture).file_name().unwrap().to_owned());
        }
    }
    let there = fs::read_dir("docs/immagini").unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(there.collect::<BTreeSet<_>>(), named, "docs/immagini holds what a document shows");
}
