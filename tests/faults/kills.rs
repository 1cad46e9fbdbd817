// SPDX-License-Identifier: AGPL-3.0-or-later
//! The real program killed with SIGKILL at any moment, its start included, while people act and a
//! mail server receives; after each restart everything fits and every acknowledged command is there.
//!
//! `DELIBERA_KILLS` says how many times on each engine (5), `DELIBERA_SEED` (1) at which moments.

use crate::postgres;
use crate::town::Town;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

/// Kills of one Comune; then another one takes its place, so that verifying stays quick.
const KILLS_OF_ONE: usize = 25;

/// Numbers that look like chance and come again with their seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        Self(number("DELIBERA_SEED", 1))
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().expect(name))
}

async fn killed_again_and_again(engine: &str) {
    let kills = usize::try_from(number("DELIBERA_KILLS", 5)).unwrap();
    let (mut chance, mut left) = (Chance::new(), kills);
    let (mut answered, mut cut, mut messages, mut twice) = (0, 0, 0, 0);
    while left > 0 {
        let now = left.min(KILLS_OF_ONE);
        left -= now;
        let url = match engine {
            "postgres" => Some(postgres::new_database().await),
            _ => None,
        };
        let town = Town::founded(&format!("uccisioni-{engine}"), url.as_deref(), None).await;
        let (sent, repeated) = under_fire(&town, now, &mut chance).await;
        answered += town.count();
        cut += town.cut.load(std::sync::atomic::Ordering::Relaxed);
        (messages, twice) = (messages + sent, twice + repeated);
        std::fs::remove_dir_all(&town.folder).unwrap();
        eprintln!(
            "{engine}: {} kills, {answered} requests acknowledged, {cut} cut and repeated, \
             {messages} messages, {twice} of them arrived again under their Message-ID",
            kills - left
        );
    }
    assert!(answered > kills && messages > 0);
}

async fn under_fire(town: &Arc<Town>, kills: usize, chance: &mut Chance) -> (usize, usize) {
    let people = town.live(3);
    for _ in 0..kills {
        let served = town.started();
        if chance.below(5) == 0 {
            // Before it listens, as often as not.
            sleep(Duration::from_millis(chance.below(300)));
        } else {
            town.open(&served);
            town.holds().await;
            sleep(Duration::from_millis(20 + chance.below(600)));
        }
        let (door, process) = (served.heard("Pagine"), served.id());
        served.kill();
        town.close(door);
        town.lapse(process).await;
    }
    let served = town.serving();
    town.rest(people);
    town.is_exact().await;
    let messages = town.delivered().await;
    assert_eq!(served.stop().code(), Some(0));
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_loses_and_doubles_nothing_on_sqlite() {
    killed_again_and_again("sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_loses_and_doubles_nothing_on_postgres() {
    killed_again_and_again("postgres").await;
}
