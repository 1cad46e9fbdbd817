// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents of other bodies (R6.10): the form of who takes them in, the page from which they are
//! shown, what everybody reads, the referto on its way back.

use crate::comune::Comune;
use crate::on_both_databases;
use crate::server::Browser;
use delibera::domain::case::Case;
use delibera::domain::digest::sha256_hex;
use delibera::domain::stream::StreamId;

on_both_databases!(
    a_document_of_others_is_in_the_albo_like_our_acts,
    who_publishes_takes_a_request_in_and_shows_it,
    what_is_wrong_comes_back_with_what_was_typed,
    a_wrong_file_is_annulled_and_the_request_corrected,
    the_signed_referto_goes_back_to_who_asked,
);

/// Two requests shown, one of them for the second time, and an act of the Comune.
fn comune(postgres: bool) -> Comune {
    Comune::scenario("scenarios/affissione-conto-terzi.toml", "2024-05-10 10:00", postgres)
}

fn case(comune: &Comune, id: &str) -> Case {
    let world = comune.run(comune.office.executor.world(&[StreamId::case(id)])).expect("world");
    world.case(id).expect("case").clone()
}

fn document(comune: &Comune, sha256: &str) -> Vec<u8> {
    let found = comune.run(comune.office.executor.store.document(sha256)).expect("store");
    found.expect("kept").bytes
}

fn a_document_of_others_is_in_the_albo_like_our_acts(postgres: bool) {
    let comune = comune(postgres);
    let mut citizen = comune.citizen("10.3.0.1");
    let list = citizen.get("/albo");
    for words in ["3 atti in pubblicazione", "Comune di Montalto", "Affissione per conto terzi"] {
        list.says(words);
    }
    citizen.get("/albo?ufficio=Comune+di+Montalto").says("1 atto in pubblicazione");
    let page = citizen.get("/albo/2024/3");
    for words in [
        "Ente richiedente",
        "Comune di Montalto",
        "prot. n. 812 del 03/05/2024",
        "pubblicazione di matrimonio",
        "fino a tutto il 13 maggio 2024 compreso",
        "Documento affisso: pubblicazione.pdf",
    ] {
        page.says(words);
    }
    assert!(!page.body.contains("Esecutività") && !page.body.contains("Ufficio proponente"));
    let sent = case(&comune, "nozze").content.attachments[0].sha256.clone();
    let file = citizen.get(&format!("/albo/2024/3/{sent}"));
    assert_eq!((file.status, sha256_hex(&file.bytes)), (200, sent.clone()), "as it came");
    let feed = citizen.get("/albo/feed.xml");
    for words in ["Pubblicazione di matrimonio chiesta", "Affissione per conto terzi", "Montalto"] {
        feed.says(words);
    }
    let answer = citizen.upload("/verifica", &[], &[("file", "p.pdf", &document(&comune, &sent))]);
    answer.says("3/2024");
    // The wrong one leaves its number and its reason, and no file.
    let wrong = citizen.get("/albo/2024/1");
    assert_eq!(wrong.status, 410);
    wrong.says("pubblicazione n. 4/2024");
    comune.at("2024-05-14 00:00");
    let gone = citizen.get("/albo/2024/3");
    assert_eq!(gone.status, 410);
    assert!(!gone.body.contains("matrimonio"), "{}", gone.body);
    assert_eq!(citizen.get(&format!("/albo/2024/3/{sent}")).status, 410);
}

const FORM: [(&str, &str); 8] = [
    ("ente", "Agenzia delle Entrate"),
    ("recapito", "valdoro@pec.agenzia.example"),
    ("protocollo", "90211/2024"),
    ("giorno", "2024-05-08"),
    ("oggetto", "Avviso di deposito di atti"),
    ("tipo", ""),
    ("giorni", ""),
    ("norma", ""),
];

fn who_publishes_takes_a_request_in_and_shows_it(postgres: bool) {
    let comune = comune(postgres);
    let bytes = document(&comune, &case(&comune, "nozze").content.attachments[0].sha256);
    let files: [(&str, &str, &[u8]); 1] = [("documento", "avviso.pdf", &bytes)];
    let mut neri = Browser::person(comune.pages, "neri");
    neri.get("/affissioni/nuova").says("id=\"diniego\"");
    assert_eq!(neri.upload("/affissioni/nuova", &FORM, &files).status, 422);
    let mut basile = Browser::person(comune.pages, "basile");
    let form = basile.get("/affissioni/nuova");
    for words in ["Registra la richiesta", "cambio del nome: 30 giorni", "15 giorni"] {
        form.says(words);
    }
    let done = basile.upload("/affissioni/nuova", &FORM, &files);
    assert_eq!(done.status, 303, "{}", done.body);
    let place = done.header("location").to_owned();
    let page = basile.get(&place);
    for words in [
        "Richiesta di affissione",
        "Agenzia delle Entrate",
        "prot. n. 90211/2024 del 08/05/2024",
        "Pubblicare all&#x27;Albo pretorio",
        "Correggere la richiesta di affissione",
        "Non dare corso alla richiesta",
    ] {
        page.says(words);
    }
    for other in ["Presentare la proposta", "Nessun parere", "senza effetti", "Impugnazione"] {
        assert!(!page.body.contains(other), "«{other}» is of our acts");
    }
    basile.get("/scrivania").says("Avviso di deposito di atti");
    basile.get("/affissioni").says("da affiggere");
    let posted = basile.post(&format!("{place}/azioni/pubblicazione"), &[("versione", "")]);
    assert_eq!(posted.status, 303, "{}", posted.body);
    basile.get(&place).says("Albo n. 5/2024");
    basile.get("/affissioni").says("5/2024");
    basile.get("/registri/albo").says("Agenzia delle Entrate");
    comune.citizen("10.3.0.2").get("/albo/2024/5").says("Avviso di deposito di atti");
    // The text of an act and its personal data have no page for a document that is not ours.
    basile.get(&format!("{place}/testo")).says("id=\"diniego\"");
    assert!(!basile.get(&place).body.contains("dati-personali"));
}

fn what_is_wrong_comes_back_with_what_was_typed(postgres: bool) {
    let comune = comune(postgres);
    let mut basile = Browser::person(comune.pages, "basile");
    let mut form = FORM.to_vec();
    form.retain(|(name, _)| *name != "giorni");
    form.push(("giorni", "60"));
    let files: [(&str, &str, &[u8]); 1] = [("documento", "avviso.txt", b"avviso")];
    let answer = basile.upload("/affissioni/nuova", &form, &files);
    assert_eq!(answer.status, 422);
    for words in ["non è un PDF", "Agenzia delle Entrate", "value=\"60\"", "campo-norma"] {
        answer.says(words);
    }
    answer.says("Il campo è obbligatorio");
    let bytes = document(&comune, &case(&comune, "nozze").content.attachments[0].sha256);
    let mut form = FORM.to_vec();
    form.retain(|(name, _)| *name != "recapito");
    form.push(("recapito", "agenzia"));
    let answer = basile.upload("/affissioni/nuova", &form, &[("documento", "a.pdf", &bytes)]);
    assert_eq!(answer.status, 422);
    answer.says("non è un indirizzo di posta");
}

fn a_wrong_file_is_annulled_and_the_request_corrected(postgres: bool) {
    let comune = comune(postgres);
    let mut basile = Browser::person(comune.pages, "basile");
    let page = basile.get("/fascicoli/nozze");
    assert!(!page.body.contains("azioni/richiesta\""), "nothing is corrected while it is shown");
    let reason = [("motivazione", "manca una pagina")];
    assert_eq!(basile.post("/fascicoli/nozze/azioni/annullamento", &reason).status, 303);
    basile.get("/fascicoli/nozze/azioni/richiesta").says("value=\"Comune di Montalto\"");
    let bytes = document(&comune, &case(&comune, "asta").content.attachments[0].sha256);
    let mut form = FORM.to_vec();
    form.retain(|(name, _)| *name != "tipo");
    form.push(("tipo", "pubblicazione di matrimonio"));
    let path = "/fascicoli/nozze/azioni/richiesta";
    let done = basile.upload(path, &form, &[("documento", "completa.pdf", &bytes)]);
    assert_eq!(done.status, 303, "{}", done.body);
    let corrected = case(&comune, "nozze").content;
    assert_eq!(corrected.attachments[0].sha256, sha256_hex(&bytes));
    assert_eq!(corrected.act_type, "pubblicazione di matrimonio");
    assert_eq!(basile.post("/fascicoli/nozze/azioni/pubblicazione", &[]).status, 303);
    let page = comune.citizen("10.3.0.3").get("/albo/2024/5");
    page.says("Ripete una pubblicazione annullata: manca una pagina");
    page.says("fino a tutto il 17 maggio 2024 compreso");
}

fn the_signed_referto_goes_back_to_who_asked(postgres: bool) {
    let comune = comune(postgres);
    let worker = comune.worker(None);
    let letters = || {
        let folder = std::fs::read_dir(comune.folder.join("posta")).into_iter().flatten();
        let texts = folder.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        texts.filter(|text| text.contains("statocivile@pec.montalto.example")).collect::<Vec<_>>()
    };
    comune.at("2024-05-14 08:00");
    comune.run(worker.drain()).expect("work");
    assert_eq!(letters().len(), 0, "nobody has signed it");
    let (stream, key) = (StreamId::case("nozze"), "referto_pubblicazione-3");
    comune.run(comune.office.sign("basile", &stream, key)).expect("signed");
    comune.run(worker.drain()).expect("work");
    let letters = letters();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    for words in ["referto-di-pubblicazione.pdf", "Spett.le Comune di Montalto", "prot. n. 812"] {
        assert!(letter.contains(words), "«{words}» is not in\n{letter}");
    }
    assert!(!letter.contains("/fascicoli/"), "they do not enter our pages");
}
