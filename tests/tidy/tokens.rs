// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens that people write in scenarios and scripts read in results: each is on the page that
//! explains it.

use super::{Problems, Source, read, sources};

/// Closed lists of the domain that scenarios are written with, or end in, and scripts read.
const LISTS: [&str; 8] = [
    "Lifecycle",
    "OpinionKind",
    "Efficacy",
    "OpinionOutcome",
    "Condition",
    "Effect",
    "ItemOutcome",
    "Capacity",
];

/// Lists that scripts read and no scenario says.
const ONLY_READ: [&str; 1] = ["PaperKind"];

/// Lists that only a scenario says.
const ONLY_WRITTEN: [&str; 4] = ["Role", "Answer", "Choice", "CopyForm"];

const SCENARIO: &str = "docs/scenario.md";

/// Commands by the heading of the page that has their table.
const COMMANDS: [(&str, &str); 3] = [
    ("CaseCommand", "## I comandi sull'atto"),
    ("SittingCommand", "## I comandi sulla seduta"),
    ("RegistryCommand", "## I comandi sul Comune"),
];

/// Commands of the worker alone: they carry the bytes it has just made, and no file can say them.
const OF_THE_WORKER: [&str; 4] = ["prepare_paper", "seal_paper", "augment", "record_availability"];

#[test]
fn the_glossary_has_every_word_of_the_closed_lists() {
    let domain = sources("crates/domain/src/");
    let glossary = read("GLOSSARY.md");
    let mut problems = Problems::default();
    for name in LISTS.into_iter().chain(ONLY_READ) {
        let (file, words) = list(&domain, name);
        for word in words.iter().filter(|word| !glossary.contains(&format!("`{word}`"))) {
            let what = format!("lacks `{word}` ({name} in {file}): say what people read");
            problems.at("GLOSSARY.md", 0, &what);
        }
    }
    problems.none("glossary");
}

#[test]
fn the_glossary_has_every_moment() {
    let file = "crates/domain/src/notices.rs";
    let glossary = read("GLOSSARY.md");
    let moments = pairs(&read(file), "pub const MOMENTS");
    assert!(moments.len() > 40, "MOMENTS of {file} cannot be read: {} found", moments.len());
    let mut problems = Problems::default();
    for (moment, words) in moments {
        let row = format!("| `{moment}` | {words} |");
        if !glossary.contains(&row) {
            problems.at("GLOSSARY.md", 0, &format!("lacks the row «{row}» (MOMENTS in {file})"));
        }
    }
    problems.none("moments");
}

#[test]
fn the_page_of_scenarios_has_every_command() {
    let domain = sources("crates/domain/src/");
    let page = read(SCENARIO);
    let mut problems = Problems::default();
    for (name, heading) in COMMANDS {
        let (file, words) = list(&domain, name);
        let section = section(&page, heading);
        let rows: Vec<&str> = section.lines().filter_map(first_cell).collect();
        for word in words.iter().filter(|word| !OF_THE_WORKER.contains(&word.as_str())) {
            if !rows.iter().any(|cell| cell.contains(&format!("`{word}`"))) {
                let what = format!("«{heading}» has no row for `{word}` ({name} in {file})");
                problems.at(SCENARIO, 0, &what);
            }
        }
    }
    problems.none("commands of scenarios");
}

#[test]
fn the_page_of_scenarios_has_every_value() {
    let domain = sources("crates/domain/src/");
    let page = read(SCENARIO);
    let written = |word: &str| {
        page.match_indices(word).any(|(at, _)| {
            let part = |c: char| c.is_alphanumeric() || c == '_';
            !page[..at].ends_with(part) && !page[at + word.len()..].starts_with(part)
        })
    };
    let mut problems = Problems::default();
    for name in LISTS.into_iter().chain(ONLY_WRITTEN) {
        let (file, words) = list(&domain, name);
        for word in words.iter().filter(|word| !written(word)) {
            problems.at(SCENARIO, 0, &format!("lacks `{word}` ({name} in {file})"));
        }
    }
    problems.none("values of scenarios");
}

/// The file of an enum of the domain and its tokens.
fn list<'a>(domain: &'a [(String, Source)], name: &str) -> (&'a str, Vec<String>) {
    let mut lists = domain.iter().map(|(file, source)| (file.as_str(), words_of(source, name)));
    lists.find(|(_, words)| !words.is_empty()).unwrap_or_else(|| panic!("no `pub enum {name}`"))
}

/// The values of an enum as words in snake_case: one per line that begins with a capital.
fn words_of(source: &Source, name: &str) -> Vec<String> {
    let begins = format!("pub enum {name} {{");
    let lines = source.code.iter().skip_while(|line| !line.contains(&begins)).skip(1);
    let values = lines.take_while(|line| !line.starts_with('}')).map(|line| line.trim());
    let values = values.filter(|value| value.starts_with(|c: char| c.is_ascii_uppercase()));
    values
        .map(|value| snake(value.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()))
        .collect()
}

fn snake(value: &str) -> String {
    let mut word = String::new();
    for (at, c) in value.chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            word.push('_');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// The pairs of texts of a constant list, one pair a line.
fn pairs(text: &str, begins: &str) -> Vec<(String, String)> {
    let lines = text.lines().skip_while(|line| !line.starts_with(begins)).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("];"));
    let quoted = |line: &str| {
        let mut texts = line.split('"').skip(1).step_by(2).map(str::to_owned);
        Some((texts.next()?, texts.next()?))
    };
    lines.filter_map(quoted).collect()
}

/// What a page says under a heading, up to the next one of that level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let after = page.split_once(heading).unwrap_or_else(|| panic!("no «{heading}»")).1;
    after.split_once("\n## ").map_or(after, |(section, _)| section)
}

/// The first cell of a line of a table.
fn first_cell(line: &str) -> Option<&str> {
    line.strip_prefix("| ")?.split(" | ").next()
}
