// SPDX-License-Identifier: AGPL-3.0-or-later
//! `verify`: replays events, checks chains, seals, registers, rows, document hashes; or reads an
//! exported container, offline.

use super::config::ConfigArg;
use super::progress::Progress;
use super::{DONE, REFUSED, block_on, refused};
use crate::service::clock::{Clock, SystemClock};
use crate::service::evidence::{self, BundleReport};
use crate::service::trust;
use crate::service::verify::verify;
use crate::store::{Report, SealRef, Store, StoreError};
use clap::Args;
use delibera_signature::{Policy, Trust, Verdict};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Fascicolo esportato (.asice) da verificare al posto dell'archivio
    #[arg(conflicts_with = "database")]
    bundle: Option<PathBuf>,
    /// Cartella con i certificati delle autorità, per le firme di un fascicolo esportato
    #[arg(long, value_name = "CARTELLA", requires = "bundle")]
    trust: Option<PathBuf>,
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
    let seal = match args.seal.as_deref().map(str::parse::<SealRef>).transpose() {
        Ok(seal) => seal,
        Err(error) => {
            eprintln!("errore: {error}");
            return ExitCode::from(super::WRONG_USE);
        }
    };
    if let Some(path) = &args.bundle {
        return bundle(path, args.trust.as_deref(), seal.as_ref());
    }
    let url = match args.config.database(args.database.as_deref()) {
        Ok(url) => url,
        Err(code) => return code,
    };
    let progress = Progress::start();
    let report = block_on(audit(&url, seal.as_ref(), &progress));
    drop(progress);
    match report {
        Ok(report) => print(&report),
        Err(error) => refused(error),
    }
}

/// Verifies an exported container: no network, no database.
fn bundle(path: &Path, folder: Option<&Path>, seal: Option<&SealRef>) -> ExitCode {
    let trust = match folder.map(trust::read).transpose() {
        Ok(trust) => trust.unwrap_or_else(Trust::default),
        Err(error) => {
            eprintln!("errore: {error}");
            return ExitCode::from(super::WRONG_USE);
        }
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("errore: {}: {error}", path.display());
            return ExitCode::from(super::WRONG_USE);
        }
    };
    let policy = Policy { at: Some(SystemClock.now()), ..Policy::default() };
    match evidence::verify(&bytes, &trust, &policy, seal) {
        Ok(report) => told(&report, folder.is_some()),
        Err(finding) => not_right(&finding.to_string()),
    }
}

fn told(report: &BundleReport, trusting: bool) -> ExitCode {
    // Who gave a trust wants the seal of the container to stand under it.
    if trusting && report.verdict != Some(Verdict::TotalPassed) {
        return not_right("il sigillo del contenitore non è di un'autorità fra quelle indicate");
    }
    let style = anstyle::AnsiColor::Green.on_default().bold();
    anstream::println!(
        "{style}TUTTO TORNA{style:#}  fascicolo {}: {} fatti ({} sotto sigillo), {} documenti, {} firme integre",
        report.case,
        report.events,
        report.sealed,
        report.documents,
        report.signatures
    );
    println!("Contenitore sigillato da: {}", report.sealed_by);
    if !trusting {
        println!("Di chi siano le firme si verifica con --trust CARTELLA");
    }
    if let Some(seal) = &report.last_seal {
        println!("Ultimo sigillo dell'archivio, da confrontare (--seal): {seal}");
    }
    ExitCode::from(DONE)
}

fn not_right(what: &str) -> ExitCode {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    anstream::println!("{style}NON TORNA{style:#}  {what}");
    ExitCode::from(REFUSED)
}

/// Reads a whole database again, saying how far it is.
pub(super) async fn audit(
    url: &str,
    seal: Option<&SealRef>,
    progress: &Progress,
) -> Result<Report, StoreError> {
    let store = Store::connect_read_only(url).await?;
    let so_far = |events: i64| progress.at(&format!("{events} fatti riletti"));
    let report = verify(&store, seal, so_far).await?;
    store.close().await;
    Ok(report)
}

fn print(report: &Report) -> ExitCode {
    if let Some(finding) = &report.finding {
        return not_right(&finding.to_string());
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
        println!("Ultimo sigillo, da conservare altrove: {seal}");
    }
    if report.unsealed > 0 {
        println!("{} fatti non sono ancora coperti da un sigillo", report.unsealed);
    }
    ExitCode::from(DONE)
}
