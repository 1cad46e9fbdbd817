// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whole Comuni that live by chance, with a fault at every boundary. `delibera bench --simulate`
//! does the same for as long as one likes.

use delibera::service::simulation::simulate;

/// Acts of the suite: a thousand Comuni.
const ACTS: u64 = 20_000;

/// What may go wrong, by the names under which the simulation counts it.
const FAULTS: [&str; 15] = [
    "caduta prima della scrittura",
    "caduta dopo la scrittura",
    "commit non riuscito",
    "firma fatta e mai arrivata",
    "disco pieno",
    "due processi decidono insieme",
    "lavoro preso e mai fatto",
    "lavoro fatto e mai confermato",
    "due processi con lo stesso lavoro",
    "SMTP: riprovare",
    "SMTP: rifiutato",
    "SMTP: accettato e poi no",
    "TSA: non risponde",
    "orologio in avanti",
    "orologio indietro",
];

#[test]
fn whole_comuni_live_through_every_fault_and_every_act_comes_to_an_end() {
    let tally = simulate(1, ACTS, 2, |_| ()).unwrap_or_else(|broken| {
        panic!("{broken}\nagain: delibera bench --simulate 1 --seed {}", broken.seed)
    });
    assert_eq!(tally.cases, ACTS);
    let missing: Vec<&str> =
        FAULTS.into_iter().filter(|fault| !tally.faults.contains_key(fault)).collect();
    assert_eq!(missing, [""; 0], "every kind of fault came: {:?}", tally.faults);
    assert!(tally.refused > 100_000 && tally.events > 1_000_000, "{tally:?}");
}

/// Seeds that found something once: a sitting that could not close, a certificate nobody could sign, a
/// number received twice, a job that an outage used up.
#[test]
fn what_was_found_is_not_found_again() {
    for seed in [465, 2256, 49, 415] {
        simulate(seed, 1, 1, |_| ()).unwrap_or_else(|broken| panic!("{broken}"));
    }
}
