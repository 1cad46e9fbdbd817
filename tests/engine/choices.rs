// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a Comune chooses in its regulation, key by key: the same act under one value and the other.

use crate::desk::{Desk, code, day, money, roll, votes};
use crate::people::{Size, WORKFLOW, regulation};
use delibera::domain::case::{CaseCommand, Effects, OpinionOutcome};
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{
    Assurance, SignatureLevel, SignatureQuality, SignedForm, SignedPaper, carried_by_case,
};
use delibera::domain::registry::{RegistryCommand, Role};
use delibera::domain::sitting::{Mode, SittingCommand};
use delibera::domain::workflow::OpinionKind;
use std::sync::Arc;

#[test]
fn practice_1_12_where_the_director_declares_ragioneria_is_asked_only_about_effects() {
    let mut desk = Desk::with(Size::Large, &[("accounting_gate", "\"director_declares\"")]);
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "istruttoria");
    let kinds: Vec<OpinionKind> = desk.of("a").opinions.iter().map(|o| o.opinion).collect();
    assert_eq!(kinds, [OpinionKind::Technical]);
    assert!(desk.of("a").skipped["parere_contabile"].contains("dichiara l'assenza di riflessi"));
    desk.carry("a", "ordine_del_giorno");
    let summary = desk.printed("a", "foglio_pareri").unwrap().context;
    assert!(summary["not_due"].to_string().contains("dichiara l'assenza di riflessi"), "{summary}");
    desk.adopted_from_agenda("a");
    assert_eq!(desk.number("a"), Some(1));
    // Who declares is who signs the proposal: with effects the opinion is due as ever.
    let mut content = desk.content();
    content.gates.effects = money();
    desk.at("2024-05-07 09:00").submitted("b", content);
    desk.carry("b", "parere_contabile");
    let which = (OpinionKind::Accounting, "");
    desk.opinion("ragioniere", "b", which, OpinionOutcome::Favourable, "").unwrap();
    // And where Ragioneria always says so, the same act without effects waits for it.
    let mut desk = Desk::with(Size::Large, &[("accounting_gate", "\"always_ragioneria\"")]);
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
}

#[test]
fn r3_2_with_a_fixed_calendar_nobody_need_be_convened() {
    let scheduled = |keys: &[(&str, &str)]| {
        let mut desk = Desk::with(Size::Large, keys);
        let content = desk.content();
        desk.ready("a", content);
        desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::InSeat, &["a"]);
        desk.at("2024-05-06 09:00");
        desk
    };
    let mut desk = scheduled(&[]);
    let nine = desk.first(9);
    assert_eq!(code(desk.open("s", &nine)), "sitting_status");
    let mut desk = scheduled(&[("fixed_calendar", "\"ogni lunedì alle ore 9\"")]);
    desk.open("s", &nine).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    assert_eq!(desk.number("a"), Some(1));
    let printed = desk.printed("a", "deliberazione").unwrap().context;
    assert_eq!(printed["meeting"]["convened_by"], "", "no convening is printed that was not");
}

#[test]
fn r3_14_names_of_the_votes_are_recorded_and_printed_where_the_comune_wants() {
    for (value, printed) in [("true", 1), ("false", 0)] {
        let mut desk = Desk::with(Size::Large, &[("print_nominal_votes", value)]);
        desk.in_sitting(9, &["a"]);
        desk.call("s", "a").unwrap();
        desk.vote("s", "a", votes(&["ass1"], &["ass2"])).unwrap();
        desk.proclaim("s", "a").unwrap();
        desk.close("s").unwrap();
        let ballot = desk.of("a").treatment.clone().unwrap().ballot.unwrap();
        assert_eq!((ballot.against, ballot.abstained), (vec!["ass1".into()], vec!["ass2".into()]));
        let act = desk.printed("a", "deliberazione").unwrap().context;
        let names = |of: &str| act["vote"][of].as_array().unwrap().len();
        assert_eq!((names("against_names"), names("abstained_names")), (printed, printed));
        assert_eq!(act["vote"]["against"], 1, "the count is printed in any case");
    }
}

#[test]
fn r6_7_the_referto_says_that_nobody_objected_only_where_the_comune_wants() {
    for (value, says) in [("true", true), ("false", false)] {
        let mut desk = Desk::with(Size::Large, &[("referto_states_no_opposition", value)]);
        let content = desk.content();
        desk.posted("a", content, false);
        desk.at("2024-05-21 08:00").case("system", "a", CaseCommand::EndPosting).unwrap();
        let referto = desk.printed("a", "referto_pubblicazione").unwrap().context;
        assert_eq!(referto["states_no_opposition"], says);
    }
}

#[test]
fn r8_6_types_of_act_that_go_to_the_prefetto_raise_their_duty() {
    for (types, due) in [("[\"adesione\"]", true), ("[\"contratto\"]", false), ("[]", false)] {
        let mut desk = Desk::with(Size::Large, &[("prefect_notice_types", types)]);
        let content = desk.content();
        desk.posted("a", content, false);
        assert_eq!(desk.of("a").duties.contains_key("prefetto"), due, "{types}");
    }
}

#[test]
fn r3_10_the_segretario_is_in_the_seat_where_the_comune_wants() {
    for (value, wanted) in [("true", "must_be_in_seat"), ("false", "ok")] {
        let mut desk = Desk::with(Size::Large, &[("remote_segretario_must_be_in_seat", value)]);
        let content = desk.content();
        desk.ready("a", content);
        desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", Mode::Mixed, &["a"]);
        desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
        let open = SittingCommand::Open {
            present: roll(&desk.first(9)),
            verbalizer: None,
            verbalizer_remote: true,
            assisting: Vec::new(),
        };
        let answer = desk.at("2024-05-06 09:00").sitting("segretario", "s", open);
        assert_eq!(code(answer), wanted, "{value}");
    }
}

#[test]
fn r5_3_a_proposal_is_numbered_as_a_draft_or_when_it_is_submitted() {
    for (value, at_once) in [("\"draft\"", Some(1)), ("\"submission\"", None)] {
        let mut desk = Desk::with(Size::Large, &[("proposal_number_at", value)]);
        let content = desk.content();
        desk.create("a", content).unwrap();
        let number = |desk: &Desk| desk.of("a").number("proposte").map(|n| n.number);
        assert_eq!(number(&desk), at_once, "{value}");
        desk.case("rp", "a", CaseCommand::Submit).unwrap();
        assert_eq!((number(&desk), desk.of("a").numbers.len()), (Some(1), 1), "one, and once");
    }
}

#[test]
fn r6_8_the_proposing_office_reviews_its_own_act_and_no_other_responsabile_does() {
    let mut desk = Desk::large();
    // As at the first start: the regulation, then the procedure that follows it.
    Arc::make_mut(&mut desk.world.registry).active.clear();
    let keys = [("privacy_reviewer", "\"proposing_office\"")];
    let adopt = RegistryCommand::AdoptRegulation {
        text: regulation(Size::Large, &keys),
        from: day("2024-04-29"),
    };
    desk.registry(adopt).unwrap();
    let wrong = RegistryCommand::ActivateWorkflow { text: WORKFLOW.into() };
    assert_eq!(code(desk.registry(wrong)), "workflow_lacks_rule", "the two must agree");
    let said = "who = \"segreteria\"                 # lo stesso ufficio";
    assert!(WORKFLOW.contains(said));
    let text =
        WORKFLOW.replacen(said, "who = \"responsabile_procedimento\"  # lo stesso ufficio", 1);
    desk.registry(RegistryCommand::ActivateWorkflow { text }).unwrap();
    let granted = delibera::domain::registry::Mandate {
        id: "altro".into(),
        ..crate::people::mandate("casa", Role::ResponsabileProcedimento, "Il Responsabile")
    };
    let other = delibera::domain::registry::Person {
        id: "casa".into(),
        given_name: "Nome".into(),
        surname: "CASA".into(),
        fiscal_code: crate::desk::fiscal("casa"),
        email: "casa@comune.example".into(),
        born: None,
    };
    desk.registry(RegistryCommand::RegisterPerson(other)).unwrap();
    desk.registry(RegistryCommand::GrantMandate(granted)).unwrap();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.at("2024-05-06 12:00").carry("a", "verifica_privacy");
    for stranger in ["segreteria", "casa", "dir_casa"] {
        assert_eq!(code(desk.pass(stranger, "a")), "not_the_proposer", "{stranger}");
    }
    for hit in delibera::domain::privacy::open_hits(desk.of("a"), &desk.world) {
        let reason = "si può pubblicare".into();
        let clear = CaseCommand::ClearPersonalData { text: hit.text, reason };
        assert_eq!(code(desk.case("segreteria", "a", clear.clone())), "not_the_proposer");
        desk.case("rp", "a", clear).unwrap();
    }
    desk.pass("rp", "a").unwrap();
}

#[test]
fn r1_2_the_relatore_signs_the_proposal_only_where_the_comune_wants() {
    for (value, signs) in [("true", true), ("false", false)] {
        let mut desk = Desk::with(Size::Large, &[("political_signature_required", value)]);
        let content = desk.content();
        desk.create("a", content).unwrap();
        desk.case("rp", "a", CaseCommand::Submit).unwrap();
        let mut papers = desk.of("a").papers.iter();
        let proposal = papers.find(|p| p.plan.kind.token() == "proposta").unwrap();
        let slots = proposal.plan.slots.iter().filter_map(|slot| slot.signer.as_ref());
        let signers: Vec<&str> = slots.map(|signer| signer.person.as_str()).collect();
        assert!(signers.contains(&"rp") && signers.contains(&"dir_area"), "{signers:?}");
        assert_eq!(signers.contains(&"ass1"), signs, "{signers:?}");
    }
}

#[test]
fn r1_15_one_cent_on_a_chapter_commits_spending() {
    let mut content = Desk::large().content();
    let mut commits = |amount_cents: Option<i64>, chapter: &str| {
        let chapter = Some(chapter.to_owned());
        content.gates.effects = Effects::Some { amount_cents, chapter, financing: None };
        content.commits_spending()
    };
    assert!(commits(Some(1), "1030"), "art. 183, c. 1, TUEL");
    assert!(!commits(Some(0), "1030") && !commits(None, "1030") && !commits(Some(1), " "));
}

/// A technical opinion on "a" in a container of its own.
fn enveloped(desk: &Desk, assurance: Option<Assurance>) -> CaseCommand {
    let given = |paper| CaseCommand::GiveOpinion {
        opinion: OpinionKind::Technical,
        office: "area".into(),
        outcome: OpinionOutcome::Favourable,
        reasons: String::new(),
        no_conflict: true,
        paper,
    };
    let carried = carried_by_case("a", &given(None), &desk.ctx("dir_area"), &desk.world);
    let facts = carried.ok().flatten().unwrap();
    given(Some(SignedPaper {
        form: SignedForm::Cades,
        kind: facts.kind,
        facts: facts.sha256(),
        sha256: "f".repeat(64),
        fiscal_code: crate::desk::fiscal("dir_area"),
        assurance,
    }))
}

#[test]
fn r9_3_a_p7m_comes_only_where_the_comune_takes_it_and_with_every_level_it_asks() {
    let policy = ("signature_policy", "{ parere_tecnico = \"qualified B-T\" }");
    let qualified = |level| Some(Assurance::of(SignatureQuality::Qualified, level));
    let (enough, below) = (qualified(SignatureLevel::T), qualified(SignatureLevel::B));
    for (taken, assurance, answer) in [
        ("false", enough, "container_not_taken"),
        ("true", below, "container_below_level"),
        ("true", None, "container_below_level"),
        ("true", enough, "ok"),
    ] {
        let mut desk = Desk::with(Size::Large, &[("accept_p7m", taken), policy]);
        let content = desk.content();
        desk.create("a", content).unwrap();
        desk.case("rp", "a", CaseCommand::Submit).unwrap();
        desk.sign_all("a");
        let opinion = enveloped(&desk, assurance);
        assert_eq!(code(desk.case("dir_area", "a", opinion)), answer, "{taken} {assurance:?}");
    }
}

/// A person signs the first paper of "a" with a qualified signature without a time of its own.
fn sign(desk: &mut Desk, person: &str) {
    let state = desk.of("a").papers[0].clone();
    let paper = SignedPaper {
        form: SignedForm::Pades,
        kind: state.plan.kind,
        facts: state.facts.unwrap(),
        sha256: sha256_hex(person.as_bytes()),
        fiscal_code: crate::desk::fiscal(person),
        assurance: Some(Assurance::of(SignatureQuality::Qualified, SignatureLevel::B)),
    };
    let base = state.sha256.unwrap();
    let sign = CaseCommand::Sign { paper_key: state.plan.key, base, paper: Some(paper) };
    desk.case(person, "a", sign).unwrap();
}

#[test]
fn r9_5_a_level_still_to_come_is_owed_when_the_last_has_signed() {
    for (policy, owed) in [("qualified B-T", true), ("qualified B-B", false)] {
        let policy = format!("{{ proposta = \"{policy}\" }}");
        let mut desk = Desk::with(Size::Large, &[("signature_policy", &policy)]);
        let content = desk.content();
        desk.create("a", content).unwrap();
        desk.case("rp", "a", CaseCommand::Submit).unwrap();
        desk.work();
        let augments = |desk: &Desk| desk.jobs.iter().filter(|job| job.kind == "augment").count();
        sign(&mut desk, "rp");
        sign(&mut desk, "dir_area");
        assert_eq!(augments(&desk), 0, "others sign after: nothing is appended yet");
        sign(&mut desk, "ass1");
        assert_eq!(augments(&desk), usize::from(owed), "{policy}");
    }
}

#[test]
fn r9_3_what_several_sign_is_signed_inside_the_pdf() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.work();
    let state = desk.of("a").papers[0].clone();
    let paper = SignedPaper {
        form: SignedForm::Cades,
        kind: state.plan.kind,
        facts: state.facts.unwrap(),
        sha256: "f".repeat(64),
        fiscal_code: crate::desk::fiscal("rp"),
        assurance: Some(Assurance::MOST),
    };
    let base = state.sha256.unwrap();
    let sign = CaseCommand::Sign { paper_key: state.plan.key, base, paper: Some(paper) };
    assert_eq!(code(desk.case("rp", "a", sign)), "container_not_here");
}
