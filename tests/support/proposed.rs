// SPDX-License-Identifier: AGPL-3.0-or-later
//! What people of the sample Comune send to the API.

use serde_json::{Value, json};

/// The content of an ordinary act of the Direzione Ambiente.
pub fn content(subject: &str) -> Value {
    json!({
        "subject": subject,
        "act_type": "indirizzo gestionale",
        "offices": ["ambiente"],
        "rapporteurs": ["costa"],
        "procedure_head": "neri",
        "competence": "art. 48, c. 2, TUEL",
        "classification": "6.9 Ambiente",
        "summary": "Nessun onere per il Comune.",
        "text": "## Premesso che\n\nsono pervenute richieste di sei comitati.",
        "decision": ["di approvare lo schema di protocollo conservato agli atti;"],
        "gates": { "effects": { "kind": "none" } },
    })
}

/// An opinion as a command gives it.
pub fn opinion(kind: &str, office: &str, outcome: &str, reasons: &str) -> Value {
    json!({
        "do": "give_opinion", "opinion": kind, "office": office, "outcome": outcome,
        "reasons": reasons, "no_conflict": true,
    })
}
