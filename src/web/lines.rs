// SPDX-License-Identifier: AGPL-3.0-or-later
//! Lines that the page of an act and those of a sitting share.

use crate::domain::papers::PaperState;
use crate::domain::refusal::Refusal;
use crate::domain::words;
use serde::Serialize;

/// A term and what it is.
#[derive(Debug, Serialize)]
pub struct Datum {
    /// Term.
    pub term: &'static str,
    /// What it is.
    pub text: String,
}

/// An action that may not be done, with the reason in the words of the engine (`perche-no.hbs`).
#[derive(Debug, Serialize)]
pub struct DeniedLine {
    title: String,
    text: String,
    article: String,
    next: String,
}

impl DeniedLine {
    /// Why an action may not be done.
    pub fn new(title: impl Into<String>, refusal: Refusal) -> Self {
        let Refusal { text, article, next, .. } = refusal;
        Self { title: title.into(), text, article, next }
    }
}

/// A paper, who signed it and who is to.
#[derive(Debug, Serialize)]
pub struct PaperLine {
    title: &'static str,
    /// Where it stands.
    pub state: String,
    signers: String,
    awaited: String,
    /// Address of its bytes; none before it is composed.
    pub href: Option<String>,
}

impl PaperLine {
    /// A paper with the address of its bytes, given their SHA-256.
    pub fn new(paper: &PaperState, href: impl Fn(&String) -> String) -> Self {
        let signers: Vec<String> = paper.signed.iter().map(|(_, s, _)| s.name.clone()).collect();
        let awaited = paper.open_slots().map(|slot| {
            slot.signer.as_ref().map_or_else(|| "sigillo dell'ente".into(), |s| s.name.clone())
        });
        Self {
            title: words::paper(paper.plan.kind),
            state: match paper.status() {
                "owed" => "in composizione",
                "complete" => "completo",
                "dropped" => "non più dovuto",
                _ => "alla firma",
            }
            .into(),
            signers: signers.join(", "),
            awaited: awaited.collect::<Vec<_>>().join(", "),
            href: paper.sha256.as_ref().map(href),
        }
    }
}
