// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who asks: the token of a program, the person it acts for, how often it may ask; and how the rest
//! of a request is read. A cookie counts for nothing here, so no other site can make a browser ask.

use super::problem::refuse;
use crate::domain::digest::sha256_hex;
use crate::domain::law::calendar::rome_date;
use crate::domain::registry::Registry;
use crate::service::accounts::Origin;
use crate::service::execute::RequestKey;
use crate::service::tokens::{Bearer, Scope};
use crate::web::error::WebError;
use crate::web::{App, Shared};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Requests of one token in a minute, unless the configuration says otherwise.
pub const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(5_999);
/// Requests without token from one address in a minute.
const STRANGERS_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
/// Callers counted at once before those who have been quiet are forgotten.
const COUNTED_MAX: usize = 10_000;

type Limiter = RateLimiter<
    String,
    DefaultKeyedStateStore<String>,
    governor::clock::DefaultClock,
    StateInformationMiddleware,
>;

/// How often programs may ask.
pub struct ApiLimits {
    programs: Limiter,
    strangers: Limiter,
}

impl ApiLimits {
    /// So many requests of a token in a minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let limiter = |n| RateLimiter::keyed(Quota::per_minute(n)).with_middleware();
        Self { programs: limiter(per_minute), strangers: limiter(STRANGERS_PER_MINUTE) }
    }

    fn count(&self, caller: &str, known: bool) -> Window {
        let limiter = if known { &self.programs } else { &self.strangers };
        if limiter.len() > COUNTED_MAX {
            limiter.retain_recent();
        }
        match limiter.check_key(&caller.to_owned()) {
            Ok(state) => {
                let (quota, left) = (state.quota(), state.remaining_burst_capacity());
                let limit = quota.burst_size().get();
                let reset = quota.replenish_interval() * limit.saturating_sub(left);
                Window { limit, left, reset: reset.as_secs() + 1, wait: None }
            }
            Err(not_yet) => {
                let wait = not_yet.wait_time_from(limiter.clock().now()).as_secs() + 1;
                let limit = not_yet.quota().burst_size().get();
                Window { limit, left: 0, reset: wait, wait: Some(wait) }
            }
        }
    }
}

/// What a caller may still ask, as ModI wants it told.
struct Window {
    limit: u32,
    left: u32,
    /// Seconds until the whole limit is there again.
    reset: u64,
    /// Seconds to wait, when it was too much.
    wait: Option<u64>,
}

impl Window {
    fn write(&self, headers: &mut HeaderMap) {
        let pairs = [
            ("ratelimit-limit", u64::from(self.limit)),
            ("ratelimit-remaining", u64::from(self.left)),
            ("ratelimit-reset", self.reset),
        ];
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
}

/// Lets requests through: a token that is given must be good, and nobody asks too often.
pub async fn admitted(
    State(app): State<Shared>,
    origin: Origin,
    mut request: Request,
    next: Next,
) -> Response {
    let bearer = match bearer_of(&app, request.headers()).await {
        Ok(bearer) => bearer,
        Err(error) => {
            // Guessing tokens is limited like any other stranger's request.
            let window = app.api_limits.count(&origin.address, false);
            let error = if window.wait.is_some() { too_many() } else { error };
            let mut response = error.into_response();
            window.write(response.headers_mut());
            return response;
        }
    };
    let window = match &bearer {
        Some(bearer) => app.api_limits.count(&bearer.token, true),
        None => app.api_limits.count(&origin.address, false),
    };
    if let Some(bearer) = bearer {
        request.extensions_mut().insert(bearer);
    }
    let mut response = match window.wait {
        Some(_) => too_many().into_response(),
        None => next.run(request).await,
    };
    window.write(response.headers_mut());
    response
}

fn too_many() -> WebError {
    let text = "Sono arrivate troppe richieste in poco tempo";
    let next = "Attendere i secondi dell'intestazione Retry-After e ripetere";
    refuse(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", text, next)
}

async fn bearer_of(app: &App, headers: &HeaderMap) -> Result<Option<Bearer>, WebError> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let secret = given.to_str().ok().and_then(|text| text.split_once(' '));
    let secret = secret.filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let found = match secret {
        Some((_, secret)) => app.tokens.bearer(secret.trim()).await?,
        None => None,
    };
    found.map(Some).ok_or_else(|| {
        let text = "Il token non è valido, è scaduto o è stato revocato";
        let next = "Crearne uno nuovo dalla pagina «Il mio profilo»";
        refuse(StatusCode::UNAUTHORIZED, "token_invalid", text, next)
    })
}

impl FromRequestParts<Shared> for Bearer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let text = "Serve un token nell'intestazione Authorization: Bearer";
            let next = "Crearne uno dalla pagina «Il mio profilo»";
            refuse(StatusCode::UNAUTHORIZED, "token_missing", text, next)
        })
    }
}

/// Who reads: the person of a token with the scope `read`, and the Comune as it is today.
pub struct Caller {
    /// Person.
    pub person: String,
    /// The token.
    pub bearer: Bearer,
    /// The Comune.
    pub registry: Arc<Registry>,
    /// The instant of the request.
    pub now: DateTime<Utc>,
    /// Its civil day in Italy.
    pub today: NaiveDate,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, WebError> {
        let bearer = Bearer::from_request_parts(parts, app).await?;
        bearer.allows(Scope::Read)?;
        let registry = app.office.executor.world(&[]).await?.registry;
        let (person, now) = (bearer.person.clone(), app.now());
        Ok(Self { person, bearer, registry, now, today: rome_date(now) })
    }
}

/// The parameters of an address; one that is not known or cannot be read is said.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let Query(read) = Query::<T>::try_from_uri(&parts.uri).map_err(|error| {
            bad("parameter_invalid", format!("Un parametro non è valido: {}", error.body_text()))
        })?;
        Ok(Self(read))
    }
}

fn bad(code: &str, text: impl Into<String>) -> WebError {
    refuse(StatusCode::BAD_REQUEST, code, text, "Controllare la documentazione dell'API")
}

/// A page of a list: how many lines, and after which.
pub fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<usize, WebError> {
    if cursor.is_some_and(|cursor| !good_id(cursor)) {
        return Err(bad("parameter_invalid", "Il cursore non è uno di quelli di «next»"));
    }
    match limit.unwrap_or(25) {
        limit @ 1..=100 => Ok(limit as usize),
        _ => Err(bad("parameter_invalid", "Il parametro «limit» va da 1 a 100")),
    }
}

/// The number after which a page begins.
pub fn after(number: Option<i64>) -> Result<i64, WebError> {
    match number.unwrap_or(0) {
        number @ 0.. => Ok(number),
        _ => Err(bad("parameter_invalid", "Il parametro «after» non è negativo")),
    }
}

/// An identifier that could be one; anything else is not there.
pub fn known(id: &str) -> Result<&str, WebError> {
    if good_id(id) { Ok(id) } else { Err(WebError::NotFound) }
}

fn good_id(id: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !id.is_empty() && id.len() <= 64 && id.chars().all(good)
}

/// The idempotency key of a command, as the program chose it.
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of this person for a request of that digest.
    pub fn of(&self, person: &str, digest: &str) -> RequestKey {
        let id = sha256_hex(format!("{person}\n{}", self.0).as_bytes());
        RequestKey { id, digest: digest.to_owned() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let given = parts.headers.get("idempotency-key").and_then(|v| v.to_str().ok());
        let good = |key: &&str| (8..=128).contains(&key.len()) && key.chars().all(visible);
        given.filter(good).map(|key| Self(key.to_owned())).ok_or_else(|| {
            let text =
                "Manca l'intestazione Idempotency-Key, o non ha da 8 a 128 caratteri visibili";
            let next = "Inviare una chiave nuova (per esempio un UUID) per ogni richiesta diversa";
            refuse(StatusCode::BAD_REQUEST, "key_missing", text, next)
        })
    }
}

fn visible(c: char) -> bool {
    c.is_ascii_graphic()
}

/// A body of a type, with the digest of what was asked: method, address and bytes.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// SHA-256, hex.
    pub digest: String,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, WebError> {
        of_type(request.headers(), &["application/json"])?;
        let (digest, bytes) = bytes_of(request, app).await?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| bad("json_unreadable", format!("Il corpo non è JSON: {error}")))?;
        if has_nul(&value) {
            let (status, text) =
                (StatusCode::UNPROCESSABLE_ENTITY, "Un testo contiene il carattere nullo");
            return Err(refuse(status, "text_unreadable", text, "Toglierlo e ripetere"));
        }
        let value = serde_json::from_value(value).map_err(|error| {
            let text = format!("Il corpo non ha la forma prevista: {error}");
            let next = "Confrontarlo con lo schema e con l'esempio della documentazione";
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "body_invalid", text, next)
        })?;
        Ok(Self { value, digest })
    }
}

/// # Errors
/// 415 when the body is of another type.
pub fn of_type(headers: &HeaderMap, allowed: &[&str]) -> Result<(), WebError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    if allowed.iter().any(|kind| kind.eq_ignore_ascii_case(given)) {
        return Ok(());
    }
    let text = format!("Il corpo deve essere di tipo {}", allowed.join(" o "));
    let next = "Indicarlo nell'intestazione Content-Type";
    Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", text, next))
}

/// The bytes of a body and the digest of the request.
///
/// # Errors
/// 413 when they are too many.
pub async fn bytes_of(request: Request, app: &Shared) -> Result<(String, Vec<u8>), WebError> {
    let head = format!("{} {}\n", request.method(), request.uri().path());
    let bytes = Bytes::from_request(request, app).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let text = "Quanto inviato supera i 60 MB";
            let next = "Ridurre i file o inviarli in più richieste";
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text, next)
        }
        _ => bad("request_unreadable", "Il corpo della richiesta si è interrotto"),
    })?;
    let digest = sha256_hex(&[head.as_bytes(), &bytes].concat());
    Ok((digest, bytes.to_vec()))
}

/// No database takes a text with a zero character.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(k, v)| k.contains('\0') || has_nul(v)),
        _ => false,
    }
}
