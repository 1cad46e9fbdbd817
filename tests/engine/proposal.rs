// SPDX-License-Identifier: AGPL-3.0-or-later
//! Section 1: the proposal and its opinions.

use crate::desk::{Desk, code, day, money, unanimous, votes};
use crate::people::Size;
use delibera::domain::case::{
    Attachment, AttachmentClass, CaseCommand, CaseEvent, Content, CouncilGate, Effects, Efficacy,
    Gates, OpinionOutcome, standing,
};
use delibera::domain::changes::Fact;
use delibera::domain::sitting::{SittingCommand, VoteInput};
use delibera::domain::workflow::{Lifecycle, OpinionKind};
use std::sync::Arc;

const FOUR: [&str; 4] = ["area", "casa", "operativo", "generale"];

fn of_four(desk: &Desk) -> Content {
    Content { offices: FOUR.iter().map(|o| (*o).to_owned()).collect(), ..desk.content() }
}

fn gates(desk: &Desk, change: impl Fn(&mut Gates)) -> Content {
    let mut content = desk.content();
    change(&mut content.gates);
    content
}

#[test]
fn t_1_an_urgent_variation_lapses_on_31_december_unratified() {
    let mut desk = Desk::large();
    let content = gates(&desk, |g| {
        g.council = CouncilGate::UrgentVariation;
        g.effects = money();
    });
    desk.adopted_on("a", content, true, "2024-11-20");
    assert_eq!(desk.of("a").duties["consiglio"].due, Some(day("2024-12-31")));
    assert_eq!(desk.efficacy_on("a", "2024-12-31"), Efficacy::ImmediatelyEnforceable);
    assert_eq!(desk.efficacy_on("a", "2025-01-01"), Efficacy::Ceased);
}

#[test]
fn t_2_ratified_within_sixty_days_it_stays() {
    let mut desk = Desk::large();
    let content = gates(&desk, |g| {
        g.council = CouncilGate::UrgentVariation;
        g.effects = money();
    });
    desk.adopted_on("a", content, true, "2024-09-10");
    assert_eq!(desk.of("a").duties["consiglio"].due, Some(day("2024-11-09")));
    let mut late = desk.clone();
    let ratified = CaseCommand::SettleDuty {
        duty: "consiglio".into(),
        done: true,
        note: "deliberazione del Consiglio n. 40".into(),
    };
    desk.at("2024-11-09 18:00").case("segretario", "a", ratified.clone()).unwrap();
    assert_eq!(desk.efficacy_on("a", "2025-02-01"), Efficacy::ImmediatelyEnforceable);
    late.at("2024-11-10 10:00").case("segretario", "a", ratified).unwrap();
    assert_eq!(late.efficacy_on("a", "2024-11-10"), Efficacy::Ceased, "one day late");
}

#[test]
fn t_3_money_is_not_mere_direction() {
    let mut desk = Desk::with(Size::Large, &[("indirizzo_requires_segretario_ack", "false")]);
    let direction = Some("indica una priorità politica".to_owned());
    let content = gates(&desk, |g| {
        g.direction_only = direction.clone();
        g.effects = money();
    });
    desk.create("a", content).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "direction_with_effects");
    let content = gates(&desk, |g| g.direction_only = direction.clone());
    desk.case("rp", "a", CaseCommand::Edit { content }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    assert_eq!(desk.step("a"), "istruttoria", "no opinions under art. 49");
    assert!(desk.of("a").skipped["pareri_tecnici"].contains("priorità politica"));
}

#[test]
fn t_4_three_of_four_favourable_is_not_all() {
    let mut desk = Desk::large();
    let content = of_four(&desk);
    desk.submitted("a", content);
    for (office, director) in [("area", "dir_area"), ("casa", "dir_casa"), ("operativo", "dir_op")]
    {
        desk.technical(director, "a", office).unwrap();
        assert_eq!(desk.lifecycle("a"), Lifecycle::TechnicalOpinions);
    }
    assert_eq!(code(desk.accounting("ragioniere", "a")), "wrong_step");
    desk.technical("dir_gen", "a", "generale").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::AccountingOpinion);
}

#[test]
fn t_5_not_due_without_a_signature_is_nothing() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    let unsigned = delibera::domain::papers::SignedPaper {
        form: Default::default(),
        kind: delibera::domain::papers::PaperKind::ParereContabile,
        facts: String::new(),
        sha256: String::new(),
        fiscal_code: String::new(),
        assurance: None,
    };
    let give = |paper| CaseCommand::GiveOpinion {
        opinion: OpinionKind::Accounting,
        office: String::new(),
        outcome: OpinionOutcome::NotDue,
        reasons: "nessun riflesso".into(),
        no_conflict: true,
        paper,
    };
    assert_eq!(code(desk.case("ragioniere", "a", give(Some(unsigned)))), "paper_outdated");
    // Another office's director cannot sign for Ragioneria.
    assert_eq!(code(desk.case("dir_area", "a", give(None))), "signer_not_in_role");
    desk.case("ragioniere", "a", give(None)).unwrap();
    let opinion = desk.of("a").opinions.last().unwrap();
    assert_eq!(opinion.outcome, OpinionOutcome::NotDue);
    assert_eq!(opinion.paper.fiscal_code, opinion.giver.fiscal_code);
    assert_eq!(opinion.paper.sha256.len(), 64);
}

fn contrary_at_the_vote(desk: &mut Desk) {
    let content = desk.content();
    desk.submitted("a", content);
    desk.contrary("a");
    desk.called_on_the_sixth("a");
}

#[test]
fn t_6_the_gate_stands_before_the_vote_and_an_override_is_an_anomaly() {
    let mut desk = Desk::large();
    contrary_at_the_vote(&mut desk);
    let refusal = desk.vote("s", "a", unanimous()).unwrap_err();
    assert_eq!(refusal.code, "departure_not_motivated");
    assert_eq!(refusal.article, "art. 49, c. 4, TUEL");
    let vote = SittingCommand::Vote {
        case: "a".into(),
        vote: unanimous(),
        override_reason: "urgenza dichiarata dal Presidente".into(),
    };
    desk.record_in("s", vote).unwrap();
    desk.proclaim("s", "a").unwrap();
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert!(treatment.outcome.is_approval(), "once voted, the result exists");
    assert_eq!(treatment.anomalies.len(), 1);
    assert_eq!(treatment.anomalies[0].code, "departure_not_motivated");
    assert!(treatment.anomalies[0].text.contains("urgenza dichiarata"));
}

#[test]
fn t_7_with_the_reasons_in_the_text_it_is_adopted() {
    let mut desk = Desk::large();
    contrary_at_the_vote(&mut desk);
    let blank = CaseCommand::MotivateDeparture { reasons: "   ".into() };
    assert_eq!(code(desk.case("rp", "a", blank)), "reasons_missing");
    let reasons = "l'istruttoria è stata completata il 3 maggio".into();
    desk.case("rp", "a", CaseCommand::MotivateDeparture { reasons }).unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    assert!(desk.of("a").treatment.as_ref().unwrap().anomalies.is_empty());
    let act = desk.printed("a", "deliberazione").unwrap();
    assert_eq!(act.context["departure"]["reasons"], "l'istruttoria è stata completata il 3 maggio");
}

#[test]
fn t_8_money_in_an_amendment_reopens_not_due_and_voids_every_opinion() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let mut content = desk.of("a").content.clone();
    content.decision.push("di concedere un contributo di € 5.000;".into());
    content.gates.effects = money();
    let amend = SittingCommand::Amend { case: "a".into(), content, formal: false, paper: None };
    desk.record_in("s", amend).unwrap();
    assert_eq!(code(desk.unanimous("s", "a")), "missing_opinion");
    let case = desk.of("a");
    let regulation = desk.world.regulation(desk.today()).unwrap();
    for kind in [OpinionKind::Technical, OpinionKind::Accounting, OpinionKind::Legitimacy] {
        for need in delibera::domain::case::needs(&case.content, kind, &regulation).unwrap() {
            assert!(standing(case, &need).is_none(), "{kind:?}");
        }
    }
    assert_eq!(case.opinions.len(), 3, "void, not deleted");
    let workflow = desk.world.workflow(case).unwrap();
    let awaited = delibera::domain::tasks::of_case(case, &workflow);
    let awaited = awaited.iter().filter(|t| t.what == delibera::domain::tasks::What::Opinion);
    assert_eq!(awaited.count(), 3, "each giver finds it on the desk");
    // On the spot: technical, then accounting, then legitimacy; then the vote.
    assert_eq!(code(desk.legitimacy("segretario", "a")), "legitimacy_before_others");
    desk.technical("dir_area", "a", "area").unwrap();
    desk.accounting("ragioniere", "a").unwrap();
    desk.legitimacy("segretario", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    let case = desk.of("a");
    assert!(case.opinions.iter().skip(3).all(|o| o.on_the_spot && o.version == 2));
    assert_eq!(case.treatment.as_ref().unwrap().hash, case.opinions.last().unwrap().hash);
}

#[test]
fn t_48_two_relatori_and_the_lead_office() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.offices = vec!["generale".into(), "area".into()];
    content.rapporteurs = vec!["sindaco".into(), "ass2".into()];
    desk.submitted("a", content);
    let signers: Vec<String> =
        desk.of("a").papers[0].signed.iter().map(|(_, s, _)| s.person.clone()).collect();
    assert_eq!(signers, ["rp", "dir_gen", "dir_area", "sindaco", "ass2"]);
    assert_eq!(desk.of("a").content.lead_office(), "generale");
    desk.carry("a", "ordine_del_giorno");
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let everyone = desk.size.members();
    desk.at("2024-05-06 09:00").open("s", &everyone).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let printed = desk.printed("a", "deliberazione").unwrap().context.to_string();
    assert!(printed.contains("Nome SINDACO") && printed.contains("Nome ASS2"), "{printed}");
}

#[test]
fn t_49_contrary_for_blank_reasons_is_refused() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    let which = (OpinionKind::Technical, "area");
    let answer = desk.opinion("dir_area", "a", which, OpinionOutcome::Contrary, "   ");
    assert_eq!(code(answer), "reasons_missing");
}

#[test]
fn t_50_the_decree_ended_yesterday() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.at("2024-06-28 09:00").submitted("a", content);
    desk.director_ends("2024-06-30");
    let mut in_time = desk.clone();
    assert_eq!(
        code(desk.at("2024-07-01 09:00").technical("dir_area", "a", "area")),
        "signer_not_in_role"
    );
    in_time.at("2024-06-30 23:50").technical("dir_area", "a", "area").unwrap();
    // Nobody is left: the Segretario gives it (art. 49, c. 2).
    desk.technical("segretario", "a", "area").unwrap();
    assert_eq!(desk.of("a").opinions[0].giver.title, "Il Segretario Generale");
}

#[test]
fn t_51_another_attachment_voids_but_does_not_delete() {
    let mut desk = Desk::large();
    let mut content = of_four(&desk);
    let attachment = |sha: &str| Attachment {
        name: "tavola.pdf".into(),
        class: AttachmentClass::Integral,
        media_type: "application/pdf".into(),
        sha256: sha.repeat(64),
        size: 10,
        pages: Some(1),
    };
    content.attachments = vec![attachment("a")];
    desk.submitted("x", content.clone());
    desk.technical("dir_area", "x", "area").unwrap();
    desk.technical("dir_casa", "x", "casa").unwrap();
    content.attachments = vec![attachment("b")];
    let revise = CaseCommand::Revise { content, formal: false, paper: None };
    desk.case("rp", "x", revise).unwrap();
    desk.sign_all("x");
    let case = desk.of("x");
    assert_eq!(case.opinions.len(), 2);
    assert_ne!(case.opinions[0].hash, case.current().unwrap().hash);
    let regulation = desk.world.regulation(desk.today()).unwrap();
    let open = delibera::domain::case::open_needs(case, OpinionKind::Technical, &regulation);
    assert_eq!(open.len(), 4);
    assert_eq!(case.step, "pareri_tecnici");
    let facts = desk.technical("dir_area", "x", "area").unwrap();
    let given = facts.iter().find_map(|f| match f {
        Fact::Case(_, CaseEvent::OpinionGiven(given)) => Some(given.clone()),
        _ => None,
    });
    let given = given.unwrap();
    assert!(given.confirmation, "one gesture, a new sheet");
    assert_ne!(given.paper.sha256, desk.of("x").opinions[0].paper.sha256);
}

#[test]
fn t_52_an_act_without_a_sheet_is_not_composed() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.printed("a", "deliberazione").unwrap();
    let case = desk.world.cases.get_mut("a").map(Arc::make_mut).unwrap();
    case.opinions.retain(|o| o.opinion != OpinionKind::Accounting);
    let refusal = desk.printed("a", "deliberazione").unwrap_err();
    assert_eq!(refusal.code, "opinion_sheet_missing");
}

#[test]
fn t_54_no_answer_is_no_assent() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    let before = desk.of("a").version;
    desk.at("2024-07-01 09:00");
    desk.work();
    assert_eq!((desk.step("a"), desk.of("a").version), ("pareri_tecnici", before));
    let reminders: Vec<&str> = desk
        .jobs
        .iter()
        .filter(|j| j.kind == "remind" && j.payload["entered"] == desk.of("a").entered)
        .map(|j| j.payload["moment"].as_str().unwrap())
        .collect();
    assert_eq!(reminders, ["deadline_near", "deadline_due", "deadline_passed"]);
}

#[test]
fn t_55_not_due_against_a_declared_effect_needs_its_own_words() {
    let mut desk = Desk::large();
    let content = gates(&desk, |g| {
        g.effects = Effects::Some { amount_cents: None, chapter: None, financing: None };
    });
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    let which = (OpinionKind::Accounting, "");
    // Four words, one of them longer than three letters and not of the bare denial.
    let denial = "non vi sono riflessi diretti o indiretti sul bilancio";
    for reasons in ["no", "alloggio già dato", "non vi è oro per ora", denial] {
        let poor = desk.clone().opinion("ragioniere", "a", which, OpinionOutcome::NotDue, reasons);
        assert_eq!(code(poor), "not_due_with_effects", "{reasons}");
    }
    for reasons in ["non vi è la gara", "il comodato non incide sul valore del patrimonio"] {
        let given = desk.clone().opinion("ragioniere", "a", which, OpinionOutcome::NotDue, reasons);
        given.unwrap();
    }
}

#[test]
fn sc_2_and_return_paths_of_a_contrary_opinion() {
    let mut desk = Desk::with(Size::Large, &[("contrary_opinion_path", "\"return_to_proposer\"")]);
    let content = desk.content();
    desk.submitted("a", content);
    let which = (OpinionKind::Technical, "area");
    desk.opinion("dir_area", "a", which, OpinionOutcome::Contrary, "Manca il piano.").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::Returned);
    // Row 5: what was sent back is to be mended by a day; a first draft has no term.
    assert_eq!(desk.of("a").deadline, Some(day("2024-05-04")));
    let mut first = desk.clone();
    let content = first.content();
    first.create("b", content).unwrap();
    assert_eq!(first.of("b").deadline, None);
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "returned_first_rework");
    desk.case("rp", "a", CaseCommand::Rework).unwrap();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Visto il piano.");
    desk.case("rp", "a", CaseCommand::Edit { content }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    assert_eq!((desk.step("a"), desk.of("a").versions.len()), ("pareri_tecnici", 2));
    assert_eq!(desk.of("a").number("proposte").unwrap().number, 1, "one number, two versions");
}

#[test]
fn cup_of_a_public_investment() {
    let mut desk = Desk::large();
    let mut content = gates(&desk, |g| g.public_investment = true);
    desk.create("a", content.clone()).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "cup_missing");
    for wrong in ["B12C3456789012", "B12C345678901234", "B12C3456789012è", "B12C34567890 12"] {
        content.cup = Some(wrong.into());
        desk.case("rp", "a", CaseCommand::Edit { content: content.clone() }).unwrap();
        let refused = desk.case("rp", "a", CaseCommand::Submit).unwrap_err();
        assert_eq!(refused.text, "Il CUP deve avere 15 caratteri alfanumerici", "{wrong}");
    }
    content.cup = Some("B12C34567890123".into());
    desk.case("rp", "a", CaseCommand::Edit { content: content.clone() }).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "cup_missing", "no financing");
    content.gates.effects = Effects::Some {
        amount_cents: Some(10_000_000),
        chapter: None,
        financing: Some("avanzo vincolato, dal 2024".into()),
    };
    desk.case("rp", "a", CaseCommand::Edit { content }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
}

#[test]
fn a_vote_without_a_motive_can_still_be_split() {
    let mut desk = Desk::large();
    desk.in_sitting(11, &["a"]);
    desk.call("s", "a").unwrap();
    let vote = VoteInput { ..votes(&["ass1"], &["ass2"]) };
    desk.vote("s", "a", vote).unwrap();
    desk.proclaim("s", "a").unwrap();
    let ballot = desk.of("a").treatment.clone().unwrap().ballot.unwrap();
    assert_eq!((ballot.favour.len(), ballot.against.len(), ballot.abstained.len()), (9, 1, 1));
}

#[test]
fn an_office_that_is_not_asked_sends_nothing_back() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    let back = |office: &str| CaseCommand::Return {
        office: office.into(),
        reasons: "Manca il piano.".into(),
        paper: None,
    };
    assert_eq!(code(desk.case("dir_casa", "a", back("casa"))), "wrong_step");
    desk.case("dir_area", "a", back("area")).unwrap();
}

#[test]
fn practice_1_1_an_opinion_given_in_the_room_leaves_the_act_in_the_room() {
    let mut desk = Desk::with(Size::Large, &[("contrary_opinion_path", "\"return_to_proposer\"")]);
    let content = desk.content();
    desk.submitted("a", content);
    desk.called_on_the_sixth("a");
    let step = desk.step("a").to_owned();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Emendato.");
    let amend = SittingCommand::Amend { case: "a".into(), content, formal: false, paper: None };
    desk.record_in("s", amend).unwrap();
    let which = (OpinionKind::Technical, "area");
    desk.opinion("dir_area", "a", which, OpinionOutcome::Contrary, "Manca l'istruttoria.").unwrap();
    assert_eq!(desk.step("a"), step, "the organ decides what to do with it");
    assert!(desk.of("a").opinions.last().unwrap().on_the_spot);
}
