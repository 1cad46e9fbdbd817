// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a member does himself (R3.10): he answers the convening, and votes from where he is connected.
//! What the verbalizer takes down is what each of them chose.

use crate::desk::{Answer, Desk, code, roll, unanimous, votes};
use delibera::domain::case::Content;
use delibera::domain::sitting::{
    self, Choice, ConflictStance, Leaving, Mode, SittingCommand, VoteInput,
};

/// A mixed sitting of nine with the first two assessori connected, and an act called.
fn connected(change: impl FnOnce(&mut Content)) -> Desk {
    let mut desk = Desk::large();
    let mut content = desk.content();
    change(&mut content);
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let mut present = roll(&desk.first(9));
    present.iter_mut().for_each(|a| a.remote = ["ass1", "ass2"].contains(&a.person.as_str()));
    let open = crate::desk::opening(present);
    desk.at("2024-05-06 09:00").sitting("segretario", "s", open).unwrap();
    desk.call("s", "a").unwrap();
    desk
}

fn choose(desk: &mut Desk, person: &str, choice: Choice) -> Answer {
    desk.sitting(person, "s", SittingCommand::Choose { case: "a".into(), choice })
}

#[test]
fn r3_10_what_is_taken_down_is_what_each_wrote_himself() {
    let mut desk = connected(|_| {});
    choose(&mut desk, "ass1", Choice::Against).unwrap();
    choose(&mut desk, "ass2", Choice::Abstained).unwrap();
    for wrong in [unanimous(), votes(&[], &["ass1", "ass2"]), votes(&["ass1", "ass2"], &[])] {
        assert_eq!(code(desk.vote("s", "a", wrong)), "choice_differs");
    }
    // The last word counts.
    let mut changed = desk.clone();
    choose(&mut changed, "ass1", Choice::Favour).unwrap();
    assert_eq!(code(changed.vote("s", "a", votes(&["ass1"], &["ass2"]))), "choice_differs");
    changed.vote("s", "a", votes(&[], &["ass2"])).unwrap();
    // R3.11: with the line fell the vote.
    let mut fallen = desk.clone();
    for person in ["ass1", "ass2"] {
        let lost = SittingCommand::Leave { person: person.into(), why: Leaving::LineLost };
        fallen.record_in("s", lost).unwrap();
    }
    fallen.unanimous("s", "a").unwrap();
    desk.vote("s", "a", votes(&["ass1"], &["ass2"])).unwrap();
    assert_eq!(code(choose(&mut desk, "ass1", Choice::Favour)), "already_voted");
}

#[test]
fn r3_10_only_who_is_connected_and_may_vote_does_so_from_his_device() {
    let mut desk = connected(|_| {});
    for person in ["sindaco", "ass11", "segretario"] {
        assert_eq!(code(choose(&mut desk, person, Choice::Favour)), "not_connected", "{person}");
    }
    let (case, person) = ("a".to_owned(), "ass2".to_owned());
    let (stance, reason) = (ConflictStance::Stays, "parentela".to_owned());
    let declare = SittingCommand::DeclareConflict { case, person, stance, reason };
    desk.record_in("s", declare).unwrap();
    assert_eq!(code(choose(&mut desk, "ass2", Choice::Favour)), "must_abstain");
    choose(&mut desk, "ass1", Choice::Favour).unwrap();
    let mut secret = connected(|content| content.gates.secret_ballot = Some("persone".into()));
    assert_eq!(code(choose(&mut secret, "ass1", Choice::Favour)), "secret_ballot_due");
}

#[test]
fn r3_1_the_convening_is_answered_by_members_who_can_come_as_they_say() {
    let convened = |mode| {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.ready("a", content);
        desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", mode, &["a"]);
        desk
    };
    let says = |desk: &mut Desk, person: &str, answer| {
        code(desk.sitting(person, "s", SittingCommand::Answer { answer }))
    };
    let mut desk = convened(Mode::InSeat);
    assert_eq!(says(&mut desk, "ass1", sitting::Answer::Present), "sitting_status");
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    assert_eq!(says(&mut desk, "ass1", sitting::Answer::Present), "ok");
    assert_eq!(says(&mut desk, "rp", sitting::Answer::Present), "not_a_member");
    assert_eq!(says(&mut desk, "ass1", sitting::Answer::Remote), "mode_in_seat");
    let mut desk = convened(Mode::Mixed);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    assert_eq!(says(&mut desk, "ass1", sitting::Answer::Remote), "ok");
}

#[test]
fn r3_10_who_is_left_out_of_the_names_has_not_abstained() {
    let mut desk = connected(|_| {});
    choose(&mut desk, "ass1", Choice::Favour).unwrap();
    let favour = Some(desk.first(9).into_iter().filter(|p| p != "ass1").collect());
    let without = VoteInput { favour, ..VoteInput::default() };
    assert_eq!(code(desk.vote("s", "a", without)), "choice_differs", "left out is abstained");
    desk.unanimous("s", "a").unwrap();
}
