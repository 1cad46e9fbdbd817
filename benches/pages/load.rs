// SPDX-License-Identifier: AGPL-3.0-or-later
//! `load ADDRESS PATH COOKIE RATE SECONDS CONNECTIONS`: asks one page, prints one line of JSON.
//! `{N}` in PATH is a number below N, another at each request.
//!
//! With a RATE the loop is open: request *i* is due at *i*/RATE whatever became of those before,
//! and its time runs from that instant, so that a server that stands still is seen to (no
//! coordinated omission). With RATE 0 the loop is closed: every connection asks again as soon as it
//! is answered, and what counts is how many answers come in a second.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measure stops at the first surprise"
)]

use delibera::service::bench::line::Line;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Before the first request that counts.
const WARM_UP: Duration = Duration::from_secs(1);

struct Load {
    address: String,
    path: String,
    rest: String,
    rate: f64,
    start: Instant,
    end: Instant,
    next: AtomicU64,
}

/// What one connection saw: nanoseconds of each answer, bytes of the last, what went wrong.
#[derive(Default)]
struct Seen {
    times: Vec<u64>,
    bytes: usize,
    wrong: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, cookie, rate, seconds, connections] = arguments.as_slice() else {
        panic!("usage: load ADDRESS PATH COOKIE RATE SECONDS CONNECTIONS");
    };
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    let start = Instant::now() + WARM_UP;
    let seconds: f64 = seconds.parse().unwrap();
    let load = Arc::new(Load {
        address: address.clone(),
        path: path.clone(),
        rest: format!(" HTTP/1.1\r\nhost: {address}\r\n{cookie}\r\n"),
        rate: rate.parse().unwrap(),
        start,
        end: start + Duration::from_secs_f64(seconds),
        next: AtomicU64::new(0),
    });
    let mut working = tokio::task::JoinSet::new();
    for _ in 0..connections.parse::<usize>().unwrap() {
        working.spawn(Arc::clone(&load).connection());
    }
    let all = working.join_all().await;
    let mut times: Vec<u64> = all.iter().flat_map(|seen| seen.times.iter().copied()).collect();
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(f64::NAN, |time| *time as f64 / 1e6)
    };
    let wrong: u64 = all.iter().map(|seen| seen.wrong).sum();
    let bytes = all.iter().map(|seen| seen.bytes).max().unwrap_or_default();
    println!(
        "{{\"answers\": {}, \"wrong\": {wrong}, \"a_second\": {:.1}, \"bytes\": {bytes}, \"p50\": {:.3}, \
         \"p99\": {:.3}, \"max\": {:.3}}}",
        times.len(),
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

impl Load {
    fn request(&self, turn: u64) -> Vec<u8> {
        let path = match self.path.split_once('{') {
            None => self.path.clone(),
            Some((before, rest)) => {
                let (below, after) = rest.split_once('}').expect("{N}");
                let below: u64 = below.parse().expect("{N}");
                // A step that shares no factor with N goes through all numbers before one comes back.
                format!("{before}{}{after}", turn * 7_919 % below)
            }
        };
        format!("GET {path}{}", self.rest).into_bytes()
    }

    async fn connection(self: Arc<Self>) -> Seen {
        let mut seen = Seen::default();
        let mut line: Option<Line> = None;
        // Warm: the first answers of a server are not those of its working day.
        while Instant::now() < self.start - WARM_UP / 5 {
            drop(self.ask(0, &mut line).await);
            tokio::time::sleep(WARM_UP / 20).await;
        }
        loop {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let due = if self.rate > 0.0 {
                self.start + Duration::from_secs_f64(turn as f64 / self.rate)
            } else {
                Instant::now().max(self.start)
            };
            if due >= self.end {
                return seen;
            }
            sleep_until(due).await;
            match self.ask(turn, &mut line).await {
                Ok(bytes) => {
                    seen.bytes = bytes;
                    seen.times.push(u64::try_from(due.elapsed().as_nanos()).unwrap());
                }
                Err(_) => seen.wrong += 1,
            }
        }
    }

    /// One request, on the line that is open or on a new one; bytes of a good answer.
    async fn ask(&self, turn: u64, line: &mut Option<Line>) -> std::io::Result<usize> {
        let mut open = match line.take() {
            Some(open) => open,
            None => Line::open(&self.address).await?,
        };
        let answer = open.ask(&self.request(turn)).await?;
        if answer.open {
            *line = Some(open);
        }
        match answer.status {
            200 => Ok(answer.body.len()),
            status => Err(std::io::Error::other(format!("status {status}"))),
        }
    }
}
