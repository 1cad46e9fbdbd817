// SPDX-License-Identifier: AGPL-3.0-or-later
//! The verifier: three independent questions, and the worst answer wins.
//!
//! 1. Do the bytes start with the document we issued?
//! 2. Is each signature what its signer made, with a certificate that leads to a trust anchor?
//! 3. Did the updates change only what signing changes?
//!
//! A signature that covers every byte proves nothing about the third: content replaced by an
//! update and then signed looks perfect to the first two. What is not understood is
//! indeterminate, never passed.

mod changes;
mod signature;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::fields::signature_fields;
use crate::pdf::File;
use crate::{Malformed, VerifyError};
use changes::Severity;
use signature::{Anchors, Examined};

/// The answers of ETSI EN 319 102-1, 5.1.2; the greater is the worse.
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

/// What was found about one signature.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureReport {
    /// Full name of the field.
    pub field: String,
    /// Common name of the signer's certificate; empty if there is none.
    pub signer_common_name: String,
    /// The signer's codice fiscale, from `TINIT-…` (EN 319 412-1, 5.1.3) or the older `IT:…`.
    pub fiscal_code: Option<String>,
    /// The organization identifier of a seal (`VATIT-…`, `CF:IT-…`).
    pub organization_identifier: Option<String>,
    /// The time the signer claims (`/M`); nobody else vouches for it.
    pub claimed_time: Option<DateTime<Utc>>,
    /// Whether the byte range is exactly the revision that brought the signature, less the hole.
    pub covers_revision: bool,
    /// Whether bytes, signed attributes and certificate hash agree with the signature.
    pub intact: bool,
    /// Whether the certificate leads to a trust anchor, was valid at that time and is for signing.
    pub chain_ok: bool,
    /// The verdict on this signature within this document.
    pub verdict: Verdict,
    /// Why, in Italian; remarks may accompany a passed signature.
    pub reasons: Vec<String>,
}

/// What was found about a document.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One entry for each filled field, in the order they were signed.
    pub signatures: Vec<SignatureReport>,
    /// Whether the last signature covers the file to its last byte.
    pub covers_whole: bool,
    /// What updates changed beyond what signing changes, in Italian.
    pub changed_after: Vec<String>,
    /// What else concerns the document as a whole, in Italian.
    pub reasons: Vec<String>,
    /// The worst of all verdicts; indeterminate if there is no signature.
    pub overall: Verdict,
}

/// Verifies a document with certificates judged at the time each signer claims.
///
/// `issued` are the bytes the product issued for signing, if it did; `anchors` the trusted
/// certificates, DER.
pub fn verify(
    pdf: &[u8],
    issued: Option<&[u8]>,
    anchors: &[Vec<u8>],
) -> Result<Report, VerifyError> {
    verify_at(pdf, issued, anchors, None)
}

/// Like [`verify`], with certificates judged also at `at`: without a timestamp, a certificate
/// expired by then leaves the signature indeterminate (CAD art. 24, c. 4-bis).
pub fn verify_at(
    pdf: &[u8],
    issued: Option<&[u8]>,
    anchors: &[Vec<u8>],
    at: Option<DateTime<Utc>>,
) -> Result<Report, VerifyError> {
    let anchors = Anchors::read(anchors)?;
    let file = File::read(pdf)?;
    let mut filled = signature_fields(&file, file.last())?;
    filled.retain(|field| field.dictionary.get("V").is_some());
    if filled.len() > file.revisions.len() {
        // Each signature closes a revision of its own; hashing the file for each has a limit.
        return Err(Malformed { at: 0, what: "più firme che revisioni" }.into());
    }
    let mut examined: Vec<Examined> = filled
        .iter()
        .map(|field| signature::examine(&file, field, &anchors, at))
        .collect::<Result<_, _>>()?;
    examined.sort_by_key(|e| e.revision);

    let mut reasons = Vec::new();
    let (base, mut document) = base_revision(&file, issued, &mut reasons);
    let first_signed = examined.first().map_or(usize::MAX, |e| e.revision);
    let mut changed_after = Vec::new();
    let watch = changes::Watch::new(&file);
    for update in base + 1..=file.last() {
        let fixed = issued.is_some() || first_signed < update;
        for change in watch.changes(update) {
            document = document.max(match change.severity {
                Severity::Forbidden if fixed => Verdict::TotalFailed,
                Severity::Forbidden | Severity::Unknown => Verdict::Indeterminate,
            });
            changed_after.push(change.text);
        }
    }
    let covers_whole = examined.last().is_some_and(|e| e.end == Some(pdf.len()));
    if !covers_whole {
        document = document.max(Verdict::Indeterminate);
        reasons.push(match examined.len() {
            0 => "il documento non è firmato".into(),
            _ => "l'ultima firma non copre tutto il file".into(),
        });
    }
    Ok(assemble(examined, document, covers_whole, changed_after, reasons))
}

/// The last revision that is the issued document; without one, the first.
fn base_revision(
    file: &File<'_>,
    issued: Option<&[u8]>,
    reasons: &mut Vec<String>,
) -> (usize, Verdict) {
    let Some(issued) = issued else { return (0, Verdict::TotalPassed) };
    let boundary = |r: &crate::pdf::Revision| (r.marker..=r.end).contains(&issued.len());
    match file.revisions.iter().position(boundary) {
        Some(base) if file.bytes.starts_with(issued) => (base, Verdict::TotalPassed),
        _ => {
            reasons.push("il file non comincia con il documento emesso".into());
            (0, Verdict::TotalFailed)
        }
    }
}

/// A doubt about the document is a doubt about every signature in it.
fn assemble(
    examined: Vec<Examined>,
    document: Verdict,
    covers_whole: bool,
    changed_after: Vec<String>,
    reasons: Vec<String>,
) -> Report {
    let mut signatures: Vec<SignatureReport> = examined.into_iter().map(|e| e.report).collect();
    for signature in &mut signatures {
        if document > signature.verdict {
            signature.verdict = document;
            signature.reasons.push("il documento nel suo insieme non è a posto".into());
        }
    }
    let overall = signatures.iter().map(|s| s.verdict).fold(document, Verdict::max);
    Report { signatures, covers_whole, changed_after, reasons, overall }
}
