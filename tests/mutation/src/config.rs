// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is asked: the file of the pass, and the few words of the command line.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// `mutation.toml`, where each key has its reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(rename = "crate")]
    pub rules_crate: String,
    pub cargo: Vec<String>,
    pub rules: Vec<String>,
    pub words: Vec<String>,
    pub suites: Vec<String>,
    pub program: String,
    pub scenarios: Vec<String>,
    pub quick_seconds: f64,
    pub enough_seconds: f64,
    pub slower: f64,
    pub seconds_more: f64,
    pub memory_megabytes: u64,
}

impl Config {
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
        toml::from_str(&text).with_context(|| format!("{name} is not what it should be"))
    }

    /// Whether a file, named from `src` of the crate, is among the rules.
    pub fn is_rule(&self, file: &str) -> bool {
        let among = |list: &[String]| {
            list.iter().any(|one| file == one || file.starts_with(&format!("{one}/")))
        };
        among(&self.rules) && !among(&self.words)
    }
}

pub const USAGE: &str = "\
usage: tests/mutation/run [--sample N] [--seed N] [--resume] [--patient] [--list]

  --sample N   mutants to try, drawn from all that can be made (300)
  --seed N     the draw: the same seed and the same rules, the same mutants (1)
  --resume     keeps what the last pass killed and tries the rest: after new tests
  --patient    asks every test that reaches a mutant before it says that nobody noticed
  --list       what can be made of the rules, by operator; tries nothing
";

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub sample: usize,
    pub seed: u64,
    pub resume: bool,
    pub patient: bool,
    pub list: bool,
}

impl Options {
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self { sample: 300, seed: 1, resume: false, patient: false, list: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word}: a number is missing"));
            match word.as_str() {
                "--sample" => options.sample = value()?.parse()?,
                "--seed" => options.seed = value()?.parse()?,
                "--resume" => options.resume = true,
                "--patient" => options.patient = true,
                "--list" => options.list = true,
                other => bail!("{other}: not known"),
            }
        }
        Ok(options)
    }
}
