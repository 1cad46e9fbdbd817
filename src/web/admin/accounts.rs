// SPDX-License-Identifier: AGPL-3.0-or-later
//! Accounts: given, suspended, opened, sessions closed, the link to choose a password sent. Nobody
//! sees or sets the password of another; an account gives no power.

use super::listing::{Button, Cell, Listing, Table};
use super::{Frame, moment, section};
use crate::domain::effects::fold;
use crate::domain::registry::Person;
use crate::service::accounts::AccountError;
use crate::store::{Account, parse_instant};
use crate::web::error::WebError;
use crate::web::forms::{Field, Input};
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// Where gestures on accounts go.
fn gesture(person: &str, what: &str) -> String {
    section(&format!("utenze/{person}/{what}"))
}

fn state(account: &Account, now: chrono::DateTime<chrono::Utc>) -> Cell {
    let locked = account.locked_until.as_deref().and_then(parse_instant);
    if let Some(since) = account.suspended_at.as_deref().and_then(parse_instant) {
        return Cell::new("sospesa").note(format!("dal {}", moment(since))).mark("bad");
    }
    if let Some(until) = locked.filter(|until| *until > now) {
        let note = format!("fino al {}, per password errate", moment(until));
        return Cell::new("bloccata").note(note).mark("warn");
    }
    match (account.password.is_empty(), account.totp.is_some()) {
        (true, _) => Cell::new("senza password").note("in attesa che la persona la scelga"),
        (false, true) => Cell::new("attiva").note("con secondo fattore").mark("good"),
        (false, false) => Cell::new("attiva").mark("good"),
    }
}

/// What narrows the list.
#[derive(Debug, Default, Deserialize)]
pub struct Narrow {
    #[serde(default)]
    testo: String,
}

/// The accounts, and who has none.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "utenze")?;
    let registry = &visitor.registry;
    let accounts = app.office.executor.store.accounts().await?;
    let wanted = fold(narrow.testo.trim());
    let matches = |person: &str| fold(&registry.name(person)).contains(&wanted);
    let heads = ["Persona", "Nome utente", "Stato"];
    let mut given = Table::new("utenze", "Utenze", &heads).empty("Nessuna utenza.");
    for account in accounts.iter().filter(|a| matches(&a.person)) {
        let row = given.row(vec![
            Cell::new(registry.name(&account.person))
                .href(section(&format!("persone/{}", account.person))),
            Cell::new(&account.login),
            state(account, visitor.now),
        ]);
        row.links.push(Link::new(section(&format!("utenze/{}", account.person)), "Gestisci"));
    }
    let mut without: Vec<&Person> = registry
        .people
        .values()
        .filter(|p| accounts.iter().all(|a| a.person != p.id) && matches(&p.id))
        .collect();
    without.sort_by_key(|p| (fold(&p.surname), fold(&p.given_name)));
    let mut rest = Table::new("senza", "Persone senza utenza", &["Persona", "Posta"])
        .empty("Tutte le persone hanno un'utenza.");
    for person in without {
        let row = rest.row(vec![Cell::new(person.name()), Cell::new(&person.email)]);
        row.links.push(Link::new(section(&format!("utenze/{}", person.id)), "Crea l'utenza"));
    }
    let filter = vec![Field::new("search", "testo", "Nome o cognome").value(&narrow.testo)];
    let intro = "L'utenza serve solo a entrare: i poteri vengono dagli incarichi. La password la \
                 sceglie la persona, con il collegamento che riceve; nessun altro la vede.";
    let page = Listing::new(frame, "Utenze", intro).filter(filter).table(given).table(rest);
    app.show(&visitor, &page)
}

/// One account.
#[derive(Debug, Serialize)]
struct AccountPage {
    frame: Frame,
    name: String,
    person: String,
    login: String,
    email: String,
    exists: bool,
    state: Cell,
    suspended: bool,
    has_totp: bool,
    own: bool,
    sessions: Vec<(String, String)>,
    buttons: Vec<Button>,
    refusal: Option<crate::domain::refusal::Refusal>,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "amministrazione-utenza";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        format!("Utenza di {}", self.name)
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// A login as most Comuni make them: "anna.rossi".
fn proposed(person: &Person) -> String {
    let plain =
        |text: &str| fold(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    format!("{}.{}", plain(&person.given_name), plain(&person.surname))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    id: &str,
    refusal: Option<crate::domain::refusal::Refusal>,
) -> Result<AccountPage, WebError> {
    let frame = Frame::of(visitor, "utenze")?.inside("utenze");
    let person = visitor.registry.people.get(id).ok_or(WebError::NotFound)?;
    let store = &app.office.executor.store;
    let account = store.account(id).await?.filter(|account| account.person == id);
    let sessions = store.sessions_of(id, visitor.now).await?;
    let sessions = sessions.into_iter().map(|s| {
        let seen = parse_instant(&s.seen_at).map(moment).unwrap_or_default();
        (format!("ultimo uso il {seen}"), format!("{} {}", s.address, s.agent))
    });
    let suspended = account.as_ref().is_some_and(|a| a.suspended_at.is_some());
    let has_totp = account.as_ref().is_some_and(|a| a.totp.is_some());
    let own = id == visitor.id();
    let button = |what: &str, label: &str| Button {
        action: gesture(id, what),
        label: label.to_owned(),
        name: "persona",
        value: id.to_owned(),
    };
    let mut buttons = vec![button("collegamento", "Invia il collegamento per la password")];
    buttons.push(button("sessioni", "Chiudi tutte le sessioni"));
    if has_totp {
        buttons.push(button("secondo-fattore", "Togli il secondo fattore"));
    }
    match suspended {
        true => buttons.push(button("apri", "Riapri l'utenza")),
        false if !own => {
            buttons.push(button("apri", "Togli il blocco per password errate"));
            buttons.push(button("sospendi", "Sospendi l'utenza"));
        }
        false => {}
    }
    Ok(AccountPage {
        frame,
        name: person.name(),
        person: id.to_owned(),
        login: account.as_ref().map_or_else(|| proposed(person), |a| a.login.clone()),
        email: person.email.clone(),
        exists: account.is_some(),
        state: account.as_ref().map(|a| state(a, visitor.now)).unwrap_or_default(),
        suspended,
        has_totp,
        own,
        sessions: sessions.collect(),
        buttons,
        refusal,
    })
}

/// Shows one account.
pub async fn one(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let page = page(&app, &visitor, &id, None).await?;
    app.show(&visitor, &page)
}

/// A gesture on an account. Who may is asked again by the service.
pub async fn act(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, what)): Path<(String, String)>,
    input: Input,
) -> Result<Response, WebError> {
    let (accounts, registry, actor) = (&app.accounts, &visitor.registry, visitor.id());
    let mailer = app.mailer.as_deref();
    let (done, said) = match what.as_str() {
        "crea" => {
            let given = accounts.give(registry, actor, &id, input.get("utente")).await;
            match (given, input.ticked("invia")) {
                (Ok(()), true) => (
                    accounts.send_link(registry, actor, &id, mailer).await,
                    "Utenza creata e collegamento inviato",
                ),
                (given, _) => (given, "Utenza registrata"),
            }
        }
        "collegamento" => (
            accounts.send_link(registry, actor, &id, mailer).await,
            "Collegamento inviato: vale un'ora e una sola volta",
        ),
        "sospendi" => (accounts.suspend(registry, actor, &id).await, "Utenza sospesa"),
        "apri" => (accounts.resume(registry, actor, &id).await, "Utenza aperta"),
        "sessioni" => (accounts.close_sessions(registry, actor, &id).await, "Sessioni chiuse"),
        "secondo-fattore" => (
            accounts.reset_second_factor(registry, actor, &id).await,
            "Secondo fattore tolto: la persona può attivarne un altro dal suo profilo",
        ),
        _ => return Err(WebError::NotFound),
    };
    match done {
        // Who closes his own sessions is out with them.
        Ok(()) => app.done(&visitor, said, &section(&format!("utenze/{id}"))).await,
        Err(AccountError::Refused(refusal)) if refusal.code == "no_registry_power" => {
            Err(WebError::Refused(StatusCode::FORBIDDEN, refusal))
        }
        Err(AccountError::Refused(refusal)) => {
            let page = page(&app, &visitor, &id, Some(refusal)).await?;
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
        }
        Err(error) => Err(error.into()),
    }
}
