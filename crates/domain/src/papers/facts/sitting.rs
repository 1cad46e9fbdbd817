// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers of a sitting: the notice with its agenda, the outcomes, the draft minutes, the minutes.

use super::PaperFacts;
use super::ballot::{VoteFacts, vote};
use super::common::{NumberFacts, Parts, PersonFacts, act_slots, head, one_line, own_slot, paper};
use crate::case::Ctx;
use crate::law::calendar::{Preposition, rome_date, rome_time};
use crate::papers::{PaperKind, PaperPlan, words};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::regulation::Regulation;
use crate::sitting::{
    Conflict, ConflictStance, Item, ItemOutcome, Leaving, Mode, Presidency, Sitting,
    SittingCommand, Status, convener, presence_table,
};
use crate::words::until_sitting;
use crate::world::World;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

#[derive(Serialize)]
struct AgendaLine {
    number: usize,
    subject: String,
    office: String,
    rapporteurs: Vec<String>,
    proposal: Option<NumberFacts>,
    /// On no agenda sent before.
    added: bool,
}

#[derive(Serialize)]
struct NoticeFacts {
    subject: String,
    date: NaiveDate,
    time: String,
    place: String,
    mixed: bool,
    all_remote: bool,
    remote_source: String,
    version: u32,
    moved: Option<MovedFacts>,
    by: PersonFacts,
    agenda: Vec<AgendaLine>,
    /// Numbers of the items no earlier agenda had.
    added: Vec<usize>,
}

fn date_of(sitting: &Sitting) -> Result<NaiveDate, Refusal> {
    sitting.date.ok_or_else(|| Refusal::new("no_date", "R3.2", "", "La seduta non ha una data"))
}

fn hour(at: DateTime<Utc>) -> String {
    rome_time(at).format("%H:%M").to_string()
}

/// Where and when a sitting already convened was to be held, and why it moves.
#[derive(Serialize)]
struct MovedFacts {
    date: NaiveDate,
    time: String,
    place: String,
    reason: String,
}

/// The notice of convening, the supplement to an agenda already sent, or the notice of a sitting
/// that moves: each replaces the one before (practice.md 3, row 9).
pub fn notice(
    id: &str,
    command: &SittingCommand,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let before = world.sitting(id)?;
    let (sitting, moved) = moved(before, command, &world.registry)?;
    let date = date_of(&sitting)?;
    let regulation = world.regulation(date)?;
    let by = convener(ctx, world)?;
    let mut agenda = Vec::new();
    for (index, item) in sitting.items.iter().enumerate() {
        let case = world.case(&item.case)?;
        let workflow = world.workflow(case)?;
        let head = head(case, &workflow, &world.registry);
        let rapporteurs = super::common::content(case).rapporteurs.iter();
        agenda.push(AgendaLine {
            number: index + 1,
            subject: one_line(&item.subject),
            office: head.offices.first().cloned().unwrap_or_default(),
            rapporteurs: rapporteurs.map(|person| world.registry.name(person)).collect(),
            proposal: head.proposal,
            added: sitting.agenda_version > 0 && item.sent_in.is_none(),
        });
    }
    let version = sitting.agenda_version + 1;
    let what = if moved.is_some() { "Spostamento della seduta" } else { "Convocazione" };
    let facts = NoticeFacts {
        subject: format!("{what} della Giunta comunale per {}", Preposition::On.short(date)),
        date,
        time: time_of(&sitting),
        place: place(&sitting, &world.registry),
        mixed: sitting.mode == Mode::Mixed,
        all_remote: sitting.mode == Mode::Remote,
        remote_source: words::clause(
            regulation.remote_regulation_ref.as_deref().unwrap_or_default(),
        ),
        version,
        moved,
        by: PersonFacts::from(&by),
        added: agenda.iter().filter(|line| line.added).map(|line| line.number).collect(),
        agenda,
    };
    let parts = Parts {
        kind: PaperKind::Convocazione,
        file: format!("convocazione-{date}-v{version}"),
        title: facts.subject.clone(),
        created: sitting.agenda_at.unwrap_or_default(),
        slots: &own_slot(&by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The sitting as a move would leave it, with what it was before.
fn moved(
    before: &Sitting,
    command: &SittingCommand,
    registry: &Registry,
) -> Result<(Sitting, Option<MovedFacts>), Refusal> {
    let mut after = before.clone();
    let SittingCommand::Move { date, time, place: to, mode, reason, .. } = command else {
        return Ok((after, None));
    };
    (after.date, after.time) = (Some(*date), Some(*time));
    after.mode = mode.unwrap_or(after.mode);
    if !to.trim().is_empty() {
        to.trim().clone_into(&mut after.place);
    }
    let was = MovedFacts {
        date: date_of(before)?,
        time: time_of(before),
        place: place(before, registry),
        reason: words::clause(reason),
    };
    Ok((after, Some(was)))
}

#[derive(Serialize)]
struct RevocationFacts {
    subject: String,
    date: NaiveDate,
    time: String,
    place: String,
    reason: String,
    by: PersonFacts,
    agenda: Vec<String>,
}

/// The notice that a convened sitting will not be held (practice.md 3, row 9).
pub fn revocation(id: &str, reason: &str, ctx: &Ctx, world: &World) -> Result<PaperFacts, Refusal> {
    let sitting = world.sitting(id)?;
    let date = date_of(sitting)?;
    let by = convener(ctx, world)?;
    let day = date.format("%d/%m/%Y");
    let facts = RevocationFacts {
        subject: format!("Revoca della convocazione della Giunta comunale del {day}"),
        date,
        time: time_of(sitting),
        place: place(sitting, &world.registry),
        reason: words::clause(reason),
        by: PersonFacts::from(&by),
        agenda: sitting.items.iter().map(|item| one_line(&item.subject)).collect(),
    };
    let parts = Parts {
        kind: PaperKind::RevocaConvocazione,
        file: format!("revoca-convocazione-{date}"),
        title: facts.subject.clone(),
        created: sitting.agenda_at.unwrap_or_default(),
        slots: &own_slot(&by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

fn time_of(sitting: &Sitting) -> String {
    sitting.time.map(|t| t.format("%H:%M").to_string()).unwrap_or_default()
}

fn place(sitting: &Sitting, registry: &Registry) -> String {
    let place = words::clause(&sitting.place);
    if place.is_empty() { words::clause(&registry.comune.seat) } else { place }
}

/// A member over the whole sitting.
#[derive(Serialize)]
struct RollFacts {
    name: String,
    title: String,
    /// Present at the opening.
    at_opening: bool,
    remote: bool,
    /// Comings and goings after the opening, each as "entra alle ore 11:20".
    movements: Vec<String>,
}

#[derive(Serialize)]
struct ConflictLine {
    name: String,
    stays: bool,
}

/// One item as minutes tell it: the presence is the one at its vote (R3.5, T-59).
#[derive(Serialize)]
struct ItemFacts {
    number: usize,
    subject: String,
    off_agenda: bool,
    called: Option<String>,
    outcome: Option<String>,
    approved: bool,
    amended: bool,
    deliberation: Option<i64>,
    year: i32,
    reason: String,
    present: usize,
    /// Voted by so few that the organ's being collegial is in doubt (R3.4).
    few_members: bool,
    absent: Vec<String>,
    conflicts: Vec<ConflictLine>,
    /// Who verbalized this item, when not the sitting's verbalizer (R2.6).
    verbalizer: Option<PersonFacts>,
    vote: Option<VoteFacts>,
    immediate: Option<ImmediateLine>,
}

#[derive(Serialize)]
struct ImmediateLine {
    declared: bool,
    vote: VoteFacts,
}

#[derive(Serialize)]
struct SuspensionLine {
    at: String,
    reason: String,
}

/// Who presided from an hour on; the first one from the roll call.
#[derive(Serialize)]
struct ChairLine {
    from: String,
    name: String,
    title: String,
    reason: String,
}

#[derive(Serialize)]
struct MinutesFacts {
    subject: String,
    date: NaiveDate,
    opened: Option<String>,
    closed: Option<String>,
    /// Day of closing, when the sitting went past midnight (T-25).
    closed_next_day: Option<NaiveDate>,
    place: String,
    mixed: bool,
    all_remote: bool,
    deserted: bool,
    convened_by: Option<PersonFacts>,
    in_office: usize,
    quorum: u32,
    roll: Vec<RollFacts>,
    present_at_opening: usize,
    /// Hour at which the sitting was declared deserted.
    declared: Option<String>,
    time: String,
    chairs: Vec<ChairLine>,
    verbalizer: Option<PersonFacts>,
    verbalizer_remote: bool,
    assisting: Vec<PersonFacts>,
    suspensions: Vec<SuspensionLine>,
    items: Vec<ItemFacts>,
    adopted: usize,
}

/// Outcomes, draft minutes and minutes print the same facts in three ways.
pub fn minutes(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let sitting = world.sitting(id)?;
    let date = date_of(sitting)?;
    let regulation = world.regulation(date)?;
    let facts = minutes_facts(sitting, date, &regulation, &world.registry);
    let (stem, title) = match plan.kind {
        PaperKind::EsitiSeduta => ("esiti-seduta", "Esiti della seduta"),
        PaperKind::Brogliaccio => ("brogliaccio", "Brogliaccio della seduta"),
        _ => ("verbale-seduta", "Verbale della seduta"),
    };
    let owed = sitting.paper(&plan.key).map(|p| p.owed_at);
    let parts = Parts {
        kind: plan.kind,
        file: format!("{stem}-{date}"),
        title: format!("{title} della Giunta comunale {}", Preposition::Of.short(date)),
        created: owed.or(sitting.closed).or(sitting.last_fact).unwrap_or_default(),
        slots: &act_slots(&plan.slots),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

fn minutes_facts(
    sitting: &Sitting,
    date: NaiveDate,
    regulation: &Regulation,
    registry: &Registry,
) -> MinutesFacts {
    let deserted = sitting.status == Status::Deserted;
    let roll: Vec<RollFacts> = sitting.members.iter().map(|m| roll(sitting, &m.person)).collect();
    let items: Vec<ItemFacts> = sitting
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| item_facts(sitting, item, index + 1, date, regulation))
        .collect();
    MinutesFacts {
        subject: format!("Seduta della Giunta comunale {}", Preposition::Of.short(date)),
        date,
        opened: sitting.opened.map(hour),
        time: time_of(sitting),
        declared: sitting.closed.filter(|_| deserted).map(hour),
        closed: sitting.closed.map(hour),
        closed_next_day: sitting.closed.map(rome_date).filter(|day| *day != date),
        place: place(sitting, registry),
        mixed: sitting.mode == Mode::Mixed,
        all_remote: sitting.mode == Mode::Remote,
        deserted,
        convened_by: sitting.convened_by.as_ref().map(PersonFacts::from),
        in_office: roll.len(),
        quorum: sitting.quorum,
        present_at_opening: roll.iter().filter(|m| m.at_opening).count(),
        roll,
        chairs: chairs(sitting),
        verbalizer: sitting.verbalizer.as_ref().map(PersonFacts::from),
        verbalizer_remote: sitting.verbalizer_remote,
        assisting: sitting.assisting.iter().map(PersonFacts::from).collect(),
        suspensions: sitting
            .suspensions
            .iter()
            .map(|(at, reason)| SuspensionLine { at: hour(*at), reason: words::clause(reason) })
            .collect(),
        adopted: items.iter().filter(|i| i.approved).count(),
        items,
    }
}

fn chairs(sitting: &Sitting) -> Vec<ChairLine> {
    let line = |presidency: Presidency| {
        let member = sitting.members.iter().find(|m| m.person == presidency.chair.person);
        ChairLine {
            from: hour(presidency.from),
            name: member.map(|m| m.name.clone()).unwrap_or_default(),
            title: member.map(|m| words::bare_title(&m.title).to_owned()).unwrap_or_default(),
            reason: words::clause(&presidency.chair.reason),
        }
    };
    sitting.presidencies().into_iter().map(line).collect()
}

fn roll(sitting: &Sitting, person: &str) -> RollFacts {
    let member = sitting.members.iter().find(|m| m.person == person);
    let intervals = || sitting.presence.iter().filter(move |i| i.person == person);
    // A deserted sitting has a roll call and nothing after it.
    let called = sitting.opened.or(sitting.closed);
    let opening = intervals().find(|i| Some(i.from) == called);
    let mut movements = Vec::new();
    for interval in intervals() {
        if Some(interval.from) != called {
            let how = if interval.remote { " a distanza" } else { "" };
            movements.push(format!("entra{how} alle ore {}", hour(interval.from)));
        }
        if let Some(to) = interval.to {
            let how = match interval.why {
                Leaving::Left => "esce",
                Leaving::LineLost => "perde il collegamento",
            };
            movements.push(format!("{how} alle ore {}", hour(to)));
        }
    }
    RollFacts {
        name: member.map(|m| m.name.clone()).unwrap_or_default(),
        title: member.map(|m| words::bare_title(&m.title).to_owned()).unwrap_or_default(),
        at_opening: opening.is_some(),
        remote: opening.or(intervals().next()).is_some_and(|i| i.remote),
        movements,
    }
}

fn item_facts(
    sitting: &Sitting,
    item: &Item,
    number: usize,
    date: NaiveDate,
    regulation: &Regulation,
) -> ItemFacts {
    let members = presence_table(&sitting.when_voted(item), item);
    let outcome = item.outcome.map(|(outcome, _)| outcome);
    let absent = members.iter().filter(|m| !m.present).map(|m| m.name.clone()).collect();
    let conflict = |conflict: &Conflict| ConflictLine {
        name: members
            .iter()
            .find(|m| m.person == conflict.person)
            .map_or_else(|| conflict.person.clone(), |m| m.name.clone()),
        stays: conflict.stance == ConflictStance::Stays,
    };
    let here = members.iter().filter(|m| m.present).count();
    let few = u32::try_from(here).is_ok_and(|here| here <= regulation.quorum_absolute_min);
    ItemFacts {
        number,
        subject: one_line(&item.subject),
        off_agenda: item.off_agenda,
        called: item.called.map(hour),
        outcome: outcome.map(|o| until_sitting(outcome_label(o), item.postponed_to)),
        approved: outcome.is_some_and(ItemOutcome::is_approval),
        amended: outcome == Some(ItemOutcome::ApprovedAsAmended),
        deliberation: item.number,
        year: chrono::Datelike::year(&date),
        reason: words::clause(&item.reason),
        present: here,
        few_members: few && item.ballot.is_some(),
        absent,
        conflicts: item.conflicts.iter().map(conflict).collect(),
        verbalizer: item.verbalizer.as_ref().map(PersonFacts::from),
        vote: item.ballot.as_ref().map(|(ballot, _)| vote(ballot, &members, regulation)),
        immediate: item.immediate.as_ref().map(|(ballot, declared)| ImmediateLine {
            declared: *declared,
            vote: vote(ballot, &members, regulation),
        }),
    }
}

/// What became of an item, as minutes say it.
pub fn outcome_label(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::Approved => "approvata",
        ItemOutcome::ApprovedAsAmended => "approvata come emendata",
        ItemOutcome::Rejected => "non approvata",
        ItemOutcome::Postponed => "rinviata",
        ItemOutcome::Withdrawn => "ritirata",
        ItemOutcome::TakenNote => "presa d'atto",
        ItemOutcome::NotTreated => "non trattata",
    }
}
