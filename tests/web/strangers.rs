// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is not signed in, and who should not be.

use crate::on_both_engines;
use crate::server::{Browser, PASSWORD, Server};

on_both_engines!(
    a_stranger_sees_only_the_sign_in,
    a_right_password_opens_a_session_of_its_own,
    an_answer_does_not_tell_who_has_an_account,
    five_wrong_passwords_lock_the_account,
    too_many_tries_from_one_address_are_refused,
    a_form_from_another_site_is_refused,
    a_return_never_leads_to_another_site,
    every_page_bears_the_headers,
    what_is_not_there_is_a_page_with_a_reference,
    a_form_sent_without_session_is_not_lost,
    a_session_can_be_closed_from_another,
    switching_the_second_factor_on_or_off_wants_the_password,
    a_form_too_large_is_a_page,
    status_and_metrics_are_on_their_own_listener,
    assets_are_named_by_their_content,
);

fn sign_in(browser: &mut Browser, login: &str, password: &str) -> u16 {
    browser.post("/accesso", &[("utente", login), ("password", password)]).status
}

fn a_stranger_sees_only_the_sign_in(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.1");
    for path in ["/", "/scrivania", "/fascicoli/verde", "/profilo", "/firma/1/documento"] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/accesso"), "{path}");
    }
}

fn a_right_password_opens_a_session_of_its_own(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.2");
    browser.cookie = "delibera=piantato-prima".into();
    assert_eq!(sign_in(&mut browser, "Giorgio.Neri", PASSWORD), 303);
    assert!(!browser.cookie.contains("piantato"), "the secret is new");
    browser.get("/scrivania").says("Giorgio Neri");
    browser.post("/uscita", &[]);
    assert_eq!(browser.get("/scrivania").status, 303);
}

fn an_answer_does_not_tell_who_has_an_account(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.3");
    let wrong = [("utente", "giorgio.neri"), ("password", "sbagliata")];
    let nobody = [("utente", "nessuno.qui"), ("password", "sbagliata")];
    let (wrong, nobody) = (browser.post("/accesso", &wrong), browser.post("/accesso", &nobody));
    assert_eq!((wrong.status, nobody.status), (401, 401));
    let words = |body: &str| body.replace("giorgio.neri", "").replace("nessuno.qui", "");
    assert_eq!(words(&wrong.body), words(&nobody.body));
}

fn five_wrong_passwords_lock_the_account(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.4");
    for _ in 0..5 {
        assert_eq!(sign_in(&mut browser, "testa", "sbagliata"), 401);
    }
    let right = browser.post("/accesso", &[("utente", "testa"), ("password", PASSWORD)]);
    assert_eq!(right.status, 401);
    right.says("bloccato fino alle");
}

fn too_many_tries_from_one_address_are_refused(server: &Server) {
    let mut browser = Browser::new(server, "10.9.9.9");
    let tries = (0..40).map(|_| browser.post("/accesso/recupero", &[("utente", "x")]));
    let refused = tries.into_iter().find(|answer| answer.status == 429).expect("429");
    assert_eq!(refused.header("retry-after"), "60");
    refused.says("troppe richieste");
}

fn a_form_from_another_site_is_refused(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let cross = "sec-fetch-site: cross-site\r\norigin: https://altrove.example\r\n";
    let answer = browser.post_from("/uscita", &[], cross);
    assert_eq!(answer.status, 403);
    answer.says("Operazione non consentita");
    assert_eq!(browser.get("/scrivania").status, 200, "still signed in");
}

fn a_return_never_leads_to_another_site(server: &Server) {
    for target in ["https://altrove.example", "//altrove.example", "/\\altrove.example"] {
        let mut browser = Browser::new(server, "10.0.0.6");
        let fields = [("persona", "marchi"), ("ritorno", target)];
        let answer = browser.post("/accesso/prova", &fields);
        assert_eq!(answer.header("location"), "/scrivania", "{target}");
    }
}

fn every_page_bears_the_headers(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    for path in ["/accesso/recupero", "/scrivania", "/fascicoli/verde", "/non-esiste"] {
        let answer = browser.get(path);
        let csp = answer.header("content-security-policy");
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert!(!answer.body.contains("style=") && !answer.body.contains("onclick"), "{path}");
    }
    let mut other = Browser::new(server, "10.0.0.7");
    let answer = other.post("/accesso/prova", &[("persona", "marchi")]);
    let cookie = answer.header("set-cookie").to_lowercase();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=lax"), "{cookie}");
}

fn what_is_not_there_is_a_page_with_a_reference(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    for path in ["/non-esiste", "/fascicoli/nessuno", "/fascicoli/verde/azioni/inventata"] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 404, "{path}");
        answer.says("Riferimento per l'assistenza");
    }
}

fn a_form_sent_without_session_is_not_lost(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.8");
    let text = "Il comitato ha rinunciato & ritira la domanda";
    let answer = browser.post("/fascicoli/orti/azioni/ritiro", &[("motivazione", text)]);
    assert_eq!(answer.status, 401);
    answer.says("La sessione è scaduta");
    let kept =
        form_urlencoded::Serializer::new(String::new()).append_pair("motivazione", text).finish();
    let back = "/fascicoli/orti/azioni/ritiro";
    let fields = [("persona", "neri"), ("ritorno", back), ("modulo", kept.as_str())];
    let resumed = browser.post("/accesso/prova", &fields);
    assert_eq!(resumed.status, 200);
    resumed.says("Il comitato ha rinunciato &amp; ritira la domanda");
    resumed.says("action=\"/fascicoli/orti/azioni/ritiro\"");
}

fn a_session_can_be_closed_from_another(server: &Server) {
    let mut one = Browser::new(server, "10.0.0.9");
    let mut two = Browser::new(server, "10.0.0.10");
    assert_eq!(sign_in(&mut one, "costa", PASSWORD), 303);
    assert_eq!(sign_in(&mut two, "costa", PASSWORD), 303);
    one.get("/profilo").says("10.0.0.10");
    assert_eq!(one.post("/profilo/sessioni", &[]).status, 303);
    assert_eq!(two.get("/scrivania").status, 303, "closed");
    assert_eq!(one.get("/scrivania").status, 200);
}

fn switching_the_second_factor_on_or_off_wants_the_password(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.21");
    assert_eq!(sign_in(&mut browser, "costa", PASSWORD), 303);
    browser.get("/profilo").says("Codice QR da inquadrare");
    // Nor does who finds a session open put his own device in the place of the owner's.
    let device = ("segreto", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let answer = browser.post("/profilo/secondo-fattore", &[device, ("codice", "000000")]);
    assert_eq!(answer.status, 422);
    answer.says("La password attuale non è corretta");
    let form = [device, ("codice", "000000"), ("password", PASSWORD)];
    browser.post("/profilo/secondo-fattore", &form).says("Il codice di verifica non è corretto");
    let form = [("togli", "sì"), ("password", "sbagliata-di-certo")];
    let answer = browser.post("/profilo/secondo-fattore", &form);
    assert_eq!(answer.status, 422);
    answer.says("La password attuale non è corretta");
    let form = [("togli", "sì"), ("password", PASSWORD)];
    assert_eq!(browser.post("/profilo/secondo-fattore", &form).status, 303);
}

fn a_form_too_large_is_a_page(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let long = "x".repeat(3 * 1024 * 1024);
    let answer = browser.post("/proposte/nuova", &[("atto", long.as_str())]);
    assert_eq!(answer.status, 413);
    answer.says("Riferimento per l'assistenza");
}

fn status_and_metrics_are_on_their_own_listener(server: &Server) {
    let mut pages = Browser::of(server, "marchi");
    assert_eq!(pages.get("/metrics").status, 404);
    let mut ops = Browser::at(server.ops, "10.0.0.11");
    ops.get("/status").says("\"status\":\"ok\"");
    let metrics = ops.get("/metrics");
    metrics.says("http_requests_total");
    metrics.says("delibera_jobs_late_seconds");
    metrics.says("route=\"/scrivania\"");
}

fn assets_are_named_by_their_content(server: &Server) {
    let mut browser = Browser::new(server, "10.0.0.12");
    let page = browser.get("/accesso").body;
    let start = page.find("/risorse/").expect("an asset");
    let path: String = page[start..].chars().take_while(|c| *c != '"').collect();
    let found = browser.get(&path);
    assert_eq!(found.status, 200);
    assert!(found.header("cache-control").contains("immutable"));
    let stale = path.replacen("/risorse/", "/risorse/0", 1);
    assert_eq!(browser.get(&stale).status, 404);
}
