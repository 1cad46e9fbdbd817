// SPDX-License-Identifier: AGPL-3.0-or-later
//! The disk of a SQLite archive is full: who acts is told so and what to do, who reads goes on,
//! nothing is half done; when there is room again the same process goes on.
//!
//! What is limited is the size of files of the process (`RLIMIT_FSIZE`), which needs no power over
//! the machine: a write that would go beyond fails, part of it done, as on a disk that fills up.

use crate::kills::Chance;
use crate::staying::Staying;
use crate::town::{JSON, Town};
use serde_json::Value;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// So many bytes, or `unlimited`; the hard limit stays as it is.
fn room(served: &Staying, bytes: &str) {
    let words = [format!("--pid={}", served.id()), format!("--fsize={bytes}:")];
    assert!(Command::new("prlimit").args(words).status().expect("prlimit").success());
}

/// The disk fills up at a moment like another; gives what the next person who acts is told.
fn fill(town: &Town, served: &Staying, chance: &mut Chance) -> Value {
    let log = town.folder.join("comune/delibera.db-wal");
    let size = std::fs::metadata(log).map_or(0, |file| file.len());
    let before = town.put_off.lock().unwrap().len();
    room(served, &chance.below(size + 60_000).to_string());
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some((status, said)) = town.put_off.lock().unwrap().get(before).cloned() {
            assert_eq!(status, 507, "{said}");
            return serde_json::from_str(&said).unwrap();
        }
        assert!(Instant::now() < limit, "nobody notices: {}", town.log());
        sleep(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_when_there_is_room_all_goes_on() {
    let town = Town::founded("disco-pieno", None, None).await;
    let served = town.serving();
    let (people, mut chance) = (town.live(3), Chance::new());
    for _ in 0..4 {
        town.until_answered(10);
        let problem = fill(&town, &served, &mut chance);
        assert_eq!(problem["code"], "no_room", "{problem}");
        assert_eq!(problem["title"], "Spazio esaurito");
        assert!(problem["detail"].as_str().unwrap().contains("nulla è stato registrato"));
        assert!(problem["next"].as_str().unwrap().contains("stessa chiave"));
        let read = town.once("neri", "GET", "/cases?limit=5", None, JSON, b"").unwrap();
        assert_eq!(read.status, 200, "who reads goes on: {}", read.body);
        room(&served, "unlimited");
        town.until_answered(10);
        town.holds().await;
    }
    // And it may be killed while there is none.
    fill(&town, &served, &mut chance);
    let door = served.heard("Pagine");
    served.kill();
    town.close(door);
    let served = town.serving();
    town.rest(people);
    town.is_exact().await;
    town.delivered().await;
    assert_eq!(served.stop().code(), Some(0));
    std::fs::remove_dir_all(&town.folder).unwrap();
}
