// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an identity provider answers, wounded on the way: its description, its keys, its token, the
//! profile of the person. Nobody comes in as somebody else by a token; a profile is not signed, and is
//! believed as it came.

use crate::attack::{explained, for_a_while, wound};
use crate::provider::{Provider, Says};
use delibera::service::clock::SystemClock;
use delibera::service::oidc::{Identified, OidcError, Provider as Known};
use delibera::service::simulation::Chance;
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};

const GRECO: &str = "GRCMTR60B55F205U";
const PATHS: [&str; 4] = ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"];
const WORDS: [&str; 16] = [
    "{}",
    "[]",
    "null",
    "true",
    "\"",
    "\\u0000",
    "{\"a\":",
    "[[[[",
    ".",
    "eyJhbGciOiJub25lIn0",
    "none",
    "HS256",
    "EdDSA",
    "uno",
    "TINIT-",
    "RSSMRA80A01F205X",
];

/// The answer to wound, and by which chance; none: everything passes as it was said.
type Wound = Arc<Mutex<Option<(&'static str, Chance)>>>;

/// Altered, unless it would send us to another address: this machine asks nobody else.
fn altered(wounds: &Wound, path: &str, body: Vec<u8>) -> Vec<u8> {
    let mut wounds = wounds.lock().expect("lock");
    let Some((_, chance)) = wounds.as_mut().filter(|(wanted, _)| *wanted == path) else {
        return body;
    };
    let mut other = body.clone();
    for _ in 0..=chance.below(3) {
        wound(chance, &mut other, &WORDS);
    }
    match addresses(&other) == addresses(&body) {
        true => other,
        false => body,
    }
}

/// What follows `//` up to the next `/`, everywhere.
fn addresses(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let after = text.split("//").skip(1);
    after.map(|rest| rest.split(['/', '"']).next().unwrap_or_default().to_owned()).collect()
}

fn sign_in(
    runtime: &Runtime,
    provider: &Provider,
    in_profile: bool,
) -> Result<Identified, OidcError> {
    let known = Known::new(provider.config(), "http://127.0.0.1", Arc::new(SystemClock));
    let known = Arc::new(known.expect("configuration"));
    runtime.block_on(async {
        let begun = known.begin().await?;
        let query = begun.url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let mut asked = form_urlencoded::parse(query.as_bytes());
        let challenge = asked.find(|(name, _)| name == "code_challenge");
        let challenge = challenge.map(|(_, value)| value.into_owned()).unwrap_or_default();
        let says = Says { in_profile, ..Says::person(GRECO) };
        provider.signs("codice", &begun.nonce, &challenge, says);
        known.finish("codice".into(), begun.nonce, begun.verifier).await
    })
}

#[test]
fn an_answer_of_the_identity_provider_that_was_wounded_lets_nobody_else_in() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("runtime");
    let wounds = Wound::default();
    let alters = Arc::clone(&wounds);
    let provider = Provider::altered(move |path, body| altered(&alters, path, body));
    for in_profile in [false, true] {
        let honest = sign_in(&runtime, &provider, in_profile).expect("the honest one is taken");
        assert_eq!(honest.fiscal_code, GRECO);
    }
    let (mut tried, mut refused) = (0, 0);
    for_a_while(|chance| {
        let path = PATHS[chance.below(PATHS.len())];
        let seed = chance.below(usize::MAX) as u64;
        *wounds.lock().expect("lock") = Some((path, Chance::of(seed)));
        // The profile is not signed (OIDC Core 5.3.2): it is believed as it came over TLS.
        let in_profile = path == "/userinfo";
        tried += 1;
        match sign_in(&runtime, &provider, in_profile) {
            Ok(found) if in_profile => assert_eq!(found.fiscal_code.len(), 16),
            Ok(found) => assert_eq!(found.fiscal_code, GRECO, "wounded in {path}, seed {seed}"),
            Err(error) => {
                refused += 1;
                explained("identity", &[error.to_string()], 4000);
            }
        }
    });
    println!("fuzz identity: {tried} sign-ins, {refused} of them refused");
    assert!(refused > 0, "wounds are found");
}
