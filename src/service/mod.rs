// SPDX-License-Identifier: AGPL-3.0-or-later
//! Effects: executing commands, performing jobs, mail, documents, signatures, time.

pub mod clock;
pub mod mail;
pub mod schedule;
