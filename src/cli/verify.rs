// SPDX-License-Identifier: AGPL-3.0-or-later
//! `verify`: replays events, checks chains, seals, registers, rows, document hashes.

use super::config::ConfigArg;
use super::{DONE, REFUSED, block_on, refused};
use crate::service::verify::verify;
use crate::store::{Report, SealRef, Store, StoreError};
use clap::Args;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Archivio da verificare; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Ultimo sigillo conservato altrove, come «numero:impronta»
    #[arg(long, value_name = "N:IMPRONTA")]
    seal: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Runs the audit.
pub fn run(args: &VerifyArgs) -> ExitCode {
    let url = match &args.database {
        Some(url) => url.clone(),
        None => match args.config.load() {
            Ok(config) => config.database,
            Err(code) => return code,
        },
    };
    let seal = match args.seal.as_deref().map(parse_seal) {
        Some(None) => {
            eprintln!("errore: --seal si scrive «numero:impronta», come nel messaggio del sigillo");
            return ExitCode::from(super::WRONG_USE);
        }
        Some(seal) => seal,
        None => None,
    };
    match block_on(audit(&url, seal.as_ref())) {
        Ok(report) => print(&report),
        Err(error) => refused(error),
    }
}

fn parse_seal(text: &str) -> Option<SealRef> {
    let (n, hash) = text.split_once(':')?;
    Some(SealRef { n: n.parse().ok()?, hash: hash.to_owned() })
}

async fn audit(url: &str, seal: Option<&SealRef>) -> Result<Report, StoreError> {
    let store = Store::connect_read_only(url).await?;
    let terminal = std::io::stderr().is_terminal();
    let report = verify(&store, seal, |events| {
        if terminal {
            eprint!("\r{events} fatti riletti");
            // Progress only: a closed terminal is no reason to stop an audit.
            let _ = std::io::stderr().flush();
        }
    })
    .await;
    if terminal {
        eprint!("\r\u{1b}[K");
    }
    report
}

fn print(report: &Report) -> ExitCode {
    if let Some(finding) = &report.finding {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        anstream::println!("{style}NON TORNA{style:#}  {finding}");
        return ExitCode::from(REFUSED);
    }
    let style = anstyle::AnsiColor::Green.on_default().bold();
    anstream::println!(
        "{style}TUTTO TORNA{style:#}  {} fatti in {} flussi, {} documenti, {} registri, {} lavori, {} sigilli",
        report.events,
        report.streams,
        report.documents,
        report.registers,
        report.jobs,
        report.seals
    );
    if let Some(seal) = &report.last_seal {
        println!("Ultimo sigillo, da conservare altrove: {}:{}", seal.n, seal.hash);
    }
    if report.unsealed > 0 {
        println!("{} fatti non sono ancora coperti da un sigillo", report.unsealed);
    }
    ExitCode::from(DONE)
}
