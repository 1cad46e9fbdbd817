// SPDX-License-Identifier: AGPL-3.0-or-later
//! How large a Giunta may be and how it must be composed (R3.1). [K]: used for warnings only.

/// Inhabitants up to which there are two Assessori (L. 56/2014, art. 1, c. 135).
const SMALLEST_COMUNE: u32 = 3_000;

/// Inhabitants up to which there are four (L. 56/2014, art. 1, c. 135).
const SMALL_COMUNE: u32 = 10_000;

/// Inhabitants above which each gender has at least 40 % (L. 56/2014, art. 1, c. 137).
const GENDER_RULE_ABOVE: u32 = 3_000;

/// Most Assessori a Comune may have, Sindaco not counted.
///
/// Up to 3,000 inhabitants 2, up to 10,000 inhabitants 4 (L. 56/2014, art. 1, c. 135); above, a
/// quarter of the councillors, Sindaco counted among them and rounded up (L. 191/2009, art. 2,
/// c. 185), and never more than 12 (art. 47, c. 1, TUEL).
pub fn most_assessori(inhabitants: u32, councillors: u32) -> u32 {
    if inhabitants <= SMALLEST_COMUNE {
        2
    } else if inhabitants <= SMALL_COMUNE {
        4
    } else {
        councillors.saturating_add(1).div_ceil(4).min(12)
    }
}

/// Each gender has at least 40 % of the Giunta, Sindaco included, arithmetically rounded
/// (L. 56/2014, art. 1, c. 137), above 3,000 inhabitants.
pub fn gender_balanced(inhabitants: u32, women: u32, men: u32) -> bool {
    let members = u64::from(women) + u64::from(men);
    let least = (members * 4 + 5) / 10;
    inhabitants <= GENDER_RULE_ABOVE || u64::from(women.min(men)) >= least
}
