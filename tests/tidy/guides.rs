// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages for who uses the program leave nothing out.

use super::{Problems, read};
use delibera::domain::regulation::{KEYS, label};

const PAGE: &str = "docs/regolamento.md";

#[test]
fn every_key_of_the_regulation_is_explained() {
    let page = read(PAGE);
    let mut problems = Problems::default();
    for key in KEYS {
        let begins = format!("| `{}` |", key.name);
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with(&begins)).collect();
        let [row] = rows[..] else {
            problems.at(PAGE, 0, &format!("{} rows of `{}`, one wanted", rows.len(), key.name));
            continue;
        };
        // The words of the page of the administration, and the source of the default.
        for wanted in [label(key.name), key.law] {
            if !row.contains(wanted) {
                problems.at(PAGE, 0, &format!("`{}` does not say «{wanted}»", key.name));
            }
        }
    }
    for (number, line) in page.lines().enumerate() {
        let name = line.strip_prefix("| `").and_then(|rest| rest.split('`').next());
        if let Some(name) = name.filter(|name| !KEYS.iter().any(|key| key.name == *name)) {
            problems.at(PAGE, number, &format!("`{name}` is no key"));
        }
    }
    problems.none("the page of the regulation");
}
