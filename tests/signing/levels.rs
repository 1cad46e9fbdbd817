// SPDX-License-Identifier: AGPL-3.0-or-later
//! Levels of signatures against a live time-stamp authority, OCSP responder and revocation list:
//! the act never waits for them, and what they give is a fact.

use crate::comune::{Comune, file_keys};
use crate::folder;
use crate::http::Server;
use crate::services::Services;
use crate::{python, run, valid};
use chrono::TimeDelta;
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{Kept, SignatureLevel};
use delibera::domain::stream::StreamId;
use delibera::store::{JobFilter, JobState};
use delibera_signature::{Level, Verdict, verify};
use std::sync::Arc;

async fn kept(comune: &Comune, document: &str) -> Kept {
    let stream = StreamId::case("atto-0");
    let world = comune.office.executor.world(std::slice::from_ref(&stream)).await.unwrap();
    world.case("atto-0").unwrap().kept.get(document).cloned().unwrap()
}

async fn bytes(comune: &Comune, sha256: &str) -> Vec<u8> {
    delibera::service::paper::document(&comune.office.executor, sha256).await.unwrap()
}

/// pyHanko's opinion of every signature and time-stamp.
fn pyhanko(services: &Services, name: &str, pdf: &[u8]) -> String {
    let dir = folder(name);
    let file = dir.join("documento.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = python("pyhanko");
    command.args(["sign", "validate", "--pretty-print", "--no-revocation-check", "--trust"]);
    run(command.arg(services.pki.dir.join("ca.pem")).arg(file))
}

/// Our own verifier passes everything, at that level.
fn ours_passes(services: &Services, pdf: &[u8], level: Level) {
    let report = verify(pdf, None, &[services.pki.anchor()]).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(delibera_signature::level(pdf).unwrap(), level);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_reaches_b_lta_by_its_jobs_and_is_renewed_before_the_time_stamp_expires() {
    let services = Services::new("lta-pki");
    let policy = "{ default = \"advanced B-LTA\" }";
    let comune = Comune::new("lta", &services.signing(), policy).await;
    let papers = comune.proposals(1).await;
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    let signed = comune.paper(&papers[0]).await;
    let document = sha256_hex(&signed);
    assert_eq!(kept(&comune, &document).await.level, SignatureLevel::T);
    comune.worker.drain().await.unwrap();
    let first = kept(&comune, &document).await;
    assert_eq!(first.level, SignatureLevel::Lta);
    let archived = bytes(&comune, &first.sha256).await;
    assert!(archived.starts_with(&signed), "what was signed is a prefix of what is kept");
    assert_eq!(comune.paper(&papers[0]).await, signed, "the paper is still its signed revision");
    valid(&archived, 1);
    let said = pyhanko(&services, "lta-pyhanko", &archived);
    assert!(said.contains("judged VALID"), "{said}");
    ours_passes(&services, &archived, Level::Lta);
    comune.verified().await;
    // The renewal is owed by a fact, ninety days before the certificate of the time-stamp expires.
    let filter = JobFilter {
        state: Some(JobState::Available),
        kind: Some("augment".into()),
        ..JobFilter::default()
    };
    let jobs = comune.office.executor.store.jobs(&filter).await.unwrap();
    let [job] = jobs.as_slice() else { panic!("one renewal: {jobs:?}") };
    let expiry = first.renew_by.unwrap();
    assert_eq!(job.due_at, expiry - TimeDelta::days(90));
    services.server.set_down(true);
    comune.clock.set(job.due_at);
    comune.worker.drain().await.unwrap();
    assert_eq!(kept(&comune, &document).await, first, "the authority is down: nothing is lost");
    services.server.set_down(false);
    // A new certificate of the authority, as after a year.
    let subject = "/C=IT/O=Prove/CN=Marche di prova";
    services.pki.issue("tsa", subject, "P-256", "tsa", 800);
    comune.clock.advance(TimeDelta::hours(2));
    comune.worker.drain().await.unwrap();
    let renewed = kept(&comune, &document).await;
    assert!(renewed.renew_by > first.renew_by, "{renewed:?}");
    let newest = bytes(&comune, &renewed.sha256).await;
    assert!(newest.starts_with(&archived));
    valid(&newest, 1);
    ours_passes(&services, &newest, Level::Lta);
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_down_leaves_the_signature_and_a_job_that_mends_it() {
    let services = Services::new("down-pki");
    let comune = Comune::new("down", &services.signing(), "{ default = \"advanced B-LT\" }").await;
    let papers = comune.proposals(1).await;
    services.server.set_down(true);
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    let document = sha256_hex(&comune.paper(&papers[0]).await);
    assert_eq!(kept(&comune, &document).await.level, SignatureLevel::B);
    comune.worker.drain().await.unwrap();
    let filter = JobFilter { kind: Some("augment".into()), ..JobFilter::default() };
    let jobs = comune.office.executor.store.jobs(&filter).await.unwrap();
    assert_eq!(jobs[0].state, JobState::Available);
    let why = jobs[0].last_error.clone().unwrap();
    assert!(why.contains("non risponde"), "{why}");
    for _ in 0..12 {
        comune.clock.advance(TimeDelta::hours(2));
        comune.worker.drain().await.unwrap();
    }
    let jobs = comune.office.executor.store.jobs(&filter).await.unwrap();
    assert_eq!(jobs[0].state, JobState::Available, "a day without the authority buries nothing");
    services.server.set_down(false);
    comune.clock.advance(TimeDelta::hours(2));
    comune.worker.drain().await.unwrap();
    let kept = kept(&comune, &document).await;
    assert_eq!(kept.level, SignatureLevel::Lt);
    let archived = bytes(&comune, &kept.sha256).await;
    valid(&archived, 1);
    ours_passes(&services, &archived, Level::Lt);
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_and_without_stamps_nothing_is_owed() {
    let services = Services::new("none-pki");
    services.server.set_down(true);
    let comune = Comune::new("none", &file_keys(&services.pki, "person"), "").await;
    let papers = comune.proposals(1).await;
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    comune.worker.drain().await.unwrap();
    let filter = JobFilter { kind: Some("augment".into()), ..JobFilter::default() };
    assert!(comune.office.executor.store.jobs(&filter).await.unwrap().is_empty());
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stamp_of_every_signature_is_owed_whatever_the_policy_asks() {
    let services = Services::new("owed-pki");
    let pki = Arc::clone(&services.pki);
    let (listener, url) = Server::bind();
    let stamps = Arc::new(move |_: &str, body: &[u8]| (200, pki.time_stamp(body)));
    let tsa = Server::start(listener, url, stamps);
    tsa.set_down(true);
    let tsa_line = format!("tsa = {{ url = \"{}/tsr\" }}\n", tsa.url);
    let signing = format!("{tsa_line}{}", file_keys(&services.pki, "person"));
    let comune = Comune::new("owed", &signing, "").await;
    let papers = comune.proposals(1).await;
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    let document = sha256_hex(&comune.paper(&papers[0]).await);
    let first = kept(&comune, &document).await;
    assert_eq!((first.level, first.wanted), (SignatureLevel::B, SignatureLevel::T));
    comune.worker.drain().await.unwrap();
    assert_eq!(kept(&comune, &document).await, first, "the authority is down");
    tsa.set_down(false);
    comune.clock.advance(TimeDelta::hours(2));
    comune.worker.drain().await.unwrap();
    let stamped = kept(&comune, &document).await;
    assert_eq!(stamped.level, SignatureLevel::T);
    valid(&bytes(&comune, &stamped.sha256).await, 1);
    let filter = JobFilter {
        state: Some(JobState::Available),
        kind: Some("augment".into()),
        ..JobFilter::default()
    };
    assert!(comune.office.executor.store.jobs(&filter).await.unwrap().is_empty());
    comune.verified().await;
}
