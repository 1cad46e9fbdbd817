// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who signs: the one trait that a local key, a token (PKCS#11) and a remote service implement.

use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::certificate::Holder;
use crate::oid;
use crate::{KeyError, SignError};

/// A hash function (R9.7: SHA-256 and more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The hash of bytes in pieces.
    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            parts.iter().for_each(|part| hasher.update(part));
            hasher.finalize().to_vec()
        }
        match self {
            Hash::Sha256 => run::<Sha256>(parts),
            Hash::Sha384 => run::<Sha384>(parts),
            Hash::Sha512 => run::<Sha512>(parts),
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Hash::Sha256 => oid::SHA256,
            Hash::Sha384 => oid::SHA384,
            Hash::Sha512 => oid::SHA512,
        }
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().find(|h| h.oid() == oid)
    }

    /// The object identifier in dotted form, as remote services want it.
    pub fn dotted(self) -> String {
        self.oid().to_string()
    }
}

/// A signature algorithm with its hash (R9.7, ETSI TS 119 312): the hash matches the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256; the signature is the DER pair (r, s) of RFC 3279, 2.2.3.
    EcdsaP256Sha256,
    /// ECDSA on P-384, the signature as above.
    EcdsaP384Sha384,
    /// RSA PKCS#1 v1.5 (RFC 8017, 8.2), keys of 2048 bits and more.
    RsaPkcs1Sha256,
}

impl Algorithm {
    /// The hash that is signed.
    pub fn hash(self) -> Hash {
        match self {
            Algorithm::EcdsaP256Sha256 | Algorithm::RsaPkcs1Sha256 => Hash::Sha256,
            Algorithm::EcdsaP384Sha384 => Hash::Sha384,
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Algorithm::EcdsaP256Sha256 => oid::ECDSA_WITH_SHA256,
            Algorithm::EcdsaP384Sha384 => oid::ECDSA_WITH_SHA384,
            Algorithm::RsaPkcs1Sha256 => oid::RSA_WITH_SHA256,
        }
    }

    /// The object identifier in dotted form, as remote services want it.
    pub fn dotted(self) -> String {
        self.oid().to_string()
    }
}

/// A key with its certificate.
///
/// Signing may be slow (a token, a network) but must be complete: what it returns goes into the
/// document. PIN and one-time codes belong to the implementation: a signer is an open session.
pub trait Signer: Send + Sync {
    /// The signer's X.509 certificate, DER.
    fn certificate(&self) -> &[u8];
    /// The certificates above it, nearest first, DER; the root may be there or not.
    fn chain(&self) -> &[Vec<u8>];
    /// Signs the DER `SET` of signed attributes (RFC 5652, 5.4): hashes it, then signs the hash.
    fn sign(&self, signed_attributes_der: &[u8]) -> Result<Vec<u8>, SignError>;
    /// The algorithm of [`Self::sign`].
    fn algorithm(&self) -> Algorithm;
    /// Signs many in one gesture, one result each; a service that asks for a code asks once.
    fn sign_all(&self, attributes: &[&[u8]]) -> Vec<Result<Vec<u8>, SignError>> {
        attributes.iter().map(|one| self.sign(one)).collect()
    }
}

/// A P-256 key in memory, for development and tests. ECDSA is deterministic (RFC 6979): the same
/// document gives the same signed bytes.
pub struct SoftKey {
    key: SigningKey,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

impl SoftKey {
    pub(crate) fn new(key: SigningKey, certificate: Vec<u8>, chain: Vec<Vec<u8>>) -> Self {
        SoftKey { key, certificate, chain }
    }
}

impl std::fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftKey").finish_non_exhaustive()
    }
}

impl Signer for SoftKey {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, signed_attributes_der: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature =
            self.key.try_sign(signed_attributes_der).map_err(|e| KeyError::Other(e.to_string()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256
    }
}

/// A key of a file, with the certificate an authority issued for it: an advanced signature or
/// seal. RSA and the two curves, by ring; only here does randomness enter this crate (the ECDSA
/// nonce), drawn by ring itself.
pub struct FileKey {
    pair: Pair,
    algorithm: Algorithm,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl FileKey {
    /// A key (PKCS#8, DER) and its certificates (DER), the signer's first.
    pub fn new(pkcs8: &[u8], mut certificates: Vec<Vec<u8>>) -> Result<Self, SignError> {
        if certificates.is_empty() {
            return Err(KeyError::KeyMissing("certificato".into()).into());
        }
        let certificate = certificates.remove(0);
        let algorithm = Holder::read(&certificate)?.algorithm.ok_or(KeyError::Algorithm)?;
        let refused = |_| KeyError::Other("la chiave non si legge (serve PKCS#8)".into());
        let rng = SystemRandom::new();
        let ecdsa = |kind| EcdsaKeyPair::from_pkcs8(kind, pkcs8, &rng).map(Pair::Ecdsa);
        let pair = match algorithm {
            Algorithm::RsaPkcs1Sha256 => RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rsa),
            Algorithm::EcdsaP256Sha256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Algorithm::EcdsaP384Sha384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
        }
        .map_err(refused)?;
        Ok(FileKey { pair, algorithm, certificate, chain: certificates })
    }
}

impl Signer for FileKey {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, signed_attributes_der: &[u8]) -> Result<Vec<u8>, SignError> {
        let rng = SystemRandom::new();
        let failed = |_| KeyError::Other("operazione non riuscita".into());
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, signed_attributes_der, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&rng, signed_attributes_der).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// An ECDSA signature as tokens give it, r and s side by side, as the DER pair of RFC 3279, 2.2.3.
pub fn ecdsa_der(raw: &[u8]) -> Result<Vec<u8>, SignError> {
    if raw.is_empty() || raw.len() % 2 == 1 || raw.len() > 132 {
        return Err(KeyError::Other("firma ECDSA di lunghezza inattesa".into()).into());
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let mut body = Vec::with_capacity(raw.len() + 8);
    for number in [r, s] {
        let start = number.iter().position(|b| *b != 0).unwrap_or(number.len() - 1);
        let number = &number[start..];
        let pad = usize::from(number[0] & 0x80 != 0);
        body.extend([0x02, (number.len() + pad) as u8]);
        body.resize(body.len() + pad, 0);
        body.extend(number);
    }
    let mut der = vec![0x30];
    if body.len() > 127 {
        der.push(0x81);
    }
    der.push(body.len() as u8);
    der.extend(body);
    Ok(der)
}
