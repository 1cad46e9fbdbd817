// SPDX-License-Identifier: AGPL-3.0-or-later
//! Lines that the page of an act and those of a sitting share.

use crate::domain::papers::{Assurance, KeptPapers, PaperState, SignatureLevel};
use crate::domain::refusal::Refusal;
use crate::domain::registry::Signatory;
use crate::domain::token::Token;
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

/// A signature and what it is worth.
#[derive(Debug, Serialize)]
pub struct SignedLine {
    name: String,
    /// "firma qualificata, livello B-T"; empty where it was not recorded.
    worth: String,
}

/// The newest revision of a signed paper, with what was appended to it.
#[derive(Debug, Serialize)]
pub struct KeptLine {
    /// Address of its bytes, to be saved.
    href: String,
    level: &'static str,
}

impl KeptLine {
    /// What is kept of a signed revision, if anything was appended to it.
    pub fn of(kept: &KeptPapers, signed: &str, href: impl Fn(&str) -> String) -> Option<Self> {
        let newest = kept.newest(signed);
        let level = kept.get(signed).map_or(SignatureLevel::B, |found| found.level);
        (newest != signed)
            .then(|| Self { href: format!("{}?scarica", href(newest)), level: level.token() })
    }
}

/// What a signature is worth, in words; nothing where it was not recorded.
pub fn worth(found: Option<&Assurance>) -> String {
    found.map(|found| found.italian()).unwrap_or_default()
}

/// A paper, who signed it and who is to.
#[derive(Debug, Serialize)]
pub struct PaperLine {
    title: &'static str,
    /// Where it stands.
    pub state: String,
    signatures: Vec<SignedLine>,
    awaited: String,
    /// Address of its bytes; none before it is composed.
    pub href: Option<String>,
    /// The file with time-stamps and validation data, where there is one.
    kept: Option<KeptLine>,
}

impl PaperLine {
    /// A paper with the address of its bytes, given their SHA-256.
    pub fn new(paper: &PaperState, kept: &KeptPapers, href: impl Fn(&str) -> String) -> Self {
        let signed = |(field, by, _): &(String, Signatory, _)| SignedLine {
            name: by.name.clone(),
            worth: worth(paper.worth.get(field)),
        };
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
            signatures: paper.signed.iter().map(signed).collect(),
            awaited: awaited.collect::<Vec<_>>().join(", "),
            kept: paper.sha256.as_deref().and_then(|sha256| KeptLine::of(kept, sha256, &href)),
            href: paper.sha256.as_deref().map(href),
        }
    }
}
