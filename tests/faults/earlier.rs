// SPDX-License-Identifier: AGPL-3.0-or-later
//! An archive that an earlier version left (tests/fixtures) becomes one of this version, with its
//! facts, its chains and its documents as they were, and its acts go on.

use crate::folder;
use delibera::domain::stream::StoredEvent;
use delibera::service::migration::migrate;
use delibera::service::scenario;
use delibera::service::verify::verify;
use delibera::store::{SealRef, Store};
use flate2::read::GzDecoder;
use std::fs::File;
use std::path::{Path, PathBuf};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// The archives kept, each under the number of its last migration.
fn kept() -> Vec<PathBuf> {
    let files = std::fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "gz")).collect();
    kept.sort();
    kept
}

async fn events(store: &Store) -> Vec<StoredEvent> {
    store.events_after(0, i64::MAX).await.unwrap()
}

async fn goes_on(archive: &Path) {
    let name = archive.file_name().unwrap().to_str().unwrap();
    let dir = folder(&name.replace('.', "-"));
    for results in ["acts", "mail"] {
        std::fs::create_dir(dir.join(results)).unwrap();
    }
    let file = dir.join("delibera.db");
    let mut whole = GzDecoder::new(File::open(archive).unwrap());
    std::io::copy(&mut whole, &mut File::create(&file).unwrap()).unwrap();
    let store = Store::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let (before, seal) = (events(&store).await, store.last_seal().await.unwrap().unwrap());
    let seal = SealRef { n: seal.n, hash: seal.hash };
    migrate(&store).await.unwrap();
    assert_eq!(events(&store).await, before, "{name}: the facts are those that were there");
    let report = verify(&store, Some(&seal), |_| {}).await.unwrap();
    assert_eq!(report.finding, None, "{name}");
    assert!(report.documents > 20 && before.len() > 80, "{name}: {report:?}");
    store.close().await;

    let more = scenario::load(&Path::new(FIXTURES).join("seguito.toml")).unwrap();
    let runner = scenario::go_on(more, &dir).await.unwrap();
    let report = runner.go(|_| {}).await.unwrap();
    assert_eq!(report.expectations.failed, Vec::<String>::new(), "{name}");
    let store = Store::connect_read_only(&format!("sqlite:{}", file.display())).await.unwrap();
    let report = verify(&store, Some(&seal), |_| {}).await.unwrap();
    assert_eq!(report.finding, None, "{name}");
    assert!(report.events > i64::try_from(before.len()).unwrap() + 40, "{name}: {report:?}");
    store.close().await;
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archives_of_earlier_versions_go_on() {
    let kept = kept();
    assert!(!kept.is_empty(), "{FIXTURES} holds no archive");
    for archive in &kept {
        // Larger than the stack of a test.
        Box::pin(goes_on(archive)).await;
    }
}
