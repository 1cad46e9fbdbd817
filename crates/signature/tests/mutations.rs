// SPDX-License-Identifier: AGPL-3.0-or-later
#![expect(clippy::disallowed_methods, reason = "OpenSSL makes certificates valid from now")]
//! More than a thousand forgeries, of every kind known to us, on documents of every level. None
//! may pass; the table printed says how many of each kind were tried and refused.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/forge.rs"]
mod forge;
#[path = "support/pki.rs"]
mod pki;
mod support;

use std::path::PathBuf;

use chrono::{TimeDelta, TimeZone, Utc};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, FileKey, Level, Policy, Report, Request, Trust, Verdict,
    VerifyError, augment, sign, sign_all, verify, verify_at, verify_container, verify_pdf,
};
use forge::{Noise, Tally, append_packed, by_hand, hole, last, write_range};
use pki::Pki;
use support::*;

const TEXT: &str =
    "<</Length 47>>\nstream\nBT /F0 14 Tf 72 760 Td <0027002800290030> Tj ET\nendstream";

fn refused(answer: Result<Report, VerifyError>) -> bool {
    answer.is_ok_and(|report| report.overall == Verdict::TotalPassed).eq(&false)
}

fn development(pdf: &[u8], issued: Option<&[u8]>) -> bool {
    refused(verify(pdf, issued, &anchors()))
}

/// Flips one bit at `count` places of a region.
fn flips(
    tally: &mut Tally,
    kind: &'static str,
    pdf: &[u8],
    region: std::ops::Range<usize>,
    count: usize,
    judge: &dyn Fn(&[u8]) -> bool,
) {
    let mut noise = Noise(0x5DEE_CE66 + region.start as u64);
    for _ in 0..count {
        let at = region.start + noise.below(region.len());
        let mut altered = pdf.to_vec();
        altered[at] ^= 1 << noise.below(8);
        tally.count(kind, format!("byte {at}"), judge(&altered));
    }
}

#[test]
fn no_forgery_of_a_development_document_passes() {
    let mut tally = Tally::default();
    let issued = document(&Shape::default());
    let pdf = signed(2);
    assert!(!development(&pdf, Some(&issued)), "the honest one passes");
    bits(&mut tally, &issued, &pdf);
    contents(&mut tally, &issued);
    annotations(&mut tally, &issued);
    ranges(&mut tally, &issued);
    swaps(&mut tally, &issued);
    people_and_authorities(&mut tally, &pdf);
    for length in (0..pdf.len()).rev().step_by(pdf.len() / 150).chain([pdf.len() - 1]) {
        tally.count("truncated", format!("{length} bytes"), development(&pdf[..length], None));
    }
    tally.close(700);
}

fn bits(tally: &mut Tally, issued: &[u8], pdf: &[u8]) {
    let judge = |altered: &[u8]| development(altered, None);
    let (first, second) = (hole(pdf, 0), hole(pdf, 1));
    flips(tally, "bit: issued document", pdf, 0..issued.len(), 100, &judge);
    flips(tally, "bit: first update", pdf, issued.len()..first.0, 80, &judge);
    flips(tally, "bit: first CMS", pdf, first.0..first.0 + 2600, 80, &judge);
    flips(tally, "bit: padding of the hole", pdf, first.1 - 4000..first.1, 40, &judge);
    flips(tally, "bit: between the signatures", pdf, first.1..second.0, 80, &judge);
    flips(tally, "bit: last CMS", pdf, second.0..second.0 + 2600, 80, &judge);
    flips(tally, "bit: after the last hole", pdf, second.1..pdf.len(), 80, &judge);
}

/// Objects that change what a document shows, or does when it is opened.
fn changes(issued: &[u8]) -> Vec<Vec<(u32, String)>> {
    let page = find(issued, typed("Page"));
    let page_text = object_text(issued, page);
    let catalog = find(issued, typed("Catalog"));
    let catalog_text = object_text(issued, catalog);
    let pages = find(issued, typed("Pages"));
    let mut changes: Vec<Vec<(u32, String)>> = vec![
        vec![(content(issued), TEXT.to_owned())],
        vec![(page, page_text.replacen("595", "400", 1))],
        vec![(page, page_text.replacen("/Type/Page", "/Type/Page/Rotate 180", 1))],
        vec![(page, page_text.replacen("/Contents ", "/UserUnit 2/Contents ", 1))],
        vec![(pages, format!("<</Type/Pages/Kids[{page} 0 R {page} 0 R]/Count 2>>"))],
        vec![(
            catalog,
            catalog_text.replacen("/Type/Catalog", "/Type/Catalog/NeedsRendering true", 1),
        )],
        vec![
            (901, TEXT.to_owned()),
            (page, page_text.replacen("/Contents ", "/Contents 901 0 R/Was ", 1)),
        ],
        vec![(find(issued, typed("FontDescriptor")), "<</Type/FontDescriptor>>".to_owned())],
        // Hidden layers.
        vec![
            (
                catalog,
                catalog_text.replacen(
                    "/Type/Catalog",
                    "/Type/Catalog/OCProperties<</OCGs[902 0 R]/D<</OFF[902 0 R]>>>>",
                    1,
                ),
            ),
            (902, "<</Type/OCG/Name(Strato)>>".to_owned()),
        ],
        vec![
            (page, page_text.replacen("/Font ", "/Properties<</L 902 0 R>>/Font ", 1)),
            (902, "<</Type/OCG/Name(Strato)>>".to_owned()),
        ],
    ];
    for key in [
        "OpenAction 903 0 R",
        "AA<</WC 903 0 R>>",
        "Names<</JavaScript 903 0 R>>",
        "Outlines 903 0 R",
        "StructTreeRoot 903 0 R",
        "PageLabels 903 0 R",
        "Collection<<>>",
        "Lang(en)",
        "URI<<>>",
    ] {
        let text = catalog_text.replacen("/Type/Catalog", &format!("/Type/Catalog/{key}"), 1);
        let text =
            if key.starts_with("Lang") { text.replacen("/Lang(it-IT)", "", 1) } else { text };
        changes.push(vec![(catalog, text), (903, "<</S/JavaScript/JS(x)>>".to_owned())]);
    }
    changes
}

/// Content replaced, by every kind of update, before or after signatures, signed again or not.
fn contents(tally: &mut Tally, issued: &[u8]) {
    let before = sign_as(issued, 0);
    for (n, change) in changes(issued).iter().enumerate() {
        let streams = change.iter().any(|(_, text)| text.contains("stream"));
        let layers = change.iter().any(|(_, text)| text.contains("OCG"));
        let kind = if layers { "hidden layer" } else { "content replaced" };
        let mut forged = vec![append(&before, change, ""), append(issued, change, "")];
        if !streams {
            forged.push(append_packed(&before, change));
            forged.push(append_packed(issued, change));
        }
        for (m, update) in forged.into_iter().enumerate() {
            let name = format!("{n}.{m}");
            let known = Some(issued).filter(|_| m % 2 == 1);
            tally.count(kind, name.clone(), development(&update, known));
            let Ok(again) = sign(&update, &request(1, &lines(1)), &person(1)) else { continue };
            tally.count("content replaced, then signed", name, development(&again, known));
        }
    }
}

fn annotations(tally: &mut Tally, issued: &[u8]) {
    let before = sign_as(issued, 0);
    let page = find(&before, typed("Page"));
    let text = object_text(&before, page);
    let rest = "/Rect[60 600 500 800]/P 3 0 R";
    let subtypes = [
        "Text",
        "Link",
        "FreeText",
        "Line",
        "Square",
        "Circle",
        "Polygon",
        "PolyLine",
        "Highlight",
        "Underline",
        "StrikeOut",
        "Stamp",
        "Caret",
        "Ink",
        "Popup",
        "FileAttachment",
        "Sound",
        "Movie",
        "Screen",
        "Redact",
        "3D",
        "RichMedia",
    ];
    let mut bodies: Vec<String> = subtypes
        .iter()
        .map(|s| format!("<</Type/Annot/Subtype/{s}{rest}/Contents(altro)>>"))
        .collect();
    for field in ["Tx", "Btn", "Ch", "Sig"] {
        bodies.push(format!("<</Type/Annot/Subtype/Widget/FT/{field}/T(nuovo){rest}/V(altro)>>"));
        bodies.push(format!("<</Type/Annot/Subtype/Widget/FT/{field}/T(nuovo){rest}>>"));
        bodies.push(format!(
            "<</Type/Annot/Subtype/Widget/FT/{field}/T(nuovo)/Rect[0 0 0 0]/A<</S/URI/URI(http://a)>>>>"
        ));
    }
    for body in &bodies {
        for (n, listed) in ["/Annots[", "]>>"].into_iter().enumerate() {
            let changed = match n {
                0 => text.replacen(listed, "/Annots[910 0 R ", 1),
                _ => text.replacen(" 0 R]>>", " 0 R 910 0 R]>>", 1),
            };
            let objects = [(page, changed), (910, body.clone())];
            for update in [append(&before, &objects, ""), append_packed(&before, &objects)] {
                let kind = "annotation added";
                tally.count(kind, body.as_str(), development(&update, Some(issued)));
                let Ok(again) = sign(&update, &request(1, &lines(1)), &person(1)) else { continue };
                tally.count(
                    "annotation added, then signed",
                    body.as_str(),
                    development(&again, None),
                );
            }
        }
    }
}

fn ranges(tally: &mut Tally, issued: &[u8]) {
    let mut noise = Noise(77);
    for n in 0..90 {
        // The signer himself moves the range: the signature is good, the coverage is not.
        let (before, after) = (noise.below(60), noise.below(60));
        if before + after == 0 {
            continue;
        }
        let wide = by_hand(issued, |bytes, start, end| {
            let (from, to) = (start - before, end + after);
            let length = bytes.len() - to;
            write_range(bytes, [0, from, to, length]);
            (from, to)
        });
        tally.count("byte range moved by the signer", format!("{n}"), development(&wide, None));
        // Somebody else moves it.
        let mut moved = sign_as(issued, 0);
        let (start, end) = hole(&moved, 0);
        let numbers = match n % 5 {
            0 => [0, start - 1 + before, end + 1, moved.len() - end - 1],
            1 => [before, start - 1, end + 1, moved.len() - end - 1],
            2 => [0, start - 1, end + 1 + after, moved.len() - end - 1 - after],
            3 => [0, start - 1, end + 1, moved.len() - end - 1 - before - after],
            _ => [0, end + 1, start - 1, moved.len()],
        };
        if numbers != [0, start - 1, end + 1, moved.len() - end - 1] {
            write_range(&mut moved, numbers);
            tally.count("byte range moved", format!("{numbers:?}"), development(&moved, None));
        }
    }
}

fn swaps(tally: &mut Tally, issued: &[u8]) {
    let other = document(&Shape { inline_form: true, ..Shape::default() });
    let documents = [issued.to_vec(), other];
    for (a, b) in [(0, 1), (1, 0)] {
        for n in 0..4 {
            for m in 0..4 {
                let (from, mut to) = (sign_as(&documents[a], n), sign_as(&documents[b], m));
                let ((f, f_end), (t, _)) = (hole(&from, 0), hole(&to, 0));
                to[t..t + f_end - f].copy_from_slice(&from[f..f_end]);
                tally.count(
                    "signature of another document",
                    format!("{n} {m}"),
                    development(&to, None),
                );
            }
        }
    }
    let two = signed(2);
    let ((a, a_end), (b, b_end)) = (hole(&two, 0), hole(&two, 1));
    let mut swapped = two.clone();
    swapped[a..a_end].copy_from_slice(&two[b..b_end]);
    swapped[b..b_end].copy_from_slice(&two[a..a_end]);
    tally.count("signatures exchanged", "both", development(&swapped, None));
    for (from, to) in [((a, a_end), b), ((b, b_end), a)] {
        let mut copied = two.clone();
        copied[to..to + from.1 - from.0].copy_from_slice(&two[from.0..from.1]);
        tally.count("signatures exchanged", format!("to {to}"), development(&copied, None));
    }
    for from in [0, 1] {
        let mut emptied = two.clone();
        let (start, end) = hole(&two, from);
        emptied[start..end].fill(b'0');
        tally.count("signature emptied", format!("{from}"), development(&emptied, None));
    }
}

fn people_and_authorities(tally: &mut Tally, pdf: &[u8]) {
    let start = Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).unwrap();
    // Same names, other keys.
    for seed in 8..28 {
        let other = DevelopmentCa::from_seed(&[seed; 32], start).unwrap();
        let anchors = [other.certificate().to_vec()];
        tally.count(
            "another authority of the same name",
            format!("{seed}"),
            refused(verify(pdf, None, &anchors)),
        );
        let (_, given, surname, code) = PEOPLE[2];
        let key = other.person(given, surname, code).unwrap();
        let forged = sign(pdf, &request(2, &lines(2)), &key).unwrap();
        tally.count(
            "signed under another authority",
            format!("{seed}"),
            development(&forged, None),
        );
    }
    let trust = Trust::of(&anchors()).unwrap();
    for (field, (name, ..)) in PEOPLE.iter().enumerate().take(2) {
        for person in (0..4).filter(|p| *p != field) {
            let signers = vec![((*name).to_owned(), PEOPLE[person].3.to_owned())];
            let policy = Policy { signers, ..Policy::default() };
            tally.count(
                "another person",
                format!("{field} {person}"),
                refused(verify_pdf(pdf, None, &trust, &policy)),
            );
        }
    }
    for (missing, (name, _, _, code)) in PEOPLE.iter().enumerate().skip(2) {
        let signers = vec![((*name).to_owned(), (*code).to_owned())];
        let policy = Policy { signers, ..Policy::default() };
        tally.count(
            "a person who did not sign",
            format!("{missing}"),
            refused(verify_pdf(pdf, None, &trust, &policy)),
        );
    }
    for days in (1..60).map(|n| n * 37) {
        let late = start + TimeDelta::days(3653 + days);
        tally.count(
            "expired",
            format!("{late}"),
            refused(verify_at(pdf, None, &anchors(), Some(late))),
        );
        let early = start - TimeDelta::days(days);
        tally.count(
            "not yet valid",
            format!("{early}"),
            refused(verify_at(pdf, None, &anchors(), Some(early))),
        );
    }
    let policy = Policy { qualified: true, ..Policy::default() };
    tally.count(
        "qualified asked for",
        "development",
        refused(verify_pdf(pdf, None, &trust, &policy)),
    );
}

const SUBJECT: &str = "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria";

#[test]
fn no_forgery_of_a_document_that_lasts_passes() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mutations");
    let pki = Pki::new(&folder, "http://prove.invalid");
    let issued = document(&Shape::default());
    let made = pki.issue("signer", SUBJECT, "RSA-2048", "person", 30);
    let key = FileKey::new(&made.key, vec![made.certificate.clone()]).unwrap();
    let request = Request {
        field: PEOPLE[0].0,
        name: "Mariangela Zaccaria",
        reason: None,
        lines: &[],
        signing_time: Utc::now(),
        reserve: 2 * DEFAULT_RESERVE,
    };
    let orders = [(issued.as_slice(), request)];
    let stamped = sign_all(&orders, &key, Some(&pki)).pop().unwrap().unwrap().pdf;
    let kept = augment(&stamped, Level::Lt, false, &pki).unwrap().pdf;
    let lasting = augment(&kept, Level::Lta, false, &pki).unwrap().pdf;
    let trust = Trust::of(&[pki.anchor()]).unwrap();
    let policy = Policy { at: Some(Utc::now() + TimeDelta::seconds(5)), ..Policy::default() };
    let judge = |pdf: &[u8]| refused(verify_pdf(pdf, Some(&issued), &trust, &policy));
    assert!(!judge(&lasting) && !judge(&kept), "the honest ones pass");

    let mut tally = Tally::default();
    bits_that_last(&mut tally, &[&stamped, &kept, &lasting], &judge);
    stores(&mut tally, &issued, &[&stamped, &kept, &lasting], &judge);
    revoked(&mut tally, &pki, &lasting, &stamped);
    containers(&mut tally, &pki);
    tally.close(450);
}

fn bits_that_last(tally: &mut Tally, levels: &[&[u8]; 3], judge: &dyn Fn(&[u8]) -> bool) {
    let [stamped, kept, lasting] = *levels;
    let (cms, cms_end) = hole(lasting, 0);
    let (token, token_end) = hole(lasting, 1);
    let hex = |from: usize, to: usize| {
        let padding = lasting[from..to].iter().rposition(|b| *b != b'0').unwrap();
        from..from + padding
    };
    flips(tally, "bit: CMS with its timestamp", lasting, hex(cms, cms_end), 120, judge);
    flips(tally, "bit: validation data, stamped", lasting, stamped.len()..kept.len(), 120, judge);
    flips(tally, "bit: timestamp of the document", lasting, hex(token, token_end), 120, judge);
    flips(
        tally,
        "bit: after the document's timestamp",
        lasting,
        token_end..lasting.len(),
        60,
        judge,
    );
    for length in (kept.len() + 1..lasting.len()).rev().step_by(200) {
        tally.count("truncated in the last update", format!("{length}"), judge(&lasting[..length]));
    }
}

/// Replaced content below the store, and stores that are something else.
fn stores(tally: &mut Tally, issued: &[u8], levels: &[&[u8]; 3], judge: &dyn Fn(&[u8]) -> bool) {
    let [stamped, kept, lasting] = *levels;
    let (page, catalog) = (find(kept, typed("Page")), find(kept, typed("Catalog")));
    let page_text = object_text(kept, page);
    let catalog_text = object_text(kept, catalog);
    for base in [stamped, kept, lasting] {
        let replaced = append(base, &[(content(issued), TEXT.to_owned())], "");
        tally.count("content replaced after a level", "stream", judge(&replaced));
        let turned = page_text.replacen("/Type/Page", "/Type/Page/Rotate 90", 1);
        tally.count(
            "content replaced after a level",
            "page",
            judge(&append(base, &[(page, turned)], "")),
        );
    }
    for store in [
        "<</Type/DSS/Certs[921 0 R]>>",
        "<</Type/DSS/CRLs[921 0 R]/OCSPs[921 0 R]>>",
        "<</Type/DSS/VRI<</X<</Cert[921 0 R]>>>>>>",
        "<</Type/DSS/Annots[921 0 R]>>",
        "<</Type/DSS>>",
    ] {
        let changed = match catalog_text.find("/DSS") {
            Some(at) => catalog_text[..at].to_owned() + "/DSS 920 0 R>>",
            None => panic!("a store: {catalog_text}"),
        };
        let junk = "<</Length 3>>\nstream\nabc\nendstream".to_owned();
        let objects = [(catalog, changed), (920, store.to_owned()), (921, junk)];
        tally.count("validation data that is not", store, judge(&append(kept, &objects, "")));
    }
}

/// The signer's certificate revoked before the signature, and the one of the timestamps.
fn revoked(tally: &mut Tally, pki: &Pki, lasting: &[u8], stamped: &[u8]) {
    let index = String::from_utf8(pki.read("index.txt")).unwrap();
    for serial in ["1001", "1002"] {
        for hours in 1..=5 {
            let at = (Utc::now() - TimeDelta::hours(hours)).format("%y%m%d%H%M%SZ");
            let lines: Vec<String> = index
                .lines()
                .map(|line| match line.contains(&format!("\t{serial}\t")) {
                    true => {
                        line.replacen("V\t491231235959Z\t", &format!("R\t491231235959Z\t{at}"), 1)
                    }
                    false => line.to_owned(),
                })
                .collect();
            std::fs::write(pki.dir.join("index.txt"), lines.join("\n") + "\n").unwrap();
            let trust = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&pki.list()).unwrap();
            let policy =
                Policy { at: Some(Utc::now() + TimeDelta::seconds(5)), ..Policy::default() };
            for pdf in [lasting, stamped] {
                let answer = verify_pdf(pdf, None, &trust, &policy);
                tally.count("revoked before", format!("{serial} {hours}"), refused(answer));
            }
        }
    }
    std::fs::write(pki.dir.join("index.txt"), index).unwrap();
}

fn containers(tally: &mut Tally, pki: &Pki) {
    pki.issue("holder", SUBJECT, "P-256", "listed", 30);
    let content = vec![b'x'; 3000];
    std::fs::write(pki.dir.join("doc.bin"), &content).unwrap();
    let trust = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&pki.list()).unwrap();
    let policy = Policy { at: Some(Utc::now() + TimeDelta::seconds(5)), ..Policy::default() };
    for stream in [&[][..], &["-stream"]] {
        let mut arguments = vec![
            "cms",
            "-sign",
            "-binary",
            "-cades",
            "-nosmimecap",
            "-nodetach",
            "-md",
            "sha256",
            "-in",
            "doc.bin",
            "-out",
            "doc.p7m",
            "-signer",
            "holder.pem",
            "-inkey",
            "holder.key",
            "-outform",
            "DER",
        ];
        arguments.extend(stream);
        pki.openssl(&arguments);
        let p7m = pki.read("doc.p7m");
        let judge = |bytes: &[u8]| {
            let answer = verify_container(bytes, None, &trust, &policy);
            // Another spelling of the same content and the same signature is no forgery.
            answer
                .is_ok_and(|r| {
                    r.overall == Verdict::TotalPassed && r.content.as_deref() != Some(&content[..])
                })
                .eq(&false)
        };
        let honest = verify_container(&p7m, Some(&content), &trust, &policy).unwrap();
        assert_eq!(honest.overall, Verdict::TotalPassed, "{honest:#?}");
        let kind = if stream.is_empty() { "bit: p7m in DER" } else { "bit: p7m in BER" };
        flips(tally, kind, &p7m, 0..p7m.len(), 150, &judge);
        for length in (0..p7m.len()).step_by(p7m.len() / 40) {
            tally.count(
                "truncated p7m",
                format!("{length}"),
                refused(verify_container(&p7m[..length], None, &trust, &policy)),
            );
        }
        let mut longer = p7m.clone();
        longer.push(0);
        tally.count(
            "truncated p7m",
            "longer",
            refused(verify_container(&longer, None, &trust, &policy)),
        );
    }
}

#[test]
fn last_finds_the_last() {
    assert_eq!(last(b"abcabc", b"bc"), 4);
}
