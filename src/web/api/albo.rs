// SPDX-License-Identifier: AGPL-3.0-or-later
//! What everyone may read without a token: what is on the Albo at this instant, not a minute more,
//! and whether the service answers.

use super::caller::{Params, known, page};
use super::problem::PROBLEM_JSON;
use crate::domain::case::{Case, effective_on, on_albo, terms_of};
use crate::domain::law::calendar::rome_date;
use crate::domain::rows::CaseRow;
use crate::domain::stream::StreamId;
use crate::store::CaseFilter;
use crate::web::error::WebError;
use crate::web::signing::file;
use crate::web::{App, Shared};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which postings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlboQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    cursor: Option<String>,
    /// Act kind.
    kind: Option<String>,
}

/// An act on the Albo.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlboItem {
    /// Year of the Albo number.
    year: i32,
    /// Albo number.
    number: i64,
    /// Act kind.
    kind: String,
    /// Object.
    subject: String,
    /// Body that asked for it, where the document is of others.
    requested_by: Option<String>,
    /// Number of the act, `n/year`.
    act_number: Option<String>,
    /// Day of the sitting that adopted it.
    adopted_on: Option<NaiveDate>,
    /// First day of posting.
    posted_on: NaiveDate,
    /// Last day of posting, included.
    last_day: NaiveDate,
    /// First day of executivity.
    effective_on: Option<NaiveDate>,
    /// Declared immediately enforceable.
    immediate: bool,
    /// Address of the text that is shown.
    document: String,
}

/// A page of the Albo.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlboList {
    /// The acts posted now, newest first.
    items: Vec<AlboItem>,
    /// Cursor of the next page; none after the last.
    next: Option<String>,
}

fn item(app: &App, case: &Case, row: &CaseRow) -> Option<AlboItem> {
    let (posting, terms) = (case.posting.as_ref()?, terms_of(case)?);
    // Where another system keeps the Albo, that one shows it.
    if posting.external || !on_albo(case, app.now()) {
        return None;
    }
    let number = row.act_number.zip(row.act_year);
    Some(AlboItem {
        year: posting.year,
        number: posting.number,
        kind: case.kind.clone(),
        subject: case.content.subject.clone(),
        requested_by: case.content.request.as_ref().map(|request| request.body.clone()),
        act_number: number.map(|(number, year)| format!("{number}/{year}")),
        adopted_on: row.adopted_on,
        posted_on: posting.day,
        last_day: terms.last_day,
        effective_on: effective_on(case).filter(|_| case.is_adopted()),
        immediate: case.is_immediate(),
        document: format!("/api/v1/albo/{}/{}/document", posting.year, posting.number),
    })
}

/// The acts that may be on the Albo: whether they are is asked of each.
async fn posted(app: &App, filter: CaseFilter) -> Result<Vec<(CaseRow, Arc<Case>)>, WebError> {
    let executor = &app.office.executor;
    // Two days more than the last one certified: outages and the last hours are the domain's to say.
    let since = rome_date(app.now()) - TimeDelta::days(2);
    let rows = executor.store.cases(&CaseFilter { last_day_from: Some(since), ..filter }).await?;
    let streams: Vec<StreamId> = rows.iter().map(|row| StreamId::case(&row.id)).collect();
    let mut world = executor.sittings(&streams).await?;
    let case = |row: CaseRow| world.cases.remove(&row.id).map(|case| (row, case));
    Ok(rows.into_iter().filter_map(case).collect())
}

/// Lists the Albo.
#[utoipa::path(
    get, path = "/albo", tag = "albo", operation_id = "list_albo",
    summary = "Atti in pubblicazione all'Albo",
    description = "Gli atti all'Albo pretorio in questo momento, dal più recente. Non serve token. Un \
                   atto non compare più dal giorno successivo all'ultimo di pubblicazione.",
    params(AlboQuery),
    responses((status = 200, description = "Una pagina dell'Albo", body = AlboList)),
    security(()),
)]
pub async fn list(
    State(app): State<Shared>,
    Params(query): Params<AlboQuery>,
) -> Result<Json<AlboList>, WebError> {
    let limit = page(query.limit, query.cursor.as_deref())?;
    let filter = CaseFilter { kind: query.kind, before: query.cursor, ..CaseFilter::default() };
    let all = posted(&app, filter).await?;
    let shown = |(row, case): &(CaseRow, Arc<Case>)| Some((row.id.clone(), item(&app, case, row)?));
    let mut rest = all.iter().filter_map(shown);
    let (ids, items): (Vec<String>, Vec<AlboItem>) = rest.by_ref().take(limit).unzip();
    let next = rest.next().and(ids.last().cloned());
    Ok(Json(AlboList { items, next }))
}

async fn find(app: &App, year: &str, number: &str) -> Result<(AlboItem, Arc<Case>), WebError> {
    let year: i32 = known(year)?.parse().map_err(|_| WebError::NotFound)?;
    let number: i64 = known(number)?.parse().map_err(|_| WebError::NotFound)?;
    let all = posted(app, CaseFilter::default()).await?.into_iter();
    let mut shown = all.filter_map(|(row, case)| Some((item(app, &case, &row)?, case)));
    let found = shown.find(|(item, _)| item.year == year && item.number == number);
    found.ok_or(WebError::NotFound)
}

/// One act on the Albo.
#[utoipa::path(
    get, path = "/albo/{year}/{number}", tag = "albo", operation_id = "get_albo_item",
    summary = "Un atto in pubblicazione",
    description = "L'atto con questo numero dell'Albo, finché è in pubblicazione. Non serve token.",
    params(
        ("year" = i32, Path, minimum = 1900, maximum = 2999),
        ("number" = i64, Path, minimum = 1),
    ),
    responses((status = 200, description = "L'atto", body = AlboItem)),
    security(()),
)]
pub async fn show(
    State(app): State<Shared>,
    Path((year, number)): Path<(String, String)>,
) -> Result<Json<AlboItem>, WebError> {
    Ok(Json(find(&app, &year, &number).await?.0))
}

/// The text that is shown.
#[utoipa::path(
    get, path = "/albo/{year}/{number}/document", tag = "albo", operation_id = "get_albo_document",
    summary = "Il testo di un atto in pubblicazione",
    description = "Il testo esposto all'Albo, con gli omissis dove sono dovuti. Non serve token.",
    params(
        ("year" = i32, Path, minimum = 1900, maximum = 2999),
        ("number" = i64, Path, minimum = 1),
    ),
    responses((status = 200, description = "Il testo", content((String = "application/pdf")))),
    security(()),
)]
pub async fn document(
    State(app): State<Shared>,
    Path((year, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (item, case) = find(&app, &year, &number).await?;
    let sha256 = case.posting.as_ref().map(|posting| posting.file.clone()).unwrap_or_default();
    let found = app.office.executor.store.document(&sha256).await?.ok_or(WebError::NotFound)?;
    let name = format!("albo-{}-{}.pdf", item.year, item.number);
    Ok(file(found.bytes, &found.media_type, &name, true))
}

/// That the service answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always about the status itself.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "about:blank")]
    kind: &'static str,
    /// In words.
    #[schema(example = "Servizio attivo")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 100, maximum = 599, example = 200)]
    status: u16,
}

/// Whether the service answers.
#[utoipa::path(
    get, path = "/status", tag = "servizio", operation_id = "get_status",
    summary = "Stato del servizio",
    description = "Risponde 200 quando il servizio e il suo archivio rispondono. Non serve token.",
    responses((
        status = 200, description = "Il servizio risponde", body = Health,
        content_type = "application/problem+json",
    )),
    security(()),
)]
pub async fn status(State(app): State<Shared>) -> Result<Response, WebError> {
    app.office.executor.store.open_job_counts().await?;
    let health = Health { kind: "about:blank", title: "Servizio attivo", status: 200 };
    Ok(([(header::CONTENT_TYPE, PROBLEM_JSON)], Json(health)).into_response())
}
