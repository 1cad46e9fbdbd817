// SPDX-License-Identifier: AGPL-3.0-or-later
//! Timestamp tokens (RFC 3161, RFC 5816; ETSI EN 319 422; EN 319 102-1, 5.4): what was stamped,
//! when, by whom, and whether that authority is to be believed.

use chrono::{DateTime, TimeDelta, Utc};

use super::algorithm::Hash;
use super::certificate::Certificate;
use super::judge::{Context, SKEW};
use super::report::{Problem, SubIndication as Sub, TimestampReport};
use super::signed_data::SignedData;
use super::trusted_list::Kind;
use crate::asn1::{
    Algorithm, BOOLEAN, Der, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, context,
};
use crate::oid;

/// `TSTInfo` (RFC 3161, 2.4.2), what is needed of it.
pub(crate) struct TstInfo<'a> {
    hash: Option<Hash>,
    imprint: &'a [u8],
    pub time: DateTime<Utc>,
}

impl<'a> TstInfo<'a> {
    /// Reads the content of a token.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut der = Der::only(bytes, SEQUENCE)?.inside();
        let version = der.take(INTEGER)?.small()?;
        der.take(OID)?;
        let mut imprint = der.take(SEQUENCE)?.inside();
        let hash = Hash::read(Algorithm::read(imprint.take(SEQUENCE)?)?);
        let hashed = imprint.take(OCTET_STRING)?.value;
        imprint.end()?;
        der.take(INTEGER)?;
        let time = der.take(GENERALIZED_TIME)?.time()?;
        // Accuracy, ordering, nonce, name of the authority, extensions.
        let (accuracy, ordering) = (der.optional(SEQUENCE)?, der.optional(BOOLEAN)?);
        let (nonce, name) = (der.optional(INTEGER)?, der.optional(context(0))?);
        let extensions = der.optional(context(1))?;
        der.end()?;
        let _ = (accuracy, ordering, nonce, name);
        let understood = extensions.is_none_or(|list| no_critical(list.inside()).unwrap_or(false));
        (version == 1 && understood).then_some(TstInfo { hash, imprint: hashed, time })
    }
}

fn no_critical(list: Der<'_>) -> Option<bool> {
    for extension in list.all(64)? {
        let mut der = extension.inside();
        der.take(OID)?;
        if der.optional(BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
            return Some(false);
        }
    }
    Some(true)
}

/// Verifies a token, DER. `imprint` hashes what must have been stamped; `existed` is an instant at
/// which the token is proved to have existed, if there is one: its authority is judged then.
pub(super) fn verify(
    context: &Context<'_>,
    token: &[u8],
    imprint: &dyn Fn(Hash) -> Vec<u8>,
    existed: Option<DateTime<Utc>>,
    field: Option<String>,
) -> TimestampReport {
    let mut report = TimestampReport::new(field);
    if let Err(problem) = examine(context, token, imprint, existed, &mut report) {
        report.add(problem);
    }
    report
}

fn broken(reason: &str) -> Problem {
    Problem::fail(Sub::FormatFailure, reason)
}

fn examine(
    context: &Context<'_>,
    token: &[u8],
    imprint: &dyn Fn(Hash) -> Vec<u8>,
    existed: Option<DateTime<Utc>>,
    report: &mut TimestampReport,
) -> Result<(), Problem> {
    let data = SignedData::read(token).ok_or_else(|| broken("marca temporale non leggibile"))?;
    let content = data.content.filter(|_| data.content_type == oid::TST_INFO);
    let content = content.ok_or_else(|| broken("non è una marca temporale"))?;
    let info = TstInfo::read(content).ok_or_else(|| broken("marca temporale non leggibile"))?;
    let [signer] = data.signers.as_slice() else {
        return Err(broken("la marca temporale non ha una sola firma"));
    };
    if !data.is_consistent() {
        return Err(broken("la struttura della marca temporale non è canonica"));
    }
    report.time = Some(info.time);
    match info.hash {
        Some(hash) if imprint(hash) != info.imprint => {
            let reason = "la marca temporale riguarda altro: l'impronta non coincide";
            return Err(Problem::fail(Sub::HashFailure, reason));
        }
        Some(hash) if hash.is_sound() => {}
        _ => {
            let reason = "impronta della marca temporale non affidabile o non esaminata";
            report.add(Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason));
        }
    }
    let certificate = context.signer(signer).ok_or_else(|| {
        let reason = "manca il certificato di chi ha apposto la marca temporale";
        Problem::doubt(Sub::NoSigningCertificateFound, reason)
    })?;
    report.authority = certificate.common_name();
    if !signer.unsigned.is_empty() {
        let reason = "la marca temporale porta attributi non esaminati";
        report.add(Problem::doubt(Sub::Generic, reason));
    }
    for problem in signer.check(oid::TST_INFO, &|hash| hash.of(&[content]), &certificate) {
        report.add(Problem { reason: format!("marca temporale: {}", problem.reason), ..problem });
    }
    believe(context, &certificate, info.time, existed, report);
    Ok(())
}

/// Whether the authority may stamp, and leads to an anchor.
fn believe(
    context: &Context<'_>,
    certificate: &Certificate,
    time: DateTime<Utc>,
    existed: Option<DateTime<Utc>>,
    report: &mut TimestampReport,
) {
    // RFC 3161, 2.3: that purpose, no other, and binding.
    let purposes = certificate.purposes();
    if purposes != Some((true, vec![oid::FOR_TIMESTAMPS])) {
        let reason = "il certificato della marca temporale non è destinato alle marche";
        report.add(Problem::doubt(Sub::ChainConstraintsFailure, reason));
    }
    if certificate.usage(0) == Some(false) && certificate.usage(1) == Some(false) {
        let reason = "la chiave della marca temporale non può firmare";
        report.add(Problem::doubt(Sub::ChainConstraintsFailure, reason));
    }
    if !(certificate.not_before..=certificate.not_after).contains(&time) {
        let reason = "marca temporale apposta fuori della validità del suo certificato";
        report.add(Problem::doubt(Sub::OutOfBoundsNoPoe, reason));
    }
    let after = |limit: Option<DateTime<Utc>>| {
        limit.is_some_and(|limit| time > limit + TimeDelta::minutes(SKEW))
    };
    if after(context.policy.at) {
        let reason = "la marca temporale porta una data futura";
        report.add(Problem::doubt(Sub::TimestampOrderFailure, reason));
    }
    if after(existed) {
        let reason = "la marca temporale porta una data successiva a quella che la copre";
        report.add(Problem::doubt(Sub::TimestampOrderFailure, reason));
    }
    let instant = existed.or(context.policy.at).unwrap_or(time);
    let chain = context.chain(certificate, instant);
    for problem in chain.problems {
        report.add(Problem { reason: format!("marca temporale: {}", problem.reason), ..problem });
    }
    report.granted = chain.path.and_then(|path| {
        let mut services = context.trust.services(path.anchor).iter().peekable();
        services.peek()?;
        Some(services.any(|s| s.kind == Kind::QualifiedTimestamps && s.granted_at(time)))
    });
    if context.policy.qualified && context.trust.has_list() && report.granted != Some(true) {
        report.add(Problem::remark("marca temporale non qualificata secondo l'elenco di fiducia"));
    }
}
