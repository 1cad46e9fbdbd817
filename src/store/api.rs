// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens of programs, and answers kept under an idempotency key outside a write. Operational.

use super::StoreError;
use super::db::{Store, change, on};
use super::instant::instant;
use super::write::KeptRequest;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const ADD: &str = "INSERT INTO api_tokens (id, person, label, scopes, created_at, expires_at, \
     used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL)";
const TOKEN: &str = "SELECT id, person, label, scopes, created_at, expires_at, used_at, \
     revoked_at FROM api_tokens WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM accounts \
     WHERE accounts.person = api_tokens.person AND accounts.suspended_at IS NOT NULL)";
const TOKENS: &str = "SELECT id, person, label, scopes, created_at, expires_at, used_at, \
     revoked_at FROM api_tokens WHERE person = $1 ORDER BY created_at DESC, id";
const USED: &str = "UPDATE api_tokens SET used_at = $2 WHERE id = $1";
const REVOKE: &str = "UPDATE api_tokens SET revoked_at = $3 \
     WHERE person = $1 AND id = $2 AND revoked_at IS NULL";
const KEEP: &str = "INSERT INTO api_requests (id, digest, answer, recorded_at) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
const KEPT: &str = "SELECT digest, answer FROM api_requests WHERE id = $1";

pub(crate) const STATEMENTS: [&str; 7] = [ADD, TOKEN, TOKENS, USED, REVOKE, KEEP, KEPT];

/// The token of a program that acts for a person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ApiToken {
    /// SHA-256 of the token.
    pub id: String,
    /// Person.
    pub person: String,
    /// What he calls it.
    pub label: String,
    /// Scopes, separated by blanks.
    pub scopes: String,
    /// When it was made, as text.
    pub created_at: String,
    /// Good until this instant, as text.
    pub expires_at: String,
    /// Last use, as text.
    pub used_at: Option<String>,
    /// When it was revoked, as text.
    pub revoked_at: Option<String>,
}

impl Store {
    /// Adds a token.
    pub async fn add_api_token(
        &self,
        (id, person, label, scopes): (&str, &str, &str, &str),
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        change!(self, |conn| sqlx::query(ADD)
            .bind(id)
            .bind(person)
            .bind(label)
            .bind(scopes)
            .bind(instant(at))
            .bind(instant(expires))
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }

    /// A token, good or not; none of a person whose account is suspended.
    pub async fn api_token(&self, id: &str) -> Result<Option<ApiToken>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(TOKEN).bind(id).fetch_optional(pool).await)?)
    }

    /// The tokens of a person, newest first.
    pub async fn api_tokens(&self, person: &str) -> Result<Vec<ApiToken>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(TOKENS).bind(person).fetch_all(pool).await)?)
    }

    /// Writes down the last use of a token.
    pub async fn api_token_used(&self, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        let at = instant(at);
        change!(self, |conn| sqlx::query(USED)
            .bind(id)
            .bind(at)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }

    /// Revokes a token of a person; false when there is none of that id to revoke.
    pub async fn revoke_api_token(
        &self,
        person: &str,
        id: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let at = instant(at);
        let rows = change!(self, |conn| sqlx::query(REVOKE)
            .bind(person)
            .bind(id)
            .bind(at)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Keeps the answer to a request that records no fact; false when its key has one already.
    pub async fn keep_request(&self, kept: &KeptRequest) -> Result<bool, StoreError> {
        let rows = change!(self, |conn| sqlx::query(KEEP)
            .bind(&kept.id)
            .bind(&kept.digest)
            .bind(&kept.answer)
            .bind(instant(kept.at))
            .execute(conn)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// What was asked under a key, and the answer it got.
    pub async fn kept_request(&self, id: &str) -> Result<Option<(String, String)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(KEPT).bind(id).fetch_optional(pool).await)?)
    }
}
