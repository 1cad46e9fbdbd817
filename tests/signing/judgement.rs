// SPDX-License-Identifier: AGPL-3.0-or-later
//! What enters is judged the same way whoever signed it: a revoked certificate has not signed, an
//! authority nobody trusts signs for nobody, a responder that is down stops no act.

use crate::comune::{Comune, file_keys, trust};
use crate::folder;
use crate::pki::Pki;
use crate::services::Services;
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::SignatureLevel;
use delibera::domain::stream::StreamId;
use delibera::service::clock::Clock;
use delibera::service::keyring::config::Activation;
use delibera::service::paper::document;
use serde_json::Value;

/// The code of the refusal of a signature of «rossi» on the first act.
pub async fn refused(comune: &Comune, activation: &Activation) -> String {
    let papers = [(StreamId::case("atto-0"), "proposta".to_owned())];
    let row = comune.office.sign_many("rossi", &papers, activation).await.pop().unwrap();
    let error = row.outcome.unwrap_err();
    error.refusal().map_or_else(|| error.to_string(), |refusal| refusal.code.clone())
}

/// What the fact of the first signature of an act says it is worth.
pub async fn worth(comune: &Comune) -> Value {
    let stream = StreamId::case("atto-0");
    let events = comune.office.executor.store.stream(&stream).await.unwrap();
    events.iter().find_map(|e| e.event.payload.get("assurance").cloned()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_does_not_sign_with_a_key_in_a_file() {
    let services = Services::new("judged-pki");
    let comune = Comune::new("judged", &file_keys(&services.pki, "person"), "").await;
    let papers = comune.proposals(2).await;
    let before = comune.paper(&papers[0]).await;
    services.pki.revoke("rossi");
    assert_eq!(refused(&comune, &Activation::default()).await, "certificate_revoked");
    assert_eq!(comune.paper(&papers[0]).await, before, "nothing was attached");
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_nobody_trusts_signs_for_nobody() {
    let services = Services::new("untrusted-pki");
    let config = file_keys(&services.pki, "person");
    let stranger = Pki::new(&folder("untrusted-other"), "http://altrove.invalid");
    let config = config.replace(trust(&services.pki).trim_end(), trust(&stranger).trim_end());
    let comune = Comune::new("untrusted", &config, "").await;
    comune.proposals(1).await;
    assert_eq!(refused(&comune, &Activation::default()).await, "authority_not_trusted");
    // The administrator imports the authority: the running server hears of it.
    std::fs::write(stranger.dir.join("trust/altra.cer"), services.pki.anchor()).unwrap();
    comune.office.sign("rossi", &StreamId::case("atto-0"), "proposta").await.unwrap();
    assert!(worth(&comune).await.get("status_unknown").is_none(), "the responder answered");
    // What is not an authority changes nothing.
    std::fs::write(stranger.dir.join("trust/rotta.cer"), b"niente").unwrap();
    assert_eq!(comune.office.press.keys.trust().anchors().len(), 2);
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_that_is_down_stops_no_act_and_is_asked_again() {
    let services = Services::new("unknown-pki");
    let comune = Comune::new("unknown", &services.signing(), "").await;
    let papers = comune.proposals(1).await;
    services.server.set_down(true);
    comune.office.sign("rossi", &papers[0].0, "proposta").await.unwrap();
    assert_eq!(worth(&comune).await["status_unknown"], Value::Bool(true));
    let signed = sha256_hex(&comune.paper(&papers[0]).await);
    let kept = async || {
        let stream = papers[0].0.clone();
        let world = comune.office.executor.world(&[stream]).await.unwrap();
        world.case("atto-0").unwrap().kept.get(&signed).cloned().unwrap()
    };
    assert_eq!(kept().await.wanted, SignatureLevel::Lt);
    services.server.set_down(false);
    // It had been revoked before it signed: the job that keeps the answer says so.
    services.pki.revoke("rossi");
    comune.clock.advance(chrono::TimeDelta::hours(2));
    comune.worker.drain().await.unwrap();
    let newest = kept().await;
    assert_eq!(newest.level, SignatureLevel::Lt);
    let (office, now) = (&comune.office, comune.clock.now());
    let bytes = document(&office.executor, &newest.sha256).await.unwrap();
    let said = office.press.revoked_since(bytes, now).await.unwrap().unwrap();
    assert!(said.contains("certificato revocato"), "{said}");
    comune.verified().await;
}
