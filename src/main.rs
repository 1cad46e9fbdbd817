// SPDX-License-Identifier: AGPL-3.0-or-later
//! The one binary: everything it can do is a subcommand of `delibera::cli`.

fn main() -> std::process::ExitCode {
    delibera::cli::main()
}
