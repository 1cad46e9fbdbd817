// SPDX-License-Identifier: AGPL-3.0-or-later
//! The keys of one section of the regulation, changed by form from a day; what they make is shown
//! as an uploaded file is, before it is adopted.

use super::regulation::{FILE, From, judge, proposed, text_on};
use super::{Frame, section};
use crate::domain::law::calendar::parse_date;
use crate::domain::problem::Problem;
use crate::domain::regulation::value::{NONE, Raw};
use crate::domain::regulation::{Change, Key, Regulation, SECTIONS, Section, amend, label, said};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::{Field, Input, capital};
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

/// How a key is asked.
enum Shape {
    Words(Vec<String>),
    YesNo,
    Number,
    Text,
    List,
    /// A table: only in the file.
    Table,
}

/// From what may be written to how it is asked; a key that may have no value says `none`.
fn shape(key: &Key) -> (Shape, bool) {
    let allowed = key.allowed();
    let optional = key.accepts(&Raw::Text(NONE.into())).is_ok() && key.default_value().is_some();
    let bare = allowed.split(", oppure").next().unwrap_or_default();
    let shape = match bare {
        "true | false" => Shape::YesNo,
        bare if bare.starts_with("un elenco di: ") => Shape::List,
        bare if bare.starts_with("una tabella") => Shape::Table,
        bare if bare.starts_with("un numero") => Shape::Number,
        bare if bare.contains(" | ") && !bare.contains(":K") => {
            Shape::Words(bare.split(" | ").map(str::to_owned).collect())
        }
        _ => Shape::Text,
    };
    (shape, optional)
}

fn key_fields(regulation: &Regulation, name: &str) -> Vec<Field> {
    let Some(key) = Key::find(name) else { return Vec::new() };
    let (shape, optional) = shape(key);
    let value = regulation.value_of(key);
    let plain = match &value {
        Some(Raw::Text(word)) if word == NONE && optional => String::new(),
        Some(Raw::Text(word)) => word.clone(),
        Some(Raw::List(values)) => {
            let word = |v: &Raw| match v {
                Raw::Text(word) => word.clone(),
                other => other.to_string(),
            };
            values.iter().map(word).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let id = format!("v-{name}");
    let words = |token: &String| {
        let words = said(&Raw::Text(token.clone()));
        let shown = if words == *token { words } else { format!("{words} ({token})") };
        (token.clone(), shown)
    };
    let field = match &shape {
        Shape::Table => return Vec::new(),
        Shape::YesNo => {
            Field::new("choice", &id, label(name)).options([("true", "sì"), ("false", "no")])
        }
        Shape::Words(tokens) => {
            let mut options: Vec<(String, String)> = tokens.iter().map(words).collect();
            if optional {
                options.insert(0, (String::new(), "nessuno".into()));
            }
            Field::new("choice", &id, label(name)).options(options)
        }
        Shape::Number => Field::new("number", &id, label(name)).help(capital(&key.allowed())),
        Shape::List => Field::new("text", &id, label(name))
            .help(format!("Separati da virgola; {}", key.allowed())),
        Shape::Text => Field::new("text", &id, label(name)).help(capital(&key.allowed())),
    };
    let source = Field::new("text", &format!("f-{name}"), format!("Fonte: {}", label(name)))
        .value(regulation.source(name));
    vec![field.value(plain), source]
}

/// The keys of a section, to be changed.
#[derive(Debug, Serialize)]
struct EditPage {
    frame: Frame,
    title: &'static str,
    action: String,
    rows: Vec<Vec<Field>>,
    day: Field,
    /// Keys that are tables.
    only_file: Vec<String>,
    problems: Vec<Problem>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "amministrazione-regolamento-sezione";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        format!("Modificare: {}", self.title)
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn part_of(token: &str) -> Result<&'static Section, WebError> {
    SECTIONS.iter().find(|part| part.token == token).ok_or(WebError::NotFound)
}

fn edit_page(
    visitor: &Visitor,
    part: &'static Section,
    input: Option<&Input>,
    problems: Vec<Problem>,
) -> Result<EditPage, WebError> {
    let frame = Frame::of(visitor, "regolamento")?.inside("regolamento");
    let regulation = visitor.registry.regulation(visitor.today)?;
    let mut rows: Vec<Vec<Field>> =
        part.keys.iter().map(|(key, _)| key_fields(&regulation, key)).collect();
    rows.retain(|fields| !fields.is_empty());
    rows.iter_mut().flatten().for_each(|field| field.refill(input, &[]));
    let only_file = part.keys.iter().filter(|(key, _)| key_fields(&regulation, key).is_empty());
    let mut day = Field::new("date", "dal", "In vigore dal").required();
    day = day.value(visitor.today.to_string());
    day.refill(input, &[]);
    Ok(EditPage {
        frame,
        title: part.title,
        action: section(&format!("regolamento/sezione/{}", part.token)),
        rows,
        day,
        only_file: only_file.map(|(_, words)| (*words).to_owned()).collect(),
        problems,
    })
}

/// Shows the keys of a section to be changed.
pub async fn edit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    app.show(&visitor, &edit_page(&visitor, part_of(&token)?, None, Vec::new())?)
}

/// What was typed for a key, as it would be written.
fn typed(key: &Key, text: &str) -> Option<Raw> {
    let (shape, optional) = shape(key);
    if text.is_empty() && optional {
        return Some(Raw::Text(NONE.into()));
    }
    match shape {
        Shape::YesNo => Some(Raw::Bool(text == "true")),
        Shape::Number => text.parse().map(Raw::Whole).ok().or_else(|| Some(Raw::Text(text.into()))),
        Shape::List => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Some(Raw::List(words.map(|word| Raw::Text(word.to_owned())).collect()))
        }
        Shape::Words(_) | Shape::Text => Some(Raw::Text(text.to_owned())),
        Shape::Table => None,
    }
}

/// Reads the keys of a section: those that changed, and what is wrong with them.
fn changes_of(
    regulation: &Regulation,
    part: &Section,
    input: &Input,
) -> (Vec<Change>, Vec<Problem>) {
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for key in part.keys.iter().filter_map(|(name, _)| Key::find(name)) {
        let (field, source) = (format!("v-{}", key.name), format!("f-{}", key.name));
        if !input.0.iter().any(|(name, _)| *name == field) {
            continue;
        }
        let Some(value) = typed(key, input.get(&field)) else { continue };
        let source = input.get(&source).to_owned();
        let same = Some(&value) == regulation.value_of(key).as_ref();
        if same && source == regulation.source(key.name) {
            continue;
        }
        if let Err(reason) = key.accepts(&value) {
            let reason = format!("{}: {reason}", label(key.name));
            problems.push(Problem::at(FILE, 0, reason).hint(key.allowed()));
        } else if source.is_empty() {
            let reason = format!("{}: manca la fonte", label(key.name));
            let hint = "citare l'articolo dello statuto o del regolamento";
            problems.push(Problem::at(FILE, 0, reason).hint(hint));
        } else {
            changes.push(Change { key, value, source });
        }
    }
    (changes, problems)
}

/// Shows what the changes of a section would do, with the text they make.
pub async fn propose(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
    input: Input,
) -> Result<Response, WebError> {
    let part = part_of(&token)?;
    let day = parse_date(input.get("dal")).unwrap_or(visitor.today);
    let regulation = visitor.registry.regulation(visitor.today)?;
    let (changes, mut problems) = changes_of(&regulation, part, &input);
    if changes.is_empty() && problems.is_empty() {
        let reason = "nessuna chiave è cambiata";
        problems.push(Problem::at(FILE, 0, reason));
    }
    let base = text_on(&app, &visitor, day).await?;
    let text = match problems.is_empty() {
        true => amend(&base, &changes, day).map_err(|found| problems = found).ok(),
        false => None,
    };
    let Some(text) = text else {
        let page = edit_page(&visitor, part, Some(&input), problems)?;
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
    };
    let mut page = proposed(&visitor, &From::default())?;
    page.heading = format!("Modificare: {}", part.title);
    judge(&visitor, &mut page, &text, day);
    app.show(&visitor, &page)
}
