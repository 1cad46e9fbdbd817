// SPDX-License-Identifier: AGPL-3.0-or-later
//! R5.4: the protocollo of another system gives a number to a paper, which is put on record here.

use crate::desk::{Desk, code, day};
use crate::people::Size;
use delibera::domain::case::{CaseCommand, CopyForm, registrable};
use delibera::domain::command::Command;
use delibera::domain::offers;

fn given(key: &str, number: i64, on: &str) -> CaseCommand {
    CaseCommand::RecordProtocollo { paper_key: key.into(), number, on: day(on) }
}

fn kept_elsewhere() -> Desk {
    Desk::with(Size::Large, &[("protocollo", "\"external\"")])
}

fn offered(desk: &Desk) -> bool {
    let offers = offers::of_case(&desk.world, desk.of("a"), desk.today());
    offers.iter().any(|o| matches!(o.command, CaseCommand::RecordProtocollo { .. }))
}

#[test]
fn r5_4_where_the_register_of_acts_is_enough_no_number_is_taken() {
    let mut desk = Desk::with(Size::Large, &[("protocollo", "\"none\"")]);
    let content = desk.content();
    desk.posted("a", content, false);
    let refused = desk.case("segreteria", "a", given("deliberazione", 1, "2024-05-06"));
    let refused = refused.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.rule.as_str()), ("protocollo_not_kept", "R5.4"));
    assert!(refused.next.contains("regolamento"), "{}", refused.next);
    assert!(!offered(&desk));
}

#[test]
fn r5_4_number_and_day_are_those_received_and_the_last_recorded_stands() {
    let mut desk = kept_elsewhere();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.case("segreteria", "a", given("proposta", 4567, "2024-04-29")).unwrap();
    let early = desk.case("segreteria", "a", given("deliberazione", 4890, "2024-05-06"));
    assert_eq!(code(early), "protocollo_not_concluded", "nobody has signed it yet");
    desk.carry("a", "verifica_privacy");
    assert!(offered(&desk));
    let by = |desk: &mut Desk, who: &str, number: i64, on: &str| {
        code(desk.case(who, "a", given("deliberazione", number, on)))
    };
    assert_eq!(by(&mut desk, "dir_area", 4890, "2024-05-06"), "signer_not_in_role");
    for (number, on) in [(4890, "2024-05-05"), (4890, "2024-05-07"), (0, "2024-05-06")] {
        assert_eq!(by(&mut desk, "segreteria", number, on), "protocollo_impossible", "{on}");
    }
    let before = (desk.step("a").to_owned(), desk.of("a").papers.len());
    assert_eq!(by(&mut desk, "segreteria", 4890, "2024-05-06"), "ok");
    assert_eq!(by(&mut desk, "segreteria", 4890, "2024-05-06"), "protocollo_known");
    // Typed wrongly: the right number is recorded after it, and both stay.
    desk.at("2024-05-07 09:00");
    assert_eq!(by(&mut desk, "segreteria", 4891, "2024-05-06"), "ok");
    assert_eq!((desk.step("a").to_owned(), desk.of("a").papers.len()), before, "nothing waits");
    let case = desk.of("a");
    assert_eq!(case.protocollo.len(), 3);
    let recorded = case.protocollo("deliberazione").unwrap();
    assert_eq!((recorded.number, recorded.on), (4891, day("2024-05-06")));
    assert_eq!(recorded.label(), "prot. n. 4891 del 06/05/2024");
    assert_eq!(case.updated.unwrap().date_naive(), day("2024-05-07"), "recorded the day after");
    assert_eq!(case.protocollo("proposta").unwrap().number, 4567);
}

#[test]
fn r5_4_what_is_composed_afterwards_names_the_number() {
    let mut desk = kept_elsewhere();
    let content = desk.content();
    desk.posted("a", content, false);
    let ask = |code: &str| CaseCommand::RequestCopy {
        form: CopyForm::Full,
        applicant: "Studio legale Ferri".into(),
        purpose: String::new(),
        code: code.into(),
    };
    desk.case("segreteria", "a", ask("0123456789abcdef0123456789abcdef")).unwrap();
    let printed = desk.printed("a", "copia_conforme").unwrap().context;
    assert_eq!(printed["original"]["protocollo"], serde_json::Value::Null);
    desk.sign_all("a");
    desk.case("segreteria", "a", given("deliberazione", 4890, "2024-05-06")).unwrap();
    desk.case("segreteria", "a", ask("fedcba9876543210fedcba9876543210")).unwrap();
    let printed = desk.printed("a", "copia_conforme").unwrap().context;
    let named = &printed["original"]["protocollo"];
    assert_eq!((&named["number"], &named["date"]), (&4890.into(), &"2024-05-06".into()));
    desk.sign_all("a");
}

#[test]
fn r5_4_a_sealed_list_to_the_capigruppo_takes_a_number_too() {
    let mut desk = kept_elsewhere();
    let content = desk.content();
    desk.posted("a", content, false);
    let list = Command::ListCapigruppo {
        day: day("2024-05-06"),
        serial: 1,
        cases: vec!["a".into()],
        sha256: "e".repeat(64),
    };
    desk.act("system", list).unwrap();
    let key = "elenco_capigruppo-2024-05-06-1";
    assert!(desk.of("a").paper(key).is_none(), "under the seal it is no paper of the act");
    assert!(registrable(desk.of("a")).iter().any(|paper| paper.key == key));
    desk.case("segreteria", "a", given(key, 5012, "2024-05-06")).unwrap();
    assert_eq!(desk.of("a").protocollo(key).unwrap().number, 5012);
}
