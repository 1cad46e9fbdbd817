// SPDX-License-Identifier: AGPL-3.0-or-later
//! A CMS signature as others make it (RFC 5652, 5), read strictly: what is not bound by the
//! signature itself must have one form only, so that no bit of it can change unnoticed.

use der::asn1::ObjectIdentifier;

use super::algorithm::{Checked, Hash};
use super::certificate::Certificate;
use super::report::{Problem, SubIndication as Sub};
use crate::asn1::{
    Algorithm, Der, Element, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context, context_primitive,
};
use crate::oid;

/// Most signers, attributes, certificates, revocation data of one signature.
const MANY: usize = 256;

/// `SignedData` (RFC 5652, 5.1).
#[derive(Debug)]
pub(crate) struct SignedData<'a> {
    version: u64,
    digests: Vec<Algorithm<'a>>,
    pub content_type: ObjectIdentifier,
    /// The content, if it is inside.
    pub content: Option<&'a [u8]>,
    pub certificates: Vec<&'a [u8]>,
    pub revocations: Vec<Element<'a>>,
    pub signers: Vec<SignerInfo<'a>>,
}

/// How a signer is named (RFC 5652, 5.3).
#[derive(Clone, Copy, Debug)]
enum SignerId<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

/// `SignerInfo` (RFC 5652, 5.3).
#[derive(Debug)]
pub(crate) struct SignerInfo<'a> {
    version: u64,
    id: SignerId<'a>,
    digest: Algorithm<'a>,
    /// The signed attributes as the `SET OF` that was hashed.
    signed: Option<Vec<u8>>,
    attributes: Vec<Attribute<'a>>,
    algorithm: Algorithm<'a>,
    pub signature: &'a [u8],
    pub unsigned: Vec<Attribute<'a>>,
}

/// An attribute with its values.
#[derive(Clone, Debug)]
pub(crate) struct Attribute<'a> {
    pub oid: ObjectIdentifier,
    pub values: Vec<Element<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` in DER.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Der::only(bytes, SEQUENCE)?.inside();
        if info.take(OID)?.oid()? != oid::SIGNED_DATA {
            return None;
        }
        let data = Der::only(info.take(context(0))?.value, SEQUENCE)?;
        info.end()?;
        let mut der = data.inside();
        let version = der.take(INTEGER)?.small()?;
        let digests = der.take(SET)?.inside().all(MANY)?;
        let digests = digests.into_iter().map(Algorithm::read).collect::<Option<_>>()?;
        let mut encapsulated = der.take(SEQUENCE)?.inside();
        let content_type = encapsulated.take(OID)?.oid()?;
        let content = match encapsulated.optional(context(0))? {
            None => None,
            Some(explicit) => Some(Der::only(explicit.value, OCTET_STRING)?.value),
        };
        encapsulated.end()?;
        let certificates = der.optional(context(0))?.map_or(Some(Vec::new()), |set| {
            Some(set.inside().all(MANY)?.iter().map(|e| e.raw).collect())
        })?;
        let revocations =
            der.optional(context(1))?.map_or(Some(Vec::new()), |set| set.inside().all(MANY))?;
        let signers = der.take(SET)?.inside().all(MANY)?;
        let signers = signers.into_iter().map(SignerInfo::read).collect::<Option<_>>()?;
        der.end()?;
        let found = SignedData {
            version,
            digests,
            content_type,
            content,
            certificates,
            revocations,
            signers,
        };
        Some(found)
    }

    /// Whether versions and declared algorithms are the only ones RFC 5652 (5.1, 5.3) allows for
    /// these contents. Nothing signs them, so a second spelling would be a hiding place.
    pub fn is_consistent(&self) -> bool {
        let named_by_key = |s: &SignerInfo<'_>| matches!(s.id, SignerId::Key(_));
        let wanted = if self.signers.iter().any(named_by_key) { 3 } else { 1 };
        let plain = self.content_type == oid::DATA;
        // Some tools write 3 or 1 whatever the content; both are read the same way.
        let version = self.version == wanted || !plain && matches!(self.version, 1 | 3);
        let used = |d: &Algorithm<'_>| self.signers.iter().any(|s| s.digest == *d);
        let declared = |s: &SignerInfo<'_>| self.digests.contains(&s.digest);
        version
            && self.signers.iter().all(|s| s.version == if named_by_key(s) { 3 } else { 1 })
            && self.digests.iter().all(used)
            && self.signers.iter().all(declared)
            && self.digests.len() <= self.signers.len()
    }
}

impl<'a> SignerInfo<'a> {
    fn read(element: Element<'a>) -> Option<Self> {
        if element.tag != SEQUENCE {
            return None;
        }
        let mut der = element.inside();
        let version = der.take(INTEGER)?.small()?;
        let id = der.next()?;
        let id = match id.tag {
            SEQUENCE => {
                let mut pair = id.inside();
                let issuer = pair.take(SEQUENCE)?.raw;
                let serial = pair.take(INTEGER)?.value;
                pair.end()?;
                SignerId::Issued { issuer, serial }
            }
            tag if tag == context_primitive(0) => SignerId::Key(id.value),
            _ => return None,
        };
        let digest = Algorithm::read(der.take(SEQUENCE)?)?;
        let signed = der.optional(context(0))?;
        let attributes = signed.map_or(Some(Vec::new()), Attribute::list)?;
        let algorithm = Algorithm::read(der.take(SEQUENCE)?)?;
        let signature = der.take(OCTET_STRING)?.value;
        let unsigned = der.optional(context(1))?.map_or(Some(Vec::new()), Attribute::list)?;
        der.end()?;
        // Hashed with the tag of SET, stored with that of [0] (RFC 5652, 5.4).
        let signed = signed.map(|s| [&[SET], &s.raw[1..]].concat());
        Some(SignerInfo { version, id, digest, signed, attributes, algorithm, signature, unsigned })
    }

    pub fn is_named(&self, certificate: &Certificate) -> bool {
        match self.id {
            SignerId::Issued { issuer, serial } => {
                certificate.issuer == issuer && certificate.serial == serial
            }
            SignerId::Key(identifier) => certificate.key_identifier() == Some(identifier),
        }
    }

    /// The single value of a signed attribute that appears exactly once.
    pub fn attribute(&self, oid: ObjectIdentifier) -> Option<Element<'a>> {
        let mut found = self.attributes.iter().filter(|a| a.oid == oid);
        match (found.next().map(|a| a.values.as_slice()), found.next()) {
            (Some([value]), None) => Some(*value),
            _ => None,
        }
    }

    /// Whether a signed attribute appears, in whatever form.
    pub fn mentions(&self, oid: ObjectIdentifier) -> bool {
        self.attributes.iter().any(|a| a.oid == oid)
    }

    /// What is wrong between content, signed attributes, certificate and signature; empty if they
    /// agree (RFC 5652, 5.4 and 5.6; EN 319 122-1, 5.2.2).
    pub fn check(
        &self,
        content_type: ObjectIdentifier,
        digest: &dyn Fn(Hash) -> Vec<u8>,
        certificate: &Certificate,
    ) -> Vec<Problem> {
        let Some(hash) = Hash::read(self.digest) else {
            let reason = "algoritmo di impronta non esaminato";
            return vec![Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason)];
        };
        let Some(signed) = &self.signed else {
            let reason = "la firma non ha attributi firmati";
            return vec![Problem::doubt(Sub::SigConstraintsFailure, reason)];
        };
        let mut found = Vec::new();
        let stated = self.attribute(oid::MESSAGE_DIGEST).filter(|e| e.tag == OCTET_STRING);
        if stated.map(|e| e.value) != Some(digest(hash).as_slice()) {
            let reason = "il documento è stato alterato: l'impronta non coincide";
            return vec![Problem::fail(Sub::HashFailure, reason)];
        }
        if !hash.is_sound() {
            let reason = "impronta SHA-1: non più affidabile";
            found.push(Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason));
        }
        if self.attribute(oid::CONTENT_TYPE).and_then(|e| e.oid()) != Some(content_type) {
            let reason = "l'attributo firmato del tipo di contenuto manca o è errato";
            return vec![Problem::fail(Sub::FormatFailure, reason)];
        }
        found.extend(self.names(certificate));
        let Some(key) = certificate.public_key() else {
            let reason = "chiave pubblica del certificato non riconosciuta";
            found.push(Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason));
            return found;
        };
        match key.verify(self.algorithm, Some(hash), signed, self.signature) {
            Checked::Good => {}
            Checked::Bad => {
                let reason = "la firma non è stata fatta con la chiave del certificato";
                found.push(Problem::fail(Sub::SigCryptoFailure, reason));
            }
            Checked::Weak(why) => {
                let reason = format!("algoritmo di firma non più affidabile ({why})");
                found.push(Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason));
            }
            Checked::Unknown => {
                let reason = "algoritmo di firma non esaminato";
                found.push(Problem::doubt(Sub::CryptoConstraintsFailureNoPoe, reason));
            }
        }
        found
    }

    /// Whether the signed attribute that names the certificate names this one (RFC 5035, 3 and 5).
    fn names(&self, certificate: &Certificate) -> Option<Problem> {
        let another =
            || Problem::fail(Sub::FormatFailure, "la firma nomina un certificato diverso");
        let is = |named: Option<(Hash, Vec<u8>)>| {
            named.is_some_and(|(hash, value)| hash.of(&[&certificate.der]) == value)
        };
        let (second, first) = (oid::SIGNING_CERTIFICATE_V2, oid::SIGNING_CERTIFICATE);
        if self.mentions(second) {
            let named = self.attribute(second).and_then(|e| first_named(e, true));
            let sound = named.as_ref().is_none_or(|(hash, _)| hash.is_sound());
            return match is(named) {
                false => Some(another()),
                true if sound => None,
                true => Some(Problem::remark("certificato del firmatario nominato con SHA-1")),
            };
        }
        if self.mentions(first) {
            let named = self.attribute(first).and_then(|e| first_named(e, false));
            return Some(match is(named) {
                true => Problem::remark(
                    "certificato del firmatario nominato alla vecchia maniera (signingCertificate)",
                ),
                false => another(),
            });
        }
        let reason = "la firma non è legata al certificato (manca signingCertificateV2)";
        Some(Problem::doubt(Sub::SigConstraintsFailure, reason))
    }
}

/// Hash and value of the first certificate named, which must be the signer's.
fn first_named(value: Element<'_>, second_version: bool) -> Option<(Hash, Vec<u8>)> {
    let list = Der::only(value.raw, SEQUENCE)?.inside().take(SEQUENCE)?;
    let mut id = list.inside().take(SEQUENCE)?.inside();
    let hash = match second_version {
        false => Hash::Sha1,
        true => id
            .optional(SEQUENCE)?
            .map_or(Some(Hash::Sha256), |a| Hash::read(Algorithm::read(a)?))?,
    };
    Some((hash, id.take(OCTET_STRING)?.value.to_vec()))
}

impl<'a> Attribute<'a> {
    fn list(set: Element<'a>) -> Option<Vec<Self>> {
        set.inside().all(MANY)?.into_iter().map(Attribute::read).collect()
    }

    fn read(element: Element<'a>) -> Option<Self> {
        if element.tag != SEQUENCE {
            return None;
        }
        let mut der = element.inside();
        let oid = der.take(OID)?.oid()?;
        let values = der.take(SET)?.inside().all(MANY)?;
        der.end()?;
        Some(Attribute { oid, values })
    }
}
