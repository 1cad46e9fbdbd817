// SPDX-License-Identifier: AGPL-3.0-or-later
//! The wording: every message renders, says what practice.md wants, reads as a letter.

use super::{AT, config};
use delibera::domain::workflow;
use delibera::service::mail::{
    MESSAGES, Mailer, SUBJECT_MAX, Templates, TransportConfig, samples, shorten,
};
use mail_parser::MessageParser;

fn rendered() -> Vec<(String, String, String, String)> {
    let path = std::path::PathBuf::from("unused");
    let mailer = Mailer::new(&config(TransportConfig::Folder { path })).unwrap();
    let mut found = Vec::new();
    for (message, ..) in MESSAGES {
        for facts in samples(message) {
            let mail = mailer.compose(&facts, message, AT(), &[]).unwrap();
            let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
            let text = parsed.body_text(0).unwrap().into_owned();
            let html = parsed.body_html(0).unwrap().into_owned();
            found.push((message.to_owned(), mail.subject, text, html));
        }
    }
    found
}

#[test]
fn every_message_renders_full_and_bare() {
    let problems = Templates::embedded().unwrap().check();
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(rendered().len(), MESSAGES.len() * 2);
}

#[test]
fn every_message_the_procedures_name_exists() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let workflow = workflow::parse(&text, &path.display().to_string()).unwrap();
        for notice in &workflow.notices {
            let known = MESSAGES.iter().any(|(name, ..)| *name == notice.message);
            assert!(known, "{}: «{}»", path.display(), notice.message);
        }
    }
}

#[test]
fn subjects_fit_and_are_whole() {
    for (message, subject, ..) in rendered() {
        assert!(subject.chars().count() <= SUBJECT_MAX, "{message}: {subject}");
        assert!(subject.chars().count() >= 12, "{message}: {subject}");
        let ends_well = !subject.ends_with([':', '–', ',', ' ']);
        assert!(ends_well && !subject.contains("  "), "{message}: «{subject}»");
        assert!(!subject.contains("{{"), "{message}: {subject}");
    }
}

#[test]
fn texts_read_as_letters() {
    for (message, _, text, _) in rendered() {
        for line in text.lines() {
            let one_word = line.split_whitespace().count() <= 1;
            assert!(one_word || line.chars().count() <= 76, "{message}: {line}");
            assert!(!line.trim_start().contains("  "), "{message}: «{line}»");
        }
        let plain = !text.contains("{{") && !text.contains("&amp;") && !text.contains("**<");
        assert!(plain, "{message}: {text}");
        assert!(text.contains("Gentile ") && text.contains("Riceve questo messaggio"), "{message}");
        assert!(!text.contains("\n\n\n") && !text.contains(" ."), "{message}: {text}");
    }
}

#[test]
fn html_is_one_self_contained_accessible_page() {
    for (message, _, _, html) in rendered() {
        assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<html lang=\"it\">"));
        assert_eq!(html.matches("<h1").count(), 1, "{message}");
        for foreign in ["<img", "<script", "<link", "src=", "@import", "url(", "{{"] {
            assert!(!html.contains(foreign), "{message}: {foreign}");
        }
        for tag in ["table", "tr", "td", "div", "p", "ul", "ol", "li", "h1", "h2", "blockquote"] {
            let opened = html.matches(&format!("<{tag} ")).count()
                + html.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{message}: {tag}");
        }
        assert!(html.contains("prefers-color-scheme: dark"), "{message}");
    }
}

#[test]
fn each_message_says_what_practice_wants() {
    let all = rendered();
    let says = |message: &str, wanted: &[&str]| {
        let found = all.iter().find(|(name, ..)| name == message).unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = words(&found.2);
        for part in wanted {
            assert!(text.contains(&words(part)), "{message}: manca «{part}» in\n{}", found.2);
        }
    };
    says("proposta-presentata", &["versione 2", "mercoledì 29 luglio 2026", "n. 131/2026"]);
    says(
        "parere-da-rendere",
        &["parere di regolarità contabile", "entro mercoledì 29 luglio 2026"],
    );
    says("parere-contrario", &["capitolo 20415", "art. 49, c. 4, TUEL"]);
    says("proposta-restituita", &["computo metrico", "Giulio Conti", "entro mercoledì 29 luglio"]);
    says("testo-modificato", &["dispositivo, punto 3", "confermare il parere"]);
    says("convocazione", &["venerdì 24 luglio 2026, ore 11:00", "sala Giunta", "giunta/s-31"]);
    says("seduta-spostata", &["prevista per giovedì 23 luglio 2026"]);
    says("esiti-seduta", &["deliberazione n. 118", "immediatamente eseguibile", "Rinviata"]);
    // With a condition unmet no day is said from which it may be carried out (practice.md 1.3).
    says("atto-eseguibile", &["non può ancora essere eseguito", "Amministrazione Trasparente"]);
    let eseguibile = all.iter().find(|(name, ..)| name == "atto-eseguibile").unwrap();
    assert!(!eseguibile.2.contains("eseguibile dal"), "{}", eseguibile.2);
    says("atto-pubblicato", &["n. 914/2026", "dal 27 luglio 2026", "11 agosto 2026 compreso"]);
    says("atto-pubblicato", &["esecutiva il 7 agosto 2026"]);
    says("elenco-capigruppo", &["art. 125", "n. 117/2026 del 24 luglio 2026", "Ripubblicata:"]);
    says("disservizio-albo", &["27 luglio 2026", "9 ore", "11 agosto 2026 compreso"]);
    says("atto-esecutivo", &["esecutiva il 7 agosto 2026"]);
    says("atto-modificato", &["rettifica, dal 4 agosto 2026 al 30 settembre 2026 compreso"]);
    let seal = "2184:9f2c4be1d0a7735e6b1848c3f0aa52d4e7c9180b63f5d2aa41b7e0c6589d13fe";
    says("sigillo-del-giorno", &[seal, "verify --seal"]);
    let (_, _, text, html) = all.iter().find(|(name, ..)| name == "sigillo-del-giorno").unwrap();
    assert!(text.lines().any(|line| line == seal), "one line to copy: {text}");
    assert!(html.contains(seal), "{html}");
}

#[test]
fn a_template_of_the_comune_replaces_ours_and_its_faults_are_named() {
    let folder = std::env::temp_dir().join(format!("delibera-words-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("scadenza")).unwrap();
    let subject = folder.join("scadenza/subject.hbs");
    std::fs::write(&subject, "Promemoria: {{object}}").unwrap();
    let own = Templates::from_folder(&folder).unwrap();
    assert!(own.check().is_empty());
    std::fs::write(&subject, "Promemoria: {{objct}}").unwrap();
    let problems = Templates::from_folder(&folder).unwrap().check();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].file.ends_with("scadenza") && problems[0].reason.contains("objct"));
    std::fs::write(&subject, "Promemoria: {{#if object}}").unwrap();
    let broken = Templates::from_folder(&folder).unwrap_err().to_string();
    assert!(broken.contains("scadenza/subject.hbs"), "{broken}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_long_object_is_cut_at_a_word() {
    let object = "Approvazione del progetto definitivo di riqualificazione";
    for max in 13..object.len() {
        let cut = shorten(object, max);
        assert!(cut.chars().count() <= max, "{max}: {cut}");
        let kept = cut.trim_end_matches('…');
        assert!(object.starts_with(kept) && object[kept.len()..].starts_with(' '), "{cut}");
    }
}
