// SPDX-License-Identifier: AGPL-3.0-or-later
//! Items that end without a vote, secret ballots at a distance, who is a member at what hour, what
//! may be carried out when (R3.1, R3.13, 12.4, SC-6; practice.md 1.8).

use crate::desk::{Desk, code, day, opening, roll, rome};
use crate::people::{Size, mandate};
use delibera::domain::case::{CaseCommand, Ending, executable};
use delibera::domain::papers::{PaperKind, sitting_paper};
use delibera::domain::registry::{Mandate, RegistryCommand, RegistryEvent, Role};
use delibera::domain::sitting::{ItemOutcome, Mode, SecretTotals, SittingCommand, VoteInput};
use delibera::domain::workflow::Lifecycle;

#[test]
fn practice_1_8_of_an_information_the_giunta_takes_note_and_no_act_is_born() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    desk.record_in("s", SittingCommand::TakeNote { case: "a".into() }).unwrap();
    let item = desk.held("s").item("a").unwrap();
    assert_eq!(item.outcome.map(|(outcome, _)| outcome), Some(ItemOutcome::TakenNote));
    assert_eq!((item.number, item.ballot.is_none()), (None, true));
    let case = desk.of("a");
    assert_eq!(case.ending, Some(Ending::Archived), "the case is over");
    assert_eq!(desk.lifecycle("a"), Lifecycle::Archived);
    assert!(case.treatment.is_none() && !case.is_adopted());
    assert_eq!(case.not_voted.last().unwrap().outcome, ItemOutcome::TakenNote);
    let kinds: Vec<PaperKind> = case.papers.iter().map(|p| p.plan.kind).collect();
    assert!(
        !kinds.contains(&PaperKind::Deliberazione) && !kinds.contains(&PaperKind::EstrattoVerbale),
        "{kinds:?}"
    );
    assert!(desk.mails("esito-trattazione").contains(&"rp".to_owned()), "the proposer is told");
    assert_eq!(code(desk.unanimous("s", "a")), "item_closed");
    // The next item takes the first number: an information consumes none.
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    desk.close("s").unwrap();
    assert_eq!((desk.number("a"), desk.number("b")), (None, Some(1)));
    let withdraw = CaseCommand::Withdraw { reason: "superata".into(), paper: None };
    assert_eq!(code(desk.case("rp", "a", withdraw)), "case_over");
}

#[test]
fn r3_13_a_postponement_says_to_which_sitting_or_to_none() {
    let postpone = |to: Option<&str>| SittingCommand::Postpone {
        case: "a".into(),
        reason: "approfondimenti".into(),
        next_sitting: to.map(day),
    };
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    assert_eq!(code(desk.record_in("s", postpone(Some("2024-05-06")))), "postponed_backwards");
    let mut sine_die = desk.clone();
    desk.record_in("s", postpone(Some("2024-05-13"))).unwrap();
    assert_eq!(desk.of("a").not_voted[0].postponed_to, Some(day("2024-05-13")));
    let printed = desk.printed("a", "estratto_verbale").unwrap().context;
    assert_eq!(printed["postponed_to"], "2024-05-13");
    desk.close("s").unwrap();
    let told = |desk: &Desk| {
        let plan = desk.held("s").paper("brogliaccio").unwrap().plan.clone();
        let facts = sitting_paper("s", &plan, &desk.world).unwrap().context;
        facts["items"][0]["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(&desk), "rinviata alla seduta del 13/05/2024");
    sine_die.record_in("s", postpone(None)).unwrap();
    sine_die.close("s").unwrap();
    assert_eq!(told(&sine_die), "rinviata");
    let printed = sine_die.printed("a", "estratto_verbale").unwrap().context;
    assert_eq!(printed["postponed_to"], serde_json::Value::Null);
}

fn secret_and_mixed(keys: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::with(Size::Large, keys);
    let mut content = desk.content();
    content.gates.secret_ballot = Some("apprezzamento di persone".into());
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let mut present = roll(&desk.first(9));
    present[3].remote = true;
    let open = opening(present);
    desk.at("2024-05-06 09:00").sitting("segretario", "s", open).unwrap();
    desk.call("s", "a").unwrap();
    desk
}

fn totals(favour: u32) -> VoteInput {
    let totals = Some(SecretTotals { favour, against: 0, blank: 0, void: 0 });
    VoteInput { totals, ..VoteInput::default() }
}

#[test]
fn r12_4_who_is_connected_votes_in_secret_only_by_an_instrument_that_keeps_it() {
    let mut desk = secret_and_mixed(&[]);
    let refused = desk.vote("s", "a", totals(9)).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.rule.as_str()), ("secret_ballot_remote", "R12.4"));
    assert!(refused.text.contains("Nome ASS2"), "{}", refused.text);
    // Those in the room may.
    let mut room = desk.clone();
    room.leave("s", "ass2").unwrap();
    room.vote("s", "a", totals(8)).unwrap();
    // And everybody, where the Comune has the instrument.
    let tool = ("remote_secret_ballot_tool", "\"urna elettronica\"\nvalid_from = 2020-03-12");
    secret_and_mixed(&[tool]).vote("s", "a", totals(9)).unwrap();
}

fn revoked(at: Option<&str>) -> RegistryCommand {
    RegistryCommand::EndMandate {
        mandate: "ass11-assessore".into(),
        last_day: day("2024-05-06"),
        act: "decreto di revoca n. 7/2024".into(),
        at: at.map(|hour| hour.parse().unwrap()),
    }
}

#[test]
fn r3_1_a_member_revoked_in_the_afternoon_was_one_in_the_morning() {
    let ready = |hour: &str, at: Option<&str>| {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.ready("a", content);
        desk.at("2024-05-02 09:00").convened("s", &format!("2024-05-06 {hour}"), &["a"]);
        desk.at("2024-05-06 15:10").registry(revoked(at)).unwrap();
        // Entered the day after, from paper: what counts is when it was opened.
        desk.at("2024-05-07 10:00");
        desk.happened = Some(rome(&format!("2024-05-06 {hour}")));
        desk
    };
    let mut morning = ready("11:00", Some("15:00:00"));
    let everyone = morning.size.members();
    morning.open("s", &everyone).unwrap();
    assert_eq!(morning.held("s").members.len(), 13);
    let mut evening = ready("16:00", Some("15:00:00"));
    assert_eq!(code(evening.open("s", &everyone)), "not_a_member");
    let twelve = evening.first(12);
    evening.open("s", &twelve).unwrap();
    assert_eq!((evening.held("s").members.len(), evening.held("s").quorum), (12, 7));
    // Without an hour the last day is whole.
    ready("16:00", None).open("s", &everyone).unwrap();
}

#[test]
fn an_end_of_a_mandate_recorded_before_hours_were_is_still_read() {
    let stored = r#"{"event":"mandate_ended","mandate":"m","last_day":"2024-05-06","act":"d"}"#;
    let read: RegistryEvent = serde_json::from_str(stored).unwrap();
    assert!(matches!(read, RegistryEvent::MandateEnded { at: None, .. }));
    assert_eq!(serde_json::to_string(&read).unwrap(), stored);
}

#[test]
fn sc_6_executed_before_its_day_an_act_is_not_effective_and_it_is_said() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content.clone(), false);
    let why = |desk: &Desk, id: &str, on: &str| executable(desk.of(id), day(on)).unwrap_err().text;
    assert_eq!(why(&desk, "a", "2024-05-06"), "Non esecutiva: non è ancora pubblicata");
    desk.at("2024-05-06 12:00").carry("a", "chiusura");
    let refused = executable(desk.of("a"), day("2024-05-15")).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.article.as_str()),
        ("not_executable", "art. 134, c. 3, TUEL")
    );
    assert_eq!(refused.text, "Non esecutiva: lo diviene il 16/05/2024");
    executable(desk.of("a"), day("2024-05-16")).unwrap();
    // Declared immediately enforceable, it may be carried out from its adoption (R4.4).
    let mut desk = Desk::large();
    desk.adopted("b", content, true);
    executable(desk.of("b"), day("2024-05-06")).unwrap();
}

#[test]
fn sc_6_what_was_not_approved_is_told_apart_from_what_is_not_yet_effective() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let against: Vec<&str> = vec!["ass1", "ass2", "ass3", "ass4", "ass5"];
    desk.vote("s", "a", crate::desk::votes(&against, &[])).unwrap();
    desk.proclaim("s", "a").unwrap();
    let why = executable(desk.of("a"), day("2024-06-30")).unwrap_err().text;
    assert_eq!(why, "Non esecutiva: non è stata approvata");
}

#[test]
fn an_office_is_closed_when_nobody_heads_it_and_its_acts_go_on() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content.clone());
    let close = |on: &str| RegistryCommand::CloseOffice { office: "area".into(), on: day(on) };
    let refused = desk.registry(close("2024-04-30")).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.article.as_str()),
        ("office_has_mandates", "artt. 107 e 109 TUEL")
    );
    assert!(refused.text.contains("Nome DIR_AREA, Il Direttore"), "{}", refused.text);
    desk.director_ends("2024-04-30");
    desk.registry(close("2024-04-30")).unwrap();
    assert_eq!(code(desk.registry(close("2024-05-31"))), "office_closed");
    desk.create("b", content.clone()).unwrap();
    desk.case("rp", "b", CaseCommand::Submit).unwrap();
    // From the day after: what is under way goes on, art. 49, c. 2; nothing new begins.
    desk.at("2024-05-01 09:00").create("c", content).unwrap();
    let new = desk.case("rp", "c", CaseCommand::Submit).unwrap_err();
    assert_eq!((new.code.as_str(), new.rule.as_str()), ("office_closed", "R1.3"));
    desk.technical("segretario", "a", "area").unwrap();
    // Opened again under its name, it proposes.
    let name = "Direzione area".to_owned();
    let again = delibera::domain::registry::Office { id: "area".into(), name };
    desk.registry(RegistryCommand::OpenOffice(again)).unwrap();
    let new = Mandate {
        id: "area-2024".into(),
        office: Some("area".into()),
        from: day("2024-05-01"),
        ..mandate("dir_casa", Role::Direttore, "Il Direttore")
    };
    desk.registry(RegistryCommand::GrantMandate(new)).unwrap();
    desk.case("rp", "c", CaseCommand::Submit).unwrap();
}
