// SPDX-License-Identifier: AGPL-3.0-or-later
//! The seal of the day, from the message that keeps it elsewhere back to `verify --seal`.

use super::folder;
use delibera::service::scenario;
use delibera::store::SealRef;
use mail_parser::MessageParser;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What a person would copy from the last message of the seal that was sent.
fn mailed(dir: &Path) -> String {
    let entries = std::fs::read_dir(dir.join("mail")).unwrap().flatten().map(|entry| entry.path());
    let of_seal = entries.filter(|path| path.to_string_lossy().contains("-sigillo-del-giorno-"));
    let bytes = std::fs::read(of_seal.max().unwrap()).unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    let text = message.body_text(0).unwrap().into_owned();
    let seal = text.lines().find(|line| {
        let read = line.parse::<SealRef>();
        read.is_ok_and(|seal| seal.hash.len() == 64 && seal.to_string() == *line)
    });
    let seal = seal.unwrap_or_else(|| panic!("no «N:IMPRONTA» in\n{text}")).to_owned();
    assert!(message.body_html(0).unwrap().contains(&seal));
    seal
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seal_that_was_mailed_is_the_one_that_verify_asks_for() {
    let dir = folder("seal");
    let runner = scenario::run(scenario::demo().unwrap(), &dir, None).await.unwrap();
    let report = runner.go(|_| {}).await.unwrap();
    let seals = report.mails.iter().filter(|mail| mail.event == "daily_seal");
    let keepers: BTreeSet<&str> = seals.map(|mail| mail.to.as_str()).collect();
    assert!(keepers.len() > 1, "one copy alone could be reached with the archive: {keepers:?}");

    let url = format!("sqlite:{}", dir.join("delibera.db").display());
    let verify = |seal: &str| {
        let args = ["verify", "--database", &url, "--seal", seal];
        let output = Command::new(env!("CARGO_BIN_EXE_delibera")).args(args).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let seal = mailed(&dir);
    let (fits, said) = verify(&seal);
    assert!(fits, "{said}");
    let (n, _) = seal.split_once(':').unwrap();
    let (fits, said) = verify(&format!("{n}:{}", "0".repeat(64)));
    assert!(!fits && said.contains("è diverso da quello conservato altrove"), "{said}");
    std::fs::remove_dir_all(&dir).unwrap();
}
