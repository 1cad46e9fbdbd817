// SPDX-License-Identifier: AGPL-3.0-or-later
//! Delibera: a municipal act from the proposal to its full legal effect.
//!
//! `domain` is pure, a crate of its own; `store` holds all SQL; `service` has the effects; `web`
//! are the pages; `cli` is the edge.
//! Imports point left only (`tests/tidy.rs` checks it). ARCHITECTURE.md is the map.

pub use delibera_domain as domain;

/// A quarter of the time of the engine was the allocation of small values (docs/performance.md).
#[cfg(feature = "mimalloc")]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod cli;
pub mod service;
pub mod store;
pub mod web;
