// SPDX-License-Identifier: AGPL-3.0-or-later
//! The roll and the ballot as forms, and back.

use super::reasons;
use super::sitting::SittingSubject;
use crate::domain::case;
use crate::domain::sitting::{
    Answer, Attendance, Choice, Member, Mode, SecretTotals, VoteInput, secret_reason,
};
use crate::domain::world::World;
use crate::web::forms::{Field, Reader};
use chrono::{DateTime, NaiveDate, Utc};

pub(super) fn present(subject: &SittingSubject) -> impl Iterator<Item = &Member> {
    subject.members.iter().filter(|m| subject.sitting.is_present(&m.person))
}

/// Where a member may be.
pub(super) fn places(subject: &SittingSubject) -> Vec<(&'static str, &'static str)> {
    match subject.sitting.mode {
        Mode::InSeat => vec![("sala", "In sala"), ("assente", "Assente")],
        _ => vec![("sala", "In sala"), ("remoto", "A distanza"), ("assente", "Assente")],
    }
}

/// The roll in one form: everyone with the answer he gave, or where he was last.
pub(super) fn roll(subject: &SittingSubject) -> Vec<Field> {
    let sitting = &subject.sitting;
    let place = |member: &Member| {
        if sitting.opened.is_some() {
            return match sitting.present_now().find(|i| i.person == member.person) {
                Some(interval) if interval.remote => "remoto",
                Some(_) => "sala",
                None => "assente",
            };
        }
        match sitting.answers.iter().find(|(person, _)| *person == member.person) {
            Some((_, Answer::Absent)) => "assente",
            Some((_, Answer::Remote)) => "remoto",
            _ => "sala",
        }
    };
    let row = |member: &Member| {
        Field::new("row", &format!("p-{}", member.person), &member.name)
            .help(&member.title)
            .options(places(subject))
            .value(place(member))
    };
    subject.members.iter().map(row).collect()
}

/// Who answered the roll.
pub(super) fn called(subject: &SittingSubject, form: &mut Reader<'_>) -> Vec<Attendance> {
    let mut present = Vec::new();
    for member in &subject.members {
        match form.needed(&format!("p-{}", member.person)).as_str() {
            "sala" => present.push(Attendance { person: member.person.clone(), remote: false }),
            "remoto" => present.push(Attendance { person: member.person.clone(), remote: true }),
            _ => {}
        }
    }
    present
}

/// Who votes on the item: who was there at its vote, or is there now, and need not abstain.
fn voters(subject: &SittingSubject) -> Vec<&Member> {
    let Some(item) = subject.item() else { return Vec::new() };
    let then = match item.ballot.is_some() && item.immediate.is_none() && !is_second(subject) {
        true => subject.sitting.when_voted(item),
        false => subject.sitting.clone(),
    };
    let may = |m: &&Member| then.is_present(&m.person) && !item.must_abstain(&m.person);
    subject.members.iter().filter(may).collect()
}

/// The item was proclaimed and stands at its second ballot.
fn is_second(subject: &SittingSubject) -> bool {
    subject.item().is_some_and(|i| i.outcome.is_some_and(|(outcome, _)| outcome.is_approval()))
}

fn is_secret(subject: &SittingSubject) -> bool {
    let day = subject.sitting.date.unwrap_or(subject.today);
    let (Some(case), Ok(regulation)) =
        (subject.world.cases.get(&subject.about), subject.world.regulation(day))
    else {
        return false;
    };
    secret_reason(&case.content, &regulation).is_some()
}

/// The ballot again, and what was wrong with the one that was taken down.
pub(super) fn corrected(subject: &SittingSubject) -> Vec<Field> {
    let mut fields = ballot(subject);
    fields.push(reasons("Che cosa era sbagliato"));
    fields
}

/// The ballot as a form: one line a voter, or the totals of a secret one.
pub(super) fn ballot(subject: &SittingSubject) -> Vec<Field> {
    let day = subject.sitting.date.unwrap_or(subject.today);
    let voters = voters(subject);
    let mut fields: Vec<Field> = if is_secret(subject) && !is_second(subject) {
        let total = |name, label, value: u32| {
            Field::new("number", name, label).required().value(value.to_string())
        };
        let counted = subject.item().and_then(|i| i.ballot.as_ref()).and_then(|(b, _)| b.totals);
        let favour = u32::try_from(voters.len()).unwrap_or(u32::MAX);
        let shown = counted.unwrap_or(SecretTotals { favour, ..SecretTotals::default() });
        vec![
            total("favorevoli", "Favorevoli", shown.favour),
            total("contrari", "Contrari", shown.against),
            total("bianche", "Schede bianche", shown.blank),
            total("nulle", "Schede nulle", shown.void),
        ]
    } else {
        voters.iter().map(|member| vote_row(subject, member)).collect()
    };
    if subject.world.regulation(day).is_ok_and(|r| r.casting_vote) && !is_secret(subject) {
        let words = [("", "Non serve"), ("favour", "Favorevole"), ("against", "Contrario")];
        let label = "In caso di parità prevale il voto di chi presiede";
        fields.push(Field::new("choice", "prevalente", label).options(words));
    }
    let people = std::iter::once((String::new(), "Nessuno".to_owned()));
    let people = people.chain(voters.iter().map(|m| (m.person.clone(), m.name.clone())));
    fields.push(Field::new("choice", "dichiarante", "Dichiarazione di voto di").options(people));
    fields.push(Field::new("area", "dichiarazione", "Dichiarazione a verbale"));
    fields
}

fn vote_row(subject: &SittingSubject, member: &Member) -> Field {
    let item = subject.item();
    let chosen = item.and_then(|i| i.choices.iter().find(|(p, _)| *p == member.person));
    let before = item.and_then(|i| i.ballot.as_ref()).map(|(ballot, _)| ballot);
    let is = |list: fn(&crate::domain::sitting::Ballot) -> &Vec<String>| {
        before.is_some_and(|ballot| list(ballot).contains(&member.person))
    };
    let value = match chosen.filter(|_| !is_second(subject)).map(|(_, choice)| *choice) {
        Some(Choice::Against) => "against",
        Some(Choice::Abstained) => "abstained",
        None if is(|b| &b.against) => "against",
        None if is(|b| &b.abstained) => "abstained",
        _ => "favour",
    };
    let help = if chosen.is_some() { "ha votato dal proprio dispositivo" } else { "" };
    Field::new("row", &format!("v-{}", member.person), &member.name)
        .options([("favour", "Favorevole"), ("against", "Contrario"), ("abstained", "Astenuto")])
        .value(value)
        .help(help)
}

/// What was voted, as the form says it.
pub(super) fn vote(subject: &SittingSubject, form: &mut Reader<'_>) -> VoteInput {
    let mut vote = VoteInput::default();
    if is_secret(subject) && !is_second(subject) {
        let mut total = |name| u32::try_from(form.number(name, 0, 1000)).unwrap_or_default();
        vote.totals = Some(SecretTotals {
            favour: total("favorevoli"),
            against: total("contrari"),
            blank: total("bianche"),
            void: total("nulle"),
        });
    } else {
        let mut favour = Vec::new();
        for member in voters(subject) {
            let person = member.person.clone();
            match form.word::<Choice>(&format!("v-{person}")) {
                Some(Choice::Favour) => favour.push(person),
                Some(Choice::Against) => vote.against.push(person),
                Some(Choice::Abstained) => vote.abstained.push(person),
                None => {}
            }
        }
        vote.favour = Some(favour);
    }
    if !form.text("prevalente").is_empty() {
        vote.casting = form.word("prevalente");
    }
    let (who, said) = (form.text("dichiarante"), form.text("dichiarazione"));
    match (who.is_empty(), said.is_empty()) {
        (false, false) => vote.statements.push((who, said)),
        (true, false) => form.wrong("dichiarante", "Indicare di chi è la dichiarazione"),
        _ => {}
    }
    vote
}

/// What stands against the vote, and the field to go on all the same (practice.md 1.1).
pub(super) fn irregularities(subject: &SittingSubject) -> Option<Field> {
    let found = stops(&subject.world, &subject.about, subject.today, subject.now);
    let first = found.first()?;
    let label = "Motivo per procedere nonostante l'irregolarità";
    Some(Field::new("area", "procedere", label).help(format!("{first}.")))
}

/// What stands against putting the item to the vote now, in the words of the engine.
pub fn stops(world: &World, case: &str, day: NaiveDate, now: DateTime<Utc>) -> Vec<String> {
    let Some(case) = world.cases.get(case) else { return Vec::new() };
    let (Ok(workflow), Ok(regulation)) = (world.workflow(case), world.regulation(day)) else {
        return Vec::new();
    };
    let stops = case::gate(case, &workflow, &regulation, &world.registry, now);
    stops.into_iter().map(|stop| stop.refusal.text).collect()
}
