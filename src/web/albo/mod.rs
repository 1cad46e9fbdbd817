// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Albo pretorio: what everybody reads, without signing in. What is shown follows from facts and
//! the instant of the request; nothing here may outlive its term in a cache or in a search engine.

pub mod feed;
pub mod posting;
pub mod verify;

use super::error::WebError;
use super::forms::{Choice, Input, encode};
use super::page::Page;
use super::{App, Shared, layers, upload};
use crate::domain::effects::fold;
use crate::domain::law::calendar::{Preposition, date_long, date_short, rome_date};
use crate::domain::registry::Registry;
use crate::domain::regulation::tokens::Keeper;
use crate::domain::rows::PostingRow;
use crate::domain::words;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tower_http::limit::RequestBodyLimitLayer;

/// Acts of one page of the list.
const PAGE: usize = 20;
/// Words of a search that are looked at.
const WORDS: usize = 8;

/// The `[albo]` table of the configuration: where the pages of the Comune are, and what an
/// aggregator of feeds wants to know of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlboConfig {
    /// The institutional site.
    #[serde(default)]
    pub site_url: Option<String>,
    /// The official Albo, where another system keeps it.
    #[serde(default)]
    pub official_url: Option<String>,
    /// Region, for the feed.
    #[serde(default)]
    pub region: Option<String>,
    /// Latitude of the Comune in degrees, for the feed.
    #[serde(default)]
    pub latitude: Option<String>,
    /// Longitude.
    #[serde(default)]
    pub longitude: Option<String>,
    /// ISTAT code of the Comune, six digits.
    #[serde(default)]
    pub istat: Option<String>,
    /// Address of the licence of the data of the feed; without it the feed states a copyright.
    #[serde(default)]
    pub license: Option<String>,
}

/// The routes of who is not asked to sign in.
pub fn routes() -> Router<Shared> {
    let read = Router::new()
        .route("/albo", get(show))
        .route("/albo/feed.xml", get(feed::show))
        .route("/albo/{year}/{number}", get(posting::show))
        .route("/albo/{year}/{number}/{sha256}", get(posting::file))
        .route("/verifica/{case}/{code}", get(verify::copy))
        .route("/verifica/{case}/{code}/copia", get(verify::copy_file))
        .layer(RequestBodyLimitLayer::new(layers::FORM_MAX));
    let sent = Router::new()
        .route("/verifica", get(verify::show).post(verify::file))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(upload::FILE_MAX + layers::FORM_MAX));
    read.merge(sent).layer(from_fn(open))
}

/// An answer to everybody: its errors have the page of the Albo around them.
#[derive(Debug, Clone, Copy)]
pub struct Open;

/// Nothing that is public today is kept by a cache (T-71).
async fn open(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Open);
    response
}

/// Address of these pages without final slash: of the configuration, else the one that was asked.
pub fn base(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    app.settings.base_url.clone().unwrap_or_else(|| format!("http://{host}"))
}

/// "fino a tutto l'11 agosto 2020 compreso": the last day that is certified, never the day after
/// (practice.md 1.5 and 6).
fn until(last: NaiveDate) -> String {
    format!("fino a tutto {}{} compreso", Preposition::On.before(last), date_long(last))
}

/// "Deliberazione della Giunta n. 838 del 24/07/2020".
fn act(row: &PostingRow) -> String {
    let kind = words::kind(&row.kind);
    match (row.act_number, row.adopted_on) {
        (Some(number), Some(on)) => format!("{kind} n. {number} {}", Preposition::Of.short(on)),
        (Some(number), None) => format!("{kind} n. {number}"),
        (None, _) => kind.to_owned(),
    }
}

/// One line of the list.
#[derive(Debug, Serialize)]
struct Line {
    href: String,
    number: String,
    act: String,
    subject: String,
    office: String,
    from: String,
    until: String,
}

impl Line {
    fn new(row: &PostingRow, registry: &Registry) -> Self {
        let day = |day: Option<NaiveDate>| day.unwrap_or_default();
        Self {
            href: format!("/albo/{}/{}", row.year, row.number),
            number: format!("{}/{}", row.number, row.year),
            act: act(row),
            subject: row.subject.clone(),
            office: registry.office_name(&row.office),
            from: date_short(day(row.posted_on)),
            until: until(day(row.last_day)),
        }
    }
}

/// What is looked for.
#[derive(Debug, Default)]
struct Search {
    text: String,
    number: String,
    office: String,
    kind: String,
    page: usize,
}

impl Search {
    fn read(query: &str) -> Self {
        let input = Input::parse(query);
        let get = |name: &str| input.get(name).to_owned();
        Self {
            text: get("testo"),
            number: get("numero"),
            office: get("ufficio"),
            kind: get("tipo"),
            page: input.get("pagina").parse().unwrap_or(1).max(1),
        }
    }

    fn is_set(&self) -> bool {
        [&self.text, &self.number, &self.office, &self.kind].iter().any(|value| !value.is_empty())
    }

    fn finds(&self, row: &PostingRow) -> bool {
        let folded = fold(&self.text);
        let mut wanted = folded.split_whitespace().take(WORDS);
        wanted.all(|word| row.subject_folded.contains(word))
            && (self.office.is_empty() || row.office == self.office)
            && (self.kind.is_empty() || row.kind == self.kind)
            && (self.number.is_empty() || self.is_number_of(row))
    }

    /// "838", "838/2020", "n. 838": the number in the Albo or the one of the act.
    fn is_number_of(&self, row: &PostingRow) -> bool {
        let mut parts = self.number.split('/');
        let digits = |text: Option<&str>| {
            let text: String = text?.chars().filter(char::is_ascii_digit).collect();
            text.parse::<i64>().ok()
        };
        let (number, year) = (digits(parts.next()), digits(parts.next()));
        let is = |n: Option<i64>, y: Option<i64>| n == number && (year.is_none() || y == year);
        number.is_some()
            && (is(Some(row.number), Some(row.year)) || is(row.act_number, row.act_year))
    }

    /// The address of another page of the same search.
    fn href(&self, page: usize) -> String {
        let page = page.to_string();
        let all = [
            ("testo", &self.text),
            ("numero", &self.number),
            ("ufficio", &self.office),
            ("tipo", &self.kind),
            ("pagina", &page),
        ];
        let set: Vec<(&str, &str)> = all
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        format!("/albo?{}", encode(&set))
    }
}

/// The values that occur, with their words, in order of the words.
fn choices<'a>(
    values: impl Iterator<Item = &'a str>,
    chosen: &str,
    word: impl Fn(&str) -> String,
) -> Vec<Choice> {
    let mut all: Vec<&str> = values.collect();
    all.sort_unstable();
    all.dedup();
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        label: word(value),
        chosen: value == chosen,
    };
    let mut choices: Vec<Choice> = all.into_iter().map(choice).collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

/// The list.
#[derive(Debug, Serialize)]
struct AlboPage {
    acts: Vec<Line>,
    found: String,
    filtered: bool,
    text: String,
    number: String,
    offices: Vec<Choice>,
    kinds: Vec<Choice>,
    previous: Option<String>,
    next: Option<String>,
    page: usize,
    pages: usize,
    /// Another system keeps the Albo.
    elsewhere: bool,
    official_url: Option<String>,
}

impl Page for AlboPage {
    const TEMPLATE: &'static str = "albo";
    const SECTION: &'static str = "albo";

    fn title(&self) -> String {
        "Albo pretorio".into()
    }
}

/// True where another system keeps the Albo today.
fn kept_elsewhere(registry: &Registry, today: NaiveDate) -> bool {
    registry.regulation(today).is_ok_and(|r| r.albo == Keeper::External)
}

/// What is in the Albo now. The law bounds it to the acts of a fortnight or so: it is read whole
/// from its index, and searched here.
pub async fn show(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let search = Search::read(&query.unwrap_or_default());
    let (now, executor) = (app.now(), &app.office.executor);
    let today = rome_date(now);
    let registry = executor.world(&[]).await?.registry;
    let rows = executor.store.on_albo(now, today).await?;
    let found: Vec<&PostingRow> = rows.iter().filter(|row| search.finds(row)).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = search.page.min(pages);
    let acts = found.iter().skip((page - 1) * PAGE).take(PAGE);
    let page = AlboPage {
        acts: acts.map(|row| Line::new(row, &registry)).collect(),
        found: match found.len() {
            1 => "1 atto in pubblicazione".into(),
            count => format!("{count} atti in pubblicazione"),
        },
        filtered: search.is_set(),
        offices: choices(rows.iter().map(|r| r.office.as_str()), &search.office, |office| {
            registry.office_name(office)
        }),
        kinds: choices(rows.iter().map(|r| r.kind.as_str()), &search.kind, |kind| {
            words::kind(kind).to_owned()
        }),
        previous: (page > 1).then(|| search.href(page - 1)),
        next: (page < pages).then(|| search.href(page + 1)),
        page,
        pages,
        elsewhere: kept_elsewhere(&registry, today),
        official_url: app.settings.albo.official_url.clone(),
        text: search.text,
        number: search.number,
    };
    app.public(StatusCode::OK, &registry.comune.name, &page)
}
