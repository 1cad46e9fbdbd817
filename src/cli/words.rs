// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Italian words of the terminal for gestures, outcomes and states.

use crate::domain::case::CaseEvent;
use crate::domain::changes::Fact;
use crate::domain::law::calendar::Preposition;
use crate::domain::sitting::SittingEvent;
use crate::domain::stream::StoredEvent;
use crate::domain::token::Token;
use crate::domain::world::World;
use crate::service::history::fact_of;
use crate::service::scenario::StepRef;

const GESTURES: &[(&str, &str)] = &[
    ("create", "apre il fascicolo"),
    ("edit", "modifica la bozza"),
    ("submit", "presenta la proposta"),
    ("give_opinion", "rende il parere"),
    ("record_further_opinion", "registra un altro parere"),
    ("return", "restituisce la proposta"),
    ("rework", "riprende in carico la proposta"),
    ("revise", "modifica il testo"),
    ("motivate_departure", "motiva lo scostamento dal parere"),
    ("acknowledge_direction", "prende atto del mero indirizzo"),
    ("pass_review", "conclude la verifica"),
    ("withdraw", "ritira la proposta"),
    ("request_control", "registra la richiesta di controllo"),
    ("record_delivery", "registra il recapito ai capigruppo"),
    ("end_posting", "conclude la pubblicazione"),
    ("certify_effect", "certifica l'esecutività"),
    ("sign", "firma"),
    ("sign_all", "i firmatari firmano"),
    ("carry", "il procedimento segue il suo corso"),
    ("attest_impediment", "attesta l'impedimento"),
    ("recall_paper", "ritira il documento da ricomporre"),
    ("adopt_as_commissioner", "adotta con i poteri della Giunta"),
    ("post", "pubblica all'Albo"),
    ("record_outage", "registra il disservizio dell'Albo"),
    ("annul_posting", "annulla la pubblicazione"),
    ("replace_public_file", "sostituisce il file esposto"),
    ("mark_personal_data", "segna un dato da omettere"),
    ("clear_personal_data", "scarta un riscontro sui dati personali"),
    ("compose_public", "prepara la versione pubblicabile"),
    ("request_copy", "registra la richiesta di copia"),
    ("meet_condition", "registra la condizione di efficacia"),
    ("settle_duty", "registra l'adempimento"),
    ("record_protocollo", "registra il numero di protocollo"),
    ("record_order", "registra il provvedimento"),
    ("lift_suspension", "registra la fine della sospensione"),
    ("close", "chiude"),
    ("schedule", "mette in calendario la seduta"),
    ("add_item", "iscrive all'ordine del giorno"),
    ("remove_item", "toglie dall'ordine del giorno"),
    ("reorder", "riordina l'ordine del giorno"),
    ("convene", "convoca la Giunta"),
    ("answer", "risponde alla convocazione"),
    ("choose", "vota dal proprio dispositivo"),
    ("move", "sposta la seduta"),
    ("cancel", "annulla la seduta"),
    ("open", "apre la seduta"),
    ("desert", "dichiara deserta la seduta"),
    ("enter", "registra un ingresso"),
    ("leave", "registra un'uscita"),
    ("correct_presence", "corregge una presenza"),
    ("call_item", "chiama l'argomento"),
    ("call_off_agenda", "chiama l'argomento fuori sacco"),
    ("declare_conflict", "registra l'obbligo di astensione"),
    ("replace_verbalizer", "cambia chi verbalizza"),
    ("amend", "registra l'emendamento"),
    ("send_back", "rinvia agli uffici per i pareri"),
    ("vote", "registra il voto"),
    ("correct_vote", "corregge il voto"),
    ("proclaim", "registra la proclamazione"),
    ("correct_proclamation", "corregge la proclamazione"),
    ("vote_immediate", "registra la seconda votazione"),
    ("unanimous", "«unanime»"),
    ("unanimous_immediate", "«IE unanime»"),
    ("postpone", "registra il rinvio"),
    ("withdraw_item", "registra il ritiro"),
    ("take_note", "registra la presa d'atto"),
    ("suspend", "sospende la seduta"),
    ("resume", "riprende la seduta"),
    ("describe_comune", "descrive il Comune"),
    ("open_office", "apre un ufficio"),
    ("register_person", "registra una persona"),
    ("finish_setup", "conclude il primo avvio"),
    ("activate_workflow", "attiva un procedimento"),
    ("correct_absence", "corregge un'assenza"),
    ("record_absence", "registra un'assenza"),
    ("close_office", "chiude un ufficio"),
    ("grant_mandate", "registra un incarico"),
    ("end_mandate", "registra la fine di un incarico"),
    ("adopt_regulation", "adotta il regolamento"),
    ("open_register", "apre un registro"),
];

/// What the person does, in Italian.
pub fn gesture(step: &StepRef) -> String {
    let words = GESTURES
        .iter()
        .find(|(token, _)| *token == step.verb)
        .map_or(step.verb.as_str(), |(_, words)| words);
    let what = ["paper", "opinion", "outcome", "duty"]
        .iter()
        .filter_map(|key| step.params.get(*key).and_then(toml::Value::as_str))
        .map(detail)
        .collect::<Vec<_>>();
    if what.is_empty() { words.to_owned() } else { format!("{words}: {}", what.join(", ")) }
}

fn detail(token: &str) -> &str {
    match token {
        "technical" => "regolarità tecnica",
        "accounting" => "regolarità contabile",
        "legitimacy" => "legittimità",
        "favourable" => "favorevole",
        "with_remarks" => "favorevole con osservazioni",
        "with_prescriptions" => "favorevole con prescrizioni",
        "contrary" => "contrario",
        "not_due" => "non dovuto",
        other => other,
    }
}

/// What came of it: numbers, outcomes, the new step.
pub fn came_of(events: &[StoredEvent], world: &World) -> Vec<String> {
    let mut words = Vec::new();
    for fact in events.iter().filter_map(|e| fact_of(e).ok()) {
        match fact {
            Fact::Case(id, event) => words.extend(of_case(&id, &event, world)),
            Fact::Sitting(_, event) => words.extend(of_sitting(&event)),
            Fact::Registry(_) => {}
        }
    }
    words.dedup();
    words
}

fn of_case(id: &str, event: &CaseEvent, world: &World) -> Option<String> {
    let step_title = |name: &str| {
        let case = world.cases.get(id)?;
        let workflow = world.workflow(case).ok()?;
        workflow.step(name).map(|s| s.title.clone())
    };
    Some(match event {
        CaseEvent::Numbered { register, year, number, .. } => {
            format!("{} n. {number}/{year}", register_word(register))
        }
        CaseEvent::StepEntered { step, .. } => step_title(step)?,
        CaseEvent::StepSkipped { step, reason } => {
            format!("{}: non dovuto ({reason})", step_title(step)?)
        }
        CaseEvent::ImmediateVoted { declared: true, .. } => "immediatamente eseguibile".into(),
        CaseEvent::ImmediateVoted { declared: false, required, .. } => {
            format!("immediata eseguibilità non raggiunta (occorrenti {required})")
        }
        CaseEvent::PaperSigned { key, by, .. } => format!("{key}: firma di {}", by.name),
        CaseEvent::Augmented(step) => format!("firme al livello {}", step.level.token()),
        CaseEvent::Posted(posting) => format!("all'Albo {}", Preposition::From.short(posting.day)),
        _ => return None,
    })
}

fn of_sitting(event: &SittingEvent) -> Option<String> {
    Some(match event {
        SittingEvent::Opened(roll) | SittingEvent::Deserted(roll) => {
            let (present, members) = (roll.present.len(), roll.members.len());
            format!("presenti {present} di {members}, numero legale {}", roll.quorum)
        }
        SittingEvent::ItemClosed { outcome, .. } => {
            crate::domain::words::outcome(*outcome).to_owned()
        }
        SittingEvent::Suspended { reason } => format!("seduta sospesa: {reason}"),
        _ => return None,
    })
}

fn register_word(register: &str) -> &str {
    match register {
        "proposte" => "proposta",
        "deliberazioni" => "deliberazione",
        "albo" => "Albo",
        other => other,
    }
}
