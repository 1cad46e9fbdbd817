// SPDX-License-Identifier: AGPL-3.0-or-later
//! Medians of signing and verifying, on the test document: `cargo run --release --example measure`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use delibera_signature::{prepare, sign, verify};
use support::{Shape, anchors, document, lines, person, request, signed};

fn median(name: &str, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..101)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{name:<28} {:>9.3} ms", times[50].as_secs_f64() * 1e3);
}

fn main() {
    let (issued, four) = (document(&Shape::default()), signed(4));
    let (lines, key) = (lines(0), person(0));
    println!("issued {} bytes, with four signatures {} bytes", issued.len(), four.len());
    median("prepare", || drop(prepare(&issued, &request(0, &lines)).unwrap()));
    median("sign and verify the result", || {
        drop(sign(&issued, &request(0, &lines), &key).unwrap())
    });
    median("verify four signatures", || drop(verify(&four, Some(&issued), &anchors()).unwrap()));
}
