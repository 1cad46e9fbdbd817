// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every reader of what arrives from outside, on stable Rust, for a bounded time: real inputs are
//! cut, copied, swapped and filled with hostile words. Nothing may panic or take long, and whoever is
//! refused is told why in words of a bounded length.
//!
//! The n-th input of a target depends on the seed alone, so a failure is had again. How long and from
//! where: `DELIBERA_FUZZ_SECONDS` (default 1, for each target) and `DELIBERA_FUZZ_SEED` (default 1).
//! PDF, CMS and the answers of TSA, OCSP and CRL are in `crates/signature/tests/fuzz.rs`; the table of
//! all is in SECURITY.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "fuzz/attack.rs"]
mod attack;
#[path = "fuzz/batch.rs"]
mod batch;
#[path = "fuzz/bundle.rs"]
mod bundle;
#[path = "fuzz/copies.rs"]
mod copies;
#[path = "fuzz/forms.rs"]
mod forms;
#[path = "support/http.rs"]
mod http;
#[path = "fuzz/identity.rs"]
mod identity;
#[path = "support/evidence.rs"]
mod made;
#[path = "fuzz/mail.rs"]
mod mail;
#[path = "fuzz/papers.rs"]
mod papers;
#[path = "fuzz/privacy.rs"]
mod privacy;
#[path = "web/provider.rs"]
#[allow(dead_code, reason = "here it is always altered")]
mod provider;
#[path = "fuzz/remote.rs"]
mod remote;
#[path = "fuzz/tables.rs"]
mod tables;
