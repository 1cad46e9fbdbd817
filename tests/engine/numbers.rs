// SPDX-License-Identifier: AGPL-3.0-or-later
//! Section 5: numbers and registers.

use crate::desk::{Desk, by_register, code, day, rome, unanimous, votes};
use crate::people::Size;
use delibera::domain::registry::RegistryCommand;

const SIX: [&str; 6] = ["ass1", "ass2", "ass3", "ass4", "ass5", "ass6"];

fn sitting_of(desk: &mut Desk, id: &str, when: &str, case: &str) {
    let content = desk.content();
    let date = day(when.split_once(' ').unwrap().0);
    desk.at(&format!("{} 08:00", date - chrono::Duration::days(7))).ready(case, content);
    desk.at(&format!("{} 09:00", date - chrono::Duration::days(4)));
    desk.convened(id, when, &[case]);
    let present = desk.first(9);
    desk.at(when).open(id, &present).unwrap();
    desk.call(id, case).unwrap();
}

#[test]
fn t_24_the_number_is_of_the_day_of_the_sitting() {
    let mut desk = Desk::with(Size::Large, &[("number_assigned_at", "\"sitting_close\"")]);
    let opened = RegistryCommand::OpenRegister {
        register: "deliberazioni".into(),
        year: 2024,
        last: 836,
        source: "registro cartaceo".into(),
    };
    desk.registry(opened.clone()).unwrap();
    assert_eq!(code(desk.registry(opened)), "register_open");
    sitting_of(&mut desk, "s", "2024-12-31 16:00", "a");
    desk.unanimous("s", "a").unwrap();
    assert_eq!(desk.number("a"), None);
    // Entered in January: the year stays 2024, last + 1.
    desk.at("2025-01-02 09:00");
    desk.happened = Some(rome("2024-12-31 18:00"));
    desk.close("s").unwrap();
    desk.happened = None;
    let number = desk.of("a").number("deliberazioni").unwrap();
    assert_eq!((number.number, number.year, number.date), (837, 2024, day("2024-12-31")));
}

#[test]
fn t_25_over_midnight_the_date_and_the_rules_are_of_the_opening() {
    let mut desk = Desk::large();
    let text = crate::people::regulation(Size::Large, &[("quorum_structural", "\"fixed:10\"")]);
    desk.registry(RegistryCommand::AdoptRegulation { text, from: day("2025-01-01") }).unwrap();
    sitting_of(&mut desk, "s", "2024-12-31 23:30", "a");
    desk.at("2025-01-01 00:40");
    desk.unanimous("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.date, treatment.quorum), (day("2024-12-31"), 7));
    assert_eq!(desk.of("a").number("deliberazioni").unwrap().year, 2024);
}

#[test]
fn t_65_two_sittings_of_a_day_by_the_time_of_proclamation() {
    let mut desk = Desk::large();
    sitting_of(&mut desk, "first", "2024-05-06 09:00", "a");
    sitting_of(&mut desk, "second", "2024-05-06 10:00", "b");
    desk.unanimous("second", "b").unwrap();
    desk.close("second").unwrap();
    desk.unanimous("first", "a").unwrap();
    assert_eq!((desk.number("b"), desk.number("a")), (Some(1), Some(2)));
}

#[test]
fn numbers_at_the_closing_follow_the_votes_not_the_agenda() {
    let keys = [("number_assigned_at", "\"sitting_close\"")];
    let mut desk = Desk::with(Size::Large, &keys);
    desk.in_sitting(12, &["a", "b", "c"]);
    for case in ["c", "a", "b"] {
        desk.call("s", case).unwrap();
        let vote = if case == "a" { votes(&SIX, &[]) } else { unanimous() };
        desk.vote("s", case, vote).unwrap();
        desk.proclaim("s", case).unwrap();
    }
    desk.close("s").unwrap();
    assert_eq!((desk.number("c"), desk.number("b"), desk.number("a")), (Some(1), Some(2), None));
}

#[test]
fn t_66_a_refused_decision_takes_no_number() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    assert_eq!(code(desk.proclaim("s", "a")), "not_voted");
    desk.unanimous("s", "a").unwrap();
    assert_eq!(code(desk.unanimous("s", "a")), "item_closed");
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    let taken = by_register(&desk.numbers);
    assert_eq!(taken[&("deliberazioni".to_owned(), 2024)], [1, 2]);
    assert_eq!(taken[&("proposte".to_owned(), 2024)], [1, 2]);
}

#[test]
fn a_register_opens_mid_year_at_n_plus_one() {
    let mut desk = Desk::large();
    let open = |register: &str, last| RegistryCommand::OpenRegister {
        register: register.into(),
        year: 2024,
        last,
        source: "registro del programma precedente".into(),
    };
    assert_eq!(code(desk.registry(open("delibere", 5))), "unknown");
    assert_eq!(code(desk.registry(open("albo", -1))), "register_last");
    desk.registry(open("albo", 791)).unwrap();
    let content = desk.content();
    desk.posted("a", content, false);
    assert_eq!(desk.of("a").posting.as_ref().unwrap().number, 792);
}

#[test]
fn a_small_comune_numbers_no_proposals() {
    let mut desk = Desk::small();
    let mut content = desk.content();
    content.rapporteurs.clear();
    desk.ready("a", content);
    assert!(desk.of("a").number("proposte").is_none());
}
