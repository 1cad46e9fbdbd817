// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera check` and `delibera workflow show`, as scripts call them.
#![expect(clippy::unwrap_used, reason = "tests stop where they fail")]

#[path = "support/program.rs"]
mod program;

use delibera::domain::notices;
use delibera::service::mail;
use program::{delibera, folder};
use std::fs;
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn the_files_of_the_product_are_sound() {
    let (code, out, err) = delibera(&["check"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for start in [
        "workflows/deliberazione-giunta.toml: procedimento in regola (15 passi, 7 adempimenti,",
        "workflows/affissione-conto-terzi.toml: procedimento in regola (3 passi,",
        "regulations/grande-comune.toml: regolamento in regola (",
        "regulations/piccolo-comune.toml: regolamento in regola (",
        "templates/act: modelli degli atti in regola (32)",
        "templates/mail: modelli dei messaggi in regola (39)",
    ] {
        assert!(out.lines().any(|line| line.starts_with(start)), "{start}\n{out}");
    }
}

#[test]
fn a_broken_workflow_is_told_with_file_and_line() {
    let file = folder("broken-workflow").join("giunta.toml");
    let text = fs::read_to_string("tests/data/workflows/deliberazione.toml").unwrap();
    fs::write(&file, text.replace("next = \"parere_contabile\"", "next = \"istruttoria\""))
        .unwrap();
    let (code, out, err) = delibera(&["check", file.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (1, "2 problemi\n"), "{out}");
    let name = file.display();
    assert!(
        out.starts_with(&format!("{name}:38: al passo «parere_contabile» non si arriva mai\n"))
    );
    assert!(out.contains(&format!("{name}:82: al passo «votazione» si vota senza il parere")));
}

#[test]
fn a_broken_regulation_is_told_with_file_and_line() {
    let file = folder("broken-regulation").join("regolamento.toml");
    let text = fs::read_to_string("regulations/piccolo-comune.toml").unwrap();
    fs::write(&file, format!("quorum_di_fantasia = 3\n{text}")).unwrap();
    let (code, out, _) = delibera(&["check", file.to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with(&format!("{}:1: ", file.display())), "{out}");
}

#[test]
fn a_regulation_that_wants_a_step_no_workflow_has_is_told_at_its_line() {
    let folder = folder("disagreement");
    let workflow = folder.join("giunta.toml");
    let text = fs::read_to_string("workflows/deliberazione-giunta.toml").unwrap();
    let start = text.find("[[step]]\nname = \"parere_legittimita\"").unwrap();
    let end = start + text[start..].find("# --- 3.").unwrap();
    let cut = format!("{}{}", &text[..start], &text[end..]);
    let cut = cut.replace("next = \"parere_legittimita\"", "next = \"ordine_del_giorno\"");
    fs::write(&workflow, cut).unwrap();
    let regulation = folder.join("regolamento.toml");
    fs::copy("regulations/grande-comune.toml", &regulation).unwrap();
    let (workflow, regulation) = (workflow.to_str().unwrap(), regulation.to_str().unwrap());
    let (alone, out, _) = delibera(&["check", workflow]);
    assert_eq!(alone, 0, "{out}");
    let (code, out, err) = delibera(&["check", workflow, regulation]);
    assert_eq!((code, err.as_str()), (1, "1 problema\n"), "{out}");
    let text = fs::read_to_string(regulation).unwrap();
    let line = 1 + text.lines().position(|l| l == "[legitimacy_opinion]").unwrap();
    let told = format!("{regulation}:{line}: «legitimacy_opinion» vuole il parere di legittimità");
    assert!(out.contains(&told), "{out}");
}

/// One broken template: what is written in which file, and what the check says.
fn broken_template(test: &str, file: &str, edit: impl Fn(&str) -> String, expect: &str) {
    let folder = folder(test);
    copy(Path::new("templates"), &folder);
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let edited = edit(&text);
    assert_ne!(text, edited, "{test}: nothing was changed");
    fs::write(&path, edited).unwrap();
    let (code, out, err) = delibera(&["check", path.to_str().unwrap()]);
    assert_eq!(code, 1, "{test}: {out}{err}");
    assert!(out.contains(expect), "{test}: {out}");
}

#[test]
fn broken_templates_are_refused() {
    let at = "mail/scadenza/body.txt.hbs";
    broken_template("template-unclosed", at, |t| format!("{t}{{{{#if object}}}}"), "scadenza");
    broken_template("template-unknown-fact", at, |t| format!("{t}{{{{colore}}}}"), "colore");
    broken_template("template-unknown-part", at, |t| format!("{t}{{{{> firma}}}}"), "firma");
    broken_template(
        "template-unknown-helper",
        "mail/elenco-capigruppo/subject.hbs",
        |t| format!("{t}{{{{grida object}}}}"),
        "grida",
    );
    broken_template(
        "template-of-an-act",
        "act/deliberazione.md.hbs",
        |t| format!("{t}{{{{#each voti}}}}"),
        "templates/act/deliberazione.md.hbs:",
    );
    // Readable, but it asks for what no act has: only writing it on the sample shows that.
    let at = "act/referto_pubblicazione.md.hbs";
    let expect = "templates/act/referto_pubblicazione.md.hbs:2: la variabile «colore» non esiste";
    let asks = |t: &str| t.replacen("}}\n", "}}\n{{colore}} ", 1);
    broken_template("template-asks-too-much", at, asks, expect);
    let at = "act/partials/firme.md.hbs";
    let expect = "templates/act/partials/firme.md.hbs:2: la variabile «timbro» non esiste";
    broken_template("part-asks-too-much", at, |t| t.replacen("}}\n", "}}\n{{timbro}} ", 1), expect);
}

#[test]
fn what_cannot_be_read_is_wrong_use() {
    let (code, _, err) = delibera(&["check", "workflows/non-esiste.toml"]);
    assert_eq!((code, err.as_str()), (2, "workflows/non-esiste.toml: il file non esiste\n"));
}

#[test]
fn a_workflow_draws_itself() {
    let file = "workflows/deliberazione-giunta.toml";
    let (code, out, _) = delibera(&["workflow", "show", file]);
    assert_eq!(code, 0);
    assert!(out.starts_with("flowchart TD\n    bozza([\"Bozza della proposta"), "{out}");
    let (code, out, _) = delibera(&["workflow", "show", file, "--step", "albo"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("    class albo attuale\n"), "{out}");
    let (code, _, err) = delibera(&["workflow", "show", file, "--step", "alba"]);
    assert_eq!(code, 2);
    assert!(err.contains("non ha il passo «alba»"), "{err}");
}

#[test]
fn every_message_a_workflow_may_name_has_its_wording() {
    for message in notices::MESSAGES {
        assert!(mail::MESSAGES.iter().any(|(name, ..)| name == message), "{message}");
    }
}
