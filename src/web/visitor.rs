// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is asking: the session of the cookie, the person of the registry, his roles of today.

use super::account::SignInPage;
use super::error::WebError;
use super::upload::{Sent, is_multipart};
use super::{App, Shared};
use crate::domain::law::calendar::rome_date;
use crate::domain::registry::{Person, Registry, Role};
use crate::domain::visibility::roles;
use crate::service::accounts::Origin;
use crate::store::Session;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, NaiveDate, Utc};
use std::net::SocketAddr;
use std::sync::Arc;

/// Someone signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// His session.
    pub session: Session,
    /// He himself.
    pub person: Person,
    /// His first title of today, as printed.
    pub title: String,
    /// Roles of today.
    pub roles: Vec<Role>,
    /// The Comune.
    pub registry: Arc<Registry>,
    /// The instant of the request.
    pub now: DateTime<Utc>,
    /// Its civil day in Italy.
    pub today: NaiveDate,
    /// What the action before has to say.
    pub notice: Option<String>,
}

impl Visitor {
    /// His id.
    pub fn id(&self) -> &str {
        &self.person.id
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let missing = || WebError::internal("visitor", "route outside the signed-in layer");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// Name of the session cookie: the prefix makes browsers refuse it without `Secure`.
fn cookie_name(app: &App) -> &'static str {
    if app.secure() { "__Host-delibera" } else { "delibera" }
}

/// The cookie of a new session.
pub fn cookie(app: &App, secret: String) -> Cookie<'static> {
    own_cookie(app, cookie_name(app), secret)
}

/// Name of the cookie that binds a sign-in at the identity provider to a browser.
pub fn away_cookie_name(app: &App) -> &'static str {
    if app.secure() { "__Host-delibera-andata" } else { "delibera-andata" }
}

/// That cookie; the browser forgets it when it is closed.
pub fn away_cookie(app: &App, secret: String) -> Cookie<'static> {
    own_cookie(app, away_cookie_name(app), secret)
}

fn own_cookie(app: &App, name: &'static str, secret: String) -> Cookie<'static> {
    Cookie::build((name, secret))
        .path("/")
        .http_only(true)
        .secure(app.secure())
        .same_site(SameSite::Lax)
        .build()
}

/// The cookie that takes the session away.
pub fn no_cookie(app: &App) -> Cookie<'static> {
    let mut gone = cookie(app, String::new());
    gone.make_removal();
    gone
}

impl App {
    /// Who a request comes from, if he is signed in and still in the registry.
    ///
    /// # Errors
    /// What the database said.
    pub async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, WebError> {
        let jar = CookieJar::from_headers(headers);
        let Some(secret) = jar.get(cookie_name(self)).map(|c| c.value().to_owned()) else {
            return Ok(None);
        };
        let Some(session) = self.accounts.session(&secret).await? else { return Ok(None) };
        let registry = self.office.executor.world(&[]).await?.registry;
        let Some(person) = registry.people.get(&session.person).cloned() else { return Ok(None) };
        let now = self.now();
        let today = rome_date(now);
        let mandates = registry.mandates.values();
        let title = mandates.clone().find(|m| m.person == person.id && m.valid_on(today));
        let title = title.map(|m| m.title.clone()).unwrap_or_default();
        let roles = roles(&registry, &person.id, today).into_iter().map(|(role, _)| role).collect();
        let notice = Some(session.notice.clone()).filter(|notice| !notice.is_empty());
        if notice.is_some() {
            self.office.executor.store.session_notice(&session.id, "").await?;
        }
        Ok(Some(Visitor { session, person, title, roles, registry, now, today, notice }))
    }

    /// Answers an action that was done: what happened is said on the page one comes to.
    ///
    /// # Errors
    /// What the database said.
    pub async fn done(
        &self,
        visitor: &Visitor,
        notice: &str,
        to: &str,
    ) -> Result<Response, WebError> {
        self.office.executor.store.session_notice(&visitor.session.id, notice).await?;
        Ok(Redirect::to(to).into_response())
    }
}

impl FromRequestParts<Shared> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Self::Rejection> {
        let text = |name| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|info| info.0.ip().to_string()).unwrap_or_default();
        let last = text(header::HeaderName::from_static("x-forwarded-for"));
        let last = last.rsplit(',').next().map(str::trim).filter(|last| !last.is_empty());
        let address = match last {
            Some(last) if app.settings.behind_proxy => last.to_owned(),
            _ => peer,
        };
        Ok(Self { agent: text(header::USER_AGENT).to_owned(), address })
    }
}

/// Lets signed-in people through. Others are asked to sign in; a form they had filled in is kept
/// and offered again afterwards.
pub async fn signed_in(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    match app.visitor(request.headers()).await {
        Ok(Some(visitor)) => {
            request.extensions_mut().insert(visitor.clone());
            let mut response = next.run(request).await;
            // The page of an error has the same shell.
            response.extensions_mut().insert(visitor);
            response
        }
        Ok(None) => ask_to_sign_in(&app, request).await.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn ask_to_sign_in(app: &App, request: Request) -> Result<Response, WebError> {
    let to = request.uri().path_and_query().map_or("/", |to| to.as_str()).to_owned();
    if request.method() == Method::GET || request.method() == Method::HEAD {
        let query: String = super::forms::encode(&[("ritorno", &to)]);
        let target = if to == "/" { "/accesso".into() } else { format!("/accesso?{query}") };
        return Ok(Redirect::to(&target).into_response());
    }
    let form = kept_form(request).await;
    let page = SignInPage::expired(app, to, form).await?;
    app.render(StatusCode::UNAUTHORIZED, None, &page)
}

/// What had been written, when it was a form of ours; its files must be chosen again.
async fn kept_form(request: Request) -> String {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !form && !is_multipart(&request) {
        return String::new();
    }
    Sent::from_request(request, &()).await.map(|sent| sent.input.encoded()).unwrap_or_default()
}
