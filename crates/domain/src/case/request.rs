// SPDX-License-Identifier: AGPL-3.0-or-later
//! The request of another body to have a document of its own shown in the Albo (*affissione per
//! conto terzi*, R6.10): what it must say, what of it is shown, for how long.
//!
//! The document is not ours: nobody here votes it, signs it or takes words out of it. From the
//! posting on it is like any other: same numbers, same accidents, same end.

use super::Case;
use super::content::{Attachment, AttachmentClass, Content};
use super::decide::{proposer, wrong_step};
use super::event::{CaseEvent, Change};
use crate::changes::{Changes, Stop};
use crate::law::calendar::Preposition;
use crate::law::terms::TermRules;
use crate::refusal::Refusal;
use crate::regulation::Regulation;
use crate::workflow::{Profile, StepKind, Workflow};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Where the Albo on line is asked of every public body.
const ALBO: &str = "art. 32 L. 69/2009";
/// Days nobody asks for: no norm comes near a year.
const DAYS_MAX: u16 = 366;

/// Who asks, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PostingRequest {
    /// The body that asks, as printed.
    pub body: String,
    /// Its address, PEC or e-mail: the referto goes there.
    pub email: String,
    /// Number of its protocollo, as it writes it.
    pub protocollo: String,
    /// Day of that number.
    pub on: Option<NaiveDate>,
    /// Days it asks for; none leaves them to the type of document.
    pub days: Option<u16>,
    /// The norm that sets those days.
    pub basis: String,
}

/// The document to be shown: the first part of the request.
pub fn shown_document(content: &Content) -> Option<&Attachment> {
    let pdf = |a: &&Attachment| a.media_type == "application/pdf";
    content.attachments.iter().find(|a| a.class == AttachmentClass::Integral).filter(pdf)
}

/// How long a document is shown: the days asked for by a norm, else those of its type, else the
/// ordinary ones (R6.10).
pub(super) fn terms(regulation: &Regulation, content: &Content) -> TermRules {
    let rules = regulation.term_rules_for(&content.act_type);
    let asked = content.request.as_ref().and_then(|request| request.days);
    TermRules { posting_days: asked.unwrap_or(rules.posting_days), ..rules }
}

/// The norm by which a document of others is shown that long on a day.
pub fn term_source(regulation: &Regulation, content: &Content) -> String {
    let asked = content.request.as_ref().filter(|request| request.days.is_some());
    match asked {
        Some(request) => request.basis.clone(),
        None if regulation.term_by_type.contains_key(&content.act_type) => {
            regulation.source("term_by_type").to_owned()
        }
        None => ALBO.to_owned(),
    }
}

/// What a request must say before it is taken in.
///
/// # Errors
/// `incomplete_request`, `request_address`, `request_in_future`, `request_days`.
pub(super) fn complete(changes: &Changes, content: &Content) -> Result<(), Refusal> {
    let refuse = |code: &str, text: String, next: &str| {
        Err(Refusal::new(code, "R6.10", ALBO, text).next(next))
    };
    let request = content.request.clone().unwrap_or_default();
    let missing = missing(content, &request);
    if !missing.is_empty() {
        let text = format!("La richiesta non è completa: manca {}", missing.join("; manca "));
        return refuse("incomplete_request", text, "Completarla e registrarla di nuovo");
    }
    if !request.email.contains('@') || request.email.contains(char::is_whitespace) {
        let text = format!("«{}» non è un indirizzo di posta", request.email);
        return refuse("request_address", text, "Indicare la PEC o l'e-mail dell'ente richiedente");
    }
    if let Some(on) = request.on.filter(|on| *on > changes.ctx.today()) {
        let text = format!("La richiesta non può essere {}", Preposition::Of.short(on));
        return refuse("request_in_future", text, "Correggere la data del protocollo");
    }
    let Some(days) = request.days else { return Ok(()) };
    if !(1..=DAYS_MAX).contains(&days) || request.basis.trim().is_empty() {
        let text = format!(
            "Un termine chiesto dall'ente va da 1 a {DAYS_MAX} giorni e vuole la norma che lo fissa"
        );
        let next = "Indicare la norma, oppure lasciare il termine al tipo di documento";
        return refuse("request_days", text, next);
    }
    Ok(())
}

fn missing(content: &Content, request: &PostingRequest) -> Vec<&'static str> {
    let said = |text: &str| !text.trim().is_empty();
    let needs = [
        (said(&request.body), "l'ente richiedente"),
        (said(&request.email), "l'indirizzo a cui restituire il referto"),
        (said(&request.protocollo) && request.on.is_some(), "il protocollo della richiesta"),
        (said(&content.subject), "l'oggetto"),
        (shown_document(content).is_some(), "il documento da affiggere, in PDF"),
    ];
    needs.into_iter().filter(|(there, _)| !there).map(|(_, what)| what).collect()
}

/// The procedure carries documents of others.
pub(super) fn is_of_others(workflow: &Workflow) -> bool {
    workflow.profile == Profile::ContoTerzi
}

/// Only that procedure carries a document of others.
pub(super) fn none_here(content: &Content) -> Result<(), Refusal> {
    if content.request.is_none() {
        return Ok(());
    }
    let text = "Il documento di un altro ente si affigge con il procedimento «Affissione per conto \
                terzi», non con questo";
    Err(Refusal::new("request_out_of_place", "R6.10", ALBO, text)
        .next("Togliere la richiesta dell'altro ente, o registrarla con il suo procedimento"))
}

/// Corrects a request while nothing is shown: mistyped data, a wrong file found after the posting
/// was annulled (R6.6).
pub(super) fn correct(changes: &mut Changes, id: &str, content: &Content) -> Result<(), Stop> {
    let (workflow, step) = changes.position(id)?;
    if !is_of_others(&workflow) || !matches!(step.kind, StepKind::Post { .. }) {
        return Err(wrong_step(&step, "correggere una richiesta di affissione")
            .next("Se il documento affisso è sbagliato, annullare prima la pubblicazione")
            .into());
    }
    let case = changes.case(id)?;
    proposer(changes, case)?;
    complete(changes, content)?;
    let hash = content.hash();
    if case.current().is_some_and(|v| v.hash == hash) {
        let text = "La richiesta è uguale a quella registrata";
        return Err(Refusal::new("nothing_changed", "R6.10", "", text).into());
    }
    let version = u32::try_from(case.versions.len() + 1).unwrap_or(u32::MAX);
    let (content, change, sitting) = (content.clone(), Change::Substantial, None);
    changes.push(id, CaseEvent::Revised { version, content, hash, change, sitting });
    Ok(())
}

/// Nobody here takes words out of a document that is not ours, or adds to it.
pub(super) fn untouched(case: &Case) -> Result<(), Refusal> {
    if case.content.request.is_none() {
        return Ok(());
    }
    let text = "Il documento è di un altro ente: si affigge come è giunto e non se ne toglie nulla";
    Err(Refusal::new("document_of_others", "R6.10", "art. 5 Reg. (UE) 2016/679", text)
        .next("Se contiene dati che non si possono diffondere, non darvi corso e restituirla"))
}
