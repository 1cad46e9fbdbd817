// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Registri»: acts, proposals, Albo. One page, three registers; what the filter shows is also what
//! the files say. Statistics are beside them.
//!
//! Every number has its line, whoever looks: of an act he may not read one sees that it is there
//! and nothing of what it says.

pub mod chart;
pub mod export;
mod filter;
pub mod statistics;

pub use filter::Which;

use super::error::WebError;
use super::forms::Choice;
use super::page::{Link, Page};
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::law::calendar::date_short;
use crate::domain::register::{Entry, entry};
use crate::domain::rows::RegisterRow;
use crate::domain::stream::StreamId;
use crate::domain::visibility::{Register, may_read, may_read_register, may_read_statistics};
use crate::domain::words;
use crate::domain::world::World;
use crate::store::{LineFilter, SCANNED_MAX};
use axum::extract::{Path, RawQuery, State};
use axum::response::{Redirect, Response};
use chrono::NaiveDate;
use filter::Filter;
use serde::Serialize;
use std::collections::BTreeSet;

/// Lines of one page.
const LINES: i64 = 50;
/// Stands for the object of an act that one may not read.
const WITHHELD: &str = "Fascicolo consultabile solo da chi tratta il procedimento";

/// One line as the page shows it.
#[derive(Debug, Serialize)]
struct Line {
    number: String,
    /// Address of the fascicolo; none for an act one may not read.
    href: Option<String>,
    external: bool,
    date: String,
    subject: String,
    kind: String,
    offices: String,
    other: String,
    immediate: bool,
    outcome: String,
    state: String,
    token: String,
    efficacy: String,
    posting: String,
    effective: String,
    links: Vec<String>,
    note: String,
}

/// The page of a register.
#[derive(Debug, Serialize)]
struct RegisterPage {
    heading: &'static str,
    intro: &'static str,
    path: String,
    tabs: Vec<Link>,
    lines: Vec<Line>,
    /// What the filter is about, for who prints the page.
    criteria: Vec<(&'static str, String)>,
    years: Vec<Choice>,
    offices: Vec<Choice>,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    immediates: Vec<Choice>,
    from: String,
    to: String,
    words: String,
    /// What was typed and cannot be read.
    wrong: Vec<String>,
    filtered: bool,
    /// The Albo shows postings, the others show what becomes of the act.
    albo: bool,
    acts: bool,
    csv: String,
    xlsx: String,
    next: Option<String>,
    first: Option<String>,
    /// The number reached without finding a whole page.
    reached: Option<String>,
    printed: String,
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "registro";
    const SECTION: &'static str = "registri";

    fn title(&self) -> String {
        self.heading.into()
    }
}

/// The first register one may read.
pub async fn index(visitor: Visitor) -> Redirect {
    let acts = Which::ALL.into_iter().find(|which| may(&visitor, *which));
    Redirect::to(&format!("/registri/{}", acts.unwrap_or(Which::Acts).token()))
}

fn may(visitor: &Visitor, which: Which) -> bool {
    may_read_register(&visitor.registry, visitor.id(), which.register(), visitor.today).is_ok()
}

/// A register, as a page or as a file: `deliberazioni`, `deliberazioni.csv`, `deliberazioni.xlsx`.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let (name, form) = name.split_once('.').unwrap_or((&name, ""));
    let which = Which::of(name).ok_or(WebError::NotFound)?;
    may_read_register(&visitor.registry, visitor.id(), which.register(), visitor.today)?;
    let filter = Filter::read(&app, &visitor, which, &query.unwrap_or_default()).await?;
    match form {
        "" => page(&app, &visitor, filter).await,
        "csv" => export::csv(&app, &visitor, &filter).await,
        "xlsx" => export::xlsx(&app, &visitor, &filter).await,
        _ => Err(WebError::NotFound),
    }
}

async fn page(app: &App, visitor: &Visitor, filter: Filter) -> Result<Response, WebError> {
    let store = &app.office.executor.store;
    let limit = LINES + 1;
    let lines = LineFilter { limit, ..filter.lines.clone() };
    let mut rows = store.register_lines(&lines).await?;
    let more = rows.len() as i64 > LINES;
    rows.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
    let last = rows.last().map(|row| (row.year, row.number));
    let reached = if more { None } else { store.register_reached(&lines).await? };
    let next = last.filter(|_| more).or(reached);
    let entries = entries(app, visitor, filter.which.register(), &rows).await?;
    let (today, which) = (visitor.today, filter.which);
    let page = RegisterPage {
        heading: filter.which.title(),
        intro: filter.which.intro(),
        path: format!("/registri/{}", filter.which.token()),
        tabs: tabs(visitor, filter.which.token()),
        lines: entries.iter().map(|(entry, yes)| line(entry, *yes, which, today)).collect(),
        criteria: filter.criteria(visitor),
        years: filter.years(),
        offices: filter.offices(visitor),
        kinds: filter.kinds(visitor),
        states: filter.states(),
        immediates: filter.immediates(),
        from: filter.typed("dal"),
        to: filter.typed("al"),
        words: filter.typed("parole"),
        filtered: filter.is_set(),
        albo: filter.which == Which::Albo,
        acts: filter.which == Which::Acts,
        csv: filter.address(".csv", None),
        xlsx: filter.address(".xlsx", None),
        next: next.map(|at| filter.address("", Some(at))),
        first: filter.lines.before.map(|_| filter.address("", None)),
        reached: reached.map(|(year, number)| format!("{number}/{year}")),
        printed: date_short(today),
        wrong: filter.wrong,
    };
    app.show(visitor, &page)
}

/// The registers one may read, then the statistics.
pub(super) fn tabs(visitor: &Visitor, current: &str) -> Vec<Link> {
    let registers = Which::ALL.into_iter().filter(|which| may(visitor, *which));
    let mut tabs: Vec<(&str, &str)> = registers.map(|which| (which.token(), which.tab())).collect();
    if may_read_statistics(&visitor.registry, visitor.id(), visitor.today).is_ok() {
        tabs.push(("statistiche", "Statistiche"));
    }
    let link = |(token, label): (&str, &str)| Link {
        current: token == current,
        ..Link::new(format!("/registri/{token}"), label)
    };
    tabs.into_iter().map(link).collect()
}

/// The lines with what the day says of them, and whether their act may be read.
async fn entries(
    app: &App,
    visitor: &Visitor,
    register: Register,
    rows: &[RegisterRow],
) -> Result<Vec<(Entry, bool)>, WebError> {
    let executor = &app.office.executor;
    let own: BTreeSet<&String> = rows.iter().map(|row| &row.case_id).collect();
    let streams: Vec<StreamId> = own.into_iter().map(StreamId::case).collect();
    let mut world = executor.folded(&streams).await?.1;
    // Acts that these ones touch are named by their number.
    let touched = world.cases.values().flat_map(|case| &case.content.affects);
    let touched: BTreeSet<String> = touched.map(|affects| affects.case.clone()).collect();
    let touched = touched.iter().filter(|id| !world.cases.contains_key(*id));
    let touched: Vec<StreamId> = touched.map(StreamId::case).collect();
    if !touched.is_empty() {
        world.cases.extend(executor.folded(&touched).await?.1.cases);
    }
    let entries = rows.iter().map(|row| {
        let readable = readable(&world, visitor, &row.case_id);
        let entry = entry(&world, register, row, visitor.today);
        (if readable { entry } else { withheld(entry) }, readable)
    });
    Ok(entries.collect())
}

fn readable(world: &World, visitor: &Visitor, case: &str) -> bool {
    // A number received for an act that is not here says what the register says.
    let Some(case) = world.cases.get(case).filter(|case| case.exists()) else { return true };
    may_read(&world.registry, visitor.id(), case, visitor.today).is_ok()
}

/// The number, its date and nothing else.
fn withheld(entry: Entry) -> Entry {
    Entry {
        number: entry.number,
        year: entry.year,
        external: entry.external,
        date: entry.date,
        subject: WITHHELD.into(),
        ..Entry::default()
    }
}

fn line(entry: &Entry, readable: bool, which: Which, today: NaiveDate) -> Line {
    let day = |day: Option<NaiveDate>| day.map(date_short).unwrap_or_default();
    let posting = match (entry.posted_on, entry.last_day) {
        (Some(from), Some(to)) => format!("dal {} al {}", date_short(from), date_short(to)),
        (Some(from), None) => format!("dal {}", date_short(from)),
        _ => String::new(),
    };
    let effective = entry.effective_on.map(|on| match on <= today {
        true => format!("esecutiva dal {}", date_short(on)),
        false => format!("sarà esecutiva dal {}", date_short(on)),
    });
    Line {
        number: format!("{}/{}", entry.number, entry.year),
        href: (readable && !entry.kind.is_empty()).then(|| format!("/fascicoli/{}", entry.case)),
        external: entry.external,
        date: day(entry.date),
        subject: entry.subject.clone(),
        kind: entry.kind.clone(),
        offices: entry.offices.join(", "),
        other: other_numbers(entry, which),
        immediate: entry.immediate,
        outcome: entry.outcome.to_owned(),
        state: words::register_state(&entry.state).to_owned(),
        token: entry.state.clone(),
        efficacy: entry.efficacy.clone(),
        posting,
        effective: effective.unwrap_or_default(),
        links: entry.links.clone(),
        note: entry.note.clone(),
    }
}

/// The numbers the act has in the other registers.
fn other_numbers(entry: &Entry, which: Which) -> String {
    let named =
        [("atto", &entry.act, Which::Acts), ("proposta", &entry.proposal, Which::Proposals)];
    let named = named.iter().filter(|(_, number, of)| !number.is_empty() && *of != which);
    named.map(|(what, number, _)| format!("{what} n. {number}")).collect::<Vec<_>>().join(", ")
}

/// What a page or a file cannot do with so many lines.
fn too_many() -> WebError {
    let text = format!("Il filtro comprende più di {SCANNED_MAX} righe");
    crate::domain::refusal::Refusal::new("too_many_lines", "R11.6", "", text)
        .next("Scegliere un anno o due date, ed esportare una parte alla volta")
        .into()
}
