// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera verify-pdf` and `delibera trust`, as a third party calls them.
#![expect(clippy::unwrap_used, reason = "tests stop where they fail")]

#[path = "support/program.rs"]
mod program;

use chrono::{DateTime, TimeZone, Utc};
use delibera_documents::{Document, render};
use delibera_signature::{DEFAULT_RESERVE, DevelopmentCa, Request, TrustedList, sign};
use program::{delibera, folder};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn day(year: i32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, 1, 2, 3, 4, 5).unwrap()
}

/// A document issued and one signed from it, with the folder of who is trusted.
fn signed(name: &str) -> (PathBuf, String, String, String) {
    let folder = folder(&format!("verify-pdf-{name}"));
    let issued = render(&Document {
        title: "Prova".into(),
        subject: "Prova di verifica".into(),
        author: "Comune di Borgo Sereno".into(),
        created: day(2026),
        header: String::new(),
        footer: String::new(),
        letterhead: None,
        draft: false,
        body: "Testo.\n\n::: firma campo=\"firma\" titolo=\"Il Sindaco\" nome=\"Anna Bruni\" nota=\"\"\n:::\n"
            .into(),
        attachments: Vec::new(),
    });
    let issued = issued.unwrap().pdf;
    let ca = DevelopmentCa::from_seed(&[3; 32], day(2025)).unwrap();
    let key = ca.person("Anna", "Bruni", "BRNNNA70A41F205X").unwrap();
    let request = Request {
        field: "firma",
        name: "Anna Bruni",
        reason: None,
        lines: &[],
        signing_time: day(2026),
        reserve: DEFAULT_RESERVE,
    };
    let pdf = sign(&issued, &request, &key).unwrap();
    let trust = folder.join("fidati");
    fs::create_dir_all(&trust).unwrap();
    fs::write(trust.join("ca.cer"), ca.certificate()).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (issued, pdf) = (put("emesso.pdf", &issued), put("firmato.pdf", &pdf));
    let trust = trust.to_string_lossy().into_owned();
    (folder, issued, pdf, trust)
}

#[test]
fn a_valid_signature_exits_with_zero_and_says_who_and_when() {
    let (_, issued, pdf, trust) = signed("valid");
    let (code, out, err) = delibera(&["verify-pdf", &pdf, "--trust", &trust, "--issued", &issued]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for said in [
        "VALIDA TOTAL-PASSED",
        "1. Anna Bruni (BRNNNA70A41F205X)",
        "campo firma",
        "02/01/2026 03:04:05 UTC (dichiarata dal firmatario)",
        "livello B-B",
        "certificato non qualificato",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let (code, out, _) = delibera(&["verify-pdf", &pdf, "--trust", &trust, "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["overall"]), (0, &Value::from("TOTAL-PASSED")));
    let one = &report["signatures"][0];
    assert_eq!(one["fiscal_code"], "BRNNNA70A41F205X");
    assert_eq!(one["level"], "B-B");
    assert_eq!(one["verdict"], "TOTAL-PASSED");
    assert_eq!(one["changed_after"], serde_json::json!([]));
}

#[test]
fn what_is_not_valid_or_not_known_exits_with_one() {
    let (folder, issued, pdf, trust) = signed("refused");
    let overall = |args: &[&str]| {
        let (code, out, _) = delibera(&[&["verify-pdf", "--json"], args].concat());
        let report: Value = serde_json::from_str(&out).unwrap();
        (code, report["overall"].as_str().unwrap().to_owned())
    };
    let indeterminate = (1, "INDETERMINATE".to_owned());
    let failed = (1, "TOTAL-FAILED".to_owned());
    assert_eq!(overall(&[&pdf]), indeterminate, "nobody is trusted");
    assert_eq!(overall(&[&pdf, "--trust", &trust, "--qualified"]), indeterminate);
    assert_eq!(overall(&[&pdf, "--trust", &trust, "--revocation", "required"]), indeterminate);
    let late = "2040-01-01T00:00:00Z";
    assert_eq!(overall(&[&pdf, "--trust", &trust, "--at", late]), indeterminate);
    assert_eq!(overall(&[&issued, "--trust", &trust]), indeterminate, "not signed");
    let mut altered = fs::read(&pdf).unwrap();
    altered[300] ^= 1;
    let path = folder.join("alterato.pdf");
    fs::write(&path, altered).unwrap();
    assert_eq!(overall(&[path.to_str().unwrap(), "--trust", &trust]).0, 1);
    assert_eq!(overall(&[&pdf, "--trust", &trust, "--issued", &trust_file(&trust)]), failed);
    let rubbish = folder.join("altro.txt");
    fs::write(&rubbish, "niente").unwrap();
    assert_eq!(overall(&[rubbish.to_str().unwrap()]), failed);
    let (code, _, err) = delibera(&["verify-pdf", "non-c-e.pdf"]);
    assert_eq!(code, 2, "{err}");
}

fn trust_file(trust: &str) -> String {
    format!("{trust}/ca.cer")
}

#[test]
fn a_trusted_list_is_imported_only_with_its_fingerprint_and_then_read() {
    let (folder, _, pdf, _) = signed("list");
    let ca = fs::read(folder.join("fidati/ca.cer")).unwrap();
    let body = base64(&ca);
    let xml = format!(
        "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\"><SchemeInformation>\
         <TSLSequenceNumber>9</TSLSequenceNumber><SchemeTerritory>IT</SchemeTerritory>\
         </SchemeInformation><TrustServiceProviderList><TrustServiceProvider><TSPServices>\
         <TSPService><ServiceInformation><ServiceTypeIdentifier>\
         http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>\
         <ServiceDigitalIdentity><DigitalId><X509Certificate>{body}</X509Certificate></DigitalId>\
         </ServiceDigitalIdentity><ServiceStatus>\
         http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted</ServiceStatus>\
         <StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime></ServiceInformation>\
         </TSPService></TSPServices></TrustServiceProvider></TrustServiceProviderList>\
         </TrustServiceStatusList>"
    );
    let list = folder.join("lista.xml");
    fs::write(&list, &xml).unwrap();
    let list = list.to_string_lossy().into_owned();
    let into = folder.join("elenchi");
    fs::create_dir_all(&into).unwrap();
    let into = into.to_string_lossy().into_owned();
    let fingerprint = TrustedList::fingerprint(xml.as_bytes());
    let (code, out, _) = delibera(&["trust", &list, "--into", &into]);
    assert!(code == 1 && out.contains(&fingerprint) && out.contains("Non importato"), "{out}");
    let wrong = "00".repeat(32);
    let (code, _, err) = delibera(&["trust", &list, "--into", &into, "--sha256", &wrong]);
    assert!(code == 1 && err.contains("impronta"), "{err}");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 0, "nothing half done");
    let (code, out, err) = delibera(&["trust", &list, "--into", &into, "--sha256", &fingerprint]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = delibera(&["verify-pdf", &pdf, "--trust", &into]);
    assert_eq!(code, 0, "{out}{err}");
    // A list that changed after it was confirmed, or that nobody confirmed, is not read.
    fs::write(folder.join("elenchi/elenco-it.xml"), xml.replace("2020", "2019")).unwrap();
    assert_eq!(delibera(&["verify-pdf", &pdf, "--trust", &into]).0, 2);
    fs::remove_file(folder.join("elenchi/elenco-it.xml.sha256")).unwrap();
    let (code, _, err) = delibera(&["verify-pdf", &pdf, "--trust", &into]);
    assert!(code == 2 && err.contains("non confermato"), "{err}");
}

/// Base64 of bytes (RFC 4648), for the certificate in the list.
fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    base64ct::Base64::encode_string(bytes)
}
