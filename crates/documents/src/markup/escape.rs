// SPDX-License-Identifier: AGPL-3.0-or-later
//! Plain values inside Markdown.

/// Escapes a plain value so that Markdown and directives in it are literal.
///
/// White space, line ends included, becomes one space: a value is a phrase, and a line end would
/// leave its table cell or its attribute. A backslash before ASCII punctuation is CommonMark's
/// own escape (§2.4), and attribute values of directives undo it too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (index, word) in text.split_whitespace_but_nbsp().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        for character in word.chars() {
            if needs_escape(character) {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

/// Punctuation that means something to Markdown or to directives; the rest reads better bare.
fn needs_escape(character: char) -> bool {
    character.is_ascii_punctuation()
        && !matches!(character, ',' | ';' | '?' | '%' | '$' | '\'' | '/')
}

trait Words {
    fn split_whitespace_but_nbsp(&self) -> impl Iterator<Item = &str>;
}

impl Words for str {
    /// No-break spaces are typography, not white space: "n. 11" keeps its own.
    fn split_whitespace_but_nbsp(&self) -> impl Iterator<Item = &str> {
        self.split(|c: char| c.is_whitespace() && c != '\u{A0}' && c != '\u{202F}')
            .filter(|word| !word.is_empty())
    }
}
