// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sign-in with the identity provider of the Comune (OpenID Connect Core 1.0, code flow with PKCE).
//! SPID and CIE come through one: their fiscal code is what a person of the registry is found by.
//!
//! A provider says who someone is and nothing else: no person and no power is ever made here.

mod config;

pub use config::{LocalAccounts, OidcConfig};

use super::clock::Clock;
use crate::domain::refusal::Refusal;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AuthType, AuthenticationContextClass,
    AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdToken, IdTokenFields, IdTokenVerifier, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// Longest wait for the provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer of a provider.
const MOST_BYTES: u64 = 1 << 20;
/// How long its description and keys are believed without asking again.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(1);
/// Greatest age of an identity token, and how far its clock may be ahead of ours.
const TOKEN_AGE: TimeDelta = TimeDelta::minutes(10);
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(2);
/// Path of our page the provider sends people back to.
pub const BACK_PATH: &str = "/accesso/identita/ritorno";
/// Signatures that are taken: of a key of the provider's own. Neither none nor a shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims beside the standard ones.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Others(BTreeMap<String, Value>);

impl AdditionalClaims for Others {}

type Token =
    IdToken<Others, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Party = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Metadata = ProviderMetadataWithLogout;

/// Why nobody was identified.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The person can do something about it.
    #[error("{0}")]
    Refused(Refusal),
    /// The provider does not answer, or answers nonsense: try again later.
    #[error("the provider: {0}")]
    Unreachable(String),
    /// What came back proves nothing: for the log, never for the page.
    #[error("not proved: {0}")]
    NotProved(String),
}

/// A sign-in that begins: where to send the browser, and what to keep until it is back.
#[derive(Debug)]
pub struct Begun {
    /// Address of the provider.
    pub url: String,
    /// What the provider gives back.
    pub state: String,
    /// What its token must repeat.
    pub nonce: String,
    /// What the code is exchanged with.
    pub verifier: String,
}

/// Who came back.
#[derive(Debug)]
pub struct Identified {
    /// Fiscal code, upper case, without prefix.
    pub fiscal_code: String,
    /// The token itself: with it the provider ends its own session.
    pub id_token: String,
}

/// The identity provider of the Comune.
pub struct Provider {
    config: OidcConfig,
    secret: Option<ClientSecret>,
    issuer: IssuerUrl,
    back: RedirectUrl,
    leave: PostLogoutRedirectUrl,
    http: ureq::Agent,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<(DateTime<Utc>, Arc<Metadata>)>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Provider {
    /// The provider of a configuration, for pages at an address.
    ///
    /// # Errors
    /// What is wrong with the configuration, in words for who wrote it.
    pub fn new(config: OidcConfig, base_url: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let issuer = config.checked_issuer()?;
        let base = base_url.trim_end_matches('/');
        let at = |path: &str| format!("{base}{path}");
        let http = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // A redirect would lead the secret, or us, to an address nobody configured.
            .max_redirects(0)
            .user_agent("Delibera")
            .build();
        Ok(Self {
            secret: config.secret()?.map(ClientSecret::new),
            back: RedirectUrl::new(at(BACK_PATH)).map_err(|e| format!("[mail] base_url: {e}"))?,
            leave: PostLogoutRedirectUrl::new(at("/accesso"))
                .map_err(|e| format!("[mail] base_url: {e}"))?,
            issuer,
            config,
            http: http.into(),
            clock,
            known: Mutex::default(),
        })
    }

    /// What its button says.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Who may sign in without it.
    pub fn local_accounts(&self) -> LocalAccounts {
        self.config.local()
    }

    /// The issuer an answer says it is from is ours (RFC 9207); who does not say is believed.
    pub fn is_from_here(&self, issuer: Option<&str>) -> bool {
        issuer.is_none_or(|said| said == self.issuer.as_str())
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`OidcError::Unreachable`].
    pub async fn begin(self: &Arc<Self>) -> Result<Begun, OidcError> {
        on_a_thread(self, |provider| {
            let party = provider.party(&*provider.metadata(false)?);
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let mut request = party.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
            for scope in &provider.config.scopes {
                request = request.add_scope(Scope::new(scope.clone()));
            }
            for acr in &provider.config.acr {
                let acr = AuthenticationContextClass::new(acr.clone());
                request = request.add_auth_context_value(acr);
            }
            let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
            Ok(Begun {
                url: url.to_string(),
                state: state.into_secret(),
                nonce: nonce.secret().clone(),
                verifier: verifier.into_secret(),
            })
        })
        .await
    }

    /// Exchanges the code and verifies the token: issuer, audience, signature, term, nonce, degree
    /// of authentication, and that the access token belongs to it.
    ///
    /// # Errors
    /// `acr_insufficient`, `fiscal_code_missing`; what the provider did not prove.
    pub async fn finish(
        self: &Arc<Self>,
        code: String,
        nonce: String,
        verifier: String,
    ) -> Result<Identified, OidcError> {
        let nonce = Nonce::new(nonce);
        on_a_thread(self, move |provider| {
            let metadata = provider.metadata(false)?;
            let party = provider.party(&metadata);
            let answer = provider.exchange(&party, code, verifier)?;
            let token = answer.id_token();
            let token = token.ok_or_else(|| OidcError::NotProved("no id_token".into()))?;
            let code = match provider.verified(&party, token, &nonce, &answer) {
                // The provider may have changed its keys since they were read.
                Err(ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                )) => {
                    let party = provider.party(&*provider.metadata(true)?);
                    provider.verified(&party, token, &nonce, &answer)
                }
                other => other,
            };
            let (subject, claim) = code.map_err(|error| match error {
                ClaimsVerificationError::InvalidAuthContext(_) => provider.not_enough(),
                error => OidcError::NotProved(error.to_string()),
            })?;
            let claim = match claim {
                Some(claim) => claim,
                None => provider.claim_of_profile(&party, answer.access_token(), subject)?,
            };
            let fiscal_code = fiscal_code(&claim).ok_or_else(|| provider.no_claim())?;
            Ok(Identified { fiscal_code, id_token: token.to_string() })
        })
        .await
    }

    /// Where to end the session at the provider, if it has such a page.
    pub async fn sign_out_url(self: &Arc<Self>, id_token: &str) -> Option<String> {
        let id_token = id_token.to_owned();
        let url = on_a_thread(self, move |provider| {
            let metadata = provider.metadata(false)?;
            let end = metadata.additional_metadata().end_session_endpoint.clone();
            let request = end.map(|end| {
                let request = LogoutRequest::from(end)
                    .set_client_id(ClientId::new(provider.config.client_id.clone()))
                    .set_post_logout_redirect_uri(provider.leave.clone());
                match Token::from_str(&id_token) {
                    Ok(token) => request.set_id_token_hint(&token),
                    Err(_) => request,
                }
            });
            Ok(request.map(|request| request.http_get_url().to_string()))
        });
        url.await.inspect_err(|error| tracing::warn!(%error, "sign-out at the provider")).ok()?
    }

    /// What the provider says of itself, with its keys.
    fn metadata(&self, fresh: bool) -> Result<Arc<Metadata>, OidcError> {
        let now = self.clock.now();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, metadata)) = known().as_ref().filter(|(at, _)| now - *at < KNOWN_FOR)
            && !(fresh && *at < now)
        {
            return Ok(Arc::clone(metadata));
        }
        // Nothing is held while the provider is asked.
        let found = Metadata::discover(&self.issuer, &|request| self.send(request));
        let found = Arc::new(found.map_err(|error| OidcError::Unreachable(chain(&error)))?);
        *known() = Some((now, Arc::clone(&found)));
        Ok(found)
    }

    fn party(&self, metadata: &Metadata) -> Party {
        let id = ClientId::new(self.config.client_id.clone());
        let party = Party::from_provider_metadata(metadata.clone(), id, self.secret.clone());
        let ways = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let has = |way| ways.contains(&way);
        let posts = has(CoreClientAuthMethod::ClientSecretPost)
            && !has(CoreClientAuthMethod::ClientSecretBasic);
        let way = if posts { AuthType::RequestBody } else { AuthType::BasicAuth };
        party.set_auth_type(way).set_redirect_uri(self.back.clone())
    }

    fn exchange(&self, party: &Party, code: String, verifier: String) -> Result<Answer, OidcError> {
        let request = party.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|error| OidcError::Unreachable(error.to_string()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        request.request(&|request| self.send(request)).map_err(|error| match error {
            openidconnect::RequestTokenError::Request(error) => {
                OidcError::Unreachable(chain(&error))
            }
            error => OidcError::NotProved(format!("code exchange: {}", chain(&error))),
        })
    }

    /// Subject and claim of a token that holds.
    fn verified(
        &self,
        party: &Party,
        token: &Token,
        nonce: &Nonce,
        answer: &Answer,
    ) -> Result<(SubjectIdentifier, Option<Value>), ClaimsVerificationError> {
        let now = self.clock.now();
        let verifier: IdTokenVerifier<'_, CoreJsonWebKey> = party
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now)
            .set_issue_time_verifier_fn(move |at| match at {
                at if at > now + CLOCK_AHEAD => Err(format!("issued at {at}, after now")),
                at if at < now - TOKEN_AGE => Err(format!("issued at {at}, too long ago")),
                _ => Ok(()),
            })
            .set_auth_context_verifier_fn(|acr| {
                let wanted = &self.config.acr;
                let given = acr.map(|acr| acr.as_str().to_owned()).unwrap_or_default();
                let enough = wanted.is_empty() || wanted.contains(&given);
                enough.then_some(()).ok_or_else(|| format!("acr {given:?}"))
            });
        let claims = token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let signed = |e: openidconnect::SigningError| {
                ClaimsVerificationError::Other(format!("at_hash: {e}"))
            };
            let key = token
                .signing_key(&verifier)
                .map_err(ClaimsVerificationError::SignatureVerification)?;
            let algorithm =
                token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
            let access = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
            if access.map_err(signed)? != *expected {
                return Err(ClaimsVerificationError::Other("at_hash differs".into()));
            }
        }
        let claim = claims.additional_claims().0.get(&self.config.claim).cloned();
        Ok((claims.subject().clone(), claim))
    }

    /// The claim in the profile, for providers that keep their tokens short.
    fn claim_of_profile(
        &self,
        party: &Party,
        access: &AccessToken,
        subject: SubjectIdentifier,
    ) -> Result<Value, OidcError> {
        let Ok(request) = party.user_info(access.clone(), Some(subject)) else {
            return Err(self.no_claim());
        };
        let profile: UserInfoClaims<Others, CoreGenderClaim> = request
            .request(&|request| self.send(request))
            .map_err(|error| OidcError::NotProved(format!("userinfo: {}", chain(&error))))?;
        let claim = profile.additional_claims().0.get(&self.config.claim).cloned();
        claim.ok_or_else(|| self.no_claim())
    }

    fn no_claim(&self) -> OidcError {
        let text = format!("{} non ha comunicato il codice fiscale", self.config.name);
        OidcError::Refused(Refusal::new("fiscal_code_missing", "", "", text).next(
            "Consentire la trasmissione del codice fiscale; se è già consentita, chi amministra \
             il sistema controlli «claim» nella configurazione",
        ))
    }

    fn not_enough(&self) -> OidcError {
        let text = format!(
            "L'accesso con {} è avvenuto con un livello di sicurezza inferiore a quello richiesto \
             dal Comune",
            self.config.name
        );
        OidcError::Refused(
            Refusal::new("acr_insufficient", "", "art. 64 CAD", text)
                .next("Ripetere l'accesso con un secondo fattore (SPID livello 2, CIE)"),
        )
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let empty = request.body().is_empty();
        let mut answer = match empty {
            true => self.http.run(request.map(drop))?,
            false => self.http.run(request)?,
        };
        let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec()?;
        Ok(answer.map(|_| body))
    }
}

/// A fiscal code as the registry has it: SPID prefixes the country (`TINIT-`).
fn fiscal_code(claim: &Value) -> Option<String> {
    let text = match claim {
        Value::Array(values) if values.len() == 1 => values.first()?.as_str()?,
        claim => claim.as_str()?,
    };
    let text = text.trim().to_uppercase();
    let code = text.strip_prefix("TINIT-").unwrap_or(&text);
    let good = code.len() == 16 && code.chars().all(|c| c.is_ascii_alphanumeric());
    good.then(|| code.to_owned())
}

/// An error with what caused it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The HTTP of the provider is blocking: off the async threads.
async fn on_a_thread<T: Send + 'static>(
    provider: &Arc<Provider>,
    work: impl FnOnce(&Provider) -> Result<T, OidcError> + Send + 'static,
) -> Result<T, OidcError> {
    let provider = Arc::clone(provider);
    let done = tokio::task::spawn_blocking(move || work(&provider)).await;
    done.unwrap_or_else(|error| Err(OidcError::Unreachable(error.to_string())))
}
