// SPDX-License-Identifier: AGPL-3.0-or-later
//! The tests that may notice: every function of every suite, every scenario; what each takes and which
//! mutants it meets.

use crate::at_once;
use crate::config::Config;
use crate::trial::Ground;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    pub suite: String,
    pub name: String,
    pub program: PathBuf,
    /// A story for the program, not a function of a test binary.
    pub scenario: bool,
    pub takes: Duration,
    pub reaches: BTreeSet<u32>,
}

impl Test {
    fn new(suite: &str, name: &str, program: &Path, scenario: bool) -> Self {
        Self {
            suite: suite.to_owned(),
            name: name.to_owned(),
            program: program.to_owned(),
            scenario,
            takes: Duration::ZERO,
            reaches: BTreeSet::new(),
        }
    }

    pub fn label(&self) -> String {
        format!("{} {}", self.suite, self.name)
    }

    /// How the program is asked for these tests; it may leave what it makes in a folder.
    pub fn arguments(tests: &[&Self], room: &Path) -> Vec<OsString> {
        let names = tests.iter().map(|test| OsString::from(&test.name));
        match tests {
            [story] if story.scenario => {
                let out = room.join("out").into_os_string();
                vec!["run".into(), OsString::from(&story.name), "--dir".into(), out]
            }
            _ => names.chain(["--exact".into(), "--test-threads=1".into()]).collect(),
        }
    }
}

/// Every test, measured on the rules as they are.
pub fn measured(ground: &Ground, programs: &BTreeMap<String, PathBuf>) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for suite in &ground.config.suites {
        let program = &programs[suite];
        let names = functions(program, ground.copy).with_context(|| suite.clone())?;
        tests.extend(names.iter().map(|name| Test::new(suite, name, program, false)));
    }
    let story = &programs[&ground.config.program];
    let stories = stories(ground.config, ground.copy)?;
    tests.extend(stories.iter().map(|file| Test::new("scenario", file, story, true)));
    at_once(&tests, |test| {
        let (takes, reaches) = ground.measure(test)?;
        Ok(Test { takes, reaches, ..test.clone() })
    })
}

fn functions(program: &Path, copy: &Path) -> Result<Vec<String>> {
    let done = Command::new(program).args(["--list"]).current_dir(copy).output()?;
    ensure!(done.status.success(), "{} does not list its tests", program.display());
    let said = String::from_utf8(done.stdout)?;
    Ok(said.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn stories(config: &Config, copy: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in &config.scenarios {
        for entry in fs::read_dir(copy.join(folder)).with_context(|| folder.clone())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".toml") {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The runs a mutant is put through: quick tests of a suite together, then slow ones alone; of both the
/// shortest run first.
pub fn runs<'a>(tests: &'a [Test], mutant: u32, config: &Config) -> Vec<Vec<&'a Test>> {
    let mut together: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    let mut alone = Vec::new();
    for test in tests.iter().filter(|test| test.reaches.contains(&mutant)) {
        if test.scenario || test.takes.as_secs_f64() > config.quick_seconds {
            alone.push(vec![test]);
        } else {
            together.entry(&test.suite).or_default().push(test);
        }
    }
    let takes = |run: &Vec<&Test>| run.iter().map(|test| test.takes).sum::<Duration>();
    let mut runs: Vec<_> = together.into_values().collect();
    runs.sort_by_key(takes);
    alone.sort_by_key(takes);
    runs.extend(alone);
    runs
}
