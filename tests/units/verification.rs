// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document that somebody holds.

use delibera::domain::digest::sha256_hex;
use delibera::service::verification::revisions;

#[test]
fn a_longer_file_is_looked_for_by_its_beginnings() {
    let first = b"%PDF-1.7 uno %%EOF\n";
    let second = [first.as_slice(), b"due %%EOF\r\n"].concat();
    let third = [second.as_slice(), b"tre %%EOF"].concat();
    let found = revisions(&third);
    assert_eq!(found[0], sha256_hex(&second));
    assert!(found.contains(&sha256_hex(first)), "{found:?}");
    assert!(!found.contains(&sha256_hex(&third)), "the file itself is asked first");
    assert_eq!(revisions(b"nessuna fine").len(), 0);
    let many = b"x%%EOF\n".repeat(100);
    assert!(revisions(&many).len() <= 13, "bounded work");
}
