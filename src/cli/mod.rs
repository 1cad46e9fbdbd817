// SPDX-License-Identifier: AGPL-3.0-or-later
//! The command line: parse once, call the service, print.

pub mod batch;
pub mod check;
pub mod page;
pub mod terms;
mod usage;
pub mod vote;
pub mod workflow;

use clap::{Parser, Subcommand};
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
    /// Prova che procedimenti, regolamenti e modelli siano in regola
    Check(check::CheckArgs),
    /// Ultimo giorno di pubblicazione, primo giorno fuori dall'Albo, esecutività
    Terms(terms::TermsArgs),
    /// Numero legale, esito della votazione, immediata eseguibilità
    Vote(vote::VoteArgs),
    /// Disegna un procedimento
    Workflow(workflow::WorkflowArgs),
}

/// Runs the program. Exit codes: 0 done, 1 refused or not valid, 2 wrong use.
pub fn main() -> ExitCode {
    let cli = match usage::parse::<Cli>() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.command {
        Command::Check(args) => check::run(args),
        Command::Terms(args) => terms::run(args),
        Command::Vote(args) => vote::run(args),
        Command::Workflow(args) => workflow::run(args),
    }
}
