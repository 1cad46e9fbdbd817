// SPDX-License-Identifier: AGPL-3.0-or-later
//! The demo, on SQLite and on PostgreSQL.

use super::{folder, postgres};
use delibera::service::scenario::{self, Report};
use delibera::service::verify::verify;
use delibera::store::{JobFilter, JobState, SealRef, Store};

async fn run(name: &str, database: Option<&str>) -> Report {
    let dir = folder(name);
    let runner = scenario::run(scenario::demo().unwrap(), &dir, database).await.unwrap();
    let report = runner.go(|_| {}).await.unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_meets_its_expectations_and_gives_the_same_documents_on_both_engines() {
    let url = postgres::new_database().await;
    let sqlite = run("sqlite", None).await;
    let postgres = run("postgres", Some(&url)).await;
    assert!(sqlite.expectations.failed.is_empty(), "{:?}", sqlite.expectations.failed);
    assert!(sqlite.expectations.met >= 15, "{}", sqlite.expectations.met);
    let json = |report: &Report| serde_json::to_value(report).unwrap();
    assert_eq!(json(&sqlite), json(&postgres), "the engines tell the same story");
    let signed = sqlite.documents.iter().filter(|d| !d.signers.is_empty()).count();
    assert_eq!((sqlite.documents.len(), signed), (19, 17), "as the README says");
    let kinds: Vec<&str> = sqlite.documents.iter().map(|d| d.kind.as_str()).collect();
    for kind in ["scheda_istruttoria", "brogliaccio", "elenco_capigruppo", "rapporto_firme"] {
        assert_eq!(kinds.iter().filter(|k| **k == kind).count(), 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_both_engines_every_job_ends_and_the_replay_agrees() {
    for engine in ["sqlite", "postgres"] {
        let dir = folder(&format!("audit-{engine}"));
        let url = match engine {
            "sqlite" => format!("sqlite:{}", dir.join("delibera.db").display()),
            _ => postgres::new_database().await,
        };
        let runner = scenario::run(scenario::demo().unwrap(), &dir, Some(&url)).await.unwrap();
        runner.go(|_| {}).await.unwrap();
        let store = Store::connect(&url).await.unwrap();
        let report = verify(&store, None, |_| {}).await.unwrap();
        assert_eq!(report.finding, None, "{engine}");
        assert!(report.events > 100 && report.documents > 20, "{engine}: {report:?}");
        for job in store.jobs(&JobFilter::default()).await.unwrap() {
            let later = job.key.starts_with("remind") || job.key.starts_with("digest");
            let waits = job.state == JobState::Available && later;
            assert!(job.state == JobState::Done || waits, "{engine}: {} {:?}", job.key, job.state);
        }
        let seal = report.last_seal.unwrap();
        let other = SealRef { hash: "0".repeat(64), ..seal };
        let found = verify(&store, Some(&other), |_| {}).await.unwrap().finding;
        assert!(found.is_some(), "{engine}: another seal was kept elsewhere");
        store.close().await;
    }
}
