// SPDX-License-Identifier: AGPL-3.0-or-later
//! From the facts of a paper to its PDF: Handlebars in strict mode, then Markdown, then pages.
//!
//! Rendering decides nothing and reads no clock: the same facts, templates and embedded bytes give
//! the same file. It is CPU work, for the threads outside the write queue.

mod helpers;
mod sources;

use crate::domain::digest::sha256_hex;
use crate::domain::papers::{PaperFacts, PaperKind, Relation, words};
use crate::domain::problem::Problem;
use crate::domain::registry::ComuneData;
use chrono::{DateTime, Utc};
use delibera_documents::{
    Attachment, CopyPart, Document, Letterhead, Relationship, RenderError, Rendered, escape,
};
/// What pages ask of a user's own text.
pub use delibera_documents::{check_text, text_html};
/// Pages of an uploaded PDF; none when it cannot be read.
pub use delibera_signature::page_count;
use handlebars::Handlebars;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Why a paper could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A template cannot be read, or asks for what the facts do not have.
    #[error("{0}")]
    Template(Problem),
    /// A file of the override folder cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Bytes to embed that are not there, or not the ones the facts name.
    #[error("il file «{name}» da inserire nel documento {reason}")]
    Embedded {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The text cannot be printed faithfully.
    #[error("{kind}: {source}")]
    Layout {
        /// Token of the paper.
        kind: String,
        /// Why, with the line of the Markdown.
        source: RenderError,
    },
}

/// The templates of the acts and the crest of the Comune.
#[derive(Debug)]
pub struct Templates {
    registry: Handlebars<'static>,
    crest: Option<Vec<u8>>,
    /// Papers are not laid out: a line stands for each. For simulations.
    blank: bool,
}

/// File of the crest in an override folder.
const CREST: &str = "stemma.png";

impl Templates {
    /// Instead of pages, a line that stands for the paper: for simulations of many thousands, where
    /// everything else is real.
    ///
    /// # Errors
    /// As [`Templates::embedded`].
    pub fn blank() -> Result<Self, DocumentError> {
        Ok(Self { blank: true, ..Self::embedded()? })
    }

    /// The templates this program was built with.
    ///
    /// # Errors
    /// The first template that cannot be read.
    pub fn embedded() -> Result<Self, DocumentError> {
        let mut templates = Self { registry: Handlebars::new(), crest: None, blank: false };
        templates.registry.set_strict_mode(true);
        templates.registry.set_prevent_indent(true);
        templates.registry.register_escape_fn(escape);
        helpers::register(&mut templates.registry);
        for (name, text) in sources::PAPERS.iter().chain(sources::PARTIALS) {
            templates.add(name, text)?;
        }
        Ok(templates)
    }

    /// The built-in templates, with those of a folder of the Comune in their place: files named like
    /// ours (`deliberazione.md.hbs`, `partials/firme.md.hbs`) and the crest, `stemma.png`.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn with_overrides(folder: &Path) -> Result<Self, DocumentError> {
        let mut templates = Self::embedded()?;
        let papers = sources::PAPERS.iter().map(|(name, _)| (*name, folder.to_owned()));
        let partials = sources::PARTIALS.iter().map(|(name, _)| (*name, folder.join("partials")));
        for (name, folder) in papers.chain(partials) {
            let path = folder.join(format!("{name}.md.hbs"));
            if let Some(bytes) = read_if_there(&path)? {
                templates.add(name, &String::from_utf8_lossy(&bytes))?;
            }
        }
        templates.crest = read_if_there(&folder.join(CREST))?;
        Ok(templates)
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), DocumentError> {
        // A part of one line stands inside a sentence: its line end is not text. The licence on the
        // first line is a comment, which the engine leaves out with its line end.
        let lines = text.lines().filter(|line| !line.starts_with("{{!")).count();
        let text = if lines == 1 { text.trim_end() } else { text };
        self.registry.register_template_string(name, text).map_err(|error| {
            let (line, _) = error.pos().unwrap_or_default();
            DocumentError::Template(Problem::at(&file(name), line, error.reason().to_string()))
        })
    }

    /// The Markdown of a paper.
    ///
    /// # Errors
    /// A template that asks for what the facts do not have; embedded bytes that do not match.
    pub fn markdown(
        &self,
        facts: &PaperFacts,
        comune: &ComuneData,
        embedded: &BTreeMap<String, Vec<u8>>,
    ) -> Result<String, DocumentError> {
        self.body(facts, comune, &files(facts, embedded)?)
    }

    fn body(
        &self,
        facts: &PaperFacts,
        comune: &ComuneData,
        files: &[File<'_>],
    ) -> Result<String, DocumentError> {
        self.text(&facts.kind.token(), &Value::Object(data(facts, comune, files)))
    }

    fn text(&self, name: &str, data: &Value) -> Result<String, DocumentError> {
        let text = self.registry.render(name, data).map_err(|error| {
            let template = error.template_name.clone().unwrap_or_else(|| name.to_owned());
            let line = error.line_no.unwrap_or(0);
            DocumentError::Template(Problem::at(&file(&template), line, in_italian(&error)))
        })?;
        Ok(bound(&text))
    }

    /// The PDF of a paper, its signature fields empty.
    ///
    /// # Errors
    /// A template that asks for what the facts do not have; embedded bytes that do not match; a text
    /// that cannot be printed faithfully.
    pub fn render(
        &self,
        facts: &PaperFacts,
        comune: &ComuneData,
        embedded: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Rendered, DocumentError> {
        if self.blank {
            let pdf = format!("%bianco {} {}", facts.kind.token(), facts.sha256()).into_bytes();
            let fields = facts.slots.iter().map(|slot| slot.field.clone()).collect();
            return Ok(Rendered { pdf, pages: 1, fields });
        }
        let files = files(facts, embedded)?;
        let body = self.body(facts, comune, &files)?;
        let subject = facts.context["subject"].as_str().unwrap_or(&facts.title).to_owned();
        let document = Document {
            title: facts.title.clone(),
            subject,
            author: comune.name.clone(),
            created: facts.created,
            header: facts.title.clone(),
            footer: comune.name.clone(),
            letterhead: Some(self.letterhead(comune, crest_of(comune, embedded))),
            draft: facts.draft,
            body,
            attachments: attachments(facts, &files),
        };
        delibera_documents::render(&document)
            .map_err(|source| DocumentError::Layout { kind: facts.kind.token(), source })
    }

    /// The reading copy of an act: a cover from `context`, then the parts.
    ///
    /// # Errors
    /// As [`Templates::render`]; a part that is not a readable PDF.
    pub fn reading_copy(
        &self,
        context: &Value,
        comune: &ComuneData,
        created: DateTime<Utc>,
        crest: Option<Vec<u8>>,
        parts: &[CopyPart],
    ) -> Result<Rendered, DocumentError> {
        let name = "copia_lettura";
        let body = self.text(name, context)?;
        let said = |key: &str| context[key].as_str().unwrap_or_default().to_owned();
        let cover = Document {
            title: format!("Copia – {}", said("title")),
            subject: said("subject"),
            author: comune.name.clone(),
            created,
            header: String::new(),
            footer: comune.name.clone(),
            letterhead: Some(self.letterhead(comune, crest)),
            draft: false,
            body,
            attachments: Vec::new(),
        };
        delibera_documents::reading_copy(&cover, parts)
            .map_err(|source| DocumentError::Layout { kind: name.to_owned(), source })
    }

    /// A page with the letterhead alone, to look at before it is adopted.
    ///
    /// # Errors
    /// A crest that is not a PNG that can be printed.
    pub fn letterhead_page(
        &self,
        comune: &ComuneData,
        crest: Option<Vec<u8>>,
        created: DateTime<Utc>,
    ) -> Result<Rendered, DocumentError> {
        let title = "Prova della carta intestata".to_owned();
        let document = Document {
            subject: title.clone(),
            author: comune.name.clone(),
            created,
            header: title.clone(),
            footer: comune.name.clone(),
            letterhead: Some(self.letterhead(comune, crest)),
            draft: true,
            body: LETTERHEAD_PAGE.to_owned(),
            attachments: Vec::new(),
            title,
        };
        delibera_documents::render(&document)
            .map_err(|source| DocumentError::Layout { kind: "carta intestata".into(), source })
    }

    fn letterhead(&self, comune: &ComuneData, crest: Option<Vec<u8>>) -> Letterhead {
        let place = match (comune.seat.as_str(), comune.province.as_str()) {
            (seat, "") => seat.to_owned(),
            ("", province) => format!("({province})"),
            (seat, province) => format!("{seat} ({province})"),
        };
        let below =
            if comune.letterhead.is_empty() { vec![place] } else { comune.letterhead.clone() };
        let lines = [comune.name.clone()].into_iter().chain(below).filter(|l| !l.is_empty());
        // A crest on record wins over the file of a folder.
        Letterhead { crest_png: crest.or_else(|| self.crest.clone()), lines: lines.collect() }
    }

    /// Renders papers in strict mode and lays them out: what is wrong with the templates, by line.
    pub fn check(&self, samples: &[PaperFacts], comune: &ComuneData) -> Vec<Problem> {
        let mut problems = Vec::new();
        for kind in PaperKind::ALL {
            if !samples.iter().any(|s| s.kind == kind) {
                let reason = "nessun esempio prova questo modello";
                problems.push(Problem::at(&file(&kind.token()), 0, reason));
            }
        }
        for sample in samples {
            let mut sample = sample.clone();
            sample.embedded.clear();
            problems.extend(match self.render(&sample, comune, &BTreeMap::new()) {
                Ok(_) => None,
                Err(DocumentError::Template(problem)) => Some(problem),
                Err(error) => Some(Problem::at(&file(&sample.kind.token()), 0, error.to_string())),
            });
        }
        problems.dedup();
        problems
    }
}

/// The crest on record, among the bytes that came with the facts.
fn crest_of(comune: &ComuneData, embedded: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    embedded.get(comune.crest.as_ref()?).cloned()
}

/// What stands under a letterhead that is tried.
const LETTERHEAD_PAGE: &str = "Così si presenta la prima pagina di ogni atto: lo stemma, il nome \
    dell'ente e le righe che lo seguono.\n\nIl testo degli atti comincia qui sotto.\n";

fn file(template: &str) -> String {
    let partial = sources::PARTIALS.iter().any(|(name, _)| *name == template);
    let folder = if partial { "partials/" } else { "" };
    format!("templates/act/{folder}{template}.md.hbs")
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, DocumentError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DocumentError::File { path: path.display().to_string(), source }),
    }
}

fn in_italian(error: &handlebars::RenderError) -> String {
    use handlebars::RenderErrorReason as Reason;
    match error.reason() {
        Reason::MissingVariable(Some(path)) => format!("la variabile «{path}» non esiste"),
        Reason::MissingVariable(None) => "una variabile non esiste".to_owned(),
        Reason::PartialNotFound(name) => format!("la parte «{name}» non esiste"),
        Reason::HelperNotFound(name) => format!("la funzione «{name}» non esiste"),
        Reason::Other(reason) => reason.clone(),
        other => other.to_string(),
    }
}

/// What a template sees: the context of the facts, and four names of ours.
fn data(facts: &PaperFacts, comune: &ComuneData, files: &[File<'_>]) -> Map<String, Value> {
    let mut data = facts.context.as_object().cloned().unwrap_or_default();
    let signatures: Vec<Value> = facts
        .slots
        .iter()
        .map(|slot| {
            let note = slot.signer.as_ref().map(|s| words::signature_note(&slot.caption, s));
            json!({
                "field": slot.field,
                "caption": slot.caption,
                "name": slot.signer.as_ref().map_or(comune.name.as_str(), |s| s.name.as_str()),
                "note": note.unwrap_or_default(),
            })
        })
        .collect();
    let mut attached = Vec::new();
    for (index, (entry, bytes)) in files.iter().enumerate() {
        attached.push(json!({
            "number": index + 1,
            "name": entry.name,
            "description": entry.description,
            "sha256": entry.sha256,
            "pages": (entry.media_type == "application/pdf").then(|| page_count(bytes)).flatten(),
        }));
    }
    if let Some(act) = &facts.data {
        attached.push(json!({
            "number": attached.len() + 1,
            "name": DATA,
            "description": DATA_DESCRIPTION,
            "sha256": sha256_hex(&data_bytes(act)),
            "pages": Value::Null,
        }));
    }
    data.insert("comune".into(), json!(comune));
    data.insert("signatures".into(), Value::Array(signatures));
    data.insert("attached".into(), Value::Array(attached));
    data.insert("title".into(), Value::String(facts.title.clone()));
    data
}

type Entry = crate::domain::papers::Embedded;

/// A file of a paper, its bytes already held against its hash.
type File<'a> = (&'a Entry, &'a [u8]);

/// The bytes the facts name, and no others.
fn files<'a>(
    facts: &'a PaperFacts,
    embedded: &'a BTreeMap<String, Vec<u8>>,
) -> Result<Vec<File<'a>>, DocumentError> {
    let file = |entry: &'a Entry| {
        let wrong = |reason| DocumentError::Embedded { name: entry.name.clone(), reason };
        let bytes = embedded.get(&entry.sha256).ok_or_else(|| wrong("non è disponibile"))?;
        match sha256_hex(bytes) == entry.sha256 {
            true => Ok((entry, bytes.as_slice())),
            false => Err(wrong("non corrisponde alla sua impronta")),
        }
    };
    facts.embedded.iter().map(file).collect()
}

fn attachments(facts: &PaperFacts, files: &[File<'_>]) -> Vec<Attachment> {
    let attachment = |(entry, bytes): &File<'_>| Attachment {
        name: entry.name.clone(),
        media_type: entry.media_type.clone(),
        description: entry.description.clone(),
        bytes: bytes.to_vec(),
        relationship: match entry.relation {
            Relation::Part => Relationship::Supplement,
            Relation::Original => Relationship::Source,
        },
    };
    let mut all: Vec<Attachment> = files.iter().map(attachment).collect();
    all.extend(facts.data.as_ref().map(|data| Attachment {
        name: DATA.into(),
        media_type: "application/json".into(),
        description: DATA_DESCRIPTION.into(),
        bytes: data_bytes(data),
        relationship: Relationship::Data,
    }));
    all
}

/// The act as data, beside its text.
const DATA: &str = "atto.json";
const DATA_DESCRIPTION: &str = "Dati dell'atto, per i programmi";

/// JSON a person can read too; the same data give the same bytes.
fn data_bytes(data: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(data).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Words that must not be parted from the number after them at the end of a line.
const BOUND: [&str; 9] = ["n.", "nn.", "art.", "artt.", "c.", "cc.", "ore", "pag.", "€"];

/// Puts a no-break space between such a word and its number.
fn bound(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let digit_next = characters.peek().is_some_and(char::is_ascii_digit);
        if character == ' ' && digit_next && BOUND.contains(&word.as_str()) {
            out.push('\u{A0}');
        } else {
            out.push(character);
        }
        match character {
            c if c.is_alphanumeric() || c == '.' || c == '€' => word.push(c),
            '\\' => {}
            _ => word.clear(),
        }
    }
    out
}
