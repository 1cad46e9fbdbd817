// SPDX-License-Identifier: AGPL-3.0-or-later
//! A whole act by programs alone: each person's token, each person's own signing tool, from the
//! draft to the ballot and its number.

use crate::api::{Program, draft, problem};
use crate::proposed::opinion;
use crate::server::{self, Browser, Server};
use delibera::domain::law::calendar::{rome_date, rome_instant};
use delibera::domain::papers::SignatureQuality;
use delibera::service::keyring::config::Activation;
use delibera::service::keyring::{Keyring, Order, Who};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn an_act_goes_from_draft_to_its_number_by_tokens_alone_on_sqlite() {
    an_act_goes_from_draft_to_its_number_by_tokens_alone(&server::own(false));
}

#[test]
fn an_act_goes_from_draft_to_its_number_by_tokens_alone_on_postgres() {
    an_act_goes_from_draft_to_its_number_by_tokens_alone(&server::own(true));
}

const MEMBERS: [&str; 13] = [
    "conti", "ferrari", "bianchi", "rizzo", "gallo", "costa", "fontana", "moretti", "barbieri",
    "lombardi", "mariani", "serra", "vitale",
];

/// The people's programs and their signing tools.
struct Comune<'a> {
    server: &'a Server,
    programs: BTreeMap<String, Program>,
    keys: Keyring,
}

impl<'a> Comune<'a> {
    fn new(server: &'a Server) -> Self {
        let from = server.since - chrono::TimeDelta::days(1);
        let keys = Keyring::from_seed(&[7; 32], from).expect("keys");
        Self { server, programs: BTreeMap::new(), keys }
    }

    fn of(&mut self, person: &str) -> &mut Program {
        let new = || Program::all(self.server, person);
        self.programs.entry(person.to_owned()).or_insert_with(new)
    }

    /// Signs a PDF as a program on the person's own machine does.
    fn signed(&self, person: &str, pdf: Vec<u8>, field: &str) -> Vec<u8> {
        let who = &self.server.people[person];
        let (name, needed) = (who.name(), SignatureQuality::Development);
        let orders = [Order { pdf, field: field.to_owned(), needed }];
        let at = self.server.now();
        let none = Activation::default();
        let mut done = self.keys.sign_all(Who::Person(who), &name, &orders, &none, at);
        done.remove(0).expect("signed").pdf
    }

    /// A command that wants no paper.
    fn does(&mut self, person: &str, path: &str, command: Value) -> Value {
        let answer = self.of(person).command(path, command.clone());
        assert_eq!(answer.status, 200, "{person} {command}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("a receipt")
    }

    /// A command that answers with its paper; the paper goes back signed.
    fn signs(&mut self, person: &str, path: &str, command: &Value) -> Value {
        let key = uuid::Uuid::new_v4().to_string();
        let body = json!({ "command": command });
        let commands = format!("{path}/commands");
        let asked = self.of(person).post(&commands, &key, &body);
        assert_eq!(asked.status, 202, "{person} {command}: {}", asked.body);
        let again = self.of(person).post(&commands, &key, &body);
        assert_eq!((again.status, &again.body), (202, &asked.body), "the same paper");
        let paper: Value = serde_json::from_str(&asked.body).expect("a signature");
        let at = |name: &str| {
            let path = paper[name].as_str().expect(name);
            path.strip_prefix("/api/v1").expect("an address of the API").to_owned()
        };
        let pdf = self.of(person).get(&at("document"));
        assert_eq!(pdf.header("content-type"), "application/pdf");
        let bytes = self.of(person).get(&at("content")).bytes;
        assert_eq!(delibera::domain::digest::sha256_hex(&bytes), paper["digest"]);
        let file = self.signed(person, pdf.bytes, paper["field"].as_str().expect("a field"));
        let upload = at("upload");
        let mut send = || self.of(person).send(&upload, &key, "application/pdf", &file);
        let wrong_key = send();
        problem(&wrong_key, 422, "key_reused");
        let key = uuid::Uuid::new_v4().to_string();
        let done = self.of(person).send(&upload, &key, "application/pdf", &file);
        assert_eq!(done.status, 200, "{person} {command}: {}", done.body);
        let again = self.of(person).send(&upload, &key, "application/pdf", &file);
        assert_eq!((again.status, &again.body), (200, &done.body), "recorded once");
        serde_json::from_str(&done.body).expect("a receipt")
    }

    /// Everyone signs what waits for him.
    fn sign_all(&mut self, case: &str) {
        let path = format!("/cases/{case}");
        for _ in 0..20 {
            self.server.work();
            let documents = self.of("pace").json(&format!("{path}/documents"));
            let papers = documents["papers"].as_array().expect("papers");
            let waits = papers
                .iter()
                .find(|paper| paper["awaits"][0].is_string() && paper["sha256"].is_string());
            let Some(paper) = waits else { return };
            let person = paper["awaits"][0].as_str().expect("a person").to_owned();
            let command =
                json!({ "do": "sign", "paper_key": paper["key"], "base": paper["sha256"] });
            self.signs(&person, &path, &command);
        }
        panic!("papers are signed without end");
    }

    fn lifecycle(&mut self, case: &str) -> String {
        let case = self.of("pace").json(&format!("/cases/{case}"));
        case["lifecycle"].as_str().expect("a token").to_owned()
    }
}

fn an_act_goes_from_draft_to_its_number_by_tokens_alone(server: &Server) {
    let mut comune = Comune::new(server);
    let case = draft(comune.of("neri"), "Protocollo per la cura del verde, per sole chiamate");
    let path = format!("/cases/{case}");
    comune.does("neri", &path, json!({ "do": "submit" }));
    assert_eq!(comune.lifecycle(&case), "proposal_signing");
    comune.sign_all(&case);
    assert_eq!(comune.lifecycle(&case), "technical_opinions");
    comune.signs("neri", &path, &opinion("technical", "ambiente", "favourable", ""));
    let none = "in assenza di riflessi diretti o indiretti";
    comune.signs("villa", &path, &opinion("accounting", "", "not_due", none));
    comune.does("pace", &path, json!({ "do": "pass_review", "note": "Istruttoria completa" }));
    comune.signs("greco", &path, &opinion("legitimacy", "", "favourable", ""));
    assert_eq!(comune.lifecycle(&case), "ready");
    let given = comune.of("pace").json(&format!("{path}/opinions"));
    let given = given["items"].as_array().expect("opinions");
    assert!(given.len() == 3 && given.iter().all(|o| o["standing"] == true), "{given:?}");
    let sitting = sitting(&mut comune, &case);
    let at = format!("/sittings/{sitting}");
    let present: Vec<Value> = MEMBERS.iter().map(|m| json!({ "person": m })).collect();
    comune.does("pace", &at, json!({ "do": "open", "present": present }));
    comune.does("pace", &at, json!({ "do": "call_item", "case": case }));
    let vote = json!({ "do": "vote", "case": case, "vote": { "against": ["vitale"] } });
    comune.does("pace", &at, vote);
    let receipt = comune.does("pace", &at, json!({ "do": "proclaim", "case": case }));
    let streams: Vec<&str> = receipt["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|e| e["stream"].as_str())
        .collect();
    assert!(streams.contains(&format!("case/{case}").as_str()), "a sitting and a case: {receipt}");
    let item = comune.of("pace").json(&path);
    assert!(item["numbers"]["deliberation"].is_string(), "{item}");
    assert_eq!(item["dates"]["adopted"], rome_date(server.now()).to_string());
    let votes = comune.of("conti").json(&format!("{at}/votes"));
    assert_eq!(votes["items"][0]["ballot"]["against"], json!(["vitale"]));
    comune.does("pace", &at, json!({ "do": "close" }));
    comune.sign_all(&case);
    assert!(["perfected", "privacy_review"].contains(&comune.lifecycle(&case).as_str()));
}

/// A sitting of four days later with the act on its agenda, convened by the Sindaco; its hour comes.
fn sitting(comune: &mut Comune<'_>, case: &str) -> String {
    let day = rome_date(comune.server.now()) + chrono::Days::new(4);
    let body = json!({ "organ": "giunta", "date": day.to_string(), "time": "10:00:00" });
    let key = uuid::Uuid::new_v4().to_string();
    let made = comune.of("pace").post("/sittings", &key, &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.header("location").rsplit('/').next().expect("an id").to_owned();
    let path = format!("/sittings/{id}");
    comune.does("pace", &path, json!({ "do": "add_item", "case": case }));
    comune.signs("conti", &path, &json!({ "do": "convene" }));
    let hour = chrono::NaiveTime::from_hms_opt(10, 5, 0).expect("an hour");
    comune.server.wait_until(rome_instant(day, hour));
    assert!(late(comune.server) >= 3.0 * 86_400.0, "the notices wait for who sends them");
    comune.server.work();
    assert!(late(comune.server) == 0.0, "all that was due is done");
    id
}

/// For how many seconds what is due first has been waiting.
fn late(server: &Server) -> f64 {
    let status = Browser::at(server.ops, "10.0.0.11").get("/status");
    let status: Value = serde_json::from_str(&status.body).expect("JSON");
    status["jobs"]["late_seconds"].as_f64().expect("seconds")
}
