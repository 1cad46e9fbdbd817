// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in and out, choosing a password, and what a stranger may read.

use super::error::WebError;
use super::forms::Input;
use super::page::Page;
use super::visitor::{self, Visitor};
use super::{App, Shared, identity};
use crate::domain::law::calendar::rome_date;
use crate::domain::refusal::Refusal;
use crate::service::accounts::{
    AccountError, BY_PROVIDER, Credentials, Method, Origin, PASSWORD_MIN,
};
use crate::service::oidc::LocalAccounts;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};

/// Someone of the sample Comune, to be played with one click.
#[derive(Debug, Serialize)]
struct Player {
    id: String,
    name: String,
    title: String,
}

/// The page on which one signs in.
#[derive(Debug, Serialize)]
pub struct SignInPage {
    comune: String,
    login: String,
    /// Where one wanted to go.
    back: String,
    /// A form that was being sent when the session ended.
    kept: String,
    expired: bool,
    refusal: Option<Refusal>,
    /// Number of the request, where only the log knows the reason.
    reference: String,
    /// Name of the identity provider; empty where there is none.
    provider: String,
    /// The page of the provider on which one leaves the identity that was used.
    other_identity: String,
    /// Someone may use a password here…
    passwords: bool,
    /// …and only few.
    emergency: bool,
    players: Vec<Player>,
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "accesso";

    fn title(&self) -> String {
        "Accesso".into()
    }
}

impl SignInPage {
    /// The page; `kept` is a form that was being sent.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn new(
        app: &App,
        login: &str,
        back: &str,
        kept: &str,
    ) -> Result<Self, WebError> {
        let registry = app.office.executor.world(&[]).await?.registry;
        let today = rome_date(app.now());
        let title = |person: &str| {
            let mut held = registry.mandates.values();
            let own = held.find(|m| m.person == person && m.valid_on(today));
            own.map(|m| m.title.clone()).unwrap_or_default()
        };
        let people = registry.people.values().filter(|_| app.settings.demo);
        let mut players: Vec<Player> = people
            .map(|p| Player { id: p.id.clone(), name: p.name(), title: title(&p.id) })
            .collect();
        players.sort_by(|a, b| (&a.title, &a.name).cmp(&(&b.title, &b.name)));
        let provider = app.settings.identity.as_ref();
        let local = provider.map(|p| p.local_accounts()).unwrap_or_default();
        Ok(Self {
            comune: registry.comune.name.clone(),
            login: login.to_owned(),
            back: back.to_owned(),
            kept: kept.to_owned(),
            expired: false,
            refusal: None,
            reference: String::new(),
            provider: provider.map(|p| p.name().to_owned()).unwrap_or_default(),
            other_identity: String::new(),
            passwords: local != LocalAccounts::Only(Vec::new()),
            emergency: local != LocalAccounts::Everyone,
            players,
        })
    }

    /// The page with why one is not signed in, the number of the request, and the page of the
    /// provider on which one leaves the identity that was used.
    #[must_use]
    pub(super) fn refused(self, refusal: Refusal, reference: String, other: String) -> Self {
        Self { refusal: Some(refusal), reference, other_identity: other, ..self }
    }

    /// The page one gets in the middle of a form.
    ///
    /// # Errors
    /// What the database said.
    pub async fn expired(app: &App, back: String, kept: String) -> Result<Self, WebError> {
        Ok(Self { expired: true, ..Self::new(app, "", &back, &kept).await? })
    }
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    ritorno: String,
}

/// A place of this site: a path, never another host (open redirects).
pub(super) fn own_path(path: &str) -> &str {
    let good = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let good = good && !path.chars().any(char::is_control);
    if good { path } else { "/scrivania" }
}

/// The page.
pub async fn show(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    if app.visitor(&headers).await?.is_some() {
        return Ok(Redirect::to(own_path(&back.ritorno)).into_response());
    }
    let page = SignInPage::new(&app, "", own_path(&back.ritorno), "").await?;
    app.render(StatusCode::OK, None, &page)
}

/// Signs in.
pub async fn sign_in(
    State(app): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let credentials = Credentials {
        login: input.get("utente").to_owned(),
        password: input
            .0
            .iter()
            .find(|(n, _)| n == "password")
            .map(|p| p.1.clone())
            .unwrap_or_default(),
        code: input.get("codice").to_owned(),
    };
    match app.accounts.sign_in(credentials, &origin).await {
        Ok(secret) => {
            let (back, kept) = (own_path(input.get("ritorno")), input.get("modulo"));
            entered(&app, CookieJar::from_headers(&headers), secret, back, kept)
        }
        Err(AccountError::Refused(refusal)) => {
            let back = own_path(input.get("ritorno"));
            let page =
                SignInPage::new(&app, input.get("utente"), back, input.get("modulo")).await?;
            let page = SignInPage { refusal: Some(refusal), ..page };
            app.render(StatusCode::UNAUTHORIZED, None, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs in as a person of the sample Comune.
pub async fn sign_in_demo(
    State(app): State<Shared>,
    origin: Origin,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, WebError> {
    if !app.settings.demo {
        return Err(WebError::NotFound);
    }
    let registry = app.office.executor.world(&[]).await?.registry;
    let person = input.get("persona");
    if !registry.people.contains_key(person) {
        return Err(WebError::NotFound);
    }
    let secret = app.accounts.open(person, &origin, Method::Demo).await?;
    let (back, kept) = (own_path(input.get("ritorno")), input.get("modulo"));
    entered(&app, CookieJar::from_headers(&headers), secret, back, kept)
}

/// A session begins: a new secret each time, so that one planted before is worth nothing.
pub(super) fn entered(
    app: &App,
    jar: CookieJar,
    secret: String,
    back: &str,
    kept: &str,
) -> Result<Response, WebError> {
    let jar = jar.add(visitor::cookie(app, secret));
    if kept.is_empty() {
        return Ok((jar, Redirect::to(back)).into_response());
    }
    let page = ResumePage { action: back.to_owned(), fields: Input::parse(kept).0 };
    Ok((jar, app.render(StatusCode::OK, None, &page)?).into_response())
}

/// A form that was being sent when the session ended, to be sent again.
#[derive(Debug, Serialize)]
struct ResumePage {
    action: String,
    fields: Vec<(String, String)>,
}

impl Page for ResumePage {
    const TEMPLATE: &'static str = "ripresa";

    fn title(&self) -> String {
        "Riprendere da dove si era".into()
    }
}

/// Ends the session; that at the identity provider too, where it began there.
pub async fn sign_out(
    State(app): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    app.office.executor.store.close_session(visitor.id(), &visitor.session.id).await?;
    let jar = CookieJar::from_headers(&headers).add(visitor::no_cookie(&app));
    let provider = app.settings.identity.as_ref().filter(|_| visitor.session.method == BY_PROVIDER);
    if let Some(provider) = provider
        && let Some(url) = provider.sign_out_url(&visitor.session.id_token).await
    {
        return Ok((jar, identity::pass_to(&app, provider.name(), url)?).into_response());
    }
    Ok((jar, Redirect::to("/accesso")).into_response())
}

/// The page that asks for a link, and what one reads after asking.
#[derive(Debug, Serialize)]
struct LinkPage {
    sent: bool,
}

impl Page for LinkPage {
    const TEMPLATE: &'static str = "recupero";

    fn title(&self) -> String {
        "Password dimenticata".into()
    }
}

/// Asks for a link to choose a password.
pub async fn ask_link(State(app): State<Shared>) -> Result<Response, WebError> {
    app.render(StatusCode::OK, None, &LinkPage { sent: false })
}

/// Sends the link. The answer is the same whether the account exists or not, and comes at once.
pub async fn send_link(
    State(app): State<Shared>,
    origin: Origin,
    input: Input,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let (task, login) = (std::sync::Arc::clone(&app), input.get("utente").to_lowercase());
    tokio::spawn(async move {
        if let Err(error) = mail_link(&task, &login).await {
            tracing::error!(error, "the link to choose a password was not sent");
        }
    });
    app.render(StatusCode::OK, None, &LinkPage { sent: true })
}

async fn mail_link(app: &App, login: &str) -> Result<(), String> {
    let store = &app.office.executor.store;
    let Some(account) = store.account(login).await.map_err(|e| e.to_string())? else {
        return Ok(());
    };
    if !app.accounts.may_use_password(&account.login) {
        return Ok(());
    }
    let world = app.office.executor.world(&[]).await.map_err(|e| e.to_string())?;
    let Some(person) = world.registry.people.get(&account.person) else { return Ok(()) };
    let sent = app.accounts.mail_link(&world.registry, person, app.mailer.as_deref()).await;
    sent.map_err(|error| error.to_string())
}

/// The page on which a password is chosen.
#[derive(Debug, Serialize)]
struct ChoosePage {
    link: String,
    minimum: usize,
    refusal: Option<Refusal>,
}

impl Page for ChoosePage {
    const TEMPLATE: &'static str = "password";

    fn title(&self) -> String {
        "Scegliere la password".into()
    }
}

/// The secret of a link.
#[derive(Debug, Deserialize)]
pub struct LinkSecret {
    #[serde(default)]
    c: String,
}

/// Shows the page of a link that is still good.
pub async fn choose(
    State(app): State<Shared>,
    Query(link): Query<LinkSecret>,
) -> Result<Response, WebError> {
    let refusal = match app.accounts.link_person(&link.c).await {
        Ok(_) => None,
        Err(AccountError::Refused(refusal)) => Some(refusal),
        Err(error) => return Err(error.into()),
    };
    let page = ChoosePage { link: link.c, minimum: PASSWORD_MIN, refusal };
    app.render(StatusCode::OK, None, &page)
}

/// Chooses the password.
pub async fn chosen(
    State(app): State<Shared>,
    origin: Origin,
    input: Input,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let link = input.get("c").to_owned();
    let raw = |name: &str| {
        input.0.iter().find(|(n, _)| n == name).map(|p| p.1.clone()).unwrap_or_default()
    };
    match app.accounts.choose(&link, raw("nuova"), &raw("ripetuta")).await {
        Ok(_) => Ok(Redirect::to("/accesso").into_response()),
        Err(AccountError::Refused(refusal)) => {
            let page = ChoosePage { link, minimum: PASSWORD_MIN, refusal: Some(refusal) };
            app.render(StatusCode::UNPROCESSABLE_ENTITY, None, &page)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Serialize)]
struct AccessibilityPage {
    email: String,
}

impl Page for AccessibilityPage {
    const TEMPLATE: &'static str = "accessibilita";

    fn title(&self) -> String {
        "Accessibilità".into()
    }
}

/// What is known of the accessibility of these pages, and whom to write to.
pub async fn accessibility(State(app): State<Shared>) -> Result<Response, WebError> {
    let registry = app.office.executor.world(&[]).await?.registry;
    let comune = &registry.comune;
    let page = AccessibilityPage { email: comune.email.clone() };
    app.public(StatusCode::OK, &comune.name, &page)
}
