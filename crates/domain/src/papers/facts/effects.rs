// SPDX-License-Identifier: AGPL-3.0-or-later
//! The gate questions of a proposal as its papers print them.

use crate::case::{Content, CouncilGate, Effect, Effects};
use crate::law::calendar::Preposition;
use crate::law::regulations::EntryIntoForce;
use crate::papers::words;
use chrono::NaiveDate;
use serde::Serialize;

/// The answers a proposal gives, ready to be printed as label and value.
#[derive(Debug, Clone, Serialize)]
pub struct GateFacts {
    pub act_type: Option<String>,
    pub classification: Option<String>,
    pub competence: String,
    pub effects: String,
    pub direction_only: Option<String>,
    pub cig: Option<String>,
    pub cup: Option<String>,
    pub council_ratification: bool,
    pub council_proposal: bool,
    pub personal_data: bool,
    pub conditions: Vec<&'static str>,
    pub immediate_request: Option<String>,
    pub secret_ballot: Option<String>,
    pub prefect: bool,
    pub effect_date: Option<NaiveDate>,
    /// When the regulation it approves is in force.
    pub regulation: Option<String>,
    pub affects: Vec<&'static str>,
}

/// The answers of a content.
pub fn gates(content: &Content) -> GateFacts {
    let gates = &content.gates;
    let some = |text: &str| Some(words::clause(text)).filter(|t| !t.is_empty());
    GateFacts {
        act_type: some(&content.act_type),
        classification: some(&content.classification),
        competence: words::clause(&content.competence),
        effects: effects_sentence(&gates.effects),
        direction_only: gates.direction_only.as_deref().and_then(some),
        cig: content.cig.as_deref().and_then(some),
        cup: content.cup.as_deref().and_then(some),
        council_ratification: gates.council == CouncilGate::UrgentVariation,
        council_proposal: gates.council == CouncilGate::ProposalToCouncil,
        personal_data: gates.personal_data,
        conditions: gates.conditions.iter().map(|c| c.label()).collect(),
        immediate_request: gates.immediate_request.as_deref().and_then(some),
        secret_ballot: gates.secret_ballot.as_deref().and_then(some),
        prefect: gates.prefect,
        effect_date: content.effect_date,
        regulation: gates.regulation.map(entry_into_force),
        affects: content.affects.iter().map(|a| effect_noun(a.how)).collect(),
    }
}

/// Effects on finances and assets, in a sentence without final stop (R1.6).
pub fn effects_sentence(effects: &Effects) -> String {
    match effects {
        Effects::Unanswered => "riflessi non dichiarati".to_owned(),
        Effects::None => {
            "nessun riflesso diretto o indiretto sulla situazione economico-finanziaria \
                          o sul patrimonio"
                .to_owned()
        }
        Effects::Some { amount_cents, chapter, financing } => {
            let mut text =
                "riflessi sulla situazione economico-finanziaria o sul patrimonio".to_owned();
            let mut add = |label: &str, value: Option<String>| {
                if let Some(value) = value.filter(|v| !v.is_empty()) {
                    text.push_str(&format!("{label}{value}"));
                }
            };
            add(", per ", amount_cents.map(words::euros));
            add(", capitolo ", chapter.as_deref().map(words::clause));
            add(", finanziamento: ", financing.as_deref().map(words::clause));
            text
        }
    }
}

/// From when a regulation is in force, after "entra in vigore" (R7.6).
pub fn entry_into_force(how: EntryIntoForce) -> String {
    match how {
        EntryIntoForce::FifteenthDay => {
            "il quindicesimo giorno successivo alla pubblicazione (art. 10 disp. prel. c.c.)".into()
        }
        EntryIntoForce::OnDay { on } => {
            format!("{}, come disposto dall'atto", words::dated(Preposition::On, on))
        }
        EntryIntoForce::WithTheAct => "con l'efficacia dell'atto, come da esso disposto".into(),
    }
}

/// What an act does to an earlier one, as a noun.
pub fn effect_noun(effect: Effect) -> &'static str {
    match effect {
        Effect::Revoke => "revoca",
        Effect::Annul => "annullamento d'ufficio",
        Effect::Rectify => "rettifica",
        Effect::Suspend => "sospensione",
        Effect::Validate => "convalida",
    }
}
