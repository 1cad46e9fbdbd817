// SPDX-License-Identifier: AGPL-3.0-or-later
//! The detached CMS signature of PAdES baseline (ETSI EN 319 142-1, 5 and 6; RFC 5652; RFC 5035).
//!
//! Signed attributes are exactly three: content type, message digest and signing certificate v2.
//! There is no signing time: PAdES keeps the claimed time in the PDF (`/M`). A signature beside a
//! file (CAdES) has no such place, and carries it as a fourth attribute.

use chrono::{DateTime, Utc};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{
    Any, Decode, DecodeValue, Encode, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag,
    Writer,
};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use crate::SignError;
use crate::oid;
use crate::signer::{Algorithm, Hash};

/// The signed attributes as the DER `SET OF` that is hashed and signed (RFC 5652, 5.4).
///
/// `digest` is that of the byte range, by the hash of the signer's algorithm; `certificate` the
/// signer's, DER.
pub fn signed_attributes(digest: &[u8], certificate: &[u8]) -> Result<Vec<u8>, SignError> {
    Ok(SetOfVec::try_from(attributes(digest, certificate)?)?.to_der()?)
}

/// The same with the claimed time, which CAdES baseline wants among them (ETSI EN 319 122-1, 5.2.1).
pub fn signed_attributes_at(
    digest: &[u8],
    certificate: &[u8],
    at: DateTime<Utc>,
) -> Result<Vec<u8>, SignError> {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    let time = UtcTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
    let mut all = attributes(digest, certificate)?.to_vec();
    all.push(attribute(oid::SIGNING_TIME, &time)?);
    Ok(SetOfVec::try_from(all)?.to_der()?)
}

fn attributes(digest: &[u8], certificate: &[u8]) -> Result<[Attribute; 3], SignError> {
    let certificate_hash = Sha256::digest(certificate);
    let signing_certificate = SigningCertificateV2 {
        certificates: vec![EssCertificateIdV2 {
            hash_algorithm: None,
            hash: OctetString::new(&certificate_hash[..])?,
            issuer_serial: None,
        }],
        policies: None,
    };
    Ok([
        attribute(oid::CONTENT_TYPE, &oid::DATA)?,
        attribute(oid::MESSAGE_DIGEST, &OctetString::new(digest)?)?,
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate)?,
    ])
}

/// The `ContentInfo` (DER) that goes into `/Contents`: `signed_attributes` as returned above,
/// their `signature`, the signer's `certificate` and its `chain`.
pub fn assemble(
    signed_attributes: &[u8],
    signature: &[u8],
    algorithm: Algorithm,
    certificate: &[u8],
    chain: &[Vec<u8>],
) -> Result<Vec<u8>, SignError> {
    let signer = Certificate::from_der(certificate)?;
    let digest_algorithm =
        AlgorithmIdentifierOwned { oid: algorithm.hash().oid(), parameters: None };
    let signature_algorithm = AlgorithmIdentifierOwned {
        oid: algorithm.oid(),
        parameters: (algorithm == Algorithm::RsaPkcs1Sha256).then(Any::null),
    };
    let mut certificates = vec![certificate];
    certificates.extend(chain.iter().map(Vec::as_slice));
    certificates.sort_unstable();
    certificates.dedup();
    let signer_info = SignerInfo {
        version: 1,
        signer: IssuerAndSerialNumber {
            issuer: signer.tbs_certificate().issuer().clone(),
            serial_number: signer.tbs_certificate().serial_number().clone(),
        },
        digest_algorithm: digest_algorithm.clone(),
        signed_attributes: SetOfVec::from_der(signed_attributes)?,
        signature_algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attributes: None,
    };
    let signed_data = SignedData {
        version: 1,
        digest_algorithms: SetOf(vec![digest_algorithm]),
        content: EncapsulatedContent { content_type: oid::DATA, content: None },
        certificates: Some(SetOf(
            certificates.into_iter().map(Any::from_der).collect::<Result<_, _>>()?,
        )),
        revocations: None,
        signer_infos: SetOf(vec![signer_info]),
    };
    Ok(ContentInfo { content_type: oid::SIGNED_DATA, content: signed_data }.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> Result<Attribute, der::Error> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute { oid, values: SetOfVec::try_from([value])? })
}

/// A `SET OF` that keeps the order it was written in: certificate sets found in the wild are often
/// not sorted, and re-sorting them would hide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetOf<T>(pub Vec<T>);

impl<T> FixedTag for SetOf<T> {
    const TAG: Tag = Tag::Set;
}

impl<'a, T: Decode<'a, Error = der::Error>> DecodeValue<'a> for SetOf<T> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> der::Result<Self> {
        let mut items = Vec::new();
        while !reader.is_finished() {
            items.push(T::decode(reader)?);
        }
        Ok(SetOf(items))
    }
}

impl<T: Encode> EncodeValue for SetOf<T> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.iter().try_fold(Length::ZERO, |sum, item| sum + item.encoded_len()?)
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.0.iter().try_for_each(|item| item.encode(writer))
    }
}

/// `ContentInfo` of a signature (RFC 5652, 3).
#[derive(Clone, Debug, Sequence)]
pub(crate) struct ContentInfo {
    pub content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub content: SignedData,
}

/// `SignedData` (RFC 5652, 5.1); certificates stay the bytes they are.
#[derive(Clone, Debug, Sequence)]
pub(crate) struct SignedData {
    pub version: u8,
    pub digest_algorithms: SetOf<AlgorithmIdentifierOwned>,
    pub content: EncapsulatedContent,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub certificates: Option<SetOf<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub revocations: Option<SetOf<Any>>,
    pub signer_infos: SetOf<SignerInfo>,
}

/// `EncapsulatedContentInfo`; detached, so without content.
#[derive(Clone, Debug, Sequence)]
pub(crate) struct EncapsulatedContent {
    pub content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub content: Option<Any>,
}

/// `SignerInfo` (RFC 5652, 5.3) with the signer named by issuer and serial number.
#[derive(Clone, Debug, Sequence)]
pub(crate) struct SignerInfo {
    pub version: u8,
    pub signer: IssuerAndSerialNumber,
    pub digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    pub signed_attributes: SetOfVec<Attribute>,
    pub signature_algorithm: AlgorithmIdentifierOwned,
    pub signature: OctetString,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub unsigned_attributes: Option<SetOf<Any>>,
}

/// The certificate a signature was made with.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct IssuerAndSerialNumber {
    pub issuer: Name,
    pub serial_number: SerialNumber,
}

/// `SigningCertificateV2` (RFC 5035, 3).
#[derive(Clone, Debug, Sequence)]
pub(crate) struct SigningCertificateV2 {
    pub certificates: Vec<EssCertificateIdV2>,
    #[asn1(optional = "true")]
    pub policies: Option<Any>,
}

/// `ESSCertIDv2` (RFC 5035, 4): without `hashAlgorithm` the hash is SHA-256.
#[derive(Clone, Debug, Sequence)]
pub(crate) struct EssCertificateIdV2 {
    #[asn1(optional = "true")]
    pub hash_algorithm: Option<AlgorithmIdentifierOwned>,
    pub hash: OctetString,
    #[asn1(optional = "true")]
    pub issuer_serial: Option<Any>,
}

impl SignerInfo {
    /// The single value of a signed attribute that appears exactly once.
    pub fn attribute(&self, oid: ObjectIdentifier) -> Option<&Any> {
        let mut found = self.signed_attributes.iter().filter(|a| a.oid == oid);
        match (found.next().map(|a| a.values.as_slice()), found.next()) {
            (Some([value]), None) => Some(value),
            _ => None,
        }
    }
}

/// The message digest a CMS signs and its hash, if it is a signature with exactly one signer.
pub(crate) fn message_digest(cms: &[u8]) -> Result<(Hash, Vec<u8>), SignError> {
    let foreign = |why: &str| SignError::ForeignCms(why.to_owned());
    let info = ContentInfo::from_der(cms).map_err(|e| foreign(&e.to_string()))?;
    let [signer] = info.content.signer_infos.0.as_slice() else {
        return Err(foreign("serve un solo firmatario"));
    };
    let hash = Hash::from_oid(signer.digest_algorithm.oid)
        .ok_or_else(|| foreign("algoritmo di impronta non ammesso"))?;
    let digest = signer.attribute(oid::MESSAGE_DIGEST);
    Ok((hash, digest.ok_or_else(|| foreign("manca l'impronta"))?.value().to_vec()))
}

/// The signature value of the only signer: what a signature time-stamp is about.
pub(crate) fn signature_value(cms: &[u8]) -> Result<Vec<u8>, SignError> {
    let info = ContentInfo::from_der(cms)?;
    match info.content.signer_infos.0.as_slice() {
        [signer] => Ok(signer.signature.as_bytes().to_vec()),
        _ => Err(SignError::ForeignCms("serve un solo firmatario".into())),
    }
}

/// The CMS with a signature time-stamp among its unsigned attributes (RFC 3161, appendix A).
pub(crate) fn with_timestamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, SignError> {
    let mut info = ContentInfo::from_der(cms)?;
    let [signer] = info.content.signer_infos.0.as_mut_slice() else {
        return Err(SignError::ForeignCms("serve un solo firmatario".into()));
    };
    let stamp = attribute(oid::SIGNATURE_TIMESTAMP, &Any::from_der(token)?)?;
    let stamp = Any::from_der(&stamp.to_der()?)?;
    signer.unsigned_attributes.get_or_insert(SetOf(Vec::new())).0.push(stamp);
    Ok(info.to_der()?)
}

/// A CMS made by any tool as PAdES wants it: without the content, which is in the PDF.
pub(crate) fn detached(cms: &[u8]) -> Result<Vec<u8>, SignError> {
    let mut info = ContentInfo::from_der(cms).map_err(|e| SignError::ForeignCms(e.to_string()))?;
    info.content.content.content = None;
    Ok(info.to_der()?)
}

/// The certificates a CMS carries, DER.
pub(crate) fn certificates(info: &ContentInfo) -> Vec<Vec<u8>> {
    info.content
        .certificates
        .iter()
        .flat_map(|set| &set.0)
        .filter_map(|c| c.to_der().ok())
        .collect()
}

/// The certificate of the only signer, DER.
pub(crate) fn signer_certificate(info: &ContentInfo) -> Option<Vec<u8>> {
    let [signer] = info.content.signer_infos.0.as_slice() else { return None };
    certificates(info).into_iter().find(|der| {
        Certificate::from_der(der).is_ok_and(|certificate| {
            let tbs = certificate.tbs_certificate();
            *tbs.issuer() == signer.signer.issuer
                && *tbs.serial_number() == signer.signer.serial_number
        })
    })
}
