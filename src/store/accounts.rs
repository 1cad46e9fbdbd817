// SPDX-License-Identifier: AGPL-3.0-or-later
//! Accounts, sessions, links by mail, documents waiting for a signature. Operational, not record.

use super::StoreError;
use super::db::{Store, change, on};
use super::instant::instant;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const ACCOUNT: &str = "SELECT person, login, password, totp, totp_step, failures, locked_until, \
     suspended_at FROM accounts WHERE login = $1 OR person = $1";
const ACCOUNTS: &str = "SELECT person, login, password, totp, totp_step, failures, locked_until, \
     suspended_at FROM accounts ORDER BY login";
const ADD: &str = "INSERT INTO accounts (person, login, password, totp, totp_step, failures, \
     locked_until, created_at) VALUES ($1, $2, '', NULL, 0, 0, NULL, $3) \
     ON CONFLICT (person) DO UPDATE SET login = excluded.login";
const SET_PASSWORD: &str =
    "UPDATE accounts SET password = $2, failures = 0, locked_until = NULL WHERE person = $1";
const SET_TOTP: &str =
    "UPDATE accounts SET totp = CAST($2 AS TEXT), totp_step = 0 WHERE person = $1";
const SET_STEP: &str = "UPDATE accounts SET totp_step = $2 WHERE person = $1 AND totp_step < $2";
const FAILED: &str = "UPDATE accounts SET failures = failures + 1, \
     locked_until = CASE WHEN failures + 1 >= $2 THEN CAST($3 AS TEXT) ELSE locked_until END \
     WHERE person = $1";
const SUSPEND: &str = "UPDATE accounts SET suspended_at = CAST($2 AS TEXT) WHERE person = $1";
const CLEARED: &str = "UPDATE accounts SET failures = 0, locked_until = NULL WHERE person = $1";

const OPEN: &str = "INSERT INTO sessions (id, person, agent, address, method, id_token, notice, \
     created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $7, $8)";
const SESSION: &str = "SELECT id, person, agent, address, method, id_token, notice, created_at, \
     seen_at, expires_at FROM sessions WHERE id = $1 AND expires_at > $2";
const SESSIONS: &str = "SELECT id, person, agent, address, method, id_token, notice, created_at, \
     seen_at, expires_at FROM sessions WHERE person = $1 AND expires_at > $2 ORDER BY seen_at DESC, id";
const SEEN: &str = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1";
const NOTICE: &str = "UPDATE sessions SET notice = $2 WHERE id = $1";
const CLOSE: &str = "DELETE FROM sessions WHERE person = $1 AND id = $2";
const CLOSE_OTHERS: &str = "DELETE FROM sessions WHERE person = $1 AND id <> $2";
const EXPIRED_SESSIONS: &str = "DELETE FROM sessions WHERE expires_at <= $1";

const LINK: &str = "INSERT INTO account_links (id, person, expires_at) VALUES ($1, $2, $3)";
const LINK_OF: &str = "SELECT person FROM account_links WHERE id = $1 AND expires_at > $2";
const UNLINK: &str = "DELETE FROM account_links WHERE person = $1";
const EXPIRED_LINKS: &str = "DELETE FROM account_links WHERE expires_at <= $1";

const PREPARE: &str = "INSERT INTO prepared (id, person, command, facts, sha256, bytes, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PREPARED: &str = "SELECT id, person, command, facts, sha256, bytes FROM prepared \
     WHERE id = $1 AND person = $2 AND expires_at > $3";
const DROP: &str = "DELETE FROM prepared WHERE id = $1";
const EXPIRED_PREPARED: &str = "DELETE FROM prepared WHERE expires_at <= $1";

pub(crate) const STATEMENTS: [&str; 25] = [
    ACCOUNT,
    ACCOUNTS,
    ADD,
    SET_PASSWORD,
    SET_TOTP,
    SET_STEP,
    FAILED,
    SUSPEND,
    CLEARED,
    OPEN,
    SESSION,
    SESSIONS,
    SEEN,
    NOTICE,
    CLOSE,
    CLOSE_OTHERS,
    EXPIRED_SESSIONS,
    LINK,
    LINK_OF,
    UNLINK,
    EXPIRED_LINKS,
    PREPARE,
    PREPARED,
    DROP,
    EXPIRED_PREPARED,
];

/// A local account of a person of the registry.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Account {
    /// Person.
    pub person: String,
    /// Name to sign in with, lower case.
    pub login: String,
    /// Argon2id in PHC format; empty until one was chosen.
    pub password: String,
    /// Secret of the second factor in base 32, once confirmed.
    pub totp: Option<String>,
    /// Last time step whose code was used.
    pub totp_step: i64,
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// Locked until this instant, as text.
    pub locked_until: Option<String>,
    /// Closed by an administrator since this instant, as text.
    pub suspended_at: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Session {
    /// SHA-256 of what the cookie holds.
    pub id: String,
    /// Person.
    pub person: String,
    /// Browser, as it says of itself.
    pub agent: String,
    /// Address it came from.
    pub address: String,
    /// Token of how it began: `password`, `oidc`, `demo`.
    pub method: String,
    /// What the identity provider wants to end its own session; empty for others.
    pub id_token: String,
    /// Message for the next page.
    pub notice: String,
    /// Begin, as text.
    pub created_at: String,
    /// Last use, as text.
    pub seen_at: String,
    /// End, as text.
    pub expires_at: String,
}

/// A command and its paper, shown to the signer and not signed yet.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PreparedPaper {
    /// Identifier: hard to guess.
    pub id: String,
    /// Who is going to sign.
    pub person: String,
    /// The command, as JSON.
    pub command: String,
    /// The facts of the paper, as JSON.
    pub facts: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// The paper.
    pub bytes: Vec<u8>,
}

/// Runs one operational statement.
macro_rules! run {
    ($store:expr, $sql:expr $(, $bind:expr)*) => {{
        let done: Result<u64, sqlx::Error> = change!($store, |conn| {
            let done = sqlx::query($sql)$(.bind($bind))*.execute(conn).await;
            done.map(|done| done.rows_affected())
        });
        done.map_err(StoreError::from)
    }};
}

impl Store {
    /// The account of a login or of a person.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(ACCOUNT).bind(name).fetch_optional(pool).await)?)
    }

    /// All accounts, by login.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(ACCOUNTS).fetch_all(pool).await)?)
    }

    /// Adds an account without password, or renames the one of the person.
    pub async fn add_account(
        &self,
        person: &str,
        login: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, ADD, person, login, instant(at)).map(drop)
    }

    /// Sets the password (PHC) and lifts a lock.
    pub async fn set_password(&self, person: &str, phc: &str) -> Result<(), StoreError> {
        run!(self, SET_PASSWORD, person, phc).map(drop)
    }

    /// Sets or removes the second factor.
    pub async fn set_totp(&self, person: &str, secret: Option<&str>) -> Result<(), StoreError> {
        run!(self, SET_TOTP, person, secret).map(drop)
    }

    /// Uses a time step up; false when it, or a later one, was already used.
    pub async fn use_totp_step(&self, person: &str, step: i64) -> Result<bool, StoreError> {
        run!(self, SET_STEP, person, step).map(|rows| rows == 1)
    }

    /// Counts a wrong password; at the `limit`-th the account is locked until an instant.
    pub async fn sign_in_failed(
        &self,
        person: &str,
        limit: i64,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, FAILED, person, limit, instant(until)).map(drop)
    }

    /// Closes an account until it is opened again, or opens it.
    pub async fn suspend(&self, person: &str, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        run!(self, SUSPEND, person, at.map(instant)).map(drop)
    }

    /// Forgets the wrong passwords.
    pub async fn sign_in_succeeded(&self, person: &str) -> Result<(), StoreError> {
        run!(self, CLEARED, person).map(drop)
    }

    /// Opens a session; sessions that have ended are removed on the way.
    pub async fn open_session(
        &self,
        id: &str,
        person: &str,
        (agent, address): (&str, &str),
        (method, id_token): (&str, &str),
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, EXPIRED_SESSIONS, instant(at))?;
        let (at, expires) = (instant(at), instant(expires));
        run!(self, OPEN, id, person, agent, address, method, id_token, at, expires).map(drop)
    }

    /// The session of an id, if it has not ended.
    pub async fn session(
        &self,
        id: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let at = instant(at);
        Ok(on!(self, |pool| sqlx::query_as(SESSION).bind(id).bind(at).fetch_optional(pool).await)?)
    }

    /// The sessions of a person, the last used first.
    pub async fn sessions_of(
        &self,
        person: &str,
        at: DateTime<Utc>,
    ) -> Result<Vec<Session>, StoreError> {
        let at = instant(at);
        Ok(on!(self, |pool| sqlx::query_as(SESSIONS).bind(person).bind(at).fetch_all(pool).await)?)
    }

    /// Moves the end of a session that is being used.
    pub async fn session_seen(
        &self,
        id: &str,
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, SEEN, id, instant(at), instant(expires)).map(drop)
    }

    /// Leaves a message for the next page of a session; empty takes it away.
    pub async fn session_notice(&self, id: &str, notice: &str) -> Result<(), StoreError> {
        run!(self, NOTICE, id, notice).map(drop)
    }

    /// Ends one session of a person.
    pub async fn close_session(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        run!(self, CLOSE, person, id).map(|rows| rows > 0)
    }

    /// Ends every session of a person but one; with an empty id, all.
    pub async fn close_other_sessions(&self, person: &str, id: &str) -> Result<u64, StoreError> {
        run!(self, CLOSE_OTHERS, person, id)
    }

    /// Records a link to choose a password; earlier ones of the person are good no more.
    pub async fn add_link(
        &self,
        id: &str,
        person: &str,
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, EXPIRED_LINKS, instant(at))?;
        run!(self, UNLINK, person)?;
        run!(self, LINK, id, person, instant(expires)).map(drop)
    }

    /// The person of a link that is still good.
    pub async fn link_of(&self, id: &str, at: DateTime<Utc>) -> Result<Option<String>, StoreError> {
        let at = instant(at);
        let sql = LINK_OF;
        Ok(on!(self, |pool| sqlx::query_scalar(sql).bind(id).bind(at).fetch_optional(pool).await)?)
    }

    /// Uses the links of a person up.
    pub async fn use_links(&self, person: &str) -> Result<(), StoreError> {
        run!(self, UNLINK, person).map(drop)
    }

    /// Keeps a paper that is shown to its signer; those that nobody signed in time are removed.
    pub async fn keep_prepared(
        &self,
        paper: PreparedPaper,
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run!(self, EXPIRED_PREPARED, instant(at))?;
        let PreparedPaper { id, person, command, facts, sha256, bytes } = paper;
        run!(self, PREPARE, id, person, command, facts, sha256, bytes, instant(expires)).map(drop)
    }

    /// A paper shown to a person, while it is still good.
    pub async fn prepared(
        &self,
        id: &str,
        person: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<PreparedPaper>, StoreError> {
        let at = instant(at);
        Ok(on!(self, |pool| sqlx::query_as(PREPARED)
            .bind(id)
            .bind(person)
            .bind(at)
            .fetch_optional(pool)
            .await)?)
    }

    /// Removes a paper that was signed or given up.
    pub async fn drop_prepared(&self, id: &str) -> Result<(), StoreError> {
        run!(self, DROP, id).map(drop)
    }
}
