// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who presides, who records, what replaces a notice: a sitting that cannot write a false act.

use crate::desk::{Answer, Desk, code, day, roll, rome, unanimous, votes};
use crate::people::Size;
use delibera::domain::law::ballot::Casting;
use delibera::domain::papers::sitting_paper;
use delibera::domain::sitting::{
    Attendance, ConflictStance, ItemOutcome, Leaving, Mode, SecretTotals, SittingCommand, Status,
    VoteInput,
};

const IN_SEAT: (&str, &str) = ("remote_president_must_be_in_seat", "true");

/// A mixed sitting with these people remote; nine present.
fn mixed(keys: &[(&str, &str)], remote: &[&str]) -> (Desk, Answer) {
    let mut desk = Desk::with(Size::Large, keys);
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let mut present = roll(&desk.first(9));
    present.iter_mut().for_each(|a| a.remote = remote.contains(&a.person.as_str()));
    let answer = desk.at("2024-05-06 09:00").sitting("segretario", "s", opening(present, &[]));
    (desk, answer)
}

fn opening(present: Vec<Attendance>, assisting: &[&str]) -> SittingCommand {
    SittingCommand::Open {
        present,
        verbalizer: None,
        verbalizer_remote: false,
        assisting: assisting.iter().map(|p| (*p).to_owned()).collect(),
    }
}

fn conflict(desk: &mut Desk, person: &str, stance: ConflictStance) {
    let (case, person, reason) = ("a".to_owned(), person.to_owned(), "parentela".to_owned());
    let declare = SittingCommand::DeclareConflict { case, person, stance, reason };
    desk.record_in("s", declare).unwrap();
}

#[test]
fn r3_3_when_nobody_in_the_seat_can_preside_the_sitting_stops() {
    let others = ["vicesindaco", "ass1", "ass2", "ass3", "ass4", "ass5", "ass6", "ass7"];
    let (mut desk, opened) = mixed(&[IN_SEAT], &others);
    opened.unwrap();
    desk.call("s", "a").unwrap();
    desk.leave("s", "sindaco").unwrap();
    let sitting = desk.held("s");
    assert_eq!((sitting.status, sitting.chair()), (Status::Suspended, None));
    assert_eq!(code(desk.unanimous("s", "a")), "sitting_status");
    let remote = |p: &str| Attendance { person: p.into(), remote: true };
    let present: Vec<Attendance> = others.map(remote).to_vec();
    let resume = SittingCommand::Resume { present: present.clone() };
    assert_eq!(code(desk.record_in("s", resume)), "must_be_in_seat");
    let mut with_one = present;
    with_one[1].remote = false;
    desk.record_in("s", SittingCommand::Resume { present: with_one }).unwrap();
    desk.unanimous("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!(treatment.president.person, "ass1");
    assert!(treatment.members.iter().any(|m| m.person == "ass1" && m.present && !m.remote));
}

#[test]
fn t_63_a_remote_sindaco_leaves_the_chair_to_who_is_in_the_seat() {
    let (mut desk, opened) = mixed(&[IN_SEAT], &["sindaco"]);
    opened.unwrap();
    let chair = desk.held("s").chair().unwrap();
    assert_eq!(
        (chair.person.as_str(), chair.reason.as_str()),
        ("vicesindaco", "partecipando il Sindaco a distanza")
    );
    // Absent, then connected: the same person presides, for another reason.
    desk.leave("s", "sindaco").unwrap();
    assert_eq!(desk.held("s").chair().unwrap().reason, "in assenza del Sindaco");
    let enter = SittingCommand::Enter { person: "sindaco".into(), remote: true };
    desk.record_in("s", enter).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let reason = desk.of("a").treatment.clone().unwrap().president_reason;
    assert_eq!(reason, "partecipando il Sindaco a distanza");
    // Without the rule he presides from where he is; with nobody in the seat nothing opens.
    assert_eq!(mixed(&[], &["sindaco"]).0.held("s").president(), "sindaco");
    let all = Size::Large.members();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(code(mixed(&[IN_SEAT], &all).1), "must_be_in_seat");
}

#[test]
fn r3_3_no_reason_is_given_where_the_sindaco_presides() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    assert_eq!(desk.held("s").chair().unwrap().reason, "");
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!(
        (treatment.president.person, treatment.president_reason),
        ("sindaco".into(), String::new())
    );
}

#[test]
fn r3_9_who_must_abstain_may_close_an_item_but_presides_no_vote() {
    let mut desk = Desk::large();
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    for person in desk.first(7) {
        conflict(&mut desk, &person, ConflictStance::Stays);
    }
    assert_eq!(desk.held("s").status, Status::Open);
    assert_eq!(code(desk.unanimous("s", "a")), "nobody_votes");
    let (case, reason) = ("a".to_owned(), "tutti devono astenersi".to_owned());
    desk.record_in("s", SittingCommand::Postpone { case, reason, next_sitting: None }).unwrap();
    assert_eq!(desk.of("a").not_voted[0].outcome, ItemOutcome::Postponed);
}

#[test]
fn t_16_the_casting_vote_is_the_one_the_president_cast() {
    let six = |with: &str| ["ass1", "ass2", "ass3", "ass4", "ass5", with].map(String::from);
    let cast = |against: [String; 6], casting| VoteInput {
        against: against.to_vec(),
        casting: Some(casting),
        ..VoteInput::default()
    };
    let mut desk = Desk::with(Size::Large, &[("casting_vote", "true")]);
    desk.in_sitting(12, &["a"]);
    desk.call("s", "a").unwrap();
    let false_one = cast(six("sindaco"), Casting::Favour);
    assert_eq!(code(desk.vote("s", "a", false_one)), "casting_not_his");
    assert_eq!(code(desk.vote("s", "a", cast(six("ass6"), Casting::Against))), "casting_not_his");
    let mut rejected = desk.clone();
    rejected.vote("s", "a", cast(six("sindaco"), Casting::Against)).unwrap();
    rejected.proclaim("s", "a").unwrap();
    assert!(!rejected.of("a").is_adopted());
    desk.vote("s", "a", cast(six("ass6"), Casting::Favour)).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert!(desk.of("a").is_adopted());
}

fn secret() -> Desk {
    let mut desk = Desk::with(Size::Large, &[("casting_vote", "true")]);
    let mut content = desk.content();
    content.gates.secret_ballot = Some("apprezzamento di persone".into());
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let present = desk.first(12);
    desk.at("2024-05-06 09:00").open("s", &present).unwrap();
    desk.call("s", "a").unwrap();
    desk
}

#[test]
fn r3_8_a_secret_ballot_has_no_casting_vote_and_the_second_ballot_is_open() {
    let totals = |favour, against, blank| {
        let totals = Some(SecretTotals { favour, against, blank, void: 0 });
        VoteInput { totals, ..VoteInput::default() }
    };
    let mut desk = secret();
    let casting = VoteInput { casting: Some(Casting::Favour), ..totals(6, 6, 0) };
    assert_eq!(code(desk.vote("s", "a", casting)), "casting_not_his");
    desk.vote("s", "a", totals(10, 1, 1)).unwrap();
    desk.proclaim("s", "a").unwrap();
    assert_eq!(code(desk.immediate("s", "a", totals(10, 0, 2))), "open_ballot_due");
    desk.immediate("s", "a", votes(&["ass1"], &["ass2"])).unwrap();
    desk.close("s").unwrap();
    let printed = desk.printed("a", "deliberazione").unwrap().context;
    let ballot = &printed["immediate_ballot"]["vote"];
    assert_eq!((&ballot["favour"], &ballot["against"]), (&10.into(), &1.into()));
    assert_eq!(ballot["secret"], serde_json::Value::Null);
}

#[test]
fn who_does_not_record_does_not_open_a_sitting() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let nine = roll(&desk.first(9));
    desk.at("2024-05-06 09:00");
    for person in ["ragioniere", "ass1", "rp"] {
        let answer = desk.sitting(person, "s", opening(nine.clone(), &[]));
        assert_eq!(code(answer), "not_the_recorder", "{person}");
    }
    assert_eq!(
        code(desk.sitting("segretario", "s", opening(nine.clone(), &["ignoto"]))),
        "assistant_unknown"
    );
    assert_eq!(
        code(desk.sitting("segretario", "s", opening(nine.clone(), &["ass11"]))),
        "member_assists"
    );
    desk.sitting("segreteria", "s", opening(nine, &["ragioniere"])).unwrap();
    assert_eq!(desk.held("s").assisting[0].person, "ragioniere");
}

fn to(on: &str, mode: Option<Mode>) -> SittingCommand {
    SittingCommand::Move {
        date: day(on),
        time: "10:00:00".parse().unwrap(),
        place: String::new(),
        mode,
        reason: "impegni".into(),
        paper: None,
    }
}

#[test]
fn row_9_a_convened_sitting_moves_with_a_notice_its_convener_signs() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::InSeat, &["a"]);
    desk.sitting("segreteria", "s", to("2024-05-08", None)).unwrap();
    assert_eq!(desk.held("s").notice, None, "nothing was sent yet");
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let first = desk.held("s").notice.clone();
    assert_eq!(code(desk.sitting("segreteria", "s", to("2024-05-09", None))), "not_the_convener");
    desk.sitting("sindaco", "s", to("2024-05-09", Some(Mode::Mixed))).unwrap();
    let sitting = desk.held("s");
    assert_eq!((sitting.agenda_version, sitting.mode), (2, Mode::Mixed));
    assert_ne!(sitting.notice, first);
    assert!(desk.mails("argomento-convocato").iter().filter(|p| *p == "dir_area").count() == 2);
    // Cancelled: the convener again, on a signed notice; members and directors are told.
    let cancel = || SittingCommand::Cancel { reason: "impegni".into(), paper: None };
    assert_eq!(code(desk.sitting("segreteria", "s", cancel())), "not_the_convener");
    desk.sitting("sindaco", "s", cancel()).unwrap();
    let told = desk.mails("seduta-annullata");
    assert!(told.contains(&"vicario".into()) && told.contains(&"ass11".into()), "{told:?}");
    assert!(desk.mails("argomento-tolto").contains(&"dir_area".into()));
}

#[test]
fn row_10_members_are_told_of_an_item_taken_off_what_they_were_sent() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content.clone());
    desk.ready("b", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a", "b"]);
    let reason = "serve altra istruttoria".to_owned();
    let remove = SittingCommand::RemoveItem { case: "a".into(), reason, paper: None };
    desk.sitting("ass1", "s", remove).unwrap();
    let told = desk.mails("argomento-tolto");
    assert!(
        ["sindaco", "ass11", "vicario", "rp"].iter().all(|p| told.contains(&(*p).into())),
        "{told:?}"
    );
}

#[test]
fn r3_9_who_left_for_an_item_is_out_until_it_ends_and_both_hours_are_printed() {
    let mut desk = Desk::large();
    desk.in_sitting(10, &["a", "b"]);
    desk.at("2024-05-06 09:05").call("s", "a").unwrap();
    desk.at("2024-05-06 09:10");
    conflict(&mut desk, "ass3", ConflictStance::Leaves);
    assert_eq!(code(desk.enter("s", "ass3")), "left_for_the_item");
    let back = SittingCommand::CorrectPresence {
        person: "ass3".into(),
        present: true,
        remote: false,
        reason: "era rientrato".into(),
    };
    assert_eq!(code(desk.record_in("s", back)), "left_for_the_item");
    desk.unanimous("s", "a").unwrap();
    let mut early = desk.clone();
    early.enter("s", "ass3").unwrap();
    assert_eq!(code(early.immediate("s", "a", unanimous())), "left_for_the_item");
    desk.immediate("s", "a", unanimous()).unwrap();
    desk.at("2024-05-06 09:25").enter("s", "ass3").unwrap();
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    desk.close("s").unwrap();
    let printed = desk.printed("a", "deliberazione").unwrap().context;
    let line = &printed["meeting"]["conflicts"][0];
    assert_eq!((&line["left"], &line["returned"]), (&"09:10".into(), &"09:25".into()));
}

#[test]
fn r2_8_minutes_name_and_are_signed_by_everyone_who_presided_an_item() {
    let mut desk = Desk::with(Size::Large, &[("minutes_wanted", "true")]);
    desk.in_sitting(10, &["a", "b"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.at("2024-05-06 09:40").leave("s", "sindaco").unwrap();
    let mut alone = desk.clone();
    let signers = |desk: &mut Desk| {
        desk.close("s").unwrap();
        let plan = desk.held("s").paper("verbale_seduta").unwrap().plan.clone();
        let people = plan.slots.iter().map(|s| s.signer.as_ref().unwrap().person.clone());
        (people.collect::<Vec<_>>(), sitting_paper("s", &plan, &desk.world).unwrap().context)
    };
    let (people, facts) = signers(&mut alone);
    assert_eq!(people, ["sindaco", "segretario"], "he presided all that was done");
    assert_eq!(facts["chairs"][0]["reason"], "");
    assert_eq!(
        (&facts["chairs"][1]["from"], &facts["chairs"][1]["reason"]),
        (&"09:40".into(), &"in assenza del Sindaco".into())
    );
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    assert_eq!(signers(&mut desk).0, ["sindaco", "vicesindaco", "segretario"]);
}

#[test]
fn r3_13_the_extract_names_the_relatore_who_withdrew() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.rapporteurs = vec!["ass1".into(), "ass11".into()];
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let nine = desk.first(9);
    desk.at("2024-05-06 09:00").open("s", &nine).unwrap();
    desk.call("s", "a").unwrap();
    let withdraw = |by: &str| SittingCommand::WithdrawItem {
        case: "a".into(),
        by: by.into(),
        reason: "nuova istruttoria".into(),
    };
    for by in ["ass11", "ass2", "ignoto"] {
        assert_eq!(code(desk.record_in("s", withdraw(by))), "no_rapporteur", "{by}");
    }
    desk.record_in("s", withdraw("ass1")).unwrap();
    let printed = desk.printed("a", "estratto_verbale").unwrap().context;
    assert_eq!(printed["withdrawn_by"]["name"], desk.world.registry.name("ass1"));
    let told = [desk.mails("esito-trattazione"), desk.mails("proposta-ritirata")].concat();
    assert_eq!(told.iter().filter(|p| *p == "rp").count(), 1, "one fact, one message: {told:?}");
}

#[test]
fn row_13_a_corrected_outcome_takes_its_extract_with_it() {
    let six = ["ass1", "ass2", "ass3", "ass4", "ass5", "ass6"];
    let correct = |vote| SittingCommand::CorrectProclamation {
        case: "a".into(),
        vote,
        present: None,
        reason: "conteggio errato".into(),
    };
    let mut desk = Desk::with(Size::Large, &[("number_assigned_at", "\"sitting_close\"")]);
    desk.in_sitting(12, &["a"]);
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", votes(&six, &[])).unwrap();
    desk.proclaim("s", "a").unwrap();
    desk.work();
    desk.sign_all("a");
    desk.record_in("s", correct(votes(&six[..5], &[]))).unwrap();
    let extract = desk.of("a").paper("estratto_verbale-s").unwrap().clone();
    assert!(extract.dropped && extract.open_slots().next().is_none(), "{extract:?}");
    // Rejected after all: the extract is made again, on the right count, and signed again.
    desk.record_in("s", correct(votes(&six, &["ass7"]))).unwrap();
    let extract = desk.of("a").paper("estratto_verbale-s").unwrap().clone();
    assert!(!extract.dropped && extract.signed.is_empty());
    let printed = desk.printed("a", "estratto_verbale").unwrap().context;
    assert_eq!((&printed["rejected"], &printed["vote"]["favour"]), (&true.into(), &5.into()));
    // Approved at first: the extract is owed from the correction on.
    let mut other = Desk::with(Size::Large, &[("number_assigned_at", "\"sitting_close\"")]);
    other.in_sitting(12, &["a"]);
    other.call("s", "a").unwrap();
    other.unanimous("s", "a").unwrap();
    assert!(other.of("a").paper("estratto_verbale-s").is_none());
    other.record_in("s", correct(votes(&six, &[]))).unwrap();
    assert!(other.of("a").paper("estratto_verbale-s").is_some());
}

#[test]
fn r2_7_a_presence_wrong_at_a_proclaimed_vote_is_corrected_with_it() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let presence = || SittingCommand::CorrectPresence {
        person: "ass7".into(),
        present: false,
        remote: false,
        reason: "scambiato nell'appello".into(),
    };
    assert_eq!(code(desk.record_in("s", presence())), "already_proclaimed");
    let right = |n: usize| SittingCommand::CorrectProclamation {
        case: "a".into(),
        vote: unanimous(),
        present: Some(roll(&Size::Large.members()[..n])),
        reason: "scambiato nell'appello".into(),
    };
    assert_eq!(code(desk.record_in("s", right(6))), "no_quorum");
    desk.record_in("s", right(8)).unwrap();
    desk.record_in("s", presence()).unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.ballot.unwrap().favour.len()), (8, 8));
    assert_eq!(desk.held("s").present_at(rome("2024-05-06 09:00")).count(), 8);
}

#[test]
fn r3_10_nobody_becomes_connected_to_a_sitting_in_the_seat_by_correcting_its_proclamation() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let mut present = roll(&desk.first(9));
    present[3].remote = true;
    let (case, reason) = ("a".to_owned(), "collegato, non in sala".to_owned());
    let (vote, present) = (unanimous(), Some(present));
    let correct = SittingCommand::CorrectProclamation { case, vote, present, reason };
    assert_eq!(code(desk.record_in("s", correct)), "mode_in_seat");
}

#[test]
fn r3_10_the_act_says_whether_its_verbalizer_was_connected() {
    for verbalizer_remote in [true, false] {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.ready("a", content);
        desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
        desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
        let (present, assisting) = (roll(&desk.first(9)), Vec::new());
        let open = SittingCommand::Open { present, verbalizer: None, verbalizer_remote, assisting };
        desk.at("2024-05-06 09:00").sitting("segretario", "s", open).unwrap();
        desk.call("s", "a").unwrap();
        desk.unanimous("s", "a").unwrap();
        let treatment = desk.of("a").treatment.clone().unwrap();
        assert_eq!(treatment.verbalizer_remote, verbalizer_remote);
    }
}

#[test]
fn practice_1_1_the_gate_is_overridden_by_president_and_verbalizer() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Emendato.");
    let (case, formal, paper) = ("a".to_owned(), false, None);
    desk.record_in("s", SittingCommand::Amend { case, content, formal, paper }).unwrap();
    let vote = || SittingCommand::Vote {
        case: "a".into(),
        vote: unanimous(),
        override_reason: "termine perentorio".into(),
    };
    assert_eq!(code(desk.sitting("segreteria", "s", vote())), "not_the_verbalizer");
    desk.sitting("segretario", "s", vote()).unwrap();
    let anomaly = desk.held("s").item("a").unwrap().anomalies[0].text.clone();
    let registry = &desk.world.registry;
    for who in ["sindaco", "segretario"] {
        assert!(anomaly.contains(&registry.name(who)), "{who}: {anomaly}");
    }
}

#[test]
fn r3_4_two_at_a_vote_are_a_warning_in_the_draft_minutes() {
    let keys = [("quorum_structural", "\"fixed:2\"")];
    let mut desk = Desk::with(Size::Small, &keys);
    let mut content = desk.content();
    content.rapporteurs.clear();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let two = desk.first(2);
    desk.at("2024-05-06 09:00").open("s", &two).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let plan = desk.held("s").paper("brogliaccio").unwrap().plan.clone();
    let facts = sitting_paper("s", &plan, &desk.world).unwrap().context;
    assert_eq!(facts["items"][0]["few_members"], true);
}

#[test]
fn row_12_who_has_no_act_in_a_sitting_hears_nothing_of_its_outcomes() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let told = desk.mails("esiti-seduta");
    assert!(told.contains(&"rp".into()) && !told.contains(&"ragioniere".into()), "{told:?}");
    let lost = SittingCommand::Leave { person: "ass1".into(), why: Leaving::LineLost };
    assert_eq!(code(desk.record_in("s", lost)), "sitting_status");
}
