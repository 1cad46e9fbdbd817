// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a notice says of a sitting.

use super::Detail;
use super::act::outcome_label;
use crate::law::calendar::rome_instant;
use crate::registry::Role;
use crate::sitting::{Item, Mode, Sitting};
use crate::words::until_sitting;
use crate::world::World;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A sitting as a message shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SittingFacts {
    /// Sitting id.
    pub id: String,
    /// "Giunta comunale".
    pub organ: String,
    /// Day.
    pub date: Option<NaiveDate>,
    /// "11:00".
    pub time: String,
    /// Instant it is foreseen to begin.
    pub start: Option<DateTime<Utc>>,
    /// Place; the seat of the Comune when nothing else was said.
    pub place: String,
    /// "in modalità mista".
    pub mode: String,
    /// Address of the remote session.
    pub link: Option<String>,
    /// "convocata".
    pub status: String,
    /// Version of the agenda; 2 and more supplement the first.
    pub agenda_version: u32,
    /// Facts of its stream so far: rises with every change, so calendars know the newest notice.
    pub sequence: i64,
    /// Who convened it, name and title.
    pub convened_by: String,
    /// The agenda.
    pub items: Vec<ItemFacts>,
    /// What the last agenda added to those sent before; empty for the first.
    pub added: Vec<ItemFacts>,
    /// The items that are the recipient's own; for Ragioneria, the acts with effects.
    pub own: Vec<ItemFacts>,
}

/// An item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ItemFacts {
    /// Order on the agenda, from 1.
    pub order: usize,
    /// Object.
    pub subject: String,
    /// Relatori.
    pub rapporteurs: Vec<String>,
    /// Leading office.
    pub office: String,
    /// Added at the sitting.
    pub off_agenda: bool,
    /// Outcome, once there is one.
    pub outcome: Option<String>,
    /// Number of the deliberation, "838".
    pub number: Option<i64>,
    /// Declared immediately enforceable.
    pub immediate: bool,
    /// Reason of an outcome without a vote.
    pub reason: String,
}

/// The facts of a sitting for a person.
pub(super) fn facts(
    world: &World,
    sitting: &Sitting,
    person: &str,
    on: NaiveDate,
    detail: &Detail,
) -> SittingFacts {
    let items: Vec<ItemFacts> =
        sitting.items.iter().enumerate().map(|(i, item)| item_facts(world, i + 1, item)).collect();
    let own = sitting
        .items
        .iter()
        .zip(&items)
        .filter(|(item, _)| concerns(world, item, person, on))
        .map(|(_, facts)| facts.clone())
        .collect();
    let is_new =
        |item: &Item| sitting.agenda_version > 1 && item.sent_in == Some(sitting.agenda_version);
    let pairs = sitting.items.iter().zip(&items);
    let added = pairs.filter(|(item, _)| is_new(item)).map(|(_, facts)| facts.clone()).collect();
    let place = match sitting.place.trim() {
        "" => world.registry.comune.seat.clone(),
        place => place.to_owned(),
    };
    SittingFacts {
        id: sitting.id.clone(),
        organ: organ_name(&sitting.organ),
        date: sitting.date,
        time: sitting.time.map_or_else(String::new, |t| t.format("%H:%M").to_string()),
        start: sitting.date.zip(sitting.time).map(|(date, time)| rome_instant(date, time)),
        place,
        mode: mode_label(sitting.mode).into(),
        link: detail.link.clone().filter(|_| sitting.mode != Mode::InSeat),
        status: sitting.status.label().into(),
        agenda_version: sitting.agenda_version,
        sequence: sitting.version,
        convened_by: sitting
            .convened_by
            .as_ref()
            .map(|by| format!("{}, {}", by.name, by.title))
            .unwrap_or_default(),
        items,
        added,
        own,
    }
}

fn item_facts(world: &World, order: usize, item: &Item) -> ItemFacts {
    let content = world.case(&item.case).ok().map(|case| &case.content);
    let rapporteurs = content.map(|c| c.rapporteurs.as_slice()).unwrap_or_default();
    ItemFacts {
        order,
        subject: item.subject.clone(),
        rapporteurs: rapporteurs.iter().map(|p| world.registry.name(p)).collect(),
        office: content
            .filter(|c| !c.offices.is_empty())
            .map(|c| world.registry.office_name(c.lead_office()))
            .unwrap_or_default(),
        off_agenda: item.off_agenda,
        outcome: item.outcome.map(|(o, _)| until_sitting(outcome_label(o), item.postponed_to)),
        number: item.number,
        immediate: item.immediate.as_ref().is_some_and(|(_, declared)| *declared),
        reason: item.reason.clone(),
    }
}

/// Is any item of the sitting one of the person's own?
pub fn concerned(world: &World, sitting: &Sitting, person: &str, on: NaiveDate) -> bool {
    sitting.items.iter().any(|item| concerns(world, item, person, on))
}

/// Is the item one of the person's own (practice.md section 3: one's own items only)?
fn concerns(world: &World, item: &Item, person: &str, on: NaiveDate) -> bool {
    let Ok(case) = world.case(&item.case) else { return false };
    let content = &case.content;
    let holds = |role: Role, office: Option<&str>| {
        world.registry.holders(role, office, on).iter().any(|m| m.person == person)
    };
    let approved = item.outcome.is_some_and(|(outcome, _)| outcome.is_approval());
    content.procedure_head == person
        || content.rapporteurs.iter().any(|r| r == person)
        || content.offices.iter().any(|office| holds(Role::Direttore, Some(office)))
        || (approved && content.has_effects() && holds(Role::ResponsabileRagioneria, None))
}

fn mode_label(mode: Mode) -> &'static str {
    match mode {
        Mode::InSeat => "in sede",
        Mode::Mixed => "in modalità mista, in sede e in videoconferenza",
        Mode::Remote => "in videoconferenza",
    }
}

fn organ_name(token: &str) -> String {
    match token {
        "giunta" => "Giunta comunale".into(),
        "consiglio" => "Consiglio comunale".into(),
        other => other.replace('_', " "),
    }
}
