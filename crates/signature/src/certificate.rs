// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a certificate says of its holder before it signs: who, from when to when, with which key,
//! and of which quality (ETSI EN 319 412-1 and -5).

use base64ct::{Base64, Encoding};
use chrono::{DateTime, Utc};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;

use crate::development::LABEL;
use crate::oid;
use crate::signer::Algorithm;
use crate::{KeyError, SignError};

/// How much a signature is worth, from the least (CAD, artt. 20 and 24; reg. (UE) 910/2014).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Says on its face that it is worth nothing.
    Development,
    /// Neither of the others.
    Advanced,
    /// Declares itself qualified, with its key in a qualified device (QcCompliance and QcSSCD);
    /// whether a Trusted List confirms it is for the verifier.
    Qualified,
}

impl Quality {
    /// In the words of the people.
    pub fn italian(self) -> &'static str {
        match self {
            Quality::Development => "di sviluppo",
            Quality::Advanced => "avanzato",
            Quality::Qualified => "qualificato",
        }
    }
}

/// The holder of a certificate.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Common name of the subject.
    pub common_name: String,
    /// Codice fiscale, from `TINIT-…` or the older `IT:…` (law.md R9.4).
    pub fiscal_code: Option<String>,
    /// Organization identifier of a seal.
    pub organization: Option<String>,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
    /// What the certificate declares itself to be.
    pub quality: Quality,
    /// The algorithm its key signs with; `None` for keys that are not used here.
    pub algorithm: Option<Algorithm>,
}

impl Holder {
    /// Reads a certificate, DER.
    pub fn read(certificate: &[u8]) -> Result<Self, SignError> {
        let parsed = Certificate::from_der(certificate)?;
        let tbs = parsed.tbs_certificate();
        let value = |oid: ObjectIdentifier| {
            let found = tbs.subject().iter().find(|a| a.oid == oid)?;
            std::str::from_utf8(found.value.value()).ok().map(str::to_owned)
        };
        let fiscal_code = value(oid::SERIAL_NUMBER).and_then(|number| {
            let number = number.to_ascii_uppercase();
            let code = number.strip_prefix("TINIT-").or_else(|| number.strip_prefix("IT:"))?;
            Some(code.to_owned())
        });
        let labelled = tbs
            .subject()
            .iter()
            .chain(tbs.issuer().iter())
            .any(|a| a.value.value() == LABEL.as_bytes());
        let extension = |oid| {
            let mut all = tbs.extensions().into_iter().flatten();
            all.find(|e| e.extn_id == oid).map(|e| e.extn_value.as_bytes())
        };
        let qualified = extension(oid::QC_STATEMENTS).is_some_and(declares_qualified);
        let validity = tbs.validity();
        Ok(Holder {
            common_name: value(oid::COMMON_NAME).unwrap_or_default(),
            fiscal_code,
            organization: value(oid::ORGANIZATION_IDENTIFIER),
            not_before: instant(validity.not_before.to_unix_duration().as_secs()),
            not_after: instant(validity.not_after.to_unix_duration().as_secs()),
            quality: match (labelled, qualified) {
                (true, _) => Quality::Development,
                (false, true) => Quality::Qualified,
                (false, false) => Quality::Advanced,
            },
            algorithm: algorithm(&parsed),
        })
    }

    /// Whether this certificate may sign now: valid at `at`, and of the quality that is asked
    /// (CAD art. 24, c. 4-bis; law.md R9.5).
    pub fn may_sign(&self, at: DateTime<Utc>, needed: Quality) -> Result<(), KeyError> {
        let day = |instant: DateTime<Utc>| instant.format("%d/%m/%Y").to_string();
        if at > self.not_after {
            return Err(KeyError::Expired(day(self.not_after)));
        }
        if at < self.not_before {
            return Err(KeyError::NotYetValid(day(self.not_before)));
        }
        if self.quality < needed {
            return Err(KeyError::NotQualified(self.quality.italian()));
        }
        Ok(())
    }

    /// Whether the certificate is of this person, by fiscal code (law.md R9.4), or of this entity,
    /// by organization identifier.
    pub fn is_of(&self, fiscal_code: &str) -> Result<(), KeyError> {
        let same = |code: &str| code.eq_ignore_ascii_case(fiscal_code);
        let entity = |code: &str| code.rsplit(['-', ':']).next().is_some_and(same);
        if self.fiscal_code.as_deref().is_some_and(same)
            || self.organization.as_deref().is_some_and(entity)
        {
            return Ok(());
        }
        let found = self.fiscal_code.clone().unwrap_or_else(|| self.common_name.clone());
        Err(KeyError::NotThePerson { found, wanted: fiscal_code.to_owned() })
    }
}

fn instant(seconds: u64) -> DateTime<Utc> {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether the statements declare a qualified certificate whose key is in a qualified device:
/// QcCompliance and QcSSCD (EN 319 412-5, 4.2.1 and 4.2.2). Without the device the signature is
/// advanced (Reg. UE 910/2014, art. 3, n. 12).
fn declares_qualified(statements: &[u8]) -> bool {
    let read = || -> Result<(bool, bool), der::Error> {
        let (mut compliance, mut device) = (false, false);
        let mut list = SliceReader::new(AnyRef::from_der(statements)?.value())?;
        while !list.is_finished() {
            let statement = AnyRef::decode(&mut list)?;
            let mut parts = SliceReader::new(statement.value())?;
            let named = ObjectIdentifier::decode(&mut parts)?;
            compliance |= named == oid::QC_COMPLIANCE;
            device |= named == oid::QC_DEVICE;
        }
        Ok((compliance, device))
    };
    read().is_ok_and(|(compliance, device)| compliance && device)
}

fn algorithm(certificate: &Certificate) -> Option<Algorithm> {
    let key = certificate.tbs_certificate().subject_public_key_info();
    match key.algorithm.oid {
        oid::RSA_ENCRYPTION => {
            // RSAPublicKey of 2048 bits is 270 bytes: modulus, exponent, two headers.
            let long_enough = key.subject_public_key.raw_bytes().len() >= 268;
            long_enough.then_some(Algorithm::RsaPkcs1Sha256)
        }
        oid::EC_PUBLIC_KEY => {
            let curve = key.algorithm.parameters.as_ref()?.to_der().ok()?;
            match ObjectIdentifier::from_der(&curve).ok()? {
                oid::P256 => Some(Algorithm::EcdsaP256Sha256),
                oid::P384 => Some(Algorithm::EcdsaP384Sha384),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The blocks of a PEM text (RFC 7468) with this label, e.g. `CERTIFICATE`, decoded.
pub fn pem(text: &str, label: &str) -> Result<Vec<Vec<u8>>, SignError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    for block in text.split(&begin).skip(1) {
        let unreadable = || SignError::from(KeyError::Other("file PEM non leggibile".into()));
        let (body, _) = block.split_once(&end).ok_or_else(unreadable)?;
        let body: String = body.split_whitespace().collect();
        blocks.push(Base64::decode_vec(&body).map_err(|_| unreadable())?);
    }
    Ok(blocks)
}
