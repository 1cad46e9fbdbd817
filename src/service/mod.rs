// SPDX-License-Identifier: AGPL-3.0-or-later
//! Effects: executing commands, performing jobs, mail, documents, signatures, time.
//!
//! `execute` is the one way to change anything. `office` adds what a person at his desk has: the
//! paper is composed, signed with his key, and travels with the command. `worker` performs what the
//! facts owe and reports back as commands.

pub mod accounts;
pub mod bench;
pub mod clock;
pub mod copy;
pub mod documents;
pub mod evidence;
pub mod execute;
pub mod history;
pub mod import;
pub mod indexing;
pub mod judgement;
pub mod keeping;
pub mod keyring;
pub mod mail;
pub mod migration;
pub mod office;
pub mod offline;
pub mod oidc;
pub mod paper;
pub mod scenario;
pub mod schedule;
pub mod signing;
pub mod simulation;
pub mod tokens;
pub mod trust;
pub mod verification;
pub mod verify;
pub mod worker;
