// SPDX-License-Identifier: AGPL-3.0-or-later
//! The index of a fascicolo: every document it holds, with its digest; and what closing it wants.

use crate::domain::case::{Case, efficacy, registrable};
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_read, may_read_attachment};
use crate::domain::words;
use crate::web::Shared;
use crate::web::actions::short;
use crate::web::error::WebError;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Serialize;

/// One document.
#[derive(Debug, Serialize)]
struct Entry {
    title: String,
    detail: String,
    sha256: String,
    href: Option<String>,
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

/// A paper with its number of the protocollo, where it has one.
pub fn with_number(case: &Case, key: &str, text: String) -> String {
    match case.protocollo(key) {
        Some(recorded) => format!("{text}, {}", recorded.label()),
        None => text,
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

/// The logs of the probes of the Albo, one a posting.
fn logs<'a>(case: &'a Case, href: &'a dyn Fn(&str) -> String) -> impl Iterator<Item = Entry> + 'a {
    case.availability.values().map(move |found| Entry {
        title: format!("Registro delle verifiche dell'Albo, n. {}/{}", found.number, found.year),
        detail: format!("n. {} verifiche, {} senza esito", found.probes, found.failed),
        href: Some(href(&found.sha256)),
        sha256: found.sha256.clone(),
    })
}

/// Shows it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let world = app.office.executor.world(&[StreamId::case(&id)]).await?;
    let case = world.case(&id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let href = |sha256: &str| format!("/fascicoli/{id}/documenti/{sha256}");
    let mut entries: Vec<Entry> = Vec::new();
    for opinion in &case.opinions {
        let when = super::timeline::moment(opinion.at);
        entries.push(Entry {
            title: opinion.opinion.label().to_owned(),
            detail: format!("{}, {when}, sulla versione {}", opinion.giver.name, opinion.version),
            href: Some(href(&opinion.paper.sha256)),
            sha256: opinion.paper.sha256.clone(),
        });
    }
    for paper in &case.papers {
        let signers: Vec<&str> = paper.signed.iter().map(|(_, s, _)| s.name.as_str()).collect();
        entries.push(Entry {
            title: words::paper(paper.plan.kind).to_owned(),
            detail: match signers.as_slice() {
                [] => with_number(case, &paper.plan.key, "senza firme".into()),
                signers => {
                    let signed = format!("firmato da {}", signers.join(", "));
                    with_number(case, &paper.plan.key, signed)
                }
            },
            href: paper.sha256.as_deref().map(href),
            sha256: paper.sha256.clone().unwrap_or_default(),
        });
    }
    for attachment in &case.content.attachments {
        let may = may_read_attachment(
            &world.registry,
            visitor.id(),
            case,
            attachment.class,
            visitor.today,
        );
        entries.push(Entry {
            title: format!("Allegato: {}", attachment.name),
            detail: super::size(attachment.size),
            href: may.is_ok().then(|| href(&attachment.sha256)),
            sha256: attachment.sha256.clone(),
        });
    }
    entries.extend(logs(case, &href));
    let numbers = case.numbers.iter();
    let numbers = numbers.map(|n| format!("{} n. {}/{}", n.register, n.number, n.year));
    let page = IndexPage {
        subject: case.content.subject.clone(),
        numbers: numbers.collect(),
        checks: checks(case, visitor.today),
        entries,
        id: id.clone(),
    };
    app.show(&visitor, &page)
}
