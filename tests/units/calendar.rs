// SPDX-License-Identifier: AGPL-3.0-or-later
//! The sitting as an appointment: what RFC 5545 wants of lines and of texts.

use chrono::DateTime;
use delibera::domain::notice_facts::SittingFacts;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig, samples};

/// The appointment of a sitting that is held there.
fn appointment(place: &str) -> String {
    changed(|sitting| sitting.place = place.into())
}

/// The appointment of a sitting with something changed.
fn changed(change: impl FnOnce(&mut SittingFacts)) -> String {
    let config = MailConfig {
        transport: TransportConfig::Folder { path: "unused".into() },
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    let [mut facts, _] = samples("convocazione");
    change(facts.sitting.as_mut().expect("a sitting"));
    let mailer = Mailer::new(&config).expect("a mailer");
    mailer.appointment(&facts, DateTime::UNIX_EPOCH).expect("an appointment")
}

#[test]
fn long_lines_are_folded_within_a_character_and_unfold_to_themselves() {
    let place = "viabilità è più ".repeat(30);
    let folded = appointment(&place);
    assert!(folded.split("\r\n").all(|part| part.len() <= 75), "{folded}");
    let unfolded = folded.replace("\r\n ", "");
    let line = format!("LOCATION:{place}");
    assert!(unfolded.split("\r\n").any(|part| part == line), "{unfolded}");
}

#[test]
fn text_values_escape_what_the_format_uses() {
    let written = appointment("a; b, c\\d\ne\r");
    let line = "LOCATION:a\\; b\\, c\\\\d\\ne";
    assert!(written.split("\r\n").any(|part| part == line), "{written}");
}

#[test]
fn an_address_with_a_line_break_is_no_property_of_its_own() {
    let written = changed(|sitting| {
        sitting.link = Some("https://a.example\r\nATTENDEE:mailto:altri@b.example".into());
    });
    let lines: Vec<&str> = written.split("\r\n").collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("ATTENDEE")).count(), 1, "{written}");
}
