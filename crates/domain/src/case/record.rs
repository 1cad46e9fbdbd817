// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the facts about an act hold: opinions, postings, copies, what touches it.

use super::content::Affects;
use crate::law::control::ControlMatter;
use crate::papers::SignedPaper;
use crate::registry::Signatory;
use crate::workflow::OpinionKind;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Outcome of an opinion (R1.8). `NotDue` is a signed third value, never a null (R1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpinionOutcome {
    /// Favorevole.
    Favourable,
    /// Favorevole con osservazioni.
    WithRemarks,
    /// Favorevole con prescrizioni: to be accepted in the text, or departed from with reasons.
    WithPrescriptions,
    /// Contrario.
    Contrary,
    /// Non dovuto.
    NotDue,
}

/// An opinion as given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Which opinion.
    pub opinion: OpinionKind,
    /// Office it is given for; empty for offices of the whole body.
    pub office: String,
    /// Who gave it, with the title printed.
    pub giver: Signatory,
    /// Outcome.
    pub outcome: OpinionOutcome,
    /// Reasons; required unless plainly favourable.
    pub reasons: String,
    /// Version it was given on.
    pub version: u32,
    /// Hash of that version.
    pub hash: String,
    /// A confirmation on a new version after reading the diff (practice.md 1.6).
    pub confirmation: bool,
    /// Given in the sitting, after its opening.
    pub on_the_spot: bool,
    /// The signed sheet.
    pub paper: SignedPaper,
    /// Instant.
    pub at: DateTime<Utc>,
}

impl OpinionOutcome {
    /// The organ must say why it does not follow such an opinion (art. 49 c. 4).
    pub fn to_depart_from(self) -> bool {
        matches!(self, Self::Contrary | Self::WithPrescriptions)
    }
}

/// An opinion of others that the regulation wants on a type of act (organo di revisione, CUG,
/// Municipi…; R1.16), as acquired by the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherOpinion {
    /// Which one, as the regulation names it.
    pub name: String,
    /// Who gave it, as printed.
    pub giver: String,
    /// Outcome.
    pub outcome: OpinionOutcome,
    /// Reasons; required unless plainly favourable.
    pub reasons: String,
    /// Day it was given.
    pub on: NaiveDate,
    /// Where it is found: minutes, protocollo.
    pub reference: String,
    /// Version it was given on.
    pub version: u32,
    /// Hash of that version.
    pub hash: String,
    /// Who put it on record.
    pub by: Signatory,
}

impl FurtherOpinion {
    /// What names this very record: SHA-256 of what was recorded.
    pub fn digest(&self) -> String {
        crate::digest::sha256_hex(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The number a paper of the act took in the protocollo of another system (R5.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocollo {
    /// Key of the paper.
    pub key: String,
    /// Number received.
    pub number: i64,
    /// Day it was registered there.
    pub on: NaiveDate,
    /// Who put it on record here.
    pub by: Signatory,
}

impl Protocollo {
    /// "prot. n. 12345 del 6 maggio 2024".
    pub fn label(&self) -> String {
        use crate::law::calendar::Preposition;
        format!("prot. n. {} {}", self.number, Preposition::Of.short(self.on))
    }
}

/// The terms of one posting, computed once at D with the doctrine then in force (T-77).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Number in the Albo.
    pub number: i64,
    /// Year of that number.
    pub year: i32,
    /// D.
    pub day: NaiveDate,
    /// Instant of posting; of recording, where another system keeps the Albo.
    pub at: DateTime<Utc>,
    /// Another system keeps the Albo and gave number and day.
    #[serde(default)]
    pub external: bool,
    /// Days of posting required.
    pub days: u16,
    /// `P-INC` or `P-EXC`.
    pub pub_count: crate::law::terms::PubCount,
    /// `E-A`, `E-B` or `E-C`.
    pub exec_count: crate::law::terms::ExecCount,
    /// Source of the executivity doctrine, printed on certificates.
    pub exec_source: String,
    /// A last day on a holiday moves (R6.3: by default never).
    pub holiday_shift: bool,
    /// One more day is shown after the certified term.
    pub show_extra_day: bool,
    /// Regional rule that replaces the doctrine (R7.9).
    pub effective_after_posting: bool,
    /// What an outage does to the term.
    pub outage_policy: crate::law::outage::OutagePolicy,
    /// Hours below which a day does not count.
    pub outage_min_hours: u8,
    /// Whether outages move executivity too.
    pub outage_affects_executivity: bool,
    /// Digest of the regulation in force on D.
    pub regulation: String,
    /// SHA-256 of the file shown.
    pub file: String,
    /// Who posted it.
    pub by: Signatory,
    /// Repeats a posting that was annulled: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<String>,
    /// It began after the term a norm gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LatePosting>,
}

/// The term a posting missed, as it was on D (R6.1, R7.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatePosting {
    /// Last day of the term.
    pub due: NaiveDate,
    /// Days from that one to D.
    pub days: u64,
    /// Norm that sets it.
    pub source: String,
}

/// A check that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedReview {
    /// Name of the step.
    pub step: String,
    /// By whom.
    pub by: Signatory,
    /// Note.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a certified copy reproduces (CAD art. 23-bis, c. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyForm {
    /// The whole act.
    Full,
    /// Minutes, votes and dispositive, without premises and parts.
    Extract,
}

/// A certified copy as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// 1 for the first of the act.
    pub serial: u32,
    /// Whole, or an extract.
    pub form: CopyForm,
    /// Who asked.
    pub applicant: String,
    /// What for.
    pub purpose: String,
    /// Unguessable code of the contrassegno.
    pub code: String,
    /// SHA-256 of the signed act it reproduces.
    pub original: String,
    /// Last day on which it can be verified, where the contrassegno is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Who put the request on record.
    pub by: Signatory,
    /// The day.
    pub on: NaiveDate,
}

/// How a later act or an order touches an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Touch {
    /// What it does.
    pub how: super::content::Effect,
    /// First day of the effect (for annulment the effect reaches back, ex tunc).
    pub from: NaiveDate,
    /// Last day, for suspensions with a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Later case, or empty for an outside order.
    #[serde(default)]
    pub by_case: String,
    /// "deliberazione n. 300 del …" or "ordinanza TAR Lombardia n. … del …".
    pub source: String,
    /// Why the effect fell before it held; known to the state, never written with the fact.
    #[serde(skip)]
    pub withdrawn: Option<String>,
}

impl Touch {
    /// The touch an act declares on another one.
    pub fn of(affects: &Affects, by_case: &str, from: NaiveDate, source: String) -> Self {
        Self {
            how: affects.how,
            from,
            until: None,
            by_case: by_case.into(),
            source,
            withdrawn: None,
        }
    }

    /// It holds on a day.
    pub fn holds_on(&self, today: NaiveDate) -> bool {
        self.from <= today && self.until.is_none_or(|until| today <= until)
    }

    /// It fell before it could hold on any day.
    pub fn is_void(&self) -> bool {
        self.until.is_some_and(|until| until < self.from)
    }
}

/// An earlier proposal that a new one presents again, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its case.
    pub case: String,
    /// Number of the proposal, "1721/2020", where it had one.
    pub proposal: Option<String>,
    /// How it ended.
    pub how: EarlierEnd,
    /// The day: of the last time, where it was postponed.
    pub on: NaiveDate,
}

/// Why a proposal may be presented again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlierEnd {
    /// Withdrawn, in the offices or in the sitting.
    Withdrawn,
    /// Not approved (row 21).
    Rejected,
    /// Postponed twice or more, and on no agenda.
    Postponed,
}

/// A request of the control of art. 127, c. 1, TUEL, as it was received (R8.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRequest {
    /// Councillors who signed it.
    pub councillors: Vec<String>,
    /// What the act is about.
    pub matter: ControlMatter,
    /// Rules said to be broken, with the reasons.
    pub reasons: String,
    /// Day it was received.
    pub on: NaiveDate,
    /// Protocollo of the request.
    pub reference: String,
    /// Who put it on record.
    pub by: Signatory,
}

impl ControlRequest {
    /// How a suspension that comes from it names its source.
    pub fn source(&self) -> String {
        let count = self.councillors.len();
        format!(
            "richiesta di controllo di n. {count} consiglieri, {} (art. 127, c. 1, TUEL)",
            self.reference
        )
    }
}
