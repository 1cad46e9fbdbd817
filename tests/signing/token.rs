// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens, on SoftHSM2. The library reads its configuration from the environment of the process,
//! so the test runs itself again with it.

use crate::comune::{Comune, SUBJECT};
use crate::pki::Pki;
use crate::{folder, run, valid};
use delibera::service::keyring::config::{Activation, Secret};
use std::path::Path;
use std::process::Command;

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "482915";

fn activation(pin: &str) -> Activation {
    Activation { pin: Secret::new(pin), code: None }
}

/// A token with a key and its certificate.
fn token(pki: &Pki, kind: &str) {
    let issued = pki.issue("rossi", SUBJECT, kind, "person", 30);
    let hsm = |arguments: &[&str]| {
        let mut command = Command::new("softhsm2-util");
        run(command.args(arguments));
    };
    hsm(&["--init-token", "--free", "--label", "Carta", "--pin", PIN, "--so-pin", "12345678"]);
    let file = issued.key_file.with_extension("p8");
    std::fs::write(&file, pki.openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", "rossi.key"]))
        .unwrap();
    hsm(&[
        "--import",
        &file.display().to_string(),
        "--token",
        "Carta",
        "--label",
        "firma",
        "--id",
        "01",
        "--pin",
        PIN,
    ]);
}

async fn signs_with(kind: &str) {
    let dir = folder(&format!("token-{kind}"));
    let pki = Pki::new(&dir.join("pki"), "http://prove.invalid");
    token(&pki, kind);
    let signing = |label: &str, token: &str, library: &str| {
        format!(
            "[backends]\ncarta = {{ kind = \"pkcs11\", library = {library:?}, token = {token:?} }}\n\
             [people]\nrossi = {{ backend = \"carta\", key = {label:?}, certificate = {:?} }}\n",
            dir.join("pki/rossi.pem")
        )
    };
    let comune = Comune::new(&format!("c-{kind}"), &signing("firma", "Carta", LIBRARY), "").await;
    let papers = comune.proposals(3).await;
    let refused = |said: String, wanted: &str| assert!(said.contains(wanted), "{said}");
    let first = &papers[..1];
    let none = comune.office.sign_many("rossi", first, &Activation::default()).await;
    refused(none[0].outcome.as_ref().unwrap_err().to_string(), "manca il PIN");
    let wrong = comune.office.sign_many("rossi", first, &activation("000000")).await;
    refused(wrong[0].outcome.as_ref().unwrap_err().to_string(), "il PIN non è corretto");
    for row in comune.office.sign_many("rossi", &papers, &activation(PIN)).await {
        row.outcome.unwrap();
    }
    for paper in &papers {
        valid(&comune.paper(paper).await, 1);
    }
    comune.verified().await;
    // The login ended with the gesture: a wrong PIN is still a wrong PIN.
    let after = Comune::new(&format!("d-{kind}"), &signing("firma", "Carta", LIBRARY), "").await;
    let papers = after.proposals(1).await;
    let wrong = after.office.sign_many("rossi", &papers, &activation("000000")).await;
    refused(wrong[0].outcome.as_ref().unwrap_err().to_string(), "il PIN non è corretto");
    for (label, token, library, wanted) in [
        ("altra", "Carta", LIBRARY, "controllare l'etichetta"),
        ("firma", "Assente", LIBRARY, "non c'è: inserirlo"),
        ("firma", "Carta", "/usr/lib/nessuna.so", "controllarne il percorso"),
    ] {
        let name = format!("e-{kind}-{label}-{token}");
        let comune = Comune::new(&name, &signing(label, token, library), "").await;
        let papers = comune.proposals(1).await;
        let row = comune.office.sign_many("rossi", &papers, &activation(PIN)).await.pop().unwrap();
        refused(row.outcome.unwrap_err().to_string(), wanted);
    }
}

fn again_with_its_own_token(test: &str, kind: &str) {
    assert!(Path::new(LIBRARY).exists(), "SoftHSM2 is missing: apt-get install softhsm2");
    if std::env::var_os("SOFTHSM2_CONF").is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(signs_with(kind));
    }
    let dir = folder(&format!("softhsm-{kind}"));
    let conf = dir.join("softhsm2.conf");
    std::fs::write(&conf, format!("directories.tokendir = {}\n", dir.display())).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    run(command.args(["--exact", test, "--nocapture"]).env("SOFTHSM2_CONF", &conf));
}

#[test]
fn a_token_signs_with_rsa() {
    again_with_its_own_token("token::a_token_signs_with_rsa", "RSA-2048");
}

#[test]
fn a_token_signs_with_p_256() {
    again_with_its_own_token("token::a_token_signs_with_p_256", "P-256");
}

#[test]
fn a_token_signs_with_p_384() {
    again_with_its_own_token("token::a_token_signs_with_p_384", "P-384");
}
