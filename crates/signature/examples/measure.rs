// SPDX-License-Identifier: AGPL-3.0-or-later
//! Medians of signing and verifying, on the test document or on a PDF of ours with an empty field:
//! `cargo run --release -p delibera-signature --example measure [-- FILE]`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/support/pki.rs"]
mod pki;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use delibera_signature::{FileKey, Request, Signer, fields, prepare, sign, verify};
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
    let (lines, key) = (lines(0), person(0));
    let given = std::env::args().nth(1).map(|path| std::fs::read(path).expect("a PDF"));
    let issued = given.unwrap_or_else(|| document(&Shape::default()));
    let field = fields(&issued).unwrap().into_iter().find(|f| !f.signed).expect("an empty field");
    let asked = Request { field: &field.name, ..request(0, &lines) };
    let dir = std::env::temp_dir().join("delibera-measure");
    let rsa = pki::Pki::new(&dir, "http://prove.invalid").issue(
        "rsa",
        "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria",
        "RSA-2048",
        "person",
        30,
    );
    let rsa = FileKey::new(&rsa.key, vec![rsa.certificate]).unwrap();
    let one = sign(&issued, &asked, &key).unwrap();
    println!("issued {} bytes, signed {} bytes", issued.len(), one.len());
    median("prepare", || drop(prepare(&issued, &asked).unwrap()));
    let attributes = [0; 128];
    median("the key alone, P-256", || drop(key.sign(&attributes).unwrap()));
    median("the key alone, RSA-2048", || drop(rsa.sign(&attributes).unwrap()));
    median("verify the result", || drop(verify(&one, Some(&issued), &[]).unwrap()));
    median("sign and verify, P-256", || drop(sign(&issued, &asked, &key).unwrap()));
    median("sign and verify, RSA-2048", || drop(sign(&issued, &asked, &rsa).unwrap()));
    let four = signed(4);
    let issued = document(&Shape::default());
    median("verify four signatures", || drop(verify(&four, Some(&issued), &anchors()).unwrap()));
}
