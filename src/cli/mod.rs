// SPDX-License-Identifier: AGPL-3.0-or-later
//! The command line: parse once, call the service, print.

pub mod backup;
pub mod batch;
pub mod bench;
pub mod check;
pub mod config;
pub mod copy;
pub mod demo;
pub mod export;
pub mod init;
pub mod jobs;
pub mod openapi;
pub mod page;
mod progress;
pub mod serve;
mod served;
pub mod terms;
pub mod trust;
mod usage;
pub mod verify;
pub mod verify_pdf;
pub mod vote;
mod words;
pub mod workflow;

use clap::{Parser, Subcommand};
use std::future::Future;
use std::process::ExitCode;

/// Done.
pub const DONE: u8 = 0;
/// Refused, or not valid.
pub const REFUSED: u8 = 1;
/// Wrong use.
pub const WRONG_USE: u8 = 2;

/// Deliberazioni comunali, dalla proposta al pieno effetto.
#[derive(Debug, Parser)]
#[command(name = "delibera", version, subcommand_value_name = "COMANDO")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mostra il ciclo completo di un atto su un Comune di prova
    Demo(demo::DemoArgs),
    /// Esegue uno scenario: il Comune, le persone, gli atti, le attese
    Run(demo::RunArgs),
    /// Prova che procedimenti, regolamenti e modelli siano in regola
    Check(check::CheckArgs),
    /// Ultimo giorno di pubblicazione, primo giorno fuori dall'Albo, esecutività
    Terms(terms::TermsArgs),
    /// Numero legale, esito della votazione, immediata eseguibilità
    Vote(vote::VoteArgs),
    /// Rilegge tutto l'archivio, o un fascicolo esportato, e nomina la prima cosa che non torna
    Verify(verify::VerifyArgs),
    /// Copia tutto l'archivio in un file, mentre si lavora, e verifica la copia
    Backup(backup::BackupArgs),
    /// Rimette una copia in un archivio vuoto, di qualunque tipo, e lo verifica
    Restore(backup::RestoreArgs),
    /// Esporta il fascicolo probatorio di un atto: fatti, documenti, voti, messaggi, prove
    Export(export::ExportArgs),
    /// Verifica le firme di un documento, PDF o p7m
    VerifyPdf(verify_pdf::VerifyPdfArgs),
    /// Importa un elenco di fiducia, confermata la sua impronta
    Trust(trust::TrustArgs),
    /// Disegna un procedimento
    Workflow(workflow::WorkflowArgs),
    /// L'atto e le sue parti in un solo file da leggere, o la verifica del codice di una copia
    Copy(copy::CopyArgs),
    /// La coda dei lavori e quelli falliti
    Jobs(jobs::JobsArgs),
    /// Prepara l'archivio: il Comune, il primo amministratore, i numeri di partenza
    Init(init::InitArgs),
    /// Stampa un collegamento con cui una persona sceglie la password
    Access(init::AccessArgs),
    /// Porta l'archivio alla struttura di questa versione
    Migrate(config::ConfigArg),
    /// Serve le pagine e lavora la coda
    Serve(config::ConfigArg),
    /// Lavora la coda (PostgreSQL: quanti se ne vogliono)
    Worker(config::ConfigArg),
    /// Stampa il documento OpenAPI dell'API
    Openapi(openapi::OpenapiArgs),
    /// Misura il ciclo di dodici passi, o simula la vita di un Comune con i suoi guasti
    Bench(bench::BenchArgs),
    /// Stampa un esempio commentato della configurazione
    Config,
}

/// Runs the program. Exit codes: 0 done, 1 refused or not valid, 2 wrong use.
pub fn main() -> ExitCode {
    let cli = match usage::parse::<Cli>() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.command {
        Command::Demo(args) => demo::demo(&args),
        Command::Run(args) => demo::run(&args),
        Command::Check(args) => check::run(args),
        Command::Terms(args) => terms::run(args),
        Command::Vote(args) => vote::run(args),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Export(args) => export::run(&args),
        Command::VerifyPdf(args) => verify_pdf::run(&args),
        Command::Trust(args) => trust::run(&args),
        Command::Workflow(args) => workflow::run(args),
        Command::Copy(args) => copy::run(&args),
        Command::Jobs(args) => jobs::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Access(args) => init::access(&args),
        Command::Migrate(args) => init::migrate(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Worker(args) => serve::worker(&args),
        Command::Openapi(args) => openapi::run(&args),
        Command::Config => config::print_template(),
    }
}

/// Runs a future to its end on the program's own runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        // Without threads there is no program.
        Err(error) => {
            eprintln!("errore: il sistema non concede i thread necessari: {error}");
            std::process::exit(i32::from(REFUSED));
        }
    }
}

/// Prints an error and gives the exit code of a refusal.
fn refused(error: impl std::fmt::Display) -> ExitCode {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{style}errore:{style:#} {error}");
    ExitCode::from(REFUSED)
}
