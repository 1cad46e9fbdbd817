// SPDX-License-Identifier: AGPL-3.0-or-later
//! A page of the administration that is a list: tables whose rows may be acted on. One template.

use super::Frame;
use crate::web::forms::Field;
use crate::web::page::{Link, Page};
use serde::Serialize;

/// One value of a row.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cell {
    text: String,
    /// Said smaller, under it.
    note: String,
    href: String,
    /// `good`, `warn`, `bad`, or nothing.
    mark: &'static str,
}

impl Cell {
    /// Plain words.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// With something smaller under it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// That opens a page.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = href.into();
        self
    }

    /// Good, to be looked at, or bad: said by colour beside the words, never by colour alone.
    #[must_use]
    pub fn mark(mut self, mark: &'static str) -> Self {
        self.mark = mark;
        self
    }
}

/// A gesture on a row that needs no form.
#[derive(Debug, Clone, Serialize)]
pub struct Button {
    /// Where it is sent.
    pub action: String,
    /// Its words.
    pub label: String,
    /// Name and value it carries.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// One row.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Row {
    /// Values, the first is what the row is about.
    pub cells: Vec<Headed>,
    /// Forms about it.
    pub links: Vec<Link>,
    /// Gestures on it.
    pub buttons: Vec<Button>,
    /// No longer, or not yet, in force.
    pub past: bool,
}

/// A value under its head: narrow screens show both.
#[derive(Debug, Clone, Serialize)]
pub struct Headed {
    head: &'static str,
    #[serde(flatten)]
    cell: Cell,
}

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    id: &'static str,
    title: String,
    heads: Vec<&'static str>,
    rows: Vec<Row>,
    acted: bool,
    /// Said when there is no row.
    empty: &'static str,
}

impl Table {
    /// A table with its heads.
    pub fn new(id: &'static str, title: impl Into<String>, heads: &[&'static str]) -> Self {
        let (title, heads) = (title.into(), heads.to_vec());
        Self { id, title, heads, empty: "Nessun elemento.", ..Self::default() }
    }

    /// What is said when there is no row.
    #[must_use]
    pub fn empty(mut self, words: &'static str) -> Self {
        self.empty = words;
        self
    }

    /// Adds a row of values, one for each head.
    pub fn row(&mut self, cells: Vec<Cell>) -> &mut Row {
        let heads = self.heads.iter().copied();
        let cells = heads.zip(cells).map(|(head, cell)| Headed { head, cell }).collect();
        self.rows.push(Row { cells, ..Row::default() });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    fn settled(mut self) -> Self {
        self.acted = self.rows.iter().any(|row| !row.links.is_empty() || !row.buttons.is_empty());
        self
    }
}

/// The page.
#[derive(Debug, Default, Serialize)]
pub struct Listing {
    frame: Frame,
    heading: String,
    intro: String,
    buttons: Vec<Link>,
    filter: Vec<Field>,
    tables: Vec<Table>,
    /// The next page of a long list.
    more: Option<Link>,
    /// Something else to take away: a file.
    downloads: Vec<Link>,
}

impl Listing {
    /// A page of a section.
    pub fn new(frame: Frame, heading: impl Into<String>, intro: impl Into<String>) -> Self {
        Self { frame, heading: heading.into(), intro: intro.into(), ..Self::default() }
    }

    /// With what may be done.
    #[must_use]
    pub fn buttons(mut self, buttons: Vec<Link>) -> Self {
        self.buttons = buttons;
        self
    }

    /// With fields that narrow it, sent to the same address.
    #[must_use]
    pub fn filter(mut self, filter: Vec<Field>) -> Self {
        self.filter = filter;
        self
    }

    /// With a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table.settled());
        self
    }

    /// With a next page.
    #[must_use]
    pub fn more(mut self, more: Option<Link>) -> Self {
        self.more = more;
        self
    }

    /// With files to take away.
    #[must_use]
    pub fn downloads(mut self, downloads: Vec<Link>) -> Self {
        self.downloads = downloads;
        self
    }
}

impl Page for Listing {
    const TEMPLATE: &'static str = "amministrazione-elenco";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}
