// SPDX-License-Identifier: AGPL-3.0-or-later
//! Real faults: copies taken under load and put back elsewhere, evidence that was altered, the
//! exact counters of the cycle (docs/reliability.md).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/evidence.rs"]
mod made;
#[path = "support/postgres.rs"]
mod postgres;

#[path = "faults/backup.rs"]
mod backup;
#[path = "faults/cycle.rs"]
mod cycle;
#[path = "faults/evidence.rs"]
mod evidence;
#[path = "faults/lives.rs"]
mod lives;

use std::path::PathBuf;

/// A folder of this test run, empty.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("delibera-faults-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
