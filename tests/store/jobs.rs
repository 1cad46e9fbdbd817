// SPDX-License-Identifier: AGPL-3.0-or-later
//! Jobs: leased once, retried, never dropped; schedules fire once.

use crate::fixture::*;
use delibera::service::schedule::{Occurrence, Task};
use delibera::store::{Failure, Job, JobCounts, JobFilter, JobState, ReadSet, Store, WriteSet};
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::JoinSet;

on_both_engines!(
    a_job_is_owed_once,
    eight_workers_never_share_a_job,
    a_lease_runs_out,
    jobs_are_done_together_each_with_its_note,
    failures_are_retried_then_kept,
    what_is_put_off_has_not_failed,
    kinds_are_chosen,
    a_schedule_fires_once,
);

fn done<'a>(key: &'a str, note: &str) -> BTreeMap<&'a str, String> {
    BTreeMap::from([(key, note.to_owned())])
}

async fn owe(store: &Store, jobs: Vec<delibera::domain::stream::NewJob>) {
    let write = WriteSet { jobs, ..WriteSet::default() };
    put(store, ReadSet::default(), write).await.expect("owe");
}

async fn a_job_is_owed_once(fixture: Fixture) {
    let store = &fixture.store;
    owe(store, vec![job("mail/1", at(0)), job("mail/1", at(5))]).await;
    owe(store, vec![job("mail/1", at(9)), job("mail/2", at(60))]).await;
    let jobs = store.jobs(&JobFilter::default()).await.expect("jobs");
    let due: Vec<_> = jobs.iter().map(|job| (job.key.as_str(), job.due_at)).collect();
    assert_eq!(due, [("mail/1", at(0)), ("mail/2", at(60))]);
    assert_eq!(store.next_due().await.expect("due"), Some(at(0)));
    // What is done is not owed again by the same fact.
    let taken = claim(store, "w", 1).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(store.finish(&done("mail/1", "250 ok"), "w", at(2)).await.expect("finish"), 1);
    owe(store, vec![job("mail/1", at(9))]).await;
    let done = JobFilter { state: Some(JobState::Done), ..JobFilter::default() };
    let finished = store.jobs(&done).await.expect("jobs");
    assert_eq!(finished[0].note.as_deref(), Some("250 ok"));
    assert_eq!(finished[0].finished_at, Some(at(2)));
    assert_eq!(store.next_due().await.expect("due"), Some(at(60)));
}

async fn claim(store: &Store, worker: &str, seconds: i64) -> Vec<Job> {
    store.claim(&[], worker, at(seconds), 30, 10).await.expect("claim")
}

async fn eight_workers_never_share_a_job(fixture: Fixture) {
    let other = fixture.other_process().await;
    owe(&fixture.store, (0..300).map(|n| job(&format!("mail/{n}"), at(n % 7))).collect()).await;
    let mut tasks = JoinSet::new();
    for worker in 0..8 {
        let store = if worker % 2 == 0 { fixture.store.clone() } else { other.clone() };
        tasks.spawn(async move {
            let name = format!("w{worker}");
            let mut mine = Vec::new();
            loop {
                let jobs = store.claim(&[], &name, at(10), 30, 3).await.expect("claim");
                if jobs.is_empty() {
                    return mine;
                }
                for job in jobs {
                    assert_eq!((job.attempts, job.state), (1, JobState::Running));
                    assert_eq!(
                        store.finish(&done(&job.key, ""), &name, at(11)).await.expect("finish"),
                        1
                    );
                    mine.push(job.key);
                }
            }
        });
    }
    let done: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(done.len(), 300);
    assert_eq!(done.into_iter().collect::<BTreeSet<_>>().len(), 300);
    let counts = fixture.store.job_counts().await.expect("counts");
    assert_eq!(counts, JobCounts { done: 300, ..JobCounts::default() });
    assert_eq!(fixture.store.open_job_counts().await.expect("counts"), JobCounts::default());
}

async fn a_lease_runs_out(fixture: Fixture) {
    let store = &fixture.store;
    owe(store, vec![job("mail/1", at(0))]).await;
    assert!(claim(store, "early", -1).await.is_empty(), "not due yet");
    assert_eq!(claim(store, "dead", 0).await.len(), 1);
    assert!(claim(store, "alive", 29).await.is_empty(), "still leased");
    assert!(store.renew("mail/1", "dead", at(50)).await.expect("renew"));
    assert!(claim(store, "alive", 49).await.is_empty(), "renewed");
    assert_eq!(store.next_due().await.expect("due"), Some(at(50)));
    let taken = claim(store, "alive", 50).await;
    assert_eq!((taken.len(), taken[0].attempts), (1, 2));
    let refused = store.finish(&done("mail/1", ""), "dead", at(51)).await.expect("finish");
    assert_eq!(refused, 0, "not his any more");
    assert!(!store.renew("mail/1", "dead", at(99)).await.expect("renew"));
    assert_eq!(store.finish(&done("mail/1", ""), "alive", at(51)).await.expect("finish"), 1);
}

async fn failures_are_retried_then_kept(fixture: Fixture) {
    let store = &fixture.store;
    owe(store, vec![job("mail/1", at(0))]).await;
    claim(store, "w", 0).await;
    let retry = Failure::RetryAt(at(60));
    assert!(store.fail("mail/1", "w", at(1), "451 busy", retry).await.expect("fail"));
    assert!(claim(store, "w", 59).await.is_empty(), "backs off");
    let again = claim(store, "w", 60).await;
    assert_eq!((again[0].attempts, again[0].last_error.as_deref()), (2, Some("451 busy")));
    assert!(store.fail("mail/1", "w", at(61), "550 unknown", Failure::Dead).await.expect("fail"));
    assert!(claim(store, "w", 1_000_000).await.is_empty(), "dead letters rest");
    let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    let letters = store.jobs(&dead).await.expect("jobs");
    assert_eq!(letters[0].last_error.as_deref(), Some("550 unknown"));
    assert_eq!(store.job_counts().await.expect("counts").dead, 1);
    assert_eq!(store.next_due().await.expect("due"), None);
    assert!(store.give_up("mail/1", at(90), "rinuncia di Ada Riva: cessato").await.expect("up"));
    let counts = store.job_counts().await.expect("counts");
    assert_eq!((counts.dead, counts.given_up), (0, 1), "answered for, and still there");
    assert_eq!(store.open_job_counts().await.expect("counts"), counts, "none is done");
    assert!(store.requeue("mail/1", at(100)).await.expect("requeue"));
    assert!(!store.requeue("mail/1", at(100)).await.expect("requeue"), "not dead any more");
    let again = claim(store, "w", 100).await;
    assert_eq!((again[0].attempts, again[0].note.as_deref()), (1, None));
    assert!(!store.give_up("mail/1", at(101), "no").await.expect("up"), "someone has it");
}

/// A job that waited for its day a hundred times has not failed once: the first failure is not the
/// last word.
async fn what_is_put_off_has_not_failed(fixture: Fixture) {
    let store = &fixture.store;
    owe(store, vec![job("mail/1", at(0))]).await;
    for n in 0..100 {
        assert_eq!(claim(store, "w", n).await.len(), 1);
        assert!(store.put_off("mail/1", "w", at(n + 1), "non ancora").await.expect("put off"));
    }
    assert!(!store.put_off("mail/1", "other", at(9), "").await.expect("put off"), "not his");
    let taken = claim(store, "w", 100).await;
    assert_eq!(taken[0].attempts, i64::from(delibera::store::PUT_OFF_ATTEMPTS) + 1);
}

async fn kinds_are_chosen(fixture: Fixture) {
    let store = &fixture.store;
    let paper = delibera::domain::stream::NewJob { kind: "paper".into(), ..job("paper/1", at(0)) };
    owe(store, vec![job("mail/1", at(0)), paper]).await;
    let papers = store.claim(&["paper", "list"], "w", at(1), 30, 10).await.expect("claim");
    assert_eq!(papers.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["paper/1"]);
    let mails = JobFilter { kind: Some("mail".into()), limit: Some(5), ..JobFilter::default() };
    assert_eq!(store.jobs(&mails).await.expect("jobs").len(), 1);
}

/// The hourly seal of two processes: each queues it at its look, one of them performs it.
async fn a_schedule_fires_once(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.other_process().await];
    let seal = Occurrence { due_at: at(3600), task: Task::HourlySeal };
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let (store, job) = (stores[n % 2].clone(), seal.job());
        tasks.spawn(async move {
            owe(&store, vec![job]).await;
            store.claim(&[], &format!("w{n}"), at(3600), 30, 10).await.expect("claim").len()
        });
    }
    let performed: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(performed, 1, "one lease, whoever queued it");
    let next = Occurrence { due_at: at(7200), ..seal };
    owe(&fixture.store, vec![next.job()]).await;
    assert_eq!(claim(&fixture.store, "w", 7200).await.len(), 2, "the next one, and the lost lease");
}

async fn jobs_are_done_together_each_with_its_note(fixture: Fixture) {
    let store = &fixture.store;
    owe(store, vec![job("mail/1", at(0)), job("mail/2", at(0)), job("mail/3", at(0))]).await;
    assert_eq!(claim(store, "w", 1).await.len(), 3);
    // The lease of one passed to another meanwhile.
    fixture
        .raw("UPDATE job_state SET leased_by = 'other' WHERE key = 'mail/2'")
        .await
        .expect("raw");
    let notes = [("mail/1", "uno «è»"), ("mail/2", "due"), ("mail/3", "\"tre\"")];
    let done = notes.map(|(key, note)| (key, note.to_owned())).into();
    assert_eq!(store.finish(&done, "w", at(2)).await.expect("finish"), 2);
    let jobs = store.jobs(&JobFilter::default()).await.expect("jobs");
    let seen: Vec<_> = jobs.iter().map(|job| (job.state, job.note.as_deref())).collect();
    let is_done = |note| (JobState::Done, Some(note));
    assert_eq!(seen, [is_done("uno «è»"), (JobState::Running, None), is_done("\"tre\"")]);
}
