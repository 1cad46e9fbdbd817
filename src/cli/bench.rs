// SPDX-License-Identifier: AGPL-3.0-or-later
//! `bench`: the twelve-step cycle, or a simulation of so many acts.

use super::progress::Progress;
use super::{DONE, REFUSED, block_on, refused};
use crate::service::bench::{Bench, BenchError, Measured};
use crate::service::simulation::{self, Tally};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to measure.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Archivio vuoto da usare; senza, un file provvisorio
    #[arg(long, value_name = "URL")]
    database: Option<String>,
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
    #[arg(long, value_name = "ATTI", conflicts_with_all = ["database", "at_once", "json"])]
    simulate: Option<u64>,
    /// Primo seme della simulazione
    #[arg(long, value_name = "SEME", default_value_t = 1, requires = "simulate")]
    seed: u64,
    /// Thread della simulazione; senza, quanti ne ha la macchina
    #[arg(long, value_name = "N", requires = "simulate")]
    threads: Option<usize>,
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

async fn measure(args: &BenchArgs, folder: &PathBuf) -> Result<(), BenchError> {
    let url = match &args.database {
        Some(url) => url.clone(),
        None => {
            let path = folder.join("misura.db");
            std::fs::create_dir_all(folder).map_err(|source| crate::store::StoreError::File {
                path: folder.clone(),
                source,
            })?;
            format!("sqlite:{}", path.display())
        }
    };
    let bench = Bench::new(&url).await?;
    for _ in 0..args.rounds {
        for at_once in &args.at_once {
            print(&bench.run(*at_once, args.seconds).await?, args.json);
        }
    }
    bench.close().await;
    Ok(())
}

fn print(measured: &Measured, json: bool) {
    if json {
        if let Ok(line) = serde_json::to_string(measured) {
            println!("{line}");
        }
        return;
    }
    println!(
        "{:<8} {:>3} insieme  {:>8.1} cicli/s  {:>9.0} passi/s  passo {:.2} ms (p99 {:.2})  \
         {:.2} commit a ciclo, {:.2} andate e ritorni a passo  {} fatti riletti",
        measured.store,
        measured.at_once,
        measured.cycles_per_second,
        measured.transitions_per_second,
        measured.step_p50_ms,
        measured.step_p99_ms,
        measured.commits_per_cycle,
        measured.round_trips_per_transition,
        measured.events_checked
    );
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
