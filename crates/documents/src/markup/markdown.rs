// SPDX-License-Identifier: AGPL-3.0-or-later
//! comrak's tree to blocks.

use std::rc::Rc;

use comrak::nodes::{ListDelimType, ListType, Node, NodeValue, TableAlignment};
use comrak::{Arena, Options, parse_document};

use super::block::{Block, Cell, ColumnAlign, Kind, Marker, Span, Table};
use crate::RenderError;
use crate::text::composed;

/// Parses a stretch of Markdown whose first line is `first_line` of the body.
pub fn parse(text: &str, first_line: usize, shift: u8) -> Result<Vec<Block>, RenderError> {
    let arena = Arena::new();
    let source = literal(text);
    let root = parse_document(&arena, &source, &options());
    let reader = Reader { offset: first_line - 1, shift };
    // Checked without recursion, before anything recurses.
    if let Some(node) = root.descendants().find(|n| n.ancestors().nth(DEEPEST).is_some()) {
        return reader.refuse(node, "testo annidato troppo in profondità");
    }
    reader.blocks(root)
}

/// Levels of tree beyond which nobody writes and recursion would cost stack.
const DEEPEST: usize = 48;

/// Tables are the only extension: every other one would take characters away from a legal text.
pub fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options
}

/// Takes code and link definitions out of the language: a backtick typed for an apostrophe, or a
/// line "[1]: …", would make words vanish from the page. Lines keep their number.
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut escaped = false;
    let mut previous = '\n';
    for character in composed(text).chars() {
        if !escaped && (character == '`' || (character == ':' && previous == ']')) {
            out.push('\\');
        }
        out.push(character);
        escaped = character == '\\' && !escaped;
        previous = character;
    }
    out
}

/// What links may point to; anything else is inert on paper or dangerous on a screen.
pub fn is_allowed_link(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
}

struct Reader {
    offset: usize,
    shift: u8,
}

#[derive(Clone, Default)]
struct Style {
    bold: bool,
    italic: bool,
    link: Option<Rc<str>>,
}

impl Reader {
    fn line(&self, node: Node<'_>) -> usize {
        node.data.borrow().sourcepos.start.line.max(1) + self.offset
    }

    fn refuse<T>(&self, node: Node<'_>, reason: &str) -> Result<T, RenderError> {
        Err(RenderError::Markdown { line: self.line(node), reason: reason.to_owned() })
    }

    fn blocks(&self, parent: Node<'_>) -> Result<Vec<Block>, RenderError> {
        parent.children().map(|node| self.block(node)).collect()
    }

    fn block(&self, node: Node<'_>) -> Result<Block, RenderError> {
        let line = self.line(node);
        let value = node.data.borrow().value.clone();
        let kind = match value {
            NodeValue::Paragraph => Kind::Paragraph(self.spans(node)?),
            NodeValue::Heading(heading) => Kind::Heading {
                level: (heading.level + self.shift).min(6),
                text: self.spans(node)?,
            },
            NodeValue::ThematicBreak => Kind::Rule,
            NodeValue::BlockQuote => Kind::Quote(self.blocks(node)?),
            NodeValue::List(list) => {
                let marker = match list.list_type {
                    ListType::Bullet => Marker::Bullet,
                    ListType::Ordered => {
                        let parenthesis = list.delimiter == ListDelimType::Paren;
                        let delimiter = if parenthesis { ')' } else { '.' };
                        Marker::Number { start: list.start, delimiter }
                    }
                };
                let items = node.children().map(|n| self.blocks(n)).collect::<Result<_, _>>()?;
                Kind::List { marker, tight: list.tight, items }
            }
            NodeValue::Table(table) => Kind::Table(self.table(node, &table.alignments)?),
            NodeValue::CodeBlock(_) => {
                return self.refuse(
                    node,
                    "blocco di codice: togliere il rientro di quattro spazi o i segni ~~~",
                );
            }
            NodeValue::HtmlBlock(_) => return self.refuse(node, HTML),
            _ => return self.refuse(node, "costrutto Markdown non ammesso"),
        };
        Ok(Block { line, kind })
    }

    fn table(&self, node: Node<'_>, align: &[TableAlignment]) -> Result<Table, RenderError> {
        let mut table = Table { align: Vec::new(), header: Vec::new(), rows: Vec::new() };
        table.align = align
            .iter()
            .map(|a| match a {
                TableAlignment::Center => ColumnAlign::Center,
                TableAlignment::Right => ColumnAlign::Right,
                TableAlignment::Left | TableAlignment::None => ColumnAlign::Left,
            })
            .collect();
        for row in node.children() {
            let cells: Vec<Cell> =
                row.children().map(|cell| self.spans(cell)).collect::<Result<_, _>>()?;
            let header = matches!(row.data.borrow().value, NodeValue::TableRow(true));
            match header {
                true if cells.iter().all(Vec::is_empty) => {}
                true => table.header = cells,
                false => table.rows.push(cells),
            }
        }
        Ok(table)
    }

    fn spans(&self, node: Node<'_>) -> Result<Vec<Span>, RenderError> {
        let mut out = Vec::new();
        for child in node.children() {
            self.inline(child, &Style::default(), &mut out)?;
        }
        Ok(out)
    }

    fn inline(
        &self,
        node: Node<'_>,
        style: &Style,
        out: &mut Vec<Span>,
    ) -> Result<(), RenderError> {
        let value = node.data.borrow().value.clone();
        let mut inner = style.clone();
        match value {
            NodeValue::Text(text) => {
                self.push(node, style, &text, out);
                return Ok(());
            }
            NodeValue::LineBreak => {
                self.push(node, style, "\n", out);
                return Ok(());
            }
            NodeValue::SoftBreak => {
                let space = if starts_item(node) { "\n" } else { " " };
                self.push(node, style, space, out);
                return Ok(());
            }
            NodeValue::Strong => inner.bold = true,
            NodeValue::Emph => inner.italic = true,
            NodeValue::Link(link) if is_allowed_link(&link.url) => {
                inner.link = Some(link.url.as_str().into());
            }
            NodeValue::Link(_) => return self.refuse(node, LINK),
            NodeValue::Image(_) => return self.refuse(node, IMAGE),
            NodeValue::HtmlInline(_) => return self.refuse(node, HTML),
            _ => return self.refuse(node, "costrutto Markdown non ammesso"),
        }
        node.children().try_for_each(|child| self.inline(child, &inner, out))
    }

    fn push(&self, node: Node<'_>, style: &Style, text: &str, out: &mut Vec<Span>) {
        let line = self.line(node);
        if let Some(last) = out.last_mut()
            && (last.bold, last.italic, last.line) == (style.bold, style.italic, line)
            && last.link == style.link
        {
            last.text.push_str(text);
            return;
        }
        out.push(Span {
            text: text.to_owned(),
            bold: style.bold,
            italic: style.italic,
            link: style.link.clone(),
            line,
        });
    }
}

pub const HTML: &str = "comandi HTML non ammessi: per stampare «<» scrivere «\\<»";
pub const IMAGE: &str = "immagini non ammesse nel testo: vanno allegate";
pub const LINK: &str = "collegamento non ammesso: solo http, https e mailto";

/// True when the text after a soft break looks like an item of a hand-made list: `a) …`, `– …`.
/// Markdown would run those lines together; acts are full of them.
fn starts_item(soft_break: Node<'_>) -> bool {
    let Some(next) = soft_break.next_sibling() else {
        return false;
    };
    let data = next.data.borrow();
    let NodeValue::Text(text) = &data.value else {
        return false;
    };
    let Some((mark, rest)) = text.split_once(' ') else {
        return false;
    };
    let letters =
        |m: &str| (1..=4).contains(&m.len()) && m.chars().all(|c| c.is_ascii_alphanumeric());
    let item = mark.strip_suffix(')').is_some_and(letters);
    (item || matches!(mark, "–" | "—" | "•" | "·")) && !rest.is_empty()
}
