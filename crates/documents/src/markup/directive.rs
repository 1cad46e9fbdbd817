// SPDX-License-Identifier: AGPL-3.0-or-later
//! Container directives: `::: name key="value"` … `:::`, nested as needed.

use super::block::{Block, Kind, SignatureBox};
use super::{USER_SHIFT, convert};
use crate::RenderError;

/// A stretch of Markdown or a directive.
pub enum Part {
    Markdown { line: usize, text: String },
    Directive(Directive),
}

pub struct Directive {
    name: String,
    attributes: Vec<(String, String)>,
    line: usize,
    parts: Vec<Part>,
}

/// True for a line that directives, and only they, may hold.
pub fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with(":::")
}

/// Splits a body into Markdown and directives.
pub fn split(body: &str) -> Result<Vec<Part>, RenderError> {
    let mut open: Vec<Directive> = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    for (index, text) in body.lines().enumerate() {
        let line = index + 1;
        if !is_fence(text) {
            let parts = open.last_mut().map_or(&mut parts, |d| &mut d.parts);
            push_text(parts, line, text);
            continue;
        }
        let rest = text.trim().trim_start_matches(':').trim();
        if rest.is_empty() {
            let closed = open.pop().ok_or(RenderError::StrayClose { line })?;
            let parts = open.last_mut().map_or(&mut parts, |d| &mut d.parts);
            parts.push(Part::Directive(closed));
        } else {
            open.push(Directive::open(rest, line)?);
        }
    }
    match open.pop() {
        Some(d) => Err(RenderError::UnclosedDirective { name: d.name, line: d.line }),
        None => Ok(parts),
    }
}

fn push_text(parts: &mut Vec<Part>, line: usize, text: &str) {
    if let Some(Part::Markdown { text: all, .. }) = parts.last_mut() {
        all.push('\n');
        all.push_str(text);
    } else {
        parts.push(Part::Markdown { line, text: text.to_owned() });
    }
}

/// Attributes each directive knows.
fn known_attributes(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "firma" => Some(&["campo", "titolo", "nome", "nota"]),
        "contrassegno" => Some(&["indirizzo"]),
        "centrato" | "riquadro" | "nota" | "insieme" | "pagina" | "etichette" | "testo" => {
            Some(&[])
        }
        _ => None,
    }
}

impl Directive {
    fn open(rest: &str, line: usize) -> Result<Self, RenderError> {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let Some(known) = known_attributes(name) else {
            return Err(RenderError::UnknownDirective { name: name.to_owned(), line });
        };
        let mut directive =
            Self { name: name.to_owned(), attributes: Vec::new(), line, parts: Vec::new() };
        let attributes = attributes(tail)
            .ok_or_else(|| directive.wrong("attributi: si attende chiave=\"valore\""))?;
        for (index, (key, _)) in attributes.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                return Err(directive.wrong(&format!("attributo «{key}» sconosciuto")));
            }
            if attributes[..index].iter().any(|(other, _)| other == key) {
                return Err(directive.wrong(&format!("attributo «{key}» ripetuto")));
            }
        }
        directive.attributes = attributes;
        Ok(directive)
    }

    fn wrong(&self, reason: &str) -> RenderError {
        RenderError::Directive {
            name: self.name.clone(),
            line: self.line,
            reason: reason.to_owned(),
        }
    }

    fn attribute(&self, key: &str) -> &str {
        self.attributes.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v)
    }

    /// The blocks it stands for.
    pub fn blocks(&self, shift: u8) -> Result<Vec<Block>, RenderError> {
        let inner_shift = if self.name == "testo" { USER_SHIFT } else { shift };
        let inner = convert(&self.parts, inner_shift)?;
        let kind = match self.name.as_str() {
            "testo" => return Ok(inner),
            "centrato" => Kind::Centered(inner),
            "riquadro" => Kind::Framed(inner),
            "nota" => Kind::Small(inner),
            "insieme" => Kind::Together(inner),
            "contrassegno" => self.coded(inner)?,
            "etichette" => self.labels(inner)?,
            "pagina" => self.without_content(&inner, Kind::PageBreak)?,
            _ => {
                let signature = Kind::Signatures(vec![self.signature()?]);
                self.without_content(&inner, signature)?
            }
        };
        Ok(vec![Block { line: self.line, kind }])
    }

    fn without_content(&self, inner: &[Block], kind: Kind) -> Result<Kind, RenderError> {
        if inner.is_empty() { Ok(kind) } else { Err(self.wrong("non ammette contenuto")) }
    }

    fn signature(&self) -> Result<SignatureBox, RenderError> {
        let field = self.attribute("campo");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if field.is_empty() || !field.chars().all(plain) {
            return Err(self.wrong("«campo» deve essere di lettere, cifre e _"));
        }
        if self.attribute("titolo").is_empty() && self.attribute("nome").is_empty() {
            return Err(self.wrong("manca «titolo» o «nome»"));
        }
        Ok(SignatureBox {
            field: field.to_owned(),
            title: self.attribute("titolo").to_owned(),
            name: self.attribute("nome").to_owned(),
            note: self.attribute("nota").to_owned(),
            line: self.line,
        })
    }

    fn coded(&self, blocks: Vec<Block>) -> Result<Kind, RenderError> {
        let url = self.attribute("indirizzo").to_owned();
        if !url.starts_with("https://") || blocks.is_empty() {
            return Err(self.wrong("occorrono un «indirizzo» https e un testo"));
        }
        Ok(Kind::Coded { url, blocks })
    }

    fn labels(&self, inner: Vec<Block>) -> Result<Kind, RenderError> {
        let [Block { kind: Kind::Table(table), .. }] = inner.as_slice() else {
            return Err(self.wrong("deve contenere una sola tabella"));
        };
        let header = (!table.header.is_empty()).then_some(&table.header);
        header
            .into_iter()
            .chain(&table.rows)
            .map(|row| match row.as_slice() {
                [label, value] => Ok((label.clone(), value.clone())),
                _ => Err(self.wrong("la tabella deve avere due colonne")),
            })
            .collect::<Result<_, _>>()
            .map(Kind::Labels)
    }
}

/// Reads `key="value"` pairs; `\` before ASCII punctuation is undone. `None`: not well formed.
fn attributes(text: &str) -> Option<Vec<(String, String)>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, tail) = rest.split_once("=\"")?;
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return None;
        }
        let (value, tail) = quoted(tail)?;
        if !(tail.is_empty() || tail.starts_with(char::is_whitespace)) {
            return None;
        }
        out.push((key.to_owned(), value));
        rest = tail.trim_start();
    }
    Some(out)
}

/// Reads up to the closing quote and gives the value and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => match characters.next()?.1 {
                next if next.is_ascii_punctuation() => value.push(next),
                next => value.extend(['\\', next]),
            },
            _ => value.push(character),
        }
    }
    None
}
