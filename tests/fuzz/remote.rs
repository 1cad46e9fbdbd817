// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a remote signing service answers (Cloud Signature Consortium), wounded on the way: its token of
//! access, its credentials, the certificate of one, the authorization, the signatures. Either the document
//! bears the right signature of the person, or there is a reason and no document.

use crate::attack::{explained, for_a_while, wound};
use crate::http::Server;
use crate::papers::printed;
use base64ct::{Base64, Encoding};
use chrono::{DateTime, TimeDelta, Utc};
use delibera::domain::papers::SignatureQuality;
use delibera::domain::registry::Person;
use delibera::service::keyring::config::{Activation, Secret, SigningConfig};
use delibera::service::keyring::{Done, Keyring, Order, Who, shown};
use delibera::service::simulation::Chance;
use delibera_documents::{Document, render};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, Request, SignError, Signer, Verdict, cms, prepare, verify,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const CODE: &str = "RSSMRA80A01F205X";
const NAME: &str = "Mario Rossi";
const FIELD: &str = "firma";
const METHODS: [&str; 5] = [
    "auth/login",
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "signatures/signHash",
];
const REFUSAL: &str = r#"{"error":"invalid_otp","error_description":"The OTP is invalid"}"#;
const WORDS: [&str; 24] = [
    "{}",
    "[]",
    "[",
    "]",
    "}",
    ",",
    ":",
    "null",
    "true",
    "\\u0000",
    "\\r\\n",
    "{\"a\":",
    "[[[[",
    "MIIB",
    "AAAA",
    "====",
    "\"a\",",
    "certificates",
    "multisign",
    "0",
    "18446744073709551615",
    "1.2.840.113549.1.1.1",
    "expired",
    "disabled",
];

/// The answer to wound, and by which chance; none: everything passes as it was said.
type Wound = Arc<Mutex<Option<(&'static str, Chance)>>>;

/// A document, who signs it, and what an honest service says for him.
struct Made {
    order: Order,
    person: Person,
    at: DateTime<Utc>,
    /// Of the person and of the authority.
    certificates: Vec<String>,
    signature: String,
    anchor: Vec<u8>,
}

fn person() -> Person {
    Person {
        id: "rossi".into(),
        given_name: "Mario".into(),
        surname: "Rossi".into(),
        fiscal_code: CODE.into(),
        email: "rossi@comune.example".into(),
        born: None,
    }
}

/// The service has no key: it knows the signature of this one document, which is always the same.
fn made() -> Made {
    let at = DateTime::from_timestamp(1_767_225_600, 0).expect("an instant");
    let authority = DevelopmentCa::from_seed(&[5; 32], at - TimeDelta::days(1)).expect("made");
    let key = authority.person("Mario", "Rossi", CODE).expect("a key");
    let body = format!(
        "Un atto.\n\n::: firma campo=\"{FIELD}\" titolo=\"IL SINDACO\" nome=\"{NAME}\"\n:::\n"
    );
    let pdf = render(&Document { body, ..printed("") }).expect("a document").pdf;
    let lines = shown(NAME, at);
    let request = Request {
        field: FIELD,
        name: NAME,
        reason: None,
        lines: &lines,
        signing_time: at,
        reserve: DEFAULT_RESERVE,
    };
    let digest = prepare(&pdf, &request).expect("prepared").digest_by(key.algorithm().hash());
    let attributes = cms::signed_attributes(&digest, key.certificate()).expect("attributes");
    let signature = key.sign(&attributes).expect("a signature");
    let anchor = authority.certificate().to_vec();
    Made {
        order: Order { pdf, field: FIELD.into(), needed: SignatureQuality::Development },
        person: person(),
        at,
        certificates: [key.certificate(), &anchor].map(Base64::encode_string).to_vec(),
        signature: Base64::encode_string(&signature),
        anchor,
    }
}

/// What an honest service says.
fn said(method: &str, certificates: &[String], signature: &str) -> Value {
    match method {
        "auth/login" => json!({ "access_token": "gettone", "expires_in": 3600 }),
        "credentials/list" => json!({ "credentialIDs": ["uno"] }),
        "credentials/info" => json!({
            "key": { "status": "enabled", "algo": ["1.2.840.10045.4.3.2"], "len": 256 },
            "cert": { "certificates": certificates },
            "authMode": "explicit", "multisign": 2,
            "PIN": { "presence": "true" }, "OTP": { "presence": "true" },
        }),
        "credentials/authorize" => json!({ "SAD": "attivata" }),
        _ => json!({ "signatures": [signature] }),
    }
}

/// Wounded when it is its turn; or a refusal, wounded as well.
fn altered(wounds: &Wound, method: &str, said: Vec<u8>) -> (u16, Vec<u8>) {
    let mut wounds = wounds.lock().expect("lock");
    let Some((_, chance)) = wounds.as_mut().filter(|(wanted, _)| *wanted == method) else {
        return (200, said);
    };
    let (status, mut body) = match chance.below(4) {
        0 => {
            let status = chance.pick(&[400, 401, 500]).copied().unwrap_or(400);
            (status, REFUSAL.as_bytes().to_vec())
        }
        _ => (200, said),
    };
    for _ in 0..=chance.below(3) {
        wound(chance, &mut body, &WORDS);
    }
    (status, body)
}

fn service(made: &Made, wounds: &Wound) -> Server {
    let (listener, url) = Server::bind();
    let (certificates, signature) = (made.certificates.clone(), made.signature.clone());
    let wounds = Arc::clone(wounds);
    let answer = move |path: &str, _: &[u8]| {
        let method = path.trim_start_matches("/csc/v1/");
        let said = said(method, &certificates, &signature);
        altered(&wounds, method, said.to_string().into_bytes())
    };
    Server::start(listener, url, Arc::new(answer))
}

/// Entered with a password, which is in a variable that every process has; the credential is looked for.
fn keyring(server: &Server, at: DateTime<Utc>) -> Keyring {
    let config = format!(
        "[backends]\nremota = {{ kind = \"csc\", url = \"{}/csc/v1\", user = \"comune\", \
         password_env = \"PATH\" }}\n[people]\ndefault = {{ backend = \"remota\" }}\n",
        server.url
    );
    let config: SigningConfig = toml::from_str(&config).expect("a configuration");
    Keyring::new(config, &[5; 32], at).expect("keys")
}

fn signed(keys: &Keyring, made: &Made) -> Result<Done, SignError> {
    let activation = Activation { pin: Secret::new("4829"), code: Secret::new("123456") };
    let orders = std::slice::from_ref(&made.order);
    let done = keys.sign_all(Who::Person(&made.person), NAME, orders, &activation, made.at);
    done.into_iter().next().expect("a result")
}

/// The signature is whole, of this document, and of the person.
fn right(made: &Made, done: &Done) -> Verdict {
    let anchors = std::slice::from_ref(&made.anchor);
    let report = verify(&done.pdf, Some(&made.order.pdf), anchors).expect("a report");
    assert_eq!(report.signatures.len(), 1, "{report:#?}");
    assert!(report.signatures[0].intact, "{report:#?}");
    assert_ne!(report.overall, Verdict::TotalFailed, "{report:#?}");
    assert_eq!(report.signatures[0].fiscal_code.as_deref(), Some(CODE));
    report.overall
}

#[test]
fn an_answer_of_the_signing_service_that_was_wounded_signs_nothing_else() {
    let (made, wounds) = (made(), Wound::default());
    let server = service(&made, &wounds);
    let keys = keyring(&server, made.at);
    let honest = signed(&keys, &made).expect("the honest one is taken");
    assert_eq!(right(&made, &honest), Verdict::TotalPassed);
    let (mut tried, mut refused) = (0, 0);
    for_a_while(|chance| {
        let method = METHODS[chance.below(METHODS.len())];
        let seed = chance.below(usize::MAX) as u64;
        *wounds.lock().expect("lock") = Some((method, Chance::of(seed)));
        tried += 1;
        match signed(&keys, &made) {
            Ok(done) => {
                right(&made, &done);
            }
            Err(error) => {
                refused += 1;
                explained("remote signing", &[error.to_string()], 16 * 1024);
            }
        }
    });
    println!("fuzz remote signing: {tried} signatures asked for, {refused} of them refused");
    assert!(refused > 0, "wounds are found");
}
