// SPDX-License-Identifier: AGPL-3.0-or-later
//! What fits on a screen can be read: files, functions and lines have a limit.

use super::{Problems, files, product, read, sources};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
/// rustfmt keeps code within 100; prose in comments may run a little over.
const COLUMNS_MAX: usize = 112;

#[test]
fn files_are_short() {
    let mut problems = Problems::default();
    for (path, source) in product() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let what = format!("{lines} lines, at most {FILE_LINES_MAX}. Split it by what it does");
            problems.at(&path, lines - 1, &what);
        }
    }
    problems.none("file length");
}

#[test]
fn functions_are_short() {
    let mut problems = Problems::default();
    for (path, source) in sources("") {
        for (name, lines) in source.functions() {
            if lines.len() > FUNCTION_LINES_MAX {
                let what = format!(
                    "`{name}` has {} lines, at most {FUNCTION_LINES_MAX}. Give its parts a name",
                    lines.len()
                );
                problems.at(&path, lines.start, &what);
            }
        }
    }
    problems.none("function length");
}

#[test]
fn lines_fit_the_page() {
    let mut problems = Problems::default();
    for (path, source) in sources("") {
        for (number, line) in source.visible.iter().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX && !line.contains("://") {
                let what = format!("{columns} columns without literals, at most {COLUMNS_MAX}");
                problems.at(&path, number, &what);
            }
        }
    }
    for path in files("sql") {
        for (number, line) in read(&path).lines().enumerate() {
            if line.chars().count() > COLUMNS_MAX {
                problems.at(&path, number, &format!("more than {COLUMNS_MAX} columns: wrap it"));
            }
        }
    }
    problems.none("line length");
}

#[test]
fn the_counter_of_lines_counts() {
    let text = "fn a(x: [u8; 2]) {\n    let c = '{'; // {\n    let s = \"}\\\"}\";\n}\n\
                trait T {\n    fn declared(&self);\n}\nfn b() { r#\"{\n{\"#; }\n";
    let found = super::Source::read(text.to_owned()).functions();
    let found: Vec<(&str, usize, usize)> =
        found.iter().map(|(name, lines)| (name.as_str(), lines.start, lines.end)).collect();
    assert_eq!(found, [("a", 0, 4), ("b", 7, 9)]);
}
