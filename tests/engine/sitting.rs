// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sections 3 and 12.4: opening, presence, presidency, agenda.

use crate::desk::{Desk, code, day, opening, roll, rome, unanimous};
use crate::people::Size;
use crate::segretario::away;
use delibera::domain::papers::sitting_paper;
use delibera::domain::registry::RegistryCommand;
use delibera::domain::sitting::{
    ConflictStance, ItemOutcome, Leaving, Mode, SittingCommand, Status,
};

pub fn present_at(desk: &Desk, case: &str) -> u32 {
    desk.of(case).treatment.as_ref().unwrap().present()
}

pub fn conflict(
    desk: &mut Desk,
    case: &str,
    person: &str,
    stance: ConflictStance,
) -> crate::desk::Answer {
    let (case, person) = (case.to_owned(), person.to_owned());
    let reason = "parentela".into();
    desk.record_in("s", SittingCommand::DeclareConflict { case, person, stance, reason })
}

#[test]
fn t_12_a_lost_line_suspends_the_item() {
    let mut desk = Desk::large();
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    let lost = SittingCommand::Leave { person: "ass3".into(), why: Leaving::LineLost };
    desk.record_in("s", lost).unwrap();
    assert_eq!(desk.held("s").status, Status::Suspended);
    assert_eq!(code(desk.unanimous("s", "a")), "sitting_status");
    let present = roll(&desk.first(7));
    desk.record_in("s", SittingCommand::Resume { present }).unwrap();
    desk.unanimous("s", "a").unwrap();
    assert_eq!(present_at(&desk, "a"), 7);
}

#[test]
fn t_17_six_of_thirteen_cannot_open() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let six = desk.first(6);
    assert_eq!(code(desk.at("2024-05-06 09:00").open("s", &six)), "no_quorum");
    let desert = SittingCommand::Desert { present: roll(&six) };
    assert_eq!(code(desk.sitting("segretario", "s", desert.clone())), "quorum_wait");
    desk.at("2024-05-06 10:01").sitting("segretario", "s", desert).unwrap();
    assert_eq!(desk.held("s").status, Status::Deserted);
    // Law.md 12.4: a deserted sitting has its minutes, signed by who presided the roll call and by
    // the Segretario, and the members are told.
    let minutes = desk.held("s").paper("verbale_seduta").unwrap().clone();
    let signer = |i: usize| minutes.plan.slots[i].signer.as_ref().unwrap().person.clone();
    assert_eq!((signer(0), signer(1)), ("sindaco".into(), "segretario".into()));
    let facts = sitting_paper("s", &minutes.plan, &desk.world).unwrap().context;
    assert_eq!((&facts["present_at_opening"], &facts["declared"]), (&6.into(), &"10:01".into()));
    let told = desk.mails("seduta-deserta");
    assert!(
        ["sindaco", "ass11", "segretario", "vicario"].iter().all(|p| told.contains(&(*p).into()))
    );
    assert_eq!(desk.of("a").sitting, None, "free for another agenda");
}

#[test]
fn t_22_printed_rows_are_the_counted_ones() {
    let mut desk = Desk::large();
    desk.in_sitting(11, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.in_office()), (11, 13));
    let printed = desk.printed("a", "deliberazione").unwrap().context;
    let meeting = &printed["meeting"];
    let rows = meeting["members"].as_array().or(meeting["rows"].as_array()).unwrap();
    let yes = rows.iter().filter(|r| r["present"] == true).count();
    assert_eq!((rows.len(), yes), (13, 11), "{meeting}");
}

#[test]
fn t_59_presence_is_the_one_at_the_item() {
    let mut desk = Desk::large();
    desk.in_sitting(13, &["a4", "a5"]);
    desk.call("s", "a4").unwrap();
    conflict(&mut desk, "a4", "ass3", ConflictStance::Leaves).unwrap();
    desk.unanimous("s", "a4").unwrap();
    desk.enter("s", "ass3").unwrap();
    desk.call("s", "a5").unwrap();
    desk.unanimous("s", "a5").unwrap();
    assert_eq!((present_at(&desk, "a4"), present_at(&desk, "a5")), (12, 13));
    let row = |case: &str| {
        let treatment = desk.of(case).treatment.clone().unwrap();
        treatment.members.into_iter().find(|m| m.person == "ass3").unwrap()
    };
    assert_eq!(row("a4").conflict, Some(ConflictStance::Leaves));
    assert_eq!((row("a4").present, row("a5").present), (false, true));
    assert_eq!(row("a5").conflict, None);
}

#[test]
fn t_60_the_eldest_presides_and_the_sindaco_takes_the_chair_when_he_comes() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content.clone());
    desk.ready("b", content);
    away(&mut desk, "sindaco", "2024-05-01", "2024-05-06");
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::InSeat, &["a", "b"]);
    // Art. 53, c. 2: the Vicesindaco convenes in his place.
    desk.sitting("vicesindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    let nine: Vec<String> = desk.size.members().into_iter().skip(2).take(9).collect();
    desk.at("2024-05-06 09:00").open("s", &nine).unwrap();
    assert_eq!(desk.held("s").president(), "ass1", "born first");
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.immediate("s", "a", unanimous()).unwrap();
    desk.enter("s", "sindaco").unwrap();
    assert_eq!(desk.held("s").president(), "sindaco", "art. 50, c. 2");
    assert_eq!(desk.held("s").chair().unwrap().reason, "");
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    let chair = |case: &str| desk.of(case).treatment.clone().unwrap().president.person;
    assert_eq!((chair("a"), chair("b")), ("ass1".into(), "sindaco".into()));
    assert!(desk.of("a").is_immediate(), "nine of thirteen");
}

#[test]
fn t_61_one_objection_keeps_an_item_off() {
    let mut desk = Desk::with(Size::Large, &[("off_agenda_rule", "\"unanimity_of_present\"")]);
    let content = desk.content();
    desk.in_sitting(9, &["a"]);
    desk.ready("extra", content);
    desk.at("2024-05-06 09:30");
    let call = |objections: &[&str]| SittingCommand::CallOffAgenda {
        case: "extra".into(),
        objections: objections.iter().map(|o| (*o).to_owned()).collect(),
    };
    assert_eq!(code(desk.record_in("s", call(&["ass2"]))), "off_agenda_objected");
    desk.record_in("s", call(&["ass11"])).unwrap();
    desk.unanimous("s", "extra").unwrap();
    assert!(desk.of("extra").treatment.as_ref().unwrap().off_agenda);
}

#[test]
fn sc_5_fuori_sacco_without_an_opinion_is_refused() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.in_sitting(9, &["a"]);
    desk.submitted("extra", content);
    let call = SittingCommand::CallOffAgenda { case: "extra".into(), objections: Vec::new() };
    desk.at("2024-05-06 09:30");
    assert_eq!(code(desk.record_in("s", call)), "off_agenda_without_opinions");
}

#[test]
fn t_63_a_remote_sitting_needs_its_own_rule() {
    let mut desk = Desk::small();
    desk.at("2022-05-02 09:00");
    let command = |date: &str| SittingCommand::Schedule {
        organ: "giunta".into(),
        date: day(date),
        time: "09:00:00".parse().unwrap(),
        place: String::new(),
        mode: Mode::Remote,
    };
    let refused = desk.sitting("segreteria", "s", command("2022-05-10"));
    assert_eq!(code(refused), "remote_not_regulated");
    desk.at("2022-03-01 09:00").sitting("segreteria", "t", command("2022-03-31")).unwrap();
    // In a sitting in the seat nobody can be connected.
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let mut present = roll(&desk.first(9));
    present[3].remote = true;
    let open = opening(present);
    desk.at("2024-05-06 09:00");
    assert_eq!(code(desk.sitting("segretario", "s", open)), "mode_in_seat");
}

#[test]
fn t_64_a_member_revoked_in_the_morning_is_not_there() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 11:00", &["a"]);
    let revoked = RegistryCommand::EndMandate {
        mandate: "ass11-assessore".into(),
        last_day: day("2024-05-05"),
        act: "decreto di revoca n. 7/2024, ore 10:00".into(),
        at: None,
    };
    desk.at("2024-05-06 10:00").registry(revoked).unwrap();
    let mut thirteen = desk.clone().at("2024-05-06 11:00").clone();
    let all = thirteen.size.members();
    assert_eq!(code(thirteen.open("s", &all)), "not_a_member");
    let seven = desk.first(7);
    desk.at("2024-05-06 11:00").open("s", &seven).unwrap();
    let sitting = desk.held("s");
    assert_eq!((sitting.members.len(), sitting.quorum), (12, 7));
}

#[test]
fn t_19_must_leave_without_counting_breaks_the_quorum() {
    let keys = [("art78_must_leave", "true"), ("art78_counts_for_quorum", "false")];
    let mut desk = Desk::with(Size::Large, &keys);
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    assert_eq!(code(conflict(&mut desk, "a", "ass2", ConflictStance::Stays)), "must_leave");
    conflict(&mut desk, "a", "ass2", ConflictStance::Leaves).unwrap();
    assert_eq!(desk.held("s").status, Status::Suspended);
    // And with counts = true the sitting goes on: gone from the room, still in the quorum.
    let keys = [("art78_must_leave", "true"), ("art78_counts_for_quorum", "true")];
    let mut desk = Desk::with(Size::Large, &keys);
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    conflict(&mut desk, "a", "ass2", ConflictStance::Leaves).unwrap();
    desk.unanimous("s", "a").unwrap();
    assert_eq!(present_at(&desk, "a"), 6);
    assert_eq!(code(desk.immediate("s", "a", unanimous())), "ok");
    assert!(!desk.of("a").is_immediate(), "six of thirteen");
}

#[test]
fn t_18_who_must_abstain_stays_without_voting() {
    let mut desk = Desk::large();
    desk.in_sitting(7, &["a"]);
    desk.call("s", "a").unwrap();
    conflict(&mut desk, "a", "ass2", ConflictStance::Stays).unwrap();
    let named = crate::desk::votes(&["ass2"], &[]);
    assert_eq!(code(desk.vote("s", "a", named)), "must_abstain");
    desk.unanimous("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.ballot.unwrap().favour.len()), (7, 6));
    desk.immediate("s", "a", unanimous()).unwrap();
    assert!(!desk.of("a").is_immediate());
}

#[test]
fn who_must_abstain_does_not_preside_the_item() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    conflict(&mut desk, "a", "sindaco", ConflictStance::Stays).unwrap();
    assert_eq!(desk.held("s").president(), "vicesindaco");
    desk.unanimous("s", "a").unwrap();
    desk.call("s", "b").unwrap();
    assert_eq!(desk.held("s").president(), "sindaco");
    desk.unanimous("s", "b").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!(treatment.president.person, "vicesindaco");
    assert!(treatment.president_reason.contains("astenersi"), "{}", treatment.president_reason);
}

#[test]
fn t_100_suspended_and_resumed_with_eight() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let suspend = SittingCommand::Suspend { reason: "manca il collegamento".into() };
    desk.at("2024-05-06 12:10").record_in("s", suspend).unwrap();
    assert_eq!(code(desk.call("s", "b")), "sitting_status");
    let six = SittingCommand::Resume { present: roll(&desk.first(6)) };
    assert_eq!(code(desk.at("2024-05-06 12:20").record_in("s", six)), "no_quorum");
    let eight = SittingCommand::Resume { present: roll(&desk.first(8)) };
    let mut tomorrow = desk.clone();
    assert_eq!(code(tomorrow.at("2024-05-07 09:00").record_in("s", eight.clone())), "other_day");
    desk.at("2024-05-06 12:25").record_in("s", eight).unwrap();
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    assert_eq!((present_at(&desk, "a"), present_at(&desk, "b")), (9, 8));
}

#[test]
fn sc_14_when_everyone_is_lost_the_done_stays_done() {
    let mut desk = Desk::large();
    desk.in_sitting(8, &["a", "b", "c"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.call("s", "b").unwrap();
    desk.vote("s", "b", unanimous()).unwrap();
    for person in desk.first(8) {
        let lost = SittingCommand::Leave { person, why: Leaving::LineLost };
        desk.record_in("s", lost).unwrap();
    }
    desk.close("s").unwrap();
    assert!(desk.of("a").is_adopted());
    for case in ["b", "c"] {
        let outcome = desk.of(case).not_voted.last().unwrap().outcome;
        assert_eq!(outcome, ItemOutcome::NotTreated, "{case}");
        assert_eq!(desk.step(case), "ordine_del_giorno");
    }
    let why = |case: &str| desk.of(case).not_voted.last().unwrap().reason.clone();
    assert_eq!(why("b"), "trattazione interrotta: è venuto meno il numero legale");
    assert_eq!(why("c"), "argomento non trattato");
    assert_eq!(desk.step("a"), "firma");
}

#[test]
fn sc_9_postponed_twice_then_withdrawn() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    for (sitting, on) in [("s1", "2024-05-06"), ("s2", "2024-05-13"), ("s3", "2024-05-20")] {
        desk.at(&format!("{} 08:00", day(on) - chrono::Duration::days(3)));
        desk.convened(sitting, &format!("{on} 09:00"), &["a"]);
        let present = desk.first(9);
        desk.at(&format!("{on} 09:00")).open(sitting, &present).unwrap();
        desk.call(sitting, "a").unwrap();
        let (case, reason) = ("a".to_owned(), "approfondimenti".to_owned());
        let command = match sitting {
            "s3" => SittingCommand::WithdrawItem { case, by: "ass1".into(), reason },
            _ => SittingCommand::Postpone { case, reason, next_sitting: None },
        };
        desk.record_in(sitting, command).unwrap();
        desk.close(sitting).unwrap();
    }
    assert_eq!(desk.lifecycle("a"), delibera::domain::workflow::Lifecycle::Withdrawn);
    assert_eq!(desk.of("a").number("proposte").unwrap().number, 1);
    assert_eq!(desk.number("a"), None);
}

#[test]
fn a_proposal_is_withdrawn_by_a_relatore_who_is_there() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.leave("s", "ass1").unwrap();
    let (case, reason) = ("a".to_owned(), "ritirata".to_owned());
    let answer =
        desk.record_in("s", SittingCommand::WithdrawItem { case, by: "ass1".into(), reason });
    assert_eq!(code(answer), "no_rapporteur");
}

#[test]
fn a_voted_item_is_proclaimed_not_postponed() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.vote("s", "a", unanimous()).unwrap();
    let (case, reason) = ("a".to_owned(), "ripensamento".to_owned());
    let postpone =
        SittingCommand::Postpone { case: case.clone(), reason: reason.clone(), next_sitting: None };
    assert_eq!(code(desk.record_in("s", postpone)), "already_voted");
    let withdraw = SittingCommand::WithdrawItem { case: case.clone(), by: "ass1".into(), reason };
    assert_eq!(code(desk.record_in("s", withdraw)), "already_voted");
    assert_eq!(code(desk.record_in("s", SittingCommand::TakeNote { case })), "already_voted");
}

#[test]
fn too_late_for_the_deposit_too_late_for_the_agenda() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content.clone());
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    desk.at("2024-05-04 09:30").ready("late", content);
    let add = SittingCommand::AddItem { case: "late".into() };
    assert_eq!(code(desk.sitting("segreteria", "s", add.clone())), "deposit_cutoff");
    let mut loose = desk.clone();
    let text = crate::people::regulation(Size::Large, &[("deposit_cutoff_hours", "24")]);
    let adopt = RegistryCommand::AdoptRegulation { text, from: day("2024-05-01") };
    loose.registry(adopt).unwrap();
    loose.sitting("segreteria", "s", add).unwrap();
}

#[test]
fn r3_12_nothing_is_added_to_the_agenda_of_a_sitting_that_has_begun_or_is_over() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("b", content);
    desk.in_sitting(9, &["a"]);
    let add = || SittingCommand::AddItem { case: "b".into() };
    assert_eq!(code(desk.sitting("segreteria", "s", add())), "sitting_status");
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    assert_eq!(code(desk.sitting("segreteria", "s", add())), "sitting_status");
}

#[test]
fn r3_4_a_vacant_seat_is_still_a_seat_of_the_statute() {
    let mut desk = Desk::with(Size::Large, &[("member_base", "\"assegnati\"")]);
    let ended = delibera::domain::registry::RegistryCommand::EndMandate {
        mandate: "ass11-assessore".into(),
        last_day: day("2024-04-30"),
        act: "dimissioni".into(),
        at: None,
    };
    desk.registry(ended).unwrap();
    desk.in_sitting(9, &["a"]);
    let sitting = desk.held("s");
    assert_eq!((sitting.members.len(), sitting.seats, sitting.quorum), (12, 13, 7));
}

#[test]
fn an_item_added_after_the_convening_needs_a_supplement() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content.clone());
    desk.ready("b", content);
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let add = SittingCommand::AddItem { case: "b".into() };
    desk.sitting("segreteria", "s", add).unwrap();
    let mut silent = desk.clone();
    let nine = desk.first(9);
    silent.at("2024-05-06 09:00").open("s", &nine).unwrap();
    assert_eq!(code(silent.call("s", "b")), "not_convened");
    let off = SittingCommand::CallOffAgenda { case: "b".into(), objections: Vec::new() };
    silent.record_in("s", off).unwrap();
    silent.unanimous("s", "b").unwrap();
    assert!(silent.of("b").treatment.as_ref().unwrap().off_agenda);
    desk.at("2024-05-03 09:00");
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    desk.at("2024-05-06 09:00").open("s", &nine).unwrap();
    desk.call("s", "b").unwrap();
}

#[test]
fn facts_go_forward_and_keep_two_times() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    // Written down on paper, entered on the day after.
    desk.at("2024-05-07 10:00");
    desk.happened = Some(rome("2024-05-06 09:20"));
    desk.call("s", "a").unwrap();
    desk.happened = Some(rome("2024-05-06 09:10"));
    assert_eq!(code(desk.unanimous("s", "a")), "fact_out_of_order");
    desk.happened = Some(rome("2024-05-07 11:00"));
    assert_eq!(code(desk.unanimous("s", "a")), "fact_in_future");
    desk.happened = Some(rome("2024-05-06 09:30"));
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    desk.happened = None;
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.at, treatment.date), (rome("2024-05-06 09:30"), day("2024-05-06")));
    assert_eq!(desk.number("a"), Some(1));
}

#[test]
fn an_act_says_which_item_of_the_agenda_it_was() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a", "b"]);
    for (case, item) in [("b", 2), ("a", 1)] {
        desk.call("s", case).unwrap();
        desk.unanimous("s", case).unwrap();
        assert_eq!(desk.of(case).treatment.as_ref().unwrap().item, item, "{case}");
    }
}

#[test]
fn r3_13_an_item_is_treated_once_and_a_sitting_is_deserted_by_who_records_it() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    assert_eq!(code(desk.call("s", "a")), "item_closed");
    let content = desk.content();
    desk.ready("b", content);
    desk.at("2024-05-09 09:00").convened("t", "2024-05-13 09:00", &["b"]);
    let desert = |present: &[String]| SittingCommand::Desert { present: roll(present) };
    let six = desk.first(6);
    desk.at("2024-05-13 12:00");
    let suspend = SittingCommand::Suspend { reason: "pausa".into() };
    assert_eq!(code(desk.sitting("segretario", "t", suspend)), "sitting_status", "not open yet");
    assert_eq!(code(desk.sitting("rp", "t", desert(&six))), "not_the_recorder", "R2.1");
    desk.sitting("segretario", "t", desert(&six)).unwrap();
}
