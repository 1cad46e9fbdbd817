// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sections 3 and 4: secret ballots, ties, the second ballot, wrong proclamations.

use crate::desk::{Desk, code, unanimous, votes};
use crate::people::Size;
use delibera::domain::case::{Efficacy, Ending};
use delibera::domain::effects::case_rows;
use delibera::domain::law::ballot::Casting;
use delibera::domain::rows::Row;
use delibera::domain::sitting::{
    ConflictStance, ItemOutcome, SecretTotals, SittingCommand, VoteInput,
};
use delibera::domain::workflow::Lifecycle;

const SIX: [&str; 6] = ["ass1", "ass2", "ass3", "ass4", "ass5", "ass6"];

fn secret(favour: u32, against: u32, blank: u32) -> VoteInput {
    let totals = Some(SecretTotals { favour, against, blank, void: 0 });
    VoteInput { totals, ..VoteInput::default() }
}

fn secret_item(desk: &mut Desk, n: usize) {
    let mut content = desk.content();
    content.gates.secret_ballot = Some("apprezzamento di persone".into());
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let present = desk.first(n);
    desk.at("2024-05-06 09:00").open("s", &present).unwrap();
    desk.call("s", "a").unwrap();
}

#[test]
fn t_62_blank_ballots_in_a_secret_vote() {
    for (count, outcome) in [("true", ItemOutcome::Rejected), ("false", ItemOutcome::Approved)] {
        let keys = [("vote_base", "\"votanti\""), ("blank_ballots_count", count)];
        let mut desk = Desk::with(Size::Large, &keys);
        secret_item(&mut desk, 11);
        assert_eq!(code(desk.unanimous("s", "a")), "secret_ballot_due");
        desk.vote("s", "a", secret(5, 4, 2)).unwrap();
        desk.proclaim("s", "a").unwrap();
        let treatment = desk.of("a").treatment.clone().unwrap();
        assert_eq!(treatment.outcome, outcome);
        let ballot = treatment.ballot.unwrap();
        assert!(ballot.favour.is_empty() && ballot.against.is_empty(), "only totals");
    }
}

#[test]
fn secret_totals_cannot_exceed_who_may_vote() {
    let mut desk = Desk::large();
    secret_item(&mut desk, 9);
    let (case, person) = ("a".to_owned(), "ass3".to_owned());
    let (stance, reason) = (ConflictStance::Stays, String::new());
    let declare = SittingCommand::DeclareConflict { case, person, stance, reason };
    desk.record_in("s", declare).unwrap();
    assert_eq!(code(desk.vote("s", "a", secret(9, 0, 0))), "more_votes_than_present");
    desk.vote("s", "a", secret(8, 0, 0)).unwrap();
    let mut named = secret(1, 0, 0);
    named.against = vec!["ass4".into()];
    let (case, reason) = ("a".to_owned(), "errore".to_owned());
    let correct = SittingCommand::CorrectVote { case, vote: named, reason };
    assert_eq!(code(desk.record_in("s", correct)), "names_in_secret_ballot");
}

#[test]
fn t_16_a_tie_and_the_casting_vote() {
    let six_against = votes(&SIX, &[]);
    let mut desk = Desk::large();
    desk.in_sitting(12, &["a"]);
    desk.call("s", "a").unwrap();
    let casting = VoteInput { casting: Some(Casting::Favour), ..six_against.clone() };
    assert_eq!(code(desk.vote("s", "a", casting.clone())), "no_casting_vote");
    desk.vote("s", "a", six_against).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert_eq!((desk.of("a").ending, desk.number("a")), (Some(Ending::Rejected), None));
    let mut desk = Desk::with(Size::Large, &[("casting_vote", "true")]);
    desk.in_sitting(12, &["a"]);
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", casting).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert!(desk.of("a").is_adopted());
    let second = VoteInput { against: SIX.map(String::from).to_vec(), ..VoteInput::default() };
    desk.immediate("s", "a", second).unwrap();
    assert!(!desk.of("a").is_immediate(), "the casting vote is not an extra vote");
}

#[test]
fn t_23_the_second_ballot_has_its_own_majority() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let none =
        SittingCommand::VoteImmediate { case: "a".into(), vote: unanimous(), reasons: "  ".into() };
    assert_eq!(code(desk.record_in("s", none)), "urgency_not_motivated");
    desk.immediate("s", "a", votes(&[], &["ass1", "ass2", "ass3"])).unwrap();
    let ballot = desk.of("a").immediate.clone().unwrap();
    assert_eq!((ballot.declared, ballot.required, ballot.ballot.favour.len()), (false, 7, 6));
    assert_eq!(desk.efficacy_on("a", "2024-05-06"), Efficacy::None);
    assert!(desk.of("a").is_adopted());
    assert_eq!(code(desk.immediate("s", "a", unanimous())), "immediate_out_of_turn", "once");
}

#[test]
fn the_second_ballot_is_right_after_approval() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    // All at the same minute, as on paper: the order of the facts decides, not the clock.
    let minute = crate::desk::rome("2024-05-06 11:05");
    desk.at("2024-05-06 12:00");
    desk.happened = Some(minute);
    desk.call("s", "a").unwrap();
    assert_eq!(code(desk.immediate("s", "a", unanimous())), "immediate_out_of_turn");
    desk.unanimous("s", "a").unwrap();
    let mut on = desk.clone();
    on.immediate("s", "a", unanimous()).unwrap();
    desk.call("s", "b").unwrap();
    assert_eq!(code(desk.immediate("s", "a", unanimous())), "immediate_out_of_turn");
    desk.unanimous("s", "b").unwrap();
    desk.immediate("s", "b", unanimous()).unwrap();
    desk.close("s").unwrap();
    assert_eq!(code(desk.immediate("s", "b", unanimous())), "sitting_status");
    assert!(desk.of("b").is_immediate() && !desk.of("a").is_immediate());
}

#[test]
fn unanimous_needs_someone_who_votes() {
    let mut desk = Desk::large();
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    for person in desk.first(7) {
        let (case, stance) = ("a".to_owned(), ConflictStance::Stays);
        let reason = "interesse".into();
        desk.record_in("s", SittingCommand::DeclareConflict { case, person, stance, reason })
            .unwrap();
    }
    assert_eq!(code(desk.unanimous("s", "a")), "nobody_votes");
}

#[test]
fn a_wrong_approval_is_corrected_the_number_stays() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.immediate("s", "a", unanimous()).unwrap();
    desk.call("s", "b").unwrap();
    let correct = |vote: VoteInput| SittingCommand::CorrectProclamation {
        case: "a".into(),
        vote,
        present: None,
        reason: "conteggio errato".into(),
    };
    desk.record_in("s", correct(votes(&SIX, &[]))).unwrap();
    let case = desk.of("a");
    assert_eq!((case.ending, desk.number("a")), (Some(Ending::Rejected), Some(1)));
    assert!(case.immediate.is_none() && desk.held("s").item("a").unwrap().immediate.is_none());
    assert_eq!(desk.efficacy_on("a", "2024-05-06"), Efficacy::None);
    // And back: the number is the same one.
    let mut back = desk.clone();
    back.record_in("s", correct(unanimous())).unwrap();
    assert_eq!((back.of("a").ending, back.number("a")), (None, Some(1)));
    desk.unanimous("s", "b").unwrap();
    assert_eq!(desk.number("b"), Some(2));
    desk.close("s").unwrap();
    assert_eq!(code(desk.record_in("s", correct(unanimous()))), "sitting_status");
    // The negative deliberation is composed, signed, posted, and never effective.
    assert_eq!(desk.step("a"), "firma");
    desk.at("2024-05-06 12:00").carry("a", "chiusura");
    assert_eq!(desk.lifecycle("a"), Lifecycle::Rejected);
    assert_eq!(desk.efficacy_on("a", "2024-12-31"), Efficacy::None);
    desk.at("2024-05-20 09:00");
    let certify = delibera::domain::case::CaseCommand::CertifyEffect;
    assert_eq!(code(desk.case("system", "a", certify)), "never_effective");
    assert!(desk.mails("esito-trattazione").contains(&"rp".to_owned()), "the office is told");
}

#[test]
fn a_wrong_rejection_is_corrected_and_takes_its_number() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.council = delibera::domain::case::CouncilGate::UrgentVariation;
    content.gates.effects = crate::desk::money();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let present = desk.first(12);
    desk.at("2024-05-06 09:00").open("s", &present).unwrap();
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", votes(&SIX, &[])).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert_eq!(desk.number("a"), None);
    desk.leave("s", "ass10").unwrap();
    let (case, reason) = ("a".to_owned(), "sette favorevoli".to_owned());
    let vote = votes(&SIX[..5], &[]);
    desk.record_in("s", SittingCommand::CorrectProclamation { case, vote, present: None, reason })
        .unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.ballot.unwrap().favour.len()), (12, 7));
    assert_eq!((desk.number("a"), desk.of("a").ending), (Some(1), None));
    assert!(desk.of("a").duties.contains_key("consiglio"), "the Consiglio must ratify it");
    desk.immediate("s", "a", unanimous()).unwrap();
    desk.close("s").unwrap();
    assert_eq!(desk.step("a"), "firma");
}

#[test]
fn a_rejected_item_is_numbered_where_the_rule_says_so() {
    let keys = [("number_rejected", "true")];
    let mut desk = Desk::with(Size::Large, &keys);
    desk.in_sitting(12, &["a"]);
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", votes(&SIX, &[])).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert_eq!(desk.number("a"), Some(1));
    desk.close("s").unwrap();
    desk.at("2024-05-06 12:00").carry("a", "chiusura");
    assert_eq!(desk.lifecycle("a"), Lifecycle::Rejected);
    assert!(desk.of("a").posting.is_some());
    assert_eq!(note(&desk, "a"), "non approvata", "the register says so");
}

/// What the register of deliberazioni notes beside an act.
fn note(desk: &Desk, id: &str) -> String {
    let mut lines = case_rows(&desk.world, desk.of(id)).into_iter().filter_map(|row| match row {
        Row::Register(line) if line.register == "deliberazioni" => Some(line.note),
        _ => None,
    });
    lines.next_back().unwrap()
}

#[test]
fn the_register_notes_what_an_act_is_and_nothing_it_is_not() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    for id in ["a", "b"] {
        desk.call("s", id).unwrap();
        desk.unanimous("s", id).unwrap();
    }
    desk.immediate("s", "b", unanimous()).unwrap();
    assert_eq!(
        (note(&desk, "a").as_str(), note(&desk, "b").as_str()),
        ("", "immediatamente eseguibile")
    );
}

#[test]
fn the_base_of_the_presenti_counts_who_abstains() {
    // T-15 through the engine: four in favour, one against, three abstained.
    for (base, outcome) in
        [("\"votanti\"", ItemOutcome::Approved), ("\"presenti\"", ItemOutcome::Rejected)]
    {
        let mut desk = Desk::with(Size::Large, &[("vote_base", base)]);
        desk.in_sitting(8, &["a"]);
        desk.call("s", "a").unwrap();
        desk.vote("s", "a", votes(&["ass1"], &["ass2", "ass3", "ass4"])).unwrap();
        desk.proclaim("s", "a").unwrap();
        assert_eq!(desk.of("a").treatment.as_ref().unwrap().outcome, outcome);
    }
}

#[test]
fn formal_amendments_keep_the_opinions_and_cannot_touch_the_answers_of_law() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let mut content = desk.of("a").content.clone();
    content.gates.effects = crate::desk::money();
    let amend =
        |content| SittingCommand::Amend { case: "a".into(), content, formal: true, paper: None };
    assert_eq!(code(desk.record_in("s", amend(content.clone()))), "not_formal");
    content.gates.effects = delibera::domain::case::Effects::None;
    content.text = "Premesso che la lettura  giova a tutti.".into();
    desk.record_in("s", amend(content)).unwrap();
    desk.unanimous("s", "a").unwrap();
    let case = desk.of("a");
    let treatment = case.treatment.clone().unwrap();
    assert_eq!(treatment.version, 2);
    assert_ne!(treatment.hash, case.opinions[0].hash, "a certified formal variant (I9)");
    desk.close("s").unwrap();
    desk.printed("a", "deliberazione").unwrap();
}
