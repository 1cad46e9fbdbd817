// SPDX-License-Identifier: AGPL-3.0-or-later
//! The evidence of an act, wounded as a file, as members of the file, and as members that the Comune's
//! own key has sealed again: only so are the readers behind the digests reached.

use crate::attack::{Said, explained, for_a_while, wound};
use crate::made::{Evidence, Members, exported, packed, resealed, unpacked};
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::evidence;
use delibera::service::simulation::Chance;
use delibera_signature::{Policy, Trust};
use std::path::PathBuf;

const WORDS: [&str; 14] =
    ["{", "}", "[", "]", ",", ":", "null", "\"", "\n", "0", "eventi/", "META-INF/", "</", "URI=\""];

fn verified(bytes: &[u8], made: &Evidence) -> Said {
    let policy = Policy { at: Some(SystemClock.now()), ..Policy::default() };
    let found = evidence::verify(bytes, &Trust::default(), &policy, Some(&made.seal));
    found.map(drop).map_err(|finding| vec![finding.to_string()])
}

/// One of the members wounded, not the list of them nor its seal; none when it came out the same.
fn wounded(chance: &mut Chance, made: &Evidence) -> Option<Members> {
    let mut members = unpacked(&made.bytes);
    let listed = members.iter().filter(|(name, _)| !name.starts_with("META-INF/")).count();
    let chosen = chance.below(listed);
    let mut contents = members.iter_mut().filter(|(name, _)| !name.starts_with("META-INF/"));
    let (_, content) = contents.nth(chosen)?;
    let before = content.clone();
    wound(chance, content, &WORDS);
    let same = *content == before;
    (!same).then_some(members)
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_was_wounded_is_told_why_not() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz-prove");
    let _ = std::fs::remove_dir_all(&folder);
    let made = exported(folder).await;
    assert_eq!(verified(&made.bytes, &made), Ok(()), "the honest one is taken");
    let (mut tried, mut found) = (0, 0);
    for_a_while(|chance| {
        let bytes = match chance.below(3) {
            0 => {
                let mut bytes = made.bytes.clone();
                wound(chance, &mut bytes, &WORDS);
                bytes
            }
            1 => match wounded(chance, &made) {
                Some(members) => packed(&members),
                None => return,
            },
            _ => match wounded(chance, &made) {
                Some(members) => resealed(&made, &members),
                None => return,
            },
        };
        tried += 1;
        if let Err(reasons) = verified(&bytes, &made) {
            found += 1;
            explained("evidence", &reasons, bytes.len());
        }
    });
    println!("fuzz evidence: {tried} containers, {found} of them refused");
    assert!(found > 0, "wounds are found");
    std::fs::remove_dir_all(&made.dir).expect("cleaned");
}
