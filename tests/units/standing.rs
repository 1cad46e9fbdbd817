// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is entitled on a day.

use chrono::NaiveDate;
use delibera::domain::registry::{Capacity, Mandate, Person, Registry, RegistryEvent, Role};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn comune() -> Registry {
    let mut registry = Registry::default();
    for (id, surname) in [("anna", "Bassi"), ("ugo", "Ferri"), ("ida", "Conti")] {
        registry.evolve(&RegistryEvent::PersonRegistered {
            person: Person {
                id: id.into(),
                given_name: "A".into(),
                surname: surname.into(),
                fiscal_code: String::new(),
                email: "a@b".into(),
                born: None,
            },
        });
    }
    let held = [
        ("anna", Capacity::Titolare, "Il Segretario", None),
        ("ugo", Capacity::Vicario, "Il Vice Segretario", None),
        ("ida", Capacity::Delegato, "Il delegato", Some(day("2020-07-10"))),
    ];
    for (person, capacity, title, to) in held {
        let mandate = Mandate {
            id: person.into(),
            person: person.into(),
            role: Role::Segretario,
            office: None,
            capacity,
            title: title.into(),
            act: "decreto".into(),
            from: day("2020-01-01"),
            to,
            rank: 0,
            group: None,
        };
        registry.evolve(&RegistryEvent::MandateGranted { mandate });
    }
    let (from, to) = (day("2020-07-20"), day("2020-07-31"));
    let event = RegistryEvent::AbsenceRecorded { person: "anna".into(), from, to };
    registry.evolve(&event);
    registry
}

#[test]
fn on_the_23rd_of_july_the_vicario_acts_with_his_own_title() {
    let claims = comune().standing(Role::Segretario, None, day("2020-07-23"));
    let people: Vec<&str> = claims.iter().map(|c| c.mandate.person.as_str()).collect();
    assert_eq!(people, ["ugo", "anna", "ida"]);
    assert_eq!(claims[0].answer.as_ref().expect("acts").title, "Il Vice Segretario");
    assert!(claims[0].acts && claims[1].absent && !claims[1].acts);
    assert_eq!(claims[2].answer.as_ref().expect_err("ended").code, "mandate_not_in_force");
}

#[test]
fn with_the_holder_in_service_the_vicario_is_told_why_not() {
    let claims = comune().standing(Role::Segretario, None, day("2020-07-15"));
    assert_eq!(claims[0].mandate.person, "anna");
    let vicario = claims.iter().find(|c| c.mandate.person == "ugo").expect("listed");
    assert_eq!(vicario.answer.as_ref().expect_err("no").code, "substitute_not_needed");
}

#[test]
fn an_absence_taken_back_gives_the_post_back() {
    let mut registry = comune();
    let (person, from) = ("anna".to_owned(), day("2020-07-20"));
    registry.evolve(&RegistryEvent::AbsenceCorrected {
        person: person.clone(),
        from,
        to: Some(day("2020-07-22")),
    });
    assert!(!registry.is_absent("anna", day("2020-07-23")));
    assert!(registry.is_absent("anna", day("2020-07-22")));
    registry.evolve(&RegistryEvent::AbsenceCorrected { person, from, to: None });
    assert!(!registry.is_absent("anna", day("2020-07-22")));
}

#[test]
fn a_mandate_that_ended_in_another_office_is_not_of_this_one() {
    let mut registry = comune();
    let ended = |id: &str, office: Option<&str>| Mandate {
        id: id.into(),
        person: "ida".into(),
        role: Role::Direttore,
        office: office.map(str::to_owned),
        capacity: Capacity::Titolare,
        title: "Il Direttore".into(),
        act: "decreto".into(),
        from: day("2019-01-01"),
        to: Some(day("2019-12-31")),
        rank: 0,
        group: None,
    };
    for mandate in
        [ended("qui", Some("area")), ended("altrove", Some("casa")), ended("tutti", None)]
    {
        registry.evolve(&RegistryEvent::MandateGranted { mandate });
    }
    let of = |office: Option<&str>| {
        let claims = registry.standing(Role::Direttore, office, day("2020-07-15"));
        let mut ids: Vec<String> = claims.into_iter().map(|claim| claim.mandate.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(of(Some("area")), ["qui", "tutti"]);
    assert_eq!(of(None), ["altrove", "qui", "tutti"]);
}
