// SPDX-License-Identifier: AGPL-3.0-or-later
//! What was altered is refused, also where other validators are content.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use chrono::{TimeDelta, TimeZone, Utc};
use delibera_signature::{
    DevelopmentCa, Prepared, Report, Request, SignError, Signer, Verdict, cms, prepare, sign,
    verify, verify_at,
};
use sha2::{Digest, Sha256};
use support::*;

const TEXT: &str =
    "<</Length 47>>\nstream\nBT /F0 14 Tf 72 760 Td <0027002800290030> Tj ET\nendstream";

fn verdict(pdf: &[u8], issued: Option<&[u8]>) -> Verdict {
    verify(pdf, issued, &anchors()).map_or(Verdict::TotalFailed, |report| report.overall)
}

/// A file that must keep its two signatures, followed by one update.
fn after_two(objects: &[(u32, String)], trailer: &str) -> Report {
    let pdf = append(&signed(2), objects, trailer);
    verify(&pdf, None, &anchors()).unwrap()
}

#[test]
fn one_bit_anywhere_is_noticed() {
    let issued = document(&Shape::default()).len();
    let pdf = signed(1);
    let hole = pdf.windows(11).rposition(|w| w == b"/Contents <").unwrap() + 11;
    let padding = hole + pdf[hole..].iter().rposition(|b| !b"0>\n".contains(b)).unwrap();
    assert!(padding > hole);
    let mut tried = 0;
    for at in 0..pdf.len() {
        // Every byte of the signature and of its update, a sample of the long runs.
        let dense = (issued..hole + 3200).contains(&at) || at + 600 > pdf.len();
        if !dense && at % 23 != 0 {
            continue;
        }
        let mut altered = pdf.clone();
        altered[at] ^= 1 << ((at * 5 + at / 7) % 8);
        tried += 1;
        assert_ne!(verdict(&altered, None), Verdict::TotalPassed, "bit at {at}");
    }
    assert!(tried > 5000, "{tried}");
}

#[test]
fn a_truncated_file_is_refused() {
    let pdf = signed(1);
    for length in (0..pdf.len()).rev().step_by(97).skip(1).chain([pdf.len() - 1]) {
        assert_ne!(verdict(&pdf[..length], None), Verdict::TotalPassed, "{length} bytes");
    }
    let mut longer = pdf.clone();
    longer.extend(b"\n");
    assert_ne!(verdict(&longer, None), Verdict::TotalPassed);
}

#[test]
fn replaced_content_is_refused_even_when_signed_afterwards() {
    let issued = document(&Shape::default());
    let evil = append(&issued, &[(content(&issued), TEXT.to_owned())], "");
    let evil = sign_as(&evil, 0);
    let judged = pdfsig("evil.pdf", &evil);
    assert!(judged.contains("Signature is Valid"), "poppler is content: {judged}");
    assert!(judged.contains("Total document signed"), "poppler is content: {judged}");

    let report = verify(&evil, Some(&issued), &anchors()).unwrap();
    assert_eq!(report.overall, Verdict::TotalFailed);
    assert_eq!(report.signatures[0].verdict, Verdict::TotalFailed);
    assert!(report.signatures[0].intact, "only the comparison of objects tells");
    assert!(report.changed_after[0].contains("già presente"), "{:?}", report.changed_after);
    assert_eq!(verdict(&evil, None), Verdict::Indeterminate, "no original to compare with");

    // After a signature the original is known: the signed revision.
    let evil = append(&signed(1), &[(content(&issued), TEXT.to_owned())], "");
    assert_eq!(verdict(&evil, None), Verdict::TotalFailed);
    assert_eq!(verdict(&sign_as(&evil, 1), None), Verdict::TotalFailed);
}

#[test]
fn another_document_is_not_the_issued_one() {
    let pdf = signed(1);
    let other = document(&Shape { compressed: false, ..Shape::default() });
    assert_eq!(verdict(&pdf, Some(&other)), Verdict::TotalFailed);
    let issued = document(&Shape::default());
    assert_eq!(verdict(&pdf, Some(&issued[..issued.len() - 40])), Verdict::TotalFailed);
    assert_eq!(verdict(&issued, Some(&issued)), Verdict::Indeterminate, "not signed");
    assert_eq!(verdict(&pdf, Some(&pdf)), Verdict::TotalPassed);
}

#[test]
fn t_81_a_revision_that_adds_a_page_undoes_both_signatures() {
    // President, then verbalizer: two revisions, both valid.
    let pdf = signed(2);
    let report = verify(&pdf, Some(&document(&Shape::default())), &anchors()).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(report.signatures.len(), 2);
    // A third revision adds a page, as its own object and as one more child of the tree.
    let pages = find(&pdf, typed("Pages"));
    let tree = object_text(&pdf, pages);
    let grown = tree.replacen("/Kids[", "/Kids[900 0 R ", 1).replacen("/Count 1", "/Count 2", 1);
    assert_ne!(grown, tree, "{tree}");
    let page = format!("<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 595 842]>>");
    let report = after_two(&[(pages, grown), (900, page)], "");
    assert_eq!(report.overall, Verdict::TotalFailed, "{report:#?}");
    for signature in &report.signatures {
        assert_eq!(signature.verdict, Verdict::TotalFailed, "{}", signature.field);
        assert!(!signature.changed_after.is_empty(), "modified after it: {}", signature.field);
    }
    assert!(!report.covers_whole);
}

#[test]
fn updates_that_change_what_was_there_fail() {
    let pdf = signed(2);
    let (page, catalog) = (find(&pdf, typed("Page")), find(&pdf, typed("Catalog")));
    let form = find(&pdf, |o| o.as_dict().is_ok_and(|d| d.has(b"DR")));
    let field = |name: &str| {
        find(&pdf, |o| {
            let title = o.as_dict().and_then(|d| d.get(b"T")?.as_str());
            title.is_ok_and(|t| t == name.as_bytes())
        })
    };
    let (filled, empty) = (field("firma_1"), field("firma_3"));
    let changed = |n: u32, from: &str, to: &str| {
        let text = object_text(&pdf, n);
        assert!(text.contains(from), "{text}");
        vec![(n, text.replacen(from, to, 1))]
    };
    let new = 900;
    let note = "<</Type/Annot/Subtype/FreeText/Rect[0 0 600 800]/Contents(altro)>>".to_owned();
    let with = |mut objects: Vec<(u32, String)>, body: &str| {
        objects.push((new, body.to_owned()));
        objects
    };
    let cases: Vec<(&str, Vec<(u32, String)>)> = vec![
        ("annotation", with(changed(page, "/Annots[", "/Annots[900 0 R "), &note)),
        ("annotation last", with(changed(page, " 0 R]>>", " 0 R 900 0 R]>>"), &note)),
        ("page size", changed(page, "595", "590")),
        ("page rotated", changed(page, "/Type/Page", "/Type/Page/Rotate 90")),
        ("open action", changed(catalog, "/Type/Catalog", "/Type/Catalog/OpenAction 900 0 R")),
        ("optional content", changed(catalog, "/Type/Catalog", "/Type/Catalog/OCProperties<<>>")),
        ("form", changed(form, "/DR", "/NeedAppearances true/DR")),
        ("form font", changed(form, "/Firma", "/Altra")),
        ("moved box", changed(empty, "/Rect[60 120", "/Rect[60 320")),
        ("scripted field", changed(empty, "/FT/Sig", "/FT/Sig/AA<</E 900 0 R>>")),
        ("filled field", changed(filled, "/Rect [60 ", "/Rect [61 ")),
        ("field without a signature", changed(empty, "/FT/Sig", "/FT/Sig/V 900 0 R")),
    ];
    for (name, objects) in cases {
        let report = after_two(&objects, "");
        assert_eq!(report.overall, Verdict::TotalFailed, "{name}: {report:#?}");
        assert!(!report.changed_after.is_empty(), "{name}");
    }
}

#[test]
fn updates_that_are_not_understood_do_not_pass() {
    let catalog = find(&signed(2), typed("Catalog"));
    let store =
        object_text(&signed(2), catalog).replacen("/Type/Catalog", "/Type/Catalog/DSS 900 0 R", 1);
    let info = find(&signed(2), |o| o.as_dict().is_ok_and(|d| d.has(b"Title")));
    let cases = [
        ("stray object", vec![(900, "<</Anything true>>".to_owned())], ""),
        ("validation data", vec![(catalog, store), (900, "<</Type/DSS/X 1>>".to_owned())], ""),
        ("title", vec![(info, "<</Title(Altro)>>".to_owned())], ""),
        ("trailer", vec![], "/Something 1"),
    ];
    for (name, objects, trailer) in cases {
        let report = after_two(&objects, trailer);
        assert_eq!(report.overall, Verdict::Indeterminate, "{name}: {report:#?}");
    }
    // An object nobody can read may hide what it mentions.
    let issued = document(&Shape::default());
    let broken = append(&issued, &[(900, "<</A (open>>".to_owned())], "");
    let lines = lines(0);
    let error = sign(&broken, &request(0, &lines), &person(0)).unwrap_err();
    assert!(matches!(error, SignError::SelfCheck(_)), "{error}");
    let report = verify(&append(&broken, &[], ""), None, &anchors()).unwrap();
    assert!(report.changed_after.iter().any(|c| c.contains("non è leggibile")), "{report:#?}");
    // Bytes between the objects of an update belong to nothing.
    let mut pdf = signed(2);
    pdf.extend(b"%hidden\n");
    let report = verify(&append(&pdf, &[], ""), None, &anchors()).unwrap();
    assert_eq!(report.overall, Verdict::Indeterminate, "{report:#?}");
}

#[test]
fn a_mentioned_object_that_appears_later_fails() {
    let issued = document(&Shape::default());
    let page = find(&issued, typed("Page"));
    let two = object_text(&issued, page).replacen("/Contents ", "/Contents[901 0 R ", 1);
    let two = two.replacen(" 0 R/Annots", " 0 R]/Annots", 1);
    assert!(two.contains("/Contents[901 0 R"), "{two}");
    let trap = sign_as(&append(&issued, &[(page, two)], ""), 0);
    let sprung = append(&trap, &[(901, TEXT.to_owned())], "");
    assert_eq!(verdict(&sprung, None), Verdict::TotalFailed);
}

#[test]
fn a_certificate_nobody_vouches_for_does_not_pass() {
    let pdf = signed(1);
    let start = Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).unwrap();
    let other = DevelopmentCa::from_seed(&[8; 32], start).unwrap();
    for anchors in [vec![], vec![other.certificate().to_vec()]] {
        let report = verify(&pdf, None, &anchors).unwrap();
        assert_eq!(report.overall, Verdict::Indeterminate);
        assert!(report.signatures[0].intact && !report.signatures[0].chain_ok);
    }
    assert!(verify(&pdf, None, &[b"no certificate".to_vec()]).is_err());

    let expired = instant() + TimeDelta::days(4000);
    let report = verify_at(&pdf, None, &anchors(), Some(expired)).unwrap();
    assert_eq!(report.overall, Verdict::Indeterminate);
    assert!(report.signatures[0].reasons.iter().any(|r| r.contains("scaduto")));

    let lines = lines(0);
    let mut early = request(0, &lines);
    early.signing_time = start - TimeDelta::days(1);
    let pdf = sign(&document(&Shape::default()), &early, &person(0)).unwrap();
    assert_eq!(verdict(&pdf, None), Verdict::Indeterminate);
}

/// Signs by hand, with the bytes and the hole altered between preparing and signing.
fn forge(alter: impl Fn(&mut Vec<u8>, usize, usize) -> (usize, usize)) -> Vec<u8> {
    let lines = lines(0);
    let prepared = prepare(&document(&Shape::default()), &request(0, &lines)).unwrap();
    let stored = serde_json::to_value(&prepared).unwrap();
    let place = |key: &str| stored["hole"][key].as_u64().unwrap() as usize;
    let (start, end) = (place("start"), place("end"));
    let mut bytes = prepared.preview().to_vec();
    let (from, to) = alter(&mut bytes, start, end);
    fill(&mut bytes, (from, to), start);
    bytes
}

/// Signs the bytes around a hole, and writes the signature at its start.
fn fill(bytes: &mut [u8], (from, to): (usize, usize), start: usize) {
    let digest: [u8; 32] = Sha256::digest([&bytes[..from], &bytes[to..]].concat()).into();
    for (at, byte) in cms_for(&digest).iter().enumerate() {
        bytes[start + 1 + at * 2..start + 3 + at * 2]
            .copy_from_slice(format!("{byte:02x}").as_bytes());
    }
}

fn cms_for(digest: &[u8; 32]) -> Vec<u8> {
    let key = person(0);
    let attributes = cms::signed_attributes(digest, key.certificate()).unwrap();
    let signature = key.sign(&attributes).unwrap();
    cms::assemble(&attributes, &signature, key.algorithm(), key.certificate(), key.chain()).unwrap()
}

#[test]
fn the_gap_is_exactly_one_hexadecimal_string() {
    let write_range = |bytes: &mut Vec<u8>, from: usize, to: usize| {
        let text = format!("[0 {from} {to} {}]", bytes.len() - to);
        let at = bytes.windows(11).rposition(|w| w == b"/ByteRange ").unwrap() + 11;
        bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        (from, to)
    };
    let honest = forge(|_, start, end| (start, end));
    assert_eq!(verdict(&honest, None), Verdict::TotalPassed, "the forge itself works");
    for (before, after) in [(1, 0), (0, 2), (11, 0), (0, 9), (40, 40)] {
        let wide = forge(|bytes, start, end| write_range(bytes, start - before, end + after));
        let report = verify(&wide, None, &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalFailed, "{before} {after}: {report:#?}");
        assert!(!report.signatures[0].covers_revision);
    }
    // Something hidden in the padding of the hole.
    let mut hidden = honest;
    let end = hidden.windows(3).rposition(|w| w == b">>\n").unwrap();
    let end = hidden[..end].iter().rposition(|b| *b == b'0').unwrap_or(end);
    hidden[end - 8..end].copy_from_slice(b"deadbeef");
    assert_ne!(verdict(&hidden, None), Verdict::TotalPassed);
}

#[test]
fn a_signature_of_another_document_fails() {
    let lines = lines(0);
    let take = |pdf: &[u8]| {
        let at = pdf.windows(11).rposition(|w| w == b"/Contents <").unwrap() + 11;
        (at, pdf[at..at + 16384].to_vec())
    };
    let first = sign(&document(&Shape::default()), &request(0, &lines), &person(0)).unwrap();
    let other = document(&Shape { inline_form: true, ..Shape::default() });
    let mut second = sign(&other, &request(0, &lines), &person(0)).unwrap();
    let (at, _) = take(&second);
    second[at..at + 16384].copy_from_slice(&take(&first).1);
    assert_eq!(verdict(&second, None), Verdict::TotalFailed);
}

#[test]
fn a_damaged_prepared_document_is_refused_without_panic() {
    let lines = lines(0);
    let prepared = prepare(&document(&Shape::default()), &request(0, &lines)).unwrap();
    for hole in [(0, 0), (5, 2), (0, usize::MAX), (usize::MAX, usize::MAX), (10, 12)] {
        let mut stored = serde_json::to_value(&prepared).unwrap();
        stored["hole"]["start"] = hole.0.into();
        stored["hole"]["end"] = hole.1.into();
        let damaged: Prepared = serde_json::from_value(stored).unwrap();
        assert!(damaged.embed(&cms_for(&prepared.digest())).is_err(), "{hole:?}");
    }
}

/// The first person signs, and his signature says what others may still do.
fn locking(transform: &str) -> Vec<u8> {
    let (lines, reason) = (lines(0), "x".repeat(160));
    let asked = Request { reason: Some(&reason), ..request(0, &lines) };
    let prepared = prepare(&document(&Shape::default()), &asked).unwrap();
    let stored = serde_json::to_value(&prepared).unwrap();
    let place = |key: &str| stored["hole"][key].as_u64().unwrap() as usize;
    let mut bytes = prepared.preview().to_vec();
    // As long as the reason it takes the place of: nothing moves.
    let written = format!("/Reason ({reason})");
    let at = bytes.windows(written.len()).rposition(|w| w == written.as_bytes()).unwrap();
    let reference = format!("/Reference[<</Type/SigRef{transform}>>]");
    let reference = format!("{reference:<width$}", width = written.len());
    bytes[at..at + written.len()].copy_from_slice(reference.as_bytes());
    fill(&mut bytes, (place("start"), place("end")), place("start"));
    bytes
}

#[test]
fn a_signature_that_locks_the_others_is_told_and_nobody_signs_after_it() {
    let certified = |p: u8| {
        format!("/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P {p}/V/1.2>>")
    };
    let locked = |action: &str| {
        format!(
            "/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/Action/{action}\
             /Fields[(firma_2)]/V/1.2>>"
        )
    };
    for (transform, locks) in [
        (certified(1), &["firma_2", "firma_3", "firma_4"][..]),
        (certified(2), &[]),
        (locked("Include"), &["firma_2"]),
        (locked("Exclude"), &["firma_3", "firma_4"]),
    ] {
        let pdf = locking(&transform);
        let report = verify(&pdf, None, &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{transform}: {report:#?}");
        assert_eq!(report.signatures[0].locks, locks, "{transform}");
        for (n, (field, ..)) in PEOPLE.iter().enumerate().skip(1) {
            let lines = lines(n);
            let next = sign(&pdf, &request(n, &lines), &person(n));
            match next {
                Ok(next) => {
                    assert!(!locks.contains(field), "{transform} {field}");
                    assert_eq!(verdict(&next, None), Verdict::TotalPassed, "{transform} {field}");
                }
                Err(error) => {
                    assert!(locks.contains(field), "{transform} {field}: {error}");
                    assert!(error.to_string().contains("non ammetteva"), "{error}");
                }
            }
        }
    }
}

const XMP: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>\
    <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
    <rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' \
    xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/' xmlns:pdfuaid='http://www.aiim.org/pdfua/ns/id/' \
    xmlns:xmp='http://ns.adobe.com/xap/1.0/' pdfaid:part='2'>\
    <pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>\
    <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Deliberazione</rdf:li></rdf:Alt></dc:title>\
    <dc:creator><rdf:Seq><rdf:li>Comune</rdf:li></rdf:Seq></dc:creator>\
    <xmp:ModifyDate>2020-07-24</xmp:ModifyDate></rdf:Description></rdf:RDF></x:xmpmeta>";

#[test]
fn rewritten_metadata_must_say_the_same_of_the_document() {
    let stream = |text: &str| {
        format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{text}\nendstream", text.len())
    };
    let plain = document(&Shape::default());
    let catalog = find(&plain, typed("Catalog"));
    let named =
        object_text(&plain, catalog).replacen("/Type/Catalog", "/Type/Catalog/Metadata 950 0 R", 1);
    let issued = append(&plain, &[(catalog, named), (950, stream(XMP))], "");
    let once = sign_as(&issued, 0);
    let rewritten = |from: &str, to: &str| {
        assert!(XMP.contains(from), "{from}");
        let update = append(&once, &[(950, stream(&XMP.replacen(from, to, 1)))], "");
        verdict(&sign_as(&update, 1), Some(&issued))
    };
    assert_eq!(verdict(&once, Some(&issued)), Verdict::TotalPassed);
    for (from, to) in [
        ("2020-07-24", "2020-07-25"),
        // The same property as an element instead of an attribute.
        (" pdfaid:part='2'>", "><pdfaid:part>2</pdfaid:part>"),
    ] {
        assert_eq!(rewritten(from, to), Verdict::TotalPassed, "{from} -> {to}");
    }
    for (from, to) in [
        (">Deliberazione<", ">Altra deliberazione<"),
        (">Comune<", ">Altro Comune<"),
        ("<rdf:li>Comune</rdf:li>", "<rdf:li>Comune</rdf:li><rdf:li>Altri</rdf:li>"),
        ("<dc:creator>", "<dc:description>Altro oggetto</dc:description><dc:creator>"),
        ("pdfaid:part='2'", "pdfaid:part='3'"),
        ("<pdfaid:conformance>A</pdfaid:conformance>", ""),
        ("<pdfuaid:part>1</pdfuaid:part>", ""),
        ("<rdf:RDF", "<rdf:RDF <"),
    ] {
        assert_eq!(rewritten(from, to), Verdict::Indeterminate, "{from} -> {to}");
    }
}
