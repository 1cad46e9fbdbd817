// SPDX-License-Identifier: AGPL-3.0-or-later
//! The API over HTTP: who is let in, what is read, what is refused and how, keys that count once.

use crate::on_both_engines;
use crate::proposed::content;
use crate::server::{Answer, Browser, Server};
use delibera::service::clock::Clock;
use delibera::service::tokens::{Scope, Tokens};
use delibera::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

on_both_engines!(
    t_95_what_is_not_there_is_a_problem,
    a_token_is_wanted_and_a_cookie_counts_for_nothing,
    a_revoked_token_is_refused_at_once,
    a_token_reads_proposes_or_acts_only_as_its_scopes_say,
    what_a_person_may_not_read_his_token_may_not,
    a_list_is_complete_and_repeats_nothing,
    twenty_repetitions_of_a_request_are_one_event,
    a_key_of_another_request_is_refused_and_a_refusal_consumes_none,
    who_has_not_seen_the_latest_version_is_told,
    what_is_for_the_system_or_signed_elsewhere_is_not_believed,
    a_body_that_cannot_be_read_is_a_problem,
    the_albo_is_read_by_everyone_and_shows_only_what_is_on_it,
    too_many_requests_are_told_when_to_come_back,
    the_document_describes_every_field_and_its_page_every_operation,
);

/// A program with a token of a person.
pub struct Program {
    browser: Browser,
    token: String,
}

impl Program {
    /// Without token.
    pub fn stranger(server: &Server, address: &str) -> Self {
        Self { browser: Browser::new(server, address), token: String::new() }
    }

    /// With a token that the person makes on his page.
    pub fn of(server: &Server, person: &str, scopes: &[&str]) -> Self {
        let mut browser = Browser::of(server, person);
        let mut form = vec![("nome", "prova"), ("giorni", "30")];
        form.extend(scopes.iter().map(|scope| ("ambito", *scope)));
        let page = browser.post("/profilo/token", &form);
        assert_eq!(page.status, 201, "{}", page.body);
        let token = page.body.split("delibera_").nth(1).expect("the secret, shown once");
        let token = token.split('<').next().expect("its end");
        let token = format!("delibera_{token}");
        let again = browser.get("/profilo/token");
        assert!(!again.body.contains(&token), "shown once");
        browser.cookie.clear();
        Self { browser, token }
    }

    pub fn all(server: &Server, person: &str) -> Self {
        Self::of(server, person, &["read", "propose", "act"])
    }

    fn head(&self, method: &str, path: &str) -> String {
        let token = match self.token.as_str() {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        format!("{method} /api/v1{path} HTTP/1.1\r\n{token}")
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let head = self.head("GET", path);
        self.browser.send(&head, b"")
    }

    pub fn json(&mut self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    pub fn send(&mut self, path: &str, key: &str, kind: &str, body: &[u8]) -> Answer {
        let head = format!(
            "{}idempotency-key: {key}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n",
            self.head("POST", path),
            body.len()
        );
        self.browser.send(&head, body)
    }

    pub fn post(&mut self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(path, key, "application/json", body.to_string().as_bytes())
    }

    /// A command with a key of its own.
    pub fn command(&mut self, path: &str, command: Value) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        self.post(&format!("{path}/commands"), &key, &json!({ "command": command }))
    }
}

/// The problem of a refusal, with what every problem has.
pub fn problem(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code, "{problem}");
    for field in ["type", "title", "detail", "instance", "reference"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
    }
    assert!(!answer.header("ratelimit-limit").is_empty(), "{:?}", answer.headers);
    problem
}

/// A new draft: its id.
pub fn draft(program: &mut Program, subject: &str) -> String {
    let key = uuid::Uuid::new_v4().to_string();
    let body = json!({ "kind": "deliberazione-giunta", "content": content(subject) });
    let made = program.post("/cases", &key, &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.header("location").rsplit('/').next().expect("an id").to_owned();
    let receipt: Value = serde_json::from_str(&made.body).expect("a receipt");
    assert_eq!((receipt["id"].as_str(), &receipt["version"]), (Some(id.as_str()), &json!(2)));
    id
}

fn t_95_what_is_not_there_is_a_problem(server: &Server) {
    let mut neri = Program::all(server, "neri");
    for path in ["/inesistente", "/cases/nessuno", "/cases/%00", "/albo/2020/1", "/signatures/x"] {
        let answer = neri.get(path);
        let code = if path == "/signatures/x" { "pending_unknown" } else { "not_found" };
        let said = problem(&answer, 404, code);
        assert!(said["type"].as_str().expect("type").ends_with(code));
        assert!(said["title"].is_string());
    }
    let answer = neri.send("/me", "una-chiave", "application/json", b"{}");
    problem(&answer, 405, "method_not_allowed");
    assert!(answer.header("allow").contains("GET"));
}

fn a_token_is_wanted_and_a_cookie_counts_for_nothing(server: &Server) {
    let mut stranger = Program::stranger(server, "10.1.0.1");
    let answer = stranger.get("/cases");
    problem(&answer, 401, "token_missing");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    let mut browser = Browser::of(server, "marchi");
    assert_eq!(browser.get("/scrivania").status, 200);
    assert_eq!(browser.get("/api/v1/me").status, 401, "the cookie of the pages is not a token");
    stranger.token = "delibera_inventato".into();
    problem(&stranger.get("/cases"), 401, "token_invalid");
    let mut neri = Program::of(server, "neri", &["read"]);
    let me = neri.json("/me");
    assert_eq!(me["person"]["id"], "neri");
    assert_eq!(me["scopes"], json!(["read"]));
    // No other site may ask for an answer with someone's browser.
    assert!(neri.get("/me").header("access-control-allow-origin").is_empty());
}

fn a_revoked_token_is_refused_at_once(server: &Server) {
    let mut costa = Program::of(server, "costa", &["read"]);
    assert_eq!(costa.get("/me").status, 200);
    let mut browser = Browser::of(server, "costa");
    let page = browser.get("/profilo/token");
    let id = page.body.split("name=\"token\" value=\"").nth(1).expect("a token");
    let id = id.split('"').next().expect("its id").to_owned();
    let done = browser.post("/profilo/token/revoca", &[("token", &id)]);
    assert_eq!(done.status, 303, "{}", done.body);
    problem(&costa.get("/me"), 401, "token_invalid");
    browser.get("/profilo/token").says("revocato il");
}

fn a_token_reads_proposes_or_acts_only_as_its_scopes_say(server: &Server) {
    let mut reads = Program::of(server, "neri", &["read"]);
    let body = json!({ "kind": "deliberazione-giunta", "content": content("Ambiti") });
    problem(&reads.post("/cases", "ambiti-uno", &body), 403, "scope_missing");
    let mut proposes = Program::of(server, "neri", &["propose"]);
    problem(&proposes.get("/cases"), 403, "scope_missing");
    let id = draft(&mut proposes, "Prova degli ambiti del token");
    let review = json!({ "do": "pass_review", "note": "" });
    problem(&proposes.command(&format!("/cases/{id}"), review.clone()), 403, "scope_missing");
    // A scope gives no power: the engine still asks for the mandate.
    let mut acts = Program::of(server, "neri", &["act"]);
    let refused = acts.command("/cases/rifiuti", review);
    assert_eq!(refused.status, 422, "{}", refused.body);
    let said: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert!(said["article"].as_str().is_some_and(|article| article.contains("TUEL")), "{said}");
}

fn what_a_person_may_not_read_his_token_may_not(server: &Server) {
    let mut testa = Program::all(server, "testa");
    problem(&testa.get("/cases/piste"), 403, "not_yours_to_read");
    let all = testa.json("/cases?limit=100");
    let ids: Vec<&Value> =
        all["items"].as_array().expect("items").iter().map(|c| &c["id"]).collect();
    assert!(ids.contains(&&json!("scuole")) && !ids.contains(&&json!("piste")), "{ids:?}");
    // Nor learn of it by trying.
    let refused = testa.command("/cases/piste", json!({ "do": "submit" }));
    problem(&refused, 403, "not_yours_to_read");
    problem(&testa.get("/sittings/giunta-scorsa/votes"), 403, "not_yours_to_read");
    assert_eq!(testa.get("/sittings/giunta-scorsa").status, 200);
    let mut councillor = Program::all(server, "ferri");
    problem(&councillor.get("/cases/scuole"), 403, "not_yours_to_read");
    assert_eq!(councillor.get("/cases/archivio").status, 200);
    problem(&councillor.get("/registers"), 403, "not_yours_to_read");
    let documents = testa.json("/cases/museo/documents");
    let paper =
        documents["papers"].as_array().expect("papers").iter().find(|p| !p["sha256"].is_null());
    let sha256 = paper.expect("a paper")["sha256"].as_str().expect("sha256").to_owned();
    let pdf = testa.get(&format!("/cases/museo/documents/{sha256}"));
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    problem(&testa.get(&format!("/cases/sport/documents/{sha256}")), 404, "not_found");
}

fn a_list_is_complete_and_repeats_nothing(server: &Server) {
    let mut neri = Program::all(server, "neri");
    for path in
        ["/cases?", "/people?", "/sittings?", "/registers/proposte/YEAR?", "/cases/museo/events?"]
    {
        let year = server.since.format("%Y").to_string();
        let path = path.replace("YEAR", &year);
        let by_number = path.contains("registers") || path.contains("events");
        let name = if by_number { "after" } else { "cursor" };
        let key = |line: &Value| {
            let fields = [&line["id"], &line["number"], &line["version"]];
            fields.into_iter().find(|v| !v.is_null()).expect("a key").to_string()
        };
        let mut seen = Vec::new();
        let mut next = String::new();
        for _ in 0..200 {
            let page = neri.json(&format!("{path}limit=3{next}"));
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= 3);
            seen.extend(items.iter().map(key));
            match &page["next"] {
                Value::Null => break,
                Value::String(at) => next = format!("&{name}={at}"),
                at => next = format!("&{name}={at}"),
            }
        }
        let once: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "{path} repeats");
        let whole = neri.json(&format!("{path}limit=100"));
        let whole: Vec<String> =
            whole["items"].as_array().expect("items").iter().map(key).collect();
        let kept: Vec<&String> = seen.iter().filter(|id| whole.contains(id)).collect();
        assert_eq!(kept, whole.iter().collect::<Vec<_>>(), "{path}");
        assert!(seen.len() > 3 || path.contains("sittings"), "{path}: {}", seen.len());
    }
    problem(&neri.get("/cases?limit=0"), 400, "parameter_invalid");
    problem(&neri.get("/cases?limite=3"), 400, "parameter_invalid");
    problem(&neri.get("/cases?cursor=%2e%2e"), 400, "parameter_invalid");
    problem(&neri.get("/cases/museo/events?after=-1"), 400, "parameter_invalid");
}

fn twenty_repetitions_of_a_request_are_one_event(server: &Server) {
    let mut neri = Program::all(server, "neri");
    let id = draft(&mut neri, "Bozza modificata venti volte insieme");
    let body =
        json!({ "command": { "do": "edit", "content": content("Bozza modificata una volta") } });
    let (path, token) = (format!("/cases/{id}/commands"), neri.token.clone());
    let key = uuid::Uuid::new_v4().to_string();
    let answers = std::thread::scope(|scope| {
        let one = || {
            let browser = Browser::new(server, "10.1.0.2");
            Program { browser, token: token.clone() }.post(&path, &key, &body)
        };
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect::<Vec<_>>()
    });
    let first = &answers[0];
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(answers.iter().all(|a| a.status == 200 && a.body == first.body), "the same answer");
    let events = neri.json(&format!("/cases/{id}/events?limit=100"));
    let events = events["items"].as_array().expect("items");
    let edited = events.iter().filter(|event| event["event"] == "edited").count();
    assert_eq!(edited, 1, "exactly one event");
    // A draft opened twenty times under one key is one draft.
    let key = uuid::Uuid::new_v4().to_string();
    let body = json!({ "kind": "deliberazione-giunta", "content": content("Una sola bozza") });
    let made: BTreeSet<String> = std::thread::scope(|scope| {
        let one = || {
            let browser = Browser::new(server, "10.1.0.3");
            let made = Program { browser, token: token.clone() }.post("/cases", &key, &body);
            assert_eq!(made.status, 201, "{}", made.body);
            made.header("location").to_owned()
        };
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    assert_eq!(made.len(), 1, "{made:?}");
}

fn a_key_of_another_request_is_refused_and_a_refusal_consumes_none(server: &Server) {
    let mut neri = Program::all(server, "neri");
    let id = draft(&mut neri, "Chiavi di idempotenza");
    let path = format!("/cases/{id}/commands");
    let edit = |text: &str| json!({ "command": { "do": "edit", "content": content(text) } });
    let done = neri.post(&path, "chiave-usata", &edit("Primo testo"));
    assert_eq!(done.status, 200, "{}", done.body);
    let other = neri.post(&path, "chiave-usata", &edit("Secondo testo"));
    problem(&other, 422, "key_reused");
    // The key of another person is another key.
    let mut testa = Program::all(server, "testa");
    let refused = testa.post(&path, "chiave-usata", &edit("Primo testo"));
    problem(&refused, 403, "not_yours_to_read");
    let rework = json!({ "command": { "do": "rework" } });
    assert_eq!(neri.post(&path, "chiave-rifiutata", &rework).status, 422);
    let then = neri.post(&path, "chiave-rifiutata", &edit("Terzo testo"));
    assert_eq!(then.status, 200, "nothing was recorded under it: {}", then.body);
    let missing = neri.post(&path, "corta", &rework);
    problem(&missing, 400, "key_missing");
}

fn who_has_not_seen_the_latest_version_is_told(server: &Server) {
    let mut neri = Program::all(server, "neri");
    let id = draft(&mut neri, "Versione attesa");
    let command = json!({ "do": "edit", "content": content("Versione attesa, modificata") });
    let path = format!("/cases/{id}/commands");
    let asked = |seen: i64| json!({ "command": command, "expected_version": seen });
    assert_eq!(neri.post(&path, "versione-uno", &asked(2)).status, 200);
    let late = neri.post(&path, "versione-due", &asked(2));
    let said = problem(&late, 409, "moved_meanwhile");
    assert!(said["next"].as_str().is_some_and(|next| next.contains("Rileggere")));
    assert_eq!(neri.json(&format!("/cases/{id}"))["version"], 3);
}

fn what_is_for_the_system_or_signed_elsewhere_is_not_believed(server: &Server) {
    let mut neri = Program::all(server, "neri");
    let paper = json!({
        "kind": "parere_tecnico", "facts": "0".repeat(64), "sha256": "0".repeat(64),
        "fiscal_code": server.people["neri"].fiscal_code,
        "assurance": { "quality": "qualified", "level": "B-LTA" },
    });
    let opinion = json!({
        "do": "give_opinion", "opinion": "technical", "office": "ambiente",
        "outcome": "favourable", "no_conflict": true, "paper": paper,
    });
    problem(&neri.command("/cases/verde", opinion), 422, "paper_by_upload");
    let seal = json!({
        "do": "prepare_paper", "paper_key": "proposta", "facts": "", "sha256": "", "pages": 1,
    });
    problem(&neri.command("/cases/museo", seal), 403, "only_system");
    let create = json!({ "do": "create", "kind": "deliberazione-giunta", "content": content("x") });
    problem(&neri.command("/cases/inventato", create), 422, "create_in_collection");
    let typo = json!({ "do": "pass_review", "nota": "refuso" });
    let said = problem(&neri.command("/cases/museo", typo), 422, "body_invalid");
    assert!(said["detail"].as_str().is_some_and(|text| text.contains("«nota»")), "{said}");
}

fn a_body_that_cannot_be_read_is_a_problem(server: &Server) {
    let mut neri = Program::all(server, "neri");
    let path = "/cases/museo/commands";
    let mut send = |kind: &str, body: &[u8]| neri.send(path, "corpo-illeggibile", kind, body);
    problem(&send("application/json", b"{"), 400, "json_unreadable");
    problem(&send("text/plain", b"{}"), 415, "media_type");
    problem(&send("application/json", b"{}"), 422, "body_invalid");
    let nul = br#"{"command": {"do": "pass_review", "note": "\u0000"}}"#;
    problem(&send("application/json", nul), 422, "text_unreadable");
    let long = vec![b'x'; 61 * 1024 * 1024];
    problem(&send("application/json", &long), 413, "too_large");
}

fn the_albo_is_read_by_everyone_and_shows_only_what_is_on_it(server: &Server) {
    let mut stranger = Program::stranger(server, "10.1.0.4");
    let albo = stranger.json("/albo?limit=100");
    let items = albo["items"].as_array().expect("items");
    assert!(!items.is_empty(), "the sample has an act on the Albo");
    let today = server.since.date_naive().to_string();
    for item in items {
        assert!(item["last_day"].as_str().expect("a day") >= today.as_str(), "{item}");
        assert!(item.get("id").is_none(), "the Albo names no fascicolo");
        let (year, number) = (&item["year"], &item["number"]);
        let one = stranger.json(&format!("/albo/{year}/{number}"));
        assert_eq!(&one, item);
        let pdf = stranger.get(&format!("/albo/{year}/{number}/document"));
        assert!(pdf.bytes.starts_with(b"%PDF-"));
    }
    let status = stranger.get("/status");
    assert_eq!(status.status, 200);
    assert_eq!(status.header("content-type"), "application/problem+json");
}

fn too_many_requests_are_told_when_to_come_back(server: &Server) {
    let mut stranger = Program::stranger(server, "10.1.0.5");
    let first = stranger.get("/offices");
    assert_eq!(first.header("ratelimit-limit"), "300");
    assert_eq!(first.header("ratelimit-remaining"), "299");
    let answers = (0..400).map(|_| stranger.get("/offices"));
    let refused = answers.into_iter().find(|answer| answer.status == 429).expect("429");
    problem(&refused, 429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.header("ratelimit-remaining"), "0");
}

fn the_document_describes_every_field_and_its_page_every_operation(server: &Server) {
    let mut stranger = Program::stranger(server, "10.1.0.6");
    let document = stranger.json("/openapi.json");
    let mut without = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        unsaid(name, schema, &mut without);
    }
    assert!(without.is_empty(), "without words: {without:?}");
    let page = stranger.get("");
    assert_eq!(page.status, 200);
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            operations += 1;
            let name = operation["operationId"].as_str().expect("operationId");
            assert!(page.body.contains(&format!("id=\"{name}\"")), "{method} {path}");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters {
                assert!(parameter["description"].is_string(), "{name}: {parameter}");
            }
        }
    }
    assert!(operations >= 26, "{operations}");
    for token in ["give_opinion", "vote_immediate", "convene"] {
        page.says(token);
    }
    stranger.get("/problems/missing_opinion").says("Che cosa manca nel caso concreto");
}

/// Fields and commands without Italian words, however deep.
fn unsaid(at: &str, schema: &Value, without: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if !property["description"].is_string() {
            without.push(format!("{at}.{name}"));
        }
        unsaid(&format!("{at}.{name}"), property, without);
    }
    for list in ["oneOf", "allOf", "anyOf"] {
        for part in schema[list].as_array().into_iter().flatten() {
            let token = &part["properties"]["do"]["enum"][0];
            if token.is_string() && !part["title"].is_string() {
                without.push(format!("{at}: {token}"));
            }
            unsaid(at, part, without);
        }
    }
}

/// A clock that a test moves.
#[derive(Debug)]
struct Moved(Mutex<chrono::DateTime<chrono::Utc>>);

impl Clock for Moved {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        *self.0.lock().expect("the clock")
    }
}

async fn a_token_ends_by_itself(url: String) {
    let store = Store::connect(&url).await.expect("store");
    store.migrate().await.expect("schema");
    let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("an instant");
    let clock = Arc::new(Moved(Mutex::new(now)));
    let tokens = Tokens::new(store.clone(), clock.clone());
    let made = tokens.make("rossi", "prova", &[Scope::Read], 30).await.expect("store");
    let secret = made.expect("a token");
    let bearer = tokens.bearer(&secret).await.expect("store").expect("good");
    assert_eq!((bearer.person.as_str(), bearer.scopes.as_slice()), ("rossi", &[Scope::Read][..]));
    let used = tokens.of("rossi").await.expect("store")[0].used_at.clone();
    assert!(used.is_some(), "its use is written down");
    // Another process revokes: noticed when what is remembered is old.
    let elsewhere = Tokens::new(store.clone(), clock.clone());
    let other = elsewhere.make("rossi", "altro", &[Scope::Act], 30).await.expect("store");
    let other = other.expect("a token");
    assert!(tokens.bearer(&other).await.expect("store").is_some());
    assert!(elsewhere.revoke("rossi", &bearer_id(&other)).await.expect("store"));
    assert!(elsewhere.bearer(&other).await.expect("store").is_none(), "at once here");
    *clock.0.lock().expect("the clock") = now + chrono::TimeDelta::seconds(11);
    assert!(tokens.bearer(&other).await.expect("store").is_none(), "within seconds there");
    *clock.0.lock().expect("the clock") = now + chrono::TimeDelta::days(30);
    assert!(tokens.bearer(&secret).await.expect("store").is_none(), "expired");
    let none = tokens.make("rossi", "prova", &[], 30).await.expect("store");
    assert_eq!(none.expect_err("refused").code, "token_scopes");
    store.close().await;
}

fn bearer_id(secret: &str) -> String {
    delibera::domain::digest::sha256_hex(secret.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_by_itself_on_sqlite() {
    a_token_ends_by_itself("sqlite::memory:".into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_by_itself_on_postgres() {
    a_token_ends_by_itself(crate::postgres::new_database().await).await;
}
