// SPDX-License-Identifier: AGPL-3.0-or-later
//! From the database to the container.

use super::container::{self, Member};
use super::{DOCUMENTS, EVENTS, INDEX, Listed, MAILS, README, SEALS, VOTES, folded, votes};
use crate::domain::case::Case;
use crate::domain::law::calendar::{date_short, rome_date};
use crate::domain::stream::{StreamId, StreamKind};
use crate::domain::world::World;
use crate::service::execute::{ExecuteError, Executor};
use crate::service::keyring::Keyring;
use crate::service::verify::documents_named;
use crate::store::{JobFilter, Proof, ProvedEvent, StoreError};
use delibera_signature::SignError;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why there is no container.
#[derive(Debug, Error)]
pub enum ExportError {
    /// There is no such act.
    #[error("il fascicolo «{0}» non c'è")]
    Unknown(String),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record cannot be read.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A document that an event names is not there.
    #[error(
        "il documento {0} è nominato da un fatto e non è nell'archivio: eseguire «delibera verify»"
    )]
    Missing(String),
    /// The seal of the entity cannot be put.
    #[error("il contenitore non si può sigillare: {0}")]
    Seal(#[from] SignError),
    /// The container cannot be written.
    #[error("il contenitore non si può scrivere: {0}")]
    Container(String),
}

/// Events of a sitting that belong to its papers or to other acts.
const OF_PAPERS: [&str; 4] = ["paper_owed", "paper_prepared", "paper_signed", "augmented"];

/// The evidence of an act, sealed by the entity; `progress` is told the documents read.
///
/// # Errors
/// No such act, a document missing, no key for the seal.
pub async fn export(
    executor: &Executor,
    keys: &Keyring,
    id: &str,
    progress: impl FnMut(usize),
) -> Result<Vec<u8>, ExportError> {
    let stream = StreamId::case(id);
    let world = executor.world(std::slice::from_ref(&stream)).await?;
    let case = world.cases.get(id).filter(|case| case.exists());
    let case = case.ok_or_else(|| ExportError::Unknown(id.to_owned()))?;
    let sittings = sittings_of(case);
    let streams: Vec<StreamId> =
        std::iter::once(stream.clone()).chain(sittings.iter().map(StreamId::sitting)).collect();
    let mut proof = executor.store.snapshot().await?.prove(&streams).await?;
    for events in &mut proof.streams {
        if events.first().is_some_and(|event| event.stream != stream.to_string()) {
            events.retain(|event| concerns(event, id));
        }
    }
    // The act as these very events tell it, whatever was recorded between the two readings.
    let case = folded(proof.streams.iter().take(1).flatten())
        .map_err(|finding| ExportError::Container(finding.to_string()))?;
    let members = members(executor, &world, &case, &streams, &proof, progress).await?;
    let manifest = container::manifest(&members);
    let comune = &world.registry.comune;
    let signature = keys.seal_detached(comune, manifest.as_bytes(), executor.clock.now())?;
    container::pack(&members, &manifest, &signature)
        .map_err(|error| ExportError::Container(error.to_string()))
}

fn sittings_of(case: &Case) -> BTreeSet<String> {
    let held = case.treatment.iter().chain(&case.not_voted).map(|t| t.sitting.clone());
    held.chain(case.sitting.clone()).filter(|id| !id.is_empty()).collect()
}

/// An event of a sitting that speaks of this act, or of the sitting as a whole.
fn concerns(event: &ProvedEvent, id: &str) -> bool {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let about = payload.get("case").and_then(Value::as_str);
    about.is_none_or(|case| case == id) && !OF_PAPERS.contains(&event.kind.as_str())
}

async fn members(
    executor: &Executor,
    world: &World,
    case: &Case,
    streams: &[StreamId],
    proof: &Proof,
    progress: impl FnMut(usize),
) -> Result<Vec<Member>, ExportError> {
    let mut members = vec![Member::new(README, "text/plain", readme(world, case, proof))];
    for (stream, events) in streams.iter().zip(&proof.streams) {
        let name = match stream.kind {
            StreamKind::Sitting => format!("{EVENTS}seduta-{}.jsonl", stream.id),
            _ => format!("{EVENTS}fascicolo.jsonl"),
        };
        let lines: Vec<String> = events.iter().map(json_text).collect();
        members.push(Member::new(name, "application/jsonl", lines.join("\n") + "\n"));
    }
    members.push(Member::new(SEALS, "application/json", json_text(&proof.seals)));
    members.push(Member::new(VOTES, "application/json", json_text(&votes(case))));
    let mails = mails(executor, world, case).await?;
    members.push(Member::new(MAILS, "application/json", json_text(&mails)));
    let (index, documents) = documents(executor, proof, progress).await?;
    members.push(Member::new(INDEX, "application/json", json_text(&index)));
    members.extend(documents);
    Ok(members)
}

fn json_text(value: &impl Serialize) -> String {
    // Our own types: strings, numbers and lists.
    serde_json::to_string(value).unwrap_or_default()
}

/// Every document that the events name, once, under a name that says what it is.
async fn documents(
    executor: &Executor,
    proof: &Proof,
    mut progress: impl FnMut(usize),
) -> Result<(Vec<Listed>, Vec<Member>), ExportError> {
    let (mut index, mut members): (Vec<Listed>, Vec<Member>) = (Vec::new(), Vec::new());
    for event in proof.streams.iter().flatten() {
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        let mut named = Vec::new();
        documents_named(&payload, &mut |sha256, media, label| {
            named.push((sha256.to_owned(), media.to_owned(), label.to_owned()));
        });
        for (sha256, media_type, label) in named {
            if index.iter().any(|known| known.sha256 == sha256) {
                continue;
            }
            let found = executor.store.document(&sha256).await?;
            let bytes = found.ok_or_else(|| ExportError::Missing(sha256.clone()))?.bytes;
            let file =
                format!("{DOCUMENTS}{:03}-{}", index.len() + 1, file_name(&label, &media_type));
            let event = format!("{} v{}", event.stream, event.version);
            members.push(Member::new(file.clone(), safe_type(&media_type), bytes));
            index.push(Listed { file, sha256, media_type, event });
            progress(index.len());
        }
    }
    Ok((index, members))
}

/// Letters, digits and hyphens, with the extension the type asks for.
fn file_name(label: &str, media_type: &str) -> String {
    let (stem, given) = label.rsplit_once('.').unwrap_or((label, ""));
    let plain: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let stem: String = parts.join("-").chars().take(60).collect();
    let extension = match media_type {
        "application/pdf" => "pdf",
        "application/pkcs7-mime" => "p7m",
        _ if !given.is_empty() && given.len() <= 5 && given.is_ascii() => given,
        _ => "bin",
    };
    let stem = if stem.is_empty() { "documento" } else { &stem };
    format!("{}.{}", stem.to_lowercase(), extension.to_lowercase())
}

/// A MIME type as the manifest may carry it.
fn safe_type(media_type: &str) -> &str {
    let safe = |c: char| c.is_ascii_alphanumeric() || "/.+-_".contains(c);
    if media_type.chars().all(safe) { media_type } else { "application/octet-stream" }
}

/// What was written to whom about the act, and what became of it.
async fn mails(executor: &Executor, world: &World, case: &Case) -> Result<Vec<Value>, ExportError> {
    let stream = StreamId::case(&case.id).to_string();
    let mut lines = Vec::new();
    // What a reminder says to each is owed by no fact: it stands under no stream, and names the act.
    for (kind, stream) in [("mail", &*stream), ("remind", &*stream), ("mail", "")] {
        let (kind, of) = (Some(kind.into()), Some(stream.to_owned()));
        let filter = JobFilter { kind, stream: of, ..JobFilter::default() };
        for job in executor.store.jobs(&filter).await? {
            let about = job.payload.get("case").and_then(Value::as_str);
            if stream.is_empty() && about != Some(case.id.as_str()) {
                continue;
            }
            let person = job.payload.get("person").and_then(Value::as_str).unwrap_or_default();
            let to = world.registry.people.get(person).map(|p| p.email.clone());
            lines.push(json!({
                "job": job.key, "what": job.payload, "to": to, "due_at": job.due_at,
                "state": job.state.as_str(), "attempts": job.attempts,
                "finished_at": job.finished_at, "message_id": job.note, "error": job.last_error,
            }));
        }
    }
    Ok(lines)
}

fn readme(world: &World, case: &Case, proof: &Proof) -> String {
    let comune = &world.registry.comune.name;
    let number = world.workflow(case).ok().and_then(|workflow| {
        let number = case.act_number(&workflow)?;
        let day = date_short(number.date);
        Some(format!("n. {}/{} del {day}", number.number, number.year))
    });
    let number = number.unwrap_or_else(|| "non ancora numerato".into());
    let events: usize = proof.streams.iter().map(Vec::len).sum();
    let sealed = proof.streams.iter().flatten().filter(|event| event.seal.is_some()).count();
    let last = proof.seals.last().map_or_else(
        || "Nessun sigillo copre ancora questi fatti.".to_owned(),
        |seal| {
            format!(
                "Ultimo sigillo dell'archivio, da confrontare con quello conservato altrove:\n  {}:{}",
                seal.n, seal.hash
            )
        },
    );
    let updated = case.updated.map(|at| date_short(rome_date(at))).unwrap_or_default();
    format!(
        "{comune}\nAtto {number}\n{}\n\n\
         Questo contenitore (ASiC-E, ETSI EN 319 162-1) prova da solo la storia dell'atto fino al {updated}:\n\
         {events} fatti, {sealed} dei quali coperti da un sigillo dell'archivio. Può contenere dati personali e\n\
         documenti riservati: non va pubblicato.\n\n\
         eventi/           i fatti, uno per riga, con tutto ciò che la loro impronta copre\n\
         sigilli.json      i sigilli dell'archivio che li coprono, fino all'ultimo\n\
         votazioni.json    presenze, voti ed esiti, come risultano dai fatti\n\
         messaggi.json     che cosa è stato scritto a chi, e com'è andata\n\
         documenti/        i documenti che i fatti nominano; documenti.json dice quale fatto\n\n\
         Si verifica, anche senza rete e su un'altra macchina, con\n  \
         delibera verify FILE.asice\n\
         e, senza Delibera, con\n  \
         openssl cms -verify -binary -inform DER -in META-INF/signature.p7s \\\n    \
         -content META-INF/ASiCManifest.xml -CAfile AUTORITA.pem\n\
         e confrontando le impronte SHA-256 (in Base64) di META-INF/ASiCManifest.xml con i file.\n\
         Come si calcolano le impronte dei fatti e dei sigilli è scritto in src/store/chain.rs.\n\n\
         {last}\n",
        case.content.subject
    )
}
