// SPDX-License-Identifier: AGPL-3.0-or-later
//! What later acts and orders do: revocation, annulment, suspension; the Commissario.

use crate::desk::{Desk, code, day, roll, unanimous, votes};
use crate::people::mandate;
use delibera::domain::case::{CaseCommand, Effect, Efficacy, Touch, effective_on};
use delibera::domain::registry::{RegistryCommand, Role};
use delibera::domain::sitting::SittingCommand;
use delibera::domain::stream::StreamId;
use delibera::domain::workflow::Lifecycle;

fn order(how: Effect, from: &str, until: Option<&str>) -> CaseCommand {
    CaseCommand::RecordOrder {
        touch: Touch {
            how,
            from: day(from),
            until: until.map(day),
            by_case: String::new(),
            source: "ordinanza del TAR n. 5/2024".into(),
            withdrawn: None,
        },
    }
}

#[test]
fn t_67_revoked_from_the_efficacy_of_the_later_act() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.posted_on("b", revoking, false, "2024-06-03");
    assert_eq!(desk.number("a"), Some(1), "it keeps its number");
    assert_eq!(desk.efficacy_on("a", "2024-06-12"), Efficacy::Effective, "adopted is not enough");
    assert_eq!(desk.efficacy_on("a", "2024-06-13"), Efficacy::Ceased);
    assert_eq!(desk.lifecycle_on("a", day("2024-06-13")), Lifecycle::Revoked);
    let touch = &desk.of("a").touches[0];
    assert_eq!(
        (touch.by_case.as_str(), touch.source.as_str()),
        ("b", "deliberazione n. 2 del 03/06/2024")
    );
    assert_eq!(desk.of("b").content.affects[0].case, "a", "linked both ways");
    // The posting of the revoking act was wrong: its effect has not come.
    let annul = CaseCommand::AnnulPosting { reason: "manca un allegato".into() };
    desk.at("2024-06-05 09:00").case("albo", "b", annul).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-13"), Efficacy::Effective);
    desk.at("2024-06-10 09:00").post("b").unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-19"), Efficacy::Effective);
    assert_eq!(desk.efficacy_on("a", "2024-06-20"), Efficacy::Ceased);
}

#[test]
fn sc_12_revoked_by_an_enforceable_act_it_ceases_from_the_adoption() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let annulling = desk.touching("a", Effect::Annul);
    desk.adopted_on("b", annulling, true, "2024-06-03");
    assert_eq!(desk.efficacy_on("a", "2024-06-03"), Efficacy::Ceased);
    assert_eq!(desk.lifecycle_on("a", day("2024-06-03")), Lifecycle::Annulled);
    assert_eq!(desk.of("a").touches.len(), 1);
    desk.at("2024-06-04 12:00").carry("b", "chiusura");
    assert_eq!(desk.of("a").touches.len(), 1, "once, not again at the posting");
}

#[test]
fn a_corrected_proclamation_gives_back_what_it_took() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.at("2024-05-20 08:00").ready("b", revoking);
    desk.at("2024-05-27 08:00").convened("s", "2024-06-03 09:00", &["b"]);
    let present = desk.first(9);
    desk.at("2024-06-03 09:00").open("s", &present).unwrap();
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    desk.immediate("s", "b", unanimous()).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-03"), Efficacy::Ceased);
    let vote = votes(&["ass1", "ass2", "ass3", "ass4", "ass5"], &[]);
    let (case, reason) = ("b".to_owned(), "conteggio errato".to_owned());
    desk.record_in("s", SittingCommand::CorrectProclamation { case, vote, present: None, reason })
        .unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-03"), Efficacy::Effective);
}

#[test]
fn sc_13_suspended_at_five_stays_suspended_at_ten() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    desk.at("2024-05-11 10:00");
    let mut nameless = order(Effect::Suspend, "2024-05-11", None);
    if let CaseCommand::RecordOrder { touch } = &mut nameless {
        touch.source = "  ".into();
    }
    assert_eq!(code(desk.case("segretario", "a", nameless)), "source_missing");
    desk.case("segretario", "a", order(Effect::Suspend, "2024-05-11", None)).unwrap();
    for on in ["2024-05-11", "2024-05-16", "2024-06-30"] {
        assert_eq!(desk.efficacy_on("a", on), Efficacy::Suspended, "{on}");
    }
    desk.at("2024-05-16 08:00");
    assert_eq!(code(desk.case("system", "a", CaseCommand::CertifyEffect)), "not_effective_now");
    assert_eq!(desk.lifecycle("a"), Lifecycle::Posted, "the posting runs on");
    assert_eq!(effective_on(desk.of("a")), None, "nobody knows when");
    let lift = |from: &str, source: &str| CaseCommand::LiftSuspension {
        from: day(from),
        source: source.into(),
    };
    desk.at("2024-07-01 10:00");
    assert_eq!(code(desk.case("segretario", "a", lift("2024-07-01", " "))), "source_missing");
    let before = desk.case("segretario", "a", lift("2024-05-10", "sentenza"));
    assert_eq!(code(before), "not_suspended");
    desk.case("segretario", "a", lift("2024-07-01", "sentenza n. 9")).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-07-01"), Efficacy::Effective);
    assert_eq!(desk.efficacy_on("a", "2024-06-30"), Efficacy::Suspended);
    assert_eq!(effective_on(desk.of("a")), Some(day("2024-07-01")), "not the computed 16 May");
    // The certificate comes by itself, and says why the day is another one.
    let owed = desk.jobs.iter().filter(|job| job.kind == "certify_effect").count();
    assert_eq!(owed, 2, "at the posting, and at the lifting");
    desk.case("system", "a", CaseCommand::CertifyEffect).unwrap();
    let printed = desk.printed("a", "certificato_esecutivita").unwrap().context;
    assert_eq!(printed["effective_on"], "2024-07-01");
    assert_eq!(printed["deferred_from"], "2024-05-16");
    let annotation = desk.printed("a", "annotazione").unwrap().context;
    assert_eq!(annotation["lifted"]["from"], "2024-07-01");
    assert_eq!(code(desk.case("segretario", "a", lift("2024-07-02", "x"))), "not_suspended");
}

#[test]
fn sc_13_a_suspension_with_a_term_moves_executivity_behind_it() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    desk.at("2024-05-11 10:00");
    let two = [("2024-05-11", "2024-05-20"), ("2024-05-19", "2024-05-31")];
    for (from, until) in two {
        desk.case("segretario", "a", order(Effect::Suspend, from, Some(until))).unwrap();
    }
    assert_eq!(effective_on(desk.of("a")), Some(day("2024-06-01")), "one after the other");
    desk.at("2024-05-16 08:00");
    assert_eq!(code(desk.case("system", "a", CaseCommand::CertifyEffect)), "not_yet_effective");
    assert_eq!(desk.efficacy_on("a", "2024-05-31"), Efficacy::Suspended);
    assert_eq!(desk.efficacy_on("a", "2024-06-01"), Efficacy::Effective);
    desk.at("2024-06-01 08:00").case("system", "a", CaseCommand::CertifyEffect).unwrap();
    // A suspension after the day does not take away what had set in.
    desk.case("segretario", "a", order(Effect::Suspend, "2024-06-03", None)).unwrap();
    assert_eq!(effective_on(desk.of("a")), Some(day("2024-06-01")));
}

#[test]
fn row_33_what_had_become_effective_stays_when_its_posting_is_repeated() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.posted_on("b", revoking, false, "2024-06-03");
    desk.at("2024-06-13 08:00").case("system", "b", CaseCommand::CertifyEffect).unwrap();
    let annul = CaseCommand::AnnulPosting { reason: "manca un allegato".into() };
    desk.at("2024-06-14 09:00").case("albo", "b", annul).unwrap();
    for on in ["2024-06-12", "2024-06-13", "2024-07-30"] {
        let wanted = if on < "2024-06-13" { Efficacy::None } else { Efficacy::Effective };
        assert_eq!(desk.efficacy_on("b", on), wanted, "{on}");
    }
    assert_eq!(desk.efficacy_on("a", "2024-06-14"), Efficacy::Ceased, "and so what it revoked");
    desk.at("2024-06-17 09:00").post("b").unwrap();
    assert_eq!(effective_on(desk.of("b")), Some(day("2024-06-13")));
    let terms = delibera::domain::case::terms_of(desk.of("b")).unwrap();
    assert_eq!(terms.last_day, day("2024-07-01"), "the posting itself is whole again");
    assert_eq!(desk.of("a").touches.len(), 1, "told once");
    let again = desk.case("system", "b", CaseCommand::CertifyEffect);
    assert_eq!(code(again), "already_certified");
}

#[test]
fn an_annotation_of_a_withdrawn_effect_is_recalled_or_followed_by_another() {
    for signed in [false, true] {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.posted("a", content, false);
        let revoking = desk.touching("a", Effect::Revoke);
        desk.posted_on("b", revoking, false, "2024-06-03");
        desk.work();
        if signed {
            desk.sign("segretario", "a", "annotazione-1").unwrap();
        }
        assert!(desk.of("a").paper("annotazione-1").unwrap().sha256.is_some());
        let annul = CaseCommand::AnnulPosting { reason: "manca un allegato".into() };
        desk.at("2024-06-05 09:00").case("albo", "b", annul).unwrap();
        let first = desk.of("a").paper("annotazione-1").unwrap();
        assert_eq!(first.sha256.is_none(), !signed, "what was not signed is composed again");
        assert_eq!(desk.of("a").paper("annotazione-1-ritiro").is_some(), signed);
        let printed = desk.printed("a", "annotazione").unwrap().context;
        assert_eq!(printed["withdrawn"], "pubblicazione annullata");
        assert_eq!(printed["until"], serde_json::Value::Null);
        desk.sign_all("a");
    }
}

#[test]
fn suspended_first_and_annulled_after_is_annulled() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    desk.at("2024-05-20 10:00");
    desk.case("segretario", "a", order(Effect::Suspend, "2024-05-20", Some("2024-05-31"))).unwrap();
    desk.at("2024-06-20 10:00");
    desk.case("segretario", "a", order(Effect::Annul, "2024-06-20", None)).unwrap();
    assert_eq!(desk.lifecycle_on("a", day("2024-06-20")), Lifecycle::Annulled);
    assert_eq!(desk.efficacy_on("a", "2024-06-20"), Efficacy::Ceased);
    assert_eq!(desk.efficacy_on("a", "2024-06-10"), Efficacy::Effective, "between the two");
}

#[test]
fn an_act_cannot_touch_itself_or_what_is_not_there() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("draft", content);
    for (id, target) in [("x", "x"), ("y", "draft")] {
        let touching = desk.touching(target, Effect::Revoke);
        desk.create(id, touching).unwrap();
        assert_eq!(code(desk.case("rp", id, CaseCommand::Submit)), "nothing_to_touch");
    }
}

#[test]
fn the_commissario_decides_alone() {
    let mut desk = Desk::large();
    for member in desk.size.members() {
        let role = desk.world.registry.mandates.values().find(|m| m.person == member).unwrap();
        let ended = RegistryCommand::EndMandate {
            mandate: role.id.clone(),
            last_day: day("2024-04-30"),
            act: "D.P.R. di scioglimento".into(),
            at: None,
        };
        desk.registry(ended).unwrap();
    }
    let commissario = mandate("dir_gen", Role::Commissario, "Il Commissario straordinario");
    let from = day("2024-05-01");
    let granted = delibera::domain::registry::Mandate { from, ..commissario };
    desk.registry(RegistryCommand::GrantMandate(granted)).unwrap();
    desk.at("2024-05-02 09:00");
    let text = crate::people::regulation(desk.size, &[("relatore_required", "false")]);
    desk.registry(RegistryCommand::AdoptRegulation { text, from }).unwrap();
    let mut content = desk.content();
    content.rapporteurs.clear();
    desk.ready("a", content.clone());
    let adopt = |immediate: Option<&str>| CaseCommand::AdoptAsCommissioner {
        immediate: immediate.map(str::to_owned),
    };
    assert_eq!(code(desk.case("segretario", "a", adopt(None))), "signer_not_in_role");
    assert_eq!(code(desk.case("dir_gen", "a", adopt(Some(" ")))), "urgency_not_motivated");
    desk.case("dir_gen", "a", adopt(Some("scade domani"))).unwrap();
    assert_eq!((desk.number("a"), desk.step("a")), (Some(1), "firma"));
    assert_eq!(desk.efficacy_on("a", "2024-05-02"), Efficacy::ImmediatelyEnforceable);
    desk.carry("a", "chiusura");
    let mut urgent = content.clone();
    urgent.gates.council = delibera::domain::case::CouncilGate::UrgentVariation;
    urgent.gates.effects = crate::desk::money();
    desk.ready("c", urgent);
    desk.case("dir_gen", "c", adopt(None)).unwrap();
    assert!(desk.of("c").duties.contains_key("consiglio"), "art. 175, c. 4, TUEL");
    // What was withdrawn he cannot adopt.
    desk.ready("b", content);
    let withdraw = CaseCommand::Withdraw { reason: "superata".into(), paper: None };
    desk.case("rp", "b", withdraw).unwrap();
    assert_eq!(code(desk.case("dir_gen", "b", adopt(None))), "case_over");
    let sitting = SittingCommand::Desert { present: roll(&[]) };
    assert_eq!(code(desk.sitting("segretario", "none", sitting)), "unknown_sitting");
}

#[test]
fn what_a_paper_speaks_of_is_read_with_its_act() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.posted_on("b", revoking, false, "2024-06-03");
    let related = |stream: StreamId| {
        let found = desk.world.related(&stream);
        let mut names: Vec<String> = found.iter().map(ToString::to_string).collect();
        names.sort();
        names.dedup();
        names
    };
    let sitting = |id: &str| desk.of(id).treatment.clone().unwrap().sitting;
    let (first, second) = (sitting("a"), sitting("b"));
    assert_eq!(related(StreamId::case("a")), ["case/b".to_owned(), format!("sitting/{first}")]);
    assert_eq!(related(StreamId::case("b")), ["case/a".to_owned(), format!("sitting/{second}")]);
    assert_eq!(related(StreamId::sitting(&first)), ["case/a"]);
    assert_eq!(related(StreamId::case("nessuno")), [""; 0]);
}

#[test]
fn an_act_enforceable_at_once_still_revokes_when_its_posting_was_wrong() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.posted_on("b", revoking, true, "2024-06-03");
    assert_eq!(desk.efficacy_on("a", "2024-06-03"), Efficacy::Ceased);
    let annul = CaseCommand::AnnulPosting { reason: "manca un allegato".into() };
    desk.at("2024-06-05 09:00").case("albo", "b", annul).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-05"), Efficacy::Ceased, "art. 134, c. 4, TUEL");
}
