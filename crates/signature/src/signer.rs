// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who signs: the one trait that a local key, a token (PKCS#11) and a remote service implement.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use crate::SignError;

/// A signature algorithm with its hash (always SHA-256: R9.7, ETSI TS 119 312).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256; the signature is the DER pair (r, s) of RFC 3279, 2.2.3.
    EcdsaP256Sha256,
    /// RSA PKCS#1 v1.5 (RFC 8017, 8.2), keys of 2048 bits and more.
    RsaPkcs1Sha256,
}

/// A key with its certificate.
///
/// Signing may be slow (a token, a network) but must be complete: what it returns goes into the
/// document. Batch and one-time codes belong to the implementation, not to this trait.
pub trait Signer: Send + Sync {
    /// The signer's X.509 certificate, DER.
    fn certificate(&self) -> &[u8];
    /// The certificates above it, nearest first, DER; the root may be there or not.
    fn chain(&self) -> &[Vec<u8>];
    /// Signs the DER `SET` of signed attributes (RFC 5652, 5.4): hashes it, then signs the hash.
    fn sign(&self, signed_attributes_der: &[u8]) -> Result<Vec<u8>, SignError>;
    /// The algorithm of [`Self::sign`].
    fn algorithm(&self) -> Algorithm;
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
            self.key.try_sign(signed_attributes_der).map_err(|e| SignError::Key(e.to_string()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256
    }
}
