// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the verifier says: verdicts, sub-indications and levels in the words of ETSI
//! EN 319 102-1 (5.1.2, 5.1.3) and EN 319 142-1 (6), reasons in Italian.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::certificate::Qualification;
use crate::Level;

/// The answers of EN 319 102-1, 5.1.2; the greater is the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    /// Everything was checked and is as it must be.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// Something could not be established; not to be relied upon as it is.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// Something is wrong.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
}

/// Why a signature did not pass (EN 319 102-1, 5.1.3, tables 5 and 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// Failed: the signature or its place in the document is not built as it must.
    FormatFailure,
    /// Failed: the document is not the one that was signed.
    HashFailure,
    /// Failed: not made with the key of the certificate.
    SigCryptoFailure,
    /// Failed: proved to be made after the certificate was revoked.
    Revoked,
    /// Failed: proved to be older than the certificate.
    NotYetValid,
    /// Indeterminate: an attribute the signature must have is missing or is not as the policy asks.
    SigConstraintsFailure,
    /// Indeterminate: the certificate is not of the kind the policy asks.
    ChainConstraintsFailure,
    /// Indeterminate: the path could not be validated for a reason of its own.
    CertificateChainGeneralFailure,
    /// Indeterminate: an algorithm or a key that is not reliable.
    CryptoConstraintsFailureNoPoe,
    /// Indeterminate: timestamps and times contradict each other.
    TimestampOrderFailure,
    /// Indeterminate: the signer's certificate is not there.
    NoSigningCertificateFound,
    /// Indeterminate: no path to a trusted certificate.
    NoCertificateChainFound,
    /// Indeterminate: revoked, and nothing proves that the signature is older.
    RevokedNoPoe,
    /// Indeterminate: an authority was revoked, and nothing proves that the signature is older.
    RevokedCaNoPoe,
    /// Indeterminate: outside the certificate's validity, and nothing proves when it was made.
    OutOfBoundsNoPoe,
    /// Indeterminate: nothing proves that something existed in time.
    NoPoe,
    /// Indeterminate: revocation cannot be told today; with fresher data it could.
    TryLater,
    /// Indeterminate: what was signed is not at hand.
    SignedDataNotFound,
    /// Indeterminate: something else that this verifier does not understand.
    Generic,
}

/// What was found about one timestamp (RFC 3161; EN 319 422).
#[derive(Clone, Debug, Serialize)]
pub struct TimestampReport {
    /// Full name of the field, for a timestamp of the document.
    pub field: Option<String>,
    /// The time the authority states.
    pub time: Option<DateTime<Utc>>,
    /// Common name of the authority's certificate; empty if there is none.
    pub authority: String,
    /// Whether the Trusted List grants it as qualified; `None` when no list is consulted.
    pub granted: Option<bool>,
    /// The verdict on the timestamp itself.
    pub verdict: Verdict,
    /// The first reason for it, in the standard's words.
    pub sub_indication: Option<SubIndication>,
    /// Why, in Italian.
    pub reasons: Vec<String>,
}

/// What was found about one signature.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureReport {
    /// Full name of the field; empty for the signature of a container.
    pub field: String,
    /// Common name of the signer's certificate; empty if there is none.
    pub signer_common_name: String,
    /// The signer's codice fiscale, from `TINIT-…` (EN 319 412-1, 5.1.3) or the older `IT:…`.
    pub fiscal_code: Option<String>,
    /// The organization identifier of a seal (`VATIT-…`, `CF:IT-…`).
    pub organization_identifier: Option<String>,
    /// Who issued the certificate.
    pub issuer_common_name: String,
    /// Whether the certificate is qualified, and how it is known.
    pub qualification: Qualification,
    /// The time the signer claims (`/M`, `signing-time`); nobody else vouches for it.
    pub claimed_time: Option<DateTime<Utc>>,
    /// When the signature is known to have existed: the earliest valid timestamp, else the time
    /// of the validation, else the claimed one (EN 319 102-1, 5.5: best-signature-time).
    pub time: Option<DateTime<Utc>>,
    /// The timestamps of the signature and of the document that cover it.
    pub timestamps: Vec<TimestampReport>,
    /// The level its parts make; whether they hold is the verdict's to say. `None` for what is no
    /// baseline signature.
    pub level: Option<Level>,
    /// Whether the byte range is exactly the revision that brought the signature, less the hole;
    /// for a container, whether the content is inside it.
    pub covers_revision: bool,
    /// Whether bytes, signed attributes and certificate hash agree with the signature.
    pub intact: bool,
    /// Whether the certificate leads to a trust anchor, was valid at that time, not revoked as far
    /// as the policy asks, and is for signing.
    pub chain_ok: bool,
    /// The verdict on this signature within this document.
    pub verdict: Verdict,
    /// The first reason for a verdict that is not passed.
    pub sub_indication: Option<SubIndication>,
    /// Signature fields still empty that this signature does not let be signed (DocMDP, FieldMDP).
    pub locks: Vec<String>,
    /// What updates changed after this signature beyond what signing changes, in Italian.
    pub changed_after: Vec<String>,
    /// Why, in Italian; remarks may accompany a passed signature.
    pub reasons: Vec<String>,
}

/// How the signatures are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Format {
    /// Inside a PDF.
    #[serde(rename = "PAdES")]
    Pades,
    /// Around the document (`.p7m`).
    #[serde(rename = "CAdES")]
    Cades,
}

/// What was found about a document.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How the signatures are carried; of a container, the outermost.
    pub format: Format,
    /// One entry for each filled field, in the order they were signed; of containers, from the
    /// outermost in.
    pub signatures: Vec<SignatureReport>,
    /// Timestamps of the document as a whole, in the order they were added.
    pub document_timestamps: Vec<TimestampReport>,
    /// Whether the last signature covers the file to its last byte, or is followed by nothing but
    /// validation data.
    pub covers_whole: bool,
    /// What updates changed beyond what signing changes, in Italian.
    pub changed_after: Vec<String>,
    /// Changes that are tolerated and worth knowing, in Italian.
    pub noted: Vec<String>,
    /// What else concerns the document as a whole, in Italian.
    pub reasons: Vec<String>,
    /// The worst of all verdicts; indeterminate if there is no signature.
    pub overall: Verdict,
    /// The document inside a container.
    #[serde(skip)]
    pub content: Option<Vec<u8>>,
}

/// One thing that was found: what it does to the verdict and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub verdict: Verdict,
    pub sub_indication: Option<SubIndication>,
    pub reason: String,
}

impl Problem {
    pub fn fail(sub: SubIndication, reason: impl Into<String>) -> Self {
        let (verdict, sub_indication) = (Verdict::TotalFailed, Some(sub));
        Problem { verdict, sub_indication, reason: reason.into() }
    }

    pub fn doubt(sub: SubIndication, reason: impl Into<String>) -> Self {
        let (verdict, sub_indication) = (Verdict::Indeterminate, Some(sub));
        Problem { verdict, sub_indication, reason: reason.into() }
    }

    pub fn remark(reason: impl Into<String>) -> Self {
        let (verdict, sub_indication) = (Verdict::TotalPassed, None);
        Problem { verdict, sub_indication, reason: reason.into() }
    }
}

/// Adds a finding to a verdict: the worst wins, and keeps the first reason that led to it.
fn add(
    verdict: &mut Verdict,
    sub: &mut Option<SubIndication>,
    reasons: &mut Vec<String>,
    found: Problem,
) {
    if found.verdict > *verdict {
        (*verdict, *sub) = (found.verdict, found.sub_indication);
    }
    if !reasons.contains(&found.reason) {
        reasons.push(found.reason);
    }
}

impl SignatureReport {
    pub(super) fn new(field: &str) -> Self {
        SignatureReport {
            field: field.to_owned(),
            signer_common_name: String::new(),
            fiscal_code: None,
            organization_identifier: None,
            issuer_common_name: String::new(),
            qualification: Qualification::default(),
            claimed_time: None,
            time: None,
            timestamps: Vec::new(),
            level: None,
            covers_revision: false,
            intact: false,
            chain_ok: false,
            verdict: Verdict::TotalPassed,
            sub_indication: None,
            locks: Vec::new(),
            changed_after: Vec::new(),
            reasons: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, found: Problem) {
        add(&mut self.verdict, &mut self.sub_indication, &mut self.reasons, found);
    }
}

impl TimestampReport {
    pub(super) fn new(field: Option<String>) -> Self {
        TimestampReport {
            field,
            time: None,
            authority: String::new(),
            granted: None,
            verdict: Verdict::TotalPassed,
            sub_indication: None,
            reasons: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, found: Problem) {
        add(&mut self.verdict, &mut self.sub_indication, &mut self.reasons, found);
    }

    /// Whether it is a timestamp of what it should stamp, be its authority known or not.
    pub fn is_sound(&self) -> bool {
        self.verdict != Verdict::TotalFailed && self.time.is_some()
    }

    /// The time, if it is proved.
    pub fn proved(&self) -> Option<DateTime<Utc>> {
        self.time.filter(|_| self.verdict == Verdict::TotalPassed)
    }
}
