// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens, on SoftHSM2. The library reads its configuration from the environment of the process,
//! so the test runs itself again with it.

use crate::comune::{Comune, SUBJECT, trust};
use crate::judgement::{refused, worth};
use crate::pki::Pki;
use crate::services::Services;
use crate::{folder, run, valid};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, KeyType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use delibera::service::keyring::config::{Activation, Secret};
use std::path::Path;
use std::process::Command;

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "482915";

fn activation(pin: &str) -> Activation {
    Activation { pin: Secret::new(pin), code: None }
}

fn hsm(arguments: &[&str]) {
    let mut command = Command::new("softhsm2-util");
    run(command.args(arguments));
}

fn blank_token() {
    hsm(&["--init-token", "--free", "--label", "Carta", "--pin", PIN, "--so-pin", "12345678"]);
}

/// A token with a key; its certificate is in a file.
fn token(pki: &Pki, kind: &str) {
    let issued = pki.issue("rossi", SUBJECT, kind, "person", 30);
    blank_token();
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
    let services = Services::new(&format!("token-{kind}"));
    let pki = &services.pki;
    token(pki, kind);
    let trusted = trust(pki);
    let signing = |label: &str, token: &str, library: &str| {
        format!(
            "{trusted}[backends]\ncarta = {{ kind = \"pkcs11\", library = {library:?}, token = {token:?} }}\n\
             [people]\nrossi = {{ backend = \"carta\", key = {label:?}, certificate = {:?} }}\n",
            pki.dir.join("rossi.pem")
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

/// The numbers of an RSA key (RFC 8017, A.1.2): version, n, e, d, p, q, dP, dQ, qInv.
fn numbers(pki: &Pki) -> Vec<Vec<u8>> {
    let der = pki.openssl(&["rsa", "-in", "rossi.key", "-traditional", "-outform", "DER"]);
    let header = |at: usize| match der[at + 1] {
        short @ 0..0x80 => (usize::from(short), at + 2),
        long => {
            let end = at + 2 + usize::from(long & 0x7F);
            (der[at + 2..end].iter().fold(0, |n, byte| (n << 8) | usize::from(*byte)), end)
        }
    };
    let (_, mut at) = header(0);
    let mut found = Vec::new();
    while at < der.len() {
        let (length, start) = header(at);
        at = start + length;
        found.push(der[start..at].iter().copied().skip_while(|byte| *byte == 0).collect());
    }
    found
}

/// A token as a qualified card is: the certificate on it, and a key that wants the PIN before each
/// signature. The library ends with the value that is given back.
fn card(pki: &Pki) -> Pkcs11 {
    let issued = pki.issue("rossi", SUBJECT, "RSA-2048", "sscd", 30);
    blank_token();
    let library = Pkcs11::new(LIBRARY).unwrap();
    library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slots = library.get_slots_with_token().unwrap();
    let ours = |slot: &cryptoki::slot::Slot| {
        library.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == "Carta")
    };
    let slot = slots.into_iter().find(ours).unwrap();
    let session = library.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::new(PIN.to_owned().into()))).unwrap();
    let named = [Attribute::Token(true), Attribute::Label(b"firma".to_vec())];
    let [_, n, e, d, p, q, dp, dq, qi] = numbers(pki).try_into().unwrap();
    let key = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Sign(true),
        Attribute::AlwaysAuthenticate(true),
        Attribute::Modulus(n),
        Attribute::PublicExponent(e),
        Attribute::PrivateExponent(d),
        Attribute::Prime1(p),
        Attribute::Prime2(q),
        Attribute::Exponent1(dp),
        Attribute::Exponent2(dq),
        Attribute::Coefficient(qi),
    ];
    session.create_object(&[&named[..], &key].concat()).unwrap();
    let certificate = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Private(false),
        Attribute::Subject(vec![0x30, 0]),
        Attribute::Value(issued.certificate),
    ];
    session.create_object(&[&named[..], &certificate].concat()).unwrap();
    session.logout().unwrap();
    drop(session);
    library
}

async fn signs_with_a_card() {
    let services = Services::new("card");
    let _library = card(&services.pki);
    let signing = format!(
        "{}[backends]\ncarta = {{ kind = \"pkcs11\", library = {LIBRARY:?}, token = \"Carta\" }}\n\
         [people]\nrossi = {{ backend = \"carta\", key = \"firma\" }}\n",
        trust(&services.pki)
    );
    let policy = "{ default = \"advanced\", proposta = \"qualified\" }";
    let comune = Comune::new("qualified-card", &signing, policy).await;
    let papers = comune.proposals(3).await;
    let said = refused(&comune, &activation("000000")).await;
    assert!(said.contains("il PIN non è corretto"), "{said}");
    for row in comune.office.sign_many("rossi", &papers, &activation(PIN)).await {
        row.outcome.unwrap();
    }
    for paper in &papers {
        valid(&comune.paper(paper).await, 1);
    }
    let worth = worth(&comune).await;
    assert_eq!((&worth["quality"], &worth["level"]), (&"qualified".into(), &"B-B".into()));
    comune.verified().await;
    services.pki.revoke("rossi");
    let comune = Comune::new("revoked-card", &signing, policy).await;
    comune.proposals(1).await;
    assert_eq!(refused(&comune, &activation(PIN)).await, "certificate_revoked");
    comune.verified().await;
}

fn again_with_its_own_token(test: &str, work: impl Future<Output = ()>) {
    assert!(Path::new(LIBRARY).exists(), "SoftHSM2 is missing: apt-get install softhsm2");
    if std::env::var_os("SOFTHSM2_CONF").is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(work);
    }
    let dir = folder(&format!("softhsm-{}", test.replace("::", "-")));
    let conf = dir.join("softhsm2.conf");
    std::fs::write(&conf, format!("directories.tokendir = {}\n", dir.display())).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    run(command.args(["--exact", test, "--nocapture"]).env("SOFTHSM2_CONF", &conf));
}

#[test]
fn a_token_signs_with_rsa() {
    again_with_its_own_token("token::a_token_signs_with_rsa", signs_with("RSA-2048"));
}

#[test]
fn a_token_signs_with_p_256() {
    again_with_its_own_token("token::a_token_signs_with_p_256", signs_with("P-256"));
}

#[test]
fn a_token_signs_with_p_384() {
    again_with_its_own_token("token::a_token_signs_with_p_384", signs_with("P-384"));
}

#[test]
fn a_qualified_card_that_wants_its_pin_each_time_signs_many_papers_with_one() {
    again_with_its_own_token(
        "token::a_qualified_card_that_wants_its_pin_each_time_signs_many_papers_with_one",
        signs_with_a_card(),
    );
}
