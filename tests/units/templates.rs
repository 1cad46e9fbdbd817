// SPDX-License-Identifier: AGPL-3.0-or-later
//! The wording of the messages: what is cut, what is wrapped.

use super::Place;
use delibera::service::mail::{Templates, shorten};
use serde_json::json;

/// The text part of a message that says only this.
fn tidy(said: &str) -> String {
    let place = Place::new("templates");
    for (name, text) in
        [("subject.hbs", "Prova"), ("body.txt.hbs", "{{said}}"), ("body.html.hbs", "{{said}}")]
    {
        place.write(&format!("prova/{name}"), text);
    }
    let templates = Templates::from_folder(&place.0).expect("templates");
    templates.render("prova", &json!({ "said": said })).expect("a message").text
}

#[test]
fn a_text_is_cut_at_a_word() {
    assert_eq!(shorten("Lavori di piazza", 16), "Lavori di piazza");
    assert_eq!(shorten("Lavori di piazza", 15), "Lavori di…");
    assert_eq!(shorten("Lavori di piazza Duomo", 17), "Lavori di piazza…");
    assert_eq!(shorten("Approvazione, in linea tecnica", 14), "Approvazione…");
    assert_eq!(shorten("àèìòù", 3), "àè…");
}

#[test]
fn text_is_wrapped_and_keeps_its_indent() {
    let long = tidy(&format!("\n\n\n  {}\n\n\n\nfine", "parola ".repeat(20)));
    assert!(long.lines().all(|line| line.chars().count() <= 76), "{long}");
    assert!(long.lines().take(2).all(|line| line.starts_with("  parola")), "{long}");
    assert!(!long.contains("\n\n\n"), "{long}");
    let item = tidy(&format!("  2. {}", "parola ".repeat(20)));
    assert!(item.starts_with("  2. parola") && item.contains("\n     parola"), "{item}");
}
