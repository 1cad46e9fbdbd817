// SPDX-License-Identifier: AGPL-3.0-or-later
//! PAdES signatures (ETSI EN 319 142-1, baseline B-B): prepare, digest, sign, embed, verify.
//!
//! ```text
//! prepare(pdf, request) ── Prepared ── digest ── Signer or anyone else ── CMS ── embed ── signed PDF
//!                          (days may pass: it serialises)
//! ```
//!
//! A local key, a token, a remote service and a person with a smart card are one path: they differ
//! only in who turns the digest into a CMS. [`sign`] runs the whole path with a [`Signer`] and
//! verifies what came out before giving it away. [`verify`] trusts nothing, its own work included.
//!
//! Everything is a pure function of bytes: no clock, no randomness, no network, no files.

mod appearance;
mod asn1;
pub mod cms;
mod development;
mod error;
mod fields;
mod oid;
mod pdf;
mod prepare;
mod signer;
mod verify;

pub use development::{DevelopmentCa, LABEL};
pub use error::{Malformed, SignError, VerifyError};
pub use fields::{Field, fields, page_count};
pub use pdf::MAX_BYTES;
pub use prepare::{DEFAULT_RESERVE, Prepared, Request, prepare};
pub use signer::{Algorithm, Signer, SoftKey};
pub use verify::{
    Format, Kind, Level, Policy, Purpose, Qualification, Report, Revocation, Service,
    SignatureReport, SubIndication, TimestampReport, Trust, TrustedList, TrustedListError, Verdict,
    verify, verify_any, verify_at, verify_container, verify_pdf,
};

/// Signs a field of a PDF and verifies the result: prepare, sign, embed, verify.
///
/// The check asks that the new signature is intact, that it covers the whole file and that the
/// update changed nothing else; whether the certificate is trusted is for [`verify`] to say.
pub fn sign(pdf: &[u8], request: &Request<'_>, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let prepared = prepare(pdf, request)?;
    let attributes = cms::signed_attributes(&prepared.digest(), signer.certificate())?;
    let signature = signer.sign(&attributes)?;
    let cms = cms::assemble(
        &attributes,
        &signature,
        signer.algorithm(),
        signer.certificate(),
        signer.chain(),
    )?;
    let signed = prepared.embed(&cms)?;
    check(pdf, &signed, request.field)?;
    Ok(signed)
}

fn check(issued: &[u8], signed: &[u8], field: &str) -> Result<(), SignError> {
    let failed = |why: String| Err(SignError::SelfCheck(why));
    let report =
        verify(signed, Some(issued), &[]).map_err(|e| SignError::SelfCheck(e.to_string()))?;
    let Some(own) = report.signatures.iter().find(|s| s.field == field) else {
        return failed("la firma non si trova".into());
    };
    if !(own.intact && own.covers_revision && report.covers_whole) {
        return failed(own.reasons.join("; "));
    }
    if !report.changed_after.is_empty() {
        return failed(report.changed_after.join("; "));
    }
    Ok(())
}
