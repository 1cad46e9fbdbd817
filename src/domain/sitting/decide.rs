// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only place that says yes or no to a command on a sitting: calendar, agenda, opening, presence.

use super::command::SittingCommand;
use super::event::{Attendance, Leaving, Member, Mode, SittingEvent};
use super::{Sitting, Status, items, votes};
use crate::domain::case::{self, CaseEvent};
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::ballot::{has_quorum, structural_quorum};
use crate::domain::law::calendar::{date_short, rome_date, rome_instant};
use crate::domain::law::presidency::{GiuntaOffice, Member as InLine, president};
use crate::domain::papers::{PaperKind, PaperPlan, SignedPaper, carried_by_sitting, sitting_paper};
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Role, Signatory};
use crate::domain::regulation::Regulation;
use crate::domain::stream::StreamId;
use crate::domain::workflow::StepKind;
use chrono::{Duration, NaiveDate, NaiveTime};

/// Decides a command on a sitting.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub fn decide(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    use SittingCommand as C;
    match command {
        C::Schedule { organ, date, time, place, mode } => {
            schedule(changes, id, organ, *date, *time, place, *mode)
        }
        C::AddItem { case } => add_item(changes, id, case),
        C::RemoveItem { case, reason, paper } => {
            remove_item(changes, id, case, reason, paper.as_ref(), command)
        }
        C::Reorder { cases } => reorder(changes, id, cases),
        C::Convene { paper } => convene(changes, id, paper.as_ref(), command),
        C::Move { date, time, place, reason } => relocate(changes, id, *date, *time, place, reason),
        C::Cancel { reason } => cancel(changes, id, reason),
        C::Open { .. } => open(changes, id, command),
        C::Desert { present } => desert(changes, id, present),
        C::Sign { .. } | C::PreparePaper { .. } | C::SealPaper { .. } => {
            papers(changes, id, command)
        }
        _ => within(changes, id, command),
    }
}

/// Commands during the sitting: recorded by its secretary, in the order in which facts happened.
fn within(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    use SittingCommand as C;
    recorder(changes, id)?;
    in_order(changes, id)?;
    match command {
        C::Enter { person, remote } => enter(changes, id, person, *remote),
        C::Leave { person, why } => leave(changes, id, person, *why),
        C::CorrectPresence { person, present, remote, reason } => {
            correct_presence(changes, id, person, *present, *remote, reason)
        }
        C::Suspend { reason } => {
            status(changes.sitting(id)?, &[Status::Open], "sospendere")?;
            changes.push_sitting(id, SittingEvent::Suspended { reason: reason.trim().into() });
            Ok(())
        }
        C::Resume { present } => resume(changes, id, present),
        C::Vote { .. }
        | C::CorrectVote { .. }
        | C::Proclaim { .. }
        | C::CorrectProclamation { .. }
        | C::VoteImmediate { .. }
        | C::Unanimous { .. }
        | C::UnanimousImmediate { .. } => votes::decide(changes, id, command),
        _ => items::decide(changes, id, command),
    }
}

/// Refuses a command the sitting's status does not allow.
pub(super) fn status(sitting: &Sitting, allowed: &[Status], what: &str) -> Result<(), Refusal> {
    if allowed.contains(&sitting.status) {
        return Ok(());
    }
    Err(Refusal::new(
        "sitting_status",
        "R12.4",
        "",
        format!("La seduta è {}: non si può {what}", sitting.status.label()),
    ))
}

fn recorder(changes: &Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let actor = &changes.ctx.actor;
    let verbalizes = sitting.verbalizer.as_ref().is_some_and(|v| v.person == *actor);
    if verbalizes {
        return Ok(());
    }
    let registry = &changes.world.registry;
    registry
        .entitled(actor, Role::Segreteria, None, changes.day())
        .or_else(|_| registry.entitled(actor, Role::Segretario, None, changes.day()))
        .map_err(|_| {
            Refusal::new(
                "not_the_recorder",
                "R2.1",
                "art. 97, c. 4, lett. a, TUEL",
                "I fatti della seduta sono registrati da chi verbalizza o dalla Segreteria",
            )
        })?;
    Ok(())
}

/// Facts go forward in time; what is entered later keeps its own instant (practice.md 2).
fn in_order(changes: &Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    if changes.ctx.happened > changes.ctx.now {
        return Err(Refusal::new(
            "fact_in_future",
            "R3.14",
            "",
            "Il fatto non può essere nel futuro",
        )
        .into());
    }
    if sitting.last_fact.is_some_and(|last| changes.ctx.happened < last) {
        return Err(Refusal::new(
            "fact_out_of_order",
            "R3.14",
            "",
            "Il fatto precede l'ultimo già registrato in questa seduta",
        )
        .next("Registrare i fatti nell'ordine in cui sono avvenuti")
        .into());
    }
    Ok(())
}

fn agenda_office(changes: &Changes) -> Result<(), Refusal> {
    let registry = &changes.world.registry;
    let actor = &changes.ctx.actor;
    [Role::Segreteria, Role::Segretario, Role::Sindaco]
        .into_iter()
        .map(|role| registry.entitled(actor, role, None, changes.day()))
        .reduce(Result::or)
        .unwrap_or_else(|| registry.entitled(actor, Role::Segreteria, None, changes.day()))
        .map(drop)
        .map_err(|_| {
            Refusal::new(
                "not_the_agenda_office",
                "R3.12",
                "art. 50, c. 2, TUEL",
                "L'ordine del giorno è tenuto dalla Segreteria per incarico del Sindaco",
            )
        })
}

#[expect(clippy::too_many_arguments, reason = "the fields of one command")]
fn schedule(
    changes: &mut Changes,
    id: &str,
    organ: &str,
    date: NaiveDate,
    time: NaiveTime,
    place: &str,
    mode: Mode,
) -> Result<(), Stop> {
    agenda_office(changes)?;
    if changes.maybe_sitting(id)?.exists() {
        return Err(Refusal::new(
            "sitting_exists",
            "R3.2",
            "",
            format!("La seduta «{id}» esiste già"),
        )
        .into());
    }
    changes.world.organ_workflow(organ)?;
    if mode != Mode::InSeat {
        changes.world.regulation(date)?.remote_allowed(date)?;
    }
    let place = if place.trim().is_empty() {
        changes.world.registry.comune.seat.clone()
    } else {
        place.trim().to_owned()
    };
    changes
        .push_sitting(id, SittingEvent::Scheduled { organ: organ.into(), date, time, place, mode });
    Ok(())
}

fn add_item(changes: &mut Changes, id: &str, case_id: &str) -> Result<(), Stop> {
    agenda_office(changes)?;
    status(changes.sitting(id)?, &[Status::Scheduled, Status::Convened], "iscrivere argomenti")?;
    on_agenda_step(changes, case_id)?;
    let case = changes.case(case_id)?;
    if let Some(other) = &case.sitting {
        return Err(Refusal::new(
            "already_on_agenda",
            "R3.12",
            "",
            format!("La proposta è già iscritta all'ordine del giorno della seduta {other}"),
        )
        .into());
    }
    let subject = case.content.subject.clone();
    changes.push_sitting(id, SittingEvent::ItemAdded { case: case_id.into(), subject });
    changes.push(case_id, CaseEvent::PutOnAgenda { sitting: id.into() });
    Ok(())
}

/// The case must be waiting for an agenda; otherwise the refusal says what it waits for.
pub(super) fn on_agenda_step(changes: &Changes, case_id: &str) -> Result<(), Stop> {
    let (workflow, step) = changes.position(case_id)?;
    let case = changes.case(case_id)?;
    if matches!(step.kind, StepKind::Agenda) && case.ending.is_none() {
        return Ok(());
    }
    let regulation = changes.regulation()?;
    let missing = case::gate(case, &workflow, &regulation, &changes.world.registry);
    let why = missing.first().map_or_else(
        || format!("si trova al passo «{}»", step.title),
        |first| first.text.to_lowercase(),
    );
    let article = missing.first().map_or("", |first| first.article.as_str());
    Err(Refusal::new(
        "not_ready",
        "R3.12",
        article,
        format!("La proposta non è pronta per la Giunta: {why}"),
    )
    .into())
}

fn remove_item(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "togliere argomenti")?;
    known_item(sitting, case_id)?;
    let case = changes.case(case_id)?;
    let actor = changes.ctx.actor.clone();
    let by = if case.content.rapporteurs.contains(&actor) {
        case::rapporteur(changes, &actor)?
    } else {
        let registry = &changes.world.registry;
        case.content
            .offices
            .iter()
            .find_map(|o| registry.entitled(&actor, Role::Direttore, Some(o), changes.day()).ok())
            .ok_or_else(|| {
                Refusal::new(
                    "not_the_proposer",
                    "R3.12",
                    "",
                    "Un argomento è tolto dall'ordine del giorno dal relatore o dal direttore proponente",
                )
            })?
    };
    let paper = carried(changes, id, command, paper, &by)?;
    let (case, reason) = (case_id.to_owned(), reason.trim().to_owned());
    changes.push_sitting(
        id,
        SittingEvent::ItemRemoved { case, reason: reason.clone(), paper: Some(paper) },
    );
    changes.push(case_id, CaseEvent::RemovedFromAgenda { sitting: id.into(), reason });
    Ok(())
}

pub(super) fn known_item(sitting: &Sitting, case_id: &str) -> Result<(), Refusal> {
    sitting.item(case_id).map(drop).ok_or_else(|| {
        Refusal::new(
            "not_on_agenda",
            "R3.12",
            "",
            "L'argomento non è iscritto all'ordine del giorno di questa seduta",
        )
        .next("Iscriverlo, o trattarlo fuori sacco se il regolamento lo consente")
    })
}

/// Checks the signed paper a sitting command carries.
pub(super) fn carried(
    changes: &Changes,
    id: &str,
    command: &SittingCommand,
    paper: Option<&SignedPaper>,
    signer: &Signatory,
) -> Result<SignedPaper, Stop> {
    changes.read_related(&StreamId::sitting(id))?;
    let facts = carried_by_sitting(id, command, &changes.ctx, &changes.world)?;
    Ok(case::check_signed(paper, facts.map(|f| (f.kind, f.sha256())), signer)?)
}

fn reorder(changes: &mut Changes, id: &str, cases: &[String]) -> Result<(), Stop> {
    agenda_office(changes)?;
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "riordinare l'ordine del giorno")?;
    let mut wanted = cases.to_vec();
    let mut present: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    wanted.sort();
    present.sort();
    if wanted != present {
        return Err(Refusal::new(
            "agenda_mismatch",
            "R3.12",
            "",
            "Il nuovo ordine deve contenere una volta ciascuno tutti gli argomenti iscritti",
        )
        .into());
    }
    changes.push_sitting(id, SittingEvent::ItemsReordered { cases: cases.to_vec() });
    Ok(())
}

fn convene(
    changes: &mut Changes,
    id: &str,
    paper: Option<&SignedPaper>,
    command: &SittingCommand,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "convocare")?;
    if sitting.items.is_empty() {
        return Err(Refusal::new("empty_agenda", "R3.12", "", "L'ordine del giorno è vuoto").into());
    }
    let version = sitting.agenda_version + 1;
    // Directors are told of their own item: their cases belong to the read set.
    for item in &sitting.items {
        changes.case(&item.case)?;
    }
    let by = convener(changes)?;
    if version == 1 {
        notice_given(changes, id)?;
    }
    let paper = carried(changes, id, command, paper, &by)?;
    changes.push_sitting(id, SittingEvent::Convened { version, by, paper });
    Ok(())
}

/// The Sindaco convenes (TUEL 50 c. 2), or who stands in for him (53 c. 2).
pub fn convener(changes: &Changes) -> Result<Signatory, Refusal> {
    let registry = &changes.world.registry;
    let (actor, day) = (changes.ctx.actor.as_str(), changes.day());
    let sindaco = registry.entitled(actor, Role::Sindaco, None, day);
    if sindaco.is_ok() {
        return sindaco;
    }
    let away = registry
        .holders(Role::Sindaco, None, day)
        .iter()
        .all(|m| registry.is_absent(&m.person, day));
    if away {
        return registry.entitled(actor, Role::Vicesindaco, None, day);
    }
    sindaco.map_err(|refusal| Refusal {
        code: "not_the_convener".into(),
        rule: "R3.2".into(),
        article: "artt. 50, c. 2, e 53, c. 2, TUEL".into(),
        ..refusal
    })
}

fn notice_given(changes: &Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    let (Some(date), Some(time)) = (sitting.date, sitting.time) else { return Ok(()) };
    let regulation = changes.world.regulation(date)?;
    let start = rome_instant(date, time);
    let hours = i64::from(regulation.convocation_notice_hours);
    if changes.ctx.now + Duration::hours(hours) > start {
        return Err(Refusal::new(
            "notice_too_short",
            "R3.2",
            regulation.source("convocation_notice_hours"),
            format!("La convocazione richiede {hours} ore di preavviso"),
        )
        .next("Spostare la seduta")
        .into());
    }
    Ok(())
}

fn relocate(
    changes: &mut Changes,
    id: &str,
    date: NaiveDate,
    time: NaiveTime,
    place: &str,
    reason: &str,
) -> Result<(), Stop> {
    agenda_office(changes)?;
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "spostare")?;
    let place = if place.trim().is_empty() { sitting.place.clone() } else { place.trim().into() };
    changes.push_sitting(
        id,
        SittingEvent::Moved { date, time, place, reason: reason.trim().to_owned() },
    );
    Ok(())
}

fn cancel(changes: &mut Changes, id: &str, reason: &str) -> Result<(), Stop> {
    agenda_office(changes)?;
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Scheduled, Status::Convened], "annullare la seduta")?;
    let cases: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    let reason = reason.trim().to_owned();
    for case in &cases {
        changes.case(case)?;
    }
    changes.push_sitting(id, SittingEvent::Cancelled { reason: reason.clone() });
    for case in cases {
        let event = CaseEvent::RemovedFromAgenda { sitting: id.into(), reason: reason.clone() };
        changes.push(&case, event);
    }
    Ok(())
}

/// Members in office on a day, in printing order (R3.1).
pub fn members(changes: &Changes, day: NaiveDate) -> Vec<Member> {
    let registry = &changes.world.registry;
    let mut members: Vec<Member> = Vec::new();
    for role in [Role::Sindaco, Role::Vicesindaco, Role::Assessore] {
        for mandate in registry.holders(role, None, day) {
            if members.iter().any(|m| m.person == mandate.person) {
                continue;
            }
            let person = registry.people.get(&mandate.person);
            members.push(Member {
                person: mandate.person.clone(),
                name: registry.name(&mandate.person),
                title: mandate.title.clone(),
                role,
                rank: mandate.rank,
                born: person.and_then(|p| p.born),
                fiscal_code: person.map(|p| p.fiscal_code.clone()).unwrap_or_default(),
                act: mandate.act.clone(),
            });
        }
    }
    members
}

/// Who presides among those present (R3.3).
pub(super) fn presiding(
    members: &[Member],
    present: impl Fn(&str) -> bool,
    regulation: &Regulation,
) -> Option<String> {
    let line: Vec<InLine> = members
        .iter()
        .filter(|m| present(&m.person))
        .map(|m| InLine {
            id: m.person.clone(),
            office: match m.role {
                Role::Sindaco => GiuntaOffice::Sindaco,
                Role::Vicesindaco => GiuntaOffice::Vicesindaco,
                _ => GiuntaOffice::Assessore,
            },
            born: m.born,
            list_order: m.rank,
        })
        .collect();
    president(regulation.presidency_order, &line).map(|m| m.id.clone())
}

fn open(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    let SittingCommand::Open { present, verbalizer, verbalizer_remote, assisting } = command else {
        return Ok(());
    };
    let day = changes.day();
    let regulation = changes.world.regulation(day)?;
    let sitting = changes.sitting(id)?;
    let convened: &[Status] = match regulation.fixed_calendar {
        Some(_) => &[Status::Scheduled, Status::Convened],
        None => &[Status::Convened],
    };
    status(sitting, convened, "aprire")?;
    if sitting.date != Some(day) || changes.ctx.happened > changes.ctx.now {
        return Err(Refusal::new(
            "wrong_day",
            "R3.2",
            "",
            format!(
                "La seduta è fissata per il {}",
                sitting.date.map(date_short).unwrap_or_default()
            ),
        )
        .next("Spostarla prima di aprirla")
        .into());
    }
    let members = members(changes, day);
    roll(&members, present)?;
    let verbalizer = verbalizing(changes, verbalizer.as_deref())?;
    remote_rules(sitting, present, *verbalizer_remote, &regulation, day)?;
    let seats = regulation.seats.unwrap_or(changes.world.registry.comune.giunta_seats);
    let in_office = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let seats = seats.max(in_office);
    let quorum = structural_quorum(&regulation.vote_rules(), in_office, seats);
    let here = u32::try_from(present.len()).unwrap_or(u32::MAX);
    if here < quorum {
        return Err(no_quorum(here, quorum, &regulation).into());
    }
    let is_here = |person: &str| present.iter().any(|a| a.person == person);
    let president = presiding(&members, is_here, &regulation).unwrap_or_default();
    let president_reason = presidency_reason(&members, &president);
    check_president_seat(&president, present, &regulation)?;
    let assisting = assisting.iter().filter_map(|person| assistant(changes, person)).collect();
    let event = SittingEvent::Opened {
        members,
        seats,
        quorum,
        present: present.clone(),
        president,
        president_reason,
        verbalizer,
        verbalizer_remote: *verbalizer_remote,
        assisting,
        regulation: regulation.digest_on(day),
    };
    changes.push_sitting(id, event);
    Ok(())
}

/// The refusal of a sitting without quorum (R3.4).
pub(super) fn no_quorum(here: u32, quorum: u32, regulation: &Regulation) -> Refusal {
    Refusal::new(
        "no_quorum",
        "R3.4",
        regulation.source("quorum_structural"),
        format!("Manca il numero legale: presenti {here}, occorrenti {quorum}"),
    )
    .next("Attendere altri componenti; decorso il termine, dichiarare deserta la seduta")
}

fn roll(members: &[Member], present: &[Attendance]) -> Result<(), Refusal> {
    for (i, a) in present.iter().enumerate() {
        if !members.iter().any(|m| m.person == a.person) {
            return Err(Refusal::new(
                "not_a_member",
                "R3.1",
                "art. 47 TUEL",
                format!("«{}» non è componente della Giunta in carica quel giorno", a.person),
            ));
        }
        if present[..i].iter().any(|b| b.person == a.person) {
            return Err(Refusal::new(
                "twice_in_roll",
                "R3.5",
                "",
                format!("«{}» risulta due volte nell'appello", a.person),
            ));
        }
    }
    Ok(())
}

fn verbalizing(changes: &Changes, person: Option<&str>) -> Result<Signatory, Refusal> {
    let registry = &changes.world.registry;
    match person {
        Some(person) => registry.entitled(person, Role::Segretario, None, changes.day()),
        None => {
            registry.entitled(&changes.ctx.actor, Role::Segretario, None, changes.day()).or_else(
                |refusal| registry.acting(Role::Segretario, None, changes.day()).ok_or(refusal),
            )
        }
    }
}

fn remote_rules(
    sitting: &Sitting,
    present: &[Attendance],
    verbalizer_remote: bool,
    regulation: &Regulation,
    day: NaiveDate,
) -> Result<(), Refusal> {
    let someone = verbalizer_remote || present.iter().any(|a| a.remote);
    if someone || sitting.mode != Mode::InSeat {
        regulation.remote_allowed(day)?;
    }
    if someone && sitting.mode == Mode::InSeat {
        return Err(Refusal::new(
            "mode_in_seat",
            "R3.10",
            regulation.source("remote_regulation_ref"),
            "La seduta è convocata in presenza: nessuno può partecipare a distanza",
        )
        .next("Riconvocarla in modalità mista"));
    }
    if verbalizer_remote && regulation.remote_segretario_must_be_in_seat {
        return Err(must_be_in_seat(
            "Il Segretario",
            "remote_segretario_must_be_in_seat",
            regulation,
        ));
    }
    Ok(())
}

fn check_president_seat(
    president: &str,
    present: &[Attendance],
    regulation: &Regulation,
) -> Result<(), Refusal> {
    let remote = present.iter().any(|a| a.person == president && a.remote);
    if remote && regulation.remote_president_must_be_in_seat {
        return Err(must_be_in_seat(
            "Chi presiede",
            "remote_president_must_be_in_seat",
            regulation,
        ));
    }
    Ok(())
}

fn must_be_in_seat(who: &str, key: &str, regulation: &Regulation) -> Refusal {
    Refusal::new(
        "must_be_in_seat",
        "R3.10",
        regulation.source(key),
        format!("{who} deve essere nella sede della seduta"),
    )
}

fn presidency_reason(members: &[Member], president: &str) -> String {
    let sindaco = members.iter().find(|m| m.role == Role::Sindaco);
    match sindaco {
        Some(s) if s.person == president => String::new(),
        Some(_) => "in assenza del Sindaco".into(),
        None => "essendo vacante la carica di Sindaco".into(),
    }
}

fn assistant(changes: &Changes, person: &str) -> Option<Signatory> {
    let registry = &changes.world.registry;
    let day = changes.day();
    registry
        .mandates
        .values()
        .find(|m| m.person == person && m.valid_on(day))
        .map(|m| registry.signatory(m))
}

fn desert(changes: &mut Changes, id: &str, present: &[Attendance]) -> Result<(), Stop> {
    recorder(changes, id)?;
    let day = changes.day();
    let regulation = changes.world.regulation(day)?;
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Convened], "dichiararla deserta")?;
    let members = members(changes, day);
    roll(&members, present)?;
    let start = sitting.date.zip(sitting.time).map(|(d, t)| rome_instant(d, t));
    let wait = Duration::minutes(i64::from(regulation.quorum_wait_minutes));
    if start.is_some_and(|start| changes.ctx.happened < start + wait) {
        return Err(Refusal::new(
            "quorum_wait",
            "R12.4",
            regulation.source("quorum_wait_minutes"),
            format!("Il numero legale si attende per {} minuti", regulation.quorum_wait_minutes),
        )
        .into());
    }
    let in_office = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let seats = regulation.seats.unwrap_or(in_office).max(in_office);
    let quorum = structural_quorum(&regulation.vote_rules(), in_office, seats);
    if u32::try_from(present.len()).unwrap_or(u32::MAX) >= quorum {
        return Err(Refusal::new(
            "quorum_reached",
            "R3.4",
            "",
            "Il numero legale c'è: la seduta si apre",
        )
        .into());
    }
    let cases: Vec<String> = sitting.items.iter().map(|i| i.case.clone()).collect();
    for case in &cases {
        changes.case(case)?;
    }
    changes.push_sitting(id, SittingEvent::Deserted { present: present.to_vec(), quorum });
    for case in cases {
        let reason = "seduta deserta".to_owned();
        changes.push(&case, CaseEvent::RemovedFromAgenda { sitting: id.into(), reason });
    }
    Ok(())
}

fn member(sitting: &Sitting, person: &str) -> Result<Member, Refusal> {
    sitting.members.iter().find(|m| m.person == person).cloned().ok_or_else(|| {
        Refusal::new(
            "not_a_member",
            "R3.1",
            "art. 47 TUEL",
            format!("«{person}» non è fra i componenti in carica all'apertura"),
        )
    })
}

fn enter(changes: &mut Changes, id: &str, person: &str, remote: bool) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "registrare un ingresso")?;
    let who = member(sitting, person)?;
    if sitting.is_present(person) {
        return Err(Refusal::new(
            "already_present",
            "R3.5",
            "",
            format!("{} è già presente", who.name),
        )
        .into());
    }
    if remote && sitting.mode == Mode::InSeat {
        let regulation = changes.regulation()?;
        remote_rules(
            sitting,
            &[Attendance { person: person.into(), remote }],
            false,
            &regulation,
            changes.day(),
        )?;
    }
    changes.push_sitting(id, SittingEvent::Entered { person: person.into(), remote });
    follow_presidency(changes, id)
}

fn leave(changes: &mut Changes, id: &str, person: &str, why: Leaving) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "registrare un'uscita")?;
    let who = member(sitting, person)?;
    if !sitting.is_present(person) {
        return Err(Refusal::new(
            "not_present",
            "R3.5",
            "",
            format!("{} non è presente", who.name),
        )
        .into());
    }
    changes.push_sitting(id, SittingEvent::Left { person: person.into(), why });
    keep_quorum(changes, id)?;
    follow_presidency(changes, id)
}

/// The chair follows presence: who is first in line presides (R3.3).
pub(super) fn follow_presidency(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let sitting = changes.sitting(id)?;
    let chair = presiding(&sitting.members, |p| sitting.is_present(p), &regulation);
    match chair {
        Some(person) if person != sitting.president => {
            let reason = presidency_reason(&sitting.members, &person);
            changes.push_sitting(id, SittingEvent::PresidencyTaken { person, reason });
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Quorum is checked at every change, item by item; when it falls the sitting is suspended (R3.11).
pub(super) fn keep_quorum(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    if sitting.status != Status::Open {
        return Ok(());
    }
    let regulation = changes.regulation()?;
    let count = votes::presence_count(sitting, sitting.under_discussion(), &regulation);
    if !has_quorum(&regulation.vote_rules(), &count) {
        let reason = format!(
            "venuto meno il numero legale: presenti {}, occorrenti {}",
            sitting.present_now().count(),
            sitting.quorum
        );
        changes.push_sitting(id, SittingEvent::Suspended { reason });
    }
    Ok(())
}

fn correct_presence(
    changes: &mut Changes,
    id: &str,
    person: &str,
    present: bool,
    remote: bool,
    reason: &str,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open, Status::Suspended], "correggere le presenze")?;
    member(sitting, person)?;
    let from = sitting.presence.iter().rfind(|i| i.person == person).map(|i| i.from);
    let since = from.or(sitting.opened);
    let proclaimed = sitting
        .items
        .iter()
        .filter_map(|i| i.outcome)
        .any(|(_, at)| since.is_some_and(|since| at >= since));
    if proclaimed {
        return Err(Refusal::new(
            "already_proclaimed",
            "R2.7",
            "",
            "Con quella presenza è già stato proclamato un risultato",
        )
        .next("Correggere la proclamazione entro la seduta")
        .into());
    }
    let event = SittingEvent::PresenceCorrected {
        person: person.into(),
        present,
        remote,
        reason: reason.trim().to_owned(),
    };
    changes.push_sitting(id, event);
    keep_quorum(changes, id)?;
    follow_presidency(changes, id)
}

fn resume(changes: &mut Changes, id: &str, present: &[Attendance]) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Suspended], "riprendere")?;
    roll(&sitting.members, present)?;
    let regulation = changes.regulation()?;
    let here = u32::try_from(present.len()).unwrap_or(u32::MAX);
    if here < sitting.quorum {
        return Err(no_quorum(here, sitting.quorum, &regulation).into());
    }
    if sitting.opened.map(rome_date) != Some(changes.day()) {
        return Err(Refusal::new(
            "other_day",
            "R12.4",
            "",
            "La seduta sospesa riprende lo stesso giorno; altrimenti si chiude e si riconvoca",
        )
        .into());
    }
    changes.push_sitting(id, SittingEvent::Resumed { present: present.to_vec() });
    follow_presidency(changes, id)
}

/// Papers of a sitting: composed by a job, signed by persons, sealed by the entity.
fn papers(changes: &mut Changes, id: &str, command: &SittingCommand) -> Result<(), Stop> {
    let find = |changes: &Changes, key: &str| {
        let sitting = changes.sitting(id)?;
        let found = sitting.papers.iter().find(|p| p.plan.key == key).cloned();
        found.ok_or_else(|| Stop::from(case::unknown_paper(key)))
    };
    let event = match command {
        SittingCommand::Sign { paper_key, base, paper } => {
            let state = find(changes, paper_key)?;
            let (field, by) =
                case::check_signature(&state, &changes.ctx.actor, base, paper.as_ref())?;
            let sha256 = paper.as_ref().map(|p| p.sha256.clone()).unwrap_or_default();
            SittingEvent::PaperSigned {
                key: paper_key.clone(),
                field,
                by,
                sha256,
                at: changes.ctx.happened,
            }
        }
        SittingCommand::SealPaper { paper_key, field, base, sha256 } => {
            let state = find(changes, paper_key)?;
            SittingEvent::PaperSigned {
                key: paper_key.clone(),
                field: field.clone(),
                by: case::check_seal(changes, &state, field, base)?,
                sha256: sha256.clone(),
                at: changes.ctx.happened,
            }
        }
        SittingCommand::PreparePaper { paper_key, facts, sha256, pages } => {
            let state = find(changes, paper_key)?;
            changes.read_related(&StreamId::sitting(id))?;
            let now = sitting_paper(id, &state.plan, &changes.world)?.sha256();
            case::check_prepared(changes, &state, facts, &now)?;
            SittingEvent::PaperPrepared {
                key: paper_key.clone(),
                facts: facts.clone(),
                sha256: sha256.clone(),
                pages: *pages,
            }
        }
        _ => return Ok(()),
    };
    changes.push_sitting(id, event);
    Ok(())
}

/// Plans a paper of the sitting.
pub(super) fn owe(changes: &mut Changes, id: &str, kind: PaperKind, seal: bool) {
    let slots = if seal { vec![case::seal_slot()] } else { Vec::new() };
    let plan = PaperPlan { key: kind.token(), kind, slots, about: String::new() };
    changes.push_sitting(id, SittingEvent::PaperOwed(plan));
}
