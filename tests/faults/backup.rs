// SPDX-License-Identifier: AGPL-3.0-or-later
//! A copy taken while others write holds together, has everything acknowledged before it began,
//! and is put back on either engine.

use crate::{folder, postgres};
use delibera::domain::case::CaseCommand;
use delibera::domain::command::Command;
use delibera::domain::stream::StreamId;
use delibera::service::clock::SystemClock;
use delibera::service::execute::{Executor, Request};
use delibera::service::scenario;
use delibera::service::verify::verify;
use delibera::store::{Report, SealRef, Store};
use std::process::Command as Process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Drafts without end, each acknowledged before the next.
async fn write(
    executor: Executor,
    writer: usize,
    stop: Arc<AtomicBool>,
    done: Arc<Mutex<Vec<String>>>,
) {
    let world = executor.world(&[StreamId::case("obiettivi")]).await.unwrap();
    let content = world.cases["obiettivi"].content.clone();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("sotto-carico-{writer}-{n}");
        let (kind, content) = ("deliberazione-giunta".to_owned(), content.clone());
        let command = CaseCommand::Create { kind, content, again_of: None };
        let command = Command::Case { id: id.clone(), command };
        executor.execute(Request::new("ricci", command)).await.unwrap();
        done.lock().unwrap().push(id);
    }
}

async fn audit(url: &str, seal: Option<&SealRef>) -> Report {
    let store = Store::connect_read_only(url).await.unwrap();
    let report = verify(&store, seal, |_| {}).await.unwrap();
    store.close().await;
    assert_eq!(report.finding, None, "{url}");
    report
}

fn delibera(args: &[&str]) -> (bool, String) {
    let done = Process::new(env!("CARGO_BIN_EXE_delibera")).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    (done.status.success(), said)
}

async fn copied_under_load(name: &str, url: &str) {
    let dir = folder(name);
    let demo =
        scenario::run(scenario::demo().unwrap(), &dir.join("demo"), Some(url)).await.unwrap();
    demo.go(|_| {}).await.unwrap();
    let store = Store::connect(url).await.unwrap();
    let seal = store.last_seal().await.unwrap().unwrap();
    let seal = SealRef { n: seal.n, hash: seal.hash };
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(write(executor.clone(), n, Arc::clone(&stop), Arc::clone(&done))))
        .collect();
    while done.lock().unwrap().len() < 50 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // Another process takes the copy, as an administrator does.
    let before = done.lock().unwrap().clone();
    let copy = dir.join("copia.db");
    let (to, from) = (copy.to_str().unwrap().to_owned(), url.to_owned());
    let taken = tokio::task::spawn_blocking(move || {
        delibera(&["backup", "--to", &to, "--database", &from])
    });
    let (good, said) = taken.await.unwrap();
    assert!(good, "{said}");
    assert!(said.contains("verificata"), "{said}");
    assert!(said.contains("Copia dell'archivio\nVerifica della copia\n"), "{said}");
    let during = done.lock().unwrap().len();
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(during > before.len(), "nobody waited for the copy");
    store.close().await;
    put_back(&copy, &before, &seal).await;
    std::fs::remove_dir_all(&dir).unwrap();
}

/// The copy on a new file and on a new server: everything is there, and work goes on.
async fn put_back(copy: &std::path::Path, before: &[String], seal: &SealRef) {
    let file = format!("sqlite:{}", copy.with_extension("altrove.db").display());
    let server = postgres::new_database().await;
    for url in [file, server] {
        let path = copy.to_str().unwrap();
        let (good, said) = delibera(&["restore", path, "--database", &url]);
        assert!(good, "{said}");
        let report = audit(&url, Some(seal)).await;
        assert!(report.documents > 20, "{report:?}");
        let store = Store::connect(&url).await.unwrap();
        for id in before {
            assert_eq!(store.stream(&StreamId::case(id)).await.unwrap().len(), 2, "{id} in {url}");
        }
        let executor = Executor::new(store.clone(), Arc::new(SystemClock));
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let writer = tokio::spawn(write(executor, 99, Arc::clone(&stop), Arc::clone(&done)));
        while done.lock().unwrap().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        store.close().await;
        audit(&url, Some(seal)).await;
        let (good, said) = delibera(&["restore", path, "--database", &url]);
        assert!(!good && said.contains("esiste già"), "what is there is not covered: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_taken_under_load_is_whole_on_sqlite() {
    let url = format!("sqlite:{}", folder("copia-lite-db").join("delibera.db").display());
    copied_under_load("copia-lite", &url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_taken_under_load_is_whole_on_postgres() {
    copied_under_load("copia-pg", &postgres::new_database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_altered_is_not_put_back() {
    static SERIAL: AtomicUsize = AtomicUsize::new(0);
    let dir = folder(&format!("copia-alterata-{}", SERIAL.fetch_add(1, Ordering::Relaxed)));
    let demo = scenario::run(scenario::demo().unwrap(), &dir.join("demo"), None).await.unwrap();
    demo.go(|_| {}).await.unwrap();
    let url = format!("sqlite:{}", dir.join("demo/delibera.db").display());
    let copy = dir.join("copia.db");
    let (good, said) = delibera(&["backup", "--to", copy.to_str().unwrap(), "--database", &url]);
    assert!(good, "{said}");
    let (good, said) = delibera(&["backup", "--to", copy.to_str().unwrap(), "--database", &url]);
    assert!(!good && said.contains("esiste già"), "a copy never covers another: {said}");
    let mut bytes = std::fs::read(&copy).unwrap();
    let word = b"Piano degli obiettivi 2020-2022";
    let at = bytes.windows(word.len()).position(|window| window == word).unwrap();
    bytes[at] = b'p';
    std::fs::write(&copy, bytes).unwrap();
    let to = format!("sqlite:{}", dir.join("altrove.db").display());
    let (good, said) = delibera(&["restore", copy.to_str().unwrap(), "--database", &to]);
    assert!(!good && said.contains("NON TORNA"), "{said}");
    assert!(!dir.join("altrove.db").exists());
    std::fs::remove_dir_all(&dir).unwrap();
}
