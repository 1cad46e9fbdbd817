// SPDX-License-Identifier: AGPL-3.0-or-later
//! The law as functions: each one names its article and its rule of the rulebook.
//!
//! Nothing here knows a case, a clock or a file: values in, values out. What is not settled, or
//! not yet checked on Normattiva, is listed in `docs/legal-questions.md`.

pub mod annulment;
pub mod ballot;
pub mod calendar;
pub mod composition;
pub mod control;
pub mod holidays;
pub mod identifiers;
pub mod opinions;
pub mod outage;
pub mod posting;
pub mod presidency;
pub mod profile;
pub mod ratification;
pub mod regulations;
pub mod sitting;
pub mod terms;
