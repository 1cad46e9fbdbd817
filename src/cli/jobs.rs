// SPDX-License-Identifier: AGPL-3.0-or-later
//! `jobs`: the queue and its dead letters, in view.

use super::config::ConfigArg;
use super::{DONE, REFUSED, block_on, refused};
use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::service::clock::{Clock, SystemClock};
use crate::store::{JobFilter, JobState, Store, StoreError};
use clap::Args;
use std::process::ExitCode;

/// What to show.
#[derive(Debug, Args)]
pub struct JobsArgs {
    /// Archivio; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Mostra anche i lavori conclusi
    #[arg(long)]
    all: bool,
    /// Rimette in coda un lavoro fallito
    #[arg(long, value_name = "CHIAVE")]
    retry: Option<String>,
    /// Rinuncia a un lavoro in attesa o fallito; serve il motivo
    #[arg(long, value_name = "CHIAVE", requires = "motivo")]
    give_up: Option<String>,
    /// Perché si rinuncia
    #[arg(long, value_name = "TESTO")]
    motivo: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Shows the queue.
pub fn run(args: &JobsArgs) -> ExitCode {
    let url = match args.config.database(args.database.as_deref()) {
        Ok(url) => url,
        Err(code) => return code,
    };
    match block_on(show(&url, args)) {
        Ok(code) => code,
        Err(error) => refused(error),
    }
}

async fn show(url: &str, args: &JobsArgs) -> Result<ExitCode, StoreError> {
    if let (Some(key), Some(reason)) = (&args.give_up, &args.motivo) {
        let store = Store::connect(url).await?;
        let note = format!("rinuncia da riga di comando: {reason}");
        let done = store.give_up(key, SystemClock.now(), &note).await?;
        store.close().await;
        if done {
            println!("Il lavoro «{key}» è lasciato: {reason}");
            return Ok(ExitCode::from(DONE));
        }
        eprintln!("errore: nessun lavoro in attesa o fallito ha chiave «{key}»");
        return Ok(ExitCode::from(REFUSED));
    }
    if let Some(key) = &args.retry {
        let store = Store::connect(url).await?;
        let done = store.requeue(key, SystemClock.now()).await?;
        store.close().await;
        if done {
            println!("Il lavoro «{key}» è di nuovo in coda");
            return Ok(ExitCode::from(DONE));
        }
        eprintln!("errore: nessun lavoro fallito ha chiave «{key}»");
        return Ok(ExitCode::from(REFUSED));
    }
    let store = Store::connect_read_only(url).await?;
    let counts = store.job_counts().await?;
    println!(
        "In attesa {}, in corso {}, conclusi {}, falliti {}, lasciati {}",
        counts.available, counts.running, counts.done, counts.dead, counts.given_up
    );
    for job in store.jobs(&JobFilter::default()).await? {
        if job.state == JobState::Done && !args.all {
            continue;
        }
        let style = match job.state {
            JobState::Dead => anstyle::AnsiColor::Red.on_default().bold(),
            JobState::Done => anstyle::Style::new().dimmed(),
            _ => anstyle::Style::new(),
        };
        let state = match job.state {
            JobState::Available => "in attesa",
            JobState::Running => "in corso",
            JobState::Done => "concluso",
            JobState::Dead if job.note.is_some() => "lasciato",
            JobState::Dead => "FALLITO",
        };
        let (day, time) = (rome_date(job.next_at), rome_time(job.next_at).format("%H:%M"));
        anstream::println!("{style}{state:<10}{style:#} {} {time}  {}", date_short(day), job.key);
        if let Some(note) = job.note.as_ref().filter(|_| job.state == JobState::Dead) {
            anstream::println!("{:>11}{note}", "");
        }
        if let Some(error) = &job.last_error {
            anstream::println!("{:>11}tentativi {}: {error}", "", job.attempts);
        }
    }
    Ok(ExitCode::from(if counts.dead > 0 { REFUSED } else { DONE }))
}
