// SPDX-License-Identifier: AGPL-3.0-or-later
//! The workflows: the active ones drawn, with how many acts follow each version; a new one is
//! uploaded, proved with the messages of `delibera check`, drawn, compared, then activated.

use super::listing::{Cell, Listing, Table};
use super::{Frame, section};
use crate::domain::effects::fold;
use crate::domain::problem::Problem;
use crate::domain::registry::{RegistryCommand, coherent};
use crate::domain::stream::StreamId;
use crate::domain::words;
use crate::domain::workflow::{Duty, Names, Notice, StepKind, Workflow, parse, prove};
use crate::web::actions::registry::may;
use crate::web::case::drawing::{Drawing, plan};
use crate::web::error::WebError;
use crate::web::forms::{Field, Reader};
use crate::web::page::{Link, Page};
use crate::web::signing::file;
use crate::web::upload::Sent;
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;

/// Name a workflow has in messages.
const FILE: &str = "procedimento.toml";

/// How many acts follow each version, by digest: all, and those not ended.
async fn followers(app: &App) -> Result<BTreeMap<String, (i64, i64)>, WebError> {
    let counts = app.office.executor.store.workflow_counts().await?;
    Ok(counts.into_iter().map(|(digest, all, open)| (digest, (all, open))).collect())
}

/// The workflows on record.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "procedimenti")?;
    let counts = followers(&app).await?;
    let registry = &visitor.registry;
    let heads = ["Procedimento", "Versione", "Stato", "Fascicoli"];
    let mut table = Table::new("procedimenti", "Procedimenti", &heads)
        .empty("Nessun procedimento: nessun fascicolo può nascere.");
    let mut all: Vec<(&String, &std::sync::Arc<Workflow>)> = registry.workflows.iter().collect();
    all.sort_by_key(|(digest, w)| (w.kind.clone(), registry.active.get(&w.kind) != Some(*digest)));
    for (digest, workflow) in all {
        let active = registry.active.get(&workflow.kind) == Some(digest);
        let (total, open) = counts.get(digest).copied().unwrap_or_default();
        let row = table.row(vec![
            Cell::new(&workflow.title)
                .note(&workflow.kind)
                .href(section(&format!("procedimenti/{digest}"))),
            Cell::new(digest.chars().take(12).collect::<String>()),
            match active {
                true => Cell::new("attivo").note("per i fascicoli nuovi").mark("good"),
                false => Cell::new("sostituito").note("per i fascicoli nati prima"),
            },
            Cell::new(total.to_string()).note(format!("{open} non conclusi")),
        ]);
        row.past = !active;
    }
    let mut buttons = Vec::new();
    if may(&visitor, "procedimento", "") {
        buttons.push(Link::new(section("procedimenti/carica"), "Carica un procedimento"));
    }
    let intro = "Il percorso di ogni tipo di atto. Un fascicolo segue sempre quello con cui è nato: \
                 attivarne un altro riguarda solo i fascicoli nuovi.";
    let page = Listing::new(frame, "Procedimenti", intro).buttons(buttons).table(table);
    app.show(&visitor, &page)
}

/// A workflow drawn.
#[derive(Debug, Serialize)]
struct WorkflowPage {
    frame: Frame,
    heading: String,
    kind: String,
    digest: String,
    drawing: Drawing,
    steps: Vec<StepLine>,
    download: String,
}

/// A step in words.
#[derive(Debug, Serialize)]
struct StepLine {
    title: String,
    who: String,
    term: String,
}

impl Page for WorkflowPage {
    const TEMPLATE: &'static str = "amministrazione-procedimento";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn steps(workflow: &Workflow) -> Vec<StepLine> {
    let who = |kind: &StepKind| match kind {
        StepKind::Freeze { who } | StepKind::Opinion { who, .. } => who.label().to_owned(),
        StepKind::Review { who, .. } | StepKind::Post { who } => who.label().to_owned(),
        StepKind::Agenda | StepKind::Discussion { .. } | StepKind::Ballot => "l'organo".into(),
        StepKind::Number { register } => format!("il registro «{register}»"),
        StepKind::Sign { signers, .. } => format!("{} firme", signers.len()),
    };
    let line = |step: &crate::domain::workflow::Step| StepLine {
        title: step.title.clone(),
        who: who(&step.kind),
        term: match step.deadline_days {
            0 => String::new(),
            1 => "entro un giorno".into(),
            days => format!("entro {days} giorni"),
        },
    };
    workflow.steps.iter().map(line).collect()
}

/// One workflow.
pub async fn one(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(digest): Path<String>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "procedimenti")?.inside("procedimenti");
    let workflow = visitor.registry.workflows.get(&digest).ok_or(WebError::NotFound)?;
    let page = WorkflowPage {
        frame,
        heading: workflow.title.clone(),
        kind: words::kind(&workflow.kind).to_owned(),
        drawing: plan(workflow),
        steps: steps(workflow),
        download: section(&format!("procedimenti/{digest}/testo")),
        digest,
    };
    app.show(&visitor, &page)
}

/// The text of a workflow as it was uploaded.
async fn text_of(app: &App, digest: &str) -> Result<Option<String>, WebError> {
    use crate::domain::registry::RegistryEvent;
    let registry = StreamId::registry();
    let stored = app.office.executor.store.stream(&registry);
    let events = stored.await?.into_iter();
    let mut texts = events.filter(|e| e.event.kind == "workflow_activated").filter_map(|e| {
        match serde_json::from_value::<RegistryEvent>(e.event.payload) {
            Ok(RegistryEvent::WorkflowActivated { text }) => Some(text),
            _ => None,
        }
    });
    Ok(texts.find(|text| crate::domain::digest::sha256_hex(text.as_bytes()) == digest))
}

/// Sends the text of a workflow.
pub async fn text(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(digest): Path<String>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, false)?;
    let text = text_of(&app, &digest).await?.ok_or(WebError::NotFound)?;
    let kind = visitor.registry.workflows.get(&digest).map(|w| w.kind.clone());
    let name = format!("{}.toml", kind.unwrap_or_else(|| "procedimento".into()));
    Ok(file(text.into_bytes(), "text/plain", &name, false))
}

/// A workflow that is tried before it is activated.
#[derive(Debug, Serialize)]
struct ProposedPage {
    frame: Frame,
    fields: Vec<Field>,
    problems: Vec<Problem>,
    proof: String,
    title: String,
    drawing: Option<Drawing>,
    changes: Vec<String>,
    first: bool,
    text: String,
    open: i64,
}

impl Page for ProposedPage {
    const TEMPLATE: &'static str = "amministrazione-procedimento-nuovo";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        "Carica un procedimento".into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn proposed(visitor: &Visitor) -> Result<ProposedPage, WebError> {
    Ok(ProposedPage {
        frame: Frame::of(visitor, "procedimenti")?.inside("procedimenti"),
        fields: fields(""),
        problems: Vec::new(),
        proof: String::new(),
        title: String::new(),
        drawing: None,
        changes: Vec::new(),
        first: false,
        text: String::new(),
        open: 0,
    })
}

fn fields(text: &str) -> Vec<Field> {
    let help = "Un file per tipo di atto; come si scrive è detto in testa al file.";
    vec![
        Field::new("file", "file", "File TOML"),
        Field::new("area", "testo", "Oppure il testo").value(text).help(help),
    ]
}

/// Asks for the file.
pub async fn upload(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    app.show(&visitor, &proposed(&visitor)?)
}

/// Proves what was sent and shows it.
pub async fn check(
    State(app): State<Shared>,
    visitor: Visitor,
    Sent { input, files }: Sent,
) -> Result<Response, WebError> {
    let mut page = proposed(&visitor)?;
    let mut reader = Reader::new(&input).with(&files);
    let sent = reader.text_file("file").map(|(_, text)| text);
    // What a form sends ends without the end of its last line.
    let text = sent.unwrap_or_else(|| reader.text("testo") + "\n");
    page.fields = fields(&text);
    let workflow = match proved(&visitor, &text) {
        Ok((workflow, proof)) => {
            page.proof = proof;
            workflow
        }
        Err(problems) => {
            page.problems = problems;
            return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(&visitor), &page);
        }
    };
    let registry = &visitor.registry;
    let active = registry.active.get(&workflow.kind);
    let before = active.and_then(|digest| registry.workflows.get(digest));
    page.first = before.is_none();
    page.changes = before.map(|before| changed(before, &workflow)).unwrap_or_default();
    let counts = followers(&app).await?;
    page.open = active.and_then(|digest| counts.get(digest)).map_or(0, |(_, open)| *open);
    page.drawing = Some(plan(&workflow));
    page.title = workflow.title.clone();
    page.text = text;
    app.show(&visitor, &page)
}

/// The proof of `delibera check`, beside the regulations in force and adopted.
fn proved(visitor: &Visitor, text: &str) -> Result<(Workflow, String), Vec<Problem>> {
    let workflow = parse(text, FILE)?;
    let proof = prove(&workflow, &Names::built_in(), FILE);
    if !proof.problems.is_empty() {
        return Err(proof.problems);
    }
    let command = RegistryCommand::ActivateWorkflow { text: text.to_owned() };
    coherent(&visitor.registry, &command, visitor.today)
        .map_err(|refusal| vec![Problem::at(FILE, 0, refusal.text).hint(refusal.next)])?;
    let said = format!(
        "In regola: {} passi, {} adempimenti, {} avvisi; {} regole di legge su {} stati.",
        workflow.steps.len(),
        workflow.duties.len(),
        workflow.notices.len(),
        proof.rules,
        proof.states
    );
    Ok((workflow, said))
}

/// What is not the same, in plain words.
fn changed(before: &Workflow, after: &Workflow) -> Vec<String> {
    let mut found = Vec::new();
    let title = |workflow: &Workflow, name: &Option<String>| match name {
        None => "la fine".to_owned(),
        Some(name) => {
            workflow.step(name).map_or_else(|| name.clone(), |s| format!("«{}»", s.title))
        }
    };
    for step in &after.steps {
        let Some(old) = before.step(&step.name) else {
            found.push(format!("Nuovo passo: «{}»", step.title));
            continue;
        };
        if old.title != step.title {
            found.push(format!("Il passo «{}» si chiama ora «{}»", old.title, step.title));
        }
        if old.next != step.next {
            let (was, is) = (title(before, &old.next), title(after, &step.next));
            found.push(format!("Dopo «{}» si va a {is}, prima a {was}", step.title));
        }
        if old.returns != step.returns {
            let (was, is) = (title(before, &old.returns), title(after, &step.returns));
            found.push(format!("Da «{}» si torna a {is}, prima a {was}", step.title));
        }
        if old.deadline_days != step.deadline_days {
            let (was, is) = (old.deadline_days, step.deadline_days);
            found.push(format!("Termine di «{}»: {is} giorni, prima {was}", step.title));
        }
        if old.kind != step.kind {
            found.push(format!("Cambia chi agisce o come si agisce in «{}»", step.title));
        }
        if old.paper != step.paper {
            found.push(format!("Cambia il documento di «{}»", step.title));
        }
    }
    let gone = before.steps.iter().filter(|step| after.step(&step.name).is_none());
    found.extend(gone.map(|step| format!("Passo tolto: «{}»", step.title)));
    let duties =
        |w: &Workflow| w.duties.iter().map(|d| Duty { line: 0, ..d.clone() }).collect::<Vec<_>>();
    let notices = |w: &Workflow| {
        w.notices.iter().map(|n| Notice { line: 0, ..n.clone() }).collect::<Vec<_>>()
    };
    if duties(before) != duties(after) {
        found.push("Cambiano gli adempimenti che accompagnano l'atto".into());
    }
    let (old, new) = (before.notices.len(), after.notices.len());
    if notices(before) != notices(after) {
        found.push(format!("Cambiano gli avvisi: {new}, prima {old}"));
    }
    found.sort_by_key(|line| fold(line));
    found
}
