// SPDX-License-Identifier: AGPL-3.0-or-later
//! The file itself: deterministic bytes, a shape other tools can append to, what it declares.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

mod poppler;
mod samples;

use delibera_documents::{Document, render};
use lopdf::{Dictionary, Object};
use sha2::{Digest, Sha256};

fn sha(document: &Document) -> Vec<u8> {
    Sha256::digest(render(document).unwrap().pdf).to_vec()
}

fn dictionary<'a>(pdf: &'a lopdf::Document, object: &'a Object) -> &'a Dictionary {
    match object {
        Object::Reference(id) => pdf.get_dictionary(*id).unwrap(),
        other => other.as_dict().unwrap(),
    }
}

#[test]
fn same_document_same_bytes_in_every_thread() {
    let document =
        Document { attachments: samples::attachments(), draft: true, ..samples::deliberation() };
    let first = sha(&document);
    assert_eq!(first, sha(&document));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..3).map(|_| sha(&document)).collect::<Vec<_>>()))
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap().iter().all(|other| *other == first));
        }
    });
    let other = Document { title: "Altro titolo".into(), ..samples::deliberation() };
    assert_ne!(first, sha(&other));
}

#[test]
fn file_has_the_shape_incremental_updates_need() {
    let rendered = render(&samples::deliberation()).unwrap();
    let pdf = &rendered.pdf;
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert!(pdf.ends_with(b"%%EOF\n"));
    let text = String::from_utf8_lossy(pdf);
    assert!(text.contains("\nxref\n"), "classic cross-reference table");
    assert!(!text.contains("/ObjStm"), "no object streams");
    assert_eq!(rendered.pages, 3);
    assert_eq!(lopdf::Document::load_mem(pdf).unwrap().get_pages().len(), 3);
    assert_eq!(rendered.fields, ["firma_presidente", "firma_verbalizzante"]);
    poppler::run("qpdf", &["--check"], pdf, &[]);
}

#[test]
fn catalog_declares_language_tags_profile_and_bookmarks() {
    let rendered = render(&samples::deliberation()).unwrap();
    let pdf = lopdf::Document::load_mem(&rendered.pdf).unwrap();
    let catalog = pdf.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"it-IT");
    assert!(
        catalog
            .get(b"MarkInfo")
            .unwrap()
            .as_dict()
            .unwrap()
            .get(b"Marked")
            .unwrap()
            .as_bool()
            .unwrap()
    );
    assert_eq!(catalog.get(b"PageMode").unwrap().as_name().unwrap(), b"UseOutlines");
    let outlines = dictionary(&pdf, catalog.get(b"Outlines").unwrap());
    let first = dictionary(&pdf, outlines.get(b"First").unwrap());
    assert!(first.has(b"First"), "bookmarks are nested");
    let xmp = catalog.get(b"Metadata").unwrap().as_reference().unwrap();
    let xmp = pdf.get_object(xmp).unwrap().as_stream().unwrap();
    let xmp = String::from_utf8(xmp.content.clone()).unwrap();
    for part in [
        "<pdfaid:part>2<",
        "<pdfaid:conformance>A<",
        "<pdfuaid:part>1<",
        "2020-07-24T11:30:00+00:00",
    ] {
        assert!(xmp.contains(part), "XMP says {part}");
    }
    for (id, object) in &pdf.objects {
        let Ok(page) = object.as_dict() else { continue };
        if page.get(b"Type").and_then(Object::as_name).ok() == Some(b"Page") {
            assert_eq!(page.get(b"Tabs").unwrap().as_name().unwrap(), b"S", "page {id:?}");
            assert!(page.has(b"StructParents"));
        }
    }
}

#[test]
fn metadata_is_escaped_and_info_equals_xmp() {
    let title = "Affidamento «A & B» <urgente> – è così";
    let document = Document { title: title.into(), ..samples::plain("Testo.") };
    let rendered = render(&document).unwrap();
    let info = poppler::run("pdfinfo", &[], &rendered.pdf, &[]);
    assert!(info.contains(title), "{info}");
    let xmp = poppler::run("pdfinfo", &["-meta"], &rendered.pdf, &[]);
    assert!(xmp.contains("Affidamento «A &amp; B» &lt;urgente&gt; – è così"));
}

#[test]
fn signature_fields_are_empty_tagged_and_have_the_whole_font() {
    let rendered = render(&samples::deliberation()).unwrap();
    let pdf = lopdf::Document::load_mem(&rendered.pdf).unwrap();
    let form = dictionary(&pdf, pdf.catalog().unwrap().get(b"AcroForm").unwrap());
    let fields = form.get(b"Fields").unwrap().as_array().unwrap();
    assert_eq!(fields.len(), 2);
    for field in fields {
        let field = dictionary(&pdf, field);
        assert_eq!(field.get(b"FT").unwrap().as_name().unwrap(), b"Sig");
        assert_eq!(field.get(b"F").unwrap().as_i64().unwrap(), 4);
        assert!(!field.has(b"V"));
        for key in [b"TU".as_slice(), b"AP", b"P", b"StructParent", b"Rect"] {
            assert!(field.has(key), "{}", String::from_utf8_lossy(key));
        }
    }
    let fonts = form.get(b"DR").unwrap().as_dict().unwrap().get(b"Font").unwrap();
    let font = dictionary(&pdf, fonts.as_dict().unwrap().get(b"Firma").unwrap());
    assert_eq!(font.get(b"Encoding").unwrap().as_name().unwrap(), b"Identity-H");
    let descendant = font.get(b"DescendantFonts").unwrap().as_array().unwrap();
    let descendant = dictionary(&pdf, &descendant[0]);
    assert_eq!(descendant.get(b"CIDToGIDMap").unwrap().as_name().unwrap(), b"Identity");
    let widths = descendant.get(b"W").unwrap().as_array().unwrap()[1].as_array().unwrap();
    assert!(widths.len() > 390, "every glyph has a width");
    let plain = render(&samples::plain("Testo.")).unwrap();
    let plain = lopdf::Document::load_mem(&plain.pdf).unwrap();
    assert!(!plain.catalog().unwrap().has(b"AcroForm"), "no fields, no form");
}

#[test]
fn attachments_come_out_byte_for_byte() {
    let files = samples::attachments();
    let document = Document { attachments: files.clone(), ..samples::deliberation() };
    let rendered = render(&document).unwrap();
    let saved = poppler::save(&rendered.pdf);
    let status = std::process::Command::new("pdfdetach")
        .args(["-saveall", "-o"])
        .args([&saved.folder, &saved.path])
        .status()
        .unwrap();
    assert!(status.success());
    for file in &files {
        assert_eq!(
            std::fs::read(saved.folder.join(&file.name)).unwrap(),
            file.bytes,
            "{}",
            file.name
        );
    }
    let xmp = poppler::run("pdfinfo", &["-meta"], &rendered.pdf, &[]);
    assert!(xmp.contains("<pdfaid:part>3<"));
}
