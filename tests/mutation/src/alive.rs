// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which mutant is alive. Goes into the copy of the rules as a module of theirs: all mutants are
//! compiled at once, the environment chooses one. Never part of the product.

use std::collections::BTreeSet;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, OnceLock};

static CHOSEN: OnceLock<u32> = OnceLock::new();
static SEEN: OnceLock<Option<Mutex<(BTreeSet<u32>, File)>>> = OnceLock::new();

/// Whether this mutant is the one. Without any, notes where the tests have come.
pub fn alive(number: u32) -> bool {
    note(number);
    number == *CHOSEN.get_or_init(|| {
        env::var("DELIBERA_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    })
}

/// One line each, in one write: several processes of a test share the file.
fn note(number: u32) {
    let seen = SEEN.get_or_init(|| {
        let path = env::var_os("DELIBERA_MUTANT_SEEN")?;
        let file = OpenOptions::new().create(true).append(true).open(path).ok()?;
        Some(Mutex::new((BTreeSet::new(), file)))
    });
    if let Some(seen) = seen
        && let Ok(mut seen) = seen.lock()
        && seen.0.insert(number)
    {
        let _ = seen.1.write_all(format!("{number}\n").as_bytes());
    }
}
