// SPDX-License-Identifier: AGPL-3.0-or-later
//! The text of an act: opened, kept as typed, recorded, with its files; never lost.

use crate::on_both_engines;
use crate::server::{Browser, Server};

on_both_engines!(
    what_is_typed_is_kept_and_shown_before_it_is_recorded,
    a_wrong_amount_keeps_the_form_and_records_nothing,
    a_file_that_is_not_what_its_name_says_is_refused,
    an_attachment_travels_with_the_text,
    the_signatures_of_an_attachment_are_told_beside_it,
    the_file_of_another_act_cannot_be_named,
    a_text_in_word_is_imported,
    who_may_not_write_is_told_why,
    versions_are_compared_word_by_word,
    several_opinions_are_signed_each_with_its_outcome,
    a_form_with_files_survives_the_session,
);

/// A draft of Roberto Marchi from a model; its address.
fn draft(browser: &mut Browser) -> String {
    let answer = browser.post("/proposte/nuova", &[("modello", "convenzione")]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

fn what_is_typed_is_kept_and_shown_before_it_is_recorded(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let page = browser.get(&here).body;
    let version =
        page.split_once("name=\"versione\" value=\"").unwrap().1.split('"').next().unwrap();
    let typed = [
        ("versione", version),
        ("oggetto", "Convenzione per il bosco"),
        ("premesse", "**Visto** l'art. 48"),
    ];
    let shown = browser.post(&format!("{here}/bozza"), &typed);
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.says("<strong>Visto</strong> l&#39;art. 48");
    shown.says("almeno un ufficio proponente");
    browser.get(&here).says("Convenzione per il bosco");
    let case = here.trim_end_matches("/testo").to_owned();
    assert!(!browser.get(&case).body.contains("per il bosco"), "nothing is recorded yet");
    let document = browser.get(&format!("{here}/documento"));
    assert!(document.body.starts_with("%PDF-"), "{}", document.status);
    let saved = browser.post(&here, &[&typed[..], &[("fai", "salva")]].concat());
    assert_eq!(saved.status, 303, "{}", saved.body);
    browser.get(&case).says("Convenzione per il bosco");
}

fn a_wrong_amount_keeps_the_form_and_records_nothing(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let typed = [
        ("oggetto", "Somma dubbia"),
        ("effetti", "presenti"),
        ("importo", "mille"),
        ("fai", "salva"),
    ];
    let answer = browser.post(&here, &typed);
    assert_eq!(answer.status, 422);
    answer.says("non è un importo");
    answer.says("Somma dubbia");
    browser.get(&here).says("value=\"mille\"");
}

fn a_file_that_is_not_what_its_name_says_is_refused(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let file = ("allegati", "progetto.pdf", &b"MZ\x90\x00programma"[..]);
    let answer = browser.upload(&here, &[("oggetto", "Con file"), ("fai", "carica")], &[file]);
    assert_eq!(answer.status, 422);
    answer.says("non contiene un PDF");
    answer.says("Con file");
}

fn an_attachment_travels_with_the_text(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let file = ("allegati", "voci.csv", &b"voce;euro\nsedie;10\n"[..]);
    let typed = [("oggetto", "Con tabella"), ("classe-nuovi", "on_file"), ("fai", "carica")];
    assert_eq!(browser.upload(&here, &typed, &[file]).status, 303);
    browser.get(&here).says("non ancora registrato");
    let saved = browser.post(&here, &[("oggetto", "Con tabella"), ("fai", "salva")]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let case = browser.get(here.trim_end_matches("/testo"));
    case.says("voci.csv");
    case.says("Agli atti");
}

/// A p7m that is none is taken all the same: the verdict is told, and stops nobody.
fn the_signatures_of_an_attachment_are_told_beside_it(server: &Server) {
    const SIGNED_DATA: &[u8] = &[0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2];
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let file = ("allegati", "perizia.pdf.p7m", SIGNED_DATA);
    let typed = [("oggetto", "Con firma"), ("classe-nuovi", "on_file"), ("fai", "carica")];
    assert_eq!(browser.upload(&here, &typed, &[file]).status, 303);
    browser.get(&here).says("Il file p7m non contiene firme leggibili");
    let saved = browser.post(&here, &[("oggetto", "Con firma"), ("fai", "salva")]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    browser.get(here.trim_end_matches("/testo")).says("Il file p7m non contiene firme leggibili");
}

/// The hash of a file is no key to it: only files of the act or of the form are believed.
fn the_file_of_another_act_cannot_be_named(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let sha256 = "a".repeat(64);
    let class = format!("classe-{sha256}");
    let typed = [("oggetto", "Furbo"), (class.as_str(), "integral"), ("fai", "salva")];
    assert_eq!(browser.post(&here, &typed).status, 303);
    let case = here.trim_end_matches("/testo").to_owned();
    assert_eq!(browser.get(&format!("{case}/documenti/{sha256}")).status, 404);
}

fn a_text_in_word_is_imported(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = draft(&mut browser);
    let bad = ("testo-da-importare", "testo.docx", &b"PK niente"[..]);
    let answer = browser.upload(&here, &[("oggetto", "Da Word"), ("fai", "importa")], &[bad]);
    assert_eq!(answer.status, 422);
    answer.says("non è un documento Word");
    answer.says("Da Word");
}

fn who_may_not_write_is_told_why(server: &Server) {
    let mut browser = Browser::of(server, "ricci");
    let page = browser.get("/fascicoli/scuole/testo");
    page.says("refusal-text");
    let answer = browser.post("/fascicoli/scuole/testo", &[("oggetto", "altro"), ("fai", "salva")]);
    assert_eq!(answer.status, 422);
    assert!(!browser.get("/fascicoli/scuole").body.contains(">altro<"));
}

fn versions_are_compared_word_by_word(server: &Server) {
    let mut browser = Browser::of(server, "neri");
    browser.get("/fascicoli/parcheggi/confronto").says("<ins>di sei mesi</ins>");
    browser.get("/fascicoli/parcheggi").says("/fascicoli/parcheggi/confronto");
}

fn several_opinions_are_signed_each_with_its_outcome(server: &Server) {
    let mut browser = Browser::of(server, "ricci");
    let desk = browser.get("/scrivania?vista=io").body;
    let chosen: Vec<String> = desk
        .split("name=\"voce\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect();
    let mut voices: Vec<(&str, &str)> = chosen.iter().map(|v| ("voce", v.as_str())).collect();
    voices.push(("voce", "scuole|opinion|"));
    let shown = browser.post("/scrivania/insieme", &voices);
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.says("Non si può firmare");
    let none = browser.post("/scrivania/insieme", &[]);
    none.says("Non è stato scelto nulla");
}

fn a_form_with_files_survives_the_session(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.33");
    let file = ("allegati", "voci.csv", &b"a;b\n"[..]);
    let typed = [("oggetto", "Scritto a lungo"), ("fai", "salva")];
    let answer = browser.upload("/fascicoli/piste/testo", &typed, &[file]);
    assert_eq!(answer.status, 401);
    answer.says("Scritto+a+lungo");
}
