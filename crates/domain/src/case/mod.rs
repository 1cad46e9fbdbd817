// SPDX-License-Identifier: AGPL-3.0-or-later
//! One act: its facts, its state, what may be done with it.

mod advance;
mod availability;
pub mod capigruppo;
mod command;
mod commissioner;
mod content;
mod control;
mod copies;
mod decide;
mod draft;
mod duties;
mod efficacy;
mod event;
mod evolve;
mod further;
mod opinion_commands;
mod opinions;
mod posting;
pub mod powers;
mod privacy;
mod protocollo;
mod record;
mod represent;
mod request;
mod revision;
mod signing;
mod touches;

pub use advance::{enter, leave, owe, post_by, seal_slot, slot};
pub use availability::Availability;
pub use command::{CaseCommand, Ctx};
pub use content::{
    Affects, Attachment, AttachmentClass, Condition, Content, CouncilGate, Effect, Effects, Gap,
    Gates,
};
pub use copies::{CopyFound, copy_paper_key, resolve_copy};
pub use decide::{check_signed, decide};
pub use draft::{gaps, obstacles};
pub use duties::raise_duties;
pub use efficacy::{
    Efficacy, effective_on, efficacy, executable, in_force_from, in_force_on, on_albo,
    ratification_due, terms_of,
};
pub use event::{CaseEvent, Change};
pub use further::{further_due, readable, standing_further};
pub use opinion_commands::covers;
pub use opinions::{Objection, OpinionNeed, gate, needs, open_needs, standing};
pub use privacy::reviewer;
pub use protocollo::{Registrable, registrable};
pub use record::{
    ControlRequest, CopyForm, CopyRequest, Earlier, EarlierEnd, FurtherOpinion, LatePosting,
    Opinion, OpinionOutcome, PassedReview, Posting, Protocollo, Touch,
};
pub use represent::{representable, superseded};
pub use request::{PostingRequest, shown_document, term_source};
pub use revision::apply_revision;
pub use signing::{
    check_form, check_prepared, check_seal, check_signature, only_system, unknown_paper, worth,
};
pub use touches::{tell_affected, untouch};

use crate::papers::{KeptPapers, PaperKind, PaperState};
use crate::privacy::{Clearance, Omission};
use crate::registry::Signatory;
use crate::sitting::{Ballot, Treatment};
use crate::workflow::{Lifecycle, StepKind, Workflow};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// A frozen text.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 1 for the first.
    pub number: u32,
    /// What it says.
    pub content: Content,
    /// Its hash.
    pub hash: String,
    /// How it came from the one before; none for a submission.
    pub change: Option<Change>,
    /// When it was frozen.
    pub at: DateTime<Utc>,
}

/// A number taken in a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    /// Register token.
    pub register: String,
    /// Year.
    pub year: i32,
    /// Number.
    pub number: i64,
    /// Date of the line.
    pub date: NaiveDate,
    /// Received from another system.
    pub external: bool,
}

/// The second ballot as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct ImmediateBallot {
    /// The ballot.
    pub ballot: Ballot,
    /// Declared immediately enforceable.
    pub declared: bool,
    /// Votes needed.
    pub required: u32,
    /// Reasons of urgency.
    pub reasons: String,
    /// Executable from.
    pub on: NaiveDate,
}

/// A duty and where it stands (region C).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyState {
    /// Due by, where the law says.
    pub due: Option<NaiveDate>,
    /// None while pending; then done or failed, with the day and the evidence.
    pub settled: Option<(bool, NaiveDate, String)>,
    /// Who put it on record.
    pub by: Option<Signatory>,
}

/// A file that was shown and is not shown any more (R6.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Year and number of the posting.
    pub posting: (i32, i64),
    /// SHA-256 of what was shown.
    pub old: String,
    /// Why, as it was written.
    pub reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// How an act ended before taking its course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Withdrawn.
    Withdrawn,
    /// Rejected by the organ.
    Rejected,
    /// Fascicolo closed.
    Archived,
}

/// One act, folded from its facts.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Case id.
    pub id: String,
    /// Act kind.
    pub kind: String,
    /// Digest of its workflow.
    pub workflow: String,
    /// Name of the current step.
    pub step: String,
    /// Version of the stream at which the step was entered: names this very stay.
    pub entered: i64,
    /// Day by which the step should be done.
    pub deadline: Option<NaiveDate>,
    /// Who created it.
    pub creator: String,
    /// The draft, or the content of the current version.
    pub content: Content,
    /// Frozen versions.
    pub versions: Vec<Version>,
    /// Every opinion ever given, void ones included (T-51).
    pub opinions: Vec<Opinion>,
    /// Further opinions on record (R1.16), void ones included.
    pub further: Vec<FurtherOpinion>,
    /// The earlier proposal it presents again.
    pub earlier: Option<Earlier>,
    /// Cases that present this one again.
    pub later: Vec<String>,
    /// Day it was withdrawn.
    pub withdrawn_on: Option<NaiveDate>,
    /// Requests of the control of art. 127.
    pub control: Vec<ControlRequest>,
    /// Checks passed, in order.
    pub reviews: Vec<PassedReview>,
    /// Steps passed over, with the reason.
    pub skipped: BTreeMap<String, String>,
    /// Sent back and not yet taken up again: reasons.
    pub returned: Option<String>,
    /// Sitting whose agenda holds it.
    pub sitting: Option<String>,
    /// What the organ did each time without voting.
    pub not_voted: Vec<Treatment>,
    /// The proclaimed result.
    pub treatment: Option<Treatment>,
    /// The second ballot.
    pub immediate: Option<ImmediateBallot>,
    /// Numbers by register; one register may give several (Albo, reposting).
    pub numbers: Vec<Numbering>,
    /// Papers in order.
    pub papers: Vec<PaperState>,
    /// Signed papers, carried ones included, with the revisions appended to them.
    pub kept: KeptPapers,
    /// Current posting.
    pub posting: Option<Posting>,
    /// Postings that were annulled, with the reason.
    pub annulled_postings: Vec<(Posting, String)>,
    /// Days (partly) lost by the Albo during the current posting, with the hours of visibility.
    pub outages: BTreeMap<NaiveDate, u8>,
    /// Files that were shown and replaced by a redacted one.
    pub replaced: Vec<Replaced>,
    /// What the probes found, by year and number of the posting.
    pub availability: BTreeMap<(i32, i64), Availability>,
    /// The end of posting was put on record.
    pub posting_ended: bool,
    /// Strings the publishable rendition leaves out.
    pub omissions: Vec<Omission>,
    /// Finds that may be published.
    pub cleared: Vec<Clearance>,
    /// Certified copies asked for.
    pub copies: Vec<CopyRequest>,
    /// Days of postings that were annulled, lost by the Albo: by year and number of the posting.
    pub past_outages: BTreeMap<(i32, i64), BTreeMap<NaiveDate, u8>>,
    /// Lists of the capigruppo it was in: day and serial.
    pub listed: Vec<(NaiveDate, u32)>,
    /// Lists that went out from this act, the first of theirs, and who received them.
    pub lists: Vec<capigruppo::SentList>,
    /// Opinions the reasons of the departure answer (art. 49 c. 4): SHA-256 of the sheet, or of what was
    /// recorded.
    pub answered: Vec<String>,
    /// How many of them came before the current posting.
    pub listed_before_posting: usize,
    /// Conditions met, with the day.
    pub conditions_met: BTreeMap<Condition, NaiveDate>,
    /// Duties by token.
    pub duties: BTreeMap<String, DutyState>,
    /// Numbers its papers took in the protocollo, corrections after what they correct.
    pub protocollo: Vec<Protocollo>,
    /// Later acts and orders.
    pub touches: Vec<Touch>,
    /// Suspensions lifted: from which day, by which act or order.
    pub lifted: Vec<(NaiveDate, String)>,
    /// Executivity that had set in before a posting was annulled: its first day, and year and Albo
    /// number of that posting.
    pub matured: Option<(NaiveDate, (i32, i64))>,
    /// Ended before or after its course.
    pub ending: Option<Ending>,
    /// Events folded.
    pub version: i64,
    /// Instant of the last event.
    pub updated: Option<DateTime<Utc>>,
}

impl Case {
    /// Papers not complete yet and still owed.
    pub fn open_papers(&self) -> impl Iterator<Item = &PaperState> {
        self.papers.iter().filter(|p| !p.is_complete() && !p.dropped)
    }

    /// A legitimacy opinion was given on the current text: its outcome was told to who waits for it.
    pub fn legitimacy_given(&self) -> bool {
        use crate::workflow::OpinionKind;
        let need = OpinionNeed { opinion: OpinionKind::Legitimacy, office: String::new() };
        standing(self, &need).is_some()
    }

    /// The days lost by the Albo during a posting, the current one or one that was annulled.
    pub fn outages_of(&self, posting: &Posting) -> &BTreeMap<NaiveDate, u8> {
        self.past_outages.get(&(posting.year, posting.number)).unwrap_or(&self.outages)
    }

    /// The text that went back, or was withdrawn, is signed by nobody any more.
    fn drop_proposals(&mut self) {
        let unsigned = |p: &&mut PaperState| p.plan.kind == PaperKind::Proposta && !p.is_complete();
        self.papers.iter_mut().filter(unsigned).for_each(|p| p.dropped = true);
    }

    /// An empty case of an id.
    pub fn new(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// True when the case exists.
    pub fn exists(&self) -> bool {
        self.version > 0
    }

    /// The current frozen version.
    pub fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The latest number in a register.
    pub fn number(&self, register: &str) -> Option<&Numbering> {
        self.numbers.iter().rev().find(|n| n.register == register)
    }

    /// The number of the act itself.
    pub fn act_number(&self, workflow: &Workflow) -> Option<&Numbering> {
        workflow.act_register().and_then(|register| self.number(register))
    }

    /// A paper by key.
    pub fn paper(&self, key: &str) -> Option<&PaperState> {
        self.papers.iter().find(|p| p.plan.key == key)
    }

    /// The number a paper took in the protocollo, as last recorded.
    pub fn protocollo(&self, key: &str) -> Option<&Protocollo> {
        self.protocollo.iter().rfind(|p| p.key == key)
    }

    /// Declared immediately enforceable by its own ballot.
    pub fn is_immediate(&self) -> bool {
        self.immediate.as_ref().is_some_and(|i| i.declared)
    }

    /// Approved by the organ.
    pub fn is_adopted(&self) -> bool {
        self.treatment.as_ref().is_some_and(|t| t.outcome.is_approval())
    }

    /// Region A on a day (posting ends when its day comes, not when someone records it).
    pub fn lifecycle(&self, workflow: &Workflow, today: NaiveDate) -> Lifecycle {
        let gone = |how: Effect| self.touches.iter().any(|t| t.how == how && t.holds_on(today));
        if gone(Effect::Annul) {
            return Lifecycle::Annulled;
        }
        if gone(Effect::Revoke) {
            return Lifecycle::Revoked;
        }
        match self.ending {
            Some(Ending::Withdrawn) => return Lifecycle::Withdrawn,
            Some(Ending::Rejected) => return Lifecycle::Rejected,
            Some(Ending::Archived) => return Lifecycle::Archived,
            None => {}
        }
        if self.returned.is_some() {
            return Lifecycle::Returned;
        }
        self.step_lifecycle(workflow, today)
    }

    fn step_lifecycle(&self, workflow: &Workflow, today: NaiveDate) -> Lifecycle {
        use crate::workflow::OpinionKind;
        let Some(step) = workflow.step(&self.step) else { return Lifecycle::Draft };
        match &step.kind {
            StepKind::Freeze { .. } => Lifecycle::Draft,
            StepKind::Opinion { opinion: OpinionKind::Technical, .. } => {
                Lifecycle::TechnicalOpinions
            }
            StepKind::Opinion { opinion: OpinionKind::Accounting, .. } => {
                Lifecycle::AccountingOpinion
            }
            StepKind::Opinion { opinion: OpinionKind::Cover, .. } => Lifecycle::CoverVisto,
            StepKind::Opinion { opinion: OpinionKind::Legitimacy, .. } => {
                Lifecycle::LegitimacyOpinion
            }
            StepKind::Review { lifecycle: Lifecycle::PostingEnded, .. } => match terms_of(self) {
                Some(terms) if today < terms.off_on => Lifecycle::Posted,
                _ => Lifecycle::PostingEnded,
            },
            StepKind::Review { lifecycle, .. } | StepKind::Sign { lifecycle, .. } => *lifecycle,
            StepKind::Agenda if self.sitting.is_some() => Lifecycle::OnAgenda,
            StepKind::Agenda if !self.not_voted.is_empty() => Lifecycle::Postponed,
            StepKind::Agenda => Lifecycle::Ready,
            StepKind::Discussion { .. } | StepKind::Ballot => Lifecycle::UnderDiscussion,
            StepKind::Number { .. } => Lifecycle::Adopted,
            StepKind::Post { .. } => Lifecycle::Perfected,
        }
    }
}
