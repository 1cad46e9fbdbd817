// SPDX-License-Identifier: AGPL-3.0-or-later
//! Structure-aware fuzzing on stable Rust: tokens, numbers, lengths and whole objects of signed
//! files are cut, copied, swapped and rewritten for a bounded time. Nothing may panic, take long,
//! or pass with other bytes. `DELIBERA_FUZZ_SECONDS` (default 6) and `DELIBERA_FUZZ_SEED` (default
//! 1) choose how long and from where; both are printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

#[path = "support/forge.rs"]
mod forge;
#[path = "support/pki.rs"]
mod pki;
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use delibera_signature::{
    EvidenceError, Fetch, FileKey, Level, Network, Policy, Request, Revocation, Trust, Verdict,
    augment, evidence, fields, level, page_count, prepare, sign, verify_any, verify_container,
};
use forge::{Noise, append_packed, hole, tell};
use support::*;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Longest a single file may take.
const LONGEST: Duration = Duration::from_secs(4);

/// Files that every part tries, however long it takes.
const LEAST: usize = 50;

struct Harness {
    noise: Noise,
    until: Instant,
    tried: usize,
    read: usize,
    slowest: Duration,
}

impl Harness {
    fn new(part: u64) -> Self {
        let (seconds, seed) =
            (setting("DELIBERA_FUZZ_SECONDS", 6), setting("DELIBERA_FUZZ_SEED", 1));
        let noise = Noise((seed ^ part << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let until = Instant::now() + Duration::from_secs(seconds) / 2;
        Harness { noise, until, tried: 0, read: 0, slowest: Duration::ZERO }
    }

    fn run(&mut self, work: impl FnOnce() -> bool) {
        let start = Instant::now();
        self.read += usize::from(work());
        self.tried += 1;
        self.slowest = self.slowest.max(start.elapsed());
        assert!(self.slowest < LONGEST, "{:?}", self.slowest);
    }

    fn close(self, what: &str) {
        let seed = setting("DELIBERA_FUZZ_SEED", 1);
        tell(&format!(
            "fuzz {what}: seed {seed}, {} files, {} still readable, slowest {:?}\n",
            self.tried, self.read, self.slowest
        ));
        assert!(self.tried > LEAST && self.read > 0, "{} tried, {} read", self.tried, self.read);
    }

    /// The time is not over, or a slow machine has tried too little.
    fn goes_on(&self) -> bool {
        self.tried <= LEAST || Instant::now() < self.until
    }
}

const WORDS: [&[u8]; 40] = [
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"/",
    b"%",
    b" R",
    b"0 R",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1",
    b"65535",
    b"2147483647",
    b"4294967296",
    b"99999999999999999999",
    b"obj",
    b"endobj",
    b"stream\n",
    b"endstream",
    b"xref\n",
    b"trailer",
    b"startxref",
    b"%%EOF",
    b"/Prev",
    b"/Kids",
    b"/Annots",
    b"/Length",
    b"/Type/ObjStm",
    b"/Type/XRef",
    b"/W[1 4 1]",
    b"/Index[0 9]",
    b"/DSS",
    b"/ByteRange[0 1 2 3]",
    b"/Filter/FlateDecode",
];

/// Cuts a file the way its grammar is cut: at white space and delimiters.
fn token(bytes: &[u8], at: usize) -> (usize, usize) {
    let edge = |b: &u8| b" \n\r\t<>[]()/".contains(b);
    let start = bytes[..at].iter().rposition(edge).map_or(0, |p| p + 1);
    let end = bytes[at..].iter().position(edge).map_or(bytes.len(), |p| at + p);
    (start, end.max(start))
}

fn mutate_pdf(noise: &mut Noise, bytes: &mut Vec<u8>) {
    if bytes.len() < 64 {
        return;
    }
    // Most of a file is font and padding: half of the blows go where the structure is.
    let tail = bytes.len() - bytes.len().min(6000);
    let at = match noise.below(2) {
        0 => noise.below(bytes.len()),
        _ => tail + noise.below(bytes.len() - tail),
    };
    let (start, end) = token(bytes, at.min(bytes.len() - 1));
    // Half of the changes keep every offset where it was, so that the reader gets further.
    let word = WORDS[noise.below(WORDS.len())];
    match noise.below(14) {
        0..=4 => {
            let room = end - start;
            bytes[start..end].fill(b' ');
            let length = word.len().min(room);
            bytes[start..start + length].copy_from_slice(&word[..length]);
        }
        5..=7 => {
            let other = token(bytes, noise.below(bytes.len()));
            let length = (end - start).min(other.1 - other.0);
            let piece = bytes[other.0..other.0 + length].to_vec();
            bytes[start..start + length].copy_from_slice(&piece);
        }
        8 => bytes[at] ^= 1 << noise.below(8),
        9 => drop(bytes.splice(start..end, word.iter().copied())),
        10 => drop(bytes.drain(start..end)),
        11 => {
            let length = noise.below(400).min(bytes.len() - at);
            let piece = bytes[at..at + length].to_vec();
            let to = noise.below(bytes.len());
            drop(bytes.splice(to..to, piece));
        }
        12 => {
            let deep = WORDS[noise.below(4)].repeat(noise.below(300));
            drop(bytes.splice(at..at, deep));
        }
        _ => {
            let digits = bytes[start..end].iter().all(u8::is_ascii_digit);
            let number = noise.below(if digits { bytes.len() * 2 } else { 10 });
            drop(bytes.splice(start..end, number.to_string().into_bytes()));
        }
    }
}

#[test]
fn the_reader_of_pdfs_survives_anything() {
    let mut harness = Harness::new(1);
    let signed = signed(2);
    let catalog = find(&signed, typed("Catalog"));
    let text =
        object_text(&signed, catalog).replacen("/Type/Catalog", "/Type/Catalog/DSS 900 0 R", 1);
    let store = "<</Type/DSS/VRI<<>>/Certs[]/CRLs[]>>".to_owned();
    let packed = append_packed(&signed, &[(catalog, text), (900, store)]);
    let corpus = [signed.clone(), packed, document(&Shape::default())];
    let (trust, policy) = (Trust::of(&anchors()).unwrap(), Policy::default());
    while harness.goes_on() {
        let origin = &corpus[harness.noise.below(corpus.len())];
        let mut bytes = origin.clone();
        for _ in 0..1 + harness.noise.below(4) {
            mutate_pdf(&mut harness.noise, &mut bytes);
        }
        harness.run(|| {
            let report = verify_any(&bytes, None, &trust, &policy);
            if let Ok(report) = &report
                && report.overall == Verdict::TotalPassed
            {
                // Only the update that no signature covers may be written otherwise.
                assert!(bytes.starts_with(&signed), "passed with other bytes");
            }
            let _ = (fields(&bytes), page_count(&bytes), level(&bytes));
            let lines = lines(3);
            let _ = prepare(&bytes, &request(3, &lines));
            report.is_ok()
        });
    }
    harness.close("PDF");
}

/// Rewrites the lengths above a place, so that the change reaches deeper than the first header.
fn mutate_der(noise: &mut Noise, bytes: &mut Vec<u8>) {
    let at = noise.below(bytes.len().max(1));
    if at >= bytes.len() {
        return;
    }
    const TAGS: [u8; 16] = [
        0x30, 0x31, 0xA0, 0xA1, 0x04, 0x24, 0x02, 0x06, 0x05, 0x03, 0x80, 0x82, 0x17, 0x18, 0x1F,
        0x00,
    ];
    match noise.below(7) {
        0 => bytes[at] ^= 1 << noise.below(8),
        1 => bytes[at] = TAGS[noise.below(TAGS.len())],
        2 => bytes[at] = [0x80, 0x81, 0x82, 0x84, 0x88, 0xFF, 0x00, 0x7F][noise.below(8)],
        3 => drop(bytes.drain(at..(at + noise.below(40)).min(bytes.len()))),
        4 => {
            let length = noise.below(200).min(bytes.len() - at);
            let piece = bytes[at..at + length].to_vec();
            let to = noise.below(bytes.len());
            drop(bytes.splice(to..to, piece));
        }
        5 => drop(bytes.splice(at..at, [0x30, 0x80].repeat(noise.below(200)))),
        _ => drop(bytes.splice(at..at, [0, 0].repeat(1 + noise.below(3)))),
    }
}

/// The element at the start of `bytes` wrapped anew, in the indefinite form or with its length.
fn rewrap(noise: &mut Noise, bytes: &mut Vec<u8>) {
    let Some((header, _)) = header(bytes) else { return };
    let body = bytes.split_off(header);
    if noise.below(2) == 0 {
        *bytes = [&[0x30, 0x80][..], &body, &[0, 0]].concat();
    } else {
        let length = (body.len() as u32).to_be_bytes();
        *bytes = [&[0x30, 0x84][..], &length, &body].concat();
    }
}

fn header(bytes: &[u8]) -> Option<(usize, u8)> {
    let first = *bytes.get(1)?;
    let header = 2 + if first > 0x80 { usize::from(first & 0x7F) } else { 0 };
    (header <= bytes.len()).then_some((header, first))
}

#[test]
fn the_reader_of_cms_survives_anything() {
    let mut harness = Harness::new(2);
    let pdf = signed(1);
    let (start, end) = hole(&pdf, 0);
    let text = std::str::from_utf8(&pdf[start..end]).unwrap();
    let bytes = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let whole: Vec<u8> = (0..text.len()).step_by(2).map(bytes).collect();
    let length = 4 + usize::from(whole[2]) * 256 + usize::from(whole[3]);
    let cms = whole[..length].to_vec();
    let (trust, policy) = (Trust::of(&anchors()).unwrap(), Policy::default());
    let report = verify_container(&cms, None, &trust, &policy).unwrap();
    assert!(!report.signatures.is_empty(), "the honest one is read");
    while harness.goes_on() {
        let mut altered = cms.clone();
        for _ in 0..1 + harness.noise.below(3) {
            mutate_der(&mut harness.noise, &mut altered);
        }
        if harness.noise.below(3) == 0 {
            rewrap(&mut harness.noise, &mut altered);
        }
        // In a PDF too, where it must be exactly DER.
        let mut inside = pdf.clone();
        let hex: String =
            altered.iter().take((end - start) / 2).map(|b| format!("{b:02x}")).collect();
        inside[start..end].fill(b'0');
        inside[start..start + hex.len()].copy_from_slice(hex.as_bytes());
        let same = inside == pdf;
        harness.run(|| {
            let alone = verify_container(&altered, None, &trust, &policy);
            assert!(alone.as_ref().is_ok_and(|r| r.overall == Verdict::TotalPassed).eq(&false));
            let report = verify_any(&inside, None, &trust, &policy);
            let passed = report.is_ok_and(|r| r.overall == Verdict::TotalPassed);
            assert!(same || !passed, "another signature passed");
            alone.is_ok()
        });
    }
    harness.close("CMS");
}

/// What a network answered, by what it was asked; it asks openssl what it does not know yet.
struct Answers<'p> {
    pki: Option<&'p pki::Pki>,
    known: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Network for Answers<'_> {
    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        let question = format!("{what:?}");
        let mut known = self.known.lock().unwrap();
        if let Some(answer) = known.get(&question) {
            return Ok(answer.clone());
        }
        let none = EvidenceError::Unreachable { url: "prove".into(), why: "giù".into() };
        let answer = self.pki.ok_or(none)?.fetch(what)?;
        known.insert(question, answer.clone());
        Ok(answer)
    }
}

fn authority(name: &str) -> pki::Pki {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    pki::Pki::new(&folder, "http://prove.invalid")
}

/// A document that somebody certified by the authority signs now.
fn signed_by(pki: &pki::Pki, name: &str, issued: &[u8]) -> Vec<u8> {
    let subject = format!("/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN={name}");
    let signer = pki.issue(name, &subject, "P-256", "person", 30);
    let key = FileKey::new(&signer.key, vec![signer.certificate.clone()]).unwrap();
    let lines = lines(0);
    let request = Request { signing_time: chrono::Utc::now(), ..request(0, &lines) };
    sign(issued, &request, &key).unwrap()
}

#[test]
fn answers_of_authorities_that_were_wounded_prove_nothing() {
    let pki = authority("wounded-answers");
    let issued = document(&Shape::default());
    let signed = signed_by(&pki, "signer", &issued);
    let asked = Answers { pki: Some(&pki), known: Mutex::default() };
    let honest = augment(&signed, Level::Lta, false, &asked).unwrap();
    assert_eq!((honest.level, honest.shortfall.is_none()), (Level::Lta, true));
    // The list is asked for where OCSP says nothing.
    asked.fetch(Fetch::Crl("http://prove.invalid/ca.crl")).unwrap();
    let answers = asked.known.into_inner().unwrap();
    for service in ["Timestamp", "Ocsp", "Crl"] {
        assert!(answers.keys().any(|question| question.starts_with(service)), "{service}");
    }
    let trust = Trust::of(&[pki.anchor()]).unwrap();
    let times = |pdf: &[u8]| -> Vec<_> {
        let report = verify_any(pdf, Some(&issued), &trust, &Policy::default()).unwrap();
        let passed = report.document_timestamps.into_iter();
        passed.filter(|stamp| stamp.verdict == Verdict::TotalPassed).map(|s| s.time).collect()
    };
    let honest = times(&honest.pdf);
    let questions: Vec<&String> = answers.keys().collect();
    let mut harness = Harness::new(3);
    while harness.goes_on() {
        let mut known = answers.clone();
        for _ in 0..1 + harness.noise.below(3) {
            let question = questions[harness.noise.below(questions.len())];
            mutate_der(&mut harness.noise, known.get_mut(question).unwrap());
        }
        let network = Answers { pki: None, known: Mutex::new(known) };
        harness.run(|| {
            // What an authority says badly costs a level, never the document.
            let reached = augment(&signed, Level::Lta, false, &network);
            let Ok(reached) = reached else { return false };
            assert!(reached.pdf.starts_with(&signed));
            assert!(reached.level == Level::Lta || reached.shortfall.is_some());
            for time in times(&reached.pdf) {
                assert!(honest.contains(&time), "another time passed: {time:?}");
            }
            reached.shortfall.is_none()
        });
    }
    harness.close("answers of TSA, OCSP and CRL");
}

#[test]
fn no_wounded_answer_makes_a_revoked_certificate_good() {
    let pki = authority("wounded-revocation");
    let issued = document(&Shape::default());
    let (good, bad) = (signed_by(&pki, "good", &issued), signed_by(&pki, "bad", &issued));
    let before = pki.list();
    pki.revoke("bad");
    let told = |pdf: &[u8]| [evidence(pdf, &pki).unwrap(), vec![pki.list()]].concat();
    // Just after every answer was given.
    let at = Some(chrono::Utc::now() + chrono::TimeDelta::minutes(1));
    let policy = Policy { at, revocation: Revocation::Required, ..Policy::default() };
    // Whether it passes, and how many of the answers could be read.
    let judged = |pdf: &[u8], answers: &[Vec<u8>]| {
        let (mut trust, mut read) = (Trust::of(&[pki.anchor()]).unwrap(), 0);
        for answer in answers {
            if let Ok(more) = trust.clone().with_revocation(answer) {
                (trust, read) = (more, read + 1);
            }
        }
        let report = verify_any(pdf, Some(&issued), &trust, &policy).unwrap();
        (report.overall == Verdict::TotalPassed, read)
    };
    assert_eq!(judged(&good, &told(&good)), (true, 2), "OCSP and list say that it is good");
    // Its own answers, those of another, and an older list: with both of its own wounded too.
    let honest = [told(&bad), told(&good), vec![before]].concat();
    assert!(!judged(&bad, &honest[..2]).0 && !judged(&bad, &honest).0);
    let mut harness = Harness::new(4);
    while harness.goes_on() {
        let mut answers = honest[..honest.len() - 1].to_vec();
        for _ in 0..1 + harness.noise.below(4) {
            let one = harness.noise.below(answers.len());
            mutate_der(&mut harness.noise, &mut answers[one]);
        }
        harness.run(|| {
            let (passes, read) = judged(&bad, &answers);
            assert!(!passes, "a revoked certificate passed");
            read == answers.len()
        });
    }
    harness.close("revocation");
}
