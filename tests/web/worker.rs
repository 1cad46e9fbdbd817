// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who works the queue, over days: what came due while nobody did, and messages that cannot leave.

use crate::comune::{Comune, rome};
use crate::on_both_databases;
use delibera::domain::command::Command;
use delibera::domain::registry::{Person, RegistryCommand};
use delibera::domain::stream::SYSTEM_ACTOR;
use delibera::service::execute::Request;
use delibera::service::scenario;
use delibera::service::schedule::Timetable;
use delibera::service::verify::verify;
use delibera::service::worker::Worker;
use delibera::store::{Job, JobFilter, JobState};
use std::collections::BTreeMap;

on_both_databases!(
    a_seal_missed_during_a_stop_is_made_once,
    after_a_stop_one_digest_says_what_is_to_be_signed,
    one_refused_address_silences_nobody_else,
);

/// A worker with the usual hours: a process that has just started.
fn started(comune: &Comune) -> Worker {
    let timetable = Timetable::new(&BTreeMap::new()).expect("timetable");
    Worker { timetable, ..comune.worker(None) }
}

fn drain(comune: &Comune, worker: &Worker) {
    comune.run(worker.drain()).expect("worked");
}

/// Addresses a message of this kind went to.
fn told(worker: &Worker, message: &str) -> Vec<String> {
    let sent = worker.sent.lock().expect("sent");
    let mut to: Vec<String> =
        sent.iter().filter(|mail| mail.message == message).map(|mail| mail.to.clone()).collect();
    to.sort();
    to
}

fn jobs(comune: &Comune, kind: &str) -> Vec<Job> {
    let filter = JobFilter { kind: Some(kind.into()), ..JobFilter::default() };
    comune.run(comune.office.executor.store.jobs(&filter)).expect("jobs")
}

fn replays(comune: &Comune) {
    let report = comune.run(verify(&comune.office.executor.store, None, |_| {})).expect("verify");
    assert_eq!(report.finding, None, "the record replays");
}

fn a_seal_missed_during_a_stop_is_made_once(postgres: bool) {
    let comune = Comune::of(scenario::demo().expect("demo"), "2020-07-29 22:58", postgres);
    let before = started(&comune);
    comune.at("2020-07-29 23:01");
    let (from, to) = (rome("2020-07-29 22:59"), rome("2020-07-29 23:01"));
    comune.run(before.tick(from, to)).expect("queued");
    drain(&comune, &before);
    drop(before);

    // Nobody works for two days; who starts then finds the evening that was missed last.
    comune.at("2020-08-01 00:10");
    let after = started(&comune);
    comune.run(after.catch_up(rome("2020-08-01 00:10"))).expect("queued");
    drain(&comune, &after);
    let missed = || -> Vec<String> {
        let found = jobs(&comune, "schedule").into_iter();
        let found = found.filter(|job| job.due_at > rome("2020-07-29 23:30"));
        found.inspect(|job| assert_eq!(job.state, JobState::Done)).map(|job| job.key).collect()
    };
    let made =
        ["schedule/daily_seal/2020-07-31T21:55:00Z", "schedule/hourly_seal/2020-07-31T22:00:00Z"];
    assert_eq!(missed(), made, "and no look at the pages: that hour is gone");
    let keepers = told(&after, "sigillo-del-giorno");
    assert_eq!(keepers.len(), 2, "{keepers:?}");
    assert_ne!(keepers[0], keepers[1], "the Segretario and who administers the program");

    let again = started(&comune);
    comune.run(again.catch_up(rome("2020-08-01 00:11"))).expect("queued");
    drain(&comune, &again);
    assert_eq!(missed(), made);
    assert!(told(&again, "sigillo-del-giorno").is_empty());
    replays(&comune);
}

fn after_a_stop_one_digest_says_what_is_to_be_signed(postgres: bool) {
    let comune = Comune::scenario("scenarios/riepilogo.toml", "2024-08-30 19:30", postgres);
    // Three digests of each signer came due meanwhile: all would say the same, what is open now.
    comune.at("2024-09-07 09:00");
    let worker = comune.worker(None);
    drain(&comune, &worker);
    let sent = told(&worker, "riepilogo");
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_ne!(sent[0], sent[1]);
    let digests = jobs(&comune, "digest");
    let due = digests.iter().filter(|job| job.due_at <= rome("2024-09-07 09:00"));
    assert_eq!(due.filter(|job| job.state == JobState::Done).count(), 6);
    replays(&comune);
}

fn one_refused_address_silences_nobody_else(postgres: bool) {
    // Six people have a proposal to sign; one of them has an address that no server takes.
    let comune = Comune::of(scenario::demo().expect("demo"), "2020-07-15 11:00", postgres);
    let executor = &comune.office.executor;
    let world = comune.run(executor.world(&[])).expect("world");
    let person = Person { email: "gallo@".into(), ..world.registry.people["gallo"].clone() };
    let command = Command::Registry(RegistryCommand::RegisterPerson(person));
    comune.run(executor.execute(Request::new(SYSTEM_ACTOR, command))).expect("registered");

    comune.at("2020-07-25 08:00");
    let worker = comune.worker(None);
    drain(&comune, &worker);
    let (refused, left): (Vec<Job>, Vec<Job>) = jobs(&comune, "mail")
        .into_iter()
        .filter(|job| job.payload["message"] == "scadenza-superata")
        .partition(|job| job.payload["person"] == "gallo");
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].state, JobState::Dead, "in view of who looks after the queue");
    assert!(left.iter().all(|job| job.state == JobState::Done), "{left:?}");
    let to = told(&worker, "scadenza-superata");
    assert_eq!(to.len(), left.len());
    for person in ["conti", "marchi", "orlandi", "ricci", "testa"] {
        assert!(to.iter().any(|address| address.contains(person)), "{person}: {to:?}");
    }
    let reminders = jobs(&comune, "remind");
    let now = rome("2020-07-25 08:00");
    assert!(reminders.iter().all(|job| job.due_at > now || job.state == JobState::Done));
    replays(&comune);
}
