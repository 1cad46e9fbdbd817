// SPDX-License-Identifier: AGPL-3.0-or-later
//! The desk: its lines, and how many each view has, in one question.

use crate::fixture::*;
use chrono::{Days, NaiveDate};
use delibera::domain::rows::{Row, TaskRow};
use delibera::store::{DeskCount, DeskCounts, DeskFilter, ReadSet, Store, WriteSet};

on_both_engines!(
    counts_say_what_the_lines_are,
    what_waits_for_others_is_found_behind_what_waits_for_me,
    a_count_ends_where_it_is_told,
);

const ME: &str = "person:ricci";
const OFFICE: &str = "office:ambiente";
const OTHER: &str = "ragioniere";

/// Tasks of an act: holder, what, days from today by which it is due.
async fn act(store: &Store, id: &str, tasks: &[(&str, &str, Option<u64>)]) {
    let stream = format!("case/{id}");
    let row = |(slot, (holder, what, due)): (usize, &(&str, &str, Option<u64>))| {
        Row::Task(TaskRow {
            stream: stream.clone(),
            slot: slot as i64,
            holder: (*holder).into(),
            what: (*what).into(),
            about: String::new(),
            deadline: due.map(in_days),
        })
    };
    let mut rows = vec![Row::Case(case_row(id, 1))];
    rows.extend(tasks.iter().enumerate().map(row));
    let write = WriteSet { rows, ..WriteSet::default() };
    put(store, ReadSet::default(), write).await.expect("act");
}

fn in_days(days: u64) -> NaiveDate {
    day() + Days::new(days)
}

fn asked() -> DeskCount {
    DeskCount {
        own: vec![ME.into()],
        shared: vec![OFFICE.into()],
        followed: vec![ME.into()],
        within: in_days(3).to_string(),
        tasks_max: 500,
        lines_max: 51,
    }
}

async fn lines(store: &Store, holders: &[&str], waits: bool, within: Option<u64>) -> Vec<String> {
    let holders: Vec<String> = holders.iter().map(|holder| (*holder).into()).collect();
    let filter = DeskFilter {
        limit: 51,
        within: within.map(|days| in_days(days).to_string()),
        waits: waits.then(|| vec![ME.into()]),
        ..DeskFilter::default()
    };
    let found = store.desk(&holders, &filter).await.expect("desk");
    found.into_iter().map(|line| line.stream).collect()
}

async fn counts_say_what_the_lines_are(fixture: Fixture) {
    let store = &fixture.store;
    act(store, "mine", &[(ME, "sign", Some(1)), (ME, "follow", None)]).await;
    act(store, "ours", &[(OFFICE, "opine", Some(9)), (ME, "follow", None)]).await;
    act(store, "theirs", &[(OTHER, "opine", Some(1)), (ME, "follow", None)]).await;
    act(store, "both", &[(OTHER, "sign", None), (ME, "sign", None), (ME, "follow", None)]).await;
    act(store, "at-rest", &[(ME, "follow", None)]).await;
    act(store, "free", &[("", "opine", Some(1)), (ME, "follow", None)]).await;
    let own = lines(store, &[ME], false, None).await;
    assert_eq!(own, ["case/mine", "case/both"]);
    let shared = lines(store, &[OFFICE], false, None).await;
    assert_eq!(shared, ["case/ours"]);
    // Of others: what waits for me too is mine, what waits for nobody waits for nobody.
    let waiting = lines(store, &[ME], true, None).await;
    assert_eq!(waiting, ["case/ours", "case/theirs"]);
    let soon = lines(store, &[ME, OFFICE], false, Some(3)).await;
    assert_eq!(soon, ["case/mine"]);
    let counts = store.desk_counts(&asked()).await.expect("counts");
    assert_eq!(counts, DeskCounts { own: 2, shared: 1, waiting: 2, soon: 1 });
}

async fn what_waits_for_others_is_found_behind_what_waits_for_me(fixture: Fixture) {
    let store = &fixture.store;
    for n in 0..60 {
        act(store, &format!("a{n:02}"), &[(ME, "sign", None), (ME, "follow", None)]).await;
    }
    act(store, "z", &[(OTHER, "opine", None), (ME, "follow", None)]).await;
    assert_eq!(lines(store, &[ME], true, None).await, ["case/z"]);
}

async fn a_count_ends_where_it_is_told(fixture: Fixture) {
    let store = &fixture.store;
    for n in 0..12 {
        act(store, &format!("a{n:02}"), &[(ME, "sign", Some(1))]).await;
    }
    let few = DeskCount { tasks_max: 7, lines_max: 5, ..asked() };
    let counts = store.desk_counts(&few).await.expect("counts");
    assert_eq!(counts, DeskCounts { own: 7, shared: 0, waiting: 0, soon: 5 });
}
