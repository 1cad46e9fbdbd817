// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Comune: who one is, people and offices, registers.

use super::caller::{Caller, Params, after, known, page};
use crate::domain::registry::{Capacity, Mandate, Person, Registry, Role};
use crate::domain::visibility::may_read_registers;
use crate::service::tokens::Scope;
use crate::web::Shared;
use crate::web::error::WebError;
use axum::Json;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A power held today.
#[derive(Debug, Serialize, ToSchema)]
pub struct MandateItem {
    /// Role.
    role: Role,
    /// Office the power is about; none for roles of the whole body.
    office: Option<String>,
    /// Holder or substitute.
    capacity: Capacity,
    /// Title as printed.
    title: String,
    /// First day.
    from: NaiveDate,
    /// Last day, included.
    to: Option<NaiveDate>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonItem {
    /// Person id.
    id: String,
    /// Given name.
    given_name: String,
    /// Family name.
    family_name: String,
    /// What he may act as today.
    mandates: Vec<MandateItem>,
}

fn mandates(registry: &Registry, person: &str, today: NaiveDate) -> Vec<MandateItem> {
    let held = registry.mandates.values();
    let held = held.filter(|m: &&Mandate| m.person == person && m.valid_on(today)).cloned();
    held.map(|mandate| MandateItem {
        role: mandate.role,
        office: mandate.office,
        capacity: mandate.capacity,
        title: mandate.title,
        from: mandate.from,
        to: mandate.to,
    })
    .collect()
}

fn item(registry: &Registry, person: &Person, today: NaiveDate) -> PersonItem {
    PersonItem {
        id: person.id.clone(),
        given_name: person.given_name.clone(),
        family_name: person.surname.clone(),
        mandates: mandates(registry, &person.id, today),
    }
}

/// Who a token acts for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The person.
    person: PersonItem,
    /// Scopes of the token.
    scopes: Vec<Scope>,
}

/// Who the token acts for.
#[utoipa::path(
    get, path = "/me", tag = "comune", operation_id = "get_me",
    summary = "Per chi agisce il token",
    description = "La persona, i suoi incarichi di oggi e gli ambiti del token.",
    responses((status = 200, description = "La persona e gli ambiti", body = Me)),
    security(("token" = ["read"])),
)]
pub async fn me(caller: Caller) -> Result<Json<Me>, WebError> {
    let person = caller.registry.people.get(&caller.person).ok_or(WebError::NotFound)?;
    let person = item(&caller.registry, person, caller.today);
    Ok(Json(Me { person, scopes: caller.bearer.scopes }))
}

/// A page of a list by id.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    cursor: Option<String>,
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonList {
    /// The people, by id.
    items: Vec<PersonItem>,
    /// Cursor of the next page; none after the last.
    next: Option<String>,
}

/// Lists the people.
#[utoipa::path(
    get, path = "/people", tag = "comune", operation_id = "list_people",
    summary = "Persone",
    description = "Le persone in anagrafe con i loro incarichi di oggi.",
    params(PageQuery),
    responses((status = 200, description = "Una pagina di persone", body = PersonList)),
    security(("token" = ["read"])),
)]
pub async fn people(
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<PersonList>, WebError> {
    let limit = page(query.limit, query.cursor.as_deref())?;
    let after = query.cursor.unwrap_or_default();
    let registry = &caller.registry;
    let mut rest = registry.people.values().filter(|person| person.id > after);
    let items = rest.by_ref().take(limit).map(|person| item(registry, person, caller.today));
    let items: Vec<_> = items.collect();
    let last = items.last().map(|person| person.id.clone());
    let next = rest.next().and(last);
    Ok(Json(PersonList { items, next }))
}

/// One person.
#[utoipa::path(
    get, path = "/people/{id}", tag = "comune", operation_id = "get_person",
    summary = "Una persona",
    description = "Una persona in anagrafe con i suoi incarichi di oggi.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "La persona", body = PersonItem)),
    security(("token" = ["read"])),
)]
pub async fn person(caller: Caller, Path(id): Path<String>) -> Result<Json<PersonItem>, WebError> {
    let person = caller.registry.people.get(known(&id)?).ok_or(WebError::NotFound)?;
    Ok(Json(item(&caller.registry, person, caller.today)))
}

/// An office.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficeItem {
    /// Office id.
    id: String,
    /// Name.
    name: String,
}

/// The offices.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficeList {
    /// The offices, by id.
    items: Vec<OfficeItem>,
}

/// Lists the offices.
#[utoipa::path(
    get, path = "/offices", tag = "comune", operation_id = "list_offices",
    summary = "Uffici",
    description = "Gli uffici del Comune.",
    responses((status = 200, description = "Gli uffici", body = OfficeList)),
    security(("token" = ["read"])),
)]
pub async fn offices(caller: Caller) -> Result<Json<OfficeList>, WebError> {
    let offices = caller.registry.offices.values().cloned();
    let items = offices.map(|office| OfficeItem { id: office.id, name: office.name });
    Ok(Json(OfficeList { items: items.collect() }))
}

/// A register.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterItem {
    /// Token of the register: `proposte`, `deliberazioni`, `albo`.
    register: String,
    /// Year.
    year: i64,
    /// Last number taken.
    last: i64,
}

/// The registers.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterList {
    /// The registers, by name and year.
    items: Vec<RegisterItem>,
}

/// Lists the registers.
#[utoipa::path(
    get, path = "/registers", tag = "registri", operation_id = "list_registers",
    summary = "Registri",
    description = "I registri aperti, con l'ultimo numero preso in ciascuno.",
    responses((status = 200, description = "I registri", body = RegisterList)),
    security(("token" = ["read"])),
)]
pub async fn registers(
    State(app): State<Shared>,
    caller: Caller,
) -> Result<Json<RegisterList>, WebError> {
    may_read_registers(&caller.registry, &caller.person, caller.today)?;
    let rows = app.office.executor.store.registers().await?.into_iter();
    let items = rows.map(|(register, year, last)| RegisterItem { register, year, last });
    Ok(Json(RegisterList { items: items.collect() }))
}

/// Lines of a register.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// Only lines after this number.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
}

/// A line of a register.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterLine {
    /// Number.
    number: i64,
    /// Date of the line.
    date: Option<NaiveDate>,
    /// Case.
    case: String,
    /// Object as printed.
    subject: String,
    /// Note: annulled posting, reasons, links.
    note: String,
    /// Received from another system.
    external: bool,
}

/// A page of a register, by number.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineList {
    /// The lines.
    items: Vec<RegisterLine>,
    /// `after` of the next page; none after the last.
    next: Option<i64>,
}

/// The lines of a register.
#[utoipa::path(
    get, path = "/registers/{register}/{year}", tag = "registri", operation_id = "list_register",
    summary = "Righe di un registro",
    description = "Le righe di un registro in un anno, per numero.",
    params(
        ("register" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$"),
        ("year" = i32, Path, minimum = 1900, maximum = 2999),
        LineQuery,
    ),
    responses((status = 200, description = "Una pagina del registro", body = LineList)),
    security(("token" = ["read"])),
)]
pub async fn register(
    State(app): State<Shared>,
    caller: Caller,
    Path((register, year)): Path<(String, String)>,
    Params(query): Params<LineQuery>,
) -> Result<Json<LineList>, WebError> {
    let (limit, after) = (page(query.limit, None)?, after(query.after)?);
    may_read_registers(&caller.registry, &caller.person, caller.today)?;
    let register = known(&register)?;
    let year: i32 = year.parse().map_err(|_| WebError::NotFound)?;
    let store = &app.office.executor.store;
    store.register_last(register, year).await?.ok_or(WebError::NotFound)?;
    let rows = store.register(register, year).await?.into_iter();
    let mut rest = rows.filter(|row| row.number > after);
    let items = rest.by_ref().take(limit).map(|row| RegisterLine {
        number: row.number,
        date: row.date,
        case: row.case_id,
        subject: row.subject,
        note: row.note,
        external: row.external,
    });
    let items: Vec<_> = items.collect();
    let last = items.last().map(|line| line.number);
    let next = rest.next().and(last);
    Ok(Json(LineList { items, next }))
}
