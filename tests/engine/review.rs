// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a fresh reader found in the engine: each defect that was mended, as a test.

use crate::desk::{Desk, code, day, roll, rome, unanimous};
use crate::people::{Size, fiscal_code, mandate};
use delibera::domain::case::{CaseCommand, Content, OpinionOutcome};
use delibera::domain::registry::{Capacity, Mandate, Person, RegistryCommand, Role};
use delibera::domain::sitting::{Mode, SittingCommand};
use delibera::domain::workflow::{Lifecycle, OpinionKind};

fn direction(desk: &Desk, acknowledged: Option<&str>) -> Content {
    let mut content = desk.content();
    content.gates.direction_only = Some("indica una priorità".into());
    content.gates.direction_acknowledged_by = acknowledged.map(str::to_owned);
    content
}

#[test]
fn the_acknowledgement_is_the_segretarios_and_of_the_words_he_saw() {
    let mut desk = Desk::large();
    let forged = direction(&desk, Some("segretario"));
    desk.create("a", forged.clone()).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "direction_not_acknowledged");
    desk.case("rp", "a", CaseCommand::Edit { content: forged }).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "direction_not_acknowledged");
    let acknowledge = CaseCommand::AcknowledgeDirection;
    assert_eq!(code(desk.case("dir_area", "a", acknowledge.clone())), "signer_not_in_role");
    desk.case("segretario", "a", acknowledge.clone()).unwrap();
    let mut other = desk.of("a").content.clone();
    other.gates.direction_only = Some("indica altro".into());
    desk.case("rp", "a", CaseCommand::Edit { content: other }).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "direction_not_acknowledged");
    desk.case("segretario", "a", acknowledge.clone()).unwrap();
    // Other words elsewhere do not lose it.
    let mut typo = desk.of("a").content.clone();
    typo.text.push_str(" Visto lo statuto.");
    typo.gates.direction_acknowledged_by = None;
    desk.case("rp", "a", CaseCommand::Edit { content: typo }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    assert_eq!(code(desk.case("segretario", "a", acknowledge.clone())), "wrong_step");
    let plain = desk.content();
    desk.create("b", plain).unwrap();
    assert_eq!(code(desk.case("segretario", "b", acknowledge)), "direction_not_declared");
}

#[test]
fn nobody_acts_by_writing_an_earlier_hour() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.at("2024-06-28 09:00").submitted("a", content);
    desk.director_ends("2024-06-30");
    desk.at("2024-07-02 09:00");
    desk.happened = Some(rome("2024-06-30 12:00"));
    assert_eq!(code(desk.technical("dir_area", "a", "area")), "backdated");
    desk.happened = Some(rome("2024-07-03 12:00"));
    assert_eq!(code(desk.technical("segretario", "a", "area")), "fact_in_future");
}

#[test]
fn an_opinion_given_after_the_vote_does_not_stand_before_it() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let mut content = desk.of("a").content.clone();
    content.decision.push("di dare mandato agli uffici;".into());
    let amend = SittingCommand::Amend { case: "a".into(), content, formal: false, paper: None };
    desk.record_in("s", amend).unwrap();
    // The sitting was held on paper on the 6th; the opinions come on the 7th, the vote is entered
    // last.
    desk.at("2024-05-07 09:00").technical("dir_area", "a", "area").unwrap();
    desk.accounting("ragioniere", "a").unwrap();
    desk.legitimacy("segretario", "a").unwrap();
    desk.happened = Some(rome("2024-05-06 11:00"));
    assert_eq!(code(desk.unanimous("s", "a")), "opinion_after_vote");
}

#[test]
fn opinions_in_the_order_of_the_offices_where_the_rule_is_hierarchical() {
    let mut desk = Desk::with(Size::Large, &[("tech_opinion_order", "\"hierarchical\"")]);
    let mut content = desk.content();
    content.offices = vec!["area".into(), "casa".into()];
    desk.submitted("a", content);
    assert_eq!(code(desk.technical("dir_casa", "a", "casa")), "opinion_out_of_turn");
    desk.technical("dir_area", "a", "area").unwrap();
    desk.technical("dir_casa", "a", "casa").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::AccountingOpinion);
}

#[test]
fn opinions_in_any_order_where_the_rule_is_parallel() {
    let mut desk = Desk::with(Size::Large, &[("tech_opinion_order", "\"parallel\"")]);
    let mut content = desk.content();
    content.offices = vec!["area".into(), "casa".into()];
    desk.submitted("a", content);
    desk.technical("dir_casa", "a", "casa").unwrap();
    desk.technical("dir_area", "a", "area").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::AccountingOpinion);
}

#[test]
fn r1_9_the_same_answer_on_a_new_text_confirms_the_one_before() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.effects = crate::desk::money();
    content.offices.push("casa".into());
    desk.submitted("a", content);
    desk.carry("a", "ordine_del_giorno");
    assert!(desk.of("a").opinions.iter().all(|o| !o.confirmation), "each the first of its kind");
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Visto il piano.");
    let revise = CaseCommand::Revise { content, formal: false, paper: None };
    desk.case("rp", "a", revise).unwrap();
    let before = desk.of("a").opinions.len();
    desk.carry("a", "parere_contabile");
    let which = (OpinionKind::Accounting, "");
    let reasons = "Il capitolo non è capiente.";
    desk.opinion("ragioniere", "a", which, OpinionOutcome::Contrary, reasons).unwrap();
    let again = desk.of("a").opinions[before..].iter();
    let confirmed: Vec<(OpinionKind, bool)> = again.map(|o| (o.opinion, o.confirmation)).collect();
    let technical = (OpinionKind::Technical, true);
    assert_eq!(confirmed, [technical, technical, (OpinionKind::Accounting, false)]);
}

#[test]
fn a_withdrawn_proposal_goes_nowhere() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.work();
    let withdraw = CaseCommand::Withdraw { reason: "superata".into(), paper: None };
    desk.case("ass1", "a", withdraw).unwrap();
    let close = |note: &str| CaseCommand::Close { note: note.into() };
    let mut unsigned = desk.clone();
    unsigned.case("segreteria", "a", close("mai firmata")).unwrap();
    desk.sign_all("a");
    assert_eq!(desk.step("a"), "firma_proposta");
    assert_eq!(desk.lifecycle("a"), Lifecycle::Withdrawn);
    let motive = CaseCommand::MotivateDeparture { reasons: "x".into() };
    assert_eq!(code(desk.case("rp", "a", motive)), "case_over");
    desk.case("segreteria", "a", close("ritirata")).unwrap();
}

#[test]
fn mandates_end_once_and_nobody_is_the_system() {
    let mut desk = Desk::large();
    let end = |last: &str| RegistryCommand::EndMandate {
        mandate: "dir_casa-direttore".into(),
        last_day: day(last),
        act: "decreto".into(),
        at: None,
    };
    desk.registry(end("2024-05-31")).unwrap();
    assert_eq!(code(desk.registry(end("2025-05-31"))), "mandate_ended");
    desk.registry(end("2024-05-15")).unwrap();
    let impostor = RegistryCommand::RegisterPerson(Person {
        id: "system".into(),
        given_name: "A".into(),
        surname: "B".into(),
        fiscal_code: fiscal_code("impostor"),
        email: "a@b.it".into(),
        born: None,
    });
    assert_eq!(code(desk.registry(impostor)), "bad_id");
}

#[test]
fn the_title_that_lets_one_act_wins() {
    let mut desk = Desk::large();
    let decree = Mandate {
        id: "reggenza".into(),
        capacity: Capacity::Sostituto,
        act: "decreto di reggenza".into(),
        rank: 9,
        ..mandate("vicario", Role::Segretario, "Il Segretario reggente")
    };
    desk.registry(RegistryCommand::GrantMandate(decree)).unwrap();
    let signer =
        desk.world.registry.entitled("vicario", Role::Segretario, None, desk.today()).unwrap();
    assert_eq!(signer.title, "Il Segretario reggente");
}

#[test]
fn a_convened_sitting_moves_with_the_same_notice() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let to = |on: &str| SittingCommand::Move {
        date: day(on),
        time: "10:00:00".parse().unwrap(),
        place: String::new(),
        mode: None,
        reason: "impegni".into(),
        paper: None,
    };
    assert_eq!(code(desk.sitting("segreteria", "s", to("2024-05-02"))), "notice_too_short");
    assert_eq!(code(desk.sitting("segreteria", "s", to("2024-05-07"))), "not_the_convener");
    desk.sitting("sindaco", "s", to("2024-05-07")).unwrap();
    let nine = desk.first(9);
    assert_eq!(code(desk.at("2024-05-06 09:00").open("s", &nine)), "wrong_day");
    desk.at("2024-05-07 10:00").open("s", &nine).unwrap();
}

#[test]
fn the_same_text_again_is_no_new_version() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content.clone());
    let revise = CaseCommand::Revise { content, formal: false, paper: None };
    assert_eq!(code(desk.case("rp", "a", revise)), "nothing_changed");
}

#[test]
fn the_small_comune_walks_the_whole_way() {
    let mut desk = Desk::small();
    let mut content = desk.content();
    content.rapporteurs.clear();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    desk.at("2024-05-06 09:00");
    let present = desk.first(4);
    desk.open("s", &present).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.immediate("s", "a", unanimous()).unwrap();
    assert_eq!(desk.number("a"), None, "numbered at the closing");
    desk.close("s").unwrap();
    assert_eq!(desk.number("a"), Some(1));
    desk.at("2024-05-06 12:00").carry("a", "chiusura");
    desk.sign_all("a");
    let posting = desk.of("a").posting.clone().unwrap();
    assert_eq!((posting.number, posting.day), (100, day("2024-05-06")));
    let replayed = desk.replayed();
    assert_eq!(format!("{:?}", replayed.cases), format!("{:?}", desk.world.cases));
}

#[test]
fn the_chair_must_be_in_the_seat_where_the_rule_says_so() {
    let mut desk = Desk::with(Size::Large, &[("remote_president_must_be_in_seat", "true")]);
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let mut present = roll(&desk.first(9));
    present[1].remote = true;
    let open = SittingCommand::Open {
        present,
        verbalizer: None,
        verbalizer_remote: false,
        assisting: vec!["dir_gen".into()],
    };
    desk.at("2024-05-06 09:00").sitting("segretario", "s", open).unwrap();
    desk.leave("s", "sindaco").unwrap();
    assert_eq!(desk.held("s").president(), "ass1", "the Vicesindaco is connected from elsewhere");
    let enter = SittingCommand::Enter { person: "sindaco".into(), remote: true };
    desk.record_in("s", enter).unwrap();
    assert_eq!(desk.held("s").president(), "ass1");
}

#[test]
fn r1_9_after_a_rework_the_opinions_of_the_round_before_do_not_come_back() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    assert_eq!(desk.step("a"), "parere_contabile");
    let (office, reasons) = (String::new(), "Manca il quadro economico.".to_owned());
    let back = CaseCommand::Return { office, reasons, paper: None };
    desk.case("ragioniere", "a", back).unwrap();
    desk.case("rp", "a", CaseCommand::Rework).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    let case = desk.of("a");
    assert_eq!(case.versions[0].hash, case.versions[1].hash, "not a word was changed");
    assert_eq!(desk.step("a"), "pareri_tecnici", "asked again");
    desk.technical("dir_area", "a", "area").unwrap();
    assert_eq!(desk.step("a"), "parere_contabile");
}

#[test]
fn r1_9_the_text_of_an_adopted_act_is_not_revised_in_the_offices() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content.clone(), false);
    desk.at("2024-05-06 12:00").carry("a", "verifica_privacy");
    let content = Content { text: "Un altro testo.".into(), ..content };
    for (who, formal) in [("rp", false), ("segretario", true)] {
        let content = content.clone();
        let revise = CaseCommand::Revise { content, formal, paper: None };
        assert_eq!(code(desk.case(who, "a", revise)), "wrong_step", "{who}");
    }
}

#[test]
fn r5_6_a_name_is_made_of_letters_digits_and_hyphens() {
    let mut desk = Desk::large();
    let content = desk.content();
    for wrong in ["", "a b", "è", "../a", &"a".repeat(65)] {
        assert_eq!(code(desk.create(wrong, content.clone())), "bad_id", "«{wrong}»");
    }
    let schedule = SittingCommand::Schedule {
        organ: "giunta".into(),
        date: day("2024-05-06"),
        time: "09:00:00".parse().unwrap(),
        place: String::new(),
        mode: Mode::InSeat,
    };
    assert_eq!(code(desk.sitting("segreteria", "a b", schedule)), "bad_id", "a sitting too");
    desk.create(&"a".repeat(64), content.clone()).unwrap();
    desk.create("Atto-1_b", content).unwrap();
}
