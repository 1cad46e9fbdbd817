// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Primo avvio»: a short sequence of plain forms, each a fact of its own, that can be left and
//! taken up again. Only the administrator has it, until it is declared over.

use super::listing::{Cell, Table};
use super::{Line, lines, section};
use crate::domain::law::calendar::Preposition;
use crate::domain::notices::REGISTERS;
use crate::domain::registry::{Role, may_keep_accounts};
use crate::service::accounts::AccountError;
use crate::store::CaseFilter;
use crate::web::actions::registry::{find, href, href_from, subject};
use crate::web::error::WebError;
use crate::web::forms::Field;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;
use serde::Serialize;

/// A step of the first start.
#[derive(Debug)]
pub struct Step {
    /// In the address.
    pub token: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for.
    intro: &'static str,
    /// Action whose form stands on the page.
    action: &'static str,
}

/// The steps, in order.
static STEPS: [Step; 9] = [
    Step {
        token: "comune",
        title: "Il Comune",
        intro: "Nome, sede e carta intestata: compaiono in ogni atto. Tutto si può cambiare in \
                seguito; gli atti già composti restano come sono.",
        action: "comune",
    },
    Step {
        token: "regolamento",
        title: "Il regolamento",
        intro: "Le scelte che la legge lascia al Comune: numero legale, base dei voti, pareri, \
                computo dei termini. Ogni scelta porta la sua fonte. Si parte da un modello e si \
                sostituiscono le fonti con quelle dello statuto e dei regolamenti del Comune.",
        action: "",
    },
    Step {
        token: "uffici",
        title: "Gli uffici",
        intro: "Gli uffici che propongono atti e rendono pareri, uno per volta o da una tabella CSV.",
        action: "ufficio",
    },
    Step {
        token: "persone",
        title: "Le persone",
        intro: "Chi compare negli atti, firma o riceve messaggi, una per volta o da una tabella CSV \
                che porta anche gli incarichi.",
        action: "persona",
    },
    Step {
        token: "incarichi",
        title: "Gli incarichi",
        intro: "I poteri vengono da un atto e dalle sue date: Segretario, Segreteria, Ragioneria, \
                responsabili di servizio, chi pubblica all'Albo, Sindaco e assessori.",
        action: "incarico",
    },
    Step {
        token: "gruppi",
        title: "I capigruppo",
        intro: "A loro va l'elenco degli atti il giorno stesso della pubblicazione (art. 125 TUEL).",
        action: "capogruppo",
    },
    Step {
        token: "numeri",
        title: "I numeri di partenza",
        intro: "Per chi comincia in corso d'anno: l'ultimo numero già usato in ogni registro. Un \
                registro non indicato comincia da 1.",
        action: "registro",
    },
    Step {
        token: "posta",
        title: "Posta e addestramento",
        intro: "Come partono i messaggi è scritto nel file di configurazione: qui si prova.",
        action: "",
    },
    Step {
        token: "riepilogo",
        title: "Riepilogo",
        intro: "Che cosa è pronto e che cosa manca al primo atto.",
        action: "",
    },
];

/// The step of a token.
pub fn step(token: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.token == token)
}

/// The address of a step.
pub fn address(token: &str) -> String {
    format!("/avvio/{token}")
}

/// The first start is not over: no one declared it, and no act was written.
///
/// # Errors
/// What the database said.
pub async fn pending(app: &App, visitor: &Visitor) -> Result<bool, WebError> {
    let (registry, today) = (&visitor.registry, visitor.today);
    if registry.set_up || may_keep_accounts(registry, visitor.id(), today).is_err() {
        return Ok(false);
    }
    let one = CaseFilter { limit: Some(1), ..CaseFilter::default() };
    Ok(app.office.executor.store.cases(&one).await?.is_empty())
}

/// Someone who has just installed: an administrator of a Comune without offices.
pub fn is_new(visitor: &Visitor) -> bool {
    let registry = &visitor.registry;
    !registry.set_up && registry.offices.is_empty() && visitor.roles.contains(&Role::Amministratore)
}

/// One step in the list of all.
#[derive(Debug, Serialize)]
struct Progress {
    title: &'static str,
    href: String,
    current: bool,
    done: bool,
}

#[derive(Debug, Serialize)]
struct StepPage {
    title: &'static str,
    number: usize,
    count: usize,
    intro: &'static str,
    progress: Vec<Progress>,
    fields: Vec<Field>,
    action: String,
    button: &'static str,
    uploads: bool,
    table: Option<Table>,
    links: Vec<Link>,
    data: Vec<(&'static str, String)>,
    mail: bool,
    training: bool,
    needs: Vec<Line>,
    missing: usize,
    finish: String,
    previous: String,
    next: String,
    refusal: Option<crate::domain::refusal::Refusal>,
}

impl Page for StepPage {
    const TEMPLATE: &'static str = "avvio";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        format!("Primo avvio: {}", self.title)
    }
}

/// Whether what a step asks is on record.
fn done(visitor: &Visitor, token: &str) -> bool {
    let (registry, today) = (&visitor.registry, visitor.today);
    match token {
        "comune" => !registry.comune.name.is_empty() && !registry.comune.seat.is_empty(),
        "regolamento" => registry.regulation(today).is_ok() && !registry.active.is_empty(),
        "uffici" => !registry.offices.is_empty(),
        // The administrator himself is there from the beginning.
        "persone" => registry.people.len() > 1,
        "incarichi" => {
            let essential = registry.needs(today).into_iter().filter(|need| need.essential);
            let mut posts = essential.filter(|n| n.part == crate::domain::registry::Part::Mandates);
            posts.all(|need| need.met.is_some())
        }
        "gruppi" => !registry.capigruppo(today).is_empty(),
        _ => false,
    }
}

/// Begins, or goes on from the first step that is not done.
pub async fn start(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    if !pending(&app, &visitor).await? {
        super::allowed(&visitor, true)?;
        return Ok(Redirect::to(super::HOME).into_response());
    }
    let first = STEPS.iter().find(|step| !done(&visitor, step.token)).unwrap_or(&STEPS[0]);
    Ok(Redirect::to(&address(first.token)).into_response())
}

async fn page(
    app: &App,
    visitor: &Visitor,
    token: &str,
    refusal: Option<crate::domain::refusal::Refusal>,
) -> Result<StepPage, WebError> {
    let at = STEPS.iter().position(|step| step.token == token).ok_or(WebError::NotFound)?;
    let step = &STEPS[at];
    let action = find(step.action);
    let mut fields =
        action.map_or_else(Vec::new, |action| (action.action.fields)(&subject(visitor, "")));
    fields.iter_mut().for_each(|field| field.refill(None, &[]));
    let progress = STEPS.iter().map(|other| Progress {
        title: other.title,
        href: address(other.token),
        current: other.token == step.token,
        done: done(visitor, other.token),
    });
    let needs = match token {
        "riepilogo" => lines(&visitor.registry, visitor.today),
        _ => Vec::new(),
    };
    let near = |other: Option<&Step>| other.map(|step| address(step.token)).unwrap_or_default();
    Ok(StepPage {
        title: step.title,
        number: at + 1,
        count: STEPS.len(),
        intro: step.intro,
        progress: progress.collect(),
        uploads: fields.iter().any(|field| field.kind == "file"),
        fields,
        action: href_from(step.action, step.token),
        button: action.map_or("", |action| action.action.button),
        table: table(app, visitor, token).await?,
        links: links(token),
        data: data(app, token),
        mail: token == "posta" && app.mailer.is_some(),
        training: app.settings.training,
        missing: needs.iter().filter(|line| line.missing && line.essential).count(),
        needs,
        finish: href("fine-avvio", ""),
        previous: near(at.checked_sub(1).and_then(|before| STEPS.get(before))),
        next: near(STEPS.get(at + 1)),
        refusal,
    })
}

fn links(token: &str) -> Vec<Link> {
    let from = |path: &str| section(&format!("{path}?da={token}"));
    match token {
        "comune" => vec![Link::new(section("carta-intestata"), "Vedi la carta intestata")],
        "regolamento" => {
            vec![
                Link::new(
                    section("regolamento/carica?da=regolamento&modello=piccolo-comune"),
                    "Parti dal modello di un piccolo Comune",
                ),
                Link::new(
                    section("regolamento/carica?da=regolamento&modello=grande-comune"),
                    "Parti dal modello di un grande Comune",
                ),
                Link::new(from("regolamento/carica"), "Carica il regolamento del Comune"),
            ]
        }
        "uffici" => vec![Link::new(from("importa/uffici"), "Importa gli uffici da CSV")],
        "persone" | "incarichi" => {
            vec![Link::new(from("importa/persone"), "Importa persone e incarichi da CSV")]
        }
        "riepilogo" => vec![Link::new(section("utenze"), "Crea le utenze e invia i collegamenti")],
        _ => Vec::new(),
    }
}

fn data(app: &App, token: &str) -> Vec<(&'static str, String)> {
    match (&app.mailer, token) {
        (Some(mailer), "posta") => mailer.summary().to_vec(),
        _ => Vec::new(),
    }
}

/// What is already on record for a step.
async fn table(app: &App, visitor: &Visitor, token: &str) -> Result<Option<Table>, WebError> {
    let (registry, today) = (&visitor.registry, visitor.today);
    let mut table = match token {
        "regolamento" => Table::new("fatto", "In vigore", &["Che cosa", "Da quando"])
            .empty("Nessun regolamento in vigore."),
        "uffici" => Table::new("fatto", "Uffici registrati", &["Ufficio"]).empty("Ancora nessuno."),
        "persone" => Table::new("fatto", "Persone registrate", &["Persona", "Posta"]),
        "incarichi" => Table::new("fatto", "Che cosa serve", &["Ruolo", "Chi", "Norma"]),
        "gruppi" => Table::new("fatto", "Capigruppo in carica", &["Gruppo", "Capogruppo"])
            .empty("Ancora nessuno."),
        "numeri" => Table::new("fatto", "Registri dell'anno", &["Registro", "Prossimo numero"]),
        _ => return Ok(None),
    };
    match token {
        "regolamento" => {
            for adopted in &registry.regulations {
                let choices = adopted.written.provisions.len();
                table.row(vec![
                    Cell::new("Regolamento").note(format!("{choices} chiavi")),
                    Cell::new(Preposition::From.short(adopted.from)),
                ]);
            }
        }
        "uffici" => {
            for office in registry.offices.values() {
                table.row(vec![Cell::new(&office.name)]);
            }
        }
        "persone" => {
            for person in registry.people.values() {
                table.row(vec![Cell::new(person.name()), Cell::new(&person.email)]);
            }
        }
        "incarichi" => {
            for line in lines(registry, today).into_iter().filter(Line::is_of_people) {
                line.fill(&mut table);
            }
        }
        "gruppi" => {
            for mandate in registry.holders(Role::Capogruppo, None, today) {
                let group = mandate.group.clone().unwrap_or_default();
                table.row(vec![Cell::new(group), Cell::new(registry.name(&mandate.person))]);
            }
        }
        _ => {
            let year = today.year();
            for register in REGISTERS {
                let last = app.office.executor.store.register_last(register, year).await?;
                let next = last
                    .map_or_else(|| "1, se non si indica altro".into(), |n| (n + 1).to_string());
                table.row(vec![Cell::new(crate::web::forms::capital(register)), Cell::new(next)]);
            }
        }
    }
    Ok(Some(table))
}

/// Shows a step.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, true)?;
    if !pending(&app, &visitor).await? {
        return Ok(Redirect::to(super::HOME).into_response());
    }
    let page = page(&app, &visitor, &token, None).await?;
    app.show(&visitor, &page)
}

/// Sends a trial message to who asks.
pub async fn try_mail(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    super::allowed(&visitor, true)?;
    let mailer = app.mailer.as_deref();
    match app.accounts.try_mail(&visitor.registry, visitor.id(), mailer).await {
        Ok(()) => {
            let said = format!("Messaggio di prova inviato a {}", visitor.person.email);
            app.done(&visitor, &said, &address("posta")).await
        }
        Err(AccountError::Refused(refusal)) => {
            let page = page(&app, &visitor, "posta", Some(refusal)).await?;
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
        }
        Err(error) => Err(error.into()),
    }
}
