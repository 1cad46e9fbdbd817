// SPDX-License-Identifier: AGPL-3.0-or-later
//! ODT (ISO/IEC 26300): the text of the document and its automatic styles.

use super::markdown::{Block, Run};
use super::xml::{Child, Element};
use super::{ImportError, LeftOut, Parts};
use std::collections::{BTreeMap, BTreeSet};

/// Cells repeated more often are the empty edge of a sheet.
const REPEATED_MAX: usize = 64;

/// Reads the text: its blocks and what was left out.
pub(super) fn read(parts: &mut Parts<'_>) -> Result<(Vec<Block>, Vec<String>), ImportError> {
    let damaged =
        |reason: &str| ImportError::Damaged { part: "content.xml".into(), reason: reason.into() };
    let manifest = parts.xml("META-INF/manifest.xml")?.unwrap_or_default();
    if !manifest.all("encryption-data").is_empty() {
        return Err(ImportError::Protected);
    }
    let content = parts.xml("content.xml")?.ok_or_else(|| damaged("non c'è"))?;
    let body = content.child("body").and_then(|body| body.child("text"));
    let body = body.ok_or_else(|| damaged("non è un documento di testo"))?;
    let common = parts.xml("styles.xml")?.unwrap_or_default();
    let mut reader = Reader::default();
    for source in [&common, &content] {
        reader.learn(source);
    }
    let mut blocks = Vec::new();
    reader.blocks(body, &mut blocks);
    Ok((blocks, reader.left_out.lines))
}

#[derive(Default, Clone, Copy)]
struct Look {
    bold: bool,
    italic: bool,
}

#[derive(Default)]
struct Reader {
    looks: BTreeMap<String, Look>,
    /// List styles and levels, from 0, that count.
    counted: BTreeSet<(String, usize)>,
    left_out: LeftOut,
}

impl Reader {
    fn learn(&mut self, source: &Element) {
        for style in source.all("style") {
            let Some(name) = style.get("name") else { continue };
            let text = style.child("text-properties");
            let is = |key: &str, value: &str| text.and_then(|t| t.get(key)) == Some(value);
            let look = Look { bold: is("font-weight", "bold"), italic: is("font-style", "italic") };
            self.looks.insert(name.to_owned(), look);
        }
        for list in source.all("list-style") {
            let Some(name) = list.get("name") else { continue };
            let numbers = list.elements().filter(|e| e.name == "list-level-style-number");
            for level in numbers.filter(|e| e.get("num-format").is_none_or(|f| !f.is_empty())) {
                let depth = level.get("level").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
                self.counted.insert((name.to_owned(), depth.saturating_sub(1)));
            }
        }
    }

    fn blocks(&mut self, parent: &Element, out: &mut Vec<Block>) {
        for element in parent.elements() {
            match element.name.as_str() {
                "h" => {
                    let level = element.get("outline-level").and_then(|n| n.parse().ok());
                    let runs = self.paragraph(element);
                    out.push(Block::Heading(level.unwrap_or(1), runs));
                }
                "p" => {
                    let runs = self.paragraph(element);
                    out.push(Block::Paragraph(runs));
                }
                "list" => self.list(element, element.get("style-name"), 0, out),
                "table" => {
                    let rows = self.table(element);
                    out.push(Block::Table(rows));
                }
                "section" | "index-body" | "table-of-content" => self.blocks(element, out),
                "tracked-changes" if !element.all("deletion").is_empty() => {
                    self.left_out.push("testo cancellato in revisione");
                }
                "frame" | "custom-shape" => self.left_out.push("immagine o oggetto: va allegato"),
                _ => {}
            }
        }
    }

    fn list(&mut self, list: &Element, style: Option<&str>, level: usize, out: &mut Vec<Block>) {
        let key = (style.unwrap_or_default().to_owned(), level);
        let mut number = self.counted.contains(&key).then_some(1_u32);
        for item in list.elements().filter(|e| e.name == "list-item" || e.name == "list-header") {
            if let Some(first) = item.get("start-value").and_then(|n| n.parse().ok()) {
                number = number.map(|_| first);
            }
            let mut first = true;
            for element in item.elements() {
                match element.name.as_str() {
                    "p" | "h" if first => {
                        let runs = self.paragraph(element);
                        out.push(Block::Item { level, number, runs });
                        first = false;
                    }
                    "list" => {
                        let own = element.get("style-name").or(style);
                        self.list(element, own, level + 1, out);
                    }
                    "p" | "h" => {
                        let runs = self.paragraph(element);
                        match out.last_mut() {
                            Some(Block::Item { runs: words, .. }) => {
                                words.push(Run { text: " ".into(), ..Run::default() });
                                words.extend(runs);
                            }
                            _ => out.push(Block::Paragraph(runs)),
                        }
                    }
                    _ => {}
                }
            }
            number = number.map(|n| n + 1);
        }
    }

    fn paragraph(&mut self, element: &Element) -> Vec<Run> {
        self.left_out.paragraph += 1;
        let mut runs = Vec::new();
        let look = self.look(element, Look::default());
        self.runs(element, look, &mut runs);
        runs
    }

    fn look(&self, element: &Element, outer: Look) -> Look {
        let own = element.get("style-name").and_then(|name| self.looks.get(name));
        own.map_or(outer, |own| Look {
            bold: own.bold || outer.bold,
            italic: own.italic || outer.italic,
        })
    }

    fn runs(&mut self, parent: &Element, look: Look, out: &mut Vec<Run>) {
        let run = |text: String| Run { text, bold: look.bold, italic: look.italic };
        for child in &parent.children {
            let element = match child {
                Child::Text(text) => {
                    // White space counts once (ISO 26300, 6.1.2).
                    out.push(run(text.replace(['\n', '\t', '\r'], " ")));
                    continue;
                }
                Child::Element(element) => element,
            };
            match element.name.as_str() {
                "s" => {
                    let count = element.get("c").and_then(|n| n.parse().ok()).unwrap_or(1_usize);
                    out.push(run(" ".repeat(count.min(REPEATED_MAX))));
                }
                "tab" => out.push(run(" ".into())),
                "line-break" => out.push(run("\n".into())),
                "note" => self.left_out.push("nota a piè di pagina"),
                "annotation" => self.left_out.push("commento"),
                "frame" | "custom-shape" => self.left_out.push("immagine o oggetto: va allegato"),
                _ => {
                    let look = self.look(element, look);
                    self.runs(element, look, out);
                }
            }
        }
    }

    fn table(&mut self, table: &Element) -> Vec<Vec<Vec<Run>>> {
        let mut rows = Vec::new();
        for row in table.all("table-row") {
            let mut cells = Vec::new();
            for cell in row.elements() {
                if !["table-cell", "covered-table-cell"].contains(&cell.name.as_str()) {
                    continue;
                }
                if cell.get("number-columns-spanned").is_some_and(|n| n != "1") {
                    self.left_out.push("celle unite: divise");
                }
                let mut runs = Vec::new();
                for element in cell.elements().filter(|e| e.name == "p" || e.name == "h") {
                    if !runs.is_empty() {
                        runs.push(Run { text: " ".into(), ..Run::default() });
                    }
                    let words = self.paragraph(element);
                    runs.extend(words);
                }
                if cell.elements().any(|e| e.name == "list" || e.name == "table") {
                    self.left_out.push("elenco o tabella dentro una tabella");
                }
                let again = cell.get("number-columns-repeated").and_then(|n| n.parse().ok());
                let again = again.unwrap_or(1_usize);
                let again = if again > REPEATED_MAX { 1 } else { again };
                cells.extend(std::iter::repeat_n(runs, again));
            }
            rows.push(cells);
        }
        rows
    }
}
