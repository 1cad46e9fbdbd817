// SPDX-License-Identifier: AGPL-3.0-or-later
//! Rows for pages and registers: a projection of the streams, recomputed and compared by `verify`.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// The text of an instant in a row, e.g. `2026-11-23T14:05:09.000120Z`: 27 bytes that sort by time;
/// what is finer is cut off.
pub fn instant(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(6).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// One act, as lists and searches show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct CaseRow {
    /// Case id.
    pub id: String,
    /// Act kind, e.g. `deliberazione-giunta`.
    pub kind: String,
    /// Object of the act.
    pub subject: String,
    /// Object folded for search (lower case, no accents).
    pub subject_folded: String,
    /// Leading office (capofila), or the body that asked for a posting.
    pub office: String,
    /// Name of the current step of its workflow.
    pub step: String,
    /// Lifecycle token (GLOSSARY.md).
    pub lifecycle: String,
    /// Digest of the pinned workflow.
    pub workflow: String,
    /// Version of the stream the row was computed from.
    pub version: i64,
    /// Number and year of the proposal.
    pub proposal_number: Option<i64>,
    /// Year of the proposal number.
    pub proposal_year: Option<i64>,
    /// Number of the act.
    pub act_number: Option<i64>,
    /// Year of the act number.
    pub act_year: Option<i64>,
    /// Number in the Albo.
    pub albo_number: Option<i64>,
    /// Year in the Albo.
    pub albo_year: Option<i64>,
    /// Day of the sitting that adopted it.
    pub adopted_on: Option<NaiveDate>,
    /// Day D of posting.
    pub posted_on: Option<NaiveDate>,
    /// Last day of posting.
    pub last_day: Option<NaiveDate>,
    /// First day of executivity by art. 134 c. 3, when D is known.
    pub effective_on: Option<NaiveDate>,
    /// Declared immediately enforceable.
    pub immediate: bool,
    /// Deadline of the current step.
    pub deadline: Option<NaiveDate>,
    /// Sitting whose agenda holds it now.
    pub sitting: Option<String>,
}

/// One sitting, as the calendar shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SittingRow {
    /// Sitting id.
    pub id: String,
    /// Organ, e.g. `giunta`.
    pub organ: String,
    /// Civil date.
    pub date: Option<NaiveDate>,
    /// Token: `scheduled`, `convened`, `open`, `suspended`, `closed`, `deserted`, `cancelled`.
    pub status: String,
    /// Version of the stream the row was computed from.
    pub version: i64,
}

/// One line of a register (R5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RegisterRow {
    /// Register token.
    pub register: String,
    /// Year.
    pub year: i64,
    /// Number.
    pub number: i64,
    /// True when the number was received from another system.
    pub external: bool,
    /// Case.
    pub case_id: String,
    /// Date of the line.
    pub date: Option<NaiveDate>,
    /// Object as printed.
    pub subject: String,
    /// Note: annulled posting, reasons, links.
    pub note: String,
}

/// One paper of a case or sitting: which document, who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PaperRow {
    /// Stream it belongs to, as text (`case/…`).
    pub stream: String,
    /// Key of the paper within the stream, unique there.
    pub key: String,
    /// Kind token, e.g. `deliberazione`.
    pub kind: String,
    /// File name for people.
    pub file: String,
    /// SHA-256 of the current revision; empty while it is owed.
    pub sha256: String,
    /// Token: `owed`, `prepared`, `complete`.
    pub status: String,
    /// Names of those who signed, in order, as JSON array.
    pub signers: String,
}

/// One posting, as the public pages list it: nothing in it that may not be read by everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PostingRow {
    /// Register of its number.
    pub register: String,
    /// Year.
    pub year: i64,
    /// Number.
    pub number: i64,
    /// Case.
    pub case_id: String,
    /// Act kind.
    pub kind: String,
    /// Object without what was withheld (T-72).
    pub subject: String,
    /// The same folded for search: what was withheld is not found either.
    pub subject_folded: String,
    /// Leading office, or the body that asked for it.
    pub office: String,
    /// Number of the act.
    pub act_number: Option<i64>,
    /// Year of that number.
    pub act_year: Option<i64>,
    /// Day of the sitting.
    pub adopted_on: Option<NaiveDate>,
    /// Instant from which it is shown, as [`instant`] writes it.
    pub shown_from: String,
    /// Day D.
    pub posted_on: Option<NaiveDate>,
    /// Last day, included: the one that is certified.
    pub last_day: Option<NaiveDate>,
    /// First day on which it is no longer shown.
    pub off_on: Option<NaiveDate>,
    /// SHA-256 of the file shown.
    pub file: String,
    /// It was annulled.
    pub annulled: bool,
    /// Another system shows it.
    pub external: bool,
}

/// From what a stranger has in hand (a document, the code of a copy) to the act it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct LookupRow {
    /// SHA-256 of the document, or of the code.
    pub digest: String,
    /// Case.
    pub case_id: String,
    /// Token: `file`, `code`.
    pub what: String,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PersonRow {
    /// Person id.
    pub id: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Fiscal code, upper case.
    pub fiscal_code: String,
    /// E-mail address.
    pub email: String,
}

/// One mandate with its validity (people hold powers by mandate and date, never by flag).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct MandateRow {
    /// Mandate id.
    pub id: String,
    /// Person.
    pub person: String,
    /// Role token, e.g. `direttore`.
    pub role: String,
    /// Office, or empty.
    pub office: String,
    /// Capacity token: `titolare`, `vicario`, `sostituto`, `delegato`.
    pub capacity: String,
    /// Title as printed.
    pub title: String,
    /// Act of appointment.
    pub act: String,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day, included.
    pub valid_to: Option<NaiveDate>,
}

/// What someone is expected to do, or follows: one line of a desk. The rows of a stream are
/// numbered from 0; a place that is free again keeps its row with an empty holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct TaskRow {
    /// Stream it is about, as text (`case/…`).
    pub stream: String,
    /// Place among the tasks of the stream.
    pub slot: i64,
    /// Who: `person:ricci`, `direttore:ambiente`, `segreteria`, `office:ambiente`; empty = free.
    pub holder: String,
    /// What: a token of [`crate::tasks::What`].
    pub what: String,
    /// Paper, duty or condition it is about; empty otherwise.
    pub about: String,
    /// Day by which.
    pub deadline: Option<NaiveDate>,
}

/// Rows to insert or replace after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "table", rename_all = "snake_case")]
pub enum Row {
    /// `cases`
    Case(CaseRow),
    /// `sittings`
    Sitting(SittingRow),
    /// `register_entries`
    Register(RegisterRow),
    /// `papers`
    Paper(PaperRow),
    /// `tasks`
    Task(TaskRow),
    /// `postings`
    Posting(PostingRow),
    /// `lookups`
    Lookup(LookupRow),
    /// `people`
    Person(PersonRow),
    /// `mandates`
    Mandate(MandateRow),
}
