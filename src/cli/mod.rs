// SPDX-License-Identifier: AGPL-3.0-or-later
//! The command line: parse once, call the service, print.

use std::process::ExitCode;

/// Runs the program. Exit codes: 0 done, 1 refused or not valid, 2 wrong use.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
