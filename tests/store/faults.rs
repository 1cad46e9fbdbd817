// SPDX-License-Identifier: AGPL-3.0-or-later
//! Crashes, cut connections, a second process: nothing acknowledged is missing, nothing doubles.

use crate::fixture::*;
use delibera::domain::stream::*;
use delibera::store::{Store, StoreError, WriteError};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_refused_on_sqlite() {
    let fixture = Fixture::sqlite().await;
    let error = Store::connect(&fixture.url).await.expect_err("in use");
    assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains("è già in uso da un altro processo"), "{error}");
    append(&fixture.store, vec![event(&StreamId::case("c1"), "drafted")]).await;
    // Whoever only reads may.
    let reader = Store::connect_read_only(&fixture.url).await.expect("reader");
    assert_eq!(reader.stream(&StreamId::case("c1")).await.expect("stream").len(), 1);
    verify(&reader).await;
    let refused = put(&reader, Default::default(), Default::default()).await;
    assert!(matches!(refused, Err(WriteError::Store(StoreError::ReadOnly))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn close_answers_what_is_under_way_and_frees_the_file() {
    let mut fixture = Fixture::sqlite().await;
    let mut tasks = JoinSet::new();
    for n in 0..100 {
        let store = fixture.store.clone();
        let case = StreamId::case(format!("c{n}"));
        tasks.spawn(async move {
            let read = delibera::store::ReadSet::streams([case.clone()]);
            let events = vec![event(&case, "drafted")];
            put(&store, read, delibera::store::WriteSet { events, ..Default::default() }).await
        });
    }
    fixture.store.clone().close().await;
    let answers = tasks.join_all().await;
    let recorded = answers.iter().filter(|answer| answer.is_ok()).count() as i64;
    fixture.reopen().await;
    assert_eq!(verify(&fixture.store).await.events, recorded);
}

/// Backends of PostgreSQL die while commands are under way: each command is recorded once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_neither_lose_nor_double() {
    let fixture = Fixture::postgres().await;
    open_register(&fixture.store, "albo", 0).await;
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let mut taken = Vec::new();
            for round in 0..40 {
                let case = StreamId::case(format!("c{n}-{round}"));
                taken.push(take_number(&store, "albo", case).await.expect("number").value);
            }
            taken
        });
    }
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        fixture.raw(cut).await.expect("cut");
    }
    let taken: Vec<i64> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 320);
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), (1..=320).collect());
    assert_eq!(verify(&fixture.store).await.events, 321);
}

/// The victim: this same program, killed while it writes. Does nothing unless it is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Ok(url) = std::env::var("DELIBERA_VICTIM") else { return };
    let store = open(&url).await;
    if store.register_last("albo", 2026).await.expect("register").is_none() {
        open_register(&store, "albo", 0).await;
    }
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0.. {
                let case = StreamId::case(format!("{}-{n}-{round}", std::process::id()));
                let number = take_number(&store, "albo", case).await.expect("number").value;
                println!("acknowledged {number}");
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_acknowledged_on_sqlite() {
    let folder = folder();
    let url = format!("sqlite:{}", folder.join("delibera.db").display());
    killed_again_and_again(&url).await;
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_it_acknowledged_on_postgres() {
    killed_again_and_again(&crate::postgres::new_database().await).await;
}

async fn killed_again_and_again(url: &str) {
    let mut acknowledged = BTreeSet::new();
    for round in 1..=5 {
        let mut victim = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "faults::victim", "--nocapture"])
            .env("DELIBERA_VICTIM", url)
            .stdout(Stdio::piped())
            .spawn()
            .expect("victim");
        let lines = BufReader::new(victim.stdout.take().expect("output")).lines();
        let mut seen = 0;
        for line in lines.map_while(Result::ok) {
            let Some(number) = line.strip_prefix("acknowledged ") else { continue };
            assert!(acknowledged.insert(number.parse::<i64>().expect("number")), "twice: {line}");
            seen += 1;
            if seen == 40 * round {
                victim.kill().expect("kill");
            }
        }
        victim.wait().expect("wait");
        let store = open(url).await;
        verify(&store).await;
        let lines = store.register("albo", 2026).await.expect("register");
        let stored: BTreeSet<i64> = lines.iter().map(|line| line.number).collect();
        assert!(acknowledged.is_subset(&stored), "acknowledged and lost");
        assert!(seen >= 40 * round);
        store.close().await;
    }
}
