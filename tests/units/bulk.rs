// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tables of offices and people.

use chrono::NaiveDate;
use delibera::domain::registry::bulk::{Read, Table, read};
use delibera::domain::registry::{Registry, decide};
use delibera::domain::stream::SYSTEM_ACTOR;

fn tried(table: Table, text: &str, registry: &Registry) -> Result<Read, Vec<String>> {
    let on = NaiveDate::from_ymd_opt(2026, 1, 10).expect("day");
    read(table, text, "prova.csv", registry, (SYSTEM_ACTOR, on))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn with_offices() -> Registry {
    let mut registry = Registry::default();
    for command in tried(Table::Offices, &Table::Offices.model(), &registry).expect("ok").commands {
        let on = NaiveDate::from_ymd_opt(2026, 1, 10).expect("day");
        let event = decide(&registry, SYSTEM_ACTOR, on, command).expect("decided");
        registry.evolve(&event);
    }
    registry
}

#[test]
fn the_models_that_are_handed_out_are_taken() {
    let registry = with_offices();
    assert_eq!(registry.offices.len(), 2);
    let read = tried(Table::People, &Table::People.model(), &registry).expect("read");
    assert_eq!(read.commands.len(), 4, "{:?}", read.lines);
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = "cognome,nome,posta,ruolo,dal,titolo,ufficio\n\
                Rossi,Anna,anna@c.example,diretore,2026-01-01,Il Direttore,tecnico\n\
                Verdi,,ugo@c.example,,,,\n\
                Neri,Pia,pia@c.example,direttore,31/02/2026,Il Direttore,tecnico\n\
                Bianchi,Lia,senza-chiocciola,,,,\n\
                Gialli,Leo,leo@c.example,direttore,01/02/2026,Il Direttore,altrove\n";
    let problems = tried(Table::People, text, &with_offices()).expect_err("wrong");
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert!(problems[0].starts_with("prova.csv:2: ruolo sconosciuto «diretore»"));
    assert!(problems[0].contains("forse «direttore»?"));
    assert!(problems[1].starts_with("prova.csv:3:"));
    assert!(problems[2].contains("non è una data"));
    assert!(problems[3].starts_with("prova.csv:5:"));
    assert!(problems[4].contains("l'ufficio «altrove» non risulta"));
}

#[test]
fn the_same_table_twice_changes_nothing() {
    let problems = tried(Table::Offices, &Table::Offices.model(), &with_offices());
    assert!(problems.expect_err("nothing").join("").contains("non aggiunge né cambia nulla"));
}

#[test]
fn unknown_and_missing_columns_are_told_at_once() {
    let problems = tried(Table::People, "cognme;nome\nRossi;Anna\n", &Registry::default());
    let said = problems.expect_err("wrong").join("\n");
    assert!(said.contains("forse «cognome»?"), "{said}");
    assert!(said.contains("manca la colonna «posta»"), "{said}");
}
