// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Affissioni per conto terzi»: the requests of other bodies, the newest first, with where each
//! stands (R6.10).

use super::Shared;
use super::actions::request::{kinds, refusal};
use super::error::WebError;
use super::page::Page;
use super::visitor::Visitor;
use crate::domain::law::calendar::date_short;
use crate::domain::rows::CaseRow;
use crate::domain::visibility::may_read_registers;
use crate::domain::words;
use crate::store::CaseFilter;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Lines of one page.
const LINES: usize = 50;

#[derive(Debug, Serialize)]
struct Line {
    href: String,
    /// "5014/2026", or that none was taken yet.
    number: String,
    body: String,
    subject: String,
    state: String,
    term: String,
}

impl Line {
    fn new(row: CaseRow, today: NaiveDate) -> Self {
        let number = row.albo_number.zip(row.albo_year).map(|(n, year)| format!("{n}/{year}"));
        let term = row.posted_on.zip(row.last_day);
        // What the day alone changes is no fact yet.
        let over = row.last_day.is_some_and(|last| last < today);
        let state = match row.lifecycle.as_str() {
            "perfected" => "da affiggere",
            "posted" if over => words::lifecycle("posting_ended"),
            "withdrawn" => "senza corso",
            other => words::lifecycle(other),
        };
        Self {
            href: format!("/fascicoli/{}", row.id),
            number: number.unwrap_or_else(|| "non ancora numerata".into()),
            body: row.office,
            subject: row.subject,
            state: state.to_owned(),
            term: term.map_or_else(String::new, |(from, last)| {
                format!("dal {} al {}", date_short(from), date_short(last))
            }),
        }
    }
}

#[derive(Debug, Serialize)]
struct RequestsPage {
    lines: Vec<Line>,
    /// This person takes requests in.
    may: bool,
    /// The page of those before.
    next: Option<String>,
}

impl Page for RequestsPage {
    const TEMPLATE: &'static str = "affissioni";
    const SECTION: &'static str = "affissioni";

    fn title(&self) -> String {
        "Affissioni per conto terzi".into()
    }
}

/// From which one on.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    #[serde(default)]
    prima: Option<String>,
}

/// Shows the list to who works on acts.
///
/// # Errors
/// 403 for the others.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(from): Query<From>,
) -> Result<Response, WebError> {
    may_read_registers(&visitor.registry, visitor.id(), visitor.today)?;
    let mut rows = Vec::new();
    for kind in kinds(&visitor) {
        let limit = i64::try_from(LINES + 1).ok();
        let (kind, before) = (Some(kind), from.prima.clone());
        let filter = CaseFilter { kind, before, limit, ..CaseFilter::default() };
        rows.extend(app.office.executor.store.cases(&filter).await?);
    }
    let more = rows.len() > LINES;
    rows.truncate(LINES);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| format!("/affissioni?prima={}", row.id));
    let may = refusal(&app, &visitor).await?.is_none();
    let lines = rows.into_iter().map(|row| Line::new(row, visitor.today)).collect();
    app.show(&visitor, &RequestsPage { lines, may, next })
}
