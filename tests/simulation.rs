// SPDX-License-Identifier: AGPL-3.0-or-later
//! Thousands of acts of whole Comuni by chance: the rules alone with a fault at every boundary, and
//! fewer of them on the real store and the real worker, where writes fail at every statement.
//!
//! A seed that fails is printed: `delibera bench --simulate 1 --seed N` lives it again. A million:
//! `delibera bench --simulate 1000000` (docs/reliability.md).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "simulation/real.rs"]
mod real;

use delibera::service::simulation::{live, simulate};

/// Acts in `./test`.
const ACTS: u64 = 20_000;

#[test]
fn twenty_thousand_acts_keep_every_invariant() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let tally = simulate(1, ACTS, threads, |_| {}).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{tally:?}");
    assert!(tally.cases >= ACTS, "{}", tally.cases);
    // A simulation that never gets anywhere would hold too.
    let ended = |what: &str| {
        tally.ends.iter().filter(|(end, _)| end.contains(what)).map(|(_, n)| n).sum::<u64>()
    };
    assert!(ended("archiviata, approved") > ACTS / 3, "{:?}", tally.ends);
    assert!(ended("ritirata") > 100 && ended("respinta") > 10, "{:?}", tally.ends);
    assert!(tally.codes.len() > 40, "people try much: {:?}", tally.codes);
    assert!(tally.faults.len() >= 12, "{:?}", tally.faults);
    assert!(tally.faults.values().all(|n| *n > 10), "{:?}", tally.faults);
}

#[test]
fn a_seed_lives_the_same_life_again() {
    for seed in [3, 4] {
        assert_eq!(live(seed), live(seed));
    }
}
