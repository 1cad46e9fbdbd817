// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Il mio profilo»: mandates of today, password, second factor, sessions.

use super::error::WebError;
use super::forms::Input;
use super::hosts::others_of;
use super::page::{Link, Page};
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::domain::refusal::Refusal;
use crate::service::accounts::{
    AccountError, BY_PROVIDER, PASSWORD_MIN, new_totp_secret, totp_url,
};
use crate::store::parse_instant;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct MandateLine {
    title: String,
    office: String,
    act: String,
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct SessionLine {
    id: String,
    agent: String,
    address: String,
    /// "con la password".
    how: String,
    since: String,
    seen: String,
    current: bool,
}

/// A QR code as one path of squares: no inline style, no image of others.
#[derive(Debug, Default, Serialize)]
struct Picture {
    path: String,
    size: usize,
}

/// Blank modules around a QR code (ISO/IEC 18004, 5.3.8).
const QUIET: usize = 4;

fn picture(secret: &str, login: &str, issuer: &str) -> Picture {
    let url = totp_url(secret, login, issuer).unwrap_or_default();
    let Ok(code) = qrcode::QrCode::new(url) else { return Picture::default() };
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate();
    let dark = dark.filter(|(_, color)| *color == qrcode::Color::Dark);
    let square = |(i, _)| format!("M{} {}h1v1h-1z", i % width + QUIET, i / width + QUIET);
    Picture { path: dark.map(square).collect(), size: width + 2 * QUIET }
}

/// The page.
#[derive(Debug, Serialize)]
struct ProfilePage {
    name: String,
    email: String,
    fiscal_code: String,
    login: String,
    /// The identity provider, where the Comune has one.
    provider: String,
    /// Other Comuni of this installation in which he is registered.
    others: Vec<Link>,
    mandates: Vec<MandateLine>,
    sessions: Vec<SessionLine>,
    has_account: bool,
    has_totp: bool,
    totp_secret: String,
    totp_url: String,
    /// The path of an SVG 0 0 `totp_size` `totp_size`: the address as a QR code.
    totp_picture: Picture,
    minimum: usize,
    refusal: Option<Refusal>,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "profilo";
    const SECTION: &'static str = "profilo";

    fn title(&self) -> String {
        "Il mio profilo".into()
    }
}

/// "13/07/2020 alle 09:30".
pub fn instant_words(text: &str) -> String {
    parse_instant(text).map_or_else(String::new, |at| {
        format!("{} alle {}", date_short(rome_date(at)), rome_time(at).format("%H:%M"))
    })
}

async fn page(
    app: &App,
    visitor: &Visitor,
    totp_secret: String,
    refusal: Option<Refusal>,
) -> Result<ProfilePage, WebError> {
    let store = &app.office.executor.store;
    let account = store.account(visitor.id()).await?;
    let account = account.filter(|a| app.accounts.may_use_password(&a.login));
    let registry = &visitor.registry;
    let held = registry.mandates.values().filter(|m| m.person == visitor.person.id);
    let mandates = held.filter(|m| m.valid_on(visitor.today)).map(|m| MandateLine {
        title: m.title.clone(),
        office: m.office.as_deref().map(|o| registry.office_name(o)).unwrap_or_default(),
        act: m.act.clone(),
        from: date_short(m.from),
        to: m.to.map(date_short).unwrap_or_default(),
    });
    let sessions = store.sessions_of(visitor.id(), visitor.now).await?.into_iter();
    let others = match visitor.session.method == BY_PROVIDER {
        true => others_of(&app.settings.neighbours, &visitor.person.fiscal_code).await,
        false => Vec::new(),
    };
    let provider = app.settings.identity.as_ref().map(|p| p.name().to_owned());
    let how = |method: &str| match (method, &provider) {
        (BY_PROVIDER, Some(name)) => format!("con {name}"),
        (BY_PROVIDER, None) => "con il gestore dell'identità".into(),
        ("demo", _) => "per prova".into(),
        _ => "con la password".into(),
    };
    let sessions = sessions.map(|s| SessionLine {
        how: how(&s.method),
        current: s.id == visitor.session.id,
        since: instant_words(&s.created_at),
        seen: instant_words(&s.seen_at),
        agent: s.agent,
        address: s.address,
        id: s.id,
    });
    let login = account.as_ref().map(|a| a.login.clone()).unwrap_or_default();
    let issuer = format!("Delibera {}", registry.comune.name);
    Ok(ProfilePage {
        name: visitor.person.name(),
        email: visitor.person.email.clone(),
        fiscal_code: visitor.person.fiscal_code.clone(),
        provider: provider.clone().unwrap_or_default(),
        others,
        has_account: account.is_some(),
        has_totp: account.as_ref().is_some_and(|a| a.totp.is_some()),
        totp_url: totp_url(&totp_secret, &login, &issuer).unwrap_or_default(),
        totp_picture: picture(&totp_secret, &login, &issuer),
        totp_secret,
        login,
        mandates: mandates.collect(),
        sessions: sessions.collect(),
        minimum: PASSWORD_MIN,
        refusal,
    })
}

/// Shows it.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let page = page(&app, &visitor, new_totp_secret(), None).await?;
    app.show(&visitor, &page)
}

async fn answer(
    app: &App,
    visitor: &Visitor,
    done: Result<(), AccountError>,
    notice: &str,
    secret: String,
) -> Result<Response, WebError> {
    match done {
        Ok(()) => app.done(visitor, notice, "/profilo").await,
        Err(AccountError::Refused(refusal)) => {
            let page = page(app, visitor, secret, Some(refusal)).await?;
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(visitor), &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Changes the password.
pub async fn change_password(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let raw = |name: &str| {
        input.0.iter().find(|(n, _)| n == name).map(|p| p.1.clone()).unwrap_or_default()
    };
    let (current, new, again) = (raw("attuale"), raw("nuova"), raw("ripetuta"));
    let done = app.accounts.change(&visitor.session, current, new, &again).await;
    let notice = "Password cambiata; le altre sessioni sono state chiuse";
    answer(&app, &visitor, done, notice, new_totp_secret()).await
}

/// Turns the second factor on or off; both want the password of now.
pub async fn second_factor(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let password = input.0.iter().find(|(name, _)| name == "password");
    let password = password.map(|(_, value)| value.clone()).unwrap_or_default();
    if input.ticked("togli") {
        let done = app.accounts.remove_totp(visitor.id(), password).await;
        let notice = "Secondo fattore disattivato";
        return answer(&app, &visitor, done, notice, new_totp_secret()).await;
    }
    let (secret, code) = (input.get("segreto").to_owned(), input.get("codice"));
    let done = app.accounts.set_totp(visitor.id(), password, &secret, code).await;
    answer(&app, &visitor, done, "Secondo fattore attivato", secret).await
}

/// Closes one session, or all the others.
pub async fn close_sessions(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let store = &app.office.executor.store;
    match input.get("sessione") {
        "" => drop(store.close_other_sessions(visitor.id(), &visitor.session.id).await?),
        id => drop(store.close_session(visitor.id(), id).await?),
    }
    app.done(&visitor, "Sessione chiusa", "/profilo").await
}
