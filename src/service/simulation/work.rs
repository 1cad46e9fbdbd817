// SPDX-License-Identifier: AGPL-3.0-or-later
//! The workers: what the facts owe is done at least once, and everything goes wrong at times.
//!
//! The same decisions as `service::worker`, on hashes instead of bytes: compose and seal papers,
//! list the acts of the day, certify what time brings, hand mails over, raise signatures.

use super::town::{Answer, Queued};
use super::{Broken, Town};
use crate::domain::case::capigruppo::listed_since_posting;
use crate::domain::case::{CaseCommand, effective_on, terms_of};
use crate::domain::command::Command;
use crate::domain::effects::{Job, MailJob};
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::{
    Assurance, Augmentation, SignatureLevel, capigruppo_list, case_paper, sitting_paper,
};
use crate::domain::refusal::Refusal;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{SYSTEM_ACTOR, StreamId, StreamKind};
use crate::service::mail::retry_at;
use crate::service::office::paper_state;
use crate::service::worker::{NOBODY, OUTAGE_WAIT, early, next_morning};
use crate::store::PUT_OFF_ATTEMPTS;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::sync::Arc;

/// What a job came to.
enum Done {
    Yes,
    Later(DateTime<Utc>),
    Retry(String),
    Dead(String),
}

fn is_message(job: &Job) -> bool {
    matches!(job, Job::Mail(_) | Job::Remind { .. } | Job::Digest { .. } | Job::Ratification { .. })
}

impl Town {
    /// A worker takes what is due and does it, some of it or all.
    ///
    /// # Errors
    /// Something that must never be.
    pub(super) fn work(&mut self, most: usize) -> Result<usize, Broken> {
        let now = self.now;
        let due = |queued: &&Queued| queued.ended.is_none() && queued.next_at <= now;
        let due: Vec<String> =
            self.jobs.values().filter(due).take(most).map(|q| q.job.key.clone()).collect();
        for key in &due {
            self.take(key)?;
        }
        Ok(due.len())
    }

    /// One job under a lease.
    fn take(&mut self, key: &str) -> Result<(), Broken> {
        let Some(queued) = self.jobs.get_mut(key).filter(|q| q.ended.is_none()) else {
            return Ok(());
        };
        queued.attempts += 1;
        queued.next_at = self.now + TimeDelta::seconds(120);
        let (payload, attempts) = (queued.job.payload.clone(), queued.attempts);
        let job: Job = serde_json::from_value(payload)
            .map_err(|error| self.broken(format!("lavoro non leggibile {key}: {error}")))?;
        let dice = if self.calm { 99 } else { self.chance.below(100) };
        if dice == 0 {
            self.fault("lavoro preso e mai fatto");
            return Ok(());
        }
        let done = self.perform(key, &job, attempts)?;
        match dice {
            1 => {
                self.fault("lavoro fatto e mai confermato");
                return Ok(());
            }
            2 => {
                self.fault("due processi con lo stesso lavoro");
                // The other one had it too, and ends after this one.
                let _ = self.perform(key, &job, attempts)?;
            }
            _ => {}
        }
        self.settle(key, &job, attempts, done)
    }

    fn settle(&mut self, key: &str, job: &Job, attempts: u32, done: Done) -> Result<(), Broken> {
        let now = self.now;
        let put_off = matches!(done, Done::Later(_));
        let (ended, next_at) = match done {
            Done::Yes => (Some(true), now),
            Done::Later(at) => (None, at.max(now + TimeDelta::seconds(1))),
            Done::Retry(why) => match retry_at(attempts, now) {
                Some(at) => (None, at),
                // A paper that cannot be composed for two days is something to look at.
                None if is_message(job) => (Some(false), now),
                None => return Err(self.broken(format!("{key} non riesce mai: {why}"))),
            },
            Done::Dead(why) if is_message(job) => {
                self.undelivered(job, &why)?;
                (Some(false), now)
            }
            Done::Dead(why) => return Err(self.broken(format!("{key} è perso: {why}"))),
        };
        if ended == Some(false) {
            *self.tally.ends.entry("messaggio non recapitato".into()).or_default() += 1;
        }
        if let Some(queued) = self.jobs.get_mut(key) {
            if ended.is_none() && put_off {
                queued.attempts = queued.attempts.min(PUT_OFF_ATTEMPTS);
            }
            (queued.ended, queued.next_at) = (ended, next_at);
        }
        Ok(())
    }

    fn perform(&mut self, key: &str, job: &Job, attempts: u32) -> Result<Done, Broken> {
        match job {
            Job::Paper { stream, key } => self.paper(stream, key),
            Job::Mail(mail) => self.mail(key, mail),
            // Told as mails are; what they say is looked up when they leave.
            Job::Remind { .. } | Job::Digest { .. } | Job::Ratification { .. } => {
                Ok(self.handed_over(key).unwrap_or(Done::Yes))
            }
            Job::Capigruppo { day } => self.capigruppo(*day),
            Job::EndPosting { case } => self.timer(case, CaseCommand::EndPosting),
            Job::CertifyEffect { case } => self.timer(case, CaseCommand::CertifyEffect),
            Job::Augment { stream, document } => self.augment(stream, document, attempts),
        }
    }

    fn system(&mut self, command: Command) -> Result<Result<(), Done>, Broken> {
        Ok(match self.act(SYSTEM_ACTOR, &command, None)? {
            Answer::Done(_) => Ok(()),
            Answer::Refused(refusal) if refusal.code == NOBODY => {
                Err(Done::Later(next_morning(self.now)))
            }
            Answer::Refused(refusal) => Err(Done::Retry(refusal.code)),
            Answer::Lost | Answer::Moved => Err(Done::Later(self.now + OUTAGE_WAIT)),
        })
    }

    /// As the worker: a post without anybody is waited for, anything else is tried again.
    fn waits(&self, refusal: &Refusal) -> Done {
        match refusal.code.as_str() {
            NOBODY => Done::Later(next_morning(self.now)),
            _ => Done::Retry(refusal.to_string()),
        }
    }

    fn paper(&mut self, stream: &StreamId, key: &str) -> Result<Done, Broken> {
        let Ok(state) = paper_state(&self.world, stream, key) else {
            return Err(self.broken(format!("{key} di {stream} è dovuto e non c'è")));
        };
        if state.dropped {
            return Ok(Done::Yes);
        }
        if state.sha256.is_none() {
            let facts = match stream.kind {
                StreamKind::Sitting => sitting_paper(&stream.id, &state.plan, &self.world),
                _ => case_paper(&stream.id, &state.plan, &self.world),
            };
            let facts = match facts {
                Ok(facts) => facts.sha256(),
                Err(refusal) => return Ok(self.waits(&refusal)),
            };
            let (id, paper_key, sha256, pages) =
                (stream.id.clone(), key.to_owned(), self.bytes(), 1);
            let command = match stream.kind {
                StreamKind::Sitting => Command::Sitting {
                    id,
                    command: SittingCommand::PreparePaper { paper_key, facts, sha256, pages },
                },
                _ => Command::Case {
                    id,
                    command: CaseCommand::PreparePaper { paper_key, facts, sha256, pages },
                },
            };
            if let Err(done) = self.system(command)? {
                return Ok(done);
            }
        }
        self.seal(stream, key)
    }

    fn seal(&mut self, stream: &StreamId, key: &str) -> Result<Done, Broken> {
        let Ok(state) = paper_state(&self.world, stream, key) else { return Ok(Done::Yes) };
        let slot = state.open_slots().find(|slot| slot.signer.is_none()).cloned();
        let (Some(slot), Some(base)) = (slot, state.sha256) else { return Ok(Done::Yes) };
        let (id, paper_key, sha256) = (stream.id.clone(), key.to_owned(), self.bytes());
        let (field, assurance) = (slot.field, Some(Assurance::NONE));
        let command = match stream.kind {
            StreamKind::Sitting => Command::Sitting {
                id,
                command: SittingCommand::SealPaper { paper_key, field, base, sha256, assurance },
            },
            _ => Command::Case {
                id,
                command: CaseCommand::SealPaper { paper_key, field, base, sha256, assurance },
            },
        };
        Ok(self.system(command)?.err().unwrap_or(Done::Yes))
    }

    fn capigruppo(&mut self, day: NaiveDate) -> Result<Done, Broken> {
        let posted = |case: &&Arc<crate::domain::case::Case>| {
            case.posting.as_ref().is_some_and(|p| p.day == day) && !listed_since_posting(case)
        };
        let ids: Vec<String> =
            self.world.cases.values().filter(posted).map(|case| case.id.clone()).collect();
        if ids.is_empty() {
            return Ok(Done::Yes);
        }
        let listed = self.world.cases.values().flat_map(|c| &c.listed);
        let serial = listed.filter(|(d, _)| *d == day).map(|(_, n)| *n).max().unwrap_or(0) + 1;
        let cases: Vec<&str> = ids.iter().map(String::as_str).collect();
        let facts = match capigruppo_list(day, serial, &cases, &self.world) {
            Ok(facts) => facts,
            Err(refusal) => return Ok(self.waits(&refusal)),
        };
        let sealed = facts.slots.iter().any(|slot| slot.signer.is_none());
        let sha256 = if sealed { self.bytes() } else { String::new() };
        let command = Command::ListCapigruppo { day, serial, cases: ids, sha256 };
        Ok(self.system(command)?.err().unwrap_or(Done::Yes))
    }

    /// As `Worker::timer`: what is refused for good is done, what is early waits for its day.
    fn timer(&mut self, id: &str, command: CaseCommand) -> Result<Done, Broken> {
        let effect = matches!(command, CaseCommand::CertifyEffect);
        let command = Command::Case { id: id.to_owned(), command };
        let code = match self.system(command)? {
            Ok(()) => return Ok(Done::Yes),
            Err(Done::Retry(code)) => code,
            Err(other) => return Ok(other),
        };
        Ok(match code.as_str() {
            "posting_not_ended" | "not_yet_effective" => {
                let case = self.world.cases.get(id).map(AsRef::as_ref);
                let day = match effect {
                    true => case.and_then(effective_on),
                    false => case.and_then(terms_of).map(|terms| terms.off_on),
                };
                day.map_or(Done::Yes, |day| Done::Later(early(day)))
            }
            "not_posted"
            | "posting_already_ended"
            | "already_enforceable"
            | "already_certified"
            | "not_effective_now"
            | "never_effective" => Done::Yes,
            _ => Done::Retry(code),
        })
    }

    fn mail(&mut self, key: &str, mail: &MailJob) -> Result<Done, Broken> {
        if !self.world.registry.people.contains_key(&mail.person) {
            return Ok(Done::Dead(format!("«{}» non è in anagrafe", mail.person)));
        }
        match self.handed_over(key) {
            Some(answer) => Ok(answer),
            None => self.told(mail, true),
        }
    }

    /// What the server says of a message it does not take, or takes and says it did not.
    fn handed_over(&mut self, key: &str) -> Option<Done> {
        match if self.calm { 99 } else { self.chance.below(100) } {
            0 | 1 => {
                self.fault("SMTP: riprovare");
                Some(Done::Retry("451".into()))
            }
            2 => {
                self.fault("SMTP: rifiutato");
                Some(Done::Dead("550".into()))
            }
            3 => {
                self.fault("SMTP: accettato e poi no");
                *self.taken.entry(key.to_owned()).or_default() += 1;
                Some(Done::Retry("421".into()))
            }
            _ => {
                *self.taken.entry(key.to_owned()).or_default() += 1;
                None
            }
        }
    }

    /// What became of a list on its way to a capogruppo; said twice, it is once.
    fn told(&mut self, mail: &MailJob, delivered: bool) -> Result<Done, Broken> {
        let number = |key: &str| mail.detail.get(key).cloned().unwrap_or_default();
        let day = serde_json::from_value(number("day"));
        let serial = serde_json::from_value(number("serial"));
        let (Some(id), Ok(day), Ok(serial)) = (mail.case.clone(), day, serial) else {
            return Ok(Done::Yes);
        };
        if mail.moment != "capigruppo_listed" {
            return Ok(Done::Yes);
        }
        let (person, note) = (mail.person.clone(), String::new());
        let command = CaseCommand::RecordDelivery { day, serial, person, delivered, note };
        Ok(match self.system(Command::Case { id, command })? {
            Ok(()) => Done::Yes,
            Err(Done::Retry(code)) if code == "already_told" => Done::Yes,
            // The message left: this attempt counts.
            Err(Done::Later(_)) => Done::Retry("il database non risponde".into()),
            Err(done) => done,
        })
    }

    fn undelivered(&mut self, job: &Job, _why: &str) -> Result<(), Broken> {
        let Job::Mail(mail) = job else { return Ok(()) };
        let calm = std::mem::replace(&mut self.calm, true);
        let told = self.told(mail, false);
        self.calm = calm;
        told.map(drop)
    }

    /// A time-stamp, when the authority answers.
    fn augment(
        &mut self,
        stream: &StreamId,
        document: &str,
        attempts: u32,
    ) -> Result<Done, Broken> {
        let kept = match stream.kind {
            StreamKind::Case => self.world.cases.get(&stream.id).map(|case| &case.kept),
            _ => self.world.sittings.get(&stream.id).map(|sitting| &sitting.kept),
        };
        let Some(kept) = kept.and_then(|kept| kept.get(document)).cloned() else {
            return Ok(Done::Yes);
        };
        let Ok(regulation) = self.world.regulation(rome_date(self.now)) else {
            return Ok(Done::Retry("nessun regolamento".into()));
        };
        let wanted = kept.target(&regulation.signature_policy);
        if kept.level >= wanted && kept.level < SignatureLevel::Lta {
            return Ok(Done::Yes);
        }
        if self.now < self.no_stamps_until && !self.calm {
            self.fault("TSA: non risponde");
            let minutes = TimeDelta::minutes(1 << attempts.clamp(0, 6)).min(TimeDelta::hours(1));
            return Ok(Done::Later(self.now + minutes));
        }
        let step = Augmentation {
            document: document.to_owned(),
            base: kept.sha256,
            sha256: self.bytes(),
            level: wanted,
            renew_by: Some(self.now + TimeDelta::days(3650)),
        };
        let id = stream.id.clone();
        let command = match stream.kind {
            StreamKind::Sitting => Command::Sitting { id, command: SittingCommand::Augment(step) },
            _ => Command::Case { id, command: CaseCommand::Augment(step) },
        };
        Ok(self.system(command)?.err().unwrap_or(Done::Yes))
    }
}
