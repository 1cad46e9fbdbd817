// SPDX-License-Identifier: AGPL-3.0-or-later
//! `copy`: an act and its parts in one file to be read, and the answer to the code of a copy.

use super::config::ConfigArg;
use super::{DONE, block_on, refused};
use crate::domain::law::calendar::date_short;
use crate::service::clock::SystemClock;
use crate::service::copy::{Reader, reading_copy, verify_code};
use crate::service::documents::Templates;
use crate::service::execute::Executor;
use crate::service::keyring::Keyring;
use crate::service::paper::Press;
use crate::store::Store;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Which act, and what of it.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Il fascicolo
    case: String,
    /// File in cui scrivere la copia di lettura
    #[arg(long, value_name = "FILE", default_value = "copia.pdf")]
    out: PathBuf,
    /// La versione pubblicabile, con gli omissis, dove c'è
    #[arg(long)]
    public: bool,
    /// Verifica il codice stampato su una copia conforme, invece di fare la copia
    #[arg(long, value_name = "CODICE")]
    verify: Option<String>,
    /// Archivio; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Makes the copy, or answers the code.
pub fn run(args: &CopyArgs) -> ExitCode {
    let url = match args.config.database(args.database.as_deref()) {
        Ok(url) => url,
        Err(code) => return code,
    };
    match block_on(answer(&url, args)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::from(DONE)
        }
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn answer(url: &str, args: &CopyArgs) -> anyhow::Result<String> {
    let store = Store::connect_read_only(url).await?;
    let executor = Executor::new(store, Arc::new(SystemClock));
    if let Some(code) = &args.verify {
        let found = verify_code(&executor, &args.case, code).await?;
        let until = found.until.map(|day| format!(", verificabile fino al {}", date_short(day)));
        return Ok(format!(
            "{}{}\nfirmata da {}\ncopia {}\noriginale {}",
            found.title,
            until.unwrap_or_default(),
            found.signers.join(", "),
            found.copy,
            found.original
        ));
    }
    // A reading copy is not signed: the keys of this press are never used.
    let now = crate::service::clock::Clock::now(&SystemClock);
    let keys = Arc::new(Keyring::from_seed(&[0; 32], now)?);
    let press = Press { templates: Arc::new(Templates::embedded()?), keys };
    let reader = if args.public { Reader::Public } else { Reader::Office };
    let copy = reading_copy(&executor, &press, &args.case, reader).await?;
    std::fs::write(&args.out, &copy.pdf)?;
    Ok(format!("{}: {} pagine", args.out.display(), copy.pages))
}
