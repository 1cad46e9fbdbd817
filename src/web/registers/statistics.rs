// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Statistiche»: how many acts, how long each step takes, which opinions come late, how soon acts
//! are posted. Of one year at a time, of one office or of all.
//!
//! Times are medians and ninetieth percentiles of civil days: an average would be moved by the one
//! act that lay for a year. They measure offices, never people.

use super::chart::{Chart, Datum};
use super::filter::office_choices;
use super::tabs;
use crate::domain::law::calendar::month_name;
use crate::domain::measures::{Spread, TO_POSTING};
use crate::domain::registry::Registry;
use crate::domain::tasks::holder_name;
use crate::domain::visibility::may_read_statistics;
use crate::store::SpreadLine;
use crate::web::error::WebError;
use crate::web::forms::{Choice, Input};
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use std::collections::BTreeMap;

/// Years one may choose from, back from the current one.
const YEARS: i32 = 10;

#[derive(Debug, Serialize)]
struct Month {
    name: &'static str,
    acts: i64,
    immediate: i64,
}

#[derive(Debug, Serialize)]
struct Time {
    what: String,
    office: String,
    count: i64,
    median: String,
    ninetieth: String,
    late: i64,
    late_share: String,
}

#[derive(Debug, Serialize)]
struct Bucket {
    days: &'static str,
    acts: i64,
    share: String,
}

#[derive(Debug, Serialize)]
struct Overdue {
    holder: String,
    count: i64,
}

#[derive(Debug, Serialize)]
struct StatisticsPage {
    tabs: Vec<Link>,
    years: Vec<Choice>,
    offices: Vec<Choice>,
    year: i32,
    office: String,
    total: i64,
    months: Vec<Month>,
    months_chart: Option<Chart>,
    steps: Vec<Time>,
    steps_chart: Option<Chart>,
    by_office: Vec<Time>,
    late: Vec<Time>,
    late_chart: Option<Chart>,
    overdue: Vec<Overdue>,
    lag: Vec<Bucket>,
    lag_chart: Option<Chart>,
    lag_words: String,
}

impl Page for StatisticsPage {
    const TEMPLATE: &'static str = "statistiche";
    const SECTION: &'static str = "registri";

    fn title(&self) -> String {
        "Statistiche".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/registri", "Registri")]
    }
}

/// Shows them.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    may_read_statistics(&visitor.registry, visitor.id(), visitor.today)?;
    let input = Input::parse(&query.unwrap_or_default());
    let current = visitor.today.year();
    let year: i32 = input.get("anno").parse().unwrap_or(current).clamp(1900, current);
    let office = Some(input.get("ufficio")).filter(|office| !office.is_empty());
    let page = gather(&app, &visitor, year, office).await?;
    app.show(&visitor, &page)
}

async fn gather(
    app: &App,
    visitor: &Visitor,
    year: i32,
    office: Option<&str>,
) -> Result<StatisticsPage, WebError> {
    let store = &app.office.executor.store;
    let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let period = (first(year), first(year + 1));
    let months = months(year, store.adopted_by_month(period, office).await?);
    let spreads = store.spreads(period, office).await?;
    let overdue = match office {
        None => store.overdue_opinions(visitor.today).await?,
        Some(_) => Vec::new(),
    };
    let titles = Titles(&visitor.registry);
    let steps = times(&titles, &spreads, false);
    let by_office = times(&titles, &spreads, true);
    let late = late(&titles, &spreads);
    let (lag, lag_words) = lag(&spreads);
    let current = visitor.today.year();
    let choice =
        |of: i32| Choice { value: of.to_string(), label: of.to_string(), chosen: of == year };
    Ok(StatisticsPage {
        tabs: tabs(visitor, "statistiche"),
        years: (0..YEARS).map(|ago| choice(current - ago)).collect(),
        offices: office_choices(visitor, office.unwrap_or_default()),
        office: office.map(|office| visitor.registry.office_name(office)).unwrap_or_default(),
        year,
        total: months.iter().map(|month| month.acts).sum(),
        months_chart: months_chart(&months),
        months,
        steps_chart: steps_chart(&titles, &spreads),
        steps,
        by_office,
        late_chart: late_chart(&late),
        late,
        overdue: overdue
            .into_iter()
            .map(|(holder, count)| Overdue {
                holder: holder_name(&visitor.registry, &holder),
                count,
            })
            .collect(),
        lag_chart: lag_chart(&lag),
        lag,
        lag_words,
    })
}

fn months(year: i32, counted: Vec<(String, i64, i64)>) -> Vec<Month> {
    let counted: BTreeMap<String, (i64, i64)> =
        counted.into_iter().map(|(month, acts, immediate)| (month, (acts, immediate))).collect();
    let months = (1..=12).filter_map(|month| NaiveDate::from_ymd_opt(year, month, 1));
    let months = months.map(|day| {
        let (acts, immediate) =
            counted.get(&format!("{:02}", day.month())).copied().unwrap_or_default();
        Month { name: month_name(day), acts, immediate }
    });
    months.collect()
}

fn months_chart(months: &[Month]) -> Option<Chart> {
    let datum = |month: &Month| Datum {
        label: month.name.to_owned(),
        value: month.acts.to_string(),
        length: month.acts,
        part: Some(month.immediate),
        mark: None,
    };
    let said = "Una barra per mese, lunga quanto il numero di atti adottati; la parte scura sono gli \
                atti immediatamente eseguibili.";
    Chart::new("atti-per-mese", "Atti adottati per mese", said, months.iter().map(datum).collect())
}

/// What a length is of, in words.
struct Titles<'a>(&'a Registry);

impl Titles<'_> {
    fn what(&self, what: &str) -> String {
        match what.split_once('/') {
            Some(("opinion", "technical")) => "Parere di regolarità tecnica".into(),
            Some(("opinion", "accounting")) => "Parere di regolarità contabile".into(),
            Some(("opinion", "cover")) => "Visto di copertura finanziaria".into(),
            Some(("opinion", "legitimacy")) => "Parere di legittimità".into(),
            Some(("lag", "adoption")) => "Dalla presentazione all'adozione".into(),
            Some(("lag", "posting")) => "Dall'adozione alla pubblicazione".into(),
            Some(("step", name)) => self.step(name),
            _ => what.to_owned(),
        }
    }

    /// A step keeps its title even when a later procedure gives it up.
    fn step(&self, name: &str) -> String {
        let active = self.0.active.values().filter_map(|digest| self.0.workflows.get(digest));
        let all = active.chain(self.0.workflows.values());
        let mut steps = all.filter_map(|workflow| workflow.step(name));
        steps.next().map_or_else(|| name.to_owned(), |step| step.title.clone())
    }

    fn office(&self, what: &str, office: &str) -> String {
        match (what, office) {
            ("opinion/accounting" | "opinion/cover", "") => "Ragioneria".into(),
            ("opinion/legitimacy", "") => "Segreteria generale".into(),
            (_, "") => "Tutto l'ente".into(),
            (_, office) => self.0.office_name(office),
        }
    }
}

/// Lengths of one kind with how many were late, added up.
#[derive(Default)]
struct Sum {
    spread: Spread,
    late: i64,
}

/// By kind, and by office too where one asks.
fn sums(spreads: &[SpreadLine], by_office: bool) -> BTreeMap<(String, String), Sum> {
    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    for (what, office, days, count, late) in spreads {
        let office = if by_office { office.clone() } else { String::new() };
        let sum = sums.entry((what.clone(), office)).or_default();
        sum.spread.add(*days, *count);
        sum.late += late;
    }
    sums
}

/// What is read first: the opinions, the steps, then the way from one date to the next.
fn in_order(
    sums: &BTreeMap<(String, String), Sum>,
) -> impl Iterator<Item = (&(String, String), &Sum)> {
    let is_lag = |what: &str| what.starts_with("lag/");
    let of = move |lag: bool| sums.iter().filter(move |((what, _), _)| is_lag(what) == lag);
    of(false).chain(of(true))
}

fn times(titles: &Titles<'_>, spreads: &[SpreadLine], by_office: bool) -> Vec<Time> {
    let sums = sums(spreads, by_office);
    in_order(&sums).map(|((what, office), sum)| time(titles, what, office, sum)).collect()
}

fn time(titles: &Titles<'_>, what: &str, office: &str, sum: &Sum) -> Time {
    let count = sum.spread.count();
    let days = |percent| sum.spread.percentile(percent).map(days_words).unwrap_or_default();
    Time {
        what: titles.what(what),
        office: titles.office(what, office),
        count,
        median: days(50),
        ninetieth: days(90),
        late: sum.late,
        late_share: share(sum.late, count),
    }
}

fn steps_chart(titles: &Titles<'_>, spreads: &[SpreadLine]) -> Option<Chart> {
    let sums = sums(spreads, false);
    let data = in_order(&sums).filter_map(|((what, _), sum)| {
        let (median, ninetieth) = (sum.spread.percentile(50)?, sum.spread.percentile(90)?);
        Some(Datum {
            label: titles.what(what),
            value: format!("{median} · {ninetieth} giorni"),
            length: median,
            part: None,
            mark: Some(ninetieth),
        })
    });
    let said = "Una barra per passo, lunga quanto la mediana dei giorni; il segno verticale è il \
                termine entro cui sono stati conclusi nove casi su dieci.";
    Chart::new("tempi", "Giorni per passo: mediana e nove casi su dieci", said, data.collect())
}

/// Opinions by office: how many came after their term.
fn late(titles: &Titles<'_>, spreads: &[SpreadLine]) -> Vec<Time> {
    let mut late: Vec<Time> = sums(spreads, true)
        .iter()
        .filter(|((what, _), _)| what.starts_with("opinion/"))
        .map(|((what, office), sum)| time(titles, what, office, sum))
        .collect();
    late.sort_by_key(|time| std::cmp::Reverse(time.late));
    late
}

fn late_chart(late: &[Time]) -> Option<Chart> {
    let datum = |time: &Time| Datum {
        label: format!("{}: {}", time.office, time.what),
        value: format!("{} su {}", time.late, time.count),
        length: time.count,
        part: Some(time.late),
        mark: None,
    };
    let some = late.iter().any(|time| time.late > 0);
    let said = "Una barra per ufficio e parere, lunga quanto i pareri resi; la parte scura sono quelli \
                resi dopo il termine.";
    let data = late.iter().filter(|_| some).map(datum).collect();
    Chart::new("ritardi", "Pareri resi oltre il termine", said, data)
}

/// Days between adoption and posting, as they are read by who watches them.
const BUCKETS: [(&str, i64, i64); 6] = [
    ("lo stesso giorno o il seguente", 0, 1),
    ("da 2 a 5 giorni", 2, 5),
    ("da 6 a 10 giorni", 6, 10),
    ("da 11 a 15 giorni", 11, 15),
    ("da 16 a 30 giorni", 16, 30),
    ("oltre 30 giorni", 31, i64::MAX),
];

fn lag(spreads: &[SpreadLine]) -> (Vec<Bucket>, String) {
    let of_posting = || spreads.iter().filter(|(what, ..)| what == TO_POSTING);
    let mut spread = Spread::default();
    of_posting().for_each(|(_, _, days, count, _)| spread.add(*days, *count));
    let Some((median, ninetieth)) = spread.percentile(50).zip(spread.percentile(90)) else {
        return Default::default();
    };
    let buckets = BUCKETS.map(|(days, from, to)| {
        let inside = of_posting().filter(|(_, _, days, ..)| (from..=to).contains(days));
        let acts = inside.map(|(_, _, _, count, _)| count).sum();
        Bucket { days, acts, share: share(acts, spread.count()) }
    });
    let words = format!(
        "Metà degli atti è pubblicata entro {}, nove su dieci entro {}.",
        days_words(median),
        days_words(ninetieth)
    );
    (buckets.into(), words)
}

fn lag_chart(lag: &[Bucket]) -> Option<Chart> {
    let datum = |bucket: &Bucket| Datum {
        label: bucket.days.to_owned(),
        value: bucket.acts.to_string(),
        length: bucket.acts,
        ..Datum::default()
    };
    let said = "Una barra per intervallo di giorni fra la seduta e la pubblicazione, lunga quanto il \
                numero di atti.";
    let title = "Dall'adozione alla pubblicazione";
    Chart::new("pubblicazione", title, said, lag.iter().map(datum).collect())
}

fn days_words(days: i64) -> String {
    match days {
        0 => "lo stesso giorno".into(),
        1 => "1 giorno".into(),
        days => format!("{days} giorni"),
    }
}

fn share(part: i64, whole: i64) -> String {
    if whole == 0 { String::new() } else { format!("{} %", (part * 100 + whole / 2) / whole) }
}
