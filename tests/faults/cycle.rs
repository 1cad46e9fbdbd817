// SPDX-License-Identifier: AGPL-3.0-or-later
//! The twelve-step cycle: its exact counters are what is promised; seconds are for `bench`.

use crate::{folder, postgres};
use delibera::service::bench::Bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_is_twelve_commits_and_two_round_trips_a_step_on_postgres() {
    let bench = Bench::new(&postgres::new_database().await).await.unwrap();
    let alone = bench.run(1, 0.5).await.unwrap();
    assert!(alone.cycles > 0 && alone.events_checked > 0, "{alone:?}");
    assert!(alone.commits_per_cycle <= 12.0, "{alone:?}");
    assert!(alone.round_trips_per_transition <= 2.0, "{alone:?}");
    let together = bench.run(8, 0.5).await.unwrap();
    assert!(together.commits_per_cycle <= 12.0, "{together:?}");
    assert!(together.round_trips_per_transition <= 2.0, "{together:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_is_twelve_commits_on_sqlite_and_fewer_together() {
    let url = format!("sqlite:{}", folder("ciclo").join("misura.db").display());
    let bench = Bench::new(&url).await.unwrap();
    let alone = bench.run(1, 0.5).await.unwrap();
    assert!((alone.commits_per_cycle - 12.0).abs() < 1e-9, "{alone:?}");
    let together = bench.run(32, 0.5).await.unwrap();
    assert!(together.commits_per_cycle < 6.0, "commands share their commits: {together:?}");
    bench.close().await;
}
