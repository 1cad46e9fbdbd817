// SPDX-License-Identifier: AGPL-3.0-or-later
//! Runs tests in a process of their own, with a mutant alive or none: until the first failure, the end,
//! or the limit of time.

use crate::config::Config;
use crate::suites::Test;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Passed,
    /// The test that failed; nobody where the process died without saying which.
    Failed(Option<String>),
    TooLong,
}

/// Where tests run.
pub struct Ground<'a> {
    pub copy: &'a Path,
    pub scratch: &'a Path,
    pub config: &'a Config,
}

impl Ground<'_> {
    /// Runs a test on the rules as they are: it must pass. How long it takes, which mutants it meets.
    pub fn measure(&self, test: &Test) -> Result<(Duration, BTreeSet<u32>)> {
        let room = Room::make(self.scratch, &test.label())?;
        let seen = room.0.join("seen");
        let told = ("DELIBERA_MUTANT_SEEN", seen.to_string_lossy().into_owned());
        let begun = Instant::now();
        let end = self.run(&[test], &room, told, None)?;
        let takes = begun.elapsed();
        ensure!(end == End::Passed, "{} is red without any mutant: {end:?}", test.label());
        let text = fs::read_to_string(&seen).unwrap_or_default();
        Ok((takes, text.lines().filter_map(|line| line.parse().ok()).collect()))
    }

    /// Runs tests of one suite with a mutant alive.
    pub fn attempt(&self, tests: &[&Test], mutant: u32) -> Result<End> {
        let takes: Duration = tests.iter().map(|test| test.takes).sum();
        let more = Duration::from_secs_f64(self.config.seconds_more);
        let limit = takes.mul_f64(self.config.slower) + more;
        let room = Room::make(self.scratch, &format!("mutant-{mutant}"))?;
        self.run(tests, &room, ("DELIBERA_MUTANT", mutant.to_string()), Some(limit))
    }

    fn run(
        &self,
        tests: &[&Test],
        room: &Room,
        told: (&str, String),
        limit: Option<Duration>,
    ) -> Result<End> {
        let first = tests.first().context("no test")?;
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh"])
            .arg((self.config.memory_megabytes * 1024).to_string())
            .arg(&first.program)
            .args(Test::arguments(tests, &room.0))
            .env(told.0, told.1)
            .env("TMPDIR", &room.0)
            .env("CARGO_MANIFEST_DIR", self.copy)
            .current_dir(self.copy)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} does not run", first.program.display()))?;
        watch(&mut child, limit.map(|limit| Instant::now() + limit))
    }
}

/// A folder for what a run leaves, removed after it.
struct Room(std::path::PathBuf);

impl Room {
    fn make(scratch: &Path, label: &str) -> Result<Self> {
        let room = Self(scratch.join("tmp").join(label.replace(['/', ':', ' '], "-")));
        let _ = fs::remove_dir_all(&room.0);
        fs::create_dir_all(&room.0)?;
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn watch(child: &mut Child, until: Option<Instant>) -> Result<End> {
    let output = child.stdout.take().context("no output")?;
    let (say, lines) = channel();
    thread::spawn(move || tell(output, &say));
    let heard = listen(&lines, until);
    if heard != End::Passed {
        // Its own group: the programs that a test started end with it.
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
    let status = child.wait()?;
    Ok(match heard {
        End::Passed if !status.success() => End::Failed(None),
        other => other,
    })
}

fn tell(output: impl Read, say: &Sender<String>) {
    // What a failed test printed need not be text.
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        if say.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
    }
}

/// Until the output ends, a test is said to have failed, or it is too late.
fn listen(lines: &Receiver<String>, until: Option<Instant>) -> End {
    loop {
        let line = match until {
            Some(until) => lines.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match line {
            Ok(line) => {
                let test = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED"));
                if test.is_some() {
                    return End::Failed(test.map(str::to_owned));
                }
            }
            Err(RecvTimeoutError::Timeout) => return End::TooLong,
            Err(RecvTimeoutError::Disconnected) => return End::Passed,
        }
    }
}
