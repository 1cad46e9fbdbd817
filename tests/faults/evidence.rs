// SPDX-License-Identifier: AGPL-3.0-or-later
//! The evidence of an act: verified by who has nothing else, and every alteration is found, also
//! by who seals the altered container again with the very key of the Comune.

use crate::folder;
use crate::made::{exported, packed, resealed, unpacked};
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::evidence::{self, BundleReport};
use delibera::service::scenario;
use delibera::store::{Finding, SealRef};
use delibera_signature::{Policy, Trust};
use std::process::Command;

fn verify(bytes: &[u8], seal: Option<&SealRef>) -> Result<BundleReport, Finding> {
    let policy = Policy { at: Some(SystemClock.now()), ..Policy::default() };
    evidence::verify(bytes, &Trust::default(), &policy, seal)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_an_act_stands_alone() {
    let evidence = exported(folder("prove")).await;
    let report = verify(&evidence.bytes, Some(&evidence.seal)).unwrap();
    assert_eq!(report.case, "obiettivi");
    assert!(report.events > 60 && report.events == report.sealed, "{report:?}");
    assert!(report.documents > 20 && report.signatures > 11, "{report:?}");
    assert_eq!(report.sealed_by, "Comune di Valdoro");
    let members = unpacked(&evidence.bytes);
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "mimetype");
    for wanted in ["LEGGIMI.txt", "eventi/fascicolo.jsonl", "sigilli.json", "votazioni.json"] {
        assert!(names.contains(&wanted), "{wanted}: {names:?}");
    }
    assert!(members.iter().any(|(n, b)| n == "votazioni.json" && b.len() > 500));
    assert!(members.iter().any(|(n, b)| n == "messaggi.json" && b.len() > 500));
    assert_eq!(packed(&members), packed(&unpacked(&packed(&members))));
    std::fs::remove_dir_all(&evidence.dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_altered_member_is_found_out() {
    let evidence = exported(folder("prove-alterate")).await;
    let members = unpacked(&evidence.bytes);
    for i in 0..members.len() {
        let mut altered = members.clone();
        let middle = altered[i].1.len() / 2;
        altered[i].1[middle] ^= 1;
        let found = verify(&packed(&altered), None);
        assert!(found.is_err(), "{} altered and not found", members[i].0);
        let mut without = members.clone();
        without.remove(i);
        assert!(verify(&packed(&without), None).is_err(), "{} removed", members[i].0);
    }
    let mut more = members.clone();
    more.insert(2, ("documenti/aggiunto.pdf".into(), b"%PDF-".to_vec()));
    assert!(verify(&packed(&more), None).is_err(), "a file nobody sealed");
    std::fs::remove_dir_all(&evidence.dir).unwrap();
}

/// The hostile insider has the seal of the Comune: what he cannot make is the record.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_altered_and_sealed_again_is_found_out() {
    let evidence = exported(folder("prove-risigillate")).await;
    let members = unpacked(&evidence.bytes);
    assert!(verify(&resealed(&evidence, &members), Some(&evidence.seal)).is_ok());
    let alter = |name: &str, from: &str, to: &str| {
        let mut altered = members.clone();
        let member = altered.iter_mut().find(|(n, _)| n.starts_with(name)).unwrap();
        let text = String::from_utf8_lossy(&member.1).into_owned();
        assert!(text.contains(from), "{name} does not hold {from}");
        member.1 = text.replacen(from, to, 1).into_bytes();
        let found = verify(&resealed(&evidence, &altered), Some(&evidence.seal));
        found.expect_err(name).to_string()
    };
    let event = alter("eventi/fascicolo", "favourable", "contrary");
    assert!(event.contains("impronta"), "{event}");
    let vote = alter("votazioni.json", "\"declared\":true", "\"declared\":false");
    assert!(vote.contains("i voti non sono"), "{vote}");
    let seals = alter("sigilli.json", "\"events\":", "\"events\":1");
    assert!(seals.contains("impronta"), "{seals}");
    let index = alter("documenti.json", "application/pdf", "text/plain");
    assert!(index.contains("altro tipo"), "{index}");

    let mut altered = members.clone();
    let document = altered.iter_mut().find(|(n, _)| n.starts_with("documenti/")).unwrap();
    let middle = document.1.len() / 2;
    document.1[middle] ^= 1;
    let found = verify(&resealed(&evidence, &altered), Some(&evidence.seal)).unwrap_err();
    assert!(found.to_string().contains("documenti/"), "{found}");

    let mut shorter = members.clone();
    let events = shorter.iter_mut().find(|(n, _)| n == "eventi/fascicolo.jsonl").unwrap();
    let lines: Vec<&[u8]> = events.1.split(|b| *b == b'\n').collect();
    events.1 = [&lines[..9], &lines[10..]].concat().join(&b'\n');
    let found = verify(&resealed(&evidence, &shorter), Some(&evidence.seal)).unwrap_err();
    assert!(found.to_string().contains("manca il fatto precedente"), "{found}");

    let other = SealRef { n: evidence.seal.n, hash: "0".repeat(64) };
    let found = verify(&evidence.bytes, Some(&other)).unwrap_err();
    assert!(found.to_string().contains("non è quello conservato altrove"), "{found}");
    std::fs::remove_dir_all(&evidence.dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_export_and_verify_agree() {
    let dir = folder("prove-comandi");
    let runner = scenario::run(scenario::demo().unwrap(), &dir.join("demo"), None).await.unwrap();
    runner.go(|_| {}).await.unwrap();
    let run = |args: &[&str]| {
        let program = env!("CARGO_BIN_EXE_delibera");
        let done = Command::new(program).args(args).current_dir(&dir).output().unwrap();
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        (done.status.code().unwrap(), said)
    };
    let database = ["--database", "sqlite:demo/delibera.db"];
    let (code, said) =
        run(&[&["export", "obiettivi", "--to", "atto.asice"], &database[..]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Lettura dei fatti e dei documenti\n"), "{said}");
    let (code, said) = run(&["verify", "atto.asice"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("TUTTO TORNA") && said.contains("Comune di Valdoro"), "{said}");
    let (code, said) = run(&["verify", "atto.asice", "--seal", &format!("1:{}", "0".repeat(64))]);
    assert!(code == 1 && said.contains("NON TORNA"), "{said}");
    let (code, said) = run(&[&["export", "nessuno", "--to", "x.asice"], &database[..]].concat());
    assert!(code == 1 && said.contains("non c'è"), "{said}");
    // The signature of the manifest is one that others verify.
    let members = unpacked(&std::fs::read(dir.join("atto.asice")).unwrap());
    for (name, bytes) in members.iter().filter(|(name, _)| name.starts_with("META-INF/")) {
        std::fs::write(dir.join(name.trim_start_matches("META-INF/")), bytes).unwrap();
    }
    let openssl = Command::new("openssl")
        .args(["cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in", "signature.p7s"])
        .args(["-content", "ASiCManifest.xml", "-out", "out.xml"])
        .current_dir(&dir)
        .output()
        .unwrap();
    assert!(openssl.status.success(), "{}", String::from_utf8_lossy(&openssl.stderr));
    std::fs::remove_dir_all(&dir).unwrap();
}
