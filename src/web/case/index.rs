// SPDX-License-Identifier: AGPL-3.0-or-later
//! The index of a fascicolo: every document it holds, in order of time, with who signed it and its
//! digest; and what closing it wants.

use crate::domain::case::capigruppo::list_key;
use crate::domain::case::{AttachmentClass, Case, CaseEvent, efficacy, registrable};
use crate::domain::changes::Fact;
use crate::domain::law::calendar::{date_short, rome_date};
use crate::domain::offers::document_class;
use crate::domain::papers::PaperKind;
use crate::domain::stream::{StoredEvent, StreamId};
use crate::domain::visibility::{may_read, may_read_attachment};
use crate::domain::words;
use crate::service::history::fact_of;
use crate::web::Shared;
use crate::web::actions::short;
use crate::web::error::WebError;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// One document.
#[derive(Debug, Serialize)]
struct Entry {
    title: String,
    detail: String,
    /// Of the last signature, or of the fact that made it or brought it.
    date: String,
    signers: String,
    /// Empty before it is composed.
    sha256: String,
    href: Option<String>,
    #[serde(skip)]
    at: DateTime<Utc>,
}

impl Entry {
    fn new(title: impl Into<String>, at: DateTime<Utc>, sha256: &str) -> Self {
        Self {
            title: title.into(),
            detail: String::new(),
            date: date_short(rome_date(at)),
            signers: String::new(),
            sha256: sha256.to_owned(),
            href: None,
            at,
        }
    }
}

/// The page.
#[derive(Debug, Serialize)]
struct IndexPage {
    id: String,
    subject: String,
    numbers: Vec<String>,
    entries: Vec<Entry>,
    checks: Vec<Check>,
}

impl Page for IndexPage {
    const TEMPLATE: &'static str = "indice";

    fn title(&self) -> String {
        "Indice del fascicolo".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new(format!("/fascicoli/{}", self.id), short(&self.subject))]
    }
}

/// One line of what closing wants.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    done: bool,
    text: String,
}

/// What closing a fascicolo wants, done or not (R9.11): its papers, duties, conditions, posting.
pub fn checks(case: &Case, today: NaiveDate) -> Vec<Check> {
    let open: Vec<&str> = case.open_papers().map(|p| p.plan.key.as_str()).collect();
    let line = |done, text: String| Check { done, text };
    let mut checks: Vec<Check> = case
        .papers
        .iter()
        .map(|p| {
            let text = with_number(case, &p.plan.key, words::paper(p.plan.kind).to_owned());
            line(!open.contains(&p.plan.key.as_str()), text)
        })
        .collect();
    checks.extend(lists_registered(case).map(|text| line(true, text)));
    checks.extend(case.duties.iter().map(|(name, duty)| {
        line(duty.settled.is_some(), format!("Adempimento: {}", words::duty(name)))
    }));
    if case.is_adopted() {
        let unmet = efficacy(case, today).1;
        checks.extend(unmet.iter().map(|c| line(false, format!("Condizione: {}", c.label()))));
    }
    if case.posting.is_some() {
        checks.push(line(case.posting_ended, "Pubblicazione conclusa".into()));
    }
    checks
}

/// Its number of the protocollo; empty where it has none.
fn number_of(case: &Case, key: &str) -> String {
    case.protocollo(key).map(|recorded| recorded.label()).unwrap_or_default()
}

/// A paper with its number of the protocollo, where it has one.
pub fn with_number(case: &Case, key: &str, text: String) -> String {
    match number_of(case, key) {
        number if number.is_empty() => text,
        number => format!("{text}, {number}"),
    }
}

/// Lists under the seal of the entity that took a number of the protocollo: they are not among the
/// papers of the act.
fn lists_registered(case: &Case) -> impl Iterator<Item = String> + '_ {
    let sealed = registrable(case).into_iter().filter(move |r| case.paper(&r.key).is_none());
    sealed.filter_map(move |r| {
        let recorded = case.protocollo(&r.key)?;
        Some(format!("{}, {}", words::paper(r.kind), recorded.label()))
    })
}

/// What the program composed and people signed.
fn papers(case: &Case) -> impl Iterator<Item = Entry> {
    case.papers.iter().map(|paper| {
        let signers: Vec<&str> = paper.signed.iter().map(|(_, s, _)| s.name.as_str()).collect();
        let at = paper.signed.last().map_or(paper.owed_at, |(.., at)| *at);
        let sha256 = paper.sha256.as_deref().unwrap_or_default();
        let mut entry = Entry::new(words::paper(paper.plan.kind), at, sha256);
        entry.signers = signers.join(", ");
        entry.detail = number_of(case, &paper.plan.key);
        entry
    })
}

/// What came signed with its fact: opinion sheets, notes, attestations.
fn carried(visitor: &Visitor, event: &StoredEvent, fact: &CaseEvent) -> Option<Entry> {
    let paper = fact.carried()?;
    let title = words::paper(paper.kind);
    let mut entry = Entry::new(title, event.event.happened_at, &paper.sha256);
    entry.signers = visitor.registry.name(&event.event.actor);
    if let CaseEvent::OpinionGiven(opinion) = fact {
        entry.signers.clone_from(&opinion.giver.name);
        entry.detail = format!("sulla versione {}", opinion.version);
    }
    Some(entry)
}

/// The list of the day to the capigruppo where the entity's seal stands for a signature: a paper of
/// many acts, kept with the first.
fn sealed_list(
    visitor: &Visitor,
    case: &Case,
    event: &StoredEvent,
    fact: &CaseEvent,
) -> Option<Entry> {
    let CaseEvent::CapigruppoSent { paper, day, serial, .. } = fact else { return None };
    let title = words::paper(PaperKind::ElencoCapigruppo);
    let mut entry = Entry::new(title, event.event.happened_at, paper);
    entry.detail = number_of(case, &list_key(*day, *serial));
    entry.signers.clone_from(&visitor.registry.comune.name);
    Some(entry)
}

/// The files that came with the text, since the version that first brought them.
fn attachments(case: &Case) -> impl Iterator<Item = Entry> {
    case.content.attachments.iter().map(|attachment| {
        let brings = |of: &crate::domain::case::Content| {
            of.attachments.iter().any(|a| a.sha256 == attachment.sha256)
        };
        let first = case.versions.iter().find(|version| brings(&version.content));
        let at = first.map(|version| version.at);
        let title = format!("Allegato: {}", attachment.name);
        let mut entry = Entry::new(title, at.unwrap_or_default(), &attachment.sha256);
        entry.detail = super::size(attachment.size);
        if at.is_none() {
            entry.date = String::new();
        }
        entry
    })
}

/// The logs of the probes of the Albo, one a posting.
fn logs(case: &Case) -> impl Iterator<Item = Entry> {
    case.availability.values().map(|found| {
        let name =
            format!("Registro delle verifiche dell'Albo, n. {}/{}", found.number, found.year);
        let mut entry = Entry::new(name, found.last, &found.sha256);
        entry.detail = format!("n. {} verifiche, {} senza esito", found.probes, found.failed);
        entry
    })
}

/// Every document, those of the text last; each leads to its bytes if this person may read them.
fn entries(visitor: &Visitor, case: &Case, facts: &[(StoredEvent, CaseEvent)]) -> Vec<Entry> {
    let mut all: Vec<Entry> = papers(case).chain(logs(case)).collect();
    for (event, fact) in facts {
        let sent =
            carried(visitor, event, fact).or_else(|| sealed_list(visitor, case, event, fact));
        let new = sent.filter(|entry| all.iter().all(|known| known.sha256 != entry.sha256));
        all.extend(new);
    }
    all.sort_by_key(|entry| entry.at);
    all.extend(attachments(case));
    let may = |class: AttachmentClass| {
        may_read_attachment(&visitor.registry, visitor.id(), case, class, visitor.today).is_ok()
    };
    for entry in &mut all {
        let readable = document_class(case, &entry.sha256).is_some_and(may);
        entry.href = readable.then(|| super::documents::href(&case.id, &entry.sha256));
    }
    all
}

/// Shows it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let executor = &app.office.executor;
    let stream = StreamId::case(&id);
    let world = executor.world(std::slice::from_ref(&stream)).await?;
    let case = world.case(&id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let mut facts = Vec::new();
    for event in executor.store.stream(&stream).await? {
        let fact = fact_of(&event).map_err(|error| WebError::internal("index", error))?;
        if let Fact::Case(_, fact) = fact {
            facts.push((event, fact));
        }
    }
    let numbers = case.numbers.iter();
    let numbers = numbers.map(|n| format!("{} n. {}/{}", n.register, n.number, n.year));
    let page = IndexPage {
        subject: case.content.subject.clone(),
        numbers: numbers.collect(),
        checks: checks(case, visitor.today),
        entries: entries(&visitor, case, &facts),
        id: id.clone(),
    };
    app.show(&visitor, &page)
}
