// SPDX-License-Identifier: AGPL-3.0-or-later
//! The program as a process that stays, on the configuration `prova.toml` of a folder.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_delibera");

/// Killed with its owner when a test fails.
pub struct Staying {
    child: Child,
    /// Lines said so far: which comes first is nobody's business.
    said: Arc<Mutex<Vec<String>>>,
}

impl Staying {
    pub fn start(folder: &Path, command: &str) -> Self {
        Self::writing(folder, command, Stdio::null())
    }

    /// With its messages of service kept, as many as there may be.
    pub fn writing(folder: &Path, command: &str, messages: Stdio) -> Self {
        let mut program = Command::new(PROGRAM);
        program.args([command, "--config", "prova.toml"]).env("RUST_LOG", "trace");
        Self::spawn(program.current_dir(folder).stderr(messages))
    }

    pub fn spawn(program: &mut Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its standard output"));
        let said = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                heard.lock().expect("lines").push(line);
            }
        });
        Self { child, said }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Host and port in the line that begins with a word, if it was said.
    pub fn heard(&self, word: &str) -> Option<String> {
        let begins = format!("{word}: http://");
        let said = self.said.lock().expect("lines");
        let rest = said.iter().find_map(|line| line.strip_prefix(&begins))?;
        rest.split('/').next().map(str::to_owned)
    }

    /// The same, when it comes.
    pub fn address(&self, word: &str) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(address) = self.heard(word) {
                return address;
            }
            assert!(Instant::now() < limit, "no line «{word}»: {:?}", self.said.lock());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to stop as a service manager does, and waits within a limit.
    pub fn stop(mut self) -> ExitStatus {
        self.ask_to_stop();
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().expect("its end") {
                return status;
            }
            assert!(Instant::now() < limit, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(asked.expect("kill").success());
    }

    /// As power fails: SIGKILL, at once.
    pub fn kill(mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("killed");
    }
}

impl Drop for Staying {
    fn drop(&mut self) {
        // Already ended unless the test failed.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
