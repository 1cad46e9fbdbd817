// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writes one document with every block of the language, and some odd ones, for the eye and for
//! validators: `cargo run --release -p delibera-documents --example gallery -- DIR`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use delibera_documents::{Document, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "/tmp/delibera-gallery".to_owned());
    std::fs::create_dir_all(&folder)?;
    let rows: String = (1..=60)
        .map(|n| format!("| Consigliere{n} di Prova | Componente della commissione | sì |\n"))
        .collect();
    let table = format!("| Nominativo | Carica | Presente |\n|---|---|:-:|\n{rows}");
    let body = include_str!("galleria.md").replace("@tabella", &table);
    let all = [
        ("galleria", Document { draft: true, ..samples::plain(&body) }),
        ("vuoto", samples::plain("")),
        ("allegati", Document { attachments: samples::attachments(), ..samples::plain("Testo.") }),
        (
            "oggetto",
            samples::plain(&format!(
                "# {}\n\nSeguito.",
                samples::PROPOSAL.replace('\n', " ").replace("- ", " ")
            )),
        ),
    ];
    for (name, document) in all {
        std::fs::write(format!("{folder}/{name}.pdf"), render(&document)?.pdf)?;
    }
    Ok(())
}
