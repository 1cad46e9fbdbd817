// SPDX-License-Identifier: AGPL-3.0-or-later
//! What may be asked of a sitting.

use super::event::{Attendance, Leaving, Mode, SecretTotals};
use super::own::{Answer, Choice};
use super::treatment::ConflictStance;
use crate::case::Content;
use crate::law::ballot::Casting;
use crate::papers::{Assurance, Augmentation, SignedPaper};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// A vote as the verbalizer takes it down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VoteInput {
    /// Everyone who may vote is in favour: one gesture.
    pub unanimous: bool,
    /// Open vote: members against; who is not named is in favour.
    pub against: Vec<String>,
    /// Open vote: members abstaining.
    pub abstained: Vec<String>,
    /// Open vote: members in favour, when not everyone else.
    pub favour: Option<Vec<String>>,
    /// Secret ballot: totals.
    pub totals: Option<SecretTotals>,
    /// President's casting vote.
    pub casting: Option<Casting>,
    /// Declarations for the minutes.
    pub statements: Vec<(String, String)>,
}

/// A command on one sitting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "commands are built once")]
pub enum SittingCommand {
    /// Puts a sitting in the calendar.
    Schedule {
        /// Organ.
        organ: String,
        /// Day.
        date: NaiveDate,
        /// Time.
        time: NaiveTime,
        /// Place; empty = the seat of the Comune.
        #[serde(default)]
        place: String,
        /// Mode.
        #[serde(default)]
        mode: Mode,
    },
    /// Puts a case on the agenda.
    AddItem {
        /// Case.
        case: String,
    },
    /// Takes a case off the agenda.
    RemoveItem {
        /// Case.
        case: String,
        /// Why.
        reason: String,
        /// Signed note.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Puts the agenda in another order.
    Reorder {
        /// All cases in the new order.
        cases: Vec<String>,
    },
    /// Convenes the organ, or supplements the agenda after convening.
    Convene {
        /// The signed notice.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// A member answers the convening for himself.
    Answer {
        /// What.
        answer: Answer,
    },
    /// A connected member votes from his own device: the verbalizer takes the vote down with it.
    Choose {
        /// Case.
        case: String,
        /// How.
        choice: Choice,
    },
    /// Moves the sitting, or changes how it is held; once convened, who convenes signs it.
    Move {
        /// New day.
        date: NaiveDate,
        /// New time.
        time: NaiveTime,
        /// New place; empty = unchanged.
        #[serde(default)]
        place: String,
        /// New mode; none = unchanged.
        #[serde(default)]
        mode: Option<Mode>,
        /// Why.
        reason: String,
        /// The signed notice that replaces the one sent, for a convened sitting.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Cancels the sitting; once convened, who convenes signs it.
    Cancel {
        /// Why.
        reason: String,
        /// The signed notice that revokes the convening, for a convened sitting.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Opens the sitting with its roll call.
    Open {
        /// Members present.
        present: Vec<Attendance>,
        /// Verbalizer, when not who records.
        #[serde(default)]
        verbalizer: Option<String>,
        /// Verbalizer connected from elsewhere.
        #[serde(default)]
        verbalizer_remote: bool,
        /// Who assists without vote.
        #[serde(default)]
        assisting: Vec<String>,
    },
    /// Declares that the quorum was not reached.
    Desert {
        /// Members present.
        #[serde(default)]
        present: Vec<Attendance>,
    },
    /// A member enters.
    Enter {
        /// Person.
        person: String,
        /// Connected from elsewhere.
        #[serde(default)]
        remote: bool,
    },
    /// A member leaves, or his line falls.
    Leave {
        /// Person.
        person: String,
        /// Why.
        #[serde(default)]
        why: Leaving,
    },
    /// Corrects a mistyped presence before the proclamation.
    CorrectPresence {
        /// Person.
        person: String,
        /// Present.
        present: bool,
        /// Connected from elsewhere.
        #[serde(default)]
        remote: bool,
        /// Why.
        reason: String,
    },
    /// Calls an item of the agenda.
    CallItem {
        /// Case.
        case: String,
    },
    /// Calls an item that is not on the agenda (fuori sacco).
    CallOffAgenda {
        /// Case.
        case: String,
        /// Present members who object.
        #[serde(default)]
        objections: Vec<String>,
    },
    /// A member declares that art. 78 c. 2 applies.
    DeclareConflict {
        /// Case.
        case: String,
        /// Person.
        person: String,
        /// Stays or leaves.
        stance: ConflictStance,
        /// Reason.
        #[serde(default)]
        reason: String,
    },
    /// Someone else verbalizes an item.
    ReplaceVerbalizer {
        /// Case.
        case: String,
        /// Person.
        person: String,
        /// Why.
        reason: String,
    },
    /// Amends the text of the item under discussion.
    Amend {
        /// Case.
        case: String,
        /// The whole new content.
        content: Content,
        /// Purely formal: the Segretario's signed declaration.
        #[serde(default)]
        formal: bool,
        /// The declaration.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Sends an amended item back for its opinions.
    SendBack {
        /// Case.
        case: String,
        /// Why.
        reason: String,
    },
    /// Takes the vote.
    Vote {
        /// Case.
        case: String,
        /// The vote.
        vote: VoteInput,
        /// Reason of president and verbalizer for going on in spite of an irregularity.
        #[serde(default)]
        override_reason: String,
    },
    /// Corrects a mistyped vote before the proclamation.
    CorrectVote {
        /// Case.
        case: String,
        /// The right vote.
        vote: VoteInput,
        /// Why.
        reason: String,
    },
    /// Proclaims the result.
    Proclaim {
        /// Case.
        case: String,
    },
    /// Corrects a wrong proclamation within the sitting; the number stays.
    CorrectProclamation {
        /// Case.
        case: String,
        /// The right vote.
        vote: VoteInput,
        /// Who was there at the vote, where that was wrong too.
        #[serde(default)]
        present: Option<Vec<Attendance>>,
        /// Why.
        reason: String,
    },
    /// The second ballot, on immediate enforceability, with its reasons.
    VoteImmediate {
        /// Case.
        case: String,
        /// The vote.
        vote: VoteInput,
        /// Reasons of urgency; empty = those requested in the proposal.
        #[serde(default)]
        reasons: String,
    },
    /// "Unanime": vote and proclamation in one gesture.
    Unanimous {
        /// Case.
        case: String,
        /// Reason for going on in spite of an irregularity.
        #[serde(default)]
        override_reason: String,
    },
    /// "IE unanime": second ballot in one gesture.
    UnanimousImmediate {
        /// Case.
        case: String,
        /// Reasons of urgency; empty = those requested in the proposal.
        #[serde(default)]
        reasons: String,
    },
    /// Postpones an item.
    Postpone {
        /// Case.
        case: String,
        /// Why.
        reason: String,
        /// Day of the sitting it is postponed to; none = sine die (R3.13).
        #[serde(default)]
        next_sitting: Option<NaiveDate>,
    },
    /// The relatore withdraws an item in the sitting.
    WithdrawItem {
        /// Case.
        case: String,
        /// The relatore who withdraws it.
        #[serde(rename = "relatore")]
        by: String,
        /// Why.
        reason: String,
    },
    /// Takes note of an information.
    TakeNote {
        /// Case.
        case: String,
    },
    /// Suspends the sitting.
    Suspend {
        /// Why.
        reason: String,
    },
    /// Resumes it with a new roll call.
    Resume {
        /// Members present.
        present: Vec<Attendance>,
    },
    /// Closes it.
    Close,
    /// Signs one field of a paper of the sitting.
    Sign {
        /// Key of the paper.
        paper_key: String,
        /// SHA-256 of the revision that was signed.
        base: String,
        /// The signed revision.
        #[schema(ignore)]
        paper: Option<SignedPaper>,
    },
    /// Worker: a paper was composed.
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
}
