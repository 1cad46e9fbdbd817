// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pure core: what an act is, who may do what, and why not. No clock, no I/O, no randomness.

pub mod law;
pub mod refusal;
pub mod regulation;
pub mod rows;
pub mod stream;
pub mod token;
