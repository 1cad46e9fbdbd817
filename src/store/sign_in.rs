// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sign-ins that are under way at the identity provider. Operational, not record.

use super::StoreError;
use super::db::{Store, change};
use super::instant::instant;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const BEGIN: &str = "INSERT INTO sign_ins (id, browser, nonce, verifier, back, form, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const TAKE: &str = "DELETE FROM sign_ins WHERE id = $1 AND browser = $2 AND expires_at > $3 \
     RETURNING id, browser, nonce, verifier, back, form";
const EXPIRED: &str = "DELETE FROM sign_ins WHERE expires_at <= $1";

pub(crate) const STATEMENTS: [&str; 3] = [BEGIN, TAKE, EXPIRED];

/// What is kept here while a person is at the provider.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PendingSignIn {
    /// SHA-256 of the state.
    pub id: String,
    /// SHA-256 of what the cookie of the browser holds.
    pub browser: String,
    /// What the identity token must repeat.
    pub nonce: String,
    /// What proves that who exchanges the code is who asked for it (PKCE, RFC 7636).
    pub verifier: String,
    /// Where to go afterwards.
    pub back: String,
    /// A form that was being sent when the session ended, as it travels.
    pub form: String,
}

impl Store {
    /// Keeps a sign-in that begins; those that nobody finished are removed on the way.
    pub async fn begin_sign_in(
        &self,
        sign_in: &PendingSignIn,
        at: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let PendingSignIn { id, browser, nonce, verifier, back, form } = sign_in;
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            sqlx::query(EXPIRED).bind(instant(at)).execute(&mut *conn).await?;
            let begin = sqlx::query(BEGIN).bind(id).bind(browser).bind(nonce).bind(verifier);
            let begin = begin.bind(back).bind(form).bind(instant(expires));
            begin.execute(&mut *conn).await.map(drop)
        });
        Ok(done?)
    }

    /// Takes a sign-in of a browser away: a state is good once, and only where it began.
    pub async fn take_sign_in(
        &self,
        id: &str,
        browser: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<PendingSignIn>, StoreError> {
        let taken: Result<Option<PendingSignIn>, sqlx::Error> = change!(self, |conn| {
            let take = sqlx::query_as(TAKE).bind(id).bind(browser).bind(instant(at));
            take.fetch_optional(conn).await
        });
        Ok(taken?)
    }
}
