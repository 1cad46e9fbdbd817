// SPDX-License-Identifier: AGPL-3.0-or-later
//! poppler as an outside witness: what a reader of the file finds in it.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file in a temporary folder, removed with it.
pub struct Saved {
    pub folder: PathBuf,
    pub path: PathBuf,
}

impl Drop for Saved {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Saves a file for poppler to read.
pub fn save(pdf: &[u8]) -> Saved {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("delibera-documents-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("document.pdf");
    fs::write(&path, pdf).unwrap();
    Saved { folder, path }
}

/// Runs a tool of poppler-utils (or qpdf) on the file and gives what it prints.
pub fn run(tool: &str, options: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let saved = save(pdf);
    let output = Command::new(tool)
        .args(options)
        .arg(&saved.path)
        .args(after)
        .output()
        .unwrap_or_else(|error| panic!("{tool} (packages poppler-utils, qpdf): {error}"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{tool} failed: {errors}");
    assert!(errors.is_empty(), "{tool} complains: {errors}");
    // poppler prints titles of the structure in their own encoding.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The text of the file; a word that lines divide is whole (`ActualText`).
pub fn text(pdf: &[u8]) -> String {
    run("pdftotext", &["-raw"], pdf, &["-"])
}

/// A word on a page; the box is in points from the page's top left corner.
#[derive(Debug, Clone)]
pub struct Word {
    pub page: usize,
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
    pub text: String,
}

/// All words with their boxes.
pub fn words(pdf: &[u8]) -> Vec<Word> {
    let html = run("pdftotext", &["-bbox"], pdf, &["-"]);
    let mut page = 0;
    let mut words = Vec::new();
    for line in html.lines().map(str::trim) {
        if line.starts_with("<page ") {
            page += 1;
        }
        let Some(rest) = line.strip_prefix("<word ") else {
            continue;
        };
        let value = |key: &str| -> f32 {
            let start = rest.find(&format!("{key}=\"")).unwrap() + key.len() + 2;
            rest[start..].split('"').next().unwrap().parse().unwrap()
        };
        let text = rest.split_once('>').unwrap().1.trim_end_matches("</word>");
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        words.push(Word {
            page,
            left: value("xMin"),
            top: value("yMin"),
            right: value("xMax"),
            bottom: value("yMax"),
            text: text.replace("&amp;", "&"),
        });
    }
    words
}
