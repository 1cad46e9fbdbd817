// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a person may do, what he may not and why, and the signature.

use crate::on_both_engines;
use crate::server::{Browser, Server};

on_both_engines!(
    a_desk_shows_what_waits_for_its_person,
    what_may_not_be_done_says_why_with_the_article,
    an_incomplete_form_comes_back_with_what_was_typed,
    an_opinion_is_shown_then_signed_then_given,
    a_document_shown_to_one_person_is_signed_by_no_other,
    a_case_that_moved_is_told,
    a_draft_is_read_only_by_its_office,
    a_document_of_another_act_is_not_served,
    an_opinion_on_an_older_text_is_marked,
);

fn a_desk_shows_what_waits_for_its_person(server: &Server) {
    Browser::of(server, "villa").get("/scrivania?vista=ufficio").says("cortili scolastici");
    Browser::of(server, "basile").get("/scrivania").says("mestieri della valle");
    let desk = Browser::of(server, "basile").get("/scrivania");
    assert!(!desk.body.contains("cortili scolastici"), "what waits for another is not there");
    Browser::of(server, "neri").get("/scrivania?testo=ciclabili").says("piste ciclabili");
    Browser::of(server, "neri").get("/scrivania?testo=100%25").says("Nessun risultato");
}

fn what_may_not_be_done_says_why_with_the_article(server: &Server) {
    let mut browser = Browser::of(server, "ricci");
    let page = browser.get("/fascicoli/scuole");
    page.says("Che cosa non si può fare ora, e perché");
    page.says("non ha il titolo di agire come");
    page.says("artt. 49, 97 e 107 TUEL");
    // The same answer when it is asked all the same.
    let path = "/fascicoli/scuole/azioni/parere?su=accounting";
    let form = [("esito", "favourable"), ("conflitto", "sì")];
    let answer = browser.post(path, &form);
    assert_eq!(answer.status, 422);
    answer.says("non ha il titolo di agire come");
}

fn an_incomplete_form_comes_back_with_what_was_typed(server: &Server) {
    let mut browser = Browser::of(server, "villa");
    let path = "/fascicoli/scuole/azioni/parere?su=accounting";
    let answer = browser.post(path, &[("esito", "contrary"), ("motivazione", "")]);
    assert_eq!(answer.status, 422);
    answer.says("va motivato");
    answer.says("value=\"contrary\" checked");
    answer.says("Senza questa dichiarazione");
}

fn an_opinion_is_shown_then_signed_then_given(server: &Server) {
    let mut browser = Browser::of(server, "neri");
    let path = "/fascicoli/verde/azioni/parere?su=technical:ambiente";
    let form = [("esito", "with_remarks"), ("motivazione", "a regola"), ("conflitto", "sì")];
    let shown = browser.post(path, &form);
    assert_eq!(shown.status, 303, "{}", shown.body);
    let sign = shown.header("location").to_owned();
    let page = browser.get(&sign);
    page.says("Impronta SHA-256");
    page.says("Il Direttore Ambiente");
    let document = browser.get(&format!("{sign}/documento"));
    assert!(document.body.starts_with("%PDF-"));
    assert_eq!(document.header("x-frame-options"), "SAMEORIGIN");
    let before = browser.get("/fascicoli/verde");
    assert!(!before.body.contains("a regola"), "nothing is recorded before the signature");
    let done = browser.post(&sign, &[]);
    assert_eq!(done.status, 303, "{}", done.body);
    let after = browser.get("/fascicoli/verde");
    after.says("Parere reso e firmato");
    after.says("a regola");
    assert_eq!(browser.get(&sign).status, 422, "signed once");
}

fn a_document_shown_to_one_person_is_signed_by_no_other(server: &Server) {
    let mut villa = Browser::of(server, "villa");
    let path = "/fascicoli/scuole/azioni/restituzione";
    let shown = villa.post(path, &[("motivazione", "manca il quadro economico")]);
    assert_eq!(shown.status, 303, "{}", shown.body);
    let sign = shown.header("location").to_owned();
    let mut other = Browser::of(server, "ricci");
    assert_eq!(other.get(&format!("{sign}/documento")).status, 422);
    assert_eq!(other.post(&sign, &[]).status, 422);
    let gone = villa.post(&format!("{sign}/rinuncia"), &[]);
    assert_eq!(gone.status, 303);
    villa.get("/fascicoli/scuole").says("nulla è stato registrato");
}

fn a_case_that_moved_is_told(server: &Server) {
    let mut browser = Browser::of(server, "pace");
    let form = [("nota", "completo"), ("versione", "1")];
    let answer = browser.post("/fascicoli/rifiuti/azioni/verifica", &form);
    assert_eq!(answer.status, 409);
    answer.says("Nel frattempo il fascicolo è cambiato");
    answer.says("completo</textarea>");
}

fn a_draft_is_read_only_by_its_office(server: &Server) {
    assert_eq!(Browser::of(server, "neri").get("/fascicoli/piste").status, 200);
    let refused = Browser::of(server, "testa").get("/fascicoli/piste");
    assert_eq!(refused.status, 403);
    refused.says("bozza di un altro ufficio");
    assert_eq!(Browser::of(server, "ferri").get("/fascicoli/scuole").status, 403, "capogruppo");
    assert_eq!(Browser::of(server, "ferri").get("/fascicoli/archivio").status, 200, "adopted");
}

fn a_document_of_another_act_is_not_served(server: &Server) {
    let mut browser = Browser::of(server, "neri");
    let page = browser.get("/fascicoli/museo").body;
    let start = page.find("/documenti/").expect("a document") + "/documenti/".len();
    let sha256 = &page[start..start + 64];
    let own = browser.get(&format!("/fascicoli/museo/documenti/{sha256}"));
    assert_eq!(own.status, 200);
    assert!(own.header("content-disposition").starts_with("inline"));
    assert_eq!(browser.get(&format!("/fascicoli/sport/documenti/{sha256}")).status, 404);
}

fn an_opinion_on_an_older_text_is_marked(server: &Server) {
    Browser::of(server, "neri").get("/fascicoli/parcheggi").says("superato dal testo");
}
