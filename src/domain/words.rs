// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens as people read them (GLOSSARY.md): the same word on a page and on the command line.

use crate::domain::papers::PaperKind;
use crate::domain::sitting::ItemOutcome;

/// An act kind, in Italian.
pub fn kind(token: &str) -> &str {
    match token {
        "deliberazione-giunta" => "Deliberazione della Giunta",
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
