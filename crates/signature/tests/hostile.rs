// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files made to hurt: they cost little, they never panic, they never pass.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use std::time::{Duration, Instant};

use delibera_signature::{Verdict, fields, prepare, verify};
use support::*;

/// Runs everything that reads a file; none may panic or pass.
fn feed(bytes: &[u8]) {
    let passed = verify(bytes, None, &anchors()).is_ok_and(|r| r.overall == Verdict::TotalPassed);
    assert!(!passed);
    let _ = fields(bytes);
    let lines = lines(3);
    let _ = prepare(bytes, &request(3, &lines));
}

/// A small generator (xorshift): the same bytes at each run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }
}

#[test]
fn random_bytes() {
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    for round in 0..300 {
        let length = noise.next() % 4000;
        let mut bytes: Vec<u8> = (0..length).map(|_| noise.next() as u8).collect();
        if round % 2 == 0 {
            bytes.splice(0..0, b"%PDF-1.7\n".iter().copied());
            bytes.extend(b"\nstartxref\n9\n%%EOF\n");
        }
        feed(&bytes);
    }
}

#[test]
fn truncated_at_every_97th_byte() {
    let pdf = signed(1);
    (0..pdf.len()).step_by(97).for_each(|length| feed(&pdf[..length]));
}

#[test]
fn bytes_replaced_by_what_the_parser_reacts_to() {
    let pdf = signed(1);
    let mut noise = Noise(42);
    let words: [&[u8]; 14] = [
        b"<<",
        b">>",
        b"[",
        b"]",
        b"(",
        b")",
        b"/",
        b"%",
        b"<",
        b">",
        b" R",
        b"0 0 R",
        b"-1",
        b"9999999999",
    ];
    for _ in 0..1500 {
        let mut altered = pdf.clone();
        for _ in 0..1 + noise.next() % 4 {
            let word = words[noise.next() % words.len()];
            let at = noise.next() % (altered.len() - word.len());
            altered[at..at + word.len()].copy_from_slice(word);
        }
        if altered != pdf {
            feed(&altered);
        }
    }
}

fn with_table(body: &str, table: &str, trailer: &str) -> Vec<u8> {
    let head = format!("%PDF-1.7\n{body}\n");
    let table =
        format!("xref\n{table}\ntrailer\n<<{trailer}>>\nstartxref\n{}\n%%EOF\n", head.len());
    (head + &table).into_bytes()
}

#[test]
fn shapes_made_to_exhaust() {
    let start = Instant::now();
    let deep = "[".repeat(2_000_000);
    feed(&with_table(
        &format!("1 0 obj\n{deep}\nendobj"),
        "1 1\n0000000009 00000 n ",
        "/Root 1 0 R",
    ));
    feed(&with_table("", "0 4000000000\n", "/Root 1 0 R"));
    feed(&with_table("", "0 18446744073709551615\n", "/Root 1 0 R"));
    feed(&with_table("", &"0 0\n".repeat(500_000), "/Root 1 0 R"));
    feed(&with_table("", "1 1\n0000000009 00000 n ", "/Root 1 0 R/Prev 9"));
    feed(&with_table("", "1 1\n9999999999 00000 n ", "/Root 1 0 R"));
    feed(&with_table("", "", &format!("/Root {}", "<</A ".repeat(100_000))));
    // Trees that bite their own tail.
    let body =
        "1 0 obj\n<</Pages 1 0 R/AcroForm 1 0 R/Fields[1 0 R 1 0 R]/Kids[1 0 R 1 0 R]>>\nendobj";
    feed(&with_table(body, "1 1\n0000000009 00000 n ", "/Root 1 0 R/Size 2"));
    // A stream whose length is itself.
    let body = "1 0 obj\n<</Length 1 0 R>>\nstream\nabc\nendstream\nendobj";
    feed(&with_table(body, "1 1\n0000000009 00000 n ", "/Root 1 0 R"));
    // Many fields that all name one deep object.
    let body = format!("1 0 obj\n<</AcroForm<</Fields[{}]>>>>\nendobj", "1 0 R ".repeat(200_000));
    feed(&with_table(&body, "1 1\n0000000009 00000 n ", "/Root 1 0 R"));
    // Objects inside one another: reading each must not read the others again.
    let count = 40_000;
    let (mut body, mut table) = (String::new(), format!("1 {count}\n"));
    for number in 1..=count {
        table += &format!("{:010} 00000 n \n", 9 + body.len());
        body += &format!("{number} 0 obj (");
    }
    for number in 1..=count {
        table += &format!("{} 1\n0000000009 00000 n \n", count + number);
    }
    let twice = with_table(&body, &table, "/Root 1 0 R");
    let again = twice.len();
    let previous = twice.windows(5).rposition(|w| w == b"xref\n").unwrap() - 5;
    let previous = twice[..previous].windows(5).rposition(|w| w == b"xref\n").unwrap();
    let update =
        format!("xref\n0 0\ntrailer\n<</Root 1 0 R/Prev {previous}>>\nstartxref\n{again}\n%%EOF\n");
    feed(&[twice, update.into_bytes()].concat());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn many_updates_are_bounded() {
    let mut pdf = signed(1);
    for _ in 0..300 {
        let at = pdf.windows(9).rposition(|w| w == b"startxref").unwrap();
        let tail = String::from_utf8_lossy(&pdf[at + 9..]).into_owned();
        let previous: usize = tail.split_whitespace().next().unwrap().parse().unwrap();
        let xref = pdf.len();
        let update = format!(
            "xref\n0 0\ntrailer\n<</Size 99/Root 1 0 R/Prev {previous}>>\nstartxref\n{xref}\n%%EOF\n"
        );
        pdf.extend(update.bytes());
    }
    let start = Instant::now();
    feed(&pdf);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
