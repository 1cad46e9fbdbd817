// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the measures of this folder share: the numbers they are given and the spread of what they found.

/// The numbers on the command line, in order.
pub fn arguments() -> impl Iterator<Item = usize> {
    std::env::args().skip(1).map(|word| word.parse().expect("a number"))
}

/// Median (of an even number, the lower of the two in the middle), least and most of some figures.
pub fn spread(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    (figures[(figures.len() - 1) / 2], figures[0], figures[figures.len() - 1])
}
