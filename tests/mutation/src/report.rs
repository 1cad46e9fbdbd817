// SPDX-License-Identifier: AGPL-3.0-or-later
//! What came of the mutants: two tables, and those nobody noticed.

use crate::Drawn;
use crate::record::Fate;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many of each fate.
#[derive(Default)]
struct Counts {
    killed: usize,
    endless: usize,
    survived: usize,
    unreached: usize,
}

impl Counts {
    fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::Killed { .. } => self.killed += 1,
            Fate::Endless { .. } => self.endless += 1,
            Fate::Survived => self.survived += 1,
            Fate::Unreached => self.unreached += 1,
        }
    }

    fn row(&self, name: &str) -> String {
        let Self { killed, endless, survived, unreached } = self;
        let all = killed + endless + survived + unreached;
        format!("| {name} | {all} | {killed} | {endless} | {survived} | {unreached} |\n")
    }
}

fn table(title: &str, fates: &[(&Drawn, Fate)], key: impl Fn(&Drawn) -> String) -> String {
    let mut rows: BTreeMap<String, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for (one, fate) in fates {
        rows.entry(key(one)).or_default().add(fate);
        all.add(fate);
    }
    let mut text = format!(
        "| {title} | mutants | killed | killed by time | survived | not reached |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    for (name, counts) in &rows {
        text.push_str(&counts.row(name));
    }
    text.push_str(&all.row("**all**"));
    text
}

/// The record of a pass, in Markdown.
pub fn report(fates: &[(&Drawn, Fate)]) -> String {
    let folder = |one: &Drawn| one.file.split('/').next().unwrap_or_default().to_owned();
    let mut text = table("operator", fates, |one| one.mutation.operator.to_owned());
    text.push('\n');
    text.push_str(&table("where", fates, folder));
    text.push('\n');
    for (one, fate) in fates.iter().filter(|(_, fate)| fate.alive()) {
        let _ = writeln!(text, "- {}: {}", fate.word(), described(one));
    }
    text
}

/// A mutant in one line.
pub fn described(one: &Drawn) -> String {
    let Drawn { number, file, mutation, before, .. } = one;
    let instead = mutation.instead.as_deref().unwrap_or("(nothing)");
    format!(
        "{number} {file}:{} [{}] {}: `{}` → `{}`",
        mutation.line,
        mutation.operator,
        mutation.change,
        one_line(before),
        one_line(instead)
    )
}

/// Without line ends, and no longer than what tells it from its neighbours.
fn one_line(text: &str) -> String {
    const SHOWN: usize = 160;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
