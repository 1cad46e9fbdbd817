// SPDX-License-Identifier: AGPL-3.0-or-later
//! The page of the review of personal data, over HTTP.

use crate::on_both_engines;
use crate::server::{Browser, Server};

on_both_engines!(
    finds_are_decided_by_name_and_the_rendition_follows,
    who_does_not_review_only_reads
);

const PAGE: &str = "/fascicoli/sostegno/dati-personali";

/// Addresses of the forms that decide on the finds still open.
fn open_finds(body: &str) -> Vec<String> {
    let forms = body.split("<form method=\"post\" action=\"").skip(1);
    let hrefs = forms.filter_map(|rest| rest.split('"').next());
    let hrefs = hrefs.map(|href| href.replace("&#x3D;", "="));
    hrefs.filter(|href| href.contains("omissis?su=")).collect()
}

fn version(body: &str) -> String {
    let rest = body.split("name=\"versione\" value=\"").nth(1).expect("a version");
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn finds_are_decided_by_name_and_the_rendition_follows(server: &Server) {
    let mut browser = Browser::of(server, "pace");
    browser.get("/fascicoli/sostegno").says(PAGE);
    let page = browser.get(PAGE);
    assert_eq!(page.status, 200);
    for words in ["codice fiscale", "IBAN", "numero di telefono", "dato sulla salute"] {
        page.says(words);
    }
    page.says("class=\"find find-open\"");
    let open = open_finds(&page.body);
    assert!(open.len() >= 6, "{open:?}");
    assert!(open.iter().all(|href| !href.contains("MLNTRS")), "addresses say nothing: {open:?}");
    // Nothing is confirmed while a find is open, and the refusal says which kinds.
    let early = browser.post("/fascicoli/sostegno/azioni/verifica", &[("nota", "")]);
    assert_eq!(early.status, 422);
    early.says("Restano da decidere");
    // One is published with its reason, on the page of the action.
    let publish = open[0].replace("omissis", "pubblicabile");
    browser.get(&publish).says("Perché si può pubblicare");
    let none = browser.post(&publish, &[("perche", "altro"), ("perche-altro", "")]);
    assert_eq!(none.status, 422);
    none.says("Il campo è obbligatorio");
    let said = browser.post(&publish, &[("perche", "altro"), ("perche-altro", "è di un ufficio")]);
    assert_eq!((said.status, said.header("location")), (303, PAGE));
    browser.get(PAGE).says("è di un ufficio");
    // It is taken back into the omissions, and so are all the others, with one gesture each.
    let usual = [("motivo", "non-pertinente"), ("base", "minimizzazione")];
    for href in &open {
        let seen = version(&browser.get(PAGE).body);
        let fields = [usual[0], usual[1], ("versione", seen.as_str())];
        let answer = browser.post(href, &fields);
        assert_eq!(answer.status, 303, "{href}: {}", answer.body);
    }
    // Words nobody proposed are typed; words that are not there are refused and stay in the form.
    let wrong = [usual[0], usual[1], ("testo", "Nessuno Così")];
    let refused = browser.post("/fascicoli/sostegno/azioni/omissis", &wrong);
    assert_eq!(refused.status, 422);
    refused.says("non si trova nell");
    refused.says("Nessuno Così");
    let right = [usual[0], usual[1], ("testo", "Teresa Malinverni")];
    let answer = browser.post("/fascicoli/sostegno/azioni/omissis", &right);
    assert_eq!((answer.status, answer.header("location")), (303, PAGE));
    let page = browser.get(PAGE);
    page.says("Tutto è deciso");
    page.says("class=\"find find-omitted\"");
    page.says(&format!("{PAGE}/versione"));
    let draft = browser.get(&format!("{PAGE}/versione"));
    assert_eq!((draft.status, draft.header("content-type")), (200, "application/pdf"));
    let done = browser.post("/fascicoli/sostegno/azioni/verifica", &[("nota", "letto tutto")]);
    assert_eq!(done.status, 303, "{}", done.body);
    browser.get("/fascicoli/sostegno").says("Versione pubblicabile");
}

fn who_does_not_review_only_reads(server: &Server) {
    let mut browser = Browser::of(server, "ricci");
    let page = browser.get("/fascicoli/sport/dati-personali");
    page.says("Questa pagina si può solo leggere");
    assert!(open_finds(&page.body).is_empty());
    let typed = [("testo", "sportivi"), ("motivo", "recapiti"), ("base", "minimizzazione")];
    let answer = browser.post("/fascicoli/sport/azioni/omissis", &typed);
    assert_eq!(answer.status, 422, "{}", answer.body);
}
