// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may put what on record about the Comune: by mandate and date.

use crate::desk::{Answer, Desk, code, day};
use crate::people::{WORKFLOW, mandate, regulation};
use delibera::domain::command::Command;
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office, Person, RegistryCommand as R, Role,
};

const NOBODY: [&str; 4] = ["rp", "ass3", "capo1", "consigliere"];

fn desk() -> Desk {
    let mut desk = Desk::large();
    for id in ["admin", "nuovo"] {
        desk.registry(R::RegisterPerson(someone(id))).unwrap();
    }
    let admin = mandate("admin", Role::Amministratore, "L'amministratore");
    desk.registry(R::GrantMandate(admin)).unwrap();
    let empty = Office { id: "vuoto".into(), name: "Direzione senza incarichi".into() };
    desk.registry(R::OpenOffice(empty)).unwrap();
    desk
}

fn someone(id: &str) -> Person {
    Person {
        id: id.into(),
        given_name: "Dora".into(),
        surname: "Nuti".into(),
        fiscal_code: format!("NTUDRO80A41{id:0>5}").to_uppercase(),
        email: format!("{id}@comune.esempio.it"),
        born: None,
    }
}

fn ask(desk: &mut Desk, actor: &str, command: &R) -> Answer {
    desk.act(actor, Command::Registry(command.clone()))
}

/// A mandate of a fresh person, with its decree.
fn post(role: Role, capacity: Capacity, office: Option<&str>) -> Mandate {
    Mandate {
        id: format!("nuovo-{}-{}", role.token(), office.unwrap_or_default()),
        capacity,
        office: office.map(str::to_owned),
        act: "decreto n. 7 del 29/04/2024".into(),
        to: Some(day("2024-12-31")),
        rank: 9,
        ..mandate("nuovo", role, "Il nuovo")
    }
}

/// Each command, and who may give it.
fn table(desk: &Desk) -> Vec<(R, &'static [&'static str])> {
    let keepers: &[&str] = &["admin"];
    let secretariat: &[&str] = &["admin", "segretario", "segreteria"];
    let comune = ComuneData { giunta_seats: 13, ..ComuneData::default() };
    let end = |mandate: &str| R::EndMandate {
        mandate: mandate.into(),
        last_day: day("2024-05-31"),
        act: "decreto n. 8".into(),
        at: None,
    };
    let away = |person: &str| R::RecordAbsence {
        person: person.into(),
        from: day("2024-05-01"),
        to: day("2024-05-02"),
    };
    let office = Office { id: "sport".into(), name: "Direzione Sport".into() };
    let renamed = Person { fiscal_code: "XXXXXX80A01X000X".into(), ..someone("nuovo") };
    let text = regulation(desk.size, &[]);
    vec![
        (R::DescribeComune(comune), keepers),
        (R::OpenOffice(office), keepers),
        (R::CloseOffice { office: "vuoto".into(), on: day("2024-05-01") }, keepers),
        (R::AdoptRegulation { text, from: day("2024-06-01") }, keepers),
        (R::ActivateWorkflow { text: WORKFLOW.into() }, keepers),
        (R::RegisterPerson(someone("altro")), secretariat),
        (R::RegisterPerson(Person { email: "n@e.it".into(), ..someone("nuovo") }), secretariat),
        (R::RegisterPerson(renamed), keepers),
        (R::RegisterPerson(Person { email: "n@e.it".into(), ..someone("admin") }), keepers),
        (R::GrantMandate(post(Role::Amministratore, Capacity::Titolare, None)), keepers),
        (R::GrantMandate(post(Role::Assessore, Capacity::Titolare, None)), secretariat),
        (R::GrantMandate(post(Role::Capogruppo, Capacity::Titolare, None)), secretariat),
        (R::GrantMandate(post(Role::Segretario, Capacity::Vicario, None)), secretariat),
        (end("capo1-capogruppo"), secretariat),
        (away("vicario"), secretariat),
        (
            R::OpenRegister {
                register: "albo".into(),
                year: 2031,
                last: 4,
                source: "carta".into(),
            },
            &["admin", "segretario"],
        ),
    ]
}

#[test]
fn each_command_is_open_to_those_who_keep_it_and_to_nobody_else() {
    let mut desk = desk();
    for (command, may) in table(&desk) {
        for actor in ["admin", "segretario", "segreteria"].iter().chain(&NOBODY) {
            let mut fresh = desk.clone();
            let answer = ask(&mut fresh, actor, &command);
            match may.contains(actor) {
                true => assert!(answer.is_ok(), "{actor}: {command:?}: {answer:?}"),
                false => {
                    let refusal = answer.unwrap_err();
                    assert_eq!(refusal.code, "no_registry_power", "{actor}: {command:?}");
                    assert!(!refusal.article.is_empty() && refusal.next.starts_with("Può farlo "));
                }
            }
        }
        ask(&mut desk, "system", &command).unwrap();
    }
}

fn administrator_ended() -> R {
    R::EndMandate {
        mandate: "admin-amministratore".into(),
        last_day: day("2024-05-05"),
        act: "decreto n. 9".into(),
        at: None,
    }
}

#[test]
fn an_administrator_of_yesterday_is_nobody_today_even_for_a_fact_of_yesterday() {
    let mut desk = desk();
    let second = post(Role::Amministratore, Capacity::Titolare, None);
    ask(&mut desk, "admin", &R::GrantMandate(second)).unwrap();
    let ended = administrator_ended();
    ask(&mut desk, "admin", &ended).unwrap();
    let office = R::OpenOffice(Office { id: "sport".into(), name: "Direzione Sport".into() });
    let mut that_night = desk.at("2024-05-05 23:00").clone();
    ask(&mut that_night, "admin", &office).unwrap();
    desk.at("2024-05-06 08:00").happened = Some(crate::desk::rome("2024-05-05 10:00"));
    assert_eq!(code(ask(&mut desk, "admin", &office)), "no_registry_power");
    ask(&mut desk, "nuovo", &office).unwrap();
}

#[test]
fn the_last_administrator_does_not_leave_before_another_is_named() {
    let mut desk = desk();
    let ended = R::EndMandate {
        mandate: "admin-amministratore".into(),
        last_day: day("2024-05-05"),
        act: "dimissioni".into(),
        at: None,
    };
    assert_eq!(code(ask(&mut desk, "admin", &ended)), "last_administrator");
}

#[test]
fn a_director_names_and_relieves_the_substitutes_of_his_own_office_without_the_administrator() {
    let mut desk = desk();
    let vicario = post(Role::Direttore, Capacity::Vicario, Some("casa"));
    let other = post(Role::Direttore, Capacity::Vicario, Some("area"));
    let holder = post(Role::Direttore, Capacity::Titolare, Some("casa"));
    let everywhere = post(Role::Direttore, Capacity::Vicario, None);
    for refused in [other, holder, everywhere] {
        let answer = ask(&mut desk, "dir_casa", &R::GrantMandate(refused));
        assert_eq!(code(answer), "no_registry_power");
    }
    ask(&mut desk, "dir_casa", &R::GrantMandate(vicario.clone())).unwrap();
    // The substitute, even while he acts, names nobody in his turn.
    let absence = |person: &str| R::RecordAbsence {
        person: person.into(),
        from: day("2024-04-29"),
        to: day("2024-05-10"),
    };
    ask(&mut desk, "dir_casa", &absence("dir_casa")).unwrap();
    assert!(
        desk.world.registry.entitled("nuovo", Role::Direttore, Some("casa"), desk.today()).is_ok()
    );
    let again = Mandate { id: "terzo".into(), person: "rp".into(), ..vicario.clone() };
    assert_eq!(code(ask(&mut desk, "nuovo", &R::GrantMandate(again))), "no_registry_power");
    assert_eq!(code(ask(&mut desk, "nuovo", &absence("rp"))), "no_registry_power");
    let relieved = R::EndMandate {
        mandate: vicario.id,
        last_day: day("2024-05-03"),
        act: "revoca del 3 maggio".into(),
        at: None,
    };
    ask(&mut desk, "dir_casa", &relieved).unwrap();
}

#[test]
fn t_50_a_mandate_rests_on_a_written_act_and_nobody_records_his_own() {
    let mut desk = desk();
    let unwritten = Mandate { act: " ".into(), ..post(Role::Assessore, Capacity::Titolare, None) };
    let answer = ask(&mut desk, "segreteria", &R::GrantMandate(unwritten));
    assert_eq!(code(answer), "mandate_without_act");
    let ended = R::EndMandate {
        mandate: "capo1-capogruppo".into(),
        last_day: day("2024-05-31"),
        act: String::new(),
        at: None,
    };
    assert_eq!(code(ask(&mut desk, "admin", &ended)), "mandate_without_act");
    let own = Mandate {
        person: "segreteria".into(),
        ..post(Role::Direttore, Capacity::Sostituto, Some("casa"))
    };
    assert_eq!(code(ask(&mut desk, "segreteria", &R::GrantMandate(own.clone()))), "own_mandate");
    ask(&mut desk, "segretario", &R::GrantMandate(own)).unwrap();
    let endless = Mandate { to: None, ..post(Role::Direttore, Capacity::Delegato, Some("casa")) };
    let answer = ask(&mut desk, "dir_casa", &R::GrantMandate(endless));
    assert_eq!(code(answer), "delegation_without_term");
}

#[test]
fn a_mandate_may_last_one_day_and_never_ends_before_it_begins() {
    let mut desk = desk();
    let lasting = |to: &str| {
        let from = day("2024-05-02");
        let one = post(Role::Assessore, Capacity::Titolare, None);
        R::GrantMandate(Mandate { from, to: Some(day(to)), ..one })
    };
    assert_eq!(code(ask(&mut desk, "admin", &lasting("2024-05-01"))), "mandate_dates");
    ask(&mut desk, "admin", &lasting("2024-05-02")).unwrap();
    let holds = |on: &str| desk.world.registry.holders(Role::Assessore, None, day(on));
    let named = |on: &str| holds(on).iter().any(|mandate| mandate.person == "nuovo");
    assert_eq!(
        (named("2024-05-01"), named("2024-05-02"), named("2024-05-03")),
        (false, true, false)
    );
}

#[test]
fn what_an_act_will_ask_for_is_missing_until_it_is_on_record() {
    let met = |desk: &Desk, what: &str| {
        let needs = desk.world.registry.needs(desk.today());
        let need = needs.into_iter().find(|need| need.what.starts_with(what));
        need.unwrap_or_else(|| panic!("nothing called «{what}»")).met
    };
    let mut desk = Desk::large();
    let everyone = "Un responsabile di servizio per ogni ufficio";
    assert!(met(&desk, everyone).is_some());
    let empty = Office { id: "vuoto".into(), name: "Direzione senza incarichi".into() };
    desk.registry(R::OpenOffice(empty)).unwrap();
    let missing = "Responsabile di servizio di: Direzione senza incarichi";
    assert_eq!(met(&desk, missing), None, "art. 107 TUEL");
    let nothing = delibera::domain::registry::Registry::default();
    let needs = nothing.needs(desk.today());
    let met: Vec<&str> =
        needs.iter().filter(|need| need.met.is_some()).map(|need| need.what.as_str()).collect();
    assert_eq!(met, [""; 0], "a Comune of nothing lacks everything");
}

#[test]
fn a_mandate_that_ends_within_a_month_is_told_unless_another_follows() {
    let mut desk = desk();
    let ends = |days: i64| desk.today() + chrono::Duration::days(days);
    let (last, later) = (ends(30), ends(31));
    for (id, to) in [("rp", last), ("ragioniere", later)] {
        let (act, mandate) = ("decreto n. 9".to_owned(), desk.world.registry.mandates.values());
        let mandate = mandate.filter(|m| m.person == id).map(|m| m.id.clone()).next().unwrap();
        desk.registry(R::EndMandate { mandate, last_day: to, act, at: None }).unwrap();
    }
    let ending = |desk: &Desk| -> Vec<String> {
        let found = desk.world.registry.ending(desk.today());
        found.iter().map(|mandate| mandate.person.clone()).collect()
    };
    assert_eq!(ending(&desk), ["rp"], "thirty days ahead, and not thirty-one");
    let next = |id: &str, capacity| Mandate {
        id: id.into(),
        from: later,
        to: None,
        ..post(Role::ResponsabileProcedimento, capacity, None)
    };
    desk.registry(R::GrantMandate(next("vicario", Capacity::Vicario))).unwrap();
    assert_eq!(ending(&desk), ["rp"], "who stands in for him does not follow him");
    desk.registry(R::GrantMandate(next("titolare", Capacity::Titolare))).unwrap();
    assert_eq!(ending(&desk), [""; 0]);
}

#[test]
fn the_comune_is_not_left_without_administrator_for_a_day() {
    for (from, answer) in [("2024-05-06", "ok"), ("2024-05-07", "last_administrator")] {
        let mut desk = desk();
        let second = post(Role::Amministratore, Capacity::Titolare, None);
        let second = Mandate { from: day(from), ..second };
        ask(&mut desk, "admin", &R::GrantMandate(second)).unwrap();
        let ended = administrator_ended();
        assert_eq!(code(ask(&mut desk, "admin", &ended)), answer, "from {from}");
    }
}
