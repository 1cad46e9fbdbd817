// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a forger does: documents changed by hand, updates of every kind, signatures moved about.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use delibera_signature::{Signer, cms, prepare};
use sha2::{Digest, Sha256};

use super::support::*;

/// A small generator (xorshift): the same choices at each run of a seed.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.next() % limit.max(1)
    }
}

/// What was tried, by kind, and what was refused.
#[derive(Default)]
pub struct Tally(BTreeMap<&'static str, (usize, usize, Vec<String>)>);

impl Tally {
    /// Counts one attempt; `refused` says whether it was.
    pub fn count(&mut self, kind: &'static str, what: impl Into<String>, refused: bool) {
        let entry = self.0.entry(kind).or_default();
        entry.0 += 1;
        match refused {
            true => entry.1 += 1,
            false => entry.2.push(what.into()),
        }
    }

    /// Prints the table, also when the test passes; fails if something was accepted, or too little
    /// was tried.
    pub fn close(self, least: usize) {
        let (mut tried, mut refused) = (0, 0);
        let mut table = format!("\n{:<44} {:>6} {:>8}\n", "mutation", "tried", "refused");
        for (kind, (t, r, accepted)) in &self.0 {
            table += &format!("{kind:<44} {t:>6} {r:>8}\n");
            accepted.iter().take(5).for_each(|what| table += &format!("    ACCEPTED: {what}\n"));
            (tried, refused) = (tried + t, refused + r);
        }
        table += &format!("{:<44} {tried:>6} {refused:>8}\n", "in all");
        tell(&table);
        assert_eq!(tried, refused, "false accepts");
        assert!(tried >= least, "{tried} tried");
    }
}

/// Writes past the test harness, which hides what a passing test prints.
pub fn tell(text: &str) {
    use std::io::Write;
    std::io::stdout().write_all(text.as_bytes()).expect("a terminal");
}

/// Where a pattern is last found.
pub fn last(bytes: &[u8], pattern: &[u8]) -> usize {
    bytes.windows(pattern.len()).rposition(|w| w == pattern).expect("the pattern")
}

/// The hexadecimal digits of the `n`-th `/Contents` of a signature.
pub fn hole(pdf: &[u8], n: usize) -> (usize, usize) {
    let pattern = b"/Contents <";
    let mut found = pdf.windows(pattern.len()).enumerate().filter(|(_, w)| w == pattern);
    let start = found.nth(n).expect("a signature").0 + pattern.len();
    let end = start + pdf[start..].iter().position(|b| *b == b'>').expect("its end");
    (start, end)
}

/// Signs by hand as the first person, with the bytes altered between preparing and signing.
/// `alter` gets the bytes and the limits of the hole, and says where the covered bytes break off
/// and go on.
pub fn by_hand(
    issued: &[u8],
    alter: impl Fn(&mut Vec<u8>, usize, usize) -> (usize, usize),
) -> Vec<u8> {
    let lines = lines(0);
    let prepared = prepare(issued, &request(0, &lines)).expect("a prepared document");
    let stored = serde_json::to_value(&prepared).expect("JSON");
    let place = |key: &str| stored["hole"][key].as_u64().expect("a place") as usize;
    let (start, end) = (place("start"), place("end"));
    let mut bytes = prepared.preview().to_vec();
    let (from, to) = alter(&mut bytes, start, end);
    let digest = Sha256::digest([&bytes[..from], &bytes[to..]].concat());
    let key = person(0);
    let attributes = cms::signed_attributes(&digest, key.certificate()).expect("attributes");
    let signature = key.sign(&attributes).expect("a signature");
    let cms =
        cms::assemble(&attributes, &signature, key.algorithm(), key.certificate(), key.chain())
            .expect("a CMS");
    for (at, byte) in cms.iter().enumerate() {
        bytes[start + 1 + at * 2..start + 3 + at * 2]
            .copy_from_slice(format!("{byte:02x}").as_bytes());
    }
    bytes
}

/// Writes a byte range over the one in the last signature.
pub fn write_range(bytes: &mut [u8], numbers: [usize; 4]) {
    let [a, b, c, d] = numbers;
    let text = format!("[{a} {b} {c} {d}]");
    let at = last(bytes, b"/ByteRange ") + 11;
    let room = bytes[at..].iter().position(|b| *b == b']').expect("a range") + 1;
    let text = format!("{text:<room$}");
    bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
}

/// An update written with an object stream and a cross-reference stream.
pub fn append_packed(pdf: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
    let read = lopdf::Document::load_mem(pdf).expect("a readable PDF");
    let of =
        |key: &[u8]| read.trailer.get(key).and_then(lopdf::Object::as_reference).expect("a key");
    let (root, info) = (of(b"Root").0, of(b"Info").0);
    let highest = objects.iter().map(|(n, _)| *n).max().unwrap_or(0).max(read.max_id);
    let (stream, section) = (highest + 1, highest + 2);
    let (mut index, mut body) = (String::new(), String::new());
    for (number, text) in objects {
        index += &format!("{number} {} ", body.len());
        body += &format!("{text} ");
    }
    let mut out = pdf.to_vec();
    let at = out.len();
    out.extend(
        format!(
            "{stream} 0 obj\n<</Type/ObjStm/N {}/First {}/Length {}>>\nstream\n{index}{body}\n\
             endstream\nendobj\n",
            objects.len(),
            index.len(),
            index.len() + body.len()
        )
        .bytes(),
    );
    let xref = out.len();
    let (mut rows, mut numbers) = (Vec::new(), String::new());
    let mut row = |number: u32, kind: u8, second: usize, third: u8| {
        numbers += &format!("{number} 1 ");
        rows.push(kind);
        rows.extend((second as u32).to_be_bytes());
        rows.push(third);
    };
    for (n, (number, _)) in objects.iter().enumerate() {
        row(*number, 2, stream as usize, n as u8);
    }
    row(stream, 1, at, 0);
    row(section, 1, xref, 0);
    let id = "11".repeat(16);
    out.extend(
        format!(
            "{section} 0 obj\n<</Type/XRef/Size {}/W[1 4 1]/Index[{numbers}]/Root {root} 0 R/Info {info} 0 R\
             /Prev {}/ID[<{id}><{id}>]/Length {}>>\nstream\n",
            section + 1,
            read.xref_start,
            rows.len()
        )
        .bytes(),
    );
    out.extend(&rows);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF\n").bytes());
    out
}
