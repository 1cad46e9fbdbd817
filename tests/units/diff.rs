// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changed between two versions.

use delibera::domain::case::Content;
use delibera::domain::papers::diff::compare;

fn content(text: &str, decision: &[&str]) -> Content {
    Content {
        text: text.into(),
        decision: decision.iter().map(|p| (*p).to_owned()).collect(),
        ..Content::default()
    }
}

#[test]
fn equal_contents_have_no_hunks() {
    let same = content("Premesso che\n\nsi dispone", &["di approvare"]);
    assert!(compare(&same, &same.clone()).is_empty());
}

#[test]
fn a_changed_word_is_the_only_run_marked() {
    let before = content("A\n\nil contributo di € 1.000 a tutti\n\nZ", &["di approvare"]);
    let after = content("A\n\nil contributo di € 5.000 a tutti\n\nZ", &["di approvare"]);
    let hunks = compare(&before, &after);
    assert_eq!(hunks.len(), 1);
    let marked: Vec<&str> =
        hunks[0].after.iter().filter(|r| r.changed).map(|r| r.text.as_str()).collect();
    assert_eq!(marked, ["5.000"]);
}

#[test]
fn an_added_point_has_nothing_before() {
    let hunks = compare(&content("x", &["a"]), &content("x", &["a", "b"]));
    assert_eq!(hunks.len(), 1);
    assert_eq!(hunks[0].part, "dispositivo, punto 2");
    assert!(hunks[0].before.is_empty());
}
