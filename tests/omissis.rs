// SPDX-License-Identifier: AGPL-3.0-or-later
//! T-27 on the bytes: what the rendition leaves out is nowhere in its file, in no stream, in no
//! string, in no metadata, in no name; and copies of an act on the real store.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test stops there")]

use chrono::{DateTime, Utc};
use delibera::domain::case::{AttachmentClass, CaseEvent};
use delibera::domain::papers::sample::{
    Story, adopted, at, comune, content, final_slots, omission,
};
use delibera::domain::papers::{PaperFacts, PaperKind};
use delibera::domain::stream::StreamId;
use delibera::service::clock::SystemClock;
use delibera::service::copy::{Reader, is_ready, reading_copy};
use delibera::service::documents::Templates;
use delibera::service::execute::Executor;
use delibera::service::keyring::Keyring;
use delibera::service::paper::Press;
use delibera::service::scenario;
use delibera::store::Store;
use delibera_signature::{fields, page_count};
use lopdf::{Document, Object};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is marked; each is somewhere in the act.
const GONE: [&str; 6] = [
    "Niccolò De Santis",
    "DSNNCL80A01F205T",
    "IT60 X054 2811 1010 0000 0123 456",
    "via dei Tigli, 14",
    "niccolo_desantis@posta.example",
    "Relazione su Niccolò De Santis.pdf",
];
/// Pieces that would betray it.
const TRACES: [&str; 9] =
    ["Santis", "SANTIS", "Niccol", "NICCOL", "DSNNCL", "X054", "Tigli", "desantis", "Relazione su"];

fn rendition() -> (PaperFacts, PaperFacts) {
    let mut story = Story::new();
    let mut content = content();
    content.subject = "Contributo a Niccolò De Santis per l'adozione di un'aiuola".into();
    content.text = "## Il caso di Niccolo\u{300} De Santis\n\nVista la domanda di **Niccolò** De \
                    Santis, DSNNCL80A01F205T,\nresidente in via dei Tigli, 14, \
                    niccolo_desantis@posta.example;\n\n| Beneficiario | IBAN |\n|---|---|\n| NICCOLÒ \
                    DE\u{A0}SANTIS | IT60 X054 2811 1010 0000 0123 456 |"
        .into();
    content.decision = vec![
        "di concedere a [Niccolò De Santis](mailto:niccolo_desantis@posta.example) \
                             il contributo;"
            .into(),
    ];
    content.attachments[0].name = GONE[5].into();
    assert_eq!(content.attachments[0].class, AttachmentClass::Integral);
    story.submitted("a1", 1721, &content).opinions("a1");
    adopted(&mut story, "a1", 838);
    let slots = final_slots(&story);
    let act =
        story.owed("a1", PaperKind::Deliberazione, "", slots.clone(), at(7, 24, 11, 45)).unwrap();
    let (key, sha256) = (PaperKind::Deliberazione.token(), "d".repeat(64));
    let prepared = CaseEvent::PaperPrepared {
        key: key.clone(),
        facts: String::new(),
        sha256: sha256.clone(),
        pages: 3,
    };
    story.case("a1", at(7, 24, 12, 0), &prepared);
    for slot in &slots {
        let signed = CaseEvent::PaperSigned {
            key: key.clone(),
            field: slot.field.clone(),
            by: slot.signer.clone().unwrap(),
            sha256: sha256.clone(),
            at: at(7, 24, 13, 0),
            assurance: None,
        };
        story.case("a1", at(7, 24, 13, 0), &signed);
    }
    for text in GONE {
        let marked = CaseEvent::PersonalDataMarked(omission(&story, text));
        story.case("a1", at(7, 26, 9, 0), &marked);
    }
    let slots = vec![slots[1].clone()];
    let kind = PaperKind::VersionePubblicabile;
    (act, story.owed("a1", kind, "", slots, at(7, 26, 10, 0)).unwrap())
}

fn rendered(mut facts: PaperFacts) -> Vec<u8> {
    // Parts are bytes of the store, which this test has not; the rendition has none here.
    facts.embedded.clear();
    Templates::embedded().unwrap().render(&facts, &comune(), &BTreeMap::new()).unwrap().pdf
}

/// Everything in a file that can be read: raw bytes, streams unpacked, strings decoded.
fn everything(pdf: &[u8]) -> String {
    let mut all = String::from_utf8_lossy(pdf).into_owned();
    let document = Document::load_mem(pdf).unwrap();
    for object in document.objects.values() {
        collect(object, &mut all);
    }
    let printed = pdftotext(pdf);
    all + &printed
}

fn collect(object: &Object, all: &mut String) {
    match object {
        Object::Stream(stream) => {
            let bytes = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
            all.push_str(&String::from_utf8_lossy(&bytes));
            all.push_str(&utf16(&bytes));
            stream.dict.iter().for_each(|(_, value)| collect(value, all));
        }
        Object::Dictionary(dictionary) => {
            dictionary.iter().for_each(|(_, value)| collect(value, all));
        }
        Object::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Object::String(bytes, _) => {
            all.push('\n');
            all.push_str(&String::from_utf8_lossy(bytes));
            all.push_str(&utf16(bytes));
        }
        Object::Name(name) => all.push_str(&String::from_utf8_lossy(name)),
        _ => {}
    }
}

/// UTF-16BE strings, and the hexadecimal ones inside content streams.
fn utf16(bytes: &[u8]) -> String {
    let decode = |bytes: &[u8]| -> String {
        let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
    };
    let mut out = decode(bytes);
    for piece in bytes.split(|b| *b == b'<' || *b == b'>') {
        let digits = piece.len() >= 4 && piece.iter().all(u8::is_ascii_hexdigit);
        if digits {
            let pairs = piece.chunks_exact(2);
            let raw: Vec<u8> = pairs
                .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
                .collect();
            out.push_str(&decode(&raw));
        }
    }
    out
}

fn pdftotext(pdf: &[u8]) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let (run, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(format!("delibera-omissis-{run}-{number}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    let mut all = String::new();
    for option in ["-raw", "-layout"] {
        let output =
            std::process::Command::new("pdftotext").args([option]).arg(&path).arg("-").output();
        all.push_str(&String::from_utf8(output.unwrap().stdout).unwrap());
    }
    std::fs::remove_file(&path).unwrap();
    all
}

#[test]
fn t_27_what_was_marked_is_nowhere_in_the_bytes_of_the_rendition() {
    let (act, rendition) = rendition();
    let original = everything(&rendered(act));
    for there in ["Santis", "DSNNCL", "Tigli", "X054", "desantis"] {
        assert!(original.contains(there), "the witness sees it in the act: {there}");
    }
    assert!(rendition.data.is_some() && rendition.embedded.is_empty());
    let file = rendition.file.clone();
    let public = everything(&rendered(rendition));
    for trace in TRACES {
        assert!(!public.contains(trace), "«{trace}» is still in the file");
        assert!(!file.contains(trace), "«{trace}» is in its name");
    }
    assert!(public.contains("omissis 1"), "the place is told");
    assert!(public.contains("art. 5, par. 1, lett. c, Reg. (UE) 2016/679"), "and why");
}

/// The act of the scenario on omissis and copies, as its store leaves it, or as it is at an instant;
/// the keys are never used.
async fn stored(name: &str, until: Option<&str>) -> (Executor, Press) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/omissis-e-copie.toml");
    let folder = std::env::temp_dir().join(format!("delibera-copia-{}-{name}", std::process::id()));
    let mut acts = scenario::load(&path).unwrap();
    if let Some(until) = until.map(|at| at.parse::<DateTime<Utc>>().unwrap()) {
        acts.steps.retain(|step| step.at < until);
        acts.expectations.clear();
    }
    scenario::run(acts, &folder, None).await.unwrap().go(|_| {}).await.unwrap();
    let url = format!("sqlite:{}", folder.join("delibera.db").display());
    let executor = Executor::new(Store::connect(&url).await.unwrap(), Arc::new(SystemClock));
    let keys = Keyring::from_seed(&[7; 32], at(7, 1, 0, 0)).unwrap();
    (executor, Press { templates: Arc::new(Templates::embedded().unwrap()), keys: Arc::new(keys) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_copy_has_the_act_for_the_offices_and_the_rendition_for_everybody() {
    let (executor, press) = stored("lettura", None).await;
    let world = executor.world(&[StreamId::case("aiuto")]).await.unwrap();
    let case = world.case("aiuto").unwrap();
    assert!(is_ready(case));
    let pages = async |kind: PaperKind| {
        let paper = case.papers.iter().rev().find(|p| p.plan.kind == kind).unwrap();
        let found = executor.store.document(paper.sha256.as_deref().unwrap()).await.unwrap();
        page_count(&found.unwrap().bytes).unwrap()
    };
    let office = reading_copy(&executor, &press, "aiuto", Reader::Office).await.unwrap();
    let public = reading_copy(&executor, &press, "aiuto", Reader::Public).await.unwrap();
    for (copy, kind) in
        [(&office, PaperKind::Deliberazione), (&public, PaperKind::VersionePubblicabile)]
    {
        assert!(fields(&copy.pdf).unwrap().is_empty(), "{kind:?}: nobody signs a copy");
        assert!(copy.pages > pages(kind).await, "{kind:?}: a cover before the text");
        assert!(pdftotext(&copy.pdf).contains("COPIA"), "{kind:?}: it says what it is");
    }
    assert!(everything(&office.pdf).contains("Malinverni"), "the witness sees it in the act");
    let everything = everything(&public.pdf);
    for trace in ["Malinverni", "MALINVERNI", "MLNTRS51C43E648K", "Relazione sociale"] {
        assert!(!everything.contains(trace), "«{trace}» is in the copy for everybody");
    }
    let again = reading_copy(&executor, &press, "aiuto", Reader::Public).await.unwrap();
    assert_eq!(again.pdf, public.pdf, "the same copy whenever it is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_copy_wants_an_act_that_everybody_signed() {
    let (executor, press) = stored("da-firmare", Some("2024-02-12T07:30:00Z")).await;
    let refused = reading_copy(&executor, &press, "aiuto", Reader::Public).await;
    assert_eq!(refused.err().unwrap().refusal().unwrap().code, "act_not_signed");
    let refused = reading_copy(&executor, &press, "nessuno", Reader::Office).await;
    assert_eq!(refused.err().unwrap().refusal().unwrap().code, "unknown_case");
}
