// SPDX-License-Identifier: AGPL-3.0-or-later
//! One build for all mutants. Those the compiler does not accept are left out and it is asked again.

use crate::Drawn;
use crate::config::Config;
use crate::copy;
use crate::weave::{Woven, weave};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ALIVE: &str = include_str!("alive.rs");

pub struct Copy<'a> {
    pub root: &'a Path,
    pub config: &'a Config,
}

impl Copy<'_> {
    fn source(&self, file: &str) -> PathBuf {
        self.root.join(&self.config.rules_crate).join("src").join(file)
    }

    /// Builds the tests over the mutated rules: the program of each suite, and our own.
    pub fn build(
        &self,
        texts: &BTreeMap<String, String>,
        drawn: &mut [Drawn],
    ) -> Result<BTreeMap<String, PathBuf>> {
        self.make_room(texts)?;
        loop {
            let woven = self.weave(texts, drawn)?;
            let said = self.cargo()?;
            if let Some(programs) = said.programs {
                return Ok(programs);
            }
            let refused =
                refused(&woven, &said.errors, &format!("{}/src/", self.config.rules_crate));
            if refused.is_empty() {
                let errors = said.errors.iter().filter_map(|e| e["rendered"].as_str());
                bail!("the copy does not compile:\n{}", errors.collect::<String>());
            }
            println!("  {} mutants do not compile: left out", refused.len());
            for one in drawn.iter_mut().filter(|one| refused.contains(&one.number)) {
                one.compiles = false;
            }
        }
    }

    /// The crate gets the module that says who is alive, and no lint: mutants are no style.
    fn make_room(&self, texts: &BTreeMap<String, String>) -> Result<()> {
        copy::write(&self.source("mutants.rs"), ALIVE.as_bytes(), None)?;
        let root = texts.get("lib.rs").context("the crate of the rules has no lib.rs")?;
        let root = format!(
            "#![allow(warnings, clippy::all)]\n{root}\n/// Who is alive.\npub mod mutants;\n"
        );
        copy::write(&self.source("lib.rs"), root.as_bytes(), None)
    }

    fn weave(
        &self,
        texts: &BTreeMap<String, String>,
        drawn: &[Drawn],
    ) -> Result<BTreeMap<String, Woven>> {
        let mut all = BTreeMap::new();
        for (file, text) in texts.iter().filter(|(file, _)| *file != "lib.rs") {
            let here = drawn.iter().filter(|one| one.file == *file && one.compiles);
            let woven = weave(text, here.map(|one| (one.number, &one.mutation)));
            copy::write(&self.source(file), woven.text.as_bytes(), None)?;
            all.insert(file.clone(), woven);
        }
        Ok(all)
    }

    fn cargo(&self) -> Result<Said> {
        let done = Command::new("cargo")
            .args(&self.config.cargo)
            .args(self.config.suites.iter().flat_map(|suite| ["--test", suite]))
            .arg("--message-format=json")
            .current_dir(self.root)
            .stderr(Stdio::inherit())
            .output()
            .context("cargo does not run")?;
        let mut said = Said { programs: None, errors: Vec::new() };
        let mut programs = BTreeMap::new();
        for line in String::from_utf8(done.stdout)?.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let message = &line["message"];
            if message["level"] == "error" {
                said.errors.push(message.clone());
            }
            if let (Some(name), Some(program)) =
                (line["target"]["name"].as_str(), line["executable"].as_str())
            {
                programs.insert(name.to_owned(), PathBuf::from(program));
            }
        }
        if done.status.success() {
            let mut wanted = self.config.suites.iter().chain([&self.config.program]);
            let missing = wanted.find(|name| !programs.contains_key(*name));
            ensure!(missing.is_none(), "cargo made no {missing:?}");
            said.programs = Some(programs);
        }
        Ok(said)
    }
}

/// What cargo answered: programs, or errors.
struct Said {
    programs: Option<BTreeMap<String, PathBuf>>,
    errors: Vec<Value>,
}

/// The mutants the compiler complains of: the smallest around what it points at; failing that, all of
/// the function, since an error of types may come out far from its cause.
fn refused(woven: &BTreeMap<String, Woven>, errors: &[Value], sources: &str) -> BTreeSet<u32> {
    let mut refused = BTreeSet::new();
    for error in errors {
        let spans = error["spans"].as_array().into_iter().flatten();
        let spans: Vec<_> = spans.filter_map(|span| pointed(woven, span, sources)).collect();
        let inside = spans.iter().find_map(|(at, woven)| around(&woven.places, *at));
        let function = || spans.iter().find_map(|(at, woven)| around(&woven.functions, *at));
        refused.extend(inside.or_else(function).into_iter().flatten());
    }
    refused
}

fn pointed<'a>(
    woven: &'a BTreeMap<String, Woven>,
    span: &Value,
    sources: &str,
) -> Option<((usize, usize), &'a Woven)> {
    let file = span["file_name"].as_str()?;
    let file = &file[file.find(sources)? + sources.len()..];
    let at = |key: &str| usize::try_from(span[key].as_u64()?).ok();
    Some(((at("byte_start")?, at("byte_end")?), woven.get(file)?))
}

fn around(
    places: &[(u32, std::ops::Range<usize>)],
    (start, end): (usize, usize),
) -> Option<Vec<u32>> {
    let holding = places.iter().filter(|(_, place)| place.start <= start && end <= place.end);
    let holding: Vec<_> = holding.collect();
    let smallest = holding.iter().map(|(_, place)| place.len()).min()?;
    let smallest = holding.iter().filter(|(_, place)| place.len() == smallest);
    Some(smallest.map(|(number, _)| *number).collect())
}

/// The files of the crate, by their path from `src`.
pub fn texts(source: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for path in copy::files(source)? {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(source)?.to_string_lossy().into_owned();
            texts.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(texts)
}
