// SPDX-License-Identifier: AGPL-3.0-or-later
//! One sitting of the organ: presence as intervals, quorum at each vote, items with their outcome.

mod calendar;
mod command;
mod decide;
mod event;
mod items;
mod opening;
mod own;
mod presence;
mod presence_commands;
mod presidency;
mod proclamation;
mod treatment;
mod verbalizer;
mod votes;

pub use calendar::{convener, deposit_cutoff};
pub use command::{SittingCommand, VoteInput};
pub use decide::decide;
pub use event::{
    Attendance, Ballot, Leaving, Member, Mode, Notice, RollCall, SecretTotals, SittingEvent,
};
pub use opening::members;
pub use own::{Answer, Choice};
pub use presidency::{Chair, Presidency};
pub use proclamation::presence_table;
pub use treatment::{Anomaly, ConflictStance, ItemOutcome, MemberPresence, Treatment};
pub use votes::{QuorumNow, quorum_now, secret_reason};

use crate::law::calendar::rome_instant;
use crate::law::presidency::PresidencyOrder;
use crate::papers::{KeptPapers, PaperState, Signature};
use crate::registry::Signatory;
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

/// A member under art. 78 c. 2 for an item (R3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Person.
    pub person: String,
    /// Stays or leaves.
    pub stance: ConflictStance,
    /// When he declared it.
    pub at: DateTime<Utc>,
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
    pub conflicts: Vec<Conflict>,
    /// Who verbalizes it, when not the sitting's verbalizer.
    pub verbalizer: Option<Signatory>,
    /// Amended in the sitting.
    pub amended: bool,
    /// Irregularities overridden at the vote.
    pub anomalies: Vec<Anomaly>,
    /// What connected members chose on their devices, the last of each.
    pub choices: Vec<(String, Choice)>,
    /// The vote, and when.
    pub ballot: Option<(Ballot, DateTime<Utc>)>,
    /// Who was there when it was voted, or ended without a vote: what the act prints (R3.5, I8).
    /// Entering or leaving between the vote and the proclamation changes nothing.
    pub at_vote: Vec<Interval>,
    /// The outcome, and when.
    pub outcome: Option<(ItemOutcome, DateTime<Utc>)>,
    /// Number given.
    pub number: Option<i64>,
    /// The second ballot: declared or not.
    pub immediate: Option<(Ballot, bool)>,
    /// Reason of an outcome without a vote.
    pub reason: String,
    /// Day of the sitting it was postponed to, where one was said (R3.13).
    pub postponed_to: Option<NaiveDate>,
}

impl Item {
    /// The member must abstain on it (art. 78, c. 2, TUEL; R3.9).
    pub fn must_abstain(&self, person: &str) -> bool {
        self.conflicts.iter().any(|c| c.person == person)
    }

    /// When the member left because of it.
    pub fn left_for(&self, person: &str) -> Option<DateTime<Utc>> {
        let leaves = |c: &&Conflict| c.person == person && c.stance == ConflictStance::Leaves;
        self.conflicts.iter().find(leaves).map(|c| c.at)
    }
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
    /// What members answered to the convening, the last of each.
    pub answers: Vec<(String, Answer)>,
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
    /// Who presides after Sindaco and Vicesindaco.
    pub presidency_order: Option<PresidencyOrder>,
    /// Who presides must be in the seat (R3.10).
    pub chair_in_seat: bool,
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
    /// Signed papers, carried ones included, with the revisions appended to them.
    pub kept: KeptPapers,
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

    /// When it is to begin.
    pub fn starts(&self) -> Option<DateTime<Utc>> {
        self.date.zip(self.time).map(|(date, time)| rome_instant(date, time))
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
        if let Some(paper) = event.carried() {
            self.kept.carried(paper);
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
                self.sent(*version, by, &paper.sha256);
                self.status = Status::Convened;
            }
            SittingEvent::Moved { date, time, place, mode, notice, .. } => {
                self.moved_from = self.date.zip(self.time).map(|at| (at, self.place.clone()));
                self.date = Some(*date);
                self.time = Some(*time);
                self.place.clone_from(place);
                self.mode = *mode;
                if let Some(Notice { by, paper }) = notice {
                    self.sent(self.agenda_version + 1, by, &paper.sha256);
                }
            }
            SittingEvent::Cancelled { notice, .. } => {
                self.status = Status::Cancelled;
                if let Some(notice) = notice {
                    self.notice = Some(notice.paper.sha256.clone());
                }
            }
            SittingEvent::Answered { person, answer } => {
                own::last_of(&mut self.answers, person, *answer);
            }
            other => self.evolve_open(other, at),
        }
    }

    /// A signed notice took the place of the one before: it prints day, place and whole agenda.
    fn sent(&mut self, version: u32, by: &Signatory, sha256: &str) {
        self.agenda_version = version;
        self.notice = Some(sha256.to_owned());
        self.convened_by = Some(by.clone());
        for item in &mut self.items {
            item.sent_in.get_or_insert(version);
        }
    }

    /// Takes the roll: from here on the organ is the one that was called.
    fn call_roll(&mut self, roll: &RollCall, at: DateTime<Utc>) {
        self.members.clone_from(&roll.members);
        self.seats = roll.seats;
        self.quorum = roll.quorum;
        self.presidency_order = Some(roll.presidency_order);
        self.chair_in_seat = roll.chair_in_seat;
        self.verbalizer = Some(roll.verbalizer.clone());
        self.verbalizer_remote = roll.verbalizer_remote;
        self.assisting.clone_from(&roll.assisting);
        self.regulation.clone_from(&roll.regulation);
        roll.present.iter().for_each(|a| self.enter(&a.person, a.remote, at));
    }

    fn evolve_open(&mut self, event: &SittingEvent, at: DateTime<Utc>) {
        let within = !matches!(
            event,
            SittingEvent::PaperOwed(_)
                | SittingEvent::PaperPrepared { .. }
                | SittingEvent::PaperSigned { .. }
                | SittingEvent::Augmented(_)
        );
        if within {
            self.last_fact = self.last_fact.max(Some(at));
        }
        match event {
            SittingEvent::Opened(roll) => {
                self.status = Status::Open;
                self.opened = Some(at);
                self.call_roll(roll, at);
            }
            SittingEvent::Deserted(roll) => {
                self.status = Status::Deserted;
                self.closed = Some(at);
                self.call_roll(roll, at);
            }
            SittingEvent::Entered { person, remote } => self.enter(person, *remote, at),
            SittingEvent::Left { person, why } => {
                self.leave(person, *why, at);
                // What was chosen before a gap is void (R3.11).
                let open = self.items.iter_mut().filter(|i| i.ballot.is_none());
                open.for_each(|item| item.choices.retain(|(who, _)| who != person));
            }
            SittingEvent::PresenceCorrected { person, present, remote, .. } => {
                let from = self.correct_presence(person, *present, *remote, at);
                self.correct_open_votes(person, from);
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
                let (person, stance) = (person.clone(), *stance);
                if let Some(item) = self.item_mut(case) {
                    item.conflicts.push(Conflict { person, stance, at });
                }
            }
            SittingEvent::VerbalizerReplaced { case, by, .. } => {
                if let Some(item) = self.item_mut(case) {
                    item.verbalizer = Some(by.clone());
                }
            }
            SittingEvent::Chose { case, person, choice } => {
                if let Some(item) = self.item_mut(case) {
                    own::last_of(&mut item.choices, person, *choice);
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
                    item.choices.clear();
                }
            }
            SittingEvent::Voted { case, ballot, anomalies } => {
                let at_vote = self.present_now().cloned().collect();
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
            SittingEvent::VoteVoided { case, .. } => {
                if let Some(item) = self.item_mut(case) {
                    item.ballot = None;
                    item.anomalies.clear();
                    item.choices.clear();
                }
            }
            SittingEvent::ItemClosed { case, outcome, number, reason, to } => {
                let here = self.present_now().cloned().collect();
                if let Some(item) = self.item_mut(case) {
                    if item.ballot.is_none() {
                        item.at_vote = here;
                    }
                    item.outcome = Some((*outcome, at));
                    item.number = *number;
                    item.reason.clone_from(reason);
                    item.postponed_to = *to;
                }
            }
            SittingEvent::OutcomeCorrected { case, outcome, ballot, present, .. } => {
                // The vote and the proclamation keep their own instants.
                let Some(item) = self.item_mut(case) else { return };
                if let Some((present, (_, voted))) = present.as_ref().zip(item.ballot.as_ref()) {
                    item.at_vote = presence::there(present, *voted);
                }
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
            SittingEvent::PaperSigned { key, field, by, sha256, at, assurance } => {
                if let Some(paper) = self.papers.iter_mut().find(|p| p.plan.key == *key) {
                    let (before, worth) = (paper.sha256.as_deref(), assurance.as_ref());
                    self.kept.signed(paper.plan.kind, before, sha256, worth);
                    paper.sign(Signature { field, by, sha256, at: *at, worth });
                }
            }
            SittingEvent::Augmented(step) => self.kept.augmented(step),
            _ => {}
        }
    }
}
