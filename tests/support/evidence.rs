// SPDX-License-Identifier: AGPL-3.0-or-later
//! The evidence of an act, made from the demo; its members; a container sealed again after a change.

use base64ct::{Base64, Encoding};
use delibera::domain::digest::sha256;
use delibera::domain::registry::ComuneData;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::evidence;
use delibera::service::execute::Executor;
use delibera::service::keyring::Keyring;
use delibera::service::scenario;
use delibera::store::{SealRef, Store};
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Names and contents, in order.
pub type Members = Vec<(String, Vec<u8>)>;

pub fn unpacked(bytes: &[u8]) -> Members {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|i| {
            let mut file = zip.by_index(i).unwrap();
            let (name, mut content) = (file.name().unwrap().into_owned(), Vec::new());
            file.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

pub fn packed(members: &Members) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (i, (name, content)) in members.iter().enumerate() {
        let method = if i == 0 { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        zip.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method))
            .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What was exported, and what its owner knows.
pub struct Evidence {
    pub bytes: Vec<u8>,
    /// The newest seal of the archive.
    pub seal: SealRef,
    keys: Keyring,
    comune: ComuneData,
    pub dir: PathBuf,
}

/// The evidence of the act of the demo, made in an empty folder.
pub async fn exported(dir: PathBuf) -> Evidence {
    let runner = scenario::run(scenario::demo().unwrap(), &dir, None).await.unwrap();
    runner.go(|_| {}).await.unwrap();
    let url = format!("sqlite:{}", dir.join("delibera.db").display());
    let store = Store::connect_read_only(&url).await.unwrap();
    let seal = store.last_seal().await.unwrap().unwrap();
    let valid_from = SystemClock.now() - chrono::TimeDelta::days(1);
    let keys = Keyring::from_seed(&[9; 32], valid_from).unwrap();
    let executor = Executor::new(store, Arc::new(SystemClock));
    let comune = executor.world(&[]).await.unwrap().registry.comune.clone();
    let bytes = evidence::export(&executor, &keys, "obiettivi", |_| {}).await.unwrap();
    Evidence { bytes, seal: SealRef { n: seal.n, hash: seal.hash }, keys, comune, dir }
}

/// The same members with the manifest and the seal that go with them.
pub fn resealed(evidence: &Evidence, members: &Members) -> Vec<u8> {
    let mut members = members.clone();
    let manifest =
        members.iter().position(|(name, _)| name == "META-INF/ASiCManifest.xml").unwrap();
    let text = String::from_utf8(members[manifest].1.clone()).unwrap();
    let line = |line: &str| {
        let named = members.iter().find(|(name, _)| line.contains(&format!("URI=\"{name}\"")));
        match named.filter(|(name, _)| !name.starts_with("META-INF/")) {
            None => line.to_owned(),
            Some((_, bytes)) => {
                let (before, after) = line.split_once("<ds:DigestValue>").unwrap();
                let after = after.split_once("</ds:DigestValue>").unwrap().1;
                let digest = Base64::encode_string(&sha256(bytes));
                format!("{before}<ds:DigestValue>{digest}</ds:DigestValue>{after}")
            }
        }
    };
    let text: String = text.lines().map(|one| line(one) + "\n").collect();
    let sealed = evidence.keys.seal_detached(&evidence.comune, text.as_bytes(), SystemClock.now());
    members[manifest].1 = text.into_bytes();
    members.last_mut().unwrap().1 = sealed.unwrap();
    packed(&members)
}
