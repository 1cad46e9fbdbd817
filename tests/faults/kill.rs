// SPDX-License-Identifier: AGPL-3.0-or-later
//! The real server killed at any moment while clients act and a server of mail receives: after each
//! start the record is whole and what was acknowledged is there.
//!
//! `DELIBERA_KILLS=300 cargo test --release --test faults killed` for as many kills as one wants.

use crate::server::{Client, Place, Proposal, free_port};
use crate::sink::{HANG_UPS, Sink};
use crate::{folder, postgres};
use delibera::service::simulation::Chance;
use delibera::service::verify::verify;
use delibera::store::{JobFilter, JobState, Store};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Kills on each engine in `./test`.
const KILLS: usize = 15;
const CLIENTS: usize = 4;

fn kills() -> usize {
    std::env::var("DELIBERA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS)
}

/// Clients that act all the time, whoever answers.
struct Crowd {
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<Proposal>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Crowd {
    fn new(client: &Client, ports: &[u16]) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let threads = (0..CLIENTS).map(|n| {
            let (mut client, stop) = (client.clone(), Arc::clone(&stop));
            client.port = ports[n % ports.len()];
            let told: Arc<Mutex<Vec<Proposal>>> = Arc::clone(&told);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let n = SERIAL.fetch_add(1, Ordering::Relaxed);
                    match client.propose(&format!("Proposta numero {n}")) {
                        Some(proposal) => told.lock().unwrap().push(proposal),
                        None => std::thread::sleep(Duration::from_millis(20)),
                    }
                }
            })
        });
        let threads = threads.collect();
        Self { stop, told, threads }
    }

    fn told(&self) -> Vec<Proposal> {
        self.told.lock().unwrap().clone()
    }

    fn end(self) -> Vec<Proposal> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.told.lock().unwrap().clone()
    }
}

/// What was acknowledged is on record.
async fn all_there(store: &Store, told: &[Proposal]) {
    for proposal in told {
        let stream = delibera::domain::stream::StreamId::case(&proposal.case);
        let events = store.stream(&stream).await.unwrap();
        assert!(!events.is_empty(), "{} was acknowledged and is not there", proposal.case);
        if let Some(subject) = &proposal.subject {
            let said = events.iter().any(|event| event.event.payload.to_string().contains(subject));
            assert!(said, "«{subject}» was acknowledged and is not in {}", proposal.case);
        }
    }
}

async fn whole(place: &Place, told: &[Proposal], kill: usize) {
    let store = Store::connect_read_only(&place.url).await.unwrap();
    let report = verify(&store, Some(&place.seal), |_| {}).await.unwrap();
    assert_eq!(report.finding, None, "after kill {kill}");
    all_there(&store, told).await;
    store.close().await;
}

/// SQL behind the back of the program, on either engine.
async fn behind(place: &Place, sql: String) {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    if place.url.starts_with("sqlite") {
        let options: sqlx::sqlite::SqliteConnectOptions = place.url.parse().unwrap();
        let mut conn = options.connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let mut conn = sqlx::PgConnection::connect(&place.url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// Mails that were sent are owed again, so that the queue has work during the kills.
async fn mails_again(place: &Place) {
    let sql = "UPDATE job_state SET state = 'available', finished_at = NULL, note = NULL, \
               attempts = 0 WHERE state = 'done' AND key IN (SELECT key FROM jobs WHERE kind = 'mail')";
    behind(place, sql.to_owned()).await;
}

/// The leases of the dead and the waits between attempts run out, as in an hour or two.
async fn time_passes(place: &Place, alive: &[u32]) {
    let held: String =
        alive.iter().map(|pid| format!("AND leased_by NOT LIKE '{pid}-%' ")).collect();
    let sql = format!(
        "UPDATE job_state SET next_at = '2020-01-01T00:00:00.000000Z' \
         WHERE (state = 'available' OR (state = 'running' {held})) \
         AND key IN (SELECT key FROM jobs WHERE kind = 'mail')"
    );
    behind(place, sql).await;
}

/// Every mail is done or a dead letter, what is done was received, and what came twice is the same.
async fn mails_arrived(place: &Place, sink: &Sink) {
    let store = Store::connect_read_only(&place.url).await.unwrap();
    let taken = sink.taken();
    let jobs =
        store.jobs(&JobFilter { kind: Some("mail".into()), ..JobFilter::default() }).await.unwrap();
    let mut ids = BTreeSet::new();
    for job in jobs {
        assert!([JobState::Done, JobState::Dead].contains(&job.state), "{} {}", job.key, job.state);
        let id = job.note.unwrap_or_default().trim_matches(['<', '>']).to_lowercase();
        if job.state == JobState::Done {
            assert!(taken.contains_key(&id), "{} is done and nobody got {id}", job.key);
            assert!(ids.insert(id.clone()), "{id} names two mails");
        }
    }
    assert!(ids.len() > 20, "{} mails", ids.len());
    for (id, times) in &taken {
        assert!(times.iter().all(|hash| *hash == times[0]), "{id} came in two versions");
    }
    store.close().await;
}

async fn killed(name: &str, url: String, expect: usize) {
    let (dir, sink) = (folder(name), Sink::start());
    let place = Place::new(&dir, url, &sink).await;
    mails_again(&place).await;
    let (port, mut chance) = (free_port(), Chance::of(expect as u64));
    let mut serving = place.serve(port);
    let crowd = Crowd::new(&Client::new(port), &[port]);
    for kill in 1..=expect {
        std::thread::sleep(Duration::from_millis(30 + chance.below(370) as u64));
        serving.kill();
        // What is acknowledged from here on was acknowledged by nobody.
        whole(&place, &crowd.told(), kill).await;
        serving = place.serve(port);
    }
    let told = crowd.end();
    assert!(told.len() > expect, "{} acknowledged in {expect} lives", told.len());
    quiet(&place, &[serving.id()]).await;
    serving.stop();
    whole(&place, &told, expect).await;
    mails_arrived(&place, &sink).await;
    let titled = told.iter().filter(|p| p.subject.is_some()).count();
    println!(
        "{name}: {expect} kills, {} proposals, {titled} titled, {} mails received",
        told.len(),
        sink.taken().values().map(Vec::len).sum::<usize>()
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Waits until every mail is done or a dead letter.
async fn quiet(place: &Place, alive: &[u32]) {
    let start = Instant::now();
    loop {
        time_passes(place, alive).await;
        let store = Store::connect_read_only(&place.url).await.unwrap();
        let mails = JobFilter { kind: Some("mail".into()), ..JobFilter::default() };
        let open = |job: &delibera::store::Job| {
            [JobState::Available, JobState::Running].contains(&job.state)
        };
        let left = store.jobs(&mails).await.unwrap().into_iter().filter(open).count();
        store.close().await;
        if left == 0 {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{left} mails never end");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_on_sqlite() {
    let url = format!("sqlite:{}", folder("uccisioni-lite-db").join("delibera.db").display());
    killed("uccisioni-lite", url, kills()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_on_postgres() {
    killed("uccisioni-pg", postgres::new_database().await, kills()).await;
}

/// Two processes on one database: the work is shared, one is killed and its leases pass on, the
/// other is restarted as for an upgrade; nothing acknowledged is lost and next to nothing is sent
/// twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_work_and_one_dies() {
    const ROUNDS: usize = 4;
    let (dir, sink) = (folder("due-processi"), Sink::start());
    let place = Place::new(&dir, postgres::new_database().await, &sink).await;
    mails_again(&place).await;
    let ports = [free_port(), free_port()];
    let (mut one, mut other) = (place.serve(ports[0]), place.serve(ports[1]));
    let crowd = Crowd::new(&Client::new(ports[0]), &ports);
    for _ in 0..ROUNDS {
        std::thread::sleep(Duration::from_millis(300));
        one.kill();
        std::thread::sleep(Duration::from_millis(200));
        one = place.serve(ports[0]);
        other.stop();
        other = place.serve(ports[1]);
    }
    let told = crowd.end();
    assert!(told.len() > ROUNDS, "{} acknowledged", told.len());
    quiet(&place, &[one.id(), other.id()]).await;
    one.stop();
    other.stop();
    whole(&place, &told, ROUNDS).await;
    mails_arrived(&place, &sink).await;
    let twice = sink.taken().values().filter(|times| times.len() > 1).count();
    assert!(twice <= ROUNDS + HANG_UPS, "{twice} mails came twice");
    std::fs::remove_dir_all(&dir).unwrap();
}
