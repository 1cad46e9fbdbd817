// SPDX-License-Identifier: AGPL-3.0-or-later
//! Answers for people: a label, its text, all texts in one column.

/// Space between the longest label and the texts.
const GAP: usize = 2;

/// Rows of an answer; an empty label and text is a blank line.
#[derive(Debug, Default)]
pub struct Page(Vec<(&'static str, String)>);

impl Page {
    /// Adds a row.
    pub fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.0.push((label, text.into()));
    }

    /// Adds a blank line.
    pub fn blank(&mut self) {
        self.row("", "");
    }

    /// The page as text.
    pub fn render(&self) -> String {
        let width = self.0.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + GAP;
        let mut page = String::new();
        for (label, text) in &self.0 {
            page.push_str(format!("{label:<width$}{text}").trim_end());
            page.push('\n');
        }
        page
    }
}
