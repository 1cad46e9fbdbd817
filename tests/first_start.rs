// SPDX-License-Identifier: AGPL-3.0-or-later
//! The first start outside the demo: who installs gets in, and nobody else does.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use delibera::service::accounts::{Accounts, Credentials, Origin};
use delibera::service::clock::SystemClock;
use delibera::store::Store;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn run(folder: &Path, words: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_delibera"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
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
