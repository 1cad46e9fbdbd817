// SPDX-License-Identifier: AGPL-3.0-or-later
//! How long things took.

use delibera::domain::measures::Spread;

#[test]
fn the_median_and_the_ninetieth_are_days_that_were_measured() {
    let mut spread = Spread::default();
    assert_eq!(spread.percentile(50), None);
    for (days, count) in [(3, 4), (1, 3), (30, 1), (5, 2)] {
        spread.add(days, count);
    }
    // 1 1 1 3 3 3 3 5 5 30
    assert_eq!((spread.count(), spread.percentile(50)), (10, Some(3)));
    assert_eq!((spread.percentile(90), spread.percentile(100)), (Some(5), Some(30)));
}
