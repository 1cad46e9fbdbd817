// SPDX-License-Identifier: AGPL-3.0-or-later
//! `export`: the evidence of an act in one container.

use super::config::ConfigArg;
use super::progress::Progress;
use super::serve::keyring;
use super::{DONE, block_on, refused};
use crate::domain::digest::sha256_hex;
use crate::service::clock::{Clock, SystemClock};
use crate::service::evidence;
use crate::service::execute::Executor;
use crate::store::Store;
use chrono::TimeDelta;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Which act, and where to.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Identificativo del fascicolo, come nell'indirizzo della sua pagina
    case: String,
    /// File del contenitore (.asice)
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Archivio; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Writes the container.
pub fn run(args: &ExportArgs) -> ExitCode {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let url = args.database.clone().unwrap_or_else(|| config.database.clone());
    let progress = Progress::start();
    let written = block_on(async {
        let store = Store::connect_read_only(&url).await?;
        let keys = keyring(&config, SystemClock.now() - TimeDelta::days(1))?;
        let executor = Executor::new(store, Arc::new(SystemClock));
        progress.part("Lettura dei fatti e dei documenti");
        let read = |documents: usize| progress.at(&format!("{documents} documenti letti"));
        let bytes = evidence::export(&executor, &keys, &args.case, read).await?;
        progress.part("Scrittura del contenitore");
        std::fs::write(&args.to, &bytes)?;
        anyhow::Ok(bytes)
    });
    drop(progress);
    match written {
        Ok(bytes) => {
            println!("{}: {} byte", args.to.display(), bytes.len());
            println!("SHA-256 {}", sha256_hex(&bytes));
            ExitCode::from(DONE)
        }
        Err(error) => refused(format!("{error:#}")),
    }
}
