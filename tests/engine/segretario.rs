// SPDX-License-Identifier: AGPL-3.0-or-later
//! Section 2: the Segretario, substitutes, who signs.

use crate::desk::{Desk, code, day, unanimous};
use crate::people::Size;
use delibera::domain::case::{CaseCommand, OpinionOutcome};
use delibera::domain::registry::{RegistryCommand, Role};
use delibera::domain::sitting::SittingCommand;
use delibera::domain::workflow::{Lifecycle, OpinionKind};

/// Records an absence.
pub fn away(desk: &mut Desk, person: &str, from: &str, to: &str) {
    let (from, to) = (day(from), day(to));
    desk.registry(RegistryCommand::RecordAbsence { person: person.into(), from, to }).unwrap();
}

fn replaced(desk: &mut Desk, person: &str) -> crate::desk::Answer {
    let (case, person) = ("a".to_owned(), person.to_owned());
    let reason = "interesse proprio".into();
    desk.record_in("s", SittingCommand::ReplaceVerbalizer { case, person, reason })
}

#[test]
fn t_9_legitimacy_comes_after_accounting_by_instant() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    assert_eq!(code(desk.legitimacy("segretario", "a")), "wrong_step");
    desk.carry("a", "parere_legittimita");
    // The same instant is not "after": timestamps, not dates.
    let mut same = desk.clone();
    let accounting = same.of("a").opinions.last().unwrap().at;
    same.now = accounting;
    assert_eq!(code(same.legitimacy("segretario", "a")), "legitimacy_before_others");
    desk.legitimacy("segretario", "a").unwrap();
}

#[test]
fn t_47_the_order_holds_against_the_instant_of_the_vote() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    let case = desk.of("a");
    let times: Vec<_> = case.opinions.iter().map(|o| (o.opinion, o.at)).collect();
    assert!(times.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1), "{times:?}");
    assert!(times.last().unwrap().1 < desk.held("s").opened.unwrap());
}

#[test]
fn t_10_the_segretario_in_conflict_is_replaced_for_the_item() {
    let mut desk = Desk::large();
    away(&mut desk, "vicario", "2024-05-01", "2024-05-31");
    away(&mut desk, "vice2", "2024-05-01", "2024-05-31");
    desk.in_sitting(9, &["a", "b"]);
    desk.call("s", "a").unwrap();
    assert_eq!(code(replaced(&mut desk, "sindaco")), "cannot_verbalize", "who presides");
    assert_eq!(code(replaced(&mut desk, "ass11")), "cannot_verbalize", "who is absent");
    assert_eq!(code(replaced(&mut desk, "ass1")), "cannot_verbalize", "not the youngest");
    replaced(&mut desk, "ass7").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.call("s", "b").unwrap();
    desk.unanimous("s", "b").unwrap();
    desk.close("s").unwrap();
    let act = desk.of("a").treatment.clone().unwrap();
    assert_eq!(act.verbalizer.person, "ass7");
    assert_eq!(act.verbalizer.title, "Segretario verbalizzante");
    assert!(act.ballot.unwrap().favour.contains(&"ass7".to_owned()), "he keeps his vote");
    let slots: Vec<String> = desk
        .of("a")
        .paper("deliberazione")
        .unwrap()
        .plan
        .slots
        .iter()
        .map(|s| s.signer.clone().unwrap().person)
        .collect();
    assert_eq!(slots, ["sindaco", "ass7"]);
    assert_eq!(desk.of("b").treatment.as_ref().unwrap().verbalizer.person, "segretario");
}

#[test]
fn the_vice_comes_before_any_member_and_the_segretario_does_not_replace_himself() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    assert_eq!(code(replaced(&mut desk, "ass7")), "cannot_verbalize", "the Vicario is in service");
    assert_eq!(code(replaced(&mut desk, "segretario")), "cannot_verbalize");
    replaced(&mut desk, "vicario").unwrap();
    desk.unanimous("s", "a").unwrap();
    assert_eq!(desk.of("a").treatment.as_ref().unwrap().verbalizer.person, "vicario");
}

#[test]
fn t_11_signers_are_who_presided_and_who_verbalized() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.at("2020-07-16 10:00").ready("a", content);
    away(&mut desk, "segretario", "2020-07-20", "2020-07-31");
    desk.at("2020-07-20 09:00").convened("s", "2020-07-24 11:00", &["a"]);
    let present: Vec<String> =
        desk.size.members().into_iter().filter(|m| m != "sindaco" && m != "ass11").collect();
    desk.at("2020-07-24 11:00").open("s", &present).unwrap();
    desk.call("s", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.immediate("s", "a", unanimous()).unwrap();
    desk.close("s").unwrap();
    let slots = &desk.of("a").paper("deliberazione").unwrap().plan.slots;
    let signers: Vec<(&str, &str)> = slots
        .iter()
        .map(|s| s.signer.as_ref().unwrap())
        .map(|s| (s.person.as_str(), s.title.as_str()))
        .collect();
    assert_eq!(
        signers,
        [("vicesindaco", "Vicesindaco"), ("vicario", "Il Vice Segretario Vicario")]
    );
    let treatment = desk.of("a").treatment.clone().unwrap();
    assert_eq!((treatment.present(), treatment.in_office()), (11, 13));
    assert_eq!(treatment.president_reason, "in assenza del Sindaco");
    desk.sign_all("a");
    assert_eq!(desk.step("a"), "verifica_privacy");
}

#[test]
fn t_56_without_a_local_rule_there_is_no_legitimacy_opinion() {
    let mut desk = Desk::with(Size::Large, &[("legitimacy_opinion", "\"off\"")]);
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "istruttoria");
    desk.pass("segreteria", "a").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::Ready);
    assert_eq!(desk.of("a").opinions.len(), 2);
}

#[test]
fn t_57_the_vicario_signs_in_the_absence_and_the_second_vice_after_him() {
    let mut desk = Desk::large();
    away(&mut desk, "segretario", "2020-07-20", "2020-07-31");
    let content = desk.content();
    desk.at("2020-07-16 10:00").submitted("a", content);
    desk.carry("a", "parere_legittimita");
    assert_eq!(code(desk.legitimacy("vicario", "a")), "substitute_not_needed", "on the 16th");
    desk.at("2020-07-23 10:00");
    assert_eq!(code(desk.legitimacy("vice2", "a")), "substitute_not_needed");
    let mut both = desk.clone();
    away(&mut both, "vicario", "2020-07-23", "2020-07-23");
    both.legitimacy("vice2", "a").unwrap();
    desk.legitimacy("vicario", "a").unwrap();
    let giver = &desk.of("a").opinions.last().unwrap().giver;
    assert_eq!(giver.title, "Il Vice Segretario Vicario");
}

#[test]
fn t_58_the_president_cannot_sign_any_more() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.work();
    let attest = |field: &str| CaseCommand::AttestImpediment {
        paper_key: "deliberazione".into(),
        field: field.into(),
        reason: "deceduto il 7 maggio 2024".into(),
        paper: None,
    };
    desk.at("2024-05-08 09:00");
    assert_eq!(code(desk.case("segretario", "a", attest("firma_verbalizzante"))), "own_impediment");
    desk.case("segretario", "a", attest("firma_presidente")).unwrap();
    assert_eq!((desk.lifecycle("a"), desk.number("a")), (Lifecycle::Signing, Some(1)));
    desk.sign("segretario", "a", "deliberazione").unwrap();
    assert_eq!(desk.lifecycle("a"), Lifecycle::PrivacyReview);
    assert_eq!(desk.of("a").treatment.as_ref().unwrap().date, day("2024-05-06"));
}

#[test]
fn t_84_an_act_no_person_signed_is_not_an_act() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.work();
    away(&mut desk, "segretario", "2024-05-08", "2024-06-30");
    let attest = |field: &str| CaseCommand::AttestImpediment {
        paper_key: "deliberazione".into(),
        field: field.into(),
        reason: "impedito".into(),
        paper: None,
    };
    desk.at("2024-05-08 09:00");
    desk.case("vicario", "a", attest("firma_presidente")).unwrap();
    assert_eq!(code(desk.case("vicario", "a", attest("firma_verbalizzante"))), "nobody_would_sign");
}

#[test]
fn legitimacy_on_demand_only_when_asked() {
    let mut desk = Desk::with(Size::Large, &[("legitimacy_opinion", "\"on_demand\"")]);
    let plain = desk.content();
    desk.submitted("a", plain.clone());
    desk.carry("a", "ordine_del_giorno");
    assert_eq!(desk.of("a").opinions.len(), 2);
    let mut asked = plain;
    asked.gates.legitimacy_request = Some("questione di competenza".into());
    desk.submitted("b", asked);
    desk.carry("b", "parere_legittimita");
    let which = (OpinionKind::Legitimacy, "");
    desk.opinion("segretario", "b", which, OpinionOutcome::WithRemarks, "Si veda la nota.")
        .unwrap();
    assert_eq!(desk.step("b"), "ordine_del_giorno");
}

#[test]
fn a_signature_in_the_order_of_the_regulation() {
    for (order, first, then) in [
        ("president_first", "sindaco", "segretario"),
        ("verbalizer_first", "segretario", "sindaco"),
    ] {
        let mut desk = Desk::with(Size::Large, &[("signature_order", &format!("\"{order}\""))]);
        let content = desk.content();
        desk.adopted("a", content, false);
        desk.work();
        assert_eq!(code(desk.sign(then, "a", "deliberazione")), "signature_out_of_order");
        desk.sign(first, "a", "deliberazione").unwrap();
        desk.sign(then, "a", "deliberazione").unwrap();
    }
}

#[test]
fn an_absent_holder_is_replaced_only_by_mandate() {
    let mut desk = Desk::large();
    away(&mut desk, "ragioniere", "2024-05-01", "2024-05-31");
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    desk.at("2024-05-03 09:00");
    assert_eq!(code(desk.accounting("segretario", "a")), "signer_not_in_role");
    let delegate = delibera::domain::registry::Mandate {
        id: "delega-12".into(),
        capacity: delibera::domain::registry::Capacity::Delegato,
        act: "atto di delega n. 12 del 30/04/2024".into(),
        from: day("2024-05-01"),
        to: Some(day("2024-05-31")),
        rank: 1,
        ..crate::people::mandate("dir_casa", Role::ResponsabileRagioneria, "Il delegato")
    };
    desk.registry(RegistryCommand::GrantMandate(delegate)).unwrap();
    desk.accounting("dir_casa", "a").unwrap();
    let giver = &desk.of("a").opinions.last().unwrap().giver;
    assert_eq!(
        (giver.title.as_str(), giver.act.as_str()),
        ("Il delegato", "atto di delega n. 12 del 30/04/2024")
    );
}
