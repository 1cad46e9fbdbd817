// SPDX-License-Identifier: AGPL-3.0-or-later
//! A proposal presented again after it was withdrawn, rejected or postponed twice (R3.13, row 21).

use crate::desk::{Answer, Desk, code, day, votes};
use delibera::domain::case::{CaseCommand, EarlierEnd};
use delibera::domain::sitting::SittingCommand;

fn again(desk: &mut Desk, id: &str, from: &str) -> Answer {
    let (kind, content) = ("deliberazione-giunta".to_owned(), desk.content());
    desk.case("rp", id, CaseCommand::Create { kind, content, again_of: Some(from.into()) })
}

#[test]
fn a_withdrawn_proposal_and_the_new_one_know_each_other() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    assert_eq!(code(again(&mut desk, "b", "a")), "not_to_present_again", "it is still alive");
    assert!(again(&mut desk, "b", "nessuno").is_err(), "nothing of that name");
    let reason = "da rivedere".into();
    desk.at("2024-05-02 10:00");
    desk.case("rp", "a", CaseCommand::Withdraw { reason, paper: None }).unwrap();
    again(&mut desk, "b", "a").unwrap();
    let earlier = desk.of("b").earlier.clone().unwrap();
    assert_eq!((earlier.how, earlier.on), (EarlierEnd::Withdrawn, day("2024-05-02")));
    assert_eq!(earlier.proposal.as_deref(), Some("1/2024"));
    assert_eq!(desk.of("a").later, ["b"]);
    assert_eq!(code(again(&mut desk, "c", "a")), "already_presented_again");
    desk.case("rp", "b", CaseCommand::Submit).unwrap();
    let printed = desk.printed("b", "proposta").unwrap().context;
    assert_eq!(printed["earlier"]["proposal"], "1/2024");
    assert_eq!(printed["earlier"]["how"], "ritirata");
    assert_eq!(printed["earlier"]["on"], "2024-05-02");
    // Folded again from the facts, the link is the same.
    assert_eq!(desk.replayed().cases["b"].earlier, desk.of("b").earlier);
}

#[test]
fn a_rejected_proposal_may_be_presented_again_and_an_adopted_one_may_not() {
    let mut desk = Desk::large();
    desk.in_sitting(13, &["a", "b"]);
    desk.call("s", "a").unwrap();
    let against = ["ass1", "ass2", "ass3", "ass4", "ass5", "ass6", "ass7"];
    desk.vote("s", "a", votes(&against, &[])).unwrap();
    desk.proclaim("s", "a").unwrap();
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    desk.close("s").unwrap();
    again(&mut desk, "c", "a").unwrap();
    let earlier = desk.of("c").earlier.clone().unwrap();
    assert_eq!((earlier.how, earlier.on), (EarlierEnd::Rejected, day("2024-05-06")));
    assert_eq!(code(again(&mut desk, "d", "b")), "not_to_present_again");
}

#[test]
fn a_proposal_postponed_twice_gives_way_to_the_one_that_presents_it_again() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    for (sitting, on) in [("s1", "2024-05-06"), ("s2", "2024-05-13")] {
        desk.at(&format!("{} 09:00", day(on) - chrono::Duration::days(4)));
        desk.convened(sitting, &format!("{on} 09:00"), &["a"]);
        desk.at(&format!("{on} 09:00"));
        let everyone = desk.size.members();
        desk.open(sitting, &everyone).unwrap();
        desk.call(sitting, "a").unwrap();
        let (case, reason) = ("a".to_owned(), "approfondimenti".to_owned());
        let postpone = SittingCommand::Postpone { case, reason, next_sitting: None };
        desk.record_in(sitting, postpone).unwrap();
        desk.close(sitting).unwrap();
        if sitting == "s1" {
            assert_eq!(code(again(&mut desk, "b", "a")), "not_to_present_again", "once only");
        }
    }
    again(&mut desk, "b", "a").unwrap();
    let earlier = desk.of("b").earlier.clone().unwrap();
    assert_eq!((earlier.how, earlier.on), (EarlierEnd::Postponed, day("2024-05-13")));
    desk.scheduled("s3", "2024-05-20 09:00", delibera::domain::sitting::Mode::InSeat, &[]);
    let add = SittingCommand::AddItem { case: "a".into() };
    assert_eq!(code(desk.sitting("segreteria", "s3", add)), "already_presented_again");
}
