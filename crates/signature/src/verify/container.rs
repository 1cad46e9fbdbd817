// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signed containers (`.p7m`): CAdES with the document inside (ETSI EN 319 122-1), in DER, BER or
//! PEM, one in another as Italian offices do when several people sign one after the other.

use chrono::{DateTime, Utc};

use super::algorithm::Hash;
use super::judge::{self, Context, Subject};
use super::material::Material;
use super::report::{Format, Problem, Report, SignatureReport, SubIndication as Sub, Verdict};
use super::signed_data::{SignedData, SignerInfo};
use super::trust::{Policy, Trust};
use crate::VerifyError;
use crate::asn1::ber;
use crate::oid;
use crate::pdf::MAX_BYTES;

/// Most containers one in another.
const MAX_NESTING: usize = 8;
/// Most signers in all.
const MAX_SIGNERS: usize = 64;

/// A container in DER, whatever shape it was handed in: BER, PEM, bare Base64.
pub fn container_der(bytes: &[u8]) -> Option<Vec<u8>> {
    ber::unwrap(bytes).and_then(|ber| ber::to_der(&ber))
}

/// What one container holds, unverified: the document to be read. `None` for what is no container, or
/// one without its document.
pub fn container_content(bytes: &[u8]) -> Option<Vec<u8>> {
    let der = container_der(bytes)?;
    SignedData::read(&der)?.content.map(<[u8]>::to_vec)
}

/// Verifies a container and what is inside: other containers, a signed PDF.
///
/// `issued` is the document that must be inside: the same bytes, or, if it was signed as a PDF
/// too, a PDF that continues them.
pub fn verify_container(
    bytes: &[u8],
    issued: Option<&[u8]>,
    trust: &Trust,
    policy: &Policy,
) -> Result<Report, VerifyError> {
    let mut report = nothing_yet();
    let mut content = bytes.to_vec();
    for level in 0.. {
        if content.len() > MAX_BYTES {
            return Err(VerifyError::Container("file troppo grande"));
        }
        let Some(der) = container_der(&content) else {
            match level {
                0 => return Err(VerifyError::Container("codifica errata")),
                _ => break,
            }
        };
        let Some(data) = SignedData::read(&der) else {
            match level {
                0 => return Err(VerifyError::Container("struttura non riconosciuta")),
                _ => break,
            }
        };
        if level == MAX_NESTING || report.signatures.len() + data.signers.len() > MAX_SIGNERS {
            return Err(VerifyError::Container("troppe firme una nell'altra"));
        }
        match examine(&data, trust, policy, &mut report) {
            Some(inside) => content = inside.to_vec(),
            None => return Ok(report),
        }
    }
    close(content, issued, trust, policy, &mut report)?;
    Ok(report)
}

fn nothing_yet() -> Report {
    Report {
        format: Format::Cades,
        signatures: Vec::new(),
        document_timestamps: Vec::new(),
        covers_whole: true,
        changed_after: Vec::new(),
        noted: Vec::new(),
        reasons: Vec::new(),
        overall: Verdict::TotalPassed,
        content: None,
    }
}

/// Verifies a signature that lies beside the file it signs.
pub fn verify_detached(
    signature: &[u8],
    content: &[u8],
    trust: &Trust,
    policy: &Policy,
) -> Result<Report, VerifyError> {
    let der = container_der(signature).ok_or(VerifyError::Container("codifica errata"))?;
    let read = SignedData::read(&der);
    let mut data = read.ok_or(VerifyError::Container("struttura non riconosciuta"))?;
    if data.content.is_some() {
        return Err(VerifyError::Container("la firma porta un contenuto suo"));
    }
    if data.signers.len() > MAX_SIGNERS {
        return Err(VerifyError::Container("troppe firme una nell'altra"));
    }
    data.content = Some(content);
    let mut report = nothing_yet();
    examine(&data, trust, policy, &mut report);
    people(policy, &mut report);
    let verdicts = report.signatures.iter().map(|s| s.verdict);
    report.overall = verdicts.fold(report.overall, Verdict::max);
    Ok(report)
}

/// Adds the signatures of one container; gives its content.
fn examine<'a>(
    data: &SignedData<'a>,
    trust: &Trust,
    policy: &Policy,
    report: &mut Report,
) -> Option<&'a [u8]> {
    let mut material = Material::default();
    material.add_signed_data(data);
    let has_store = !material.evidence.is_empty();
    let context = Context { trust, policy, material, has_store };
    if data.content.is_none() {
        let reason = "il documento firmato non è nel file: serve una firma che lo contenga";
        problem(report, Problem::doubt(Sub::SignedDataNotFound, reason));
    }
    if data.signers.is_empty() {
        problem(report, Problem::doubt(Sub::SignedDataNotFound, "il file non porta firme"));
    }
    for signer in &data.signers {
        let mut found = SignatureReport::new("");
        found.claimed_time = signing_time(signer);
        found.covers_revision = data.content.is_some();
        if data.content_type != oid::DATA || !data.is_consistent() {
            let reason = "la struttura della firma non è quella di CAdES";
            found.add(Problem::doubt(Sub::SigConstraintsFailure, reason));
        }
        if let Some(content) = data.content {
            let digest = |hash: Hash| hash.of(&[content]);
            let subject = Subject { data, signer, digest: &digest, existed: None, stamped: false };
            judge::judge(&context, &subject, &mut found);
        }
        report.signatures.push(found);
    }
    if !context.material.is_authentic(trust) {
        let reason = "certificati o dati di revoca che nessuno garantisce";
        problem(report, Problem::doubt(Sub::Generic, reason));
    }
    data.content
}

fn problem(report: &mut Report, problem: Problem) {
    report.overall = report.overall.max(problem.verdict);
    report.reasons.push(problem.reason);
}

/// `signing-time` (RFC 5652, 11.3).
fn signing_time(signer: &SignerInfo<'_>) -> Option<DateTime<Utc>> {
    signer.attribute(oid::SIGNING_TIME)?.time()
}

/// The innermost content: the issued document, or a PDF with signatures of its own.
fn close(
    content: Vec<u8>,
    issued: Option<&[u8]>,
    trust: &Trust,
    policy: &Policy,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let pdf = content.starts_with(b"%PDF-");
    let fields = if pdf { crate::fields(&content) } else { Ok(Vec::new()) };
    let signed = fields.as_ref().is_ok_and(|f| f.iter().any(|f| f.signed));
    match issued {
        Some(issued) if issued == content => {}
        Some(_) if signed => {}
        Some(_) => {
            let reason = "il contenuto firmato non è il documento emesso";
            problem(report, Problem::fail(Sub::HashFailure, reason));
        }
        None => {}
    }
    if signed {
        let unlimited = Policy { signers: Vec::new(), ..policy.clone() };
        let inside = super::verify_pdf(&content, issued, trust, &unlimited)?;
        report.overall = report.overall.max(inside.overall);
        report.covers_whole &= inside.covers_whole;
        report.signatures.extend(inside.signatures);
        report.document_timestamps = inside.document_timestamps;
        report.changed_after = inside.changed_after;
        report.noted = inside.noted;
        report.reasons.extend(inside.reasons);
    } else if let Err(error) = fields {
        // Signed as it is; but what it shows cannot be told.
        problem(report, Problem::doubt(Sub::Generic, error.to_string()));
    }
    report.content = Some(content);
    people(policy, report);
    let signatures = report.signatures.iter().map(|s| s.verdict);
    report.overall = signatures.fold(report.overall, Verdict::max);
    Ok(())
}

/// A container has no fields: each person expected must have signed some layer of it.
fn people(policy: &Policy, report: &mut Report) {
    for (field, code) in &policy.signers {
        let code = code.to_ascii_uppercase();
        if !report.signatures.iter().any(|s| s.fiscal_code.as_deref() == Some(&code)) {
            let reason = format!("manca la firma di {code}, attesa per «{field}»");
            problem(report, Problem::doubt(Sub::SigConstraintsFailure, reason));
        }
    }
}
