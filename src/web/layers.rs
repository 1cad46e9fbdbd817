// SPDX-License-Identifier: AGPL-3.0-or-later
//! What surrounds every request: its number, its limits, where it may come from, how its answer
//! may be used, how it is counted.

use super::error::WebError;
use super::{Shared, error};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use metrics::{counter, histogram};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use tower::ServiceBuilder;
use tower::layer::util::{Identity, Stack};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::request_id::{
    MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::timeout::TimeoutLayer;

/// Bytes of a form; those that bring files have their own limit on their own routes.
pub const FORM_MAX: usize = 2 * 1024 * 1024;
/// Longest work for one page; composing a paper takes a second or two.
const PAGE_TIME: Duration = Duration::from_secs(30);
/// Sign-ins and the like from one address in a minute.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// Everything comes from here; PDFs are shown in a frame of our own.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
     img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// Headers of every page.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    // Of the Albo the Garante asks it (15.5.2014); the rest is nobody's to index either (T-71).
    (HeaderName::from_static("x-robots-tag"), "noindex, noarchive"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
];

/// What a stranger may try, by address.
pub struct Limits(DefaultKeyedRateLimiter<String>);

impl Default for Limits {
    fn default() -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE)))
    }
}

impl Limits {
    /// One more try from an address.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn try_from_address(&self, address: &str) -> Result<(), WebError> {
        self.0.check_key(&address.to_owned()).map_err(|_| {
            let text = "Da questo indirizzo sono arrivate troppe richieste in poco tempo";
            let refusal = crate::domain::refusal::Refusal::new("too_many_tries", "", "", text)
                .next("Attendere un minuto e ripetere");
            WebError::Refused(StatusCode::TOO_MANY_REQUESTS, refusal)
        })
    }
}

/// The layers around the pages, the outermost last.
pub fn around(pages: Router<Shared>, app: Shared) -> Router<Shared> {
    safely(pages.layer(csrf(&app)))
        .layer(from_fn(no_zero))
        .layer(from_fn_with_state(app, error::pages))
        .layer(compression())
}

/// No address of ours has a zero character: PostgreSQL would fail on it.
async fn no_zero(request: Request, next: Next) -> Response {
    match request.uri().path().contains("%00") {
        true => axum::response::IntoResponse::into_response(WebError::NotFound),
        false => next.run(request).await,
    }
}

/// What pages and programs share: no request lasts for ever, a panic is an error like another.
pub fn safely(routes: Router<Shared>) -> Router<Shared> {
    routes
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PAGE_TIME))
        .layer(CatchPanicLayer::custom(panicked))
}

/// Answers are compressed for whoever takes them so.
pub fn compression() -> CompressionLayer {
    CompressionLayer::new().gzip(true)
}

/// Requests that change something come from our own pages (Sec-Fetch-Site, else Origin and Host).
fn csrf(app: &Shared) -> CsrfLayer {
    let layer = CsrfLayer::new();
    let own = app.settings.base_url.clone();
    match own.and_then(|url| layer.clone().add_trusted_origin(url).ok()) {
        Some(with_own) => with_own,
        None => layer,
    }
}

type Ids = ServiceBuilder<
    Stack<PropagateRequestIdLayer, Stack<SetRequestIdLayer<MakeRequestUuid>, Identity>>,
>;

/// Every request has a number, ours unless a proxy gave one; the answer bears it.
pub fn request_ids() -> Ids {
    let name = HeaderName::from_static("x-request-id");
    ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(name.clone(), MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(name))
}

/// The number of a request as people dictate it on the telephone.
pub fn reference(extensions: &Extensions) -> String {
    let id = extensions.get::<RequestId>();
    let text = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    text.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>().to_uppercase()
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    let error = WebError::internal("panic", text);
    axum::response::IntoResponse::into_response(error)
}

/// What browsers may do with an answer, whatever it is; over HTTPS, that it stays there.
pub async fn headers(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if app.secure() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Counts and times each request and writes one line of log.
pub async fn observed(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let reference = reference(request.extensions());
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "(nessuna)".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    let labels =
        [("method", method.clone()), ("route", route.clone()), ("status", status.to_string())];
    counter!("http_requests_total", &labels).increment(1);
    histogram!("http_request_seconds", "route" => route.clone()).record(took.as_secs_f64());
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(reference, method, route, status, micros, "request");
    response
}
