// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the blocks of a document written elsewhere become Markdown, and where its points begin.

use super::docx::{document, item};
use delibera::service::import::{Imported, import};

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn heading(text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"Titolo1\"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn imported(body: &str) -> Imported {
    import(&document(body)).expect("a document")
}

#[test]
fn characters_that_markdown_takes_away_are_kept() {
    let body = paragraph("a * b_c [1] &lt;x&gt; art. 48, c. 2 - n. 3");
    let text = imported(&body).premises;
    assert_eq!(text, "a \\* b\\_c \\[1\\] \\<x\\> art. 48, c. 2 - n. 3");
    assert_eq!(delibera_documents::check_text(&text), Ok(()));
}

#[test]
fn a_hand_typed_number_stays_a_number() {
    assert_eq!(imported(&paragraph("1. di approvare")).premises, "1\\. di approvare");
    assert_eq!(imported(&paragraph("- un trattino")).premises, "\\- un trattino");
}

#[test]
fn what_follows_delibera_becomes_points_without_their_number() {
    let listed = [
        paragraph("Premesso che"),
        paragraph("D E L I B E R A"),
        item(0, "di approvare:"),
        item(1, "il piano"),
        item(0, "di dichiarare"),
    ];
    let read = imported(&listed.concat());
    assert_eq!(read.premises, "Premesso che");
    assert_eq!(read.decision, ["di approvare:\n\n- il piano", "di dichiarare"]);
    let typed = [heading("DELIBERA:"), paragraph("1) di approvare"), paragraph("2) di dare atto")];
    assert_eq!(imported(&typed.concat()).decision, ["di approvare", "di dare atto"]);
}
