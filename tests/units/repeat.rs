// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tables of a scenario written once and done many times.

use super::Place;
use delibera::service::scenario::{Scenario, ScenarioError, load};

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    let place = Place::new("repeat");
    place.write("x.toml", text);
    load(&place.0.join("x.toml"))
}

#[test]
fn a_table_repeats_with_its_number() {
    let written = "[[step]]\nat = \"2020-07-24 11:00\"\nrepeat = 2\nevery = 3\n\
                   do = [\"call_item\", \"unanimous\"]\ncase = \"arg-{n}\"\nlist = [\"a{n}\"]\n";
    let steps = read(written).expect("a scenario").steps;
    let first = steps[0].at;
    let seen: Vec<_> = steps
        .iter()
        .map(|s| (s.n, s.verb.as_str(), s.params["case"].as_str(), (s.at - first).num_minutes()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(1), "call_item", Some("arg-1"), 0),
            (Some(1), "unanimous", Some("arg-1"), 0),
            (Some(2), "call_item", Some("arg-2"), 3),
            (Some(2), "unanimous", Some("arg-2"), 3),
        ]
    );
    assert_eq!(steps[3].params["list"][0].as_str(), Some("a2"));
}

#[test]
fn what_cannot_be_repeated_is_refused_at_its_line() {
    // All else is right, so that nothing else can be wrong.
    let before = "[[step]]\nat = \"2020-07-24 11:00\"\ndo = \"wait\"\n\n\n\n[[step]]\n";
    for (text, wanted) in [
        ("do = \"wait\"\nrepeat = 0", "«repeat» è il numero delle volte"),
        ("do = \"wait\"\nrepeat = 501", "«repeat» è il numero delle volte"),
        ("do = \"wait\"\nevery = 1", "«every» vuole anche"),
        ("do = []", "«do» è un gesto"),
        ("do = \"wait\"\nfirst = 2", "«first» è il primo numero"),
        ("do = \"wait\"\nrepeat = 2\nevery = 1", "«every» vuole anche"),
    ] {
        let Err(ScenarioError::File(problems)) = read(&format!("{before}{text}\n")) else {
            panic!("{text}: it was taken")
        };
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert_eq!(problems[0].line, 7, "{text}");
        assert!(problems[0].reason.starts_with(wanted), "{text}: {}", problems[0].reason);
    }
}
