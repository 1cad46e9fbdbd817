// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every vector T-1 … T-100 is the name of a test, or is listed here with the work it waits for.

use std::collections::BTreeSet;
use std::path::Path;

/// Vectors not yet done, and why.
const NOT_YET: &[(u32, &str)] = &[
    (42, "metadata of Allegato 5: preservation"),
    (43, "receipts of PEC"),
    (44, "receipts of PEC"),
    (45, "determinazioni"),
    (46, "controlli successivi"),
    (86, "schema of Allegato 5"),
    (87, "receipts of PEC"),
    (88, "receipts of PEC"),
    (89, "receipts of PEC"),
    (90, "receipts of PEC"),
    (96, "neighbour procedures"),
    (97, "neighbour procedures"),
    (98, "neighbour procedures"),
    (99, "neighbour procedures"),
];

fn names(folder: &Path, found: &mut BTreeSet<u32>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            names(&path, found);
        }
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let name = line.trim_start().trim_start_matches("async ").strip_prefix("fn t_");
            let digits: Option<String> =
                name.map(|n| n.chars().take_while(char::is_ascii_digit).collect());
            found.extend(digits.and_then(|d| d.parse::<u32>().ok()));
        }
    }
}

#[test]
fn every_vector_is_a_test_or_is_waited_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tested = BTreeSet::new();
    for folder in ["tests", "src", "crates"] {
        names(&root.join(folder), &mut tested);
    }
    let waited: BTreeSet<u32> = NOT_YET.iter().map(|(number, _)| *number).collect();
    let both: Vec<&u32> = tested.intersection(&waited).collect();
    assert!(both.is_empty(), "a vector is done or waited for, not both: {both:?}");
    assert_eq!(waited.len(), NOT_YET.len(), "each once");
    let lost: Vec<u32> = (1..=100).filter(|n| !tested.contains(n) && !waited.contains(n)).collect();
    assert_eq!(lost, Vec::<u32>::new(), "neither tested nor waited for");
    let (readme, count) = (root.join("README.md"), tested.len());
    let said = std::fs::read_to_string(readme).unwrap();
    assert!(said.contains(&format!("| {count}; quelli di lavori successivi")), "README: {count}");
}
