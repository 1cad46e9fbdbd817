// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reads a `regolamento.toml`: everything wrong with it is told at once, with its line.

use super::Provision;
use super::check;
use super::keys::{KEYS, Key, Regulation};

use super::timeline::{Period, Timeline};
use super::value::Raw;
use crate::digest::sha256_hex;
use crate::problem::{Problem, line_of, nearest};
use chrono::NaiveDate;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// The words a period is made of.
const FIELDS: [&str; 4] = ["value", "source", "valid_from", "valid_to"];

/// Reads the text of a regulation; warnings are in the result, errors are all told.
pub fn parse(text: &str, file: &str) -> Result<Regulation, Vec<Problem>> {
    let mut reader = Reader { text, file, problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut problems: Vec<Problem> = errors.iter().map(|error| reader.syntax(error)).collect();
        problems.sort_by_key(|problem| problem.line);
        problems.dedup_by(|a, b| a.reason == b.reason && a.hint == b.hint);
        return Err(problems);
    }
    let timeline = Arc::new(reader.timeline(table.get_ref()));
    let digest = sha256_hex(text.as_bytes());
    let found = check::contradictions(&timeline, file);
    reader.problems.extend(found.errors);
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| problem.line);
        return Err(reader.problems);
    }
    Regulation::assemble(&timeline, None, &digest, &found.warnings).map_err(|refusal| {
        vec![Problem { file: file.to_owned(), line: 1, reason: refusal.text, hint: refusal.next }]
    })
}

/// Reads tables and gathers what is wrong with them.
struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The line of a byte offset, 1 for the first.
    fn line(&self, offset: usize) -> usize {
        line_of(self.text, offset)
    }

    fn problem(&self, line: usize, reason: String, hint: String) -> Problem {
        Problem { file: self.file.to_owned(), line, reason, hint }
    }

    fn report(&mut self, line: usize, reason: impl Into<String>, hint: impl Into<String>) {
        let problem = self.problem(line, reason.into(), hint.into());
        self.problems.push(problem);
    }

    fn syntax(&self, error: &toml::de::Error) -> Problem {
        let line = error.span().map_or(1, |span| self.line(span.start));
        let (reason, hint) = match error.message() {
            "duplicate key" => (
                "la chiave è scritta due volte",
                "per più periodi usare [[chiave]], con due parentesi, ogni volta".to_owned(),
            ),
            other => ("il testo non è TOML valido", format!("il lettore dice: {other}")),
        };
        self.problem(line, reason.to_owned(), hint)
    }

    fn timeline(&mut self, table: &DeTable<'_>) -> Timeline {
        let mut timeline = Timeline::default();
        for (name, value) in table {
            let line = self.line(name.span().start);
            let Some(key) = Key::find(name.get_ref()) else {
                let known = nearest(name.get_ref(), KEYS.iter().map(|key| key.name));
                self.unknown(line, "chiave sconosciuta", name.get_ref(), known);
                continue;
            };
            let periods = self.periods(key, line, value);
            self.overlaps(key, &periods);
            timeline.insert(key, periods);
        }
        for key in KEYS.iter().filter(|key| key.mandatory) {
            if !table.iter().any(|(name, _)| name.get_ref() == key.name) {
                self.report(
                    1,
                    format!("manca la chiave obbligatoria «{}» ({})", key.name, key.rule),
                    format!("la legge non ha un valore comune: scegliere {}", key.allowed()),
                );
            }
        }
        timeline
    }

    fn unknown(&mut self, line: usize, what: &str, name: &str, known: Option<&str>) {
        let hint = known.map(|known| format!("forse «{known}»?")).unwrap_or_default();
        self.report(line, format!("{what}: «{name}»"), hint);
    }

    fn periods(&mut self, key: &Key, line: usize, value: &Spanned<DeValue<'_>>) -> Vec<Period> {
        match value.get_ref() {
            DeValue::Table(table) => self.period(key, line, table).into_iter().collect(),
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => items
                .iter()
                .filter_map(|item| {
                    let line = self.line(item.span().start);
                    item.get_ref().as_table().and_then(|table| self.period(key, line, table))
                })
                .collect(),
            _ => {
                self.report(
                    line,
                    format!("«{}» è scritta senza la sua fonte", key.name),
                    format!("scrivere una tabella: [{}] con value = … e source = …", key.name),
                );
                Vec::new()
            }
        }
    }

    fn period(&mut self, key: &Key, line: usize, table: &DeTable<'_>) -> Option<Period> {
        for (name, _) in table {
            if !FIELDS.contains(&name.get_ref().as_ref()) {
                let line = self.line(name.span().start);
                let known = nearest(name.get_ref(), FIELDS);
                self.unknown(
                    line,
                    &format!("in «{}» parola sconosciuta", key.name),
                    name.get_ref(),
                    known,
                );
            }
        }
        let source = self.source(key, line, table);
        let valid_from = self.date(table, "valid_from");
        let valid_to = self.date(table, "valid_to");
        if let (Some((from, _)), Some((to, line))) = (valid_from, valid_to)
            && from > to
        {
            self.report(
                line,
                format!("«{}» finisce ({to}) prima di cominciare ({from})", key.name),
                "controllare valid_from e valid_to",
            );
        }
        let value = self.value(key, line, table)?;
        let provision = Provision {
            source: source?,
            valid_from: valid_from.map(|(date, _)| date),
            valid_to: valid_to.map(|(date, _)| date),
        };
        Some(Period { value, provision, line })
    }

    fn source(&mut self, key: &Key, line: usize, table: &DeTable<'_>) -> Option<String> {
        let hint = "citare l'articolo dello statuto o del regolamento: source = \"art. …\"";
        let Some(written) = table.get("source") else {
            self.report(line, format!("«{}» non ha la fonte", key.name), hint);
            return None;
        };
        match written.get_ref().as_str().map(str::trim) {
            Some(source) if !source.is_empty() => Some(source.to_owned()),
            _ => {
                let line = self.line(written.span().start);
                self.report(line, format!("la fonte di «{}» è vuota", key.name), hint);
                None
            }
        }
    }

    fn value(&mut self, key: &Key, line: usize, table: &DeTable<'_>) -> Option<Raw> {
        let allowed = || format!("valori ammessi: {}", key.allowed());
        let Some(written) = table.get("value") else {
            self.report(line, format!("«{}» non ha il valore", key.name), allowed());
            return None;
        };
        let line = self.line(written.span().start);
        let raw = raw(written.get_ref());
        let checked = raw.ok_or_else(|| "questo tipo di valore non è ammesso".to_owned());
        match checked.and_then(|raw| key.accepts(&raw).map(|()| raw)) {
            Ok(raw) => Some(raw),
            Err(reason) => {
                self.report(line, format!("«{}»: {reason}", key.name), allowed());
                None
            }
        }
    }

    /// A date and its line.
    fn date(&mut self, table: &DeTable<'_>, field: &str) -> Option<(NaiveDate, usize)> {
        let written = table.get(field)?;
        let line = self.line(written.span().start);
        match raw(written.get_ref()) {
            Some(Raw::Date(date)) => Some((date, line)),
            _ => {
                let reason = format!("«{field}» non è una data");
                self.report(line, reason, "scrivere la data senza virgolette: 2016-01-31");
                None
            }
        }
    }

    /// Periods of one key never overlap: a period without end ends when the next begins.
    fn overlaps(&mut self, key: &Key, periods: &[Period]) {
        let mut sorted: Vec<&Period> = periods.iter().collect();
        sorted.sort_by_key(|period| period.provision.valid_from);
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            let begins = second.provision.valid_from;
            let same_start = begins == first.provision.valid_from;
            let still_on = first.provision.valid_to.is_some_and(|last| begins <= Some(last));
            if same_start || still_on {
                let line = first.line.max(second.line);
                self.report(
                    line,
                    format!("due periodi di «{}» si sovrappongono", key.name),
                    "dare a ogni periodo il suo valid_from, dopo la fine del precedente",
                );
            }
        }
    }
}

/// A TOML value without what no key can use; `None` for floats, hours and instants.
fn raw(value: &DeValue<'_>) -> Option<Raw> {
    match value {
        DeValue::String(text) => Some(Raw::Text(text.to_string())),
        DeValue::Integer(number) => whole(number).map(Raw::Whole),
        DeValue::Boolean(value) => Some(Raw::Bool(*value)),
        DeValue::Datetime(moment) => match (moment.date, moment.time, moment.offset) {
            (Some(date), None, None) => {
                NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
                    .map(Raw::Date)
            }
            _ => None,
        },
        DeValue::Array(items) => {
            items.iter().map(|item| raw(item.get_ref())).collect::<Option<_>>().map(Raw::List)
        }
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| Some((name.get_ref().to_string(), raw(value.get_ref())?)))
            .collect::<Option<_>>()
            .map(Raw::Map),
        DeValue::Float(_) => None,
    }
}

fn whole(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
