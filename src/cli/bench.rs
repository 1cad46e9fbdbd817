// SPDX-License-Identifier: AGPL-3.0-or-later
//! `bench`: the twelve-step cycle, or a simulation of so many acts.

use super::progress::Progress;
use super::served::{Seen, Server};
use super::{DONE, REFUSED, block_on, refused};
use crate::service::bench::{ApiBench, Bench, BenchError, Exact, Measured};
use crate::service::simulation::{self, Tally};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// What to measure.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Archivio vuoto da usare; senza, un file provvisorio
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Chi esegue i passi: il motore in questo processo, o un server di questo programma con la sua API
    #[arg(long, value_enum, default_value_t = Via::Engine)]
    via: Via,
    /// Atti da lasciare aperti prima di misurare
    #[arg(long, value_name = "N", default_value_t = 0)]
    open: usize,
    /// Cicli contemporanei, uno o più valori
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 32])]
    at_once: Vec<usize>,
    /// Secondi di misura per ogni giro
    #[arg(long, value_name = "S", default_value_t = 3.0)]
    seconds: f64,
    /// Giri
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: usize,
    /// Un oggetto JSON per riga
    #[arg(long)]
    json: bool,
    /// Simula la vita di un Comune fino a tanti atti, con guasti, e controlla ogni passo
    #[arg(long, value_name = "ATTI", conflicts_with_all = ["database", "via", "open", "at_once", "json"])]
    simulate: Option<u64>,
    /// Primo seme della simulazione
    #[arg(long, value_name = "SEME", default_value_t = 1, requires = "simulate")]
    seed: u64,
    /// Thread della simulazione; senza, quanti ne ha la macchina
    #[arg(long, value_name = "N", requires = "simulate")]
    threads: Option<usize>,
}

/// Who does the steps.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Via {
    /// Il motore in questo processo
    Engine,
    /// Un server, con la sua API
    Api,
}

/// Runs it.
pub fn run(args: &BenchArgs) -> ExitCode {
    if let Some(cases) = args.simulate {
        return simulate(args, cases);
    }
    let folder = std::env::temp_dir().join(format!("delibera-misura-{}", uuid::Uuid::now_v7()));
    let outcome = block_on(measure(args, &folder));
    // A scratch folder: what cannot be removed is left to the system.
    let _ = std::fs::remove_dir_all(&folder);
    match outcome {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => refused(error),
    }
}

async fn measure(args: &BenchArgs, folder: &Path) -> Result<(), BenchError> {
    std::fs::create_dir_all(folder)?;
    let url = match &args.database {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", folder.join("misura.db").display()),
    };
    let bench = Bench::new(&url).await?;
    bench.leave_open(args.open).await?;
    match args.via {
        Via::Engine => {
            for at_once in turns(args) {
                print(&bench.run(at_once, args.seconds).await?, None, args.json);
            }
            bench.close().await;
        }
        Via::Api => {
            let bench = bench.through_api(&url).await?;
            for at_once in turns(args) {
                let (measured, seen) =
                    at_server(&bench, &url, folder, at_once, args.seconds).await?;
                print(&measured, Some(seen), args.json);
            }
        }
    }
    Ok(())
}

/// Cycles at once of every run, in order.
fn turns(args: &BenchArgs) -> impl Iterator<Item = usize> {
    (0..args.rounds).flat_map(|_| args.at_once.iter().copied())
}

/// A server of its own for every run: it is killed at the end, and what it acknowledged must be there.
async fn at_server(
    bench: &ApiBench,
    url: &str,
    folder: &Path,
    at_once: usize,
    seconds: f64,
) -> Result<(Measured, Seen), BenchError> {
    let (server, start_ms) = Server::start(url, folder).await?;
    bench.first_transition(&server.address).await?;
    let first_transition_ms = server.running_ms();
    let load = bench.run(&server.address, at_once, seconds).await?;
    let seen = Seen { start_ms, first_transition_ms, memory_mb: server.memory_mb()? };
    drop(server);
    Ok((bench.check(&load).await?, seen))
}

/// A line of JSON: what was measured, and what was seen of the server.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    #[serde(flatten)]
    seen: Option<Seen>,
}

fn print(measured: &Measured, seen: Option<Seen>, json: bool) {
    if json {
        if let Ok(line) = serde_json::to_string(&Line { measured, seen }) {
            println!("{line}");
        }
        return;
    }
    println!(
        "{:<8} {:<6} {:>3} insieme  {:>8.1} cicli/s  {:>9.0} passi/s  passo {:.2} ms (p99 {:.2})  \
         {} fatti riletti, {:.0} al secondo{}{}",
        measured.store,
        measured.via,
        measured.at_once,
        measured.cycles_per_second,
        measured.transitions_per_second,
        measured.step_p50_ms,
        measured.step_p99_ms,
        measured.events_checked,
        measured.verified_per_second,
        measured.exact.as_ref().map(counted).unwrap_or_default(),
        seen.map(of_server).unwrap_or_default()
    );
}

fn counted(exact: &Exact) -> String {
    format!(
        "  {:.2} commit a ciclo, {:.2} andate e ritorni a passo",
        exact.commits_per_cycle, exact.round_trips_per_transition
    )
}

fn of_server(seen: Seen) -> String {
    format!(
        "  avvio {:.0} ms, primo passo a {:.0} ms, memoria {:.0} MB",
        seen.start_ms, seen.first_transition_ms, seen.memory_mb
    )
}

fn simulate(args: &BenchArgs, cases: u64) -> ExitCode {
    let machine = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::start();
    let so_far = |cases: u64| progress.at(&format!("{cases} atti"));
    let lived = simulation::simulate(args.seed, cases, args.threads.unwrap_or(machine), so_far);
    drop(progress);
    match lived {
        Ok(tally) => {
            told(args.seed, &tally);
            ExitCode::from(DONE)
        }
        Err(broken) => {
            println!("{broken}");
            println!("Si ripete con: delibera bench --simulate 1 --seed {}", broken.seed);
            ExitCode::from(REFUSED)
        }
    }
}

fn told(first: u64, tally: &Tally) {
    let last = first + tally.cases.div_ceil(simulation::CASES as u64);
    println!(
        "{} atti (semi da {first} a {last}), {} gesti, {} rifiuti, {} fatti: tutto torna",
        tally.cases, tally.done, tally.refused, tally.events
    );
    for (title, counts) in [("Fini", &tally.ends), ("Rifiuti", &tally.codes)] {
        let mut counts: Vec<_> = counts.iter().collect();
        counts.sort_by(|a, b| b.1.cmp(a.1));
        let counts: Vec<String> = counts.iter().map(|(what, n)| format!("{what} {n}")).collect();
        println!("{title}: {}", counts.join(", "));
    }
    let faults: Vec<String> = tally.faults.iter().map(|(what, n)| format!("{what} {n}")).collect();
    println!("Guasti: {}", faults.join(", "));
}
