// SPDX-License-Identifier: AGPL-3.0-or-later
//! Items of a sitting: called, amended, sent back, closed without a vote; closing the sitting.

use super::calendar::{already_on_agenda, known_item, on_agenda_step};
use super::command::SittingCommand;
use super::decide::{carried, owe, rules, status};
use super::event::{Leaving, SittingEvent};
use super::presence_commands::go_on as sitting_goes_on;
use super::proclamation::{act_number, signatory, treatment};
use super::treatment::{ConflictStance, ItemOutcome};
use super::verbalizer::replace_verbalizer;
use super::{Item, Sitting, Status};
use crate::case::{self, CaseEvent, Change, Content};
use crate::changes::{Changes, Stop};
use crate::law::calendar::Preposition;
use crate::law::sitting::off_agenda_allowed;
use crate::papers::{PaperKind, PaperPlan, SignedPaper};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::workflow::{Passage, StepKind};
use chrono::NaiveDate;

/// Decides the commands on items.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub(super) fn decide(
    changes: &mut Changes,
    id: &str,
    command: &SittingCommand,
) -> Result<(), Stop> {
    use SittingCommand as C;
    match command {
        C::CallItem { case } => call(changes, id, case),
        C::CallOffAgenda { case, objections } => call_off_agenda(changes, id, case, objections),
        C::DeclareConflict { case, person, stance, reason } => {
            declare_conflict(changes, id, case, person, *stance, reason)
        }
        C::ReplaceVerbalizer { case, person, reason } => {
            replace_verbalizer(changes, id, case, person, reason)
        }
        C::Amend { case, content, formal, paper } => {
            amend(changes, id, case, content, *formal, paper.as_ref(), command)
        }
        C::SendBack { case, reason } => send_back(changes, id, case, reason),
        C::Postpone { case, reason, next_sitting } => {
            postpone(changes, id, case, reason, *next_sitting)
        }
        C::WithdrawItem { case, by, reason } => withdraw(changes, id, case, by, reason),
        C::TakeNote { case } => take_note(changes, id, case),
        C::Close => close(changes, id),
        _ => Ok(()),
    }
}

/// The item under discussion, in an open sitting.
pub(super) fn current(changes: &Changes, id: &str, case_id: &str) -> Result<Item, Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open], "trattare un argomento")?;
    known_item(sitting, case_id)?;
    match sitting.item(case_id) {
        Some(item) if item.called.is_some() && item.outcome.is_none() => Ok(item.clone()),
        Some(item) if item.outcome.is_some() => Err(Refusal::new(
            "item_closed",
            "R3.13",
            "",
            "La trattazione dell'argomento è già conclusa",
        )
        .into()),
        _ => {
            Err(Refusal::new("item_not_called", "R3.13", "", "L'argomento non è stato chiamato")
                .into())
        }
    }
}

fn nobody_else(sitting: &Sitting) -> Result<(), Refusal> {
    status(sitting, &[Status::Open], "chiamare un argomento")?;
    match sitting.under_discussion() {
        None => Ok(()),
        Some(open) => Err(Refusal::new(
            "item_open",
            "R3.13",
            "",
            format!("È ancora in trattazione: {}", open.subject),
        )
        .next("Concludere prima quell'argomento")),
    }
}

fn call(changes: &mut Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    nobody_else(sitting)?;
    known_item(sitting, case_id)?;
    if sitting.item(case_id).is_some_and(|i| i.outcome.is_some()) {
        return Err(Refusal::new(
            "item_closed",
            "R3.13",
            "",
            "La trattazione dell'argomento è già conclusa",
        )
        .into());
    }
    if sitting.agenda_version > 0 && sitting.item(case_id).is_none_or(|i| i.sent_in.is_none()) {
        let text = "L'argomento è stato iscritto dopo la convocazione e non è stato comunicato";
        return Err(Refusal::new("not_convened", "R3.12", "", text)
            .next("Trattarlo fuori sacco, se il regolamento lo consente")
            .into());
    }
    called(changes, id, case_id, false)
}

/// Discussion begins.
fn called(changes: &mut Changes, id: &str, case_id: &str, off_agenda: bool) -> Result<(), Stop> {
    on_agenda_step(changes, case_id)?;
    let subject = changes.case(case_id)?.content.subject.clone();
    let case = case_id.to_owned();
    changes.push_sitting(id, SittingEvent::ItemCalled { case, off_agenda, subject });
    if changes.case(case_id)?.sitting.is_none() {
        changes.push(case_id, CaseEvent::PutOnAgenda { sitting: id.into() });
    }
    changes.push(case_id, CaseEvent::Called { sitting: id.into() });
    case::leave(changes, case_id, Passage::Done)
}

/// Fuori sacco: opinions complete, and the condition of the regulation (R3.12, T-61, SC-5).
fn call_off_agenda(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    objections: &[String],
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    nobody_else(sitting)?;
    let known = sitting.item(case_id);
    if known
        .is_some_and(|i| i.sent_in.is_some() || i.outcome.is_some() || sitting.agenda_version == 0)
    {
        return call(changes, id, case_id);
    }
    let regulation = rules(changes, sitting)?;
    let here: Vec<&String> = objections.iter().filter(|p| sitting.is_present(p)).collect();
    let case = changes.case(case_id)?;
    let workflow = changes.world.workflow(case)?;
    let complete =
        case::gate(case, &workflow, &regulation, &changes.world.registry, changes.ctx.happened)
            .iter()
            .all(|stop| {
                !["missing_opinion", "missing_further_opinion"].contains(&&*stop.refusal.code)
            });
    let count = u32::try_from(here.len()).unwrap_or(u32::MAX);
    off_agenda_allowed(regulation.off_agenda_rule, complete, count)?;
    if let Some(other) = case.sitting.as_ref().filter(|other| *other != id) {
        return Err(already_on_agenda(other).into());
    }
    called(changes, id, case_id, true)
}

fn declare_conflict(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    person: &str,
    stance: ConflictStance,
    reason: &str,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    let sitting = changes.sitting(id)?;
    if !sitting.is_present(person) {
        return Err(Refusal::new(
            "not_present",
            "R3.9",
            "art. 78, c. 2, TUEL",
            "Il componente non è presente",
        )
        .into());
    }
    if item.ballot.is_some() || item.must_abstain(person) {
        return Err(Refusal::new(
            "conflict_too_late",
            "R3.9",
            "art. 78, c. 2, TUEL",
            "La dichiarazione si rende una volta, prima della discussione e del voto",
        )
        .into());
    }
    let regulation = changes.regulation()?;
    if regulation.art78_must_leave && stance == ConflictStance::Stays {
        return Err(Refusal::new(
            "must_leave",
            "R3.9",
            regulation.source("art78_must_leave"),
            "Chi deve astenersi lascia la seduta per la durata dell'argomento",
        )
        .into());
    }
    let event = SittingEvent::ConflictDeclared {
        case: case_id.into(),
        person: person.into(),
        stance,
        reason: reason.trim().to_owned(),
    };
    changes.push_sitting(id, event);
    if stance == ConflictStance::Leaves {
        let left = SittingEvent::Left { person: person.into(), why: Leaving::Left };
        changes.push_sitting(id, left);
    }
    sitting_goes_on(changes, id)
}

fn amend(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    content: &Content,
    formal: bool,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    let (_, step) = changes.position(case_id)?;
    if item.ballot.is_some() || !matches!(step.kind, StepKind::Discussion { .. }) {
        return Err(Refusal::new(
            "already_voted",
            "R1.12",
            "",
            "Il testo si emenda prima del voto, anche se il voto è poi risultato nullo",
        )
        .next("Votare il testo com'è, o rinviare l'argomento")
        .into());
    }
    let change = if formal {
        let registry = &changes.world.registry;
        let by = registry.entitled(&changes.ctx.actor, Role::Segretario, None, changes.day())?;
        let paper = carried(changes, id, command, paper, &by)?;
        Change::Formal { by, paper }
    } else {
        Change::Substantial
    };
    let version = case::apply_revision(changes, case_id, content, change, Some(id))?;
    changes.push_sitting(id, SittingEvent::ItemAmended { case: case_id.into(), version });
    Ok(())
}

/// Amended in substance, opinions not available on the spot: back to the opinions (row 19, SC-4).
fn send_back(changes: &mut Changes, id: &str, case_id: &str, reason: &str) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    if !item.amended {
        return Err(Refusal::new(
            "not_amended",
            "R1.12",
            "",
            "Il testo non è stato emendato: l'argomento si può rinviare o ritirare",
        )
        .into());
    }
    end_item(changes, id, case_id, &item, End::of(ItemOutcome::Postponed), reason)?;
    case::leave(changes, case_id, Passage::Amended)
}

/// Postponed to the sitting of a day, or sine die (R3.13, row 16).
fn postpone(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    reason: &str,
    to: Option<NaiveDate>,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    if reason.trim().is_empty() {
        return Err(Refusal::new("reasons_missing", "R3.13", "", "Il rinvio va motivato").into());
    }
    let held = changes.sitting(id)?.date;
    if let (Some(to), Some(held)) = (to, held)
        && to <= held
    {
        let text = format!("La seduta {} non viene dopo questa", Preposition::Of.short(to));
        return Err(Refusal::new("postponed_backwards", "R3.13", "", text)
            .next("Indicare il giorno di una seduta successiva, o nessuno: rinvio sine die")
            .into());
    }
    let end = End { to, ..End::of(ItemOutcome::Postponed) };
    end_item(changes, id, case_id, &item, end, reason)?;
    case::leave(changes, case_id, Passage::Postponed)
}

fn take_note(changes: &mut Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    end_item(changes, id, case_id, &item, End::of(ItemOutcome::TakenNote), "")
}

/// The relatore withdraws his own proposal, there and then (R3.13).
fn withdraw(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    by: &str,
    reason: &str,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    let rapporteur = changes.case(case_id)?.content.rapporteurs.iter().any(|p| p == by);
    if !(rapporteur && changes.sitting(id)?.is_present(by)) {
        let name = changes.registry().name(by);
        let text = format!("{name} non è un relatore presente: non può ritirare l'argomento");
        return Err(Refusal::new("no_rapporteur", "R3.13", "", text)
            .next("Indicare il relatore che lo ritira, o rinviare l'argomento")
            .into());
    }
    let by = case::powers::rapporteur(&changes.world, by, changes.day())?;
    let end = End { withdrawn_by: Some(by.clone()), ..End::of(ItemOutcome::Withdrawn) };
    end_item(changes, id, case_id, &item, end, reason)?;
    let reason = reason.trim().to_owned();
    changes.push(case_id, CaseEvent::Withdrawn { by, reason, paper: None });
    Ok(())
}

/// How an item ends without a vote.
struct End {
    outcome: ItemOutcome,
    /// The relatore who withdraws it.
    withdrawn_by: Option<Signatory>,
    /// Day of the sitting it is postponed to.
    to: Option<NaiveDate>,
}

impl End {
    fn of(outcome: ItemOutcome) -> Self {
        Self { outcome, withdrawn_by: None, to: None }
    }
}

/// Ends an item without a vote, in both streams, and plans the extract of the minutes.
fn end_item(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    item: &Item,
    End { outcome, withdrawn_by, to }: End,
    reason: &str,
) -> Result<(), Stop> {
    if item.ballot.is_some() && changes.sitting(id)?.status == Status::Open {
        let text = "L'argomento è già stato votato";
        return Err(Refusal::new("already_voted", "R2.7", "", text).next("Proclamare").into());
    }
    let sitting = changes.sitting(id)?;
    let mut treatment = treatment(changes, sitting, case_id, item, None, outcome, reason)?;
    (treatment.withdrawn_by, treatment.postponed_to) = (withdrawn_by, to);
    let closed = SittingEvent::ItemClosed {
        case: case_id.into(),
        outcome,
        number: None,
        reason: reason.trim().to_owned(),
        to,
    };
    changes.push_sitting(id, closed);
    changes.push(case_id, CaseEvent::NotVoted { sitting: id.into(), treatment });
    close_case(changes, id, case_id, outcome, false)
}

/// What an outcome owes: the extract for what was not adopted, duties for what was. An outcome that
/// was corrected makes its extract again, or void (practice.md 3, row 13).
pub(super) fn close_case(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    outcome: ItemOutcome,
    numbered: bool,
) -> Result<(), Stop> {
    if outcome.is_approval() {
        case::raise_duties(changes, case_id, "adopted")?;
    }
    let owed =
        matches!(outcome, ItemOutcome::Postponed | ItemOutcome::Withdrawn | ItemOutcome::Rejected)
            && !numbered;
    let kind = PaperKind::EstrattoVerbale;
    let key = format!("{}-{id}", kind.token());
    let sitting = changes.sitting(id)?;
    let item = sitting.item(case_id);
    let verbalizer = item.and_then(|i| i.verbalizer.clone()).or_else(|| sitting.verbalizer.clone());
    let reason = "esito corretto in seduta".to_owned();
    match (changes.case(case_id)?.paper(&key).is_some(), owed) {
        (false, true) => {
            let slots = verbalizer.map(|v| vec![case::slot("firma", v)]).unwrap_or_default();
            case::owe(changes, case_id, kind, key, slots, id);
        }
        (true, true) => changes.push(case_id, CaseEvent::PaperRecalled { key, reason }),
        (true, false) => changes.push(case_id, CaseEvent::PaperVoided { key, reason }),
        (false, false) => {}
    }
    Ok(())
}

/// Closes the sitting: what was not reached is not treated; acts go on to be composed and signed.
fn close(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "chiudere")?;
    let voted = sitting.under_discussion().filter(|i| i.ballot.is_some());
    if let (Some(item), Status::Open) = (voted, sitting.status) {
        return Err(Refusal::new(
            "not_proclaimed",
            "R2.7",
            "",
            format!("Il voto non è stato proclamato: {}", item.subject),
        )
        .into());
    }
    // Their proposers are told of the outcomes: every case of the sitting belongs to the read set.
    for item in &sitting.items {
        changes.case(&item.case)?;
    }
    let open: Vec<Item> = sitting.items.iter().filter(|i| i.outcome.is_none()).cloned().collect();
    let suspended = sitting.status == Status::Suspended;
    // Numbers given at the closing follow the time of the proclamations (R5.2).
    let mut closed: Vec<_> = sitting
        .items
        .iter()
        .filter_map(|i| i.outcome.map(|(outcome, at)| (at, outcome, i.case.clone())))
        .filter(|(_, outcome, _)| outcome.is_approval() || *outcome == ItemOutcome::Rejected)
        .collect();
    closed.sort_by_key(|(at, ..)| *at);
    for item in open {
        not_treated(changes, id, &item, suspended)?;
    }
    changes.push_sitting(id, SittingEvent::Closed {});
    owe(changes, id, PaperKind::EsitiSeduta, true);
    owe(changes, id, PaperKind::Brogliaccio, false);
    if changes.regulation()?.minutes_wanted {
        owe_minutes(changes, id)?;
    }
    closed.iter().try_for_each(|(_, _, case_id)| go_on(changes, case_id))
}

fn not_treated(changes: &mut Changes, id: &str, item: &Item, suspended: bool) -> Result<(), Stop> {
    let reason = match (item.called.is_some(), suspended) {
        (true, true) => "trattazione interrotta: è venuto meno il numero legale",
        _ => "argomento non trattato",
    };
    let case_id = item.case.clone();
    end_item(changes, id, &case_id, item, End::of(ItemOutcome::NotTreated), reason)?;
    if item.called.is_some() {
        case::leave(changes, &case_id, Passage::Postponed)?;
    }
    Ok(())
}

/// After the closing an act takes its number, where the rule says so, and goes to its signatures.
fn go_on(changes: &mut Changes, case_id: &str) -> Result<(), Stop> {
    let (_, step) = changes.position(case_id)?;
    let approved = changes.case(case_id)?.is_adopted();
    let numbered = act_number(changes, case_id)?.is_some();
    let number_rejected = changes.regulation()?.number_rejected;
    let waits = match step.kind {
        StepKind::Number { .. } => numbered,
        StepKind::Ballot => approved || number_rejected,
        _ => false,
    };
    if waits { case::leave(changes, case_id, Passage::Done) } else { Ok(()) }
}

/// The minutes of the sitting: who presided over any of its items signs them, in the order in which
/// they did, and who verbalized (law.md 12.4).
pub(super) fn owe_minutes(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let mut slots = Vec::new();
    for (index, chair) in chairs(sitting).into_iter().enumerate() {
        let field = match index {
            0 => "firma_presidente".to_owned(),
            more => format!("firma_presidente_{}", more + 1),
        };
        slots.push(case::slot(&field, chair));
    }
    slots.extend(sitting.verbalizer.clone().map(|v| case::slot("firma_verbalizzante", v)));
    let kind = PaperKind::VerbaleSeduta;
    let plan = PaperPlan { key: kind.token(), kind, slots, about: String::new() };
    changes.push_sitting(id, SittingEvent::PaperOwed(plan));
    Ok(())
}

/// Who presided over the items that were treated, each once; over the roll, where none was.
fn chairs(sitting: &Sitting) -> Vec<Signatory> {
    let mut people: Vec<String> = Vec::new();
    let treated = sitting.items.iter().filter(|i| i.called.is_some());
    let over_items = treated.filter_map(|i| sitting.when_voted(i).last_chair());
    for chair in over_items {
        if !people.contains(&chair.person) {
            people.push(chair.person);
        }
    }
    if people.is_empty() {
        people.extend(sitting.last_chair().map(|chair| chair.person));
    }
    people.iter().map(|person| signatory(sitting, person)).collect()
}
