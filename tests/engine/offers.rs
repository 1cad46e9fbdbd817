// SPDX-License-Identifier: AGPL-3.0-or-later
//! What could be asked of an act and of a sitting at each point of their life: pages and programs show
//! this list and no other, so what is missing from it cannot be done by anybody.

use crate::desk::{Desk, day, opening, roll, unanimous, votes};
use crate::people::Size;
use delibera::domain::case::{CaseCommand, Effect, Touch};
use delibera::domain::changes::Changes;
use delibera::domain::command::Command;
use delibera::domain::offers::{ask, of_case, of_sitting};
use delibera::domain::sitting::{Choice, ConflictStance, Mode, SittingCommand, members};

fn named(command: &Command, about: &str) -> String {
    format!("{} {about}", command.token()).trim_end().to_owned()
}

/// What could be asked of the act "a": token of the command, and what it is about.
fn of_act(desk: &Desk) -> Vec<String> {
    let offers = of_case(&desk.world, desk.of("a"), desk.today()).into_iter();
    let said = offers.map(|offer| {
        named(&Command::Case { id: "a".into(), command: offer.command }, &offer.about)
    });
    said.collect()
}

fn asked_of_room(desk: &Desk) -> Vec<(String, Command)> {
    let sitting = desk.held("s");
    // As a page asks: before the opening, who would be called.
    let changes = Changes::new(desk.world.clone(), desk.ctx("segretario"));
    let members = match sitting.members.as_slice() {
        [] => members(&changes, desk.now),
        known => known.to_vec(),
    };
    let offers = of_sitting(&desk.world, sitting, &members).into_iter();
    let said = offers.map(|offer| {
        let command = Command::Sitting { id: "s".into(), command: offer.command };
        (named(&command, &offer.about), command)
    });
    said.collect()
}

/// What could be asked of the sitting "s".
fn of_room(desk: &Desk) -> Vec<String> {
    asked_of_room(desk).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn an_act_before_its_sitting() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.offices.push("casa".into());
    desk.create("a", content).unwrap();
    assert_eq!(of_act(&desk), ["edit", "submit", "return", "withdraw"]);
    for (step, here) in [
        ("firma_proposta", &["return"][..]),
        (
            "pareri_tecnici",
            &[
                "give_opinion technical:area",
                "give_opinion technical:casa",
                "return area",
                "return casa",
            ],
        ),
        ("parere_contabile", &["give_opinion accounting", "return"]),
        ("istruttoria", &["pass_review", "return"]),
        ("parere_legittimita", &["give_opinion legitimacy", "return"]),
        ("ordine_del_giorno", &["return"]),
    ] {
        desk.carry("a", step);
        let always = (["edit", "submit"], ["revise", "revise formale", "withdraw"]);
        assert_eq!(of_act(&desk), [&always.0, here, &always.1].concat(), "{step}");
    }
}

#[test]
fn an_opinion_given_is_not_asked_again_and_what_went_back_is_reworked() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.offices.push("casa".into());
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    let asked = |desk: &Desk, what: &str| of_act(desk).iter().any(|offer| offer == what);
    assert!(!asked(&desk, "give_opinion technical:area"));
    assert!(asked(&desk, "give_opinion technical:casa"));
    assert!(!asked(&desk, "rework") && !asked(&desk, "motivate_departure"));
    desk.technical("dir_casa", "a", "casa").unwrap();
    let (office, reasons) = (String::new(), "Manca il quadro economico.".to_owned());
    let back = CaseCommand::Return { office, reasons, paper: None };
    desk.case("ragioniere", "a", back).unwrap();
    assert!(asked(&desk, "rework"));
    desk.case("rp", "a", CaseCommand::Rework).unwrap();
    assert!(!asked(&desk, "rework"));
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    desk.contrary("a");
    assert!(asked(&desk, "motivate_departure"), "art. 49, c. 4, TUEL");
}

#[test]
fn r1_4_a_mere_direction_is_acknowledged_once() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.direction_only = Some("indica una priorità".into());
    desk.create("a", content).unwrap();
    let asked = |desk: &Desk| of_act(desk).contains(&"acknowledge_direction".to_owned());
    assert!(asked(&desk), "art. 49, c. 1, TUEL");
    desk.case("segretario", "a", CaseCommand::AcknowledgeDirection).unwrap();
    assert!(!asked(&desk));
}

#[test]
fn what_is_asked_in_advance_is_answered_as_if_it_were_signed() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    let offer = of_case(&desk.world, desk.of("a"), desk.today())
        .into_iter()
        .find(|offer| matches!(offer.command, CaseCommand::GiveOpinion { .. }))
        .unwrap();
    let command = Command::Case { id: "a".into(), command: offer.command };
    assert!(ask(&desk.world, &desk.ctx("dir_area"), &command).is_ok());
    assert!(ask(&desk.world, &desk.ctx("dir_casa"), &command).is_err());
}

#[test]
fn what_was_withdrawn_can_be_closed() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    assert!(!of_act(&desk).contains(&"close".to_owned()), "it is under way");
    let withdraw = CaseCommand::Withdraw { reason: "da rivedere".into(), paper: None };
    desk.case("rp", "a", withdraw).unwrap();
    assert!(of_act(&desk).contains(&"close".to_owned()));
}

#[test]
fn an_albo_kept_elsewhere_is_offered_a_number_and_a_day() {
    for (keeper, elsewhere) in [("external", true), ("internal", false)] {
        let mut desk = Desk::with(Size::Large, &[("albo", &format!("\"{keeper}\""))]);
        let content = desk.content();
        desk.adopted("a", content, false);
        desk.at("2024-05-06 12:00").carry("a", "albo");
        let offers = of_case(&desk.world, desk.of("a"), desk.today()).into_iter();
        let mut posts = offers.filter(|o| matches!(o.command, CaseCommand::Post { .. }));
        let command = posts.next().unwrap().command;
        let (number, day) = (elsewhere.then_some(1), elsewhere.then_some(desk.today()));
        let post = CaseCommand::Post { external_number: number, external_day: day, repeats: None };
        assert_eq!(command, post, "{keeper}");
    }
}

#[test]
fn a_control_is_offered_on_what_is_posted_where_there_are_controls() {
    for (value, posted, offered) in
        [("true", true, true), ("true", false, false), ("false", true, false)]
    {
        let mut desk = Desk::with(Size::Large, &[("art127_enabled", value)]);
        let content = desk.content();
        match posted {
            true => desk.posted("a", content, false),
            false => desk.adopted("a", content, false),
        }
        let asked = of_act(&desk).contains(&"request_control".to_owned());
        assert_eq!(asked, offered, "{value} {posted}");
    }
}

#[test]
fn r3_10_a_vote_is_offered_as_those_who_are_connected_chose() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Remote, &["a"]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let mut present = roll(&desk.first(9));
    present.iter_mut().for_each(|one| one.remote = true);
    desk.at("2024-05-06 09:00").sitting("segretario", "s", opening(present)).unwrap();
    desk.call("s", "a").unwrap();
    let offered = |desk: &Desk| {
        let all = asked_of_room(desk).into_iter();
        all.filter_map(|(_, command)| match command {
            Command::Sitting { command: SittingCommand::Vote { vote, .. }, .. } => Some(vote),
            _ => None,
        })
        .next()
        .unwrap()
    };
    assert_eq!(offered(&desk), unanimous());
    let choose = |choice| SittingCommand::Choose { case: "a".into(), choice };
    desk.sitting("ass1", "s", choose(Choice::Abstained)).unwrap();
    assert_eq!(offered(&desk), votes(&[], &["ass1"]));
    desk.sitting("ass2", "s", choose(Choice::Against)).unwrap();
    let vote = offered(&desk);
    assert_eq!(vote, votes(&["ass2"], &["ass1"]));
    desk.vote("s", "a", vote).unwrap();
}

#[test]
fn r3_8_a_secret_vote_is_offered_with_as_many_votes_as_there_are_voters() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.secret_ballot = Some("apprezzamento di persone".into());
    desk.ready("a", content);
    desk.called_on_the_sixth("a");
    let (case, person) = ("a".to_owned(), "ass3".to_owned());
    let (stance, reason) = (ConflictStance::Stays, "parentela".to_owned());
    let declare = SittingCommand::DeclareConflict { case, person, stance, reason };
    desk.record_in("s", declare).unwrap();
    let vote = asked_of_room(&desk).into_iter().find(|(name, _)| name == "vote a").unwrap().1;
    let Command::Sitting { command: SittingCommand::Vote { vote, .. }, .. } = &vote else {
        panic!("{vote:?}")
    };
    assert_eq!(vote.totals.map(|totals| totals.favour), Some(12), "one of thirteen abstains");
    desk.vote("s", "a", vote.clone()).unwrap();
}

#[test]
fn a_paper_is_signed_recalled_or_its_signer_replaced() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    let of_papers = |desk: &Desk| -> Vec<String> {
        let acts = ["sign", "attest_impediment", "recall_paper"];
        let all = of_act(desk).into_iter();
        all.filter(|offer| acts.iter().any(|act| offer.starts_with(act))).collect()
    };
    assert_eq!(of_papers(&desk), [""; 0], "not composed yet");
    desk.work();
    let key = desk.of("a").papers[0].plan.key.clone();
    let slot = |field: &str| format!("attest_impediment {key}/{field}");
    let (sign, recall) = (format!("sign {key}"), format!("recall_paper {key}"));
    let all = [slot("firma_rp"), slot("firma_dir_1"), slot("firma_rel_1")];
    assert_eq!(of_papers(&desk), [&[sign.clone()][..], &all, &[recall]].concat());
    desk.sign("rp", "a", &key).unwrap();
    assert_eq!(of_papers(&desk), [&[sign][..], &all[1..]].concat(), "signed by one");
    desk.sign_all("a");
    assert_eq!(of_papers(&desk), [""; 0]);
}

#[test]
fn a_sitting_from_the_calendar_to_its_end() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::InSeat, &["a"]);
    let before = ["answer", "convene", "open", "desert", "move", "cancel", "reorder"];
    assert_eq!(of_room(&desk), before);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    assert_eq!(of_room(&desk), before);
    let nine = desk.first(9);
    desk.at("2024-05-06 09:00");
    let may = |desk: &Desk, what: &str| {
        let offer = asked_of_room(desk).into_iter().find(|(name, _)| name == what).unwrap().1;
        let answer = ask(&desk.world, &desk.ctx("segretario"), &offer);
        assert!(answer.is_ok(), "{what}: in the seat nobody is asked to be elsewhere: {answer:?}");
    };
    may(&desk, "open");
    desk.open("s", &nine).unwrap();
    let people = ["enter ass8", "leave sindaco", "correct_presence"];
    let room = ["suspend", "close"];
    let holds = |desk: &Desk, items: &[&str]| {
        assert_eq!(of_room(desk), [&people[..], items, &room].concat());
    };
    holds(&desk, &["call_item a"]);
    desk.call("s", "a").unwrap();
    let item = ["postpone a", "withdraw_item a", "take_note a", "declare_conflict a", "amend a"];
    holds(&desk, &[&["unanimous a", "vote a", "choose a"][..], &item].concat());
    may(&desk, "enter ass8");
    may(&desk, "correct_presence");
    desk.vote("s", "a", votes(&["ass1"], &[])).unwrap();
    holds(&desk, &[&["proclaim a", "correct_vote a"][..], &item].concat());
    desk.proclaim("s", "a").unwrap();
    holds(&desk, &["unanimous_immediate a", "vote_immediate a", "correct_proclamation a"]);
    desk.immediate("s", "a", unanimous()).unwrap();
    holds(&desk, &["correct_proclamation a"]);
    let mut suspended = desk.clone();
    suspended.record_in("s", SittingCommand::Suspend { reason: "pausa".into() }).unwrap();
    assert_eq!(of_room(&suspended), [&people[..], &["resume", "close"]].concat());
    desk.close("s").unwrap();
    assert_eq!(of_room(&desk), [""; 0]);
}

#[test]
fn an_act_after_its_vote() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let adopted = ["record_order", "request_copy", "close"];
    let holds = |desk: &Desk, before: &[&str], items: &[&str]| {
        assert_eq!(
            of_act(desk),
            [before, &["return", "withdraw"], items, &adopted].concat(),
            "{}",
            desk.step("a")
        );
    };
    holds(&desk, &[], &[]);
    desk.at("2024-05-06 12:00").carry("a", "verifica_privacy");
    holds(&desk, &["pass_review"], &[]);
    desk.carry("a", "albo");
    holds(&desk, &[], &["post"]);
    desk.carry("a", "chiusura");
    let posted = ["record_outage", "annul_posting", "replace_public_file"];
    let duties = ["settle_duty capigruppo", "settle_duty trasparenza"];
    holds(&desk, &["pass_review"], &[&posted[..], &duties].concat());
    // An order suspends it; then, and only then, the suspension can be lifted.
    let touch = Touch {
        how: Effect::Suspend,
        from: day("2024-05-06"),
        until: None,
        by_case: String::new(),
        source: "ordinanza TAR n. 1/2024".into(),
        withdrawn: None,
    };
    desk.case("segretario", "a", CaseCommand::RecordOrder { touch }).unwrap();
    assert!(of_act(&desk).contains(&"lift_suspension".to_owned()));
}
