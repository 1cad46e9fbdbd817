// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only place with SQL: events, seals, registers, rows, documents and jobs on two engines.
//!
//! One way in for facts, [`Store::write`]; everything else reads, or moves work along. What is
//! on the disk and how it is proved is in `chain.rs`; who writes and when in `writer.rs`.
//! No transaction stays open over anything slow, and no rule of law lives here.

mod accounts;
mod activity;
mod albo;
mod api;
mod append;
mod backup;
mod batch;
mod cache;
pub mod chain;
mod command;
mod compare;
mod db;
mod documents;
mod drafts;
mod error;
mod events;
mod instant;
mod jobs;
mod load;
mod pages;
mod pending;
mod proof;
mod registers;
mod rows;
mod seals;
mod search;
mod sign_in;
mod snapshot;
mod statements;
mod table;
mod verify;
mod write;
mod writer;

pub use accounts::{Account, PreparedPaper, Session};
pub use activity::{ActivityFilter, ActivityLine};
pub use albo::{Expected, Probe};
pub use api::ApiToken;
pub use backup::restore_file;
pub use compare::{Accepted, MIGRATION};
pub use db::{Counters, Store, path_of};
pub use documents::Document;
pub use drafts::{Draft, DraftFile};
pub use error::{StoreError, WriteError};
pub use instant::{instant, parse_instant};
pub use jobs::{Failure, Job, JobCounts, JobFilter, JobState, PUT_OFF_ATTEMPTS};
pub use pages::{DeskCount, DeskCounts, DeskFilter, DeskLine};
pub use pending::PendingSignature;
pub use proof::{Proof, ProvedEvent, SealProof, UnderSeal};
pub use registers::{LineFilter, SCANNED_MAX, SpreadLine};
pub use rows::CaseFilter;
pub use seals::{NoSealRef, Seal, SealRef};
pub use search::{Found, SearchAct};
pub use sign_in::PendingSignIn;
pub use snapshot::Snapshot;
pub use statements::{NOT_RECORDS, RECORDS, Statement, statements};
pub use verify::{Finding, Report};
pub use write::{History, KeptRequest, Loaded, Outcome, ReadSet, WriteSet, Written};
