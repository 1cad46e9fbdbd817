// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera check`: proves workflows, regulations and templates sound, before they are relied on.

use super::{DONE, REFUSED, WRONG_USE};
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::{PaperKind, sample};
use crate::domain::problem::Problem;
use crate::domain::regulation::{self, Regulation};
use crate::domain::workflow::{Names, Workflow, fits, parse, prove};
use crate::service::clock::{Clock, SystemClock};
use crate::service::{documents, mail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

/// Where the files are when none is named.
const FOLDERS: [&str; 3] = ["workflows", "regulations", "templates"];

/// Prova che procedimenti, regolamenti e modelli siano in regola
#[derive(Debug, Args)]
#[command(after_help = "\
Senza FILE prova workflows/*.toml, regulations/*.toml e templates/; procedimenti e regolamenti\nanche insieme: ciò che un regolamento chiede deve avere il suo passo.
Esce con 1 se qualcosa non va, e dice file, riga e motivo.")]
pub struct CheckArgs {
    /// Procedimento, regolamento, modello o cartella
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What a file turned out to be.
enum Verdict {
    /// Sound, with what was looked at.
    Sound(String),
    /// Sound; these, if any, deserve a second look.
    Doubtful(String, Vec<String>),
    /// Not sound.
    Broken(Vec<String>),
}

/// Sound workflows and regulations, to be tried together.
#[derive(Default)]
struct Seen {
    workflows: Vec<Workflow>,
    regulations: Vec<(String, Regulation)>,
}

impl Seen {
    /// What a regulation wants, from today on, and a workflow beside it lacks.
    fn disagreements(&self) -> Vec<Problem> {
        let today = rome_date(SystemClock.now());
        let mut found = Vec::new();
        for (file, regulation) in &self.regulations {
            for set in regulation.sets_from(today) {
                found.extend(self.workflows.iter().flat_map(|w| fits(w, &set, file)));
            }
        }
        found.dedup();
        found
    }
}

/// Runs the command.
pub fn run(args: CheckArgs) -> ExitCode {
    let named = !args.files.is_empty();
    let start = if named { args.files } else { FOLDERS.iter().map(PathBuf::from).collect() };
    let mut targets = Vec::new();
    for path in start {
        match expand(&path) {
            Ok(found) => targets.extend(found),
            Err(_) if !named => {}
            Err(error) => {
                eprintln!("{}: {}", path.display(), said(&error));
                return ExitCode::from(WRONG_USE);
            }
        }
    }
    if targets.is_empty() {
        eprintln!("Niente da provare: indicare un file, o eseguire nella cartella del Comune");
        return ExitCode::from(WRONG_USE);
    }
    let mut broken = 0;
    let mut seen = Seen::default();
    for target in &targets {
        match judge(target, &mut seen) {
            Ok(Verdict::Sound(summary)) => println!("{}: {summary}", target.display()),
            Ok(Verdict::Doubtful(summary, warnings)) => {
                println!("{}: {summary}", target.display());
                warnings.iter().for_each(|warning| println!("  attenzione: {warning}"));
            }
            Ok(Verdict::Broken(problems)) => {
                problems.iter().for_each(|problem| println!("{problem}"));
                broken += problems.len();
            }
            Err(error) => {
                eprintln!("{}: {}", target.display(), said(&error));
                return ExitCode::from(WRONG_USE);
            }
        }
    }
    for problem in seen.disagreements() {
        println!("{problem}");
        broken += 1;
    }
    match broken {
        0 => ExitCode::from(DONE),
        1 => refuse("1 problema"),
        many => refuse(&format!("{many} problemi")),
    }
}

fn refuse(count: &str) -> ExitCode {
    eprintln!("{count}");
    ExitCode::from(REFUSED)
}

fn said(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "il file non esiste",
        io::ErrorKind::InvalidData => "il file non è testo UTF-8",
        _ => "il file non si legge",
    }
}

/// A folder stands for its TOML files, or for the whole wording when it holds templates; a template
/// stands for the wording it belongs to.
fn expand(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        let template = path.extension().is_some_and(|extension| extension == "hbs");
        let home =
            path.ancestors().skip(1).take(2).find(|folder| template && holds(folder).is_some());
        return Ok(vec![home.unwrap_or(path).to_owned()]);
    }
    let children = ["act", "mail"].map(|name| path.join(name));
    let inside: Vec<PathBuf> =
        children.into_iter().filter(|child| holds(child).is_some()).collect();
    if !inside.is_empty() {
        return Ok(inside);
    }
    if holds(path).is_some() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What a folder of templates is about.
enum Wording {
    /// Papers.
    Acts,
    /// Messages.
    Mail,
}

/// The wording a folder holds, by the names of its files.
fn holds(folder: &Path) -> Option<Wording> {
    let act = |kind: PaperKind| folder.join(format!("{}.md.hbs", kind.token())).is_file();
    if PaperKind::ALL.into_iter().any(act) {
        return Some(Wording::Acts);
    }
    let mail = mail::MESSAGES.iter().any(|(name, ..)| folder.join(name).is_dir());
    mail.then_some(Wording::Mail)
}

/// Decides what a path is, and whether it is sound.
fn judge(path: &Path, seen: &mut Seen) -> io::Result<Verdict> {
    let name = path.display().to_string();
    match holds(path) {
        Some(Wording::Acts) => return Ok(acts(path)),
        Some(Wording::Mail) => return Ok(messages(path)),
        None => {}
    }
    let text = fs::read_to_string(path)?;
    // A workflow has steps and an act kind; a regulation has neither.
    let is_workflow = text.parse::<toml::Table>().map_or_else(
        |_| text.contains("[[step]]") || text.contains("[act]"),
        |table| table.contains_key("step") || table.contains_key("act"),
    );
    Ok(if is_workflow { workflow(&text, &name, seen) } else { regulation(&text, &name, seen) })
}

fn workflow(text: &str, file: &str, seen: &mut Seen) -> Verdict {
    let workflow = match parse(text, file) {
        Ok(workflow) => workflow,
        Err(problems) => return Verdict::Broken(lines(&problems)),
    };
    let proof = prove(&workflow, &Names::built_in(), file);
    if !proof.problems.is_empty() {
        return Verdict::Broken(lines(&proof.problems));
    }
    let sound = Verdict::Sound(format!(
        "procedimento in regola ({} passi, {} adempimenti, {} avvisi; {} regole di legge su {} stati)",
        workflow.steps.len(),
        workflow.duties.len(),
        workflow.notices.len(),
        proof.rules,
        proof.states
    ));
    seen.workflows.push(workflow);
    sound
}

fn regulation(text: &str, file: &str, seen: &mut Seen) -> Verdict {
    match regulation::parse(text, file) {
        Ok(found) => {
            let warnings = found.warnings.iter().map(ToString::to_string).collect();
            seen.regulations.push((file.to_owned(), found));
            Verdict::Doubtful(keys(), warnings)
        }
        Err(problems) => Verdict::Broken(lines(&problems)),
    }
}

fn keys() -> String {
    format!("regolamento in regola ({} chiavi)", regulation::KEYS.len())
}

/// Every template of a paper is written on the papers of the sample, and laid out.
fn acts(folder: &Path) -> Verdict {
    let tried = documents::Templates::with_overrides(folder)
        .map_err(|error| error.to_string())
        .and_then(|templates| {
            let papers = sample::papers().map_err(|refusal| refusal.text)?;
            Ok(templates.check(&papers, &sample::comune()))
        });
    match tried {
        Ok(problems) if problems.is_empty() => {
            Verdict::Sound(format!("modelli degli atti in regola ({})", PaperKind::ALL.len()))
        }
        Ok(problems) => Verdict::Broken(lines(&problems)),
        Err(reason) => Verdict::Broken(vec![reason]),
    }
}

/// Every message is written on samples, full and bare.
fn messages(folder: &Path) -> Verdict {
    match mail::Templates::from_folder(folder).map(|wording| wording.check()) {
        Ok(problems) if problems.is_empty() => {
            let count = mail::MESSAGES.len();
            Verdict::Sound(format!("modelli dei messaggi in regola ({count})"))
        }
        Ok(problems) => Verdict::Broken(lines(&problems)),
        Err(error) => Verdict::Broken(vec![error.to_string()]),
    }
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
