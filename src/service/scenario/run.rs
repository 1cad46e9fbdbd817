// SPDX-License-Identifier: AGPL-3.0-or-later
//! Runs a scenario in a folder: `delibera.db`, `acts/`, `mail/`.

use super::expect::{Met, check};
use super::file::{Scenario, Step};
use super::report::{RefusalSeen, Report};
use super::{ScenarioError, comune};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StoredEvent;
use crate::domain::world::World;
use crate::service::clock::SimulatedClock;
use crate::service::documents::Templates;
use crate::service::execute::Executor;
use crate::service::keyring::Keyring;
use crate::service::mail::{MailConfig, Mailer, TransportConfig};
use crate::service::office::Office;
use crate::service::paper::{PaperError, Press};
use crate::service::schedule::Timetable;
use crate::service::worker::Worker;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Seed of the development keys of every scenario: the same run gives the same bytes.
const SEED: [u8; 32] = *b"delibera: chiavi di sviluppo 001";
/// File that marks a folder as made by an earlier run.
const MARK: &str = ".delibera";

/// What one step gave.
pub struct StepResult<'a> {
    /// The step.
    pub step: &'a Step,
    /// Facts recorded; several for the shortcuts.
    pub events: Vec<StoredEvent>,
    /// The refusal, expected or not.
    pub refusal: Option<Refusal>,
    /// It went as the scenario says.
    pub as_expected: bool,
    /// State afterwards, for words.
    pub world: World,
}

/// A scenario under way.
pub struct Runner {
    /// The desk.
    pub office: Office,
    /// The worker.
    pub worker: Worker,
    /// The clock.
    pub clock: SimulatedClock,
    /// The scenario.
    pub scenario: Scenario,
    /// Folder of the results.
    pub folder: PathBuf,
    /// Expectations and refusals so far.
    pub report: Report,
}

/// Prepares the folder and the Comune. `database`: an empty database instead of the folder's own
/// SQLite file.
///
/// # Errors
/// A folder that is not ours, a Comune that is refused, a database that does not open.
pub async fn run(
    scenario: Scenario,
    folder: &Path,
    database: Option<&str>,
) -> Result<Runner, ScenarioError> {
    prepare_folder(folder)?;
    let runner = runner(scenario, folder, database).await?;
    comune::set_up(&runner.office.executor, &runner.scenario).await?;
    Ok(runner)
}

/// Goes on in the folder of an earlier run, on the Comune that is there.
///
/// # Errors
/// A database that does not open.
pub async fn go_on(scenario: Scenario, folder: &Path) -> Result<Runner, ScenarioError> {
    runner(scenario, folder, None).await
}

async fn runner(
    scenario: Scenario,
    folder: &Path,
    database: Option<&str>,
) -> Result<Runner, ScenarioError> {
    let start = scenario.steps.first().map_or(DateTime::UNIX_EPOCH, |s| s.at);
    let clock = SimulatedClock::at(start - TimeDelta::hours(1));
    let file = format!("sqlite:{}", folder.join("delibera.db").display());
    let store = Store::connect(database.unwrap_or(&file)).await?;
    store.migrate().await?;
    let executor = Executor::new(store, Arc::new(clock.clone()));
    let keys = Keyring::from_seed(&SEED, start - TimeDelta::days(400))
        .map_err(|e| ScenarioError::from(PaperError::Sign(e)))?;
    let templates = Templates::embedded().map_err(|e| ScenarioError::Templates(e.to_string()))?;
    let press = Press { templates: Arc::new(templates), keys: Arc::new(keys) };
    let office = Office { executor, press };
    let worker = worker(&office, &scenario, folder)?;
    let folder = folder.to_path_buf();
    Ok(Runner { office, worker, clock, scenario, folder, report: Report::default() })
}

fn worker(office: &Office, scenario: &Scenario, folder: &Path) -> Result<Worker, ScenarioError> {
    let comune = scenario.raw.comune.clone().unwrap_or_default();
    let from =
        if comune.email.is_empty() { "delibera@comune.example".into() } else { comune.email };
    let config = MailConfig {
        transport: TransportConfig::Folder { path: folder.join("mail") },
        from,
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    // A scenario of months needs no seal an hour; the root still goes out every Friday evening.
    let hours: BTreeMap<String, String> = [
        ("hourly_seal".to_owned(), "off".to_owned()),
        ("albo_probe".to_owned(), "off".to_owned()),
        ("daily_seal".to_owned(), "55 23 * * Fri".to_owned()),
    ]
    .into();
    let timetable = Timetable::new(&hours).map_err(|e| ScenarioError::Templates(e.to_string()))?;
    Ok(Worker {
        office: office.clone(),
        mailer: Arc::new(Mailer::new(&config)?),
        timetable,
        pages: None,
        name: "scenario".into(),
        sent: Arc::default(),
    })
}

/// An empty folder, or one made by an earlier run, which is emptied.
fn prepare_folder(folder: &Path) -> Result<(), ScenarioError> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |source| ScenarioError::Io { path, source }
    };
    if folder.exists() {
        let mut entries = std::fs::read_dir(folder).map_err(io(folder))?;
        let ours = folder.join(MARK).exists();
        if !ours && entries.next().is_some() {
            return Err(ScenarioError::Folder(format!(
                "la cartella «{}» non è vuota e non è stata creata da una prova precedente: \
                 indicarne un'altra con --dir",
                folder.display()
            )));
        }
        if ours {
            for name in ["acts", "mail"] {
                let path = folder.join(name);
                if path.exists() {
                    std::fs::remove_dir_all(&path).map_err(io(&path))?;
                }
            }
            for name in ["delibera.db", "delibera.db-wal", "delibera.db-shm", "delibera.db.lock"] {
                let path = folder.join(name);
                if path.exists() {
                    std::fs::remove_file(&path).map_err(io(&path))?;
                }
            }
        }
    }
    for name in ["acts", "mail"] {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).map_err(io(&path))?;
    }
    let mark = folder.join(MARK);
    std::fs::write(&mark, "cartella di prova di Delibera: può essere svuotata\n").map_err(io(&mark))
}

impl Runner {
    /// Runs every step, telling `watch` about each, then the final expectations.
    ///
    /// # Errors
    /// What kept the scenario from going on; failed expectations are in the report.
    pub async fn go(
        mut self,
        mut watch: impl FnMut(&StepResult<'_>),
    ) -> Result<Report, ScenarioError> {
        let steps = self.scenario.steps.clone();
        for step in &steps {
            self.advance(step.at).await?;
            let result = self.step(step).await?;
            watch(&result);
        }
        let at = self.clock_now() + TimeDelta::minutes(1);
        self.advance(at).await?;
        for (place, expectation) in self.scenario.expectations.clone() {
            self.expect(&expectation, &place).await?;
        }
        self.report.collect(&self.office.executor, &self.folder, self.clock_now()).await?;
        self.report.mails = self.worker.sent.lock().map(|sent| sent.clone()).unwrap_or_default();
        self.office.executor.store.seal(self.clock_now()).await?;
        let Self { report, office, worker, .. } = self;
        drop(worker);
        office.executor.store.clone().close().await;
        Ok(report)
    }

    fn clock_now(&self) -> DateTime<Utc> {
        use crate::service::clock::Clock;
        self.clock.now()
    }

    /// Time passes: every job and every periodic task fires at its own instant.
    async fn advance(&mut self, to: DateTime<Utc>) -> Result<(), ScenarioError> {
        self.worker.drain().await?;
        loop {
            let now = self.clock_now();
            let job = self.office.executor.store.next_due().await?.filter(|due| *due <= to);
            let task = self.worker.timetable.next_after(now).filter(|due| *due <= to);
            let Some(next) = [job, task].into_iter().flatten().min() else { break };
            let next = next.max(now);
            self.clock.set(next);
            self.worker.tick(now, next).await?;
            if self.worker.drain().await? == 0 && job == Some(next) && next == now {
                break;
            }
        }
        // A carried act may have taken longer than the scenario thought: time never goes back.
        let now = self.clock_now();
        self.clock.set(to.max(now));
        Ok(())
    }

    async fn step<'a>(&mut self, step: &'a Step) -> Result<StepResult<'a>, ScenarioError> {
        let done = self.perform(step).await;
        let (events, refusal) = match done {
            Ok(events) => (events, None),
            Err(PaperError::Document(error)) => {
                (Vec::new(), Some(Refusal::new("document_refused", "R9.9", "", error.to_string())))
            }
            Err(error) => match error.refusal() {
                Some(refusal) => (Vec::new(), Some(refusal.clone())),
                None => return Err(error.into()),
            },
        };
        let as_expected = refusal.as_ref().map(|r| r.code.as_str()) == step.refused.as_deref();
        if let Some(refusal) = &refusal {
            self.report.refusals.push(RefusalSeen::new(&step.verb, refusal));
        }
        let (file, line) = &step.place;
        if !as_expected {
            let got = refusal
                .as_ref()
                .map_or("eseguito".into(), |r| format!("rifiuto «{}»: {r}", r.code));
            let wanted =
                step.refused.as_deref().map_or("eseguito".into(), |c| format!("rifiuto «{c}»"));
            self.report.expectations.failed.push(format!(
                "{file}:{line}: {} ({}): atteso {wanted}, avuto {got}",
                step.verb, step.by
            ));
        } else if step.refused.is_some() {
            self.report.expectations.met += 1;
        }
        self.worker.drain().await?;
        let streams: Vec<_> = events.iter().map(|e| e.event.stream.clone()).collect();
        let world = self.office.executor.world(&streams).await.map_err(ScenarioError::from)?;
        Ok(StepResult { step, events, refusal, as_expected, world })
    }

    /// Checks one expectation and puts the outcome in the report.
    pub(super) async fn expect(
        &mut self,
        expectation: &super::Expectation,
        place: &str,
    ) -> Result<(), ScenarioError> {
        let mails = self.worker.sent.lock().map(|sent| sent.clone()).unwrap_or_default();
        let met: Met = check(expectation, &self.office.executor, self.clock_now(), &mails).await?;
        self.report.expectations.met += met.met;
        let failed = met.failed.into_iter().map(|why| format!("{place}: {why}"));
        self.report.expectations.failed.extend(failed);
        Ok(())
    }
}
