// SPDX-License-Identifier: AGPL-3.0-or-later
//! One signature judged (EN 319 102-1, 5.3 to 5.6): who signed, when it is known to have existed,
//! and whether the certificate was good then. The same for PDF and for containers.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::algorithm::Hash;
use super::certificate::{Certificate, Purpose};
use super::material::Material;
use super::report::{Problem, SignatureReport, SubIndication as Sub, Verdict};
use super::revocation::{Status, status};
use super::signed_data::{SignedData, SignerInfo};
use super::timestamp;
use super::trust::{Path, Policy, Revocation, Trust};
use super::trusted_list::Kind;
use crate::{Level, oid};

/// Clocks may differ this much, in minutes.
pub(super) const SKEW: i64 = 5;
/// Bit of the key usage for binding signatures (RFC 5280, 4.2.1.3: contentCommitment).
const NON_REPUDIATION: usize = 1;
/// Extended purposes that do not contradict the signature of a document.
const DOCUMENT_PURPOSES: [der::asn1::ObjectIdentifier; 6] = [
    oid::FOR_ANYTHING,
    oid::FOR_MAIL,
    oid::FOR_CLIENTS,
    oid::FOR_DOCUMENTS,
    oid::FOR_DOCUMENTS_MICROSOFT,
    oid::FOR_DOCUMENTS_ADOBE,
];

/// What every judgement needs.
pub(super) struct Context<'a> {
    pub trust: &'a Trust,
    pub policy: &'a Policy,
    pub material: Material,
    /// Whether the document carries validation data of its own.
    pub has_store: bool,
}

/// A path, if there is one, and what is wrong with it.
pub(super) struct Chain {
    pub path: Option<Path>,
    pub problems: Vec<Problem>,
    /// When the certificate was revoked, if it was by then.
    pub revoked: Option<DateTime<Utc>>,
    /// Whether the document itself tells the status of every certificate that needs one.
    pub complete: bool,
}

/// What is judged: a signer of a signature, what it covers, and when that is proved to have
/// existed.
pub(super) struct Subject<'a> {
    pub data: &'a SignedData<'a>,
    pub signer: &'a SignerInfo<'a>,
    pub digest: &'a dyn Fn(Hash) -> Vec<u8>,
    /// The earliest timestamp of the document that covers it.
    pub existed: Option<DateTime<Utc>>,
    /// Whether a timestamp of the document covers it, proved or not.
    pub stamped: bool,
}

impl Context<'_> {
    /// The certificate a signer names.
    pub fn signer(&self, signer: &SignerInfo<'_>) -> Option<Rc<Certificate>> {
        let mut named = self.material.certificates.iter().filter(|c| signer.is_named(c));
        let first = named.next()?;
        // Two certificates under one name: only the one the signature was made with will do.
        let first = named.fold(first, |best, other| if best.is_authority() { other } else { best });
        Some(Rc::clone(first))
    }

    /// The path of a certificate at an instant, revocation included (EN 319 102-1, 5.2.6).
    pub fn chain(&self, leaf: &Certificate, instant: DateTime<Utc>) -> Chain {
        let path = match self.trust.path(leaf, &self.material, instant) {
            Ok(path) => path,
            Err(error) => {
                let problems = vec![explain(&error)];
                return Chain { path: None, problems, revoked: None, complete: false };
            }
        };
        path.certificates.iter().for_each(|c| self.material.vouch(c));
        let mut chain = Chain { path: None, problems: Vec::new(), revoked: None, complete: true };
        let anchor = self.trust.anchor(&path);
        let above = path.certificates.iter().skip(1).chain([anchor]);
        let below = path.certificates.iter().zip(above).take(match path.direct {
            true => 0,
            false => path.certificates.len(),
        });
        for (n, (certificate, issuer)) in below.enumerate() {
            if certificate.extension(oid::SHORT_TERM).is_some() {
                continue;
            }
            let told = status(
                certificate,
                issuer,
                instant,
                self.policy.at,
                &self.material,
                self.trust.evidence(),
            );
            let own = !certificate.names_revocation()
                || status(certificate, issuer, instant, self.policy.at, &self.material, &[])
                    != Status::Unknown;
            chain.complete &= own;
            if let (Status::Revoked(at), 0) = (told, n) {
                chain.revoked = Some(at);
            }
            chain.problems.extend(self.revocation(certificate, told, n == 0));
        }
        chain.path = Some(path);
        chain
    }

    fn revocation(&self, certificate: &Certificate, told: Status, leaf: bool) -> Option<Problem> {
        let sub = if leaf { Sub::RevokedNoPoe } else { Sub::RevokedCaNoPoe };
        let day = |at: DateTime<Utc>| at.format("%d/%m/%Y %H:%M UTC").to_string();
        match told {
            Status::Good => None,
            Status::Revoked(at) => {
                let reason = format!("certificato revocato il {}", day(at));
                Some(Problem::doubt(sub, reason))
            }
            Status::OnHold(at) => {
                let reason = format!("certificato sospeso dal {}", day(at));
                Some(Problem::doubt(Sub::TryLater, reason))
            }
            Status::Unknown => {
                let reason = "stato di revoca del certificato non verificato";
                match self.policy.revocation {
                    Revocation::Required => Some(Problem::doubt(Sub::TryLater, reason)),
                    Revocation::Published if certificate.names_revocation() => {
                        Some(Problem::doubt(Sub::TryLater, reason))
                    }
                    Revocation::IfAvailable if certificate.names_revocation() => {
                        Some(Problem::remark(reason))
                    }
                    _ => None,
                }
            }
        }
    }
}

fn explain(error: &webpki::Error) -> Problem {
    match error {
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            Problem::doubt(
                Sub::NoCertificateChainFound,
                "l'autorità che ha emesso il certificato non è fidata",
            )
        }
        webpki::Error::CertExpired { .. } => Problem::doubt(
            Sub::OutOfBoundsNoPoe,
            "il certificato era scaduto, o lo era quello di chi lo ha emesso",
        ),
        webpki::Error::CertNotValidYet { .. } => {
            Problem::doubt(Sub::OutOfBoundsNoPoe, "il certificato non era ancora valido")
        }
        other => Problem::doubt(
            Sub::CertificateChainGeneralFailure,
            format!("catena dei certificati non valida ({other:?})"),
        ),
    }
}

/// Judges a signature; the report already knows the claimed time.
pub(super) fn judge(context: &Context<'_>, subject: &Subject<'_>, report: &mut SignatureReport) {
    let signer = subject.signer;
    let Some(certificate) = context.signer(signer) else {
        let reason = "manca il certificato del firmatario";
        return report.add(Problem::doubt(Sub::NoSigningCertificateFound, reason));
    };
    identify(&certificate, report);
    let found = signer.check(subject.data.content_type, subject.digest, &certificate);
    let failed = found.iter().any(|p| p.verdict == Verdict::TotalFailed);
    let unknown =
        found.iter().any(|p| p.sub_indication == Some(Sub::CryptoConstraintsFailureNoPoe));
    report.intact = !failed && !unknown;
    let baseline = found.iter().all(|p| p.verdict == Verdict::TotalPassed);
    found.into_iter().for_each(|problem| report.add(problem));
    if failed {
        return;
    }
    attributes(context, subject, report);
    let proved = report.timestamps.iter().filter_map(|t| t.proved()).min();
    let proved = proved.into_iter().chain(subject.existed).min();
    if report.timestamps.is_empty() && !subject.stamped {
        let reason = "data e ora dichiarate dal firmatario, senza marca temporale";
        report.add(Problem::remark(reason));
    }
    report.time = proved.or(context.policy.at).or(report.claimed_time);
    let complete = certify(context, subject, &certificate, proved, report);
    if report.intact && baseline {
        let stamped = subject.stamped || report.timestamps.iter().any(|t| t.is_sound());
        report.level = Some(match stamped {
            false => Level::B,
            true if complete && context.has_store => Level::Lt,
            true => Level::T,
        });
    }
}

/// Names and codes of the certificate's subject (law.md R9.4).
fn identify(certificate: &Certificate, report: &mut SignatureReport) {
    report.signer_common_name = certificate.subject_value(oid::COMMON_NAME).unwrap_or_default();
    report.organization_identifier = certificate.subject_value(oid::ORGANIZATION_IDENTIFIER);
    report.fiscal_code = certificate.fiscal_code();
    let issuer = |oid| super::certificate::name_value(&certificate.issuer, oid);
    report.issuer_common_name =
        issuer(oid::COMMON_NAME).or_else(|| issuer(oid::ORGANIZATION)).unwrap_or_default();
    report.qualification = certificate.qualification();
}

/// Unsigned attributes: timestamps are verified, validation data is already in the pool, anything
/// else is not understood.
fn attributes(context: &Context<'_>, subject: &Subject<'_>, report: &mut SignatureReport) {
    let signature = subject.signer.signature;
    for attribute in &subject.signer.unsigned {
        match attribute.oid {
            oid::SIGNATURE_TIMESTAMP => {
                for value in &attribute.values {
                    let imprint = |hash: Hash| hash.of(&[signature]);
                    let stamp =
                        timestamp::verify(context, value.raw, &imprint, subject.existed, None);
                    if stamp.verdict != Verdict::TotalPassed {
                        // A stamp that cannot be believed is no reason to believe the rest.
                        let sub = stamp.sub_indication.unwrap_or(Sub::Generic);
                        stamp.reasons.iter().for_each(|r| report.add(Problem::doubt(sub, r)));
                    }
                    report.timestamps.push(stamp);
                }
            }
            oid::CERTIFICATE_VALUES | oid::REVOCATION_VALUES => {}
            oid::COUNTERSIGNATURE => {
                let reason = "la firma porta una controfirma non esaminata";
                report.add(Problem::doubt(Sub::Generic, reason));
            }
            other => {
                let reason = format!("la firma porta un attributo non esaminato ({other})");
                report.add(Problem::doubt(Sub::Generic, reason));
            }
        }
    }
}

/// Whether the certificate was good when the signature is known to have existed, and is of the
/// kind the policy asks. Tells whether the document carries all that says so.
fn certify(
    context: &Context<'_>,
    subject: &Subject<'_>,
    certificate: &Certificate,
    proved: Option<DateTime<Utc>>,
    report: &mut SignatureReport,
) -> bool {
    let Some(time) = report.time else {
        let reason = "la firma non dichiara quando è stata apposta";
        report.add(Problem::doubt(Sub::NoPoe, reason));
        return false;
    };
    let mut sound = for_documents(certificate, report);
    if let Some(claimed) = report.claimed_time
        && claimed > time + TimeDelta::minutes(SKEW)
    {
        let reason =
            "l'ora dichiarata dal firmatario è successiva a quella in cui la firma esisteva";
        report.add(Problem::doubt(Sub::TimestampOrderFailure, reason));
    }
    if proved.is_some_and(|time| time < certificate.not_before) {
        let reason = "la firma è anteriore al certificato";
        report.add(Problem::fail(Sub::NotYetValid, reason));
    }
    // Without proof the claimed time is not believed, but must not contradict the certificate.
    let claimed = report.claimed_time.filter(|_| proved.is_none());
    let chain = context.chain(certificate, time);
    if let Some(claimed) = claimed.filter(|claimed| *claimed != time)
        && let Err(error) = context.trust.path(certificate, &context.material, claimed)
    {
        report.add(explain(&error));
        sound = false;
    }
    sound &= chain.path.is_some();
    sound &= chain.problems.iter().all(|p| p.verdict == Verdict::TotalPassed);
    chain.problems.into_iter().for_each(|problem| report.add(problem));
    if let Some(path) = &chain.path {
        consult(context, path, certificate, time, report);
    }
    if let Some(revoked) = chain.revoked
        && content_stamped(context, subject).is_some_and(|stamped| stamped >= revoked)
    {
        let reason = "la firma è stata apposta dopo la revoca del certificato";
        report.add(Problem::fail(Sub::Revoked, reason));
    }
    qualify(context, report);
    report.chain_ok = sound;
    chain.complete
}

/// When the content was stamped before being signed (EN 319 122-1, 5.2.8): the signature is later.
fn content_stamped(context: &Context<'_>, subject: &Subject<'_>) -> Option<DateTime<Utc>> {
    let token = subject.signer.attribute(oid::CONTENT_TIMESTAMP)?;
    timestamp::verify(context, token.raw, subject.digest, subject.existed, None).proved()
}

fn for_documents(certificate: &Certificate, report: &mut SignatureReport) -> bool {
    let usage = certificate.usage(NON_REPUDIATION) == Some(true);
    let purposes = certificate.purposes().is_none_or(|(critical, list)| {
        !critical || list.iter().any(|oid| DOCUMENT_PURPOSES.contains(oid))
    });
    if !usage || !purposes {
        let reason = "il certificato non è destinato alla firma di documenti";
        report.add(Problem::doubt(Sub::ChainConstraintsFailure, reason));
    }
    usage && purposes
}

/// What the Trusted List says of the issuer, at issuance and at use (ETSI TS 119 615, 4.4).
fn consult(
    context: &Context<'_>,
    path: &Path,
    certificate: &Certificate,
    time: DateTime<Utc>,
    report: &mut SignatureReport,
) {
    let services = context.trust.services(path.anchor);
    let Some(first) = services.first() else { return };
    let purpose = report.qualification.purpose.unwrap_or(Purpose::Signature);
    let fit = services.iter().find(|s| {
        s.kind == Kind::QualifiedCertificates
            && s.serves(purpose, time)
            && s.granted_at(certificate.not_before)
            && s.granted_at(time)
    });
    report.qualification.granted = Some(fit.is_some());
    let named = fit.unwrap_or(first);
    report.qualification.service = Some(format!("{} ({})", named.name, named.provider));
}

/// Whether the signature is as qualified as the policy asks.
fn qualify(context: &Context<'_>, report: &mut SignatureReport) {
    let qualification = &report.qualification;
    if qualification.purpose == Some(Purpose::Website) {
        let reason = "il certificato è per siti web, non per documenti";
        return report.add(Problem::doubt(Sub::ChainConstraintsFailure, reason));
    }
    if !context.policy.qualified {
        return;
    }
    let reason = match qualification.granted {
        _ if !qualification.compliance => {
            "il certificato non è qualificato, e qui serve una firma qualificata"
        }
        Some(false) => "secondo l'elenco di fiducia il prestatore non era abilitato",
        None if context.trust.has_list() => "il prestatore non è nell'elenco di fiducia",
        Some(true) if context.trust.is_outdated(context.policy.at) => {
            "l'elenco di fiducia importato non è più in vigore: importare quello nuovo"
        }
        _ if !qualification.device => {
            "la chiave non risulta in un dispositivo qualificato: la firma è avanzata"
        }
        _ => return,
    };
    report.add(Problem::doubt(Sub::ChainConstraintsFailure, reason));
}

/// The signer must be this person (law.md R9.4).
pub(super) fn expect_person(signature: &mut SignatureReport, fiscal_code: &str) {
    let expected = fiscal_code.to_ascii_uppercase();
    let reason = match signature.fiscal_code.as_deref() {
        Some(code) if code == expected => return,
        Some(code) => format!(
            "ha firmato {} ({code}), ma la firma «{}» spetta a {expected}",
            signature.signer_common_name, signature.field
        ),
        None => format!(
            "il certificato non porta il codice fiscale: la firma «{}» spetta a {expected}",
            signature.field
        ),
    };
    signature.add(Problem::doubt(Sub::SigConstraintsFailure, reason));
}
