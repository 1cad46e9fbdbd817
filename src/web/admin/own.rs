// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Chi mi sostituisce»: the holder of a post names and relieves his own substitutes, and says when
//! he is away, in a minute and without the administrator (D.Lgs. 165/2001 art. 17 c. 1-bis).

use super::people::{absence_table, mandate_table};
use super::{Frame, listing::Listing};
use crate::domain::registry::{Capacity, Mandate};
use crate::web::Shared;
use crate::web::actions::registry::{href, may};
use crate::web::error::WebError;
use crate::web::page::Link;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Response;

/// The posts of the offices a person holds today.
pub fn posts(visitor: &Visitor) -> Vec<&Mandate> {
    let held = visitor.registry.mandates.values();
    held.filter(|m| m.person == visitor.person.id && m.valid_on(visitor.today))
        .filter(|m| m.capacity == Capacity::Titolare && m.role.is_of_an_office())
        .collect()
}

/// The page.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let registry = &visitor.registry;
    let posts = posts(&visitor);
    let mut buttons: Vec<Link> = Vec::new();
    for post in posts.iter().filter(|post| may(&visitor, "sostituto", &post.id)) {
        let label = match posts.len() {
            1 => "Nomina chi mi sostituisce".to_owned(),
            _ => format!("Nomina chi mi sostituisce come {}", post.title),
        };
        buttons.push(Link::new(href("sostituto", &post.id), label));
    }
    buttons.push(Link::new(href("assenza", visitor.id()), "Registra una mia assenza"));
    let intro = match posts.is_empty() {
        true => "Non risulta titolare di un ufficio: può registrare le Sue assenze.",
        false => {
            "Il vicario agisce quando Lei è assente; il sostituto e il delegato per l'atto che li \
             nomina. Ogni documento stampa il titolo di chi firma davvero."
        }
    };
    let of_mine = |m: &&Mandate| {
        m.capacity != Capacity::Titolare
            && posts.iter().any(|post| post.role == m.role && post.office == m.office)
    };
    let mut substitutes: Vec<&Mandate> = registry.mandates.values().filter(of_mine).collect();
    substitutes.sort_by_key(|m| (!m.valid_on(visitor.today), m.capacity, m.rank));
    let mandates =
        mandate_table(&visitor, "Chi mi sostituisce", substitutes.into_iter(), visitor.today);
    let page = Listing::new(Frame::default(), "Chi mi sostituisce", intro).buttons(buttons);
    let page = page.table(mandates).table(absence_table(&visitor, visitor.id()));
    app.show(&visitor, &page)
}
