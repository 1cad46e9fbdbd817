// SPDX-License-Identifier: AGPL-3.0-or-later
//! Offices, people and mandates from a CSV: a model to fill in, a preview, every mistake with its
//! line, all of it or nothing.

use super::{Frame, section, section_name, setup};
use crate::domain::command::Command;
use crate::domain::problem::Problem;
use crate::domain::registry::bulk::{self, Table};
use crate::web::Shared;
use crate::web::actions::{Asked, perform};
use crate::web::error::WebError;
use crate::web::forms::Reader;
use crate::web::page::{Link, Page};
use crate::web::signing::file;
use crate::web::upload::Sent;
use crate::web::visitor::Visitor;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// The table of an address.
fn table_of(token: &str) -> Result<Table, WebError> {
    match token {
        "uffici" => Ok(Table::Offices),
        "persone" => Ok(Table::People),
        _ => Err(WebError::NotFound),
    }
}

/// What is wrong, or would be done, at a line.
#[derive(Debug, Serialize)]
struct AtLine {
    line: usize,
    text: String,
    hint: String,
}

#[derive(Debug, Serialize)]
struct ImportPage {
    frame: Frame,
    token: String,
    heading: String,
    columns: String,
    people: bool,
    file: String,
    /// The table as it was read, to be confirmed.
    text: String,
    problems: Vec<AtLine>,
    lines: Vec<AtLine>,
    refusal: Option<crate::domain::refusal::Refusal>,
    /// Step of the first start one comes from.
    from: String,
    back: String,
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "amministrazione-importa";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// Where one comes from.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    #[serde(default)]
    da: String,
}

fn page(visitor: &Visitor, token: &str, from: &From) -> Result<ImportPage, WebError> {
    let table = table_of(token)?;
    let back = setup::step(&from.da).map_or_else(|| section(token), |s| setup::address(s.token));
    Ok(ImportPage {
        frame: Frame::of(visitor, token)?.inside(token),
        token: token.to_owned(),
        heading: match table {
            Table::Offices => "Importare gli uffici".into(),
            Table::People => "Importare persone e incarichi".into(),
        },
        columns: table.columns().join(", "),
        people: table == Table::People,
        file: String::new(),
        text: String::new(),
        problems: Vec::new(),
        lines: Vec::new(),
        refusal: None,
        from: from.da.clone(),
        back,
    })
}

/// Shows how a table is sent.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, WebError> {
    app.show(&visitor, &page(&visitor, &token, &from)?)
}

/// The model to fill in.
pub async fn model(visitor: Visitor, Path(token): Path<String>) -> Result<Response, WebError> {
    super::allowed(&visitor, false)?;
    let text = table_of(&token)?.model();
    Ok(file(text.into_bytes(), "text/csv", &format!("modello-{token}.csv"), false))
}

/// Reads a table and shows what it would do; with «conferma», does it.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
    Query(from): Query<From>,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let mut page = page(&visitor, &token, &from)?;
    let mut reader = Reader::new(&input).with(&files);
    let sent = reader.text_file("tabella");
    let errors = std::mem::take(&mut reader.errors);
    let confirmed = input.ticked("conferma");
    let (name, text) = match (sent, confirmed) {
        (Some(sent), _) => sent,
        (None, true) => (input.get("file").to_owned(), input.get("testo").to_owned()),
        (None, false) => {
            let text = errors.into_iter().next().map(|(_, text)| text);
            let text = text.unwrap_or_else(|| "Scegliere il file da importare".into());
            page.problems = vec![AtLine { line: 0, text, hint: String::new() }];
            return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
        }
    };
    let table = table_of(&token)?;
    let asked = (visitor.id(), visitor.today);
    let read = bulk::read(table, &text, &name, &visitor.registry, asked);
    page.file = name;
    let read = match read {
        Ok(read) => read,
        Err(problems) => {
            page.problems = problems.into_iter().map(told).collect();
            return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
        }
    };
    if confirmed {
        let done = format!("{}: {} registrazioni", section_name(&token), read.commands.len());
        let asked = Asked { to: Some(page.back.clone()), ..Asked::new(&done) };
        let command = Command::Together(read.commands);
        return match perform(&app, &visitor, command, asked).await {
            Err(WebError::Refused(status, refusal)) => {
                page.refusal = Some(refusal);
                app.render(status, Some(&visitor), &page)
            }
            answer => answer,
        };
    }
    page.text = text;
    let line = |(line, text)| AtLine { line, text, hint: String::new() };
    page.lines = read.lines.into_iter().map(line).collect();
    app.show(&visitor, &page)
}

fn told(problem: Problem) -> AtLine {
    let text = crate::web::forms::capital(&problem.reason);
    AtLine { line: problem.line, text, hint: problem.hint }
}
