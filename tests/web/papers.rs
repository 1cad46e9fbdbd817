// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a signature is worth is shown where papers are read; what was appended to them is given; the
//! copy to be read, and the index of the fascicolo.

use crate::comune::Comune;
use crate::on_both_databases;
use crate::server::Browser;
use delibera::domain::case::{Case, CaseCommand};
use delibera::domain::command::Command;
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{Augmentation, PaperKind, SignatureLevel};
use delibera::domain::stream::{SYSTEM_ACTOR, StreamId};
use delibera::service::execute::Request;
use delibera::service::paper::pdf_document;
use delibera::service::scenario;
use delibera_signature::{fields, page_count};
use std::process::Command as Program;

on_both_databases!(
    quality_and_level_stand_beside_each_signature_of_the_fascicolo,
    the_page_of_verification_tells_quality_and_level,
    the_report_on_the_signatures_prints_quality_and_level,
    the_file_with_time_stamps_is_given_beside_the_signed_one,
    the_copy_to_be_read_is_given_once_the_act_is_signed,
    the_index_lists_every_document_with_date_signers_and_digest,
);

/// The keys of the demo say that they are worth nothing.
const WORTH: &str = "firma di prova, livello B-B";

fn demo(postgres: bool) -> Comune {
    Comune::of(scenario::demo().expect("demo"), "2020-07-29 00:00", postgres)
}

fn case(comune: &Comune) -> Case {
    let world = comune.run(comune.office.executor.world(&[StreamId::case("obiettivi")]));
    world.expect("world").case("obiettivi").expect("case").clone()
}

/// SHA-256 of the current revision of a paper.
fn digest(comune: &Comune, kind: PaperKind) -> String {
    let case = case(comune);
    let paper = case.papers.iter().find(|p| p.plan.kind == kind).expect("a paper");
    paper.sha256.clone().expect("composed")
}

fn bytes(comune: &Comune, sha256: &str) -> Vec<u8> {
    let found = comune.run(comune.office.executor.store.document(sha256));
    found.expect("store").expect("kept").bytes
}

fn quality_and_level_stand_beside_each_signature_of_the_fascicolo(postgres: bool) {
    let comune = demo(postgres);
    let page = Browser::person(comune.pages, "neri").get("/fascicoli/obiettivi");
    assert_eq!(page.status, 200, "{}", page.body);
    let case = case(&comune);
    let signatures: usize = case.papers.iter().map(|p| p.signed.len()).sum();
    let sheets = case.opinions.len();
    assert!(signatures > 5 && sheets > 1);
    assert_eq!(page.body.matches(WORTH).count(), signatures + sheets, "{}", page.body);
    assert!(!page.body.contains("con marche temporali"), "nothing was appended");
}

fn the_page_of_verification_tells_quality_and_level(postgres: bool) {
    let comune = demo(postgres);
    let act = bytes(&comune, &digest(&comune, PaperKind::Deliberazione));
    let mut citizen = comune.citizen("10.1.1.1");
    let answer = citizen.upload("/verifica", &[], &[("file", "atto.pdf", &act)]);
    assert_eq!(answer.body.matches(WORTH).count(), 2, "one a signer: {}", answer.body);
}

fn the_report_on_the_signatures_prints_quality_and_level(postgres: bool) {
    let comune = demo(postgres);
    let report = bytes(&comune, &digest(&comune, PaperKind::RapportoFirme));
    let path = comune.folder.join("rapporto.pdf");
    std::fs::write(&path, report).expect("written");
    let said = Program::new("pdftotext").arg("-raw").arg(&path).arg("-").output();
    let said = String::from_utf8(said.expect("pdftotext").stdout).expect("text");
    // As the cells of the table break them.
    let unbroken: String = said.chars().filter(|c| c.is_alphanumeric()).collect();
    assert!(unbroken.contains("QUALITÀELIVELLO"), "{said}");
    assert!(unbroken.contains("firmadiprovalivelloBB"), "{said}");
}

fn the_file_with_time_stamps_is_given_beside_the_signed_one(postgres: bool) {
    let comune = demo(postgres);
    let signed = digest(&comune, PaperKind::Deliberazione);
    // What an authority gives is bytes after the signed revision: the engine asks no more of them.
    let newest = [bytes(&comune, &signed).as_slice(), b"% marche\n%%EOF\n"].concat();
    let new = pdf_document(newest.clone());
    let step = Augmentation {
        document: signed.clone(),
        base: signed.clone(),
        sha256: new.sha256.clone(),
        level: SignatureLevel::Lta,
        renew_by: None,
    };
    let href = format!("/fascicoli/obiettivi/documenti/{}", new.sha256);
    let mut neri = Browser::person(comune.pages, "neri");
    assert_eq!(neri.get(&href).status, 404, "nobody appended it yet");
    let command = Command::Case { id: "obiettivi".into(), command: CaseCommand::Augment(step) };
    let request = Request { documents: vec![new], ..Request::new(SYSTEM_ACTOR, command) };
    comune.run(comune.office.executor.execute(request)).expect("recorded");
    let page = neri.get("/fascicoli/obiettivi");
    page.says(&format!("href=\"{href}?scarica\""));
    page.says("con marche temporali");
    page.says("livello B-LTA");
    page.says(&format!("/fascicoli/obiettivi/documenti/{signed}\""));
    let file = neri.get(&format!("{href}?scarica"));
    assert_eq!((file.status, sha256_hex(&file.bytes)), (200, sha256_hex(&newest)));
    assert!(file.header("content-disposition").starts_with("attachment"));
    file_name_tells(file.header("content-disposition"));
    assert_eq!(comune.citizen("10.1.1.2").get(&href).status, 303, "who is not signed in is asked");
}

fn file_name_tells(disposition: &str) {
    assert!(disposition.contains("Deliberazione con marche temporali.pdf"), "{disposition}");
}

fn the_copy_to_be_read_is_given_once_the_act_is_signed(postgres: bool) {
    let comune = demo(postgres);
    let mut neri = Browser::person(comune.pages, "neri");
    neri.get("/fascicoli/obiettivi").says("href=\"/fascicoli/obiettivi/copia\"");
    let copy = neri.get("/fascicoli/obiettivi/copia");
    assert_eq!(copy.status, 200, "{}", copy.body);
    assert_eq!(copy.header("content-type"), "application/pdf");
    assert!(fields(&copy.bytes).expect("a PDF").is_empty(), "a copy has no signatures");
    let act = bytes(&comune, &digest(&comune, PaperKind::Deliberazione));
    assert!(page_count(&copy.bytes) > page_count(&act), "cover and parts beside the act");
    let mut stranger = comune.citizen("10.1.1.3");
    assert_eq!(stranger.get("/fascicoli/obiettivi/copia").status, 303);
    assert_eq!(neri.get("/fascicoli/nessuno/copia").status, 404);
}

fn the_index_lists_every_document_with_date_signers_and_digest(postgres: bool) {
    let comune = demo(postgres);
    let page = Browser::person(comune.pages, "neri").get("/fascicoli/obiettivi/indice");
    assert_eq!(page.status, 200, "{}", page.body);
    let case = case(&comune);
    let papers = case.papers.iter().filter_map(|p| p.sha256.clone());
    let sheets = case.opinions.iter().map(|o| o.paper.sha256.clone());
    let files = case.content.attachments.iter().map(|a| a.sha256.clone());
    for sha256 in papers.chain(sheets).chain(files) {
        assert_eq!(page.body.matches(&format!(">{sha256}<")).count(), 1, "{sha256}");
        page.says(&format!("href=\"/fascicoli/obiettivi/documenti/{sha256}\""));
    }
    page.says("<td>27/07/2020</td>");
    page.says("<th scope=\"col\">Firmato da</th>");
    page.says(&case.opinions[0].giver.name);
}
