// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Chi ne ha titolo il …?»: role, office, day; the person, the title that will be printed, the act
//! it comes from, and for everyone else why not.

use super::people::{office_field, role_field};
use super::{Frame, capacity_name, section, term};
use crate::domain::law::calendar::{date_with_weekday, parse_date};
use crate::domain::registry::{Claim, Registry, Role};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::Field;
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Default, Deserialize)]
pub struct Question {
    #[serde(default)]
    ruolo: String,
    #[serde(default)]
    ufficio: String,
    #[serde(default)]
    data: String,
}

/// One mandate and its answer.
#[derive(Debug, Serialize)]
struct Standing {
    name: String,
    href: String,
    title: String,
    capacity: &'static str,
    act: String,
    term: String,
    /// Acts that day.
    acts: bool,
    absent: bool,
    /// Why he does not act, or that he could.
    why: String,
    article: String,
    next: String,
    in_force: bool,
}

#[derive(Debug, Serialize)]
struct EntitledPage {
    frame: Frame,
    fields: Vec<Field>,
    /// "giovedì 23 luglio 2020".
    day: String,
    role: &'static str,
    place: String,
    acting: Option<Standing>,
    others: Vec<Standing>,
    /// Links to the offices where a role of an office differs by office.
    hint: String,
}

impl Page for EntitledPage {
    const TEMPLATE: &'static str = "amministrazione-titolo";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        "Chi ne ha titolo".into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

fn line(registry: &Registry, claim: Claim, on: chrono::NaiveDate) -> Standing {
    let Claim { mandate, answer, acts, absent } = claim;
    let name = registry.name(&mandate.person);
    let (why, article, next) = match &answer {
        Ok(_) if acts => (String::new(), String::new(), String::new()),
        Ok(_) if absent => {
            let text = "Risulta assente, ma il titolo gli consente comunque di firmare";
            (text.to_owned(), String::new(), String::new())
        }
        Ok(_) => {
            let text = "Potrebbe agire anche lui: viene dopo nell'ordine";
            (text.to_owned(), String::new(), String::new())
        }
        Err(refusal) => (refusal.text.clone(), refusal.article.clone(), refusal.next.clone()),
    };
    Standing {
        href: section(&format!("persone/{}", mandate.person)),
        capacity: capacity_name(mandate.role, mandate.capacity),
        term: term(&mandate),
        in_force: mandate.valid_on(on),
        title: mandate.title,
        act: mandate.act,
        name,
        acts,
        absent,
        why,
        article,
        next,
    }
}

/// The page, with the answer for today's Segretario when nothing is asked.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Question>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "titolo")?;
    let registry = &visitor.registry;
    let role = Role::parse(&asked.ruolo).unwrap_or(Role::Segretario);
    let on = parse_date(&asked.data).unwrap_or(visitor.today);
    let office = Some(asked.ufficio.as_str()).filter(|id| registry.offices.contains_key(*id));
    let mut fields = vec![
        role_field(role.token(), ""),
        office_field(registry, office.unwrap_or_default(), "Qualsiasi, o tutto il Comune"),
        Field::new("date", "data", "Il giorno").value(on.to_string()),
    ];
    fields.iter_mut().for_each(|field| field.refill(None, &[]));
    let claims = registry.standing(role, office, on).into_iter();
    let mut lines: Vec<Standing> = claims.map(|claim| line(registry, claim, on)).collect();
    let acting = match lines.first() {
        Some(first) if first.acts => Some(lines.remove(0)),
        _ => None,
    };
    let per_office = office.is_none()
        && registry.mandates.values().any(|m| m.role == role && m.office.is_some());
    let page = EntitledPage {
        frame,
        fields,
        day: date_with_weekday(on),
        role: role.label(),
        place: office.map(|o| registry.office_name(o)).unwrap_or_default(),
        acting,
        others: lines,
        hint: match per_office {
            true => "Questo ruolo cambia da ufficio a ufficio: scegliere l'ufficio.".into(),
            false => String::new(),
        },
    };
    app.show(&visitor, &page)
}
