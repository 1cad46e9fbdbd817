// SPDX-License-Identifier: AGPL-3.0-or-later
//! `demo` and `run`: a scenario on a simulated clock, one line a step.

use super::{DONE, REFUSED, WRONG_USE};
use crate::domain::law::calendar::{Preposition, rome_date, rome_time};
use crate::service::clock::{Clock, SystemClock};
use crate::service::scenario::{self, Report, Scenario, ScenarioError, StepResult};
use anstyle::{AnsiColor, Style};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// The main job on sample data.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Cartella dei risultati
    #[arg(long, value_name = "CARTELLA", default_value = "demo")]
    dir: PathBuf,
    /// Dopo la dimostrazione resta in ascolto con le pagine sullo stesso archivio
    #[arg(long)]
    serve: bool,
    /// Indirizzo delle pagine, con --serve
    #[arg(long, value_name = "INDIRIZZO", default_value = "127.0.0.1:8080")]
    listen: String,
}

/// One scenario.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// File dello scenario (docs/scenario.md)
    scenario: PathBuf,
    /// Cartella dei risultati; senza, una cartella provvisoria
    #[arg(long, value_name = "CARTELLA")]
    dir: Option<PathBuf>,
    /// Archivio vuoto da usare al posto del file nella cartella (postgres://…)
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Stampa un solo oggetto JSON
    #[arg(long)]
    json: bool,
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const SAYS_NO: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Runs the demo.
pub fn demo(args: &DemoArgs) -> ExitCode {
    let scenario = match scenario::demo() {
        Ok(scenario) => scenario,
        Err(error) => return failed(&error),
    };
    let started = Instant::now();
    let code = perform(scenario, &args.dir, None, false);
    if code == ExitCode::from(DONE) {
        let seconds = started.elapsed().as_secs_f64();
        anstream::println!(
            "{FAINT}In {seconds:.1} s. Ora si può provare:  delibera verify --database sqlite:{}{FAINT:#}",
            args.dir.join("delibera.db").display()
        );
        if args.serve {
            return match super::block_on(in_progress(&args.dir)) {
                Ok(()) => super::serve::on_database(&args.dir.join("delibera.db"), &args.listen),
                Err(error) => failed(&error),
            };
        }
    }
    code
}

/// Acts waiting at every step, with dates around today, on the database of the demo.
async fn in_progress(dir: &Path) -> Result<(), ScenarioError> {
    let today = rome_date(SystemClock.now());
    let runner = scenario::go_on(scenario::in_progress(today)?, dir).await?;
    let report = runner.go(|_| {}).await?;
    match report.expectations.failed.first() {
        None => Ok(()),
        Some(failed) => Err(ScenarioError::Folder(failed.clone())),
    }
}

/// Runs a scenario.
pub fn run(args: &RunArgs) -> ExitCode {
    let scenario = match scenario::load(&args.scenario) {
        Ok(scenario) => scenario,
        Err(error) => return failed(&error),
    };
    match &args.dir {
        Some(dir) => perform(scenario, dir, args.database.as_deref(), args.json),
        None => {
            let dir = std::env::temp_dir().join(format!("delibera-{}", uuid::Uuid::now_v7()));
            let code = perform(scenario, &dir, args.database.as_deref(), args.json);
            if !args.json {
                anstream::println!("{FAINT}Cartella provvisoria: per conservarla, --dir{FAINT:#}");
            }
            // A scratch folder: what cannot be removed is left to the system.
            let _ = std::fs::remove_dir_all(&dir);
            code
        }
    }
}

fn failed(error: &ScenarioError) -> ExitCode {
    anstream::eprintln!("{BAD}errore:{BAD:#} {error}");
    match error {
        ScenarioError::Folder(_) | ScenarioError::File(_) | ScenarioError::Io { .. } => {
            ExitCode::from(WRONG_USE)
        }
        _ => ExitCode::from(REFUSED),
    }
}

fn perform(scenario: Scenario, dir: &Path, database: Option<&str>, json: bool) -> ExitCode {
    let outcome = super::block_on(async {
        if !json {
            heading(&scenario);
        }
        let runner = scenario::run(scenario, dir, database).await?;
        runner
            .go(|result| {
                if !json {
                    line(result);
                }
            })
            .await
    });
    let report = match outcome {
        Ok(report) => report,
        Err(error) => return failed(&error),
    };
    if json {
        match serde_json::to_string_pretty(&report) {
            Ok(text) => println!("{text}"),
            Err(error) => anstream::eprintln!("{BAD}errore:{BAD:#} {error}"),
        }
    } else {
        summary(&report, dir);
    }
    ExitCode::from(if report.expectations.failed.is_empty() { DONE } else { REFUSED })
}

fn heading(scenario: &Scenario) {
    anstream::println!("{STRONG}{}{STRONG:#}", scenario.raw.title);
    if let Some(comune) = &scenario.raw.comune {
        anstream::println!(
            "{FAINT}{} · orologio simulato, chiavi di sviluppo non qualificate{FAINT:#}\n",
            comune.name
        );
    }
}

/// One line: when, who, what, and what came of it.
fn line(result: &StepResult<'_>) {
    let step = result.step;
    if ["expect", "wait"].contains(&step.verb.as_str()) {
        return;
    }
    let when =
        format!("{} {}", rome_date(step.at).format("%d/%m"), rome_time(step.at).format("%H:%M"));
    let who = result.world.registry.name(if step.by.is_empty() { "—" } else { &step.by });
    let what = super::words::gesture(step);
    let mark = match (&result.refusal, result.as_expected) {
        (_, false) => format!("{BAD}✗{BAD:#}"),
        (Some(_), true) => format!("{SAYS_NO}⊘{SAYS_NO:#}"),
        (None, true) => format!("{GOOD}✓{GOOD:#}"),
    };
    let came = match &result.refusal {
        Some(refusal) => format!("{SAYS_NO}{refusal}{SAYS_NO:#}"),
        None => super::words::came_of(&result.events, &result.world).join(" · "),
    };
    anstream::println!("{FAINT}{when}{FAINT:#} {mark} {who:<22} {what}");
    if !came.is_empty() {
        anstream::println!("{:>14} {FAINT}→{FAINT:#} {came}", "");
    }
}

fn summary(report: &Report, dir: &Path) {
    anstream::println!();
    for case in &report.cases {
        // Until the act has its own number it is known by that of the proposal.
        let number = match (&case.numbers.deliberation, &case.numbers.proposal) {
            (Some(number), _) => format!("n. {number}"),
            (None, Some(number)) => format!("(proposta n. {number})"),
            (None, None) => format!("«{}»", case.id),
        };
        anstream::println!(
            "{STRONG}{}{STRONG:#} {number}: {}, {}",
            crate::domain::words::kind(&case.kind),
            crate::domain::words::lifecycle(&case.lifecycle),
            crate::domain::words::efficacy(&case.efficacy),
        );
        let dates = &case.dates;
        if let (Some(posted), Some(last)) = (dates.posted, dates.last_day) {
            // A rejected act that is numbered is posted too, and never takes effect.
            let voted = dates.adopted.map(|d| format!("adottata {}, ", Preposition::On.short(d)));
            let effective =
                dates.effective_on.map(|d| format!(", esecutiva {}", Preposition::From.short(d)));
            anstream::println!(
                "  {}all'Albo n. {} {} {} compreso{}",
                voted.unwrap_or_default(),
                case.numbers.albo.clone().unwrap_or_default(),
                Preposition::From.short(posted),
                Preposition::Until.short(last),
                effective.unwrap_or_default(),
            );
        }
    }
    let signed = report.documents.iter().filter(|d| !d.signers.is_empty()).count();
    anstream::println!(
        "\n{} documenti ({signed} firmati o sigillati) in {}/acts, {} messaggi in {}/mail, archivio {}/delibera.db",
        report.documents.len(),
        dir.display(),
        report.mails.len(),
        dir.display(),
        dir.display()
    );
    let failed = &report.expectations.failed;
    if failed.is_empty() {
        anstream::println!("{GOOD}{} attese rispettate{GOOD:#}", report.expectations.met);
    }
    for why in failed {
        anstream::println!("{BAD}✗{BAD:#} {why}");
    }
}
