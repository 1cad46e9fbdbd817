// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is refused, with which line and which words; and plain values that stay plain.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

mod poppler;
mod samples;

use delibera_documents::{
    Attachment, Document, Letterhead, RenderError, check_text, escape, render,
};

#[track_caller]
fn refused(body: &str, message: &str) {
    let error = render(&samples::plain(body)).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn templates_hear_of_their_mistakes() {
    refused("uno\n\n::: riqadro\n:::", "riga 3: direttiva «riqadro» sconosciuta");
    refused("::: riquadro\ntesto", "riga 1: la direttiva «riquadro» non è chiusa");
    refused("testo\n:::", "riga 2: «:::» chiude una direttiva mai aperta");
    refused(
        "::: firma campo=\"a b\" titolo=\"IL SINDACO\"\n:::",
        "riga 1: direttiva «firma»: «campo» deve essere di lettere, cifre e _",
    );
    refused("::: firma campo=\"a\"\n:::", "riga 1: direttiva «firma»: manca «titolo» o «nome»");
    refused(
        "::: firma campo=\"a\" nome=\"A\"\n:::\n::: firma campo=\"a\" nome=\"B\"\n:::",
        "riga 3: direttiva «firma»: il campo «a» esiste già",
    );
    refused(
        "::: firma campo=\"a\" ruolo=\"b\"\n:::",
        "riga 1: direttiva «firma»: attributo «ruolo» sconosciuto",
    );
    refused(
        "::: nota colore\n:::",
        "riga 1: direttiva «nota»: attributi: si attende chiave=\"valore\"",
    );
    refused("::: pagina\ntesto\n:::", "riga 1: direttiva «pagina»: non ammette contenuto");
    refused(
        "::: etichette\ntesto\n:::",
        "riga 1: direttiva «etichette»: deve contenere una sola tabella",
    );
}

#[test]
fn what_cannot_be_printed_is_named() {
    refused("uno\n\ndue 漢", "riga 3: il carattere «漢» (U+6F22) non è stampabile");
    refused("שלום", "riga 1: il carattere «ש» (U+05E9) non è stampabile");
    refused("a\u{202E}b", "riga 1: il carattere «\u{25A1}» (U+202E) non è stampabile");
    let columns = "| parola ".repeat(60);
    let table = format!("{columns}|\n{}|\n{columns}|\n", "|-".repeat(60));
    refused(&table, "riga 1: la tabella ha troppe colonne per la larghezza della pagina");
    let deep = (0..30).map(|d| format!("{}- voce\n", "  ".repeat(d))).collect::<String>();
    assert!(matches!(render(&samples::plain(&deep)), Err(RenderError::Markdown { .. })));
    let title = Document { header: "漢".into(), ..samples::plain("x") };
    assert!(matches!(render(&title), Err(RenderError::Character { line: 0, .. })));
    let header = Document { header: "parola ".repeat(200), ..samples::plain("x") };
    assert_eq!(render(&header).unwrap_err(), RenderError::RunningTextTooLong);
}

#[test]
fn crest_and_attachments_are_checked() {
    let untitled = Document { title: " ".into(), ..samples::plain("x") };
    assert_eq!(render(&untitled).unwrap_err(), RenderError::MissingTitle);
    let head = Letterhead { crest_png: Some(b"GIF89a".to_vec()), lines: Vec::new() };
    let document = Document { letterhead: Some(head), ..samples::plain("x") };
    assert_eq!(render(&document).unwrap_err(), RenderError::Crest);
    let [first, _] = <[Attachment; 2]>::try_from(samples::attachments()).unwrap();
    let twice = Document { attachments: vec![first.clone(), first.clone()], ..samples::plain("x") };
    assert!(render(&twice).unwrap_err().to_string().ends_with("nome ripetuto"));
    let slash = Attachment { name: "../a".into(), ..first.clone() };
    let media = Attachment { media_type: "pdf".into(), ..first };
    for file in [slash, media] {
        let document = Document { attachments: vec![file], ..samples::plain("x") };
        assert!(matches!(render(&document), Err(RenderError::Attachment { .. })));
    }
}

/// Line and reason of each problem.
fn problems(text: &str) -> Vec<(usize, String)> {
    check_text(text).unwrap_err().into_iter().map(|p| (p.line, p.reason)).collect()
}

#[test]
fn user_text_is_checked_line_by_line() {
    assert_eq!(check_text(samples::PROPOSAL), Ok(()));
    let reason = |text: &str| problems(text)[0].clone();
    let (line, text) = reason("uno\n\n::: firma campo=\"a\"\n");
    assert_eq!(
        (line, text.as_str()),
        (3, "le righe che iniziano con «:::» sono riservate ai modelli")
    );
    assert_eq!(reason("uno\n\n![logo](a.png)").0, 3);
    assert!(reason("![logo](a.png)").1.contains("immagini"));
    assert!(reason("il sig. <omissis> risiede").1.contains("HTML"));
    assert!(reason("<div>\nciao\n</div>").1.contains("HTML"));
    assert!(reason("testo\n\n    rientrato").1.contains("rientro"));
    assert!(reason("[x](javascript:alert)").1.contains("collegamento"));
    assert!(reason("##### cinque").1.contains("quarto livello"));
    assert_eq!(
        reason("uno\ndue\ntre 漢"),
        (3, "il carattere «漢» (U+6F22) non è stampabile".into())
    );
    let wide = format!("{}|\n{}|\n", "| parola ".repeat(60), "|-".repeat(60));
    assert!(reason(&format!("testo\n\n{wide}")).1.contains("troppe colonne"));
    let all = problems("漢\n\n<b>x</b>\n\n::: nota\n");
    assert_eq!(all.iter().map(|p| p.0).collect::<Vec<_>>(), [1, 3, 3, 5]);
}

#[test]
fn accepted_text_renders_inside_a_document() {
    for text in [
        samples::PROPOSAL,
        "l`Assessore e dell`ente",
        "[1]: vedi",
        "a  \nb",
        "2020. anno",
        "> citato",
    ] {
        assert_eq!(check_text(text), Ok(()));
        let pdf =
            render(&samples::plain(&format!("# Atto\n\n::: testo\n{text}\n:::"))).unwrap().pdf;
        assert!(poppler::text(&pdf).contains("Atto"));
    }
}

#[test]
fn characters_markdown_would_swallow_are_printed() {
    let pdf = render(&samples::plain("l`Assessore e dell`ente\n\n[1]: vedi")).unwrap().pdf;
    let text = poppler::text(&pdf);
    assert!(text.contains("l`Assessore e dell`ente"), "{text}");
    assert!(text.contains("[1]: vedi"), "{text}");
}

#[test]
fn escaped_values_are_literal_everywhere() {
    let hostile = [
        "*a* _b_ **c**",
        "# non titolo",
        "- non voce",
        "1. non voce",
        "2) non voce",
        "a|b\\|c",
        "[x](http://y)",
        "![x](y)",
        "<b>x</b>",
        "&amp; &lt;",
        "`codice`",
        "::: firma",
        "~~~",
        "---",
        "> citazione",
        "riga\nriga",
        "\\",
        "C:\\dir\\",
        "a\\\\|b",
        "\"virgolette\"",
        "x = \"y\"",
        "+39 02",
        "www.example.it",
        "a@b.it",
        "***",
        "===",
        "| - |",
        "n. 5 (cinque) – «ok» {a} ~b~ ^c^ $d$ 100%",
    ];
    for value in hostile {
        let expected = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let safe = escape(value);
        let body = format!(
            "Prima {safe} dopo\n\n{safe}\n\n- {safe}\n\n| A | B |\n|---|---|\n| {safe} | fine |\n\n\
             ::: firma campo=\"f\" titolo=\"{safe}\" nome=\"N\"\n:::"
        );
        let pdf = render(&samples::plain(&body)).unwrap_or_else(|e| panic!("{value}: {e}")).pdf;
        let text = poppler::text(&pdf).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.matches(&expected).count(), 5, "{value} as {safe} in: {text}");
        assert!(text.contains(&format!("Prima {expected} dopo")), "{value}: {text}");
        assert!(!poppler::run("pdfinfo", &["-struct"], &pdf, &[]).contains("Link"), "{value}");
    }
}

#[test]
fn random_text_never_panics_and_what_passes_the_check_renders() {
    let pieces = [
        "- ",
        "1. ",
        "# ",
        "| a | b |\n",
        "|---|---|\n",
        "\n",
        "\n\n",
        "**",
        "*",
        "parola ",
        "è ",
        "> ",
        "    ",
        "`",
        "[x](",
        "http://a.it)",
        "<",
        ">",
        "\\",
        "&",
        "\u{AD}",
        "\u{200B}",
        "\u{A0}",
        "~~~\n",
        "---\n",
        ":",
        "]",
    ];
    let mut seed: u64 = 20_260_831;
    for _ in 0..400 {
        let mut text = String::new();
        for _ in 0..40 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let accepted = check_text(&text).is_ok();
        let rendered = render(&samples::plain(&format!("::: testo\n{text}\n:::")));
        assert!(!accepted || rendered.is_ok(), "{text:?}: {:?}", rendered.err());
        let safe = escape(&text);
        let body = format!("| A |\n|---|\n| {safe} |\n");
        render(&samples::plain(&body)).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}
