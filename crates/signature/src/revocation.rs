// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where the status of a certificate is asked (RFC 5280, 4.2.1.13 and 4.2.2.1), the OCSP question
//! (RFC 6960) and whether an answer is about it. Whether the answer is to be believed is for the
//! verifier.

use der::asn1::{AnyRef, OctetString, Uint};
use der::{Any, Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, CrlDistributionPoints};

use crate::oid;
use crate::{EvidenceError, SignError};

/// Addresses a certificate gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    pub ocsp: Vec<String>,
    pub crls: Vec<String>,
    pub issuers: Vec<String>,
    /// An OCSP responder whose own status need not be asked (RFC 6960, 4.2.2.2.1).
    pub no_check: bool,
}

impl Links {
    pub(crate) fn of(certificate: &Certificate) -> Self {
        let tbs = certificate.tbs_certificate();
        let mut links = Links::default();
        if let Ok(Some((_, access))) = tbs.get_extension::<AuthorityInfoAccessSyntax>() {
            for place in access.0 {
                let list = match place.access_method {
                    oid::OCSP => &mut links.ocsp,
                    oid::CA_ISSUERS => &mut links.issuers,
                    _ => continue,
                };
                list.extend(address(&place.access_location));
            }
        }
        if let Ok(Some((_, points))) = tbs.get_extension::<CrlDistributionPoints>() {
            for point in points.0 {
                if let Some(DistributionPointName::FullName(names)) = point.distribution_point {
                    links.crls.extend(names.iter().filter_map(address));
                }
            }
        }
        let mut extensions = tbs.extensions().into_iter().flatten();
        links.no_check = extensions.any(|e| e.extn_id == oid::OCSP_NO_CHECK);
        links
    }
}

fn address(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct CertificateId {
    algorithm: AlgorithmIdentifierOwned,
    issuer_name: OctetString,
    issuer_key: OctetString,
    serial: Uint,
}

/// The OCSP request about a certificate, DER (RFC 6960, 4.1.1): one question, no signature.
pub(crate) fn request(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Vec<u8>, SignError> {
    let id = certificate_id(certificate, issuer)?;
    // OCSPRequest { TBSRequest { requestList { Request { CertID } } } }
    let mut der = id.to_der()?;
    for _ in 0..4 {
        der = Any::new(Tag::Sequence, der)?.to_der()?;
    }
    Ok(der)
}

fn certificate_id(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<CertificateId, SignError> {
    let hash = |bytes: &[u8]| {
        // SHA-1 names the issuer here, as every responder expects (RFC 5019, 2.1.1); it proves nothing.
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
        OctetString::new(digest.as_ref())
    };
    let tbs = issuer.tbs_certificate();
    let serial = certificate.tbs_certificate().serial_number();
    Ok(CertificateId {
        algorithm: AlgorithmIdentifierOwned { oid: oid::SHA1, parameters: Some(Any::null()) },
        issuer_name: hash(&tbs.subject().to_der()?)?,
        issuer_key: hash(tbs.subject_public_key_info().subject_public_key.raw_bytes())?,
        serial: Uint::new(serial.as_bytes())?,
    })
}

/// Checks that an OCSP answer is successful and about this certificate; gives the certificates it
/// carries (those of a delegated responder).
pub(crate) fn check_ocsp(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Vec<Vec<u8>>, SignError> {
    let wanted = certificate_id(certificate, issuer)?;
    let (about, carried) =
        read_ocsp(response).map_err(|_| EvidenceError::Unreadable("risposta OCSP"))?;
    if about.iter().any(|id| id.serial == wanted.serial && id.issuer_key == wanted.issuer_key) {
        return Ok(carried);
    }
    Err(EvidenceError::Foreign("OCSP di un altro certificato").into())
}

/// The certificates an OCSP response speaks of and those it carries (RFC 6960, 4.2.1).
fn read_ocsp(response: &[u8]) -> Result<(Vec<CertificateId>, Vec<Vec<u8>>), der::Error> {
    let failed = || der::Error::from(der::ErrorKind::Failed);
    let inside = |any: AnyRef<'_>| -> Result<Vec<Any>, der::Error> {
        let mut reader = SliceReader::new(any.value())?;
        let mut parts = Vec::new();
        while !reader.is_finished() {
            parts.push(Any::decode(&mut reader)?);
        }
        Ok(parts)
    };
    let parts = inside(AnyRef::from_der(response)?)?;
    let [status, bytes] = parts.as_slice() else { return Err(failed()) };
    if status.value() != [0] {
        return Err(failed());
    }
    let bytes = inside(AnyRef::from(bytes))?;
    let bytes = inside(AnyRef::from(bytes.first().ok_or_else(failed)?))?;
    let [kind, basic] = bytes.as_slice() else { return Err(failed()) };
    if kind.value() != oid::OCSP_BASIC.as_bytes() {
        return Err(failed());
    }
    let basic = inside(AnyRef::from_der(basic.value())?)?;
    let data = inside(AnyRef::from(basic.first().ok_or_else(failed)?))?;
    let list = data.iter().find(|p| p.tag() == Tag::Sequence).ok_or_else(failed)?;
    let mut about = Vec::new();
    for single in inside(AnyRef::from(list))? {
        let single = inside(AnyRef::from(&single))?;
        about.push(CertificateId::from_der(&single.first().ok_or_else(failed)?.to_der()?)?);
    }
    let mut carried = Vec::new();
    for part in basic.iter().skip(3) {
        // [0] EXPLICIT SEQUENCE OF Certificate
        for list in inside(AnyRef::from(part))? {
            for one in inside(AnyRef::from(&list))? {
                carried.push(one.to_der()?);
            }
        }
    }
    Ok((about, carried))
}

/// Checks that a revocation list is readable and of this issuer.
pub(crate) fn check_crl(list: &[u8], issuer: &Certificate) -> Result<(), SignError> {
    let read: CertificateList = CertificateList::from_der(list)
        .map_err(|_| EvidenceError::Unreadable("lista di revoca"))?;
    if read.tbs_cert_list.issuer == *issuer.tbs_certificate().subject() {
        return Ok(());
    }
    Err(EvidenceError::Foreign("lista di revoca di un'altra autorità").into())
}
