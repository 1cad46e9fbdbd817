// SPDX-License-Identifier: AGPL-3.0-or-later
//! A regulation changed key by key.

use chrono::NaiveDate;
use delibera::domain::regulation::value::Raw;
use delibera::domain::regulation::{Change, Key, amend, parse};

const TEXT: &str = "# Il Comune\n\n[exec_count] # scelto dal Segretario\nvalue = \"E-A\"\nsource = \"a\"\n\n\
                    # ---- Voto\n\n[vote_base]\nvalue = \"votanti\"\nsource = \"b\"\n";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn change(name: &str, value: Raw) -> Change {
    Change { key: Key::find(name).expect("a key"), value, source: "art. 3 Statuto".into() }
}

#[test]
fn what_held_before_stays_and_ends_the_day_before() {
    let new = change("vote_base", Raw::Text("presenti".into()));
    let text = amend(TEXT, &[new], day("2026-03-01")).expect("amended");
    assert!(text.contains("# ---- Voto") && text.contains("scelto dal Segretario"), "{text}");
    let read = parse(&text, "r.toml").expect("sound");
    let on = |when: &str| {
        read.on(day(when)).expect("in force").value_of(Key::find("vote_base").expect("key"))
    };
    assert_eq!(on("2026-02-28"), Some(Raw::Text("votanti".into())));
    assert_eq!(on("2026-03-01"), Some(Raw::Text("presenti".into())));
    let again = change("vote_base", Raw::Text("votanti".into()));
    let twice = amend(&text, &[again], day("2026-03-01")).expect("amended again");
    assert_eq!(
        parse(&twice, "r.toml").expect("sound").periods(Key::find("vote_base").expect("key")).len(),
        2
    );
}

#[test]
fn a_default_becomes_a_choice_of_the_comune() {
    let new = change("casting_vote", Raw::Bool(true));
    let text = amend(TEXT, &[new], day("2026-03-01")).expect("amended");
    let read = parse(&text, "r.toml").expect("sound").on(day("2026-03-02")).expect("on");
    assert!(read.casting_vote);
    assert_eq!(read.source("casting_vote"), "art. 3 Statuto");
}

#[test]
fn what_contradicts_the_rest_is_refused() {
    let new = change("contrassegno", Raw::Bool(true));
    let problems = amend(TEXT, &[new], day("2026-03-01")).expect_err("no page of verification");
    assert!(problems[0].reason.contains("contrassegno"), "{problems:?}");
}

#[test]
fn the_keys_that_follow_are_not_touched() {
    let new = change("exec_count", Raw::Text("E-B".into()));
    let text = amend(TEXT, &[new], day("2026-03-01")).expect("amended");
    assert!(text.contains("[vote_base]\nvalue = \"votanti\"\nsource = \"b\""), "{text}");
    let read = parse(&text, "r.toml").expect("sound").on(day("2026-03-01")).expect("in force");
    assert_eq!((read.source("exec_count"), read.source("vote_base")), ("art. 3 Statuto", "b"));
}
