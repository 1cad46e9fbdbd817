// SPDX-License-Identifier: AGPL-3.0-or-later
//! What has the look of personal data.

use delibera::domain::privacy::PATTERNS;
use regex::Regex;

#[test]
fn every_pattern_is_readable() {
    for (found, pattern) in PATTERNS {
        assert!(Regex::new(pattern).is_ok(), "{found:?}: {pattern}");
    }
}
