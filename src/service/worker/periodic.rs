// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an hour brings and no fact owes: the occurrences of the timetable, those that came while
//! nobody worked among them, the seals, and messages that are one job for each person.

use super::{Done, JobError, Worker};
use crate::domain::effects::{Job, MailJob};
use crate::domain::law::calendar::rome_date;
use crate::domain::registry::Role;
use crate::domain::stream::NewJob;
use crate::service::schedule::{Occurrence, Task};
use crate::store::{
    Job as QueuedJob, Outcome, ReadSet, Seal, SealRef, StoreError, WriteError, WriteSet,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// How far back a process that starts looks for what was missed: every task comes round within.
const LOOK_BACK: TimeDelta = TimeDelta::days(366);

impl Worker {
    /// Queues what came due while nobody worked, for a process that starts: since the last
    /// occurrence that is there, whoever queued it. Where there is none nothing was missed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catch_up(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(last) = self.office.executor.store.last_scheduled().await? else { return Ok(()) };
        let mut missed = self.timetable.owed(last.max(now - LOOK_BACK), now);
        missed.retain(|occurrence| occurrence.task.is_made_up_for());
        self.queue(missed.iter().map(Occurrence::job).collect()).await
    }

    /// Queues what the timetable owes between two looks; each fires once, whoever looks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tick(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(), StoreError> {
        // The key names task and instant: whoever queues it, it is there once, and a process
        // that dies right after leaves the job to the others.
        let owed = self.timetable.owed(from, to);
        self.queue(owed.iter().map(Occurrence::job).collect()).await
    }

    /// One message a person, each a job of its own: an address that is refused silences nobody
    /// else. Gives how many there are.
    pub(super) async fn tell_each(
        &self,
        mails: Vec<MailJob>,
        key: &str,
        due_at: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let job = |mail: MailJob| {
            let key = format!("{key}:{}", mail.person);
            Job::Mail(mail).unowed(key, due_at)
        };
        let jobs: Vec<NewJob> = mails.into_iter().map(job).collect();
        let told = jobs.len();
        self.queue(jobs).await?;
        Ok(told)
    }

    /// Queues work that no fact owes; what is there already stays as it is.
    async fn queue(&self, jobs: Vec<NewJob>) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let write = WriteSet { jobs, ..WriteSet::default() };
        let store = &self.office.executor.store;
        let queued = store.write(ReadSet::default(), move |_| Outcome::Write(write.clone(), ()));
        match queued.await {
            Ok(_) => Ok(()),
            Err(WriteError::Store(error)) => Err(error),
            Err(WriteError::Refused(refusal)) => {
                tracing::error!(%refusal, "not queued");
                Ok(())
            }
        }
    }

    pub(super) async fn periodic(&self, queued: &QueuedJob) -> Result<Done, JobError> {
        let task = queued.payload.get("task").and_then(Value::as_str).and_then(Task::parse);
        match task {
            Some(Task::AlboProbe) => self.probe(queued).await,
            Some(task) => {
                // A seal made late is of the moment it is made: it fixes what is there by then.
                let seal = self.office.executor.store.seal(self.now()).await?;
                if task == Task::DailySeal {
                    self.mail_seal(&seal, queued).await?;
                }
                Ok(Done::Yes(SealRef::from(&seal).to_string()))
            }
            None => Err(JobError::Dead("attività periodica sconosciuta".into())),
        }
    }

    /// The seal of the day goes out by mail, to more than one person: who deletes the newest facts,
    /// or rewrites the archive, would have to reach every copy of it.
    async fn mail_seal(&self, seal: &Seal, queued: &QueuedJob) -> Result<(), JobError> {
        let world = self.office.executor.world(&[]).await?;
        let (registry, on) = (&world.registry, rome_date(queued.due_at));
        let keepers = registry
            .acting(Role::Segretario, None, on)
            .into_iter()
            .chain(registry.in_service(Role::Amministratore, None, on));
        let mut mails: Vec<MailJob> = Vec::new();
        for keeper in keepers {
            if mails.iter().all(|mail| mail.person != keeper.person) {
                mails.push(MailJob {
                    message: "sigillo-del-giorno".into(),
                    moment: "daily_seal".into(),
                    person: keeper.person,
                    case: None,
                    sitting: None,
                    day: on,
                    detail: json!({ "seal": SealRef::from(seal).to_string() }),
                });
            }
        }
        if mails.is_empty() {
            tracing::warn!(
                seal = seal.n,
                "nobody is told the seal of the day: no Segretario and no administrator in service"
            );
        }
        self.tell_each(mails, &queued.key, queued.due_at).await?;
        Ok(())
    }
}
