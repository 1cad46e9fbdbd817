// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is signed is valid for us and for poppler, and is the same twice.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use delibera_signature::{
    DevelopmentCa, LABEL, Prepared, SignError, Signer, Verdict, cms, fields, prepare, sign, verify,
};
use support::*;

#[test]
fn four_signers_one_after_the_other_are_valid_for_pdfsig_and_for_us() {
    let issued = document(&Shape::default());
    let pdf = signed(4);
    assert!(pdf.starts_with(&issued), "the issued document is a prefix");

    let judged = pdfsig("four.pdf", &pdf);
    assert_eq!(judged.matches("Signature is Valid").count(), 4, "{judged}");
    assert_eq!(judged.matches("ETSI.CAdES.detached").count(), 4, "{judged}");
    assert_eq!(judged.matches("Not total document signed").count(), 3, "{judged}");
    assert_eq!(judged.matches("  - Total document signed").count(), 1, "{judged}");
    let checked = run("qpdf", &["--check", &file("four-check.pdf", &pdf).to_string_lossy()]);
    assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");

    let report = verify(&pdf, Some(&issued), &anchors()).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert!(report.covers_whole && report.changed_after.is_empty());
    for (signature, (field, given, surname, code)) in report.signatures.iter().zip(PEOPLE) {
        assert_eq!(signature.field, field);
        assert_eq!(signature.signer_common_name, format!("{given} {surname}"));
        assert_eq!(signature.fiscal_code.as_deref(), Some(code));
        assert_eq!(signature.claimed_time, Some(instant()));
        assert!(signature.intact && signature.chain_ok && signature.covers_revision);
    }
    assert_eq!(verify(&pdf, None, &anchors()).unwrap().overall, Verdict::TotalPassed);
}

#[test]
fn every_shape_of_document_can_be_signed() {
    for (n, (inline_form, font, compressed)) in
        [(true, true, true), (false, false, true), (false, true, false)].into_iter().enumerate()
    {
        let issued = document(&Shape { inline_form, font, compressed });
        let pdf = sign_as(&sign_as(&issued, 0), 1);
        let judged = pdfsig(&format!("shape-{n}.pdf"), &pdf);
        assert_eq!(judged.matches("Signature is Valid").count(), 2, "{judged}");
        let report = verify(&pdf, Some(&issued), &anchors()).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    assert!(signed(4) == signed(4));
    // Neither does the order in which people are created matter.
    let (ca, other) = (authority(), authority());
    let make = |ca: &DevelopmentCa, n: usize| {
        let (_, given, surname, code) = PEOPLE[n];
        ca.person(given, surname, code).unwrap().certificate().to_vec()
    };
    let forth: Vec<_> = [0, 1, 2].map(|n| make(&ca, n)).into();
    let mut back: Vec<_> = [2, 1, 0].map(|n| make(&other, n)).into();
    back.reverse();
    assert_eq!(forth, back);
}

#[test]
fn the_visible_text_can_be_read_back() {
    // Without a ToUnicode map poppler cannot name the glyphs: the picture is what counts, and the
    // glyph numbers are the font's own.
    let pdf = signed(1);
    let face = ttf_parser::Face::parse(FONT, 0).unwrap();
    let codes: String =
        "Zaccaria".chars().map(|c| format!("{:04X}", face.glyph_index(c).unwrap().0)).collect();
    let found = pdf.windows(codes.len()).any(|w| w == codes.as_bytes());
    assert!(found, "the appearance writes the signer's name");
}

#[test]
fn fields_are_listed_with_their_state() {
    let pdf = signed(2);
    let listed = fields(&pdf).unwrap();
    let states: Vec<_> = listed.iter().map(|f| (f.name.as_str(), f.signed, f.page)).collect();
    assert_eq!(
        states,
        [
            ("firma_1", true, Some(1)),
            ("firma_2", true, Some(1)),
            ("firma_3", false, Some(1)),
            ("firma_4", false, Some(1)),
        ]
    );
    assert_eq!(listed[0].rectangle, [60.0, 200.0, 280.0, 256.0]);
}

#[test]
fn a_missing_or_filled_field_is_refused() {
    let lines = lines(0);
    let mut request = request(0, &lines);
    let once = sign(&document(&Shape::default()), &request, &person(0)).unwrap();
    let again = sign(&once, &request, &person(0)).unwrap_err();
    assert!(matches!(again, SignError::FieldSigned(ref f) if f == "firma_1"), "{again}");
    request.field = "firma_9";
    let missing = prepare(&once, &request).unwrap_err();
    assert_eq!(missing.to_string(), "il documento non ha il campo firma «firma_9»");
}

#[test]
fn text_that_cannot_be_shown_is_refused() {
    let pdf = document(&Shape::default());
    let strange = ["Firma di 漢".to_owned()];
    let error = prepare(&pdf, &request(0, &strange)).unwrap_err();
    assert_eq!(error.to_string(), "il carattere «漢» (U+6F22) manca nel font delle firme");
    let long = ["parola ".repeat(300)];
    let error = prepare(&pdf, &request(0, &long)).unwrap_err();
    assert!(matches!(error, SignError::TextTooLong(_)), "{error}");
}

#[test]
fn a_prepared_document_waits_in_a_database() {
    let issued = document(&Shape::default());
    let lines = lines(2);
    let prepared = prepare(&issued, &request(2, &lines)).unwrap();
    let stored = serde_json::to_string(&prepared).unwrap();
    let digest = prepared.digest();
    drop(prepared);

    // Three days later, elsewhere: only the digest travels.
    let key = person(2);
    let attributes = cms::signed_attributes(&digest, key.certificate()).unwrap();
    let signature = key.sign(&attributes).unwrap();
    let cms =
        cms::assemble(&attributes, &signature, key.algorithm(), key.certificate(), key.chain())
            .unwrap();
    let prepared: Prepared = serde_json::from_str(&stored).unwrap();
    assert_eq!(prepared.digest(), digest);
    let pdf = prepared.embed(&cms).unwrap();
    let direct = sign(&issued, &request(2, &lines), &key).unwrap();
    assert!(pdf == direct, "one path, one result");
}

#[test]
fn what_does_not_belong_is_not_embedded() {
    let issued = document(&Shape::default());
    let lines = lines(0);
    let mut asked = request(0, &lines);
    let key = person(0);
    let cms_for = |digest: &[u8; 32]| {
        let attributes = cms::signed_attributes(digest, key.certificate()).unwrap();
        let signature = key.sign(&attributes).unwrap();
        cms::assemble(&attributes, &signature, key.algorithm(), key.certificate(), key.chain())
            .unwrap()
    };
    let prepared = prepare(&issued, &asked).unwrap();
    let foreign = prepared.clone().embed(&cms_for(&[0; 32])).unwrap_err();
    assert!(matches!(foreign, SignError::ForeignCms(_)), "{foreign}");
    let rubbish = prepared.clone().embed(b"not a CMS").unwrap_err();
    assert!(matches!(rubbish, SignError::ForeignCms(_)), "{rubbish}");

    let stored = serde_json::to_string(&prepared).unwrap();
    let altered = stored.replacen("JVBERi0xLjc", "JVBERi0xLjY", 1);
    let altered: Prepared = serde_json::from_str(&altered).unwrap();
    let error = altered.embed(&cms_for(&prepared.digest())).unwrap_err();
    assert!(matches!(error, SignError::PreparedDamaged), "{error}");

    asked.reserve = 900;
    let error = sign(&issued, &asked, &key).unwrap_err();
    assert!(matches!(error, SignError::CmsTooLarge { room: 900, needed } if needed > 900));
}

#[test]
fn development_certificates_say_what_they_are() {
    let ca = authority();
    let pem = file("ca.der", ca.certificate());
    let person = file("person.der", person(0).certificate());
    let seal = ca.seal("Comune di Esempio", "01199250158").unwrap();
    let seal = file("seal.der", seal.certificate());
    let show = |path: &std::path::Path| {
        let path = path.to_string_lossy().into_owned();
        run(
            "openssl",
            &["x509", "-inform", "DER", "-noout", "-text", "-nameopt", "utf8", "-in", &path],
        )
    };
    let (pem, person, seal) = (show(&pem), show(&person), show(&seal));
    for text in [&pem, &person, &seal] {
        assert!(text.contains(LABEL), "{text}");
        assert!(!text.contains("qcStatements"), "{text}");
    }
    assert!(person.contains("TINIT-ZCCMNG60A41F205X"), "{person}");
    assert!(person.contains("Non Repudiation\n"), "nothing else: {person}");
    assert!(seal.contains("CF:IT-01199250158"), "{seal}");
    assert!(ca.person("Anna", "Rossi", "RSSNNA").is_err());
    assert!(ca.person("Anna", "", "RSSNNA60A41F205X").is_err());
}

#[test]
fn openssl_agrees_with_the_certificate_paths() {
    let ca = authority();
    let pem = |der: &std::path::Path, name: &str| {
        let to = der.with_file_name(name).to_string_lossy().into_owned();
        run("openssl", &["x509", "-inform", "DER", "-in", &der.to_string_lossy(), "-out", &to]);
        to
    };
    let root = pem(&file("root.der", ca.certificate()), "root.pem");
    let leaf = pem(&file("leaf.der", person(1).certificate()), "leaf.pem");
    let out = run(
        "openssl",
        &["verify", "-x509_strict", "-attime", "1595588400", "-CAfile", &root, &leaf],
    );
    assert!(out.contains(": OK"), "{out}");
}

#[test]
fn a_seal_signs_too() {
    let seal = authority().seal("Comune di Esempio", "01199250158").unwrap();
    let lines = lines(0);
    let pdf = sign(&document(&Shape::default()), &request(0, &lines), &seal).unwrap();
    let report = verify(&pdf, None, &anchors()).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    let signature = &report.signatures[0];
    assert_eq!(signature.organization_identifier.as_deref(), Some("CF:IT-01199250158"));
    assert_eq!(signature.fiscal_code, None);
}
