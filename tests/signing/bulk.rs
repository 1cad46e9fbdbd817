// SPDX-License-Identifier: AGPL-3.0-or-later
//! Many papers in one gesture, and what the policy of signatures refuses.

use crate::comune::{Comune, SUBJECT, file_keys};
use crate::pki::Pki;
use crate::{folder, valid};
use delibera::domain::case::{CaseCommand, OpinionOutcome};
use delibera::domain::command::Command;
use delibera::domain::papers::SignatureQuality;
use delibera::domain::stream::StreamId;
use delibera::service::keyring::config::Activation;
use delibera::service::signing::Shown;

const DEVELOPMENT: &str = "[backends]\nsviluppo = { kind = \"development\" }\n\
     [people]\ndefault = { backend = \"sviluppo\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn one_gesture_gives_a_result_per_paper_and_what_failed_is_repeated() {
    let comune = Comune::new("bulk", DEVELOPMENT, "").await;
    let mut papers = comune.proposals(3).await;
    papers.insert(1, (StreamId::case("atto-0"), "nessuno".to_owned()));
    papers.push(papers[0].clone());
    let rows = comune.office.sign_many("rossi", &papers, &Activation::default()).await;
    let done: Vec<bool> = rows.iter().map(|row| row.outcome.is_ok()).collect();
    assert_eq!(done, [true, false, true, true, false], "a paper asked for twice is signed once");
    let again = rows.into_iter().filter(|row| row.outcome.is_err());
    let again: Vec<_> = again.map(|row| (row.stream, row.key)).collect();
    let rows = comune.office.sign_many("rossi", &again, &Activation::default()).await;
    assert!(rows.iter().all(|row| row.outcome.is_err()));
    valid(&comune.paper(&papers[0]).await, 1);
    let other = comune.office.sign_many("sindaco", &papers[2..3], &Activation::default()).await;
    let refusal = other[0].outcome.as_ref().unwrap_err().refusal().unwrap().code.clone();
    assert_eq!(refusal, "not_the_signer");
    comune.verified().await;
}

/// The documents of these papers as a page shows them before they are signed together.
pub async fn shown(comune: &Comune, papers: &[(StreamId, String)]) -> Vec<Shown> {
    let office = &comune.office;
    let mut all = Vec::new();
    for (stream, key) in papers {
        let world = office.executor.world(std::slice::from_ref(stream)).await.unwrap();
        let base = world.case(&stream.id).unwrap().paper(key).unwrap().sha256.clone().unwrap();
        let command = CaseCommand::Sign { paper_key: key.clone(), base, paper: None };
        let command = Command::Case { id: stream.id.clone(), command };
        let id = office.show("rossi", &command).await.unwrap().unwrap();
        all.push(office.shown("rossi", &id).await.unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_signed_together_and_what_fails_stays_ready() {
    let comune = Comune::new("bulk-shown", DEVELOPMENT, "").await;
    let (office, papers) = (&comune.office, comune.proposals(3).await);
    let documents = shown(&comune, &papers).await;
    // One of them is signed elsewhere meanwhile: it fails alone.
    office.sign("rossi", &papers[1].0, &papers[1].1).await.unwrap();
    let rows = office.sign_all_shown("rossi", documents.clone(), &Activation::default()).await;
    let done: Vec<bool> = rows.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, true]);
    assert!(office.shown("rossi", &documents[0].id).await.is_err(), "done, it waits no longer");
    assert!(office.shown("rossi", &documents[1].id).await.is_ok(), "it can be tried again");
    for (paper, document) in [(&papers[0], &documents[0]), (&papers[2], &documents[2])] {
        let signed = comune.paper(paper).await;
        assert!(signed.starts_with(&document.bytes), "the very bytes that were shown");
        valid(&signed, 1);
    }
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t_83_a_development_certificate_is_refused_where_a_qualified_one_is_asked_for() {
    let comune = Comune::new("t83", DEVELOPMENT, "{ proposta = \"qualified\" }").await;
    let papers = comune.proposals(1).await;
    let row = comune.office.sign("rossi", &papers[0].0, &papers[0].1).await;
    let said = row.unwrap_err().to_string();
    assert!(said.contains("serve una firma qualificata"), "{said}");
    // Whoever reaches the rules without the keyring is refused there too.
    let base = comune.paper(&papers[0]).await;
    let world = comune.office.executor.world(std::slice::from_ref(&papers[0].0)).await.unwrap();
    let state = world.case("atto-0").unwrap().paper("proposta").unwrap().clone();
    let paper = delibera::domain::papers::SignedPaper {
        form: Default::default(),
        kind: state.plan.kind,
        facts: state.facts.clone().unwrap(),
        sha256: "0".repeat(64),
        fiscal_code: crate::comune::CODE.into(),
        assurance: None,
    };
    let sign = CaseCommand::Sign {
        paper_key: "proposta".into(),
        base: state.sha256.clone().unwrap(),
        paper: Some(paper),
    };
    let command = Command::Case { id: "atto-0".into(), command: sign };
    let refused = comune.office.perform("rossi", command, None, Vec::new()).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().code, "signature_not_enough");
    assert!(!base.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_file_is_advanced_whatever_its_certificate_says() {
    let pki = Pki::new(&folder("qualified-pki"), "http://prove.invalid");
    let policy = "{ default = \"advanced\", proposta = \"qualified\" }";
    let comune = Comune::new("qualified", &file_keys(&pki, "sscd"), policy).await;
    let papers = comune.proposals(1).await;
    let refused = comune.office.sign("rossi", &papers[0].0, &papers[0].1).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("serve una firma qualificata, il certificato è avanzato"), "{said}");
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_must_be_of_the_person_and_valid_today() {
    let pki = Pki::new(&folder("wrong-pki"), "http://prove.invalid");
    let other = pki.issue(
        "altro",
        "/C=IT/serialNumber=TINIT-VRDLGU70A01F205Y/CN=Altro",
        "P-256",
        "person",
        30,
    );
    let short = pki.issue("breve", SUBJECT, "P-256", "person", 1);
    for (name, issued, days, wanted) in [
        ("other", &other, 0, "il certificato è di VRDLGU70A01F205Y"),
        ("expired", &short, 3, "il certificato è scaduto"),
    ] {
        let signing = format!(
            "[backends]\nfile = {{ kind = \"file\" }}\n[people]\n\
             rossi = {{ backend = \"file\", key = {:?}, certificate = {:?} }}\n",
            issued.key_file, issued.certificate_file
        );
        let comune = Comune::new(name, &signing, "").await;
        comune.clock.advance(chrono::TimeDelta::days(days));
        let papers = comune.proposals(1).await;
        let said = comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap_err();
        assert!(said.to_string().contains(wanted), "{said}");
        comune.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carried_paper_is_signed_with_the_key_of_the_person() {
    let pki = Pki::new(&folder("carried-pki"), "http://prove.invalid");
    let comune = Comune::new("carried", &file_keys(&pki, "person"), "").await;
    let papers = comune.proposals(1).await;
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    let opinion = crate::offline::opinion(OpinionOutcome::Favourable);
    comune.office.perform("rossi", opinion, None, Vec::new()).await.unwrap();
    let world = comune.office.executor.world(std::slice::from_ref(&papers[0].0)).await.unwrap();
    let paper = world.case("atto-0").unwrap().opinions[0].paper.clone();
    let bytes = delibera::service::paper::document(&comune.office.executor, &paper.sha256).await;
    valid(&bytes.unwrap(), 1);
    assert_eq!(paper.assurance.unwrap().quality, SignatureQuality::Advanced);
    comune.verified().await;
}
