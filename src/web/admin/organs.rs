// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Giunta of a day, and the groups of the Consiglio with their capigruppo.

use super::listing::{Cell, Listing, Table};
use super::people::day_field;
use super::{Frame, OnDay, section, term};
use crate::domain::law::calendar::{Preposition, date_short};
use crate::domain::registry::{Mandate, Role};
use crate::web::Shared;
use crate::web::actions::registry::{groups, href, may};
use crate::web::error::WebError;
use crate::web::page::Link;
use crate::web::visitor::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;

/// The page.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(on): Query<OnDay>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "organi")?;
    let day = on.day(visitor.today);
    let mut buttons = Vec::new();
    for (slug, about, label) in [
        ("incarico", Role::Assessore.token(), "Nomina un assessore"),
        ("capogruppo", "", "Registra un capogruppo"),
    ] {
        if may(&visitor, slug, about) {
            buttons.push(Link::new(href(slug, about), label));
        }
    }
    let intro = "La composizione con cui la Giunta delibera e stampa le presenze, e chi riceve ogni \
                 giorno l'elenco degli atti (art. 125 TUEL).";
    let page = Listing::new(frame, "Giunta, gruppi e capigruppo", intro).buttons(buttons);
    let page = page.filter(vec![day_field(&on, visitor.today, "Composizione del")]);
    app.show(&visitor, &page.table(giunta(&visitor, day)).table(of_groups(&visitor, day)))
}

fn ending(visitor: &Visitor, mandate: &Mandate) -> Option<Link> {
    let open = mandate.to.is_none_or(|to| to >= visitor.today);
    (open && may(visitor, "cessazione", &mandate.id))
        .then(|| Link::new(href("cessazione", &mandate.id), "Registra la fine"))
}

fn giunta(visitor: &Visitor, day: chrono::NaiveDate) -> Table {
    let registry = &visitor.registry;
    let members = registry.giunta(day);
    let title = format!(
        "Giunta {}: {} in carica su {} previsti",
        Preposition::On.short(day),
        members.len(),
        registry.comune.giunta_seats
    );
    let heads = ["Componente", "Carica", "Provvedimento", "Durata", "Nato il"];
    let mut table = Table::new("giunta", title, &heads)
        .empty("Nessun componente in carica: registrare Sindaco e assessori.");
    for member in members {
        let born = registry.people.get(&member.person).and_then(|p| p.born);
        let row = table.row(vec![
            Cell::new(registry.name(&member.person))
                .href(section(&format!("persone/{}", member.person))),
            Cell::new(&member.title),
            Cell::new(&member.act),
            Cell::new(term(member)),
            Cell::new(born.map(date_short).unwrap_or_default()),
        ]);
        row.links.extend(ending(visitor, member));
    }
    table
}

fn of_groups(visitor: &Visitor, day: chrono::NaiveDate) -> Table {
    let registry = &visitor.registry;
    let heads = ["Gruppo", "Capogruppo", "Posta", "Durata"];
    let mut table = Table::new("gruppi", "Gruppi consiliari e capigruppo", &heads)
        .empty("Nessun gruppo: senza capigruppo l'elenco degli atti non ha destinatari.");
    let heads = registry.holders(Role::Capogruppo, None, day);
    let mut named: Vec<String> = groups(registry);
    if heads.iter().any(|m| m.group.is_none()) {
        named.push(String::new());
    }
    for group in named {
        let of_group = |m: &&&Mandate| m.group.as_deref().unwrap_or_default() == group;
        let found: Vec<&&Mandate> = heads.iter().filter(of_group).collect();
        let words =
            if group.is_empty() { "senza gruppo indicato".to_owned() } else { group.clone() };
        if found.is_empty() {
            let row = table.row(vec![
                Cell::new(&words),
                Cell::new("nessuno in carica").mark("warn"),
                Cell::new(""),
                Cell::new(""),
            ]);
            row.past = true;
        }
        for mandate in found {
            let email = registry.people.get(&mandate.person).map(|p| p.email.clone());
            let row = table.row(vec![
                Cell::new(&words),
                Cell::new(registry.name(&mandate.person))
                    .href(section(&format!("persone/{}", mandate.person))),
                Cell::new(email.unwrap_or_default()),
                Cell::new(term(mandate)),
            ]);
            row.links.extend(ending(visitor, mandate));
        }
    }
    table
}
