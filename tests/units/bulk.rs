// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tables of offices and people.

use chrono::NaiveDate;
use delibera::domain::registry::bulk::{Read, Table, free_id, read};
use delibera::domain::registry::{Mandate, Registry, RegistryCommand, decide};
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
    assert!(said.lines().all(|line| line.starts_with("prova.csv:1: ")), "the first line: {said}");
}

#[test]
fn an_identifier_is_made_of_words_and_nobody_has_it_already() {
    assert_eq!(free_id("Niccolò De Santis", |_| false), "niccolo-de-santis");
    let taken = ["rossi", "rossi-2"];
    assert_eq!(free_id("Rossi", |id| taken.contains(&id)), "rossi-3");
    assert_eq!(free_id("…", |_| false), "voce", "without a letter");
    assert_eq!(free_id(&"a".repeat(60), |_| false).len(), 40);
}

#[test]
fn an_identifier_that_an_address_cannot_carry_is_told() {
    let people = |id: &str| {
        let text = format!("identificativo,cognome,nome,posta\n{id},Rossi,Anna,anna@c.example\n");
        tried(Table::People, &text, &Registry::default())
    };
    people("anna.rossi-2_b").expect("good");
    for wrong in ["anna rossi", "anna/rossi", "è", &"a".repeat(65)] {
        let said = people(wrong).expect_err(wrong).join("");
        assert!(said.contains("può avere solo lettere, cifre"), "{said}");
    }
    people(&"a".repeat(64)).expect("as long as it may be");
}

#[test]
fn a_mandate_without_a_group_has_none() {
    let granted = |group: &str| -> Mandate {
        let text = format!(
            "cognome,nome,posta,ruolo,dal,titolo,atto,gruppo\n\
             Rossi,Anna,anna@c.example,capogruppo,2026-01-01,Il Capogruppo,delibera n. 1,{group}\n"
        );
        let read = tried(Table::People, &text, &Registry::default()).expect("good");
        let mut mandates = read.commands.into_iter().filter_map(|command| match command {
            RegistryCommand::GrantMandate(mandate) => Some(mandate),
            _ => None,
        });
        mandates.next().expect("a mandate")
    };
    assert_eq!(granted("").group, None);
    assert_eq!(granted("Lista civica").group.as_deref(), Some("Lista civica"));
}

#[test]
fn later_lines_of_a_person_add_mandates_and_need_not_repeat_the_rest() {
    let text = "cognome,nome,posta,codice_fiscale,ruolo,dal,titolo,atto\n\
                Rossi,Anna,anna@c.example,RSSNNA80A41F205X,assessore,2026-01-01,L'Assessore,decreto n. 1\n\
                Rossi,Anna,,RSSNNA80A41F205X,consigliere,2026-01-01,Il Consigliere,proclamazione\n";
    let commands = tried(Table::People, text, &Registry::default()).expect("good").commands;
    let people: Vec<&str> = commands
        .iter()
        .filter_map(|command| match command {
            RegistryCommand::RegisterPerson(person) => Some(person.email.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!((people, commands.len()), (vec!["anna@c.example"], 3), "one person, two mandates");
}

#[test]
fn the_first_line_says_what_separates_the_cells() {
    let text = "cognome;nome;posta\nRossi;Anna, Maria, Pia, Eva;anna@c.example\n";
    let read = tried(Table::People, text, &Registry::default()).expect("good");
    assert_eq!(read.lines.len(), 1, "{:?}", read.lines);
    assert!(read.lines[0].1.contains("Anna, Maria, Pia, Eva Rossi"), "{:?}", read.lines);
}

#[test]
fn a_cell_that_is_in_no_column_is_told_and_not_dropped() {
    let people = |row: &str| {
        let text = format!("cognome,nome,posta,ruolo,dal,titolo,atto\n{row}\n");
        tried(Table::People, &text, &Registry::default())
    };
    let before = "Rossi,Anna,anna@c.example,segretario,2026-01-01";
    let said = people(&format!("{before},Il Segretario, reggente,decreto n. 1"));
    let said = said.expect_err("one cell too many").join("");
    assert!(said.starts_with("prova.csv:2: la riga ha più celle della prima"), "{said}");
    people(&format!("{before},\"Il Segretario, reggente\",decreto n. 1,,")).expect("good");
}
