// SPDX-License-Identifier: AGPL-3.0-or-later
//! Two versions of a text beside each other, word by word.

use crate::domain::case::{Case, Content, Opinion, OpinionNeed, Version, standing};
use crate::domain::papers::diff::{Hunk, compare};
use crate::domain::registry::Registry;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read;
use crate::domain::workflow::OpinionKind;
use crate::web::Shared;
use crate::web::actions::short;
use crate::web::error::WebError;
use crate::web::forms::Choice;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// What changed from one version to another.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// "1 del 12/07/2026".
    pub from: String,
    /// The other.
    pub to: String,
    /// Every place where they differ.
    pub hunks: Vec<Hunk>,
    /// Where both are chosen.
    pub href: String,
}

/// Compares two versions of an act; people and offices by their names.
pub fn comparison(case: &Case, registry: &Registry, from: &Version, to: &Version) -> Comparison {
    let said = |v: &Version| format!("{} del {}", v.number, super::timeline::moment(v.at));
    let hunks = compare(&named(&from.content, registry), &named(&to.content, registry));
    Comparison {
        from: said(from),
        to: said(to),
        hunks,
        href: format!("/fascicoli/{}/confronto?da={}&a={}", case.id, from.number, to.number),
    }
}

fn named(content: &Content, registry: &Registry) -> Content {
    let mut named = content.clone();
    named.offices.iter_mut().for_each(|office| *office = registry.office_name(office));
    named.rapporteurs.iter_mut().for_each(|person| *person = registry.name(person));
    named
}

/// What changed since an opinion that does not stand any more was given, for who gives it again.
pub fn since_opinion(
    case: &Case,
    registry: &Registry,
    opinion: OpinionKind,
    office: &str,
) -> Option<(Comparison, Opinion)> {
    let need = OpinionNeed { opinion, office: office.to_owned() };
    if standing(case, &need).is_some() {
        return None;
    }
    let given = case.opinions.iter().rev().find(|o| o.opinion == opinion && o.office == office)?;
    let from = case.versions.iter().find(|v| v.number == given.version)?;
    let to = case.current().filter(|v| v.number != from.number)?;
    Some((comparison(case, registry, from, to), given.clone()))
}

/// The page.
#[derive(Debug, Serialize)]
struct ComparisonPage {
    id: String,
    subject: String,
    comparison: Option<Comparison>,
    from: Vec<Choice>,
    to: Vec<Choice>,
}

impl Page for ComparisonPage {
    const TEMPLATE: &'static str = "confronto";

    fn title(&self) -> String {
        "Confronto fra versioni".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new(format!("/fascicoli/{}", self.id), short(&self.subject))]
    }
}

/// Which two; the last change when nothing is said.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    da: Option<u32>,
    a: Option<u32>,
}

/// Shows it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, WebError> {
    let world = app.office.executor.world(&[StreamId::case(&id)]).await?;
    let case = world.case(&id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let last = case.versions.len();
    let numbered = |number: Option<u32>| case.versions.iter().find(|v| Some(v.number) == number);
    let from = numbered(which.da).or_else(|| case.versions.get(last.checked_sub(2)?));
    let to = numbered(which.a).or_else(|| case.versions.last());
    let choices = |chosen: Option<&Version>| {
        let choice = |v: &Version| Choice {
            value: v.number.to_string(),
            label: format!("Versione {} del {}", v.number, super::timeline::moment(v.at)),
            chosen: chosen.is_some_and(|c| c.number == v.number),
        };
        case.versions.iter().map(choice).collect()
    };
    let pair = from.zip(to).filter(|(from, to)| from.number != to.number);
    let page = ComparisonPage {
        subject: case.content.subject.clone(),
        comparison: pair.map(|(from, to)| comparison(case, &world.registry, from, to)),
        from: choices(from),
        to: choices(to),
        id,
    };
    app.show(&visitor, &page)
}
