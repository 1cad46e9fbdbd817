// SPDX-License-Identifier: AGPL-3.0-or-later
//! What desks read: the tasks of a holder with their act, from the index, never the whole table.

use super::StoreError;
use super::db::{Db, Store, on};
use serde_json::json;
use sqlx::FromRow;

/// One of the list of holders in the parameter `$n`. PostgreSQL is given an array: joined to rows it
/// guesses to be a hundred, it would read the tasks of everybody.
macro_rules! sqlite {
    ($n:literal) => {
        concat!(" IN (SELECT w.value FROM json_each($", $n, ") AS w)")
    };
}
macro_rules! postgres {
    ($n:literal) => {
        concat!(" = ANY(ARRAY(SELECT json_array_elements_text(CAST($", $n, " AS JSON))))")
    };
}

/// Holders of the open tasks of the act, separated by blanks: who is asked what to do need not know.
macro_rules! awaited {
    () => {
        "(SELECT string_agg(o.holder, ' ') FROM tasks o \
         WHERE o.stream = t.stream AND o.holder <> '' AND o.what <> 'follow')"
    };
}
macro_rules! nobody {
    () => {
        "CAST(NULL AS TEXT)"
    };
}

macro_rules! to_do {
    () => {
        "t.what <> 'follow'"
    };
}
/// An act followed that waits for somebody, but for nobody of a list.
macro_rules! waits {
    ($list:expr) => {
        concat!(
            "t.what = 'follow' AND EXISTS (SELECT 1 FROM tasks o WHERE o.stream = t.stream ",
            "AND o.holder <> '' AND o.what <> 'follow') AND NOT EXISTS (SELECT 1 FROM tasks o ",
            "WHERE o.stream = t.stream AND o.what <> 'follow' ",
            "AND o.holder",
            $list,
            ")"
        )
    };
}

/// `$1` is the list of holders: one question for a whole view. What is left out is left out before
/// anything is read of the acts.
macro_rules! desk {
    ($holders:expr, $which:expr, $awaited:expr) => {
        concat!(
            "SELECT t.stream, t.what, t.about, t.deadline, c.id AS case_id, c.subject, c.office, ",
            "c.lifecycle, c.step, c.workflow, c.proposal_number, c.proposal_year, c.act_number, ",
            "c.act_year, c.sitting, ",
            $awaited,
            " AS awaited FROM (SELECT DISTINCT t.stream, t.what, t.about, t.deadline, ",
            "COALESCE(t.deadline, '9999') AS due FROM tasks t WHERE t.holder <> '' AND t.holder",
            $holders,
            " AND ",
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

/// How many lines, up to a limit. SQLite stops there; PostgreSQL sorts all of the holder's first.
macro_rules! few {
    ($holders:expr, $which:expr, $limit:literal) => {
        concat!(
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT DISTINCT t.stream, t.what, t.about ",
            "FROM tasks t WHERE t.holder <> '' AND t.holder",
            $holders,
            " AND ",
            $which,
            " LIMIT CAST(",
            $limit,
            " AS BIGINT)) AS few)"
        )
    };
}
/// Of the four views: `$1` own, `$2` shared, `$3` followed, `$4` own and shared, `$5` the last day of
/// what is about to fall due, `$6` the most of the first two, `$7` of the others.
macro_rules! counts {
    ($own:expr, $shared:expr, $followed:expr, $all:expr) => {
        concat!(
            "SELECT ",
            few!($own, to_do!(), "$6"),
            " AS own, ",
            few!($shared, to_do!(), "$6"),
            " AS shared, ",
            few!($followed, waits!($own), "$7"),
            " AS waiting, ",
            few!(
                $all,
                concat!(to_do!(), " AND COALESCE(t.deadline, '9999') <= CAST($5 AS TEXT)"),
                "$7"
            ),
            " AS soon"
        )
    };
}

const TO_DO_SQLITE: &str = desk!(sqlite!(1), to_do!(), nobody!());
const TO_DO_POSTGRES: &str = desk!(postgres!(1), to_do!(), nobody!());
const WAITS_SQLITE: &str = desk!(sqlite!(1), waits!(sqlite!(6)), awaited!());
const WAITS_POSTGRES: &str = desk!(postgres!(1), waits!(postgres!(6)), awaited!());
const COUNTS_SQLITE: &str = counts!(sqlite!(1), sqlite!(2), sqlite!(3), sqlite!(4));
const COUNTS_POSTGRES: &str = counts!(postgres!(1), postgres!(2), postgres!(3), postgres!(4));

/// How many acts follow each workflow, and how many of them have not come to an end.
const BY_WORKFLOW: &str = "SELECT workflow, CAST(COUNT(*) AS BIGINT) AS total, \
     CAST(SUM(CASE WHEN lifecycle IN ('archived', 'withdrawn', 'annulled', 'revoked') THEN 0 \
     ELSE 1 END) AS BIGINT) AS under_way FROM cases GROUP BY workflow ORDER BY workflow";

pub(crate) const STATEMENTS: [&str; 1] = [BY_WORKFLOW];
pub(crate) const STATEMENTS_SQLITE: [&str; 3] = [TO_DO_SQLITE, WAITS_SQLITE, COUNTS_SQLITE];
pub(crate) const STATEMENTS_POSTGRES: [&str; 3] = [TO_DO_POSTGRES, WAITS_POSTGRES, COUNTS_POSTGRES];

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
    /// Holders of the open tasks of an act that waits for others; not told of what is to be done.
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
    /// Instead of the tasks to do, the acts followed that wait for somebody, but for none of these.
    pub waits: Option<Vec<String>>,
}

/// Holders whose lines are counted, view by view, and how far.
#[derive(Debug, Clone, Default)]
pub struct DeskCount {
    /// Tasks of the person.
    pub own: Vec<String>,
    /// Tasks of his office.
    pub shared: Vec<String>,
    /// Acts that he follows.
    pub followed: Vec<String>,
    /// Last day of what is about to fall due, ISO.
    pub within: String,
    /// The most that is counted of tasks.
    pub tasks_max: i64,
    /// The most that is counted of the other two views.
    pub lines_max: i64,
}

/// How many lines each view has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct DeskCounts {
    /// Tasks of the person.
    pub own: i64,
    /// Tasks of his office.
    pub shared: i64,
    /// Acts followed that wait for others.
    pub waiting: i64,
    /// What is about to fall due.
    pub soon: i64,
}

impl Store {
    /// The lines of some holders, the oldest deadline first.
    pub async fn desk(
        &self,
        holders: &[String],
        filter: &DeskFilter,
    ) -> Result<Vec<DeskLine>, StoreError> {
        let sql = match (self.db(), &filter.waits) {
            (Db::Sqlite(_), None) => TO_DO_SQLITE,
            (Db::Sqlite(_), Some(_)) => WAITS_SQLITE,
            (Db::Postgres(_), None) => TO_DO_POSTGRES,
            (Db::Postgres(_), Some(_)) => WAITS_POSTGRES,
        };
        let text = filter.text.as_deref().map(super::rows::containing);
        Ok(on!(self, |pool| {
            let question = sqlx::query_as(sql)
                .bind(json!(holders).to_string())
                .bind(filter.what.as_deref())
                .bind(filter.within.as_deref())
                .bind(text.as_deref())
                .bind(filter.limit);
            match &filter.waits {
                Some(but) => question.bind(json!(but).to_string()).fetch_all(pool).await,
                None => question.fetch_all(pool).await,
            }
        })?)
    }

    /// Acts by digest of their workflow: all of them, and those not ended.
    pub async fn workflow_counts(&self) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(BY_WORKFLOW).fetch_all(pool).await)?)
    }

    /// How many lines each view of a desk has, in one question.
    pub async fn desk_counts(&self, desk: &DeskCount) -> Result<DeskCounts, StoreError> {
        let sql = match self.db() {
            Db::Sqlite(_) => COUNTS_SQLITE,
            Db::Postgres(_) => COUNTS_POSTGRES,
        };
        let all: Vec<&String> = desk.own.iter().chain(&desk.shared).collect();
        Ok(on!(self, |pool| sqlx::query_as(sql)
            .bind(json!(desk.own).to_string())
            .bind(json!(desk.shared).to_string())
            .bind(json!(desk.followed).to_string())
            .bind(json!(all).to_string())
            .bind(&desk.within)
            .bind(desk.tasks_max)
            .bind(desk.lines_max)
            .fetch_one(pool)
            .await)?)
    }
}
