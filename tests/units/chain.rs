// SPDX-License-Identifier: AGPL-3.0-or-later
//! The hashes of the record, as anyone computes them.

use delibera::domain::digest::sha256_hex;
use delibera::store::chain::{EventText, MerkleTree, ZERO, audit_path, event_hash, leaf, root_of};
use sha2::{Digest, Sha256};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The definition of RFC 6962, section 2.1, word by word.
fn by_definition(leaves: &[String]) -> [u8; 32] {
    let mut digest = Sha256::new();
    match leaves {
        [] => {}
        [leaf] => {
            digest.update([0]);
            digest.update(leaf);
        }
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            digest.update([1]);
            digest.update(by_definition(&leaves[..k]));
            digest.update(by_definition(&leaves[k..]));
        }
    }
    digest.finalize().into()
}

#[test]
fn merkle_root_follows_rfc_6962_for_every_small_size() {
    let mut tree = MerkleTree::default();
    let mut leaves = Vec::new();
    for position in 0..70 {
        assert_eq!(tree.root(), hex(&by_definition(&leaves)), "{position} leaves");
        tree.push(position, "case/x", 1, ZERO);
        leaves.push(format!("{position} case/x 1 {ZERO}"));
    }
}

#[test]
fn an_audit_path_leads_every_leaf_to_the_root_and_no_other_leaf() {
    for size in 1..40_u64 {
        let mut tree = MerkleTree::default();
        let mut leaves: Vec<[u8; 32]> = Vec::new();
        for position in 0..size as i64 {
            tree.push(position, "case/x", 1, ZERO);
            leaves.push(leaf(position, "case/x", 1, ZERO));
        }
        let root = tree.root();
        for (index, of) in leaves.iter().enumerate() {
            let path = audit_path(&leaves, index);
            let at = index as u64;
            assert_eq!(root_of(*of, at, size, &path).as_ref(), Some(&root));
            assert_ne!(root_of(leaf(99, "case/x", 1, ZERO), at, size, &path), Some(root.clone()));
            if size > 1 {
                assert_eq!(root_of(*of, at, size, &path[1..]), None, "a path too short");
                assert_ne!(root_of(*of, (at + 1) % size, size, &path), Some(root.clone()));
            }
        }
    }
}

#[test]
fn an_event_hash_is_the_one_anyone_computes_with_sha256sum() {
    // printf '16:delibera-event-1,64:000…0,6:case/a,1:1,…' | sha256sum
    let event = EventText {
        stream: "case/a",
        version: 1,
        kind: "drafted",
        payload: "{}",
        actor: "rossi",
        happened_at: "2026-11-23T14:05:09.000120Z",
        recorded_at: "2026-11-23T14:05:09.000120Z",
    };
    let bytes = format!(
        "16:delibera-event-1,64:{ZERO},6:case/a,1:1,7:drafted,2:{{}},5:rossi,\
         27:2026-11-23T14:05:09.000120Z,27:2026-11-23T14:05:09.000120Z,"
    );
    assert_eq!(event_hash(ZERO, event), sha256_hex(bytes.as_bytes()));
}
