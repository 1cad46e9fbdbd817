// SPDX-License-Identifier: AGPL-3.0-or-later
//! One unit of work at a time, as `run.py` asks: `acts WHAT KEYS OUT` reads a number a line, does WHAT
//! with an act of that number, prints the nanoseconds it took. What it made last goes to OUT.
//!
//! Keys, certificates, fonts and templates are ready before, as they are in a running program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measure stops at the first surprise"
)]

#[path = "../crates/documents/tests/samples/mod.rs"]
mod samples;
#[path = "../tests/support/embedded.rs"]
mod support;

use chrono::{DateTime, TimeZone, Utc};
use delibera::domain::papers::{PaperFacts, PaperKind, sample};
use delibera::service::documents::Templates;
use delibera_documents::{Attachment, Document, Relationship, render};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, FileKey, Request, Signer, Verdict, fields, sign, verify,
};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;
use support::{Complete, with_files};

/// A measured unit of work: from an act's number to the bytes it leaves.
type Work = Box<dyn Fn(&str) -> Vec<u8>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, keys, out] = arguments.as_slice() else { panic!("usage: acts WHAT KEYS OUT") };
    let work = work(what, Path::new(keys));
    let mut made = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let number = line.unwrap();
        let start = Instant::now();
        made = work(&number);
        println!("{}", start.elapsed().as_nanos());
        std::io::stdout().flush().unwrap();
    }
    std::fs::write(out, made).unwrap();
}

fn work(what: &str, keys: &Path) -> Work {
    let ca = DevelopmentCa::from_seed(&[7; 32], instant()).unwrap();
    let person = ca.person("Anna", "Rossi", "RSSNNA80A41F205X").unwrap();
    match what {
        "p-256" | "rsa-2048" => {
            let read = |end: &str| std::fs::read(keys.join(format!("{what}.{end}"))).unwrap();
            let key = FileKey::new(&read("key"), vec![read("der")]).unwrap();
            Box::new(move |number| act(number, Vec::new(), &key))
        }
        "attachments" => {
            let annex = annex(31);
            Box::new(move |number| act(number, vec![annex.clone()], &person))
        }
        "cycle" => cycle(person),
        "verify" => verification(&ca),
        other => panic!("no such work: {other}"),
    }
}

fn instant() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 1, 1, 9, 0, 0).unwrap()
}

/// The three-page deliberation under another number. The crest is drawn once: a Comune has a file.
fn deliberation(number: &str) -> Document {
    static SAMPLE: LazyLock<Document> = LazyLock::new(samples::deliberation);
    let mut document = SAMPLE.clone();
    for text in [&mut document.title, &mut document.header, &mut document.body] {
        *text = text.replace("838", number);
    }
    document
}

/// Rendered, finished and signed by one person: what a peer does in one go.
fn act(number: &str, attachments: Vec<Attachment>, key: &dyn Signer) -> Vec<u8> {
    let issued = render(&Document { attachments, ..deliberation(number) }).unwrap();
    signed(&issued.pdf, "firma_presidente", key)
}

fn signed(pdf: &[u8], field: &str, key: &dyn Signer) -> Vec<u8> {
    let lines = ["Firmato digitalmente da Anna Rossi".to_owned(), "in data 01/09/2024".to_owned()];
    let request = Request {
        field,
        name: "Anna Rossi",
        reason: None,
        lines: &lines,
        signing_time: instant(),
        reserve: DEFAULT_RESERVE,
    };
    sign(pdf, &request, key).unwrap()
}

/// An annex of at least this many pages.
fn annex(pages: usize) -> Attachment {
    let mut chapters = pages;
    let bytes = loop {
        let rendered = render(&samples::plain(&samples::long_body(chapters))).unwrap();
        if rendered.pages >= pages {
            break rendered.pdf;
        }
        chapters += 1;
    };
    Attachment {
        name: "piano.pdf".into(),
        media_type: "application/pdf".into(),
        description: "Piano".into(),
        bytes,
        relationship: Relationship::Supplement,
    }
}

/// The papers of a whole cycle from the proposal to the referto, as the demo leaves them: each rendered
/// from its facts and signed in all its fields, the composed act with its signed parts inside.
fn cycle(key: impl Signer + 'static) -> Work {
    use PaperKind::*;
    let kinds = [
        (Proposta, 1),
        (ParereTecnico, 4),
        (ParereContabile, 1),
        (SchedaIstruttoria, 1),
        (ParereLegittimita, 1),
        (FoglioPareri, 1),
        (Convocazione, 1),
        (Brogliaccio, 1),
        (Deliberazione, 1),
        (EsitiSeduta, 1),
        (CertificatoEseguibilita, 1),
        (RapportoFirme, 1),
        (AttestazionePubblicazione, 1),
        (ElencoCapigruppo, 1),
        (CertificatoEsecutivita, 1),
        (RefertoPubblicazione, 1),
    ];
    let templates = Templates::embedded().unwrap();
    let (mut parts, annex) = (parts(&templates, &key), annex(2));
    let papers: Vec<Complete> = kinds
        .iter()
        .flat_map(|(kind, times)| of(*kind, *times))
        .map(|facts| with_files(facts, |file, _| Ok(part(&mut parts, &file.name, &annex))).unwrap())
        .collect();
    Box::new(move |_| {
        let mut last = Vec::new();
        for paper in &papers {
            last = made(&templates, paper, &key);
        }
        last
    })
}

/// A paper rendered and signed in all its fields.
fn made(templates: &Templates, (facts, embedded): &Complete, key: &impl Signer) -> Vec<u8> {
    let rendered = templates.render(facts, &sample::comune(), embedded).unwrap().pdf;
    facts.slots.iter().fold(rendered, |pdf, slot| signed(&pdf, &slot.field, key))
}

/// The first sample papers of a kind.
fn of(kind: PaperKind, times: usize) -> Vec<PaperFacts> {
    let found = sample::papers().unwrap().into_iter().filter(|p| p.kind == kind).take(times);
    let found: Vec<PaperFacts> = found.collect();
    assert_eq!(found.len(), times, "{kind:?}");
    found
}

/// Signed papers of the cycle itself by the beginning of their file's name, the first one last.
type Parts = Vec<(&'static str, Vec<Vec<u8>>)>;

fn parts(templates: &Templates, key: &impl Signer) -> Parts {
    use PaperKind::*;
    let kinds = [
        ("proposta", Proposta, 1),
        ("parere-tecnico", ParereTecnico, 4),
        ("parere-contabile", ParereContabile, 1),
        ("parere-legittimita", ParereLegittimita, 1),
    ];
    let bare = |mut facts: PaperFacts| {
        facts.embedded.clear();
        made(templates, &(facts, BTreeMap::new()), key)
    };
    kinds
        .map(|(name, kind, times)| (name, of(kind, times).into_iter().rev().map(bare).collect()))
        .into()
}

/// The bytes of an embedded file by its name: a signed part, one after the other, or else an annex.
fn part(parts: &mut Parts, name: &str, annex: &Attachment) -> Vec<u8> {
    let of_name = parts.iter_mut().find(|(start, _)| name.starts_with(start));
    of_name.and_then(|(_, sheets)| sheets.pop()).unwrap_or_else(|| annex.bytes.clone())
}

/// A deliberation with four signatures, judged against the issued one.
fn verification(ca: &DevelopmentCa) -> Work {
    let mut document = deliberation("838");
    for n in [3, 4] {
        document
            .body
            .push_str(&format!("\n::: firma campo=\"firma_{n}\" titolo=\"T\" nome=\"N\"\n:::\n"));
    }
    let issued = render(&document).unwrap().pdf;
    let mut pdf = issued.clone();
    for (field, code) in fields(&issued).unwrap().iter().zip(["A", "B", "C", "D"]) {
        let key = ca.person("Anna", "Rossi", &format!("RSSNNA80A41F205{code}")).unwrap();
        pdf = signed(&pdf, &field.name, &key);
    }
    let anchors = vec![ca.certificate().to_vec()];
    Box::new(move |_| {
        let report = verify(&pdf, Some(&issued), &anchors).unwrap();
        assert_eq!((report.signatures.len(), report.overall), (4, Verdict::TotalPassed));
        pdf.clone()
    })
}
