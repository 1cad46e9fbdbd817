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
mod augment;
mod certificate;
pub mod cms;
mod detached;
mod development;
mod dss;
mod error;
mod fields;
mod oid;
mod pdf;
mod prepare;
mod revocation;
mod signer;
mod tsp;
mod verify;

pub use augment::{Augmented, Fetch, Level, Network, augment, evidence, level, signers, status_of};
pub use certificate::{Holder, Quality, pem};
pub use detached::sign_detached;
pub use development::{DevelopmentCa, LABEL};
pub use error::{EvidenceError, KeyError, Malformed, SignError, VerifyError};
pub use fields::{Field, fields, page_count};
pub use pdf::MAX_BYTES;
pub use prepare::{DEFAULT_RESERVE, Prepared, Request, prepare};
pub use signer::{Algorithm, FileKey, Hash, Signer, SoftKey, ecdsa_der};
pub use verify::{
    Format, Kind, Policy, Purpose, Qualification, Report, Revocation, Service, SignatureReport,
    SubIndication, TimestampReport, Trust, TrustedList, TrustedListError, Verdict,
    container_content, container_der, verify, verify_any, verify_at, verify_container,
    verify_detached, verify_pdf,
};

/// Signs a field of a PDF and verifies the result: prepare, sign, embed, verify.
///
/// The check asks that the new signature is intact, that it covers the whole file, that the update
/// changed nothing else and that no signature of the file fails; whether the certificate is trusted
/// is for [`verify`] to say.
pub fn sign(pdf: &[u8], request: &Request<'_>, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let signed = sign_all(&[(pdf, request.clone())], signer, None).pop();
    signed.unwrap_or_else(|| Err(KeyError::Other("nessuna firma".into()).into())).map(|s| s.pdf)
}

/// A document signed in a gesture.
#[derive(Debug)]
pub struct Signed {
    /// The bytes.
    pub pdf: Vec<u8>,
    /// Level the new signature reached.
    pub level: Level,
    /// Why there is no time-stamp, when one was wanted: the signature stands without.
    pub shortfall: Option<SignError>,
}

/// Signs many documents in one gesture, one result each: what fails leaves nothing half done and
/// does not touch the others. With a `network` each signature is time-stamped (B-T); an authority
/// that does not answer leaves it at B-B, and is not asked again for the rest.
pub fn sign_all(
    orders: &[(&[u8], Request<'_>)],
    signer: &dyn Signer,
    network: Option<&dyn Network>,
) -> Vec<Result<Signed, SignError>> {
    let ready: Vec<Result<(Prepared, Vec<u8>), SignError>> = orders
        .iter()
        .map(|(pdf, request)| {
            let prepared = prepare(pdf, request)?;
            let digest = prepared.digest_by(signer.algorithm().hash());
            let attributes = cms::signed_attributes(&digest, signer.certificate())?;
            Ok((prepared, attributes))
        })
        .collect();
    let wanted: Vec<&[u8]> =
        ready.iter().flatten().map(|(_, attributes)| attributes.as_slice()).collect();
    let answered = if wanted.is_empty() { Vec::new() } else { signer.sign_all(&wanted) };
    let mut signatures = answered.into_iter();
    let mut network = network;
    let complete = |(prepared, attributes): (Prepared, Vec<u8>), signature: Vec<u8>, pdf, field| {
        let (algorithm, certificate) = (signer.algorithm(), signer.certificate());
        let cms = cms::assemble(&attributes, &signature, algorithm, certificate, signer.chain())?;
        let (stamped, shortfall) = augment::stamp_signature(&cms, network);
        if shortfall.is_some() {
            network = None;
        }
        let level = if stamped.is_some() { Level::T } else { Level::B };
        let signed = prepared.complete(stamped.as_deref().unwrap_or(&cms))?;
        check(pdf, &signed, field)?;
        Ok(Signed { pdf: signed, level, shortfall })
    };
    let mut complete = complete;
    ready
        .into_iter()
        .zip(orders)
        .map(|(ready, (pdf, request))| {
            let ready = ready?;
            let missing = || Err(KeyError::Other("manca una firma della serie".into()).into());
            let signature = signatures.next().unwrap_or_else(missing)?;
            complete(ready, signature, pdf, request.field)
        })
        .collect()
}

/// Checks a signature that somebody else embedded: the same questions as after our own.
pub fn check_embedded(issued: &[u8], signed: &[u8], field: &str) -> Result<(), SignError> {
    check(issued, signed, field)
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
    // An earlier signature may be spoilt by the new one, or forbid it (DocMDP, FieldMDP).
    if report.overall == Verdict::TotalFailed {
        let all = report.signatures.iter().flat_map(|s| &s.reasons);
        let why: Vec<&str> = report.reasons.iter().chain(all).map(String::as_str).collect();
        return failed(why.join("; "));
    }
    Ok(())
}
