// SPDX-License-Identifier: AGPL-3.0-or-later
//! Keys of every kind, time-stamps and the levels above B-B, with openssl as authority and poppler
//! as judge.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/pki.rs"]
mod pki;
mod support;

use std::path::PathBuf;
use std::sync::Mutex;

use delibera_signature::{
    DEFAULT_RESERVE, EvidenceError, Fetch, FileKey, Holder, KeyError, Level, Network, Quality,
    Request, SignError, Signer, Verdict, augment, ecdsa_der, level, prepare, sign, sign_all,
    verify,
};
use pki::{Issued, Pki};
use support::{PEOPLE, Shape, document, instant, pdfsig};

const SUBJECT: &str = "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn authority(name: &str) -> Pki {
    Pki::new(&folder(name), "http://prove.invalid")
}

fn key_of(issued: &Issued) -> FileKey {
    FileKey::new(&issued.key, vec![issued.certificate.clone()]).expect("a key")
}

fn request<'a>(field: &'a str, lines: &'a [String]) -> Request<'a> {
    Request {
        field,
        name: "Mariangela Zaccaria",
        reason: None,
        lines,
        signing_time: instant(),
        reserve: 2 * DEFAULT_RESERVE,
    }
}

/// The authority asked directly; what it was asked is kept, and any part of it can be down.
struct Direct<'p> {
    pki: &'p Pki,
    down: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<&'static str>>,
}

impl<'p> Direct<'p> {
    fn new(pki: &'p Pki) -> Self {
        Direct { pki, down: Mutex::default(), asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn set_down(&self, services: &[&'static str]) {
        *self.down.lock().unwrap() = services.to_vec();
    }
}

impl Network for Direct<'_> {
    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        let service = match what {
            Fetch::Timestamp(_) => "tsa",
            Fetch::Ocsp { .. } => "ocsp",
            Fetch::Crl(_) => "crl",
            Fetch::Issuer(_) => "issuer",
        };
        self.asked.lock().unwrap().push(service);
        if self.down.lock().unwrap().contains(&service) {
            return Err(EvidenceError::Unreachable { url: service.into(), why: "giù".into() });
        }
        self.pki.fetch(what)
    }
}

/// Poppler calls so many signatures valid; it does not examine document time-stamps.
fn valid(name: &str, pdf: &[u8], count: usize) {
    let said = pdfsig(name, pdf);
    assert_eq!(said.matches("Signature is Valid.").count(), count, "{said}");
}

#[test]
fn every_kind_of_key_signs_and_the_hash_matches_the_curve() {
    let pki = authority("kinds");
    for kind in ["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"] {
        let key = key_of(&pki.issue(kind, SUBJECT, kind, "person", 30));
        let issued = document(&Shape::default());
        let signed = sign(&issued, &request(PEOPLE[0].0, &[]), &key).expect(kind);
        valid(&format!("{kind}.pdf"), &signed, 1);
        let said = pdfsig(&format!("{kind}.pdf"), &signed);
        let hash = if kind == "P-384" { "SHA-384" } else { "SHA-256" };
        assert!(said.contains(&format!("Signing Hash Algorithm: {hash}")), "{kind}: {said}");
        let report = verify(&signed, Some(&issued), &[pki.anchor()]).unwrap();
        assert!(report.signatures[0].intact, "{kind}: {:?}", report.signatures[0].reasons);
        assert_eq!(report.signatures[0].fiscal_code.as_deref(), Some("ZCCMNG60A41F205X"));
    }
}

#[test]
fn a_raw_ecdsa_signature_becomes_the_pair_that_was_signed() {
    let raw = |first: u8, last: u8| {
        let mut bytes = vec![1; 64];
        (bytes[0], bytes[32]) = (first, last);
        bytes
    };
    let small = ecdsa_der(&raw(1, 1)).unwrap();
    assert_eq!((small[0], small[1], small[2], small[3]), (0x30, 68, 2, 32));
    let high = ecdsa_der(&raw(0x80, 0xFF)).unwrap();
    assert_eq!((high[1], &high[2..5]), (70, &[2, 33, 0][..]));
    let mut zeros = raw(0, 1);
    zeros[1] = 0;
    assert_eq!(ecdsa_der(&zeros).unwrap()[3], 30, "leading zeros are not part of a number");
    assert_eq!(ecdsa_der(&[0x81; 132]).unwrap()[..3], [0x30, 0x81, 138]);
    assert!(ecdsa_der(&[1; 63]).is_err() && ecdsa_der(&[]).is_err());
}

#[test]
fn a_certificate_says_who_until_when_and_of_which_quality() {
    let pki = authority("holders");
    let advanced = pki.issue("advanced", SUBJECT, "P-256", "person", 30);
    let holder = Holder::read(&advanced.certificate).unwrap();
    assert_eq!(holder.quality, Quality::Advanced);
    assert_eq!(holder.is_of("zccmng60a41f205x"), Ok(()));
    assert!(matches!(holder.is_of("MLNCRS75B12F205Z"), Err(KeyError::NotThePerson { .. })));
    let now = holder.not_before + chrono::TimeDelta::days(1);
    assert_eq!(holder.may_sign(now, Quality::Advanced), Ok(()));
    assert_eq!(holder.may_sign(now, Quality::Qualified), Err(KeyError::NotQualified("avanzato")));
    let later = now + chrono::TimeDelta::days(40);
    assert!(matches!(holder.may_sign(later, Quality::Advanced), Err(KeyError::Expired(_))));
    let qualified = pki.issue("qualified", SUBJECT, "P-256", "sscd", 30);
    assert_eq!(Holder::read(&qualified.certificate).unwrap().quality, Quality::Qualified);
    let outside = pki.issue("outside", SUBJECT, "P-256", "qualified", 30);
    let outside = Holder::read(&outside.certificate).unwrap();
    assert_eq!(outside.quality, Quality::Advanced, "its key is in no qualified device");
    let seal = "/C=IT/O=Comune/organizationIdentifier=VATIT-01199250158/CN=Comune";
    let seal = pki.issue("seal", seal, "P-256", "person", 30);
    assert_eq!(Holder::read(&seal.certificate).unwrap().is_of("01199250158"), Ok(()));
    let development = support::person(0);
    let holder = Holder::read(development.certificate()).unwrap();
    assert_eq!(holder.quality, Quality::Development);
    let weak = pki.issue("weak", SUBJECT, "RSA-1024", "person", 30);
    assert!(FileKey::new(&weak.key, vec![weak.certificate]).is_err());
}

#[test]
fn a_level_is_reached_step_by_step_and_what_was_signed_stays_a_prefix() {
    let pki = authority("steps");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "person", 30));
    let issued = document(&Shape::default());
    let net = Direct::new(&pki);
    let signed = sign(&issued, &request(PEOPLE[0].0, &[]), &key).unwrap();
    assert_eq!(level(&signed).unwrap(), Level::B);
    for target in [Level::T, Level::Lt, Level::Lta] {
        let up = augment(&signed, target, false, &net).unwrap();
        assert!(up.shortfall.is_none(), "{:?}", up.shortfall);
        assert_eq!(up.level, target);
        assert!(up.pdf.starts_with(&signed));
        assert_eq!(up.renew_by.is_some(), target == Level::Lta);
        valid(&format!("{}.pdf", target.token()), &up.pdf, 1);
        let report = verify(&up.pdf, Some(&issued), &[pki.anchor()]).unwrap();
        assert_ne!(report.overall, Verdict::TotalFailed, "{report:?}");
    }
}

#[test]
fn a_time_stamp_goes_into_the_signature_and_one_authority_down_is_asked_once() {
    let pki = authority("in-signature");
    let key = key_of(&pki.issue("signer", SUBJECT, "RSA-2048", "person", 30));
    let net = Direct::new(&pki);
    let issued = document(&Shape::default());
    let orders: Vec<_> = (0..3).map(|n| (issued.as_slice(), request(PEOPLE[n].0, &[]))).collect();
    let signed = sign_all(&orders, &key, Some(&net));
    assert_eq!(net.asked(), ["tsa"; 3]);
    for (n, one) in signed.into_iter().enumerate() {
        let one = one.unwrap();
        assert_eq!((one.level, level(&one.pdf).unwrap()), (Level::T, Level::T));
        valid(&format!("stamped-{n}.pdf"), &one.pdf, 1);
    }
    net.set_down(&["tsa"]);
    let signed = sign_all(&orders, &key, Some(&net));
    assert_eq!(net.asked(), ["tsa"], "who does not answer is not asked for each document");
    let first = signed[0].as_ref().unwrap();
    assert_eq!(first.level, Level::B);
    assert!(matches!(
        first.shortfall,
        Some(SignError::Evidence(EvidenceError::Unreachable { .. }))
    ));
    assert!(signed.iter().all(|s| s.as_ref().is_ok_and(|s| s.level == Level::B)));
}

#[test]
fn what_the_network_gave_is_kept_and_the_rest_is_said() {
    let pki = authority("half");
    let key = key_of(&pki.issue("signer", SUBJECT, "P-256", "person", 30));
    let net = Direct::new(&pki);
    let signed = sign(&document(&Shape::default()), &request(PEOPLE[0].0, &[]), &key).unwrap();
    net.set_down(&["tsa"]);
    let none = augment(&signed, Level::Lta, false, &net).unwrap();
    assert_eq!((none.level, none.pdf == signed), (Level::B, true));
    assert!(none.shortfall.is_some());
    net.set_down(&["ocsp", "crl"]);
    let half = augment(&signed, Level::Lta, false, &net).unwrap();
    assert_eq!(half.level, Level::T);
    net.set_down(&["ocsp"]);
    net.asked();
    let rest = augment(&half.pdf, Level::Lta, false, &net).unwrap();
    // The authority of the time-stamps has no revocation list: OCSP down is a reason to wait.
    assert_eq!(rest.level, Level::T);
    assert!(net.asked().contains(&"crl"), "the list is asked when OCSP does not answer");
    net.set_down(&[]);
    let whole = augment(&rest.pdf, Level::Lta, false, &net).unwrap();
    assert_eq!(whole.level, Level::Lta);
    valid("half.pdf", &whole.pdf, 1);
    let renewed = augment(&whole.pdf, Level::Lta, true, &net).unwrap();
    assert_eq!(renewed.level, Level::Lta);
    assert!(renewed.pdf.starts_with(&whole.pdf) && renewed.pdf.len() > whole.pdf.len());
    valid("renewed.pdf", &renewed.pdf, 1);
}

#[test]
fn a_development_certificate_says_nowhere_to_ask_and_stops_below_lt() {
    let pki = authority("development");
    let net = Direct::new(&pki);
    let up = augment(&support::signed(2), Level::Lta, false, &net).unwrap();
    assert_eq!(up.level, Level::T);
    assert!(matches!(up.shortfall, Some(SignError::Evidence(EvidenceError::NoSource(_)))));
    valid("development.pdf", &up.pdf, 2);
}

/// Answers every question about a time with the answer to another.
struct Liar<'p>(&'p Pki);

impl Network for Liar<'_> {
    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        let Fetch::Timestamp(query) = what else { return Err(EvidenceError::NoAuthority) };
        let mut other = query.to_vec();
        let at = other.len() / 2;
        other[at] ^= 1;
        Ok(self.0.time_stamp(&other))
    }
}

#[test]
fn a_time_stamp_of_something_else_is_not_taken() {
    let pki = authority("liar");
    let up = augment(&support::signed(1), Level::T, false, &Liar(&pki)).unwrap();
    assert_eq!(up.level, Level::B);
    assert!(matches!(up.shortfall, Some(SignError::Evidence(EvidenceError::Foreign(_)))));
}

#[test]
fn openssl_signs_the_content_of_a_prepared_document_and_it_becomes_a_signature_in_it() {
    let pki = authority("offline");
    let who = pki.issue("signer", SUBJECT, "RSA-3072", "person", 30);
    let issued = document(&Shape::default());
    for extra in [&["-nodetach"][..], &[]] {
        let prepared = prepare(&issued, &request(PEOPLE[0].0, &[])).unwrap();
        std::fs::write(pki.dir.join("content.bin"), prepared.content()).unwrap();
        let mut arguments = vec![
            "cms",
            "-sign",
            "-binary",
            "-cades",
            "-md",
            "sha256",
            "-in",
            "content.bin",
            "-signer",
            "signer.pem",
            "-inkey",
            "signer.key",
            "-outform",
            "DER",
            "-out",
            "content.p7m",
        ];
        arguments.extend(extra);
        pki.openssl(&arguments);
        let p7m = pki.read("content.p7m");
        let signed = prepared.clone().embed(&p7m).unwrap();
        valid("offline.pdf", &signed, 1);
        let report = verify(&signed, Some(&issued), &[pki.anchor()]).unwrap();
        assert!(report.signatures[0].intact && report.covers_whole, "{report:?}");
        std::fs::write(pki.dir.join("content.bin"), b"altro").unwrap();
        pki.openssl(&arguments);
        let foreign = prepared.embed(&pki.read("content.p7m"));
        assert!(matches!(foreign, Err(SignError::ForeignCms(_))), "{foreign:?}");
    }
    assert!(who.certificate_file.exists());
}
