// SPDX-License-Identifier: AGPL-3.0-or-later
//! DOCX (ISO/IEC 29500): the body of the document, its numbering and its styles.

use super::markdown::{Block, Run};
use super::xml::{Child, Element};
use super::{ImportError, LeftOut, Parts};
use std::collections::BTreeMap;

/// Formats of `w:numFmt` that are marks, not numbers.
const MARKS: [&str; 2] = ["bullet", "none"];

/// Reads the body: its blocks and what was left out.
pub(super) fn read(parts: &mut Parts<'_>) -> Result<(Vec<Block>, Vec<String>), ImportError> {
    let part = "word/document.xml";
    let damaged = |reason: &str| ImportError::Damaged { part: part.into(), reason: reason.into() };
    let document = parts.xml(part)?.ok_or_else(|| damaged("non c'è"))?;
    let body = document.child("body").ok_or_else(|| damaged("manca il testo"))?;
    let numbering = parts.xml("word/numbering.xml")?.unwrap_or_default();
    let styles = parts.xml("word/styles.xml")?.unwrap_or_default();
    let mut reader = Reader {
        counted: counted(&numbering),
        styles: outlines(&styles),
        numbers: BTreeMap::new(),
        left_out: LeftOut::default(),
    };
    let mut blocks = Vec::new();
    reader.blocks(body, &mut blocks);
    Ok((blocks, reader.left_out.lines))
}

/// Lists and levels that count, by `numId` and `ilvl`, with their first number.
fn counted(numbering: &Element) -> BTreeMap<(String, usize), u32> {
    let abstracts: BTreeMap<&str, &Element> = numbering
        .elements()
        .filter(|e| e.name == "abstractNum")
        .filter_map(|e| Some((e.get("abstractNumId")?, e)))
        .collect();
    let mut counted = BTreeMap::new();
    for list in numbering.elements().filter(|e| e.name == "num") {
        let id = list.get("numId").unwrap_or_default();
        let base = list.child("abstractNumId").and_then(|e| e.get("val"));
        let Some(base) = base.and_then(|base| abstracts.get(base)) else { continue };
        for level in base.elements().filter(|e| e.name == "lvl") {
            let format = level.child("numFmt").and_then(|e| e.get("val")).unwrap_or("decimal");
            let depth = level.get("ilvl").and_then(|n| n.parse().ok()).unwrap_or(0);
            let first = level.child("start").and_then(|e| e.get("val")?.parse().ok()).unwrap_or(1);
            if !MARKS.contains(&format) {
                counted.insert((id.to_owned(), depth), first);
            }
        }
    }
    counted
}

/// What a style says of a paragraph: its outline level, its list.
#[derive(Default, Clone)]
struct Style {
    outline: Option<u8>,
    list: Option<(String, usize)>,
}

fn outlines(styles: &Element) -> BTreeMap<String, Style> {
    let all = styles.elements().filter(|e| e.name == "style");
    let read = |style: &Element| {
        let id = style.get("styleId")?.to_owned();
        let properties = style.child("pPr");
        let outline = properties
            .and_then(|p| p.child("outlineLvl"))
            .and_then(|e| e.get("val")?.parse::<u8>().ok())
            .map(|level| level + 1);
        let list = properties.and_then(list_of);
        Some((id, Style { outline, list }))
    };
    all.filter_map(read).collect()
}

fn list_of(properties: &Element) -> Option<(String, usize)> {
    let list = properties.child("numPr")?;
    let id = list.child("numId")?.get("val")?.to_owned();
    let depth = list.child("ilvl").and_then(|e| e.get("val")?.parse().ok()).unwrap_or(0);
    // Zero takes a paragraph out of the list of its style.
    (id != "0").then_some((id, depth))
}

struct Reader {
    counted: BTreeMap<(String, usize), u32>,
    styles: BTreeMap<String, Style>,
    /// Next number of a list at a level.
    numbers: BTreeMap<(String, usize), u32>,
    left_out: LeftOut,
}

impl Reader {
    fn blocks(&mut self, parent: &Element, out: &mut Vec<Block>) {
        for element in parent.elements() {
            match element.name.as_str() {
                "p" => {
                    self.left_out.paragraph += 1;
                    let block = self.paragraph(element);
                    out.push(block);
                }
                "tbl" => {
                    let rows = self.table(element);
                    out.push(Block::Table(rows));
                }
                // Wrappers of content: controls, accepted insertions, custom markup.
                "sdt" | "sdtContent" | "customXml" | "ins" | "smartTag" => {
                    self.blocks(element, out);
                }
                "del" | "moveFrom" => self.left_out.push("testo cancellato in revisione"),
                "altChunk" => self.left_out.push("documento incorporato"),
                _ => {}
            }
        }
    }

    fn paragraph(&mut self, element: &Element) -> Block {
        let properties = element.child("pPr");
        let style = properties.and_then(|p| p.child("pStyle")).and_then(|s| s.get("val"));
        let style = style.and_then(|id| self.styles.get(id)).cloned().unwrap_or_default();
        let own = properties.and_then(|p| p.child("numPr")).is_some();
        let list = properties.and_then(list_of).or(style.list.filter(|_| !own));
        let mut runs = Vec::new();
        self.runs(element, &mut runs);
        match (style.outline, list) {
            (Some(level), _) => Block::Heading(level, runs),
            (None, Some((id, level))) => {
                let number = self.number(&id, level);
                Block::Item { level, number, runs }
            }
            (None, None) => Block::Paragraph(runs),
        }
    }

    /// The number of the next item of a list that counts.
    fn number(&mut self, id: &str, level: usize) -> Option<u32> {
        let key = (id.to_owned(), level);
        let first = *self.counted.get(&key)?;
        let next = self.numbers.entry(key).or_insert(first);
        let number = *next;
        *next += 1;
        // Deeper levels begin again under the next item.
        self.numbers.retain(|(list, depth), _| list != id || *depth <= level);
        Some(number)
    }

    fn runs(&mut self, parent: &Element, out: &mut Vec<Run>) {
        for element in parent.elements() {
            match element.name.as_str() {
                "r" => self.run(element, out),
                "hyperlink" | "ins" | "smartTag" | "sdt" | "sdtContent" | "fldSimple" => {
                    self.runs(element, out);
                }
                "del" | "moveFrom" => self.left_out.push("testo cancellato in revisione"),
                "oMath" | "oMathPara" => self.left_out.push("formula"),
                _ => {}
            }
        }
    }

    fn run(&mut self, element: &Element, out: &mut Vec<Run>) {
        let on = |name: &str| {
            let found = element.child("rPr").and_then(|p| p.child(name));
            found.is_some_and(|e| !matches!(e.get("val"), Some("0" | "false" | "none")))
        };
        let (bold, italic) = (on("b"), on("i"));
        if on("vanish") {
            self.left_out.push("testo nascosto");
            return;
        }
        let mut text = String::new();
        for child in element.elements() {
            match child.name.as_str() {
                "t" => child.children.iter().for_each(|c| {
                    if let Child::Text(words) = c {
                        text.push_str(words);
                    }
                }),
                "tab" | "ptab" => text.push(' '),
                "br" | "cr" if child.get("type").is_none() => text.push('\n'),
                "noBreakHyphen" => text.push('\u{2011}'),
                "footnoteReference" | "endnoteReference" => {
                    self.left_out.push("nota a piè di pagina")
                }
                "drawing" | "pict" | "object" => {
                    self.left_out.push("immagine o oggetto: va allegato");
                }
                "sym" => self.left_out.push("simbolo di un carattere speciale"),
                _ => {}
            }
        }
        out.push(Run { text, bold, italic });
    }

    fn table(&mut self, table: &Element) -> Vec<Vec<Vec<Run>>> {
        let mut rows = Vec::new();
        for row in table.elements().filter(|e| e.name == "tr") {
            let mut cells = Vec::new();
            for cell in row.elements().filter(|e| e.name == "tc") {
                let properties = cell.child("tcPr");
                let span = properties.and_then(|p| p.child("gridSpan"));
                let span = span.and_then(|s| s.get("val")?.parse::<usize>().ok()).unwrap_or(1);
                let mut runs = Vec::new();
                let mut inside = Vec::new();
                self.blocks(cell, &mut inside);
                flatten(self, inside, &mut runs);
                cells.push(runs);
                if span > 1 {
                    self.left_out.push("celle unite: divise");
                    cells.extend((1..span.min(64)).map(|_| Vec::new()));
                }
            }
            rows.push(cells);
        }
        rows
    }
}

/// The blocks of a cell on one line.
fn flatten(reader: &mut Reader, blocks: Vec<Block>, out: &mut Vec<Run>) {
    for block in blocks {
        if !out.is_empty() {
            out.push(Run { text: " ".into(), ..Run::default() });
        }
        match block {
            Block::Heading(_, runs) | Block::Paragraph(runs) => out.extend(runs),
            Block::Item { number, runs, .. } => {
                let mark = number.map_or_else(|| "– ".to_owned(), |n| format!("{n}) "));
                out.push(Run { text: mark, ..Run::default() });
                out.extend(runs);
            }
            Block::Table(_) => reader.left_out.push("tabella dentro una tabella"),
        }
    }
}
