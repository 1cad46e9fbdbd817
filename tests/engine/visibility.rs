// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may read what inside the Comune (R6.8; artt. 10 and 43 TUEL): an act at each point of its life, a
//! reserved attachment, the registers, the room.

use crate::desk::Desk;
use delibera::domain::case::{Attachment, AttachmentClass};
use delibera::domain::digest::sha256_hex;
use delibera::domain::offers::document_class;
use delibera::domain::refusal::Refusal;
use delibera::domain::visibility::{
    Register, may_follow_sitting, may_read, may_read_attachment, may_read_everything,
    may_read_register, may_read_registers, may_read_sittings, may_read_statistics, roles,
};

/// One of each kind: who writes the act, its office and another one, who decides, who keeps the acts,
/// who publishes them, who sits in the Consiglio, who has nothing to do here.
const PEOPLE: [&str; 11] = [
    "rp",
    "dir_area",
    "dir_casa",
    "ragioniere",
    "ass5",
    "segretario",
    "segreteria",
    "albo",
    "privacy",
    "capo1",
    "nessuno",
];

/// Who of them may.
fn who(may: impl Fn(&str) -> Result<(), Refusal>) -> Vec<&'static str> {
    PEOPLE.into_iter().filter(|person| may(person).is_ok()).collect()
}

fn readers(desk: &Desk) -> Vec<&'static str> {
    who(|person| may_read(&desk.world.registry, person, desk.of("a"), desk.today()))
}

fn trusted(desk: &Desk) -> Vec<&'static str> {
    let class = AttachmentClass::Reserved;
    let registry = &desk.world.registry;
    who(|person| may_read_attachment(registry, person, desk.of("a"), class, desk.today()))
}

#[test]
fn r6_8_a_draft_a_proposal_an_act() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    assert_eq!(readers(&desk), ["rp", "dir_area", "segretario", "segreteria"], "a draft");
    desk.case("rp", "a", delibera::domain::case::CaseCommand::Submit).unwrap();
    let at_work = &PEOPLE[..9];
    assert_eq!(readers(&desk), at_work, "submitted");
    let procedure = ["rp", "dir_area", "ragioniere", "ass5", "segretario", "segreteria", "privacy"];
    assert_eq!(trusted(&desk), procedure, "art. 24 L. 241/1990");
    let class = AttachmentClass::Integral;
    let registry = &desk.world.registry;
    let integral =
        who(|person| may_read_attachment(registry, person, desk.of("a"), class, desk.today()));
    assert_eq!(integral, at_work);
    desk.carry("a", "firma_proposta");
    desk.called_on_the_sixth("a");
    assert_eq!(readers(&desk), at_work, "under discussion");
    desk.unanimous("s", "a").unwrap();
    assert_eq!(readers(&desk), &PEOPLE[..10], "adopted: art. 43, c. 2, TUEL");
    assert_eq!(trusted(&desk), procedure, "and yet not its reserved attachments");
}

#[test]
fn r5_6_registers_sittings_and_statistics() {
    let desk = Desk::large();
    let (registry, on) = (&desk.world.registry, desk.today());
    let register = |which| who(|person| may_read_register(registry, person, which, on));
    let at_work = &PEOPLE[..9];
    assert_eq!(register(Register::Acts), &PEOPLE[..10]);
    assert_eq!(register(Register::Albo), &PEOPLE[..10]);
    assert_eq!(register(Register::Proposals), at_work, "a proposal is no act yet");
    assert_eq!(who(|person| may_read_registers(registry, person, on)), at_work);
    assert_eq!(who(|person| may_read_sittings(registry, person, on)), at_work);
    let room = who(|person| may_follow_sitting(registry, person, on));
    assert_eq!(room, ["ass5", "segretario", "segreteria"], "sittings of the Giunta are not public");
    let measurers = who(|person| may_read_statistics(registry, person, on));
    let answer = ["dir_area", "dir_casa", "ragioniere", "ass5", "segretario", "segreteria"];
    assert_eq!(measurers, answer);
    let everything: Vec<&str> = PEOPLE
        .into_iter()
        .filter(|person| may_read_everything(&roles(registry, person, on)))
        .collect();
    assert_eq!(everything, ["segretario", "segreteria"]);
}

#[test]
fn invariant_11_what_one_did_does_not_open_an_act_to_who_has_no_mandate_any_more() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    desk.director_ends("2024-04-30");
    assert!(readers(&desk).contains(&"dir_area"), "his last day");
    desk.at("2024-05-01 09:00");
    assert!(!readers(&desk).contains(&"dir_area"));
}

#[test]
fn r6_8_each_file_of_an_act_is_of_the_class_its_author_gave_it() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    let file = |name: &str, class| Attachment {
        name: name.into(),
        class,
        media_type: "application/pdf".into(),
        sha256: sha256_hex(name.as_bytes()),
        size: 9,
        pages: Some(1),
    };
    let reserved = file("perizia.pdf", AttachmentClass::Reserved);
    let integral = file("piano.pdf", AttachmentClass::Integral);
    content.attachments = vec![integral.clone(), reserved.clone()];
    desk.submitted("a", content);
    let case = desk.of("a");
    let class = |sha256: &str| document_class(case, sha256);
    assert_eq!(class(&reserved.sha256), Some(AttachmentClass::Reserved));
    assert_eq!(class(&integral.sha256), Some(AttachmentClass::Integral));
    let paper = case.papers[0].sha256.as_deref().unwrap();
    assert_eq!(class(paper), Some(AttachmentClass::Integral), "a paper is of the act itself");
    assert_eq!(class(&"0".repeat(64)), None, "no file of this act");
}
