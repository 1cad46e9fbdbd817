// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens as people read them (GLOSSARY.md): the same word on a page and on the command line.

use crate::law::calendar::Preposition;
use crate::papers::PaperKind;
use crate::sitting::{Item, ItemOutcome};
use chrono::NaiveDate;

/// An act kind, in Italian.
pub fn kind(token: &str) -> &str {
    match token {
        "deliberazione-giunta" => "Deliberazione della Giunta",
        "affissione-conto-terzi" => "Affissione per conto terzi",
        other => other,
    }
}

/// Region A, in Italian (GLOSSARY.md).
pub fn lifecycle(token: &str) -> &str {
    match token {
        "draft" => "in bozza",
        "proposal_signing" => "proposta alla firma",
        "technical_opinions" => "ai pareri tecnici",
        "accounting_opinion" => "al parere contabile",
        "cover_visto" => "al visto di copertura",
        "legitimacy_opinion" => "al parere di legittimità",
        "inquiry" => "in istruttoria",
        "ready" => "pronta per la Giunta",
        "on_agenda" => "all'ordine del giorno",
        "under_discussion" => "in trattazione",
        "adopted" => "adottata",
        "rejected" => "respinta",
        "postponed" => "rinviata",
        "withdrawn" => "ritirata",
        "returned" => "restituita",
        "signing" => "alla firma",
        "perfected" => "perfezionata",
        "privacy_review" => "in verifica dei dati personali",
        "posted" => "in pubblicazione",
        "posting_ended" => "pubblicazione conclusa",
        "archived" => "archiviata",
        "annulled" => "annullata",
        "revoked" => "revocata",
        other => other,
    }
}

/// The state of a line of a register: of its act, or of the posting it is the number of.
pub fn register_state(token: &str) -> &str {
    match token {
        "posting_annulled" => "pubblicazione annullata",
        other => lifecycle(other),
    }
}

/// Region B, in Italian (GLOSSARY.md).
pub fn efficacy(token: &str) -> &str {
    match token {
        "none" => "senza effetti",
        "immediately_enforceable" => "immediatamente eseguibile",
        "effective" => "esecutiva",
        "suspended" => "sospesa",
        "ceased" => "cessata",
        other => other,
    }
}

/// A kind of paper, in Italian, as a list names it.
pub fn paper(kind: PaperKind) -> &'static str {
    match kind {
        PaperKind::Proposta => "Proposta",
        PaperKind::ParereTecnico => "Parere di regolarità tecnica",
        PaperKind::ParereContabile => "Parere di regolarità contabile",
        PaperKind::VistoCopertura => "Visto di copertura finanziaria",
        PaperKind::SchedaIstruttoria => "Scheda dell'istruttoria",
        PaperKind::ParereLegittimita => "Parere di legittimità",
        PaperKind::NotaRestituzione => "Nota di restituzione",
        PaperKind::ConfrontoVersioni => "Confronto fra due versioni",
        PaperKind::DichiarazioneFormale => "Dichiarazione di modifica formale",
        PaperKind::FoglioPareri => "Riepilogo dei pareri",
        PaperKind::Convocazione => "Convocazione con ordine del giorno",
        PaperKind::RevocaConvocazione => "Revoca della convocazione",
        PaperKind::NotaRitiro => "Nota di ritiro",
        PaperKind::EsitiSeduta => "Esiti della seduta",
        PaperKind::Brogliaccio => "Brogliaccio",
        PaperKind::VerbaleSeduta => "Verbale della seduta",
        PaperKind::EstrattoVerbale => "Estratto del verbale",
        PaperKind::Deliberazione => "Deliberazione",
        PaperKind::AttestazioneImpedimento => "Attestazione di impedimento",
        PaperKind::RapportoFirme => "Rapporto di verifica delle firme",
        PaperKind::AttestazionePubblicazione => "Attestazione di pubblicazione",
        PaperKind::ElencoCapigruppo => "Elenco ai capigruppo",
        PaperKind::AttestazioneDisservizio => "Attestazione di disservizio dell'Albo",
        PaperKind::AttestazioneRitardo => "Attestazione di pubblicazione tardiva",
        PaperKind::AnnullamentoPubblicazione => "Annullamento della pubblicazione",
        PaperKind::CertificatoEsecutivita => "Certificato di esecutività",
        PaperKind::CertificatoEseguibilita => "Certificato di immediata eseguibilità",
        PaperKind::RefertoPubblicazione => "Referto di pubblicazione",
        PaperKind::Annotazione => "Annotazione",
        PaperKind::VersionePubblicabile => "Versione pubblicabile",
        PaperKind::CopiaConforme => "Copia conforme",
        PaperKind::EstrattoConforme => "Estratto conforme",
    }
}

/// A duty, in Italian (GLOSSARY.md).
pub fn duty(token: &str) -> &str {
    match token {
        "capigruppo" => "comunicazione ai capigruppo",
        "trasparenza" => "pubblicazione in Amministrazione Trasparente",
        "prefetto" => "comunicazione al Prefetto",
        "consiglio" => "ratifica del Consiglio",
        "trasmissione_consiglio" => "trasmissione della proposta al Consiglio",
        "esito_consiglio" => "esito della proposta in Consiglio",
        "conservazione" => "versamento in conservazione",
        other => other,
    }
}

/// The outcome of an item, in Italian.
pub fn outcome(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::Approved => "approvata",
        ItemOutcome::ApprovedAsAmended => "approvata come emendata",
        ItemOutcome::Rejected => "respinta",
        ItemOutcome::Postponed => "rinviata",
        ItemOutcome::Withdrawn => "ritirata",
        ItemOutcome::TakenNote => "presa d'atto",
        ItemOutcome::NotTreated => "non trattata",
    }
}

/// An outcome with the sitting an item was postponed to, where one was said (R3.13).
pub fn until_sitting(outcome: &str, to: Option<NaiveDate>) -> String {
    match to {
        Some(day) => format!("{outcome} alla seduta {}", Preposition::Of.short(day)),
        None => outcome.to_owned(),
    }
}

/// What became of an item, with the day it was postponed to; empty while it is open.
pub fn outcome_of(item: &Item) -> String {
    item.outcome.map_or_else(String::new, |(o, _)| until_sitting(outcome(o), item.postponed_to))
}

/// Every kind of fact, as the log of what everyone did names it. A kind may be of an act and of a
/// sitting alike.
pub const FACTS: &[(&str, &str)] = &[
    ("created", "Bozza aperta"),
    ("edited", "Bozza modificata"),
    ("submitted", "Proposta presentata"),
    ("numbered", "Numero preso da un registro"),
    ("step_entered", "Passo del procedimento"),
    ("step_skipped", "Passo non dovuto"),
    ("opinion_given", "Parere reso"),
    ("further_opinion_recorded", "Altro parere registrato"),
    ("returned", "Proposta restituita"),
    ("rework_started", "Proposta ripresa in carico"),
    ("revised", "Nuova versione del testo"),
    ("departure_motivated", "Motivato lo scostamento da un parere"),
    ("review_passed", "Verifica superata"),
    ("put_on_agenda", "Iscritta all'ordine del giorno"),
    ("removed_from_agenda", "Tolta dall'ordine del giorno"),
    ("called", "Chiamata in seduta"),
    ("not_voted", "Non votata"),
    ("proclaimed", "Risultato proclamato"),
    ("proclamation_corrected", "Proclamazione corretta"),
    ("member_returned", "Un componente rientra"),
    ("immediate_voted", "Votata l'immediata eseguibilità"),
    ("paper_owed", "Documento previsto"),
    ("paper_prepared", "Documento composto"),
    ("paper_recalled", "Documento da ricomporre"),
    ("paper_voided", "Documento non più dovuto"),
    ("paper_signed", "Documento firmato"),
    ("augmented", "Livello di una firma esteso"),
    ("impediment_attested", "Attestato un impedimento"),
    ("posted", "Pubblicata all'Albo"),
    ("outage_recorded", "Disservizio dell'Albo registrato"),
    ("posting_annulled", "Pubblicazione annullata"),
    ("public_file_replaced", "Testo esposto sostituito con omissis"),
    ("personal_data_marked", "Dati personali segnati"),
    ("personal_data_cleared", "Riscontro di dati personali scartato"),
    ("copy_requested", "Copia richiesta"),
    ("capigruppo_listed", "Iscritta nell'elenco ai capigruppo"),
    ("capigruppo_sent", "Elenco inviato ai capigruppo"),
    ("capigruppo_told", "Esito del recapito a un capogruppo"),
    ("posting_ended", "Pubblicazione conclusa"),
    ("condition_met", "Condizione di efficacia avverata"),
    ("duty_raised", "Adempimento dovuto"),
    ("duty_settled", "Adempimento chiuso"),
    ("protocollo_recorded", "Numero di protocollo registrato"),
    ("touched", "Incide un atto successivo"),
    ("touch_withdrawn", "Cade l'effetto di un altro atto"),
    ("suspension_lifted", "Cessa una sospensione"),
    ("withdrawn", "Proposta ritirata"),
    ("closed", "Fascicolo o seduta chiusi"),
    ("scheduled", "Seduta in calendario"),
    ("item_added", "Argomento iscritto"),
    ("item_removed", "Argomento tolto"),
    ("items_reordered", "Ordine del giorno riordinato"),
    ("convened", "Seduta convocata"),
    ("moved", "Seduta spostata"),
    ("cancelled", "Seduta annullata"),
    ("opened", "Seduta aperta"),
    ("deserted", "Seduta deserta"),
    ("entered", "Un componente entra"),
    ("left", "Un componente esce"),
    ("answered", "Risposta alla convocazione"),
    ("chose", "Voto a distanza"),
    ("presence_corrected", "Presenza corretta"),
    ("item_called", "Argomento chiamato"),
    ("conflict_declared", "Obbligo di astensione dichiarato"),
    ("verbalizer_replaced", "Verbalizzante sostituito"),
    ("item_amended", "Argomento emendato"),
    ("voted", "Votazione"),
    ("vote_corrected", "Votazione corretta"),
    ("vote_voided", "Votazione nulla"),
    ("item_closed", "Argomento concluso"),
    ("outcome_corrected", "Esito corretto"),
    ("suspended", "Seduta sospesa"),
    ("resumed", "Seduta ripresa"),
    ("comune_described", "Dati del Comune"),
    ("office_opened", "Ufficio"),
    ("office_closed", "Ufficio chiuso"),
    ("person_registered", "Persona"),
    ("mandate_granted", "Incarico conferito"),
    ("mandate_ended", "Incarico cessato"),
    ("absence_recorded", "Assenza"),
    ("absence_corrected", "Assenza corretta"),
    ("setup_finished", "Primo avvio concluso"),
    ("regulation_adopted", "Regolamento in vigore"),
    ("workflow_activated", "Procedimento attivato"),
    ("register_opened", "Registro aperto"),
];

/// A kind of fact, in Italian.
pub fn fact(kind: &str) -> &str {
    FACTS.iter().find(|(token, _)| *token == kind).map_or(kind, |(_, words)| words)
}

/// What was done beside the record, to accounts, jobs, mail.
pub const ACTIVITY: &[(&str, &str)] = &[
    ("signed_in", "Accesso"),
    ("sign_in_failed", "Accesso non riuscito"),
    ("password_chosen", "Password scelta"),
    ("second_factor_on", "Secondo fattore attivato"),
    ("second_factor_off", "Secondo fattore disattivato"),
    ("second_factor_reset", "Secondo fattore tolto dall'amministratore"),
    ("account_added", "Utenza creata"),
    ("account_suspended", "Utenza sospesa"),
    ("account_opened", "Utenza aperta"),
    ("sessions_closed", "Sessioni chiuse"),
    ("link_sent", "Collegamento per la password inviato"),
    ("mail_tried", "Prova della posta"),
    ("job_retried", "Lavoro rimesso in coda"),
    ("job_given_up", "Lavoro a cui si rinuncia"),
];

/// What was done beside the record, in Italian.
pub fn activity(token: &str) -> &str {
    ACTIVITY.iter().find(|(known, _)| *known == token).map_or(token, |(_, words)| words)
}
