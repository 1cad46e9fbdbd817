// SPDX-License-Identifier: AGPL-3.0-or-later
//! The README shows what the program prints.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

use delibera::domain::workflow::{load, mermaid};
use std::fs;

#[test]
fn the_drawing_is_the_one_the_program_prints() {
    let file = "workflows/deliberazione-giunta.toml";
    let workflow = load(&fs::read_to_string(file).unwrap(), file).unwrap();
    let readme = fs::read_to_string("README.md").unwrap();
    let shown =
        readme.split_once("```mermaid\n").expect("a drawing").1.split_once("```").unwrap().0;
    let printed = mermaid(&workflow, None);
    assert_eq!(shown, printed, "paste into README.md what `delibera workflow show {file}` prints");
}
