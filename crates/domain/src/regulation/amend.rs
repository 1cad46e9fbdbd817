// SPDX-License-Identifier: AGPL-3.0-or-later
//! A regulation changed key by key from a day: the file keeps its comments and its other keys, and
//! what held before stays written with its end.

use super::value::Raw;
use super::{KEYS, Key, Period, Regulation, parse};
use crate::problem::Problem;
use chrono::NaiveDate;
use std::fmt::Write;

/// A new value of a key, with its source.
#[derive(Debug, Clone)]
pub struct Change {
    /// The key.
    pub key: &'static Key,
    /// Its value.
    pub value: Raw,
    /// Article of the statute or regulation.
    pub source: String,
}

/// The text with the changes in force from a day.
///
/// # Errors
/// What is wrong with the result, with its lines; a file written in a way that cannot be changed
/// key by key is to be changed by hand and uploaded.
pub fn amend(text: &str, changes: &[Change], from: NaiveDate) -> Result<String, Vec<Problem>> {
    let file = "regolamento.toml";
    let before = parse(text, file)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let mut added = String::new();
    for change in changes {
        let block = block(&before, change, from);
        match place(&lines, change.key.name) {
            Some((start, end)) => {
                lines.drain(start..end);
            }
            None if before.periods(change.key).is_empty() => {}
            None => {
                let reason = format!("«{}» è scritta in una forma inconsueta", change.key.name);
                let hint = "correggere il file e caricarlo";
                return Err(vec![
                    Problem::at(file, before.line(change.key.name), reason).hint(hint),
                ]);
            }
        }
        added.push('\n');
        added.push_str(&block);
    }
    let amended = format!("{}\n{added}", lines.join("\n").trim_end());
    let after = parse(&amended, file)?;
    // Whatever was not to change must be what it was.
    let moved = KEYS.iter().find(|key| {
        changes.iter().all(|c| c.key.name != key.name)
            && !same(before.periods(key), after.periods(key))
    });
    match moved {
        None => Ok(amended),
        Some(key) => {
            let reason =
                format!("il file non permette di cambiare da qui senza toccare «{}»", key.name);
            Err(vec![
                Problem::at(file, before.line(key.name), reason)
                    .hint("correggere il file e caricarlo"),
            ])
        }
    }
}

/// The same periods, wherever they stand in the file.
fn same(a: &[Period], b: &[Period]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.value == b.value && a.provision == b.provision)
}

/// The tables of a key with the new period among them: what began earlier ends the day before.
fn block(before: &Regulation, change: &Change, from: NaiveDate) -> String {
    let mut out = String::new();
    let periods = before.periods(change.key);
    let kept: Vec<&Period> =
        periods.iter().filter(|p| p.provision.valid_from != Some(from)).collect();
    let name = change.key.name;
    let head = if kept.is_empty() { format!("[{name}]") } else { format!("[[{name}]]") };
    for period in &kept {
        let provision = &period.provision;
        let earlier = provision.valid_from.is_none_or(|begins| begins < from);
        let to = provision.valid_to.filter(|to| !earlier || *to < from);
        table(&mut out, &head, &period.value, &provision.source);
        if let Some(begins) = provision.valid_from {
            let _ = writeln!(out, "valid_from = {begins}");
        }
        if let Some(to) = to {
            let _ = writeln!(out, "valid_to = {to}");
        }
        out.push('\n');
    }
    table(&mut out, &head, &change.value, &change.source);
    let _ = writeln!(out, "valid_from = {from}");
    out
}

fn table(out: &mut String, head: &str, value: &Raw, source: &str) {
    let source = Raw::Text(source.to_owned());
    let _ = write!(out, "{head}\nvalue = {value}\nsource = {source}\n");
}

/// The name in the head of a table: `[name]` or `[[name]]`.
fn head(line: &str) -> Option<&str> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let several = line.strip_prefix("[[").and_then(|l| l.strip_suffix("]]"));
    several.or_else(|| line.strip_prefix('[').and_then(|l| l.strip_suffix(']'))).map(str::trim)
}

/// First and last line of the tables of a key; comments before the next table are the next one's.
fn place(lines: &[&str], name: &str) -> Option<(usize, usize)> {
    let is_head = |line: &str| {
        head(line)
            .is_some_and(|h| !h.is_empty() && h.chars().all(|c| c.is_alphanumeric() || c == '_'))
    };
    let start = lines.iter().position(|line| head(line) == Some(name))?;
    let other = lines.iter().skip(start).position(|line| is_head(line) && head(line) != Some(name));
    let mut end = other.map_or(lines.len(), |at| start + at);
    let plain = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    while end > start + 1 && plain(lines[end - 1]) {
        end -= 1;
    }
    Some((start, end))
}

/// Keys whose value or source on a day is not the same in two regulations.
pub fn differences(
    before: &Regulation,
    after: &Regulation,
) -> Vec<(&'static Key, Option<Raw>, Option<Raw>)> {
    let differs = |key: &&Key| {
        before.value_of(key) != after.value_of(key)
            || before.source(key.name) != after.source(key.name)
    };
    let both = |key: &'static Key| (key, before.value_of(key), after.value_of(key));
    KEYS.iter().filter(differs).map(both).collect()
}
