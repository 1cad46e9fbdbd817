// SPDX-License-Identifier: AGPL-3.0-or-later
//! "A test prepares every statement" is true only if `src/store/statements.rs` names them all: each
//! SQL constant of the store is followed back to that list, by the names the code uses.

use super::{Problems, Source, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

const STORE: &str = "src/store/";
/// File and function that everything is followed from.
const LIST: (&str, &str) = ("statements", "statements");
/// What a statement begins with.
const VERBS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "LOCK", "VACUUM"];

/// A constant or function of a file, by (file, name).
type Name = (String, String);
type Items = BTreeMap<Name, Range<usize>>;

#[test]
fn every_sql_constant_is_in_the_list_that_is_prepared() {
    let files = store();
    let items = items(&files);
    let listed = reached(&files, &items);
    let mut problems = Problems::default();
    let mut count = 0;
    for ((file, name), lines) in &items {
        if !is_sql(&files[file], lines) {
            continue;
        }
        count += 1;
        if !listed.contains(&(file.clone(), name.clone())) {
            let what = format!("`{name}` is prepared by no test: add it to `statements()`");
            problems.at(&format!("{STORE}{file}.rs"), lines.start, &what);
        }
    }
    assert!(count > 100, "only {count} SQL constants found in {STORE}");
    problems.none("statements");
}

#[test]
fn a_statement_is_a_constant() {
    const CALLS: [&str; 3] = ["query(", "query_as(", "query_scalar("];
    let mut problems = Problems::default();
    for (file, source) in store() {
        for (number, line) in source.code.iter().enumerate() {
            // A literal on the next line is the same literal.
            let next = source.code.get(number + 1).map_or("", |line| line.trim());
            let whole = format!("{}{next}", line.trim());
            if CALLS.iter().any(|call| line.contains(call) && whole.contains(&format!("{call}\"")))
            {
                let what = "SQL in the call: make it a constant, in the list that is prepared";
                problems.at(&format!("{STORE}{file}.rs"), number, what);
            }
        }
    }
    problems.none("statements in calls");
}

fn store() -> BTreeMap<String, Source> {
    let named = |path: &str| Some(path.strip_prefix(STORE)?.strip_suffix(".rs")?.to_owned());
    let files = sources(STORE).into_iter();
    files.filter_map(|(path, source)| Some((named(&path)?, source))).collect()
}

/// Constants, statics and functions that stand at the margin, with their lines.
fn items(files: &BTreeMap<String, Source>) -> Items {
    let mut items = Items::new();
    for (file, source) in files {
        for (number, line) in source.code.iter().enumerate() {
            if let Some((name, function)) = declared(line) {
                let end = end(&source.code[number..], function);
                items.insert((file.clone(), name), number..number + end + 1);
            }
        }
    }
    items
}

/// The name that a line at the margin declares, and whether it is a function.
fn declared(line: &str) -> Option<(String, bool)> {
    let line =
        line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub(super) ")).unwrap_or(line);
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = ["const ", "static ", "fn "].iter().find_map(|word| line.strip_prefix(word))?;
    let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
    (!name.is_empty()).then(|| (name, line.starts_with("fn ")))
}

/// How many lines on the item ends: at its `;`, a function at its closing brace.
fn end(code: &[String], function: bool) -> usize {
    let mut depth = 0_usize;
    for (number, line) in code.iter().enumerate() {
        for character in line.chars() {
            match character {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if character == '}' && depth == 0 && function {
                        return number;
                    }
                }
                ';' if depth == 0 => return number,
                _ => {}
            }
        }
    }
    code.len().saturating_sub(1)
}

/// A constant text that begins with a verb of SQL or comes from a macro of its file, or one that is
/// put together once (`LazyLock`): in the store that is always a statement.
fn is_sql(source: &Source, lines: &Range<usize>) -> bool {
    let first = &source.code[lines.start];
    if first.contains("fn ") {
        return false;
    }
    let code = source.code[lines.clone()].join(" ");
    let Some((kind, value)) = code.split_once('=') else { return false };
    if kind.contains("LazyLock<") {
        return true;
    }
    let written: Vec<&str> = source.text.split('\n').collect();
    let written = written[lines.clone()].join("\n");
    let text = written.split('"').nth(1).unwrap_or_default().trim_start();
    let verb = VERBS.iter().any(|verb| text.starts_with(verb));
    let made =
        value.trim_start().split_once("!(").is_some_and(|(name, _)| name.chars().all(is_word));
    kind.contains("str") && (verb || made)
}

/// Everything that the list names, and what that names in turn.
fn reached(files: &BTreeMap<String, Source>, items: &Items) -> BTreeSet<Name> {
    let mut reached = BTreeSet::new();
    let mut next = vec![(LIST.0.to_owned(), LIST.1.to_owned())];
    while let Some(item) = next.pop() {
        let Some(lines) = items.get(&item) else { continue };
        if !reached.insert(item.clone()) {
            continue;
        }
        let source = &files[&item.0];
        let imports = imports(source);
        for line in &source.code[lines.clone()] {
            next.extend(named(line).into_iter().map(|(module, name)| {
                let own = || imports.get(&name).cloned().unwrap_or_else(|| item.0.clone());
                (module.unwrap_or_else(own), name)
            }));
        }
    }
    reached
}

/// Names that come from a neighbour: `use super::rows::whole`.
fn imports(source: &Source) -> BTreeMap<String, String> {
    let mut imports = BTreeMap::new();
    for line in &source.code {
        let Some(rest) = line.strip_prefix("use super::") else { continue };
        let Some((module, names)) = rest.split_once("::") else { continue };
        for name in names.split(|c| !is_word(c)).filter(|name| !name.is_empty()) {
            imports.insert(name.to_owned(), module.to_owned());
        }
    }
    imports
}

/// The words of a line, with the module before them: `jobs::STATEMENTS`.
fn named(line: &str) -> Vec<(Option<String>, String)> {
    let parts = line.split(|c| !is_word(c) && c != ':').filter(|part| !part.is_empty());
    let paths = parts.map(|part| {
        let mut words = part.rsplit("::").filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default().trim_matches(':').to_owned();
        (words.next().map(str::to_owned), name)
    });
    paths.collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
