// SPDX-License-Identifier: AGPL-3.0-or-later
//! One sitting of the organ: presence as intervals, quorum at each vote, items with their outcome.

mod calendar;
mod command;
mod decide;
mod event;
mod items;
mod opening;
mod presence;
mod presence_commands;
mod proclamation;
mod treatment;
mod verbalizer;
mod votes;

pub use calendar::convener;
pub use command::{SittingCommand, VoteInput};
pub use decide::decide;
pub use event::{Attendance, Ballot, Leaving, Member, Mode, SecretTotals, SittingEvent};
pub use opening::members;
pub use treatment::{Anomaly, ConflictStance, ItemOutcome, MemberPresence, Treatment};

use crate::domain::papers::PaperState;
use crate::domain::registry::Signatory;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// Where a sitting stands (law.md 12.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// Not in the calendar yet.
    #[default]
    Unknown,
    /// In the calendar.
    Scheduled,
    /// Convened.
    Convened,
    /// Open.
    Open,
    /// Suspended.
    Suspended,
    /// Closed.
    Closed,
    /// No quorum.
    Deserted,
    /// Will not be held.
    Cancelled,
}

impl Status {
    /// Token for rows.
    pub fn token(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Scheduled => "scheduled",
            Self::Convened => "convened",
            Self::Open => "open",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
            Self::Deserted => "deserted",
            Self::Cancelled => "cancelled",
        }
    }

    /// As a sentence says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unknown => "non in calendario",
            Self::Scheduled => "in calendario",
            Self::Convened => "convocata",
            Self::Open => "aperta",
            Self::Suspended => "sospesa",
            Self::Closed => "chiusa",
            Self::Deserted => "deserta",
            Self::Cancelled => "annullata",
        }
    }
}

/// A member's presence from an instant to an instant (R3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Person.
    pub person: String,
    /// Connected from elsewhere.
    pub remote: bool,
    /// From.
    pub from: DateTime<Utc>,
    /// To; none while present.
    pub to: Option<DateTime<Utc>>,
    /// Why it ended.
    pub why: Leaving,
}

/// Who was there and who presided when an item was voted: what the act prints (R3.5, I8). Entering
/// or leaving between the vote and the proclamation changes neither.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AtVote {
    /// Those present.
    pub presence: Vec<Interval>,
    /// Who presided.
    pub president: String,
    /// Why not the Sindaco.
    pub president_reason: String,
}

/// One item of the agenda.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    /// Case.
    pub case: String,
    /// Object.
    pub subject: String,
    /// Added at the sitting.
    pub off_agenda: bool,
    /// Version of the first agenda sent with it; none while it was on none.
    pub sent_in: Option<u32>,
    /// When it was called.
    pub called: Option<DateTime<Utc>>,
    /// Members under art. 78 c. 2.
    pub conflicts: Vec<(String, ConflictStance)>,
    /// Who verbalizes it, when not the sitting's verbalizer.
    pub verbalizer: Option<Signatory>,
    /// Amended in the sitting.
    pub amended: bool,
    /// Irregularities overridden at the vote.
    pub anomalies: Vec<Anomaly>,
    /// The vote, and when.
    pub ballot: Option<(Ballot, DateTime<Utc>)>,
    /// Presence and chair at the vote.
    pub at_vote: AtVote,
    /// The outcome, and when.
    pub outcome: Option<(ItemOutcome, DateTime<Utc>)>,
    /// Number given.
    pub number: Option<i64>,
    /// The second ballot: declared or not.
    pub immediate: Option<(Ballot, bool)>,
    /// Reason of an outcome without a vote.
    pub reason: String,
}

/// One sitting, folded from its facts.
#[derive(Debug, Clone, Default)]
pub struct Sitting {
    /// Sitting id.
    pub id: String,
    /// Organ.
    pub organ: String,
    /// Day.
    pub date: Option<NaiveDate>,
    /// Time foreseen.
    pub time: Option<NaiveTime>,
    /// Place.
    pub place: String,
    /// Day, time and place before it was last moved.
    pub moved_from: Option<((NaiveDate, NaiveTime), String)>,
    /// Mode.
    pub mode: Mode,
    /// Where it stands.
    pub status: Status,
    /// Items in order.
    pub items: Vec<Item>,
    /// Instant of the last change of date, place or agenda.
    pub agenda_at: Option<DateTime<Utc>>,
    /// Version of the agenda that was sent; 0 before convening.
    pub agenda_version: u32,
    /// Who convened.
    pub convened_by: Option<Signatory>,
    /// SHA-256 of the last notice of convening.
    pub notice: Option<String>,
    /// Members in office at the opening.
    pub members: Vec<Member>,
    /// Seats by statute.
    pub seats: u32,
    /// Quorum required.
    pub quorum: u32,
    /// Presence.
    pub presence: Vec<Interval>,
    /// Opened at.
    pub opened: Option<DateTime<Utc>>,
    /// Closed at.
    pub closed: Option<DateTime<Utc>>,
    /// Who presides.
    pub president: String,
    /// Why not the Sindaco.
    pub president_reason: String,
    /// Who verbalizes.
    pub verbalizer: Option<Signatory>,
    /// Verbalizer connected from elsewhere.
    pub verbalizer_remote: bool,
    /// Who assists without vote.
    pub assisting: Vec<Signatory>,
    /// Digest of the regulation of the day.
    pub regulation: String,
    /// The item called last: only that one may have its second ballot.
    pub last_called: String,
    /// Suspensions: from, reason.
    pub suspensions: Vec<(DateTime<Utc>, String)>,
    /// Papers in order.
    pub papers: Vec<PaperState>,
    /// Instant of the last fact within the sitting: facts go forward in time.
    pub last_fact: Option<DateTime<Utc>>,
    /// Events folded.
    pub version: i64,
}

impl Sitting {
    /// An empty sitting of an id.
    pub fn new(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// A paper by key.
    pub fn paper(&self, key: &str) -> Option<&PaperState> {
        self.papers.iter().find(|p| p.plan.key == key)
    }

    /// True when it is in the calendar.
    pub fn exists(&self) -> bool {
        self.version > 0
    }

    /// An item by case.
    pub fn item(&self, case: &str) -> Option<&Item> {
        self.items.iter().find(|i| i.case == case)
    }

    fn item_mut(&mut self, case: &str) -> Option<&mut Item> {
        self.items.iter_mut().find(|i| i.case == case)
    }

    /// The item called and not yet ended.
    pub fn under_discussion(&self) -> Option<&Item> {
        self.items.iter().find(|i| i.called.is_some() && i.outcome.is_none())
    }

    /// Folds one event; `at` is when it happened.
    pub fn evolve(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        self.version += 1;
        if event.changes_agenda() {
            self.agenda_at = Some(at);
        }
        match event {
            SittingEvent::Scheduled { organ, date, time, place, mode } => {
                self.organ.clone_from(organ);
                self.date = Some(*date);
                self.time = Some(*time);
                self.place.clone_from(place);
                self.mode = *mode;
                self.status = Status::Scheduled;
            }
            SittingEvent::ItemAdded { case, subject } => self.items.push(Item {
                case: case.clone(),
                subject: subject.clone(),
                ..Item::default()
            }),
            SittingEvent::ItemRemoved { case, .. } => self.items.retain(|i| i.case != *case),
            SittingEvent::ItemsReordered { cases } => {
                self.items.sort_by_key(|i| cases.iter().position(|c| *c == i.case));
            }
            SittingEvent::Convened { version, by, paper } => {
                self.agenda_version = *version;
                self.notice = Some(paper.sha256.clone());
                self.convened_by = Some(by.clone());
                for item in &mut self.items {
                    item.sent_in.get_or_insert(*version);
                }
                self.status = Status::Convened;
            }
            SittingEvent::Moved { date, time, place, .. } => {
                self.moved_from = self.date.zip(self.time).map(|at| (at, self.place.clone()));
                self.date = Some(*date);
                self.time = Some(*time);
                self.place.clone_from(place);
            }
            SittingEvent::Cancelled { .. } => self.status = Status::Cancelled,
            SittingEvent::Deserted { .. } => self.status = Status::Deserted,
            other => self.evolve_open(other, at),
        }
    }

    fn evolve_open(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        let within = !matches!(
            event,
            SittingEvent::PaperOwed(_)
                | SittingEvent::PaperPrepared { .. }
                | SittingEvent::PaperSigned { .. }
        );
        if within {
            self.last_fact = self.last_fact.max(Some(at));
        }
        match event {
            SittingEvent::Opened {
                members,
                seats,
                quorum,
                present,
                president,
                president_reason,
                verbalizer,
                verbalizer_remote,
                assisting,
                regulation,
            } => {
                self.status = Status::Open;
                self.opened = Some(at);
                self.members.clone_from(members);
                self.seats = *seats;
                self.quorum = *quorum;
                self.president.clone_from(president);
                self.president_reason.clone_from(president_reason);
                self.verbalizer = Some(verbalizer.clone());
                self.verbalizer_remote = *verbalizer_remote;
                self.assisting.clone_from(assisting);
                self.regulation.clone_from(regulation);
                present.iter().for_each(|a| self.enter(&a.person, a.remote, at));
            }
            SittingEvent::Entered { person, remote } => self.enter(person, *remote, at),
            SittingEvent::Left { person, why } => self.leave(person, *why, at),
            SittingEvent::PresenceCorrected { person, present, remote, .. } => {
                self.correct_presence(person, *present, *remote, at);
                self.correct_open_votes(person);
            }
            SittingEvent::PresidencyTaken { person, reason } => {
                self.president.clone_from(person);
                self.president_reason.clone_from(reason);
            }
            SittingEvent::Suspended { reason } => {
                self.status = Status::Suspended;
                self.suspensions.push((at, reason.clone()));
            }
            SittingEvent::Resumed { present } => {
                self.status = Status::Open;
                self.roll_call(present, at);
            }
            SittingEvent::Closed {} => {
                self.status = Status::Closed;
                self.closed = Some(at);
            }
            other => self.evolve_item(other, at),
        }
    }

    fn evolve_item(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        match event {
            SittingEvent::ItemCalled { case, off_agenda, subject } => {
                if self.item(case).is_none() {
                    self.items.push(Item {
                        case: case.clone(),
                        subject: subject.clone(),
                        off_agenda: *off_agenda,
                        ..Item::default()
                    });
                }
                self.last_called.clone_from(case);
                if let Some(item) = self.item_mut(case) {
                    item.called = Some(at);
                    item.off_agenda |= *off_agenda;
                }
            }
            SittingEvent::ConflictDeclared { case, person, stance, .. } => {
                if let Some(item) = self.item_mut(case) {
                    item.conflicts.push((person.clone(), *stance));
                }
            }
            SittingEvent::VerbalizerReplaced { case, by, .. } => {
                if let Some(item) = self.item_mut(case) {
                    item.verbalizer = Some(by.clone());
                }
            }
            other => self.evolve_vote(other, at),
        }
    }

    fn evolve_vote(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        match event {
            SittingEvent::ItemAmended { case, .. } => {
                if let Some(item) = self.item_mut(case) {
                    item.amended = true;
                    item.ballot = None;
                }
            }
            SittingEvent::Voted { case, ballot, anomalies } => {
                let at_vote = AtVote {
                    presence: self.present_now().cloned().collect(),
                    president: self.president.clone(),
                    president_reason: self.president_reason.clone(),
                };
                if let Some(item) = self.item_mut(case) {
                    item.ballot = Some((ballot.clone(), at));
                    item.at_vote = at_vote;
                    item.anomalies.clone_from(anomalies);
                }
            }
            SittingEvent::VoteCorrected { case, ballot, .. } => {
                if let Some((voted, _)) = self.item_mut(case).and_then(|i| i.ballot.as_mut()) {
                    voted.clone_from(ballot);
                }
            }
            SittingEvent::ItemClosed { case, outcome, number, reason } => {
                if let Some(item) = self.item_mut(case) {
                    item.outcome = Some((*outcome, at));
                    item.number = *number;
                    item.reason.clone_from(reason);
                }
            }
            SittingEvent::OutcomeCorrected { case, outcome, ballot, .. } => {
                // The vote and the proclamation keep their own instants.
                let Some(item) = self.item_mut(case) else { return };
                if let Some((voted, _)) = &mut item.ballot {
                    voted.clone_from(ballot);
                }
                if let Some((proclaimed, _)) = &mut item.outcome {
                    *proclaimed = *outcome;
                }
                if !outcome.is_approval() {
                    item.immediate = None;
                }
            }
            SittingEvent::ImmediateVoted { case, ballot, declared } => {
                if let Some(item) = self.item_mut(case) {
                    item.immediate = Some((ballot.clone(), *declared));
                }
            }
            other => self.evolve_papers(other, at),
        }
    }

    fn evolve_papers(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        match event {
            SittingEvent::PaperOwed(plan) => self.papers.push(PaperState::owed(plan.clone(), at)),
            SittingEvent::PaperPrepared { key, facts, sha256, .. } => {
                if let Some(paper) = self.papers.iter_mut().find(|p| p.plan.key == *key) {
                    paper.facts = Some(facts.clone());
                    paper.sha256 = Some(sha256.clone());
                }
            }
            SittingEvent::PaperSigned { key, field, by, sha256, at } => {
                if let Some(paper) = self.papers.iter_mut().find(|p| p.plan.key == *key) {
                    paper.sha256 = Some(sha256.clone());
                    paper.signed.push((field.clone(), by.clone(), *at));
                }
            }
            _ => {}
        }
    }
}
