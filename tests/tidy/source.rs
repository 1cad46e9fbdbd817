// SPDX-License-Identifier: AGPL-3.0-or-later
//! A Rust file cut into code, comments and literals: enough to judge shape, not a parser.

use std::ops::Range;

/// A source file, line by line, in three renderings of the same lines.
pub struct Source {
    /// As written.
    pub text: String,
    /// Without comments and without what literals hold (their quotes stay).
    pub code: Vec<String>,
    /// With comments, without what literals hold: what a person could have wrapped.
    pub visible: Vec<String>,
}

impl Source {
    pub fn read(text: String) -> Self {
        let (code, visible) = Cutter::new(&text).cut();
        let lines = |text: &str| text.split('\n').map(str::to_owned).collect();
        Self { code: lines(&code), visible: lines(&visible), text }
    }

    /// Functions with their lines, counted from `fn` to the closing brace.
    pub fn functions(&self) -> Vec<(String, Range<usize>)> {
        let mut functions = Vec::new();
        for (number, line) in self.code.iter().enumerate() {
            if let Some(name) = function_name(line)
                && let Some(end) = self.end_of_block(number)
            {
                functions.push((name, number..end + 1));
            }
        }
        functions
    }

    /// Lines of items under `#[cfg(test)]`, attribute included.
    pub fn test_lines(&self) -> Vec<Range<usize>> {
        let attributes = self.code.iter().enumerate();
        let attributes = attributes.filter(|(_, line)| line.trim() == "#[cfg(test)]");
        attributes.filter_map(|(at, _)| Some(at..self.end_of_block(at)? + 1)).collect()
    }

    /// Line on which the block opened at or after a line closes; none when a `;` comes first.
    fn end_of_block(&self, start: usize) -> Option<usize> {
        let mut depth = 0_usize;
        // A `;` inside `[u8; 32]` or `(…)` of a signature ends nothing.
        let mut nested = 0_usize;
        for (number, line) in self.code.iter().enumerate().skip(start) {
            for character in line.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => {
                        depth = depth.checked_sub(1)?;
                        if depth == 0 {
                            return Some(number);
                        }
                    }
                    '(' | '[' => nested += 1,
                    ')' | ']' => nested = nested.saturating_sub(1),
                    ';' if depth == 0 && nested == 0 => return None,
                    _ => {}
                }
            }
        }
        None
    }
}

/// The name in `fn name`, when `fn` is a word of the line.
fn function_name(line: &str) -> Option<String> {
    let at = line.find("fn ").filter(|at| {
        !line[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    })?;
    let name: String =
        line[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Walks the characters once.
struct Cutter<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    before: char,
    code: String,
    visible: String,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str) -> Self {
        let rest = text.chars().peekable();
        Self { rest, before: '\n', code: String::new(), visible: String::new() }
    }

    fn cut(mut self) -> (String, String) {
        while let Some(c) = self.rest.next() {
            let next = self.rest.peek().copied();
            match (c, next) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('r', Some('"' | '#')) if !is_word(self.before) => self.raw_string('r'),
                ('b', Some('r')) if !is_word(self.before) => self.raw_bytes(),
                ('\'', _) => self.quote(),
                _ => self.keep(c),
            }
        }
        (self.code, self.visible)
    }

    fn keep(&mut self, c: char) {
        self.before = c;
        self.code.push(c);
        self.visible.push(c);
    }

    /// Inside a literal: only line ends are kept, so that line numbers stay true.
    fn skip(&mut self, c: char) {
        if c == '\n' {
            self.keep(c);
        }
    }

    fn line_comment(&mut self) {
        self.visible.push('/');
        while let Some(c) = self.rest.next_if(|c| *c != '\n') {
            self.visible.push(c);
        }
    }

    fn block_comment(&mut self) {
        let (mut depth, mut before) = (0_usize, '/');
        self.visible.push('/');
        for c in self.rest.by_ref() {
            match (before, c) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {}
            }
            self.visible.push(c);
            if c == '\n' {
                self.code.push(c);
            }
            if depth == 0 {
                break;
            }
            // `/*/` opens and does not close: a character counts once.
            before = if matches!((before, c), ('/', '*') | ('*', '/')) { ' ' } else { c };
        }
    }

    fn string(&mut self) {
        self.keep('"');
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => {
                    let escaped = self.rest.next().unwrap_or_default();
                    self.skip(escaped);
                }
                '"' => break,
                _ => self.skip(c),
            }
        }
        self.keep('"');
    }

    fn raw_bytes(&mut self) {
        self.keep('b');
        let r = self.rest.next().unwrap_or_default();
        match self.rest.peek() {
            Some('"' | '#') => self.raw_string(r),
            _ => self.keep(r),
        }
    }

    fn raw_string(&mut self, r: char) {
        self.keep(r);
        let mut hashes = 0;
        while self.rest.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        if self.rest.next_if_eq(&'"').is_none() {
            return; // a raw identifier
        }
        self.keep('"');
        let mut ending = None;
        for c in self.rest.by_ref() {
            ending = match (ending, c) {
                (_, '"') => Some(0),
                (Some(count), '#') => Some(count + 1),
                _ => None,
            };
            if c == '\n' {
                self.code.push(c);
                self.visible.push(c);
            }
            if ending == Some(hashes) {
                break;
            }
        }
        self.keep('"');
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        self.keep('\'');
        match self.rest.peek().copied() {
            Some('\\') => {
                self.rest.next();
                self.rest.next();
                while self.rest.next_if(|c| *c != '\'').is_some() {}
                self.rest.next();
                self.keep('\'');
            }
            Some(c) => {
                self.rest.next();
                if self.rest.next_if_eq(&'\'').is_some() {
                    self.keep('\'');
                } else {
                    self.keep(c);
                }
            }
            None => {}
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
