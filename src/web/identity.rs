// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in at the identity provider of the Comune, and coming back from it.
//!
//! Whatever goes wrong there, one is back on the page of the sign-in with what to do, the number to
//! dictate on the telephone, and the form one was sending.

use super::account::{SignInPage, entered, own_path};
use super::error::WebError;
use super::forms::Input;
use super::layers::reference;
use super::page::Page;
use super::visitor::{away_cookie, away_cookie_name};
use super::{App, Shared};
use crate::domain::refusal::Refusal;
use crate::service::accounts::{AccountError, Origin};
use crate::service::oidc::{OidcError, Provider};
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The way to a page of the provider: a form may not lead to another site (CSP `form-action`), a
/// page may.
#[derive(Debug, Serialize)]
struct PassagePage {
    name: String,
    url: String,
}

impl Page for PassagePage {
    const TEMPLATE: &'static str = "passaggio";

    fn title(&self) -> String {
        format!("Si passa a {}", self.name)
    }
}

/// Sends the browser to an address of the provider.
pub(super) fn pass_to(app: &App, name: &str, url: String) -> Result<Response, WebError> {
    let refresh = HeaderValue::from_str(&format!("0;url={url}"));
    let refresh = refresh.map_err(|error| WebError::internal("provider", error))?;
    let page = PassagePage { name: name.to_owned(), url };
    let mut response = app.render(StatusCode::OK, None, &page)?;
    response.headers_mut().insert(header::REFRESH, refresh);
    Ok(response)
}

fn provider(app: &App) -> Result<&Arc<Provider>, WebError> {
    app.settings.identity.as_ref().ok_or(WebError::NotFound)
}

/// Begins: what must be known on the way back is kept here, bound to this browser.
pub async fn begin(
    State(app): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    extensions: Extensions,
    input: Input,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let provider = provider(&app)?;
    let (back, kept) = (own_path(input.get("ritorno")), input.get("modulo"));
    let begun = match provider.begin().await {
        Ok(begun) => begun,
        Err(error) => return again(&app, back, kept, error.into(), &extensions).await,
    };
    let url = begun.url.clone();
    let secret = app.accounts.leave_for_provider(begun, back, kept).await?;
    let jar = CookieJar::from_headers(&headers).add(away_cookie(&app, secret));
    Ok((jar, pass_to(&app, provider.name(), url)?).into_response())
}

/// What the provider says in the address.
#[derive(Debug, Default, Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Comes back: a session of the person, or why not.
pub async fn come_back(
    State(app): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    extensions: Extensions,
    Query(returned): Query<Returned>,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let provider = provider(&app)?;
    let jar = CookieJar::from_headers(&headers);
    let browser = jar.get(away_cookie_name(&app)).map(|c| c.value().to_owned());
    let browser = browser.unwrap_or_default();
    let pending = match app.accounts.back_from_provider(&returned.state, &browser).await {
        Ok(pending) => pending,
        Err(error) => return again(&app, "/scrivania", "", error.into(), &extensions).await,
    };
    let (back, kept) = (own_path(&pending.back).to_owned(), pending.form);
    let mut gone = away_cookie(&app, String::new());
    gone.make_removal();
    let jar = jar.add(gone);
    let identified = async {
        if !provider.is_from_here(returned.iss.as_deref()) {
            let said = returned.iss.as_deref().unwrap_or_default();
            return Err(OidcError::NotProved(format!("answer of another issuer: {said:?}")).into());
        }
        let code = match (returned.code, returned.error) {
            (Some(code), None) => code,
            (_, error) => return Err(Why::Declined(error.unwrap_or_default())),
        };
        let who = provider.finish(code, pending.nonce, pending.verifier).await?;
        let registry = app.office.executor.world(&[]).await.map_err(WebError::from)?.registry;
        Ok::<String, Why>(app.accounts.enter_identified(&registry, who, &origin).await?)
    };
    match identified.await {
        Ok(secret) => entered(&app, jar, secret, &back, &kept),
        Err(why) => Ok((jar, again(&app, &back, &kept, why, &extensions).await?).into_response()),
    }
}

/// Why one is not signed in.
#[derive(Debug)]
enum Why {
    Provider(OidcError),
    Account(AccountError),
    Web(WebError),
    /// The provider, or the person there, did not want to.
    Declined(String),
}

impl From<OidcError> for Why {
    fn from(error: OidcError) -> Self {
        Self::Provider(error)
    }
}

impl From<AccountError> for Why {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<WebError> for Why {
    fn from(error: WebError) -> Self {
        Self::Web(error)
    }
}

impl Why {
    /// Status, words, and what only the log may know.
    fn said(self, name: &str) -> Result<(StatusCode, Refusal, String), WebError> {
        let refusal =
            |code: &str, text: String, next: &str| Refusal::new(code, "", "", text).next(next);
        Ok(match self {
            Self::Web(error) => return Err(error),
            Self::Account(AccountError::Refused(no)) | Self::Provider(OidcError::Refused(no)) => {
                let log = no.code.clone();
                (StatusCode::FORBIDDEN, no, log)
            }
            Self::Account(error) => return Err(error.into()),
            Self::Provider(OidcError::Unreachable(log)) => {
                let text = format!("{name} non risponde");
                let next =
                    "Riprovare fra qualche minuto; quanto si stava scrivendo è conservato qui";
                (StatusCode::SERVICE_UNAVAILABLE, refusal("provider_unreachable", text, next), log)
            }
            Self::Provider(OidcError::NotProved(log)) => {
                let text = format!("La risposta di {name} non prova l'identità e non è accolta");
                let next = "Ricominciare l'accesso; se continua, comunicare il riferimento a chi \
                            amministra il sistema";
                (StatusCode::FORBIDDEN, refusal("identity_not_proved", text, next), log)
            }
            Self::Declined(log) => {
                let text = format!("L'accesso con {name} non è stato completato");
                let next = "Ripetere l'accesso e acconsentire all'invio dei dati richiesti";
                (StatusCode::FORBIDDEN, refusal("sign_in_declined", text, next), log)
            }
        })
    }
}

/// The page of the sign-in again, with why, the reference and the form that was being sent.
async fn again(
    app: &App,
    back: &str,
    kept: &str,
    why: Why,
    extensions: &Extensions,
) -> Result<Response, WebError> {
    let provider = provider(app)?;
    let (status, refusal, log) = why.said(provider.name())?;
    let reference = reference(extensions);
    // What the provider wrote is not trusted: quoted, so that it stays on its line.
    tracing::warn!(reference, code = refusal.code, reason = ?log, "sign-in at the provider failed");
    let other = match refusal.code.as_str() {
        "person_unknown" => provider.sign_out_url("").await.unwrap_or_default(),
        _ => String::new(),
    };
    let page = SignInPage::new(app, "", back, kept).await?;
    app.render(status, None, &page.refused(refusal, reference, other))
}
