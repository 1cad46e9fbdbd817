// SPDX-License-Identifier: AGPL-3.0-or-later
//! Would the tests notice if a rule were wrong? Draws mutants of the pure rules, compiles them all at
//! once in a copy of the repository, brings each to life under the tests that reach it, and says which
//! ones nobody noticed. `docs/mutations.md` keeps the record of a pass.

mod compile;
mod config;
mod copy;
mod find;
mod operators;
mod record;
mod report;
mod suites;
mod trial;
mod weave;

use anyhow::{Context, Result, bail};
use config::{Config, Options, USAGE};
use find::Mutation;
use record::{Fate, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{env, fs, process, thread};
use suites::Test;
use trial::{End, Ground};

/// A mutant that was drawn. Its number is its place in the draw: a larger sample begins with these.
pub struct Drawn {
    pub number: u32,
    /// From `src` of the crate of the rules.
    pub file: String,
    pub before: String,
    pub mutation: Mutation,
    pub compiles: bool,
}

fn main() {
    let options = Options::read(env::args().skip(1)).unwrap_or_else(|error| {
        eprint!("{error}\n{USAGE}");
        process::exit(2);
    });
    if let Err(error) = pass(&options) {
        eprintln!("mutation: {error:#}");
        process::exit(1);
    }
}

fn pass(options: &Options) -> Result<()> {
    let root = env::current_dir()?;
    let config = Config::read(&root.join("tests/mutation/mutation.toml"))?;
    let texts = compile::texts(&root.join(&config.rules_crate).join("src"))?;
    let all = candidates(&config, &texts)?;
    if options.list {
        return list(&all);
    }
    // Some do not compile: their places are taken by those drawn after them.
    let mut drawn = draw(all, options.sample + options.sample / 4, options.seed);
    let scratch = root.join("target/mutation");
    let copy = scratch.join("copy");
    fs::create_dir_all(&copy)?;
    let rules = format!("{}/src/", config.rules_crate);
    copy::refresh(&root, &copy, |name| name.starts_with(&rules))?;
    println!("{} mutants drawn with seed {}: building", drawn.len(), options.seed);
    let built = compile::Copy { root: &copy, config: &config }.build(&texts, &mut drawn)?;
    let programs = set_aside(&built, &scratch.join("programs"))?;
    let ground = Ground { copy: &copy, scratch: &scratch, config: &config };
    let tests = suites::measured(&ground, &programs)?;
    say_measures(&tests);
    let chosen: Vec<&Drawn> =
        drawn.iter().filter(|one| one.compiles).take(options.sample).collect();
    let record = Record::open(&scratch.join("fates.jsonl"), options.resume)?;
    let fates = try_all(&ground, &tests, &chosen, &record, options.patient)?;
    let report = report::report(&fates);
    println!("\n{report}");
    fs::write(scratch.join("report.md"), report).context("the report is not written")
}

/// The programs as they are now: cargo may build again while they are used.
fn set_aside(
    built: &BTreeMap<String, PathBuf>,
    folder: &Path,
) -> Result<BTreeMap<String, PathBuf>> {
    fs::create_dir_all(folder)?;
    let copied = built.iter().map(|(name, program)| {
        let aside = folder.join(name);
        fs::copy(program, &aside).with_context(|| format!("{} not copied", program.display()))?;
        Ok((name.clone(), aside))
    });
    copied.collect()
}

/// Everything that can be made of the rules, in the order of files and lines.
fn candidates(config: &Config, texts: &BTreeMap<String, String>) -> Result<Vec<Drawn>> {
    let mut all = Vec::new();
    for (file, text) in texts.iter().filter(|(file, _)| config.is_rule(file)) {
        let found = find::mutations(text).with_context(|| file.clone())?;
        all.extend(found.into_iter().map(|mutation| Drawn {
            number: 0,
            file: file.clone(),
            before: text[mutation.range.clone()].to_owned(),
            mutation,
            compiles: true,
        }));
    }
    Ok(all)
}

fn list(all: &[Drawn]) -> Result<()> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one.mutation.operator).or_default() += 1;
    }
    for (operator, count) in counts {
        println!("{count:6} {operator}");
    }
    println!("{:6} in all", all.len());
    Ok(())
}

/// Draws without putting back. The sequence is SplitMix64, so that it stays what it is when a library
/// changes: a number in `docs/mutations.md` can be looked up.
fn draw(mut all: Vec<Drawn>, wanted: usize, seed: u64) -> Vec<Drawn> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    for place in 0..wanted.min(all.len()) {
        let left = (all.len() - place) as u64;
        all.swap(place, place + (next() % left) as usize);
    }
    all.truncate(wanted);
    for (one, number) in all.iter_mut().zip(1..) {
        one.number = number;
    }
    all
}

fn say_measures(tests: &[Test]) {
    let mut suites: BTreeMap<&str, (usize, f64, BTreeSet<u32>)> = BTreeMap::new();
    for test in tests {
        let suite = suites.entry(&test.suite).or_default();
        suite.0 += 1;
        suite.1 += test.takes.as_secs_f64();
        suite.2.extend(&test.reaches);
    }
    for (name, (count, seconds, reached)) in suites {
        println!(
            "  {name:14} {count:4} tests {seconds:7.1} s, {:4} mutants reached",
            reached.len()
        );
    }
}

/// Does something with each, as many at a time as there are cores; the answers in the same order.
pub fn at_once<T: Sync, A: Send>(
    list: &[T],
    work: impl Fn(&T) -> Result<A> + Sync,
) -> Result<Vec<A>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let worker = || -> Result<()> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = list.get(place) else { return Ok(()) };
            let answer = work(one)?;
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(place, answer);
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect())
}

fn try_all<'a>(
    ground: &Ground,
    tests: &[Test],
    chosen: &[&'a Drawn],
    record: &Record,
    patient: bool,
) -> Result<Vec<(&'a Drawn, Fate)>> {
    let count = AtomicUsize::new(0);
    at_once(chosen, |one| {
        let name = report::described(one);
        let known = record.killed(&name);
        let fate = known.map_or_else(|| fate(ground, tests, one.number, patient), Ok)?;
        record.note(&name, &fate)?;
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        println!("{count}/{} {}: {name}", chosen.len(), fate.word());
        Ok((*one, fate))
    })
}

fn fate(ground: &Ground, tests: &[Test], mutant: u32, patient: bool) -> Result<Fate> {
    let runs = suites::runs(tests, mutant, ground.config);
    let mut asked = 0.0;
    for run in &runs {
        let suite = run[0].suite.clone();
        match ground.attempt(run, mutant)? {
            End::Passed => {}
            End::TooLong => return Ok(Fate::Endless { under: suite }),
            End::Failed(test) => {
                let by = test.unwrap_or_else(|| run[0].name.clone());
                return Ok(Fate::Killed { by: format!("{suite} {by}") });
            }
        }
        asked += run.iter().map(|test| test.takes.as_secs_f64()).sum::<f64>();
        if asked > ground.config.enough_seconds && !patient {
            break;
        }
    }
    Ok(if runs.is_empty() { Fate::Unreached } else { Fate::Survived })
}
