// SPDX-License-Identifier: AGPL-3.0-or-later
//! Facts about one sitting.

use super::own::{Answer, Choice};
use super::treatment::{Anomaly, ConflictStance, ItemOutcome};
use crate::law::ballot::{Casting, Count};
use crate::law::presidency::PresidencyOrder;
use crate::papers::{Assurance, Augmentation, PaperPlan, SignedPaper};
use crate::registry::Signatory;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// How a sitting is held (R3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everyone in the seat.
    #[default]
    InSeat,
    /// Some in the seat, some connected.
    Mixed,
    /// Everyone connected, with a conventional seat.
    Remote,
}

/// A member of the organ at the opening: the set is taken at that instant (R3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Person id.
    pub person: String,
    /// "Anna Scavuzzo".
    pub name: String,
    /// Office held as printed: "Sindaco", "Assessore".
    pub title: String,
    /// Role token, for the presidency.
    pub role: crate::registry::Role,
    /// List order.
    pub rank: u32,
    /// Date of birth, where the statute orders by age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<NaiveDate>,
    /// Codice fiscale, for the president's signature.
    pub fiscal_code: String,
    /// Act of appointment.
    pub act: String,
}

/// Who is where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// Person id.
    pub person: String,
    /// Connected from elsewhere.
    #[serde(default)]
    pub remote: bool,
}

/// The organ as it stands when the roll is called: who is in office, how many are needed, who
/// presides. It holds for the whole sitting (R3.1, R3.3, R3.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollCall {
    /// Members in office at that instant.
    pub members: Vec<Member>,
    /// Seats by statute.
    pub seats: u32,
    /// Quorum required.
    pub quorum: u32,
    /// Who is there.
    pub present: Vec<Attendance>,
    /// Who presides after Sindaco and Vicesindaco.
    pub presidency_order: PresidencyOrder,
    /// Who presides must be in the seat of the sitting (R3.10).
    pub chair_in_seat: bool,
    /// Who verbalizes.
    pub verbalizer: Signatory,
    /// Verbalizer connected from elsewhere.
    pub verbalizer_remote: bool,
    /// Who assists without vote.
    pub assisting: Vec<Signatory>,
    /// Digest of the regulation in force that day.
    pub regulation: String,
}

/// A signed notice that takes the place of the one sent before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who convenes, by TUEL 50 c. 2 or 53 c. 2.
    pub by: Signatory,
    /// The signed paper.
    pub paper: SignedPaper,
}

/// Why a member left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// He left the room.
    #[default]
    Left,
    /// The connection fell: the same as leaving (R3.11).
    LineLost,
}

/// A vote as cast. Open votes keep the names, secret ones only totals (R3.8, practice.md 1.9).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ballot {
    /// Reason of a secret ballot with its source; none for an open vote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Open vote: members in favour.
    pub favour: Vec<String>,
    /// Open vote: members against.
    pub against: Vec<String>,
    /// Open vote: members abstaining.
    pub abstained: Vec<String>,
    /// Secret ballot: totals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<SecretTotals>,
    /// Present members who must abstain under art. 78.
    pub conflicted: Vec<String>,
    /// President's casting vote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub casting: Option<Casting>,
    /// Declarations for the minutes: person and text.
    pub statements: Vec<(String, String)>,
}

/// Totals of a secret ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretTotals {
    /// In favour.
    pub favour: u32,
    /// Against.
    pub against: u32,
    /// Blank.
    pub blank: u32,
    /// Void.
    pub void: u32,
}

impl Ballot {
    /// The count on which quorum and majority are judged.
    pub fn count(&self, members: u32, seats: u32, present: u32) -> Count {
        let len = |names: &Vec<String>| u32::try_from(names.len()).unwrap_or(u32::MAX);
        let (favour, against, blank, void) = match self.totals {
            Some(t) => (t.favour, t.against, t.blank, t.void),
            None => (len(&self.favour), len(&self.against), 0, 0),
        };
        Count {
            members,
            seats,
            present,
            conflicted: len(&self.conflicted),
            favour,
            against,
            abstained: len(&self.abstained),
            blank,
            void,
        }
    }
}

/// What happened in or around a sitting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SittingEvent {
    /// The sitting is in the calendar.
    Scheduled {
        /// Organ.
        organ: String,
        /// Day.
        date: NaiveDate,
        /// Time.
        time: NaiveTime,
        /// Place.
        place: String,
        /// Mode.
        mode: Mode,
    },
    /// A case was put on the agenda.
    ItemAdded {
        /// Case.
        case: String,
        /// Object as it stands on the agenda.
        subject: String,
    },
    /// A case was taken off the agenda.
    ItemRemoved {
        /// Case.
        case: String,
        /// Why.
        reason: String,
        /// Signed note of who takes it off.
        paper: Option<SignedPaper>,
        /// It was on an agenda that was sent.
        announced: bool,
    },
    /// The agenda was put in another order.
    ItemsReordered {
        /// All cases, in the new order.
        cases: Vec<String>,
    },
    /// The organ was convened (version 1), or the agenda supplemented (later versions).
    Convened {
        /// Version of the agenda.
        version: u32,
        /// Who convened.
        by: Signatory,
        /// The notice with the agenda.
        paper: SignedPaper,
    },
    /// Moved to another time or place, or held in another way; with a new notice once convened.
    Moved {
        /// New day.
        date: NaiveDate,
        /// New time.
        time: NaiveTime,
        /// New place.
        place: String,
        /// New mode.
        mode: Mode,
        /// Why.
        reason: String,
        /// The notice that replaces the one sent; none for a sitting not convened yet.
        notice: Option<Notice>,
    },
    /// Will not be held.
    Cancelled {
        /// Why.
        reason: String,
        /// The notice that revokes the convening; none for a sitting not convened yet.
        notice: Option<Notice>,
    },
    /// Opened with its roll call.
    Opened(RollCall),
    /// No quorum within the waiting time.
    Deserted(RollCall),
    /// A member came, or came back.
    Entered {
        /// Person.
        person: String,
        /// Connected from elsewhere.
        remote: bool,
    },
    /// A member left, or his line fell.
    Left {
        /// Person.
        person: String,
        /// Why.
        why: Leaving,
    },
    /// A member answered the convening.
    Answered {
        /// Person.
        person: String,
        /// What.
        answer: Answer,
    },
    /// A connected member voted from his own device, before the vote was taken down.
    Chose {
        /// Case.
        case: String,
        /// Person.
        person: String,
        /// How.
        choice: Choice,
    },
    /// A mistyped presence was corrected before the proclamation.
    PresenceCorrected {
        /// Person.
        person: String,
        /// Present or not.
        present: bool,
        /// Connected from elsewhere.
        remote: bool,
        /// Why.
        reason: String,
    },
    /// An item was called.
    ItemCalled {
        /// Case.
        case: String,
        /// Added at the sitting.
        off_agenda: bool,
        /// Object, for items added now.
        subject: String,
    },
    /// A member declared that art. 78 c. 2 applies to him for an item.
    ConflictDeclared {
        /// Case.
        case: String,
        /// Person.
        person: String,
        /// Stays or leaves.
        stance: ConflictStance,
        /// Reason, for the minutes.
        reason: String,
    },
    /// Someone else verbalizes an item (R2.6).
    VerbalizerReplaced {
        /// Case.
        case: String,
        /// Who.
        by: Signatory,
        /// Why.
        reason: String,
    },
    /// The text of an item was amended.
    ItemAmended {
        /// Case.
        case: String,
        /// New version.
        version: u32,
    },
    /// A vote was taken.
    Voted {
        /// Case.
        case: String,
        /// The ballot.
        ballot: Ballot,
        /// Irregularities overridden, each with the reason.
        #[serde(default)]
        anomalies: Vec<Anomaly>,
    },
    /// A mistyped vote was corrected before the proclamation.
    VoteCorrected {
        /// Case.
        case: String,
        /// The right ballot.
        ballot: Ballot,
        /// Why.
        reason: String,
    },
    /// A vote not yet proclaimed is no vote: on the presence as corrected there was no legal number, or
    /// nobody to preside. It is taken again (R3.11).
    VoteVoided {
        /// Case.
        case: String,
        /// What was missing.
        reason: String,
    },
    /// The item ended, with its outcome.
    ItemClosed {
        /// Case.
        case: String,
        /// Outcome.
        outcome: ItemOutcome,
        /// Number of the deliberation, for numbered outcomes.
        number: Option<i64>,
        /// Instant of the outcome within the sitting is the event's own.
        reason: String,
        /// Day of the sitting it was postponed to, where one was said (R3.13).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<NaiveDate>,
    },
    /// A wrong proclamation was corrected (number kept).
    OutcomeCorrected {
        /// Case.
        case: String,
        /// The right outcome.
        outcome: ItemOutcome,
        /// The right ballot.
        ballot: Ballot,
        /// Who was there at the vote, where that was wrong too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        present: Option<Vec<Attendance>>,
        /// Why.
        reason: String,
    },
    /// The second ballot on immediate enforceability.
    ImmediateVoted {
        /// Case.
        case: String,
        /// The ballot.
        ballot: Ballot,
        /// Declared.
        declared: bool,
    },
    /// Suspended: quorum lost or by decision.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Resumed with a new roll call.
    Resumed {
        /// Who is there.
        present: Vec<Attendance>,
    },
    /// Closed.
    Closed {},
    /// A paper of the sitting is owed.
    PaperOwed(PaperPlan),
    /// It was composed.
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
    /// One signature was added.
    PaperSigned {
        /// Key.
        key: String,
        /// Field.
        field: String,
        /// Who.
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
}

impl SittingEvent {
    /// The paper that was signed before its command and travelled with it.
    pub fn carried(&self) -> Option<&SignedPaper> {
        match self {
            Self::Convened { paper, .. } | Self::ItemRemoved { paper: Some(paper), .. } => {
                Some(paper)
            }
            _ => None,
        }
    }

    /// True for what a notice of convening prints: day, place, items and their order.
    pub fn changes_agenda(&self) -> bool {
        matches!(
            self,
            Self::Scheduled { .. }
                | Self::ItemAdded { .. }
                | Self::ItemRemoved { .. }
                | Self::ItemsReordered { .. }
                | Self::Moved { .. }
        )
    }
}
