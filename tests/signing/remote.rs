// SPDX-License-Identifier: AGPL-3.0-or-later
//! Remote signing, live against the Cloud Signature Consortium dummy server of PyPI; and against a
//! server of our own for what the dummy never says (codes wrong, expired, asked for).

use crate::comune::{CODE, Comune, SUBJECT, trust};
use crate::http::Server;
use crate::judgement::{refused, worth};
use crate::pki::Pki;
use crate::services::Services;
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

/// The dummy makes certificates of its own: the last of a chain is the authority to be trusted.
fn trust_dummy(dummy: &Dummy) -> String {
    let body = json!({ "credentialID": "prova/rsa", "certificates": "chain" }).to_string();
    let asked = ureq::post(format!("{}/credentials/info", dummy.url))
        .header("Content-Type", "application/json")
        .send(body);
    let answer = asked.unwrap().body_mut().read_to_string().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let chain = answer["cert"]["certificates"].as_array().unwrap();
    let root = Base64::decode_vec(chain.last().unwrap().as_str().unwrap()).unwrap();
    let folder = folder("csc-trust");
    std::fs::write(folder.join("radice.cer"), root).unwrap();
    format!("trust = {folder:?}\n")
}

fn signing(trust: &str, url: &str, key: &str) -> String {
    format!(
        "{trust}[backends]\nremota = {{ kind = \"csc\", url = \"{url}\" }}\n\
         [people]\ndefault = {{ backend = \"remota\"{key} }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dummy_service_signs_a_batch_with_one_authorization() {
    let dummy = dummy("csc");
    let trust = trust_dummy(&dummy);
    let named = signing(&trust, &dummy.url, ", key = \"prova/rsa\"");
    // Named in the configuration, or found among the credentials by the fiscal code.
    for (name, config) in [("csc-named", named), ("csc-found", signing(&trust, &dummy.url, ""))] {
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
    let other = signing(&trust, &dummy.url, ", key = \"prova/ec\"");
    let comune = Comune::new("csc-other", &other, "").await;
    let papers = comune.proposals(1).await;
    let row = comune.office.sign("rossi", &papers[0].0, "proposta").await;
    let said = row.unwrap_err().to_string();
    assert!(
        said.contains("il certificato è di VRDLGU70A01F205Y, non di RSSMRA80A01F205X"),
        "{said}"
    );
}

/// A service that wants a code, gives one certificate and keeps what it was asked and by whom.
struct Fake {
    server: Server,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    entered: Arc<Mutex<Vec<(String, String)>>>,
    services: Services,
}

/// What a service wants besides the code.
#[derive(Default, Clone, Copy)]
struct Rules {
    /// Who has no token of access is nobody; `auth/login` gives one for the password.
    guarded: bool,
    /// PIN of the key.
    pin: Option<&'static str>,
}

const USER: &str = "comune";
const PASSWORD: &str = "parola segreta";
const TOKEN: &str = "gettone";

fn fake(name: &str, rules: Rules) -> Fake {
    let services = Services::new(name);
    let pki = Arc::clone(&services.pki);
    let issued = pki.issue("rossi", SUBJECT, "P-384", "person", 30);
    let key = delibera_signature::FileKey::new(&issued.key, vec![issued.certificate.clone()]);
    let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let entered: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let (log, door) = (Arc::clone(&asked), Arc::clone(&entered));
    let dir = pki.dir.clone();
    assert!(key.is_ok());
    let answer = move |path: &str, access: &str, body: &[u8]| {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let method = path.trim_start_matches("/csc/v1/").to_owned();
        log.lock().unwrap().push((method.clone(), body.clone()));
        door.lock().unwrap().push((method.clone(), access.to_owned()));
        let said =
            |error: &str, text: &str| (400, json!({ "error": error, "error_description": text }));
        let password =
            format!("Basic {}", Base64::encode_string(format!("{USER}:{PASSWORD}").as_bytes()));
        let (status, answer) = match method.as_str() {
            "auth/login" if access == password => {
                (200, json!({ "access_token": TOKEN, "expires_in": 3600 }))
            }
            _ if rules.guarded && access != format!("Bearer {TOKEN}") => {
                (401, json!({ "error": "authentication_error", "error_description": "No" }))
            }
            "credentials/sendOTP" => (204, Value::Null),
            "credentials/info" => (
                200,
                json!({
                    "key": { "status": "enabled", "algo": ["1.2.840.10045.4.3.3"], "len": 384 },
                    "cert": { "certificates": [Base64::encode_string(&issued.certificate)] },
                    "authMode": "explicit", "OTP": { "presence": "true" }, "multisign": 2,
                    "PIN": { "presence": rules.pin.is_some().to_string() },
                }),
            ),
            "credentials/authorize" if body["PIN"].as_str() != rules.pin => {
                said("invalid_pin", "The PIN is invalid")
            }
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
    let server = Server::guarded(listener, url, Arc::new(answer));
    Fake { server, asked, entered, services }
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
    let fake = fake("fake-csc", Rules::default());
    let (url, trust) = (format!("{}/csc/v1", fake.server.url), trust(&fake.services.pki));
    let comune = Comune::new("fake", &signing(&trust, &url, ", key = \"a\""), "").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_does_not_sign_remotely() {
    let fake = fake("revoked-csc", Rules::default());
    let (url, trust) = (format!("{}/csc/v1", fake.server.url), trust(&fake.services.pki));
    let comune = Comune::new("revoked-remote", &signing(&trust, &url, ", key = \"a\""), "").await;
    comune.proposals(1).await;
    fake.services.pki.revoke("rossi");
    assert_eq!(refused(&comune, &code("123456")).await, "certificate_revoked");
    comune.verified().await;
}

const IN_PASSWORD: &str = "DELIBERA_TEST_CSC_PASSWORD";
const IN_WRONG: &str = "DELIBERA_TEST_CSC_WRONG";
const IN_TOKEN: &str = "DELIBERA_TEST_CSC_TOKEN";
const IN_PIN: &str = "DELIBERA_TEST_CSC_PIN";
const PIN: &str = "4829";

/// A Comune that enters a service in a way of its own, with one proposal to sign.
async fn entering(name: &str, fake: &Fake, how: &str) -> Comune {
    let signing = format!(
        "{}[backends]\nremota = {{ kind = \"csc\", url = \"{}/csc/v1\"{how} }}\n\
         [people]\ndefault = {{ backend = \"remota\", key = \"a\" }}\n",
        trust(&fake.services.pki),
        fake.server.url
    );
    let comune = Comune::new(name, &signing, "").await;
    comune.proposals(1).await;
    fake.entered.lock().unwrap().clear();
    comune
}

async fn signs(comune: &Comune, activation: &Activation) {
    let papers = [(delibera::domain::stream::StreamId::case("atto-0"), "proposta".to_owned())];
    let row = comune.office.sign_many("rossi", &papers, activation).await.pop().unwrap();
    row.outcome.unwrap();
    assert_eq!(worth(comune).await["quality"], "advanced");
    comune.verified().await;
}

async fn enters_in_every_way() {
    let fake = fake("guarded-csc", Rules { guarded: true, pin: None });
    let way = |key: &str, variable: &str| format!(", user = {USER:?}, {key} = {variable:?}");
    let comune = entering("password", &fake, &way("password_env", IN_PASSWORD)).await;
    signs(&comune, &code("123456")).await;
    let entered = std::mem::take(&mut *fake.entered.lock().unwrap());
    assert!(entered[0].0 == "auth/login" && entered[0].1.starts_with("Basic "), "{entered:?}");
    let bearer = format!("Bearer {TOKEN}");
    assert!(entered[1..].iter().all(|(_, access)| *access == bearer), "{entered:?}");
    let comune = entering("wrong", &fake, &way("password_env", IN_WRONG)).await;
    let said = refused(&comune, &code("123456")).await;
    assert!(said.contains("accesso negato"), "{said}");
    let comune = entering("nobody", &fake, "").await;
    let said = refused(&comune, &code("123456")).await;
    assert!(said.contains("accesso negato"), "{said}");
    let comune = entering("bearer", &fake, &format!(", bearer_env = {IN_TOKEN:?}")).await;
    signs(&comune, &code("123456")).await;
    let entered = std::mem::take(&mut *fake.entered.lock().unwrap());
    assert!(entered.iter().all(|(method, access)| method != "auth/login" && *access == bearer));
}

async fn gives_its_pin_in_every_way() {
    let fake = fake("pin-csc", Rules { guarded: false, pin: Some(PIN) });
    let comune = entering("pin", &fake, "").await;
    assert!(comune.office.asks("rossi").await.unwrap().pin);
    let given = |pin: &str| Activation { pin: Secret::new(pin), ..code("123456") };
    for (activation, wanted) in
        [(code("123456"), "manca il PIN"), (given("0000"), "il PIN non è corretto")]
    {
        let said = refused(&comune, &activation).await;
        assert!(said.contains(wanted), "{said}");
    }
    signs(&comune, &given(PIN)).await;
    let comune = entering("pin-kept", &fake, &format!(", pin_env = {IN_PIN:?}")).await;
    assert!(!comune.office.asks("rossi").await.unwrap().pin);
    signs(&comune, &code("123456")).await;
}

/// Secrets are in the environment of the process, so the test runs itself again with them.
#[test]
fn a_service_is_entered_with_a_password_or_a_token_and_a_key_opened_with_a_pin() {
    const TEST: &str =
        "remote::a_service_is_entered_with_a_password_or_a_token_and_a_key_opened_with_a_pin";
    if std::env::var_os(IN_PASSWORD).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(async {
            enters_in_every_way().await;
            gives_its_pin_in_every_way().await;
        });
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]);
    command.env(IN_PASSWORD, PASSWORD).env(IN_WRONG, "altra").env(IN_TOKEN, TOKEN).env(IN_PIN, PIN);
    crate::run(&mut command);
}
