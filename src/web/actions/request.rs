// SPDX-License-Identifier: AGPL-3.0-or-later
//! The form of a request to show a document of another body in the Albo: taken in as a new act,
//! corrected while nothing is shown (R6.10).

use super::{Action, ActionPage, Asked, Subject, perform};
use crate::domain::case::{CaseCommand, Content, PostingRequest};
use crate::domain::command::Command;
use crate::domain::refusal::Refusal;
use crate::domain::regulation::Regulation;
use crate::domain::workflow::Profile;
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::{Field, Input, Reader};
use crate::web::upload::Sent;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Where requests are listed.
const LIST: &str = "/affissioni";
/// Where one is taken in.
const NEW: &str = "/affissioni/nuova";

/// Corrects a request.
pub const CORRECT: Action = Action {
    slug: "richiesta",
    token: "correct_request",
    title: "Correggere la richiesta di affissione",
    button: "Registra",
    done: "Richiesta corretta",
    fields: |subject: &Subject| {
        fields(&subject.case.content, subject.world.regulation(subject.today).ok().as_deref())
    },
    read: |subject, form| {
        let content = read(&subject.case.content, form)?;
        Some(CaseCommand::CorrectRequest { content })
    },
};

/// Kinds of act that carry documents of others, as the Comune has activated them.
pub fn kinds(visitor: &Visitor) -> Vec<String> {
    let registry = &visitor.registry;
    let active = registry.active.iter().filter(|(_, digest)| {
        registry.workflows.get(*digest).is_some_and(|w| w.profile == Profile::ContoTerzi)
    });
    active.map(|(kind, _)| kind.clone()).collect()
}

fn fields(content: &Content, regulation: Option<&Regulation>) -> Vec<Field> {
    let request = content.request.clone().unwrap_or_default();
    let text = |name: &str, label: &str| Field::new("text", name, label);
    let again = match content.attachments.is_empty() {
        true => {
            "Si affigge il primo file; gli altri lo seguono come allegati. Restano come sono giunti."
        }
        false => "Vuoto: restano i file già registrati. Altrimenti li sostituiscono.",
    };
    let file = Field::new("files", "documento", "Documento da affiggere, in PDF").help(again);
    vec![
        text("ente", "Ente richiedente").required().value(request.body),
        text("recapito", "PEC o e-mail dell'ente")
            .required()
            .value(request.email)
            .help("Il referto firmato torna a questo indirizzo."),
        text("protocollo", "Numero di protocollo della richiesta")
            .required()
            .value(request.protocollo),
        Field::new("date", "giorno", "Data del protocollo")
            .required()
            .value(request.on.map(|on| on.to_string()).unwrap_or_default()),
        Field::new("brief", "oggetto", "Oggetto")
            .required()
            .value(content.subject.clone())
            .help("Come si legge all'Albo. Senza dati personali che non vadano diffusi."),
        types(&content.act_type, regulation),
        text("giorni", "Giorni chiesti dall'ente, se diversi")
            .value(request.days.map(|days| days.to_string()).unwrap_or_default())
            .help("Solo se una norma fissa un termine suo; altrimenti vale il tipo di documento."),
        text("norma", "Norma che fissa quei giorni").value(request.basis),
        if content.attachments.is_empty() { file.required() } else { file },
    ]
}

/// Types the regulation gives a term of their own, and any other (`term_by_type`).
fn types(chosen: &str, regulation: Option<&Regulation>) -> Field {
    let ordinary = regulation.map_or(0, |r| r.term_rules().posting_days);
    let mut all = vec![(String::new(), format!("Altro documento: {ordinary} giorni"))];
    let known = regulation.map(|r| r.term_by_type.clone()).unwrap_or_default();
    all.extend(known.iter().map(|(kind, days)| (kind.clone(), format!("{kind}: {days} giorni"))));
    if !chosen.is_empty() && !known.contains_key(chosen) {
        all.push((chosen.to_owned(), format!("{chosen}: {ordinary} giorni")));
    }
    Field::new("choice", "tipo", "Tipo di documento").value(chosen).options(all)
}

fn read(before: &Content, form: &mut Reader<'_>) -> Option<Content> {
    let mut attachments = form.parts("documento");
    if attachments.is_empty() {
        attachments.clone_from(&before.attachments);
    }
    if attachments.is_empty() {
        form.wrong("documento", "Scegliere il documento da affiggere, in PDF");
    }
    let days = match form.text("giorni").as_str() {
        "" => None,
        _ => u16::try_from(form.number("giorni", 1, 366)).ok(),
    };
    let basis = if days.is_some() { form.needed("norma") } else { form.text("norma") };
    let request = PostingRequest {
        body: form.needed("ente"),
        email: form.needed("recapito"),
        protocollo: form.needed("protocollo"),
        on: Some(form.day("giorno")),
        days,
        basis,
    };
    let subject = form.needed("oggetto").split_whitespace().collect::<Vec<_>>().join(" ");
    let act_type = form.text("tipo");
    let request = Some(request);
    Some(Content { subject, act_type, attachments, request, ..Content::default() })
}

fn page(
    visitor: &Visitor,
    (input, errors): (Option<&Input>, &[(String, String)]),
    refusal: Option<Refusal>,
    allowed: bool,
) -> ActionPage {
    let regulation = visitor.registry.regulation(visitor.today).ok();
    let mut fields = fields(&Content::default(), regulation.as_deref());
    fields.iter_mut().for_each(|field| field.refill(input, errors));
    ActionPage {
        heading: "Nuova affissione per conto terzi".into(),
        button: "Registra la richiesta",
        action: NEW.into(),
        back: LIST.into(),
        subject: "Affissioni per conto terzi".into(),
        full_subject: "Un altro ente chiede di esporre all'Albo un suo documento: registrata la \
                       richiesta, si affigge dalla sua pagina."
            .into(),
        fields,
        version: 0,
        refusal,
        errors: errors.len(),
        allowed,
        signs: false,
        preview: None,
        preview_title: "",
        uploads: true,
        comparison: None,
        earlier: "",
        prints: None,
        checks: Vec::new(),
    }
}

fn create(visitor: &Visitor, content: Content) -> (String, Command) {
    let kind = kinds(visitor).into_iter().next().unwrap_or("affissione-conto-terzi".into());
    // Ids sort by time: the newest act is the last.
    let id = uuid::Uuid::now_v7().to_string();
    let command = CaseCommand::Create { kind, content, again_of: None };
    (id.clone(), Command::Case { id, command })
}

/// Why this person may not take a request in; what he has not written yet is no reason.
///
/// # Errors
/// What the database said.
pub async fn refusal(app: &Shared, visitor: &Visitor) -> Result<Option<Refusal>, WebError> {
    let (_, command) = create(visitor, Content::default());
    let answers = app.office.executor.foresee(visitor.id(), &[command]).await?;
    Ok(answers.into_iter().flatten().next().filter(|no| no.code != "incomplete_request"))
}

/// Shows the form, or why not.
pub async fn form(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let refusal = refusal(&app, &visitor).await?;
    let allowed = refusal.is_none();
    app.show(&visitor, &page(&visitor, (None, &[]), refusal, allowed))
}

/// Takes the request in.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let mut reader = Reader::new(&input).with(&files);
    let content = read(&Content::default(), &mut reader);
    let Reader { errors, documents, .. } = reader;
    let (Some(content), true) = (content, errors.is_empty()) else {
        let refusal = refusal(&app, &visitor).await?;
        let allowed = refusal.is_none();
        let page = page(&visitor, (Some(&input), &errors), refusal, allowed);
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
    };
    let (id, command) = create(&visitor, content);
    let to = Some(format!("/fascicoli/{id}"));
    let asked = Asked { documents, to, ..Asked::new("Richiesta registrata: si può affiggere") };
    match perform(&app, &visitor, command, asked).await {
        Err(WebError::Refused(status, refusal)) => {
            let page = page(&visitor, (Some(&input), &[]), Some(refusal), true);
            app.render(status, Some(&visitor), &page)
        }
        answer => answer,
    }
}
