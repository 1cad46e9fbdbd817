// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents by the hash of their bytes. They enter through a write set and never change.

use super::StoreError;
use super::db::{Store, on};
use sqlx::FromRow;

pub(crate) const DOCUMENT: &str =
    "SELECT sha256, media_type, size, bytes FROM documents WHERE sha256 = $1";

pub(crate) const HAS_DOCUMENT: &str = "SELECT COUNT(*) FROM documents WHERE sha256 = $1";

pub(crate) const SIZE: &str = "SELECT size FROM documents WHERE sha256 = $1";

/// A document as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Document {
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// MIME type.
    pub media_type: String,
    /// Bytes in all.
    pub size: i64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Store {
    /// The document with these bytes, if there is one.
    pub async fn document(&self, sha256: &str) -> Result<Option<Document>, StoreError> {
        let found =
            on!(self, |pool| sqlx::query_as(DOCUMENT).bind(sha256).fetch_optional(pool).await)?;
        Ok(found)
    }

    /// Bytes of a document, without reading them.
    pub async fn document_size(&self, sha256: &str) -> Result<Option<i64>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(SIZE).bind(sha256).fetch_optional(pool).await)?)
    }

    /// True when a document is there; its bytes are not read.
    pub async fn has_document(&self, sha256: &str) -> Result<bool, StoreError> {
        let count: i64 =
            on!(self, |pool| sqlx::query_scalar(HAS_DOCUMENT).bind(sha256).fetch_one(pool).await)?;
        Ok(count > 0)
    }
}
