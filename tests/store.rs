// SPDX-License-Identifier: AGPL-3.0-or-later
//! The store on both engines: one suite, run on SQLite and on a private PostgreSQL.

#![allow(clippy::expect_used, reason = "a test that cannot go on says why and fails")]

#[path = "store/concurrency.rs"]
mod concurrency;
#[path = "store/desk.rs"]
mod desk;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/fixture.rs"]
mod fixture;
#[path = "store/jobs.rs"]
mod jobs;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/search.rs"]
mod search;
#[path = "store/tamper.rs"]
mod tamper;
#[path = "store/twins.rs"]
mod twins;
#[path = "store/writes.rs"]
mod writes;
