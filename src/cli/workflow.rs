// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera workflow show`: a workflow draws itself, in Mermaid.

use super::{DONE, REFUSED, WRONG_USE};
use crate::domain::workflow::{load, mermaid};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Procedimenti
#[derive(Debug, Args)]
pub struct WorkflowArgs {
    #[command(subcommand)]
    command: WorkflowCommand,
}

#[derive(Debug, Subcommand)]
enum WorkflowCommand {
    /// Disegna un procedimento (Mermaid)
    Show(ShowArgs),
}

/// Disegna un procedimento (Mermaid)
#[derive(Debug, Args)]
struct ShowArgs {
    /// Procedimento
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Passo da mettere in evidenza
    #[arg(long, value_name = "PASSO")]
    step: Option<String>,
}

/// Runs the command.
pub fn run(args: WorkflowArgs) -> ExitCode {
    let WorkflowCommand::Show(ShowArgs { file, step }) = args.command;
    let name = file.display().to_string();
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("{name}: il file non si legge");
        return ExitCode::from(WRONG_USE);
    };
    let workflow = match load(&text, &name) {
        Ok(workflow) => workflow,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            return ExitCode::from(REFUSED);
        }
    };
    if let Some(step) = step.as_deref().filter(|step| workflow.step(step).is_none()) {
        let known: Vec<&str> = workflow.steps.iter().map(|s| s.name.as_str()).collect();
        eprintln!("Il procedimento non ha il passo «{step}». I suoi passi: {}", known.join(", "));
        return ExitCode::from(WRONG_USE);
    }
    print!("{}", mermaid(&workflow, step.as_deref()));
    ExitCode::from(DONE)
}
