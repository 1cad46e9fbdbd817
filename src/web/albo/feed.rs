// SPDX-License-Identifier: AGPL-3.0-or-later
//! The AlboPOP feed: RSS 2.0 with the categories of its specification, at most twenty-five acts, the
//! newest first. What left the Albo is not in it; objects are the public ones (R11.1, R6.8).

use super::{AlboConfig, act, base, until};
use crate::domain::case::effective_on;
use crate::domain::law::calendar::{rome_date, rome_instant, rome_midnight};
use crate::domain::registry::{ComuneData, Registry};
use crate::domain::rows::PostingRow;
use crate::domain::stream::StreamId;
use crate::domain::words;
use crate::domain::world::World;
use crate::store::parse_instant;
use crate::web::Shared;
use crate::web::error::WebError;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Datelike, NaiveTime, Utc};
use chrono_tz::Europe::Rome;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

/// Items at most (AlboPOP).
const ITEMS: usize = 25;
/// Where the categories are defined.
const SPECS: &str = "http://albopop.it/specs#";

/// One act of the feed.
struct Item {
    title: String,
    link: String,
    description: String,
    shown: DateTime<Utc>,
    /// Name within `item-category-` and value.
    categories: Vec<(&'static str, String)>,
    file: String,
    bytes: i64,
}

/// The feed.
///
/// # Errors
/// What the database said.
pub async fn show(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, WebError> {
    let (now, executor) = (app.now(), &app.office.executor);
    let mut rows = executor.store.on_albo(now, rome_date(now)).await?;
    rows.truncate(ITEMS);
    let streams: Vec<StreamId> = rows.iter().map(|row| StreamId::case(&row.case_id)).collect();
    let world = executor.sittings(&streams).await?;
    let base = base(&app, &headers);
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let size = executor.store.document_size(&row.file).await?;
        items.push(item(row, &world, &base, size.unwrap_or_default()));
    }
    let channel = Channel { registry: &world.registry, albo: &app.settings.albo, base: &base, now };
    let xml = channel.write(&items).map_err(|error| WebError::internal("feed", error))?;
    Ok(([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], xml).into_response())
}

/// A date as RFC 822 wants it, with the zone of Italy on that day: `Fri, 24 Jul 2020 11:00:00 +0200`.
fn rfc822(at: DateTime<Utc>) -> String {
    at.with_timezone(&Rome).format("%a, %d %b %Y %H:%M:%S %z").to_string()
}

fn item(row: &PostingRow, world: &World, base: &str, bytes: i64) -> Item {
    let last = row.last_day.unwrap_or_default();
    let day = row.posted_on.unwrap_or_default();
    let link = format!("{base}/albo/{}/{}", row.year, row.number);
    let shown = parse_instant(&row.shown_from).unwrap_or_else(|| rome_midnight(day));
    let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    let kind = match row.kind.as_str() {
        // The word of the controlled vocabulary municipal-notice-board, A-02-02 (R11.2).
        "deliberazione-giunta" => "Deliberazione della Giunta comunale",
        other => words::kind(other),
    };
    let mut categories = vec![
        ("uid", format!("{}/{}", row.year, row.number)),
        ("type", kind.to_owned()),
        ("pubStart", rfc822(shown)),
        ("pubEnd", rfc822(rome_instant(last, end))),
        ("unit", world.registry.office_name(&row.office)),
    ];
    if let Some(case) = world.cases.get(&row.case_id) {
        let sitting = case.treatment.as_ref().map(|t| rome_instant(t.date, t.opened));
        categories.extend(sitting.map(|at| ("relStart", rfc822(at))));
        let declared = case.immediate.as_ref().filter(|i| i.declared).map(|i| i.on);
        let effective = effective_on(case).filter(|_| case.is_adopted());
        let from = declared.or(effective);
        categories.extend(from.map(|on| ("exeStart", rfc822(rome_midnight(on)))));
        if declared.is_some() {
            categories.push(("annotation", "immediatamente eseguibile".into()));
        }
    }
    Item {
        title: row.subject.clone(),
        description: format!("{}. {}. Pubblicazione {}.", act(row), row.subject, until(last)),
        file: format!("{link}/{}", row.file),
        link,
        shown,
        categories,
        bytes,
    }
}

/// Whose feed it is.
struct Channel<'a> {
    registry: &'a Registry,
    albo: &'a AlboConfig,
    base: &'a str,
    now: DateTime<Utc>,
}

type Xml = Writer<Vec<u8>>;

impl Channel<'_> {
    fn write(&self, items: &[Item]) -> io::Result<Vec<u8>> {
        let mut xml = Writer::new(Vec::new());
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let names = [
            ("version", "2.0"),
            (
                "xmlns:creativeCommons",
                "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",
            ),
            ("xmlns:xhtml", "http://www.w3.org/1999/xhtml"),
        ];
        xml.create_element("rss").with_attributes(names).write_inner_content(|xml| {
            xml.create_element("channel").write_inner_content(|xml| {
                self.head(xml, items.first())?;
                items.iter().try_for_each(|item| write_item(xml, item))
            })?;
            Ok(())
        })?;
        Ok(xml.into_inner())
    }

    fn head(&self, xml: &mut Xml, newest: Option<&Item>) -> io::Result<()> {
        let comune = &self.registry.comune;
        let name = short_name(comune);
        let host = self.base.rsplit("//").next().unwrap_or_default();
        let host = host.split([':', '/']).next().unwrap_or_default();
        let email = match comune.email.as_str() {
            "" => format!("postmaster@{host}"),
            email => email.to_owned(),
        };
        text(xml, "title", &format!("AlboPOP - Comune - {name}"))?;
        text(xml, "link", &format!("{}/albo/feed.xml", self.base))?;
        text(xml, "description", &format!("RSS feed dell'Albo Pretorio del Comune di {name}"))?;
        text(xml, "language", "it")?;
        text(xml, "pubDate", &rfc822(newest.map_or(self.now, |item| item.shown)))?;
        text(xml, "webMaster", &format!("{email} ({})", comune.name))?;
        text(xml, "docs", &format!("{}/albo", self.base))?;
        match &self.albo.license {
            Some(license) => text(xml, "creativeCommons:license", license)?,
            None => {
                let year = rome_date(self.now).year();
                text(xml, "copyright", &format!("Copyright {year}, {}", comune.name))?;
            }
        }
        let robots = [("name", "robots"), ("content", "noindex")];
        xml.create_element("xhtml:meta").with_attributes(robots).write_empty()?;
        let istat = self.albo.istat.as_ref().map(|code| format!("istat:{code}"));
        let categories = [
            ("country", Some("Italia")),
            ("region", self.albo.region.as_deref()),
            ("province", Some(comune.province.as_str())),
            ("municipality", Some(name)),
            ("latitude", self.albo.latitude.as_deref()),
            ("longitude", self.albo.longitude.as_deref()),
            ("type", Some("Comune")),
            ("name", Some(comune.name.as_str())),
            ("uid", istat.as_deref()),
        ];
        for (what, value) in categories {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                category(xml, "channel", what, value)?;
            }
        }
        Ok(())
    }
}

/// "Roccaverde" of "Comune di Roccaverde".
fn short_name(comune: &ComuneData) -> &str {
    let name = comune.name.trim();
    let short = ["Comune di ", "Comune d'"].iter().find_map(|start| name.strip_prefix(start));
    short.unwrap_or(name)
}

fn write_item(xml: &mut Xml, item: &Item) -> io::Result<()> {
    xml.create_element("item").write_inner_content(|xml| {
        text(xml, "title", &item.title)?;
        text(xml, "link", &item.link)?;
        text(xml, "description", &item.description)?;
        text(xml, "pubDate", &rfc822(item.shown))?;
        let guid = xml.create_element("guid").with_attribute(("isPermaLink", "true"));
        guid.write_text_content(BytesText::new(&item.link))?;
        for (what, value) in &item.categories {
            category(xml, "item", what, value)?;
        }
        let bytes = item.bytes.to_string();
        let file =
            [("url", item.file.as_str()), ("length", bytes.as_str()), ("type", "application/pdf")];
        xml.create_element("enclosure").with_attributes(file).write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn category(xml: &mut Xml, of: &str, what: &str, value: &str) -> io::Result<()> {
    let domain = format!("{SPECS}{of}-category-{what}");
    let element = xml.create_element("category").with_attribute(("domain", domain.as_str()));
    element.write_text_content(BytesText::new(&plain(value)))?;
    Ok(())
}

fn text(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&plain(value)))?;
    Ok(())
}

/// Without the control characters that XML 1.0 does not admit, escaped or not.
fn plain(value: &str) -> String {
    value.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')).collect()
}
