// SPDX-License-Identifier: AGPL-3.0-or-later
//! The attack: a seed that is read, then the same seed wounded, again and again.

use delibera::service::simulation::Chance;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// Why an input was refused, a message for each defect; or that it was taken.
pub type Said = Result<(), Vec<String>>;

/// Longest a single input may take, without optimisation and beside other tests.
const LONGEST: Duration = Duration::from_secs(20);
/// Inputs tried however slow the machine is.
const LEAST: usize = 20;
/// Bytes that an input may have more than its seed.
const GROWTH: usize = 32 * 1024;

/// Words that no grammar likes, whatever it is.
const HOSTILE: [&str; 24] = [
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{200d}",
    "\u{1f4a5}",
    "\r\n",
    "\n\n",
    "\t",
    "\"",
    "'",
    "\\",
    "<",
    ">",
    "&",
    "%",
    "=",
    ";",
    "{{",
    "}}",
    "-1",
    "99999999999999999999",
    "1e999",
    "2026-02-30",
    "è",
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A reader, what it really reads, and the words of its grammar.
pub struct Target<'a> {
    pub name: &'a str,
    pub seeds: Vec<Vec<u8>>,
    pub words: &'a [&'a str],
}

impl Target<'_> {
    /// Tries the seeds, which must be taken, then what becomes of them.
    pub fn survives(&self, read: impl FnMut(&[u8]) -> Said) {
        self.survives_by(|chance, input| wound(chance, input, self.words), read);
    }

    /// The same by blows of its own: where a shape is not kept, nobody reads any further.
    pub fn survives_by(
        &self,
        hurt: impl Fn(&mut Chance, &mut Vec<u8>),
        mut read: impl FnMut(&[u8]) -> Said,
    ) {
        for seed in &self.seeds {
            let said = once(self.name, seed, &mut read);
            assert_eq!(said, Ok(()), "{}: a real input is taken", self.name);
        }
        let (mut tried, mut taken) = (0, 0);
        for_a_while(|chance| {
            let seed = chance.pick(&self.seeds).expect("a seed");
            let mut input = seed.clone();
            for _ in 0..=chance.below(4) {
                hurt(chance, &mut input);
            }
            input.truncate(seed.len() + GROWTH);
            tried += 1;
            match once(self.name, &input, &mut read) {
                Ok(()) => taken += 1,
                Err(messages) => explained(self.name, &messages, input.len()),
            }
        });
        println!("fuzz {}: {tried} inputs, {taken} of them taken", self.name);
    }
}

/// Does something by chance until the time is up.
pub fn for_a_while(mut work: impl FnMut(&mut Chance)) {
    let mut chance = Chance::of(setting("DELIBERA_FUZZ_SEED", 1));
    let until = Instant::now() + Duration::from_secs(setting("DELIBERA_FUZZ_SECONDS", 1));
    let mut done = 0;
    while done < LEAST || Instant::now() < until {
        work(&mut chance);
        done += 1;
    }
}

/// One input: kept in a file when the reader falls on it.
fn once(name: &str, input: &[u8], read: &mut impl FnMut(&[u8]) -> Said) -> Said {
    let started = Instant::now();
    let said = catch_unwind(AssertUnwindSafe(|| read(input))).unwrap_or_else(|fall| {
        let place = format!("{}/fuzz-{}.bin", env!("CARGO_TARGET_TMPDIR"), name.replace(' ', "-"));
        println!("fuzz {name}: fell on the input kept in {place}");
        std::fs::write(&place, input).expect("the input is kept");
        resume_unwind(fall)
    });
    let took = started.elapsed();
    assert!(took < LONGEST, "{name}: {took:?} for {} bytes", input.len());
    said
}

/// Somebody reads why: there is a reason, in words, and it does not grow without measure.
pub fn explained(name: &str, messages: &[String], length: usize) {
    assert!(!messages.is_empty(), "{name}: refused without a reason");
    assert!(messages.len() <= length + 16, "{name}: {} reasons", messages.len());
    for message in messages {
        assert!(!message.trim().is_empty(), "{name}: an empty reason");
        let most = 4000 + 8 * length;
        assert!(message.len() <= most, "{name}: a reason of {} bytes", message.len());
    }
}

/// A piece of the input, short as a word or long as a paragraph.
fn piece(chance: &mut Chance, input: &[u8]) -> Range<usize> {
    let longest = [1, 8, 40, 400][chance.below(4)];
    let start = chance.below(input.len());
    let end = (start + 1 + chance.below(longest)).min(input.len());
    start.min(end)..end
}

/// The word or number around a place.
fn word(chance: &mut Chance, input: &[u8]) -> Range<usize> {
    let at = chance.below(input.len()).min(input.len().saturating_sub(1));
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let edge = |byte: &u8| !inside(byte);
    let start = input[..at].iter().rposition(edge).map_or(0, |place| place + 1);
    let end = input[at..].iter().position(edge).map_or(input.len(), |place| at + place);
    start..end.max(start)
}

/// One change.
pub fn wound(chance: &mut Chance, input: &mut Vec<u8>, words: &[&str]) {
    let all = [&HOSTILE[..], words].concat();
    let said = chance.pick(&all).copied().unwrap_or_default().as_bytes().to_vec();
    let place = chance.below(input.len() + 1);
    match chance.below(9) {
        0 => {
            if let Some(byte) = input.get_mut(place) {
                *byte ^= 1 << chance.below(8);
            }
        }
        1 => {
            let cut = piece(chance, input);
            drop(input.drain(cut));
        }
        2 => {
            let copied = input[piece(chance, input)].to_vec();
            drop(input.splice(place..place, copied));
        }
        3 => drop(input.splice(place..place, said)),
        4 | 5 => {
            let replaced = word(chance, input);
            drop(input.splice(replaced, said));
        }
        6 => {
            let other = input[word(chance, input)].to_vec();
            let replaced = word(chance, input);
            drop(input.splice(replaced, other));
        }
        7 => drop(input.splice(place..place, said.repeat(1 + chance.below(400)))),
        _ if chance.percent(20) => input.truncate(place),
        _ => lines_swapped(chance, input),
    }
}

/// Two lines, each in the place of the other.
fn lines_swapped(chance: &mut Chance, input: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let (one, other) = (chance.below(lines.len()), chance.below(lines.len()));
    lines.swap(one, other);
    *input = lines.join(&b'\n');
}
