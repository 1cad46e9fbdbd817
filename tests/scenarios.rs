// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every file of `tests/scenarios/` through the real program: what it expects holds, what it leaves
//! is whole. Documents are looked at from outside: poppler says whether a signature is valid. The
//! hard ones run on PostgreSQL too, and tell the same story there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/postgres.rs"]
mod postgres;

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Scenarios that run at the same time.
const AT_ONCE: usize = 2;
const PROGRAM: &str = env!("CARGO_BIN_EXE_delibera");
/// Scenarios that PostgreSQL tells as well: a whole ordinary cycle, a tie, a conflict of interest
/// that breaks the quorum, an item outside the agenda, forty items in a row, facts entered later.
const ON_POSTGRES: [&str; 6] = [
    "sc-01",
    "respinta-parita",
    "conflitto-numero-legale",
    "fuori-sacco",
    "quaranta-argomenti",
    "seduta-registrata-dopo",
];

#[test]
fn every_scenario_holds() {
    pdfsig_is_there();
    let files = files();
    assert!(files.len() >= 26, "only {} scenarios found", files.len());
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = Run::of(file, None).problems();
                    problems.lock().unwrap().extend(found);
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hard_scenarios_are_the_same_on_postgresql() {
    pdfsig_is_there();
    let mut problems = Vec::new();
    for name in ON_POSTGRES {
        let file = folder().join(format!("{name}.toml"));
        let database = postgres::new_database().await;
        let (sqlite, postgres) = (Run::of(&file, None), Run::of(&file, Some(database)));
        problems.extend(postgres.problems());
        if sqlite.report != postgres.report {
            problems.push(format!("{name}: the engines tell two stories"));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_json_has_the_keys_of_the_contract() {
    let run = Run::of(&folder().join("sc-06.toml"), None);
    let report = run.report.as_ref().expect("a report");
    let top = ["cases", "registers", "documents", "mails", "refusals", "expectations"];
    has_keys(report, &top);
    let case = &report["cases"][0];
    let keys = ["id", "kind", "subject", "step", "lifecycle", "efficacy", "duties"];
    has_keys(case, &[&keys[..], &["numbers", "dates"]].concat());
    has_keys(&case["numbers"], &["proposal", "deliberation", "albo"]);
    let dates = ["adopted", "posted", "last_day", "off_on", "effective_on"];
    has_keys(&case["dates"], &dates);
    has_keys(&report["documents"][0], &["case", "kind", "file", "sha256", "signers"]);
    has_keys(&report["mails"][0], &["to", "subject", "event", "case"]);
    has_keys(&report["refusals"][0], &["command", "code", "rule", "article", "text"]);
    has_keys(&report["expectations"], &["met", "failed"]);
    assert_eq!(report["refusals"][0]["code"], "no_quorum");
    assert_eq!(case["dates"]["effective_on"], "2024-06-13");
    assert_eq!(case["numbers"]["deliberation"], "211/2024");
}

#[test]
fn a_wrong_scenario_is_refused_at_its_line() {
    let cases = [
        ("[[step]]\ndo = \"wait\"", "x.toml:1: il primo passo deve avere «at»"),
        ("titolo = \"x\"", "x.toml:1: chiave sconosciuta «titolo»"),
        (
            "[[step]]\nat = \"2024-01-02 09:00\"\ndo = \"wait\"\n\n[[step]]\nat = \"2024-01-01 09:00\"\ndo = \"wait\"",
            "x.toml:5: il passo precede quello prima",
        ),
        ("[[step]]\nat = \"domani\"\ndo = \"wait\"", "x.toml:1: data e ora «domani» non leggibili"),
        (
            "[[step]]\nat = \"2024-01-02 09:00\"\ndo = \"wait\"\nrepeat = 0",
            "x.toml:1: «repeat» è il numero delle volte",
        ),
        ("[[expect]]\nnumero = 3", "x.toml:1: chiave sconosciuta «numero»"),
        ("[case.a]\nfrom = \"b\"", "x.toml:1: [case.a]: manca il modello [case.b]"),
        ("[case.a]\noggetto = \"b\"", "x.toml:1: [case.a]: chiave sconosciuta «oggetto»"),
    ];
    for (text, wanted) in cases {
        let place = Place::new("wrong");
        let file = place.0.join("x.toml");
        std::fs::write(&file, text).unwrap();
        let output = run(&["run", "x.toml", "--dir", "out"], &place.0);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}\n{said}");
        assert!(said.contains(wanted), "{text}\nsaid: {said}\nwanted: {wanted}");
    }
}

#[test]
fn a_misspelt_field_and_a_failed_expectation_are_told_with_their_line() {
    let place = Place::new("misspelt");
    let text = "include = [\"grande-comune\"]\n\
                [case.a]\nfrom = \"ordinaria\"\n\
                [[step]]\nat = \"2024-01-02 09:00\"\nby = \"neri\"\ndo = \"create\"\ncase = \"a\"\n\
                [[step]]\nby = \"neri\"\ndo = \"withdraw\"\ncase = \"a\"\nmotivo = \"x\"\nreason = \"y\"\n\
                [[expect]]\ncase = \"a\"\nlifecycle = \"posted\"\n";
    std::fs::write(place.0.join("x.toml"), text).unwrap();
    let output = run(&["run", "x.toml", "--dir", "out", "--json"], &place.0);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed = report["expectations"]["failed"].to_string();
    assert!(
        failed.contains("x.toml:9: ") && failed.contains("non ha il campo «motivo»"),
        "{failed}"
    );
    assert!(failed.contains("x.toml:15: a, stato: atteso"), "{failed}");
}

/// A folder that goes away with its owner.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("delibera-{name}-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A scratch folder: what cannot be removed is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One scenario, run.
struct Run {
    name: String,
    place: Place,
    /// A database of its own; without, the file of the folder.
    database: Option<String>,
    output: Output,
    report: Option<Value>,
}

impl Run {
    fn of(file: &Path, database: Option<String>) -> Self {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let place = Place::new(&name);
        let folder = place.0.join("out");
        let output = Command::new(PROGRAM)
            .args(["run", "--json", "--dir"])
            .args([folder.as_path(), file])
            .args(database.iter().flat_map(|url| ["--database", url]))
            .output()
            .expect("the program runs");
        let report = serde_json::from_slice(&output.stdout).ok();
        Self { name, place, database, output, report }
    }

    /// Everything that does not hold, one sentence each.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let Some(report) = &self.report else {
            let said = String::from_utf8_lossy(&self.output.stderr);
            return vec![format!("{}: no report: {said}", self.name)];
        };
        let mut told = |what: String| problems.push(format!("{}: {what}", self.name));
        for failed in report["expectations"]["failed"].as_array().unwrap() {
            told(failed.as_str().unwrap().to_owned());
        }
        if !self.output.status.success() {
            told(format!("exit {:?}", self.output.status.code()));
        }
        if report["expectations"]["met"].as_u64() < Some(1) {
            told("it expects nothing".into());
        }
        if report["refusals"].as_array().is_none_or(Vec::is_empty) {
            told("it shows nothing that is refused".into());
        }
        let papers = self.papers(report).into_iter().chain(missing_papers(report));
        papers.for_each(&mut told);
        let own = || format!("sqlite:{}", self.folder().join("delibera.db").display());
        let database = self.database.clone().unwrap_or_else(own);
        for command in ["verify", "jobs"] {
            let output = run(&[command, "--database", &database], &self.place.0);
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stdout);
                told(format!("{command}: {said}"));
            }
        }
        problems
    }

    fn folder(&self) -> PathBuf {
        self.place.0.join("out")
    }

    /// Every document of the report is a file of those very bytes, its signatures valid, and there
    /// is no other file.
    fn papers(&self, report: &Value) -> Vec<String> {
        let acts = self.folder().join("acts");
        let documents = report["documents"].as_array().unwrap();
        let mut problems = Vec::new();
        let files = std::fs::read_dir(&acts).unwrap().count();
        if files != documents.len() {
            problems.push(format!("{files} files for {} documents", documents.len()));
        }
        for document in documents {
            let path = acts.join(document["file"].as_str().unwrap());
            let Ok(bytes) = std::fs::read(&path) else {
                problems.push(format!("{} is missing", path.display()));
                continue;
            };
            if hex(&bytes) != document["sha256"].as_str().unwrap() {
                problems.push(format!("{}: other bytes than reported", path.display()));
            }
            let signers = document["signers"].as_array().unwrap().len();
            problems.extend(signatures(&path, signers));
        }
        problems
    }
}

/// What poppler has to say against the signatures of a PDF.
fn signatures(path: &Path, signers: usize) -> Option<String> {
    let output = Command::new("pdfsig").arg("-nocert").arg(path).output().expect("pdfsig runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let blocks: Vec<&str> = said.split("Signature #").skip(1).collect();
    let valid = blocks.iter().filter(|b| b.contains("Signature is Valid")).count();
    let open = blocks.iter().filter(|b| b.contains("is not signed")).count();
    let whole = valid == signers && valid + open == blocks.len();
    let what = format!("{valid} valid signatures of {signers}, {open} fields open");
    (!whole).then(|| format!("{}: {what}\n{said}", path.display()))
}

/// An act has the papers of the point it reached.
fn missing_papers(report: &Value) -> Vec<String> {
    let documents = report["documents"].as_array().unwrap();
    let has = |case: &Value, kind: &str| {
        documents.iter().any(|d| d["case"] == case["id"] && d["kind"] == kind)
    };
    let mut problems = Vec::new();
    for case in report["cases"].as_array().unwrap() {
        let mut wanted = Vec::new();
        if !case["numbers"]["proposal"].is_null() {
            wanted.push("proposta");
        }
        if !case["dates"]["adopted"].is_null() {
            wanted.push("deliberazione");
        }
        if !case["dates"]["posted"].is_null() {
            wanted.push("attestazione_pubblicazione");
        }
        for kind in wanted.into_iter().filter(|kind| !has(case, kind)) {
            problems.push(format!("{}: no document «{kind}»", case["id"]));
        }
    }
    problems
}

fn has_keys(value: &Value, wanted: &[&str]) {
    let mut keys: Vec<&str> =
        value.as_object().expect("an object").keys().map(|k| k.as_str()).collect();
    let mut wanted = wanted.to_vec();
    keys.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
}

fn pdfsig_is_there() {
    let there = Command::new("pdfsig").arg("-v").output().is_ok();
    assert!(there, "pdfsig is missing: apt-get install poppler-utils");
}

fn run(args: &[&str], folder: &Path) -> Output {
    Command::new(PROGRAM).args(args).current_dir(folder).output().expect("the program runs")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("tests/scenarios");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
