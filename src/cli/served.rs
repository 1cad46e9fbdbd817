// SPDX-License-Identifier: AGPL-3.0-or-later
//! This very program as a server in a process of its own, for who measures it from outside.

use crate::service::bench::line::Line;
use serde::Serialize;
use std::io::{BufRead, BufReader, Error, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// What a server was seen to do and to take.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Seen {
    /// Milliseconds from the start of the process to the first answer of `/status`.
    pub start_ms: f64,
    /// Milliseconds from the start of the process to the first transition acknowledged.
    pub first_transition_ms: f64,
    /// Memory it had of its own, shared pages by share, once the cycles were done; in MB.
    pub memory_mb: f64,
}

/// A server under way; it ends when this is dropped, without being asked.
pub struct Server {
    process: Child,
    started: Instant,
    /// Where it serves pages and API.
    pub address: String,
}

impl Server {
    /// Starts it on a database, with a folder for what it keeps beside; gives it with the
    /// milliseconds until `/status` answered.
    ///
    /// # Errors
    /// It ended, or does not say where it is.
    pub async fn start(database: &str, folder: &Path) -> Result<(Self, f64)> {
        std::fs::create_dir_all(folder)?;
        let config = folder.join("delibera.toml");
        std::fs::write(&config, configuration(database, folder))?;
        let started = Instant::now();
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let said = process.stdout.take();
        // From here on it is ended whatever happens.
        let mut server = Self { process, started, address: String::new() };
        let mut lines = said.into_iter().flat_map(|out| BufReader::new(out).lines());
        let mut state = String::new();
        while server.address.is_empty() || state.is_empty() {
            let line = lines.next().ok_or_else(|| Error::other("è terminato subito"))??;
            let Some((what, address)) = line.split_once(": http://") else { continue };
            let address = address.split('/').next().unwrap_or_default().to_owned();
            match what {
                "Stato" => state = address,
                _ => server.address = address,
            }
        }
        let request = format!("GET /status HTTP/1.1\r\nhost: {state}\r\n\r\n");
        let answer = Line::open(&state).await?.ask(request.as_bytes()).await?;
        let start_ms = server.running_ms();
        match answer.status {
            200 => Ok((server, start_ms)),
            status => Err(Error::other(format!("lo stato è {status}"))),
        }
    }

    /// Milliseconds since the process was started.
    pub fn running_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1e3
    }

    /// The memory it has now, in MB (Linux).
    ///
    /// # Errors
    /// The system does not say.
    pub fn memory_mb(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id()))?;
        let kilobytes = rollup.lines().find_map(|line| {
            line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()
        });
        kilobytes.map(|kb| kb / 1024.0).ok_or_else(|| Error::other("memoria non leggibile"))
    }
}

impl Drop for Server {
    /// Killed, so that what it acknowledged must be there without its help.
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As a Comune has it, but for the requests a token may send: they are what is measured.
fn configuration(database: &str, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "database = \"{database}\"\nlisten = \"127.0.0.1:0\"\nlisten_ops = \"127.0.0.1:0\"\n\
         api_per_minute = {}\nseed_file = \"{folder}/sviluppo.seed\"\n\
         [mail]\nfrom = \"misura@comune.example\"\n[mail.transport]\nkind = \"folder\"\n\
         path = \"{folder}/mail\"\n",
        u32::MAX
    )
}
