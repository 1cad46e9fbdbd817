// SPDX-License-Identifier: AGPL-3.0-or-later
//! Regions with their own rules, as data with validity (R7.9). [K] except where the rulebook says.

use crate::law::ballot::IeMajority;
use crate::law::calendar::add_days;
use crate::law::holidays::next_working_day;
use crate::law::terms::POSTING_DAYS;
use crate::token::tokens;
use chrono::NaiveDate;

tokens! {
    /// Which body of law on local bodies applies. Sardegna and Valle d'Aosta are not offered: their
    /// rules were not studied (docs/legal-questions.md).
    ProfileName {
        /// Regions with ordinary statute: the TUEL as it stands.
        Ordinario = "ordinario",
        /// Friuli Venezia Giulia.
        FriuliVeneziaGiulia = "friuli_venezia_giulia",
        /// Trentino-Alto Adige.
        TrentinoAltoAdige = "trentino_alto_adige",
        /// Sicilia.
        Sicilia = "sicilia",
    }
}

/// What a special statute changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Which region.
    pub name: ProfileName,
    /// First day of the rule (year, month, day).
    pub valid_from: (i32, u32, u32),
    /// Days of posting.
    pub posting_days: u16,
    /// Effective on the day after the end of the posting, whatever `exec_count` says.
    pub effective_after_posting: bool,
    /// Days within which an adopted act is posted, and those for an immediately enforceable one.
    pub publish_within: Option<(u16, u16)>,
    /// That deadline moves to the next working day (art. 2963, c. 3, c.c.).
    pub publish_slides: bool,
    /// Majority of immediate enforceability imposed by the region.
    pub ie_majority: Option<IeMajority>,
    /// Where it is written.
    pub source: &'static str,
}

/// The ordinary rule, for every date.
const ORDINARY: Profile = Profile {
    name: ProfileName::Ordinario,
    valid_from: (2000, 10, 13),
    posting_days: POSTING_DAYS,
    effective_after_posting: false,
    publish_within: None,
    publish_slides: false,
    ie_majority: None,
    source: "D.Lgs. 267/2000, artt. 124 e 134",
};

/// The special rules, each from its own date.
const SPECIAL: [Profile; 3] = [
    Profile {
        name: ProfileName::FriuliVeneziaGiulia,
        valid_from: (2004, 1, 1),
        effective_after_posting: true,
        publish_within: Some((7, 5)),
        publish_slides: true,
        source: "L.R. Friuli Venezia Giulia 21/2003, art. 1, c. 15 e 19",
        ..ORDINARY
    },
    Profile {
        name: ProfileName::TrentinoAltoAdige,
        valid_from: (2018, 5, 9),
        posting_days: 10,
        effective_after_posting: true,
        source: "L.R. Trentino-Alto Adige 2/2018, art. 183",
        ..ORDINARY
    },
    Profile {
        name: ProfileName::Sicilia,
        valid_from: (1991, 12, 7),
        ie_majority: Some(IeMajority::TwoThirdsVoters),
        source: "L.R. Sicilia 44/1991, art. 12",
        ..ORDINARY
    },
];

/// The rules of a region on a date; before a special rule began the ordinary one answers.
pub fn profile_on(name: ProfileName, date: NaiveDate) -> Profile {
    let began = |profile: &Profile| profile.first_day().is_some_and(|first| first <= date);
    let special = SPECIAL.iter().rev().find(|profile| profile.name == name && began(profile));
    special.copied().unwrap_or(ORDINARY)
}

/// The days on which the rules of a region begin.
pub fn first_days() -> impl Iterator<Item = NaiveDate> {
    SPECIAL.iter().filter_map(Profile::first_day)
}

impl Profile {
    fn first_day(&self) -> Option<NaiveDate> {
        let (year, month, day) = self.valid_from;
        NaiveDate::from_ymd_opt(year, month, day)
    }

    /// Last day to post an adopted act under a regional deadline (FVG: a deadline, so it slides on
    /// a holiday, unlike the period of posting).
    pub fn publish_by(&self, adopted: NaiveDate, immediate: bool) -> Option<NaiveDate> {
        let (ordinary, urgent) = self.publish_within?;
        let days = if immediate { urgent } else { ordinary };
        let last = add_days(adopted, u64::from(days))?;
        Some(if self.publish_slides { next_working_day(last) } else { last })
    }
}
