// SPDX-License-Identifier: AGPL-3.0-or-later
//! The queue of jobs and its dead letters: retried or given up by name, with the same functions as
//! `delibera jobs`.

use super::listing::{Button, Cell, Listing, Table};
use super::{Frame, moment, section};
use crate::domain::effects::Job as Work;
use crate::domain::registry::Registry;
use crate::service::accounts::AccountError;
use crate::store::{Job, JobFilter, JobState};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::{Field, Input, encode};
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// Jobs on one page.
const SHOWN: i64 = 200;

/// What narrows the list.
#[derive(Debug, Default, Deserialize)]
pub struct Narrow {
    #[serde(default)]
    stato: String,
    #[serde(default)]
    tipo: String,
}

const KINDS: [(&str, &str); 9] = [
    ("mail", "Messaggio"),
    ("paper", "Documento da comporre"),
    ("remind", "Sollecito"),
    ("capigruppo", "Elenco ai capigruppo"),
    ("end_posting", "Fine della pubblicazione"),
    ("certify_effect", "Certificato di esecutività"),
    ("digest", "Riepilogo delle firme"),
    ("augment", "Estensione di una firma"),
    ("migration", "Passaggio a una nuova versione"),
];

fn kind(token: &str) -> &str {
    KINDS.iter().find(|(known, _)| *known == token).map_or(token, |(_, words)| words)
}

fn state(job: &Job) -> Cell {
    match (job.state, &job.note) {
        (JobState::Dead, Some(note)) => Cell::new("lasciato").note(note),
        (JobState::Dead, None) => Cell::new("non riuscito").mark("bad"),
        (JobState::Available, _) if job.attempts > 0 => {
            Cell::new("da ripetere").note(format!("{} tentativi", job.attempts)).mark("warn")
        }
        (JobState::Available, _) => Cell::new("in attesa"),
        (JobState::Running, _) => Cell::new("in corso"),
        (JobState::Done, _) => Cell::new("concluso").mark("good"),
    }
}

/// Whom or what a job is about.
fn about(job: &Job, registry: &Registry) -> Cell {
    let read = serde_json::from_value::<Work>(job.payload.clone());
    let person = match &read {
        Ok(Work::Mail(mail)) => Some((registry.name(&mail.person), mail.message.clone())),
        Ok(Work::Digest { person, .. }) => Some((registry.name(person), String::new())),
        _ => None,
    };
    let page = match job.stream.split_once('/') {
        Some(("case", id)) => format!("/fascicoli/{id}"),
        Some(("sitting", id)) => format!("/sedute/{id}"),
        _ => String::new(),
    };
    let (who, what) = person.unwrap_or_default();
    let words = match (who.as_str(), job.stream.as_str()) {
        ("", "") => "lavoro periodico".to_owned(),
        ("", stream) => stream.to_owned(),
        (who, _) => who.to_owned(),
    };
    Cell::new(words).note(what).href(page)
}

/// The queue.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "lavori")?;
    let store = &app.office.executor.store;
    let counts = store.job_counts().await?;
    let wanted = match narrow.stato.as_str() {
        "available" => Some(JobState::Available),
        "done" => Some(JobState::Done),
        "tutti" => None,
        // What needs a hand is shown first.
        _ => Some(JobState::Dead),
    };
    let kind_of = Some(narrow.tipo.clone()).filter(|kind| !kind.is_empty());
    let filter = JobFilter { state: wanted, kind: kind_of, stream: None, limit: Some(SHOWN) };
    let jobs = store.jobs(&filter).await?;
    let heads = ["Lavoro", "Riguarda", "Stato", "Quando", "Motivo"];
    let mut table = Table::new("lavori", "Lavori", &heads).empty(match wanted {
        Some(JobState::Dead) => "Nessun lavoro fallito.",
        _ => "Nessun lavoro.",
    });
    for job in &jobs {
        let row = table.row(vec![
            Cell::new(kind(&job.kind)),
            about(job, &visitor.registry),
            state(job),
            Cell::new(moment(job.finished_at.unwrap_or(job.next_at))),
            Cell::new(job.last_error.clone().unwrap_or_default()),
        ]);
        row.past = job.note.is_some() && job.state == JobState::Dead;
        if job.state == JobState::Dead {
            row.buttons.push(Button {
                action: section("lavori/ripeti"),
                label: "Ripeti".into(),
                name: "chiave",
                value: job.key.clone(),
            });
        }
        if matches!(job.state, JobState::Dead | JobState::Available) && job.note.is_none() {
            let key = encode(&[("chiave", &job.key)]);
            row.links.push(Link::new(section(&format!("lavori/rinuncia?{key}")), "Rinuncia"));
        }
    }
    let states = [
        ("dead", format!("Non riusciti ({})", counts.dead + counts.given_up)),
        ("available", format!("In attesa ({})", counts.available)),
        ("done", format!("Conclusi ({})", counts.done)),
        ("tutti", "Tutti".to_owned()),
    ];
    let chosen = if narrow.stato.is_empty() { "dead" } else { narrow.stato.as_str() };
    let mut kinds = vec![("", "Tutti i tipi")];
    kinds.extend(KINDS);
    let mut filter = vec![
        Field::new("choice", "stato", "Stato").value(chosen).options(states),
        Field::new("choice", "tipo", "Tipo").value(&narrow.tipo).options(kinds),
    ];
    filter.iter_mut().for_each(|field| field.refill(None, &[]));
    let intro = "Ciò che il sistema deve fare dopo ogni fatto: messaggi, documenti, scadenze. Un \
                 lavoro che non riesce si ripete da solo; quando smette, attende qui.";
    let page = Listing::new(frame, "Lavori", intro).filter(filter).table(table);
    app.show(&visitor, &page)
}

/// Puts a dead letter back in the queue.
pub async fn retry(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    super::allowed(&visitor, true)?;
    app.accounts.retry_job(&visitor.registry, visitor.id(), input.get("chiave")).await?;
    app.done(&visitor, "Il lavoro è di nuovo in coda", &section("lavori")).await
}

/// A job to be given up.
#[derive(Debug, Serialize)]
struct GiveUpPage {
    frame: Frame,
    key: String,
    fields: Vec<Field>,
    refusal: Option<crate::domain::refusal::Refusal>,
}

impl Page for GiveUpPage {
    const TEMPLATE: &'static str = "amministrazione-rinuncia";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        "Rinunciare a un lavoro".into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// The job of an address.
#[derive(Debug, Default, Deserialize)]
pub struct OfKey {
    #[serde(default)]
    chiave: String,
}

fn give_up_page(
    visitor: &Visitor,
    key: &str,
    input: Option<&Input>,
    refusal: Option<crate::domain::refusal::Refusal>,
) -> Result<GiveUpPage, WebError> {
    let frame = Frame::of(visitor, "lavori")?.inside("lavori");
    let help = "Resta scritto accanto al lavoro, con il Suo nome.";
    let mut fields = vec![Field::new("area", "motivo", "Perché si rinuncia").required().help(help)];
    fields.iter_mut().for_each(|field| field.refill(input, &[]));
    Ok(GiveUpPage { frame, key: key.to_owned(), fields, refusal })
}

/// Asks why.
pub async fn ask(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(of): Query<OfKey>,
) -> Result<Response, WebError> {
    app.show(&visitor, &give_up_page(&visitor, &of.chiave, None, None)?)
}

/// Gives a job up by name.
pub async fn give_up(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    super::allowed(&visitor, true)?;
    let (key, reason) = (input.get("chiave"), input.get("motivo"));
    match app.accounts.give_up_job(&visitor.registry, visitor.id(), key, reason).await {
        Ok(()) => app.done(&visitor, "Rinuncia registrata", &section("lavori")).await,
        Err(AccountError::Refused(refusal)) => {
            let page = give_up_page(&visitor, key, Some(&input), Some(refusal))?;
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
        }
        Err(error) => Err(error.into()),
    }
}
