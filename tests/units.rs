// SPDX-License-Identifier: AGPL-3.0-or-later
//! Small parts of every layer, one by one. They are here and not beside the code, so that the
//! library is compiled once: a second time, for its own tests, cost every `./test` five minutes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "units/amend.rs"]
mod amend;
#[path = "units/assurance.rs"]
mod assurance;
#[path = "units/bulk.rs"]
mod bulk;
#[path = "units/calendar.rs"]
mod calendar;
#[path = "units/chain.rs"]
mod chain;
#[path = "units/detect.rs"]
mod detect;
#[path = "units/diff.rs"]
mod diff;
#[path = "units/docx.rs"]
mod docx;
#[path = "units/excerpt.rs"]
mod excerpt;
#[path = "units/export.rs"]
mod export;
#[path = "units/form.rs"]
mod form;
#[path = "units/fresh.rs"]
mod fresh;
#[path = "units/import.rs"]
mod import;
#[path = "units/labels.rs"]
mod labels;
#[path = "units/markdown.rs"]
mod markdown;
#[path = "units/measures.rs"]
mod measures;
#[path = "units/odt.rs"]
mod odt;
#[path = "units/question.rs"]
mod question;
#[path = "units/repeat.rs"]
mod repeat;
#[path = "units/search_words.rs"]
mod search_words;
#[path = "units/signed_files.rs"]
mod signed_files;
#[path = "units/standing.rs"]
mod standing;
#[path = "units/table.rs"]
mod table;
#[path = "units/templates.rs"]
mod templates;
#[path = "units/upload.rs"]
mod upload;
#[path = "units/verification.rs"]
mod verification;
#[path = "units/words.rs"]
mod words;

use std::path::PathBuf;

/// A folder that goes away with its owner.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("delibera-{name}-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// Writes a file of the folder.
    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A scratch folder: what cannot be removed is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
