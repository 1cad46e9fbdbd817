// SPDX-License-Identifier: AGPL-3.0-or-later
//! Object identifiers, each with its source.

use der::asn1::ObjectIdentifier;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

// CMS: RFC 5652; ESS: RFC 5035.
pub(crate) const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
pub(crate) const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
pub(crate) const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
pub(crate) const SIGNING_TIME: ObjectIdentifier = oid("1.2.840.113549.1.9.5");
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.12");
pub(crate) const COUNTERSIGNATURE: ObjectIdentifier = oid("1.2.840.113549.1.9.6");
/// Revocation data inside a `SignedData` (RFC 5940, 2.1).
pub(crate) const OCSP_RESPONSE: ObjectIdentifier = oid("1.3.6.1.5.5.7.16.2");
// Timestamps: RFC 3161; attributes of CAdES: ETSI EN 319 122-1, 5.
pub(crate) const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");
pub(crate) const SIGNATURE_TIMESTAMP: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.14");
pub(crate) const CONTENT_TIMESTAMP: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.20");
pub(crate) const CERTIFICATE_VALUES: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.23");
pub(crate) const REVOCATION_VALUES: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.24");
/// Revocation data as a signed attribute (ISO 32000-1, 12.8.3.3.2).
pub(crate) const REVOCATION_ARCHIVAL: ObjectIdentifier = oid("1.2.840.113583.1.1.8");
// Algorithms: RFC 5754, RFC 5758, RFC 8017.
pub(crate) const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
pub(crate) const RSA_WITH_SHA1: ObjectIdentifier = oid("1.2.840.113549.1.1.5");
pub(crate) const ECDSA_WITH_SHA1: ObjectIdentifier = oid("1.2.840.10045.4.1");
pub(crate) const ECDSA_WITH_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
pub(crate) const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub(crate) const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(crate) const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
pub(crate) const P384: ObjectIdentifier = oid("1.3.132.0.34");
pub(crate) const P521: ObjectIdentifier = oid("1.3.132.0.35");
pub(crate) const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
pub(crate) const ECDSA_WITH_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
pub(crate) const ECDSA_WITH_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(crate) const RSA_WITH_SHA256: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
pub(crate) const RSA_WITH_SHA384: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
pub(crate) const RSA_WITH_SHA512: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
// Names: RFC 4519, X.520.
pub(crate) const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
pub(crate) const SURNAME: ObjectIdentifier = oid("2.5.4.4");
pub(crate) const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");
pub(crate) const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
pub(crate) const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
pub(crate) const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
pub(crate) const GIVEN_NAME: ObjectIdentifier = oid("2.5.4.42");
pub(crate) const ORGANIZATION_IDENTIFIER: ObjectIdentifier = oid("2.5.4.97");
// Certificate extensions: RFC 5280, 4.2.
pub(crate) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
pub(crate) const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
pub(crate) const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
pub(crate) const AUTHORITY_INFO_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
pub(crate) const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
pub(crate) const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
pub(crate) const EXPIRED_ON_CRL: ObjectIdentifier = oid("2.5.29.60");
// Purposes: RFC 5280, 4.2.1.12; RFC 6960; RFC 9336.
pub(crate) const FOR_TIMESTAMPS: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");
pub(crate) const FOR_OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.9");
pub(crate) const FOR_ANYTHING: ObjectIdentifier = oid("2.5.29.37.0");
pub(crate) const FOR_MAIL: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.4");
pub(crate) const FOR_CLIENTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");
pub(crate) const FOR_DOCUMENTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.36");
pub(crate) const FOR_DOCUMENTS_MICROSOFT: ObjectIdentifier = oid("1.3.6.1.4.1.311.10.3.12");
pub(crate) const FOR_DOCUMENTS_ADOBE: ObjectIdentifier = oid("1.2.840.113583.1.1.5");
// OCSP: RFC 6960.
pub(crate) const OCSP_BASIC: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
pub(crate) const OCSP_ARCHIVE_CUTOFF: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.6");
pub(crate) const OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1");
pub(crate) const OCSP_NO_CHECK: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.5");
pub(crate) const CA_ISSUERS: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.2");
/// A certificate whose revocation is not published because it lives shortly
/// (ETSI EN 319 412-1, 5.2).
pub(crate) const SHORT_TERM: ObjectIdentifier = oid("0.4.0.194121.2.1");
// Statements of qualified certificates: RFC 3739, 3.2.6; ETSI EN 319 412-5, 4.
pub(crate) const QC_STATEMENTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.3");
pub(crate) const QC_COMPLIANCE: ObjectIdentifier = oid("0.4.0.1862.1.1");
pub(crate) const QC_DEVICE: ObjectIdentifier = oid("0.4.0.1862.1.4");
pub(crate) const QC_TYPE: ObjectIdentifier = oid("0.4.0.1862.1.6");
pub(crate) const QC_FOR_SIGNATURES: ObjectIdentifier = oid("0.4.0.1862.1.6.1");
pub(crate) const QC_FOR_SEALS: ObjectIdentifier = oid("0.4.0.1862.1.6.2");
pub(crate) const QC_FOR_WEBSITES: ObjectIdentifier = oid("0.4.0.1862.1.6.3");
