// SPDX-License-Identifier: AGPL-3.0-or-later
//! How long things took: opinions, steps, the way from one date of law to the next.
//!
//! Read from the facts of an act when it is indexed; statistics add them up. Days are civil days in
//! Italy, the first one not counted. What is decided in the room has no length worth measuring, and
//! a draft belongs to who writes it.

use crate::case::{Case, CaseEvent};
use crate::law::calendar::rome_date;
use crate::workflow::{OpinionKind, Step, StepKind, Workflow};
use chrono::{DateTime, NaiveDate, Utc};

/// From the first submission to the sitting that adopted the act.
pub const TO_ADOPTION: &str = "lag/adoption";
/// From the sitting that adopted the act to its posting.
pub const TO_POSTING: &str = "lag/posting";

/// One length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// `opinion/technical`, `step/istruttoria`, `lag/posting`.
    pub what: String,
    /// Office that took it; empty for offices of the whole body.
    pub office: String,
    /// Day it ended.
    pub day: NaiveDate,
    /// Civil days it took.
    pub days: i64,
    /// It ended after its term.
    pub late: bool,
}

/// Where the act stands while its facts are read.
struct Stay<'a> {
    step: &'a Step,
    since: NaiveDate,
    deadline: Option<NaiveDate>,
}

/// The lengths of an act, in the order of its facts; `events` are all of them with their instants.
pub fn measures(
    case: &Case,
    workflow: &Workflow,
    events: &[(CaseEvent, DateTime<Utc>)],
) -> Vec<Measure> {
    let lead = case.content.lead_office();
    let mut found = Vec::new();
    let mut stay: Option<Stay<'_>> = None;
    let mut submitted = None;
    for (event, at) in events {
        let day = rome_date(*at);
        match event {
            CaseEvent::Submitted { .. } => submitted = submitted.or(Some(day)),
            CaseEvent::OpinionGiven(opinion) if !opinion.on_the_spot => {
                let here = stay.as_ref().filter(|s| is_of(s.step, opinion.opinion));
                let what = format!("opinion/{}", opinion.opinion.token());
                found.extend(here.map(|s| s.measure(what, &opinion.office, day)));
            }
            CaseEvent::StepEntered { step, deadline } => {
                let left = stay.take().filter(|s| is_measured(s.step));
                found.extend(left.map(|s| {
                    let what = format!("step/{}", s.step.name);
                    s.measure(what, lead, day)
                }));
                let deadline = *deadline;
                stay = workflow.step(step).map(|step| Stay { step, since: day, deadline });
            }
            CaseEvent::Posted(posting) if posting.repeats.is_none() => {
                let adopted = case.treatment.as_ref().map(|t| t.date);
                found.extend(adopted.map(|from| lag(TO_POSTING, lead, from, posting.day)));
            }
            _ => {}
        }
    }
    let adopted = case.treatment.as_ref().filter(|_| case.is_adopted()).map(|t| t.date);
    let lags = submitted.zip(adopted);
    found.extend(lags.map(|(from, to)| lag(TO_ADOPTION, lead, from, to)));
    found
}

impl Stay<'_> {
    fn measure(&self, what: String, office: &str, day: NaiveDate) -> Measure {
        let late = self.deadline.is_some_and(|deadline| day > deadline);
        Measure { late, ..lag(&what, office, self.since, day) }
    }
}

fn lag(what: &str, office: &str, from: NaiveDate, to: NaiveDate) -> Measure {
    let days = (to - from).num_days().max(0);
    Measure { what: what.to_owned(), office: office.to_owned(), day: to, days, late: false }
}

fn is_of(step: &Step, kind: OpinionKind) -> bool {
    matches!(&step.kind, StepKind::Opinion { opinion, .. } if *opinion == kind)
}

fn is_measured(step: &Step) -> bool {
    matches!(
        step.kind,
        StepKind::Review { .. } | StepKind::Agenda | StepKind::Sign { .. } | StepKind::Post { .. }
    )
}

/// Lengths of one kind, by number of days: what a median needs, in few lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread(Vec<(i64, i64)>);

impl Spread {
    /// Adds so many lengths of so many days.
    pub fn add(&mut self, days: i64, count: i64) {
        self.0.push((days, count));
    }

    /// How many lengths.
    pub fn count(&self) -> i64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Days within which so many in a hundred were done (nearest rank); none without lengths.
    pub fn percentile(&self, percent: i64) -> Option<i64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (self.count() * percent + 99) / 100;
        let mut reached = 0;
        sorted.into_iter().find_map(|(days, count)| {
            reached += count;
            (reached >= rank.max(1)).then_some(days)
        })
    }
}
