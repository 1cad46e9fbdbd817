// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Sedute»: the calendar, one sitting with its agenda and papers, and in their own files the room,
//! what follows it, and the dossier.

pub mod chronicle;
pub mod dossier;
pub mod follow;
mod panel;
pub mod room;

use super::actions::sitting as actions;
use super::error::WebError;
use super::lines::{Datum, DeniedLine, PaperLine};
use super::page::{Link, Page};
use super::signing::file;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::command::Command;
use crate::domain::law::calendar::{date_short, date_with_weekday, rome_date, rome_time};
use crate::domain::notice_facts::{NoticeSubject, notice};
use crate::domain::offers::of_sitting;
use crate::domain::refusal::Refusal;
use crate::domain::rows::CaseRow;
use crate::domain::sitting::{Mode, Sitting, SittingCommand, Status, deposit_cutoff};
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_follow_sitting, may_read_sittings};
use crate::domain::words;
use crate::domain::world::World;
use crate::store::CaseFilter;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct CalendarLine {
    href: String,
    day: String,
    time: String,
    organ: String,
    place: String,
    mode: &'static str,
    status: &'static str,
    token: &'static str,
    items: usize,
    cutoff: String,
    /// Proposals may still be deposited for it.
    deposit_open: bool,
    live: bool,
}

#[derive(Debug, Serialize)]
struct CalendarPage {
    coming: Vec<CalendarLine>,
    past: Vec<CalendarLine>,
    /// Why this person may not add one; empty when he may.
    why_not: String,
}

impl Page for CalendarPage {
    const TEMPLATE: &'static str = "sedute";
    const SECTION: &'static str = "sedute";

    fn title(&self) -> String {
        "Sedute".into()
    }
}

/// Sittings that are over, shown in the calendar.
const PAST: usize = 30;

/// The calendar: what is coming first, then what was.
pub async fn calendar(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    may_read_sittings(&visitor.registry, visitor.id(), visitor.today)?;
    let executor = &app.office.executor;
    let rows = executor.store.sittings().await?;
    let over = |status: &str| ["closed", "deserted", "cancelled"].contains(&status);
    let (past, mut coming): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| over(&r.status));
    coming.reverse();
    let shown: Vec<_> = coming.iter().chain(past.iter().take(PAST)).collect();
    let streams: Vec<StreamId> = shown.iter().map(|row| StreamId::sitting(&row.id)).collect();
    // Only the sittings themselves: their acts are not needed for a list.
    let world = executor.sittings(&streams).await?;
    let line = |id: &String| Some(calendar_line(&world, world.sittings.get(id)?, &visitor));
    let sample = SittingCommand::Schedule {
        organ: "giunta".into(),
        date: visitor.today,
        time: chrono::NaiveTime::MIN,
        place: String::new(),
        mode: Mode::InSeat,
    };
    let sample = Command::Sitting { id: "esempio".into(), command: sample };
    let answers = executor.foresee(visitor.id(), &[sample]).await?;
    let page = CalendarPage {
        coming: coming.iter().filter_map(|row| line(&row.id)).collect(),
        past: past.iter().take(PAST).filter_map(|row| line(&row.id)).collect(),
        why_not: answers.into_iter().flatten().map(|r| r.text).next().unwrap_or_default(),
    };
    app.show(&visitor, &page)
}

fn calendar_line(world: &World, sitting: &Sitting, visitor: &Visitor) -> CalendarLine {
    let (cutoff, deposit_open) = cutoff(world, sitting, visitor);
    CalendarLine {
        href: format!("/sedute/{}", sitting.id),
        day: sitting.date.map(date_with_weekday).unwrap_or_default(),
        time: time(sitting),
        organ: organ_name(&sitting.organ),
        place: sitting.place.clone(),
        mode: mode_words(sitting.mode),
        status: sitting.status.label(),
        token: sitting.status.token(),
        items: sitting.items.len(),
        cutoff,
        deposit_open,
        live: is_under_way(sitting),
    }
}

fn time(sitting: &Sitting) -> String {
    sitting.time.map(|t| t.format("%H:%M").to_string()).unwrap_or_default()
}

/// How a sitting is held, in words.
pub fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::InSeat => "in presenza",
        Mode::Mixed => "mista: in sala e a distanza",
        Mode::Remote => "a distanza",
    }
}

/// "entro il 28/06/2026, ore 12:00", and whether that is still to come.
fn cutoff(world: &World, sitting: &Sitting, visitor: &Visitor) -> (String, bool) {
    let (Some(date), Some(time)) = (sitting.date, sitting.time) else { return Default::default() };
    let last = world.regulation(date).ok().and_then(|r| deposit_cutoff(&r, date, time));
    let Some(last) = last else { return Default::default() };
    let day = date_short(rome_date(last));
    let said = format!("entro il {day}, ore {}", rome_time(last).format("%H:%M"));
    (said, visitor.now <= last)
}

#[derive(Debug, Serialize)]
struct ItemLine {
    case: String,
    number: usize,
    subject: String,
    office: String,
    rapporteurs: String,
    /// "suppletivo", "fuori sacco": how it came on the agenda.
    how: &'static str,
    outcome: String,
    deliberation: String,
    immediate: bool,
    first: bool,
    last: bool,
    may_read: bool,
}

/// An act that waits for an agenda.
#[derive(Debug, Serialize)]
pub struct ReadyLine {
    /// Its identifier.
    pub case: String,
    /// Object.
    pub subject: String,
    office: String,
    /// "Proposta n. 12/2026", and what a sitting made of it.
    pub number: String,
}

#[derive(Debug, Serialize)]
struct ActionLine {
    title: &'static str,
    href: String,
}

#[derive(Debug, Serialize)]
struct AnswerLine {
    name: String,
    title: String,
    answer: &'static str,
    token: String,
}

#[derive(Debug, Serialize)]
struct SittingPage {
    id: String,
    heading: String,
    day: String,
    organ: String,
    status: &'static str,
    token: &'static str,
    live: bool,
    data: Vec<Datum>,
    items: Vec<ItemLine>,
    ready: Vec<ReadyLine>,
    may_order: bool,
    actions: Vec<ActionLine>,
    denied: Vec<DeniedLine>,
    papers: Vec<PaperLine>,
    notice: Option<String>,
    answers: Vec<AnswerLine>,
    answered: usize,
    follows: bool,
    /// An appointment can be taken from here.
    appointment: bool,
    version: i64,
}

impl Page for SittingPage {
    const TEMPLATE: &'static str = "seduta";
    const SECTION: &'static str = "sedute";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/sedute", "Sedute")]
    }
}

/// Shows a sitting: agenda, convening, answers, papers, what may be done.
///
/// # Errors
/// 404 when there is none, 403 when this person may not read it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    may_read_sittings(&visitor.registry, visitor.id(), visitor.today)?;
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::sitting(&id)]).await?;
    let sitting = world.sitting(&id)?;
    let members = actions::organ(&world, sitting, &visitor);
    let offers = of_sitting(&world, sitting, &members);
    let command =
        |command: &SittingCommand| Command::Sitting { id: id.clone(), command: command.clone() };
    let commands: Vec<Command> = offers.iter().map(|o| command(&o.command)).collect();
    let answers = executor.foresee(visitor.id(), &commands).await?;
    let answers = commands.iter().zip(answers).zip(&offers);
    let answers: Vec<_> =
        answers.map(|((c, a), offer)| (c.token(), offer.about.clone(), a)).collect();
    let may_order = answers.iter().any(|(token, _, answer)| token == "reorder" && answer.is_none());
    let ready = if may_order { ready(&app, &world).await? } else { Vec::new() };
    let follows = may_follow_sitting(&world.registry, visitor.id(), visitor.today).is_ok();
    let (allowed, denied) = sorted(sitting, answers);
    let said = |person: &str| {
        sitting.answers.iter().find(|(who, _)| who == person).map(|(_, answer)| *answer)
    };
    let answer_lines = members.iter().map(|m| AnswerLine {
        name: m.name.clone(),
        title: m.title.clone(),
        answer: said(&m.person).map_or("non ha ancora risposto", |a| a.label()),
        token: said(&m.person).map(|a| crate::domain::effects::token(&a)).unwrap_or_default(),
    });
    let href = |sha256: &str| format!("/sedute/{id}/documenti/{sha256}");
    let line = |paper| PaperLine::new(paper, &sitting.kept, href);
    let page = SittingPage {
        heading: actions::name(sitting),
        day: sitting.date.map(date_with_weekday).unwrap_or_default(),
        organ: organ_name(&sitting.organ),
        status: sitting.status.label(),
        token: sitting.status.token(),
        live: is_under_way(sitting),
        data: data(&world, sitting, &visitor),
        items: items(&world, sitting, &visitor),
        ready,
        may_order,
        actions: allowed,
        denied,
        papers: sitting.papers.iter().map(line).collect(),
        notice: sitting.notice.as_deref().map(href),
        answered: sitting.answers.len(),
        answers: match sitting.status {
            Status::Convened if follows => answer_lines.collect(),
            _ => Vec::new(),
        },
        follows,
        appointment: app.mailer.is_some() && sitting.time.is_some(),
        version: sitting.version,
        id: id.clone(),
    };
    app.show(&visitor, &page)
}

/// The gestures on a sitting that is not being held, allowed and denied; those of the room are
/// made there.
fn sorted(
    sitting: &Sitting,
    answers: Vec<(String, String, Option<Refusal>)>,
) -> (Vec<ActionLine>, Vec<DeniedLine>) {
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    for (token, about, answer) in answers {
        let at_hand = ["open", "desert"].contains(&token.as_str());
        let found = actions::ACTIONS.iter().find(|a| a.token == token && a.token != "reorder");
        let found = found.or_else(|| actions::all().find(|a| at_hand && a.token == token));
        let Some(action) = found else { continue };
        match answer {
            None => allowed.push(ActionLine {
                title: if token == "sign" { paper_title(sitting, &about) } else { action.title },
                href: actions::href(&sitting.id, action.slug, &about),
            }),
            Some(refusal) => denied.push(DeniedLine::new(action.title, refusal)),
        }
    }
    (allowed, denied)
}

fn paper_title(sitting: &Sitting, key: &str) -> &'static str {
    match sitting.paper(key).map(|p| p.plan.kind) {
        Some(crate::domain::papers::PaperKind::VerbaleSeduta) => "Firmare il verbale della seduta",
        _ => "Firmare",
    }
}

/// Acts that wait for an agenda: for the first time, or again because a sitting did not vote them.
///
/// # Errors
/// What the database said.
pub async fn ready(app: &App, world: &World) -> Result<Vec<ReadyLine>, WebError> {
    let mut lines = Vec::new();
    for state in ["postponed", "ready"] {
        let wanted =
            CaseFilter { lifecycle: Some(state.into()), limit: Some(100), ..CaseFilter::default() };
        let rows = app.office.executor.store.cases(&wanted).await?.into_iter();
        let waits = rows.filter(|row| row.sitting.is_none());
        lines.extend(waits.map(|row| ready_line(world, row)));
    }
    Ok(lines)
}

/// Acts that may be treated off an agenda, by id and words: what is ready, and what was put on it when
/// it had been sent.
///
/// # Errors
/// What the database said.
pub async fn off_agenda(
    app: &App,
    world: &World,
    sitting: &Sitting,
) -> Result<Vec<(String, String)>, WebError> {
    let late = sitting.items.iter().filter(|i| i.sent_in.is_none() && i.outcome.is_none());
    let late = late.map(|item| (item.case.clone(), item.subject.clone()));
    let ready = ready(app, world).await?.into_iter();
    let ready = ready.map(|line| (line.case, format!("{} · {}", line.number, line.subject)));
    Ok(late.chain(ready).collect())
}

fn ready_line(world: &World, row: CaseRow) -> ReadyLine {
    let number = row.proposal_number.zip(row.proposal_year);
    let mut number = number.map(|(n, y)| format!("Proposta n. {n}/{y}")).unwrap_or_default();
    if row.lifecycle == "postponed" {
        number.push_str(", da trattare di nuovo");
    }
    let office = world.registry.office_name(&row.office);
    ReadyLine { office, number, case: row.id, subject: row.subject }
}

fn data(world: &World, sitting: &Sitting, visitor: &Visitor) -> Vec<Datum> {
    let (cutoff, open) = cutoff(world, sitting, visitor);
    let deposit = match (cutoff.is_empty(), open) {
        (true, _) => String::new(),
        (false, true) => cutoff,
        (false, false) => format!("{cutoff} (termine passato)"),
    };
    let convened = sitting.convened_by.as_ref().map(|by| match sitting.agenda_version {
        1 => by.name.clone(),
        version => format!("{} (ordine del giorno n. {version})", by.name),
    });
    let rows = [
        ("Ora", time(sitting)),
        ("Luogo", sitting.place.clone()),
        ("Modo", mode_words(sitting.mode).to_owned()),
        ("Deposito delle proposte", deposit),
        ("Convocata da", convened.unwrap_or_default()),
        ("Aperta alle", sitting.opened.map(hour).unwrap_or_default()),
        ("Chiusa alle", sitting.closed.map(hour).unwrap_or_default()),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    rows.map(|(term, text)| Datum { term, text }).collect()
}

fn hour(at: chrono::DateTime<chrono::Utc>) -> String {
    rome_time(at).format("%H:%M").to_string()
}

fn items(world: &World, sitting: &Sitting, visitor: &Visitor) -> Vec<ItemLine> {
    let count = sitting.items.len();
    let line = |(index, item): (usize, &crate::domain::sitting::Item)| {
        let case = world.cases.get(&item.case).map(AsRef::as_ref);
        let names = |c: &crate::domain::case::Case| {
            let people = c.content.rapporteurs.iter();
            people.map(|p| world.registry.name(p)).collect::<Vec<_>>().join(", ")
        };
        let readable = |c: &crate::domain::case::Case| {
            let registry = &world.registry;
            crate::domain::visibility::may_read(registry, visitor.id(), c, visitor.today).is_ok()
        };
        ItemLine {
            number: index + 1,
            subject: item.subject.clone(),
            office: case
                .map(|c| world.registry.office_name(c.content.lead_office()))
                .unwrap_or_default(),
            rapporteurs: case.map(names).unwrap_or_default(),
            how: match (item.off_agenda, item.sent_in, sitting.agenda_version) {
                (true, ..) => "fuori sacco",
                (false, None, 1..) => "da comunicare con un ordine del giorno suppletivo",
                (false, Some(2..), _) => "suppletivo",
                _ => "",
            },
            outcome: words::outcome_of(item),
            deliberation: item.number.map(|n| n.to_string()).unwrap_or_default(),
            immediate: item.immediate.as_ref().is_some_and(|(_, declared)| *declared),
            first: index == 0,
            last: index + 1 == count,
            may_read: case.is_some_and(readable),
            case: item.case.clone(),
        }
    };
    sitting.items.iter().enumerate().map(line).collect()
}

/// Sends a paper of the sitting: its last notice or one of its minutes.
///
/// # Errors
/// 404 for any other document, 403 where the reading is reserved.
pub async fn document(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::sitting(&id)]).await?;
    let sitting = world.sitting(&id)?;
    let notice = sitting.notice.as_ref() == Some(&sha256);
    match notice {
        true => may_read_sittings(&world.registry, visitor.id(), visitor.today)?,
        false => may_follow_sitting(&world.registry, visitor.id(), visitor.today)?,
    }
    let signed = sitting.kept.continued_by(&sha256).unwrap_or(&sha256);
    let paper = sitting.papers.iter().find(|p| p.sha256.as_deref() == Some(signed));
    let name = match (notice, paper) {
        (true, _) => "Convocazione",
        (false, Some(paper)) => words::paper(paper.plan.kind),
        (false, None) => return Err(WebError::NotFound),
    };
    let found = executor.store.document(&sha256).await?.ok_or(WebError::NotFound)?;
    Ok(file(found.bytes, &found.media_type, &format!("{name}.pdf"), true))
}

/// The sitting as an appointment.
///
/// # Errors
/// 404 when there is none, or it has no hour.
pub async fn appointment(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    may_read_sittings(&visitor.registry, visitor.id(), visitor.today)?;
    let world = app.office.executor.world(&[StreamId::sitting(&id)]).await?;
    world.sitting(&id)?;
    let detail = serde_json::Value::Null;
    let subject = NoticeSubject { case: None, sitting: Some(&id), moment: "convened", detail };
    let facts = notice("convocazione", &world, subject, &visitor.person, visitor.today);
    let text = app.mailer.as_ref().and_then(|mailer| mailer.appointment(&facts, visitor.now));
    let text = text.ok_or(WebError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"seduta-{id}.ics\"")),
    ];
    Ok((headers, text).into_response())
}

/// A sitting whose facts are still being written down.
fn is_under_way(sitting: &Sitting) -> bool {
    matches!(sitting.status, Status::Open | Status::Suspended)
}

/// "Giunta comunale".
pub fn organ_name(organ: &str) -> String {
    match organ {
        "giunta" => "Giunta comunale".into(),
        "consiglio" => "Consiglio comunale".into(),
        other => other.to_owned(),
    }
}
