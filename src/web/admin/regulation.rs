// SPDX-License-Identifier: AGPL-3.0-or-later
//! The regulation: every key with its value, source, validity and rule; its history; a change by
//! section or by file, checked with the messages of `delibera check`, seen before it is adopted.

use super::{Frame, OnDay, section, setup};
use crate::domain::law::calendar::{Preposition, date_short, parse_date};
use crate::domain::problem::Problem;
use crate::domain::registry::{RegistryCommand, coherent};
use crate::domain::regulation::value::Raw;
use crate::domain::regulation::{
    Adopted, Key, Regulation, SECTIONS, Section, differences, label, parse, said,
};
use crate::domain::stream::StreamId;
use crate::service::scenario::PRESETS;
use crate::web::App;
use crate::web::Shared;
use crate::web::actions::registry::{href, may};
use crate::web::error::WebError;
use crate::web::forms::{Field, Reader};
use crate::web::page::{Link, Page};
use crate::web::signing::file;
use crate::web::upload::Sent;
use crate::web::visitor::Visitor;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Name a regulation has in messages.
pub(super) const FILE: &str = "regolamento.toml";

/// One key as it holds on a day.
#[derive(Debug, Serialize)]
struct KeyLine {
    name: &'static str,
    label: String,
    value: String,
    /// As written in the file.
    token: String,
    source: String,
    validity: String,
    rule: &'static str,
    /// Chosen by the Comune; otherwise the law's.
    own: bool,
}

#[derive(Debug, Serialize)]
struct SectionLines {
    token: &'static str,
    title: &'static str,
    keys: Vec<KeyLine>,
    edit: String,
}

/// A regulation that was adopted.
#[derive(Debug, Serialize)]
struct Version {
    number: usize,
    from: String,
    current: bool,
    changes: Vec<Difference>,
    href: String,
}

/// A key that changed.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    label: String,
    name: &'static str,
    before: String,
    after: String,
    source: String,
}

#[derive(Debug, Serialize)]
struct RegulationPage {
    frame: Frame,
    day: Field,
    on: String,
    missing: bool,
    sections: Vec<SectionLines>,
    warnings: Vec<Problem>,
    versions: Vec<Version>,
    upload: String,
    register: String,
}

impl Page for RegulationPage {
    const TEMPLATE: &'static str = "amministrazione-regolamento";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        "Regolamento".into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn key_line(regulation: &Regulation, name: &'static str) -> Option<KeyLine> {
    let key = Key::find(name)?;
    let value = regulation.value_of(key);
    let provision = regulation.provisions.get(name);
    let validity = provision.map(|p| match (p.valid_from, p.valid_to) {
        (Some(from), Some(to)) => format!("dal {} al {}", date_short(from), date_short(to)),
        (Some(from), None) => format!("dal {}", date_short(from)),
        (None, Some(to)) => format!("fino al {}", date_short(to)),
        (None, None) => String::new(),
    });
    Some(KeyLine {
        name,
        label: label(name).to_owned(),
        value: value.as_ref().map(said).unwrap_or_default(),
        token: value.map(|v| v.to_string()).unwrap_or_default(),
        source: regulation.source(name).to_owned(),
        validity: validity.unwrap_or_default(),
        rule: key.rule,
        own: regulation.is_written(key),
    })
}

/// What changed from one regulation to the next, in words.
pub fn changed(before: &Regulation, after: &Regulation) -> Vec<Difference> {
    let words = |value: Option<Raw>| value.as_ref().map_or_else(|| "–".into(), said);
    let line = |(key, old, new): (&'static Key, Option<Raw>, Option<Raw>)| Difference {
        label: label(key.name).to_owned(),
        name: key.name,
        before: words(old),
        after: words(new),
        source: after.source(key.name).to_owned(),
    };
    differences(before, after).into_iter().map(line).collect()
}

/// The regulation of a day.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(on): Query<OnDay>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "regolamento")?;
    let (registry, day) = (&visitor.registry, on.day(visitor.today));
    let found = registry.regulation(day).ok();
    let may_change = may(&visitor, "regolamento", "");
    let sections = found.as_ref().map(|regulation| {
        let lines = |part: &Section| SectionLines {
            token: part.token,
            title: part.title,
            keys: part.keys.iter().filter_map(|(key, _)| key_line(regulation, key)).collect(),
            edit: match may_change {
                true => section(&format!("regolamento/sezione/{}", part.token)),
                false => String::new(),
            },
        };
        SECTIONS.iter().map(lines).collect()
    });
    let current = registry.in_force(day);
    let versions = registry.regulations.iter().enumerate().rev().map(|(i, adopted)| {
        let changes = match i.checked_sub(1).and_then(|before| registry.regulations.get(before)) {
            Some(before) => both(before, adopted)
                .map_or_else(Vec::new, |(before, after)| changed(&before, &after)),
            None => Vec::new(),
        };
        Version {
            number: i + 1,
            from: Preposition::From.short(adopted.from),
            current: current == Some(i),
            changes,
            href: section(&format!("regolamento/versioni/{}", i + 1)),
        }
    });
    let page = RegulationPage {
        day: Field::new("date", "data", "In vigore il").value(day.to_string()),
        on: Preposition::On.short(day),
        missing: found.is_none(),
        sections: sections.unwrap_or_default(),
        warnings: found.map(|r| r.warnings.clone()).unwrap_or_default(),
        versions: versions.collect(),
        upload: if may_change { section("regolamento/carica") } else { String::new() },
        register: if may(&visitor, "registro", "") { href("registro", "") } else { String::new() },
        frame,
    };
    app.show(&visitor, &page)
}

/// Two regulations as they are on the first day of the later one.
fn both(before: &Adopted, after: &Adopted) -> Option<(Arc<Regulation>, Arc<Regulation>)> {
    Some((before.on(after.from).ok()?, after.on(after.from).ok()?))
}

/// The text of a version that was adopted, as it was uploaded.
pub async fn text(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(number): Path<usize>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, false)?;
    let texts = texts(&app).await?;
    let found = number.checked_sub(1).and_then(|i| texts.into_iter().nth(i));
    let text = found.ok_or(WebError::NotFound)?;
    Ok(file(text.into_bytes(), "text/plain", &format!("regolamento-{number}.toml"), false))
}

/// The texts adopted so far, oldest first: as uploaded, comments included.
async fn texts(app: &App) -> Result<Vec<String>, WebError> {
    use crate::domain::registry::RegistryEvent;
    let registry = StreamId::registry();
    let stored = app.office.executor.store.stream(&registry);
    let events = stored.await?.into_iter();
    let read = events.filter(|e| e.event.kind == "regulation_adopted").filter_map(|e| {
        match serde_json::from_value::<RegistryEvent>(e.event.payload) {
            Ok(RegistryEvent::RegulationAdopted { text, .. }) => Some(text),
            _ => None,
        }
    });
    Ok(read.collect())
}

/// The text in force on a day, to be changed: the newest adopted for it.
pub(super) async fn text_on(
    app: &App,
    visitor: &Visitor,
    day: NaiveDate,
) -> Result<String, WebError> {
    let at = visitor.registry.in_force(day);
    let texts = texts(app).await?;
    Ok(at.and_then(|at| texts.into_iter().nth(at)).unwrap_or_default())
}

/// What a text would change, before it is adopted.
#[derive(Debug, Serialize)]
pub(super) struct ProposedPage {
    frame: Frame,
    pub(super) heading: String,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    changes: Vec<Difference>,
    first: bool,
    /// The text, to be confirmed.
    text: String,
    from: String,
    from_words: String,
    action: String,
    back: String,
    /// Presets to begin from.
    presets: Vec<Preset>,
    fields: Vec<Field>,
    upload: String,
}

/// A regulation that ships with the program.
#[derive(Debug, Serialize)]
struct Preset {
    href: String,
    title: &'static str,
    words: &'static str,
}

const PRESET_WORDS: [(&str, &str, &str); 2] = [
    (
        "piccolo-comune",
        "Piccolo Comune",
        "Giunta di cinque, Segretario a scavalco, nessun parere di legittimità, visto sul foglio del \
         parere contabile.",
    ),
    (
        "grande-comune",
        "Grande Comune",
        "Giunta di tredici, parere di legittimità del Segretario, maggioranza sui presenti, atto in \
         due parti.",
    ),
];

impl Page for ProposedPage {
    const TEMPLATE: &'static str = "amministrazione-regolamento-nuovo";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// Where one comes from, and a preset that was chosen.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    #[serde(default)]
    da: String,
    #[serde(default)]
    modello: String,
}

impl From {
    fn step(&self) -> &str {
        setup::step(&self.da).map_or("", |step| step.token)
    }
}

pub(super) fn proposed(visitor: &Visitor, from: &From) -> Result<ProposedPage, WebError> {
    let frame = Frame::of(visitor, "regolamento")?.inside("regolamento");
    let step = from.step();
    let query = if step.is_empty() { String::new() } else { format!("?da={step}") };
    let preset = |(name, title, words): (&str, _, _)| {
        let chosen = crate::web::forms::encode(&[("da", step), ("modello", name)]);
        Preset { href: section(&format!("regolamento/carica?{chosen}")), title, words }
    };
    Ok(ProposedPage {
        frame,
        heading: "Carica il regolamento".into(),
        problems: Vec::new(),
        warnings: Vec::new(),
        changes: Vec::new(),
        first: visitor.registry.regulations.is_empty(),
        text: String::new(),
        from: visitor.today.to_string(),
        from_words: String::new(),
        action: format!("/amministrazione/azioni/regolamento{query}"),
        back: if step.is_empty() { section("regolamento") } else { setup::address(step) },
        presets: PRESET_WORDS.into_iter().map(preset).collect(),
        fields: Vec::new(),
        upload: section(&format!("regolamento/carica{query}")),
    })
}

fn upload_fields(text: &str, from: &str) -> Vec<Field> {
    vec![
        Field::new("file", "file", "File TOML"),
        Field::new("area", "testo", "Oppure il testo").value(text).help(
            "Una tabella per ogni chiave, con valore e fonte; ciò che non è scritto segue la legge.",
        ),
        Field::new("date", "dal", "In vigore dal").required().value(from),
    ]
}

/// Asks for the file, the text or a preset.
pub async fn upload(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(from): Query<From>,
) -> Result<Response, WebError> {
    let mut page = proposed(&visitor, &from)?;
    let text = match PRESETS.iter().find(|(name, _)| *name == from.modello) {
        Some((_, text)) => (*text).to_owned(),
        None => text_on(&app, &visitor, visitor.today).await?,
    };
    page.fields = upload_fields(&text, &page.from);
    app.show(&visitor, &page)
}

/// Checks what was sent and shows what it would change.
pub async fn check(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(from): Query<From>,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let mut page = proposed(&visitor, &from)?;
    let mut reader = Reader::new(&input).with(&files);
    let sent = reader.text_file("file").map(|(_, text)| text);
    let text = sent.unwrap_or_else(|| reader.text("testo"));
    let day = parse_date(input.get("dal")).unwrap_or(visitor.today);
    judge(&visitor, &mut page, &text, day);
    page.fields = upload_fields(&text, &day.to_string());
    let status =
        if page.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    app.render(status, Some(&visitor), &page)
}

/// The same reading as `delibera check`, with the active workflows beside it.
pub(super) fn judge(visitor: &Visitor, page: &mut ProposedPage, text: &str, day: NaiveDate) {
    page.from = day.to_string();
    page.from_words = Preposition::From.short(day);
    let registry = &visitor.registry;
    let adopted = match parse(text, FILE) {
        Ok(adopted) => adopted,
        Err(problems) => {
            page.problems = problems;
            return;
        }
    };
    let command = RegistryCommand::AdoptRegulation { text: text.to_owned(), from: day };
    if let Err(refusal) = coherent(registry, &command, visitor.today) {
        page.problems = vec![Problem::at(FILE, 0, refusal.text).hint(refusal.next)];
        return;
    }
    page.warnings.clone_from(&adopted.warnings);
    let before = registry.regulation(day).ok();
    if let (Some(before), Ok(after)) = (before, adopted.on(day)) {
        page.changes = changed(&before, &after);
    }
    page.text = text.to_owned();
}
