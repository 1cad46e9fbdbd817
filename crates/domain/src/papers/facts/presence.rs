// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who was there when an item was decided: the presence table and the sentences counted from it.

use super::common::PersonFacts;
use crate::law::calendar::rome_time;
use crate::papers::words;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::sitting::{ConflictStance, Mode, Treatment};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// One row of the table.
#[derive(Debug, Clone, Serialize)]
pub struct PresenceRow {
    pub name: String,
    pub title: String,
    pub present: bool,
    pub remote: bool,
}

/// A member under art. 78, c. 2, and what he did.
#[derive(Debug, Clone, Serialize)]
pub struct ConflictFacts {
    pub name: String,
    pub title: String,
    pub stays: bool,
    /// Hours of leaving and of coming back, where he left (practice.md 4).
    pub left: Option<String>,
    pub returned: Option<String>,
}

/// The sitting an item was decided in, at that item. Every number is a count of `rows`, so text
/// and table cannot differ (T-22).
#[derive(Debug, Clone, Serialize)]
pub struct MeetingFacts {
    pub date: NaiveDate,
    /// "11:00".
    pub opened: String,
    pub place: String,
    pub mixed: bool,
    pub all_remote: bool,
    pub remote_source: String,
    /// "del Sindaco"; empty where nobody convened.
    pub convened_by: String,
    pub item: u32,
    pub off_agenda: bool,
    pub rows: Vec<PresenceRow>,
    pub present: usize,
    pub in_office: usize,
    /// Seats without a member in office.
    pub vacant: usize,
    pub remote: Vec<String>,
    pub conflicts: Vec<ConflictFacts>,
    pub quorum: u32,
    pub quorum_source: String,
    pub president: PersonFacts,
    pub president_reason: String,
    pub president_remote: bool,
    pub verbalizer: PersonFacts,
    pub verbalizer_remote: bool,
    /// A member of the organ verbalizes in the Segretario's place (R2.6).
    pub verbalizer_is_member: bool,
    pub assisting: Vec<PersonFacts>,
    /// One person with the powers of the organ (TUEL 141): no table, no vote.
    pub commissioner: bool,
    pub anomalies: Vec<String>,
}

/// The meeting as a treatment recorded it.
pub fn meeting(treatment: &Treatment, regulation: &Regulation) -> MeetingFacts {
    let rows: Vec<PresenceRow> = treatment
        .members
        .iter()
        .map(|m| PresenceRow {
            name: m.name.clone(),
            title: words::bare_title(&m.title).to_owned(),
            present: m.present,
            remote: m.present && m.remote,
        })
        .collect();
    let conflicts = treatment.members.iter().filter_map(|m| {
        m.conflict.map(|stance| ConflictFacts {
            name: m.name.clone(),
            title: words::bare_title(&m.title).to_owned(),
            stays: stance == ConflictStance::Stays,
            left: m.left.map(hour),
            returned: m.returned.map(hour),
        })
    });
    let in_office = rows.len();
    let seats = usize::try_from(treatment.seats).unwrap_or(usize::MAX);
    let remote: Vec<String> = rows.iter().filter(|r| r.remote).map(|r| r.name.clone()).collect();
    MeetingFacts {
        date: treatment.date,
        opened: treatment.opened.format("%H:%M").to_string(),
        place: words::clause(&treatment.place),
        mixed: treatment.mode == Mode::Mixed,
        all_remote: treatment.mode == Mode::Remote,
        remote_source: words::clause(&treatment.remote_source),
        convened_by: words::of_title(&words::clause(&treatment.convened_by)),
        item: treatment.item,
        off_agenda: treatment.off_agenda,
        present: rows.iter().filter(|r| r.present).count(),
        in_office,
        vacant: seats.saturating_sub(in_office),
        president_remote: is_remote(treatment, &treatment.president.person),
        remote,
        conflicts: conflicts.collect(),
        quorum: treatment.quorum,
        quorum_source: regulation.source("quorum_structural").to_owned(),
        president: PersonFacts::from(&treatment.president),
        president_reason: words::clause(&treatment.president_reason),
        verbalizer: PersonFacts::from(&treatment.verbalizer),
        verbalizer_remote: treatment.verbalizer_remote,
        verbalizer_is_member: matches!(
            treatment.verbalizer.role,
            Role::Sindaco | Role::Vicesindaco | Role::Assessore
        ),
        assisting: treatment.assisting.iter().map(PersonFacts::from).collect(),
        commissioner: treatment.president.role == Role::Commissario && rows.is_empty(),
        anomalies: treatment.anomalies.iter().map(|a| words::clause(&a.text)).collect(),
        rows,
    }
}

fn hour(at: DateTime<Utc>) -> String {
    rome_time(at).format("%H:%M").to_string()
}

fn is_remote(treatment: &Treatment, person: &str) -> bool {
    treatment.members.iter().any(|m| m.person == person && m.present && m.remote)
}
