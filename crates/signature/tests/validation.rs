// SPDX-License-Identifier: AGPL-3.0-or-later
#![expect(clippy::disallowed_methods, reason = "OpenSSL makes certificates valid from now")]
//! Verdicts in time (EN 319 102-1, 5.5 and 5.6): levels, revocation, expiry, who is qualified,
//! who must have signed. Authorities, timestamps, OCSP answers and lists are OpenSSL's.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/pki.rs"]
mod pki;
mod support;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use delibera_signature::{
    DEFAULT_RESERVE, FileKey, Level, Policy, Purpose, Quality, Report, Request, Revocation,
    SubIndication, Trust, TrustedList, TrustedListError, Verdict, augment, sign, sign_all,
    verify_any, verify_pdf,
};
use pki::{Issued, Pki};
use support::{PEOPLE, Shape, document};

const SUBJECT: &str = "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria";

fn authority(name: &str) -> Pki {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("validation-{name}"));
    Pki::new(&folder, "http://prove.invalid")
}

fn key_of(issued: &Issued) -> FileKey {
    FileKey::new(&issued.key, vec![issued.certificate.clone()]).expect("a key")
}

fn request(n: usize) -> Request<'static> {
    Request {
        field: PEOPLE[n].0,
        name: "Mariangela Zaccaria",
        reason: None,
        lines: &[],
        signing_time: Utc::now(),
        reserve: 2 * DEFAULT_RESERVE,
    }
}

fn trust(pki: &Pki) -> Trust {
    Trust::of(&[pki.anchor()]).unwrap()
}

fn judged(pdf: &[u8], trust: &Trust, at: DateTime<Utc>) -> Report {
    verify_pdf(pdf, None, trust, &Policy { at: Some(at), ..Policy::default() }).unwrap()
}

fn in_days(days: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(days)
}

/// The single signature of a report, with its verdict and the reason for it.
fn answer(report: &Report) -> (Verdict, Option<SubIndication>) {
    let [signature] = report.signatures.as_slice() else { panic!("{report:#?}") };
    (signature.verdict, signature.sub_indication)
}

/// One signature raised to each level.
fn levels(pki: &Pki, key: &FileKey) -> Vec<(Level, Vec<u8>)> {
    let first = sign(&document(&Shape::default()), &request(0), key).unwrap();
    let mut found = vec![(Level::B, first.clone())];
    for level in [Level::T, Level::Lt, Level::Lta] {
        let up = augment(&found.last().unwrap().1, level, false, pki).unwrap();
        assert!(up.shortfall.is_none(), "{:?}", up.shortfall);
        found.push((level, up.pdf));
    }
    found
}

#[test]
fn each_level_is_recognised_and_holds_while_its_proofs_do() {
    let pki = authority("levels");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "person", 30));
    let trust = trust(&pki);
    for (level, pdf) in levels(&pki, &key) {
        let report = judged(&pdf, &trust, in_days(0));
        let signature = &report.signatures[0];
        // Revocation is published: without it, nothing below B-LT can pass.
        let wanted = if level >= Level::Lt { Verdict::TotalPassed } else { Verdict::Indeterminate };
        assert_eq!(report.overall, wanted, "{level:?}: {report:#?}");
        assert_eq!(signature.level, Some(level), "{report:#?}");
        assert_eq!(signature.fiscal_code.as_deref(), Some("ZCCMNG60A41F205X"));
        assert_eq!(signature.timestamps.is_empty(), level == Level::B);
        assert!(signature.changed_after.is_empty(), "{report:#?}");
        if level < Level::Lt {
            assert_eq!(signature.sub_indication, Some(SubIndication::TryLater));
        }
        // Expired since ten days: only a proof of when it existed saves it.
        let later = judged(&pdf, &trust, in_days(40));
        match level {
            Level::B | Level::T => assert_eq!(
                answer(&later),
                (Verdict::Indeterminate, Some(SubIndication::OutOfBoundsNoPoe))
            ),
            Level::Lta => {
                assert!(later.signatures[0].timestamps.iter().any(|t| t.proved().is_none()))
            }
            Level::Lt => {}
        }
    }
}

#[test]
fn t_40_an_expired_certificate_passes_with_an_earlier_timestamp_and_not_without() {
    let pki = authority("expiry");
    let key = key_of(&pki.issue("signer", SUBJECT, "RSA-2048", "person", 30));
    let issued = document(&Shape::default());
    let stamped = sign_all(&[(&issued, request(0))], &key, Some(&pki)).pop().unwrap().unwrap();
    let bare = sign(&issued, &request(0), &key).unwrap();
    // The list is as fresh as the day it is consulted; the authority of timestamps is not revoked.
    let list = pki.list();
    let trust = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&list).unwrap();
    let policy = |days| Policy { at: Some(in_days(days)), ..Policy::default() };
    for (pdf, days, passes) in
        [(&stamped.pdf, 0, true), (&stamped.pdf, 29, true), (&bare, 0, true), (&bare, 31, false)]
    {
        let report = verify_pdf(pdf, Some(&issued), &trust, &policy(days)).unwrap();
        let verdict = report.overall == Verdict::TotalPassed;
        assert_eq!(verdict, passes, "{days} days: {report:#?}");
    }
    let report = verify_pdf(&bare, Some(&issued), &trust, &policy(31)).unwrap();
    assert_eq!(answer(&report).1, Some(SubIndication::OutOfBoundsNoPoe));
    // After 31 days the list of today is stale for the authority of the timestamp; with revocation
    // not asked for, the timestamp alone carries the signature over the expiry.
    let relaxed = Policy { revocation: Revocation::IfAvailable, ..policy(31) };
    let report = verify_pdf(&stamped.pdf, Some(&issued), &trust, &relaxed).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(report.signatures[0].level, Some(Level::T));
    let report = verify_pdf(&bare, Some(&issued), &trust, &relaxed).unwrap();
    assert_eq!(answer(&report), (Verdict::Indeterminate, Some(SubIndication::OutOfBoundsNoPoe)));
    // The authority of the timestamps expires in its turn: nothing proves any more.
    let relaxed = Policy { revocation: Revocation::IfAvailable, ..policy(400) };
    let report = verify_pdf(&stamped.pdf, Some(&issued), &trust, &relaxed).unwrap();
    assert_eq!(report.overall, Verdict::Indeterminate);
}

/// Marks the certificate with this serial number as revoked at an instant.
fn revoke(pki: &Pki, serial: u32, at: DateTime<Utc>) {
    let index = String::from_utf8(pki.read("index.txt")).unwrap();
    let serial = format!("{serial:04X}");
    let mark = |line: &str| match line.contains(&format!("\t{serial}\t")) {
        false => line.to_owned(),
        true => {
            let rest: Vec<&str> = line.split('\t').collect();
            let at = at.format("%y%m%d%H%M%SZ");
            format!("R\t{}\t{at}\t{}\t{}\t{}", rest[1], rest[3], rest[4], rest[5])
        }
    };
    let lines: Vec<String> = index.lines().map(mark).collect();
    std::fs::write(pki.dir.join("index.txt"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn t_82_a_revoked_certificate_passes_only_if_the_signature_is_proved_to_be_older() {
    let pki = authority("revoked");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "person", 30));
    let issued = document(&Shape::default());
    let stamped = sign_all(&[(&issued, request(0))], &key, Some(&pki)).pop().unwrap().unwrap().pdf;
    let bare = sign(&issued, &request(0), &key).unwrap();
    // Serial numbers are given in order; 0x1001 is the authority of timestamps.
    revoke(&pki, 0x1002, Utc::now() - TimeDelta::hours(1));
    let before = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&pki.list()).unwrap();
    for pdf in [&stamped, &bare] {
        let report = judged(pdf, &before, in_days(0));
        assert_eq!(answer(&report), (Verdict::Indeterminate, Some(SubIndication::RevokedNoPoe)));
        assert!(!report.signatures[0].chain_ok);
    }
    revoke_later(&pki);
    let after = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&pki.list()).unwrap();
    let report = judged(&stamped, &after, in_days(2));
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    let report = judged(&bare, &after, in_days(2));
    assert_eq!(answer(&report), (Verdict::Indeterminate, Some(SubIndication::RevokedNoPoe)));
    // What the document carries of when it was good does not hide what is known since.
    let kept = augment(&stamped, Level::Lt, false, &pki).unwrap();
    let report = judged(&kept.pdf, &after, in_days(2));
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
}

/// The revocation of serial 0x1002 moved to tomorrow.
fn revoke_later(pki: &Pki) {
    let index = String::from_utf8(pki.read("index.txt")).unwrap();
    let lines = index.lines().map(|line| match line.starts_with("R\t") {
        false => line.to_owned(),
        true => {
            let mut parts: Vec<String> = line.split('\t').map(str::to_owned).collect();
            parts[2] = in_days(1).format("%y%m%d%H%M%SZ").to_string();
            parts.join("\t")
        }
    });
    let lines: Vec<String> = lines.collect();
    std::fs::write(pki.dir.join("index.txt"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn revocation_that_cannot_be_told_weighs_what_the_policy_says() {
    let pki = authority("unknown");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "person", 30));
    let pdf = sign(&document(&Shape::default()), &request(0), &key).unwrap();
    let trust = trust(&pki);
    let with = |revocation| {
        let policy = Policy { at: Some(in_days(0)), revocation, ..Policy::default() };
        verify_pdf(&pdf, None, &trust, &policy).unwrap().overall
    };
    assert_eq!(with(Revocation::Required), Verdict::Indeterminate);
    assert_eq!(with(Revocation::Published), Verdict::Indeterminate);
    assert_eq!(with(Revocation::IfAvailable), Verdict::TotalPassed);
    // Development certificates publish nothing: only who requires revocation doubts them.
    let development = Trust::of(&support::anchors()).unwrap();
    let signed = support::signed(1);
    for (revocation, wanted) in [
        (Revocation::Required, Verdict::Indeterminate),
        (Revocation::Published, Verdict::TotalPassed),
    ] {
        let policy = Policy { revocation, ..Policy::default() };
        let report = verify_pdf(&signed, None, &development, &policy).unwrap();
        assert_eq!(report.overall, wanted, "{report:#?}");
    }
    // A list of another authority says nothing.
    let other = authority("unknown-other");
    let foreign = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&other.list()).unwrap();
    assert_eq!(judged(&pdf, &foreign, in_days(0)).overall, Verdict::Indeterminate);
    assert!(Trust::default().with_revocation(b"0 rubbish").is_err());
}

#[test]
fn t_41_the_person_is_known_by_fiscal_code_whatever_the_name_says() {
    let pki = authority("codes");
    // Certificates of before 2018 write `IT:`, some authorities the code in small letters; names come
    // in any order and with more given names than the office knows.
    for (name, subject) in [
        ("current", "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria"),
        ("legacy", "/C=IT/serialNumber=IT:ZCCMNG60A41F205X/CN=ZACCARIA MARIANGELA OLGA PIA"),
        ("small", "/C=IT/serialNumber=tinit-zccmng60a41f205x/CN=Zaccaria"),
    ] {
        let key = key_of(&pki.issue(name, subject, "P-256", "person", 30));
        let pdf = sign(&document(&Shape::default()), &request(0), &key).unwrap();
        let judge = |code: &str| {
            let signers = vec![(PEOPLE[0].0.to_owned(), code.to_owned())];
            let revocation = Revocation::IfAvailable;
            let policy = Policy { at: Some(in_days(0)), signers, revocation, ..Policy::default() };
            verify_pdf(&pdf, None, &trust(&pki), &policy).unwrap()
        };
        for code in ["ZCCMNG60A41F205X", "zccmng60a41f205x"] {
            assert_eq!(judge(code).overall, Verdict::TotalPassed, "{name}, {code}");
        }
        let stranger = judge("MLNCRS75B12F205Z");
        assert_eq!(stranger.overall, Verdict::Indeterminate, "{name}");
        let own = &stranger.signatures[0];
        assert_eq!(own.sub_indication, Some(SubIndication::SigConstraintsFailure), "{name}");
    }
    // A name and no code is nobody.
    let key = key_of(&pki.issue("nobody", "/C=IT/CN=Mariangela Zaccaria", "P-256", "person", 30));
    let pdf = sign(&document(&Shape::default()), &request(0), &key).unwrap();
    let report = judged(&pdf, &trust(&pki), in_days(0));
    assert_eq!(report.signatures[0].fiscal_code, None);
}

#[test]
fn the_person_expected_must_have_signed() {
    let pdf = support::signed(2);
    let trust = Trust::of(&support::anchors()).unwrap();
    let expecting = |pairs: &[(usize, usize)]| {
        let signers =
            pairs.iter().map(|(f, p)| (PEOPLE[*f].0.to_owned(), PEOPLE[*p].3.to_owned())).collect();
        let policy = Policy { signers, ..Policy::default() };
        verify_pdf(&pdf, None, &trust, &policy).unwrap()
    };
    assert_eq!(expecting(&[(0, 0), (1, 1)]).overall, Verdict::TotalPassed);
    let wrong = expecting(&[(0, 1)]);
    assert_eq!(wrong.overall, Verdict::Indeterminate);
    assert_eq!(wrong.signatures[0].sub_indication, Some(SubIndication::SigConstraintsFailure));
    assert!(wrong.signatures[0].reasons.iter().any(|r| r.contains("spetta a")), "{wrong:#?}");
    let missing = expecting(&[(3, 3)]);
    assert_eq!(missing.overall, Verdict::Indeterminate);
    assert!(missing.reasons.iter().any(|r| r.contains("manca la firma")), "{missing:#?}");
}

/// A Trusted List with one service for certificates and one for timestamps.
fn list(authority: &[u8], tsa: &[u8], status: &str, since: &str, extra: &str) -> String {
    use base64ct::{Base64, Encoding};
    let service = |kind: &str, der: &[u8], extra: &str| {
        format!(
            "<TSPService><ServiceInformation>\
             <ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/{kind}\
             </ServiceTypeIdentifier><ServiceName><Name xml:lang=\"en\">Service</Name>\
             <Name xml:lang=\"it\">Servizio</Name></ServiceName>\
             <ServiceDigitalIdentity><DigitalId><X509Certificate>\n{}\n</X509Certificate>\
             </DigitalId></ServiceDigitalIdentity><ServiceStatus>\
             http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/{status}</ServiceStatus>\
             <StatusStartingTime>{since}</StatusStartingTime></ServiceInformation>{extra}</TSPService>",
            Base64::encode_string(der)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\"><SchemeInformation>\
         <TSLSequenceNumber>7</TSLSequenceNumber><SchemeTerritory>IT</SchemeTerritory>\
         <ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>\
         <NextUpdate><dateTime>2199-01-01T00:00:00Z</dateTime></NextUpdate></SchemeInformation>\
         <TrustServiceProviderList><TrustServiceProvider><TSPInformation>\
         <TSPName><Name xml:lang=\"it\">Prestatore</Name></TSPName></TSPInformation><TSPServices>{}{}\
         </TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>",
        service("CA/QC", authority, extra),
        service("TSA/QTST", tsa, "")
    )
}

#[test]
fn a_trusted_list_says_who_is_qualified_and_since_when() {
    let pki = authority("listed");
    // QcCompliance, QcSSCD, QcType eSign.
    let statements = "302830080606 04008E460101 30080606 04008E460104 \
                      30130606 04008E460106 30090607 04008E46010601"
        .replace(' ', "");
    let section = format!(
        "\n[device]\nkeyUsage=critical,nonRepudiation\nauthorityKeyIdentifier=keyid\n\
         1.3.6.1.5.5.7.1.3=DER:{}\n",
        sized(&statements)
    );
    let extensions = String::from_utf8(pki.read("ext.cnf")).unwrap() + &section;
    std::fs::write(pki.dir.join("ext.cnf"), extensions).unwrap();
    let qualified = key_of(&pki.issue("q", SUBJECT, "P-256", "device", 30));
    let declared = key_of(&pki.issue("d", SUBJECT, "P-256", "qualified", 30));
    let tsa = pki.openssl(&["x509", "-in", "tsa.pem", "-outform", "DER"]);
    let sign_with = |key: &FileKey| sign(&document(&Shape::default()), &request(0), key).unwrap();
    let (qualified, declared) = (sign_with(&qualified), sign_with(&declared));
    let policy = Policy {
        at: Some(in_days(0)),
        qualified: true,
        revocation: Revocation::IfAvailable,
        ..Policy::default()
    };
    let judge = |pdf: &[u8], xml: &str| {
        let list = TrustedList::import(xml.as_bytes(), &TrustedList::fingerprint(xml.as_bytes()));
        let trust = Trust::default().with_list(&list.unwrap());
        verify_pdf(pdf, None, &trust, &policy).unwrap()
    };
    let granted = list(&pki.anchor(), &tsa, "granted", "2020-01-01T00:00:00Z", "");
    let report = judge(&qualified, &granted);
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    let said = &report.signatures[0].qualification;
    assert!(said.compliance && said.device && said.granted == Some(true));
    assert_eq!(said.quality(), Quality::Qualified);
    assert_eq!(said.purpose, Some(Purpose::Signature));
    assert_eq!(said.service.as_deref(), Some("Servizio (Prestatore)"));
    assert_eq!(judge(&declared, &granted).overall, Verdict::Indeterminate, "no device");

    let withdrawn = list(&pki.anchor(), &tsa, "withdrawn", "2020-01-01T00:00:00Z", "");
    assert_eq!(judge(&qualified, &withdrawn).overall, Verdict::Indeterminate);
    // Withdrawn today, granted when the certificate was issued and used.
    let history = "<ServiceHistory><ServiceHistoryInstance>\
        <ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted</ServiceStatus>\
        <StatusStartingTime>2019-01-01T00:00:00Z</StatusStartingTime>\
        </ServiceHistoryInstance></ServiceHistory>";
    let tomorrow = in_days(1).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ended = list(&pki.anchor(), &tsa, "withdrawn", &tomorrow, history);
    assert_eq!(judge(&qualified, &ended).overall, Verdict::TotalPassed);
    let yesterday = in_days(-1).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ended = list(&pki.anchor(), &tsa, "withdrawn", &yesterday, history);
    let report = judge(&qualified, &ended);
    assert_eq!(report.signatures[0].qualification.granted, Some(false));
    assert_eq!(report.signatures[0].qualification.quality(), Quality::Advanced, "it only says so");
    assert_eq!(report.overall, Verdict::Indeterminate);
    // Granted for seals only.
    let seals = "<ServiceInformationExtensions><Extension Critical=\"true\">\
        <AdditionalServiceInformation><URI xml:lang=\"en\">\
        http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals</URI>\
        </AdditionalServiceInformation></Extension></ServiceInformationExtensions></ServiceInformation>";
    let seals = granted.replacen("</ServiceInformation>", seals, 1);
    assert_eq!(judge(&qualified, &seals).overall, Verdict::Indeterminate);
}

#[test]
fn a_development_certificate_is_refused_where_a_qualified_one_is_asked_for() {
    let development = Trust::of(&support::anchors()).unwrap();
    let asked = Policy { qualified: true, ..Policy::default() };
    let report = verify_pdf(&support::signed(1), None, &development, &asked).unwrap();
    assert_eq!(
        answer(&report),
        (Verdict::Indeterminate, Some(SubIndication::ChainConstraintsFailure))
    );
    assert!(report.signatures[0].reasons.iter().any(|r| r.contains("qualificat")));
}

/// The statements with the length of their outer sequence put right.
fn sized(hex: &str) -> String {
    let body = &hex[4..];
    format!("30{:02X}{body}", body.len() / 2)
}

#[test]
fn a_trusted_list_is_taken_only_as_confirmed() {
    let pki = authority("confirmed");
    let xml = list(&pki.anchor(), &pki.anchor(), "granted", "2020-01-01T00:00:00Z", "");
    let fingerprint = TrustedList::fingerprint(xml.as_bytes());
    let spaced: String = fingerprint
        .as_bytes()
        .chunks(2)
        .map(|c| format!("{}:", String::from_utf8_lossy(c).to_uppercase()))
        .collect();
    let taken = TrustedList::import(xml.as_bytes(), &spaced).unwrap();
    assert_eq!((taken.territory.as_str(), taken.sequence, taken.services().len()), ("IT", 7, 2));
    let altered = xml.replacen("granted", "grantee", 1);
    let refused = TrustedList::import(altered.as_bytes(), &fingerprint);
    assert!(matches!(refused, Err(TrustedListError::Fingerprint { .. })), "{refused:?}");
    let import = |text: &str| {
        TrustedList::import(text.as_bytes(), &TrustedList::fingerprint(text.as_bytes()))
    };
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
    for text in ["", "<a/>", "<TrustServiceStatusList/>", bomb, "\u{0}"] {
        assert!(matches!(import(text), Err(TrustedListError::NotAList(_))), "{text}");
    }
}

#[test]
fn a_timestamp_by_whom_may_not_stamp_or_is_not_known_does_not_pass() {
    let pki = authority("stampers");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "listed", 30));
    let issued = document(&Shape::default());
    let list = pki.list();
    let trust = |anchors: &[Vec<u8>]| Trust::of(anchors).unwrap().with_revocation(&list).unwrap();
    let stamped =
        |pki: &Pki| sign_all(&[(&issued, request(0))], &key, Some(pki)).pop().unwrap().unwrap().pdf;
    let good = stamped(&pki);
    let report = judged(&good, &trust(&[pki.anchor()]), in_days(0));
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(report.signatures[0].timestamps[0].authority, "Marche di prova");
    // Another authority, not trusted here.
    let other = authority("stampers-other");
    let foreign = stamped(&other);
    let report = judged(&foreign, &trust(&[pki.anchor()]), in_days(0));
    assert_eq!(answer(&report).0, Verdict::Indeterminate);
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!(stamp.sub_indication, Some(SubIndication::NoCertificateChainFound));
    assert_eq!(report.signatures[0].level, Some(Level::T), "what it is, not what it is worth");
}

/// A container made by OpenSSL.
fn contain(pki: &Pki, input: &str, out: &str, who: &str, extra: &[&str]) -> Vec<u8> {
    let (pem, key) = (format!("{who}.pem"), format!("{who}.key"));
    let mut arguments = vec!["cms", "-sign", "-binary", "-cades", "-nosmimecap"];
    arguments.extend(["-in", input, "-out", out, "-signer", &pem, "-inkey", &key]);
    if !extra.contains(&"-outform") {
        arguments.extend(["-outform", "DER"]);
    }
    if !extra.contains(&"-detached") {
        arguments.push("-nodetach");
    }
    arguments.extend(extra.iter().filter(|a| **a != "-detached"));
    pki.openssl(&arguments);
    pki.read(out)
}

#[test]
fn containers_of_every_encoding_are_opened_and_checked() {
    let pki = authority("containers");
    pki.issue("signer", SUBJECT, "RSA-2048", "listed", 30);
    pki.issue("second", "/C=IT/serialNumber=IT:MLNCRS75B12F205Z/CN=Secondo", "P-384", "listed", 30);
    std::fs::write(pki.dir.join("doc.bin"), vec![b'x'; 70_000]).unwrap();
    let trust = Trust::of(&[pki.anchor()]).unwrap().with_revocation(&pki.list()).unwrap();
    let policy = Policy { at: Some(in_days(0)), ..Policy::default() };
    let make =
        |input: &str, out: &str, who: &str, extra: &[&str]| contain(&pki, input, out, who, extra);
    let content = vec![b'x'; 70_000];
    let pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];
    let (pss_256, pss_512) =
        ([&["-md", "sha256"][..], &pss].concat(), [&["-md", "sha512"][..], &pss].concat());
    let cases: [(&str, &[&str]); 7] = [
        ("der", &["-md", "sha256"]),
        ("ber", &["-md", "sha256", "-stream"]),
        ("pem", &["-md", "sha512", "-outform", "PEM"]),
        ("key-identifier", &["-md", "sha384", "-keyid"]),
        ("pss", &pss_256),
        ("pss-512", &pss_512),
        ("p384", &["-md", "sha384"]),
    ];
    for (name, extra) in cases {
        let who = if name == "p384" { "second" } else { "signer" };
        let p7m = make("doc.bin", "doc.p7m", who, extra);
        let report = verify_any(&p7m, Some(&content), &trust, &policy).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{name}: {report:#?}");
        assert_eq!(report.content.as_deref(), Some(content.as_slice()), "{name}");
        assert_eq!(report.signatures[0].level, Some(Level::B));
        let other = verify_any(&p7m, Some(b"altro"), &trust, &policy).unwrap();
        assert_eq!(other.overall, Verdict::TotalFailed, "{name}: another content");
    }
    // One in the other.
    make("doc.bin", "one.p7m", "signer", &["-md", "sha256"]);
    let two = make("one.p7m", "two.p7m", "second", &["-md", "sha512"]);
    let report = verify_any(&two, Some(&content), &trust, &policy).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    let codes: Vec<_> = report.signatures.iter().filter_map(|s| s.fiscal_code.clone()).collect();
    assert_eq!(codes, ["MLNCRS75B12F205Z", "ZCCMNG60A41F205X"]);
    // Without the document inside.
    let detached = make("doc.bin", "detached.p7s", "signer", &["-detached"]);
    let report = verify_any(&detached, None, &trust, &policy).unwrap();
    assert_eq!(report.overall, Verdict::Indeterminate);
}
