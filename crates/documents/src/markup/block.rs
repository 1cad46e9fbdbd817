// SPDX-License-Identifier: AGPL-3.0-or-later
//! The block model: what layout understands.

use std::rc::Rc;

/// A block and the line of the body it starts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `level` is how it looks, 1 to 6; the tag's level is normalised later.
    Heading {
        level: u8,
        text: Vec<Span>,
    },
    Paragraph(Vec<Span>),
    /// Items are blocks; `tight` items stand without space between them.
    List {
        marker: Marker,
        tight: bool,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Table(Table),
    /// Two columns: row header and value.
    Labels(Vec<(Cell, Cell)>),
    Rule,
    Signatures(Vec<SignatureBox>),
    Centered(Vec<Block>),
    Framed(Vec<Block>),
    Small(Vec<Block>),
    /// A two-dimensional code that holds an address, and the text beside it.
    Coded {
        url: String,
        blocks: Vec<Block>,
    },
    Together(Vec<Block>),
    PageBreak,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Bullet,
    /// First number and what follows it: `.` or `)`.
    Number {
        start: usize,
        delimiter: char,
    },
}

/// A stretch of text in one style. `\n` is a line break asked for by the author.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub text: String,
    pub bold: bool,
    pub italic: bool,
    pub link: Option<Rc<str>>,
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnAlign {
    Left,
    Center,
    Right,
}

pub type Cell = Vec<Span>;

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub align: Vec<ColumnAlign>,
    /// Empty when the header row of the source has no text.
    pub header: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
}

/// One signer's place: caption, name, and the field that will hold the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureBox {
    pub field: String,
    pub title: String,
    pub name: String,
    pub note: String,
    pub line: usize,
}
