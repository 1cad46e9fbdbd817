// SPDX-License-Identifier: AGPL-3.0-or-later
//! Seals: at each, the events since the one before are fixed by a hash that can be kept elsewhere.

use super::StoreError;
use super::chain::{MerkleTree, SealText, ZERO, seal_hash};
use super::db::{Db, Store, change, on};
use super::instant::{instant, parse_instant};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::fmt;
use std::str::FromStr;

pub(crate) const SEALS: &str =
    "SELECT n, at, position, heads, events, root, previous, hash FROM seals ORDER BY n";
pub(crate) const LAST: &str = "SELECT n, at, position, heads, events, root, previous, hash \
     FROM seals ORDER BY n DESC LIMIT 1";
pub(crate) const INSERT: &str = "INSERT INTO seals \
     (n, at, position, heads, events, root, previous, hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (n) DO NOTHING";
pub(crate) const FRONTIER: &str = "SELECT COALESCE(MAX(position), 0) FROM events";
pub(crate) const LEAVES: &str = "SELECT position, stream, version, hash FROM events \
     WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3";

/// Waits for the appends under way and keeps new ones out for an instant.
pub(crate) const LOCK_POSTGRES: &str = "LOCK TABLE events IN SHARE MODE";

/// Events read at a time.
pub(crate) const PAGE: i64 = 4096;

/// A seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// 1 for the first.
    pub n: i64,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Last position it covers.
    pub position: i64,
    /// Streams up to there.
    pub heads: i64,
    /// Events up to there.
    pub events: i64,
    /// Merkle root over the events since the seal before (`chain.rs`).
    pub root: String,
    /// Hash of the seal before.
    pub previous: String,
    /// Hash of this seal: what is kept elsewhere.
    pub hash: String,
}

/// What is kept elsewhere (mail, paper, another machine) of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealRef {
    /// Number of the seal.
    pub n: i64,
    /// Its hash.
    pub hash: String,
}

impl From<&Seal> for SealRef {
    fn from(seal: &Seal) -> Self {
        Self { n: seal.n, hash: seal.hash.clone() }
    }
}

/// «N:IMPRONTA»: what is mailed, printed and given back to `verify --seal` is one text.
impl fmt::Display for SealRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.n, self.hash)
    }
}

/// A text that is no «N:IMPRONTA».
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--seal si scrive «numero:impronta», come nel messaggio del sigillo")]
pub struct NoSealRef;

impl FromStr for SealRef {
    type Err = NoSealRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (n, hash) = text.trim().split_once(':').ok_or(NoSealRef)?;
        Ok(Self { n: n.parse().map_err(|_| NoSealRef)?, hash: hash.to_owned() })
    }
}

/// A seal as the columns hold it: what its hash covers, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRecord {
    /// 1 for the first.
    pub n: i64,
    /// RFC 3339.
    pub at: String,
    /// Last position it covers.
    pub position: i64,
    /// Streams up to there.
    pub heads: i64,
    /// Events up to there.
    pub events: i64,
    /// Merkle root over the events since the seal before.
    pub root: String,
    /// Hash of the seal before.
    pub previous: String,
    /// Its hash.
    pub hash: String,
}

impl SealRecord {
    /// The hash its columns should have.
    pub fn computed_hash(&self) -> String {
        let Self { n, at, position, heads, events, root, previous, .. } = self;
        let (n, position, heads, events) = (*n, *position, *heads, *events);
        seal_hash(previous, SealText { n, at, position, heads, events, root })
    }

    fn into_seal(self) -> Result<Seal, StoreError> {
        let at = parse_instant(&self.at).ok_or_else(|| StoreError::Corrupt {
            table: "seals",
            id: self.n.to_string(),
            reason: "at".into(),
        })?;
        let Self { n, position, heads, events, root, previous, hash, .. } = self;
        Ok(Seal { n, at, position, heads, events, root, previous, hash })
    }
}

/// The leaf of an event.
#[derive(Debug, FromRow)]
pub(crate) struct Leaf {
    pub position: i64,
    pub stream: String,
    pub version: i64,
    pub hash: String,
}

impl Store {
    /// Seals everything recorded so far. An hour in which nothing happened is sealed too.
    ///
    /// When another process seals at the same time and its seal covers as much, that one is
    /// the answer.
    pub async fn seal(&self, now: DateTime<Utc>) -> Result<Seal, StoreError> {
        let frontier = self.frontier().await?;
        let mut before = self.last_record().await?;
        // Whoever sealed meanwhile mostly did so from a later frontier: one round is the rule.
        for _ in 0..8 {
            let record = self.next_seal(before.as_ref(), frontier, now).await?;
            let rows = change!(self, |conn| sqlx::query(INSERT)
                .bind(record.n)
                .bind(&record.at)
                .bind(record.position)
                .bind(record.heads)
                .bind(record.events)
                .bind(&record.root)
                .bind(&record.previous)
                .bind(&record.hash)
                .execute(conn)
                .await?
                .rows_affected());
            if rows == 1 {
                return record.into_seal();
            }
            before = self.last_record().await?;
            if let Some(theirs) = before.take_if(|theirs| theirs.position >= frontier) {
                return theirs.into_seal();
            }
        }
        Err(StoreError::Busy)
    }

    /// The seal after `last`, up to a position.
    async fn next_seal(
        &self,
        last: Option<&SealRecord>,
        frontier: i64,
        now: DateTime<Utc>,
    ) -> Result<SealRecord, StoreError> {
        let (mut n, mut at, mut heads, mut events) = (1, 0, 0, 0);
        let mut previous = ZERO.to_owned();
        if let Some(last) = last {
            (n, at, heads, events) = (last.n + 1, last.position, last.heads, last.events);
            previous.clone_from(&last.hash);
        }
        let mut tree = MerkleTree::default();
        loop {
            let leaves: Vec<Leaf> = on!(self, |pool| sqlx::query_as(LEAVES)
                .bind(at)
                .bind(frontier)
                .bind(PAGE)
                .fetch_all(pool)
                .await)?;
            let Some(end) = leaves.last() else { break };
            at = end.position;
            for leaf in &leaves {
                tree.push(leaf.position, &leaf.stream, leaf.version, &leaf.hash);
                heads += i64::from(leaf.version == 1);
                events += 1;
            }
        }
        let mut record = SealRecord {
            n,
            at: instant(now.trunc_subsecs(6)),
            // A seal that another process made meanwhile may already reach further.
            position: frontier.max(at),
            heads,
            events,
            root: tree.root(),
            previous,
            hash: String::new(),
        };
        record.hash = record.computed_hash();
        Ok(record)
    }

    /// The last position such that every later event will have a greater one.
    ///
    /// SQLite commits in order of position. PostgreSQL does not: an append may hold a position
    /// smaller than one already visible, so the frontier is read under a lock that no append
    /// holds through. Nothing else is done under it.
    async fn frontier(&self) -> Result<i64, StoreError> {
        match self.db() {
            Db::Sqlite(db) => Ok(sqlx::query_scalar(FRONTIER).fetch_one(&db.read).await?),
            Db::Postgres(db) => {
                let mut tx = db.pool.begin().await?;
                sqlx::query(LOCK_POSTGRES).execute(&mut *tx).await?;
                let frontier = sqlx::query_scalar(FRONTIER).fetch_one(&mut *tx).await?;
                tx.commit().await?;
                Ok(frontier)
            }
        }
    }

    /// All seals, oldest first.
    pub async fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        let records: Vec<SealRecord> =
            on!(self, |pool| sqlx::query_as(SEALS).fetch_all(pool).await)?;
        records.into_iter().map(SealRecord::into_seal).collect()
    }

    /// The newest seal.
    pub async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        self.last_record().await?.map(SealRecord::into_seal).transpose()
    }

    async fn last_record(&self) -> Result<Option<SealRecord>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(LAST).fetch_optional(pool).await)?)
    }
}
