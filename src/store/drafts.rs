// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a person is writing and has not put on record yet. Operational, not record.

use super::StoreError;
use super::db::{Store, change, on};
use super::instant::instant;
use crate::domain::stream::NewDocument;
use chrono::{DateTime, Utc};
use sqlx::FromRow;

const KEEP: &str = "INSERT INTO drafts (case_id, person, version, form, notes, saved_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, person) DO UPDATE SET \
     version = excluded.version, form = excluded.form, notes = excluded.notes, \
     saved_at = excluded.saved_at";
const DRAFT: &str = "SELECT version, form, notes, saved_at FROM drafts \
     WHERE case_id = $1 AND person = $2";
const DROP: &str = "DELETE FROM drafts WHERE case_id = $1 AND person = $2";
const KEEP_FILE: &str = "INSERT INTO draft_files (case_id, person, sha256, name, class, media_type, \
     bytes, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (case_id, person, sha256) DO UPDATE SET name = excluded.name, \
     class = excluded.class";
const FILES: &str = "SELECT sha256, name, class, media_type, bytes FROM draft_files \
     WHERE case_id = $1 AND person = $2 ORDER BY saved_at, name";
const DROP_FILES: &str = "DELETE FROM draft_files WHERE case_id = $1 AND person = $2";
const OLD: &str = "DELETE FROM drafts WHERE saved_at < $1";
const OLD_FILES: &str = "DELETE FROM draft_files WHERE saved_at < $1";

pub(crate) const STATEMENTS: [&str; 8] =
    [KEEP, DRAFT, DROP, KEEP_FILE, FILES, DROP_FILES, OLD, OLD_FILES];

/// A form as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Draft {
    /// Version of the case it was begun on.
    pub version: i64,
    /// Names and values, `application/x-www-form-urlencoded`.
    pub form: String,
    /// What the person should know about it, one a line; shown once.
    pub notes: String,
    /// When, as text.
    pub saved_at: String,
}

/// A file that came with it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DraftFile {
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// File name.
    pub name: String,
    /// Token of the class of attachment.
    pub class: String,
    /// MIME type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl DraftFile {
    /// As a document of the write that puts it on record.
    pub fn document(self) -> NewDocument {
        NewDocument { sha256: self.sha256, media_type: self.media_type, bytes: self.bytes }
    }
}

impl Store {
    /// Keeps what a person has typed about an act; what was forgotten before a day is removed.
    pub async fn keep_draft(
        &self,
        (case, person): (&str, &str),
        draft: &Draft,
        forgotten: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Draft { version, form, notes, saved_at } = draft;
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            sqlx::query(OLD).bind(instant(forgotten)).execute(&mut *conn).await?;
            sqlx::query(OLD_FILES).bind(instant(forgotten)).execute(&mut *conn).await?;
            let keep = sqlx::query(KEEP).bind(case).bind(person).bind(version);
            keep.bind(form).bind(notes).bind(saved_at).execute(&mut *conn).await.map(drop)
        });
        Ok(done?)
    }

    /// What a person has typed about an act.
    pub async fn draft(&self, case: &str, person: &str) -> Result<Option<Draft>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(DRAFT)
            .bind(case)
            .bind(person)
            .fetch_optional(pool)
            .await)?)
    }

    /// Removes it, with its files.
    pub async fn drop_draft(&self, case: &str, person: &str) -> Result<(), StoreError> {
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            sqlx::query(DROP).bind(case).bind(person).execute(&mut *conn).await?;
            sqlx::query(DROP_FILES).bind(case).bind(person).execute(&mut *conn).await.map(drop)
        });
        Ok(done?)
    }

    /// Keeps a file that came with it.
    pub async fn keep_draft_file(
        &self,
        (case, person): (&str, &str),
        file: DraftFile,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let DraftFile { sha256, name, class, media_type, bytes } = file;
        let done: Result<(), sqlx::Error> = change!(self, |conn| {
            let keep = sqlx::query(KEEP_FILE).bind(case).bind(person).bind(sha256).bind(name);
            let keep = keep.bind(class).bind(media_type).bind(bytes).bind(instant(at));
            keep.execute(&mut *conn).await.map(drop)
        });
        Ok(done?)
    }

    /// Its files, in order of arrival.
    pub async fn draft_files(
        &self,
        case: &str,
        person: &str,
    ) -> Result<Vec<DraftFile>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(FILES).bind(case).bind(person).fetch_all(pool).await)?)
    }
}
