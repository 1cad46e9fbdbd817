// SPDX-License-Identifier: AGPL-3.0-or-later
//! PostgreSQL killed under load, and the line to it cut in the middle of a commit: the program goes
//! on by itself, and whoever cannot be told what happened is told that.

use crate::postgres::{self, Cluster};
use crate::town::{JSON, Town, draft};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_outlives_its_postgres() {
    let cluster = Cluster::own("-ucciso");
    let url = cluster.new_database().await;
    let town = Town::founded("postgres-ucciso", Some(&url), None).await;
    let served = town.serving();
    let people = town.live(3);
    // SIGKILL of the postmaster, its immediate stop, and an absence that is noticed.
    for (signal, down) in [("-KILL", 200), ("-QUIT", 20), ("-KILL", 1500)] {
        town.until_answered(12);
        cluster.strike(signal, Duration::from_millis(down));
        town.until_answered(6);
        town.holds().await;
    }
    town.rest(people);
    town.is_exact().await;
    town.delivered().await;
    assert_eq!(served.stop().code(), Some(0));
    std::fs::remove_dir_all(&town.folder).unwrap();
}

/// Where a line is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// Before the statement reaches the database.
    Before,
    /// After it was done, before the answer comes back.
    After,
}

/// What to do to whom.
struct Order {
    /// Words in the statement.
    words: &'static str,
    cut: Cut,
    /// Nobody gets through any more.
    stays: bool,
}

/// Stands between the program and PostgreSQL.
#[derive(Default)]
struct Between {
    order: Mutex<Option<Order>>,
    down: AtomicBool,
    cuts: AtomicUsize,
    lines: Mutex<Vec<UnixStream>>,
}

impl Between {
    /// Listens in a folder of its own; gives the address that leads here.
    fn start(self: &Arc<Self>, url: &str) -> String {
        let real = PathBuf::from(url.split("host=").nth(1).unwrap().split('&').next().unwrap());
        let own = crate::folder("linea");
        let listener = UnixListener::bind(own.join(".s.PGSQL.5432")).unwrap();
        let (between, to) = (Arc::clone(self), real.join(".s.PGSQL.5432"));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                between.connect(client, &to);
            }
        });
        url.replace(real.to_str().unwrap(), own.to_str().unwrap())
    }

    fn connect(self: &Arc<Self>, client: UnixStream, to: &PathBuf) {
        let server = UnixStream::connect(to).unwrap();
        let copy = |stream: &UnixStream| stream.try_clone().unwrap();
        let mut lines = self.lines.lock().unwrap();
        // Asked with the lines in hand: one that was opening when the others were cut would stay.
        if self.down.load(Ordering::SeqCst) {
            return;
        }
        lines.extend([copy(&client), copy(&server)]);
        drop(lines);
        let deaf = Arc::new(AtomicBool::new(false));
        let (between, heard) = (Arc::clone(self), Arc::clone(&deaf));
        let (from, into) = (copy(&client), copy(&server));
        std::thread::spawn(move || between.asks(from, into, &heard));
        let between = Arc::clone(self);
        std::thread::spawn(move || between.answers(server, client, &deaf));
    }

    /// What the program says.
    fn asks(&self, mut from: UnixStream, mut into: UnixStream, deaf: &AtomicBool) {
        let (mut said, mut buffer) = (Vec::new(), [0; 65_536]);
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            said.extend(&buffer[..read]);
            match self.ordered(&said) {
                Some((Cut::Before, stays)) => return self.cut(&from, &into, stays),
                Some((Cut::After, stays)) => {
                    self.down.store(stays, Ordering::SeqCst);
                    deaf.store(true, Ordering::SeqCst);
                }
                None => {}
            }
            if into.write_all(&buffer[..read]).is_err() {
                break;
            }
            said.drain(..said.len().saturating_sub(256));
        }
        let _ = into.shutdown(Shutdown::Both);
    }

    /// What the database says; when nobody is to hear it, the line goes.
    fn answers(&self, mut from: UnixStream, mut into: UnixStream, deaf: &AtomicBool) {
        let mut buffer = [0; 65_536];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if deaf.load(Ordering::SeqCst) {
                return self.cut(&into, &from, self.down.load(Ordering::SeqCst));
            }
            if into.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = into.shutdown(Shutdown::Both);
    }

    fn ordered(&self, said: &[u8]) -> Option<(Cut, bool)> {
        let mut order = self.order.lock().unwrap();
        let words = order.as_ref()?.words.as_bytes();
        said.windows(words.len()).position(|window| window == words)?;
        order.take().map(|order| (order.cut, order.stays))
    }

    fn cut(&self, one: &UnixStream, other: &UnixStream, stays: bool) {
        self.down.store(stays, Ordering::SeqCst);
        let mut lines = self.lines.lock().unwrap();
        let all = if stays { lines.drain(..).collect() } else { Vec::new() };
        for line in [one, other].into_iter().chain(&all) {
            // Already gone, if it fails.
            let _ = line.shutdown(Shutdown::Both);
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_cut_in_the_middle_of_a_commit_records_once() {
    let url = postgres::new_database().await;
    let between = Arc::new(Between::default());
    let through = between.start(&url);
    let town = Town::founded("linea-tagliata", Some(&url), Some(&through)).await;
    let served = town.serving();
    // It comes back at once: the program finds out what happened, and answers as if it had not been.
    for (words, cut) in [("Tagliata prima", Cut::Before), ("Tagliata dopo", Cut::After)] {
        *between.order.lock().unwrap() = Some(Order { words, cut, stays: false });
        let made = town.post("neri", "/cases", JSON, draft(words));
        assert_eq!(made.status, 201, "{}", made.body);
    }
    assert_eq!(between.cuts.load(Ordering::SeqCst), 2);
    assert!(town.put_off.lock().unwrap().is_empty(), "nobody was told to come back");
    // It stays cut: nobody knows, and that is what is said.
    for (words, cut) in [("Perduta prima", Cut::Before), ("Perduta dopo", Cut::After)] {
        *between.order.lock().unwrap() = Some(Order { words, cut, stays: true });
        let (key, body) = (uuid::Uuid::new_v4().to_string(), draft(words));
        let told = town.once("neri", "POST", "/cases", Some(&key), JSON, &body).unwrap();
        assert_eq!(told.status, 503, "{}", told.body);
        let problem: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!(problem["code"], "outcome_unknown", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("può essere riuscita oppure no"), "{detail}");
        assert!(problem["next"].as_str().unwrap().contains("stessa chiave"), "{problem}");
        assert!(!told.header("retry-after").is_empty());
        between.down.store(false, Ordering::SeqCst);
        let made = town.post_under(key, "neri", "/cases", JSON, body);
        assert_eq!(made.status, 201, "{}", made.body);
    }
    town.is_exact().await;
    assert_eq!(served.stop().code(), Some(0));
    std::fs::remove_dir_all(&town.folder).unwrap();
}
