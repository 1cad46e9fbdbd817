// SPDX-License-Identifier: AGPL-3.0-or-later
//! Performs what the facts owe, outside any transaction, and reports back as commands.
//!
//! At least once, with a stable identity: a job that ran and was not acknowledged finds its work
//! done and ends. Nothing is dropped: retry with back-off, then a dead letter that someone sees.

use super::execute::{ExecuteError, Request};
use super::indexing;
use super::keyring::Order;
use super::mail::{Mail, MailError, Mailer, TIMEOUT_MAX, retry_at};
use super::office::{Office, paper_state};
use super::paper::{PaperError, document, needed, pdf_document};
use super::schedule::{self, Timetable};
use crate::domain::case::capigruppo::listed_since_posting;
use crate::domain::case::{CaseCommand, effective_on, terms_of};
use crate::domain::command::Command;
use crate::domain::effects::Job;
use crate::domain::law::calendar::{rome_date, rome_instant};
use crate::domain::papers::{Assurance, PaperFacts, capigruppo_list, case_paper, sitting_paper};
use crate::domain::refusal::Refusal;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{SYSTEM_ACTOR, StreamId, StreamKind};
use crate::domain::world::World;
use crate::store::{CaseFilter, Failure, Job as QueuedJob, StoreError};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

mod albo;
mod augment;
mod mail;
mod periodic;
mod remind;

/// How long a job waits that found no database.
pub(super) const OUTAGE_WAIT: TimeDelta = TimeDelta::minutes(1);
/// Seconds a worker may keep a job before another one may take it.
const LEASE_SECONDS: i64 = 120;
/// Seconds of its lease that a job wants left when it begins: the slowest mail server, and its mark.
const LEAST_SECONDS: i64 = TIMEOUT_MAX.cast_signed() + 10;
/// Jobs taken at a time.
const BATCH: i64 = 32;
/// Kind of those that are messages.
const MAIL: &str = "mail";

/// What became of one job.
enum Done {
    /// Performed; a note for who looks at the queue.
    Yes(String),
    /// A message was handed over.
    Sent(Box<Mail>),
    /// Not yet: to be taken again at this instant.
    Later(DateTime<Utc>, String),
    /// Not begun: another worker has it, or nothing can be recorded now.
    NotBegun,
}

/// Why a job failed.
#[derive(Debug, Error)]
enum JobError {
    /// It may succeed later.
    #[error("{0}")]
    Retry(String),
    /// It will not.
    #[error("{0}")]
    Dead(String),
    /// The database does not answer: no failure of the job, however long that lasts.
    #[error("{0}")]
    Passing(String),
    /// It waits for a person to be put in a post: that may take weeks and is no failure.
    #[error("{0}")]
    Vacant(String),
}

impl JobError {
    /// The same, as an attempt that counts: what was handed over is not handed over again for ever.
    fn counted(self) -> Self {
        match self {
            Self::Passing(why) | Self::Vacant(why) => Self::Retry(why),
            error => error,
        }
    }
}

impl From<PaperError> for JobError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Refused(refusal) => refusal.into(),
            PaperError::Execute(error) => error.into(),
            // A paper waits for its facts and for people to mend them: it is tried again, in view.
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<ExecuteError> for JobError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::Store(error) => error.into(),
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error.is_passing() {
            true => Self::Passing(error.to_string()),
            false => Self::Retry(error.to_string()),
        }
    }
}

impl From<Refusal> for JobError {
    fn from(refusal: Refusal) -> Self {
        match refusal.code.as_str() {
            NOBODY => Self::Vacant(refusal.to_string()),
            _ => Self::Retry(refusal.to_string()),
        }
    }
}

impl From<MailError> for JobError {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Retry(reason) => Self::Retry(reason),
            MailError::Permanent(reason) => Self::Dead(reason),
        }
    }
}

/// A worker of one installation.
pub struct Worker {
    /// The desk it works at.
    pub office: Office,
    /// Sends mails.
    pub mailer: Arc<Mailer>,
    /// What is done periodically.
    pub timetable: Timetable,
    /// Address of the public pages, to ask for them as everybody does; without it nobody does.
    pub pages: Option<String>,
    /// Name in the leases, unique among workers.
    pub name: String,
    /// What was sent by this worker, for who runs scenarios.
    pub sent: Arc<Mutex<Vec<SentMail>>>,
}

/// A mail that was handed over.
#[derive(Debug, Clone, Serialize)]
pub struct SentMail {
    /// Address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Moment that caused it.
    pub event: String,
    /// Case.
    pub case: Option<String>,
    /// Folder of the templates.
    #[serde(skip)]
    pub message: String,
}

impl Worker {
    fn now(&self) -> DateTime<Utc> {
        self.office.executor.clock.now()
    }

    /// Performs every job that is due now, until none is left, then reads what changed into the
    /// index of words; gives how many jobs were taken.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        self.drain_while(|| true).await
    }

    /// The same until somebody says that it is enough: what was taken and not begun is given back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drain_while(&self, go_on: impl Fn() -> bool + Sync) -> Result<usize, StoreError> {
        let store = &self.office.executor.store;
        let mut performed = 0;
        while go_on() {
            let jobs = store.claim(&[], &self.name, self.now(), LEASE_SECONDS, BATCH).await?;
            if jobs.is_empty() {
                indexing::catch_up(&self.office.executor, &go_on).await?;
                break;
            }
            let mails = |one: &QueuedJob, next: &QueuedJob| one.kind == MAIL && next.kind == MAIL;
            for together in jobs.chunk_by(mails) {
                performed += self.run(together, &go_on).await?;
            }
        }
        Ok(performed)
    }

    /// Whether a job taken with others is still this worker's. Those before it may have lasted (a
    /// mail server that is slow to answer): when its lease ends, another process does it too.
    async fn keeps(&self, job: &QueuedJob) -> Result<bool, StoreError> {
        let now = self.now();
        if job.next_at - now >= TimeDelta::seconds(LEAST_SECONDS) {
            return Ok(true);
        }
        let until = now + TimeDelta::seconds(LEASE_SECONDS);
        self.office.executor.store.renew(&job.key, &self.name, until).await
    }

    /// Gives back what this worker took and could not finish because the database failed, so that
    /// it is taken again without waiting for the end of the lease.
    ///
    /// # Errors
    /// When the database still does not answer.
    pub async fn give_back(&self) -> Result<u64, StoreError> {
        self.office.executor.store.give_back(&self.name, self.now()).await
    }

    /// Performs leased jobs and records what became of each; gives how many they were. Messages
    /// leave together, as many as the lines to the server: most of their time is its answer. Those
    /// that arrived are recorded in one commit while others are on their way, and a line takes the
    /// next only then: what left and is not on record is never more than the lines, and its lease
    /// does not end meanwhile. Once something cannot be recorded nothing more is begun.
    async fn run(
        &self,
        jobs: &[QueuedJob],
        go_on: &(impl Fn() -> bool + Sync),
    ) -> Result<usize, StoreError> {
        let (told, mut outcomes) = mpsc::unbounded_channel();
        let failing = AtomicBool::new(false);
        let performing = async {
            let told = told;
            let one = async |job| {
                let outcome = match failing.load(Ordering::Relaxed) {
                    true => Ok(Done::NotBegun),
                    false => self.outcome(job, go_on).await,
                };
                // Whoever records hears of every job, and lets go of its line afterwards.
                let (line, recorded) = oneshot::channel::<()>();
                let _ = told.send(((job, outcome), line));
                let _ = recorded.await;
            };
            stream::iter(jobs).for_each_concurrent(self.mailer.together(), one).await;
        };
        let recording = async {
            let mut recorded = Ok(());
            let mut arrived = Vec::new();
            while outcomes.recv_many(&mut arrived, jobs.len()).await > 0 {
                let (outcomes, lines): (Vec<_>, Vec<_>) = arrived.drain(..).unzip();
                recorded = self.record(outcomes, recorded).await;
                failing.store(recorded.is_err(), Ordering::Relaxed);
                drop(lines);
            }
            recorded
        };
        tokio::join!(performing, recording).1.map(|()| jobs.len())
    }

    /// What becomes of a job that was taken.
    async fn outcome(
        &self,
        job: &QueuedJob,
        go_on: &(impl Fn() -> bool + Sync),
    ) -> Result<Done, JobError> {
        if !go_on() {
            let why = "il programma è stato fermato prima di cominciare";
            return Ok(Done::Later(self.now(), why.into()));
        }
        match self.keeps(job).await {
            Ok(true) => self.perform(job).await,
            Ok(false) => Ok(Done::NotBegun),
            Err(error) => Err(JobError::Passing(error.to_string())),
        }
    }

    /// Records what became of jobs, those that are done in one commit. What is done is always tried;
    /// the rest, after a failure, is left to [`Worker::give_back`]: a database that does not answer
    /// would be waited for as many times as there are jobs.
    async fn record(
        &self,
        outcomes: Vec<(&QueuedJob, Result<Done, JobError>)>,
        mut recorded: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let store = &self.office.executor.store;
        let mut done = BTreeMap::new();
        for (job, outcome) in outcomes {
            let outcome = match outcome {
                Ok(Done::Sent(mail)) => self.left(job, *mail).await.map_err(JobError::counted),
                Ok(Done::Yes(note)) => Ok(note),
                Ok(Done::NotBegun) => continue,
                Ok(Done::Later(at, why)) => {
                    if recorded.is_ok() {
                        let put_off = store.put_off(&job.key, &self.name, at, &why).await;
                        recorded = put_off.map(drop);
                    }
                    continue;
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(note) => drop(done.insert(job.key.as_str(), note)),
                Err(error) if recorded.is_ok() => recorded = self.failed(job, error).await,
                Err(_) => {}
            }
        }
        let finished = store.finish(&done, &self.name, self.now()).await;
        recorded.and(finished.map(drop))
    }

    async fn failed(&self, job: &QueuedJob, error: JobError) -> Result<(), StoreError> {
        let store = &self.office.executor.store;
        let now = self.now();
        let waits = match &error {
            JobError::Passing(why) => Some((now + OUTAGE_WAIT, why)),
            JobError::Vacant(why) => Some((next_morning(now), why)),
            _ => None,
        };
        if let Some((until, why)) = waits {
            tracing::warn!(job = job.key, %error, "job waits");
            return store.put_off(&job.key, &self.name, until, why).await.map(drop);
        }
        let attempt = u32::try_from(job.attempts).unwrap_or(u32::MAX);
        let failure = match (&error, retry_at(attempt, now)) {
            (JobError::Retry(_), Some(at)) => Failure::RetryAt(at),
            _ => Failure::Dead,
        };
        tracing::warn!(job = job.key, attempt, %error, ?failure, "job failed");
        let why = error.to_string();
        if matches!(failure, Failure::Dead)
            && let Err(error) = self.told(job, false, &why).await
        {
            tracing::error!(job = job.key, %error, "not recorded");
        }
        store.fail(&job.key, &self.name, now, &why, failure).await.map(drop)
    }

    async fn perform(&self, queued: &QueuedJob) -> Result<Done, JobError> {
        if queued.kind == schedule::KIND {
            return self.periodic(queued).await;
        }
        let job: Job = serde_json::from_value(queued.payload.clone())
            .map_err(|error| JobError::Dead(format!("lavoro non leggibile: {error}")))?;
        match job {
            Job::Paper { stream, key } => self.paper(&stream, &key).await,
            Job::Mail(mail) => self.mail(&mail, &queued.key, queued.due_at).await,
            Job::Remind { case, entered, moment } => {
                self.remind(&case, entered, &moment, queued).await
            }
            Job::Ratification { case, ahead } => self.ratification(&case, ahead, queued).await,
            Job::Capigruppo { day } => self.capigruppo(day).await,
            Job::EndPosting { case } => {
                self.availability(&case).await?;
                self.timer(&case, CaseCommand::EndPosting).await
            }
            Job::Augment { stream, document } => self.augment(&stream, &document, queued).await,
            Job::CertifyEffect { case } => self.timer(&case, CaseCommand::CertifyEffect).await,
            Job::Digest { person, day } => self.digest(&person, day, queued).await,
        }
    }

    async fn system(
        &self,
        command: Command,
        documents: Vec<crate::domain::stream::NewDocument>,
    ) -> Result<(), ExecuteError> {
        let request = Request { documents, ..Request::new(SYSTEM_ACTOR, command) };
        self.office.executor.execute(request).await.map(drop)
    }

    /// Composes a paper and puts the entity's seal where it is foreseen.
    async fn paper(&self, stream: &StreamId, key: &str) -> Result<Done, JobError> {
        let executor = &self.office.executor;
        let world = executor.world(std::slice::from_ref(stream)).await?;
        let state = paper_state(&world, stream, key)?;
        if state.dropped {
            return Ok(Done::Yes("il documento non è più dovuto".into()));
        }
        if state.sha256.is_none() {
            let facts = owed_facts(&world, stream, key)?;
            let comune = &world.registry.comune;
            let composed = self.office.press.compose(executor, &facts, comune).await?;
            let document = pdf_document(composed.pdf);
            let command = prepare_command(stream, key, &facts, &document.sha256, composed.pages);
            self.system(command, vec![document]).await?;
        }
        self.seal(stream, key).await?;
        Ok(Done::Yes(String::new()))
    }

    async fn seal(&self, stream: &StreamId, key: &str) -> Result<(), JobError> {
        let executor = &self.office.executor;
        let world = executor.world(std::slice::from_ref(stream)).await?;
        let state = paper_state(&world, stream, key)?;
        let slot = state.open_slots().find(|s| s.signer.is_none()).cloned();
        let (Some(slot), Some(base)) = (slot, state.sha256.clone()) else { return Ok(()) };
        let pdf = document(executor, &base).await?;
        let comune = &world.registry.comune;
        let needed = needed(executor, state.plan.kind).await?;
        let order = Order { pdf, field: slot.field.clone(), needed };
        let sealed = self.office.press.seal(order, comune, self.now()).await?;
        let (found, document) = (sealed.assurance, pdf_document(sealed.pdf));
        let sha256 = document.sha256.clone();
        let command = seal_command(stream, key, slot.field, base, sha256, found);
        Ok(self.system(command, vec![document]).await?)
    }

    /// The list of the day: every act posted on D that no list of that day holds yet (I6).
    async fn capigruppo(&self, day: NaiveDate) -> Result<Done, JobError> {
        let executor = &self.office.executor;
        let filter = CaseFilter { posted_on: Some(day), ..CaseFilter::default() };
        let mut ids: Vec<String> =
            executor.store.cases(&filter).await?.into_iter().map(|row| row.id).collect();
        ids.sort();
        let streams: Vec<StreamId> = ids.iter().map(StreamId::case).collect();
        let world = executor.world(&streams).await?;
        let serial = ids
            .iter()
            .filter_map(|id| world.cases.get(id))
            .flat_map(|c| c.listed.iter().filter(|(d, _)| *d == day).map(|(_, n)| *n))
            .max()
            .unwrap_or(0)
            + 1;
        ids.retain(|id| {
            world.cases.get(id).is_some_and(|c| {
                let posted = c.posting.as_ref().is_some_and(|p| p.day == day);
                posted && c.duties.contains_key("capigruppo") && !listed_since_posting(c)
            })
        });
        if ids.is_empty() {
            return Ok(Done::Yes("tutti gli atti del giorno sono già in elenco".into()));
        }
        let cases: Vec<&str> = ids.iter().map(String::as_str).collect();
        let facts = capigruppo_list(day, serial, &cases, &world)?;
        // The seal goes where no person signs; a list a person signs is owed to him (R9.6).
        let unsigned = facts.slots.iter().find(|s| s.signer.is_none()).map(|s| s.field.clone());
        let (documents, sha256) = match unsigned {
            Some(field) => {
                let comune = &world.registry.comune;
                let composed = self.office.press.compose(executor, &facts, comune).await?;
                let needed = needed(executor, facts.kind).await?;
                let order = Order { pdf: composed.pdf, field, needed };
                let sealed = self.office.press.seal(order, comune, self.now()).await?;
                let document = pdf_document(sealed.pdf);
                let sha256 = document.sha256.clone();
                (vec![document], sha256)
            }
            None => (Vec::new(), String::new()),
        };
        let count = ids.len();
        let command = Command::ListCapigruppo { day, serial, cases: ids, sha256 };
        self.system(command, documents).await?;
        Ok(Done::Yes(format!("elenco n. {serial}: {count} atti")))
    }

    /// What a term brings. If the term moved meanwhile, the job waits for the new day; if there is
    /// nothing to do any more, it says why.
    async fn timer(&self, id: &str, command: CaseCommand) -> Result<Done, JobError> {
        let effect = matches!(command, CaseCommand::CertifyEffect);
        let refusal = match self.system(Command::Case { id: id.into(), command }, Vec::new()).await
        {
            Ok(()) => return Ok(Done::Yes(String::new())),
            Err(ExecuteError::Refused(refusal)) => refusal,
            Err(error) => return Err(error.into()),
        };
        match refusal.code.as_str() {
            "posting_not_ended" | "not_yet_effective" => {
                let world = self.office.executor.world(&[StreamId::case(id)]).await?;
                let case = world.cases.get(id).map(AsRef::as_ref);
                let day = match effect {
                    true => case.and_then(effective_on),
                    false => case.and_then(terms_of).map(|t| t.off_on),
                };
                let Some(day) = day else { return Ok(Done::Yes(refusal.text)) };
                Ok(Done::Later(early(day), refusal.text))
            }
            "not_posted"
            | "posting_already_ended"
            | "already_enforceable"
            | "already_certified"
            | "not_effective_now"
            | "never_effective" => Ok(Done::Yes(refusal.text)),
            _ => Err(refusal.into()),
        }
    }
}

/// Code of the refusal where a post has nobody in it.
pub(super) const NOBODY: &str = "nobody_acting";

/// When what waits for a day is looked at: before people come to work.
pub(super) fn early(day: NaiveDate) -> DateTime<Utc> {
    rome_instant(day, NaiveTime::from_hms_opt(7, 30, 0).unwrap_or_default())
}

/// When what waits for people is looked at again.
pub(super) fn next_morning(now: DateTime<Utc>) -> DateTime<Utc> {
    early(rome_date(now) + Days::new(1))
}

fn owed_facts(world: &World, stream: &StreamId, key: &str) -> Result<PaperFacts, Refusal> {
    let plan = paper_state(world, stream, key)?.plan;
    match stream.kind {
        StreamKind::Sitting => sitting_paper(&stream.id, &plan, world),
        _ => case_paper(&stream.id, &plan, world),
    }
}

fn prepare_command(
    stream: &StreamId,
    key: &str,
    facts: &PaperFacts,
    sha256: &str,
    pages: usize,
) -> Command {
    let (id, paper_key) = (stream.id.clone(), key.to_owned());
    let (facts, sha256) = (facts.sha256(), sha256.to_owned());
    match stream.kind {
        StreamKind::Sitting => Command::Sitting {
            id,
            command: SittingCommand::PreparePaper { paper_key, facts, sha256, pages },
        },
        _ => Command::Case {
            id,
            command: CaseCommand::PreparePaper { paper_key, facts, sha256, pages },
        },
    }
}

fn seal_command(
    stream: &StreamId,
    key: &str,
    field: String,
    base: String,
    sha256: String,
    found: Assurance,
) -> Command {
    let assurance = Some(found);
    let (id, paper_key) = (stream.id.clone(), key.to_owned());
    match stream.kind {
        StreamKind::Sitting => Command::Sitting {
            id,
            command: SittingCommand::SealPaper { paper_key, field, base, sha256, assurance },
        },
        _ => Command::Case {
            id,
            command: CaseCommand::SealPaper { paper_key, field, base, sha256, assurance },
        },
    }
}
