// SPDX-License-Identifier: AGPL-3.0-or-later
//! The file: parsed once, with the line of what is wrong.

use super::ScenarioError;
use super::expect::Expectation;
use super::repeat::{Copied, copies};
use crate::domain::case::Content;
use crate::domain::law::calendar::{parse_date, rome_date, rome_instant, rome_time};
use crate::domain::problem::{Problem, line_of};
use crate::domain::registry::{ComuneData, Mandate, Office, Person};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Spanned, Table};

/// Files a scenario may include without a path: the sample Comuni that ship with the program.
const BUILT_IN: [(&str, &str); 4] = [
    ("grande-comune", include_str!("../../../scenarios/basi/grande-comune.toml")),
    ("piccolo-comune", include_str!("../../../scenarios/basi/piccolo-comune.toml")),
    ("demo", include_str!("../../../scenarios/demo.toml")),
    ("atti-in-corso", include_str!("../../../scenarios/basi/atti-in-corso.toml")),
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
    /// Workflow files beside the built-in ones.
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
    /// Acts, by case id; one may be the model of others.
    pub case: BTreeMap<String, Act>,
    /// What happens, in order.
    pub step: Vec<Spanned<Table>>,
    /// What must be true at the end.
    pub expect: Vec<Spanned<Table>>,
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
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Act {
    /// Act it takes everything from, except what it says itself.
    pub from: Option<String>,
    /// Act kind.
    pub kind: Option<String>,
    /// Attachments.
    #[serde(default)]
    pub attach: Vec<Attach>,
    /// Content.
    #[serde(flatten)]
    pub content: Table,
}

/// Kind of an act that does not say its own.
const GIUNTA: &str = "deliberazione-giunta";
/// Models of models, before it must be a circle.
const MODELS_MAX: usize = 8;

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
    /// Which copy of a repeated step it is: `{n}` in an act that is created stands for it.
    pub n: Option<usize>,
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
    /// Acts by case: kind, content, attachments still to be made.
    pub contents: BTreeMap<String, Model>,
    /// What must be true at the end, with file and line.
    pub expectations: Vec<(String, Expectation)>,
}

/// An act as the scenario gives it, models resolved.
#[derive(Debug, Clone)]
pub struct Model {
    /// Act kind.
    pub kind: String,
    /// Content without attachments.
    pub content: Content,
    /// Attachments.
    pub attach: Vec<Attach>,
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

/// A sample Comune that ships with the program, with nothing happening in it.
///
/// # Errors
/// As [`load`]; there is none of that name.
pub fn sample(name: &str) -> Result<Scenario, ScenarioError> {
    parse(&format!("include = [\"{name}\"]"), "campione.toml", Path::new("."))
}

/// Acts waiting at every step, all dates moved so that the last thing happened the day before.
///
/// # Errors
/// As [`load`]; a test keeps it from happening.
pub fn in_progress(today: NaiveDate) -> Result<Scenario, ScenarioError> {
    let name = "atti-in-corso";
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    Ok(parse(text, "atti-in-corso.toml", Path::new("."))?.ending_before(today))
}

impl Scenario {
    /// The same, all dates moved so that the last thing happens the day before.
    #[must_use]
    pub fn ending_before(mut self, today: NaiveDate) -> Self {
        let last = self.steps.last().map_or(today, |step| rome_date(step.at));
        let days = today - last - TimeDelta::days(1);
        for step in &mut self.steps {
            let (day, time) = (rome_date(step.at) + days, rome_time(step.at));
            step.at = rome_instant(day, time);
            let date = step.params.get("date").and_then(toml::Value::as_str).and_then(parse_date);
            if let Some(date) = date {
                step.params.insert("date".into(), toml::Value::String((date + days).to_string()));
            }
        }
        self
    }
}

fn read(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Io { path: path.display().to_string(), source })
}

fn parse(text: &str, name: &str, folder: &Path) -> Result<Scenario, ScenarioError> {
    let mut raw = raw(text, name)?;
    let mut tables = Vec::new();
    include(&mut raw, (text, name), folder, &mut tables, 0)?;
    let mut problems = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    for (table, file, text) in tables {
        let line = line_of(&text, table.span().start);
        let clock = steps.last().map(|s| s.at);
        match copies(table.into_inner(), &file, line).and_then(|c| in_turn(c, &file, line, clock)) {
            Ok(more) => steps.extend(more),
            Err(problem) => problems.push(problem),
        }
    }
    let mut contents = BTreeMap::new();
    for id in raw.case.keys() {
        match model(&raw.case, id, name, text) {
            Ok(model) => drop(contents.insert(id.clone(), model)),
            Err(problem) => problems.push(problem),
        }
    }
    let mut expectations = Vec::new();
    for table in &raw.expect {
        match expected(table, name, text) {
            Ok(more) => expectations.extend(more),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(ScenarioError::File(problems));
    }
    Ok(Scenario { raw, steps, folder: folder.to_path_buf(), contents, expectations })
}

/// A step as written, with its file and the text its line is counted in.
type Written = (Spanned<Table>, String, String);

/// Gathers the steps of what a file includes, then its own; what it includes is merged into it.
fn include(
    raw: &mut Raw,
    (text, name): (&str, &str),
    folder: &Path,
    tables: &mut Vec<Written>,
    depth: usize,
) -> Result<(), ScenarioError> {
    if depth > MODELS_MAX {
        let problem = Problem::at(name, 0, "gli «include» si richiamano in circolo");
        return Err(ScenarioError::File(vec![problem]));
    }
    for wanted in raw.include.clone() {
        let (text, name, folder) = included(&wanted, folder)?;
        let mut base = self::raw(&text, &name)?;
        include(&mut base, (&text, &name), &folder, tables, depth + 1)?;
        merge(raw, base);
    }
    tables.extend(raw.step.iter().map(|s| (s.clone(), name.to_owned(), text.to_owned())));
    Ok(())
}

/// The steps of one table, each not before the one it follows.
fn in_turn(
    copies: Vec<Copied>,
    file: &str,
    line: usize,
    mut clock: Option<DateTime<Utc>>,
) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    for copy in copies {
        let step = step(copy, file, line, clock)?;
        clock = Some(step.at);
        steps.push(step);
    }
    Ok(steps)
}

/// The final expectations of one table, with their place.
fn expected(
    table: &Spanned<Table>,
    file: &str,
    text: &str,
) -> Result<Vec<(String, Expectation)>, Problem> {
    let line = line_of(text, table.span().start);
    let mut found = Vec::new();
    for copy in copies(table.get_ref().clone(), file, line)? {
        let expectation = copy
            .table
            .try_into::<Expectation>()
            .map_err(|error| Problem { line, ..Problem::toml(file, text, &error) })?;
        found.push((format!("{file}:{line}"), expectation));
    }
    Ok(found)
}

/// The act of an id with what it takes from its models.
fn model(
    cases: &BTreeMap<String, Act>,
    id: &str,
    file: &str,
    text: &str,
) -> Result<Model, Problem> {
    let heading = format!("[case.{id}]");
    let line = text.lines().position(|l| l.trim() == heading).map_or(0, |i| i + 1);
    let act = resolved(cases, id, 0)
        .map_err(|reason| Problem::at(file, line, format!("{heading}: {reason}")))?;
    let content = act.content.try_into::<Content>().map_err(|error| {
        let problem = Problem::toml(file, "", &error);
        Problem { line, reason: format!("{heading}: {}", problem.reason), ..problem }
    })?;
    Ok(Model { kind: act.kind.unwrap_or_else(|| GIUNTA.into()), content, attach: act.attach })
}

fn resolved(cases: &BTreeMap<String, Act>, id: &str, depth: usize) -> Result<Act, String> {
    let act = cases.get(id).cloned().ok_or_else(|| format!("manca il modello [case.{id}]"))?;
    let Some(from) = act.from.clone() else { return Ok(act) };
    if depth > MODELS_MAX {
        return Err(format!("i modelli si richiamano in circolo: {from}"));
    }
    let mut model = resolved(cases, &from, depth + 1)?;
    merge_tables(&mut model.content, act.content);
    model.kind = act.kind.or(model.kind);
    if !act.attach.is_empty() {
        model.attach = act.attach;
    }
    Ok(model)
}

/// Tables are merged key by key; a tagged one (`effects = { kind = … }`) is replaced whole.
fn merge_tables(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(new))
                if !new.contains_key("kind") =>
            {
                merge_tables(known, new);
            }
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

fn raw(text: &str, name: &str) -> Result<Raw, ScenarioError> {
    toml::from_str(text).map_err(|e| ScenarioError::File(vec![Problem::toml(name, text, &e)]))
}

fn included(
    include: &str,
    folder: &Path,
) -> Result<(String, String, std::path::PathBuf), ScenarioError> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == include) {
        return Ok(((*text).to_owned(), format!("{name}.toml"), folder.to_path_buf()));
    }
    let path = folder.join(include);
    let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((read(&path)?, path.display().to_string(), beside))
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
    let others =
        base.register.into_iter().filter(|r| !opened.contains(&(r.register.clone(), r.year)));
    raw.register.splice(0..0, others);
    for (id, act) in base.case {
        raw.case.entry(id).or_insert(act);
    }
}

fn step(
    copy: Copied,
    file: &str,
    line: usize,
    clock: Option<DateTime<Utc>>,
) -> Result<Step, Problem> {
    let Copied { table: mut params, n, shift } = copy;
    let bad = |reason: String| Problem::at(file, line, reason);
    let mut text = |key: &str| match params.remove(key) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("«{key}» deve essere un testo"))),
    };
    let time = |text: Option<String>| match text {
        None => Ok(None),
        Some(t) => instant(&t).map(Some).ok_or_else(|| {
            bad(format!("data e ora «{t}» non leggibili: si scrive 2020-07-24 11:00"))
        }),
    };
    let verb = text("do")?.ok_or_else(|| bad("manca «do»".into()))?;
    let at = time(text("at")?)?.map(|at| at + shift);
    let happened = time(text("happened")?)?.map(|at| at + shift);
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
        n,
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
