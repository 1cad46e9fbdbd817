// SPDX-License-Identifier: AGPL-3.0-or-later
//! Messages: written from the facts of the moment, handed over, put on record where the law wants it.

use super::{Done, JobError, SentMail, Worker};
use crate::domain::case::CaseCommand;
use crate::domain::command::Command;
use crate::domain::effects::{Job, MailJob, digest_key};
use crate::domain::law::calendar::rome_date;
use crate::domain::notice_facts::{NoticeSubject, notice, papers_to_sign};
use crate::domain::notices::addressee;
use crate::domain::stream::StreamId;
use crate::domain::world::World;
use crate::service::execute::ExecuteError;
use crate::service::mail::{Attachment, Mail};
use crate::service::paper::{PDF, document};
use crate::store::{Job as QueuedJob, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::sync::PoisonError;

impl Worker {
    pub(super) async fn mail(
        &self,
        job: &MailJob,
        key: &str,
        at: DateTime<Utc>,
    ) -> Result<Done, JobError> {
        let mut streams: Vec<StreamId> = job.case.iter().map(StreamId::case).collect();
        streams.extend(job.sitting.iter().map(StreamId::sitting));
        streams.extend(listed_cases(job));
        let world = self.office.executor.world(&streams).await?;
        let case = job.case.as_deref().and_then(|id| world.cases.get(id)).map(AsRef::as_ref);
        let Some(person) = addressee(&world.registry, case, &job.person) else {
            return Err(JobError::Dead(format!("«{}» non è in anagrafe", job.person)));
        };
        let detail = job.detail.clone();
        let subject = NoticeSubject {
            case: job.case.as_deref(),
            sitting: job.sitting.as_deref(),
            moment: &job.moment,
            detail,
        };
        let facts = notice(&job.message, &world, subject, &person, job.day);
        let attachments = self.attachments(job, &world).await?;
        let mail = self.mailer.compose(&facts, key, at, &attachments)?;
        self.hand_over(mail).await
    }

    async fn hand_over(&self, mail: Mail) -> Result<Done, JobError> {
        self.mailer.send(&mail).await?;
        Ok(Done::Sent(Box::new(mail)))
    }

    /// Everything a person can sign now, in one message; nothing, when nothing is left.
    pub(super) async fn digest(
        &self,
        person: &str,
        day: NaiveDate,
        queued: &QueuedJob,
    ) -> Result<Done, JobError> {
        let executor = &self.office.executor;
        if self.overtaken(person, day).await? {
            return Ok(Done::Yes("lo dice il riepilogo seguente".into()));
        }
        let streams = executor.store.awaiting_signature().await?;
        let world = executor.world(&streams).await?;
        let Some(person) = world.registry.people.get(person) else {
            return Err(JobError::Dead(format!("«{person}» non è in anagrafe")));
        };
        let notices = papers_to_sign(&world, person, day);
        match self.mailer.compose_digest(&notices, &queued.key, queued.due_at)? {
            Some(mail) => self.hand_over(mail).await,
            None => Ok(Done::Yes("niente da firmare".into())),
        }
    }

    /// After a stop several digests of a person are due at once, and each would say what is to be
    /// signed now: the last one does.
    async fn overtaken(&self, person: &str, day: NaiveDate) -> Result<bool, StoreError> {
        let (now, today) = (self.now(), rome_date(self.now()));
        let days = day.iter_days().skip(1).take_while(|later| *later <= today);
        let later: Vec<String> = days.map(|later| digest_key(person, later)).collect();
        if later.is_empty() {
            return Ok(false);
        }
        let known = self.office.executor.store.jobs_named(&later).await?;
        Ok(known.iter().any(|job| job.due_at <= now))
    }

    /// The list travels with its letter, the agenda with its convening, the referto with the message
    /// to the body that asked for the posting.
    async fn attachments(&self, job: &MailJob, world: &World) -> Result<Vec<Attachment>, JobError> {
        let paper = || job.detail.get("paper").and_then(Value::as_str).map(str::to_owned);
        let (name, sha256) = match job.moment.as_str() {
            "capigruppo_listed" => ("elenco-capigruppo.pdf", paper()),
            "report_ready" => ("referto-di-pubblicazione.pdf", paper()),
            "convened" | "sitting_moved" | "sitting_cancelled" => {
                let sitting = job.sitting.as_deref().and_then(|id| world.sittings.get(id));
                let name = match job.moment.as_str() {
                    "sitting_cancelled" => "revoca-convocazione.pdf",
                    _ => "convocazione.pdf",
                };
                (name, sitting.and_then(|s| s.notice.clone()))
            }
            _ => return Ok(Vec::new()),
        };
        let Some(sha256) = sha256 else { return Ok(Vec::new()) };
        let bytes = document(&self.office.executor, &sha256).await?;
        Ok(vec![Attachment { name: name.into(), media_type: PDF.into(), bytes }])
    }

    /// A message that left, and what that lets be said; gives its identifier.
    pub(super) async fn left(&self, job: &QueuedJob, mail: Mail) -> Result<String, JobError> {
        let sent = SentMail {
            to: mail.to,
            subject: mail.subject,
            event: mail.event,
            case: mail.case,
            message: mail.message,
        };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        self.told(job, true, "").await?;
        Ok(mail.message_id)
    }

    /// Puts on record what became of a list on its way to a capogruppo (R8.3): delivered, or never
    /// leaving any more, and the Segreteria is told. Said twice, it is once.
    pub(super) async fn told(
        &self,
        job: &QueuedJob,
        delivered: bool,
        note: &str,
    ) -> Result<(), JobError> {
        let Ok(Job::Mail(mail)) = serde_json::from_value(job.payload.clone()) else {
            return Ok(());
        };
        let number = |key: &str| mail.detail.get(key).cloned().unwrap_or_default();
        let day = serde_json::from_value(number("day"));
        let serial = serde_json::from_value(number("serial"));
        let (Some(id), Ok(day), Ok(serial)) = (mail.case.clone(), day, serial) else {
            return Ok(());
        };
        if mail.moment != "capigruppo_listed" {
            return Ok(());
        }
        let (person, note) = (mail.person.clone(), note.to_owned());
        let command = CaseCommand::RecordDelivery { day, serial, person, delivered, note };
        match self.system(Command::Case { id, command }, Vec::new()).await {
            Err(ExecuteError::Refused(refusal)) if refusal.code == "already_told" => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Cases of the list a mail to a capogruppo speaks of.
fn listed_cases(job: &MailJob) -> Vec<StreamId> {
    let acts = job.detail.get("acts").and_then(Value::as_array);
    acts.into_iter().flatten().filter_map(Value::as_str).map(StreamId::case).collect()
}
