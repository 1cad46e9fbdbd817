// SPDX-License-Identifier: AGPL-3.0-or-later
//! The signatures of files that come with an act, in words.

use chrono::DateTime;
use delibera::domain::papers::SignatureQuality;
use delibera::service::verification::SignatureLine;
use delibera::web::signed_files::words;

fn line(verdict: &'static str, reasons: &[&str]) -> SignatureLine {
    SignatureLine {
        signer: "Mario Rossi".into(),
        verdict,
        time: DateTime::from_timestamp(1_595_588_400, 0),
        proved: false,
        quality: SignatureQuality::Advanced,
        confirmed: false,
        level: None,
        reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
    }
}

#[test]
fn a_verdict_is_said_in_words() {
    assert_eq!(words(&[], false), "");
    assert_eq!(words(&[], true), "Il file p7m non contiene firme leggibili");
    let two = [line("good", &[]), line("bad", &["modificato dopo la firma"])];
    assert_eq!(
        words(&two, false),
        "Firma di Mario Rossi del 24/07/2020: valida · Firma di Mario Rossi del 24/07/2020: \
         non valida (modificato dopo la firma)"
    );
}
