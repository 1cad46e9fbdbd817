// SPDX-License-Identifier: AGPL-3.0-or-later
//! A certificate as the verifier reads it (RFC 5280, 4): the bytes, who, for whom, when, for what,
//! and what it says about being qualified (ETSI EN 319 412-5). Paths are `webpki`'s business.

use chrono::{DateTime, Utc};
use der::asn1::ObjectIdentifier;
use serde::Serialize;

use super::algorithm::{Checked, PublicKey};
use crate::asn1::{
    Algorithm, BIT_STRING, BOOLEAN, Der, Element, INTEGER, OCTET_STRING, OID, SEQUENCE, SET,
    context,
};
use crate::{LABEL, Quality, oid};

/// Most extensions, names, statements of one certificate.
const MANY: usize = 64;

/// An X.509 certificate, version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub der: Vec<u8>,
    /// Content octets of the serial number.
    pub serial: Vec<u8>,
    /// The whole of the name, its header included.
    pub issuer: Vec<u8>,
    pub subject: Vec<u8>,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// `SubjectPublicKeyInfo`, its header included.
    pub key: Vec<u8>,
    /// Object identifier, whether critical, content of the value.
    extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>,
}

/// What a certificate says of itself and of its holder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Qualification {
    /// The issuer states that it is qualified (`QcCompliance`).
    pub compliance: bool,
    /// It says on its face that it is worth nothing.
    pub development: bool,
    /// The private key is in a qualified device (`QcSSCD`).
    pub device: bool,
    /// What it is for; before 2016 certificates did not say, and were for signatures.
    pub purpose: Option<Purpose>,
    /// What the Trusted List said of the service that issued it, when it was issued and when it
    /// was used; `None` when no list is consulted.
    pub granted: Option<bool>,
    /// The trust service and its provider, as the list names them.
    pub service: Option<String>,
}

impl Qualification {
    /// How much the signature is worth, as the certificate says and no list contradicts.
    pub fn quality(&self) -> Quality {
        let qualified = self.compliance && self.device && self.granted != Some(false);
        match (self.development, qualified) {
            (true, _) => Quality::Development,
            (false, true) => Quality::Qualified,
            (false, false) => Quality::Advanced,
        }
    }
}

/// Purpose of a qualified certificate (EN 319 412-5, 4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signatures of natural persons.
    Signature,
    /// Seals of legal persons.
    Seal,
    /// Web sites: not for documents.
    Website,
}

impl Certificate {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut outer = Der::only(bytes, SEQUENCE)?.inside();
        let mut tbs = outer.take(SEQUENCE)?.inside();
        let version = tbs.take(context(0))?.inside().take(INTEGER)?.small()?;
        let serial = tbs.take(INTEGER)?.value.to_vec();
        tbs.take(SEQUENCE)?;
        let issuer = tbs.take(SEQUENCE)?.raw.to_vec();
        let mut validity = tbs.take(SEQUENCE)?.inside();
        let (not_before, not_after) = (validity.next()?.time()?, validity.next()?.time()?);
        let subject = tbs.take(SEQUENCE)?.raw.to_vec();
        let key = tbs.take(SEQUENCE)?.raw.to_vec();
        let mut extensions = Vec::new();
        while let Some(element) = (!tbs.is_empty()).then(|| tbs.next()) {
            let element = element?;
            if element.tag == context(3) {
                let list = Der::only(element.value, SEQUENCE)?;
                let list = list.inside().all(MANY)?;
                extensions = list.into_iter().map(extension).collect::<Option<_>>()?;
            }
        }
        let certificate = Certificate {
            der: bytes.to_vec(),
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key,
            extensions,
        };
        (version == 2).then_some(certificate)
    }

    /// Content of an extension, and whether it is critical.
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<(bool, &[u8])> {
        let found = self.extensions.iter().find(|(o, ..)| *o == oid)?;
        Some((found.1, &found.2))
    }

    pub fn public_key(&self) -> Option<PublicKey<'_>> {
        PublicKey::read(&self.key)
    }

    /// Whether this certificate's signature was made with `issuer`'s key.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject && issuer.verifies(&self.der)
    }

    /// Whether a signed structure (certificate, CRL, OCSP answer: the signed part, an algorithm, a
    /// signature) was signed with this certificate's key.
    pub fn verifies(&self, signed: &[u8]) -> bool {
        let check = || {
            let mut der = Der::only(signed, SEQUENCE)?.inside();
            let message = der.next()?.raw;
            let algorithm = Algorithm::read(der.next()?)?;
            let signature = der.take(BIT_STRING)?.bits()?;
            Some(self.public_key()?.verify(algorithm, None, message, signature) == Checked::Good)
        };
        check().unwrap_or(false)
    }

    /// The subject key identifier.
    pub fn key_identifier(&self) -> Option<&[u8]> {
        let (_, value) = self.extension(oid::SUBJECT_KEY_IDENTIFIER)?;
        Der::only(value, OCTET_STRING).map(|e| e.value)
    }

    /// A bit of the key usage (RFC 5280, 4.2.1.3), counted from 0; `None` without the extension.
    pub fn usage(&self, bit: usize) -> Option<bool> {
        let (_, value) = self.extension(oid::KEY_USAGE)?;
        let bits = Der::only(value, BIT_STRING)?.value.get(1..)?;
        Some(bits.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0))
    }

    /// The extended key usages and whether they bind; `None` without the extension.
    pub fn purposes(&self) -> Option<(bool, Vec<ObjectIdentifier>)> {
        let (critical, value) = self.extension(oid::EXTENDED_KEY_USAGE)?;
        let list = Der::only(value, SEQUENCE)?.inside().all(MANY)?;
        Some((critical, list.iter().map(Element::oid).collect::<Option<_>>()?))
    }

    pub fn is_authority(&self) -> bool {
        let constraints = self.extension(oid::BASIC_CONSTRAINTS);
        let flag = constraints.and_then(|(_, v)| Der::only(v, SEQUENCE)?.inside().take(BOOLEAN));
        flag.is_some_and(|b| b.value != [0])
    }

    /// Whether it says where its revocation is published (RFC 5280, 4.2.1.13 and 4.2.2.1).
    pub fn names_revocation(&self) -> bool {
        let ocsp = |value: &[u8]| {
            let list = Der::only(value, SEQUENCE)?.inside().all(MANY)?;
            let mut methods = list.iter().filter_map(|e| e.inside().take(OID)?.oid());
            Some(methods.any(|method| method == oid::OCSP))
        };
        let access = self.extension(oid::AUTHORITY_INFO_ACCESS);
        self.extension(oid::CRL_DISTRIBUTION_POINTS).is_some()
            || access.is_some_and(|(_, v)| ocsp(v).unwrap_or(true))
    }

    /// A value of the subject's name, as text.
    pub fn subject_value(&self, oid: ObjectIdentifier) -> Option<String> {
        name_value(&self.subject, oid)
    }

    pub fn common_name(&self) -> String {
        let name = self.subject_value(oid::COMMON_NAME);
        name.or_else(|| self.subject_value(oid::ORGANIZATION)).unwrap_or_default()
    }

    /// The holder's codice fiscale (law.md R9.4): `TINIT-…` (EN 319 412-1, 5.1.3), or `IT:…` of
    /// the older national rules.
    pub fn fiscal_code(&self) -> Option<String> {
        let number = self.subject_value(oid::SERIAL_NUMBER)?.to_ascii_uppercase();
        let code = number.strip_prefix("TINIT-").or_else(|| number.strip_prefix("IT:"))?;
        let sound = code.len() == 16 && code.bytes().all(|b| b.is_ascii_alphanumeric());
        sound.then(|| code.to_owned())
    }

    /// The statements of a qualified certificate; all false when there are none.
    pub fn qualification(&self) -> Qualification {
        let labelled = |name: &[u8], part| name_value(name, part).as_deref() == Some(LABEL);
        let mut found = Qualification {
            development: labelled(&self.issuer, oid::ORGANIZATION)
                || labelled(&self.subject, oid::ORGANIZATION)
                || labelled(&self.subject, oid::ORGANIZATIONAL_UNIT),
            ..Qualification::default()
        };
        let statements = self.extension(oid::QC_STATEMENTS);
        let list = statements.and_then(|(_, v)| Der::only(v, SEQUENCE)?.inside().all(MANY));
        for statement in list.unwrap_or_default() {
            let mut inside = statement.inside();
            match inside.take(OID).and_then(|e| e.oid()) {
                Some(oid::QC_COMPLIANCE) => found.compliance = true,
                Some(oid::QC_DEVICE) => found.device = true,
                Some(oid::QC_TYPE) => found.purpose = purpose(inside),
                _ => {}
            }
        }
        found
    }
}

fn purpose(mut types: Der<'_>) -> Option<Purpose> {
    let list = types.take(SEQUENCE)?.inside().all(MANY)?;
    match list.first()?.oid()? {
        oid::QC_FOR_SIGNATURES => Some(Purpose::Signature),
        oid::QC_FOR_SEALS => Some(Purpose::Seal),
        oid::QC_FOR_WEBSITES => Some(Purpose::Website),
        _ => None,
    }
}

fn extension(element: Element<'_>) -> Option<(ObjectIdentifier, bool, Vec<u8>)> {
    let mut der = element.inside();
    let oid = der.take(OID)?.oid()?;
    let critical = der.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
    let value = der.take(OCTET_STRING)?.value.to_vec();
    der.end()?;
    Some((oid, critical, value))
}

/// The first value of an attribute of a name, as text.
pub(crate) fn name_value(name: &[u8], wanted: ObjectIdentifier) -> Option<String> {
    let parts = Der::only(name, SEQUENCE)?.inside().all(MANY)?;
    for part in parts {
        for pair in part.inside().all(MANY).filter(|_| part.tag == SET)? {
            let mut pair = pair.inside();
            if pair.take(OID)?.oid()? == wanted {
                return text(pair.next()?);
            }
        }
    }
    None
}

/// A directory string: UTF-8, printable and IA5, Latin-1 for the old teletex, UTF-16.
fn text(element: Element<'_>) -> Option<String> {
    match element.tag {
        0x0C | 0x13 | 0x16 | 0x12 => String::from_utf8(element.value.to_vec()).ok(),
        0x14 => Some(element.value.iter().map(|b| char::from(*b)).collect()),
        0x1E => {
            let pairs = element.value.chunks_exact(2).map(|p| u16::from_be_bytes([p[0], p[1]]));
            char::decode_utf16(pairs).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}
