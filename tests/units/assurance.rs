// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a signature is worth, as it is kept.

use delibera::domain::papers::{
    ANY_KIND, Assurance, KeptPapers, PaperKind, SignatureLevel, SignatureQuality,
};
use std::collections::BTreeMap;

#[test]
fn a_fact_of_before_is_read_and_one_without_debts_is_written_as_before() {
    let before = r#"{"quality":"advanced","level":"B-T"}"#;
    let read: Assurance = serde_json::from_str(before).expect("an assurance");
    assert_eq!(read, Assurance::of(SignatureQuality::Advanced, SignatureLevel::T));
    assert_eq!(serde_json::to_string(&read).expect("JSON"), before);
}

#[test]
fn what_one_signature_of_a_paper_wants_is_wanted_of_the_whole() {
    let mut kept = KeptPapers::default();
    let owing = Assurance { wanted: SignatureLevel::T, ..Assurance::NONE };
    kept.signed(PaperKind::Deliberazione, None, "a", Some(&owing));
    kept.signed(PaperKind::Deliberazione, Some("a"), "b", Some(&Assurance::NONE));
    assert!(kept.get("a").is_none());
    let target = kept.get("b").map(|paper| paper.target(&BTreeMap::new()));
    assert_eq!(target, Some(SignatureLevel::T));
    let policy = BTreeMap::from([(
        ANY_KIND.to_owned(),
        Assurance::of(SignatureQuality::Advanced, SignatureLevel::Lta),
    )]);
    let target = kept.get("b").map(|paper| paper.target(&policy));
    assert_eq!(target, Some(SignatureLevel::Lta), "the greater of the two");
}
