// SPDX-License-Identifier: AGPL-3.0-or-later
//! One way to change anything: a command, decided on fresh state.

use crate::case::{self, CaseCommand, Ctx};
use crate::changes::{Changes, Stop};
use crate::papers::SignedPaper;
use crate::refusal::Refusal;
use crate::registry::{self, RegistryCommand};
use crate::sitting::{self, SittingCommand};
use crate::stream::StreamId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Everything that can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Command {
    /// On the Comune.
    Registry(RegistryCommand),
    /// On one act.
    Case {
        /// Its id.
        id: String,
        /// What.
        command: CaseCommand,
    },
    /// On one sitting.
    Sitting {
        /// Its id.
        id: String,
        /// What.
        command: SittingCommand,
    },
    /// Several on the Comune: all of them or none.
    Together(Vec<RegistryCommand>),
    /// Worker: the list of the day went to the capigruppo (R8.1).
    ListCapigruppo {
        /// D.
        day: NaiveDate,
        /// Serial of the list on that day.
        serial: u32,
        /// Cases on it: exactly those posted that day and not yet listed.
        cases: Vec<String>,
        /// SHA-256 of the sealed list.
        sha256: String,
    },
}

impl Command {
    /// Streams it certainly looks at; `decide` may ask for more.
    pub fn reads(&self) -> Vec<StreamId> {
        let mut reads = vec![StreamId::registry()];
        match self {
            Self::Registry(_) | Self::Together(_) => {}
            Self::Case { id, .. } => reads.push(StreamId::case(id)),
            Self::Sitting { id, command } => {
                reads.push(StreamId::sitting(id));
                reads.extend(item_of(command).map(StreamId::case));
            }
            Self::ListCapigruppo { cases, .. } => reads.extend(cases.iter().map(StreamId::case)),
        }
        reads
    }

    /// The place of the signed paper, for commands that carry one.
    pub fn paper_mut(&mut self) -> Option<&mut Option<SignedPaper>> {
        match self {
            Self::Case { command, .. } => match command {
                CaseCommand::GiveOpinion { paper, .. }
                | CaseCommand::Return { paper, .. }
                | CaseCommand::Revise { paper, .. }
                | CaseCommand::Withdraw { paper, .. }
                | CaseCommand::Sign { paper, .. }
                | CaseCommand::AttestImpediment { paper, .. } => Some(paper),
                _ => None,
            },
            Self::Sitting { command, .. } => match command {
                SittingCommand::RemoveItem { paper, .. }
                | SittingCommand::Convene { paper }
                | SittingCommand::Move { paper, .. }
                | SittingCommand::Cancel { paper, .. }
                | SittingCommand::Sign { paper, .. }
                | SittingCommand::Amend { paper, .. } => Some(paper),
                _ => None,
            },
            Self::Registry(_) | Self::Together(_) | Self::ListCapigruppo { .. } => None,
        }
    }

    /// The command's own token, as scenarios and `run --json` name it.
    pub fn token(&self) -> String {
        let value = match self {
            Self::Registry(command) => serde_json::to_value(command),
            Self::Case { command, .. } => serde_json::to_value(command),
            Self::Sitting { command, .. } => serde_json::to_value(command),
            Self::Together(_) => return "together".into(),
            Self::ListCapigruppo { .. } => return "list_capigruppo".into(),
        };
        let value = value.unwrap_or_default();
        value.get("do").and_then(|d| d.as_str()).unwrap_or_default().to_owned()
    }
}

fn item_of(command: &SittingCommand) -> Option<&str> {
    use SittingCommand as C;
    match command {
        C::AddItem { case }
        | C::RemoveItem { case, .. }
        | C::CallItem { case }
        | C::CallOffAgenda { case, .. }
        | C::DeclareConflict { case, .. }
        | C::ReplaceVerbalizer { case, .. }
        | C::Amend { case, .. }
        | C::SendBack { case, .. }
        | C::Vote { case, .. }
        | C::CorrectVote { case, .. }
        | C::Proclaim { case }
        | C::CorrectProclamation { case, .. }
        | C::VoteImmediate { case, .. }
        | C::Unanimous { case, .. }
        | C::UnanimousImmediate { case, .. }
        | C::Postpone { case, .. }
        | C::WithdrawItem { case, .. }
        | C::TakeNote { case }
        | C::Choose { case, .. } => Some(case),
        _ => None,
    }
}

/// Decides a command. The only place that says yes or no.
///
/// # Errors
/// A refusal, or what must be loaded before asking again.
pub fn decide(changes: &mut Changes, command: &Command) -> Result<(), Stop> {
    if changes.ctx.happened > changes.ctx.now {
        let text = "Il fatto non può essere nel futuro";
        return Err(Refusal::new("fact_in_future", "R3.14", "", text).into());
    }
    match command {
        Command::Registry(command) => on_the_comune(changes, command),
        Command::Together(commands) => {
            commands.iter().try_for_each(|command| on_the_comune(changes, command))
        }
        Command::Case { id, command } => {
            well_formed(id)?;
            case::decide(changes, id, command)
        }
        Command::Sitting { id, command } => {
            well_formed(id)?;
            sitting::decide(changes, id, command)
        }
        Command::ListCapigruppo { day, serial, cases, sha256 } => {
            case::capigruppo::list(changes, *day, *serial, cases, sha256)
        }
    }
}

fn on_the_comune(changes: &mut Changes, command: &RegistryCommand) -> Result<(), Stop> {
    if let RegistryCommand::OpenRegister { register, year, .. } = command {
        not_open(changes, register, *year)?;
    }
    // Entitled on the day of recording: no power is borrowed from the past.
    let (actor, today) = (&changes.ctx.actor, changes.ctx.today());
    registry::coherent(&changes.world.registry, command, today)?;
    let event = registry::decide(&changes.world.registry, actor, today, command.clone())?;
    changes.push_registry(event);
    Ok(())
}

fn not_open(changes: &Changes, register: &str, year: i32) -> Result<(), Stop> {
    match changes.world.registers.get(&(register.to_owned(), year)) {
        None => Err(Stop::ReadRegister(register.to_owned(), year)),
        Some(None) => Ok(()),
        Some(Some(last)) => Err(Refusal::new(
            "register_open",
            "R5.1",
            "",
            format!("Il registro {register}/{year} è già aperto: l'ultimo numero è {last}"),
        )
        .into()),
    }
}

fn well_formed(id: &str) -> Result<(), Refusal> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !id.is_empty() && id.len() <= 64 && id.chars().all(good) {
        return Ok(());
    }
    Err(Refusal::new(
        "bad_id",
        "R5.6",
        "",
        format!("L'identificativo «{id}» può avere solo lettere, cifre, - e _ (al più 64)"),
    ))
}

/// Runs a command on a world that holds what it needs; for tests and tools without a store.
///
/// # Errors
/// The refusal, or `Stop::Read` when the world lacks a stream.
pub fn run(changes: Changes, command: &Command) -> Result<Changes, Stop> {
    let mut changes = changes;
    decide(&mut changes, command)?;
    Ok(changes)
}

/// Convenience: a context where fact and recording coincide.
pub fn ctx(actor: &str, now: chrono::DateTime<chrono::Utc>) -> Ctx {
    Ctx { actor: actor.into(), now, happened: now }
}
