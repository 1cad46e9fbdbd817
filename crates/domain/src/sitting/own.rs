// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a member does himself: he answers the convening (practice.md 2), and votes from where he is
//! connected (R3.10). The verbalizer still takes the vote down and the president proclaims it.

use super::event::{Attendance, Ballot, SittingEvent};
use super::items::current;
use super::opening::{members, remote_rules};
use super::votes::secret_reason;
use super::{Item, Sitting, Status};
use crate::changes::{Changes, Stop};
use crate::refusal::Refusal;
use crate::regulation::Regulation;
use serde::{Deserialize, Serialize};

/// What a member answers to the convening: it binds nobody, the roll call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// He comes.
    Present,
    /// He connects from elsewhere.
    Remote,
    /// He cannot.
    Absent,
}

/// How a member votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// In favour.
    Favour,
    /// Against.
    Against,
    /// Abstains.
    Abstained,
}

impl Choice {
    /// As a sentence says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Favour => "favorevole",
            Self::Against => "contrario",
            Self::Abstained => "astenuto",
        }
    }
}

impl Answer {
    /// As a list says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Present => "sarà presente",
            Self::Remote => "parteciperà a distanza",
            Self::Absent => "sarà assente",
        }
    }
}

/// The last word of each person counts.
pub(super) fn last_of<T>(said: &mut Vec<(String, T)>, person: &str, word: T) {
    said.retain(|(who, _)| who != person);
    said.push((person.to_owned(), word));
}

pub(super) fn answer(changes: &mut Changes, id: &str, answer: Answer) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    super::decide::status(sitting, &[Status::Convened], "rispondere alla convocazione")?;
    let day = sitting.date.unwrap_or_else(|| changes.day());
    let person = changes.ctx.actor.clone();
    let begins = sitting.starts().unwrap_or(changes.ctx.happened);
    if !members(changes, begins).iter().any(|m| m.person == person) {
        let text = "Alla convocazione rispondono i componenti della Giunta";
        return Err(Refusal::new("not_a_member", "R3.1", "art. 47 TUEL", text).into());
    }
    if answer == Answer::Remote {
        let regulation = changes.world.regulation(day)?;
        let connected = Attendance { person: person.clone(), remote: true };
        remote_rules(sitting, &[connected], false, &regulation, day)?;
    }
    changes.push_sitting(id, SittingEvent::Answered { person, answer });
    Ok(())
}

/// Only who is connected votes so: in the room one votes before the eyes of the verbalizer (R3.10).
pub(super) fn choose(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    choice: Choice,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    let sitting = changes.sitting(id)?;
    let person = changes.ctx.actor.clone();
    if !sitting.present_now().any(|i| i.person == person && i.remote) {
        let text = "Dal proprio dispositivo vota solo chi risulta collegato a distanza";
        return Err(Refusal::new("not_connected", "R3.10", "", text)
            .next("Chi è in sala vota a voce; chi ha perso il collegamento si fa riammettere")
            .into());
    }
    if item.ballot.is_some() {
        return Err(Refusal::new("already_voted", "R3.6", "", "La votazione è chiusa").into());
    }
    let regulation = super::decide::rules(changes, sitting)?;
    may_choose(changes, &item, &person, &regulation)?;
    let case = case_id.to_owned();
    changes.push_sitting(id, SittingEvent::Chose { case, person, choice });
    Ok(())
}

fn may_choose(
    changes: &Changes,
    item: &Item,
    person: &str,
    regulation: &Regulation,
) -> Result<(), Stop> {
    if item.must_abstain(person) {
        let text = "Chi deve astenersi non prende parte al voto";
        return Err(Refusal::new("must_abstain", "R3.9", "art. 78, c. 2, TUEL", text).into());
    }
    if secret_reason(&changes.case(&item.case)?.content, regulation).is_some() {
        let text = "La votazione è segreta: da qui il voto porterebbe il nome";
        return Err(Refusal::new(
            "secret_ballot_due",
            "R3.8",
            regulation.source("secret_vote_types"),
            text,
        )
        .next("Votare secondo le istruzioni di chi verbalizza")
        .into());
    }
    Ok(())
}

/// What is taken down agrees with what members wrote themselves (R3.10: their vote is certain).
pub(super) fn agrees(sitting: &Sitting, item: &Item, ballot: &Ballot) -> Result<(), Refusal> {
    if ballot.totals.is_some() {
        return Ok(());
    }
    let differs = |(person, choice): &&(String, Choice)| {
        let group = match choice {
            Choice::Favour => &ballot.favour,
            Choice::Against => &ballot.against,
            Choice::Abstained => &ballot.abstained,
        };
        // A vote cast before the line fell is void (R3.11).
        sitting.is_present(person) && !group.contains(person)
    };
    match item.choices.iter().find(differs) {
        None => Ok(()),
        Some((person, choice)) => {
            let name = sitting.members.iter().find(|m| m.person == *person);
            let name = name.map_or(person.as_str(), |m| m.name.as_str());
            let text = format!("{name} ha votato dal proprio dispositivo: {}", choice.label());
            Err(Refusal::new("choice_differs", "R3.10", "", text).next(
                "Registrare il voto nominale come è stato espresso, o farlo esprimere di nuovo",
            ))
        }
    }
}
