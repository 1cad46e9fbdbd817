// SPDX-License-Identifier: AGPL-3.0-or-later
//! Everything a document brings to be validated with: certificates, CRLs, OCSP answers, from its
//! signatures, its timestamps and its validation store (ISO 32000-2, 12.8.4.3: `/DSS`).
//!
//! Nothing here is trusted: it is a pool to search in. But nothing here may be broken either: most
//! of it is covered by no signature, and data that nobody vouches for is a sign of tampering.

use std::cell::RefCell;
use std::rc::Rc;

use super::certificate::Certificate;
use super::revocation::Evidence;
use super::signed_data::{Attribute, SignedData};
use super::trust::Trust;
use crate::asn1::{Der, OCTET_STRING, OID, SEQUENCE, context};
use crate::oid;
use crate::pdf::{Dictionary, File, Malformed, Object, decode};

/// Most certificates and most revocation data of one document.
const MANY: usize = 512;
/// Most bytes of validation data, decoded, in all (32 MiB).
const MAX_BYTES: usize = 32 << 20;
/// Most issuers of the same name tried for one certificate.
const MAX_NAMESAKES: usize = 4;

/// The pool.
#[derive(Debug, Default)]
pub(crate) struct Material {
    pub certificates: Vec<Rc<Certificate>>,
    pub evidence: Vec<Evidence>,
    /// Whether something could not be read.
    pub unreadable: bool,
    bytes: usize,
    /// Certificates somebody known has signed, by position.
    vouched: RefCell<Vec<Vec<u8>>>,
}

impl Material {
    pub fn add_certificate(&mut self, der: &[u8]) {
        if self.certificates.iter().any(|c| c.der == der) {
            return;
        }
        match Certificate::read(der).filter(|_| self.room(der.len())) {
            Some(certificate) => self.certificates.push(Rc::new(certificate)),
            None => self.unreadable = true,
        }
    }

    fn add_evidence(&mut self, evidence: Option<Evidence>) {
        match evidence {
            Some(evidence) if self.room(evidence.bytes().len()) => {
                if !self.evidence.iter().any(|e| e.bytes() == evidence.bytes()) {
                    self.evidence.push(evidence);
                }
            }
            _ => self.unreadable = true,
        }
    }

    pub fn add_crl(&mut self, der: &[u8]) {
        self.add_evidence(Evidence::crl(der));
    }

    pub fn add_ocsp(&mut self, der: &[u8]) {
        self.add_evidence(Evidence::ocsp(der));
    }

    fn room(&mut self, more: usize) -> bool {
        self.bytes = self.bytes.saturating_add(more);
        self.bytes <= MAX_BYTES && self.certificates.len() + self.evidence.len() < MANY
    }

    /// What a signature or a timestamp brings, the timestamps inside it included.
    pub fn add_signed_data(&mut self, data: &SignedData<'_>) {
        data.certificates.iter().for_each(|der| self.add_certificate(der));
        for element in &data.revocations {
            match element.tag {
                SEQUENCE => self.add_crl(element.raw),
                tag if tag == context(1) => {
                    // OtherRevocationInfoFormat (RFC 5940): the format, then the answer.
                    let mut other = element.inside();
                    let format = other.take(OID).and_then(|e| e.oid());
                    match (format, other.next()) {
                        (Some(oid::OCSP_RESPONSE), Some(answer)) => self.add_ocsp(answer.raw),
                        _ => self.unreadable = true,
                    }
                }
                _ => self.unreadable = true,
            }
        }
        for signer in &data.signers {
            if let Some(archival) = signer.attribute(oid::REVOCATION_ARCHIVAL) {
                self.add_lists(archival.raw, Evidence::ocsp);
            }
            signer.unsigned.iter().for_each(|attribute| self.add_attribute(attribute));
        }
    }

    fn add_attribute(&mut self, attribute: &Attribute<'_>) {
        for value in &attribute.values {
            match attribute.oid {
                oid::SIGNATURE_TIMESTAMP => match SignedData::read(value.raw) {
                    Some(token) => self.add_signed_data(&token),
                    None => self.unreadable = true,
                },
                oid::CERTIFICATE_VALUES => match value.inside().all(MANY) {
                    Some(list) => list.iter().for_each(|c| self.add_certificate(c.raw)),
                    None => self.unreadable = true,
                },
                oid::REVOCATION_VALUES => self.add_lists(value.raw, Evidence::basic_ocsp),
                _ => {}
            }
        }
    }

    /// `RevocationValues` (EN 319 122-1, A.1.2) or Adobe's archive: CRLs in [0], answers in [1].
    fn add_lists(&mut self, der: &[u8], answer: fn(&[u8]) -> Option<Evidence>) {
        let read = || {
            let mut lists = Der::only(der, SEQUENCE)?.inside();
            let list = |e: crate::asn1::Element<'_>| {
                let items = Der::only(e.value, SEQUENCE)?.inside().all(MANY)?;
                Some(items.iter().map(|e| e.raw.to_vec()).collect::<Vec<_>>())
            };
            let crls = lists.optional(context(0))?.map_or(Some(Vec::new()), list)?;
            let answers = lists.optional(context(1))?.map_or(Some(Vec::new()), list)?;
            lists.end()?;
            Some((crls, answers))
        };
        match read() {
            Some((crls, answers)) => {
                crls.iter().for_each(|crl| self.add_crl(crl));
                answers.iter().for_each(|a| self.add_evidence(answer(a)));
            }
            None => self.unreadable = true,
        }
    }

    /// What the validation store of a document brings.
    pub fn add_store(&mut self, file: &File<'_>) -> Result<(), Malformed> {
        let last = file.last();
        let (_, catalog) = file.catalog(last)?;
        let Some((_, store)) = file.child(last, &catalog, "DSS")? else { return Ok(()) };
        self.add_arrays(file, &store, ["Certs", "CRLs", "OCSPs"])?;
        if let Some((_, by_signature)) = file.child(last, &store, "VRI")? {
            for (_, entry) in by_signature.iter().take(MANY) {
                if let Object::Dictionary(entry) = file.resolve(last, entry)? {
                    self.add_arrays(file, &entry, ["Cert", "CRL", "OCSP"])?;
                }
            }
        }
        Ok(())
    }

    fn add_arrays(
        &mut self,
        file: &File<'_>,
        parent: &Dictionary<'_>,
        keys: [&str; 3],
    ) -> Result<(), Malformed> {
        let last = file.last();
        let adders: [fn(&mut Self, &[u8]); 3] =
            [Self::add_certificate, Self::add_crl, Self::add_ocsp];
        for (key, add) in keys.into_iter().zip(adders) {
            for item in crate::fields::array(file, last, parent, key)?.iter().take(MANY) {
                let Object::Stream(dictionary, data) = file.resolve(last, item)? else {
                    self.unreadable = true;
                    continue;
                };
                match decode(&dictionary, data, MAX_BYTES.saturating_sub(self.bytes)) {
                    Some(bytes) => add(self, &bytes),
                    None => self.unreadable = true,
                }
            }
        }
        Ok(())
    }

    /// Marks a certificate as part of a path that was verified.
    pub fn vouch(&self, certificate: &Certificate) {
        let mut vouched = self.vouched.borrow_mut();
        if !vouched.contains(&certificate.der) {
            vouched.push(certificate.der.clone());
        }
    }

    /// Certificates that may have issued something under this name: from the pool, the trusted.
    pub fn namesakes<'m>(&'m self, name: &[u8], trust: &'m Trust) -> Vec<&'m Certificate> {
        let pool = self.certificates.iter().map(Rc::as_ref);
        let found = trust.certificates().chain(pool).filter(|c| c.subject == name);
        found.take(MAX_NAMESAKES).collect()
    }

    /// Whether everything in the pool was made by somebody known: a certificate by its issuer or
    /// by itself, a CRL or an answer by an authority of the pool or a trusted one.
    pub fn is_authentic(&self, trust: &Trust) -> bool {
        let vouched = |c: &Rc<Certificate>| {
            self.vouched.borrow().contains(&c.der)
                || trust.certificates().any(|t| t.der == c.der)
                || self.namesakes(&c.issuer, trust).iter().any(|i| c.is_signed_by(i))
        };
        !self.unreadable
            && self.certificates.iter().all(vouched)
            && self.evidence.iter().all(|e| e.is_authentic(self, trust))
    }
}

/// The octets of an OCSP answer's `BasicOCSPResponse` (RFC 6960, 4.2.1); `None` unless successful.
pub(super) fn basic_response(der: &[u8]) -> Option<&[u8]> {
    let mut outer = Der::only(der, SEQUENCE)?.inside();
    let status = outer.take(crate::asn1::ENUMERATED)?;
    let mut body = Der::only(outer.take(context(0))?.value, SEQUENCE)?.inside();
    let kind = body.take(OID)?.oid()?;
    let basic = body.take(OCTET_STRING)?.value;
    body.end()?;
    outer.end()?;
    (status.value == [0] && kind == oid::OCSP_BASIC).then_some(basic)
}
