// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sittings: the calendar and the agenda for whoever works on acts; presence and votes for whoever
//! follows the room.

use super::caller::{Caller, Params, known, page};
use super::cases::PaperItem;
use crate::domain::sitting::{Ballot, Item, ItemOutcome, Mode, Sitting};
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_follow_sitting, may_read_sittings};
use crate::web::error::WebError;
use crate::web::{App, Shared};
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which sittings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SittingQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    cursor: Option<String>,
    /// Token of where it stands.
    status: Option<String>,
}

/// A sitting of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct SittingLine {
    /// Sitting id.
    id: String,
    /// Organ.
    organ: String,
    /// Day.
    date: Option<NaiveDate>,
    /// Token of where it stands: `scheduled`, `convened`, `open`, `suspended`, `closed`, `deserted`,
    /// `cancelled`.
    status: String,
    /// Version of its stream: what `expected_version` compares.
    version: i64,
}

/// A page of sittings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SittingList {
    /// The sittings.
    items: Vec<SittingLine>,
    /// Cursor of the next page; none after the last.
    next: Option<String>,
}

/// Lists the sittings.
#[utoipa::path(
    get, path = "/sittings", tag = "sedute", operation_id = "list_sittings",
    summary = "Calendario delle sedute",
    description = "Le sedute in calendario e quelle tenute, dalla più recente.",
    params(SittingQuery),
    responses((status = 200, description = "Una pagina di sedute", body = SittingList)),
    security(("token" = ["read"])),
)]
pub async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Params(query): Params<SittingQuery>,
) -> Result<Json<SittingList>, WebError> {
    let limit = page(query.limit, query.cursor.as_deref())?;
    may_read_sittings(&caller.registry, &caller.person, caller.today)?;
    let rows = app.office.executor.store.sittings().await?;
    let start = match &query.cursor {
        None => 0,
        Some(cursor) => rows.iter().position(|row| row.id == *cursor).map_or(rows.len(), |n| n + 1),
    };
    let wanted = |status: &str| query.status.as_deref().is_none_or(|wanted| wanted == status);
    let mut rest = rows.into_iter().skip(start).filter(|row| wanted(&row.status));
    let items = rest.by_ref().take(limit).map(|row| SittingLine {
        id: row.id,
        organ: row.organ,
        date: row.date,
        status: row.status,
        version: row.version,
    });
    let items: Vec<_> = items.collect();
    let last = items.last().map(|line| line.id.clone());
    let next = rest.next().and(last);
    Ok(Json(SittingList { items, next }))
}

/// An item of the agenda.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgendaItem {
    /// Case.
    case: String,
    /// Object.
    subject: String,
    /// Added at the sitting.
    off_agenda: bool,
    /// When it was called.
    called_at: Option<DateTime<Utc>>,
    /// How it ended.
    outcome: Option<ItemOutcome>,
    /// Number of the act.
    number: Option<i64>,
    /// Declared immediately enforceable; none without a second ballot.
    immediate: Option<bool>,
}

/// A sitting with its agenda.
#[derive(Debug, Serialize, ToSchema)]
pub struct SittingItem {
    /// Sitting id.
    id: String,
    /// Organ.
    organ: String,
    /// Day.
    date: Option<NaiveDate>,
    /// Time foreseen.
    time: Option<NaiveTime>,
    /// Place.
    place: String,
    /// How it is held.
    mode: Mode,
    /// Token of where it stands.
    status: String,
    /// Version of its stream: what `expected_version` compares.
    version: i64,
    /// Version of the agenda that was sent; 0 before convening.
    agenda_version: u32,
    /// When it was opened.
    opened_at: Option<DateTime<Utc>>,
    /// When it was closed.
    closed_at: Option<DateTime<Utc>>,
    /// The agenda, in order.
    agenda: Vec<AgendaItem>,
    /// What is composed and signed.
    papers: Vec<PaperItem>,
}

fn line(item: &Item) -> AgendaItem {
    AgendaItem {
        case: item.case.clone(),
        subject: item.subject.clone(),
        off_agenda: item.off_agenda,
        called_at: item.called,
        outcome: item.outcome.map(|(outcome, _)| outcome),
        number: item.number,
        immediate: item.immediate.as_ref().map(|(_, declared)| *declared),
    }
}

async fn read(app: &App, id: &str) -> Result<Sitting, WebError> {
    let world = app.office.executor.sittings(&[StreamId::sitting(known(id)?)]).await?;
    Ok(world.sitting(id)?.clone())
}

/// One sitting.
#[utoipa::path(
    get, path = "/sittings/{id}", tag = "sedute", operation_id = "get_sitting",
    summary = "Una seduta con il suo ordine del giorno",
    description = "Giorno, luogo, stato, argomenti nell'ordine con il loro esito, documenti.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "La seduta", body = SittingItem)),
    security(("token" = ["read"])),
)]
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SittingItem>, WebError> {
    may_read_sittings(&caller.registry, &caller.person, caller.today)?;
    let sitting = read(&app, &id).await?;
    Ok(Json(SittingItem {
        organ: sitting.organ.clone(),
        date: sitting.date,
        time: sitting.time,
        place: sitting.place.clone(),
        mode: sitting.mode,
        status: sitting.status.token().to_owned(),
        version: sitting.version,
        agenda_version: sitting.agenda_version,
        opened_at: sitting.opened,
        closed_at: sitting.closed,
        agenda: sitting.items.iter().map(line).collect(),
        papers: sitting.papers.iter().map(PaperItem::new).collect(),
        id,
    }))
}

/// A member's presence.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresenceItem {
    /// Person.
    person: String,
    /// Connected from elsewhere.
    remote: bool,
    /// From when.
    from: DateTime<Utc>,
    /// To when; none while present.
    to: Option<DateTime<Utc>>,
}

/// The votes on an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoteItem {
    /// Case.
    case: String,
    /// Members who must abstain (art. 78 c. 2 TUEL).
    conflicted: Vec<String>,
    /// The vote; none before it.
    ballot: Option<Ballot>,
    /// The second ballot, on immediate enforceability.
    immediate_ballot: Option<Ballot>,
    /// It reached the majority of the members.
    immediate: Option<bool>,
    /// How it ended.
    outcome: Option<ItemOutcome>,
}

/// Who was there and how they voted.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoteList {
    /// Members in office at the opening.
    members: Vec<String>,
    /// Members needed for a valid sitting.
    quorum: u32,
    /// Presence, as intervals.
    presence: Vec<PresenceItem>,
    /// The items, in order.
    items: Vec<VoteItem>,
}

/// Presence and votes of a sitting.
#[utoipa::path(
    get, path = "/sittings/{id}/votes", tag = "sedute", operation_id = "list_sitting_votes",
    summary = "Presenze e votazioni di una seduta",
    description = "Le sedute della Giunta non sono pubbliche: le legge chi vi prende parte.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "Presenze e votazioni", body = VoteList)),
    security(("token" = ["read"])),
)]
pub async fn votes(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<VoteList>, WebError> {
    may_follow_sitting(&caller.registry, &caller.person, caller.today)?;
    let sitting = read(&app, &id).await?;
    let vote = |item: &Item| VoteItem {
        case: item.case.clone(),
        conflicted: item.conflicts.iter().map(|conflict| conflict.person.clone()).collect(),
        ballot: item.ballot.as_ref().map(|(ballot, _)| ballot.clone()),
        immediate_ballot: item.immediate.as_ref().map(|(ballot, _)| ballot.clone()),
        immediate: item.immediate.as_ref().map(|(_, declared)| *declared),
        outcome: item.outcome.map(|(outcome, _)| outcome),
    };
    let presence = sitting.presence.iter().map(|interval| PresenceItem {
        person: interval.person.clone(),
        remote: interval.remote,
        from: interval.from,
        to: interval.to,
    });
    Ok(Json(VoteList {
        members: sitting.members.iter().map(|member| member.person.clone()).collect(),
        quorum: sitting.quorum,
        presence: presence.collect(),
        items: sitting.items.iter().map(vote).collect(),
    }))
}
