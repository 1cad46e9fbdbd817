// SPDX-License-Identifier: AGPL-3.0-or-later
//! A register as a file: exactly the lines of the filter, with the columns of R5.6.
//!
//! CSV is for programs and for Italian spreadsheets: UTF-8 with a mark at the beginning and `;`
//! between cells, which is what they open without questions; days are ISO. XLSX has typed days.
//! A file is made whole or not at all: one that stops half-way would look like a register with gaps.

use super::filter::Filter;
use super::{LINES, entries, too_many};
use crate::domain::register::Entry;
use crate::domain::words;
use crate::store::{LineFilter, SCANNED_MAX};
use crate::web::App;
use crate::web::error::WebError;
use crate::web::visitor::Visitor;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

/// Lines read at a time.
const PAGE: i64 = LINES * 10;

/// One cell.
enum Cell {
    Text(String),
    Number(i64),
    Day(Option<NaiveDate>),
}

/// The columns with their width in a spreadsheet.
const COLUMNS: [(&str, f64); 20] = [
    ("Numero", 9.0),
    ("Anno", 7.0),
    ("Numero di altro sistema", 12.0),
    ("Data", 11.0),
    ("Tipo di atto", 24.0),
    ("Oggetto", 70.0),
    ("Proposta n.", 12.0),
    ("Atto n.", 12.0),
    ("Ufficio proponente", 30.0),
    ("Altri uffici", 24.0),
    ("Relatori", 24.0),
    ("Esito", 14.0),
    ("Immediatamente eseguibile", 14.0),
    ("Stato", 22.0),
    ("Efficacia", 24.0),
    ("Pubblicata dal", 12.0),
    ("Pubblicata fino al", 12.0),
    ("Esecutiva dal", 12.0),
    ("Modifiche e annotazioni", 40.0),
    ("Impronta SHA-256 dell'atto firmato", 24.0),
];

fn cells(entry: &Entry) -> [Cell; COLUMNS.len()] {
    use Cell::{Day, Number, Text};
    let yes = |yes: bool| Text(if yes { "sì" } else { "no" }.into());
    let (lead, others) = match entry.offices.split_first() {
        Some((lead, others)) => (lead.clone(), others.join(", ")),
        None => Default::default(),
    };
    let notes = entry.links.iter().chain(Some(&entry.note)).filter(|note| !note.is_empty());
    let notes: Vec<&str> = notes.map(String::as_str).collect();
    [
        Number(entry.number),
        Number(entry.year),
        yes(entry.external),
        Day(entry.date),
        Text(entry.kind.clone()),
        Text(entry.subject.clone()),
        Text(entry.proposal.clone()),
        Text(entry.act.clone()),
        Text(lead),
        Text(others),
        Text(entry.rapporteurs.join(", ")),
        Text(entry.outcome.to_owned()),
        yes(entry.immediate),
        Text(words::register_state(&entry.state).to_owned()),
        Text(entry.efficacy.clone()),
        Day(entry.posted_on),
        Day(entry.last_day),
        Day(entry.effective_on),
        Text(notes.join("; ")),
        Text(entry.sha256.clone()),
    ]
}

/// Every line of the filter.
async fn all(app: &App, visitor: &Visitor, filter: &Filter) -> Result<Vec<Entry>, WebError> {
    let store = &app.office.executor.store;
    let mut lines = LineFilter { limit: PAGE, before: None, ..filter.lines.clone() };
    let mut found = Vec::new();
    loop {
        let rows = store.register_lines(&lines).await?;
        let full = rows.len() as i64 == PAGE;
        let last = rows.last().map(|row| (row.year, row.number));
        let page = entries(app, visitor, filter.which.register(), &rows).await?;
        found.extend(page.into_iter().map(|(entry, _)| entry));
        if found.len() as i64 > SCANNED_MAX {
            return Err(too_many());
        }
        let next = if full { last } else { store.register_reached(&lines).await? };
        match next {
            Some(at) => lines.before = Some(at),
            None => return Ok(found),
        }
    }
}

/// The register as CSV.
///
/// # Errors
/// What the database said; too many lines.
pub(super) async fn csv(
    app: &App,
    visitor: &Visitor,
    filter: &Filter,
) -> Result<Response, WebError> {
    let entries = all(app, visitor, filter).await?;
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    let mut written = writer.write_record(COLUMNS.map(|(name, _)| name));
    for entry in &entries {
        written = written.and_then(|()| writer.write_record(cells(entry).map(plain)));
    }
    written.map_err(|error| WebError::internal("csv", error))?;
    let bytes = writer.into_inner().map_err(|error| WebError::internal("csv", error))?;
    Ok(file(filter, "csv", "text/csv; charset=utf-8; header=present", bytes))
}

fn plain(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => number.to_string(),
        Cell::Day(day) => day.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// A text that a spreadsheet would take for a formula begins with an apostrophe instead.
pub fn harmless(text: String) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text,
    }
}

/// The register as a spreadsheet, with a second sheet that says what was asked.
///
/// # Errors
/// What the database said; too many lines.
pub(super) async fn xlsx(
    app: &App,
    visitor: &Visitor,
    filter: &Filter,
) -> Result<Response, WebError> {
    let entries = all(app, visitor, filter).await?;
    let mut asked = vec![("Registro", filter.which.title().to_owned())];
    asked.push(("Comune", visitor.registry.comune.name.clone()));
    asked.push(("Situazione al", crate::domain::law::calendar::date_short(visitor.today)));
    asked.extend(filter.criteria(visitor));
    let title = filter.which.tab();
    let made = tokio::task::spawn_blocking(move || book(title, &entries, &asked)).await;
    let bytes = made.map_err(|error| WebError::internal("xlsx", error))?;
    let bytes = bytes.map_err(|error| WebError::internal("xlsx", error))?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(filter, "xlsx", kind, bytes))
}

/// The spreadsheet of these lines, and of what was asked.
///
/// # Errors
/// What the writer of spreadsheets said.
pub fn book(
    title: &str,
    entries: &[Entry],
    asked: &[(&str, String)],
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let day = Format::new().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let sheet = book.add_worksheet().set_name(title)?;
    for (column, (name, width)) in (0_u16..).zip(COLUMNS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, name, &head)?;
    }
    for (row, entry) in (1_u32..).zip(entries) {
        for (column, cell) in (0_u16..).zip(cells(entry)) {
            match cell {
                Cell::Text(words) if words.is_empty() => {}
                // A string is a string: no spreadsheet reads a formula in it.
                Cell::Text(words) => {
                    sheet.write_string_with_format(row, column, words, &text)?;
                }
                Cell::Number(number) => {
                    // Numbers of registers are far below what a spreadsheet counts exactly.
                    sheet.write_number_with_format(row, column, number as f64, &text)?;
                }
                Cell::Day(None) => {}
                Cell::Day(Some(on)) => {
                    let (year, month, of_month) = (on.year(), on.month(), on.day());
                    let number = |n: u32| u8::try_from(n).unwrap_or(1);
                    let year = u16::try_from(year).unwrap_or(1900);
                    let on = ExcelDateTime::from_ymd(year, number(month), number(of_month))?;
                    sheet.write_datetime_with_format(row, column, &on, &day)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    let last = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last.max(1), COLUMNS.len() as u16 - 1)?;
    sheet.set_landscape().set_repeat_rows(0, 0)?;
    let sheet = book.add_worksheet().set_name("Criteri")?;
    sheet.set_column_width(0, 28.0)?.set_column_width(1, 60.0)?;
    for (row, (what, value)) in (0_u32..).zip(asked) {
        sheet.write_string_with_format(row, 0, *what, &head)?;
        sheet.write_string(row, 1, value)?;
    }
    book.save_to_buffer()
}

/// A file with the name of its register and year.
fn file(filter: &Filter, extension: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let year = filter.lines.year.map(|year| format!("-{year}")).unwrap_or_default();
    let name = format!("registro-{}{year}.{extension}", filter.which.token());
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
