// SPDX-License-Identifier: AGPL-3.0-or-later
//! A certification authority for development: certificates shaped like qualified ones
//! (ETSI EN 319 412-1, -2, -3) that say on their face that they are not, and never carry a
//! QcStatement.
//!
//! Everything follows from the seed and from the subject: a person's key is the same whoever was
//! created before, and two demonstrations give the same bytes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::{BitString, GeneralizedTime, OctetString, PrintableString, Utf8StringRef};
use der::{Any, Encode, Sequence};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use ring::hkdf;
use sha2::{Digest, Sha256};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::oid;
use crate::signer::SoftKey;
use crate::{KeyError, SignError};

/// What every certificate says in its subject.
pub const LABEL: &str = "CERTIFICATO DI SVILUPPO - NON QUALIFICATO";
/// Days every certificate is valid from the start of the authority (ten years).
const VALID_DAYS: i64 = 3653;
/// Longest common name in characters (ub-common-name, RFC 5280 appendix A).
const MAX_COMMON_NAME: usize = 64;

/// The authority: a self-signed certificate and the seed every key follows from.
pub struct DevelopmentCa {
    seed: [u8; 32],
    name: RdnSequence,
    key: SigningKey,
    certificate: Vec<u8>,
    validity: Validity,
}

impl std::fmt::Debug for DevelopmentCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevelopmentCa").finish_non_exhaustive()
    }
}

impl DevelopmentCa {
    /// The authority of a seed, valid for ten years from an instant (truncated to the second).
    pub fn from_seed(seed: &[u8; 32], valid_from: DateTime<Utc>) -> Result<Self, SignError> {
        let name = name(&[
            (oid::COUNTRY, printable("IT")?),
            (oid::ORGANIZATION, utf8(LABEL)?),
            (oid::COMMON_NAME, utf8("Delibera - autorità di sviluppo")?),
        ])?;
        let end = valid_from
            .checked_add_signed(TimeDelta::days(VALID_DAYS))
            .ok_or_else(|| subject("inizio di validità", &valid_from.to_string()))?;
        let validity = Validity::new(time(valid_from)?, time(end)?);
        let key = derive(seed, &name)?;
        let mut ca = DevelopmentCa { seed: *seed, name, key, certificate: Vec::new(), validity };
        let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
        let constraints = BasicConstraints { ca: true, path_len_constraint: Some(0) };
        let extensions = vec![
            extension(oid::BASIC_CONSTRAINTS, true, &constraints)?,
            extension(oid::KEY_USAGE, true, &KeyUsage(usage))?,
        ];
        ca.certificate = ca.issue(&ca.name, &ca.key, extensions)?;
        Ok(ca)
    }

    /// The authority's own certificate, DER: the trust anchor of its signatures.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A natural person (EN 319 412-2): serial number `TINIT-<codice fiscale>`, key usage
    /// nonRepudiation only.
    pub fn person(
        &self,
        given_name: &str,
        surname: &str,
        fiscal_code: &str,
    ) -> Result<SoftKey, SignError> {
        let code = fiscal_code.to_ascii_uppercase();
        if code.len() != 16 || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(subject("codice fiscale", fiscal_code));
        }
        self.key(&[
            (oid::COUNTRY, printable("IT")?),
            (oid::ORGANIZATION, utf8(LABEL)?),
            (oid::SERIAL_NUMBER, printable(&format!("TINIT-{code}"))?),
            (oid::SURNAME, utf8(surname)?),
            (oid::GIVEN_NAME, utf8(given_name)?),
            (oid::COMMON_NAME, common_name(&format!("{given_name} {surname}"))?),
        ])
    }

    /// The seal of an entity (EN 319 412-3): organization identifier `CF:IT-<code>`.
    pub fn seal(&self, entity_name: &str, entity_fiscal_code: &str) -> Result<SoftKey, SignError> {
        let code = entity_fiscal_code;
        if code.len() != 11 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(subject("codice fiscale dell'ente", code));
        }
        self.key(&[
            (oid::COUNTRY, printable("IT")?),
            (oid::ORGANIZATION, utf8(entity_name)?),
            (oid::ORGANIZATIONAL_UNIT, utf8(LABEL)?),
            (oid::ORGANIZATION_IDENTIFIER, utf8(&format!("CF:IT-{code}"))?),
            (oid::COMMON_NAME, common_name(entity_name)?),
        ])
    }

    fn key(&self, attributes: &[(ObjectIdentifier, Any)]) -> Result<SoftKey, SignError> {
        let subject = name(attributes)?;
        let key = derive(&self.seed, &subject)?;
        let usage = KeyUsage(KeyUsages::NonRepudiation.into());
        let certificate =
            self.issue(&subject, &key, vec![extension(oid::KEY_USAGE, true, &usage)?])?;
        Ok(SoftKey::new(key, certificate, vec![self.certificate.clone()]))
    }

    /// A certificate for `subject`, with the two key identifiers added to `extensions`.
    fn issue(
        &self,
        subject: &RdnSequence,
        key: &SigningKey,
        mut extensions: Vec<Extension>,
    ) -> Result<Vec<u8>, SignError> {
        let own = SubjectKeyIdentifier(key_identifier(key)?);
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(key_identifier(&self.key)?),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        extensions.push(extension(oid::SUBJECT_KEY_IDENTIFIER, false, &own)?);
        extensions.push(extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &authority)?);
        let mut serial = Sha256::digest([&self.seed[..], &subject.to_der()?].concat());
        serial[0] = serial[0] & 0x3F | 0x40;
        let algorithm = AlgorithmIdentifierOwned { oid: oid::ECDSA_WITH_SHA256, parameters: None };
        let to_be_signed = ToBeSigned {
            version: Version::V3,
            serial_number: SerialNumber::new(&serial[..16])?,
            signature: algorithm.clone(),
            issuer: self.name.clone(),
            validity: self.validity,
            subject: subject.clone(),
            subject_public_key_info: public_key(key)?,
            extensions,
        };
        let signature: Signature = self
            .key
            .try_sign(&to_be_signed.to_der()?)
            .map_err(|e| KeyError::Other(e.to_string()))?;
        let signature = BitString::from_bytes(signature.to_der().as_bytes())?;
        Ok(Signed { to_be_signed, algorithm, signature }.to_der()?)
    }
}

/// `TBSCertificate` (RFC 5280, 4.1) to be written; the reading one has no public constructor.
#[derive(Sequence)]
struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: RdnSequence,
    validity: Validity,
    subject: RdnSequence,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

#[derive(Sequence)]
struct Signed {
    to_be_signed: ToBeSigned,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// HKDF-SHA-256 (RFC 5869) of seed and subject; a value outside the group (one in 2^32) moves on
/// to the next counter.
fn derive(seed: &[u8; 32], subject: &RdnSequence) -> Result<SigningKey, SignError> {
    let failed = || SignError::from(KeyError::Other("derivazione non riuscita".into()));
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"delibera development authority");
    let extracted = salt.extract(seed);
    let subject = subject.to_der()?;
    for counter in 0..=u8::MAX {
        let mut bytes = [0; 32];
        extracted
            .expand(&[&subject, &[counter]], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut bytes))
            .map_err(|_| failed())?;
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
    Err(failed())
}

fn public_key(key: &SigningKey) -> Result<SubjectPublicKeyInfoOwned, SignError> {
    let document =
        key.verifying_key().to_public_key_der().map_err(|e| KeyError::Other(e.to_string()))?;
    Ok(document.decode_msg()?)
}

fn key_identifier(key: &SigningKey) -> Result<OctetString, SignError> {
    let digest = Sha256::digest(public_key(key)?.subject_public_key.raw_bytes());
    Ok(OctetString::new(&digest[..20])?)
}

fn extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> Result<Extension, SignError> {
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn name(attributes: &[(ObjectIdentifier, Any)]) -> Result<RdnSequence, SignError> {
    let mut name = RdnSequence::default();
    for (oid, value) in attributes {
        let pair = AttributeTypeAndValue { oid: *oid, value: value.clone() };
        name.push(RelativeDistinguishedName::try_from(vec![pair])?);
    }
    Ok(name)
}

fn printable(text: &str) -> Result<Any, SignError> {
    Ok(Any::encode_from(&PrintableString::new(text)?)?)
}

fn utf8(text: &str) -> Result<Any, SignError> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(subject("nome", text));
    }
    Ok(Any::encode_from(&Utf8StringRef::new(text)?)?)
}

fn common_name(text: &str) -> Result<Any, SignError> {
    if text.chars().count() > MAX_COMMON_NAME {
        return Err(subject("nome (più di 64 caratteri)", text));
    }
    utf8(text)
}

fn time(instant: DateTime<Utc>) -> Result<Time, SignError> {
    let seconds = u64::try_from(instant.timestamp())
        .map_err(|_| subject("inizio di validità", &instant.to_string()))?;
    let duration = Duration::from_secs(seconds);
    Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(duration)?))
}

fn subject(what: &'static str, value: &str) -> SignError {
    SignError::Subject { what, value: value.to_owned() }
}
