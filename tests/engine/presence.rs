// SPDX-License-Identifier: AGPL-3.0-or-later
//! Section 3: who was there between a vote and its proclamation, and a presence corrected afterwards.

use crate::desk::{Desk, code, roll, rome, unanimous};
use crate::sitting::{conflict, present_at};
use delibera::domain::sitting::{ConflictStance, SittingCommand, Status, Treatment};

/// So many of thirteen have voted an act, which is not proclaimed yet.
fn voted(present: usize) -> Desk {
    let mut desk = Desk::large();
    desk.in_sitting(present, &["a"]);
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", unanimous()).unwrap();
    desk
}

/// A presence in the room that was mistyped.
fn corrected(person: &str, present: bool, reason: &str) -> SittingCommand {
    let (person, reason) = (person.to_owned(), reason.to_owned());
    SittingCommand::CorrectPresence { person, present, remote: false, reason }
}

/// The ballot is not that of who was there any more: the vote is corrected, and then proclaimed.
fn voted_again(desk: &mut Desk) -> Treatment {
    assert_eq!(code(desk.proclaim("s", "a")), "ballot_outdated");
    let (vote, reason) = (unanimous(), "presenza corretta".to_owned());
    desk.record_in("s", SittingCommand::CorrectVote { case: "a".into(), vote, reason }).unwrap();
    desk.proclaim("s", "a").unwrap();
    desk.of("a").treatment.clone().unwrap()
}

#[test]
fn the_president_of_an_item_is_who_presided_its_vote() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let nine: Vec<String> = desk.size.members().into_iter().skip(1).take(9).collect();
    desk.at("2024-05-06 09:00").open("s", &nine).unwrap();
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", unanimous()).unwrap();
    // The Sindaco comes in, an assessore leaves: neither changes who voted, nor who presided.
    desk.enter("s", "sindaco").unwrap();
    desk.leave("s", "ass2").unwrap();
    desk.proclaim("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!(treatment.president.person, "vicesindaco");
    let here: Vec<String> =
        treatment.members.iter().filter(|m| m.present).map(|m| m.person.clone()).collect();
    assert_eq!(here.len(), 9);
    let ballot = treatment.ballot.unwrap();
    assert!(ballot.favour.iter().all(|p| here.contains(p)), "{ballot:?}");
}

#[test]
fn quorum_lost_after_the_vote_does_not_undo_it() {
    let mut desk = voted(7);
    desk.leave("s", "ass3").unwrap();
    assert_eq!(desk.held("s").status, Status::Suspended);
    let mut others = desk.first(6);
    others.push("ass9".into());
    desk.record_in("s", SittingCommand::Resume { present: roll(&others) }).unwrap();
    desk.proclaim("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert!(treatment.members.iter().any(|m| m.person == "ass3" && m.present));
    assert!(treatment.members.iter().any(|m| m.person == "ass9" && !m.present));
}

#[test]
fn a_presence_corrected_after_the_vote_asks_for_the_vote_again() {
    let mut desk = voted(9);
    let correct = corrected("ass7", false, "scambiato nell'appello");
    desk.record_in("s", correct).unwrap();
    let treatment = voted_again(&mut desk);
    assert_eq!((treatment.present(), treatment.ballot.unwrap().favour.len()), (8, 8));
}

/// R3.11: where the presence as corrected leaves no legal number, there was no vote; it is neither
/// proclaimed nor corrected, but taken again when they are enough.
#[test]
fn a_vote_without_the_legal_number_is_void_and_taken_again() {
    let mut desk = voted(7);
    let correct = |present| corrected("ass5", present, "scambiato nell'appello");
    let mut wrong = desk.clone();
    desk.record_in("s", correct(false)).unwrap();
    let sitting = desk.held("s");
    assert_eq!(sitting.status, Status::Suspended);
    assert!(sitting.item("a").unwrap().ballot.is_none(), "six of thirteen vote nothing");
    desk.record_in("s", SittingCommand::Resume { present: roll(&desk.first(7)) }).unwrap();
    assert_eq!(code(desk.proclaim("s", "a")), "not_voted");
    desk.unanimous("s", "a").unwrap();
    assert_eq!(desk.number("a"), Some(1));
    // Or it is put off, as what was never voted.
    wrong.record_in("s", correct(false)).unwrap();
    wrong.close("s").unwrap();
    assert_eq!((wrong.number("a"), wrong.step("a")), (None, "ordine_del_giorno"));
}

#[test]
fn r2_7_who_came_in_after_a_vote_was_not_there_for_it() {
    let mut desk = voted(9);
    desk.enter("s", "ass9").unwrap();
    desk.proclaim("s", "a").unwrap();
    let correct = |present| corrected("ass9", present, "non era lui");
    assert_eq!(code(desk.record_in("s", correct(true))), "already_proclaimed");
    desk.record_in("s", correct(false)).unwrap();
    assert_eq!(present_at(&desk, "a"), 9);
}

#[test]
fn r3_9_who_must_abstain_and_was_not_there_is_not_counted_as_there() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    conflict(&mut desk, "a", "ass7", ConflictStance::Stays).unwrap();
    desk.vote("s", "a", unanimous()).unwrap();
    let correct = corrected("ass7", false, "scambiato nell'appello");
    desk.record_in("s", correct).unwrap();
    let treatment = voted_again(&mut desk);
    assert_eq!((treatment.present(), treatment.ballot.unwrap().conflicted.len()), (8, 0));
}

#[test]
fn r2_7_a_return_is_corrected_without_touching_what_was_concluded_before_it() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    assert_eq!(code(desk.enter("s", "ass7")), "already_present");
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.leave("s", "ass7").unwrap();
    desk.enter("s", "ass7").unwrap();
    desk.record_in("s", corrected("ass7", false, "non era lui")).unwrap();
    assert!(!desk.held("s").is_present("ass7"));
    assert_eq!(present_at(&desk, "a"), 9, "he had been there for it");
}

/// What is corrected begins after the vote: who voted was there, and the vote stands.
#[test]
fn a_presence_corrected_from_after_the_vote_leaves_the_vote() {
    let mut desk = voted(7);
    desk.enter("s", "ass8").unwrap();
    desk.leave("s", "ass5").unwrap();
    desk.enter("s", "ass5").unwrap();
    let correct = corrected("ass5", false, "non è rientrato");
    desk.record_in("s", correct).unwrap();
    desk.proclaim("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.ballot.unwrap().favour.len()), (7, 7));
}

#[test]
fn a_mistyped_departure_is_undone_once() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.leave("s", "ass5").unwrap();
    let correct = corrected("ass5", true, "non è uscito");
    desk.record_in("s", correct).unwrap();
    let sitting = desk.held("s");
    assert_eq!(sitting.present_at(rome("2024-05-06 09:00")).count(), 9);
    assert_eq!(sitting.presence.iter().filter(|i| i.person == "ass5").count(), 1);
}
