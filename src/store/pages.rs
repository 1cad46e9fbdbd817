// SPDX-License-Identifier: AGPL-3.0-or-later
//! What desks read: the tasks of a holder with their act, from the index, never the whole table.

use super::StoreError;
use super::db::{Db, Store, on};
use serde_json::json;
use sqlx::FromRow;

/// `$1` is the list of holders: one question for a whole view. What is left out is left out before
/// anything is read of the acts. The `awaited` of a line are the holders of the open tasks of its
/// act, separated by blanks.
macro_rules! desk {
    ($holders:literal, $which:literal) => {
        concat!(
            "SELECT t.stream, t.what, t.about, t.deadline, c.id AS case_id, c.subject, c.office, ",
            "c.lifecycle, c.step, c.workflow, c.proposal_number, c.proposal_year, c.act_number, ",
            "c.act_year, c.sitting, (SELECT string_agg(o.holder, ' ') FROM tasks o ",
            "WHERE o.stream = t.stream AND o.holder <> '' AND o.what <> 'follow') AS awaited ",
            "FROM (SELECT DISTINCT t.stream, t.what, t.about, t.deadline, ",
            "COALESCE(t.deadline, '9999') AS due FROM ",
            $holders,
            " JOIN tasks t ON t.holder = w.value AND t.holder <> '' WHERE ",
            $which,
            " AND (CAST($2 AS TEXT) IS NULL OR t.what = CAST($2 AS TEXT)) ",
            "AND (CAST($3 AS TEXT) IS NULL OR COALESCE(t.deadline, '9999') <= CAST($3 AS TEXT)) ",
            "AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM cases c ",
            "WHERE c.id = substr(t.stream, 6) AND t.stream < 'case0' ",
            "AND c.subject_folded LIKE CAST($4 AS TEXT) ESCAPE '!')) ",
            "ORDER BY due, t.stream LIMIT CAST($5 AS BIGINT)) AS t ",
            "LEFT JOIN cases c ON c.id = substr(t.stream, 6) AND t.stream < 'case0' ",
            "ORDER BY t.due, t.stream"
        )
    };
}
macro_rules! count {
    ($holders:literal) => {
        concat!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM ",
            $holders,
            " JOIN tasks t ON t.holder = w.value AND t.holder <> '' WHERE t.what <> 'follow' ",
            "LIMIT CAST($2 AS BIGINT)) AS few"
        )
    };
}

const TO_DO_SQLITE: &str = desk!("json_each($1) AS w", "t.what <> 'follow'");
const TO_DO_POSTGRES: &str =
    desk!("json_array_elements_text(CAST($1 AS JSON)) AS w(value)", "t.what <> 'follow'");
const FOLLOWED_SQLITE: &str = desk!("json_each($1) AS w", "t.what = 'follow'");
const FOLLOWED_POSTGRES: &str =
    desk!("json_array_elements_text(CAST($1 AS JSON)) AS w(value)", "t.what = 'follow'");
const COUNT_SQLITE: &str = count!("json_each($1) AS w");
const COUNT_POSTGRES: &str = count!("json_array_elements_text(CAST($1 AS JSON)) AS w(value)");

/// How many acts follow each workflow, and how many of them have not come to an end.
const BY_WORKFLOW: &str = "SELECT workflow, CAST(COUNT(*) AS BIGINT) AS total, \
     CAST(SUM(CASE WHEN lifecycle IN ('archived', 'withdrawn', 'annulled', 'revoked') THEN 0 \
     ELSE 1 END) AS BIGINT) AS under_way FROM cases GROUP BY workflow ORDER BY workflow";

pub(crate) const STATEMENTS: [&str; 1] = [BY_WORKFLOW];
pub(crate) const STATEMENTS_SQLITE: [&str; 3] = [TO_DO_SQLITE, FOLLOWED_SQLITE, COUNT_SQLITE];
pub(crate) const STATEMENTS_POSTGRES: [&str; 3] =
    [TO_DO_POSTGRES, FOLLOWED_POSTGRES, COUNT_POSTGRES];

/// One line of a desk.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DeskLine {
    /// Stream, as text.
    pub stream: String,
    /// Token of the task.
    pub what: String,
    /// Paper, duty or condition.
    pub about: String,
    /// Day by which, ISO.
    pub deadline: Option<String>,
    /// The act; none for a sitting.
    pub case_id: Option<String>,
    /// Its object.
    pub subject: Option<String>,
    /// Its leading office.
    pub office: Option<String>,
    /// Lifecycle token.
    pub lifecycle: Option<String>,
    /// Its step.
    pub step: Option<String>,
    /// Digest of its workflow.
    pub workflow: Option<String>,
    /// Number of the proposal.
    pub proposal_number: Option<i64>,
    /// Year of that number.
    pub proposal_year: Option<i64>,
    /// Number of the act.
    pub act_number: Option<i64>,
    /// Year of that number.
    pub act_year: Option<i64>,
    /// Sitting whose agenda holds it.
    pub sitting: Option<String>,
    /// Holders of the open tasks of the act.
    pub awaited: Option<String>,
}

/// Which lines; what is `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskFilter {
    /// Token of the task.
    pub what: Option<String>,
    /// Deadline within this day, ISO.
    pub within: Option<String>,
    /// Part of the object, already folded.
    pub text: Option<String>,
    /// At most so many.
    pub limit: i64,
    /// The acts followed, instead of the tasks to do.
    pub followed: bool,
}

impl Store {
    /// The lines of some holders, the oldest deadline first.
    pub async fn desk(
        &self,
        holders: &[String],
        filter: &DeskFilter,
    ) -> Result<Vec<DeskLine>, StoreError> {
        let sql = match (self.db(), filter.followed) {
            (Db::Sqlite(_), false) => TO_DO_SQLITE,
            (Db::Sqlite(_), true) => FOLLOWED_SQLITE,
            (Db::Postgres(_), false) => TO_DO_POSTGRES,
            (Db::Postgres(_), true) => FOLLOWED_POSTGRES,
        };
        let text = filter.text.as_deref().map(super::rows::containing);
        Ok(on!(self, |pool| sqlx::query_as(sql)
            .bind(json!(holders).to_string())
            .bind(filter.what.as_deref())
            .bind(filter.within.as_deref())
            .bind(text.as_deref())
            .bind(filter.limit)
            .fetch_all(pool)
            .await)?)
    }

    /// Acts by digest of their workflow: all of them, and those not ended.
    pub async fn workflow_counts(&self) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(BY_WORKFLOW).fetch_all(pool).await)?)
    }

    /// How many tasks some holders have, counted up to a limit.
    pub async fn desk_count(&self, holders: &[String], limit: i64) -> Result<i64, StoreError> {
        let sql = match self.db() {
            Db::Sqlite(_) => COUNT_SQLITE,
            Db::Postgres(_) => COUNT_POSTGRES,
        };
        Ok(on!(self, |pool| sqlx::query_scalar(sql)
            .bind(json!(holders).to_string())
            .bind(limit)
            .fetch_one(pool)
            .await)?)
    }
}
