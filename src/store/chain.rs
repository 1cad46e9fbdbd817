// SPDX-License-Identifier: AGPL-3.0-or-later
//! The exact bytes behind every hash of the record, so that anyone can verify it offline.
//!
//! A *field* is written as a netstring: its length in bytes in decimal, `:`, its bytes, `,`.
//! Integers are decimal without leading zeros. All hashes are SHA-256, printed in lower-case hex.
//!
//! **Event.** `hash = SHA-256(field("delibera-event-1") field(previous) field(stream)
//! field(version) field(kind) field(payload) field(actor) field(happened_at) field(recorded_at))`
//! with every value as the columns of `events` hold it: `stream` is `kind/id`, `payload` the JSON
//! text byte for byte, instants RFC 3339 with microseconds and `Z`. `previous` is the hash (hex)
//! of the event before it in the same stream, [`ZERO`] for version 1.
//!
//! **Seal.** Seal *n* covers the events after seal *n − 1* up to its `position`. Its `root` is the
//! Merkle tree hash of RFC 6962 (section 2.1, SHA-256) over one leaf per event in order of
//! position; the bytes of a leaf are `position SP stream SP version SP hash` in ASCII. Then
//! `hash = SHA-256(field("delibera-seal-1") field(previous) field(n) field(at) field(position)
//! field(heads) field(events) field(root))`, where `previous` is the hash of seal *n − 1* or
//! [`ZERO`], `heads` counts the streams and `events` the events up to `position`.
//!
//! Why a tree over the new events and not a digest over all heads: every head is the last event
//! of its stream, so chained seals fix all heads, at a cost that follows the day's work and not
//! the age of the archive; and one case can be proved with a logarithmic number of hashes.

use crate::domain::digest::sha256_hex;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What stands before the first event of a stream and before the first seal.
pub const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The columns of an event that its hash covers, as stored.
#[derive(Debug, Clone, Copy)]
pub struct EventText<'a> {
    /// `kind/id`.
    pub stream: &'a str,
    /// 1 for the first.
    pub version: i64,
    /// Token.
    pub kind: &'a str,
    /// JSON text.
    pub payload: &'a str,
    /// Person's id or `system`.
    pub actor: &'a str,
    /// RFC 3339, microseconds, `Z`.
    pub happened_at: &'a str,
    /// RFC 3339, microseconds, `Z`.
    pub recorded_at: &'a str,
}

/// The hash of an event after the one whose hash is `previous`.
pub fn event_hash(previous: &str, event: EventText<'_>) -> String {
    let version = event.version.to_string();
    fields(&[
        "delibera-event-1",
        previous,
        event.stream,
        &version,
        event.kind,
        event.payload,
        event.actor,
        event.happened_at,
        event.recorded_at,
    ])
}

/// The columns of a seal that its hash covers, `previous` excepted.
#[derive(Debug, Clone, Copy)]
pub struct SealText<'a> {
    /// 1 for the first.
    pub n: i64,
    /// RFC 3339, microseconds, `Z`.
    pub at: &'a str,
    /// Last position covered.
    pub position: i64,
    /// Streams so far.
    pub heads: i64,
    /// Events so far.
    pub events: i64,
    /// Merkle root (hex) over the events since the previous seal.
    pub root: &'a str,
}

/// The hash of a seal after the one whose hash is `previous`.
pub fn seal_hash(previous: &str, seal: SealText<'_>) -> String {
    let [n, position, heads, events] =
        [seal.n, seal.position, seal.heads, seal.events].map(|number| number.to_string());
    fields(&["delibera-seal-1", previous, &n, seal.at, &position, &heads, &events, seal.root])
}

fn fields(fields: &[&str]) -> String {
    let mut digest = Sha256::new();
    for field in fields {
        digest.update(field.len().to_string());
        digest.update(b":");
        digest.update(field);
        digest.update(b",");
    }
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The Merkle tree hash of RFC 6962 over leaves that come one at a time: it keeps one hash per
/// level, whatever their number.
#[derive(Debug, Default)]
pub struct MerkleTree {
    /// Roots of perfect subtrees with their sizes, largest first, sizes strictly decreasing.
    subtrees: Vec<(u64, [u8; 32])>,
}

impl MerkleTree {
    /// Adds the leaf of an event.
    pub fn push(&mut self, position: i64, stream: &str, version: i64, hash: &str) {
        let mut top = (1, leaf(position, stream, version, hash));
        while let Some((size, left)) = self.subtrees.last().copied()
            && size == top.0
        {
            self.subtrees.pop();
            top = (2 * size, node(&left, &top.1));
        }
        self.subtrees.push(top);
    }

    /// The root over the leaves so far, in hex; SHA-256 of nothing when there are none.
    pub fn root(&self) -> String {
        let joined = self.subtrees.iter().rev().map(|(_, hash)| *hash);
        let root = joined.reduce(|right, left| node(&left, &right));
        root.map_or_else(|| sha256_hex(b""), |root| hex(&root))
    }
}

/// The hash of the leaf of an event.
pub fn leaf(position: i64, stream: &str, version: i64, hash: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update([0]);
    digest.update(format!("{position} {stream} {version} {hash}"));
    digest.finalize().into()
}

/// The audit path of RFC 6962, section 2.1.1: the hashes that lead from the leaf at `index` to the
/// root over `leaves`, the nearest first, in hex.
pub fn audit_path(leaves: &[[u8; 32]], index: usize) -> Vec<String> {
    let mut path = Vec::new();
    let (mut leaves, mut index) = (leaves, index);
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        if index < left.len() {
            path.push(hex(&tree(right)));
            leaves = left;
        } else {
            path.push(hex(&tree(left)));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    path
}

fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(&tree(left), &tree(right))
        }
    }
}

/// The root to which an audit path leads from a leaf, the `index`-th of `size`; `None` when the
/// path cannot be one of such a tree.
pub fn root_of(leaf: [u8; 32], index: u64, size: u64, path: &[String]) -> Option<String> {
    if index >= size {
        return None;
    }
    // Which side each step stands on follows from the place of the leaf alone, from the root down.
    let mut sides = Vec::new();
    let (mut index, mut size) = (index, size);
    while size > 1 {
        let left = size.next_power_of_two() / 2;
        sides.push(index < left);
        (index, size) = if index < left { (index, left) } else { (index - left, size - left) };
    }
    if sides.len() != path.len() {
        return None;
    }
    let mut hash = leaf;
    for (step, on_the_left) in path.iter().zip(sides.iter().rev()) {
        let other = unhex(step)?;
        hash = if *on_the_left { node(&hash, &other) } else { node(&other, &hash) };
    }
    Some(hex(&hash))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(bytes)
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update([1]);
    digest.update(left);
    digest.update(right);
    digest.finalize().into()
}
