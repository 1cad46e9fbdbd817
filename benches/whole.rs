// SPDX-License-Identifier: AGPL-3.0-or-later
//! `whole [TOGETHER] [ROUNDS]`: whole cycles a second. A cycle is the act of the demo, from the draft
//! to its full effect: every document composed, signed and checked, every message written, every job
//! done; each in a Comune of its own, so many at a time. Nothing is printed of a cycle that did not go
//! as its scenario says or whose record does not verify.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measure stops at the first surprise"
)]

#[path = "figures.rs"]
mod figures;

use delibera::service::scenario::{Runner, demo, run};
use delibera::service::verify::verify;
use delibera::store::{Report, Store};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[tokio::main]
async fn main() {
    let mut arguments = figures::arguments();
    let machine = std::thread::available_parallelism().map_or(1, usize::from);
    let together = arguments.next().unwrap_or(machine);
    let rounds = arguments.next().unwrap_or(5);
    let folder = std::env::temp_dir().join(format!("delibera-interi-{}", std::process::id()));
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let folders: Vec<PathBuf> = (0..together).map(|n| folder.join(n.to_string())).collect();
        let mut comuni = Vec::new();
        for folder in &folders {
            comuni.push(ready(folder).await);
        }
        let start = Instant::now();
        let lives = comuni.into_iter().map(|comune| tokio::spawn(live(comune)));
        let mut mails = 0;
        for life in lives.collect::<Vec<_>>() {
            mails = life.await.unwrap();
        }
        let rate = together as f64 / start.elapsed().as_secs_f64();
        for folder in &folders {
            let found = verified(folder).await;
            println!(
                "{rate:.2} cycles a second; each {} facts, {} documents, {mails} messages",
                found.events, found.documents
            );
        }
        rates.push(rate);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let (median, least, most) = figures::spread(rates);
    println!("{median:.2} ({least:.2}–{most:.2}) cycles a second");
}

/// A Comune with its people, before the first gesture.
async fn ready(folder: &Path) -> Runner {
    std::fs::create_dir_all(folder).unwrap();
    run(demo().unwrap(), folder, None).await.unwrap()
}

/// The whole cycle; how many messages left.
async fn live(comune: Runner) -> usize {
    let report = comune.go(|_| {}).await.unwrap();
    assert!(report.expectations.failed.is_empty(), "{:?}", report.expectations.failed);
    report.mails.len()
}

async fn verified(folder: &Path) -> Report {
    let url = format!("sqlite:{}", folder.join("delibera.db").display());
    let store = Store::connect(&url).await.unwrap();
    let report = verify(&store, None, |_| {}).await.unwrap();
    assert!(report.finding.is_none(), "{:?}", report.finding);
    store.close().await;
    report
}
