// SPDX-License-Identifier: AGPL-3.0-or-later
//! The result is proclaimed, corrected within the sitting, and frozen as what the act prints.

use super::command::VoteInput;
use super::decide::{rules, status};
use super::event::{Attendance, Ballot, SittingEvent};
use super::items::{close_case, current};
use super::opening::roll;
use super::presence::there;
use super::presence_commands::connected;
use super::treatment::{ItemOutcome, MemberPresence, Treatment};
use super::votes::{conflicted, counted, judge, not_voted};
use super::{Item, Sitting, Status};
use crate::case::{self, CaseEvent};
use crate::changes::{Changes, Stop};
use crate::law::ballot::Outcome;
use crate::law::calendar::rome_time;
use crate::law::sitting::act_date;
use crate::refusal::Refusal;
use crate::registry::{Capacity, Role, Signatory};
use crate::regulation::tokens::NumberAssignedAt;
use crate::workflow::Passage;

pub(super) fn proclaim(changes: &mut Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    let Some((ballot, _)) = item.ballot.clone() else { return Err(not_voted().into()) };
    let then = changes.sitting(id)?.when_voted(&item);
    let regulation = rules(changes, &then)?;
    up_to_date(&then, &item, &ballot)?;
    let (_, judged) = judge(&then, &item, &ballot, &regulation)?;
    let outcome = result(&judged, item.amended);
    let treatment = treatment(changes, &then, case_id, &item, Some(ballot), outcome, "")?;
    let numbered = outcome.is_approval() || regulation.number_rejected;
    let proclaimed = CaseEvent::Proclaimed { sitting: id.into(), treatment };
    changes.push(case_id, proclaimed);
    if numbered && regulation.number_assigned_at == NumberAssignedAt::Proclamation {
        case::leave(changes, case_id, Passage::Done)?;
    }
    let number = act_number(changes, case_id)?;
    changes.push_sitting(
        id,
        SittingEvent::ItemClosed {
            case: case_id.into(),
            outcome,
            number,
            reason: String::new(),
            to: None,
        },
    );
    close_case(changes, id, case_id, outcome, numbered)
}

/// An open ballot names exactly those who were there and could vote, and any ballot those who were there
/// and could not: a presence corrected after the vote asks for the vote to be corrected too.
fn up_to_date(then: &Sitting, item: &Item, ballot: &Ballot) -> Result<(), Refusal> {
    let named: Vec<&String> =
        [&ballot.favour, &ballot.against, &ballot.abstained].into_iter().flatten().collect();
    let may = |p: &str| then.is_present(p) && !item.must_abstain(p);
    let voters = then.members.iter().filter(|m| may(&m.person)).count();
    let same = ballot.totals.is_some() || (named.len() == voters && named.iter().all(|p| may(p)));
    if same && ballot.conflicted == conflicted(then, item) {
        return Ok(());
    }
    let text =
        "Dopo il voto è stata corretta una presenza: il voto non corrisponde più ai presenti";
    Err(Refusal::new("ballot_outdated", "R3.11", "", text).next("Correggere il voto e proclamare"))
}

/// The number of the act, once taken.
pub(super) fn act_number(changes: &Changes, case_id: &str) -> Result<Option<i64>, Stop> {
    let case = changes.case(case_id)?;
    let workflow = changes.world.workflow(case)?;
    Ok(case.act_number(&workflow).map(|n| n.number))
}

fn result(judged: &Outcome, amended: bool) -> ItemOutcome {
    match (judged.approved, amended) {
        (Some(true), true) => ItemOutcome::ApprovedAsAmended,
        (Some(true), false) => ItemOutcome::Approved,
        _ => ItemOutcome::Rejected,
    }
}

/// A wrong proclamation is corrected within the sitting; the number stays (practice.md 1.12). Where
/// the presence was wrong too, the right one is given with the right vote.
pub(super) fn correct_proclamation(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    (input, present): (&VoteInput, Option<&[Attendance]>),
    reason: &str,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "correggere una proclamazione")?;
    let item = sitting.item(case_id).cloned().filter(|i| i.ballot.is_some() && i.outcome.is_some());
    let Some(item) = item else { return Err(not_voted().into()) };
    if reason.trim().is_empty() {
        return Err(Refusal::new("reasons_missing", "R2.7", "", "La correzione va motivata").into());
    }
    let before = changes.case(case_id)?.treatment.clone();
    let Some(before) = before else { return Err(not_voted().into()) };
    let then = rightly_present(changes, sitting, &item, present)?;
    let (right, judged, regulation) = counted(changes, &then, &item, input)?;
    let outcome = result(&judged, item.amended);
    let treatment = corrected(before, &then, &item, right.clone(), outcome)?;
    let case = case_id.to_owned();
    let (reason, present) = (reason.trim().to_owned(), present.map(<[_]>::to_vec));
    changes.push(case_id, CaseEvent::ProclamationCorrected { treatment, reason: reason.clone() });
    let ballot = right;
    changes.push_sitting(
        id,
        SittingEvent::OutcomeCorrected { case, outcome, ballot, present, reason },
    );
    if !outcome.is_approval() {
        case::untouch(changes, case_id, "proclamazione corretta: non approvata")?;
    }
    let numbered = outcome.is_approval() || regulation.number_rejected;
    let waits = regulation.number_assigned_at == NumberAssignedAt::Proclamation;
    if numbered && waits && act_number(changes, case_id)?.is_none() {
        case::leave(changes, case_id, Passage::Done)?;
    }
    let numbered = numbered || act_number(changes, case_id)?.is_some();
    close_case(changes, id, case_id, outcome, numbered)
}

/// The sitting as it was at the vote, with the presence that was right.
fn rightly_present(
    changes: &Changes,
    sitting: &Sitting,
    item: &Item,
    present: Option<&[Attendance]>,
) -> Result<Sitting, Stop> {
    let mut then = sitting.when_voted(item);
    if let Some((present, (_, voted))) = present.zip(item.ballot.as_ref()) {
        roll(&sitting.members, present)?;
        connected(changes, sitting, present)?;
        let out = |a: &&Attendance| item.left_for(&a.person).is_some();
        if let Some(gone) = present.iter().find(out) {
            let text = format!("«{}» si era allontanato per la durata dell'argomento", gone.person);
            let article = "art. 78, c. 2, TUEL";
            return Err(Refusal::new("left_for_the_item", "R3.9", article, text).into());
        }
        then.presence = there(present, *voted);
    }
    Ok(then)
}

/// What the act prints, with the right vote, presence and chair.
fn corrected(
    before: Treatment,
    then: &Sitting,
    item: &Item,
    ballot: Ballot,
    outcome: ItemOutcome,
) -> Result<Treatment, Refusal> {
    let mut members = presence_table(then, item);
    for member in &mut members {
        let was = before.members.iter().find(|m| m.person == member.person);
        member.returned = was.and_then(|m| m.returned);
    }
    let (president, president_reason) = presiding(then)?;
    let ballot = Some(ballot);
    Ok(Treatment { members, president, president_reason, ballot, outcome, ..before })
}

/// Everything that is true at an item, as a snapshot (practice.md 4).
pub(super) fn treatment(
    changes: &Changes,
    sitting: &Sitting,
    case_id: &str,
    item: &Item,
    ballot: Option<Ballot>,
    outcome: ItemOutcome,
    reason: &str,
) -> Result<Treatment, Stop> {
    let at = changes.ctx.happened;
    let opened = sitting.opened.unwrap_or(at);
    let date = act_date(rules(changes, sitting)?.sitting_date_rule, opened, at);
    let regulation = changes.world.regulation(date)?;
    let case = changes.case(case_id)?;
    let (version, hash) = case.current().map_or((0, String::new()), |v| (v.number, v.hash.clone()));
    let verbalizer = item.verbalizer.clone().or_else(|| sitting.verbalizer.clone());
    let verbalizer = verbalizer.ok_or_else(|| {
        Refusal::new("no_verbalizer", "R2.1", "art. 97, c. 4, TUEL", "Manca chi verbalizza")
    })?;
    let (president, president_reason) = presiding(sitting)?;
    let position = sitting.items.iter().position(|i| i.case == case_id).unwrap_or_default() + 1;
    Ok(Treatment {
        sitting: sitting.id.clone(),
        date,
        opened: rome_time(opened),
        place: sitting.place.clone(),
        mode: sitting.mode,
        remote_source: regulation.remote_regulation_ref.clone().unwrap_or_default(),
        convened_by: sitting.convened_by.as_ref().map(|s| s.title.clone()).unwrap_or_default(),
        item: u32::try_from(position).unwrap_or(u32::MAX),
        off_agenda: item.off_agenda,
        at,
        members: presence_table(sitting, item),
        seats: sitting.seats,
        quorum: sitting.quorum,
        president,
        president_reason,
        verbalizer_remote: sitting.verbalizer_remote && item.verbalizer.is_none(),
        verbalizer,
        assisting: sitting.assisting.clone(),
        ballot,
        outcome,
        version,
        hash,
        regulation: regulation.digest_on(date),
        anomalies: item.anomalies.clone(),
        reason: reason.trim().to_owned(),
        withdrawn_by: None,
        postponed_to: None,
    })
}

/// The members at an item, as acts and minutes print them.
pub fn presence_table(sitting: &Sitting, item: &Item) -> Vec<MemberPresence> {
    sitting
        .members
        .iter()
        .map(|m| {
            let here = sitting.present_now().find(|i| i.person == m.person);
            MemberPresence {
                person: m.person.clone(),
                name: m.name.clone(),
                title: m.title.clone(),
                present: here.is_some(),
                remote: here.is_some_and(|i| i.remote),
                conflict: item.conflicts.iter().find(|c| c.person == m.person).map(|c| c.stance),
                left: item.left_for(&m.person),
                returned: here.filter(|_| item.left_for(&m.person).is_some()).map(|i| i.from),
            }
        })
        .collect()
}

/// Who presided, as he is printed and signs, and why it was not the Sindaco.
fn presiding(sitting: &Sitting) -> Result<(Signatory, String), Refusal> {
    let chair = sitting.last_chair().ok_or_else(|| {
        Refusal::new("no_chair", "R3.3", "art. 50, c. 2, TUEL", "Nessuno ha presieduto la seduta")
    })?;
    Ok((signatory(sitting, &chair.person), chair.reason))
}

/// A member as he signs what he presided.
pub(super) fn signatory(sitting: &Sitting, person: &str) -> Signatory {
    let member = sitting.members.iter().find(|m| m.person == person);
    Signatory {
        person: person.to_owned(),
        name: member.map_or_else(|| person.to_owned(), |m| m.name.clone()),
        fiscal_code: member.map(|m| m.fiscal_code.clone()).unwrap_or_default(),
        title: member.map_or_else(|| "Presidente".to_owned(), |m| m.title.clone()),
        role: member.map_or(Role::Sindaco, |m| m.role),
        capacity: Capacity::Titolare,
        act: member.map(|m| m.act.clone()).unwrap_or_default(),
    }
}
