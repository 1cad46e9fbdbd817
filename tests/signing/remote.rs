// SPDX-License-Identifier: AGPL-3.0-or-later
//! Remote signing, live against the Cloud Signature Consortium dummy server of PyPI; and against a
//! server of our own for what the dummy never says (codes wrong, expired, asked for).

use crate::comune::{CODE, Comune, SUBJECT};
use crate::http::Server;
use crate::pki::Pki;
use crate::{folder, python, valid};
use base64ct::{Base64, Encoding};
use delibera::service::keyring::config::{Activation, Secret};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The dummy server, stopped when the test ends.
struct Dummy {
    child: Child,
    url: String,
}

impl Drop for Dummy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CONFIG: &str = r#"
keysets:
  prova:
    path-prefix: FOLDER
    keys:
      root: {path: ca.key}
      rsa: {path: rsa.key}
      ec: {path: ec.key}
pki-architectures:
  prova:
    keyset: prova
    entity-defaults: {country-name: IT, organization-name: Prove}
    entities:
      root: {common-name: Radice}
      rsa: {common-name: Mario Rossi, serial-number: TINIT-RSSMRA80A01F205X}
      ec: {common-name: Altra Persona, serial-number: TINIT-VRDLGU70A01F205Y}
    certs:
      root:
        subject: root
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2100-01-01T00:00:00+0000"}
        extensions:
          - {id: basic_constraints, critical: true, value: {ca: true}}
          - id: key_usage
            critical: true
            smart-value: {schema: key-usage, params: [key_cert_sign, crl_sign]}
      rsa: &leaf
        subject: rsa
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2100-01-01T00:00:00+0000"}
        extensions:
          - id: key_usage
            critical: true
            smart-value: {schema: key-usage, params: [non_repudiation]}
      ec:
        <<: *leaf
        subject: ec
"#;

fn dummy(name: &str) -> Dummy {
    let pki = Pki::new(&folder(name), "http://prove.invalid");
    pki.issue("rsa", SUBJECT, "RSA-2048", "person", 30);
    pki.issue("ec", SUBJECT, "P-256", "person", 30);
    let config = pki.dir.join("certomancer.yml");
    std::fs::write(&config, CONFIG.replace("FOLDER", &pki.dir.display().to_string())).unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = std::fs::File::create(pki.dir.join("server.log")).unwrap();
    let child = python("python")
        .args(["-m", "csc_dummy"])
        .arg(&config)
        .args([&port.to_string(), "2"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let dummy = Dummy { child, url: format!("http://localhost:{port}/csc/v1") };
    let begun = Instant::now();
    while std::net::TcpStream::connect(("localhost", port)).is_err() {
        let said = std::fs::read_to_string(pki.dir.join("server.log")).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "csc_dummy does not answer: {said}");
        std::thread::sleep(Duration::from_millis(50));
    }
    dummy
}

fn signing(url: &str, key: &str) -> String {
    format!(
        "[backends]\nremota = {{ kind = \"csc\", url = \"{url}\" }}\n\
         [people]\ndefault = {{ backend = \"remota\"{key} }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dummy_service_signs_a_batch_with_one_authorization() {
    let dummy = dummy("csc");
    let named = signing(&dummy.url, ", key = \"prova/rsa\"");
    // Named in the configuration, or found among the credentials by the fiscal code.
    for (name, config) in [("csc-named", named), ("csc-found", signing(&dummy.url, ""))] {
        let comune = Comune::new(name, &config, "").await;
        let papers = comune.proposals(4).await;
        for row in comune.office.sign_many("rossi", &papers, &Activation::default()).await {
            row.outcome.unwrap();
        }
        for paper in &papers {
            valid(&comune.paper(paper).await, 1);
        }
        comune.verified().await;
    }
    let other = signing(&dummy.url, ", key = \"prova/ec\"");
    let comune = Comune::new("csc-other", &other, "").await;
    let papers = comune.proposals(1).await;
    let row = comune.office.sign("rossi", &papers[0].0, "proposta").await;
    let said = row.unwrap_err().to_string();
    assert!(
        said.contains("il certificato è di VRDLGU70A01F205Y, non di RSSMRA80A01F205X"),
        "{said}"
    );
}

/// A service that wants a code, gives one certificate and keeps what it was asked.
struct Fake {
    server: Server,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

fn fake(name: &str) -> Fake {
    let pki = Pki::new(&folder(name), "http://prove.invalid");
    let issued = pki.issue("rossi", SUBJECT, "P-384", "person", 30);
    let key = delibera_signature::FileKey::new(&issued.key, vec![issued.certificate.clone()]);
    let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let log = Arc::clone(&asked);
    let dir = pki.dir.clone();
    assert!(key.is_ok());
    let answer = move |path: &str, body: &[u8]| {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let method = path.trim_start_matches("/csc/v1/").to_owned();
        log.lock().unwrap().push((method.clone(), body.clone()));
        let said =
            |error: &str, text: &str| (400, json!({ "error": error, "error_description": text }));
        let (status, answer) = match method.as_str() {
            "credentials/sendOTP" => (204, Value::Null),
            "credentials/info" => (
                200,
                json!({
                    "key": { "status": "enabled", "algo": ["1.2.840.10045.4.3.3"], "len": 384 },
                    "cert": { "certificates": [Base64::encode_string(&issued.certificate)] },
                    "authMode": "explicit", "OTP": { "presence": "true" }, "multisign": 2,
                }),
            ),
            "credentials/authorize" => match body["OTP"].as_str() {
                Some("123456") => (200, json!({ "SAD": "attivata" })),
                Some("111111") => said("invalid_request", "The OTP has expired"),
                _ => said("invalid_otp", "The OTP is invalid"),
            },
            "signatures/signHash" => {
                let hashes = body["hash"].as_array().cloned().unwrap_or_default();
                let sign = |hash: &Value| {
                    let digest = Base64::decode_vec(hash.as_str().unwrap()).unwrap();
                    Base64::encode_string(&sign_digest(&dir, &digest))
                };
                (200, json!({ "signatures": hashes.iter().map(sign).collect::<Vec<_>>() }))
            }
            _ => (404, Value::Null),
        };
        (status, answer.to_string().into_bytes())
    };
    let (listener, url) = Server::bind();
    Fake { server: Server::start(listener, url, Arc::new(answer)), asked }
}

/// The signature of a digest, r and s side by side, as some services give it.
fn sign_digest(dir: &std::path::Path, digest: &[u8]) -> Vec<u8> {
    let name = uuid::Uuid::new_v4().to_string();
    let (asked, signed) = (dir.join(&name), dir.join(format!("{name}.sig")));
    std::fs::write(&asked, digest).unwrap();
    let mut command = std::process::Command::new("openssl");
    command.args(["pkeyutl", "-sign", "-inkey"]).arg(dir.join("rossi.key"));
    crate::run(command.arg("-in").arg(&asked).arg("-out").arg(&signed));
    let der = std::fs::read(&signed).unwrap();
    let first = usize::from(der[3]);
    let numbers = [&der[4..4 + first], &der[6 + first..]];
    let mut raw = Vec::new();
    for number in numbers {
        let number = number.strip_prefix(&[0][..]).unwrap_or(number);
        raw.resize(raw.len() + 48 - number.len(), 0);
        raw.extend(number);
    }
    raw
}

fn code(text: &str) -> Activation {
    Activation { pin: None, code: Secret::new(text) }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_signs_as_many_as_the_service_allows_and_every_refusal_says_what_to_do() {
    let fake = fake("fake-csc");
    let url = format!("{}/csc/v1", fake.server.url);
    let comune = Comune::new("fake", &signing(&url, ", key = \"a\""), "").await;
    let papers = comune.proposals(4).await;
    assert!(comune.office.asks("rossi").await.unwrap().code);
    assert!(comune.office.send_code("rossi").await.unwrap());
    let said = async |activation: &Activation| {
        let row = comune.office.sign_many("rossi", &papers[..1], activation).await.pop().unwrap();
        row.outcome.unwrap_err().to_string()
    };
    for (activation, wanted) in [
        (Activation::default(), "manca il codice OTP"),
        (code("999999"), "il codice OTP non è corretto: richiederne uno nuovo"),
        (code("111111"), "il codice OTP è scaduto: richiederne uno nuovo"),
    ] {
        let said = said(&activation).await;
        assert!(said.contains(wanted), "{said}");
    }
    fake.server.set_down(true);
    let text = said(&code("123456")).await;
    assert!(text.contains("il servizio di firma non risponde"), "{text}");
    fake.server.set_down(false);
    fake.asked.lock().unwrap().clear();
    let rows = comune.office.sign_many("rossi", &papers, &code("123456")).await;
    let done: Vec<bool> = rows.iter().map(|row| row.outcome.is_ok()).collect();
    assert_eq!(done, [true, true, false, false]);
    let text = rows[2].outcome.as_ref().unwrap_err().to_string();
    assert!(text.contains("con un solo codice si firmano al più 2"), "{text}");
    let asked: Vec<(String, Value)> = std::mem::take(&mut *fake.asked.lock().unwrap());
    let activations: Vec<&Value> =
        asked.iter().filter(|(m, _)| m == "credentials/authorize").map(|(_, b)| b).collect();
    assert_eq!(activations.len(), 1, "one code, one authorization");
    assert_eq!(activations[0]["numSignatures"], 2);
    let signed = asked.iter().find(|(m, _)| m == "signatures/signHash").unwrap();
    assert_eq!(signed.1["hash"], activations[0]["hash"], "what was authorized is what is signed");
    // The page shows the documents that are left, and one code signs both.
    let documents = crate::bulk::shown(&comune, &papers[2..]).await;
    let rest = comune.office.sign_all_shown("rossi", documents, &code("123456")).await;
    assert!(rest.iter().all(Result::is_ok), "{rest:?}");
    let asked: Vec<(String, Value)> = std::mem::take(&mut *fake.asked.lock().unwrap());
    let authorized = asked.iter().filter(|(method, _)| method == "credentials/authorize").count();
    assert_eq!(authorized, 1, "one code for the batch");
    for paper in &papers {
        valid(&comune.paper(paper).await, 1);
    }
    assert_eq!(CODE.len(), 16);
    comune.verified().await;
}
