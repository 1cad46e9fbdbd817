// SPDX-License-Identifier: AGPL-3.0-or-later
//! Facts about one act.

use super::availability::Availability;
use super::content::{Condition, Content};
use super::record::{
    ControlRequest, CopyRequest, Earlier, FurtherOpinion, Opinion, Posting, Protocollo, Touch,
};
use crate::papers::{Assurance, Augmentation, PaperPlan, SignedPaper};
use crate::privacy::{Clearance, Omission};
use crate::registry::Signatory;
use crate::sitting::{Ballot, Treatment};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// How a text was changed after opinions were given (R1.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "built once and stored")]
pub enum Change {
    /// Typo or layout, certified by the Segretario with a signed declaration: opinions stay valid.
    Formal {
        /// Who certifies.
        by: Signatory,
        /// The declaration.
        paper: SignedPaper,
    },
    /// Anything else: every opinion is void.
    Substantial,
}

/// What happened to an act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CaseEvent {
    /// A draft exists, pinned to a workflow.
    Created {
        /// Act kind.
        kind: String,
        /// Digest of the workflow.
        workflow: String,
        /// First content.
        content: Content,
        /// The earlier proposal it presents again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        earlier: Option<Earlier>,
    },
    /// A new proposal presents this one again, after it was rejected, withdrawn or postponed twice.
    PresentedAgain {
        /// The new case.
        by_case: String,
    },
    /// The draft was changed.
    Edited {
        /// The new content.
        content: Content,
    },
    /// The draft was frozen as a version.
    Submitted {
        /// 1 for the first.
        version: u32,
        /// Hash of the content.
        hash: String,
        /// Who submitted.
        by: Signatory,
    },
    /// The act took a number in a register.
    Numbered {
        /// Register token.
        register: String,
        /// Year.
        year: i32,
        /// Number.
        number: i64,
        /// Date of the line: of the sitting for deliberations (R5.2).
        date: NaiveDate,
        /// Received from another system.
        external: bool,
    },
    /// The act stands at a step.
    StepEntered {
        /// Name of the step.
        step: String,
        /// Day by which it should be done.
        deadline: Option<NaiveDate>,
    },
    /// A step was not due and was passed over, with the reason.
    StepSkipped {
        /// Name of the step.
        step: String,
        /// Why, in Italian.
        reason: String,
    },
    /// An opinion was given.
    OpinionGiven(Opinion),
    /// A further opinion was acquired (R1.16).
    FurtherOpinionRecorded(FurtherOpinion),
    /// Opinion not given: the proposal went back (R1.8 NON_RESO), or a check sent it back.
    Returned {
        /// Step that sent it back.
        step: String,
        /// By whom.
        by: Signatory,
        /// Reasons.
        reasons: String,
        /// Signed note.
        paper: SignedPaper,
    },
    /// The proposer took it up again as a new draft.
    ReworkStarted,
    /// The text changed after it had been frozen.
    Revised {
        /// Number of the new version.
        version: u32,
        /// Its content.
        content: Content,
        /// Its hash.
        hash: String,
        /// Formal or substantial.
        change: Change,
        /// In a sitting, or in the offices.
        sitting: Option<String>,
    },
    /// The reasons for departing from a contrary opinion were written into the text.
    DepartureMotivated {
        /// The reasons, as they will be printed in the act.
        reasons: String,
        /// The opinions they answer: SHA-256 of each sheet. One that comes later is not among them.
        answers: Vec<String>,
    },
    /// A check was passed.
    ReviewPassed {
        /// Step.
        step: String,
        /// By whom.
        by: Signatory,
        /// Check-list or note.
        note: String,
    },
    /// It was put on an agenda.
    PutOnAgenda {
        /// Sitting.
        sitting: String,
    },
    /// It was taken off an agenda.
    RemovedFromAgenda {
        /// Sitting.
        sitting: String,
        /// Why.
        reason: String,
    },
    /// It was called in a sitting.
    Called {
        /// Sitting.
        sitting: String,
    },
    /// The organ did not vote it: postponed, or not treated.
    NotVoted {
        /// Sitting.
        sitting: String,
        /// What happened there, as a snapshot.
        treatment: Treatment,
    },
    /// The result was proclaimed: the act exists from here (R2.7).
    Proclaimed {
        /// Sitting; empty for a Commissario.
        sitting: String,
        /// Presence, votes, presidency, verbalizer at the item.
        treatment: Treatment,
    },
    /// A wrong proclamation was corrected within the sitting; the number stays.
    ProclamationCorrected {
        /// The right snapshot.
        treatment: Treatment,
        /// Why.
        reason: String,
    },
    /// A member who had left for the item under art. 78 c. 2 came back (practice.md 4).
    MemberReturned {
        /// Sitting.
        sitting: String,
        /// Person.
        person: String,
    },
    /// The second ballot, on immediate enforceability (R4.2).
    ImmediateVoted {
        /// The ballot.
        ballot: Ballot,
        /// Declared immediately enforceable.
        declared: bool,
        /// Favourable votes needed: majority of the members.
        required: u32,
        /// Reasons of urgency.
        reasons: String,
        /// Day from which it may be executed, when declared.
        on: NaiveDate,
    },
    /// A paper is owed: who must sign it.
    PaperOwed(PaperPlan),
    /// The paper was composed; the bytes are a document.
    PaperPrepared {
        /// Key of the paper.
        key: String,
        /// SHA-256 of the facts it prints.
        facts: String,
        /// SHA-256 of the bytes.
        sha256: String,
        /// Pages.
        pages: usize,
    },
    /// A composed paper was withdrawn, to be composed and signed again: before any signature by the
    /// Segreteria (row 26), or because the outcome it prints was corrected (row 13).
    PaperRecalled {
        /// Key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The fact a paper was owed for is no more: nobody composes or signs it.
    PaperVoided {
        /// Key.
        key: String,
        /// Why.
        reason: String,
    },
    /// One signature was added.
    PaperSigned {
        /// Key.
        key: String,
        /// Field filled.
        field: String,
        /// Who signed; the entity itself for seals.
        by: Signatory,
        /// SHA-256 after the signature.
        sha256: String,
        /// Instant.
        at: DateTime<Utc>,
        /// What the signature is worth.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assurance: Option<Assurance>,
    },
    /// A time-stamp or what validates the signatures was appended to a signed paper (R9.2).
    Augmented(Augmentation),
    /// A signer is prevented; the Segretario attests it and the act stands (R2.7, row 28).
    ImpedimentAttested {
        /// Key of the paper.
        key: String,
        /// Field that stays empty.
        field: String,
        /// Reason.
        reason: String,
        /// Who attests.
        by: Signatory,
        /// The attestation.
        paper: SignedPaper,
    },
    /// Posted in the Albo: D.
    Posted(Posting),
    /// A day of the Albo was (partly) lost (R6.5).
    OutageRecorded {
        /// The day.
        day: NaiveDate,
        /// Hours during which it was visible.
        visible_hours: u8,
        /// Who attests it.
        by: Signatory,
    },
    /// The posting was wrong and is annulled; its Albo number stays with a note (R6.6).
    PostingAnnulled {
        /// Why.
        reason: String,
        /// Who annulled.
        by: Signatory,
        /// The act was already effective: the Segretario must look.
        was_effective: bool,
    },
    /// The file shown was replaced by a redacted one; the count continues (practice.md 1.13).
    PublicFileReplaced {
        /// Old hash.
        old: String,
        /// New hash.
        new: String,
        /// Why.
        reason: String,
    },
    /// A string was marked: the publishable rendition leaves it out (R6.8).
    PersonalDataMarked(Omission),
    /// A find was dismissed, or a mark taken back.
    PersonalDataCleared(Clearance),
    /// A certified copy was asked for (practice.md 3, row 23).
    CopyRequested(CopyRequest),
    /// It is in the list of the day for the capigruppo (R8.1).
    CapigruppoListed {
        /// Day of the list.
        day: NaiveDate,
        /// Serial of the list on that day, from 1.
        serial: u32,
    },
    /// The list, sealed or signed, goes out (R8.2); kept with the first act it names.
    CapigruppoSent {
        /// Day of the list.
        day: NaiveDate,
        /// Serial of the list on that day, from 1.
        serial: u32,
        /// SHA-256 of the list.
        paper: String,
        /// Capigruppo it goes to.
        recipients: Vec<String>,
        /// Acts it names.
        cases: Vec<String>,
    },
    /// The list was handed over to a capogruppo, or could not be (R8.3).
    CapigruppoTold {
        /// Day of the list.
        day: NaiveDate,
        /// Serial of the list on that day.
        serial: u32,
        /// Capogruppo.
        person: String,
        /// Handed over to his address.
        delivered: bool,
        /// What the server said, where it was not.
        note: String,
    },
    /// What the probes of the public pages found during the posting (R6.5); the log is a document.
    AvailabilityRecorded(Availability),
    /// The term in the Albo has passed; the referto is owed.
    PostingEnded {
        /// Last day shown and certified.
        last_day: NaiveDate,
    },
    /// A condition of efficacy was met.
    ConditionMet {
        /// Which.
        condition: Condition,
        /// Day.
        on: NaiveDate,
        /// Evidence.
        evidence: String,
    },
    /// A duty was raised.
    DutyRaised {
        /// Token.
        duty: String,
        /// Day by which it is due, where the law sets one.
        due: Option<NaiveDate>,
    },
    /// A duty was done, or failed.
    DutySettled {
        /// Token.
        duty: String,
        /// Done or failed.
        done: bool,
        /// Evidence or reason.
        note: String,
        /// Day it happened.
        on: NaiveDate,
        /// Who put it on record; the system where it saw it itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signatory>,
    },
    /// A paper took a number in the protocollo of another system (R5.4).
    ProtocolloRecorded(Protocollo),
    /// Councillors asked for the control of art. 127, c. 1, TUEL (row 35); the suspension follows.
    ControlRequested(ControlRequest),
    /// A later act or an order touches this one.
    Touched {
        /// How, and from which day.
        touch: Touch,
    },
    /// What another act would have done to this one falls: its effect did not come, or was undone.
    TouchWithdrawn {
        /// The other case.
        by_case: String,
        /// Why.
        reason: String,
    },
    /// A suspension was lifted.
    SuspensionLifted {
        /// Day from which.
        from: NaiveDate,
        /// Act or order.
        source: String,
    },
    /// Withdrawn by who proposed it.
    Withdrawn {
        /// By whom.
        by: Signatory,
        /// Why.
        reason: String,
        /// Signed note, outside a sitting.
        paper: Option<SignedPaper>,
    },
    /// The fascicolo was closed.
    Closed {
        /// By whom.
        by: Signatory,
        /// Check-list or note.
        note: String,
    },
}

impl CaseEvent {
    /// The paper that was signed before its command and travelled with it.
    pub fn carried(&self) -> Option<&SignedPaper> {
        match self {
            Self::OpinionGiven(Opinion { paper, .. })
            | Self::Returned { paper, .. }
            | Self::Revised { change: Change::Formal { paper, .. }, .. }
            | Self::ImpedimentAttested { paper, .. }
            | Self::Withdrawn { paper: Some(paper), .. } => Some(paper),
            _ => None,
        }
    }
}
