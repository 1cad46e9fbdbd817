// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whole journeys on real databases: the demo on both engines, the audit of what it leaves,
//! a thousand proclamations at once.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/postgres.rs"]
mod postgres;

#[path = "journeys/demo.rs"]
mod demo;
#[path = "journeys/digest.rs"]
mod digest;
#[path = "journeys/insider.rs"]
mod insider;
#[path = "journeys/proclamations.rs"]
mod proclamations;
#[path = "journeys/seal.rs"]
mod seal;
#[path = "journeys/tamper.rs"]
mod tamper;

use std::path::PathBuf;

/// A folder of this test run, empty.
fn folder(name: &str) -> PathBuf {
    let path =
        std::env::temp_dir().join(format!("delibera-journeys-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
