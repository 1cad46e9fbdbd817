// SPDX-License-Identifier: AGPL-3.0-or-later
//! What never appears in the code.

use super::layers::has_word;
use super::{Problems, product, sources};

/// The one place that reads the clock of the machine.
const CLOCK: &str = "src/service/clock.rs";

#[test]
fn nothing_that_ships_stops_the_program() {
    const CALLS: [&str; 4] = [".unwrap()", ".unwrap_err()", ".expect(", ".expect_err("];
    let mut problems = Problems::default();
    for (path, source) in product() {
        let tests = source.test_lines();
        for (number, line) in source.code.iter().enumerate() {
            let found = CALLS.iter().find(|call| line.contains(**call));
            // A parser's own `expect("keyword", "reason")` gives an error back: not that one.
            let own = ["self.expect(", ".expect(\"\", "].iter().any(|own| line.contains(own));
            if let Some(call) = found
                && !own
                && !tests.iter().any(|lines| lines.contains(&number))
            {
                problems.at(&path, number, &format!("`{call}` may panic: give the error back"));
            }
        }
    }
    problems.none("panics");
}

#[test]
fn the_clock_is_an_argument() {
    const CLOCKS: [&str; 3] = ["Utc::now", "Local::now", "SystemTime::now"];
    let mut problems = Problems::default();
    for (path, source) in product() {
        for (number, line) in source.code.iter().enumerate() {
            let found = CLOCKS.iter().find(|clock| has_word(line, clock));
            if let Some(clock) = found.filter(|_| path != CLOCK) {
                let what = format!("`{clock}` only in {CLOCK}: take the instant as an argument");
                problems.at(&path, number, &what);
            }
        }
    }
    problems.none("clocks");
}

#[test]
fn no_test_hides_where_it_would_not_run() {
    const MARKS: [&str; 3] = ["cfg(test", "#[test]", "::test]"];
    let mut problems = Problems::default();
    for (path, source) in sources("src/") {
        for (number, line) in source.code.iter().enumerate() {
            if let Some(mark) = MARKS.iter().find(|mark| line.contains(**mark)) {
                let what = format!("`{mark}` never runs here: write the test in tests/units");
                problems.at(&path, number, &what);
            }
        }
    }
    problems.none("tests in the library");
}

#[test]
fn nothing_is_left_for_later() {
    const MARKS: [(&str, &str); 6] = [
        ("#[ignore", "a test runs or does not exist"),
        ("#[should_panic", "assert on the error"),
        ("todo!", "finish it, or do not begin it"),
        ("unimplemented!", "finish it, or do not begin it"),
        ("dbg!", "use tracing"),
        ("std::thread::sleep", "wait for the thing itself, with a limit"),
    ];
    let mut problems = Problems::default();
    for (path, source) in sources("") {
        for (number, line) in source.code.iter().enumerate() {
            for (mark, instead) in MARKS {
                // Tests that watch another process have nothing else to wait on.
                let waits = mark.ends_with("sleep") && path.contains("tests/");
                if line.contains(mark) && !waits {
                    problems.at(&path, number, &format!("`{mark}`: {instead}"));
                }
            }
        }
    }
    problems.none("left for later");
}
