// SPDX-License-Identifier: AGPL-3.0-or-later
//! One signature: byte range, CMS, certificate path (ETSI EN 319 142-1, 6.3; EN 319 102-1, 5).

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use der::asn1::ObjectIdentifier;
use der::{Any, Decode, Encode};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use sha2::{Digest, Sha256, Sha384, Sha512};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
};
use x509_cert::Certificate;
use x509_cert::ext::pkix::KeyUsage;

use super::{SignatureReport, Verdict};
use crate::VerifyError;
use crate::cms::{ContentInfo, SignerInfo, SigningCertificateV2};
use crate::fields::FormField;
use crate::oid;
use crate::pdf::{Dictionary, File, Malformed, Object, Text};

/// The trusted certificates.
pub(super) struct Anchors<'a> {
    certificates: &'a [Vec<u8>],
    anchors: Vec<TrustAnchor<'a>>,
}

impl<'a> Anchors<'a> {
    pub fn read(certificates: &'a [Vec<u8>]) -> Result<Self, VerifyError> {
        let read = |(n, der): (usize, &'a Vec<u8>)| {
            let der = CertificateDer::from(der.as_slice());
            let anchor = anchor_from_trusted_cert(&der).map(|a| a.to_owned());
            anchor.map_err(|_| VerifyError::Anchor(n + 1))
        };
        let anchors = certificates.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Anchors { certificates, anchors })
    }
}

/// A report with what the document-level checks need.
pub(super) struct Examined {
    pub report: SignatureReport,
    /// The revision that brought the signature.
    pub revision: usize,
    /// Where the covered bytes end, if the byte range is sound.
    pub end: Option<usize>,
}

impl SignatureReport {
    fn set(&mut self, verdict: Verdict, reason: impl Into<String>) {
        self.verdict = self.verdict.max(verdict);
        self.reasons.push(reason.into());
    }

    fn fail(&mut self, reason: impl Into<String>) {
        self.set(Verdict::TotalFailed, reason);
    }

    fn doubt(&mut self, reason: impl Into<String>) {
        self.set(Verdict::Indeterminate, reason);
    }

    fn remark(&mut self, reason: impl Into<String>) {
        self.reasons.push(reason.into());
    }
}

/// Examines the signature of a filled field, as the last revision shows it.
pub(super) fn examine(
    file: &File<'_>,
    field: &FormField<'_>,
    anchors: &Anchors<'_>,
    at: Option<DateTime<Utc>>,
) -> Result<Examined, Malformed> {
    let report = SignatureReport {
        field: field.name.clone(),
        signer_common_name: String::new(),
        fiscal_code: None,
        organization_identifier: None,
        claimed_time: None,
        covers_revision: false,
        intact: false,
        chain_ok: false,
        verdict: Verdict::TotalPassed,
        reasons: Vec::new(),
    };
    let mut examined = Examined { report, revision: file.last(), end: None };
    let report = &mut examined.report;
    let id = field.dictionary.get("V").and_then(Object::reference);
    let Some((id, (revision, _))) = id.and_then(|id| Some((id, file.entry(file.last(), id.0)?)))
    else {
        report.fail("la firma non è un oggetto del file");
        return Ok(examined);
    };
    examined.revision = revision;
    let Object::Dictionary(dictionary) = file.object(revision, id)? else {
        report.fail("la firma non è un dizionario");
        return Ok(examined);
    };
    report.claimed_time = dictionary.get("M").and_then(Object::text).and_then(read_time);
    if !known_format(&dictionary, report) {
        return Ok(examined);
    }
    let Some((contents, end)) = covered(file, revision, &dictionary) else {
        report.fail("i byte coperti dalla firma non sono quelli della sua revisione");
        return Ok(examined);
    };
    examined.end = Some(end);
    report.covers_revision = true;
    let content = [&file.bytes[..contents.span.start], &file.bytes[contents.span.end..end]];
    if let Some(info) = read_cms(contents, report) {
        examine_cms(&info, content, anchors, at, report);
    }
    Ok(examined)
}

fn known_format(dictionary: &Dictionary<'_>, report: &mut SignatureReport) -> bool {
    if dictionary.is_name("SubFilter", "ETSI.CAdES.detached") {
        return true;
    }
    if dictionary.is_name("SubFilter", "adbe.pkcs7.detached") {
        report.doubt("la firma è di un formato anteriore a PAdES");
        return true;
    }
    report.doubt("formato di firma non esaminato");
    false
}

/// The hole and the end of the byte range, if the range is `[0 a b c]` around exactly one
/// hexadecimal string, this signature's `/Contents`, up to the end of its revision.
fn covered<'d>(
    file: &File<'_>,
    revision: usize,
    dictionary: &'d Dictionary<'_>,
) -> Option<(&'d Text, usize)> {
    let contents = dictionary.get("Contents")?.text()?;
    let numbers = dictionary.get("ByteRange")?.array()?.iter();
    let numbers: Vec<usize> =
        numbers.map(|n| usize::try_from(n.integer()?).ok()).collect::<Option<_>>()?;
    let [0, start, resume, length] = numbers[..] else { return None };
    let end = resume.checked_add(length)?;
    let hole = file.bytes.get(contents.span.clone())?;
    let [b'<', digits @ .., b'>'] = hole else { return None };
    // One spelling only: mixed case or inner blanks would let bits change unnoticed.
    let upper = digits.iter().any(u8::is_ascii_uppercase);
    let lower = digits.iter().any(u8::is_ascii_lowercase);
    let plain = digits.len() % 2 == 0 && digits.iter().all(u8::is_ascii_hexdigit);
    let shape = contents.span == (start..resume) && plain && !(upper && lower);
    let bounds = &file.revisions[revision];
    (shape && (bounds.marker..=bounds.end).contains(&end)).then_some((contents, end))
}

/// The CMS at the start of the hole; the rest must be zeros.
fn read_cms(contents: &Text, report: &mut SignatureReport) -> Option<ContentInfo> {
    let Some(length) = der_length(&contents.bytes) else {
        report.doubt("firma non codificata in DER: non esaminata");
        return None;
    };
    let (cms, padding) = contents.bytes.split_at(length);
    if padding.iter().any(|b| *b != 0) {
        report.fail("dopo la firma ci sono byte estranei");
        return None;
    }
    match ContentInfo::from_der(cms) {
        Ok(info) if info.to_der().is_ok_and(|der| der == cms) => Some(info),
        Ok(_) => {
            report.doubt("la codifica della firma non è canonica");
            None
        }
        Err(error) => {
            report.doubt(format!("struttura della firma non riconosciuta ({error})"));
            None
        }
    }
}

/// The whole length of a DER element, header included, if it fits.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let (header, length) = match bytes {
        [0x30, n @ 0..=0x7F, ..] => (2, usize::from(*n)),
        [0x30, n @ 0x81..=0x84, rest @ ..] => {
            let count = usize::from(n & 0x7F);
            let fold = |sum: usize, b: &u8| sum << 8 | usize::from(*b);
            (2 + count, rest.get(..count)?.iter().fold(0, fold))
        }
        _ => return None,
    };
    Some(header + length).filter(|n| *n <= bytes.len())
}

fn examine_cms(
    info: &ContentInfo,
    content: [&[u8]; 2],
    anchors: &Anchors<'_>,
    at: Option<DateTime<Utc>>,
    report: &mut SignatureReport,
) {
    let data = &info.content;
    let [signer] = data.signer_infos.0.as_slice() else {
        return report.doubt("la firma non ha un solo firmatario");
    };
    let plain = info.content_type == oid::SIGNED_DATA
        && (data.version, signer.version) == (1, 1)
        && data.content.content_type == oid::DATA
        && data.content.content.is_none()
        && data.digest_algorithms.0 == [signer.digest_algorithm.clone()];
    if !plain {
        report.doubt("la struttura della firma non è quella di PAdES");
    }
    if data.revocations.is_some() || signer.unsigned_attributes.is_some() {
        report.doubt("la firma porta marche o dati di revoca non ancora esaminati");
    }
    let certificates: Vec<Vec<u8>> =
        data.certificates.iter().flat_map(|set| &set.0).filter_map(|c| c.to_der().ok()).collect();
    let found = certificates.iter().find_map(|der| {
        let certificate = Certificate::from_der(der).ok()?;
        let tbs = certificate.tbs_certificate();
        let same = *tbs.issuer() == signer.signer.issuer
            && *tbs.serial_number() == signer.signer.serial_number;
        same.then_some((der.as_slice(), certificate))
    });
    let Some((der, certificate)) = found else {
        return report.doubt("manca il certificato del firmatario");
    };
    identify(&certificate, report);
    report.intact = intact(signer, content, der, report);
    report.chain_ok = chain(der, &certificate, &certificates, anchors, at, report);
}

/// Names and codes of the certificate's subject (law.md R9.4).
fn identify(certificate: &Certificate, report: &mut SignatureReport) {
    let subject = certificate.tbs_certificate().subject();
    let value = |oid: ObjectIdentifier| {
        let found = subject.iter().find(|a| a.oid == oid)?;
        std::str::from_utf8(found.value.value()).ok().map(str::to_owned)
    };
    report.signer_common_name = value(oid::COMMON_NAME).unwrap_or_default();
    report.organization_identifier = value(oid::ORGANIZATION_IDENTIFIER);
    report.fiscal_code = value(oid::SERIAL_NUMBER).and_then(|number| {
        let number = number.to_ascii_uppercase();
        let code = number.strip_prefix("TINIT-").or_else(|| number.strip_prefix("IT:"))?;
        Some(code.to_owned())
    });
}

/// Whether the signature, the signed attributes, the document and the certificate agree.
fn intact(
    signer: &SignerInfo,
    content: [&[u8]; 2],
    certificate: &[u8],
    report: &mut SignatureReport,
) -> bool {
    let algorithm = &signer.digest_algorithm;
    let absent = |p: &Option<Any>| p.as_ref().is_none_or(|p| *p == Any::null());
    let digest = match algorithm.oid {
        _ if !absent(&algorithm.parameters) => None,
        oid::SHA256 => Some(hash::<Sha256>(content)),
        oid::SHA384 => Some(hash::<Sha384>(content)),
        oid::SHA512 => Some(hash::<Sha512>(content)),
        _ => None,
    };
    let Some(digest) = digest else {
        report.doubt("algoritmo di impronta non ammesso o non esaminato");
        return false;
    };
    let stated = signer.attribute(oid::MESSAGE_DIGEST).map(Any::value);
    if stated != Some(digest.as_slice()) {
        report.fail("il documento è stato alterato: l'impronta non coincide");
        return false;
    }
    let content_type = signer.attribute(oid::CONTENT_TYPE).and_then(|v| v.to_der().ok());
    if content_type != oid::DATA.to_der().ok() {
        report.fail("l'attributo firmato del tipo di contenuto manca o è errato");
        return false;
    }
    match signer.attribute(oid::SIGNING_CERTIFICATE_V2) {
        None => report.doubt("la firma non è legata al certificato (manca signingCertificateV2)"),
        Some(value) if names_certificate(value, certificate) => {}
        Some(_) => {
            report.fail("la firma nomina un certificato diverso");
            return false;
        }
    }
    let Some(candidates) = algorithms(signer) else {
        report.doubt("algoritmo di firma non esaminato");
        return false;
    };
    let certificate = CertificateDer::from(certificate);
    let verified = EndEntityCert::try_from(&certificate).is_ok_and(|key| {
        let attributes = signer.signed_attributes.to_der().unwrap_or_default();
        let signature = signer.signature.as_bytes();
        candidates.iter().any(|a| key.verify_signature(*a, &attributes, signature).is_ok())
    });
    if !verified {
        report.fail("la firma non è stata fatta con la chiave del certificato");
    }
    verified
}

fn hash<D: Digest>(content: [&[u8]; 2]) -> Vec<u8> {
    let mut hasher = D::new();
    content.iter().for_each(|part| hasher.update(part));
    hasher.finalize().to_vec()
}

/// Whether the first ESS certificate identifier is the SHA-256 of the certificate.
fn names_certificate(value: &Any, certificate: &[u8]) -> bool {
    let parsed = value.to_der().and_then(|der| SigningCertificateV2::from_der(&der));
    let Ok(SigningCertificateV2 { certificates, .. }) = parsed else { return false };
    certificates.first().is_some_and(|id| {
        id.hash_algorithm.as_ref().is_none_or(|a| a.oid == oid::SHA256)
            && id.hash.as_bytes() == &Sha256::digest(certificate)[..]
    })
}

/// The algorithms a signer may mean; the key in the certificate picks the curve.
fn algorithms(signer: &SignerInfo) -> Option<Vec<&'static dyn SignatureVerificationAlgorithm>> {
    use webpki::ring as w;
    let SignerInfo { signature_algorithm: signature, digest_algorithm: digest, .. } = signer;
    let rsa = match signature.oid {
        oid::RSA_ENCRYPTION => digest.oid,
        oid::RSA_WITH_SHA256 => oid::SHA256,
        oid::RSA_WITH_SHA384 => oid::SHA384,
        oid::RSA_WITH_SHA512 => oid::SHA512,
        oid::ECDSA_WITH_SHA256 if signature.parameters.is_none() => {
            return Some(vec![w::ECDSA_P256_SHA256, w::ECDSA_P384_SHA256]);
        }
        oid::ECDSA_WITH_SHA384 if signature.parameters.is_none() => {
            return Some(vec![w::ECDSA_P256_SHA384, w::ECDSA_P384_SHA384]);
        }
        _ => return None,
    };
    if signature.parameters.as_ref().is_some_and(|p| *p != Any::null()) {
        return None;
    }
    Some(match rsa {
        oid::SHA256 => vec![w::RSA_PKCS1_2048_8192_SHA256],
        oid::SHA384 => vec![w::RSA_PKCS1_2048_8192_SHA384],
        oid::SHA512 => vec![w::RSA_PKCS1_2048_8192_SHA512],
        _ => return None,
    })
}

/// Signing certificates carry no agreed extended usage; key usage is checked apart.
struct AnyExtendedUsage;

impl ExtendedKeyUsageValidator for AnyExtendedUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Whether the certificate leads to an anchor (RFC 5280, 6) at the claimed time and, if given, at
/// `at`, and is meant for signing documents.
fn chain(
    der: &[u8],
    certificate: &Certificate,
    others: &[Vec<u8>],
    anchors: &Anchors<'_>,
    at: Option<DateTime<Utc>>,
    report: &mut SignatureReport,
) -> bool {
    let Some(claimed) = report.claimed_time else {
        report.doubt("la firma non dichiara quando è stata apposta");
        return false;
    };
    report.remark("data e ora dichiarate dal firmatario, senza marca temporale");
    let tbs = certificate.tbs_certificate();
    let usage = tbs.get_extension::<KeyUsage>().ok().flatten();
    if !usage.is_some_and(|(_, usage)| usage.non_repudiation()) {
        report.doubt("il certificato non è destinato alla firma di documenti");
        return false;
    }
    let mentions = |oid| tbs.extensions().is_some_and(|e| e.iter().any(|e| e.extn_id == oid));
    if mentions(oid::CRL_DISTRIBUTION_POINTS) || mentions(oid::AUTHORITY_INFO_ACCESS) {
        report.doubt("stato di revoca del certificato non verificato");
    }
    let others: Vec<CertificateDer<'_>> =
        others.iter().filter(|c| *c != der).map(|c| c.as_slice().into()).collect();
    let der = CertificateDer::from(der);
    for instant in [Some(claimed), at].into_iter().flatten() {
        let seconds = u64::try_from(instant.timestamp()).unwrap_or_default();
        let instant = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        match path(&der, &others, anchors, instant) {
            Ok(true) => {}
            Ok(false) => report.doubt("la firma porta certificati estranei alla catena"),
            Err(error) => {
                report.doubt(explain(&error));
                return false;
            }
        }
    }
    true
}

/// Builds the path; tells whether every other certificate carried is on it or is an anchor.
fn path(
    der: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    anchors: &Anchors<'_>,
    instant: UnixTime,
) -> Result<bool, webpki::Error> {
    let leaf = EndEntityCert::try_from(der)?;
    let path = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors.anchors,
        others,
        instant,
        AnyExtendedUsage,
        None,
        None,
    )?;
    Ok(others.iter().all(|other| {
        anchors.certificates.iter().any(|a| a.as_slice() == other.as_ref())
            || path.intermediate_certificates().any(|c| c.der() == *other)
    }))
}

fn explain(error: &webpki::Error) -> String {
    match error {
        webpki::Error::UnknownIssuer => {
            "l'autorità che ha emesso il certificato non è fidata".into()
        }
        webpki::Error::CertExpired { .. } => "il certificato era scaduto".into(),
        webpki::Error::CertNotValidYet { .. } => "il certificato non era ancora valido".into(),
        other => format!("catena dei certificati non valida ({other:?})"),
    }
}

/// A PDF date (ISO 32000-1, 7.9.4): seconds required, time zone taken into account.
fn read_time(text: &Text) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(&text.bytes).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let (date, zone) = text.split_at_checked(14)?;
    let local = NaiveDateTime::parse_from_str(date, "%Y%m%d%H%M%S").ok()?.and_utc();
    let (sign, offset) = match zone.split_at_checked(1) {
        None | Some(("Z", _)) => return Some(local),
        Some(("+", offset)) => (1, offset),
        Some(("-", offset)) => (-1, offset),
        Some(_) => return None,
    };
    let mut parts = offset.split('\'').filter(|p| !p.is_empty()).map(str::parse::<i64>);
    let hours = parts.next()?.ok().filter(|h| *h < 24)?;
    let minutes = parts.next().unwrap_or(Ok(0)).ok().filter(|m| *m < 60)?;
    local.checked_sub_signed(TimeDelta::minutes(sign * (hours * 60 + minutes)))
}
