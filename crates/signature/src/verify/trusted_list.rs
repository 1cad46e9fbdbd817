// SPDX-License-Identifier: AGPL-3.0-or-later
//! A Trusted List (ETSI TS 119 612): which services issue qualified certificates and timestamps,
//! and since when. The XML signature of the list is not what it is believed for: an administrator
//! imports the file and confirms its SHA-256, read from the authority that publishes it.

use base64ct::{Base64, Encoding};
use chrono::{DateTime, TimeZone, Utc};
use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};

use super::certificate::Purpose;

/// Largest list read, in bytes (64 MiB): the longest national one is some 10 MiB.
const MAX_BYTES: usize = 64 << 20;
/// Most XML nodes.
const MAX_NODES: u32 = 4_000_000;
const TYPES: &str = "http://uri.etsi.org/TrstSvc/Svctype/";
const STATUSES: &str = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/";
const USES: &str = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/";

/// Why a list was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustedListError {
    /// The file is not the one the administrator confirmed.
    #[error(
        "l'impronta SHA-256 del file è {found}, non quella confermata: scaricare di nuovo l'elenco \
         e confrontarla con quella pubblicata"
    )]
    Fingerprint {
        /// That of the file, hexadecimal.
        found: String,
    },
    /// Not a Trusted List of TS 119 612.
    #[error("non è un elenco di fiducia (ETSI TS 119 612): {0}")]
    NotAList(String),
}

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `CA/QC`: issues qualified certificates.
    QualifiedCertificates,
    /// `TSA/QTST`: issues qualified timestamps.
    QualifiedTimestamps,
    /// Anything else, never trusted here.
    Other,
}

/// A status and when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Period {
    from: DateTime<Utc>,
    granted: bool,
    /// For signatures, for seals; neither stated: both, as before 2016.
    uses: Vec<Purpose>,
}

/// A trust service with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// As the list names it.
    pub name: String,
    /// Who provides it.
    pub provider: String,
    /// What it is for.
    pub kind: Kind,
    /// Its certificates, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Latest first.
    periods: Vec<Period>,
}

impl Service {
    fn at(&self, instant: DateTime<Utc>) -> Option<&Period> {
        self.periods.iter().find(|p| p.from <= instant)
    }

    /// Whether it was qualified at an instant (TS 119 615, 4.3).
    pub fn granted_at(&self, instant: DateTime<Utc>) -> bool {
        self.at(instant).is_some_and(|p| p.granted)
    }

    pub(crate) fn serves(&self, purpose: Purpose, instant: DateTime<Utc>) -> bool {
        self.at(instant).is_some_and(|p| p.uses.is_empty() || p.uses.contains(&purpose))
    }

    /// Whether its certificates are trusted at all: it was qualified at some time.
    pub(crate) fn anchors(&self) -> bool {
        self.kind != Kind::Other && self.periods.iter().any(|p| p.granted)
    }
}

/// A list that an administrator has confirmed.
#[derive(Clone, Debug)]
pub struct TrustedList {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Country it is of (`IT`).
    pub territory: String,
    /// Its number in the sequence of the scheme.
    pub sequence: u64,
    /// When it was issued.
    pub issued: Option<DateTime<Utc>>,
    /// When the next one is due at the latest: after it, this one no longer says who is qualified.
    pub next_update: Option<DateTime<Utc>>,
    services: Vec<Service>,
}

impl TrustedList {
    /// SHA-256 of a file, hexadecimal: what is shown to the administrator to be confirmed.
    pub fn fingerprint(xml: &[u8]) -> String {
        Sha256::digest(xml).iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Takes a list in, if its SHA-256 is the one confirmed (hexadecimal; spaces and colons do not
    /// count).
    pub fn import(xml: &[u8], confirmed: &str) -> Result<Self, TrustedListError> {
        let found = Self::fingerprint(xml);
        let confirmed: String = confirmed.chars().filter(char::is_ascii_hexdigit).collect();
        if confirmed.to_ascii_lowercase() != found {
            return Err(TrustedListError::Fingerprint { found });
        }
        if xml.len() > MAX_BYTES {
            return Err(not_a_list("file troppo grande"));
        }
        let text = std::str::from_utf8(xml).map_err(|_| not_a_list("non è testo UTF-8"))?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        // A document type, with its entities, is refused by the reader.
        let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options)
            .map_err(|error| not_a_list(&error.to_string()))?;
        let root = document.root_element();
        if root.tag_name().name() != "TrustServiceStatusList" {
            return Err(not_a_list("manca TrustServiceStatusList"));
        }
        let scheme = child(root, "SchemeInformation")
            .ok_or_else(|| not_a_list("manca SchemeInformation"))?;
        let services = read_services(root);
        if services.is_empty() {
            return Err(not_a_list("nessun servizio"));
        }
        Ok(TrustedList {
            sha256: found,
            territory: text_of(scheme, "SchemeTerritory"),
            sequence: text_of(scheme, "TSLSequenceNumber").parse().unwrap_or(0),
            issued: time(&text_of(scheme, "ListIssueDateTime")),
            next_update: child(scheme, "NextUpdate").and_then(|n| time(&text_of(n, "dateTime"))),
            services,
        })
    }

    /// The services in the order of the list.
    pub fn services(&self) -> &[Service] {
        &self.services
    }
}

fn not_a_list(why: &str) -> TrustedListError {
    TrustedListError::NotAList(why.to_owned())
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.is_element() && n.tag_name().name() == name)
}

fn children<'a, 'i: 'a>(
    node: Option<Node<'a, 'i>>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    let all = node.into_iter().flat_map(|n| n.children());
    all.filter(move |n| n.is_element() && n.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>, name: &str) -> String {
    child(node, name).and_then(|n| n.text()).unwrap_or_default().trim().to_owned()
}

/// A name in several languages: the Italian one, else the first.
fn name_of(node: Node<'_, '_>, name: &str) -> String {
    let names: Vec<Node<'_, '_>> = children(child(node, name), "Name").collect();
    let italian = |n: &&Node<'_, '_>| {
        n.attributes().any(|a| a.name() == "lang" && a.value().eq_ignore_ascii_case("it"))
    };
    let chosen = names.iter().find(italian).or_else(|| names.first());
    chosen.and_then(|n| n.text()).unwrap_or_default().trim().to_owned()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| Utc.from_utc_datetime(&t.naive_utc()))
}

fn read_services(root: Node<'_, '_>) -> Vec<Service> {
    let mut services = Vec::new();
    for provider in children(child(root, "TrustServiceProviderList"), "TrustServiceProvider") {
        let information = child(provider, "TSPInformation");
        let name = information.map(|n| name_of(n, "TSPName")).unwrap_or_default();
        for service in children(child(provider, "TSPServices"), "TSPService") {
            services.extend(read_service(service, &name));
        }
    }
    services
}

fn read_service(node: Node<'_, '_>, provider: &str) -> Option<Service> {
    let information = child(node, "ServiceInformation")?;
    let identity = child(information, "ServiceDigitalIdentity");
    let certificates = children(identity, "DigitalId")
        .filter_map(|id| child(id, "X509Certificate")?.text())
        .filter_map(|text| {
            let text: String = text.split_ascii_whitespace().collect();
            Base64::decode_vec(&text).ok()
        })
        .collect();
    let history = children(child(node, "ServiceHistory"), "ServiceHistoryInstance");
    let mut periods: Vec<Period> =
        std::iter::once(information).chain(history).filter_map(read_period).collect();
    periods.sort_by_key(|p| std::cmp::Reverse(p.from));
    Some(Service {
        name: name_of(information, "ServiceName"),
        provider: provider.to_owned(),
        kind: kind(&text_of(information, "ServiceTypeIdentifier")),
        certificates,
        periods,
    })
}

fn kind(uri: &str) -> Kind {
    match uri.strip_prefix(TYPES) {
        Some("CA/QC") => Kind::QualifiedCertificates,
        Some("TSA/QTST") => Kind::QualifiedTimestamps,
        _ => Kind::Other,
    }
}

fn read_period(node: Node<'_, '_>) -> Option<Period> {
    let status = text_of(node, "ServiceStatus");
    // Before July 2016 supervision and accreditation stood for what is now granted.
    let granted = status.strip_prefix(STATUSES).is_some_and(|status| {
        matches!(status, "granted" | "undersupervision" | "supervisionincessation" | "accredited")
    });
    let extensions = child(node, "ServiceInformationExtensions");
    let uses = children(extensions, "Extension")
        .filter_map(|e| child(e, "AdditionalServiceInformation"))
        .filter_map(|e| match text_of(e, "URI").strip_prefix(USES)? {
            "ForeSignatures" => Some(Purpose::Signature),
            "ForeSeals" => Some(Purpose::Seal),
            "ForWebSiteAuthentication" => Some(Purpose::Website),
            _ => None,
        })
        .collect();
    Some(Period { from: time(&text_of(node, "StatusStartingTime"))?, granted, uses })
}
