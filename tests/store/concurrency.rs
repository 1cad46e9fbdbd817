// SPDX-License-Identifier: AGPL-3.0-or-later
//! Many at once: group commit, gapless numbers, guards between processes.

use crate::fixture::*;
use delibera::domain::refusal::Refusal;
use delibera::domain::stream::*;
use delibera::store::{Loaded, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

on_both_engines!(
    commands_on_one_stream_are_serialised,
    concurrent_commands_share_commits,
    a_thousand_numberings_leave_no_gap,
    a_guilty_command_does_not_harm_its_neighbours,
    a_number_received_is_of_one_act,
    what_was_only_read_is_guarded_too,
);

async fn commands_on_one_stream_are_serialised(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.other_process().await];
    let case = StreamId::case("c1");
    let mut tasks = JoinSet::new();
    for n in 0..200 {
        let (store, case) = (stores[n % 2].clone(), case.clone());
        tasks.spawn(async move {
            let read = ReadSet::streams([case.clone()]);
            let decide = move |loaded: &Loaded| {
                let mut counted = event(&case, "counted");
                counted.payload = serde_json::json!(loaded.version(&case));
                let events = vec![counted];
                Outcome::Write(WriteSet { events, ..WriteSet::default() }, ())
            };
            store.write(read, decide).await.expect("write").events[0].clone()
        });
    }
    let answered = tasks.join_all().await;
    let stored = fixture.store.stream(&case).await.expect("stream");
    for (n, event) in stored.iter().enumerate() {
        assert_eq!(event.event.payload, n, "decided on the state just before it");
    }
    let mut answered: Vec<_> = answered.into_iter().collect();
    answered.sort_by_key(|event| event.version);
    assert_eq!(answered, stored, "answers are what is stored");
    verify(&fixture.store).await;
}

async fn concurrent_commands_share_commits(fixture: Fixture) {
    let mut tasks = JoinSet::new();
    for n in 0..500 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            append(&store, vec![event(&StreamId::case(format!("c{n}")), "drafted")]).await;
        });
    }
    tasks.join_all().await;
    let counters = fixture.store.counters();
    assert_eq!(counters.writes, 500);
    assert!(counters.commits <= 250, "{counters:?}");
    assert_eq!(verify(&fixture.store).await.streams, 500);
    // One command alone: one commit, and on PostgreSQL two round trips.
    append(&fixture.store, vec![event(&StreamId::case("alone"), "drafted")]).await;
    let after = fixture.store.counters();
    assert_eq!(after.commits - counters.commits, 1);
    if !fixture.is_sqlite() {
        assert_eq!(after.round_trips - counters.round_trips, 2);
    }
}

async fn a_thousand_numberings_leave_no_gap(fixture: Fixture) {
    open_register(&fixture.store, "deliberazioni", 0).await;
    let stores = [fixture.store.clone(), fixture.other_process().await];
    let mut tasks = JoinSet::new();
    for n in 0..1000 {
        let store = stores[n % 2].clone();
        tasks.spawn(async move {
            let case = StreamId::case(format!("c{n:04}"));
            take_number(&store, "deliberazioni", case).await.expect("number").value
        });
    }
    let taken: BTreeSet<i64> = tasks.join_all().await.into_iter().collect();
    assert_eq!(taken, (1..=1000).collect());
    let lines = fixture.store.register("deliberazioni", 2026).await.expect("register");
    assert!(lines.iter().map(|line| line.number).eq(1..=1000));
    verify(&fixture.store).await;
}

/// A number received twice breaks the append of a whole batch: only its command must pay, and
/// no number of ours may be lost with it.
async fn a_guilty_command_does_not_harm_its_neighbours(fixture: Fixture) {
    open_register(&fixture.store, "albo", 0).await;
    let received = |case: StreamId| {
        let write = WriteSet {
            events: vec![event(&case, "protocolled")],
            numbers: vec![NumberTaken { external: true, ..number("protocollo", 7, &case) }],
            ..WriteSet::default()
        };
        (ReadSet::streams([case]).register("albo", 2026), write)
    };
    let (read, write) = received(StreamId::case("first"));
    put(&fixture.store, read, write).await.expect("received once");
    let mut good = JoinSet::new();
    let mut bad = JoinSet::new();
    for n in 0..100 {
        let store = fixture.store.clone();
        if n % 10 == 5 {
            let (read, write) = received(StreamId::case(format!("bad{n}")));
            bad.spawn(async move { put(&store, read, write).await });
        } else {
            good.spawn(async move {
                let case = StreamId::case(format!("good{n}"));
                take_number(&store, "albo", case).await.expect("number").value
            });
        }
    }
    let taken: BTreeSet<i64> = good.join_all().await.into_iter().collect();
    assert_eq!(taken, (1..=90).collect());
    for answer in bad.join_all().await {
        assert!(matches!(answer, Err(WriteError::Store(StoreError::NumberExists))), "{answer:?}");
    }
    verify(&fixture.store).await;
}

/// Two acts cannot be given one number by another system, not even in one batch.
async fn a_number_received_is_of_one_act(fixture: Fixture) {
    let mut asked = JoinSet::new();
    for n in 0..20 {
        let store = fixture.store.clone();
        asked.spawn(async move {
            let case = StreamId::case(format!("c{n}"));
            let write = WriteSet {
                events: vec![event(&case, "protocolled")],
                numbers: vec![NumberTaken { external: true, ..number("protocollo", 7, &case) }],
                ..WriteSet::default()
            };
            put(&store, ReadSet::streams([case]), write).await.is_ok()
        });
    }
    let given = asked.join_all().await.into_iter().filter(|given| *given).count();
    assert_eq!(given, 1);
    let lines = fixture.store.register("protocollo", 2026).await.expect("lines");
    assert_eq!(lines.len(), 1);
    verify(&fixture.store).await;
}

/// A case may be signed while the mandate stands; the mandate may be revoked while nothing is
/// signed. Each reads what the other writes: at most one of the two may happen.
async fn what_was_only_read_is_guarded_too(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.other_process().await];
    for round in 0..60 {
        let (case, sitting) =
            (StreamId::case(format!("c{round}")), StreamId::sitting(format!("s{round}")));
        append(&stores[0], vec![event(&case, "drafted"), event(&sitting, "begun")]).await;
        let (first, second) = tokio::join!(
            write_unless(&stores[0], &case, &sitting),
            write_unless(&stores[1], &sitting, &case)
        );
        let happened = usize::from(first.is_ok()) + usize::from(second.is_ok());
        assert_eq!(happened, 1, "{first:?} {second:?}");
    }
}

/// Appends to one stream if the other has one event only.
async fn write_unless(store: &Store, to: &StreamId, unless: &StreamId) -> Result<(), WriteError> {
    let read = ReadSet::streams([to.clone(), unless.clone()]);
    let (to, unless) = (to.clone(), unless.clone());
    let decide = move |loaded: &Loaded| {
        if loaded.version(&unless) > 1 {
            return Outcome::Refused(Refusal::new("too_late", "", "", "tardi"));
        }
        let events = vec![event(&to, "moved")];
        Outcome::Write(WriteSet { events, ..WriteSet::default() }, ())
    };
    store.write(read, decide).await.map(|_| ())
}
