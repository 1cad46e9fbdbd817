// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where a long command is. On a terminal one line that is written over and goes at the end;
//! elsewhere the parts of the work as plain lines, never the counts within them. All on standard
//! error: what scripts read stays on standard output.

use std::io::{IsTerminal, Write};

/// The line of a command under way; it goes with its owner.
pub(super) struct Progress {
    terminal: bool,
}

impl Progress {
    pub(super) fn start() -> Self {
        Self { terminal: std::io::stderr().is_terminal() }
    }

    /// A part of the work begins.
    pub(super) fn part(&self, what: &str) {
        if self.terminal {
            self.at(what);
        } else {
            eprintln!("{what}");
        }
    }

    /// How far it is.
    pub(super) fn at(&self, what: &str) {
        if self.terminal {
            self.write(&format!("\r{what}\u{1b}[K"));
        }
    }

    fn write(&self, text: &str) {
        let mut terminal = std::io::stderr();
        // Progress only: a closed terminal is no reason to stop the work.
        let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal {
            self.write("\r\u{1b}[K");
        }
    }
}
