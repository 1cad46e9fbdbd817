// SPDX-License-Identifier: AGPL-3.0-or-later
//! A register as a file.

use chrono::NaiveDate;
use delibera::domain::register::Entry;
use delibera::web::registers::export::{book, harmless};

#[test]
fn a_text_is_never_a_formula() {
    for text in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
        assert!(harmless(text.into()).starts_with('\''), "{text}");
    }
    assert_eq!(harmless("Centri estivi = 2".into()), "Centri estivi = 2");
}

#[test]
fn a_book_has_a_line_an_act_and_says_what_was_asked() {
    let day = NaiveDate::from_ymd_opt(2026, 7, 23);
    let entry = Entry { number: 838, year: 2026, date: day, ..Entry::default() };
    let bytes = book("Deliberazioni", &[entry], &[("Anno", "2026".into())]);
    let bytes = bytes.unwrap_or_default();
    assert!(bytes.starts_with(b"PK"), "a spreadsheet is a zip file");
}
