// SPDX-License-Identifier: AGPL-3.0-or-later
//! The file: parsed once, with the line of what is wrong.

use super::ScenarioError;
use super::expect::Expectation;
use crate::domain::case::Content;
use crate::domain::law::calendar::rome_instant;
use crate::domain::problem::{Problem, line_of};
use crate::domain::registry::{ComuneData, Mandate, Office, Person};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Spanned, Table};

/// Files a scenario may include without a path: the sample Comuni that ship with the program.
const BUILT_IN: [(&str, &str); 3] = [
    ("grande-comune", include_str!("../../../scenarios/basi/grande-comune.toml")),
    ("piccolo-comune", include_str!("../../../scenarios/basi/piccolo-comune.toml")),
    ("demo", include_str!("../../../scenarios/demo.toml")),
];

/// A scenario as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// What it shows.
    pub title: String,
    /// Longer explanation, for people.
    pub about: String,
    /// Files it builds on, relative to itself, or names of the sample Comuni.
    pub include: Vec<String>,
    /// `regulation` preset or file.
    pub regulation: Option<String>,
    /// Keys of the regulation changed for this scenario.
    pub regulation_set: BTreeMap<String, toml::Value>,
    /// Workflow files beside the built-in one.
    pub workflows: Vec<String>,
    /// The Comune.
    pub comune: Option<ComuneData>,
    /// Offices.
    pub office: Vec<Office>,
    /// People.
    pub person: Vec<Person>,
    /// Mandates.
    pub mandate: Vec<Mandate>,
    /// Absences.
    pub absence: Vec<Absence>,
    /// Opening numbers.
    pub register: Vec<Opening>,
    /// Acts, by case id.
    pub case: BTreeMap<String, Act>,
    /// What happens, in order.
    pub step: Vec<Spanned<Table>>,
    /// What must be true at the end.
    pub expect: Vec<Expectation>,
}

/// A recorded absence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Person.
    pub person: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// Last number used in a register.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Register token.
    pub register: String,
    /// Year.
    pub year: i32,
    /// Last number used.
    pub last: i64,
    /// Why.
    #[serde(default)]
    pub source: String,
}

/// An act of the scenario: its kind and content; attachments are files or made on the spot.
#[derive(Debug, Clone, Deserialize)]
pub struct Act {
    /// Act kind.
    #[serde(default = "giunta")]
    pub kind: String,
    /// Attachments.
    #[serde(default)]
    pub attach: Vec<Attach>,
    /// Content.
    #[serde(flatten)]
    pub content: Table,
}

fn giunta() -> String {
    "deliberazione-giunta".into()
}

/// An attachment of a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// File name.
    pub name: String,
    /// Class.
    #[serde(default)]
    pub class: crate::domain::case::AttachmentClass,
    /// A file beside the scenario.
    pub file: Option<String>,
    /// Or a text, set as a PDF by the program itself.
    pub text: Option<String>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Step {
    /// File and line, for messages.
    pub place: (String, usize),
    /// When it is done.
    pub at: DateTime<Utc>,
    /// When it happened, for facts entered later.
    pub happened: Option<DateTime<Utc>>,
    /// Who does it.
    pub by: String,
    /// Token of the command.
    pub verb: String,
    /// Code of the refusal expected.
    pub refused: Option<String>,
    /// Words for who watches.
    pub note: String,
    /// Everything else.
    pub params: Table,
}

/// A scenario ready to run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// As written, includes merged.
    pub raw: Raw,
    /// What happens.
    pub steps: Vec<Step>,
    /// Folder of the file: attachments are looked for there.
    pub folder: std::path::PathBuf,
    /// Contents by case.
    pub contents: BTreeMap<String, (String, Content)>,
}

/// Reads a scenario and what it includes.
///
/// # Errors
/// [`ScenarioError::File`] with every defect and its line.
pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let name = path.display().to_string();
    let text = read(path)?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    parse(&text, &name, &folder)
}

/// The demo that ships with the program.
///
/// # Errors
/// As [`load`]; a test keeps it from happening.
pub fn demo() -> Result<Scenario, ScenarioError> {
    let text = BUILT_IN.iter().find(|(name, _)| *name == "demo").map_or("", |(_, text)| text);
    parse(text, "demo.toml", Path::new("."))
}

fn read(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Io { path: path.display().to_string(), source })
}

fn parse(text: &str, name: &str, folder: &Path) -> Result<Scenario, ScenarioError> {
    let mut raw = raw(text, name)?;
    let mut steps = Vec::new();
    for include in raw.include.clone() {
        let (text, name) = included(&include, folder)?;
        let base = self::raw(&text, &name)?;
        steps.extend(base.step.iter().map(|s| (s.clone(), name.clone(), text.clone())));
        merge(&mut raw, base);
    }
    steps.extend(raw.step.iter().map(|s| (s.clone(), name.to_owned(), text.to_owned())));
    let mut problems = Vec::new();
    let mut parsed = Vec::new();
    let mut clock = None;
    for (table, file, text) in steps {
        let line = line_of(&text, table.span().start);
        match step(table.into_inner(), &file, line, clock) {
            Ok(step) => {
                clock = Some(step.at);
                parsed.push(step);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let mut contents = BTreeMap::new();
    for (id, act) in &raw.case {
        match act.content.clone().try_into::<Content>() {
            Ok(content) => drop(contents.insert(id.clone(), (act.kind.clone(), content))),
            Err(error) => problems.push(Problem::at(name, 0, format!("[case.{id}]: {}", error.message()))),
        }
    }
    if !problems.is_empty() {
        return Err(ScenarioError::File(problems));
    }
    Ok(Scenario { raw, steps: parsed, folder: folder.to_path_buf(), contents })
}

fn raw(text: &str, name: &str) -> Result<Raw, ScenarioError> {
    toml::from_str(text).map_err(|e| ScenarioError::File(vec![Problem::toml(name, text, &e)]))
}

fn included(include: &str, folder: &Path) -> Result<(String, String), ScenarioError> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == include) {
        return Ok(((*text).to_owned(), format!("{name}.toml")));
    }
    let path = folder.join(include);
    Ok((read(&path)?, path.display().to_string()))
}

/// What the base says stands unless the scenario says otherwise; lists are joined, base first.
fn merge(raw: &mut Raw, base: Raw) {
    raw.regulation = raw.regulation.take().or(base.regulation);
    raw.comune = raw.comune.take().or(base.comune);
    for (key, value) in base.regulation_set {
        raw.regulation_set.entry(key).or_insert(value);
    }
    raw.office.splice(0..0, base.office);
    raw.person.splice(0..0, base.person);
    let replaced: Vec<String> = raw.mandate.iter().map(|m| m.id.clone()).collect();
    raw.mandate.splice(0..0, base.mandate.into_iter().filter(|m| !replaced.contains(&m.id)));
    raw.absence.splice(0..0, base.absence);
    let opened: Vec<(String, i32)> =
        raw.register.iter().map(|r| (r.register.clone(), r.year)).collect();
    let others = base.register.into_iter().filter(|r| !opened.contains(&(r.register.clone(), r.year)));
    raw.register.splice(0..0, others);
    for (id, act) in base.case {
        raw.case.entry(id).or_insert(act);
    }
}

fn step(
    mut params: Table,
    file: &str,
    line: usize,
    clock: Option<DateTime<Utc>>,
) -> Result<Step, Problem> {
    let bad = |reason: String| Problem::at(file, line, reason);
    let mut text = |key: &str| match params.remove(key) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("«{key}» deve essere un testo"))),
    };
    let verb = text("do")?.ok_or_else(|| bad("manca «do»".into()))?;
    let at = text("at")?.map(|t| instant(&t).ok_or_else(|| bad(format!("data e ora «{t}» non leggibili: si scrive 2020-07-24 11:00")))).transpose()?;
    let happened = text("happened")?.map(|t| instant(&t).ok_or_else(|| bad(format!("data e ora «{t}» non leggibili")))).transpose()?;
    let at = at.or(clock).ok_or_else(|| bad("il primo passo deve avere «at»".into()))?;
    if clock.is_some_and(|before| at < before) {
        return Err(bad("il passo precede quello prima: i passi vanno in ordine di tempo".into()));
    }
    Ok(Step {
        place: (file.to_owned(), line),
        at,
        happened,
        by: text("by")?.unwrap_or_default(),
        refused: text("refused")?,
        note: text("note")?.unwrap_or_default(),
        verb,
        params,
    })
}

/// "2020-07-24 11:00", in Europe/Rome.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"))
        .ok()?;
    Some(rome_instant(local.date(), local.time()))
}
