// SPDX-License-Identifier: AGPL-3.0-or-later
//! `--batch` of `vote` and `terms`, through the binary: whatever a line says, there is one answer a line,
//! in step, and the batch goes on to its end.

use crate::attack::{Said, Target};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_delibera");

const VOTES: &str = "\
{\"members\":13,\"present\":11,\"favour\":6,\"against\":5,\"abstained\":0,\"casting_vote\":null}\n\
{\"members\":13,\"seats\":15,\"present\":9,\"conflicted\":1,\"favour\":4,\"against\":1,\"abstained\":3}\n\
{\"members\":3,\"present\":2,\"favour\":2,\"against\":0,\"abstained\":0,\"vote_base\":\"presenti\"}\n\
{\"members\":12,\"present\":12,\"favour\":6,\"against\":6,\"abstained\":0,\"casting_vote\":\"favour\",\
\"quorum_structural\":\"fixed:3\",\"member_base\":\"assegnati\",\"art78_in_vote_base\":true}\n";
const VOTE_KEYS: [&str; 3] = ["approved", "immediate", "quorum"];

const TERMS: &str = "\
{\"posted\":\"2020-07-28\",\"pub_count\":\"P-INC\",\"exec_count\":\"E-A\"}\n\
{\"posted\":\"2024-02-29\",\"pub_count\":\"P-EXC\",\"exec_count\":\"E-C\",\"outage_days\":2}\n\
{\"posted\":\"2024-05-06\",\"pub_count\":\"P-INC\",\"exec_count\":\"E-B\",\"outage_days\":0}\n";
const TERMS_KEYS: [&str; 3] = ["effective_on", "last_day", "off_on"];

const WORDS: [&str; 20] = [
    "{",
    "}",
    "[",
    ":",
    ",",
    "null",
    "true",
    "\\u0000",
    "\\ud800",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "1.5",
    "fixed:4294967295",
    "half_up",
    "votanti",
    "members",
    "outage_days",
    "9999-12-31",
    "0000-01-01",
];

/// What the program answers to a batch: it says that it is done, and nothing else.
fn answered(command: &str, input: Vec<u8>) -> Vec<u8> {
    let mut child = Command::new(BINARY)
        .args([command, "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("its input");
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let Output { status, stdout, stderr } = child.wait_with_output().expect("its end");
    feeder.join().expect("fed").expect("every line is taken");
    assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// The error of an answer; or exactly the keys that an answer has.
fn error_of(answer: &Value, wanted: &[&str; 3]) -> Option<String> {
    let object = answer.as_object().expect("an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    if keys == ["error"] {
        return Some(object["error"].as_str().expect("words").to_owned());
    }
    assert_eq!(keys, *wanted, "{answer}");
    None
}

/// A wounded batch with an honest line after it, whose answer must be at its own place.
fn batch(command: &str, keys: &[&str; 3], honest: &str, input: &[u8]) -> Said {
    let whole = [input, b"\n", honest.as_bytes(), b"\n"].concat();
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    let output = String::from_utf8(answered(command, whole)).expect("UTF-8");
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), lines, "an answer a line");
    let (last, others) = answers.split_last().expect("an answer");
    assert_eq!(error_of(last, keys), None, "the honest line is answered");
    let errors: Vec<String> = others.iter().filter_map(|one| error_of(one, keys)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn survives(command: &str, keys: &[&str; 3], seed: &str) {
    // The line end between the two is the one that the seed had.
    let honest = seed.lines().next().expect("a line");
    Target { name: command, seeds: vec![seed.trim_end().into()], words: &WORDS }
        .survives(|input| batch(command, keys, honest, input));
}

#[test]
fn a_batch_of_votes_is_answered_line_by_line() {
    survives("vote", &VOTE_KEYS, VOTES);
}

#[test]
fn a_batch_of_terms_is_answered_line_by_line() {
    survives("terms", &TERMS_KEYS, TERMS);
}
