// SPDX-License-Identifier: AGPL-3.0-or-later
//! A signature that lies beside the file it signs: CAdES baseline B, or T with a network
//! (ETSI EN 319 122-1), as the containers of ETSI EN 319 162-1 carry it.

use crate::augment::stamp_signature;
use crate::signer::Signer;
use crate::{Network, SignError, cms};
use chrono::{DateTime, Utc};

/// Signs bytes as they are. With a `network` the signature is time-stamped; an authority that does
/// not answer leaves it at level B.
///
/// # Errors
/// The key does not sign, or its certificate cannot be read.
pub fn sign_detached(
    content: &[u8],
    signer: &dyn Signer,
    at: DateTime<Utc>,
    network: Option<&dyn Network>,
) -> Result<Vec<u8>, SignError> {
    let (algorithm, certificate) = (signer.algorithm(), signer.certificate());
    let digest = algorithm.hash().of(&[content]);
    let attributes = cms::signed_attributes_at(&digest, certificate, at)?;
    let signature = signer.sign(&attributes)?;
    let cms = cms::assemble(&attributes, &signature, algorithm, certificate, signer.chain())?;
    Ok(stamp_signature(&cms, network).0.unwrap_or(cms))
}
