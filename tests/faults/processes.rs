// SPDX-License-Identifier: AGPL-3.0-or-later
//! Several processes on one PostgreSQL: they share the work and none does what another does; one
//! dies and the others go on; they are started again one after the other and nobody notices.

use crate::postgres;
use crate::sink::Sink;
use crate::town::{JSON, Town, answer, draft};
use chrono::{DateTime, TimeDelta, Utc};
use delibera::domain::effects::{Job as Owed, MailJob};
use delibera::domain::law::calendar::rome_date;
use delibera::domain::stream::NewJob;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::documents::Templates;
use delibera::service::execute::Executor;
use delibera::service::keyring::Keyring;
use delibera::service::mail::{MailConfig, Mailer, SmtpConfig, TlsMode, TransportConfig};
use delibera::service::office::Office;
use delibera::service::paper::Press;
use delibera::service::schedule::{Occurrence, Task, Timetable};
use delibera::service::worker::Worker;
use delibera::store::{Job, JobFilter, JobState, Outcome, ReadSet, Store, WriteSet};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

async fn queue(store: &Store, jobs: Vec<NewJob>) {
    let write = WriteSet { jobs, ..WriteSet::default() };
    let queued = store.write(ReadSet::default(), move |_| Outcome::Write(write.clone(), ()));
    queued.await.unwrap();
}

/// Two days ago the seal of the day was made, and then nobody worked.
async fn stopped_for_two_days(town: &Town) {
    let due_at = SystemClock.now() - TimeDelta::days(2);
    let store = Store::connect(&town.url).await.unwrap();
    queue(&store, vec![Occurrence { due_at, task: Task::DailySeal }.job()]).await;
    let taken = store.claim(&["schedule"], "allora", due_at, 60, 1).await.unwrap();
    let done = BTreeMap::from([(taken[0].key.as_str(), String::new())]);
    assert_eq!(store.finish(&done, "allora", due_at).await.unwrap(), 1);
    store.close().await;
}

async fn jobs(town: &Town, kind: &str) -> Vec<Job> {
    let store = Store::connect_read_only(&town.url).await.unwrap();
    let filter = JobFilter { kind: Some(kind.into()), ..JobFilter::default() };
    let jobs = store.jobs(&filter).await.unwrap();
    store.close().await;
    jobs
}

/// Who had work in hand at any moment, until told to stop.
async fn watched(url: String, stop: Arc<AtomicBool>) -> BTreeSet<String> {
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let mut seen = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        let sql = "SELECT DISTINCT leased_by FROM job_state WHERE state = 'running'";
        let now: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap();
        seen.extend(now);
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_share_the_work_and_are_restarted_without_losing_a_request() {
    let town = Town::founded("processi", Some(&postgres::new_database().await), None).await;
    stopped_for_two_days(&town).await;
    let mut processes: Vec<_> = (0..3).map(|_| town.started()).collect();
    processes.iter().for_each(|process| town.open(process));
    let stop = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watched(town.url.clone(), Arc::clone(&stop)));
    let people = town.live(4);
    town.until_answered(60);
    // SIGTERM to one after the other; whoever finds a door closed tries the next.
    for _ in 0..3 {
        let old = processes.remove(0);
        let door = old.heard("Pagine");
        assert_eq!(old.stop().code(), Some(0), "{}", town.log());
        town.close(door);
        processes.push(town.serving());
        town.until_answered(10);
    }
    // One dies with work in hand, which passes on.
    let dead = processes.remove(0);
    let (door, process) = (dead.heard("Pagine"), dead.id());
    dead.kill();
    town.close(door);
    town.lapse(process).await;
    town.until_answered(20);
    town.rest(people);
    town.is_exact().await;
    let (messages, _) = town.delivered().await;
    stop.store(true, Ordering::Relaxed);
    let workers = watching.await.unwrap();
    assert!(workers.len() >= 3, "who worked: {workers:?}");
    assert!(messages > 20, "{messages}");

    // What came due while nobody worked was made up for once, whoever looked first.
    let made = jobs(&town, "schedule").await;
    let daily = made.iter().filter(|job| job.key.starts_with("schedule/daily_seal/"));
    let daily: Vec<_> = daily.filter(|job| job.finished_at > Some(town.since)).collect();
    assert_eq!(daily.len(), 1, "{made:?}");
    let told = jobs(&town, "mail").await;
    let seal = |job: &&Job| job.payload["message"] == "sigillo-del-giorno";
    let keepers: BTreeSet<_> =
        told.iter().filter(seal).map(|job| job.payload["person"].to_string()).collect();
    assert_eq!(keepers.len(), told.iter().filter(seal).count(), "each keeper is told once");
    assert!(!keepers.is_empty());
    for process in processes {
        assert_eq!(process.stop().code(), Some(0));
    }
    std::fs::remove_dir_all(&town.folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_way_is_finished_before_the_end() {
    let town = Town::founded("fine", None, None).await;
    let served = town.serving();
    let body = draft("Inviata a metà quando il programma è fermato");
    let (first, second) = body.split_at(body.len() / 2);
    let key = Some("chiave-di-prova");
    let mut begun = town.head("neri", "POST", "/cases", key, JSON, body.len()).unwrap();
    begun.write_all(first).unwrap();
    sleep(Duration::from_millis(200));
    served.ask_to_stop();
    let limit = Instant::now() + Duration::from_secs(10);
    while town.once("neri", "GET", "/me", None, JSON, b"").is_ok() {
        assert!(Instant::now() < limit, "others are still let in");
    }
    begun.write_all(second).unwrap();
    let made = answer(begun).unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(served.stop().code(), Some(0));
    town.holds().await;
    std::fs::remove_dir_all(&town.folder).unwrap();
}

/// A clock that moves by the time a slow mail server takes for each message.
struct ByMessages {
    from: DateTime<Utc>,
    relay: Arc<Sink>,
}

impl Clock for ByMessages {
    fn now(&self) -> DateTime<Utc> {
        let taken = i32::try_from(self.relay.arrived().len()).unwrap();
        self.from + TimeDelta::seconds(50) * taken
    }
}

fn worker(store: &Store, relay: &Arc<Sink>, name: &str) -> Worker {
    let from = SystemClock.now();
    let clock = Arc::new(ByMessages { from, relay: Arc::clone(relay) });
    let smtp = SmtpConfig {
        host: "127.0.0.1".into(),
        port: relay.port,
        tls: TlsMode::None,
        user: None,
        password: None,
        pool: 1,
        timeout_seconds: 60,
        authority: None,
    };
    let config = MailConfig {
        transport: TransportConfig::Smtp(smtp),
        from: "delibere@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    let keys = Arc::new(Keyring::blank().unwrap());
    let press = Press { templates: Arc::new(Templates::embedded().unwrap()), keys };
    Worker {
        office: Office { executor: Executor::new(store.clone(), clock), press },
        mailer: Arc::new(Mailer::new(&config).unwrap()),
        timetable: Timetable::new(&BTreeMap::new()).unwrap(),
        pages: None,
        name: name.into(),
        sent: Arc::default(),
    }
}

/// Twelve messages that are owed since an instant, each to somebody else.
async fn owe_twelve(store: &Store, town: &Town, at: DateTime<Utc>) {
    let message = |person: &String| {
        let mail = MailJob {
            message: "sigillo-del-giorno".into(),
            moment: "daily_seal".into(),
            person: person.clone(),
            case: None,
            sitting: None,
            day: rome_date(at),
            detail: json!({ "seal": "1:0000" }),
        };
        Owed::Mail(mail).unowed(format!("prova:{person}"), at)
    };
    queue(store, town.persons().take(12).map(message).collect()).await;
}

/// Those that were done.
async fn done_of_twelve(store: &Store) -> Vec<Job> {
    let filter = JobFilter { state: Some(JobState::Done), ..JobFilter::default() };
    let mut done = store.jobs(&filter).await.unwrap();
    done.retain(|job| job.key.starts_with("prova:"));
    done
}

/// Twelve messages taken together last ten minutes with this server, longer than their lease: what one
/// process has not begun by then passes to the other, and only to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_mail_server_makes_nobody_send_what_another_has_in_hand() {
    let town = Town::founded("lento", Some(&postgres::new_database().await), None).await;
    let store = Store::connect(&town.url).await.unwrap();
    let relay = Arc::new(Sink::start(&[]).await);
    let (one, other) = (worker(&store, &relay, "uno"), worker(&store, &relay, "altro"));
    one.drain().await.unwrap();
    let now = one.office.executor.clock.now();
    let before = relay.arrived().len();
    owe_twelve(&store, &town, now).await;
    let stop = AtomicBool::new(false);
    let waits = async {
        while !stop.load(Ordering::Relaxed) {
            other.drain().await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let works = async {
        one.drain().await.unwrap();
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(works, waits);
    let done = done_of_twelve(&store).await;
    assert_eq!(done.len(), 12, "{done:?}");
    assert_eq!(relay.arrived().len() - before, 12, "each message left once");
    store.close().await;
    std::fs::remove_dir_all(&town.folder).unwrap();
}

/// Messages that leave and cannot be marked leave again: as few as there are lines.
#[tokio::test]
async fn who_cannot_record_what_left_sends_no_more() {
    let town = Town::founded("sordo", Some(&postgres::new_database().await), None).await;
    let store = Store::connect(&town.url).await.unwrap();
    let relay = Arc::new(Sink::start(&[]).await);
    let worker = worker(&store, &relay, "uno");
    worker.drain().await.unwrap();
    let now = worker.office.executor.clock.now();
    let before = relay.arrived().len();
    owe_twelve(&store, &town, now).await;
    let mut db = PgConnection::connect(&town.url).await.unwrap();
    for statement in [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'no'; END $$",
        "CREATE TRIGGER refuse BEFORE UPDATE ON job_state FOR EACH ROW \
         WHEN (NEW.state = 'done') EXECUTE FUNCTION refuse()",
    ] {
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    worker.drain().await.unwrap_err();
    let sent = relay.arrived().len() - before;
    assert_eq!(sent, 1, "there is one line");
    sqlx::query("DROP TRIGGER refuse ON job_state").execute(&mut db).await.unwrap();
    worker.give_back().await.unwrap();
    worker.drain().await.unwrap();
    assert_eq!(done_of_twelve(&store).await.len(), 12);
    assert_eq!(relay.arrived().len() - before, 12 + sent, "those that had left leave once more");
    store.close().await;
    std::fs::remove_dir_all(&town.folder).unwrap();
}
