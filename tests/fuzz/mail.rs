// SPDX-License-Identifier: AGPL-3.0-or-later
//! Messages and appointments made of hostile words: whatever a name, an object or a place says, a
//! message has one recipient and the headers it was meant to have.

use crate::attack::{explained, for_a_while};
use chrono::DateTime;
use delibera::domain::notice_facts::NoticeFacts;
use delibera::domain::notices::MESSAGES;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig, samples};
use delibera::service::simulation::Chance;
use serde_json::Value;

/// What somebody might write where a name, an object, a place or an address is asked for.
const WORDS: [&str; 16] = [
    "\r\nBcc: altri@example.org",
    "\nBcc: altri@example.org\n\n<script>",
    "\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR",
    "\\nATTENDEE:mailto:altri@example.org",
    "\0\u{7}\u{1b}[31m",
    "\u{202e}\u{feff}\u{200d}",
    "=?utf-8?B?QmNjOiBhQGI=?=",
    "{{comune}} {{#each acts}}",
    "<b onmouseover=alert(1)>&amp;",
    "a@example.org, b@example.org",
    "\"\" <a@example.org>",
    ";,:\\\"",
    "",
    " ",
    "\u{2028}\u{2029}\u{85}",
    "è così ",
];

/// Every text of a value.
fn texts<'a>(value: &'a mut Value, found: &mut Vec<&'a mut String>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => {
            for value in values {
                texts(value, found);
            }
        }
        Value::Object(values) => {
            for value in values.values_mut() {
                texts(value, found);
            }
        }
        _ => {}
    }
}

/// The facts of a message with some of their texts replaced; none when they are no facts any more.
fn facts(chance: &mut Chance, message: &str) -> Option<NoticeFacts> {
    let [full, bare] = samples(message);
    let chosen = if chance.percent(75) { full } else { bare };
    let mut value = serde_json::to_value(chosen).expect("JSON");
    let mut found = Vec::new();
    texts(&mut value, &mut found);
    for _ in 0..=chance.below(6) {
        let word = chance.pick(&WORDS).copied().unwrap_or_default();
        let repeated = if chance.percent(10) { word.repeat(200) } else { word.to_owned() };
        let place = chance.below(found.len());
        if let Some(text) = found.get_mut(place) {
            match chance.below(3) {
                0 => **text = repeated,
                1 => text.push_str(&repeated),
                _ => text.insert_str(0, &repeated),
            }
        }
    }
    let mut facts: NoticeFacts = serde_json::from_value(value).ok()?;
    // Which message it is decides the template and is no word of a person.
    facts.message = message.to_owned();
    Some(facts)
}

/// The head has no line that a person wrote.
fn one_recipient(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let lines = || head.split(['\r', '\n']).map(str::to_ascii_lowercase);
    assert!(!lines().any(|line| line.starts_with("bcc:")), "{head}");
    for once in ["to:", "from:", "subject:", "message-id:", "date:"] {
        let many = lines().filter(|line| line.starts_with(once)).count();
        assert_eq!(many, 1, "{once} in {head}");
    }
}

/// The appointment is one, and every line of it begins with a name of RFC 5545.
fn one_appointment(text: &str) {
    assert!(text.ends_with("\r\n"), "{text:?}");
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{line:?}");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    let whole = text.replace("\r\n ", "");
    let lines: Vec<&str> = whole.split("\r\n").filter(|line| !line.is_empty()).collect();
    for line in &lines {
        let name = line.split([':', ';']).next().unwrap_or_default();
        let good = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        assert!(good && !name.is_empty(), "{line:?} in {text:?}");
    }
    for once in ["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT"] {
        assert_eq!(lines.iter().filter(|line| **line == once).count(), 1, "{once} in {text:?}");
    }
    assert_eq!(lines.iter().filter(|line| line.starts_with("ATTENDEE")).count(), 1, "{text:?}");
}

#[test]
fn words_of_a_person_are_neither_headers_nor_appointments() {
    let config = MailConfig {
        transport: TransportConfig::Folder { path: "unused".into() },
        from: "delibere@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: Some("https://delibere.comune.example".into()),
        templates: None,
    };
    let mailer = Mailer::new(&config).expect("a mailer");
    let at = DateTime::UNIX_EPOCH;
    let (mut tried, mut sent) = (0, 0);
    for_a_while(|chance| {
        let message = chance.pick(MESSAGES).copied().unwrap_or("convocazione");
        let message = if chance.percent(30) { "convocazione" } else { message };
        let Some(facts) = facts(chance, message) else { return };
        tried += 1;
        match mailer.compose(&facts, "prova", at, &[]) {
            Ok(mail) => {
                sent += 1;
                assert_eq!(mail.envelope.to().len(), 1);
                one_recipient(&mail.bytes);
            }
            Err(error) => explained("mail", &[error.to_string()], 64 * 1024),
        }
        if let Some(appointment) = mailer.appointment(&facts, at) {
            one_appointment(&appointment);
        }
    });
    println!("fuzz mail: {tried} messages, {sent} of them composed");
    assert!(sent > 0, "some are messages all the same");
}
