// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a fact owes: jobs (papers, mails, timers), numbers, rows. Pure, so that `verify` can replay
//! the streams and compare: every event has its document, or a live job that owes it.

mod augment;
mod moments;
mod project;

pub use project::{case_rows, changed_rows, fold, registry_row, sitting_rows, token};

use crate::case::{CaseEvent, effective_on, terms_of};
use crate::changes::Fact;
use crate::law::calendar::{add_days, rome_date, rome_instant};
use crate::registry::RegistryEvent;
use crate::sitting::SittingEvent;
use crate::stream::{NewJob, NumberTaken, RegisterOpened, StreamId};
use crate::world::World;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Hour at which reminders and certificates of a day are made: ready before eight (practice.md 2).
const MORNING: (u32, u32) = (7, 30);
/// Days before a deadline when the first reminder goes out (practice.md 3, row 7).
const NEAR_DAYS: u64 = 2;

/// Days from the next digest to those that name the same paper again, if it is still unsigned.
const DIGEST_DAYS: [u64; 3] = [0, 2, 7];

/// Days before the term of a ratification on which it is called to mind (practice.md 3, row 19).
const RATIFICATION_DAYS: [u64; 3] = [30, 10, 0];

/// What a worker does, typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Compose a paper; seal it where it is the entity's.
    Paper {
        /// Stream that owes it.
        stream: StreamId,
        /// Key of the paper.
        key: String,
    },
    /// Tell one person something.
    Mail(MailJob),
    /// Remind whoever is charged with a step, if the act still stands there.
    Remind {
        /// Case.
        case: String,
        /// Version of the stream at which the step was entered.
        entered: i64,
        /// `deadline_near`, `deadline_due` or `deadline_passed`.
        moment: String,
    },
    /// Remind that the Consiglio must ratify, if it did not yet.
    Ratification {
        /// Case.
        case: String,
        /// Days before the term.
        ahead: u64,
    },
    /// Send the list of the day to the capigruppo.
    Capigruppo {
        /// D.
        day: NaiveDate,
    },
    /// The term of posting has passed.
    EndPosting {
        /// Case.
        case: String,
    },
    /// The act has become effective: its certificate is owed.
    CertifyEffect {
        /// Case.
        case: String,
    },
    /// One message a day about everything a person has to sign.
    Digest {
        /// Person.
        person: String,
        /// Civil day of the message.
        day: NaiveDate,
    },
    /// Raise a signed paper to the level the policy asks, or renew its last time-stamp (R9.2).
    Augment {
        /// Stream of the paper.
        stream: StreamId,
        /// SHA-256 of its signed revision.
        document: String,
    },
}

/// A mail to one person about one fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailJob {
    /// Folder of the message.
    pub message: String,
    /// Moment that caused it.
    pub moment: String,
    /// Person.
    pub person: String,
    /// Case it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Sitting it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitting: Option<String>,
    /// Civil day of the fact.
    pub day: NaiveDate,
    /// What else the message says.
    #[serde(default)]
    pub detail: Value,
}

impl Job {
    /// Token stored beside the payload.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Paper { .. } => "paper",
            Self::Mail(_) => "mail",
            Self::Remind { .. } => "remind",
            Self::Ratification { .. } => "ratification",
            Self::Capigruppo { .. } => "capigruppo",
            Self::EndPosting { .. } => "end_posting",
            Self::CertifyEffect { .. } => "certify_effect",
            Self::Digest { .. } => "digest",
            Self::Augment { .. } => "augment",
        }
    }

    /// The row of the queue, of work that a fact owes.
    pub fn owed(&self, key: String, due_at: DateTime<Utc>, stream: &StreamId) -> NewJob {
        NewJob { stream: stream.to_string(), ..self.unowed(key, due_at) }
    }

    /// The row of the queue, of work that an hour brings and no fact owes: a replay does not find
    /// it, so it names no stream.
    pub fn unowed(&self, key: String, due_at: DateTime<Utc>) -> NewJob {
        NewJob {
            key,
            kind: self.kind().into(),
            payload: serde_json::to_value(self).unwrap_or_default(),
            due_at,
            stream: String::new(),
        }
    }
}

/// Everything one fact owes.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Work.
    pub jobs: Vec<NewJob>,
    /// Numbers taken.
    pub numbers: Vec<NumberTaken>,
    /// Registers opened.
    pub opened: Vec<RegisterOpened>,
}

/// When and where a fact stands.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Its stream.
    pub stream: &'a StreamId,
    /// Its version in the stream.
    pub version: i64,
    /// When it happened.
    pub happened: DateTime<Utc>,
    /// When it was recorded.
    pub recorded: DateTime<Utc>,
}

impl At<'_> {
    /// Civil day of the fact.
    pub fn day(&self) -> NaiveDate {
        rome_date(self.happened)
    }

    /// A key that names this very fact.
    pub fn key(&self, what: &str) -> String {
        format!("{what}:{}:{}", self.stream, self.version)
    }
}

/// Folds one fact into the world, as the store gave it.
pub fn evolve(world: &mut World, fact: &Fact, happened: DateTime<Utc>, actor: &str) {
    match fact {
        Fact::Case(id, event) => {
            let case = world.cases.entry(id.clone());
            let case = case.or_insert_with(|| Arc::new(crate::case::Case::new(id)));
            Arc::make_mut(case).evolve(event, happened, actor);
        }
        Fact::Sitting(id, event) => {
            let sitting = world.sittings.entry(id.clone());
            let sitting = sitting.or_insert_with(|| Arc::new(crate::sitting::Sitting::new(id)));
            Arc::make_mut(sitting).evolve(event, happened);
        }
        Fact::Registry(event) => Arc::make_mut(&mut world.registry).evolve(event),
    }
}

/// What a fact owes, seen right after it. `world` holds every stream of the same decision.
pub fn react(world: &World, fact: &Fact, at: At<'_>) -> Effects {
    let mut effects = Effects::default();
    match fact {
        Fact::Case(id, event) => {
            case_work(world, id, event, at, &mut effects);
            augment::of_case(world, id, event, at, &mut effects.jobs);
            moments::of_case(world, id, event, at, &mut effects.jobs);
        }
        Fact::Sitting(id, event) => {
            if let SittingEvent::PaperOwed(plan) = event {
                effects.jobs.push(paper(at, &plan.key));
            }
            augment::of_sitting(world, id, event, at, &mut effects.jobs);
            moments::of_sitting(world, id, event, at, &mut effects.jobs);
        }
        Fact::Registry(RegistryEvent::RegisterOpened { register, year, last, .. }) => {
            let register = register.clone();
            effects.opened.push(RegisterOpened { register, year: *year, last: *last });
        }
        Fact::Registry(_) => {}
    }
    effects
}

fn paper(at: At<'_>, key: &str) -> NewJob {
    let job = Job::Paper { stream: at.stream.clone(), key: key.to_owned() };
    job.owed(at.key(&format!("paper:{key}")), at.recorded, at.stream)
}

fn morning(day: NaiveDate) -> DateTime<Utc> {
    rome_instant(day, NaiveTime::from_hms_opt(MORNING.0, MORNING.1, 0).unwrap_or_default())
}

fn case_work(world: &World, id: &str, event: &CaseEvent, at: At<'_>, effects: &mut Effects) {
    match event {
        CaseEvent::PaperOwed(plan) => effects.jobs.push(paper(at, &plan.key)),
        CaseEvent::PaperRecalled { key, .. } => effects.jobs.push(paper(at, key)),
        CaseEvent::Numbered { register, year, number, date, external } => {
            effects.numbers.push(NumberTaken {
                register: register.clone(),
                year: *year,
                number: *number,
                external: *external,
                case_id: id.to_owned(),
                date: *date,
            });
        }
        CaseEvent::StepEntered { deadline: Some(deadline), .. } => {
            remind(id, *deadline, at, &mut effects.jobs);
        }
        CaseEvent::DutyRaised { duty, due: Some(due) } if duty == "consiglio" => {
            ratification(id, *due, at, &mut effects.jobs);
        }
        CaseEvent::Posted(posting) => {
            if told_to_capigruppo(world, id) {
                let job = Job::Capigruppo { day: posting.day };
                let hour = list_hour(world, posting.day);
                let due = rome_instant(posting.day, hour).max(at.recorded);
                effects.jobs.push(job.owed(at.key("capigruppo"), due, at.stream));
            }
            timers(world, id, at, &mut effects.jobs);
        }
        CaseEvent::OutageRecorded { .. } => timers(world, id, at, &mut effects.jobs),
        CaseEvent::SuspensionLifted { .. }
        | CaseEvent::TouchWithdrawn { .. }
        | CaseEvent::Touched { .. } => {
            certificate(world, id, at, &mut effects.jobs);
        }
        _ => {}
    }
}

/// The procedure of an act has it listed to the capigruppo (TUEL 125): not a document of others.
fn told_to_capigruppo(world: &World, id: &str) -> bool {
    let workflow = world.cases.get(id).and_then(|case| world.workflow(case).ok());
    workflow.is_some_and(|w| w.duties.iter().any(|duty| duty.name == "capigruppo"))
}

fn list_hour(world: &World, day: NaiveDate) -> NaiveTime {
    sharp(world.regulation(day).map_or(18, |r| r.capigruppo_list_hour))
}

fn sharp(hour: u8) -> NaiveTime {
    NaiveTime::from_hms_opt(u32::from(hour), 0, 0).unwrap_or_default()
}

fn digest_at(world: &World, day: NaiveDate) -> DateTime<Utc> {
    rome_instant(day, sharp(world.regulation(day).map_or(8, |r| r.digest_hour)))
}

/// Names the digest of a person on a day: many facts owe it, and it is one job.
pub fn digest_key(person: &str, day: NaiveDate) -> String {
    format!("digest:{day}:{person}")
}

/// The digests a paper to sign owes to its signer: the next one, and those that remind him of what
/// he left. Many facts owe the same one: it is one job, kept under the registry because it
/// belongs to no act, and it looks for what is still to sign when it falls due.
fn digests(world: &World, person: &str, at: At<'_>) -> Vec<NewJob> {
    let today = rome_date(at.recorded);
    let later = u64::from(digest_at(world, today) <= at.recorded);
    DIGEST_DAYS
        .iter()
        .filter_map(|days| add_days(today, later + days))
        .map(|day| {
            let job = Job::Digest { person: person.to_owned(), day };
            let key = digest_key(person, day);
            job.owed(key, digest_at(world, day), &StreamId::registry())
        })
        .collect()
}

/// Timers of a posting: they only issue papers and mails, the terms are computed when read.
fn timers(world: &World, id: &str, at: At<'_>, jobs: &mut Vec<NewJob>) {
    let Some(case) = world.cases.get(id) else { return };
    let Some(terms) = terms_of(case) else { return };
    let end = Job::EndPosting { case: id.to_owned() };
    jobs.push(end.owed(at.key("end_posting"), morning(terms.off_on).max(at.recorded), at.stream));
    certificate(world, id, at, jobs);
}

/// The certificate of executivity, on its day; while a suspension has no end there is no day, and
/// what ends it owes the certificate (SC-13).
fn certificate(world: &World, id: &str, at: At<'_>, jobs: &mut Vec<NewJob>) {
    let Some(case) = world.cases.get(id).filter(|c| c.is_adopted()) else { return };
    let Some(day) = effective_on(case) else { return };
    let certify = Job::CertifyEffect { case: id.to_owned() };
    let due = morning(day).max(at.recorded);
    jobs.push(certify.owed(at.key("certify_effect"), due, at.stream));
}

fn ratification(id: &str, due: NaiveDate, at: At<'_>, jobs: &mut Vec<NewJob>) {
    for ahead in RATIFICATION_DAYS {
        let day = due.checked_sub_days(chrono::Days::new(ahead)).filter(|day| *day > at.day());
        let Some(day) = day else { continue };
        let job = Job::Ratification { case: id.to_owned(), ahead };
        jobs.push(job.owed(at.key(&format!("ratification:{ahead}")), morning(day), at.stream));
    }
}

fn remind(id: &str, deadline: NaiveDate, at: At<'_>, jobs: &mut Vec<NewJob>) {
    let near = deadline.checked_sub_days(chrono::Days::new(NEAR_DAYS));
    let days = [
        ("deadline_near", near.filter(|d| *d > at.day())),
        ("deadline_due", Some(deadline)),
        ("deadline_passed", add_days(deadline, 1)),
    ];
    for (moment, day) in days {
        let Some(day) = day else { continue };
        let job =
            Job::Remind { case: id.to_owned(), entered: at.version, moment: moment.to_owned() };
        let due = morning(day).max(at.recorded);
        jobs.push(job.owed(at.key(&format!("remind:{moment}")), due, at.stream));
    }
}
