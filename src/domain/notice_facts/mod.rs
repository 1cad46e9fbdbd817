// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a notice says: the facts of one message to one person, as a pure function of the streams.
//!
//! practice.md section 3 says who is told what; the workflow file says when. Wording is the
//! templates' (`templates/mail/<message>/`), facts are taken here once, so that subject, text and
//! HTML of a message cannot contradict each other or the act.

mod act;
mod sitting;
mod why;

pub use act::{ActFacts, ImmediateFacts, ListedAct, OpinionFacts};
pub use sitting::{ItemFacts, SittingFacts};

use crate::domain::registry::Person;
use crate::domain::world::World;
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a notice is about.
#[derive(Debug, Clone, Default)]
pub struct NoticeSubject<'a> {
    /// The act.
    pub case: Option<&'a str>,
    /// The sitting.
    pub sitting: Option<&'a str>,
    /// Moment of the workflow file, e.g. `technical_given`.
    pub moment: &'a str,
    /// What only the event knows: the keys of [`Detail`]; unknown keys are ignored.
    pub detail: Value,
}

/// Everything one message says to one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticeFacts {
    /// Folder of `templates/mail/`.
    pub message: String,
    /// Moment that caused it.
    pub event: String,
    /// "Comune di Roccaverde".
    pub comune: String,
    /// Civil day the facts are told on.
    pub on: NaiveDate,
    /// Who it is for, and why.
    pub recipient: Recipient,
    /// The act, when it is about one.
    pub act: Option<ActFacts>,
    /// The last opinion given on it.
    pub opinion: Option<OpinionFacts>,
    /// The opinions that stand on its current text.
    pub opinions: Vec<OpinionFacts>,
    /// The sitting, when it is about one.
    pub sitting: Option<SittingFacts>,
    /// Acts listed: of the day, for the capigruppo.
    pub acts: Vec<ListedAct>,
    /// What only the event knows.
    pub detail: Detail,
    /// Lines of a digest.
    pub digest: Vec<DigestLine>,
    /// Page of the product where the person goes on, from the root; none when there is no page.
    pub path: Option<String>,
}

/// Who a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recipient {
    /// Person id.
    pub person: String,
    /// "Anna Scavuzzo".
    pub name: String,
    /// Address.
    pub email: String,
    /// In which capacities he receives it: "direttore di Direzione Ambiente"; may be empty.
    pub why: Vec<String>,
}

/// What only the event that caused the notice knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// Reasons given: of a return, a withdrawal, a move, an annulment.
    pub reason: String,
    /// Who did it, name and title.
    pub by: String,
    /// The paper to sign, e.g. "parere di regolarità tecnica".
    pub document: String,
    /// Day by which the person should act, when it is not the deadline of the step.
    pub deadline: Option<NaiveDate>,
    /// What changed, one line each.
    pub changes: Vec<String>,
    /// The change was certified as purely formal: opinions stand (practice.md 1.6).
    pub formal: bool,
    /// Where and when a moved sitting was to be held before.
    pub previous: Option<PreviousPlace>,
    /// Address of the remote session.
    pub link: Option<String>,
    /// Day the event is about: of an outage, of a list.
    pub day: Option<NaiveDate>,
    /// Hours of visibility left on a day of outage.
    pub visible_hours: Option<u8>,
    /// Cases listed, in order.
    pub acts: Vec<String>,
    /// Serial of a list on its day.
    pub serial: Option<u32>,
    /// The act was already effective when its posting was annulled.
    pub was_effective: bool,
    /// What a later act or order does: "revoca", "annulla", "rettifica", "sospende", "convalida".
    pub effect: String,
    /// The later act or order that touches this one, as printed.
    pub source: String,
    /// First day of what happens.
    pub from: Option<NaiveDate>,
    /// Last day of what happens.
    pub until: Option<NaiveDate>,
    /// The seal of the day.
    pub seal: Option<SealFacts>,
}

/// Where and when a sitting was to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousPlace {
    /// Day.
    pub date: NaiveDate,
    /// Time.
    pub time: NaiveTime,
    /// Place.
    #[serde(default)]
    pub place: String,
}

/// The seal of a day: who keeps it elsewhere can prove what was on record (design.md section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealFacts {
    /// Day.
    pub day: NaiveDate,
    /// SHA-256 over the heads of all streams, chained.
    pub root: String,
    /// Number of the seal.
    pub number: i64,
    /// Streams sealed.
    pub streams: i64,
    /// Events sealed.
    pub events: i64,
}

/// A line of a digest: one notice in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    /// The subject the single message would have had.
    pub title: String,
    /// Day by which to act.
    pub deadline: Option<NaiveDate>,
    /// Page.
    pub path: Option<String>,
}

/// The facts of a message to a person, on a day. What the streams do not hold stays empty, and the
/// strict templates refuse to print it.
pub fn notice(
    message: &str,
    world: &World,
    subject: NoticeSubject<'_>,
    person: &Person,
    on: NaiveDate,
) -> NoticeFacts {
    let detail: Detail = serde_json::from_value(subject.detail).unwrap_or_default();
    let case = subject.case.and_then(|id| world.case(id).ok());
    let sitting = subject.sitting.and_then(|id| world.sitting(id).ok());
    let listed = if detail.acts.is_empty() {
        case.into_iter().collect()
    } else {
        detail.acts.iter().filter_map(|id| world.case(id).ok()).collect::<Vec<_>>()
    };
    let path = match (case, sitting) {
        (Some(case), _) => Some(format!("/fascicoli/{}", case.id)),
        (None, Some(sitting)) => Some(format!("/sedute/{}", sitting.id)),
        (None, None) => None,
    };
    NoticeFacts {
        message: message.into(),
        event: subject.moment.into(),
        comune: world.registry.comune.name.clone(),
        on,
        recipient: Recipient {
            person: person.id.clone(),
            name: person.name(),
            email: person.email.clone(),
            why: why::capacities(message, subject.moment, world, case, sitting, &person.id, on),
        },
        act: case.map(|case| act::facts(world, case, on)),
        opinion: case.and_then(|case| case.opinions.last()).map(|o| act::opinion(world, o)),
        opinions: case.map(|case| act::standing(world, case)).unwrap_or_default(),
        sitting: sitting.map(|s| sitting::facts(world, s, &person.id, on, &detail)),
        acts: listed.into_iter().map(|case| act::listed(world, case)).collect(),
        detail,
        digest: Vec::new(),
        path,
    }
}

impl NoticeFacts {
    /// Day by which the person should act: of the event, else of the step the act stands at.
    pub fn deadline(&self) -> Option<NaiveDate> {
        self.detail.deadline.or_else(|| self.act.as_ref().and_then(|act| act.deadline))
    }
}
