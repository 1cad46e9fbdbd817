// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers that came later: the check-list of the istruttoria (row 8), the late posting (row 20), the
//! entry into force of a regulation (R7.6).

use crate::desk::{Desk, code, day};
use crate::people::Size;
use delibera::domain::case::{CaseCommand, Content, Gates, in_force_on};
use delibera::domain::law::posting::lag;
use delibera::domain::law::regulations::EntryIntoForce;
use serde_json::Value;

#[test]
fn row_8_the_istruttoria_leaves_its_check_list_unsigned() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "istruttoria");
    desk.pass("segreteria", "a").unwrap();
    let paper = desk.of("a").paper("scheda_istruttoria").unwrap().clone();
    assert!(paper.plan.slots.is_empty(), "nobody signs a check-list");
    let printed = desk.printed("a", "scheda_istruttoria").unwrap();
    let facts = &printed.context;
    assert_eq!(facts["by"]["name"], "Nome SEGRETERIA");
    assert_eq!(facts["note"], "controllato");
    assert_eq!(facts["opinions"].as_array().unwrap().len(), 2, "technical, and accounting not due");
    assert_eq!(facts["legitimacy_due"], true, "it comes after the check");
    assert_eq!(facts["missing"].as_array().unwrap().len(), 0, "{facts}");
    assert_eq!(facts["to_answer"], false);
    // What comes later is not of this check: the paper says the same on the day it is composed.
    desk.at("2024-05-03 10:00").legitimacy("segretario", "a").unwrap();
    assert_eq!(desk.printed("a", "scheda_istruttoria").unwrap(), printed);
    desk.work();
    assert!(desk.of("a").paper("scheda_istruttoria").unwrap().is_complete());
    // A second check, on another text, leaves a list of its own.
    let back = CaseCommand::Return { office: String::new(), reasons: "Errore".into(), paper: None };
    desk.case("segreteria", "a", back).unwrap();
    desk.case("rp", "a", CaseCommand::Rework).unwrap();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Corretto.");
    desk.case("rp", "a", CaseCommand::Edit { content }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    desk.carry("a", "ordine_del_giorno");
    let second = desk.printed("a", "scheda_istruttoria").unwrap();
    assert_eq!(second.context["text"]["version"], 2);
    assert!(desk.of("a").paper("scheda_istruttoria-2").is_some());
}

#[test]
fn a_check_list_says_what_the_vote_must_still_answer() {
    let keys = [("contrary_opinion_path", "\"allow_with_segretario_note\"")];
    let mut desk = Desk::with(Size::Large, &keys);
    let content = desk.content();
    desk.submitted("a", content);
    desk.contrary("a");
    desk.carry("a", "istruttoria");
    desk.pass("segreteria", "a").unwrap();
    let facts = desk.printed("a", "scheda_istruttoria").unwrap().context;
    assert_eq!(
        (&facts["to_answer"], &facts["answered"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
}

#[test]
fn row_20_a_posting_after_the_term_of_a_norm_is_attested_with_its_lag() {
    // Adopted on 6 May with a term of two days: the 8th is the last.
    for (on, days) in [("2024-05-08 10:00", 0), ("2024-05-09 00:30", 1), ("2024-05-13 10:00", 5)] {
        let mut desk = Desk::with(Size::Large, &[("publish_within_days", "2")]);
        let content = desk.content();
        desk.adopted("a", content, false);
        desk.carry("a", "albo");
        desk.at(on).post("a").unwrap();
        let late = desk.of("a").posting.as_ref().unwrap().late.clone();
        assert_eq!(late.as_ref().map_or(0, |l| l.days), days, "{on}");
        assert_eq!(late.is_some(), days > 0, "{on}: the last day is in time");
        let owed =
            desk.of("a").papers.iter().any(|p| p.plan.kind.token() == "attestazione_ritardo");
        assert_eq!(owed, days > 0, "{on}");
        let told = desk.mails("atto-pubblicato").contains(&"segretario".to_owned());
        assert_eq!(told, days > 0, "{on}");
        if days > 0 {
            let printed = desk.printed("a", "attestazione_ritardo").unwrap();
            assert_eq!(printed.context["late"]["due"], "2024-05-08");
            assert_eq!(printed.context["late"]["source"], "fonte di prova");
            let signer = printed.slots[0].signer.as_ref().unwrap();
            assert_eq!(signer.person, "albo", "who answers for the Albo");
            // The proposer reads the lag in the one message about the posting.
            let posted = desk
                .jobs
                .iter()
                .find(|j| j.payload["message"] == "atto-pubblicato" && j.payload["person"] == "rp");
            assert_eq!(posted.unwrap().payload["detail"]["lag"], days);
        }
    }
    assert_eq!(lag(day("2024-05-08"), day("2024-05-01")), 0, "early is not late");
}

#[test]
fn without_a_norm_the_days_of_the_office_make_no_posting_late() {
    let mut desk = Desk::with(Size::Small, &[]);
    assert_eq!(desk.world.regulation(desk.today()).unwrap().publish_within_days, None);
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "albo");
    desk.at("2024-06-20 10:00").post("a").unwrap();
    assert_eq!(desk.of("a").posting.as_ref().unwrap().late, None);
}

fn regulation(desk: &Desk, how: EntryIntoForce) -> Content {
    let gates = Gates { regulation: Some(how), ..desk.content().gates };
    Content { gates, ..desk.content() }
}

#[test]
fn r7_6_a_regulation_is_in_force_from_the_fifteenth_day_unless_the_act_says_otherwise() {
    let on = |text: &str| EntryIntoForce::OnDay { on: day(text) };
    for (how, immediate, wanted) in [
        (EntryIntoForce::FifteenthDay, false, "2024-05-21"),
        (EntryIntoForce::FifteenthDay, true, "2024-05-21"),
        (on("2024-07-01"), false, "2024-07-01"),
        // Nobody is bound before the act has effect, whatever it says.
        (on("2024-05-08"), false, "2024-05-16"),
        (EntryIntoForce::WithTheAct, false, "2024-05-16"),
        // Enforceable at once, it still has to be posted: here on the same day.
        (EntryIntoForce::WithTheAct, true, "2024-05-06"),
    ] {
        let mut desk = Desk::large();
        let content = regulation(&desk, how);
        desk.posted("a", content, immediate);
        assert_eq!(in_force_on(desk.of("a")), Some(day(wanted)), "{how:?} {immediate}");
        let attested = desk.printed("a", "attestazione_pubblicazione").unwrap();
        assert_eq!(attested.context["in_force_on"], wanted, "{how:?} {immediate}");
        let act = desk.printed("a", "deliberazione").unwrap();
        assert!(act.context["gates"]["regulation"].is_string());
        assert_ne!(act.data.unwrap()["regulation"], Value::Null);
    }
    // Any other act says nothing of it.
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    assert_eq!(in_force_on(desk.of("a")), None);
    let attested = desk.printed("a", "attestazione_pubblicazione").unwrap();
    assert_eq!(attested.context["in_force_on"], Value::Null);
}

#[test]
fn a_regulation_posted_again_counts_from_the_new_posting() {
    let mut desk = Desk::large();
    let content = regulation(&desk, EntryIntoForce::FifteenthDay);
    desk.posted("a", content, false);
    let wrong = CaseCommand::AnnulPosting { reason: "mancava l'allegato".into() };
    desk.at("2024-05-09 10:00").case("albo", "a", wrong).unwrap();
    assert_eq!(in_force_on(desk.of("a")), None, "not posted, it binds nobody");
    desk.at("2024-05-10 10:00").post("a").unwrap();
    assert_eq!(in_force_on(desk.of("a")), Some(day("2024-05-25")));
    assert_eq!(code(desk.post("a")), "wrong_step");
}
