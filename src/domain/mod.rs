// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pure core: what an act is, who may do what, and why not. No clock, no I/O, no randomness.

pub mod albo;
pub mod case;
pub mod changes;
pub mod command;
pub mod digest;
pub mod effects;
pub mod law;
pub mod notice_facts;
pub mod notices;
pub mod offers;
pub mod papers;
pub mod privacy;
pub mod problem;
pub mod refusal;
pub mod registry;
pub mod regulation;
pub mod rows;
pub mod sitting;
pub mod stream;
pub mod tasks;
pub mod token;
pub mod visibility;
pub mod words;
pub mod workflow;
pub mod world;
