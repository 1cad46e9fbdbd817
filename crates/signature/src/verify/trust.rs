// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whom to trust and what to ask: the anchors (a folder of certificates or a Trusted List), the
//! revocation data found elsewhere, and the policy of the verification.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
};

use super::algorithm;
use super::certificate::Certificate;
use super::material::Material;
use super::revocation::Evidence;
use super::trusted_list::{Service, TrustedList};
use crate::VerifyError;
use crate::asn1::ber;

/// Trusted certificates and what is known about them.
#[derive(Clone)]
pub struct Trust {
    certificates: Vec<Certificate>,
    points: Vec<TrustAnchor<'static>>,
    /// Services of the Trusted List each certificate stands for; none if it comes from a folder.
    services: Vec<Vec<Service>>,
    evidence: Vec<Evidence>,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
    has_list: bool,
    /// When the first of the lists is no longer current.
    current_until: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("anchors", &self.certificates.len()).finish_non_exhaustive()
    }
}

impl Default for Trust {
    fn default() -> Self {
        Trust {
            certificates: Vec::new(),
            points: Vec::new(),
            services: Vec::new(),
            evidence: Vec::new(),
            algorithms: algorithm::of_certificates(),
            has_list: false,
            current_until: None,
        }
    }
}

impl Trust {
    /// Trust in these certificates (DER or PEM) and in nobody else.
    pub fn of(anchors: &[Vec<u8>]) -> Result<Self, VerifyError> {
        anchors.iter().try_fold(Trust::default(), |trust, anchor| trust.with_anchor(anchor))
    }

    /// Adds a trusted certificate, DER or PEM.
    pub fn with_anchor(mut self, certificate: &[u8]) -> Result<Self, VerifyError> {
        let number = self.certificates.len() + 1;
        let der = ber::unwrap(certificate).ok_or(VerifyError::Anchor(number))?;
        self.add(&der, Vec::new()).ok_or(VerifyError::Anchor(number))?;
        Ok(self)
    }

    /// Adds the services of a Trusted List that an administrator has confirmed.
    pub fn with_list(mut self, list: &TrustedList) -> Self {
        self.has_list = true;
        self.current_until = [self.current_until, list.next_update].into_iter().flatten().min();
        for service in list.services().iter().filter(|s| s.anchors()) {
            for der in &service.certificates {
                // A key of an age or a kind that cannot be read serves nobody here.
                let _ = self.add(der, vec![service.clone()]);
            }
        }
        self
    }

    /// Adds a CRL or an OCSP answer found elsewhere, DER or PEM.
    pub fn with_revocation(mut self, bytes: &[u8]) -> Result<Self, VerifyError> {
        let der = ber::unwrap(bytes).ok_or(VerifyError::Revocation)?;
        let found = Evidence::crl(&der).or_else(|| Evidence::ocsp(&der));
        self.evidence.push(found.ok_or(VerifyError::Revocation)?);
        Ok(self)
    }

    fn add(&mut self, der: &[u8], services: Vec<Service>) -> Option<()> {
        if let Some(n) = self.certificates.iter().position(|c| c.der == der) {
            self.services[n].extend(services);
            return Some(());
        }
        let bytes = CertificateDer::from(der);
        let point = anchor_from_trusted_cert(&bytes).ok()?.to_owned();
        self.certificates.push(Certificate::read(der)?);
        self.points.push(point);
        self.services.push(services);
        Some(())
    }

    /// The trusted certificates, DER.
    pub fn anchors(&self) -> Vec<Vec<u8>> {
        self.certificates.iter().map(|c| c.der.clone()).collect()
    }

    /// Whether a Trusted List says who is qualified.
    pub fn has_list(&self) -> bool {
        self.has_list
    }

    /// Whether a list has been superseded by an instant: it no longer says who is qualified.
    pub(crate) fn is_outdated(&self, at: Option<DateTime<Utc>>) -> bool {
        matches!((self.current_until, at), (Some(until), Some(at)) if at > until)
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter()
    }

    pub(crate) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    pub(crate) fn services(&self, anchor: usize) -> &[Service] {
        self.services.get(anchor).map_or(&[], Vec::as_slice)
    }

    /// A path from a certificate to an anchor (RFC 5280, 6), valid at an instant.
    pub(crate) fn path(
        &self,
        leaf: &Certificate,
        material: &Material,
        instant: DateTime<Utc>,
    ) -> Result<Path, webpki::Error> {
        if let Some(anchor) = self.certificates.iter().position(|c| c.der == leaf.der) {
            // A Trusted List may name the very certificate of a timestamping unit.
            return match (leaf.not_before..=leaf.not_after).contains(&instant) {
                true => Ok(Path { certificates: vec![leaf.clone()], anchor, direct: true }),
                false if instant < leaf.not_before => Err(webpki::Error::CertNotValidYet {
                    time: unix(instant),
                    not_before: unix(leaf.not_before),
                }),
                false => Err(webpki::Error::CertExpired {
                    time: unix(instant),
                    not_after: unix(leaf.not_after),
                }),
            };
        }
        let others: Vec<CertificateDer<'_>> = material
            .certificates
            .iter()
            .filter(|c| c.der != leaf.der && c.is_authority())
            .map(|c| c.der.as_slice().into())
            .collect();
        let der = CertificateDer::from(leaf.der.as_slice());
        let end = EndEntityCert::try_from(&der)?;
        let path = end.verify_for_usage(
            &self.algorithms,
            &self.points,
            &others,
            unix(instant),
            AnyPurpose,
            None,
            None,
        )?;
        let above = path.intermediate_certificates();
        let above = above.filter_map(|c| Certificate::read(c.der().as_ref()));
        let certificates: Vec<Certificate> = std::iter::once(leaf.clone()).chain(above).collect();
        let is = |p: &TrustAnchor<'_>| {
            let point = path.anchor();
            p.subject == point.subject && p.subject_public_key_info == point.subject_public_key_info
        };
        let anchor = self.points.iter().position(is).ok_or(webpki::Error::UnknownIssuer)?;
        Ok(Path { certificates, anchor, direct: false })
    }

    pub(crate) fn anchor(&self, path: &Path) -> &Certificate {
        &self.certificates[path.anchor]
    }
}

fn unix(instant: DateTime<Utc>) -> UnixTime {
    let seconds = u64::try_from(instant.timestamp()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Key usages are checked apart, by who knows what the certificate is used for.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// A verified path.
#[derive(Debug)]
pub(crate) struct Path {
    /// From the end entity upwards, without the anchor.
    pub certificates: Vec<Certificate>,
    /// Position of the anchor.
    pub anchor: usize,
    /// Whether the certificate is itself the anchor.
    pub direct: bool,
}

/// When a certificate's revocation must be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revocation {
    /// Always: unknown is indeterminate.
    Required,
    /// When the certificate says where its revocation is published; development certificates do
    /// not.
    #[default]
    Published,
    /// Only what is at hand counts: unknown is a remark.
    IfAvailable,
}

/// What a verification asks, beyond soundness.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// When the document is judged: the instant of receipt or now. Without it the time each signer
    /// claims is believed.
    pub at: Option<DateTime<Utc>>,
    /// When revocation must be known.
    pub revocation: Revocation,
    /// Whether only qualified signatures and seals pass (Reg. UE 910/2014, artt. 3 n. 12 and 27).
    pub qualified: bool,
    /// Who must have signed which field: full name of the field, codice fiscale.
    pub signers: Vec<(String, String)>,
}
