// SPDX-License-Identifier: AGPL-3.0-or-later
//! The law as functions: each one names its article and its rule of the rulebook.
