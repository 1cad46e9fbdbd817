// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is written to be read by the program: workflows, regulation, scenarios, configuration, tables
//! of people, commands of programs, words of a search.

use crate::attack::{Said, Target};
use chrono::NaiveDate;
use confique::Config as _;
use delibera::cli::config::Config;
use delibera::domain::problem::Problem;
use delibera::domain::registry::bulk::{self, Table};
use delibera::domain::registry::{Registry, decide};
use delibera::domain::search::{Question, Scope};
use delibera::domain::stream::SYSTEM_ACTOR;
use delibera::domain::{regulation, workflow};
use delibera::service::scenario;
use delibera::service::schedule::Timetable;
use delibera::web::api::commands::{CaseRequest, NewCase, NewSitting, SittingRequest};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::path::PathBuf;

/// What breaks a TOML file, or makes it say something else.
const TOML: [&str; 16] = [
    "[",
    "]",
    "[[",
    "]]",
    "= ",
    "\"\"\"",
    "'''",
    "# ",
    "true",
    "[]",
    "{ a = 1 }",
    "\\u0000",
    ".",
    "none",
    "value",
    "step",
];

fn file(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(input: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(input)
}

fn said<T>(read: Result<T, Vec<Problem>>) -> Said {
    read.map(drop).map_err(|found| found.iter().map(ToString::to_string).collect())
}

/// A place to write what is read from a file.
fn place(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.join(name)
}

#[test]
fn a_workflow_is_sound_or_told_why_not() {
    let seeds = ["workflows/deliberazione-giunta.toml", "tests/data/workflows/deliberazione.toml"];
    let words = ["opinion", "sign", "discussion", "segretario", "on", "to", "technical_given"];
    Target {
        name: "workflow",
        seeds: seeds.map(file).into(),
        words: &[&TOML[..], &words[..]].concat(),
    }
    .survives(|input| said(workflow::load(&text(input), "prova.toml")));
}

#[test]
fn a_regulation_is_read_or_told_why_not() {
    let seeds = ["regulations/grande-comune.toml", "regulations/piccolo-comune.toml"];
    let words = ["exec_count", "valid_from", "valid_to", "source", "E-A", "2016-06-20", "majority"];
    Target {
        name: "regulation",
        seeds: seeds.map(file).into(),
        words: &[&TOML[..], &words[..]].concat(),
    }
    .survives(|input| said(regulation::parse(&text(input), "prova.toml")));
}

#[test]
fn a_scenario_is_read_or_told_why_not() {
    let seeds = ["scenarios/demo.toml", "tests/scenarios/commissario.toml"];
    let words = ["include", "case", "at", "do", "expect", "grande-comune", "2020-07-24 10:00"];
    let path = place("scenario.toml");
    Target {
        name: "scenario",
        seeds: seeds.map(file).into(),
        words: &[&TOML[..], &words[..]].concat(),
    }
    .survives(|input| {
        std::fs::write(&path, input).expect("written");
        let read = scenario::load(&path);
        read.map(drop).map_err(|error| vec![error.to_string()])
    });
}

/// A configuration that says everything.
const CONFIGURATION: &str = r#"
database = "sqlite:delibera.db"
listen = "127.0.0.1:8080"
listen_ops = "127.0.0.1:8081"
behind_proxy = true
log = "json"
api_per_minute = 600
seed_file = "delibera-sviluppo.seed"
[albo]
site_url = "https://www.comune.example.it"
[signing]
tsa = { url = "https://marche.example.it/tsr" }
seal = { backend = "hsm", key = "sigillo" }
[signing.backends]
hsm = { kind = "pkcs11", library = "/usr/lib/p11.so", token = "Comune", pin_env = "PIN_HSM" }
propria = { kind = "offline" }
[signing.people]
default = { backend = "propria" }
[oidc]
issuer = "https://login.comune.example.it"
client_id = "delibera"
name = "SPID o CIE"
[mail]
from = "Comune di Prova <delibere@comune.example.it>"
base_url = "https://delibere.comune.example.it"
[mail.transport]
kind = "smtp"
host = "smtp.example.it"
port = 587
tls = "starttls"
[schedule]
daily_seal = "30 23 * * *"
albo_probe = "off"
"#;

#[test]
fn a_configuration_is_read_or_told_why_not() {
    let path = place("configurazione.toml");
    let words = ["kind", "smtp", "folder", "* * * * *", "Mon-Fri", "0.0.0.0:0", "[[comune]]"];
    Target {
        name: "configuration",
        seeds: vec![CONFIGURATION.into()],
        words: &[&TOML[..], &words[..]].concat(),
    }
    .survives(|input| {
        std::fs::write(&path, input).expect("written");
        let read = Config::builder().file(&path).load().map_err(|error| vec![error.to_string()])?;
        Timetable::new(&read.schedule).map_err(|error| vec![error.to_string()])?;
        read.comuni().map(drop).map_err(|error| vec![format!("{error:#}")])
    });
}

/// A registry with the offices of the model, which the people of the other model are in.
fn offices(on: NaiveDate) -> Registry {
    let mut registry = Registry::default();
    let model = Table::Offices.model();
    let read = bulk::read(Table::Offices, &model, "m.csv", &registry, (SYSTEM_ACTOR, on));
    for command in read.expect("the model is taken").commands {
        let event = decide(&registry, SYSTEM_ACTOR, on, command).expect("decided");
        registry.evolve(&event);
    }
    registry
}

#[test]
fn a_table_of_people_is_read_or_told_why_not() {
    let on = NaiveDate::from_ymd_opt(2026, 1, 10).expect("a day");
    let registry = offices(on);
    let words = [";", ",", "\t", "\"\"", "direttore", "sindaco", "tecnico", "31/02/2026", "RSSNNA"];
    Target {
        name: "table of people",
        seeds: vec![Table::People.model().into_bytes()],
        words: &words,
    }
    .survives(|input| {
        let table = text(input);
        said(bulk::read(Table::People, &table, "prova.csv", &registry, (SYSTEM_ACTOR, on)))
    });
    Target {
        name: "table of offices",
        seeds: vec![Table::Offices.model().into_bytes()],
        words: &words,
    }
    .survives(|input| {
        let (table, empty) = (text(input), Registry::default());
        said(bulk::read(Table::Offices, &table, "prova.csv", &empty, (SYSTEM_ACTOR, on)))
    });
}

/// What breaks a JSON document, or makes it say something else.
const JSON: [&str; 12] =
    ["{", "}", "[", "]", ":", ",", "null", "true", "\\u0000", "\\ud800", "\"do\"", "{\"a\":"];

fn json<T: DeserializeOwned>(name: &str, seed: &str) {
    let words = ["sign", "submit", "cast_votes", "expected_version", "documents", "happened_at"];
    Target { name, seeds: vec![seed.into()], words: &[&JSON[..], &words[..]].concat() }.survives(
        |input| {
            let read = serde_json::from_slice::<T>(input);
            read.map(drop).map_err(|error| vec![error.to_string()])
        },
    );
}

#[test]
fn a_command_of_a_program_is_read_or_told_why_not() {
    json::<CaseRequest>(
        "command on an act",
        r#"{"command":{"do":"pass_review","note":"Istruttoria completa"},"expected_version":12}"#,
    );
    json::<SittingRequest>(
        "command on a sitting",
        r#"{"command":{"do":"add_item","case":"0198c5a2-7a40-7c1e-9d5b-2f6f1f0f7a11"}}"#,
    );
    json::<NewCase>(
        "new act",
        r#"{"kind":"deliberazione-giunta","content":{"subject":"Protocollo per il verde",
        "offices":["ambiente"],"procedure_head":"neri","decision":["di approvare;"],
        "gates":{"effects":{"kind":"none"}}}}"#,
    );
    json::<NewSitting>(
        "new sitting",
        r#"{"organ":"giunta","date":"2027-01-15","time":"10:30:00","mode":"mixed"}"#,
    );
}

#[test]
fn words_of_a_search_are_a_question_or_nothing() {
    let seeds = ["piano \"verde pubblico\" -rumore", "n. 838/2020", "l'attività dell'ente"];
    Target {
        name: "search",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).into(),
        words: &["\"", "-", "n.", "/", "*", "OR", "NEAR("],
    }
    .survives(|input| {
        if let Some(question) = Question::parse(&text(input)) {
            drop((question.number(), question.clause(Scope::Object)));
        }
        Ok(())
    });
}
