// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sections 6 and 7: the Albo, its accidents, executivity.

use crate::desk::{Desk, code, day, rome};
use crate::people::Size;
use delibera::domain::albo::{Recognised, Standing, find, lookups, recognise};
use delibera::domain::case::{Availability, CaseCommand, Condition, Efficacy, on_albo, terms_of};
use delibera::domain::effects::case_rows;
use delibera::domain::papers::case_paper;
use delibera::domain::register::entry;
use delibera::domain::registry::RegistryCommand;
use delibera::domain::rows::Row;
use delibera::domain::visibility::Register;
use delibera::domain::workflow::Lifecycle;

fn posted(keys: &[(&str, &str)], immediate: bool) -> Desk {
    let mut desk = Desk::with(Size::Large, keys);
    let content = desk.content();
    desk.posted("a", content, immediate);
    desk
}

fn outage(day_lost: &str, visible_hours: u8) -> CaseCommand {
    CaseCommand::RecordOutage { day: day(day_lost), visible_hours }
}

fn annul() -> CaseCommand {
    CaseCommand::AnnulPosting { reason: "file sbagliato".into() }
}

fn effective_on(desk: &Desk) -> String {
    terms_of(desk.of("a")).unwrap().effective_on.to_string()
}

#[test]
fn t_26_a_short_day_adds_a_day() {
    let mut desk = posted(&[], false);
    assert_eq!(code(desk.case("albo", "a", outage("2024-05-10", 9))), "outage_outside_posting");
    desk.at("2024-05-11 08:00").case("albo", "a", outage("2024-05-10", 9)).unwrap();
    let terms = terms_of(desk.of("a")).unwrap();
    assert_eq!(terms.last_day, day("2024-05-21"));
    desk.at("2024-05-22 08:00").case("system", "a", CaseCommand::EndPosting).unwrap();
    let late = desk.case("albo", "a", outage("2024-05-12", 3));
    assert_eq!(code(late), "posting_already_ended", "the referto certifies the end");
}

#[test]
fn t_37_republished_the_terms_start_again() {
    let mut desk = posted(&[], false);
    assert_eq!(effective_on(&desk), "2024-05-16");
    desk.at("2024-05-09 10:00").case("albo", "a", annul()).unwrap();
    assert_eq!((desk.step("a"), terms_of(desk.of("a"))), ("albo", None));
    assert!(!on_albo(desk.of("a"), rome("2024-05-09 11:00")));
    desk.at("2024-05-10 10:00").post("a").unwrap();
    assert_eq!(effective_on(&desk), "2024-05-20");
    let posting = desk.of("a").posting.clone().unwrap();
    assert_eq!((posting.number, posting.repeats.as_deref()), (2, Some("file sbagliato")));
    assert_eq!(desk.of("a").annulled_postings[0].0.number, 1, "the first keeps its number");
    assert_eq!(desk.efficacy_on("a", "2024-05-19"), Efficacy::None);
    // The end of the first posting does not stop the end of the second.
    desk.at("2024-05-25 08:00").case("system", "a", CaseCommand::EndPosting).unwrap();
}

#[test]
fn t_69_shown_to_the_last_minute_and_not_one_more() {
    let desk = posted(&[], false);
    let at = |text: &str| on_albo(desk.of("a"), rome(text));
    assert!(!at("2024-05-06 11:59") && at("2024-05-06 12:30"));
    assert!(at("2024-05-20 23:59") && !at("2024-05-21 00:00"));
    let extra = posted(&[("pub_show_extra_day", "true")], false);
    assert!(on_albo(extra.of("a"), rome("2024-05-21 00:00")));
    assert!(!on_albo(extra.of("a"), rome("2024-05-22 00:00")));
    assert_eq!(terms_of(extra.of("a")).unwrap().last_day, day("2024-05-20"));
}

#[test]
fn t_70_no_referto_on_the_last_day() {
    let mut desk = posted(&[], false);
    desk.at("2024-05-20 23:00");
    assert_eq!(code(desk.case("albo", "a", CaseCommand::EndPosting)), "posting_not_ended");
    desk.at("2024-05-21 08:00").case("system", "a", CaseCommand::EndPosting).unwrap();
    let again = desk.case("system", "a", CaseCommand::EndPosting);
    assert_eq!(code(again), "posting_already_ended");
    assert!(desk.of("a").paper("referto_pubblicazione-1").is_some());
    assert_eq!(desk.lifecycle("a"), Lifecycle::PostingEnded);
}

#[test]
fn r6_7_the_end_is_certified_by_who_answers_for_the_albo_or_by_the_system() {
    let desk = {
        let mut desk = posted(&[], false);
        desk.at("2024-05-21 08:00");
        desk
    };
    for (who, answer) in [("rp", "signer_not_in_role"), ("albo", "ok"), ("system", "ok")] {
        let mut fresh = desk.clone();
        assert_eq!(code(fresh.case(who, "a", CaseCommand::EndPosting)), answer, "{who}");
    }
}

#[test]
fn t_73_posting_has_the_day_of_the_clock() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.at("2024-07-17 10:00").carry("a", "albo");
    desk.happened = Some(rome("2024-07-13 10:00"));
    assert_eq!(code(desk.post("a")), "posting_backdated");
    desk.happened = None;
    let mut written = CaseCommand::Post {
        external_number: Some(792),
        external_day: Some(day("2024-07-13")),
        repeats: None,
    };
    assert_eq!(code(desk.case("albo", "a", written.clone())), "internal_albo_number");
    desk.post("a").unwrap();
    assert_eq!(desk.of("a").posting.as_ref().unwrap().day, day("2024-07-17"));
    // An external Albo gives number and day; neither in the future nor before the act.
    let mut small = Desk::small();
    let content = small.content();
    small.adopted("a", content, false);
    small.at("2024-05-08 10:00").carry("a", "albo");
    for wrong in ["2024-05-05", "2024-05-09"] {
        written = CaseCommand::Post {
            external_number: Some(55),
            external_day: Some(day(wrong)),
            repeats: None,
        };
        assert_eq!(code(small.case("albo", "a", written)), "external_albo_day", "{wrong}");
    }
    let without = CaseCommand::Post { external_number: None, external_day: None, repeats: None };
    assert_eq!(code(small.case("albo", "a", without)), "external_albo_number");
    // Shown since the day that was received, whenever it is recorded.
    let mut late = small.clone();
    written = CaseCommand::Post {
        external_number: Some(55),
        external_day: Some(day("2024-05-07")),
        repeats: None,
    };
    late.case("albo", "a", written).unwrap();
    let shown = |at: &str| on_albo(late.of("a"), rome(at));
    assert!(!shown("2024-05-06 23:59") && shown("2024-05-07 00:00") && shown("2024-05-08 09:00"));
    small.post("a").unwrap();
    let numbered = small.of("a").number("albo").unwrap();
    assert_eq!((numbered.number, numbered.external), (100, true));
    let slots = &small.of("a").papers.last().unwrap().plan.slots;
    let fields: Vec<&str> = slots.iter().map(|s| s.field.as_str()).collect();
    assert_eq!(fields, ["firma", "firma_segretario"], "messo and Segretario");
}

#[test]
fn t_74_enforceable_at_once_effective_at_ten_days() {
    let mut desk = posted(&[], true);
    assert_eq!(desk.efficacy_on("a", "2024-05-06"), Efficacy::ImmediatelyEnforceable);
    assert_eq!(desk.efficacy_on("a", "2024-05-16"), Efficacy::Effective);
    desk.at("2024-05-15 08:00");
    assert_eq!(code(desk.case("system", "a", CaseCommand::CertifyEffect)), "not_yet_effective");
    desk.at("2024-05-16 08:00").case("system", "a", CaseCommand::CertifyEffect).unwrap();
    let mut silent = posted(&[("ie_also_certify_executive", "false")], true);
    silent.at("2024-05-16 08:00");
    assert_eq!(code(silent.case("system", "a", CaseCommand::CertifyEffect)), "already_enforceable");
}

#[test]
fn t_75_never_posted_never_effective() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "albo");
    assert_eq!(desk.efficacy_on("a", "2030-01-01"), Efficacy::None);
    let reminded = desk.jobs.iter().any(|j| {
        j.kind == "remind"
            && j.payload["moment"] == "deadline_passed"
            && j.payload["entered"] == desk.of("a").entered
    });
    assert!(reminded, "someone is told that it waits");
}

#[test]
fn t_76_an_outage_moves_executivity_only_by_rule() {
    for (key, expected) in [("false", "2024-05-16"), ("true", "2024-05-17")] {
        let mut desk = posted(&[("outage_affects_executivity", key)], false);
        desk.at("2024-05-10 08:00").case("albo", "a", outage("2024-05-09", 9)).unwrap();
        assert_eq!(effective_on(&desk), expected);
    }
}

#[test]
fn t_77_an_act_keeps_the_doctrine_of_its_day() {
    let mut desk = Desk::with(Size::Large, &[("exec_count", "\"E-C\"")]);
    let text = crate::people::regulation(Size::Large, &[("exec_count", "\"E-A\"")]);
    let content = desk.content();
    desk.posted_on("a", content.clone(), false, "2024-12-20");
    desk.registry(RegistryCommand::AdoptRegulation { text, from: day("2025-01-01") }).unwrap();
    assert_eq!(effective_on(&desk), "2025-01-14", "E-C: 3 January + 11");
    desk.posted_on("b", content, false, "2025-01-08");
    let other = terms_of(desk.of("b")).unwrap();
    assert_eq!(other.effective_on, day("2025-01-18"), "E-A");
}

#[test]
fn conditions_of_efficacy_are_told_and_met_by_who_can() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.conditions = vec![Condition::GrantTransparency];
    content.gates.effects = crate::desk::money();
    desk.posted("a", content, true);
    let unmet =
        |desk: &Desk, on: &str| delibera::domain::case::efficacy(desk.of("a"), day(on)).1.len();
    assert_eq!(unmet(&desk, "2024-05-16"), 1);
    let meet = |on: &str| CaseCommand::MeetCondition {
        condition: Condition::GrantTransparency,
        on: day(on),
        evidence: "scheda n. 12".into(),
    };
    desk.at("2024-05-08 10:00");
    assert_eq!(code(desk.case("rp", "a", meet("2024-05-08"))), "signer_not_in_role");
    assert_eq!(code(desk.case("trasparenza", "a", meet("2024-05-09"))), "fact_in_future");
    desk.case("trasparenza", "a", meet("2024-05-08")).unwrap();
    assert_eq!((unmet(&desk, "2024-05-07"), unmet(&desk, "2024-05-08")), (1, 0));
}

/// What the register of deliberazioni says of the efficacy of an act on a day.
fn line(desk: &Desk, on: &str) -> String {
    let rows = case_rows(&desk.world, desk.of("a"));
    let mut lines = rows.into_iter().filter_map(|row| match row {
        Row::Register(line) if line.register == "deliberazioni" => Some(line),
        _ => None,
    });
    let row = lines.next().unwrap();
    entry(&desk.world, Register::Acts, &row, day(on)).efficacy
}

#[test]
fn practice_1_3_the_register_says_that_a_condition_is_not_met() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.conditions = vec![Condition::GrantTransparency];
    content.gates.effects = crate::desk::money();
    desk.posted("a", content, false);
    assert_eq!(line(&desk, "2024-05-10"), "", "not effective: nothing else to say");
    assert_eq!(line(&desk, "2024-05-16"), "esecutiva, condizione non ancora avverata");
    desk.at("2024-05-16 10:00");
    let (on, evidence) = (day("2024-05-16"), "scheda n. 12".to_owned());
    let condition = Condition::GrantTransparency;
    desk.case("trasparenza", "a", CaseCommand::MeetCondition { condition, on, evidence }).unwrap();
    assert_eq!(line(&desk, "2024-05-16"), "esecutiva");
}

#[test]
fn sc_8_a_redacted_file_lets_the_count_go_on() {
    let mut desk = posted(&[], false);
    let before = desk.of("a").posting.clone().unwrap().file;
    let replace = |sha256: &str| CaseCommand::ReplacePublicFile {
        sha256: sha256.into(),
        reason: "il testo lascia riconoscere una persona".into(),
    };
    desk.at("2024-05-08 10:00");
    // Only what derives from the act, signed, takes its place: nobody uploads another text.
    for (sha256, expected) in [("c", "replacement_not_derived"), ("", "replacement_not_derived")] {
        assert_eq!(code(desk.case("albo", "a", replace(&sha256.repeat(64)))), expected);
    }
    desk.mark("segreteria", "a", "la lettura giova").unwrap();
    assert_eq!(code(desk.case("albo", "a", replace(""))), "rendition_missing");
    desk.case("segreteria", "a", CaseCommand::ComposePublic).unwrap();
    assert_eq!(code(desk.case("albo", "a", replace(""))), "rendition_not_signed");
    desk.sign_all("a");
    desk.case("albo", "a", replace("")).unwrap();
    let posting = desk.of("a").posting.clone().unwrap();
    assert_ne!(posting.file, before);
    assert_eq!(effective_on(&desk), "2024-05-16");
}

/// What the probes found of the first posting, as the worker reports it.
fn probes(desk: &Desk, probes: u32, failed: u32) -> Availability {
    let posting = desk.of("a").posting.clone().unwrap();
    Availability {
        year: posting.year,
        number: posting.number,
        probes,
        failed,
        first: posting.at,
        last: rome("2024-05-20 23:23"),
        sha256: "c".repeat(64),
        media_type: "text/csv".into(),
    }
}

#[test]
fn probes_are_facts_for_who_attests_and_move_nothing() {
    let mut desk = posted(&[], false);
    let record = |found: &Availability| CaseCommand::RecordAvailability(found.clone());
    let found = probes(&desk, 360, 3);
    assert_eq!(code(desk.case("albo", "a", record(&found))), "only_system");
    desk.at("2024-05-20 23:30");
    assert_eq!(code(desk.case("system", "a", record(&found))), "posting_not_ended");
    let before = terms_of(desk.of("a"));
    desk.at("2024-05-21 07:30");
    let unsound = [
        Availability { failed: 361, ..found.clone() },
        Availability { number: 2, ..found.clone() },
        Availability { first: rome("2024-05-06 11:00"), ..found.clone() },
        Availability { last: rome("2024-05-21 08:00"), ..found.clone() },
        Availability { probes: 0, failed: 0, ..found.clone() },
    ];
    for wrong in &unsound {
        assert_eq!(code(desk.case("system", "a", record(wrong))), "availability_unsound");
    }
    let just_now = Availability { last: desk.now, ..found.clone() };
    desk.clone().case("system", "a", record(&just_now)).unwrap();
    desk.case("system", "a", record(&found)).unwrap();
    assert_eq!(terms_of(desk.of("a")), before, "only a person attests an outage (R6.5)");
    assert_eq!(code(desk.case("system", "a", record(&found))), "posting_already_ended");
    desk.case("system", "a", CaseCommand::EndPosting).unwrap();
    let plan = desk.of("a").paper("referto_pubblicazione-1").unwrap().plan.clone();
    let facts = case_paper("a", &plan, &desk.world).unwrap().context;
    assert_eq!((&facts["probes"]["count"], &facts["probes"]["failed"]), (&360.into(), &3.into()));
    assert_eq!(facts["probes"]["log"], "c".repeat(64));
    // Ended by a person before the timer, the referto is owed: nothing may change what it prints.
    let mut desk = posted(&[], false);
    let found = probes(&desk, 10, 0);
    desk.at("2024-05-21 07:00").case("albo", "a", CaseCommand::EndPosting).unwrap();
    assert_eq!(code(desk.case("system", "a", record(&found))), "posting_already_ended");
}

#[test]
fn a_posting_stands_for_everybody_as_its_facts_say() {
    let mut desk = posted(&[], false);
    let standing = |desk: &Desk, number: i64, at: &str| {
        find(desk.of("a"), 2024, number).map(|found| found.standing(rome(at)))
    };
    assert_eq!(standing(&desk, 1, "2024-05-06 11:59"), Some(Standing::Ahead));
    assert_eq!(standing(&desk, 1, "2024-05-20 23:59"), Some(Standing::Shown));
    assert_eq!(standing(&desk, 1, "2024-05-21 00:00"), Some(Standing::Ended));
    assert_eq!(standing(&desk, 2, "2024-05-20 12:00"), None);
    for at in ["2024-05-06 11:59", "2024-05-06 12:30", "2024-05-20 23:59", "2024-05-21 00:00"] {
        let shown = standing(&desk, 1, at) == Some(Standing::Shown);
        assert_eq!(shown, on_albo(desk.of("a"), rome(at)), "one rule: {at}");
    }
    let file = desk.of("a").posting.clone().unwrap().file;
    desk.at("2024-05-09 10:00").case("albo", "a", annul()).unwrap();
    assert_eq!(standing(&desk, 1, "2024-05-09 11:00"), Some(Standing::Annulled));
    let known = recognise(desk.of("a"), &file);
    assert_eq!(known, Some(Recognised::Shown { posting: (2024, 1) }), "annulled, it is still ours");
    assert!(lookups(desk.of("a")).contains(&(file, "file")));
    // A draft tells nothing to who has a file of it.
    let draft = delibera::domain::case::Case { posting: None, ..desk.of("a").clone() };
    let draft = delibera::domain::case::Case { annulled_postings: Vec::new(), ..draft };
    assert!(lookups(&draft).is_empty());
    let act = draft.paper("deliberazione").unwrap().sha256.clone().unwrap();
    assert_eq!(recognise(&draft, &act), None);
}

#[test]
fn r6_5_an_outage_is_of_a_day_of_the_posting_and_of_its_hours() {
    let mut desk = posted(&[], false);
    desk.at("2024-05-10 10:00");
    for (lost, hours) in [("2024-05-05", 0), ("2024-05-11", 0), ("2024-05-08", 25)] {
        let answer = desk.case("albo", "a", outage(lost, hours));
        assert_eq!(code(answer), "outage_outside_posting", "{lost}, {hours}");
    }
    for (lost, hours) in [("2024-05-06", 0), ("2024-05-10", 12), ("2024-05-08", 24)] {
        desk.case("albo", "a", outage(lost, hours)).unwrap();
    }
    assert_eq!(code(desk.case("albo", "a", outage("2024-05-08", 24))), "outage_known");
}
