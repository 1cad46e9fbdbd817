// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a notice says: the facts of one message to one person, as a pure function of the streams.
//!
//! practice.md section 3 says who is told what; the workflow file says when. Wording is the
//! templates' (`templates/mail/<message>/`), facts are taken here once, so that subject, text and
//! HTML of a message cannot contradict each other or the act.

mod act;
mod detail;
mod sitting;
mod why;

pub use act::{ActFacts, AskedFacts, ImmediateFacts, ListedAct, OpinionFacts};
pub use detail::{Detail, PreviousPlace};
pub use sitting::{ItemFacts, SittingFacts, concerned};

use crate::notices::REQUESTER;
use crate::papers::{PaperState, Slot};
use crate::privacy::public_subject;
use crate::registry::Person;
use crate::world::World;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a notice is about.
#[derive(Debug, Clone, Default)]
pub struct NoticeSubject<'a> {
    /// The act.
    pub case: Option<&'a str>,
    /// The sitting.
    pub sitting: Option<&'a str>,
    /// Moment of the workflow file, e.g. `technical_given`.
    pub moment: &'a str,
    /// What only the event knows, as the job keeps it; [`Detail`] names the keys that are read.
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
    /// The opinion it speaks of; else the last one given.
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
    /// A body, not a person: it has no access to the pages of the Comune.
    pub body: bool,
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
    let case = subject.case.and_then(|id| world.case(id).ok());
    let mut detail = Detail::read(&subject.detail, case);
    if let Some(missed) = subject.detail.get("person").and_then(Value::as_str) {
        detail.by = world.registry.name(missed);
    }
    let sitting = subject.sitting.and_then(|id| world.sitting(id).ok());
    let listed = if detail.acts.is_empty() {
        case.into_iter().collect()
    } else {
        detail.acts.iter().filter_map(|id| world.case(id).ok()).collect::<Vec<_>>()
    };
    let body = person.id == REQUESTER;
    let path = match (case, sitting) {
        _ if body => None,
        // A list has a link for each of its acts.
        (Some(_), _) if detail.acts.len() > 1 => None,
        (Some(case), _) => Some(format!("/fascicoli/{}", case.id)),
        (None, Some(sitting)) => Some(format!("/sedute/{}", sitting.id)),
        (None, None) => None,
    };
    let mut act = case.map(|case| act::facts(world, case, on));
    if let (Some(act), Some(case), false) = (&mut act, case, detail.acts.is_empty()) {
        act.subject = public_subject(case);
    }
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
            body,
        },
        act,
        opinion: case
            .and_then(|case| detail::opinion_meant(case, &subject.detail))
            .map(|given| act::opinion(world, given)),
        opinions: case.map(|case| act::standing(world, case)).unwrap_or_default(),
        sitting: sitting.map(|s| sitting::facts(world, s, &person.id, on, &detail)),
        acts: listed.into_iter().map(|case| act::listed(world, case)).collect(),
        detail,
        digest: Vec::new(),
        path,
    }
}

/// One notice for each paper of the loaded streams that a person can sign now: the digest of a day.
pub fn papers_to_sign(world: &World, person: &Person, on: NaiveDate) -> Vec<NoticeFacts> {
    let his = |paper: &&PaperState| {
        let own = |s: &Slot| s.signer.as_ref().is_some_and(|who| who.person == person.id);
        paper.sha256.is_some() && paper.open_slots().any(own)
    };
    let about = |case, sitting, paper: &PaperState| {
        let detail = json!({ "paper": paper.plan.kind });
        let subject = NoticeSubject { case, sitting, moment: "to_sign_daily", detail };
        notice("documento-da-firmare", world, subject, person, on)
    };
    let acts = world.cases.values().flat_map(|case| {
        case.open_papers().filter(his).map(|p| about(Some(case.id.as_str()), None, p))
    });
    let sittings = world.sittings.values().flat_map(|sitting| {
        let id = Some(sitting.id.as_str());
        sitting.papers.iter().filter(his).map(move |p| about(None, id, p))
    });
    acts.chain(sittings).collect()
}

impl NoticeFacts {
    /// Day by which the person should act: of the event, else of the step the act stands at.
    pub fn deadline(&self) -> Option<NaiveDate> {
        self.detail.deadline.or_else(|| self.act.as_ref().and_then(|act| act.deadline))
    }
}
