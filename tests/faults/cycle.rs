// SPDX-License-Identifier: AGPL-3.0-or-later
//! The twelve-step cycle: its exact counters are what is promised; seconds are for `bench`.

use crate::{folder, postgres};
use delibera::service::bench::{Bench, Exact};
use std::process::Command;

async fn counted(bench: &Bench, at_once: usize) -> Exact {
    let measured = bench.run(at_once, 0.5).await.unwrap();
    assert!(measured.cycles > 0 && measured.events_checked > 0, "{measured:?}");
    measured.exact.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_is_twelve_commits_and_two_round_trips_a_step_on_postgres() {
    let bench = Bench::new(&postgres::new_database().await).await.unwrap();
    let alone = counted(&bench, 1).await;
    assert!(alone.commits_per_cycle <= 12.0, "{alone:?}");
    assert!(alone.round_trips_per_transition <= 2.0, "{alone:?}");
    let together = counted(&bench, 8).await;
    assert!(together.commits_per_cycle <= 12.0, "{together:?}");
    assert!(together.round_trips_per_transition <= 2.0, "{together:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_is_twelve_commits_on_sqlite_and_fewer_together() {
    let url = format!("sqlite:{}", folder("ciclo").join("misura.db").display());
    let bench = Bench::new(&url).await.unwrap();
    let alone = counted(&bench, 1).await;
    assert!((alone.commits_per_cycle - 12.0).abs() < 1e-9, "{alone:?}");
    let together = counted(&bench, 32).await;
    assert!(together.commits_per_cycle < 6.0, "commands share their commits: {together:?}");
    bench.close().await;
}

/// Every step acknowledged by the API of a server that is killed afterwards is there.
#[test]
fn the_cycle_is_measured_through_the_api_of_a_server_that_is_killed() {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_delibera"));
    bench.args("bench --via api --open 20 --at-once 4 --seconds 0.5 --rounds 2 --json".split(' '));
    let output = bench.output().unwrap();
    let (said, wrong) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{wrong}");
    let runs: Vec<serde_json::Value> = String::from_utf8(said)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(runs.len(), 2, "{runs:?}");
    for run in runs {
        assert!(run["events_checked"].as_i64().unwrap() > 0, "{run}");
        assert!(run["first_transition_ms"].as_f64() > run["start_ms"].as_f64(), "{run}");
    }
}
