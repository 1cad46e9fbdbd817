// SPDX-License-Identifier: AGPL-3.0-or-later
//! Section 8: the list of the day.

use crate::desk::{Desk, code, day, fiscal};
use delibera::domain::case::capigruppo::listed_since_posting;
use delibera::domain::case::{CaseCommand, Efficacy};
use delibera::domain::command::Command;

fn list(on: &str, serial: u32, cases: &[&str]) -> Command {
    Command::ListCapigruppo {
        day: day(on),
        serial,
        cases: cases.iter().map(|c| (*c).to_owned()).collect(),
        sha256: "e".repeat(64),
    }
}

#[test]
fn t_78_one_list_a_day() {
    let mut desk = Desk::large();
    for (id, on) in [("a", "06"), ("b", "06"), ("c", "06"), ("d", "07")] {
        let content = desk.content();
        desk.posted_on(id, content, false, &format!("2024-05-{on}"));
    }
    assert_eq!(code(desk.act("segreteria", list("2024-05-06", 1, &["a"]))), "only_system");
    let wrong = list("2024-05-06", 1, &["a", "d"]);
    assert_eq!(code(desk.act("system", wrong)), "list_outdated");
    assert_eq!(code(desk.act("system", list("2024-05-06", 1, &["a", "a"]))), "list_outdated");
    let facts = desk.act("system", list("2024-05-06", 1, &["a", "b", "c"])).unwrap();
    assert_eq!(facts.len(), 4, "three acts listed, one list sent");
    let again = list("2024-05-06", 2, &["a"]);
    assert_eq!(code(desk.act("system", again)), "list_outdated");
    desk.act("system", list("2024-05-07", 1, &["d"])).unwrap();
    let mut told = desk.mails("elenco-capigruppo");
    told.sort();
    assert_eq!(told.len(), 8, "two lists, four people: {told:?}");
}

#[test]
fn a_delivery_refused_elsewhere_is_put_on_record_by_hand() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    assert_eq!(desk.of("a").duties["capigruppo"].due, Some(day("2024-05-06")));
    let failed = CaseCommand::SettleDuty {
        duty: "capigruppo".into(),
        done: false,
        note: "PEC di capo2 non consegnata".into(),
    };
    desk.at("2024-05-07 09:00").case("segretario", "a", failed).unwrap();
    assert!(matches!(desk.of("a").duties["capigruppo"].settled, Some((false, _, _))));
    assert_eq!(desk.efficacy_on("a", "2024-05-16"), Efficacy::Effective);
}

#[test]
fn t_80_a_councillor_who_leads_no_group_is_not_on_the_list() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    desk.act("system", list("2024-05-06", 1, &["a"])).unwrap();
    let told = desk.mails("elenco-capigruppo");
    assert!(told.contains(&"capo1".to_owned()) && told.contains(&"capo2".to_owned()));
    assert!(!told.contains(&"consigliere".to_owned()));
    let read = |who| {
        delibera::domain::visibility::may_read(
            &desk.world.registry,
            who,
            desk.of("a"),
            desk.today(),
        )
    };
    read("consigliere").unwrap();
    assert_eq!(
        read("nobody").unwrap_err().code,
        "not_yours_to_read",
        "the text is for councillors"
    );
}

#[test]
fn posted_again_listed_again_with_the_duty() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    // Annulled before the list of the day goes out: one list with the new posting, not two.
    let annul = CaseCommand::AnnulPosting { reason: "file sbagliato".into() };
    desk.at("2024-05-06 13:00").case("albo", "a", annul.clone()).unwrap();
    desk.post("a").unwrap();
    desk.act("system", list("2024-05-06", 1, &["a"])).unwrap();
    assert!(listed_since_posting(desk.of("a")));
    assert_eq!(code(desk.act("system", list("2024-05-06", 2, &["a"]))), "list_outdated");
    for person in ["capo1", "capo2"] {
        let delivered = CaseCommand::RecordDelivery {
            day: day("2024-05-06"),
            serial: 1,
            person: person.into(),
            delivered: true,
            note: String::new(),
        };
        desk.case("system", "a", delivered).unwrap();
    }
    assert!(desk.of("a").duties["capigruppo"].settled.is_some());
    desk.at("2024-05-09 10:00").case("albo", "a", annul).unwrap();
    desk.post("a").unwrap();
    assert!(desk.of("a").duties["capigruppo"].settled.is_none(), "due again");
    desk.act("system", list("2024-05-09", 1, &["a"])).unwrap();
    assert_eq!(desk.of("a").listed, [(day("2024-05-06"), 1), (day("2024-05-09"), 1)]);
}

#[test]
fn a_list_nobody_received_does_not_settle_the_duty() {
    let mut desk = Desk::large();
    for capo in ["capo1", "capo2"] {
        let ended = delibera::domain::registry::RegistryCommand::EndMandate {
            mandate: format!("{capo}-capogruppo"),
            last_day: day("2024-05-01"),
            act: "dimissioni".into(),
            at: None,
        };
        desk.registry(ended).unwrap();
    }
    let content = desk.content();
    desk.posted("a", content, false);
    desk.act("system", list("2024-05-06", 1, &["a"])).unwrap();
    let settled = desk.of("a").duties["capigruppo"].settled.clone().unwrap();
    assert!(!settled.0 && settled.2.contains("nessun capogruppo"), "{settled:?}");
    assert_eq!(fiscal("capo1").len(), 16);
}
