// SPDX-License-Identifier: AGPL-3.0-or-later
//! Real faults: the program killed while people act, several processes, a database that dies, a line
//! cut in the middle of a commit, a full disk; copies taken under load and put back elsewhere, evidence
//! that was altered, the exact counters of the cycle (docs/reliability.md).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/answer.rs"]
mod answer;
#[path = "support/evidence.rs"]
mod made;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/proposed.rs"]
mod proposed;
#[allow(dead_code, reason = "this server never fails: the program does")]
#[path = "mail/sink.rs"]
mod sink;
#[path = "support/staying.rs"]
mod staying;

#[path = "faults/backup.rs"]
mod backup;
#[path = "faults/cycle.rs"]
mod cycle;
#[path = "faults/earlier.rs"]
mod earlier;
#[path = "faults/evidence.rs"]
mod evidence;
#[path = "faults/full.rs"]
mod full;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/lives.rs"]
mod lives;
#[path = "faults/outage.rs"]
mod outage;
#[path = "faults/processes.rs"]
mod processes;
#[path = "faults/town.rs"]
mod town;

use std::path::PathBuf;

/// A folder of this test run, empty.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("delibera-faults-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
