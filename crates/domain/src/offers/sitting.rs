// SPDX-License-Identifier: AGPL-3.0-or-later
//! What could be asked of a sitting now: one of each gesture, so that the engine says of each
//! whether it may be done and why not. For people and items there is one example, the first.

use super::WORDS;
use crate::law::calendar::rome_date;
use crate::sitting::{
    Answer, Attendance, Choice, ConflictStance, Item, Leaving, Member, Mode, SecretTotals, Sitting,
    SittingCommand as C, Status, VoteInput, secret_reason,
};
use crate::world::World;

/// Something that could be asked of a sitting.
#[derive(Debug, Clone, PartialEq)]
pub struct SittingOffer {
    /// Act, person or paper it is about; empty for the sitting itself.
    pub about: String,
    /// The command, complete but for what the person will write and sign.
    pub command: C,
}

/// Everything that could be asked of a sitting, in the order of its life.
pub fn of_sitting(world: &World, sitting: &Sitting, members: &[Member]) -> Vec<SittingOffer> {
    let mut offers = Vec::new();
    let mut add = |about: &str, command: C| {
        offers.push(SittingOffer { about: about.to_owned(), command });
    };
    match sitting.status {
        Status::Scheduled | Status::Convened => before(sitting, members, &mut add),
        Status::Open => {
            people(sitting, &mut add);
            items(world, sitting, &mut add);
            add("", C::Suspend { reason: WORDS.into() });
            add("", C::Close);
        }
        Status::Suspended => {
            people(sitting, &mut add);
            add("", C::Resume { present: everyone(sitting, members) });
            add("", C::Close);
        }
        _ => {}
    }
    for paper in sitting.papers.iter().filter(|p| p.sha256.is_some() && !p.is_complete()) {
        let (paper_key, base) = (paper.plan.key.clone(), paper.sha256.clone().unwrap_or_default());
        add(&paper.plan.key, C::Sign { paper_key, base, paper: None });
    }
    offers
}

type Add<'a> = &'a mut dyn FnMut(&str, C);

fn everyone(sitting: &Sitting, members: &[Member]) -> Vec<Attendance> {
    let remote = sitting.mode == Mode::Remote;
    members.iter().map(|m| Attendance { person: m.person.clone(), remote }).collect()
}

fn before(sitting: &Sitting, members: &[Member], add: Add<'_>) {
    add("", C::Answer { answer: Answer::Present });
    add("", C::Convene { paper: None });
    let present = everyone(sitting, members);
    add("", C::Open { present, verbalizer: None, verbalizer_remote: false, assisting: Vec::new() });
    add("", C::Desert { present: Vec::new() });
    if let (Some(date), Some(time)) = (sitting.date, sitting.time) {
        let (place, reason) = (String::new(), WORDS.to_owned());
        add("", C::Move { date, time, place, mode: None, reason, paper: None });
    }
    add("", C::Cancel { reason: WORDS.into(), paper: None });
    add("", C::Reorder { cases: sitting.items.iter().map(|i| i.case.clone()).collect() });
}

fn people(sitting: &Sitting, add: Add<'_>) {
    let here = |m: &&Member| sitting.is_present(&m.person);
    let gone = sitting.members.iter().find(|m| !here(m));
    if let Some(member) = gone {
        add(&member.person, C::Enter { person: member.person.clone(), remote: false });
    }
    if let Some(member) = sitting.members.iter().find(here) {
        let person = || member.person.clone();
        add(&person(), C::Leave { person: person(), why: Leaving::Left });
        let (present, remote, reason) = (true, false, WORDS.to_owned());
        add("", C::CorrectPresence { person: person(), present, remote, reason });
    }
}

fn items(world: &World, sitting: &Sitting, add: Add<'_>) {
    if let Some(next) = sitting.items.iter().find(|i| i.outcome.is_none() && i.called.is_none()) {
        add(&next.case, C::CallItem { case: next.case.clone() });
    }
    match sitting.in_hand() {
        Some(item) if item.outcome.is_none() => under_discussion(world, sitting, item, add),
        Some(item) => concluded(world, sitting, item, add),
        None => {}
    }
}

fn under_discussion(world: &World, sitting: &Sitting, item: &Item, add: Add<'_>) {
    let case = || item.case.clone();
    let about = item.case.as_str();
    let vote = sample_vote(world, sitting, item);
    if item.ballot.is_none() {
        add(about, C::Unanimous { case: case(), override_reason: String::new() });
        let override_reason = WORDS.to_owned();
        add(about, C::Vote { case: case(), vote, override_reason });
        add(about, C::Choose { case: case(), choice: Choice::Favour });
    } else {
        add(about, C::Proclaim { case: case() });
        add(about, C::CorrectVote { case: case(), vote, reason: WORDS.into() });
    }
    add(about, C::Postpone { case: case(), reason: WORDS.into(), next_sitting: None });
    let relatori = world.cases.get(about).map(|c| c.content.rapporteurs.clone());
    for by in relatori.unwrap_or_default().into_iter().take(1) {
        add(about, C::WithdrawItem { case: case(), by, reason: WORDS.into() });
    }
    add(about, C::TakeNote { case: case() });
    let free = sitting.present_now().find(|i| !item.must_abstain(&i.person));
    if let Some(member) = free {
        let (person, stance) = (member.person.clone(), ConflictStance::Leaves);
        add(about, C::DeclareConflict { case: case(), person, stance, reason: String::new() });
    }
    if let Some(act) = world.cases.get(about) {
        let mut content = act.content.clone();
        content.text.push_str(WORDS);
        add(about, C::Amend { case: case(), content, formal: false, paper: None });
    }
    if item.amended {
        add(about, C::SendBack { case: case(), reason: WORDS.into() });
    }
}

fn concluded(world: &World, sitting: &Sitting, item: &Item, add: Add<'_>) {
    let case = || item.case.clone();
    if item.outcome.is_some_and(|(outcome, _)| outcome.is_approval()) && item.immediate.is_none() {
        add(&item.case, C::UnanimousImmediate { case: case(), reasons: WORDS.into() });
        let vote = VoteInput { unanimous: true, ..VoteInput::default() };
        add(&item.case, C::VoteImmediate { case: case(), vote, reasons: WORDS.into() });
    }
    if item.ballot.is_some() {
        let (vote, reason) = (sample_vote(world, sitting, item), WORDS.to_owned());
        add(&item.case, C::CorrectProclamation { case: case(), vote, present: None, reason });
    }
}

/// Everyone who may vote in favour but who chose otherwise, open or secret as the act wants; of a vote
/// to be corrected, those who were there then.
fn sample_vote(world: &World, sitting: &Sitting, item: &Item) -> VoteInput {
    let day = sitting.opened.map(rome_date).or(sitting.date).unwrap_or_default();
    let secret = match (world.cases.get(&item.case), world.regulation(day)) {
        (Some(case), Ok(regulation)) => secret_reason(&case.content, &regulation).is_some(),
        _ => false,
    };
    let then = item.ballot.is_some().then(|| sitting.when_voted(item));
    let voters =
        then.as_ref().unwrap_or(sitting).present_now().filter(|i| !item.must_abstain(&i.person));
    let favour = u32::try_from(voters.count()).unwrap_or(u32::MAX);
    let totals = secret.then(|| SecretTotals { favour, ..SecretTotals::default() });
    // What connected members chose stays as they chose it.
    let chose = |wanted: Choice| {
        let same = item.choices.iter().filter(|(_, choice)| *choice == wanted && !secret);
        same.map(|(person, _)| person.clone()).collect::<Vec<_>>()
    };
    let (against, abstained) = (chose(Choice::Against), chose(Choice::Abstained));
    let unanimous = !secret && against.is_empty() && abstained.is_empty();
    VoteInput { unanimous, against, abstained, totals, ..VoteInput::default() }
}
