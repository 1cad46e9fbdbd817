// SPDX-License-Identifier: AGPL-3.0-or-later
//! The regulation as the law modules want it.

use super::Regulation;
use crate::law::ballot::VoteRules;
use crate::law::outage::{Availability, OutageRules, extension};
use crate::law::posting::counted_from;
use crate::law::profile::{Profile, profile_on};
use crate::law::sitting::remote_allowed;
use crate::law::terms::{Extension, TermRules, Terms, TermsError};
use crate::refusal::Refusal;
use chrono::{DateTime, NaiveDate, Utc};

impl Regulation {
    /// How the Giunta votes (R3.4-R3.9, R4.2); a regional profile fixes its own majority.
    pub fn vote_rules(&self) -> VoteRules {
        VoteRules {
            quorum_structural: self.quorum_structural,
            member_base: self.member_base,
            quorum_absolute_min: self.quorum_absolute_min,
            vote_base: self.vote_base,
            art78_counts_for_quorum: self.art78_counts_for_quorum,
            art78_in_vote_base: self.art78_in_vote_base,
            casting_vote: self.casting_vote,
            tie_rule: self.tie_rule,
            blank_ballots_count: self.blank_ballots_count,
            ie_majority: self.profile().ie_majority.unwrap_or(self.ie_majority),
            ie_member_base: self.ie_member_base,
        }
    }

    /// How long an act stays in the Albo and when it becomes effective (R6.2, R7.2, R7.9).
    pub fn term_rules(&self) -> TermRules {
        let profile = self.profile();
        TermRules {
            pub_count: self.pub_count,
            exec_count: self.exec_count,
            posting_days: profile.posting_days,
            holiday_shift: self.holiday_shift,
            show_extra_day: self.pub_show_extra_day,
            effective_after_posting: profile.effective_after_posting,
        }
    }

    /// The rules for a type of document that has its own length of posting (R6.10).
    pub fn term_rules_for(&self, document_type: &str) -> TermRules {
        let rules = self.term_rules();
        let days = self.term_by_type.get(document_type).copied();
        TermRules { posting_days: days.unwrap_or(rules.posting_days), ..rules }
    }

    /// What an interruption of the Albo does (R6.5).
    pub fn outage_rules(&self) -> OutageRules {
        OutageRules {
            policy: self.outage_policy,
            min_hours: self.outage_min_hours,
            affects_executivity: self.outage_affects_executivity,
        }
    }

    /// The dates of an act posted at an instant, cut-off hour and interruptions considered.
    pub fn terms_of(
        &self,
        posted_at: DateTime<Utc>,
        availability: &Availability,
    ) -> Result<Terms, TermsError> {
        let start = counted_from(posted_at, self.cutoff_hour);
        let rules = self.term_rules();
        let added = extension(&self.outage_rules(), &rules, start, availability)?;
        rules.terms(start, added)
    }

    /// The dates of an act counted from a civil date, `outage_days` attested.
    pub fn terms(&self, posted: NaiveDate, outage_days: u16) -> Result<Terms, TermsError> {
        self.term_rules().terms(posted, Extension { posting: outage_days, executivity: 0 })
    }

    /// A sitting may be remote or mixed on a date (R3.10).
    pub fn remote_allowed(&self, on: NaiveDate) -> Result<(), Refusal> {
        remote_allowed(on, self.remote_regulation_ref.as_deref())
    }

    /// What the region changes (R7.9), on the date this set was taken for.
    pub fn profile(&self) -> Profile {
        profile_on(self.profile, self.on.unwrap_or(NaiveDate::MAX))
    }
}
