// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether a certificate was revoked at an instant: CRLs (RFC 5280, 5) and OCSP answers
//! (RFC 6960), each checked for who signed it, what it covers and when it was in force.

use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::ObjectIdentifier;

use super::algorithm::Hash;
use super::certificate::Certificate;
use super::material::{Material, basic_response};
use super::trust::Trust;
use crate::asn1::{
    Algorithm, BIT_STRING, BOOLEAN, Der, ENUMERATED, Element, GENERALIZED_TIME, INTEGER,
    OCTET_STRING, OID, SEQUENCE, UTC_TIME, context, context_primitive,
};
use crate::oid;

/// Clocks of different authorities may differ this much, in minutes.
const SKEW: i64 = 5;
/// Most extensions, answers and certificates of one piece of evidence.
const MANY: usize = 256;
/// Bit of the key usage that lets a key sign CRLs (RFC 5280, 4.2.1.3).
const CRL_SIGN: usize = 6;
/// The reason that can be taken back (RFC 5280, 5.3.1).
const ON_HOLD: u8 = 6;

/// A CRL or an OCSP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// A `CertificateList`.
    Crl(Vec<u8>),
    /// A `BasicOCSPResponse`.
    Ocsp(Vec<u8>),
}

/// What the evidence says of a certificate at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revoked.
    Good,
    /// Revoked at that time, for good.
    Revoked(DateTime<Utc>),
    /// Suspended since that time.
    OnHold(DateTime<Utc>),
    /// There is no evidence, or none that was in force.
    Unknown,
}

/// One statement about one certificate.
struct Statement {
    this_update: DateTime<Utc>,
    next_update: Option<DateTime<Utc>>,
    /// When and why it was revoked, if it was.
    revoked: Option<(DateTime<Utc>, Option<u8>)>,
    /// From when on expired certificates may have been dropped; `None`: never dropped.
    forgets: bool,
}

impl Evidence {
    pub fn crl(der: &[u8]) -> Option<Self> {
        Crl::read(der).map(|_| Evidence::Crl(der.to_vec()))
    }

    /// A whole `OCSPResponse`.
    pub fn ocsp(der: &[u8]) -> Option<Self> {
        Self::basic_ocsp(basic_response(der)?)
    }

    /// A `BasicOCSPResponse`.
    pub fn basic_ocsp(der: &[u8]) -> Option<Self> {
        Answer::read(der).map(|_| Evidence::Ocsp(der.to_vec()))
    }

    pub fn bytes(&self) -> &[u8] {
        let (Evidence::Crl(bytes) | Evidence::Ocsp(bytes)) = self;
        bytes
    }

    /// Whether an authority that is known here made it.
    pub fn is_authentic(&self, material: &Material, trust: &Trust) -> bool {
        match self {
            Evidence::Crl(der) => Crl::read(der).is_some_and(|crl| {
                material.namesakes(crl.issuer, trust).iter().any(|issuer| issuer.verifies(der))
            }),
            Evidence::Ocsp(der) => Answer::read(der).is_some_and(|answer| {
                let known =
                    trust.certificates().chain(material.certificates.iter().map(AsRef::as_ref));
                let own: Vec<Certificate> = answer.certificates();
                known.chain(&own).filter(|c| answer.is_by(c)).take(4).any(|c| c.verifies(der))
            }),
        }
    }

    fn statement(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        material: &Material,
    ) -> Option<Statement> {
        match self {
            Evidence::Crl(der) => {
                let crl = Crl::read(der)?;
                let may = issuer.usage(CRL_SIGN).unwrap_or(true);
                let covers = crl.issuer == issuer.subject && crl.covers(certificate) && may;
                (covers && issuer.verifies(der)).then(|| crl.statement(certificate))?
            }
            Evidence::Ocsp(der) => {
                let answer = Answer::read(der)?;
                let statement = answer.statement(certificate, issuer)?;
                answer.is_authorized(der, issuer, material).then_some(statement)
            }
        }
    }
}

/// The status of `certificate`, issued by `issuer`, at `instant`, judged at `now`.
///
/// Evidence counts if it was issued after that instant, or was still in force at it (EN 319 102-1,
/// 5.2.5: as fresh as its own next update); never if it comes from the future of `now`.
pub(crate) fn status(
    certificate: &Certificate,
    issuer: &Certificate,
    instant: DateTime<Utc>,
    now: Option<DateTime<Utc>>,
    material: &Material,
    elsewhere: &[Evidence],
) -> Status {
    let evidence = material.evidence.iter().chain(elsewhere);
    let mut latest: Option<(DateTime<Utc>, Status)> = None;
    for found in evidence.filter_map(|e| e.statement(certificate, issuer, material)) {
        let skew = TimeDelta::minutes(SKEW);
        if now.is_some_and(|now| found.this_update > now + skew) {
            continue;
        }
        let in_force = found.this_update >= instant
            || found.next_update.is_some_and(|next| instant <= next + skew);
        let told = match found.revoked {
            // A revocation is for ever, however old the list.
            Some((at, reason)) if at <= instant && reason != Some(ON_HOLD) => {
                return Status::Revoked(at);
            }
            _ if !in_force || found.forgets && found.this_update > certificate.not_after => {
                continue;
            }
            Some((at, _)) if at <= instant => Status::OnHold(at),
            _ => Status::Good,
        };
        if latest.is_none_or(|(at, _)| at < found.this_update) {
            latest = Some((found.this_update, told));
        }
    }
    latest.map_or(Status::Unknown, |(_, told)| told)
}

/// A certificate revocation list.
struct Crl<'a> {
    issuer: &'a [u8],
    this_update: DateTime<Utc>,
    next_update: Option<DateTime<Utc>>,
    entries: Der<'a>,
    extensions: Vec<Element<'a>>,
}

impl<'a> Crl<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Der::only(der, SEQUENCE)?.inside();
        let mut tbs = outer.take(SEQUENCE)?.inside();
        tbs.optional(INTEGER)?;
        let inner = tbs.take(SEQUENCE)?;
        // What the signature covers must name the algorithm it is made with (5.1.1.2).
        if outer.take(SEQUENCE)?.raw != inner.raw {
            return None;
        }
        outer.take(BIT_STRING)?;
        outer.end()?;
        let issuer = tbs.take(SEQUENCE)?.raw;
        let this_update = tbs.next()?.time()?;
        let mut next_update = None;
        if matches!(tbs.peek(), Some(UTC_TIME | GENERALIZED_TIME)) {
            next_update = Some(tbs.next()?.time()?);
        }
        let entries = tbs.optional(SEQUENCE)?.map_or(Der::new(&[]), |e| e.inside());
        let extensions = match tbs.optional(context(0))? {
            None => Vec::new(),
            Some(list) => Der::only(list.value, SEQUENCE)?.inside().all(MANY)?,
        };
        tbs.end()?;
        Some(Crl { issuer, this_update, next_update, entries, extensions })
    }

    /// Whether it lists certificates like this one; one with an unknown condition covers nothing.
    fn covers(&self, certificate: &Certificate) -> bool {
        self.extensions.iter().all(|e| match extension(*e) {
            Some((oid::ISSUING_DISTRIBUTION_POINT, _, value)) => {
                distribution(value, certificate).unwrap_or(false)
            }
            Some((_, critical, _)) => !critical,
            None => false,
        })
    }

    fn statement(&self, certificate: &Certificate) -> Option<Statement> {
        let mut entries = self.entries;
        let mut revoked = None;
        while !entries.is_empty() {
            let mut entry = entries.take(SEQUENCE)?.inside();
            if entry.take(INTEGER)?.value != certificate.serial {
                continue;
            }
            let at = entry.next()?.time()?;
            let reason = entry.optional(SEQUENCE)?.and_then(reason);
            revoked = Some((at, reason));
        }
        let keeps = |e: &Element<'_>| extension(*e).is_some_and(|(o, ..)| o == oid::EXPIRED_ON_CRL);
        Some(Statement {
            this_update: self.this_update,
            next_update: self.next_update,
            revoked,
            forgets: !self.extensions.iter().any(keeps),
        })
    }
}

fn extension(element: Element<'_>) -> Option<(ObjectIdentifier, bool, &[u8])> {
    let mut der = element.inside();
    let oid = der.take(OID)?.oid()?;
    let critical = der.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
    Some((oid, critical, der.take(OCTET_STRING)?.value))
}

fn reason(extensions: Element<'_>) -> Option<u8> {
    let list = extensions.inside().all(MANY)?;
    let found = list.into_iter().filter_map(extension).find(|(o, ..)| *o == oid::REASON_CODE)?;
    Der::only(found.2, ENUMERATED)?.value.first().copied()
}

/// Whether an issuing distribution point (RFC 5280, 5.2.5) includes the certificate.
fn distribution(value: &[u8], certificate: &Certificate) -> Option<bool> {
    for part in Der::only(value, SEQUENCE)?.inside().all(MANY)? {
        let set = part.value != [0];
        let included = match part.tag {
            tag if tag == context(0) => true,
            tag if tag == context_primitive(1) => !set || !certificate.is_authority(),
            tag if tag == context_primitive(2) => !set || certificate.is_authority(),
            // Some reasons only, indirect, attributes: not the whole truth about this certificate.
            _ => false,
        };
        if !included {
            return Some(false);
        }
    }
    Some(true)
}

/// A `BasicOCSPResponse` (RFC 6960, 4.2.1).
struct Answer<'a> {
    responder: Element<'a>,
    produced: DateTime<Utc>,
    answers: Vec<Element<'a>>,
    certificates: Vec<Element<'a>>,
    forgets: bool,
}

impl<'a> Answer<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Der::only(der, SEQUENCE)?.inside();
        let mut data = outer.take(SEQUENCE)?.inside();
        outer.take(SEQUENCE)?;
        outer.take(BIT_STRING)?;
        let certificates = match outer.optional(context(0))? {
            None => Vec::new(),
            Some(list) => Der::only(list.value, SEQUENCE)?.inside().all(MANY)?,
        };
        outer.end()?;
        data.optional(context(0))?;
        let responder = data.next()?;
        let produced = data.take(GENERALIZED_TIME)?.time()?;
        let answers = data.take(SEQUENCE)?.inside().all(MANY)?;
        let extensions = match data.optional(context(1))? {
            None => Vec::new(),
            Some(list) => Der::only(list.value, SEQUENCE)?.inside().all(MANY)?,
        };
        data.end()?;
        let keeps =
            |e: &Element<'_>| extension(*e).is_some_and(|(o, ..)| o == oid::OCSP_ARCHIVE_CUTOFF);
        let known = |e: &Element<'_>| extension(*e).is_some_and(|(_, critical, _)| !critical);
        let forgets = !extensions.iter().any(keeps);
        let sound = extensions.iter().all(known);
        sound.then_some(Answer { responder, produced, answers, certificates, forgets })
    }

    fn certificates(&self) -> Vec<Certificate> {
        self.certificates.iter().filter_map(|e| Certificate::read(e.raw)).collect()
    }

    /// Whether the responder is named as this certificate's holder, by name or by key.
    fn is_by(&self, certificate: &Certificate) -> bool {
        let named = self.responder.value;
        match self.responder.tag {
            tag if tag == context(1) => named == certificate.subject,
            tag if tag == context(2) => certificate.public_key().is_some_and(|key| {
                let hash = Hash::Sha1.of(&[key.bits()]);
                Der::only(named, OCTET_STRING).is_some_and(|e| e.value == hash)
            }),
            _ => false,
        }
    }

    /// Whether it was signed by the issuer or by whom the issuer delegated (RFC 6960, 4.2.2.2).
    fn is_authorized(&self, der: &[u8], issuer: &Certificate, material: &Material) -> bool {
        if self.is_by(issuer) && issuer.verifies(der) {
            return true;
        }
        let delegated = |c: &Certificate| {
            let purposes = c.purposes().is_some_and(|(_, list)| list.contains(&oid::FOR_OCSP));
            let valid = (c.not_before..=c.not_after).contains(&self.produced);
            self.is_by(c) && purposes && valid && c.is_signed_by(issuer) && c.verifies(der)
        };
        let pool = material.certificates.iter().map(AsRef::as_ref);
        self.certificates().iter().chain(pool).any(delegated)
    }

    /// What it says of the certificate, if it is about it.
    fn statement(&self, certificate: &Certificate, issuer: &Certificate) -> Option<Statement> {
        self.answers.iter().find_map(|answer| self.read_single(*answer, certificate, issuer))
    }

    fn read_single(
        &self,
        single: Element<'a>,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<Statement> {
        let mut der = single.inside();
        let mut id = der.take(SEQUENCE)?.inside();
        let hash = Hash::read(Algorithm::read(id.take(SEQUENCE)?)?)?;
        let (name, key) = (id.take(OCTET_STRING)?.value, id.take(OCTET_STRING)?.value);
        let about = id.take(INTEGER)?.value == certificate.serial
            && hash.of(&[&issuer.subject]) == name
            && hash.of(&[issuer.public_key()?.bits()]) == key;
        let told = der.next().filter(|_| about)?;
        let revoked = match told.tag {
            tag if tag == context_primitive(0) => None,
            tag if tag == context(1) => {
                let mut inside = told.inside();
                let at = inside.take(GENERALIZED_TIME)?.time()?;
                let reason = inside.optional(context(0))?;
                let reason =
                    reason.and_then(|r| r.inside().take(ENUMERATED)?.value.first().copied());
                Some((at, reason))
            }
            _ => return None,
        };
        let this_update = der.take(GENERALIZED_TIME)?.time()?;
        let next_update = match der.optional(context(0))? {
            None => None,
            Some(next) => Some(next.inside().take(GENERALIZED_TIME)?.time()?),
        };
        let keeps =
            |e: &Element<'_>| extension(*e).is_some_and(|(o, ..)| o == oid::OCSP_ARCHIVE_CUTOFF);
        let extensions = match der.optional(context(1))? {
            None => Vec::new(),
            Some(list) => Der::only(list.value, SEQUENCE)?.inside().all(MANY)?,
        };
        let forgets = self.forgets && !extensions.iter().any(keeps);
        Some(Statement { this_update, next_update, revoked, forgets })
    }
}
