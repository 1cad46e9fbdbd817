// SPDX-License-Identifier: AGPL-3.0-or-later
//! Hash and signature algorithms accepted (ETSI TS 119 312; RFC 5754, 5758, 8017): SHA-2 with RSA
//! of 2048 bits and more (PKCS #1 v1.5 and PSS) or ECDSA on P-256, P-384, P-521. The arithmetic
//! is `ring`'s; what `ring` lacks (SHA-512 with ECDSA, P-521) is RustCrypto's.

use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::{digest, signature as r};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use crate::asn1::{Algorithm, BIT_STRING, Der, INTEGER, SEQUENCE, context};
use crate::oid;

/// Shortest RSA modulus accepted, in bytes.
const MIN_MODULUS: usize = 256;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash of an algorithm identifier, SHA-1 included: who asks says whether it will do.
    pub fn read(algorithm: Algorithm<'_>) -> Option<Self> {
        let known = Self::named(algorithm.oid);
        known.filter(|_| algorithm.is_plain())
    }

    fn named(oid: ObjectIdentifier) -> Option<Self> {
        Some(match oid {
            oid::SHA1 => Hash::Sha1,
            oid::SHA256 => Hash::Sha256,
            oid::SHA384 => Hash::Sha384,
            oid::SHA512 => Hash::Sha512,
            _ => return None,
        })
    }

    /// Whether collisions cannot be made.
    pub fn is_sound(self) -> bool {
        self != Hash::Sha1
    }

    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        });
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }
}

/// What a signature check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Made with that key over those bytes.
    Good,
    /// Not made with that key, or not over those bytes.
    Bad,
    /// An algorithm that is not accepted any more.
    Weak(&'static str),
    /// An algorithm that is not known here.
    Unknown,
}

/// A public key as a certificate holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicKey<'a> {
    algorithm: Algorithm<'a>,
    bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads a `SubjectPublicKeyInfo`, its outer header included.
    pub fn read(spki: &'a [u8]) -> Option<Self> {
        let mut der = Der::only(spki, SEQUENCE)?.inside();
        let algorithm = Algorithm::read(der.next()?)?;
        let bits = der.take(BIT_STRING)?.bits()?;
        der.end()?;
        Some(PublicKey { algorithm, bits })
    }

    /// The key's own bits: what an OCSP responder is named by.
    pub fn bits(&self) -> &'a [u8] {
        self.bits
    }

    /// Checks a signature over `message`; `digest` is the hash named beside the signature, for
    /// algorithms that do not name one, and must agree with those that do.
    pub fn verify(
        &self,
        algorithm: Algorithm<'_>,
        digest: Option<Hash>,
        message: &[u8],
        signature: &[u8],
    ) -> Checked {
        let Some((scheme, hash)) = scheme(algorithm, digest) else { return Checked::Unknown };
        if digest.is_some_and(|d| d != hash) {
            return Checked::Unknown;
        }
        if !hash.is_sound() {
            return Checked::Weak("SHA-1");
        }
        match (scheme, self.algorithm.oid) {
            (Scheme::Rsa, oid::RSA_ENCRYPTION)
            | (Scheme::Pss, oid::RSA_ENCRYPTION | oid::RSA_PSS) => {
                self.verify_rsa(scheme, hash, message, signature)
            }
            (Scheme::Ecdsa, oid::EC_PUBLIC_KEY) => self.verify_ecdsa(hash, message, signature),
            _ => Checked::Unknown,
        }
    }

    fn verify_rsa(&self, scheme: Scheme, hash: Hash, message: &[u8], signature: &[u8]) -> Checked {
        let modulus = Der::only(self.bits, SEQUENCE).and_then(|k| k.inside().take(INTEGER));
        let Some(modulus) = modulus else { return Checked::Unknown };
        let length = modulus.value.iter().skip_while(|b| **b == 0).count();
        if length < MIN_MODULUS {
            return Checked::Weak("chiave RSA troppo corta");
        }
        let parameters: &dyn r::VerificationAlgorithm = match (scheme, hash) {
            (Scheme::Rsa, Hash::Sha256) => &r::RSA_PKCS1_2048_8192_SHA256,
            (Scheme::Rsa, Hash::Sha384) => &r::RSA_PKCS1_2048_8192_SHA384,
            (Scheme::Rsa, Hash::Sha512) => &r::RSA_PKCS1_2048_8192_SHA512,
            (Scheme::Pss, Hash::Sha256) => &r::RSA_PSS_2048_8192_SHA256,
            (Scheme::Pss, Hash::Sha384) => &r::RSA_PSS_2048_8192_SHA384,
            (Scheme::Pss, Hash::Sha512) => &r::RSA_PSS_2048_8192_SHA512,
            _ => return Checked::Unknown,
        };
        let key = r::UnparsedPublicKey::new(parameters, self.bits);
        good(key.verify(message, signature).is_ok())
    }

    fn verify_ecdsa(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Checked {
        let curve = self.algorithm.parameters.and_then(|p| Der::only(p, crate::asn1::OID)?.oid());
        let compressed = self.bits.first() != Some(&4);
        let parameters: &dyn r::VerificationAlgorithm = match (curve, hash) {
            (Some(oid::P256), Hash::Sha256) if !compressed => &r::ECDSA_P256_SHA256_ASN1,
            (Some(oid::P256), Hash::Sha384) if !compressed => &r::ECDSA_P256_SHA384_ASN1,
            (Some(oid::P384), Hash::Sha256) if !compressed => &r::ECDSA_P384_SHA256_ASN1,
            (Some(oid::P384), Hash::Sha384) if !compressed => &r::ECDSA_P384_SHA384_ASN1,
            (Some(oid::P256), _) => return good(p256(hash, self.bits, message, signature)),
            (Some(oid::P384), _) => return good(p384(hash, self.bits, message, signature)),
            (Some(oid::P521), _) => return good(p521(hash, self.bits, message, signature)),
            _ => return Checked::Unknown,
        };
        let key = r::UnparsedPublicKey::new(parameters, self.bits);
        good(key.verify(message, signature).is_ok())
    }
}

fn good(verified: bool) -> Checked {
    if verified { Checked::Good } else { Checked::Bad }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Rsa,
    Pss,
    Ecdsa,
}

fn scheme(algorithm: Algorithm<'_>, digest: Option<Hash>) -> Option<(Scheme, Hash)> {
    let (scheme, hash) = match algorithm.oid {
        oid::RSA_PSS => return Some((Scheme::Pss, pss_hash(algorithm.parameters?)?)),
        oid::RSA_ENCRYPTION => (Scheme::Rsa, digest?),
        oid::RSA_WITH_SHA1 => (Scheme::Rsa, Hash::Sha1),
        oid::RSA_WITH_SHA256 => (Scheme::Rsa, Hash::Sha256),
        oid::RSA_WITH_SHA384 => (Scheme::Rsa, Hash::Sha384),
        oid::RSA_WITH_SHA512 => (Scheme::Rsa, Hash::Sha512),
        oid::ECDSA_WITH_SHA1 => (Scheme::Ecdsa, Hash::Sha1),
        oid::ECDSA_WITH_SHA256 => (Scheme::Ecdsa, Hash::Sha256),
        oid::ECDSA_WITH_SHA384 => (Scheme::Ecdsa, Hash::Sha384),
        oid::ECDSA_WITH_SHA512 => (Scheme::Ecdsa, Hash::Sha512),
        _ => return None,
    };
    let plain = match scheme {
        Scheme::Ecdsa => algorithm.parameters.is_none(),
        _ => algorithm.is_plain(),
    };
    plain.then_some((scheme, hash))
}

/// The hash of PSS parameters (RFC 4055, 3.1) whose mask uses the same hash and whose salt is as
/// long as the hash: what every profile of PAdES prescribes.
fn pss_hash(parameters: &[u8]) -> Option<Hash> {
    let mut der = Der::only(parameters, SEQUENCE)?.inside();
    let hash = Hash::read(Algorithm::read(der.take(context(0))?.inside().next()?)?)?;
    let mask = Algorithm::read(der.take(context(1))?.inside().next()?)?;
    let salt = der.take(context(2))?.inside().take(INTEGER)?.small()?;
    // The trailer field has one value only, and DER leaves a default out; some write it.
    let trailer = der.optional(context(3))?.map_or(Some(1), |t| t.inside().next()?.small())?;
    der.end()?;
    let same = Algorithm::read(Der::only(mask.parameters?, SEQUENCE)?)?;
    let fits = mask.oid == oid::MGF1
        && Hash::read(same)? == hash
        && salt == hash.of(&[]).len() as u64
        && trailer == 1;
    fits.then_some(hash)
}

macro_rules! curve {
    ($name:ident, $curve:ident) => {
        fn $name(hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
            use $curve::ecdsa::{Signature, VerifyingKey};
            let key = VerifyingKey::from_sec1_bytes(key);
            let signature = Signature::from_der(signature);
            let digest = hash.of(&[message]);
            match (key, signature) {
                (Ok(key), Ok(signature)) => key.verify_prehash(&digest, &signature).is_ok(),
                _ => false,
            }
        }
    };
}
curve!(p256, p256);
curve!(p384, p384);
curve!(p521, p521);

/// An ECDSA algorithm for certificate paths that `webpki` has only with another library.
#[derive(Debug)]
struct Curve {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: Hash,
    verify: fn(Hash, &[u8], &[u8], &[u8]) -> bool,
}

impl SignatureVerificationAlgorithm for Curve {
    fn verify_signature(&self, key: &[u8], m: &[u8], s: &[u8]) -> Result<(), InvalidSignature> {
        (self.verify)(self.hash, key, m, s).then_some(()).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const fn curve(
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: Hash,
    verify: fn(Hash, &[u8], &[u8], &[u8]) -> bool,
) -> Curve {
    Curve { key, signature, hash, verify }
}

static P256_SHA512: Curve = curve(alg_id::ECDSA_P256, alg_id::ECDSA_SHA512, Hash::Sha512, p256);
static P384_SHA512: Curve = curve(alg_id::ECDSA_P384, alg_id::ECDSA_SHA512, Hash::Sha512, p384);
static P521_SHA256: Curve = curve(alg_id::ECDSA_P521, alg_id::ECDSA_SHA256, Hash::Sha256, p521);
static P521_SHA384: Curve = curve(alg_id::ECDSA_P521, alg_id::ECDSA_SHA384, Hash::Sha384, p521);
static P521_SHA512: Curve = curve(alg_id::ECDSA_P521, alg_id::ECDSA_SHA512, Hash::Sha512, p521);

/// The algorithms of certificate signatures.
pub(crate) fn of_certificates() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let own: [&'static dyn SignatureVerificationAlgorithm; 5] =
        [&P256_SHA512, &P384_SHA512, &P521_SHA256, &P521_SHA384, &P521_SHA512];
    webpki::ALL_VERIFICATION_ALGS.iter().copied().chain(own).collect()
}
