// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the Giunta owes to the Consiglio (R1.2, row 19), and what councillors may ask (R8.5, row 35).

use crate::desk::{Answer, Desk, code, day, money};
use crate::people::{Size, mandate};
use delibera::domain::case::{CaseCommand, Content, CouncilGate, Efficacy, Gates};
use delibera::domain::law::control::ControlMatter;
use delibera::domain::registry::{Person, RegistryCommand, Role};

fn to_council(desk: &Desk, council: CouncilGate) -> Content {
    let gates = Gates { council, effects: money(), ..desk.content().gates };
    Content { gates, ..desk.content() }
}

fn settle(duty: &str, note: &str) -> CaseCommand {
    CaseCommand::SettleDuty { duty: duty.into(), done: true, note: note.into() }
}

#[test]
fn a_proposal_to_the_consiglio_is_sent_and_its_outcome_comes_back() {
    let mut desk = Desk::large();
    let content = to_council(&desk, CouncilGate::ProposalToCouncil);
    desk.adopted("a", content, false);
    assert!(desk.of("a").duties.contains_key("trasmissione_consiglio"));
    assert!(
        !desk.of("a").duties.contains_key("esito_consiglio"),
        "nothing comes before it is sent"
    );
    assert!(!desk.of("a").duties.contains_key("consiglio"), "a proposal is not ratified");
    let mut told = desk.mails("proposta-al-consiglio");
    told.sort();
    assert_eq!(told, ["presidente", "segretario"], "who sends it, and who waits for it");
    let sent = settle("trasmissione_consiglio", "prot. 1234 del 7 maggio 2024");
    assert_eq!(code(desk.case("rp", "a", sent.clone())), "signer_not_in_role");
    let silent = settle("trasmissione_consiglio", " ");
    assert_eq!(code(desk.case("segretario", "a", silent)), "duty_without_evidence");
    desk.at("2024-05-07 09:00").case("segretario", "a", sent.clone()).unwrap();
    let duty = &desk.of("a").duties["trasmissione_consiglio"];
    assert_eq!(duty.by.as_ref().unwrap().person, "segretario", "by whom");
    assert_eq!(duty.settled.as_ref().unwrap().1, day("2024-05-07"), "on which day");
    assert_eq!(code(desk.case("segretario", "a", sent)), "duty_already_settled");
    assert!(desk.of("a").duties["esito_consiglio"].settled.is_none());
    let outcome =
        settle("esito_consiglio", "approvata con deliberazione C.C. n. 12 del 30/05/2024");
    desk.at("2024-06-01 09:00").case("segretario", "a", outcome).unwrap();
    let told = desk.mails("proposta-al-consiglio");
    assert!(
        told.contains(&"ragioniere".to_owned()) && told.contains(&"ass1".to_owned()),
        "{told:?}"
    );
    // An act that is the Giunta's own owes nothing of the kind.
    let content = desk.content();
    desk.adopted_on("b", content, false, "2024-06-10");
    assert!(!desk.of("b").duties.contains_key("trasmissione_consiglio"));
}

#[test]
fn a_ratification_is_called_to_mind_thirty_and_ten_days_before_and_on_the_day() {
    let mut desk = Desk::large();
    let content = to_council(&desk, CouncilGate::UrgentVariation);
    desk.adopted_on("a", content, true, "2024-09-10");
    let mut due: Vec<String> = desk
        .jobs
        .iter()
        .filter(|j| j.kind == "ratification")
        .map(|j| j.due_at.date_naive().to_string())
        .collect();
    due.sort();
    assert_eq!(due, ["2024-10-10", "2024-10-30", "2024-11-09"], "60 days end on 9 November");
    // Late in the year the term is 31 December: thirty days before are already past.
    let mut desk = Desk::large();
    let content = to_council(&desk, CouncilGate::UrgentVariation);
    desk.adopted_on("a", content, true, "2024-12-05");
    assert_eq!(desk.jobs.iter().filter(|j| j.kind == "ratification").count(), 2);
}

/// A Comune of 50,000 with 32 councillors, nine of them on record beside those of the beginning.
fn with_councillors(enabled: &str) -> Desk {
    let mut desk = Desk::with(Size::Large, &[("art127_enabled", enabled)]);
    for n in 1..=9 {
        let id = format!("cons{n}");
        let person = Person {
            id: id.clone(),
            given_name: "Nome".into(),
            surname: id.to_uppercase(),
            fiscal_code: crate::desk::fiscal(&id),
            email: format!("{id}@comune.example"),
            born: None,
        };
        desk.registry(RegistryCommand::RegisterPerson(person)).unwrap();
        let granted = mandate(&id, Role::Consigliere, "Consigliere");
        desk.registry(RegistryCommand::GrantMandate(granted)).unwrap();
    }
    let content = desk.content();
    desk.posted("a", content, false);
    desk
}

fn ask(desk: &mut Desk, actor: &str, signers: usize, on: &str) -> Answer {
    let councillors = (1..=signers).map(|n| format!("cons{n}")).collect();
    let command = CaseCommand::RequestControl {
        councillors,
        matter: ControlMatter::Hirings,
        reasons: "violazione dell'art. 91 TUEL".into(),
        on: day(on),
        reference: "prot. 4321".into(),
    };
    desk.case(actor, "a", command)
}

#[test]
fn t_39_a_quarter_of_the_councillors_asks_for_the_control_within_ten_days() {
    // Off by default: in practice inoperative since L. cost. 3/2001.
    let mut desk = with_councillors("false");
    let refused = ask(&mut desk, "segreteria", 8, "2024-05-06").unwrap_err();
    assert_eq!((refused.code.as_str(), refused.rule.as_str()), ("control_not_in_use", "R8.5"));
    // On: posted on 6 May, the 16th is the last day, the initial one not counted; the 17th is late.
    let mut desk = with_councillors("true");
    let mut late = desk.clone();
    late.at("2024-05-17 09:00");
    assert_eq!(code(ask(&mut late, "segreteria", 8, "2024-05-17")), "request_late");
    desk.at("2024-05-16 09:00");
    assert_eq!(code(ask(&mut desk, "rp", 8, "2024-05-16")), "signer_not_in_role");
    let few = ask(&mut desk, "segreteria", 7, "2024-05-16").unwrap_err();
    assert_eq!(few.code, "too_few_councillors");
    assert!(few.text.contains("almeno 8 su 32"), "{}", few.text);
    assert_eq!(code(ask(&mut desk, "segreteria", 10, "2024-05-16")), "not_a_councillor");
    ask(&mut desk.clone(), "segreteria", 8, "2024-05-16").unwrap();
    desk.at("2024-05-14 09:00");
    assert_eq!(code(ask(&mut desk, "segreteria", 8, "2024-05-15")), "fact_in_future");
    ask(&mut desk, "segreteria", 8, "2024-05-14").unwrap();
    assert_eq!(code(ask(&mut desk, "segreteria", 8, "2024-05-14")), "control_already_requested");
    // Suspended until the outcome (art. 134, c. 2): the tenth day passes and nothing sets in.
    assert_eq!(desk.efficacy_on("a", "2024-05-14"), Efficacy::Suspended);
    assert_eq!(desk.efficacy_on("a", "2024-06-30"), Efficacy::Suspended);
    assert!(desk.mails("atto-modificato").contains(&"ass3".to_owned()), "the Giunta is told");
    let outcome = CaseCommand::LiftSuspension {
        from: day("2024-06-03"),
        source: "esito del controllo, nota prot. 9".into(),
    };
    desk.at("2024-06-03 09:00").case("segretario", "a", outcome).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-03"), Efficacy::Effective);
}

#[test]
fn who_does_not_know_how_many_councillors_there_are_counts_no_quarter() {
    let mut desk = with_councillors("true");
    let mut comune = desk.world.registry.comune.clone();
    comune.council_seats = 0;
    desk.registry(RegistryCommand::DescribeComune(comune)).unwrap();
    assert_eq!(code(ask(&mut desk, "segretario", 8, "2024-05-06")), "council_not_described");
}
