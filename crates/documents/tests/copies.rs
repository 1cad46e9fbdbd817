// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies: several files read as one, and the contrassegno read by a camera.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod poppler;
mod samples;

use delibera_documents::{CopyPart, Document, reading_copy, render};

fn part(title: &str, document: &Document) -> CopyPart {
    CopyPart { title: title.into(), pdf: render(document).unwrap().pdf }
}

fn cover() -> Document {
    Document {
        title: "Copia – Deliberazione n. 838".into(), ..samples::plain("# COPIA\n\nCopia.")
    }
}

fn page_count(pdf: &[u8]) -> usize {
    lopdf::Document::load_mem(pdf).unwrap().get_pages().len()
}

#[test]
fn a_reading_copy_has_every_page_and_no_signature_field() {
    let act = Document { attachments: samples::attachments(), ..samples::deliberation() };
    let parts = [part("Deliberazione", &act), part("Relazione", &samples::plain("Una relazione."))];
    let pages = parts.iter().map(|p| page_count(&p.pdf)).sum::<usize>() + 1;
    let copy = reading_copy(&cover(), &parts).unwrap();
    assert_eq!((copy.pages, copy.fields.len()), (pages, 0));
    assert_eq!(page_count(&copy.pdf), pages);
    let pdf = lopdf::Document::load_mem(&copy.pdf).unwrap();
    let catalog = pdf.catalog().unwrap();
    for gone in [b"AcroForm".as_slice(), b"AF", b"Names"] {
        assert!(!catalog.has(gone), "{}", String::from_utf8_lossy(gone));
    }
    let carried = pdf.objects.values().any(|object| {
        let dictionary = object.as_stream().map(|s| &s.dict).or_else(|_| object.as_dict());
        dictionary.is_ok_and(|d| {
            let kind = d.get(b"Type").and_then(lopdf::Object::as_name).unwrap_or_default();
            kind == b"EmbeddedFile" || kind == b"Sig"
        })
    });
    assert!(!carried, "what the parts carried is not in the bytes");
    let text = poppler::text(&copy.pdf);
    for said in ["Copia.", "LA GIUNTA", "Una relazione."] {
        assert!(text.to_uppercase().contains(&said.to_uppercase()), "{said}");
    }
    poppler::run("qpdf", &["--check"], &copy.pdf, &[]);
    let meta = poppler::run("pdfinfo", &["-meta"], &copy.pdf, &[]);
    assert!(meta.contains("<pdfaid:part>2<") && meta.contains("<pdfuaid:part>1<"));
    let tree = poppler::run("pdfinfo", &["-struct"], &copy.pdf, &[]);
    assert_eq!(tree.matches("\n  Part").count(), 3, "{tree}");
    assert_eq!(copy.pdf, reading_copy(&cover(), &parts).unwrap().pdf, "the same bytes again");
}

#[test]
fn a_foreign_part_is_shown_and_nothing_is_declared() {
    let mut foreign =
        lopdf::Document::load_mem(&render(&samples::plain("Altrui.")).unwrap().pdf).unwrap();
    let info = foreign.trailer.get(b"Info").unwrap().as_reference().unwrap();
    let other = lopdf::Object::string_literal("Altro programma");
    foreign.get_dictionary_mut(info).unwrap().set("Producer", other);
    let mut pdf = Vec::new();
    foreign.save_to(&mut pdf).unwrap();
    let parts = [CopyPart { title: "Allegato".into(), pdf }];
    let copy = reading_copy(&cover(), &parts).unwrap();
    assert!(poppler::text(&copy.pdf).contains("Altrui."));
    assert!(!poppler::run("pdfinfo", &["-meta"], &copy.pdf, &[]).contains("pdfaid"));
    for wrong in [b"%PDF-1.7".to_vec(), b"testo".to_vec(), Vec::new()] {
        let parts = [CopyPart { title: "Allegato 2".into(), pdf: wrong }];
        let error = reading_copy(&cover(), &parts).unwrap_err().to_string();
        assert!(error.contains("Allegato 2"), "{error}");
    }
}

#[test]
fn a_camera_reads_the_contrassegno() {
    let url = "https://atti.comune.example/verifica/0198c0de-7a11-7cc3-98c4-dc0c0c07398f/\
               0123456789abcdef0123456789abcdef";
    let body = format!(
        "Prima.\n\n::: contrassegno indirizzo=\"{url}\"\nVerificabile fino al 6 maggio 2034.\n:::"
    );
    let pdf = render(&samples::plain(&body)).unwrap().pdf;
    let saved = poppler::save(&pdf);
    let picture = saved.folder.join("page");
    let status = std::process::Command::new("pdftoppm")
        .args(["-gray", "-r", "200", "-singlefile"])
        .args([&saved.path, &picture])
        .status()
        .unwrap();
    assert!(status.success());
    let bytes = std::fs::read(picture.with_extension("pgm")).unwrap();
    let mut fields = bytes.splitn(4, |b| b.is_ascii_whitespace());
    let mut number =
        || -> usize { String::from_utf8_lossy(fields.next().unwrap()).parse().unwrap_or_default() };
    let (_, width, height) = (number(), number(), number());
    let rest = fields.next().unwrap();
    let grey = &rest[rest.len() - width * height..];
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let found: Vec<String> =
        image.detect_grids().into_iter().map(|grid| grid.decode().unwrap().1).collect();
    assert_eq!(found, [url]);
    let tree = poppler::run("pdfinfo", &["-struct"], &pdf, &[]);
    assert!(tree.contains("Figure"), "{tree}");
    for wrong in ["http://insicuro.example", ""] {
        let body = format!("::: contrassegno indirizzo=\"{wrong}\"\nTesto.\n:::");
        assert!(render(&samples::plain(&body)).is_err(), "{wrong}");
    }
}

#[test]
fn a_divided_word_is_searched_and_copied_whole() {
    let pdf = render(&samples::deliberation()).unwrap().pdf;
    let text = poppler::run("pdftotext", &["-raw"], &pdf, &["-"]);
    assert!(!text.contains('\u{AD}'), "no hyphen is left inside a word");
    let drawn = poppler::run("pdftotext", &["-raw"], &pdf, &["-"]);
    let words = drawn.split_whitespace().filter(|word| word.ends_with('-')).count();
    assert_eq!(words, 0, "nor at the end of a line");
}
