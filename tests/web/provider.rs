// SPDX-License-Identifier: AGPL-3.0-or-later
//! An identity provider that says whatever a test wants: its tokens are really signed, its codes
//! are good once and only for who asked (PKCE).

use crate::http;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::oidc::OidcConfig;
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreGenderClaim, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AdditionalClaims, Audience, AuthenticationContextClass, IdToken, IdTokenClaims,
    IssuerUrl, JsonWebKeyId, Nonce, PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey,
    StandardClaims, SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The example of RFC 8410, 10.3: known to everyone, good for a test.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
/// Another key, with the same name: who has it is not the provider.
const STRANGER: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    -----END PRIVATE KEY-----\n";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Extra(BTreeMap<String, Value>);
impl AdditionalClaims for Extra {}
type Token =
    IdToken<Extra, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the provider will answer for one code.
#[derive(Debug, Clone)]
pub struct Says {
    pub fiscal: Option<Value>,
    /// In the profile, instead of the token.
    pub in_profile: bool,
    pub nonce: Option<String>,
    pub issuer: Option<String>,
    pub audience: String,
    pub acr: Option<String>,
    /// Minutes from now until the token ends.
    pub good_for: i64,
    /// Minutes since it was made.
    pub age: i64,
    pub forged: bool,
    /// No signature at all.
    pub unsigned: bool,
}

impl Says {
    /// A person, as SPID names him.
    pub fn person(fiscal_code: &str) -> Self {
        Self {
            fiscal: Some(json!(format!("TINIT-{fiscal_code}"))),
            in_profile: false,
            nonce: None,
            issuer: None,
            audience: "delibera".into(),
            acr: Some("livello2".into()),
            good_for: 5,
            age: 0,
            forged: false,
            unsigned: false,
        }
    }
}

struct Promise {
    says: Says,
    nonce: String,
    challenge: String,
}

/// The provider.
pub struct Provider {
    pub server: http::Server,
    codes: Arc<Mutex<BTreeMap<String, Promise>>>,
}

impl Provider {
    pub fn start() -> Self {
        Self::altered(|_, body| body)
    }

    /// One of which somebody alters what it says on the way: path, then what it answered.
    pub fn altered(alter: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let (listener, url) = http::Server::bind();
        let codes: Arc<Mutex<BTreeMap<String, Promise>>> = Arc::default();
        let (kept, own) = (Arc::clone(&codes), url.clone());
        let profiles: Mutex<BTreeMap<String, Value>> = Mutex::default();
        let answer = move |path: &str, body: &[u8]| {
            let found = match path {
                "/.well-known/openid-configuration" => Some(describe(&own)),
                "/jwks" => {
                    Some(json!(CoreJsonWebKeySet::new(vec![key(KEY).as_verification_key()])))
                }
                "/token" => exchange(&own, &kept, &profiles, body),
                "/userinfo" => profiles.lock().expect("lock").get("last").cloned(),
                _ => None,
            };
            match found {
                Some(value) => (200, alter(path, value.to_string().into_bytes())),
                None => (400, br#"{"error":"invalid_grant"}"#.to_vec()),
            }
        };
        Self { server: http::Server::start(listener, url, Arc::new(answer)), codes }
    }

    /// How this program knows it.
    pub fn config(&self) -> OidcConfig {
        OidcConfig {
            issuer: self.server.url.clone(),
            client_id: "delibera".into(),
            name: "SPID o CIE".into(),
            claim: "fiscal_number".into(),
            ..OidcConfig::default()
        }
    }

    /// A person signs in there: the code he is sent back with.
    pub fn signs(&self, code: &str, nonce: &str, challenge: &str, says: Says) {
        let (nonce, challenge) = (nonce.to_owned(), challenge.to_owned());
        let promise = Promise { says, nonce, challenge };
        self.codes.lock().expect("lock").insert(code.to_owned(), promise);
    }
}

fn key(pem: &str) -> CoreEdDsaPrivateSigningKey {
    let name = Some(JsonWebKeyId::new("uno".into()));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(pem, name).expect("key")
}

fn describe(url: &str) -> Value {
    json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/auth"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "end_session_endpoint": format!("{url}/end"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "none", "HS256"],
    })
}

fn exchange(
    url: &str,
    codes: &Mutex<BTreeMap<String, Promise>>,
    profiles: &Mutex<BTreeMap<String, Value>>,
    body: &[u8],
) -> Option<Value> {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let promise = codes.lock().expect("lock").remove(form.get("code")?)?;
    let verifier = PkceCodeVerifier::new(form.get("code_verifier")?.clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    if challenge.as_str() != promise.challenge {
        return None;
    }
    let says = promise.says;
    let now = SystemClock.now();
    let mut extra = BTreeMap::new();
    let mut profile = json!({ "sub": "persona" });
    if let Some(fiscal) = says.fiscal {
        match says.in_profile {
            true => profile["fiscal_number"] = fiscal,
            false => drop(extra.insert("fiscal_number".to_owned(), fiscal)),
        }
    }
    profiles.lock().expect("lock").insert("last".into(), profile);
    let claims = IdTokenClaims::new(
        IssuerUrl::new(says.issuer.unwrap_or_else(|| url.to_owned())).expect("issuer"),
        vec![Audience::new(says.audience)],
        now + chrono::TimeDelta::minutes(says.good_for),
        now - chrono::TimeDelta::minutes(says.age),
        StandardClaims::<CoreGenderClaim>::new(SubjectIdentifier::new("persona".into())),
        Extra(extra),
    )
    .set_nonce(Some(Nonce::new(says.nonce.unwrap_or(promise.nonce))))
    .set_auth_context_ref(says.acr.map(AuthenticationContextClass::new));
    let access = AccessToken::new("aperto".into());
    let pem = if says.forged { STRANGER } else { KEY };
    let algorithm = CoreJwsSigningAlgorithm::EdDsa;
    let token = Token::new(claims, &key(pem), algorithm, Some(&access), None).expect("token");
    let mut token = token.to_string();
    if says.unsigned {
        let payload = token.split('.').nth(1).expect("payload").to_owned();
        // {"alg":"none"}
        token = format!("eyJhbGciOiJub25lIn0.{payload}.");
    }
    Some(json!({ "access_token": "aperto", "token_type": "Bearer", "id_token": token }))
}
