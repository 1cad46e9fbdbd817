// SPDX-License-Identifier: AGPL-3.0-or-later
//! What was true when an item was decided: what the printed act is a projection of.

use super::event::{Ballot, Mode};
use crate::case::{Objection, OpinionNeed};
use crate::registry::Signatory;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// What the organ did with an item (R3.13). No boolean stands for an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// Approved.
    Approved,
    /// Approved as amended in the sitting.
    ApprovedAsAmended,
    /// Not approved.
    Rejected,
    /// Postponed, to a date or sine die.
    Postponed,
    /// Withdrawn by the relatore.
    Withdrawn,
    /// An information taken note of: no number, no deliberation (practice.md 1.8).
    TakenNote,
    /// Not reached, or void because the quorum was lost.
    NotTreated,
}

impl ItemOutcome {
    /// True for the two approvals.
    pub fn is_approval(self) -> bool {
        matches!(self, Self::Approved | Self::ApprovedAsAmended)
    }
}

/// One row of the presence table at an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPresence {
    /// Person id.
    pub person: String,
    /// Name as printed.
    pub name: String,
    /// Office as printed.
    pub title: String,
    /// Present at this item.
    pub present: bool,
    /// Connected from elsewhere.
    pub remote: bool,
    /// Must abstain under art. 78 c. 2: stays without taking part, or left (practice.md 1.14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictStance>,
    /// When he left for the item under art. 78 c. 2 (practice.md 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<DateTime<Utc>>,
    /// When he came back after the item, once he has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<DateTime<Utc>>,
}

/// What a member under art. 78 does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictStance {
    /// Stays without taking part in discussion and vote.
    Stays,
    /// Leaves for the item.
    Leaves,
}

/// Everything that was true when an item was decided: what the printed act is a projection of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treatment {
    /// Sitting id; empty for a Commissario.
    pub sitting: String,
    /// Day of the sitting: of its opening, also past midnight (T-25).
    pub date: NaiveDate,
    /// Time of opening.
    pub opened: NaiveTime,
    /// Place.
    pub place: String,
    /// Mode.
    pub mode: Mode,
    /// Source that allows remote attendance, where someone is remote.
    #[serde(default)]
    pub remote_source: String,
    /// "del Sindaco": who convened it.
    #[serde(default)]
    pub convened_by: String,
    /// Order of the item on the agenda, from 1.
    pub item: u32,
    /// Added at the sitting.
    pub off_agenda: bool,
    /// Instant of the outcome.
    pub at: DateTime<Utc>,
    /// The presence table at the item.
    pub members: Vec<MemberPresence>,
    /// Seats of the organ by statute.
    pub seats: u32,
    /// Members needed for the quorum.
    pub quorum: u32,
    /// Who presided the item.
    pub president: Signatory,
    /// Why not the Sindaco; empty when he presided.
    #[serde(default)]
    pub president_reason: String,
    /// Who verbalized the item.
    pub verbalizer: Signatory,
    /// The verbalizer was connected from elsewhere.
    pub verbalizer_remote: bool,
    /// Who assisted without vote.
    pub assisting: Vec<Signatory>,
    /// The vote, for items that were voted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballot: Option<Ballot>,
    /// Outcome.
    pub outcome: ItemOutcome,
    /// Version and hash of the text decided on.
    pub version: u32,
    /// Hash of that text.
    pub hash: String,
    /// Digest of the regulation in force on the day of the sitting.
    pub regulation: String,
    /// Irregularities overridden with a recorded reason (practice.md 1.1).
    #[serde(default)]
    pub anomalies: Vec<Anomaly>,
    /// Reason of a postponement, withdrawal or omission.
    #[serde(default)]
    pub reason: String,
    /// The relatore who withdrew it in the sitting (R3.13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<Signatory>,
    /// Day of the sitting it was postponed to, where one was said (R3.13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed_to: Option<NaiveDate>,
}

impl Treatment {
    /// Members present at the item: what is printed is what is counted (T-22).
    pub fn present(&self) -> u32 {
        u32::try_from(self.members.iter().filter(|m| m.present).count()).unwrap_or(u32::MAX)
    }

    /// A member who had left for the item is back (practice.md 4).
    pub(crate) fn came_back(&mut self, person: &str, at: DateTime<Utc>) {
        let gone = |m: &&mut MemberPresence| m.person == person && m.left.is_some();
        if let Some(member) = self.members.iter_mut().find(gone) {
            member.returned = member.returned.or(Some(at));
        }
    }

    /// Members in office.
    pub fn in_office(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }
}

/// An irregularity the organ went on with, for a reason on record (practice.md 1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AsWritten")]
pub struct Anomaly {
    /// What stood against the vote: the code of the refusal that was overridden.
    pub code: String,
    /// The opinion that was not there, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<OpinionNeed>,
    /// What was wrong, its article, and why president and verbalizer went on.
    pub text: String,
}

impl Anomaly {
    /// An objection to the vote, overridden for a reason.
    pub fn overridden(objection: Objection, reason: &str) -> Self {
        let Objection { refusal, missing } = objection;
        let text = format!("{} ({}): {reason}", refusal.text, refusal.article);
        Self { code: refusal.code, missing, text }
    }
}

/// Events written before anomalies were typed hold the text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum AsWritten {
    Text(String),
    Typed {
        code: String,
        #[serde(default)]
        missing: Option<OpinionNeed>,
        text: String,
    },
}

impl From<AsWritten> for Anomaly {
    fn from(written: AsWritten) -> Self {
        match written {
            AsWritten::Text(text) => Self { code: String::new(), missing: None, text },
            AsWritten::Typed { code, missing, text } => Self { code, missing, text },
        }
    }
}
