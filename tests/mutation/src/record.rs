// SPDX-License-Identifier: AGPL-3.0-or-later
//! What came of each mutant, kept as it comes: a pass that was stopped goes on where it was.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What came of a mutant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Fate {
    Killed { by: String },
    Endless { under: String },
    Survived,
    Unreached,
}

impl Fate {
    /// Whether nobody noticed.
    pub fn alive(&self) -> bool {
        matches!(self, Self::Survived | Self::Unreached)
    }

    pub fn word(&self) -> String {
        match self {
            Self::Killed { by } => format!("killed by {by}"),
            Self::Endless { under } => format!("does not end under {under}"),
            Self::Survived => "survived".to_owned(),
            Self::Unreached => "not reached".to_owned(),
        }
    }
}

/// A line for each mutant, by its description: where it stands and what it changes, so that one of
/// other rules is never taken for it.
pub struct Record {
    known: BTreeMap<String, Fate>,
    file: Mutex<File>,
}

impl Record {
    /// What an earlier pass knew is kept only where it is asked for.
    pub fn open(path: &Path, resume: bool) -> Result<Self> {
        let text =
            if resume { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        // A line cut off when the pass was stopped says nothing; of two the later holds.
        let known = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let file = OpenOptions::new()
            .create(true)
            .append(resume)
            .write(true)
            .truncate(!resume)
            .open(path)
            .with_context(|| format!("{} is not opened", path.display()))?;
        Ok(Self { known, file: Mutex::new(file) })
    }

    /// How a mutant was killed before.
    pub fn killed(&self, mutant: &str) -> Option<Fate> {
        self.known.get(mutant).filter(|fate| !fate.alive()).cloned()
    }

    pub fn note(&self, mutant: &str, fate: &Fate) -> Result<()> {
        let line = format!("{}\n", serde_json::to_string(&(mutant, fate))?);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).context("the record is not written")
    }
}
