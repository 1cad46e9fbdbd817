// SPDX-License-Identifier: AGPL-3.0-or-later
//! The engine on its own: the vectors T-… of the rulebook that need an act or a sitting, what a
//! fresh reader looked for, and the invariants I1–I10 on random sittings. No database, no files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "engine/affissione.rs"]
mod affissione;
#[path = "engine/again.rs"]
mod again;
#[path = "engine/albo.rs"]
mod albo;
#[path = "engine/authority.rs"]
mod authority;
#[path = "engine/capigruppo.rs"]
mod capigruppo;
#[path = "engine/chair.rs"]
mod chair;
#[path = "engine/choices.rs"]
mod choices;
#[path = "engine/council.rs"]
mod council;
#[path = "engine/desk.rs"]
mod desk;
#[path = "engine/invariants.rs"]
mod invariants;
#[path = "engine/invariants_later.rs"]
mod invariants_later;
#[path = "engine/keys.rs"]
mod keys;
#[path = "engine/later_acts.rs"]
mod later_acts;
#[path = "engine/not_yet.rs"]
mod not_yet;
#[path = "engine/numbers.rs"]
mod numbers;
#[path = "engine/offers.rs"]
mod offers;
#[path = "engine/outcomes.rs"]
mod outcomes;
#[path = "engine/own_vote.rs"]
mod own_vote;
#[path = "engine/papers.rs"]
mod papers;
#[path = "engine/people.rs"]
mod people;
#[path = "engine/presence.rs"]
mod presence;
#[path = "engine/privacy.rs"]
mod privacy;
#[path = "engine/proposal.rs"]
mod proposal;
#[path = "engine/protocollo.rs"]
mod protocollo;
#[path = "engine/registry_days.rs"]
mod registry_days;
#[path = "engine/review.rs"]
mod review;
#[path = "engine/segretario.rs"]
mod segretario;
#[path = "engine/sitting.rs"]
mod sitting;
#[path = "engine/steps.rs"]
mod steps;
#[path = "engine/tasks.rs"]
mod tasks;
#[path = "engine/told.rs"]
mod told;
#[path = "engine/truth.rs"]
mod truth;
#[path = "engine/visibility.rs"]
mod visibility;
#[path = "engine/votes.rs"]
mod votes;
