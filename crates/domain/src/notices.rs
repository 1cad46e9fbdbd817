// SPDX-License-Identifier: AGPL-3.0-or-later
//! The closed lists a workflow's notices choose from: moments, recipients, messages, duties.
//!
//! The engine announces moments; the workflow says which message goes to whom; `recipients` finds
//! the people by role and date (practice.md section 3: one message per person and event).

mod recipients;

pub use recipients::{REQUESTER, RecipientContext, addressee, recipients};

use crate::registry::Role;

/// Moments the engine announces, with what has happened.
pub const MOMENTS: &[(&str, &str)] = &[
    ("submitted", "la proposta è presentata"),
    ("to_sign", "un documento è pronto per la firma, e c'è chi l'aspetta"),
    ("to_sign_daily", "un documento è pronto per la firma: lo dice il riepilogo del giorno"),
    ("technical_given", "un parere di regolarità tecnica è reso"),
    ("technical_again", "il testo è cambiato e i pareri tecnici sono di nuovo dovuti"),
    ("technical_complete", "i pareri di regolarità tecnica ci sono tutti"),
    ("accounting_given", "il parere di regolarità contabile è reso o non dovuto"),
    ("cover_given", "il visto di copertura finanziaria è reso"),
    ("legitimacy_given", "il parere di legittimità è reso"),
    ("contrary", "un parere è contrario o con prescrizioni"),
    ("returned", "la proposta è restituita"),
    ("text_changed", "il testo è cambiato dopo i pareri"),
    ("amended", "il testo è emendato in seduta"),
    ("inquiry_passed", "l'istruttoria è conclusa"),
    ("ready", "la proposta è pronta per la Giunta"),
    ("ready_as_checked", "la proposta è pronta, senza parere di legittimità"),
    ("on_agenda", "la proposta è iscritta all'ordine del giorno"),
    ("off_agenda", "la proposta è tolta dall'ordine del giorno"),
    ("withdrawn", "la proposta è ritirata"),
    ("convened", "la seduta è convocata o integrata"),
    ("item_convened", "un argomento è nella convocazione"),
    ("sitting_moved", "la seduta è spostata"),
    ("sitting_cancelled", "la seduta è annullata"),
    ("sitting_closed", "la seduta è chiusa"),
    ("sitting_deserted", "la seduta è andata deserta"),
    ("item_removed", "un argomento già convocato è tolto dall'ordine del giorno"),
    ("adopted", "la deliberazione è adottata"),
    ("immediate", "la deliberazione è immediatamente eseguibile"),
    ("not_adopted", "la proposta è respinta, rinviata o ritirata in seduta"),
    ("perfected", "l'atto è firmato da tutti"),
    ("posted", "l'atto è all'Albo"),
    ("posted_late", "l'atto è all'Albo dopo il termine"),
    ("capigruppo_listed", "l'atto è nell'elenco ai capigruppo"),
    ("capigruppo_undelivered", "l'elenco non è giunto a un capogruppo"),
    ("outage", "l'Albo è stato fuori servizio"),
    ("posting_annulled", "la pubblicazione è annullata"),
    ("effective", "l'atto è esecutivo"),
    ("posting_ended", "la pubblicazione è conclusa"),
    ("report_ready", "il referto di pubblicazione è firmato"),
    ("council_proposal", "una proposta al Consiglio è adottata e va trasmessa"),
    ("council_sent", "la proposta è trasmessa al Consiglio"),
    ("council_answered", "il Consiglio ha deciso sulla proposta"),
    ("ratification_due", "il termine di ratifica del Consiglio si avvicina"),
    ("control_requested", "è chiesto il controllo dell'art. 127"),
    ("affected", "un atto successivo o un ordine tocca questo"),
    ("deadline_near", "un termine scade fra due giorni"),
    ("deadline_due", "un termine scade oggi"),
    ("deadline_passed", "un termine è scaduto ieri"),
];

/// Moments of a sitting as a whole: no single act is meant.
pub const SITTING_MOMENTS: &[&str] =
    &["convened", "sitting_moved", "sitting_cancelled", "sitting_closed", "sitting_deserted"];

/// Moments of the terms of a step.
pub const DEADLINE_MOMENTS: &[&str] = &["deadline_near", "deadline_due", "deadline_passed"];

/// Moments told in the digest of the day, one message a person (practice.md 3, row 14).
pub const DAILY_MOMENTS: &[&str] = &["to_sign_daily"];

/// Recipients found through the act or the sitting; every role token is a recipient too.
pub const RECIPIENTS: &[(&str, &str)] = &[
    ("responsabile_procedimento", "il responsabile del procedimento dell'atto"),
    ("direttori", "i direttori degli uffici proponenti"),
    ("relatori", "i relatori dell'atto"),
    ("autori_pareri", "chi ha reso i pareri sul testo che è cambiato"),
    ("firmatari", "chi deve ancora firmare un documento pronto"),
    (REQUESTER, "l'ente che ha chiesto l'affissione, al suo indirizzo"),
    ("incaricati", "chi deve agire al passo attuale"),
    ("superiori", "il direttore da cui dipende chi deve agire al passo attuale"),
    ("componenti", "i componenti della Giunta in carica"),
    ("capigruppo", "i capigruppo consiliari in carica"),
    ("proponenti", "i responsabili degli atti della seduta"),
    ("relatori_seduta", "i relatori degli atti della seduta"),
    ("segretari", "il Segretario e i Vice Segretari in carica"),
];

/// Recipients that need one act.
pub const OF_ACT: &[&str] = &[
    "responsabile_procedimento",
    "direttori",
    "relatori",
    "autori_pareri",
    REQUESTER,
    "incaricati",
    "superiori",
];

/// Recipients that need a sitting.
pub const OF_SITTING: &[&str] = &["proponenti", "relatori_seduta"];

/// Messages: the folders of `templates/mail/` that workflows name.
pub const MESSAGES: &[&str] = &[
    "argomento-convocato",
    "argomento-tolto",
    "atto-adottato",
    "atto-da-pubblicare",
    "atto-esecutivo",
    "atto-eseguibile",
    "atto-modificato",
    "atto-pubblicato",
    "convocazione",
    "disservizio-albo",
    "documento-da-firmare",
    "elenco-capigruppo",
    "elenco-non-recapitato",
    "emendamento-in-seduta",
    "esiti-seduta",
    "esito-parere",
    "esito-trattazione",
    "parere-contrario",
    "parere-da-rendere",
    "proposta-al-consiglio",
    "proposta-presentata",
    "proposta-pronta",
    "proposta-restituita",
    "proposta-ritirata",
    "pubblicazione-annullata",
    "pubblicazione-conclusa",
    "ratifica-consiglio",
    "referto-all-ente",
    "riepilogo",
    "scadenza",
    "scadenza-superata",
    "seduta-annullata",
    "seduta-deserta",
    "seduta-spostata",
    "testo-modificato",
];

/// Registers (R5.1): three independent counters for each act kind.
pub const REGISTERS: &[&str] =
    &["proposte", "deliberazioni", "determinazioni", "ordinanze", "decreti", "albo"];

/// Duties that accompany an act (region C), with what must be done.
pub const DUTIES: &[(&str, &str)] = &[
    ("capigruppo", "comunicazione in elenco ai capigruppo (art. 125 TUEL)"),
    ("trasparenza", "pubblicazione in Amministrazione Trasparente (D.Lgs. 33/2013)"),
    ("prefetto", "comunicazione al Prefetto (art. 135, c. 2, TUEL)"),
    ("consiglio", "ratifica del Consiglio (art. 175, c. 4, TUEL)"),
    ("trasmissione_consiglio", "trasmissione della proposta al Consiglio (art. 42 TUEL)"),
    ("esito_consiglio", "esito della proposta in Consiglio (art. 42 TUEL)"),
    ("conservazione", "versamento in conservazione (art. 44 CAD)"),
];

/// Moments at which the engine raises duties.
pub const DUTY_MOMENTS: &[&str] = &["adopted", "posted", "posting_ended", "sent_to_council"];

/// Tokens of the moments.
pub fn moments() -> impl Iterator<Item = &'static str> + Clone {
    MOMENTS.iter().map(|(token, _)| *token)
}

/// Tokens of the recipients, roles included.
pub fn recipient_tokens() -> impl Iterator<Item = &'static str> + Clone {
    let roles = Role::ALL.iter().map(|(_, token, _)| *token);
    let own = RECIPIENTS.iter().map(|(token, _)| *token);
    own.chain(roles.filter(|role| RECIPIENTS.iter().all(|(token, _)| token != role)))
}
