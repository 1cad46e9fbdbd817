// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files written the ways other programs write them: cross-reference streams, object streams,
//! linearised and hybrid files, updates of mixed kinds. What is honest passes; what it hides does
//! not.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/forge.rs"]
mod forge;
mod support;

use delibera_signature::{Verdict, fields, page_count, verify};
use forge::append_packed;
use support::*;

/// A document as `qpdf` writes it with these options.
fn rewritten(name: &str, options: &[&str]) -> Vec<u8> {
    let from = file(&format!("{name}-in.pdf"), &document(&Shape::default()));
    let to = from.with_file_name(format!("{name}-out.pdf"));
    let (from, to) = (from.to_string_lossy().into_owned(), to.to_string_lossy().into_owned());
    let said = run("qpdf", &[options, &[&from, &to]].concat());
    let mut bytes = std::fs::read(&to).unwrap_or_else(|_| panic!("{said}"));
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    bytes
}

#[test]
fn documents_of_every_kind_are_signed_and_verified() {
    let kinds: [(&str, &[&str]); 5] = [
        ("packed", &["--object-streams=generate"]),
        ("linear", &["--linearize"]),
        ("linear-packed", &["--linearize", "--object-streams=generate"]),
        ("plain", &["--object-streams=disable", "--qdf"]),
        ("packed-stored", &["--object-streams=generate", "--compress-streams=n"]),
    ];
    for (name, options) in kinds {
        let issued = rewritten(name, options);
        assert_eq!(fields(&issued).unwrap().len(), 4, "{name}");
        assert_eq!(page_count(&issued), Some(1), "{name}");
        let pdf = sign_as(&sign_as(&issued, 0), 1);
        let report = verify(&pdf, Some(&issued), &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{name}: {report:#?}");
        let judged = pdfsig(&format!("{name}-signed.pdf"), &pdf);
        assert_eq!(judged.matches("Signature is Valid").count(), 2, "{name}: {judged}");
    }
}

#[test]
fn an_update_in_streams_says_what_one_in_a_table_says() {
    let signed = signed(1);
    // An honest one: validation data with nothing in it yet.
    let catalog = find(&signed, typed("Catalog"));
    let text =
        object_text(&signed, catalog).replacen("/Type/Catalog", "/Type/Catalog/DSS 900 0 R", 1);
    let honest = [(catalog, text), (900, "<</Type/DSS>>".to_owned())];
    for update in [append(&signed, &honest, ""), append_packed(&signed, &honest)] {
        let report = verify(&update, None, &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
        assert!(report.covers_whole && !report.noted.is_empty(), "{report:#?}");
        let again = sign_as(&update, 1);
        let report = verify(&again, None, &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    }
    let page = find(&signed, typed("Page"));
    let turned = object_text(&signed, page).replacen("/Type/Page", "/Type/Page/Rotate 90", 1);
    for update in
        [append(&signed, &[(page, turned.clone())], ""), append_packed(&signed, &[(page, turned)])]
    {
        let report = verify(&update, None, &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalFailed, "{report:#?}");
        assert!(report.signatures[0].changed_after[0].contains("(Page)"), "{report:#?}");
    }
}

#[test]
fn a_hybrid_file_shows_one_document_to_old_and_new_readers() {
    // Objects 30 and 31 are hidden from old readers: the table says they are free.
    let issued = document(&Shape::default());
    let packed = append_packed(&issued, &[(900, "<</Note true>>".to_owned())]);
    let at = packed.windows(10).rposition(|w| w == b"/Type/XRef").unwrap();
    let start = packed[..at].windows(8).rposition(|w| w == b" 0 obj\n<").unwrap();
    let section = packed[..start].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    let end = packed.windows(9).rposition(|w| w == b"startxref").unwrap();
    let hybrid = |table: &str| {
        let mut bytes = packed[..end].to_vec();
        let xref = bytes.len();
        let previous = lopdf::Document::load_mem(&issued).unwrap().xref_start;
        let root = find(&issued, typed("Catalog"));
        let id = "11".repeat(16);
        bytes.extend(
            format!(
                "xref\n{table}trailer\n<</Size 999/Root {root} 0 R/Prev {previous}/XRefStm {section}\
                 /ID[<{id}><{id}>]>>\nstartxref\n{xref}\n%%EOF\n"
            )
            .bytes(),
        );
        bytes
    };
    let honest = hybrid("900 1\n0000000000 65535 f \n");
    assert_eq!(page_count(&honest), Some(1));
    let report = verify(&sign_as(&honest, 0), None, &anchors()).unwrap();
    assert_ne!(report.overall, Verdict::TotalFailed, "{report:#?}");
    let two_faced = hybrid("900 1\n0000000017 00000 n \n");
    assert_eq!(page_count(&two_faced), None, "two definitions of one object");
}
