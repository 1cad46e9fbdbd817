// SPDX-License-Identifier: AGPL-3.0-or-later
//! An insider with the database in hand takes away the newest facts and makes everything fit again:
//! heads, rows, jobs, even the seals. Only the seal that was kept elsewhere knows.

use super::folder;
use delibera::domain::case::CaseCommand;
use delibera::domain::command::Command;
use delibera::domain::stream::StreamId;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::execute::{Executor, Request};
use delibera::service::scenario;
use delibera::service::verify::verify;
use delibera::store::{SealRef, Store, restore_file};
use std::sync::Arc;

async fn draft(store: &Store, id: &str) {
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    let world = executor.world(&[StreamId::case("obiettivi")]).await.unwrap();
    let (kind, content) =
        ("deliberazione-giunta".to_owned(), world.cases["obiettivi"].content.clone());
    let command = CaseCommand::Create { kind, content, again_of: None };
    let command = Command::Case { id: id.into(), command };
    executor.execute(Request::new("ricci", command)).await.unwrap();
}

async fn finding(store: &Store, seal: Option<&SealRef>) -> Option<String> {
    let report = verify(store, seal, |_| {}).await.unwrap();
    report.finding.map(|finding| finding.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insider_who_rebuilds_the_end_is_found_by_the_seal_kept_elsewhere() {
    let dir = folder("insider");
    let runner = scenario::run(scenario::demo().unwrap(), &dir.join("demo"), None).await.unwrap();
    runner.go(|_| {}).await.unwrap();
    let store =
        Store::connect(&format!("sqlite:{}/demo/delibera.db", dir.display())).await.unwrap();
    store.backup(&dir.join("prima.db")).await.unwrap();
    draft(&store, "scomodo").await;
    let kept = store.seal(SystemClock.now()).await.unwrap();
    let kept = SealRef { n: kept.n, hash: kept.hash };
    assert_eq!(finding(&store, Some(&kept)).await, None);
    store.close().await;

    // Yesterday's database in the place of today's: it fits, and something is missing.
    let there = dir.join("rifatto.db");
    restore_file(&dir.join("prima.db"), &there).unwrap();
    let store = Store::connect(&format!("sqlite:{}", there.display())).await.unwrap();
    assert_eq!(finding(&store, None).await, None, "it fits by itself");
    let said = finding(&store, Some(&kept)).await.unwrap();
    assert!(said.contains("gli eventi più recenti sono stati tolti"), "{said}");

    // He goes on, and seals with the same number.
    draft(&store, "comodo").await;
    let forged = store.seal(SystemClock.now()).await.unwrap();
    assert_eq!(forged.n, kept.n);
    assert_eq!(finding(&store, None).await, None, "it fits by itself");
    let said = finding(&store, Some(&kept)).await.unwrap();
    assert!(said.contains("è diverso da quello conservato altrove"), "{said}");
    store.close().await;
    std::fs::remove_dir_all(&dir).unwrap();
}
