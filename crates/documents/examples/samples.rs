// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writes the sample documents into a folder and says how long rendering takes:
//! `cargo run --release -p delibera-documents --example samples -- DIR [ROUNDS [NAME]]`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::time::{Duration, Instant};

use delibera_documents::{Attachment, Document, Relationship, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "/tmp/delibera-samples".to_owned());
    let rounds = std::env::args().nth(2).map_or(Ok(40), |n| n.parse())?;
    std::fs::create_dir_all(&folder)?;
    let long = Document { body: samples::long_body(30), ..samples::deliberation() };
    let draft = Document { draft: true, ..samples::deliberation() };
    let attached = Document { attachments: samples::attachments(), ..samples::deliberation() };
    let annex = render(&samples::plain(&samples::long_body(42)))?;
    println!("annex: {} pages, {} KiB", annex.pages, annex.pdf.len() / 1024);
    let annexes = (1..=3).map(|n| Attachment {
        name: format!("allegato-{n}.pdf"),
        media_type: "application/pdf".into(),
        description: format!("Allegato n. {n}"),
        bytes: annex.pdf.clone(),
        relationship: Relationship::Supplement,
    });
    let heavy = Document { attachments: annexes.collect(), ..samples::deliberation() };
    let all = [
        ("deliberazione", samples::deliberation()),
        ("tre-allegati-lunghi", heavy),
        ("bozza", draft),
        ("allegati", attached),
        ("lungo", long),
    ];
    let only = std::env::args().nth(3);
    for (name, document) in all {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let rendered = render(&document)?;
        std::fs::write(format!("{folder}/{name}.pdf"), &rendered.pdf)?;
        let mut times: Vec<Duration> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                render(&document).map(|_| start.elapsed())
            })
            .collect::<Result<_, _>>()?;
        times.sort();
        let (median, best) = (times[times.len() / 2], times[0]);
        let size = rendered.pdf.len() / 1024;
        println!("{name}: {} pages, {size} KiB, median {median:?}, best {best:?}", rendered.pages);
    }
    Ok(())
}
