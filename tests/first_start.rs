// SPDX-License-Identifier: AGPL-3.0-or-later
//! The program as who installs it starts it, outside the demo: he gets in and nobody else does; what
//! stays answers `/status` and ends when asked; a configuration that was named must be there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "first_start/secrets.rs"]
mod secrets;
#[path = "support/staying.rs"]
mod staying;

use delibera::service::accounts::{Accounts, Credentials, Origin};
use delibera::service::clock::SystemClock;
use delibera::store::Store;
use staying::{PROGRAM, Staying};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Exit code and everything said.
fn code(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let done =
        Command::new(PROGRAM).args(words).current_dir(folder).output().expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn run(folder: &Path, words: &[&str]) -> (bool, String) {
    let (exit, said) = code(folder, words);
    (exit == Some(0), said)
}

/// Head and body of the answer to a GET.
fn get(address: &str, path: &str) -> String {
    asked(address, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// Head and body of the answer to a request, whose head lacks only where it goes.
fn asked(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let request = format!("{head}Host: {address}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn serve_and_worker_answer_status_and_end_when_asked() {
    let folder = std::env::temp_dir().join(format!("delibera-stay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let config = "database = \"sqlite:prova.db\"\nlisten = \"127.0.0.1:0\"\n\
                  listen_ops = \"127.0.0.1:0\"\n[mail]\n\
                  from = \"Comune di Prova <delibere@comune.example>\"\n\
                  [mail.transport]\nkind = \"folder\"\npath = \"posta\"\n";
    std::fs::write(folder.join("prova.toml"), config).expect("configuration");
    for command in ["serve", "worker"] {
        let staying = Staying::start(&folder, command);
        if command == "serve" {
            let pages = staying.address("Pagine");
            assert!(get(&pages, "/accesso").starts_with("HTTP/1.1 200"), "{command}");
        }
        let state = staying.address("Stato");
        let answer = get(&state, "/status");
        assert!(answer.starts_with("HTTP/1.1 200"), "{command}: {answer}");
        assert!(answer.contains("\"status\":\"ok\""), "{command}: {answer}");
        let ended = staying.stop();
        assert_eq!(ended.code(), Some(0), "{command}: {ended}");
    }
    std::fs::remove_dir_all(&folder).expect("cleaned");
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let folder = std::env::temp_dir().join(format!("delibera-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let named: [&[&str]; 4] =
        [&["migrate"], &["serve"], &["jobs"], &["verify", "--database", "sqlite:delibera.db"]];
    for words in named {
        let (exit, said) = code(&folder, &[words, &["--config", "manca.toml"]].concat());
        assert_eq!(exit, Some(2), "{words:?}: {said}");
        assert!(said.contains("il file di configurazione manca.toml non c'è"), "{said}");
    }
    assert!(!folder.join("delibera.db").exists(), "nothing was made");
    // Nobody named one: the defaults stand.
    let (exit, said) = code(&folder, &["migrate"]);
    assert_eq!(exit, Some(0), "{said}");
    std::fs::write(folder.join("c'è.toml"), "database = \"sqlite:altro.db\"\n").expect("file");
    let (exit, said) = code(&folder, &["migrate", "--config", "c'è.toml"]);
    assert_eq!(exit, Some(0), "{said}");
    assert!(folder.join("altro.db").exists());
    std::fs::remove_dir_all(&folder).expect("cleaned");
}

fn secret(said: &str) -> String {
    let start = said.find("/accesso/password?c=").expect("a link") + "/accesso/password?c=".len();
    said[start..].chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn init_gives_the_first_administrator_a_link_that_works_once() {
    let folder = std::env::temp_dir().join(format!("delibera-init-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let words = [
        "init",
        "--comune",
        "Comune di Prova",
        "--ente",
        "80012345678",
        "--seggi",
        "5",
        "--email",
        "delibere@comune.example",
        "--nome",
        "Ada",
        "--cognome",
        "Riva",
        "--codice-fiscale",
        "RVIDAA80A41F205X",
        "--posta",
        "ada@comune.example",
        "--regolamento",
        "piccolo-comune",
    ];
    let (good, said) = run(&folder, &words);
    assert!(good, "{said}");
    let (good, again) = run(&folder, &["access", "amministratore"]);
    assert!(good, "{again}");
    let (good, nobody) = run(&folder, &["access", "nessuno"]);
    assert!(!good && nobody.contains("non è in anagrafe"), "{nobody}");

    let url = format!("sqlite:{}", folder.join("delibera.db").display());
    let store = Store::connect(&url).await.expect("store");
    let accounts = Accounts::new(store, Arc::new(SystemClock));
    let password = "tre fontane in piazza";
    let old = accounts.choose(&secret(&said), password.into(), password).await;
    assert!(old.is_err(), "the first link is replaced by the second");
    accounts.choose(&secret(&again), password.into(), password).await.expect("chosen");
    let once = accounts.choose(&secret(&again), password.into(), password).await;
    assert!(once.is_err(), "a link is good once");
    let given = Credentials {
        login: "amministratore".into(),
        password: password.into(),
        code: String::new(),
    };
    accounts.sign_in(given, &Origin::default()).await.expect("signed in");
    std::fs::remove_dir_all(&folder).expect("cleaned");
}

#[tokio::test(flavor = "multi_thread")]
async fn init_needs_only_the_comune_and_its_administrator() {
    let folder = std::env::temp_dir().join(format!("delibera-init-bare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let who = ["--nome", "Ada", "--cognome", "Riva", "--codice-fiscale", "RVIDAA80A41F205X"];
    let mut words = vec!["init", "--comune", "Comune di Prova", "--posta", "ada@comune.example"];
    words.extend(who);
    let (good, said) = run(&folder, &words);
    assert!(good && said.contains("/accesso/password?c="), "{said}");
    let (good, said) = run(&folder, &words);
    assert!(!good && said.contains("contiene già Comune di Prova"), "{said}");
    std::fs::remove_dir_all(&folder).expect("cleaned");
}
