// SPDX-License-Identifier: AGPL-3.0-or-later
//! A new proposal: blank, from a model, or with the words of an earlier act. The answers the law
//! asks for are never copied: each act is asked anew.

use crate::domain::case::{Case, CaseCommand, Content, Gates, representable, superseded};
use crate::domain::command::Command;
use crate::domain::effects::fold;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read;
use crate::domain::workflow::Profile;
use crate::store::CaseFilter;
use crate::web::Shared;
use crate::web::actions::{Asked, perform};
use crate::web::error::WebError;
use crate::web::forms::Input;
use crate::web::page::Page;
use crate::web::visitor::Visitor;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Acts found to copy from.
const FOUND: i64 = 20;

/// A model of a proposal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Identifier, as the form sends it.
    pub id: String,
    title: String,
    subject: String,
    competence: String,
    /// Premises, in Markdown.
    pub text: String,
    /// Points of the dispositive, in Markdown.
    pub decision: Vec<String>,
}

#[derive(Deserialize)]
struct Models {
    modello: Vec<Model>,
}

/// The models that ship with the program, in the order of the page.
pub static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let text = include_str!("../../../templates/proposta/modelli.toml");
    // A test reads the file: a wrong one does not reach anybody.
    toml::from_str::<Models>(text).map(|models| models.modello).unwrap_or_default()
});

#[derive(Debug, Serialize)]
struct ModelLine {
    id: String,
    title: String,
    subject: String,
}

#[derive(Debug, Serialize)]
struct FoundLine {
    id: String,
    subject: String,
    number: String,
}

/// The page on which a proposal begins.
#[derive(Debug, Serialize)]
struct FreshPage {
    kinds: Vec<(String, String)>,
    several: bool,
    models: Vec<ModelLine>,
    text: String,
    found: Vec<FoundLine>,
    searched: bool,
    refusal: Option<crate::domain::refusal::Refusal>,
}

impl Page for FreshPage {
    const TEMPLATE: &'static str = "proposta-nuova";
    const SECTION: &'static str = "proposta";

    fn title(&self) -> String {
        "Nuova proposta".into()
    }
}

/// Words of an act to copy from.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    testo: String,
}

/// Kinds of act that are proposed here, with their title.
fn kinds(visitor: &Visitor) -> Vec<(String, String)> {
    let registry = &visitor.registry;
    registry
        .active
        .iter()
        .filter_map(|(kind, digest)| {
            let workflow = registry.workflows.get(digest)?;
            // What comes from another body is no proposal: it has its own form.
            let own = workflow.profile != Profile::ContoTerzi;
            own.then(|| (kind.clone(), workflow.title.clone()))
        })
        .collect()
}

async fn page(app: &Shared, visitor: &Visitor, text: &str) -> Result<FreshPage, WebError> {
    let kinds = kinds(visitor);
    let models = MODELS.iter().map(|model| ModelLine {
        id: model.id.clone(),
        title: model.title.clone(),
        subject: model.subject.clone(),
    });
    let folded = fold(text.trim());
    let mut found = Vec::new();
    if !folded.is_empty() {
        let filter = CaseFilter { text: Some(folded), limit: Some(FOUND), ..CaseFilter::default() };
        for row in app.office.executor.store.cases(&filter).await? {
            let world = app.office.executor.world(&[StreamId::case(&row.id)]).await?;
            let case = world.case(&row.id)?;
            if may_read(&world.registry, visitor.id(), case, visitor.today).is_ok() {
                let number = world.workflow(case).map(|w| crate::web::case::number(case, &w));
                let number = number.unwrap_or_default();
                found.push(FoundLine { id: row.id, subject: row.subject, number });
            }
        }
    }
    Ok(FreshPage {
        several: kinds.len() > 1,
        kinds,
        models: models.collect(),
        searched: !text.trim().is_empty(),
        text: text.to_owned(),
        found,
        refusal: None,
    })
}

/// Shows it.
pub async fn fresh(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, WebError> {
    let page = page(&app, &visitor, &wanted.testo).await?;
    let kind = page.kinds.first().map(|(kind, _)| kind.clone()).unwrap_or_default();
    let command = CaseCommand::Create { kind, content: Content::default(), again_of: None };
    let command = Command::Case { id: uuid::Uuid::now_v7().to_string(), command };
    let asked = app.office.executor.foresee(visitor.id(), &[command]).await?;
    let refusal = asked.into_iter().flatten().next();
    app.show(&visitor, &FreshPage { refusal, ..page })
}

/// Opens the draft.
pub async fn create(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let kind = match input.get("procedimento") {
        "" => kinds(&visitor).into_iter().next().map(|(kind, _)| kind).unwrap_or_default(),
        kind => kind.to_owned(),
    };
    let mut again_of = None;
    let mut content = match (input.get("modello"), input.get("atto")) {
        ("", "") => Content::default(),
        ("", act) => {
            let world = app.office.executor.world(&[StreamId::case(act)]).await?;
            let case = world.case(act)?;
            may_read(&world.registry, visitor.id(), case, visitor.today)?;
            // What did not become an act is presented again; of the others only the words are taken.
            let again = representable(case).is_some() && superseded(case).is_ok();
            again_of = again.then(|| act.to_owned());
            words_of(case)
        }
        (model, _) => {
            let model = MODELS.iter().find(|m| m.id == model).ok_or(WebError::NotFound)?;
            Content {
                subject: model.subject.clone(),
                competence: model.competence.clone(),
                text: model.text.trim().to_owned(),
                decision: model.decision.clone(),
                ..Content::default()
            }
        }
    };
    own(&mut content, &visitor);
    // Ids sort by time: the newest act is the last.
    let id = uuid::Uuid::now_v7().to_string();
    let to = format!("/fascicoli/{id}/testo");
    let command = Command::Case { id, command: CaseCommand::Create { kind, content, again_of } };
    let asked = Asked { to: Some(to), ..Asked::new("Bozza aperta") };
    match perform(&app, &visitor, command, asked).await {
        Err(WebError::Refused(_, refusal)) => {
            let page = FreshPage { refusal: Some(refusal), ..page(&app, &visitor, "").await? };
            app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page)
        }
        answer => answer,
    }
}

/// The words of an act without what belongs to it alone: files, codes, money, answers of law.
pub fn words_of(case: &Case) -> Content {
    let content = case.content.clone();
    Content {
        attachments: Vec::new(),
        gates: Gates::default(),
        cig: None,
        cup: None,
        affects: Vec::new(),
        effect_date: None,
        ..content
    }
}

/// The office and the role of who writes, where nothing else is said.
fn own(content: &mut Content, visitor: &Visitor) {
    use crate::domain::registry::Role;
    let held = visitor.registry.mandates.values();
    let held = held.filter(|m| m.person == visitor.person.id && m.valid_on(visitor.today));
    for mandate in held {
        if content.offices.is_empty() {
            content.offices.extend(mandate.office.clone());
        }
        if mandate.role == Role::ResponsabileProcedimento {
            content.procedure_head.clone_from(&visitor.person.id);
        }
    }
}
