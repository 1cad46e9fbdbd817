// SPDX-License-Identifier: AGPL-3.0-or-later
//! What happened in a sitting, one line a fact: when, who wrote it down, what.

use crate::domain::changes::Fact;
use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::domain::registry::Registry;
use crate::domain::sitting::{Leaving, Sitting, SittingEvent};
use crate::domain::stream::{SYSTEM_ACTOR, StoredEvent, StreamId};
use crate::domain::words;
use crate::service::history::fact_of;
use crate::web::App;
use crate::web::error::WebError;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// One fact.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// "10:05".
    pub time: String,
    /// When it happened.
    #[serde(skip)]
    pub at: DateTime<Utc>,
    /// For machines.
    instant: String,
    /// "registrato il 14/07/2026, 16:20", for what was entered afterwards.
    recorded: String,
    /// Who wrote it down.
    pub who: String,
    /// What.
    pub what: String,
    detail: String,
}

fn hour(at: DateTime<Utc>) -> String {
    rome_time(at).format("%H:%M").to_string()
}

/// The facts of a sitting, the newest first.
pub async fn of(app: &App, registry: &Registry, sitting: &Sitting) -> Result<Vec<Entry>, WebError> {
    let stored = app.office.executor.store.stream(&StreamId::sitting(&sitting.id)).await?;
    let mut entries = Vec::with_capacity(stored.len());
    for event in stored.iter().rev() {
        entries.extend(entry(event, registry, sitting)?);
    }
    Ok(entries)
}

/// What others did after the version one saw, the newest first: "Giulia Sarti, ore 10:05: …".
pub async fn since(app: &App, sitting: &Sitting, seen: i64) -> Result<Vec<String>, WebError> {
    let registry = app.office.executor.world(&[]).await?.registry;
    let stored = app.office.executor.store.stream(&StreamId::sitting(&sitting.id)).await?;
    let mut said = Vec::new();
    for event in stored.iter().rev().filter(|event| event.version > seen) {
        let found = entry(event, &registry, sitting)?;
        said.extend(found.map(|e| format!("{} ha registrato «{}» alle {}", e.who, e.what, e.time)));
    }
    Ok(said)
}

fn entry(
    stored: &StoredEvent,
    registry: &Registry,
    sitting: &Sitting,
) -> Result<Option<Entry>, WebError> {
    let fact = fact_of(stored).map_err(|error| WebError::internal("chronicle", error))?;
    let Fact::Sitting(_, event) = fact else { return Ok(None) };
    let Some((what, detail)) = words_of(&event, registry, sitting) else { return Ok(None) };
    let (happened, recorded) = (stored.event.happened_at, stored.event.recorded_at);
    let apart = recorded - happened > TimeDelta::minutes(1);
    let recorded = format!("registrato il {}, {}", date_short(rome_date(recorded)), hour(recorded));
    Ok(Some(Entry {
        time: hour(happened),
        at: happened,
        instant: happened.to_rfc3339(),
        recorded: if apart { recorded } else { String::new() },
        who: match stored.event.actor.as_str() {
            SYSTEM_ACTOR => "Sistema".to_owned(),
            actor => registry.name(actor),
        },
        what,
        detail,
    }))
}

/// What and, where there is more to say, how; none for housekeeping.
fn words_of(
    event: &SittingEvent,
    registry: &Registry,
    sitting: &Sitting,
) -> Option<(String, String)> {
    use SittingEvent as E;
    let name = |person: &String| registry.name(person);
    let plain = |what: &str| Some((what.to_owned(), String::new()));
    let said = |what: String, detail: &str| Some((what, detail.to_owned()));
    match event {
        E::Scheduled { .. } => plain("Seduta in calendario"),
        E::ItemAdded { subject, .. } => said("Argomento iscritto".into(), subject),
        E::ItemRemoved { reason, .. } => said("Argomento tolto".into(), reason),
        E::ItemsReordered { .. } => plain("Ordine del giorno riordinato"),
        E::Convened { version: 1, by, .. } => said("Convocazione".into(), &by.name),
        E::Convened { by, .. } => said("Ordine del giorno suppletivo".into(), &by.name),
        E::Answered { person, answer } => said(format!("{} {}", name(person), answer.label()), ""),
        E::Moved { reason, .. } => said("Seduta spostata".into(), reason),
        E::Cancelled { reason, .. } => said("Seduta annullata".into(), reason),
        E::Opened(roll) => {
            let (here, all) = (roll.present.len(), roll.members.len());
            said("Seduta aperta".into(), &format!("presenti {here} su {all}"))
        }
        E::Deserted(_) => plain("Seduta deserta"),
        E::Entered { person, remote: false } => said(format!("{} entra", name(person)), ""),
        E::Entered { person, .. } => said(format!("{} si collega a distanza", name(person)), ""),
        E::Left { person, why: Leaving::Left } => said(format!("{} esce", name(person)), ""),
        E::Left { person, .. } => said(format!("{} perde il collegamento", name(person)), ""),
        E::PresenceCorrected { person, reason, .. } => {
            said(format!("Presenza corretta: {}", name(person)), reason)
        }
        E::Suspended { reason } => said("Seduta sospesa".into(), reason),
        E::Resumed { present } => {
            said("Seduta ripresa".into(), &format!("presenti {}", present.len()))
        }
        E::Closed {} => plain("Seduta chiusa"),
        other => of_item(other, registry, sitting),
    }
}

fn of_item(
    event: &SittingEvent,
    registry: &Registry,
    sitting: &Sitting,
) -> Option<(String, String)> {
    use SittingEvent as E;
    let number = |case: &String| match sitting.items.iter().position(|i| i.case == *case) {
        Some(at) => format!("n. {}", at + 1),
        None => String::new(),
    };
    let said = |what: String, detail: &str| Some((what, detail.to_owned()));
    match event {
        E::ItemCalled { case, off_agenda, subject } => {
            let how = if *off_agenda { "fuori sacco " } else { "" };
            said(format!("Chiamato {how}l'argomento {}", number(case)), subject)
        }
        E::ConflictDeclared { person, case, reason, .. } => {
            let who = registry.name(person);
            said(format!("{who} deve astenersi sull'argomento {}", number(case)), reason)
        }
        E::VerbalizerReplaced { by, reason, .. } => said(format!("Verbalizza {}", by.name), reason),
        E::ItemAmended { case, .. } => said(format!("Emendato l'argomento {}", number(case)), ""),
        E::Chose { person, choice, .. } => {
            said(format!("{} vota a distanza: {}", registry.name(person), choice.label()), "")
        }
        E::Voted { case, .. } => said(format!("Votato l'argomento {}", number(case)), ""),
        E::VoteCorrected { case, reason, .. } => {
            said(format!("Voto corretto sull'argomento {}", number(case)), reason)
        }
        E::VoteVoided { case, reason } => {
            said(format!("Voto nullo sull'argomento {}, da ripetere", number(case)), reason)
        }
        E::ItemClosed { case, outcome, number: taken, reason, to } => {
            let act = taken.map(|n| format!(", deliberazione n. {n}")).unwrap_or_default();
            let how = words::until_sitting(words::outcome(*outcome), *to);
            said(format!("Argomento {}: {how}{act}", number(case)), reason)
        }
        E::OutcomeCorrected { case, outcome, reason, .. } => {
            let now = words::outcome(*outcome);
            said(format!("Proclamazione corretta sull'argomento {}: {now}", number(case)), reason)
        }
        E::ImmediateVoted { case, declared: true, .. } => {
            said(format!("Argomento {}: immediatamente eseguibile", number(case)), "")
        }
        E::ImmediateVoted { case, .. } => {
            said(format!("Argomento {}: immediata eseguibilità non dichiarata", number(case)), "")
        }
        E::PaperSigned { by, .. } => said("Documento firmato".into(), &by.title),
        _ => None,
    }
}
