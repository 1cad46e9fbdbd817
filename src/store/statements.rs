// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every statement of the store in one list, so that a test can prepare each on its engine; and
//! which tables are the record.

use super::{
    accounts, activity, albo, api, append, backup, compare, db, documents, drafts, events, jobs,
    load, pages, pending, registers, rows, seals, search, sign_in, verify, writer,
};

/// A statement and where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// On both engines.
    Both(&'static str),
    /// On SQLite only.
    Sqlite(&'static str),
    /// On PostgreSQL only.
    Postgres(&'static str),
}

/// Tables that hold the record: `verify` must notice any change to any of their columns.
pub const RECORDS: [&str; 16] = [
    "events",
    "streams",
    "seals",
    "documents",
    "registers",
    "register_entries",
    "cases",
    "sittings",
    "papers",
    "tasks",
    "postings",
    "lookups",
    "people",
    "mandates",
    "jobs",
    // Kept by sqlx: it checks the digest of every migration itself at each start.
    "_sqlx_migrations",
];

/// Tables that hold no record, and why.
pub const NOT_RECORDS: &[(&str, &str)] = &[
    ("accounts", "who may sign in, and how; powers are in the mandates"),
    ("activity", "sign-ins and what was done to accounts and jobs; kept for a time, never changed"),
    ("sessions", "who is signed in; gone at the end of the session"),
    ("sign_ins", "who is at the identity provider now; gone when he comes back"),
    ("account_links", "links sent by mail to choose a password; good once"),
    (
        "prepared",
        "documents shown to their signer and not signed yet; the signed one is a document",
    ),
    ("api_tokens", "programs that act for a person; powers are in his mandates"),
    ("api_requests", "answers to commands with an idempotency key; what they did is in the events"),
    ("drafts", "what a person is writing and has not put on record"),
    ("draft_files", "files that came with it"),
    (
        "pending_signatures",
        "documents that wait to be signed elsewhere; a row goes when it is done",
    ),
    ("search_stale", "acts that changed since they were read into the index of words"),
    (
        "search_acts",
        "the index of words: computed from the events, made again when it does not fit",
    ),
    ("_words", "the words themselves, as each engine keeps them"),
    ("measures", "how long things took: computed from the events with the index"),
    ("probes", "what the probes of the Albo found; the log of an ended posting is a document"),
    ("job_state", "how far the work is: leases, attempts, errors; rewritten all the time"),
];

/// Every statement of the store.
pub fn statements() -> Vec<Statement> {
    let mut both = db::statements();
    both.extend([
        events::STREAM,
        events::EVENTS_AFTER,
        events::STREAMS,
        backup::EVENTS,
        documents::DOCUMENT,
        documents::HAS_DOCUMENT,
        documents::SIZE,
        seals::SEALS,
        seals::LAST,
        seals::INSERT,
        seals::FRONTIER,
        seals::LEAVES,
    ]);
    both.extend(rows::statements());
    both.extend(registers::statements());
    both.extend(search::STATEMENTS);
    both.extend(accounts::STATEMENTS);
    both.extend(api::STATEMENTS);
    both.extend(sign_in::STATEMENTS);
    both.extend(activity::STATEMENTS);
    both.extend(pages::STATEMENTS);
    both.extend(drafts::STATEMENTS);
    both.extend(albo::statements());
    both.extend(compare::statements());
    both.extend(jobs::STATEMENTS);
    both.extend(pending::STATEMENTS);
    both.extend(verify::STATEMENTS);
    let mut sqlite = vec![load::LOAD_SQLITE.as_str(), backup::COPY_SQLITE, backup::COLUMNS_SQLITE];
    sqlite.extend(append::statements_sqlite());
    sqlite.extend(jobs::STATEMENTS_SQLITE);
    sqlite.extend(pages::STATEMENTS_SQLITE);
    sqlite.extend(registers::statements_sqlite());
    sqlite.extend(search::STATEMENTS_SQLITE);
    let mut postgres = vec![
        load::LOAD_POSTGRES.as_str(),
        seals::LOCK_POSTGRES,
        writer::LOCK_REGISTERS,
        writer::LOCK_STREAMS,
    ];
    postgres.extend(backup::NEXT_POSTGRES);
    postgres.extend(append::statements_postgres());
    postgres.extend(jobs::STATEMENTS_POSTGRES);
    postgres.extend(pages::STATEMENTS_POSTGRES);
    postgres.extend(registers::statements_postgres());
    postgres.extend(search::STATEMENTS_POSTGRES);
    both.into_iter()
        .map(Statement::Both)
        .chain(sqlite.into_iter().map(Statement::Sqlite))
        .chain(postgres.into_iter().map(Statement::Postgres))
        .collect()
}
