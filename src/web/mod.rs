// SPDX-License-Identifier: AGPL-3.0-or-later
//! The web application: server-rendered pages on which each person does his work.
//!
//! A page is a route, a typed context that is a [`page::Page`], a template of `templates/page` and
//! a test. Everything that changes something is a form POST answered by a redirect, and goes
//! through the tables of [`actions`]. Pages decide nothing: what may be done is asked of the engine.

pub mod account;
pub mod actions;
pub mod admin;
pub mod affissioni;
pub mod albo;
pub mod api;
pub mod assets;
pub mod bulk;
pub mod case;
pub mod desk;
pub mod error;
pub mod forms;
pub mod hosts;
pub mod identity;
pub mod layers;
pub mod lines;
pub mod ops;
pub mod page;
pub mod profile;
pub mod proposal;
pub mod registers;
pub mod search;
pub mod signed_files;
pub mod signing;
pub mod sitting;
pub mod tokens;
pub mod upload;
pub mod visitor;

use crate::service::accounts::Accounts;
use crate::service::mail::Mailer;
use crate::service::office::Office;
use crate::service::oidc::{BACK_PATH, Provider};
use crate::service::tokens::Tokens;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_http::limit::RequestBodyLimitLayer;

/// How this installation shows itself.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Address of the pages as people write it, without final slash; `https://` makes cookies
    /// `Secure`.
    pub base_url: Option<String>,
    /// The address of the visitor is the last one of `X-Forwarded-For`: only behind a proxy.
    pub behind_proxy: bool,
    /// The Comune is being trained: every page says so.
    pub training: bool,
    /// Sample Comune: one-click sign-in as each person. Never in a real installation.
    pub demo: bool,
    /// The declaration of accessibility on the AgID form.
    pub accessibility_url: Option<String>,
    /// The public Albo.
    pub albo: albo::AlboConfig,
    /// Requests of one token in a minute; [`api::caller::PER_MINUTE`] when nothing is said.
    pub api_per_minute: Option<NonZeroU32>,
    /// The identity provider of the Comune.
    pub identity: Option<Arc<Provider>>,
    /// Other Comuni of the same process.
    pub neighbours: Vec<hosts::Neighbour>,
}

/// What every handler has.
pub struct App {
    /// Executes commands, composes and signs papers.
    pub office: Office,
    /// Accounts and sessions.
    pub accounts: Accounts,
    /// Tokens of programs.
    pub tokens: Tokens,
    /// Sends the links to choose a password; without it they are not sent.
    pub mailer: Option<Arc<Mailer>>,
    /// Templates.
    pub pages: page::Templates,
    /// How it shows itself.
    pub settings: Settings,
    /// Sittings that somebody follows now.
    pub watched: Arc<sitting::follow::Watched>,
    /// True when the server stops: what is being followed ends.
    pub closing: tokio::sync::watch::Sender<bool>,
    /// Rate limit of what a stranger may try.
    pub limits: layers::Limits,
    /// Documents of strangers that are examined at the same time.
    pub verifications: Arc<Semaphore>,
    /// What is known of the signed files that come with acts.
    pub signed_files: signed_files::SignedFiles,
    /// Rate limit of programs.
    pub api_limits: api::caller::ApiLimits,
}

/// The state of the router.
pub type Shared = Arc<App>;

impl App {
    /// The application.
    ///
    /// # Errors
    /// The first template that cannot be read.
    pub fn new(
        office: Office,
        mailer: Option<Arc<Mailer>>,
        settings: Settings,
    ) -> Result<Shared, Box<handlebars::TemplateError>> {
        let executor = &office.executor;
        let accounts = Accounts::new(executor.store.clone(), Arc::clone(&executor.clock));
        let local = settings.identity.as_ref().map(|p| p.local_accounts());
        let accounts = accounts.restricted_to(local.unwrap_or_default());
        let pages = page::Templates::embedded()?;
        let tokens = Tokens::new(executor.store.clone(), Arc::clone(&executor.clock));
        let limits = layers::Limits::default();
        let per_minute = settings.api_per_minute.unwrap_or(api::caller::PER_MINUTE);
        let api_limits = api::caller::ApiLimits::new(per_minute);
        let (watched, closing) = (Arc::default(), tokio::sync::watch::Sender::new(false));
        let verifications = Arc::new(Semaphore::new(albo::verify::TOGETHER));
        let app = Self {
            office,
            accounts,
            tokens,
            mailer,
            pages,
            settings,
            watched,
            closing,
            limits,
            verifications,
            signed_files: signed_files::SignedFiles::default(),
            api_limits,
        };
        Ok(Arc::new(app))
    }

    /// The instant of now.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.office.executor.clock.now()
    }

    /// Cookies travel only over HTTPS.
    pub fn secure(&self) -> bool {
        self.settings.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Every route of the pages. Those of a signed-in person first; strangers have the rest.
pub fn router(app: Shared) -> Router {
    let own = Router::new()
        .route("/", get(|| async { Redirect::to("/scrivania") }))
        .route("/scrivania", get(desk::show))
        .route("/scrivania/insieme", post(bulk::prepare))
        .route("/scrivania/insieme/firma", post(bulk::sign))
        .route("/scrivania/insieme/codice", post(bulk::send_code))
        .route("/fascicoli/{id}", get(case::show))
        .route("/fascicoli/{id}/documenti/{sha256}", get(case::documents::download))
        .route("/fascicoli/{id}/copia", get(case::documents::copy))
        .route("/fascicoli/{id}/confronto", get(case::versions::show))
        .route("/fascicoli/{id}/indice", get(case::index::show))
        .route("/fascicoli/{id}/dati-personali", get(case::privacy::show))
        .route("/fascicoli/{id}/dati-personali/versione", get(case::privacy::rendition))
        .route("/fascicoli/{id}/testo/bozza", post(proposal::keep))
        .route("/fascicoli/{id}/testo/documento", get(proposal::document))
        .route("/proposte/nuova", get(proposal::fresh).post(proposal::create))
        .merge(sittings())
        .route("/affissioni", get(affissioni::show))
        .route("/registri", get(registers::index))
        .route("/registri/statistiche", get(registers::statistics::show))
        .route("/registri/{register}", get(registers::show))
        .route("/ricerca", get(search::show))
        .merge(administration())
        .route("/firma/{id}", get(signing::show).post(signing::sign))
        .route("/firma/{id}/documento", get(signing::document))
        .route("/firma/{id}/rinuncia", post(signing::give_up))
        .route("/firma/{id}/codice", post(signing::send_code))
        .route("/firma/{id}/fuori", post(signing::outside))
        .route("/firma-esterna/{id}/{what}", get(signing::waiting_file))
        .merge(profile())
        .route("/uscita", post(account::sign_out))
        .layer(from_fn_with_state(Arc::clone(&app), visitor::signed_in))
        .layer(RequestBodyLimitLayer::new(layers::FORM_MAX));
    // Forms that bring files have a limit of their own.
    let uploads = Router::new()
        .route("/firma-esterna/{id}", get(signing::waiting).post(signing::upload))
        .route("/fascicoli/{id}/testo", get(proposal::show).post(proposal::submit))
        .merge(administration_files())
        .route("/affissioni/nuova", get(actions::request::form).post(actions::request::submit))
        .route("/fascicoli/{id}/azioni/{action}", get(actions::form).post(actions::submit))
        .layer(from_fn_with_state(Arc::clone(&app), visitor::signed_in))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(upload::UPLOAD_MAX));
    let open = Router::new()
        .route("/accesso", get(account::show).post(account::sign_in))
        .route("/accesso/identita", post(identity::begin))
        .route(BACK_PATH, get(identity::come_back))
        .route("/accesso/prova", post(account::sign_in_demo))
        .route("/accesso/recupero", get(account::ask_link).post(account::send_link))
        .route("/accesso/password", get(account::choose).post(account::chosen))
        .route("/accessibilita", get(account::accessibility))
        .layer(RequestBodyLimitLayer::new(layers::FORM_MAX));
    let pages = own.merge(uploads).merge(open).merge(albo::routes());
    let pages = pages.fallback(error::not_found);
    layers::around(pages, Arc::clone(&app))
        .merge(api::router(&app))
        .route("/risorse/{version}/{*path}", get(assets::serve))
        .layer(from_fn_with_state(Arc::clone(&app), layers::headers))
        .layer(from_fn(layers::observed))
        .layer(layers::request_ids())
        .with_state(app)
}

/// The calendar, and each sitting from its convening to its minutes.
fn sittings() -> Router<Shared> {
    use actions::sitting::{form, form_new, submit, submit_new};
    Router::new()
        .route("/sedute", get(sitting::calendar))
        .route("/sedute/nuova", get(form_new).post(submit_new))
        .route("/sedute/{id}", get(sitting::show))
        .route("/sedute/{id}/aula", get(sitting::room::show))
        .route("/sedute/{id}/eventi", get(sitting::follow::events))
        .route("/sedute/{id}/fascicoli", get(sitting::dossier::show))
        .route("/sedute/{id}/calendario.ics", get(sitting::appointment))
        .route("/sedute/{id}/documenti/{sha256}", get(sitting::document))
        .route("/sedute/{id}/azioni/{action}", get(form).post(submit))
}

/// What a person keeps of his own: password, second factor, sessions, tokens.
fn profile() -> Router<Shared> {
    Router::new()
        .route("/profilo", get(profile::show))
        .route("/profilo/password", post(profile::change_password))
        .route("/profilo/secondo-fattore", post(profile::second_factor))
        .route("/profilo/sessioni", post(profile::close_sessions))
        .route("/profilo/token", get(tokens::show).post(tokens::make))
        .route("/profilo/token/revoca", post(tokens::revoke))
}

/// The pages of the administration and of the first start.
fn administration() -> Router<Shared> {
    use admin::{accounts, entitled, import, jobs, log, organs, own, people};
    use admin::{regulation, rules, setup, wording, workflows};
    Router::new()
        .route("/amministrazione", get(admin::show))
        .route("/amministrazione/comune", get(admin::comune))
        .route("/amministrazione/carta-intestata", get(admin::letterhead))
        .route("/amministrazione/uffici", get(people::offices))
        .route("/amministrazione/persone", get(people::people))
        .route("/amministrazione/persone/{id}", get(people::person))
        .route("/amministrazione/importa/{table}/modello.csv", get(import::model))
        .route("/amministrazione/incarichi", get(people::mandates))
        .route("/amministrazione/titolo", get(entitled::show))
        .route("/amministrazione/organi", get(organs::show))
        .route("/amministrazione/regolamento", get(regulation::show))
        .route("/amministrazione/regolamento/versioni/{number}", get(regulation::text))
        .route("/amministrazione/regolamento/sezione/{part}", get(rules::edit).post(rules::propose))
        .route("/amministrazione/procedimenti", get(workflows::show))
        .route("/amministrazione/procedimenti/{digest}", get(workflows::one))
        .route("/amministrazione/procedimenti/{digest}/testo", get(workflows::text))
        .route("/amministrazione/modelli", get(wording::show))
        .route("/amministrazione/modelli/documenti/{kind}", get(wording::paper))
        .route("/amministrazione/modelli/documenti/{kind}/pdf", get(wording::paper_pdf))
        .route("/amministrazione/modelli/messaggi/{name}", get(wording::mail_page))
        .route("/amministrazione/modelli/messaggi/{name}/html", get(wording::mail_html))
        .route("/amministrazione/lavori", get(jobs::show))
        .route("/amministrazione/lavori/ripeti", post(jobs::retry))
        .route("/amministrazione/lavori/rinuncia", get(jobs::ask).post(jobs::give_up))
        .route("/amministrazione/attivita", get(log::show))
        .route("/amministrazione/attivita/csv", get(log::csv))
        .route("/amministrazione/utenze", get(accounts::show))
        .route("/amministrazione/utenze/{id}", get(accounts::one))
        .route("/amministrazione/utenze/{id}/{what}", post(accounts::act))
        .route("/sostituti", get(own::show))
        .route("/avvio", get(setup::start))
        .route("/avvio/{step}", get(setup::show))
        .route("/avvio/posta/prova", post(setup::try_mail))
}

/// Those of them whose forms bring files.
fn administration_files() -> Router<Shared> {
    use admin::{import, regulation, workflows};
    Router::new()
        .route(
            "/amministrazione/azioni/{action}",
            get(actions::registry::form).post(actions::registry::submit),
        )
        .route("/amministrazione/importa/{table}", get(import::show).post(import::submit))
        .route(
            "/amministrazione/regolamento/carica",
            get(regulation::upload).post(regulation::check),
        )
        .route(
            "/amministrazione/procedimenti/carica",
            get(workflows::upload).post(workflows::check),
        )
}
