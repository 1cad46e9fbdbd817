// SPDX-License-Identifier: AGPL-3.0-or-later
//! Time-stamps (RFC 3161): the request, the answer, what the token says. Whether its authority is
//! trusted is for the verifier.

use chrono::{DateTime, Utc};
use der::asn1::{AnyRef, Int, OctetString, Uint};
use der::{Any, Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;

use crate::certificate::Holder;
use crate::cms::{ContentInfo, signer_certificate};
use crate::oid;
use crate::{EvidenceError, SignError};

#[derive(Sequence)]
struct Request {
    version: u8,
    imprint: Imprint,
    nonce: Uint,
    wants_certificate: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    hashed: OctetString,
}

/// What a token says.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// End of validity of the authority's certificate, when the token carries it.
    pub valid_until: Option<DateTime<Utc>>,
    imprint: Imprint,
    nonce: Option<Int>,
}

fn imprint(digest: &[u8; 32]) -> Result<Imprint, SignError> {
    Ok(Imprint {
        algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: None },
        hashed: OctetString::new(&digest[..])?,
    })
}

/// Follows from the digest: an old answer to the same question still says that the same bytes
/// existed, so nothing is gained by chance here.
fn nonce(digest: &[u8; 32]) -> [u8; 8] {
    let hash = Sha256::digest([b"delibera tsp".as_slice(), digest].concat());
    let mut nonce: [u8; 8] = hash[..8].try_into().unwrap_or([1; 8]);
    // Positive and without leading zeros, so that every encoding of it is the same.
    nonce[0] = nonce[0] & 0x3F | 0x40;
    nonce
}

/// The request for a SHA-256 digest, DER.
pub(crate) fn request(digest: &[u8; 32]) -> Result<Vec<u8>, SignError> {
    let request = Request {
        version: 1,
        imprint: imprint(digest)?,
        nonce: Uint::new(&nonce(digest))?,
        wants_certificate: true,
    };
    Ok(request.to_der()?)
}

/// The token of an answer, DER, after checking that it is about this digest and this request.
pub(crate) fn token(response: &[u8], digest: &[u8; 32]) -> Result<Vec<u8>, SignError> {
    let unreadable = |_| EvidenceError::Unreadable("marca temporale");
    let parts = AnyRef::from_der(response).map_err(unreadable)?;
    let mut parts = SliceReader::new(parts.value()).map_err(unreadable)?;
    let status = AnyRef::decode(&mut parts).map_err(unreadable)?;
    let mut status = SliceReader::new(status.value()).map_err(unreadable)?;
    let status = u8::decode(&mut status).map_err(unreadable)?;
    // Granted, or granted with modifications.
    if status > 1 {
        return Err(EvidenceError::Refused(status).into());
    }
    let token = Any::decode(&mut parts).map_err(unreadable)?.to_der()?;
    let read = Token::read(&token)?;
    if !read.is_about(digest)? {
        return Err(EvidenceError::Foreign("l'impronta marcata è un'altra").into());
    }
    let nonce = nonce(digest);
    if read.nonce.as_ref().is_some_and(|n| n.as_bytes() != nonce) {
        return Err(EvidenceError::Foreign("il numero della richiesta è un altro").into());
    }
    Ok(token)
}

impl Token {
    /// Reads a token, DER.
    pub(crate) fn read(token: &[u8]) -> Result<Self, SignError> {
        let unreadable = |_: der::Error| EvidenceError::Unreadable("marca temporale");
        let info = ContentInfo::from_der(token).map_err(unreadable)?;
        if info.content.content.content_type != oid::TST_INFO {
            return Err(EvidenceError::Unreadable("marca temporale").into());
        }
        let content = info.content.content.content.as_ref();
        let content = content.map(Any::value).ok_or(EvidenceError::Unreadable("marca vuota"))?;
        let (imprint, nonce) = statement(content).map_err(unreadable)?;
        let holder = signer_certificate(&info).map(|der| Holder::read(&der)).transpose()?;
        Ok(Token { valid_until: holder.map(|h| h.not_after), imprint, nonce })
    }

    /// Whether it stamps this SHA-256 digest.
    pub(crate) fn is_about(&self, digest: &[u8; 32]) -> Result<bool, SignError> {
        let wanted = imprint(digest)?;
        Ok(self.imprint.algorithm.oid == wanted.algorithm.oid
            && self.imprint.hashed == wanted.hashed)
    }
}

/// Imprint and nonce of a `TSTInfo` (RFC 3161, 2.4.2).
fn statement(der: &[u8]) -> Result<(Imprint, Option<Int>), der::Error> {
    let parts = AnyRef::from_der(der)?;
    let mut parts = SliceReader::new(parts.value())?;
    u8::decode(&mut parts)?;
    AnyRef::decode(&mut parts)?;
    let imprint = Imprint::decode(&mut parts)?;
    Int::decode(&mut parts)?;
    // The time, which may have fractions of a second that X.509 times have not.
    AnyRef::decode(&mut parts)?;
    let mut nonce = None;
    while !parts.is_finished() {
        let part = Any::decode(&mut parts)?;
        if part.tag() == Tag::Integer {
            nonce = Some(part.decode_as::<Int>()?);
        }
    }
    Ok((imprint, nonce))
}
