// SPDX-License-Identifier: AGPL-3.0-or-later
//! Ballots as printed: counts are lengths of the recorded lists, names are those of the members.

use crate::case::ImmediateBallot;
use crate::law::ballot::{Casting, MemberBase, VoteBase};
use crate::papers::words;
use crate::regulation::Regulation;
use crate::sitting::{Ballot, MemberPresence};
use chrono::NaiveDate;
use serde::Serialize;

/// A declaration for the minutes.
#[derive(Debug, Clone, Serialize)]
pub struct StatementFacts {
    pub name: String,
    pub text: String,
}

/// One ballot. Contrary and abstaining members are named where the regulation prints names
/// (practice.md 1.9); a secret ballot has no names at all (R3.8).
#[derive(Debug, Clone, Serialize)]
pub struct VoteFacts {
    pub secret: Option<String>,
    pub present: usize,
    pub favour: u32,
    pub against: u32,
    pub abstained: u32,
    pub blank: u32,
    pub void: u32,
    /// Who voted: favourable and contrary; in a secret ballot, the ballots cast.
    pub voters: u32,
    pub against_names: Vec<String>,
    pub abstained_names: Vec<String>,
    pub conflicted_names: Vec<String>,
    /// Open vote, nobody against and nobody abstaining.
    pub unanimous_of_present: bool,
    /// Open vote, nobody against, somebody abstaining.
    pub unanimous_of_voters: bool,
    pub casting_favour: bool,
    pub casting_against: bool,
    /// The majority is counted on those present, not on the voters (R3.6).
    pub base_is_present: bool,
    pub base_source: String,
    pub statements: Vec<StatementFacts>,
}

/// The second ballot (R4.2): the majority is of the members.
#[derive(Debug, Clone, Serialize)]
pub struct ImmediateFacts {
    pub declared: bool,
    pub vote: VoteFacts,
    /// Members the majority is counted on.
    pub members: u32,
    /// They are the seats of the organ, not the members in office.
    pub members_are_seats: bool,
    pub required: u32,
    pub reasons: String,
    pub on: NaiveDate,
}

/// A ballot taken among these members.
pub fn vote(ballot: &Ballot, members: &[MemberPresence], regulation: &Regulation) -> VoteFacts {
    let present = members.iter().filter(|m| m.present).count();
    let count = ballot.count(0, 0, u32::try_from(present).unwrap_or(u32::MAX));
    let name = |person: &String| {
        let member = members.iter().find(|m| m.person == *person);
        member.map_or_else(|| person.clone(), |m| m.name.clone())
    };
    let printed = |people: &[String]| -> Vec<String> {
        if regulation.print_nominal_votes { people.iter().map(name).collect() } else { Vec::new() }
    };
    let open = ballot.secret.is_none() && ballot.totals.is_none();
    let nobody_against = open && count.favour > 0 && count.against == 0;
    VoteFacts {
        secret: (!open).then(|| words::clause(ballot.secret.as_deref().unwrap_or_default())),
        present,
        favour: count.favour,
        against: count.against,
        abstained: count.abstained,
        blank: count.blank,
        void: count.void,
        voters: count.favour + count.against + count.blank + count.void,
        against_names: if open { printed(&ballot.against) } else { Vec::new() },
        abstained_names: printed(&ballot.abstained),
        conflicted_names: ballot.conflicted.iter().map(name).collect(),
        unanimous_of_present: nobody_against && count.abstained == 0 && count.conflicted == 0,
        unanimous_of_voters: nobody_against && (count.abstained > 0 || count.conflicted > 0),
        casting_favour: ballot.casting == Some(Casting::Favour),
        casting_against: ballot.casting == Some(Casting::Against),
        base_is_present: regulation.vote_base == VoteBase::Presenti,
        base_source: regulation.source("vote_base").to_owned(),
        statements: statements(ballot, &name),
    }
}

fn statements(ballot: &Ballot, name: &dyn Fn(&String) -> String) -> Vec<StatementFacts> {
    let fact = |(person, text): &(String, String)| StatementFacts {
        name: name(person),
        text: words::clause(text),
    };
    ballot.statements.iter().map(fact).collect()
}

/// The second ballot as recorded.
pub fn immediate(
    ballot: &ImmediateBallot,
    members: &[MemberPresence],
    seats: u32,
    regulation: &Regulation,
) -> ImmediateFacts {
    let in_office = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let members_are_seats = regulation.ie_member_base == MemberBase::Assegnati;
    ImmediateFacts {
        declared: ballot.declared,
        vote: vote(&ballot.ballot, members, regulation),
        members: if members_are_seats { seats } else { in_office },
        members_are_seats,
        required: ballot.required,
        reasons: words::clause(&ballot.reasons),
        on: ballot.on,
    }
}
