// SPDX-License-Identifier: AGPL-3.0-or-later
//! The order of the opinions on one version of a proposal (R2.2; T-9, T-47; practice.md 1.6).

use crate::refusal::Refusal;
use chrono::{DateTime, Utc};

/// When the opinions on the voted version were signed, and when the vote was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpinionTimes {
    /// Technical opinions, one for each service concerned.
    pub technical: Vec<DateTime<Utc>>,
    /// Accounting opinion, or signed *non dovuto*.
    pub accounting: Option<DateTime<Utc>>,
    /// Legitimacy opinion, where the local rule wants it.
    pub legitimacy: Option<DateTime<Utc>>,
    /// The vote on that version.
    pub vote: Option<DateTime<Utc>>,
}

/// Technical ≤ accounting < legitimacy ≤ vote, by instants and not by dates: in the reference act
/// accounting and legitimacy bear the same date (R2.2).
pub fn check_order(times: &OpinionTimes) -> Result<(), Refusal> {
    let technical = times.technical.iter().max().copied();
    if later(technical, times.accounting) {
        return Err(out_of_order(
            "accounting_before_technical",
            "R1.5",
            "art. 49, c. 1, TUEL",
            "Il parere contabile precede un parere tecnico sulla stessa versione",
        ));
    }
    let last = technical.max(times.accounting);
    if later(last, times.legitimacy) || (last.is_some() && last == times.legitimacy) {
        return Err(out_of_order(
            "legitimacy_before_others",
            "R2.2",
            "",
            "Il parere di legittimità deve seguire i pareri tecnico e contabile che richiama",
        ));
    }
    if later(last.max(times.legitimacy), times.vote) {
        return Err(out_of_order(
            "opinion_after_vote",
            "R1.3",
            "art. 49, c. 1, TUEL",
            "Un parere è successivo al voto: i pareri devono precederlo",
        ));
    }
    Ok(())
}

/// Both are known and the first comes after the second.
fn later(first: Option<DateTime<Utc>>, second: Option<DateTime<Utc>>) -> bool {
    first.zip(second).is_some_and(|(first, second)| first > second)
}

fn out_of_order(code: &str, rule: &str, article: &str, text: &str) -> Refusal {
    Refusal::new(code, rule, article, text).next("Rinnovare il parere sulla versione attuale")
}
