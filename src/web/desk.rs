// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Scrivania»: what waits for me, for my office, for others, and what is about to fall due.

use super::error::WebError;
use super::forms::{Choice, Input, encode};
use super::page::Page;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::effects::fold;
use crate::domain::law::calendar::{add_days, date_short, parse_date};
use crate::domain::registry::Registry;
use crate::domain::tasks::{Desk, Holder, What, desk, holder_name};
use crate::domain::words;
use crate::domain::workflow::Profile;
use crate::store::{DeskCount, DeskFilter, DeskLine};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::NaiveDate;
use serde::Serialize;

/// Lines of one page.
const LINES: i64 = 50;
/// Counts beyond this are «oltre N».
const COUNT_MAX: i64 = 500;
/// Days ahead that count as «in scadenza».
const SOON_DAYS: u64 = 3;

/// What the address keeps: a link to it opens the same desk.
#[derive(Debug, Clone, Default)]
struct Filter {
    /// `io`, `ufficio`, `altri`, `scadenza`.
    vista: String,
    /// Token of a task.
    cosa: String,
    /// Words of the object.
    testo: String,
}

/// Cookie with the last question asked of the desk; it ends with the browser.
const KEPT: &str = "scrivania";

impl Filter {
    fn read(query: &str) -> Self {
        let input = Input::parse(query);
        let get = |name: &str| input.get(name).to_owned();
        Self { vista: get("vista"), cosa: get("cosa"), testo: get("testo") }
    }
}

/// One of the four views.
#[derive(Debug, Serialize)]
struct Tab {
    label: &'static str,
    href: String,
    count: String,
    current: bool,
}

/// How near a deadline is: a colour and words, never a colour alone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Urgency {
    /// `late`, `today`, `soon`, `later`, `none`.
    pub level: &'static str,
    /// The picture that says it too.
    pub icon: Option<&'static str>,
    /// "scaduto da 2 giorni".
    pub words: String,
    /// "12/07/2026".
    pub day: String,
}

/// The urgency of a deadline on a day.
pub fn urgency(deadline: Option<NaiveDate>, today: NaiveDate) -> Urgency {
    let Some(deadline) = deadline else {
        return Urgency { level: "none", words: "senza termine".into(), ..Urgency::default() };
    };
    let days = (deadline - today).num_days();
    let (level, words) = match days {
        ..=-2 => ("late", format!("scaduto da {} giorni", -days)),
        -1 => ("late", "scaduto da ieri".into()),
        0 => ("today", "scade oggi".into()),
        1 => ("soon", "scade domani".into()),
        2..=3 => ("soon", format!("scade fra {days} giorni")),
        _ => ("later", format!("entro {days} giorni")),
    };
    let icon = if level == "late" { "it-warning-circle" } else { "it-clock" };
    Urgency { level, icon: Some(icon), words, day: date_short(deadline) }
}

/// One line.
#[derive(Debug, Serialize)]
struct Line {
    href: String,
    what: &'static str,
    about: String,
    subject: String,
    /// Number, office, and where the act is or who is awaited.
    meta: String,
    urgency: Urgency,
    /// How it is chosen together with others; none where it needs words of its own.
    together: Option<String>,
}

/// The page.
#[derive(Debug, Serialize)]
struct DeskPage {
    name: String,
    tabs: Vec<Tab>,
    view: String,
    heading: &'static str,
    empty: &'static str,
    lines: Vec<Line>,
    more: bool,
    kinds: Vec<Choice>,
    text: String,
    filtered: bool,
    waits: bool,
    /// Some lines can be done together.
    together: bool,
}

impl Page for DeskPage {
    const TEMPLATE: &'static str = "scrivania";
    const SECTION: &'static str = "scrivania";

    fn title(&self) -> String {
        "Scrivania".into()
    }
}

const VIEWS: [(&str, &str, &str); 4] = [
    ("io", "Da fare io", "Nulla attende Lei in questo momento."),
    ("ufficio", "Del mio ufficio", "Nulla attende il Suo ufficio."),
    ("altri", "In attesa di altri", "Nessun Suo atto è in mano ad altri."),
    ("scadenza", "In scadenza", "Nulla scade nei prossimi giorni."),
];

/// Shows the desk.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    if super::admin::setup::is_new(&visitor) {
        return Ok(Redirect::to("/avvio").into_response());
    }
    // Without a question the desk opens as it was left.
    let kept = CookieJar::from_headers(&headers).get(KEPT).map(|c| c.value().to_owned());
    let query = query.filter(|q| !q.is_empty());
    let asked = query.clone().or(kept).unwrap_or_default();
    let filter = Filter::read(&asked);
    let desk = desk(&visitor.registry, visitor.id(), visitor.today);
    let view = VIEWS.iter().find(|(token, _, _)| *token == filter.vista).unwrap_or(&VIEWS[0]);
    let lines = lines_of(&app, &visitor, &desk, view.0, &filter).await?;
    let counts = counts(&app, &visitor, &desk).await?;
    let what = filter.cosa.as_str();
    let kinds = What::ALL.iter().filter(|(w, _, _)| *w != What::Follow);
    let kinds = kinds.map(|(_, token, label)| Choice {
        value: (*token).into(),
        label: (*label).into(),
        chosen: *token == what,
    });
    let more = lines.len() as i64 > LINES;
    let waits = view.0 == "altri";
    let lines_shown = shown(&visitor, lines, waits);
    let together = lines_shown.iter().any(|line| line.together.is_some());
    let page = DeskPage {
        together,
        more,
        lines: lines_shown,
        name: visitor.person.given_name.clone(),
        tabs: tabs(view.0, &filter, &counts),
        view: view.0.to_owned(),
        heading: view.1,
        empty: view.2,
        kinds: kinds.collect(),
        filtered: !filter.testo.trim().is_empty() || !what.is_empty(),
        text: filter.testo,
        waits,
    };
    let answer = app.show(&visitor, &page)?;
    let Some(query) = query else { return Ok(answer) };
    let kept = Cookie::build((KEPT, query)).path("/scrivania").http_only(true);
    let kept = kept.secure(app.secure()).same_site(SameSite::Lax).build();
    Ok((CookieJar::new().add(kept), answer).into_response())
}

/// Where the next thing to do of a person is, other than an act.
///
/// # Errors
/// What the database said.
pub async fn next(app: &App, visitor: &Visitor, but: &str) -> Result<Option<String>, WebError> {
    let desk = desk(&visitor.registry, visitor.id(), visitor.today);
    // What only he may do first, then what waits for his office.
    for view in ["io", "ufficio"] {
        let lines = lines_of(app, visitor, &desk, view, &Filter::default()).await?;
        let mut hrefs = lines.into_iter().map(|line| shown_line(visitor, line, false).href);
        if let Some(href) = hrefs.find(|href| href != but) {
            return Ok(Some(href));
        }
    }
    Ok(None)
}

fn tabs(view: &str, filter: &Filter, counts: &[String; 4]) -> Vec<Tab> {
    let query = |token: &str| {
        let all = [("vista", token), ("cosa", filter.cosa.as_str()), ("testo", &filter.testo)];
        let set: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("/scrivania?{}", encode(&set))
    };
    let tab = |((token, label, _), count): (&(&str, &'static str, &str), &String)| Tab {
        label,
        href: query(token),
        count: count.clone(),
        current: *token == view,
    };
    VIEWS.iter().zip(counts).map(tab).collect()
}

async fn counts(app: &App, visitor: &Visitor, desk: &Desk) -> Result<[String; 4], WebError> {
    let asked = DeskCount {
        own: names(&desk.own),
        shared: names(&desk.shared),
        followed: names(&desk.followed),
        within: soon(visitor),
        tasks_max: COUNT_MAX,
        lines_max: LINES + 1,
    };
    let found = app.office.executor.store.desk_counts(&asked).await?;
    let words = |count: i64, max: i64| match count {
        count if count >= max => format!("oltre {}", max - 1),
        count => count.to_string(),
    };
    Ok([
        words(found.own, COUNT_MAX),
        words(found.shared, COUNT_MAX),
        words(found.waiting, LINES + 1),
        words(found.soon, LINES + 1),
    ])
}

/// The last day of what is about to fall due.
fn soon(visitor: &Visitor) -> String {
    add_days(visitor.today, SOON_DAYS).unwrap_or(visitor.today).to_string()
}

/// Holders as the rows name them.
fn names<'a>(holders: impl IntoIterator<Item = &'a Holder>) -> Vec<String> {
    holders.into_iter().map(Holder::to_string).collect()
}

/// The lines of a view, one more than a page shows; the oldest deadline first.
async fn lines_of(
    app: &App,
    visitor: &Visitor,
    desk: &Desk,
    view: &str,
    filter: &Filter,
) -> Result<Vec<DeskLine>, WebError> {
    let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let query = DeskFilter {
        what: set(&filter.cosa).filter(|_| view != "altri"),
        within: (view == "scadenza").then(|| soon(visitor)),
        text: set(&fold(filter.testo.trim())),
        limit: LINES + 1,
        waits: (view == "altri").then(|| names(&desk.own)),
    };
    let holders = match view {
        "ufficio" => names(&desk.shared),
        "altri" => names(&desk.followed),
        "scadenza" => names(desk.own.iter().chain(&desk.shared)),
        _ => names(&desk.own),
    };
    let mut lines = match holders.is_empty() {
        true => Vec::new(),
        false => app.office.executor.store.desk(&holders, &query).await?,
    };
    let key = |line: &DeskLine| {
        let deadline = line.deadline.clone().unwrap_or_else(|| "9999".into());
        (deadline, line.stream.clone(), line.what.clone(), line.about.clone())
    };
    lines.sort_by_key(key);
    lines.dedup_by_key(|line| key(line));
    lines.truncate(usize::try_from(LINES + 1).unwrap_or(usize::MAX));
    Ok(lines)
}

fn shown(visitor: &Visitor, lines: Vec<DeskLine>, waits: bool) -> Vec<Line> {
    let page = usize::try_from(LINES).unwrap_or(usize::MAX);
    lines.into_iter().take(page).map(|line| shown_line(visitor, line, waits)).collect()
}

/// A line as it is read; where others are awaited it says by what and by whom, instead of what to do.
fn shown_line(visitor: &Visitor, line: DeskLine, waits: bool) -> Line {
    let registry = &visitor.registry;
    let numbered = |what: &str, number: Option<i64>, year: Option<i64>| {
        Some(format!("{what} n. {}/{}", number?, year?))
    };
    let number = numbered("Deliberazione", line.act_number, line.act_year)
        .or_else(|| numbered("Proposta", line.proposal_number, line.proposal_year))
        .or_else(|| of_others(registry, &line))
        .unwrap_or_else(|| "Bozza".into());
    let state = step_title(registry, &line)
        .unwrap_or_else(|| words::lifecycle(line.lifecycle.as_deref().unwrap_or("")).to_owned());
    let href = match (&line.case_id, line.stream.split_once('/')) {
        (Some(case), _) => format!("/fascicoli/{case}"),
        (None, Some((_, sitting))) => format!("/sedute/{sitting}"),
        (None, None) => "/scrivania".into(),
    };
    let office = line.office.as_deref().map(|office| registry.office_name(office));
    let awaited = line.awaited.as_deref().unwrap_or_default();
    let (what, said, last) = match waits {
        true => ("", state, awaited_of(registry, awaited)),
        false => (What::label(&line.what), about(&line.what, &line.about), state),
    };
    let meta = [number, office.unwrap_or_default(), last].into_iter().filter(|s| !s.is_empty());
    Line {
        together: match waits {
            true => None,
            false => super::bulk::together(&line.stream, &line.what, &line.about),
        },
        href,
        what,
        about: said,
        subject: line.subject.unwrap_or_else(|| "Documenti della seduta".into()),
        meta: meta.collect::<Vec<_>>().join(" · "),
        urgency: urgency(line.deadline.as_deref().and_then(parse_date), visitor.today),
    }
}

/// "attende: Ragioneria, Segretario generale".
fn awaited_of(registry: &Registry, holders: &str) -> String {
    let holders = holders.split(' ').filter(|holder| !holder.is_empty());
    let mut names: Vec<String> = holders.map(|holder| holder_name(registry, holder)).collect();
    names.dedup();
    match names.is_empty() {
        true => String::new(),
        false => format!("attende: {}", names.join(", ")),
    }
}

/// A document of another body has no number but the one of the Albo.
fn of_others(registry: &Registry, line: &DeskLine) -> Option<String> {
    let workflow = registry.workflows.get(line.workflow.as_deref()?)?;
    (workflow.profile == Profile::ContoTerzi).then(|| workflow.title.clone())
}

fn step_title(registry: &Registry, line: &DeskLine) -> Option<String> {
    let workflow = registry.workflows.get(line.workflow.as_deref()?)?;
    workflow.step(line.step.as_deref()?).map(|step| step.title.clone())
}

/// What a task is about, for people.
fn about(what: &str, about: &str) -> String {
    match what {
        "duty" => words::duty(about).to_owned(),
        "sign" => {
            let kinds = crate::domain::papers::PaperKind::ALL.into_iter();
            let kind = kinds.filter(|kind| about.starts_with(&kind.token()));
            let kind = kind.max_by_key(|kind| kind.token().len());
            kind.map_or_else(String::new, |kind| words::paper(kind).to_owned())
        }
        _ => String::new(),
    }
}
