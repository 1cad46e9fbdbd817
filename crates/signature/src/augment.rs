// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a signature to one that outlives its certificates (ETSI EN 319 142-1, 6): a trusted time
//! (B-T), what validates it kept in the file (B-LT), and a time over both that is renewed before
//! it expires (B-LTA). Every step is an incremental update: what was signed stays a prefix.
//!
//! The network is a trait: here is only what to ask, in which order, and whether it was answered.

use chrono::{DateTime, Utc};
use der::{Any, Decode, Encode, SliceReader};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;

use crate::cms::{self, ContentInfo};
use crate::dss::{self, Material};
use crate::fields::signature_fields;
use crate::pdf::{File, Object};
use crate::prepare::prepare_timestamp;
use crate::revocation::{self, Links};
use crate::tsp::{self, Token};
use crate::{EvidenceError, SignError, Verdict, oid, verify};

/// Baseline levels (ETSI EN 319 142-1), from the least.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// A signature.
    #[default]
    #[serde(rename = "B-B")]
    B,
    /// With a trusted time.
    #[serde(rename = "B-T")]
    T,
    /// With what validates it.
    #[serde(rename = "B-LT")]
    Lt,
    /// With a trusted time over all of it.
    #[serde(rename = "B-LTA")]
    Lta,
}

impl Level {
    /// All, from the least.
    pub const ALL: [Self; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

    /// As the standard writes it.
    pub fn token(self) -> &'static str {
        match self {
            Level::B => "B-B",
            Level::T => "B-T",
            Level::Lt => "B-LT",
            Level::Lta => "B-LTA",
        }
    }
}

/// Something to be asked of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch<'a> {
    /// A time-stamp: `application/timestamp-query`, DER, to the authority that is configured.
    Timestamp(&'a [u8]),
    /// The status of a certificate: `application/ocsp-request`, DER.
    Ocsp {
        /// Responder.
        url: &'a str,
        /// Question.
        request: &'a [u8],
    },
    /// A revocation list, DER.
    Crl(&'a str),
    /// The certificate of an authority, DER.
    Issuer(&'a str),
}

/// Who asks the network.
pub trait Network: Send + Sync {
    /// The body of the answer.
    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError>;

    /// Certificates of authorities that are at hand, DER: signatures often bring only the signer's.
    fn known(&self) -> &[Vec<u8>] {
        &[]
    }
}

/// What an augmentation reached.
#[derive(Debug)]
pub struct Augmented {
    /// The bytes; the document given is a prefix.
    pub pdf: Vec<u8>,
    /// Level of the whole document.
    pub level: Level,
    /// For B-LTA: when the certificate of the newest time-stamp expires; renewal comes before.
    pub renew_by: Option<DateTime<Utc>>,
    /// Why the level wanted was not reached.
    pub shortfall: Option<SignError>,
}

/// Room for a time-stamp token; more is taken when the authority's certificates need it.
const TOKEN_ROOM: usize = 8192;
/// Most certificates looked at for one signature.
const MAX_CHAIN: usize = 16;

type Step = fn(&[u8], &dyn Network) -> Result<Vec<u8>, SignError>;

/// Raises a signed document to a level, as far as the network allows: what was reached is kept.
/// With `renew`, a document already at B-LTA gets fresh evidence and a new time-stamp.
pub fn augment(
    pdf: &[u8],
    target: Level,
    renew: bool,
    network: &dyn Network,
) -> Result<Augmented, SignError> {
    let mut pdf = pdf.to_vec();
    let reached = level(&pdf)?;
    let mut shortfall = None;
    let steps: [(Level, Step); 3] =
        [(Level::T, stamp_document), (Level::Lt, keep_evidence), (Level::Lta, stamp_document)];
    for (step, take) in steps {
        let again = renew && step > Level::T;
        if step > target || (step <= reached && !again) {
            continue;
        }
        match take(&pdf, network) {
            Ok(next) => pdf = checked(&pdf, next)?,
            Err(error) => {
                shortfall = Some(error);
                break;
            }
        }
    }
    let level = level(&pdf)?;
    if level == Level::Lta && target == Level::Lta && shortfall.is_none() && is_orphan(&pdf)? {
        // The authority changed its certificate: evidence about the new one, and a time over it.
        match keep_evidence(&pdf, network).and_then(|next| stamp_document(&next, network)) {
            Ok(next) => pdf = checked(&pdf, next)?,
            Err(error) => shortfall = Some(error),
        }
    }
    let renew_by = if level == Level::Lta { newest_expiry(&pdf)? } else { None };
    Ok(Augmented { pdf, level, renew_by, shortfall })
}

/// Whether the store knows nothing of the authority of the newest time-stamp.
fn is_orphan(pdf: &[u8]) -> Result<bool, SignError> {
    let file = File::read(pdf)?;
    let known = dss::certificates(&file)?;
    let newest = filled(&file)?.into_iter().rev().find(|f| f.is_timestamp);
    let authority = newest.and_then(|f| cms::signer_certificate(&f.info));
    Ok(authority.is_some_and(|der| !known.contains(&der)))
}

/// An update of ours changes nothing that was there, or it is not used.
fn checked(before: &[u8], after: Vec<u8>) -> Result<Vec<u8>, SignError> {
    let report =
        verify(&after, Some(before), &[]).map_err(|e| SignError::SelfCheck(e.to_string()))?;
    if after.starts_with(before) && report.overall != Verdict::TotalFailed {
        return Ok(after);
    }
    let why = report.reasons.iter().chain(&report.changed_after).cloned().collect::<Vec<_>>();
    Err(SignError::SelfCheck(why.join("; ")))
}

/// A signature or a document time-stamp of a file.
struct Filled {
    field: String,
    revision: usize,
    is_timestamp: bool,
    /// `/Contents` with its padding.
    contents: Vec<u8>,
    info: ContentInfo,
    /// The signature time-stamp, DER.
    stamp: Option<Vec<u8>>,
}

fn filled(file: &File<'_>) -> Result<Vec<Filled>, SignError> {
    let mut found = Vec::new();
    for field in signature_fields(file, file.last())? {
        let Some(id) = field.dictionary.get("V").and_then(Object::reference) else { continue };
        let Some((revision, _)) = file.entry(file.last(), id.0) else { continue };
        let Object::Dictionary(value) = file.object(revision, id)? else { continue };
        let Some(contents) = value.get("Contents").and_then(Object::text) else { continue };
        let der = Any::decode(&mut SliceReader::new(&contents.bytes)?)?.to_der()?;
        let info = ContentInfo::from_der(&der)?;
        found.push(Filled {
            field: field.name,
            revision,
            is_timestamp: value.is_name("SubFilter", "ETSI.RFC3161"),
            contents: contents.bytes.clone(),
            stamp: signature_timestamp(&info),
            info,
        });
    }
    found.sort_by_key(|f| f.revision);
    Ok(found)
}

/// The token among the unsigned attributes of the only signer.
fn signature_timestamp(info: &ContentInfo) -> Option<Vec<u8>> {
    let [signer] = info.content.signer_infos.0.as_slice() else { return None };
    signer.unsigned_attributes.iter().flat_map(|set| &set.0).find_map(|attribute| {
        let attribute: x509_cert::attr::Attribute =
            attribute.to_der().and_then(|der| Decode::from_der(&der)).ok()?;
        let value = attribute.values.as_slice().first()?;
        (attribute.oid == oid::SIGNATURE_TIMESTAMP).then(|| value.to_der().ok()).flatten()
    })
}

/// The signature of a container, as that of a field without a name; `None` for a PDF.
fn around(bytes: &[u8]) -> Result<Option<Filled>, SignError> {
    if bytes.starts_with(b"%PDF-") {
        return Ok(None);
    }
    let contents = crate::verify::container_der(bytes).unwrap_or_else(|| bytes.to_vec());
    let info = ContentInfo::from_der(&contents)?;
    let stamp = signature_timestamp(&info);
    let (field, revision, is_timestamp) = (String::new(), 0, false);
    Ok(Some(Filled { field, revision, is_timestamp, contents, stamp, info }))
}

/// The certificate (DER) of who signed each filled field, by its name; document time-stamps apart. Of a
/// container (`.p7m`) the one who signed it, under an empty name.
pub fn signers(signed: &[u8]) -> Result<Vec<(String, Vec<u8>)>, SignError> {
    let all = match around(signed)? {
        Some(container) => vec![container],
        None => filled(&File::read(signed)?)?,
    };
    let all = all.into_iter().filter(|f| !f.is_timestamp);
    Ok(all.filter_map(|f| Some((f.field, cms::signer_certificate(&f.info)?))).collect())
}

/// The level the structure of a document shows; whether it holds is for the verifier to say. A
/// document without signatures is at the least.
pub fn level(pdf: &[u8]) -> Result<Level, SignError> {
    if let Some(container) = around(pdf)? {
        return Ok(if container.stamp.is_some() { Level::T } else { Level::B });
    }
    let file = File::read(pdf)?;
    let filled = filled(&file)?;
    let last_stamp = filled.iter().rev().find(|f| f.is_timestamp).map(|f| f.revision);
    let mut signatures = filled.iter().filter(|f| !f.is_timestamp).peekable();
    if signatures.peek().is_none() {
        return Ok(Level::B);
    }
    let mut known = true;
    for signature in signatures {
        if signature.stamp.is_none() && last_stamp.is_none_or(|r| r < signature.revision) {
            return Ok(Level::B);
        }
        known &= dss::knows(&file, &signature.contents)?;
    }
    let store = dss::store(&file)?.and_then(|(id, _)| id);
    let stored = store.and_then(|id| Some(file.entry(file.last(), id.0)?.0));
    Ok(match (stored, last_stamp) {
        (Some(stored), Some(stamp)) if known && stamp > stored => Level::Lta,
        (Some(_), _) if known => Level::Lt,
        _ => Level::T,
    })
}

/// When the certificate of the newest document time-stamp expires.
fn newest_expiry(pdf: &[u8]) -> Result<Option<DateTime<Utc>>, SignError> {
    let file = File::read(pdf)?;
    let newest = filled(&file)?.into_iter().rev().find(|f| f.is_timestamp);
    let Some(newest) = newest else { return Ok(None) };
    Ok(Token::read(&newest.info.to_der()?)?.valid_until)
}

/// A CMS with a time-stamp on its signature, or why there is none. Without a network none is
/// wanted.
pub(crate) fn stamp_signature(
    cms: &[u8],
    network: Option<&dyn Network>,
) -> (Option<Vec<u8>>, Option<SignError>) {
    let Some(network) = network else { return (None, None) };
    let stamp = || -> Result<Vec<u8>, SignError> {
        let digest: [u8; 32] = Sha256::digest(cms::signature_value(cms)?).into();
        cms::with_timestamp(cms, &ask(&digest, network)?)
    };
    match stamp() {
        Ok(stamped) => (Some(stamped), None),
        Err(error) => (None, Some(error)),
    }
}

fn ask(digest: &[u8; 32], network: &dyn Network) -> Result<Vec<u8>, SignError> {
    let request = tsp::request(digest)?;
    let response = network.fetch(Fetch::Timestamp(&request))?;
    tsp::token(&response, digest)
}

/// Appends a document time-stamp.
fn stamp_document(pdf: &[u8], network: &dyn Network) -> Result<Vec<u8>, SignError> {
    let prepared = prepare_timestamp(pdf, TOKEN_ROOM)?;
    let token = ask(&prepared.digest(), network)?;
    if token.len() <= TOKEN_ROOM {
        return prepared.embed_token(&token);
    }
    // The hole is part of what is stamped: a larger one is another question.
    let prepared = prepare_timestamp(pdf, token.len() + 512)?;
    let token = ask(&prepared.digest(), network)?;
    prepared.embed_token(&token)
}

/// Appends what validates every signature and every time-stamp of the document.
fn keep_evidence(pdf: &[u8], network: &dyn Network) -> Result<Vec<u8>, SignError> {
    dss::write(pdf, &gather(pdf, network)?)
}

/// Revocation lists and OCSP answers about every signature of a document, DER, asked now: what the
/// verifier wants when the file brings none.
pub fn evidence(pdf: &[u8], network: &dyn Network) -> Result<Vec<Vec<u8>>, SignError> {
    let gathered = gather(pdf, network)?;
    Ok(gathered.into_iter().flat_map(|(_, m)| m.lists.into_iter().chain(m.answers)).collect())
}

/// Revocation data about the certificate that signed one field (an empty name for a container) and
/// about its authorities: as much as can be had, the certificate's own first.
pub fn status_of(
    signed: &[u8],
    field: &str,
    network: &dyn Network,
) -> Result<Vec<Vec<u8>>, SignError> {
    let (all, mut search) = search(signed, network)?;
    let own = all.iter().find(|one| one.field == field && !one.is_timestamp);
    let mut material = Material::default();
    if let Some(leaf) = own.and_then(|one| cms::signer_certificate(&one.info)) {
        // What is missing is missing: what was found before counts.
        let _ = search.validate(leaf, &mut material);
    }
    Ok(material.lists.into_iter().chain(material.answers).collect())
}

/// The signatures of a document, and a search that knows every certificate they bring.
fn search<'n>(
    signed: &[u8],
    network: &'n dyn Network,
) -> Result<(Vec<Filled>, Search<'n>), SignError> {
    let (all, mut pool) = match around(signed)? {
        Some(container) => (vec![container], Vec::new()),
        None => {
            let file = File::read(signed)?;
            (filled(&file)?, dss::certificates(&file)?)
        }
    };
    pool.extend(network.known().iter().cloned());
    let mut search = Search { network, pool };
    for one in &all {
        search.learn(&one.info);
        if let Some(token) = &one.stamp {
            search.learn(&ContentInfo::from_der(token)?);
        }
    }
    Ok((all, search))
}

/// What validates each signature and time-stamp, by its contents.
fn gather(pdf: &[u8], network: &dyn Network) -> Result<Vec<(Vec<u8>, Material)>, SignError> {
    let (all, mut search) = search(pdf, network)?;
    let mut needed = Vec::new();
    for one in all {
        let mut material = Material::default();
        let mut leaves: Vec<Vec<u8>> = cms::signer_certificate(&one.info).into_iter().collect();
        if let Some(token) = &one.stamp {
            leaves.extend(cms::signer_certificate(&ContentInfo::from_der(token)?));
        }
        for leaf in leaves {
            search.validate(leaf, &mut material)?;
        }
        needed.push((one.contents, material));
    }
    Ok(needed)
}

/// Looks for chains and for the status of each certificate in them.
struct Search<'n> {
    network: &'n dyn Network,
    /// Every certificate seen so far, DER.
    pool: Vec<Vec<u8>>,
}

impl Search<'_> {
    fn learn(&mut self, info: &ContentInfo) {
        self.pool.extend(cms::certificates(info));
    }

    /// Adds the chain of a certificate and the status of each of its members but the root, whose
    /// trust is decided by who verifies.
    fn validate(&mut self, leaf: Vec<u8>, material: &mut Material) -> Result<(), SignError> {
        let mut pending = vec![leaf];
        while let Some(der) = pending.pop() {
            if material.certificates.contains(&der) {
                continue;
            }
            if material.certificates.len() >= MAX_CHAIN {
                return Err(EvidenceError::Unreadable("catena troppo lunga").into());
            }
            let certificate = Certificate::from_der(&der)?;
            material.certificates.push(der);
            let tbs = certificate.tbs_certificate();
            if tbs.subject() == tbs.issuer() {
                continue;
            }
            let links = Links::of(&certificate);
            let issuer_der = self.issuer(&certificate, &links)?;
            let issuer = Certificate::from_der(&issuer_der)?;
            pending.push(issuer_der);
            if !links.no_check {
                pending.extend(self.status(&certificate, &issuer, &links, material)?);
            }
        }
        Ok(())
    }

    fn issuer(&mut self, of: &Certificate, links: &Links) -> Result<Vec<u8>, SignError> {
        let wanted = of.tbs_certificate().issuer();
        let is_wanted = |der: &Vec<u8>| {
            Certificate::from_der(der).is_ok_and(|c| c.tbs_certificate().subject() == wanted)
        };
        if let Some(found) = self.pool.iter().find(|der| is_wanted(der)) {
            return Ok(found.clone());
        }
        let mut failure = EvidenceError::NoIssuer(of.tbs_certificate().subject().to_string());
        for url in &links.issuers {
            match self.network.fetch(Fetch::Issuer(url)) {
                Ok(der) if is_wanted(&der) => {
                    self.pool.push(der.clone());
                    return Ok(der);
                }
                Ok(_) => failure = EvidenceError::Foreign("certificato di un'altra autorità"),
                Err(error) => failure = error,
            }
        }
        Err(failure.into())
    }

    /// Asks OCSP first, then the lists; gives the certificates of the responder.
    fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        links: &Links,
        material: &mut Material,
    ) -> Result<Vec<Vec<u8>>, SignError> {
        let name = certificate.tbs_certificate().subject().to_string();
        let mut failure = SignError::from(EvidenceError::NoSource(name));
        let request = revocation::request(certificate, issuer)?;
        for url in &links.ocsp {
            let answer = self.network.fetch(Fetch::Ocsp { url, request: &request });
            let checked = answer.map_err(SignError::from).and_then(|answer| {
                Ok((revocation::check_ocsp(&answer, certificate, issuer)?, answer))
            });
            match checked {
                Ok((carried, answer)) => {
                    material.answers.push(answer);
                    return Ok(carried);
                }
                Err(error) => failure = error,
            }
        }
        for url in &links.crls {
            let list = self.network.fetch(Fetch::Crl(url)).map_err(SignError::from);
            match list.and_then(|list| revocation::check_crl(&list, issuer).map(|()| list)) {
                Ok(list) => {
                    if !material.lists.contains(&list) {
                        material.lists.push(list);
                    }
                    return Ok(Vec::new());
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}
