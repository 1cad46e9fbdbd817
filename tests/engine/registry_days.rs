// SPDX-License-Identifier: AGPL-3.0-or-later
//! The registry to the day: the first and the last one belong to an absence, a mandate, an office.

use crate::desk::{Answer, Desk, code, day};
use crate::people::mandate;
use delibera::domain::registry::{Mandate, Office, RegistryCommand, Role};

/// A mandate of the proposer at an office of its own, for some days.
fn granted(desk: &mut Desk, id: &str, office: &str, from: &str, to: Option<&str>) -> Answer {
    desk.registry(RegistryCommand::GrantMandate(Mandate {
        id: id.into(),
        office: Some(office.into()),
        from: day(from),
        to: to.map(day),
        ..mandate("rp", Role::ResponsabileProcedimento, "Il responsabile")
    }))
}

fn ended(desk: &mut Desk, mandate: &str, last_day: &str) -> Answer {
    desk.registry(RegistryCommand::EndMandate {
        mandate: mandate.into(),
        last_day: day(last_day),
        act: "decreto n. 8".into(),
        at: None,
    })
}

fn with_office(id: &str) -> Desk {
    let mut desk = Desk::large();
    let office = Office { id: id.into(), name: "Direzione Sport".into() };
    desk.registry(RegistryCommand::OpenOffice(office)).unwrap();
    desk
}

#[test]
fn an_absence_of_one_day_is_an_absence() {
    let mut desk = Desk::large();
    let person = || "rp".to_owned();
    let away = |from: &str, to: &str| RegistryCommand::RecordAbsence {
        person: person(),
        from: day(from),
        to: day(to),
    };
    assert_eq!(code(desk.registry(away("2024-05-02", "2024-05-01"))), "absence_dates");
    desk.registry(away("2024-05-02", "2024-05-02")).unwrap();
    let corrected = |to: Option<&str>| RegistryCommand::CorrectAbsence {
        person: person(),
        from: day("2024-05-02"),
        to: to.map(day),
    };
    assert_eq!(code(desk.registry(corrected(Some("2024-05-01")))), "absence_dates");
    desk.registry(corrected(Some("2024-05-03"))).unwrap();
    desk.registry(corrected(Some("2024-05-02"))).unwrap();
    desk.registry(corrected(None)).unwrap();
}

#[test]
fn a_mandate_may_be_of_one_day_and_end_on_its_first() {
    let mut desk = with_office("sport");
    let wrong = granted(&mut desk, "m0", "sport", "2024-05-02", Some("2024-05-01"));
    assert_eq!(code(wrong), "mandate_dates");
    granted(&mut desk, "m1", "sport", "2024-05-02", Some("2024-05-02")).unwrap();
    granted(&mut desk, "m2", "sport", "2024-05-02", None).unwrap();
    assert_eq!(code(ended(&mut desk, "m2", "2024-05-01")), "mandate_dates");
    ended(&mut desk, "m2", "2024-05-02").unwrap();
}

#[test]
fn a_mandate_is_shortened_and_never_prolonged() {
    let mut desk = with_office("sport");
    granted(&mut desk, "m", "sport", "2024-05-02", Some("2024-06-30")).unwrap();
    assert_eq!(code(ended(&mut desk, "m", "2024-07-01")), "mandate_ended");
    ended(&mut desk, "m", "2024-06-30").unwrap();
    ended(&mut desk, "m", "2024-06-15").unwrap();
}

#[test]
fn a_mandate_in_a_closed_office_lasts_as_long_as_the_office() {
    let mut desk = with_office("sport");
    let close = RegistryCommand::CloseOffice { office: "sport".into(), on: day("2024-05-31") };
    desk.registry(close).unwrap();
    let from = "2024-05-02";
    assert_eq!(code(granted(&mut desk, "m0", "sport", from, None)), "office_closed");
    assert_eq!(code(granted(&mut desk, "m1", "sport", from, Some("2024-06-01"))), "office_closed");
    granted(&mut desk, "m2", "sport", from, Some("2024-05-31")).unwrap();
}
