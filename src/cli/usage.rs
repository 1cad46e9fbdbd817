// SPDX-License-Identifier: AGPL-3.0-or-later
//! Help and wrong use, in Italian: clap decides what is wrong, this file says it.

use super::{DONE, WRONG_USE};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use std::process::ExitCode;

const TEMPLATE: &str = "{about-with-newline}\nUso: {usage}\n\n{all-args}{after-help}";

/// Parses the command line; help, version and wrong use are printed here.
pub(super) fn parse<T: CommandFactory + FromArgMatches>() -> Result<T, ExitCode> {
    let command = italian(T::command());
    command.try_get_matches().and_then(|matches| T::from_arg_matches(&matches)).map_err(answer)
}

/// The same command with headings, help and version in Italian.
fn italian(command: Command) -> Command {
    let subcommands: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let has_version = command.get_version().is_some();
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Mostra questo aiuto");
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("Comandi")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .mut_args(
            |arg| if arg.get_help_heading().is_none() { arg.help_heading("Opzioni") } else { arg },
        )
        .arg(help.help_heading("Opzioni"));
    if has_version {
        let version = Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version)
            .help("Mostra la versione")
            .help_heading("Opzioni");
        command = command.disable_version_flag(true).arg(version);
    }
    subcommands.into_iter().fold(command, |command, name| command.mut_subcommand(name, italian))
}

/// Prints what clap found and chooses the exit code.
fn answer(error: clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            anstream::print!("{}", error.render().ansi());
            ExitCode::from(DONE)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            anstream::eprint!("{}", error.render().ansi());
            ExitCode::from(WRONG_USE)
        }
        _ => {
            anstream::eprintln!("errore: {}\nPer l'uso: --help", sentence(&error));
            ExitCode::from(WRONG_USE)
        }
    }
}

/// The mistake in one Italian sentence.
fn sentence(error: &clap::Error) -> String {
    let said = |kind| error.get(kind).map(shown).unwrap_or_default();
    let arg = said(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("manca {arg}"),
        ErrorKind::UnknownArgument => format!("opzione sconosciuta {arg}"),
        ErrorKind::InvalidSubcommand => {
            format!("comando sconosciuto «{}»", said(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => "manca il comando".to_owned(),
        ErrorKind::ArgumentConflict => {
            format!("{arg} non si usa insieme a {}", said(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue if said(ContextKind::InvalidValue).is_empty() => {
            format!("manca il valore di {arg}")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string);
            let allowed = said(ContextKind::ValidValue);
            let hint = reason.unwrap_or_else(|| format!("valori ammessi: {allowed}"));
            format!("valore «{}» non ammesso per {arg} ({hint})", said(ContextKind::InvalidValue))
        }
        other => other.as_str().unwrap_or("uso errato").to_owned(),
    }
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(list) => list.join(", "),
        other => other.to_string(),
    }
}
