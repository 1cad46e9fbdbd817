// SPDX-License-Identifier: AGPL-3.0-or-later
//! Blocks of a document written elsewhere, and how they become Markdown.

use delibera_documents::escape;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading and its level, from 1.
    Heading(u8, Vec<Run>),
    /// A paragraph.
    Paragraph(Vec<Run>),
    /// An item of a list: its depth from 0, its number where it has one, its words.
    Item {
        /// Depth, from 0.
        level: usize,
        /// Number, where the list counts.
        number: Option<u32>,
        /// Words.
        runs: Vec<Run>,
    },
    /// Rows of cells.
    Table(Vec<Vec<Vec<Run>>>),
}

/// Words in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Words; `\n` is a line end of the author.
    pub text: String,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
}

/// Words that begin the dispositive, alone in their paragraph.
const BEGINS: [&str; 8] = [
    "delibera",
    "la giunta delibera",
    "la giunta comunale delibera",
    "propone di deliberare",
    "si propone di deliberare",
    "propone",
    "dispone",
    "propone alla giunta comunale",
];

/// Premises and points: the points are what follows a paragraph that says only «DELIBERA».
pub fn divided(blocks: &[Block]) -> (String, Vec<String>) {
    let begins = |block: &Block| match block {
        Block::Paragraph(runs) | Block::Heading(_, runs) => {
            let text: String = runs.iter().map(|run| run.text.as_str()).collect();
            let letters = |c: char| c.is_alphabetic() || c == ' ';
            let bare: String = text.to_lowercase().chars().filter(|c| letters(*c)).collect();
            let bare = bare.split_whitespace().collect::<Vec<_>>().join(" ");
            let spaced = bare.replace(' ', "") == "delibera";
            spaced || BEGINS.contains(&bare.as_str())
        }
        Block::Item { .. } | Block::Table(_) => false,
    };
    let Some(at) = blocks.iter().position(begins) else { return (markdown(blocks), Vec::new()) };
    (markdown(&blocks[..at]), points(&blocks[at + 1..]))
}

/// Each first-level item begins a point; without a list, each paragraph is one.
fn points(blocks: &[Block]) -> Vec<String> {
    let first = |block: &Block| matches!(block, Block::Item { level: 0, .. });
    let listed = blocks.iter().any(first);
    let mut points: Vec<Vec<Block>> = Vec::new();
    for block in blocks {
        let begins = if listed { first(block) } else { matches!(block, Block::Paragraph(_)) };
        match (begins, points.last_mut(), block) {
            (true, _, Block::Item { runs, .. }) => {
                points.push(vec![Block::Paragraph(runs.clone())]);
            }
            (true, _, block) => points.push(vec![block.clone()]),
            (false, Some(point), Block::Item { level, number, runs }) => point.push(Block::Item {
                level: level.saturating_sub(usize::from(listed)),
                number: *number,
                runs: runs.clone(),
            }),
            (false, Some(point), block) => point.push(block.clone()),
            (false, None, block) => points.push(vec![block.clone()]),
        }
    }
    let typed = |point: Vec<Block>| without_number(&markdown(&point));
    points.into_iter().map(typed).filter(|point| !point.is_empty()).collect()
}

/// Points get their number from the act: one typed by hand would come twice.
fn without_number(point: &str) -> String {
    let digits = point.chars().take_while(char::is_ascii_digit).count();
    let rest = &point[digits..];
    let rest = ["\\.", "\\)", ".", ")"].iter().find_map(|mark| rest.strip_prefix(mark));
    match rest {
        Some(rest) if digits > 0 && rest.starts_with([' ', '\u{a0}']) => {
            rest.trim_start().to_owned()
        }
        _ => point.to_owned(),
    }
}

/// Blocks as Markdown.
pub fn markdown(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        let text = one(block);
        if text.trim().is_empty() {
            continue;
        }
        let item = |block: &Block| matches!(block, Block::Item { .. });
        match before {
            None => {}
            Some(last) if item(last) && item(block) => out.push('\n'),
            Some(_) => out.push_str("\n\n"),
        }
        out.push_str(&text);
        before = Some(block);
    }
    out
}

fn one(block: &Block) -> String {
    match block {
        Block::Heading(level, runs) => {
            format!("{} {}", "#".repeat(usize::from((*level).clamp(1, 4))), inline(runs, " "))
        }
        Block::Paragraph(runs) => inline(runs, "\\\n"),
        Block::Item { level, number, runs } => {
            let marker = number.map_or_else(|| "-".to_owned(), |n| format!("{n}."));
            let indent = "   ".repeat((*level).min(4));
            format!("{indent}{marker} {}", inline(runs, " "))
        }
        Block::Table(rows) => table(rows),
    }
}

fn table(rows: &[Vec<Vec<Run>>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    if columns == 0 {
        return String::new();
    }
    let line = |row: &[Vec<Run>]| {
        let empty = Vec::new();
        let cells = (0..columns).map(|i| inline(row.get(i).unwrap_or(&empty), " "));
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    lines.insert(1.min(lines.len()), format!("|{}", "---|".repeat(columns)));
    lines.join("\n")
}

/// Runs as inline Markdown: equal styles joined, marks outside the blanks.
fn inline(runs: &[Run], line_end: &str) -> String {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs.iter().filter(|run| !run.text.is_empty()) {
        let blank = run.text.trim().is_empty();
        match joined.last_mut() {
            Some(last) if blank || (last.bold, last.italic) == (run.bold, run.italic) => {
                last.text.push_str(&run.text);
            }
            _ => joined.push(run.clone()),
        }
    }
    let mut out = String::new();
    for run in joined {
        let lines: Vec<&str> = run.text.split('\n').collect();
        for (index, text) in lines.iter().enumerate() {
            if index > 0 {
                out.push_str(line_end);
            }
            let body = text.trim();
            if body.is_empty() {
                out.push_str(if text.is_empty() { "" } else { " " });
                continue;
            }
            let mark = match (run.bold, run.italic) {
                (true, true) => "***",
                (true, false) => "**",
                (false, true) => "*",
                (false, false) => "",
            };
            let starts = if text.starts_with(char::is_whitespace) { " " } else { "" };
            let ends = if text.ends_with(char::is_whitespace) { " " } else { "" };
            out.push_str(&format!("{starts}{mark}{}{mark}{ends}", light(body)));
        }
    }
    out.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Escaped only where Markdown would take a character away: people go on writing in this text.
fn light(text: &str) -> String {
    let full = escape(text);
    let needed = |c: char| "\\*_<>[]|#`".contains(c);
    let mut out = String::with_capacity(full.len());
    let mut characters = full.chars().peekable();
    while let Some(c) = characters.next() {
        match characters.peek() {
            Some(next) if c == '\\' && !needed(*next) => {}
            Some(next) if c == '\\' => {
                out.push(c);
                out.push(*next);
                characters.next();
            }
            _ => out.push(c),
        }
    }
    // A line that begins like a list or a number would become one.
    let digits = out.chars().take_while(char::is_ascii_digit).count();
    let marks = |rest: &str| rest.starts_with(". ") || rest.starts_with(") ");
    if (digits == 0 && (out.starts_with("- ") || out.starts_with("+ ")))
        || (digits > 0 && marks(&out[digits..]))
    {
        out.insert(digits, '\\');
    }
    out
}
