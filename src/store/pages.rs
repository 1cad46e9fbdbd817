// SPDX-License-Identifier: AGPL-3.0-or-later
//! What desks read: the tasks of a holder with their act, from the index, never the whole table.

use super::StoreError;
use super::db::{Store, on};
use sqlx::FromRow;

/// The `awaited` of a line are the holders of the open tasks of its act, separated by blanks.
macro_rules! desk {
    ($which:literal) => {
        concat!(
            "SELECT t.stream, t.what, t.about, t.deadline, c.id AS case_id, c.subject, c.office, ",
            "c.lifecycle, c.step, c.workflow, c.proposal_number, c.proposal_year, c.act_number, ",
            "c.act_year, c.sitting, (SELECT string_agg(o.holder, ' ') FROM tasks o ",
            "WHERE o.stream = t.stream AND o.holder <> '' AND o.what <> 'follow') AS awaited ",
            "FROM tasks t LEFT JOIN cases c ON c.id = substr(t.stream, 6) ",
            "AND t.stream < 'case0' WHERE t.holder = $1 AND t.holder <> '' AND ",
            $which,
            " AND (CAST($2 AS TEXT) IS NULL OR t.what = CAST($2 AS TEXT)) ",
            "AND (CAST($3 AS TEXT) IS NULL OR COALESCE(t.deadline, '9999') <= CAST($3 AS TEXT)) ",
            "AND (CAST($4 AS TEXT) IS NULL OR c.subject_folded LIKE CAST($4 AS TEXT) ESCAPE '!') ",
            "ORDER BY COALESCE(t.deadline, '9999'), t.stream LIMIT CAST($5 AS BIGINT)"
        )
    };
}

const TO_DO: &str = desk!("t.what <> 'follow'");
const FOLLOWED: &str = desk!("t.what = 'follow'");
const COUNT: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM tasks WHERE holder = $1 \
     AND holder <> '' AND what <> 'follow' LIMIT CAST($2 AS BIGINT)) AS few";

/// How many acts follow each workflow, and how many of them have not come to an end.
const BY_WORKFLOW: &str = "SELECT workflow, CAST(COUNT(*) AS BIGINT) AS total, \
     CAST(SUM(CASE WHEN lifecycle IN ('archived', 'withdrawn', 'annulled', 'revoked') THEN 0 \
     ELSE 1 END) AS BIGINT) AS under_way FROM cases GROUP BY workflow ORDER BY workflow";

pub(crate) const STATEMENTS: [&str; 4] = [TO_DO, FOLLOWED, COUNT, BY_WORKFLOW];

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
    /// The lines of a holder, the oldest deadline first.
    pub async fn desk(
        &self,
        holder: &str,
        filter: &DeskFilter,
    ) -> Result<Vec<DeskLine>, StoreError> {
        let sql = if filter.followed { FOLLOWED } else { TO_DO };
        let text = filter.text.as_deref().map(super::rows::containing);
        Ok(on!(self, |pool| sqlx::query_as(sql)
            .bind(holder)
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

    /// How many tasks a holder has, counted up to a limit.
    pub async fn desk_count(&self, holder: &str, limit: i64) -> Result<i64, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(COUNT)
            .bind(holder)
            .bind(limit)
            .fetch_one(pool)
            .await)?)
    }
}
