// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Token per i programmi»: a person makes them, sees them and revokes them. The secret is on the
//! page that answers its making, and nowhere else.

use super::error::WebError;
use super::forms::Input;
use super::page::{Link, Page};
use super::profile::instant_words;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::refusal::Refusal;
use crate::domain::token::Token;
use crate::service::tokens::{DAYS, Scope};
use crate::store::{ApiToken, parse_instant};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct TokenLine {
    id: String,
    label: String,
    scopes: String,
    made: String,
    expires: String,
    used: String,
    /// Why it is good no more; empty while it is.
    over: String,
}

#[derive(Debug, Serialize)]
struct ScopeChoice {
    token: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct DaysChoice {
    days: i64,
    chosen: bool,
}

/// The page.
#[derive(Debug, Serialize)]
struct TokensPage {
    tokens: Vec<TokenLine>,
    scopes: Vec<ScopeChoice>,
    days: Vec<DaysChoice>,
    label: String,
    /// Shown once.
    secret: String,
    refusal: Option<Refusal>,
}

impl Page for TokensPage {
    const TEMPLATE: &'static str = "token";
    const SECTION: &'static str = "profilo";

    fn title(&self) -> String {
        "Token per i programmi".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/profilo", "Il mio profilo")]
    }
}

fn line(token: ApiToken, visitor: &Visitor) -> TokenLine {
    let expired = parse_instant(&token.expires_at).is_none_or(|at| at <= visitor.now);
    let over = match &token.revoked_at {
        Some(at) => format!("revocato il {}", instant_words(at)),
        None if expired => "scaduto".to_owned(),
        None => String::new(),
    };
    TokenLine {
        scopes: token.scopes.replace(' ', ", "),
        made: instant_words(&token.created_at),
        expires: instant_words(&token.expires_at),
        used: token.used_at.as_deref().map(instant_words).unwrap_or_default(),
        id: token.id,
        label: token.label,
        over,
    }
}

async fn page(app: &App, visitor: &Visitor, typed: Option<&Input>) -> Result<TokensPage, WebError> {
    let tokens = app.tokens.of(visitor.id()).await?;
    let chosen = |scope: Scope| match typed {
        Some(input) => chosen_scopes(input).contains(&scope),
        None => scope == Scope::Read,
    };
    let days: i64 = typed.and_then(|input| input.get("giorni").parse().ok()).unwrap_or(DAYS[1]);
    let scopes = Scope::ALL.iter().map(|scope| ScopeChoice {
        token: scope.token(),
        label: scope.label(),
        chosen: chosen(*scope),
    });
    Ok(TokensPage {
        tokens: tokens.into_iter().map(|token| line(token, visitor)).collect(),
        scopes: scopes.collect(),
        days: DAYS.iter().map(|n| DaysChoice { days: *n, chosen: *n == days }).collect(),
        label: typed.map(|input| input.get("nome").to_owned()).unwrap_or_default(),
        secret: String::new(),
        refusal: None,
    })
}

fn chosen_scopes(input: &Input) -> Vec<Scope> {
    let given = input.0.iter().filter(|(name, _)| name == "ambito");
    given.filter_map(|(_, word)| Scope::from_token(word)).collect()
}

/// Shows it.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let page = page(&app, &visitor, None).await?;
    app.show(&visitor, &page)
}

/// Makes a token and shows its secret: not a redirect, so that it is written nowhere.
pub async fn make(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let days = input.get("giorni").parse().unwrap_or_default();
    let scopes = chosen_scopes(&input);
    match app.tokens.make(visitor.id(), input.get("nome"), &scopes, days).await? {
        Ok(secret) => {
            let page = TokensPage { secret, ..page(&app, &visitor, None).await? };
            app.render(StatusCode::CREATED, Some(&visitor), &page)
        }
        Err(refusal) => {
            let page =
                TokensPage { refusal: Some(refusal), ..page(&app, &visitor, Some(&input)).await? };
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
        }
    }
}

/// Revokes one.
pub async fn revoke(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let done = app.tokens.revoke(visitor.id(), input.get("token")).await?;
    let said = if done { "Token revocato" } else { "Il token non era più valido" };
    app.done(&visitor, said, "/profilo/token").await
}
