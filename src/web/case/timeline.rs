// SPDX-License-Identifier: AGPL-3.0-or-later
//! What happened to an act, one line a fact: when, who, what, with the hash of the chain.

use crate::domain::case::{CaseEvent, Change};
use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::domain::papers::{PaperKind, words as printed};
use crate::domain::registry::Registry;
use crate::domain::stream::{SYSTEM_ACTOR, StoredEvent};
use crate::domain::words;
use crate::domain::workflow::{Profile, Workflow};
use crate::web::forms::capital;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One fact.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// "13/07/2020, 09:30".
    when: String,
    /// For machines.
    instant: String,
    /// When it was recorded, where that is another instant.
    recorded: String,
    who: String,
    /// What happened.
    pub what: String,
    /// More of it; may be empty.
    pub detail: String,
    /// Icon of the sprite.
    icon: &'static str,
    version: i64,
    hash: String,
    short_hash: String,
    /// Housekeeping of the system: shown smaller.
    minor: bool,
}

/// "13/07/2020, 09:30".
pub fn moment(at: DateTime<Utc>) -> String {
    format!("{}, {}", date_short(rome_date(at)), rome_time(at).format("%H:%M"))
}

/// The line of a fact.
pub fn entry(
    stored: &StoredEvent,
    event: &CaseEvent,
    registry: &Registry,
    workflow: &Workflow,
) -> Entry {
    let (icon, what, detail) = words_of(event, workflow);
    let actor = &stored.event.actor;
    let apart = stored.event.recorded_at - stored.event.happened_at > chrono::TimeDelta::minutes(1);
    Entry {
        when: moment(stored.event.happened_at),
        instant: stored.event.happened_at.to_rfc3339(),
        recorded: if apart { moment(stored.event.recorded_at) } else { String::new() },
        who: match actor.as_str() {
            SYSTEM_ACTOR => "Sistema".to_owned(),
            actor => registry.name(actor),
        },
        minor: actor == SYSTEM_ACTOR || icon == "it-settings",
        what,
        detail,
        icon,
        version: stored.version,
        short_hash: stored.hash.chars().take(12).collect(),
        hash: stored.hash.clone(),
    }
}

type Said = (&'static str, String, String);

fn said(icon: &'static str, what: impl Into<String>, detail: impl Into<String>) -> Said {
    (icon, what.into(), detail.into())
}

fn words_of(event: &CaseEvent, workflow: &Workflow) -> Said {
    use CaseEvent as E;
    let title =
        |name: &str| workflow.step(name).map_or_else(|| name.to_owned(), |step| step.title.clone());
    if let Some(said) = of_others(event).filter(|_| workflow.profile == Profile::ContoTerzi) {
        return said;
    }
    match event {
        E::Created { earlier: Some(earlier), .. } => said(
            "it-plus-circle",
            "Bozza aperta: ripresenta una proposta precedente",
            earlier.proposal.clone().unwrap_or_default(),
        ),
        E::Created { .. } => said("it-plus-circle", "Bozza aperta", ""),
        E::Edited { .. } => said("it-pencil", "Bozza modificata", ""),
        E::Submitted { version, by, .. } => {
            said("it-upload", format!("Proposta presentata (versione {version})"), &by.title)
        }
        E::Numbered { register, year, number, .. } => {
            let what = match register.as_str() {
                "proposte" => "Numero della proposta",
                "deliberazioni" => "Numero della deliberazione",
                "albo" => "Numero dell'Albo",
                other => other,
            };
            said("it-bookmark", format!("{what}: {number}/{year}"), "")
        }
        E::StepEntered { step, deadline } => {
            let by = deadline.map(|day| format!("entro il {}", date_short(day)));
            said("it-settings", format!("Passo: {}", title(step)), by.unwrap_or_default())
        }
        E::StepSkipped { step, reason } => {
            said("it-settings", format!("Passo non dovuto: {}", title(step)), reason)
        }
        E::OpinionGiven(opinion) => {
            let what = capital(opinion.opinion.label());
            let outcome = printed::outcome(opinion.outcome);
            said("it-check-circle", format!("{what}: {outcome}"), &opinion.reasons)
        }
        E::Returned { reasons, .. } => said("it-restore", "Proposta restituita", reasons),
        E::ReworkStarted => said("it-refresh", "Ripresa in carico", ""),
        E::Revised { version, change, .. } => match change {
            Change::Formal { .. } => {
                said("it-pencil", format!("Versione {version}: correzione formale"), "")
            }
            Change::Substantial => said(
                "it-pencil",
                format!("Versione {version}: testo modificato"),
                "I pareri resi sul testo precedente sono superati",
            ),
        },
        E::DepartureMotivated { reasons, .. } => {
            said("it-comment", "Motivato lo scostamento dal parere", reasons)
        }
        E::ReviewPassed { step, note, .. } => {
            said("it-check-circle", format!("Verifica superata: {}", title(step)), note)
        }
        E::Withdrawn { reason, .. } => said("it-ban", "Proposta ritirata", reason),
        E::Closed { note, .. } => said("it-locked", "Fascicolo chiuso", note),
        other => in_sitting(other),
    }
}

/// Facts that have other words where the document is of another body (R6.10).
fn of_others(event: &CaseEvent) -> Option<Said> {
    use CaseEvent as E;
    Some(match event {
        E::Created { content, .. } => {
            said("it-plus-circle", "Richiesta di affissione registrata", content.origin())
        }
        E::Submitted { .. } => said("it-settings", "Richiesta completa", ""),
        E::Revised { version, .. } => {
            said("it-pencil", format!("Richiesta corretta (versione {version})"), "")
        }
        E::Withdrawn { reason, .. } => said("it-ban", "Richiesta senza corso", reason),
        _ => return None,
    })
}

fn in_sitting(event: &CaseEvent) -> Said {
    use CaseEvent as E;
    match event {
        E::PutOnAgenda { .. } => said("it-calendar", "Iscritta all'ordine del giorno", ""),
        E::RemovedFromAgenda { reason, .. } => {
            said("it-calendar", "Tolta dall'ordine del giorno", reason)
        }
        E::Called { .. } => said("it-horn", "Chiamata in seduta", ""),
        E::NotVoted { treatment, .. } => {
            let how = words::outcome(treatment.outcome);
            said("it-horn", "Non votata", words::until_sitting(how, treatment.postponed_to))
        }
        E::Proclaimed { treatment, .. } => {
            let outcome = crate::domain::words::outcome(treatment.outcome);
            said("it-horn", format!("Proclamato il risultato: {outcome}"), "")
        }
        E::ProclamationCorrected { reason, .. } => {
            said("it-horn", "Proclamazione corretta", reason)
        }
        E::ImmediateVoted { declared: true, reasons, .. } => {
            said("it-horn", "Dichiarata immediatamente eseguibile", reasons)
        }
        E::ImmediateVoted { .. } => {
            said("it-horn", "Immediata eseguibilità non dichiarata", "maggioranza non raggiunta")
        }
        other => of_paper(other),
    }
}

fn paper(key: &str) -> String {
    let kinds = PaperKind::ALL.into_iter().filter(|kind| key.starts_with(&kind.token()));
    let kind = kinds.max_by_key(|kind| kind.token().len());
    kind.map_or_else(|| key.to_owned(), |kind| words::paper(kind).to_owned())
}

fn of_paper(event: &CaseEvent) -> Said {
    use CaseEvent as E;
    match event {
        E::PaperOwed(plan) => {
            said("it-settings", format!("Documento previsto: {}", words::paper(plan.kind)), "")
        }
        E::PaperPrepared { key, .. } => {
            said("it-settings", format!("Documento composto: {}", paper(key)), "")
        }
        E::PaperVoided { key, reason } => {
            said("it-file", format!("Documento non più dovuto: {}", paper(key)), reason)
        }
        E::PaperRecalled { key, reason } => {
            said("it-file", format!("Documento da ricomporre: {}", paper(key)), reason)
        }
        E::PaperSigned { key, by, .. } => {
            said("it-file-signed", format!("Firma su: {}", paper(key)), &by.title)
        }
        E::ImpedimentAttested { key, reason, .. } => {
            said("it-file", format!("Attestato un impedimento: {}", paper(key)), reason)
        }
        other => after(other),
    }
}

fn after(event: &CaseEvent) -> Said {
    use CaseEvent as E;
    match event {
        E::Posted(posting) => said(
            "it-pa",
            format!("Pubblicata all'Albo al n. {}/{}", posting.number, posting.year),
            format!("dal {}", date_short(posting.day)),
        ),
        E::OutageRecorded { day, visible_hours, .. } => said(
            "it-warning-circle",
            format!("Disservizio dell'Albo il {}", date_short(*day)),
            format!("visibile per {visible_hours} ore"),
        ),
        E::PostingAnnulled { reason, .. } => {
            said("it-warning-circle", "Pubblicazione annullata", reason)
        }
        E::PublicFileReplaced { reason, .. } => {
            said("it-password-invisible", "Testo esposto sostituito con omissis", reason)
        }
        E::CapigruppoListed { day, .. } => said(
            "it-mail",
            "Iscritta nell'elenco ai capigruppo",
            format!("elenco del {}", date_short(*day)),
        ),
        E::CapigruppoSent { day, .. } => said(
            "it-mail",
            "Elenco inviato ai capigruppo",
            format!("elenco del {}", date_short(*day)),
        ),
        E::CapigruppoTold { delivered: false, note, .. } => {
            said("it-warning-circle", "Elenco non recapitato a un capogruppo", note)
        }
        E::AvailabilityRecorded(found) => said(
            "it-pa",
            "Registrate le verifiche di raggiungibilità dell'Albo",
            format!("n. {} verifiche, {} senza esito", found.probes, found.failed),
        ),
        E::PostingEnded { last_day } => {
            let last = format!("ultimo giorno: {}", date_short(*last_day));
            said("it-pa", "Pubblicazione conclusa", last)
        }
        E::ConditionMet { condition, evidence, .. } => {
            said("it-check", format!("Condizione avverata: {}", condition.label()), evidence)
        }
        E::DutyRaised { duty, .. } => {
            said("it-settings", format!("Adempimento dovuto: {}", words::duty(duty)), "")
        }
        E::DutySettled { duty, done, note, .. } => {
            let how = if *done { "compiuto" } else { "non riuscito" };
            said("it-check", format!("Adempimento {how}: {}", words::duty(duty)), note)
        }
        E::ProtocolloRecorded(recorded) => {
            said("it-file", format!("Protocollato: {}", paper(&recorded.key)), recorded.label())
        }
        E::PresentedAgain { .. } => said("it-link", "Ripresentata con una nuova proposta", ""),
        E::ControlRequested(request) => {
            said("it-warning-circle", "Chiesto il controllo dell'atto", request.source())
        }
        E::Touched { touch } => said("it-link", "Incide un atto successivo", &touch.source),
        E::TouchWithdrawn { reason, .. } => {
            said("it-link", "Cade l'effetto di un altro atto", reason)
        }
        E::SuspensionLifted { source, .. } => said("it-link", "Cessa la sospensione", source),
        _ => said("it-settings", "Fatto registrato", ""),
    }
}
