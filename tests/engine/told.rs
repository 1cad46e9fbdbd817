// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is told what (practice.md section 3): everybody who must hear of a fact, and each of them once.

use crate::desk::{Desk, day, money};
use crate::people::{Size, fiscal_code, mandate};
use delibera::domain::case::{CaseCommand, Content, Gates, OpinionOutcome};
use delibera::domain::notices::{RecipientContext, recipients};
use delibera::domain::registry::{Mandate, Person, RegistryCommand, Role};
use delibera::domain::workflow::OpinionKind;

fn sorted(mut people: Vec<String>) -> Vec<String> {
    people.sort();
    people
}

/// A person of the Comune is given one more role.
fn also(desk: &mut Desk, person: &str, role: Role, office: Option<&str>) {
    let office = office.map(str::to_owned);
    let granted = Mandate { office, ..mandate(person, role, "L'Istruttore") };
    desk.registry(RegistryCommand::GrantMandate(granted)).unwrap();
}

/// A person joins the Comune in a role.
fn joins(desk: &mut Desk, id: &str, role: Role, office: Option<&str>) {
    let person = Person {
        id: id.into(),
        given_name: "Nome".into(),
        surname: id.to_uppercase(),
        fiscal_code: fiscal_code(id),
        email: format!("{id}@comune.example"),
        born: None,
    };
    desk.registry(RegistryCommand::RegisterPerson(person)).unwrap();
    also(desk, id, role, office);
}

/// Messages to a person among the jobs that came after the first `from`, with their moment.
fn letters(desk: &Desk, from: usize, person: &str) -> Vec<(String, String)> {
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    desk.jobs[from..]
        .iter()
        .filter(|job| job.kind == "mail" && job.payload["person"] == person)
        .map(|job| (word(&job.payload["message"]), word(&job.payload["moment"])))
        .collect()
}

fn letter(message: &str, moment: &str) -> Vec<(String, String)> {
    vec![(message.to_owned(), moment.to_owned())]
}

/// Whom a token of the procedure finds for the act "a", at the step it stands at.
fn found(desk: &Desk, token: &str) -> Vec<String> {
    let case = desk.of("a");
    let workflow = desk.world.workflow(case).unwrap();
    let step = workflow.step(&case.step);
    let (world, on) = (&desk.world, desk.today());
    recipients(token, &RecipientContext { world, case: Some(case), sitting: None, on, step })
}

#[test]
fn row_21_the_executing_offices_hear_at_once_of_an_act_enforceable_at_once() {
    let mut desk = Desk::large();
    let content = Content { offices: vec!["area".into(), "casa".into()], ..desk.content() };
    desk.adopted("a", content, true);
    let told = sorted(desk.mails("atto-eseguibile"));
    assert_eq!(told, ["dir_area", "dir_casa", "ragioniere", "rp"]);
}

#[test]
fn who_has_two_roles_reads_of_a_contrary_opinion_once() {
    let mut desk = Desk::large();
    also(&mut desk, "segretario", Role::Segreteria, None);
    let content =
        Content { gates: Gates { effects: money(), ..desk.content().gates }, ..desk.content() };
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    let from = desk.jobs.len();
    let which = (OpinionKind::Accounting, "");
    let reasons = "Il capitolo non è capiente.";
    desk.opinion("ragioniere", "a", which, OpinionOutcome::Contrary, reasons).unwrap();
    assert_eq!(letters(&desk, from, "segretario"), letter("parere-contrario", "contrary"));
    assert_eq!(letters(&desk, from, "segreteria"), letter("esito-parere", "accounting_given"));
    assert_eq!(letters(&desk, from, "rp"), letter("esito-parere", "accounting_given"));
}

#[test]
fn who_has_two_roles_reads_of_a_late_posting_and_of_a_ready_proposal_once() {
    let mut desk = Desk::large();
    also(&mut desk, "segretario", Role::Segreteria, None);
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "albo");
    let from = desk.jobs.len();
    desk.at("2024-05-20 10:00").post("a").unwrap();
    let mut read = letters(&desk, from, "segretario");
    read.retain(|(message, _)| message == "atto-pubblicato");
    assert_eq!(read, letter("atto-pubblicato", "posted_late"));

    let mut desk = Desk::with(Size::Large, &[("legitimacy_opinion", "\"off\"")]);
    also(&mut desk, "segreteria", Role::Gabinetto, None);
    let content = desk.content();
    desk.ready("a", content);
    assert_eq!(sorted(desk.mails("proposta-pronta")), ["rp", "segreteria"]);
}

#[test]
fn an_office_is_told_as_a_whole_and_a_post_has_one_holder() {
    let mut desk = Desk::large();
    joins(&mut desk, "segreteria2", Role::Segreteria, None);
    joins(&mut desk, "segreteria3", Role::Segreteria, None);
    joins(&mut desk, "messo", Role::ResponsabilePubblicazione, None);
    joins(&mut desk, "ragioniere2", Role::ResponsabileRagioneria, None);
    let (person, from, to) = ("segreteria3".to_owned(), day("2024-04-01"), day("2024-06-30"));
    desk.registry(RegistryCommand::RecordAbsence { person, from, to }).unwrap();
    let content = desk.content();
    desk.posted("a", content, false);
    let told = sorted(desk.mails("atto-pubblicato"));
    assert_eq!(told, ["rp", "segreteria", "segreteria2"], "who is away is not written to");
    assert_eq!(sorted(desk.mails("atto-da-pubblicare")), ["albo", "messo", "rp"]);
    let due = desk.mails("parere-da-rendere");
    let given = |person: &str| due.iter().any(|told| told == person);
    assert!(given("ragioniere") && !given("ragioniere2"), "{due:?}");
    assert!(given("segretario") && !given("vicario"), "{due:?}");
}

#[test]
fn only_a_proposal_to_the_consiglio_is_told_as_one() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    assert!(!desk.of("a").duties.is_empty(), "it owes other things");
    assert_eq!(desk.mails("proposta-al-consiglio"), [""; 0]);
}

#[test]
fn row_7_whoever_is_late_below_a_director_has_him_told() {
    let mut desk = Desk::large();
    joins(&mut desk, "istruttore", Role::Segreteria, Some("casa"));
    let content = desk.content();
    desk.create("a", content).unwrap();
    assert_eq!(found(&desk, "superiori"), ["dir_area"], "of the office that leads");
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    assert_eq!(desk.step("a"), "pareri_tecnici");
    assert_eq!(found(&desk, "incaricati"), ["dir_area"]);
    assert_eq!(found(&desk, "superiori"), Vec::<String>::new(), "a director has none here");
    desk.carry("a", "istruttoria");
    assert_eq!(sorted(found(&desk, "incaricati")), ["istruttore", "segreteria"]);
    assert_eq!(found(&desk, "superiori"), ["dir_casa"], "of the office of his mandate");
    let workflow = desk.world.workflow(desk.of("a")).unwrap();
    let passed = workflow.notices.iter().find(|notice| notice.on == "deadline_passed").unwrap();
    let above = ["superiori", "direttore_generale", "segretario"];
    assert!(above.iter().all(|token| passed.to.iter().any(|to| to == token)), "{:?}", passed.to);
}

#[test]
fn row_7_a_term_is_reminded_two_days_before_on_its_day_and_on_the_day_after() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    let deadline = desk.of("a").deadline.unwrap();
    let reminders = desk.jobs.iter().filter(|job| job.kind == "remind");
    let mut due: Vec<(String, i64)> = reminders
        .filter(|job| job.payload["entered"] == desk.of("a").entered)
        .map(|job| {
            let on = delibera::domain::law::calendar::rome_date(job.due_at);
            let moment = job.payload["moment"].as_str().unwrap().to_owned();
            (moment, (on - deadline).num_days())
        })
        .collect();
    due.sort_by_key(|(_, days)| *days);
    let said: Vec<(&str, i64)> =
        due.iter().map(|(moment, days)| (moment.as_str(), *days)).collect();
    assert_eq!(said, [("deadline_near", -2), ("deadline_due", 0), ("deadline_passed", 1)]);
}
