// SPDX-License-Identifier: AGPL-3.0-or-later
//! What may be asked of an act.

use super::availability::Availability;
use super::content::{Condition, Content};
use super::record::{CopyForm, OpinionOutcome, Touch};
use crate::law::control::ControlMatter;
use crate::papers::{Assurance, Augmentation, SignedPaper};
use crate::workflow::OpinionKind;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Who asks, and when. The clock is an argument.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Person id, or `system`.
    pub actor: String,
    /// Instant of recording.
    pub now: DateTime<Utc>,
    /// Instant of the fact, when it is entered later (practice.md 2); else `now`.
    pub happened: DateTime<Utc>,
}

impl Ctx {
    /// The civil day of recording in Europe/Rome.
    pub fn today(&self) -> NaiveDate {
        crate::law::calendar::rome_date(self.now)
    }
}

/// A command on one act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CaseCommand {
    /// Opens a draft of an act kind.
    Create {
        /// Act kind.
        kind: String,
        /// First content.
        content: Content,
        /// The earlier act whose proposal this one presents again (R3.13).
        #[serde(default)]
        again_of: Option<String>,
    },
    /// Changes the draft.
    Edit {
        /// New content.
        content: Content,
    },
    /// Freezes the draft and submits it.
    Submit,
    /// Gives an opinion, or confirms one on a new text.
    GiveOpinion {
        /// Which opinion.
        opinion: OpinionKind,
        /// Office, for technical opinions.
        #[serde(default)]
        office: String,
        /// Outcome.
        outcome: OpinionOutcome,
        /// Reasons.
        #[serde(default)]
        reasons: String,
        /// Declares the absence of conflict of interest (L. 241/1990 art. 6-bis).
        #[serde(default)]
        no_conflict: bool,
        /// The signed sheet.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Puts on record an opinion of others that the regulation wants on this type of act (R1.16).
    RecordFurtherOpinion {
        /// Which one, as the regulation names it.
        name: String,
        /// Who gave it.
        giver: String,
        /// Outcome.
        outcome: OpinionOutcome,
        /// Reasons.
        #[serde(default)]
        reasons: String,
        /// Day it was given.
        on: NaiveDate,
        /// Where it is found: minutes, protocollo.
        reference: String,
    },
    /// Does not give the opinion, or does not pass the check: sends the proposal back with reasons.
    Return {
        /// Office, for technical opinions.
        #[serde(default)]
        office: String,
        /// Reasons.
        reasons: String,
        /// Signed note.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Takes a returned proposal up again.
    Rework,
    /// Changes the text after it was frozen.
    Revise {
        /// New content.
        content: Content,
        /// Purely formal: needs the Segretario's signed declaration.
        #[serde(default)]
        formal: bool,
        /// The declaration.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Writes into the text why the organ departs from an opinion (art. 49 c. 4).
    MotivateDeparture {
        /// The reasons.
        reasons: String,
    },
    /// The Segretario acknowledges a declaration of mere direction (R1.4).
    AcknowledgeDirection,
    /// Passes a check.
    PassReview {
        /// Check-list or note.
        #[serde(default)]
        note: String,
    },
    /// Marks a string that the publishable rendition leaves out, or accepts a find.
    MarkPersonalData {
        /// The string, or the name of a file.
        text: String,
        /// Why, in words that may be published.
        reason: String,
        /// Article.
        basis: String,
    },
    /// Dismisses a find, or takes a mark back.
    ClearPersonalData {
        /// The string.
        text: String,
        /// Why it may be published.
        reason: String,
    },
    /// Has the publishable rendition made again, after the review.
    ComposePublic,
    /// Asks for a certified copy of the signed act (L. 241/1990 art. 22; CAD art. 23-bis).
    RequestCopy {
        /// Whole, or an extract.
        form: CopyForm,
        /// Who asked for it, as printed.
        applicant: String,
        /// What it is for, as printed; may be empty.
        #[serde(default)]
        purpose: String,
        /// The unguessable part of the contrassegno: 32 hexadecimal digits, drawn by the service.
        #[serde(default)]
        code: String,
    },
    /// Withdraws the proposal, outside a sitting.
    Withdraw {
        /// Why.
        reason: String,
        /// Signed note.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Signs one field of a composed paper.
    Sign {
        /// Key of the paper.
        paper_key: String,
        /// SHA-256 of the revision that was signed.
        base: String,
        /// The signed revision.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Attests that a signer is prevented.
    AttestImpediment {
        /// Key of the paper.
        paper_key: String,
        /// Field that stays empty.
        field: String,
        /// Reason.
        reason: String,
        /// The attestation.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Withdraws a composed paper before any signature, to compose it again.
    RecallPaper {
        /// Key.
        paper_key: String,
        /// Why.
        reason: String,
    },
    /// Worker: the paper was composed.
    PreparePaper {
        /// Key.
        paper_key: String,
        /// SHA-256 of the facts printed.
        facts: String,
        /// SHA-256 of the bytes.
        sha256: String,
        /// Pages.
        pages: usize,
    },
    /// Worker: the entity's seal was put on a paper.
    SealPaper {
        /// Key.
        paper_key: String,
        /// Field.
        field: String,
        /// SHA-256 of the revision that was sealed.
        base: String,
        /// SHA-256 after the seal.
        sha256: String,
        /// What the seal is worth.
        #[serde(default)]
        #[schema(ignore)]
        assurance: Option<Assurance>,
    },
    /// Worker: a time-stamp or what validates the signatures was appended.
    Augment(Augmentation),
    /// Adopts with the powers of the Giunta (TUEL 141): the Commissario alone.
    AdoptAsCommissioner {
        /// Request of immediate enforceability: reasons.
        #[serde(default)]
        immediate: Option<String>,
    },
    /// Corrects the request of another body while its document is not shown (R6.10).
    CorrectRequest {
        /// The request as it should be.
        content: Content,
    },
    /// Posts in the Albo.
    Post {
        /// Number received from an external Albo.
        #[serde(default)]
        external_number: Option<i64>,
        /// D received from an external Albo.
        #[serde(default)]
        external_day: Option<NaiveDate>,
        /// Why it is posted again.
        #[serde(default)]
        repeats: Option<String>,
    },
    /// Records a day (partly) lost by the Albo.
    RecordOutage {
        /// The day.
        day: NaiveDate,
        /// Hours of visibility that day.
        visible_hours: u8,
    },
    /// Annuls a wrong posting.
    AnnulPosting {
        /// Why.
        reason: String,
    },
    /// Replaces the file shown by a later publishable rendition; the count continues.
    ReplacePublicFile {
        /// SHA-256 of the new file; empty for the latest rendition.
        #[serde(default)]
        sha256: String,
        /// Why.
        reason: String,
    },
    /// Worker: what the probes of the public pages found; the log arrives as a document.
    RecordAvailability(Availability),
    /// Timer: the term has passed.
    EndPosting,
    /// Timer: the act is effective, its certificate is owed.
    CertifyEffect,
    /// Records that a condition of efficacy was met.
    MeetCondition {
        /// Which.
        condition: Condition,
        /// Day.
        on: NaiveDate,
        /// Evidence.
        evidence: String,
    },
    /// Records a duty as done or failed.
    SettleDuty {
        /// Token.
        duty: String,
        /// Done.
        done: bool,
        /// Evidence or reason.
        #[serde(default)]
        note: String,
    },
    /// Records number and day a paper took in the protocollo of another system (R5.4).
    RecordProtocollo {
        /// Key of the paper.
        paper_key: String,
        /// Number received.
        number: i64,
        /// Day it was registered there.
        on: NaiveDate,
    },
    /// Worker: the list of a day was handed over to a capogruppo, or could not be.
    RecordDelivery {
        /// Day of the list.
        day: NaiveDate,
        /// Serial of the list on that day.
        serial: u32,
        /// Capogruppo.
        person: String,
        /// Handed over.
        delivered: bool,
        /// What the server said.
        #[serde(default)]
        note: String,
    },
    /// Records an order of a court or authority, or an act of another body, on this act.
    RecordOrder {
        /// What it does, from when, whose.
        touch: Touch,
    },
    /// Records a request of the control of art. 127, c. 1, TUEL (R8.5).
    RequestControl {
        /// Councillors who signed it.
        councillors: Vec<String>,
        /// What the act is about.
        matter: ControlMatter,
        /// Rules said to be broken, with the reasons.
        reasons: String,
        /// Day it was received.
        on: NaiveDate,
        /// Its protocollo.
        reference: String,
    },
    /// Lifts a suspension by a later act or order.
    LiftSuspension {
        /// First day without suspension.
        from: NaiveDate,
        /// Act or order.
        source: String,
    },
    /// Closes the fascicolo.
    Close {
        /// Check-list or note.
        #[serde(default)]
        note: String,
    },
}
