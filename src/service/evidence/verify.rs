// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reads a container on a machine that has nothing else, and names the first thing that does not
//! fit: digests, the seal of the entity, the chain of the events, their way to the seals of the
//! archive, documents, votes, the signatures inside the documents.

use super::container::{self, Member};
use super::{DOCUMENTS, EVENTS, INDEX, Listed, MAILS, README, SEALS, VOTES, folded, votes};
use crate::domain::digest::sha256_hex;
use crate::service::verify::documents_named;
use crate::store::{Finding, ProvedEvent, SealProof, SealRef, chain};
use delibera_signature::{Policy, Trust, Verdict, fields, verify_detached, verify_pdf};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a container holds, all of it in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleReport {
    /// Case.
    pub case: String,
    /// Events.
    pub events: usize,
    /// Those that a seal of the archive covers.
    pub sealed: usize,
    /// Seals.
    pub seals: usize,
    /// The newest seal, to be compared with the one kept elsewhere.
    pub last_seal: Option<SealRef>,
    /// Documents.
    pub documents: usize,
    /// Signatures inside the documents, all intact.
    pub signatures: usize,
    /// Who sealed the container.
    pub sealed_by: String,
    /// What that seal is worth for the trust that was given; `TOTAL-FAILED` is a finding.
    pub verdict: Option<Verdict>,
}

/// Verifies a container; `seal` is the last one kept elsewhere, if any.
///
/// # Errors
/// The first thing that does not fit.
pub fn verify(
    bytes: &[u8],
    trust: &Trust,
    policy: &Policy,
    seal: Option<&SealRef>,
) -> Result<BundleReport, Finding> {
    let opened = container::open(bytes)?;
    let mut report = BundleReport::default();
    sealed_by(&opened, trust, policy, &mut report)?;
    let members: BTreeMap<&str, &Member> =
        opened.members.iter().map(|member| (member.name.as_str(), member)).collect();
    for name in members.keys() {
        let known = [README, SEALS, VOTES, MAILS, INDEX].contains(name);
        if !known && !name.starts_with(EVENTS) && !name.starts_with(DOCUMENTS) {
            return Err(Finding::new(*name, "non è fra i file di un fascicolo probatorio"));
        }
    }
    let events = events(&members, &mut report)?;
    seals(&members, &events, seal, &mut report)?;
    documents(&members, &events, &mut report)?;
    ballots(&members, &events)?;
    signatures(&members, trust, policy, &mut report)?;
    Ok(report)
}

fn sealed_by(
    opened: &container::Opened,
    trust: &Trust,
    policy: &Policy,
    report: &mut BundleReport,
) -> Result<(), Finding> {
    let place = container::SIGNATURE;
    let found = verify_detached(&opened.signature, &opened.manifest, trust, policy)
        .map_err(|error| Finding::new(place, error.to_string()))?;
    let Some(first) = found.signatures.first() else {
        return Err(Finding::new(place, "il contenitore non è sigillato"));
    };
    if found.signatures.iter().any(|signature| !signature.intact)
        || found.overall == Verdict::TotalFailed
    {
        let why: Vec<&String> = found.signatures.iter().flat_map(|s| &s.reasons).collect();
        let why = why.first().map_or("il sigillo non è di questo elenco", |why| why.as_str());
        return Err(Finding::new(place, why));
    }
    report.sealed_by.clone_from(&first.signer_common_name);
    report.verdict = Some(found.overall);
    Ok(())
}

fn member<'a>(members: &BTreeMap<&str, &'a Member>, name: &str) -> Result<&'a Member, Finding> {
    members.get(name).copied().ok_or_else(|| Finding::new(name, "manca"))
}

fn parsed<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<T, Finding> {
    serde_json::from_slice(text)
        .map_err(|error| Finding::new(name, format!("non si legge: {error}")))
}

/// The events of every file, each chained to the one before it.
fn events(
    members: &BTreeMap<&str, &Member>,
    report: &mut BundleReport,
) -> Result<Vec<ProvedEvent>, Finding> {
    let mut all: Vec<ProvedEvent> = Vec::new();
    let mut streams = BTreeSet::new();
    for (name, member) in members.iter().filter(|(name, _)| name.starts_with(EVENTS)) {
        let mut of_file: Vec<ProvedEvent> = Vec::new();
        for (n, line) in member.bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let event: ProvedEvent = parsed(&format!("{name}, riga {}", n + 1), line)?;
            chained(name, of_file.last(), &event)?;
            of_file.push(event);
        }
        let Some(first) = of_file.first() else { return Err(Finding::new(*name, "è vuoto")) };
        if !streams.insert(first.stream.clone()) {
            return Err(Finding::new(*name, "ripete un flusso che è già in un altro file"));
        }
        all.extend(of_file);
    }
    let cases: Vec<&str> =
        streams.iter().filter_map(|stream| stream.strip_prefix("case/")).collect();
    let [case] = cases.as_slice() else {
        return Err(Finding::new(EVENTS, "non c'è un fascicolo, e uno solo"));
    };
    report.case = (*case).to_owned();
    report.events = all.len();
    Ok(all)
}

fn chained(name: &str, before: Option<&ProvedEvent>, event: &ProvedEvent) -> Result<(), Finding> {
    let place = format!("{name}, fatto {}", event.version);
    let found = |why: &str| Err(Finding::new(&place, why));
    if event.hash != event.computed_hash() {
        return found("l'impronta non corrisponde al contenuto o alla catena");
    }
    let whole = event.stream.starts_with("case/");
    let (version, position, hash) =
        before.map_or((0, 0, chain::ZERO), |b| (b.version, b.position, b.hash.as_str()));
    if before.is_some_and(|before| before.stream != event.stream) {
        return found("è di un altro flusso");
    }
    if event.position <= position || event.version <= version {
        return found("viene prima del precedente");
    }
    if event.version == version + 1 && event.previous != hash {
        return found("non è concatenato al precedente");
    }
    // Of a sitting only what concerns the act is here; of the act, everything.
    if whole && event.version != version + 1 {
        return found("manca il fatto precedente");
    }
    Ok(())
}

/// The seals are one chain, and every event that names one leads to its root.
fn seals(
    members: &BTreeMap<&str, &Member>,
    events: &[ProvedEvent],
    kept: Option<&SealRef>,
    report: &mut BundleReport,
) -> Result<(), Finding> {
    let seals: Vec<SealProof> = parsed(SEALS, &member(members, SEALS)?.bytes)?;
    let mut before: Option<&SealProof> = None;
    for seal in &seals {
        let place = format!("{SEALS}, sigillo {}", seal.n);
        if seal.hash != seal.computed_hash() {
            return Err(Finding::new(place, "l'impronta non corrisponde al contenuto"));
        }
        let follows = before.is_none_or(|b| b.n + 1 == seal.n && b.hash == seal.previous);
        if !follows {
            return Err(Finding::new(place, "non è concatenato al precedente"));
        }
        before = Some(seal);
    }
    for event in events {
        let place = format!("{}, fatto {}", event.stream, event.version);
        let Some(under) = &event.seal else {
            // The newest may be younger than every seal; the others have one.
            if seals.last().is_some_and(|last| last.position >= event.position) {
                return Err(Finding::new(place, "un sigillo lo copre, e la prova non c'è"));
            }
            continue;
        };
        let leaf = chain::leaf(event.position, &event.stream, event.version, &event.hash);
        let root = chain::root_of(leaf, under.index, under.size, &under.path);
        let seal = seals.iter().find(|seal| seal.n == under.n);
        if root.is_none() || root.as_ref() != seal.map(|seal| &seal.root) {
            return Err(Finding::new(place, format!("non è fra i fatti del sigillo {}", under.n)));
        }
        report.sealed += 1;
    }
    if let Some(kept) = kept {
        let same = seals.iter().any(|seal| seal.n == kept.n && seal.hash == kept.hash);
        if !same {
            let place = format!("{SEALS}, sigillo {}", kept.n);
            return Err(Finding::new(place, "non è quello conservato altrove"));
        }
    }
    report.seals = seals.len();
    report.last_seal = before.map(|seal| SealRef { n: seal.n, hash: seal.hash.clone() });
    Ok(())
}

/// Every document that an event names is here with its very bytes, and no other.
fn documents(
    members: &BTreeMap<&str, &Member>,
    events: &[ProvedEvent],
    report: &mut BundleReport,
) -> Result<(), Finding> {
    let index: Vec<Listed> = parsed(INDEX, &member(members, INDEX)?.bytes)?;
    let mut named = BTreeMap::new();
    for event in events {
        let place = format!("{}, fatto {}", event.stream, event.version);
        let payload: Value = parsed(&place, event.payload.as_bytes())?;
        documents_named(&payload, &mut |sha256, media, _| {
            named.entry(sha256.to_owned()).or_insert_with(|| (media.to_owned(), place.clone()));
        });
    }
    for listed in &index {
        let bytes = &member(members, &listed.file)?.bytes;
        if sha256_hex(bytes) != listed.sha256 {
            return Err(Finding::new(&listed.file, "l'impronta non è quella dell'elenco"));
        }
        match named.remove(&listed.sha256) {
            Some((media, _)) if media == listed.media_type => {}
            Some(_) => return Err(Finding::new(&listed.file, "è di un altro tipo")),
            None => return Err(Finding::new(&listed.file, "nessun fatto lo nomina")),
        }
        report.documents += 1;
    }
    if let Some((sha256, (_, place))) = named.into_iter().next() {
        return Err(Finding::new(place, format!("il documento {sha256} che nomina non c'è")));
    }
    let listed: BTreeSet<&str> = index.iter().map(|listed| listed.file.as_str()).collect();
    let extra = members.keys().find(|name| name.starts_with(DOCUMENTS) && !listed.contains(*name));
    extra.map_or(Ok(()), |name| Err(Finding::new(*name, "nessun fatto lo nomina")))
}

/// The votes are those of the facts: the act is folded again and asked.
fn ballots(members: &BTreeMap<&str, &Member>, events: &[ProvedEvent]) -> Result<(), Finding> {
    let stated: Value = parsed(VOTES, &member(members, VOTES)?.bytes)?;
    let case = folded(events.iter().filter(|event| event.stream.starts_with("case/")))?;
    if stated != votes(&case) {
        return Err(Finding::new(VOTES, "i voti non sono quelli che risultano dai fatti"));
    }
    Ok(())
}

/// No signature inside a document is broken; whom to trust is a question of its own.
fn signatures(
    members: &BTreeMap<&str, &Member>,
    trust: &Trust,
    policy: &Policy,
    report: &mut BundleReport,
) -> Result<(), Finding> {
    for (name, member) in members.iter().filter(|(name, _)| name.starts_with(DOCUMENTS)) {
        let signed = fields(&member.bytes).is_ok_and(|all| all.iter().any(|field| field.signed));
        if !signed {
            continue;
        }
        let found = verify_pdf(&member.bytes, None, trust, policy)
            .map_err(|error| Finding::new(*name, error.to_string()))?;
        if let Some(broken) = found.signatures.iter().find(|signature| !signature.intact) {
            let why = broken.reasons.first().map_or("firma alterata", String::as_str);
            return Err(Finding::new(*name, why));
        }
        report.signatures += found.signatures.len();
    }
    Ok(())
}
