// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether a signature may enter: the same verdict whoever made it, a tool of the person's own, a
//! token, a remote service, a key in a file, the seal. Only development keys are not judged: they
//! say themselves that they are worth nothing, and revoke nothing.
//!
//! A revoked certificate has not signed (art. 24, c. 4-bis, CAD), and is refused. An authority that
//! does not answer stops no act: the signature made here is accepted, the fact says that the status
//! is not known, and the job of the levels asks again. An upload can wait: the file stays good.

use super::keyring::{Done, Keyring, Order, Who};
use super::paper::PaperError;
use crate::domain::papers::{SignatureLevel, SignatureQuality, SignedForm};
use crate::domain::refusal::Refusal;
use chrono::{DateTime, Utc};
use delibera_signature::{
    EvidenceError, Fetch, Network, Policy, Report, Revocation, SignError, SignatureReport,
    SubIndication as Sub, Trust, Verdict, VerifyError, evidence, fields, status_of,
    verify_container, verify_pdf,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What to do with a file that is refused.
pub(super) const AGAIN: &str = "Firmare di nuovo il documento scaricato, senza altre modifiche";
const VALIDITY: &str = "art. 24, c. 4-bis, CAD";
const SIGNATURES: &str = "artt. 20 e 24 CAD";

pub(super) fn refuse(code: &str, article: &str, text: impl Into<String>, next: &str) -> PaperError {
    Refusal::new(code, "R9.3", article, text).next(next).into()
}

fn unreadable(error: &VerifyError) -> PaperError {
    refuse("not_readable", "", error.to_string(), AGAIN)
}

/// A signed document and what it must be.
#[derive(Debug, Clone, Copy)]
pub struct Entering<'a> {
    /// The document as it was before.
    pub issued: &'a [u8],
    /// The field of the signature.
    pub field: &'a str,
    /// How it is carried.
    pub form: SignedForm,
    /// Quality the policy asks for.
    pub needed: SignatureQuality,
    /// The bytes.
    pub signed: &'a [u8],
}

impl Entering<'_> {
    /// The field a report names: the one prepared, or none for a container.
    pub fn own_field(&self) -> &str {
        match self.form {
            SignedForm::Pades => self.field,
            SignedForm::Cades => "",
        }
    }

    /// Judges an upload. The certificates of a file say which addresses to ask: they are asked only
    /// once the file is known to be what it should be, and who does not answer makes it wait.
    ///
    /// # Errors
    /// What is wrong with it, or who does not answer.
    pub fn uploaded(&self, keys: &Keyring, at: DateTime<Utc>) -> Result<(), PaperError> {
        let (trust, network) = (keys.trust(), keys.network());
        self.judge(&trust, at, Revocation::IfAvailable)?;
        let answers = match evidence(self.signed, network.as_ref()) {
            Ok(answers) => answers,
            Err(SignError::Evidence(error @ EvidenceError::Unreachable { .. })) => {
                return Err(SignError::Evidence(error).into());
            }
            // Certificates that say nowhere to ask are left to the verifier.
            Err(_) => Vec::new(),
        };
        self.judge(&with(&trust, &answers)?, at, Revocation::Published)
    }

    /// Judges what a key of this installation has just signed; whether the status of its
    /// certificate is known.
    ///
    /// # Errors
    /// What is wrong with it.
    fn signed_here(
        &self,
        trust: &Trust,
        network: &dyn Network,
        at: DateTime<Utc>,
    ) -> Result<bool, PaperError> {
        self.judge(trust, at, Revocation::IfAvailable)?;
        // Who does not answer about an earlier signer, or about the time-stamp, takes nothing from
        // what the others say of this one.
        let answers = evidence(self.signed, network)
            .or_else(|_| status_of(self.signed, self.own_field(), network))?;
        let trust = with(trust, &answers)?;
        // What holds when every status must be known holds anyway.
        if self.judge(&trust, at, Revocation::Published).is_ok() {
            return Ok(true);
        }
        self.judge(&trust, at, Revocation::IfAvailable).map(|()| false)
    }

    /// Whether it is the document that was to be signed, with a valid signature in its field and
    /// nothing else.
    fn judge(
        &self,
        trust: &Trust,
        at: DateTime<Utc>,
        revocation: Revocation,
    ) -> Result<(), PaperError> {
        let qualified = self.needed == SignatureQuality::Qualified;
        let policy = Policy { at: Some(at), revocation, qualified, ..Policy::default() };
        let report = match self.form {
            SignedForm::Pades => verify_pdf(self.signed, Some(self.issued), trust, &policy),
            SignedForm::Cades => verify_container(self.signed, Some(self.issued), trust, &policy),
        };
        let report = report.map_err(|error| unreadable(&error))?;
        // One person signs a container, around the document as it was issued.
        if self.form == SignedForm::Cades && report.signatures.len() != 1 {
            let text = "Il file p7m deve portare una sola firma, quella di chi carica il documento";
            return Err(refuse("signature_not_valid", "art. 24 CAD", text, AGAIN));
        }
        let own = report.signatures.iter().find(|s| s.field == self.own_field());
        let Some(own) = own else {
            let text = format!("Il file non porta la firma nel campo «{}»", self.field);
            return Err(refuse("signature_missing", SIGNATURES, text, AGAIN));
        };
        if self.form == SignedForm::Pades {
            self.alone(&report)?;
        }
        if !report.changed_after.is_empty() || !report.covers_whole {
            let what: Vec<String> =
                report.changed_after.iter().chain(&report.reasons).cloned().collect();
            let text = format!("Il documento è stato modificato: {}", what.join("; "));
            return Err(refuse("document_changed", "art. 20 CAD", text, AGAIN));
        }
        // What cannot be told is no signature either: the verdict on this one must be full.
        if own.verdict != Verdict::TotalPassed {
            return Err(not_valid(own));
        }
        if own.locks.is_empty() {
            return Ok(());
        }
        let text = format!(
            "La firma blocca il documento e non lascia firmare chi deve ancora farlo ({})",
            own.locks.join(", ")
        );
        let next =
            "Firmare di nuovo il documento scaricato senza certificarlo e senza bloccarne i campi";
        Err(refuse("signature_locks_document", SIGNATURES, text, next))
    }

    /// The file has the signatures it had and the one in its field: who signs signs for himself, not
    /// in the boxes of others. Time-stamps may come, in fields of their own.
    fn alone(&self, report: &Report) -> Result<(), PaperError> {
        let before = fields(self.issued).map_err(|error| unreadable(&VerifyError::from(error)))?;
        let stamps: Vec<&str> =
            report.document_timestamps.iter().filter_map(|s| s.field.as_deref()).collect();
        let names = before.iter().filter(|f| f.signed).map(|f| f.name.as_str());
        let mut wanted: Vec<&str> =
            names.filter(|name| !stamps.contains(name)).chain([self.field]).collect();
        let mut found: Vec<&str> = report.signatures.iter().map(|s| s.field.as_str()).collect();
        wanted.sort_unstable();
        found.sort_unstable();
        let taken = before.iter().find(|f| !f.signed && stamps.contains(&f.name.as_str()));
        if wanted == found && taken.is_none() {
            return Ok(());
        }
        let mut others: Vec<&str> = taken.map(|f| f.name.as_str()).into_iter().collect();
        others.extend(found.iter().filter(|name| !wanted.contains(name)));
        let text = format!(
            "Il file porta firme o marche che non spettano a chi lo carica ({})",
            if others.is_empty() { self.field.to_owned() } else { others.join(", ") }
        );
        let next = "Firmare di nuovo il documento scaricato, solo nel proprio campo";
        Err(refuse("signature_of_others", SIGNATURES, text, next))
    }
}

fn with(trust: &Trust, answers: &[Vec<u8>]) -> Result<Trust, PaperError> {
    let known = answers.iter().try_fold(trust.clone(), |trust, one| trust.with_revocation(one));
    known.map_err(|error| unreadable(&error))
}

/// The refusal that fits the first reason of the verifier.
fn not_valid(own: &SignatureReport) -> PaperError {
    const OTHER: &str = "Firmare con un certificato valido";
    let (code, article, what, next) = match own.sub_indication {
        Some(Sub::RevokedNoPoe | Sub::RevokedCaNoPoe | Sub::Revoked) => {
            ("certificate_revoked", VALIDITY, "Il certificato è revocato", OTHER)
        }
        Some(Sub::OutOfBoundsNoPoe | Sub::NotYetValid) => (
            "certificate_out_of_date",
            VALIDITY,
            "Il certificato non è in corso di validità",
            OTHER,
        ),
        Some(Sub::NoCertificateChainFound) => (
            "authority_not_trusted",
            "art. 24 CAD",
            "L'autorità che ha emesso il certificato non è fra quelle fidate",
            "Chiedere all'amministratore di importare l'elenco di fiducia",
        ),
        Some(Sub::TryLater) => (
            "revocation_unknown",
            VALIDITY,
            "Non si può dire se il certificato sia revocato",
            "Riprovare più tardi: un file già firmato resta buono",
        ),
        Some(Sub::ChainConstraintsFailure) => (
            "signature_not_qualified",
            SIGNATURES,
            "La firma non è del tipo che serve",
            "Firmare con un certificato qualificato di firma",
        ),
        _ => ("signature_not_valid", "art. 24 CAD", "La firma non è valida", AGAIN),
    };
    refuse(code, article, format!("{what}: {}", own.reasons.join("; ")), next)
}

/// Judges what a gesture signed, each document by itself: what is refused changes nothing.
pub fn of_gesture(
    keys: &Keyring,
    who: Who<'_>,
    orders: &[Order],
    signed: Vec<Result<Done, SignError>>,
    at: DateTime<Utc>,
) -> Vec<Result<Done, PaperError>> {
    if !keys.is_judged(who) {
        return signed.into_iter().map(|one| one.map_err(PaperError::from)).collect();
    }
    let (trust, network) = (keys.trust(), keys.network());
    let asked = Asked { network: network.as_ref(), answers: Mutex::default() };
    let judged = |(order, done): (&Order, Result<Done, SignError>)| -> Result<Done, PaperError> {
        let mut done = done?;
        let entering = Entering {
            issued: &order.pdf,
            field: &order.field,
            form: SignedForm::Pades,
            needed: order.needed,
            signed: &done.pdf,
        };
        if !entering.signed_here(&trust, &asked, at)? {
            tracing::warn!(field = order.field, "signed, the status of the certificate unknown");
            done.assurance.status_unknown = true;
            if keys.stamps() {
                // The job of the levels asks again, for as long as it takes.
                done.assurance.wanted = done.assurance.wanted.max(SignatureLevel::Lt);
            }
        }
        Ok(done)
    };
    orders.iter().zip(signed).map(judged).collect()
}

/// The certificates of a kept document that turn out to be revoked, in words; `None` when none is.
/// CPU work: off the async threads.
pub fn revoked_since(pdf: &[u8], trust: &Trust, at: DateTime<Utc>) -> Option<String> {
    let revocation = Revocation::IfAvailable;
    let policy = Policy { at: Some(at), revocation, ..Policy::default() };
    let report = verify_pdf(pdf, None, trust, &policy).ok()?;
    let revoked = report.signatures.iter().filter(|s| {
        matches!(s.sub_indication, Some(Sub::RevokedNoPoe | Sub::RevokedCaNoPoe | Sub::Revoked))
    });
    let told: Vec<String> = revoked
        .map(|s| format!("firma di {}: {}", s.signer_common_name, s.reasons.join("; ")))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Address and request.
type Question = (String, Vec<u8>);
type Answer = Result<Vec<u8>, EvidenceError>;

/// The network, asked once for each thing in a gesture: a hundred documents of one person want the
/// same answers, and who does not answer is not waited for a hundred times.
struct Asked<'n> {
    network: &'n dyn Network,
    answers: Mutex<BTreeMap<Question, Answer>>,
}

impl Network for Asked<'_> {
    fn known(&self) -> &[Vec<u8>] {
        self.network.known()
    }

    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        let question = match what {
            // A time-stamp is never the same twice.
            Fetch::Timestamp(_) => return self.network.fetch(what),
            Fetch::Ocsp { url, request } => (url.to_owned(), request.to_vec()),
            Fetch::Crl(url) | Fetch::Issuer(url) => (url.to_owned(), Vec::new()),
        };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(question).or_insert_with(|| self.network.fetch(what)).clone()
    }
}
