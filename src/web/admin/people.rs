// SPDX-License-Identifier: AGPL-3.0-or-later
//! Offices, people, mandates: who is there, what each may, since when and by which act.

use super::listing::{Cell, Listing, Row, Table};
use super::{Frame, OnDay, capacity_name, role_name, section, term};
use crate::domain::effects::fold;
use crate::domain::law::calendar::{Preposition, date_short};
use crate::domain::registry::{Mandate, Registry, Role};
use crate::web::Shared;
use crate::web::actions::registry::{href, may};
use crate::web::error::WebError;
use crate::web::forms::Field;
use crate::web::page::Link;
use crate::web::visitor::Visitor;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;

/// The buttons of a section: those the person may use.
fn buttons(visitor: &Visitor, wanted: &[(&str, &str, &str)]) -> Vec<Link> {
    let may = wanted.iter().filter(|(slug, about, _)| may(visitor, slug, about));
    may.map(|(slug, about, label)| Link::new(href(slug, about), *label)).collect()
}

/// A link on a row, where the person may.
fn link(row: &mut Row, visitor: &Visitor, slug: &str, about: &str, label: &str) {
    if may(visitor, slug, about) {
        row.links.push(Link::new(href(slug, about), label));
    }
}

/// The offices.
pub async fn offices(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let registry = &visitor.registry;
    let heads = ["Ufficio", "Responsabile di servizio", "Incarichi in vigore"];
    let mut table = Table::new("uffici", "Uffici", &heads).empty("Nessun ufficio registrato.");
    for office in registry.offices.values() {
        let head = registry.acting(Role::Direttore, Some(&office.id), visitor.today);
        let head = head
            .map_or_else(|| Cell::new("nessuno").mark("bad"), |s| Cell::new(s.name).note(s.title));
        let own = |m: &&Mandate| m.office.as_ref() == Some(&office.id) && m.valid_on(visitor.today);
        let held = registry.mandates.values().filter(own).count();
        let row = table.row(vec![
            match registry.closed.get(&office.id) {
                Some(last) => Cell::new(&office.name)
                    .note(format!("chiuso, ultimo giorno {}", last.format("%d/%m/%Y"))),
                None => Cell::new(&office.name).note(&office.id),
            },
            head,
            Cell::new(held.to_string()).href(section(&format!("incarichi?ufficio={}", office.id))),
        ]);
        if registry.closed.contains_key(&office.id) {
            link(row, &visitor, "ufficio", &office.id, "Riapri");
        } else {
            link(row, &visitor, "ufficio", &office.id, "Rinomina");
            link(row, &visitor, "chiusura-ufficio", &office.id, "Chiudi");
        }
    }
    let mut all = buttons(&visitor, &[("ufficio", "", "Nuovo ufficio")]);
    if !all.is_empty() {
        all.push(Link::new(section("importa/uffici"), "Importa da CSV"));
    }
    let intro = "Gli uffici che propongono atti e rendono pareri.";
    let page = Listing::new(Frame::of(&visitor, "uffici")?, "Uffici", intro);
    app.show(&visitor, &page.buttons(all).table(table))
}

/// What narrows a list.
#[derive(Debug, Default, Deserialize)]
pub struct Narrow {
    #[serde(default)]
    testo: String,
    #[serde(default)]
    ufficio: String,
    #[serde(default)]
    ruolo: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    tutti: String,
}

impl Narrow {
    fn day(&self, today: NaiveDate) -> NaiveDate {
        crate::domain::law::calendar::parse_date(&self.data).unwrap_or(today)
    }
}

/// The people.
pub async fn people(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    let registry = &visitor.registry;
    let accounts = app.office.executor.store.accounts().await?;
    let heads = ["Persona", "Incarichi in vigore", "Codice fiscale", "Utenza"];
    let mut table = Table::new("persone", "Persone", &heads).empty("Nessuna persona trovata.");
    let mut people: Vec<_> = registry.people.values().collect();
    people.sort_by_key(|p| (fold(&p.surname), fold(&p.given_name)));
    let wanted = fold(narrow.testo.trim());
    for person in people.into_iter().filter(|p| fold(&p.name()).contains(&wanted)) {
        let held = registry.mandates.values();
        let held = held.filter(|m| m.person == person.id && m.valid_on(visitor.today));
        let titles: Vec<&str> = held.map(|m| m.title.as_str()).collect();
        let code = match person.fiscal_code.as_str() {
            "" => Cell::new("manca").mark("warn"),
            code => Cell::new(code),
        };
        let account = accounts.iter().find(|account| account.person == person.id);
        let name = format!("{} {}", person.surname, person.given_name);
        let row = table.row(vec![
            Cell::new(name).note(&person.email).href(section(&format!("persone/{}", person.id))),
            Cell::new(if titles.is_empty() { "nessuno".into() } else { titles.join("; ") }),
            code,
            account.map_or_else(|| Cell::new("nessuna"), |a| Cell::new(&a.login)),
        ]);
        if registry.is_absent(&person.id, visitor.today) {
            row.links.push(Link::new(section(&format!("persone/{}", person.id)), "Oggi assente"));
        }
    }
    let mut all = buttons(&visitor, &[("persona", "", "Nuova persona")]);
    if !all.is_empty() {
        all.push(Link::new(section("importa/persone"), "Importa da CSV"));
    }
    let filter = vec![Field::new("search", "testo", "Nome o cognome").value(&narrow.testo)];
    let intro =
        "Chi compare negli atti, firma o riceve messaggi. I poteri vengono dagli incarichi.";
    let page = Listing::new(Frame::of(&visitor, "persone")?, "Persone", intro);
    app.show(&visitor, &page.buttons(all).filter(filter).table(table))
}

/// One person: data, mandates, absences.
pub async fn person(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "persone")?.inside("persone");
    let registry = &visitor.registry;
    let person = registry.people.get(&id).ok_or(WebError::NotFound)?;
    let account = app.office.executor.store.account(&id).await?;
    let mut data = Table::new("dati", "Dati", &["Voce", "Valore"]);
    let born = person.born.map(date_short).unwrap_or_default();
    let login = account.map(|a| a.login).unwrap_or_else(|| "nessuna".into());
    for (name, value) in [
        ("Codice fiscale", person.fiscal_code.clone()),
        ("Posta", person.email.clone()),
        ("Data di nascita", born),
        ("Utenza", login),
    ] {
        data.row(vec![Cell::new(name), Cell::new(value)]);
    }
    let mut held: Vec<&Mandate> = registry.mandates.values().filter(|m| m.person == id).collect();
    held.sort_by_key(|m| (!m.valid_on(visitor.today), std::cmp::Reverse(m.from)));
    let mandates = mandate_table(&visitor, "Incarichi", held.into_iter(), visitor.today);
    let all = buttons(
        &visitor,
        &[
            ("persona", &id, "Modifica i dati"),
            ("incarico", &id, "Conferisci un incarico"),
            ("assenza", &id, "Registra un'assenza"),
        ],
    );
    let page = Listing::new(frame, person.name(), "").buttons(all).table(data).table(mandates);
    app.show(&visitor, &page.table(absence_table(&visitor, &id)))
}

/// The absences of a person, the newest first.
pub fn absence_table(visitor: &Visitor, person: &str) -> Table {
    let mut table = Table::new("assenze", "Assenze", &["Dal", "Al"])
        .empty("Nessuna assenza registrata: il titolare risulta in servizio.");
    let absences = visitor.registry.absences.iter().rev().filter(|(p, _, _)| p == person);
    for (_, from, to) in absences {
        let row = table.row(vec![Cell::new(date_short(*from)), Cell::new(date_short(*to))]);
        row.past = *to < visitor.today;
        link(row, visitor, "rientro", &format!("{person}@{from}"), "Correggi");
    }
    table
}

/// Mandates with their act and term, and what may be done about each.
pub fn mandate_table<'a>(
    visitor: &Visitor,
    title: &str,
    mandates: impl Iterator<Item = &'a Mandate>,
    on: NaiveDate,
) -> Table {
    let registry = &visitor.registry;
    let heads = ["Persona", "Incarico", "Qualità", "Provvedimento", "Durata"];
    let mut table = Table::new("incarichi", title, &heads).empty("Nessun incarico.");
    for mandate in mandates {
        let place = mandate.office.as_deref().map(|office| registry.office_name(office));
        let row = table.row(vec![
            Cell::new(registry.name(&mandate.person))
                .href(section(&format!("persone/{}", mandate.person))),
            Cell::new(&mandate.title).note(described(mandate, place)),
            Cell::new(capacity_name(mandate.role, mandate.capacity)),
            match mandate.act.as_str() {
                "" => Cell::new("non indicato").mark("warn"),
                act => Cell::new(act),
            },
            Cell::new(term(mandate)),
        ]);
        row.past = !mandate.valid_on(on);
        if mandate.to.is_none_or(|to| to >= visitor.today) {
            link(row, visitor, "cessazione", &mandate.id, "Registra la fine");
            let holder = mandate.capacity == crate::domain::registry::Capacity::Titolare;
            if holder && mandate.role.is_of_an_office() {
                link(row, visitor, "sostituto", &mandate.id, "Nomina chi sostituisce");
            }
        }
    }
    table
}

fn described(mandate: &Mandate, place: Option<String>) -> String {
    let role = role_name(mandate.role);
    let group = mandate.group.clone();
    [Some(role), place, group].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The mandates of a day.
pub async fn mandates(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "incarichi")?;
    let (registry, on) = (&visitor.registry, narrow.day(visitor.today));
    let all = !narrow.tutti.is_empty();
    let mut found: Vec<&Mandate> = registry
        .mandates
        .values()
        .filter(|m| all || m.valid_on(on))
        .filter(|m| {
            narrow.ufficio.is_empty() || m.office.as_deref() == Some(narrow.ufficio.as_str())
        })
        .filter(|m| narrow.ruolo.is_empty() || m.role.token() == narrow.ruolo)
        .collect();
    found.sort_by_key(|m| (m.role, m.office.clone(), m.capacity, m.rank, m.from));
    let title = match all {
        true => "Tutti gli incarichi, anche cessati e futuri".to_owned(),
        false => format!("In vigore {}", Preposition::On.short(on)),
    };
    let table = mandate_table(&visitor, &title, found.into_iter(), on);
    let page = Listing::new(
        frame,
        "Incarichi e deleghe",
        "Chi può agire, a che titolo, da quando e per quale atto. Gli atti firmati restano validi \
         anche quando l'incarico finisce.",
    );
    let page = page.buttons(buttons(&visitor, &[("incarico", "", "Nuovo incarico")]));
    let page = page.filter(mandate_filter(registry, &narrow, on));
    app.show(&visitor, &page.table(table))
}

fn mandate_filter(registry: &Registry, narrow: &Narrow, on: NaiveDate) -> Vec<Field> {
    let mut fields = vec![
        Field::new("date", "data", "In vigore il").value(on.to_string()),
        role_field(&narrow.ruolo, "Tutti i ruoli"),
        office_field(registry, &narrow.ufficio, "Tutti gli uffici"),
        Field::new("tick", "tutti", "Anche cessati e futuri").value(&narrow.tutti),
    ];
    fields.iter_mut().for_each(|field| field.refill(None, &[]));
    fields
}

/// A choice of roles.
pub fn role_field(value: &str, none: &str) -> Field {
    let roles = Role::ALL.iter().map(|(role, token, _)| (token.to_string(), role_name(*role)));
    let none = (!none.is_empty()).then(|| (String::new(), none.to_owned()));
    Field::new("choice", "ruolo", "Ruolo").value(value).options(none.into_iter().chain(roles))
}

/// A choice of offices.
pub fn office_field(registry: &Registry, value: &str, none: &str) -> Field {
    let offices = registry.offices.values().map(|o| (o.id.clone(), o.name.clone()));
    let none = std::iter::once((String::new(), none.to_owned()));
    Field::new("choice", "ufficio", "Ufficio").value(value).options(none.chain(offices))
}

/// A day as its page writes it, for other sections.
pub fn day_field(on: &OnDay, today: NaiveDate, label: &str) -> Field {
    Field::new("date", "data", label).value(on.day(today).to_string())
}
