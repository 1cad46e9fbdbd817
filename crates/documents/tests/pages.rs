// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a reader sees and hears: every word is there, in its place, once.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

mod poppler;
mod samples;

use std::collections::{BTreeMap, BTreeSet};

use delibera_documents::{Document, render};
use poppler::Word;

fn render_body(body: &str) -> Vec<u8> {
    render(&samples::plain(body)).unwrap().pdf
}

/// Words of Markdown without its marks.
fn bare_words(markdown: &str) -> Vec<String> {
    let marks = |c: char| matches!(c, '*' | '#' | '|' | '[' | ']');
    markdown
        .lines()
        .filter(|line| !line.starts_with(":::") && !line.starts_with("|-"))
        .flat_map(str::split_whitespace)
        .map(|word| match (word.find("]("), word.rfind(')')) {
            (Some(start), Some(end)) => format!("{}{}", &word[..start], &word[end + 1..]),
            _ => word.to_owned(),
        })
        .map(|word| word.replace(marks, ""))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect()
}

#[test]
fn every_word_is_printed_in_order() {
    let document = samples::deliberation();
    let text = poppler::text(&render(&document).unwrap().pdf);
    let mut printed = std::collections::HashMap::new();
    for word in text.split_whitespace() {
        *printed.entry(word.to_owned()).or_insert(0) += 1;
    }
    for word in bare_words(&document.body) {
        let left = printed.get_mut(&word).unwrap_or_else(|| panic!("«{word}» is not printed"));
        assert!(*left > 0, "«{word}» is printed too few times");
        *left -= 1;
    }
}

#[test]
fn words_stay_inside_the_page_and_never_overlap() {
    let body = format!("{}\n\n{}", samples::deliberation().body, samples::long_body(4));
    let pdf = render(&Document { body, ..samples::deliberation() }).unwrap().pdf;
    let words = poppler::words(&pdf);
    for word in &words {
        let inside =
            word.left > 70.0 && word.right < 526.0 && word.top > 25.0 && word.bottom < 820.0;
        assert!(inside, "{word:?}");
    }
    let overlap = |a: &Word, b: &Word| {
        let (wide, high) =
            (a.right.min(b.right) - a.left.max(b.left), a.bottom.min(b.bottom) - a.top.max(b.top));
        // Boxes are as high as the font's ascenders and descenders: lines may touch.
        a.page == b.page && wide > 0.6 && high > 0.5 * (a.bottom - a.top)
    };
    for (index, a) in words.iter().enumerate() {
        for b in &words[index + 1..] {
            assert!(!overlap(a, b), "{a:?} over {b:?}");
        }
    }
}

#[test]
fn table_header_is_repeated_on_each_page_and_tagged_once() {
    let mut body = String::from("# Presenze\n\n| Nominativo | Carica |\n|---|---|\n");
    for number in 1..=60 {
        body.push_str(&format!("| Persona{number} Rossi | Assessore numero {number} |\n"));
    }
    let pdf = render_body(&body);
    let words = poppler::words(&pdf);
    let pages = words.iter().map(|word| word.page).max().unwrap();
    assert!(pages >= 2);
    for page in 1..=pages {
        let heads = words.iter().filter(|w| w.page == page && w.text == "Nominativo").count();
        assert_eq!(heads, 1, "page {page}");
    }
    for number in 1..=60 {
        let name = format!("Persona{number}");
        assert_eq!(words.iter().filter(|word| word.text == name).count(), 1, "{name}");
    }
    let tags = poppler::run("pdfinfo", &["-struct"], &pdf, &[]);
    assert_eq!(tags.matches("TH:").count(), 2);
    assert_eq!(tags.matches("/Scope /Column").count(), 2);
    assert_eq!(tags.matches("    TR").count(), 61);
}

#[test]
fn signature_box_never_parts_from_its_caption() {
    // Text of every length, so that the boxes meet every place of the page.
    for lines in 1..60 {
        let mut body = String::new();
        for number in 0..lines {
            body.push_str(&format!("Riga{number}  \n"));
        }
        body.push_str("\n::: firma campo=\"a\" titolo=\"TITOLOA\" nome=\"NomeA\"\n:::\n");
        body.push_str("::: firma campo=\"b\" titolo=\"TITOLOB\" nome=\"NomeB\"\n:::\n");
        body.push_str("::: firma campo=\"c\" titolo=\"TITOLOC\" nome=\"NomeC\"\n:::\n");
        let pdf = render_body(&body);
        let words = poppler::words(&pdf);
        let place = |text: &str| words.iter().find(|word| word.text == text).unwrap().clone();
        let file = lopdf::Document::load_mem(&pdf).unwrap();
        let pages: Vec<_> = file.page_iter().collect();
        for (field, name) in [("a", "NomeA"), ("b", "NomeB"), ("c", "NomeC")] {
            let caption = place(name);
            let (page, top) = field_place(&file, &pages, field);
            assert_eq!(page, caption.page, "{lines} lines, field {field}");
            assert!(top >= caption.bottom - 6.0 && top < caption.bottom + 24.0, "{lines} lines");
        }
        let (a, b, c) = (place("TITOLOA"), place("TITOLOB"), place("TITOLOC"));
        assert_eq!((a.page, a.top), (b.page, b.top), "two a row");
        assert!(c.page > a.page || c.top > a.top);
    }
}

/// Page (from 1) and distance of the field's upper edge from the page's.
fn field_place(file: &lopdf::Document, pages: &[lopdf::ObjectId], name: &str) -> (usize, f32) {
    let field = file
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .find(|d| d.get(b"T").and_then(lopdf::Object::as_str).ok() == Some(name.as_bytes()))
        .unwrap();
    let page = field.get(b"P").unwrap().as_reference().unwrap();
    let top = field.get(b"Rect").unwrap().as_array().unwrap()[3].as_float().unwrap();
    (pages.iter().position(|id| *id == page).unwrap() + 1, 841.89 - top)
}

#[test]
fn headings_never_end_a_page_and_nest_for_screen_readers() {
    for lines in 30..48 {
        let body =
            format!("{}\n\n# Titolo\n\nSeguito del titolo.", "Riga  \n".repeat(lines).trim_end());
        let words = poppler::words(&render_body(&body));
        let page = |text: &str| words.iter().find(|word| word.text == text).unwrap().page;
        assert_eq!(page("Titolo"), page("Seguito"), "{lines} lines");
    }
    let tags = poppler::run(
        "pdfinfo",
        &["-struct"],
        &render_body("# Uno\n\n::: testo\n# Terzo\n\n### Quinto\n:::\n\n# Due"),
        &[],
    );
    let levels: Vec<&str> = tags.lines().map(str::trim).filter(|l| l.starts_with('H')).collect();
    assert_eq!(levels, ["H1 (block)", "H2 (block)", "H3 (block)", "H1 (block)"]);
}

/// Lines on each page of what is made of the numbers from 1001 on, which no hyphen divides.
fn numbered_lines(words: &[Word]) -> Vec<usize> {
    let mut lines: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
    for word in words {
        let number = word.text.trim_end_matches(['.', ':']).parse().unwrap_or(0);
        if (1001..2000).contains(&number) {
            lines.entry(word.page).or_default().insert((word.top * 4.0).round() as i64);
        }
    }
    lines.into_values().map(|tops| tops.len()).collect()
}

#[test]
fn no_page_begins_or_ends_with_a_line_cut_off_its_paragraph() {
    let (mut divided, mut whole) = (0, 0);
    // Above it text of every length, so that each line of the paragraph meets the end of the page.
    for above in 30..50 {
        for numbers in [30, 45, 75, 130] {
            let paragraph: Vec<String> =
                (1001..1001 + numbers).map(|number| number.to_string()).collect();
            let filler = "Riga  \n".repeat(above);
            let text = paragraph.join(" ");
            let body = format!("{}\n\n{text}.\n\nSeguito.", filler.trim_end());
            let lines = numbered_lines(&poppler::words(&render_body(&body)));
            let place = format!("{numbers} words after {above} lines: {lines:?}");
            match lines.as_slice() {
                [one] => {
                    assert!(*one > 1, "{place}");
                    whole += 1;
                }
                [end, begin] => {
                    assert!(*end >= 2 && *begin >= 2, "{place}");
                    divided += 1;
                }
                other => panic!("{place}: {} pages", other.len()),
            }
        }
    }
    assert!(divided > 3 && whole > 3, "{divided} divided, {whole} whole: the page is met");
}

#[test]
fn what_announces_stays_with_what_it_announces() {
    let announced = [
        "- Primo;\n- secondo;\n- terzo.",
        "| Primo | B |\n|---|---|\n| uno | due |\n| tre | quattro |",
        "::: riquadro\nPrimo.\n:::",
        "> Primo.",
    ];
    for above in 30..50 {
        let filler = "Riga  \n".repeat(above);
        for next in announced {
            let body = format!("{}\n\nSi delibera:\n\n{next}", filler.trim_end());
            let words = poppler::words(&render_body(&body));
            let page = |start: &str| {
                let word = words.iter().find(|word| word.text.starts_with(start));
                word.unwrap_or_else(|| panic!("«{start}» is not printed")).page
            };
            assert_eq!(page("delibera"), page("Primo"), "{next} after {above} lines");
        }
    }
}

#[test]
fn lists_keep_numbers_and_links_are_annotations() {
    let pdf = render_body(
        "7. sette\n8. otto\n   - a\n   - b\n\nVedi il [sito del Comune](https://www.example.it/a?b=c).\n\n\
         a) primo;\nb) secondo;",
    );
    let text = poppler::text(&pdf);
    for part in ["7. sette", "8. otto", "– a", "a) primo;\n", "b) secondo;"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let links = poppler::run("pdfinfo", &["-url"], &pdf, &[]);
    assert!(links.contains("https://www.example.it/a?b=c"));
    let tags = poppler::run("pdfinfo", &["-struct"], &pdf, &[]);
    for tag in ["LI", "Lbl", "LBody", "Link"] {
        assert!(tags.contains(tag), "{tag}");
    }
}

#[test]
fn labels_are_row_headers() {
    let pdf = render_body("::: etichette\n| | |\n|-|-|\n| Oggetto | Prova |\n| Numero | 12 |\n:::");
    let tags = poppler::run("pdfinfo", &["-struct"], &pdf, &[]);
    assert_eq!(tags.matches("/Scope /Row").count(), 2);
    assert_eq!(tags.matches("TD").count(), 2);
}

#[test]
fn headers_footers_and_drafts_are_on_their_pages() {
    let document = Document { draft: true, body: samples::long_body(3), ..samples::deliberation() };
    let rendered = render(&document).unwrap();
    let saved = poppler::save(&rendered.pdf);
    for page in 1..=rendered.pages {
        let number = page.to_string();
        let output = std::process::Command::new("pdftotext")
            .args(["-f", &number, "-l", &number])
            .arg(&saved.path)
            .arg("-")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("Pagina {page} di {}", rendered.pages)));
        assert!(text.contains("documento informatico firmato digitalmente"));
        assert_eq!(text.contains("n. 838 del 24/07/2020 – Modifiche"), page > 1, "page {page}");
        assert!(text.contains("BOZZA"), "page {page}: {text}");
    }
}

#[test]
fn hard_cases_are_laid_out_whole() {
    let object = format!("# {}", "provvedimento straordinario di riorganizzazione ".repeat(75));
    assert_eq!(poppler::text(&render_body(&object)).matches("straordinario").count(), 75);
    let tall = format!("| A | B |\n|---|---|\n| {} | fine |\n", "parola lunga ".repeat(1200));
    let text = poppler::text(&render_body(&tall));
    assert_eq!(text.matches("lunga").count(), 1200, "a row taller than a page");
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let narrow = format!(
        "| A | B | C | D | E | F |\n|-|-|-|-|-|-|\n| {hash} | testo | testo | testo | testo | 1 |\n"
    );
    let text = poppler::text(&render_body(&narrow)).replace(char::is_whitespace, "");
    assert!(text.contains(hash), "{text}");
    let endless = "a".repeat(400);
    let text = poppler::text(&render_body(&format!("{endless}\n\n- {endless}")));
    assert_eq!(
        text.matches('a').count(),
        800 + 2, // "Pagina" has two
        "a word wider than the page: {text}"
    );
    let framed = format!("::: riquadro\n{}\n:::", "Una riga di parere.\n\n".repeat(80));
    assert_eq!(poppler::text(&render_body(&framed)).matches("parere").count(), 80);
    for empty in
        ["", "\n\n", "- \n-\n", "# \n", "::: riquadro\n:::", "::: pagina\n:::", "| |\n|-|\n| |\n"]
    {
        render_body(empty);
    }
}

#[test]
fn symbols_and_typed_accents_are_drawn() {
    let text = poppler::text(&render_body(
        "☐ sì ☑ no ✓ → № e\u{300} così · n.\u{202F}5 co\u{2011}firma Ω Ж",
    ));
    for part in ["☐", "☑", "✓", "→", "№", "è così", "Ω", "Ж", "co\u{2011}firma"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
