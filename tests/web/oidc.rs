// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in at an identity provider: who is let in, as whom, and everything that is refused.
//! tests/browser/oidc.mjs walks the same way with a provider written by others.

use crate::on_both_engines;
use crate::provider::{Provider, Says};
use crate::server::{Answer, Browser, PASSWORD, Server};
use delibera::service::clock::SystemClock;
use delibera::service::oidc::{OidcConfig, Provider as Known};
use delibera::web::Settings;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

on_both_engines!(
    a_person_is_found_by_his_fiscal_code,
    a_form_that_was_being_sent_is_offered_again,
    a_code_that_comes_in_the_profile_is_taken_too,
    a_token_that_does_not_hold_is_refused,
    an_answer_is_good_once_and_where_it_was_asked,
    an_answer_of_another_issuer_is_refused,
    a_person_who_is_not_in_the_registry_is_told_what_to_do,
    too_low_a_degree_of_authentication_is_refused,
    what_the_provider_refuses_is_a_page_with_a_reference,
    a_provider_that_is_down_loses_no_form,
    passwords_are_for_the_emergency_only,
    who_signs_out_is_signed_out_there_too,
);

const GRECO: &str = "GRCMTR60B55F205U";

/// Pages that sign in at a provider of their own.
struct Site {
    provider: Provider,
    pages: SocketAddr,
}

impl Site {
    fn of(server: &Server) -> Self {
        Self::with(server, |_| {})
    }

    fn with(server: &Server, change: impl FnOnce(&mut OidcConfig)) -> Self {
        let provider = Provider::start();
        let mut config = provider.config();
        change(&mut config);
        let pages = server.beside(|address| {
            let base = format!("http://{address}");
            let known = Known::new(config, &base, Arc::new(SystemClock)).expect("configuration");
            let identity = Some(Arc::new(known));
            Settings { identity, demo: true, behind_proxy: true, ..Settings::default() }
        });
        Self { provider, pages }
    }

    fn browser(&self, address: &str) -> Browser {
        Browser::at(self.pages, address)
    }

    /// Goes to the provider: what it was asked.
    fn leave(&self, browser: &mut Browser, form: &[(&str, &str)]) -> BTreeMap<String, String> {
        let answer = browser.post("/accesso/identita", form);
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser.cookie = answer.cookie("delibera-andata");
        let url = answer.header("refresh").strip_prefix("0;url=").expect("an address").to_owned();
        assert!(url.starts_with(&format!("{}/auth?", self.provider.server.url)), "{url}");
        let query = url.split_once('?').expect("a query").1;
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Signs in there and comes back.
    fn round(&self, browser: &mut Browser, says: Says) -> Answer {
        self.round_with(browser, says, &[])
    }

    fn round_with(&self, browser: &mut Browser, says: Says, form: &[(&str, &str)]) -> Answer {
        let asked = self.leave(browser, form);
        self.provider.signs("codice", &asked["nonce"], &asked["code_challenge"], says);
        browser.get(&back(&[("state", &asked["state"]), ("code", "codice")]))
    }
}

fn back(query: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    format!("/accesso/identita/ritorno?{}", form.extend_pairs(query).finish())
}

/// Refused, with words for the person, a number for the telephone, and no session.
fn refused(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.says(words);
    answer.says("Riferimento per l'assistenza");
    assert_eq!(answer.cookie("delibera"), "");
}

const NOT_PROVED: &str = "La risposta di SPID o CIE non prova";

fn a_person_is_found_by_his_fiscal_code(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.0.1");
    browser.get("/accesso").says("Entra con SPID o CIE");
    let form = [("ritorno", "/fascicoli/verde")];
    let asked = site.leave(&mut browser, &form);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], format!("http://{}/accesso/identita/ritorno", site.pages));
    site.provider.signs("c", &asked["nonce"], &asked["code_challenge"], Says::person(GRECO));
    // A secret planted before is worth nothing afterwards.
    browser.cookie.push_str("; delibera=piantato-prima");
    let answer = browser.get(&back(&[("state", &asked["state"]), ("code", "c")]));
    assert_eq!((answer.status, answer.header("location")), (303, "/fascicoli/verde"));
    assert!(!answer.cookie("delibera").is_empty() && !browser.cookie.contains("piantato"));
    assert_eq!(answer.cookie("delibera-andata"), "delibera-andata=", "used up");
    let profile = browser.get("/profilo");
    profile.says("Maria Teresa Greco");
    profile.says("aperta con SPID o CIE");
    profile.says("Collegato: la persona è riconosciuta dal codice fiscale");
}

fn a_form_that_was_being_sent_is_offered_again(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.0.2");
    let path = "/fascicoli/orti/azioni/ritiro";
    let expired = browser.post(path, &[("motivazione", "rinuncia del comitato")]);
    assert_eq!(expired.status, 401);
    expired.says("action=\"/accesso/identita\"");
    let kept = "motivazione=rinuncia+del+comitato";
    let form = [("ritorno", path), ("modulo", kept)];
    let resumed = site.round_with(&mut browser, Says::person("NREGRG67P14F205A"), &form);
    assert_eq!(resumed.status, 200);
    resumed.says("rinuncia del comitato");
    resumed.says("action=\"/fascicoli/orti/azioni/ritiro\"");
    assert_eq!(browser.get("/scrivania").status, 200);
}

fn a_code_that_comes_in_the_profile_is_taken_too(server: &Server) {
    let site = Site::of(server);
    let says = Says { in_profile: true, ..Says::person(GRECO) };
    assert_eq!(site.round(&mut site.browser("10.1.0.3"), says).status, 303);
    let plain = Says { fiscal: Some(json!("grcmtr60b55f205u")), ..Says::person(GRECO) };
    assert_eq!(site.round(&mut site.browser("10.1.0.3"), plain).status, 303, "no prefix");
    let none = Says { fiscal: None, ..Says::person(GRECO) };
    let answer = site.round(&mut site.browser("10.1.0.3"), none);
    refused(&answer, 403, "non ha comunicato il codice fiscale");
}

fn a_token_that_does_not_hold_is_refused(server: &Server) {
    let site = Site::of(server);
    let good = || Says::person(GRECO);
    let wrong = [
        ("nonce", Says { nonce: Some("altro".into()), ..good() }),
        ("issuer", Says { issuer: Some("https://altrove.example".into()), ..good() }),
        ("audience", Says { audience: "un-altro-programma".into(), ..good() }),
        ("ended", Says { good_for: -1, ..good() }),
        ("old", Says { age: 30, ..good() }),
        ("of tomorrow", Says { age: -60, ..good() }),
        ("forged", Says { forged: true, ..good() }),
        ("unsigned", Says { unsigned: true, ..good() }),
    ];
    for (what, says) in wrong {
        let mut browser = site.browser(&format!("10.1.1.{}", what.len()));
        let answer = site.round(&mut browser, says);
        assert_eq!(answer.status, 403, "{what}: {}", answer.body);
        refused(&answer, 403, NOT_PROVED);
        assert_eq!(browser.get("/scrivania").status, 303, "{what}: no session");
    }
}

fn an_answer_is_good_once_and_where_it_was_asked(server: &Server) {
    let site = Site::of(server);
    let (mut one, mut two) = (site.browser("10.1.2.1"), site.browser("10.1.2.2"));
    let asked = site.leave(&mut one, &[]);
    let path = back(&[("state", &asked["state"]), ("code", "mio")]);
    site.provider.signs("mio", &asked["nonce"], &asked["code_challenge"], Says::person(GRECO));
    // Sent to somebody else (sign-in forced upon him): he has not asked.
    refused(&two.get(&path), 403, "è cominciato altrove");
    site.leave(&mut two, &[]);
    refused(&two.get(&path), 403, "è cominciato altrove");
    let away = one.cookie.clone();
    assert_eq!(one.get(&path).status, 303, "the attempts of others use nothing up");
    one.cookie = away;
    refused(&one.get(&path), 403, "è già stato usato");
    // A code of another sign-in (PKCE), and one that does not exist.
    let mut three = site.browser("10.1.2.3");
    let first = site.leave(&mut three, &[]);
    site.provider.signs("suo", "n", &first["code_challenge"], Says::person(GRECO));
    let second = site.leave(&mut three, &[]);
    let path = back(&[("state", &second["state"]), ("code", "suo")]);
    refused(&three.get(&path), 403, NOT_PROVED);
    let third = site.leave(&mut three, &[]);
    let path = back(&[("state", &third["state"]), ("code", "scaduto")]);
    refused(&three.get(&path), 403, NOT_PROVED);
    refused(&three.get(&back(&[("state", "inventato"), ("code", "x")])), 403, "ricominciare");
}

fn an_answer_of_another_issuer_is_refused(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.3.1");
    let asked = site.leave(&mut browser, &[]);
    site.provider.signs("c", &asked["nonce"], &asked["code_challenge"], Says::person(GRECO));
    let query =
        [("state", asked["state"].as_str()), ("code", "c"), ("iss", "https://altrove.example")];
    refused(&browser.get(&back(&query)), 403, NOT_PROVED);
}

fn a_person_who_is_not_in_the_registry_is_told_what_to_do(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.4.1");
    let before = server.office.executor.store.accounts();
    let before = server.run(before).expect("accounts").len();
    let answer = site.round(&mut browser, Says::person("XXXYYY60A01F205X"));
    refused(&answer, 403, "non è fra quelli delle persone registrate (Comune di Valdoro)");
    answer.says("delibere@comune.valdoro.example");
    answer.says("Esci da SPID o CIE");
    assert!(answer.body.contains(&format!("{}/end", site.provider.server.url)));
    let after = server.run(server.office.executor.store.accounts()).expect("accounts").len();
    assert_eq!(before, after, "nobody is made");
}

fn too_low_a_degree_of_authentication_is_refused(server: &Server) {
    let site = Site::with(server, |config| config.acr = vec!["livello2".into(), "livello3".into()]);
    let mut browser = site.browser("10.1.5.1");
    let asked = site.leave(&mut browser, &[]);
    assert_eq!(asked["acr_values"], "livello2 livello3");
    let low = Says { acr: Some("livello1".into()), ..Says::person(GRECO) };
    refused(&site.round(&mut browser, low), 403, "livello di sicurezza inferiore");
    let silent = Says { acr: None, ..Says::person(GRECO) };
    refused(&site.round(&mut browser, silent), 403, "livello di sicurezza inferiore");
    assert_eq!(site.round(&mut browser, Says::person(GRECO)).status, 303);
}

fn what_the_provider_refuses_is_a_page_with_a_reference(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.6.1");
    let form = [("ritorno", "/fascicoli/orti/azioni/ritiro"), ("modulo", "motivazione=scritto")];
    let asked = site.leave(&mut browser, &form);
    let said = "<b>chiamare il numero 899</b>";
    let query = [
        ("state", asked["state"].as_str()),
        ("error", "access_denied"),
        ("error_description", said),
    ];
    let answer = browser.get(&back(&query));
    refused(&answer, 403, "non è stato completato");
    answer.says("value=\"motivazione&#x3D;scritto\"");
    assert!(!answer.body.contains("899"), "words of others are not shown");
}

fn a_provider_that_is_down_loses_no_form(server: &Server) {
    let site = Site::of(server);
    site.provider.server.set_down(true);
    let mut browser = site.browser("10.1.7.1");
    let form = [("ritorno", "/fascicoli/orti/azioni/ritiro"), ("modulo", "motivazione=scritto")];
    let answer = browser.post("/accesso/identita", &form);
    refused(&answer, 503, "SPID o CIE non risponde");
    answer.says("value=\"motivazione&#x3D;scritto\"");
    site.provider.server.set_down(false);
    assert_eq!(site.round(&mut browser, Says::person(GRECO)).status, 303, "and then it does");
}

fn passwords_are_for_the_emergency_only(server: &Server) {
    let only = |config: &mut OidcConfig| config.passwords_only_for = Some(vec!["costa".into()]);
    let site = Site::with(server, only);
    let mut browser = site.browser("10.1.8.1");
    browser.get("/accesso").says("Accesso di emergenza");
    let neri = [("utente", "giorgio.neri"), ("password", PASSWORD)];
    let answer = browser.post("/accesso", &neri);
    assert_eq!(answer.status, 401);
    answer.says("Nome utente, password o codice non corretti");
    let costa = [("utente", "costa"), ("password", PASSWORD)];
    assert_eq!(browser.post("/accesso", &costa).status, 303);
    browser.get("/profilo").says("Cambia la password");
    let mut neri = site.browser("10.1.8.2");
    assert_eq!(site.round(&mut neri, Says::person("NREGRG67P14F205A")).status, 303);
    assert!(!neri.get("/profilo").body.contains("Cambia la password"));
    let nobody = Site::with(server, |config| config.passwords_only_for = Some(Vec::new()));
    let page = nobody.browser("10.1.8.3").get("/accesso");
    assert!(!page.body.contains("name=\"password\""));
}

fn who_signs_out_is_signed_out_there_too(server: &Server) {
    let site = Site::of(server);
    let mut browser = site.browser("10.1.9.1");
    assert_eq!(site.round(&mut browser, Says::person(GRECO)).status, 303);
    let answer = browser.post("/uscita", &[]);
    assert_eq!(answer.status, 200);
    let url = answer.header("refresh");
    assert!(url.starts_with(&format!("0;url={}/end?id_token_hint=", site.provider.server.url)));
    assert!(url.contains("post_logout_redirect_uri="), "{url}");
    assert_eq!(browser.get("/scrivania").status, 303, "and here");
    // Who came in by another way goes out by it.
    let mut other = site.browser("10.1.9.2");
    assert_eq!(other.post("/accesso/prova", &[("persona", "marchi")]).status, 303);
    assert_eq!(other.post("/uscita", &[]).header("location"), "/accesso");
}
