// SPDX-License-Identifier: AGPL-3.0-or-later
//! A life in a real archive: its chains, its seals, and `verify` over a history nobody thought of.

use super::Town;
use crate::domain::digest::sha256_hex;
use crate::domain::law::calendar::rome_date;
use crate::domain::stream::NewDocument;
use crate::service::verify::{documents_named, verify};
use crate::store::{Outcome, ReadSet, SealRef, Store, WriteError, WriteSet};
use std::collections::BTreeMap;

impl Town {
    /// Writes what this life wrote, in its order, with a seal at the end of every day, and verifies it
    /// with the last seal in hand. Only of lives that kept what they wrote.
    pub(super) fn archive_holds(&mut self) -> Result<(), String> {
        let Some(written) = self.archived.take() else { return Ok(()) };
        let contents = (1..=self.serial).map(|serial| self.content_of(serial));
        let contents: BTreeMap<String, Vec<u8>> =
            contents.map(|bytes| (sha256_hex(&bytes), bytes)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let done = runtime.block_on(archived(written, contents));
        let finding = done.map_err(|error| format!("archivio: {error}"))?;
        finding.map_or(Ok(()), |finding| Err(format!("archivio: {finding}")))
    }
}

async fn archived(
    written: Vec<WriteSet>,
    contents: BTreeMap<String, Vec<u8>>,
) -> Result<Option<String>, WriteError> {
    let store = Store::connect("sqlite::memory:").await?;
    store.migrate().await?;
    let mut today = None;
    for mut write in written {
        let Some(event) = write.events.first() else { continue };
        let (now, day) = (event.recorded_at, rome_date(event.recorded_at));
        if today.is_some_and(|today| today != day) {
            store.seal(now).await?;
        }
        today = Some(day);
        write.documents = documents(&write, &contents);
        let mut read = ReadSet::streams(write.events.iter().map(|event| event.stream.clone()));
        for opened in &write.opened {
            read = read.register(opened.register.clone(), opened.year);
        }
        for taken in &write.numbers {
            read = read.register(taken.register.clone(), taken.year);
        }
        store.write(read, move |_| Outcome::Write(write.clone(), ())).await?;
    }
    let last = store.last_seal().await?.map(|seal| SealRef { n: seal.n, hash: seal.hash });
    let report = verify(&store, last.as_ref(), |_| {}).await?;
    store.close().await;
    Ok(report.finding.map(|finding| finding.to_string()))
}

/// The documents that the facts of a write name.
fn documents(write: &WriteSet, contents: &BTreeMap<String, Vec<u8>>) -> Vec<NewDocument> {
    let mut named: BTreeMap<String, NewDocument> = BTreeMap::new();
    for event in &write.events {
        documents_named(&event.payload, &mut |sha256, media_type, _| {
            if let Some(bytes) = contents.get(sha256) {
                let (sha256, media_type) = (sha256.to_owned(), media_type.to_owned());
                let document = NewDocument { sha256, media_type, bytes: bytes.clone() };
                named.insert(document.sha256.clone(), document);
            }
        });
    }
    named.into_values().collect()
}
