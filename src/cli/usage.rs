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

/// The same command with headings, help and version in Italian, and its subcommands too.
fn italian(command: Command) -> Command {
    let subcommands: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let name = command.get_name().to_owned();
    let own = |flag: &'static str, short: char, action: ArgAction, help: &'static str| {
        Arg::new(flag).short(short).long(flag).action(action).help(help)
    };
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("Comandi")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(own("help", 'h', ArgAction::Help, "Mostra questo aiuto"));
    if command.get_version().is_some() {
        let version = own("version", 'V', ArgAction::Version, "Mostra la versione");
        command = command.disable_version_flag(true).arg(version);
    }
    if subcommands.is_empty() {
        command = command.override_usage(format!("delibera {name} [OPZIONI]"));
    }
    let command = command.mut_args(italian_arg);
    subcommands.into_iter().fold(command, |command, name| command.mut_subcommand(name, italian))
}

/// Heading and default value of an option, in Italian.
fn italian_arg(arg: Arg) -> Arg {
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let arg = if arg.is_positional() { arg } else { arg.help_heading("Opzioni") };
    let takes_value = arg.get_action().takes_values();
    match arg.get_help() {
        Some(help) if takes_value && !defaults.is_empty() => {
            let help = format!("{help} [se omesso: {}]", defaults.join(", "));
            arg.hide_default_value(true).help(help)
        }
        _ => arg,
    }
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
            let other = said(ContextKind::PriorArg);
            let other = if other.is_empty() { "altre opzioni" } else { &other };
            format!("{arg} non si usa insieme a {other}")
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
