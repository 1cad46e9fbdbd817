// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens: a program that acts for a person, within the scopes he gave it. The powers are those of
//! his mandates on the day: a token never gives more, and ends when he revokes it.
//!
//! Only the SHA-256 is kept. What was looked up stays in memory for a few seconds, so a program
//! that sends many requests does not ask the database who it is each time; a token revoked here is
//! refused at once, one revoked by another process within [`REMEMBERED`].

use super::clock::Clock;
use crate::domain::digest::sha256_hex;
use crate::domain::refusal::Refusal;
use crate::domain::token::{Token, tokens};
use crate::store::{ApiToken, Store, StoreError, parse_instant};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How a token begins: whoever finds one in a file knows what it is.
pub const PREFIX: &str = "delibera_";
/// Days a token is good for, as a person may choose.
pub const DAYS: [i64; 4] = [30, 90, 180, 365];
/// How long what the database said of a token is taken for true.
const REMEMBERED: TimeDelta = TimeDelta::seconds(10);
/// Use is written down at most so often.
const USED_EVERY: TimeDelta = TimeDelta::minutes(5);
/// Tokens remembered at once; then the memory starts again.
const REMEMBERED_MAX: usize = 10_000;
/// Good tokens of one person.
const TOKENS_MAX: usize = 20;

tokens! {
    /// What a token lets a program do, always within the powers of its person.
    Scope {
        /// Read what the person may read.
        Read = "read",
        /// Write proposals: open, edit, submit, take up again, revise, withdraw.
        Propose = "propose",
        /// Everything else a person does on acts and sittings.
        Act = "act",
    }
}

impl Scope {
    /// As the profile page says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Read => "Leggere ciò che può leggere la persona",
            Self::Propose => "Scrivere proposte: aprire, modificare, presentare, ritirare",
            Self::Act => "Compiere gli altri atti della persona su fascicoli e sedute",
        }
    }
}

/// Who a program acts for, and within what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// SHA-256 of the token.
    pub token: String,
    /// Person.
    pub person: String,
    /// Scopes.
    pub scopes: Vec<Scope>,
}

impl Bearer {
    /// # Errors
    /// `scope_missing`.
    pub fn allows(&self, scope: Scope) -> Result<(), Refusal> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let text = format!("Il token non comprende l'ambito «{}»", scope.token());
        Err(Refusal::new("scope_missing", "", "", text)
            .next("Usare un token con questo ambito: si crea dalla pagina «Il mio profilo»"))
    }
}

#[derive(Debug, Clone)]
struct Known {
    bearer: Bearer,
    expires: DateTime<Utc>,
    used: Option<DateTime<Utc>>,
    asked: DateTime<Utc>,
}

/// The tokens of one installation.
#[derive(Clone)]
pub struct Tokens {
    store: Store,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

impl Tokens {
    /// The tokens of a database.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, known: Arc::default() }
    }

    /// Makes a token: the secret, shown once and never again.
    ///
    /// # Errors
    /// `token_label`, `token_scopes`, `token_days`, `too_many_tokens`, or what the database said.
    pub async fn make(
        &self,
        person: &str,
        label: &str,
        scopes: &[Scope],
        days: i64,
    ) -> Result<Result<String, Refusal>, StoreError> {
        let label = label.trim();
        let refused = |code: &str, text: &str| Ok(Err(Refusal::new(code, "", "", text)));
        if label.is_empty() || label.chars().count() > 80 {
            return refused(
                "token_label",
                "Scrivere a che cosa serve il token (al più 80 caratteri)",
            );
        }
        if scopes.is_empty() {
            return refused("token_scopes", "Scegliere almeno un ambito");
        }
        if !DAYS.contains(&days) {
            return refused("token_days", "Scegliere una durata fra quelle proposte");
        }
        let now = self.clock.now();
        let good = self.store.api_tokens(person).await?;
        let good = good.iter().filter(|t| t.revoked_at.is_none() && ends(t) > now).count();
        if good >= TOKENS_MAX {
            return refused("too_many_tokens", "I token validi sono già venti: revocarne qualcuno");
        }
        let (a, b) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let secret = format!("{PREFIX}{a}{b}");
        let words: Vec<&str> = scopes.iter().map(|scope| scope.token()).collect();
        let (id, words) = (sha256_hex(secret.as_bytes()), words.join(" "));
        let row = (id.as_str(), person, label, words.as_str());
        self.store.add_api_token(row, now, now + TimeDelta::days(days)).await?;
        Ok(Ok(secret))
    }

    /// The tokens of a person, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn of(&self, person: &str) -> Result<Vec<ApiToken>, StoreError> {
        self.store.api_tokens(person).await
    }

    /// Revokes a token of a person.
    ///
    /// # Errors
    /// What the database said.
    pub async fn revoke(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let done = self.store.revoke_api_token(person, id, self.clock.now()).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        Ok(done)
    }

    /// Who a secret stands for; `None` when it is unknown, expired or revoked.
    ///
    /// # Errors
    /// What the database said.
    pub async fn bearer(&self, secret: &str) -> Result<Option<Bearer>, StoreError> {
        let (id, now) = (sha256_hex(secret.as_bytes()), self.clock.now());
        let Some(known) = self.look_up(&id, now).await? else { return Ok(None) };
        if known.expires <= now {
            return Ok(None);
        }
        if known.used.is_none_or(|used| now - used >= USED_EVERY) {
            // Said before it is written: of many requests at once only one writes it down.
            self.remember(&id, Known { used: Some(now), ..known.clone() });
            // A note for its owner: whoever only reads goes on reading on a full disk.
            if let Err(error) = self.store.api_token_used(&id, now).await {
                tracing::warn!(%error, "the use of a token was not noted");
            }
        }
        Ok(Some(known.bearer))
    }

    async fn look_up(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Known>, StoreError> {
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(known) = kept.filter(|known| now - known.asked < REMEMBERED) {
            return Ok(Some(known));
        }
        let found = self.store.api_token(id).await?.filter(|token| token.revoked_at.is_none());
        let Some(found) = found else {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            return Ok(None);
        };
        let scopes = found.scopes.split(' ').filter_map(Scope::from_token).collect();
        let known = Known {
            expires: ends(&found),
            used: found.used_at.as_deref().and_then(parse_instant),
            asked: now,
            bearer: Bearer { token: found.id, person: found.person, scopes },
        };
        self.remember(id, known.clone());
        Ok(Some(known))
    }

    fn remember(&self, id: &str, known: Known) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(id.to_owned(), known);
    }
}

/// The end of a token; the distant past when it cannot be read.
fn ends(token: &ApiToken) -> DateTime<Utc> {
    parse_instant(&token.expires_at).unwrap_or_default()
}
