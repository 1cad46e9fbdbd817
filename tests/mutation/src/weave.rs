// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writes a file with all its mutants in it: `(if alive(7) { a <= b } else { a < b })`. Mutants nest as
//! the tree does; the text of a mutant is that of the file, for one alone is ever alive.

use crate::find::Mutation;
use std::fmt::Write;
use std::ops::Range;

/// Mutants of one place.
struct Place<'a> {
    range: Range<usize>,
    mutants: Vec<(u32, &'a Mutation)>,
}

/// A file as it is compiled, and where in it each mutant stands.
pub struct Woven {
    pub text: String,
    /// Of each mutant what stands instead, and the whole with what is replaced.
    pub places: Vec<(u32, Range<usize>)>,
    /// The functions that hold mutants.
    pub functions: Vec<(u32, Range<usize>)>,
}

/// Weaves mutants, in the order of the file, into its text.
pub fn weave<'a>(text: &str, mutants: impl Iterator<Item = (u32, &'a Mutation)>) -> Woven {
    let places = places(mutants);
    let mut weaver = Weaver { text, out: String::new(), stops: Vec::new(), done: Vec::new() };
    weaver.range(0..text.len(), &places);
    let Weaver { out, stops, done, .. } = weaver;
    let moved = |at: usize| {
        let stop = stops.partition_point(|(from, _)| *from <= at);
        stop.checked_sub(1).map_or(at, |stop| at - stops[stop].0 + stops[stop].1)
    };
    let functions = places.iter().flat_map(|place| &place.mutants).map(|(number, mutation)| {
        (*number, moved(mutation.function.start)..moved(mutation.function.end))
    });
    Woven { functions: functions.collect(), text: out, places: done }
}

fn places<'a>(mutants: impl Iterator<Item = (u32, &'a Mutation)>) -> Vec<Place<'a>> {
    let mut places: Vec<Place> = Vec::new();
    for (number, mutation) in mutants {
        match places.iter_mut().find(|place| place.range == mutation.range) {
            Some(place) => place.mutants.push((number, mutation)),
            None => {
                let range = mutation.range.clone();
                places.push(Place { range, mutants: vec![(number, mutation)] });
            }
        }
    }
    // What holds comes before what is held.
    places.sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.end)));
    places
}

struct Weaver<'a> {
    text: &'a str,
    out: String,
    /// From a byte of the file to one of what is written.
    stops: Vec<(usize, usize)>,
    done: Vec<(u32, Range<usize>)>,
}

impl Weaver<'_> {
    fn copy(&mut self, range: Range<usize>) {
        self.stops.push((range.start, self.out.len()));
        self.out.push_str(&self.text[range]);
    }

    fn range(&mut self, range: Range<usize>, mut places: &[Place]) {
        let mut at = range.start;
        while let Some((place, rest)) = places.split_first() {
            let inner = rest.partition_point(|other| other.range.start < place.range.end);
            self.copy(at..place.range.start);
            self.place(place, &rest[..inner]);
            at = place.range.end;
            places = &rest[inner..];
        }
        self.copy(at..range.end);
    }

    fn place(&mut self, place: &Place, inner: &[Place]) {
        let start = self.out.len();
        let value = place.mutants.iter().any(|(_, mutation)| mutation.instead.is_some());
        if value {
            self.out.push('(');
        }
        for (number, mutation) in &place.mutants {
            let _ = write!(self.out, "if crate::mutants::alive({number}) {{ ");
            let own = self.out.len();
            self.out.push_str(mutation.instead.as_deref().unwrap_or_default());
            self.done.push((*number, own..self.out.len()));
            self.out.push_str(" } else ");
        }
        self.out.push_str("{ ");
        self.range(place.range.clone(), inner);
        self.out.push_str(if value { " })" } else { " }" });
        let whole = start..self.out.len();
        self.done.extend(place.mutants.iter().map(|(number, _)| (*number, whole.clone())));
    }
}
