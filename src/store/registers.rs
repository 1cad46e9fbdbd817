// SPDX-License-Identifier: AGPL-3.0-or-later
//! A register as people consult it: lines by number, newest first, through filters; and what
//! statistics add up.
//!
//! A page goes on from the last line of the one before, never from a count of lines, and looks at
//! no more than [`SCANNED_MAX`] lines: what it costs does not grow with the archive.

use super::StoreError;
use super::db::{Db, Store, on};
use super::search::{fts5, tsquery};
use super::table::REGISTER_ENTRIES;
use crate::domain::rows::RegisterRow;
use crate::domain::search::Clause;
use chrono::NaiveDate;
use std::sync::LazyLock;

/// Lines looked at for one page, or acts found by words.
pub const SCANNED_MAX: i64 = 20_000;

/// State of a line on the day `$11`: of its act, or in the Albo of its posting.
fn state(albo: bool) -> &'static str {
    if albo {
        "CASE WHEN e.note <> '' THEN 'posting_annulled' \
         WHEN s.off_on > CAST($11 AS TEXT) THEN 'posted' ELSE 'posting_ended' END"
    } else {
        "CASE WHEN s.ends_on <= CAST($11 AS TEXT) THEN s.ended \
         WHEN c.lifecycle = 'posted' AND s.off_on <= CAST($11 AS TEXT) THEN 'posting_ended' \
         ELSE c.lifecycle END"
    }
}

/// The lines from `from`, a source of `e`. `$1` register, `$2` `$3` the line before, `$4` year,
/// `$5` `$6` days, `$7` office, `$8` kind, `$9` immediate, `$10` state on the day `$11`, `$12` how
/// many, `$13` how many to look at.
///
/// What is asked of the act is a scalar subquery on purpose: a join lets PostgreSQL begin from all
/// acts of an office, as many as the archive is old.
fn lines(from: &str, albo: bool) -> String {
    let columns = REGISTER_ENTRIES.columns.iter().map(|(name, _)| format!("e.{name}"));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let state = state(albo);
    format!(
        "SELECT {columns} FROM {from} \
         WHERE (CAST($5 AS TEXT) IS NULL OR e.date >= CAST($5 AS TEXT)) \
         AND (CAST($6 AS TEXT) IS NULL OR e.date <= CAST($6 AS TEXT)) \
         AND ((CAST($7 AS TEXT) IS NULL AND CAST($8 AS TEXT) IS NULL \
                 AND CAST($9 AS BIGINT) IS NULL AND CAST($10 AS TEXT) IS NULL) \
             OR (SELECT 1 FROM cases c LEFT JOIN search_acts s ON s.case_id = c.id \
                 WHERE c.id = e.case_id \
                 AND (CAST($7 AS TEXT) IS NULL OR c.office = CAST($7 AS TEXT)) \
                 AND (CAST($8 AS TEXT) IS NULL OR c.kind = CAST($8 AS TEXT)) \
                 AND (CAST($9 AS BIGINT) IS NULL OR c.immediate = CAST($9 AS BIGINT)) \
                 AND (CAST($10 AS TEXT) IS NULL OR {state} = CAST($10 AS TEXT))) = 1) \
         ORDER BY e.year DESC, e.number DESC LIMIT CAST($12 AS BIGINT)"
    )
}

/// Lines before another one, of one year or of all.
const BEFORE: &str = "register = $1 AND (year, number) < (CAST($2 AS BIGINT), CAST($3 AS BIGINT)) \
     AND year >= COALESCE(CAST($4 AS BIGINT), 0)";

/// Every line, by number.
fn plain() -> String {
    format!(
        "(SELECT * FROM register_entries WHERE {BEFORE} \
         ORDER BY year DESC, number DESC LIMIT CAST($13 AS BIGINT)) AS e"
    )
}

/// Lines of the acts that words find, the newest ones. `$14` the question.
fn worded(found: &str) -> String {
    format!(
        "(SELECT r.* FROM ({found} LIMIT CAST($13 AS BIGINT)) AS w JOIN search_acts a ON a.n = w.n \
         JOIN register_entries r ON r.case_id = a.case_id WHERE {BEFORE}) AS e"
    )
}

const MATCH_SQLITE: &str =
    "SELECT rowid AS n FROM _words WHERE _words MATCH $14 ORDER BY rowid DESC";
const MATCH_POSTGRES: &str =
    "SELECT n FROM _words WHERE doc @@ CAST($14 AS TSQUERY) ORDER BY n DESC";

/// By register: of acts or proposals, of the Albo.
type Pair = [String; 2];
static PLAIN: LazyLock<Pair> = LazyLock::new(|| [false, true].map(|albo| lines(&plain(), albo)));
static WORDED_SQLITE: LazyLock<Pair> =
    LazyLock::new(|| [false, true].map(|albo| lines(&worded(MATCH_SQLITE), albo)));
static WORDED_POSTGRES: LazyLock<Pair> =
    LazyLock::new(|| [false, true].map(|albo| lines(&worded(MATCH_POSTGRES), albo)));

/// The line that ends what one page looks at: where the next one goes on when few lines matched.
static REACHED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT year, number FROM register_entries WHERE {BEFORE} \
         ORDER BY year DESC, number DESC LIMIT 1 OFFSET {}",
        SCANNED_MAX - 1
    )
});
const YEARS: &str = "SELECT year FROM registers WHERE register = $1 ORDER BY year DESC";

const SPREADS: &str = "SELECT what, office, days, CAST(COUNT(*) AS BIGINT), \
     CAST(SUM(late) AS BIGINT) FROM measures WHERE day >= $1 AND day < $2 \
     AND (CAST($3 AS TEXT) IS NULL OR office = CAST($3 AS TEXT)) \
     GROUP BY what, office, days ORDER BY what, office, days";
const ADOPTED: &str = "SELECT substr(adopted_on, 6, 2), CAST(COUNT(*) AS BIGINT), \
     CAST(SUM(immediate) AS BIGINT) FROM cases WHERE adopted_on >= $1 AND adopted_on < $2 \
     AND (CAST($3 AS TEXT) IS NULL OR office = CAST($3 AS TEXT)) \
     GROUP BY substr(adopted_on, 6, 2) ORDER BY substr(adopted_on, 6, 2)";
const OVERDUE: &str = "SELECT holder, CAST(COUNT(*) AS BIGINT) FROM tasks \
     WHERE what = 'opinion' AND holder <> '' AND deadline < $1 GROUP BY holder ORDER BY holder";

pub(crate) fn statements() -> Vec<&'static str> {
    let mut all: Vec<&str> = PLAIN.iter().map(String::as_str).collect();
    all.extend([REACHED.as_str(), YEARS, SPREADS, ADOPTED, OVERDUE]);
    all
}

pub(crate) fn statements_sqlite() -> impl Iterator<Item = &'static str> {
    WORDED_SQLITE.iter().map(String::as_str)
}

pub(crate) fn statements_postgres() -> impl Iterator<Item = &'static str> {
    WORDED_POSTGRES.iter().map(String::as_str)
}

/// Which lines of a register; what is `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineFilter {
    /// Token of the register.
    pub register: String,
    /// It is the register of the Albo: the state is that of the posting.
    pub albo: bool,
    /// Year of the numbers.
    pub year: Option<i32>,
    /// First date.
    pub from: Option<NaiveDate>,
    /// Last date.
    pub to: Option<NaiveDate>,
    /// Leading office.
    pub office: Option<String>,
    /// Act kind.
    pub kind: Option<String>,
    /// Declared immediately enforceable, or not.
    pub immediate: Option<bool>,
    /// Token of the state on the day.
    pub state: Option<String>,
    /// The day.
    pub today: NaiveDate,
    /// What the words of the act must answer.
    pub words: Option<Clause>,
    /// Only lines before this one (year, number).
    pub before: Option<(i64, i64)>,
    /// At most so many.
    pub limit: i64,
}

/// Lengths of time by days: what, office, days, how many, how many of them late.
pub type SpreadLine = (String, String, i64, i64, i64);

/// Binds what every statement of lines wants, in its order.
macro_rules! bound {
    ($query:expr, $filter:expr) => {{
        let filter: &LineFilter = $filter;
        let (year, number) = filter.before.unwrap_or_else(|| filter.top());
        $query
            .bind(&filter.register)
            .bind(year)
            .bind(number)
            .bind(filter.lowest())
            .bind(filter.from.map(|day| day.to_string()))
            .bind(filter.to.map(|day| day.to_string()))
            .bind(filter.office.as_deref())
            .bind(filter.kind.as_deref())
            .bind(filter.immediate.map(i64::from))
            .bind(filter.state.as_deref())
            .bind(filter.today.to_string())
            .bind(filter.limit)
            .bind(filter.scanned())
    }};
}

/// Rows of the database as lines.
macro_rules! read {
    ($rows:expr) => {
        $rows.iter().map(|row| REGISTER_ENTRIES.parse(REGISTER_ENTRIES.read(row)?)).collect()
    };
}

impl LineFilter {
    /// Lines to look at: where nothing is left out, no more than are shown.
    fn scanned(&self) -> i64 {
        let all = self.from.is_none()
            && self.to.is_none()
            && self.office.is_none()
            && self.kind.is_none()
            && self.immediate.is_none()
            && self.state.is_none()
            && self.words.is_none();
        if all { self.limit } else { SCANNED_MAX }
    }

    /// Before which number to begin. A number bears the year of its date, or the next one after a
    /// sitting that went past midnight.
    fn top(&self) -> (i64, i64) {
        let of_day = self.to.map(|day| i64::from(chrono::Datelike::year(&day)) + 2);
        let year = self.year.map(|year| i64::from(year) + 1).into_iter().chain(of_day).min();
        (year.unwrap_or(i64::MAX), 0)
    }

    /// The lowest year to look at.
    fn lowest(&self) -> Option<i64> {
        let of_day = self.from.map(|day| i64::from(chrono::Datelike::year(&day)));
        self.year.map(i64::from).or(of_day)
    }
}

impl Store {
    /// The lines that match, the newest number first.
    pub async fn register_lines(
        &self,
        filter: &LineFilter,
    ) -> Result<Vec<RegisterRow>, StoreError> {
        let albo = usize::from(filter.albo);
        let Some(words) = &filter.words else {
            let sql = PLAIN[albo].as_str();
            return on!(self, |pool| {
                read!(bound!(sqlx::query(sql), filter).fetch_all(pool).await?)
            });
        };
        match self.db() {
            Db::Sqlite(db) => {
                let query = sqlx::query(WORDED_SQLITE[albo].as_str());
                let query = bound!(query, filter).bind(fts5(words));
                read!(query.fetch_all(&db.read).await?)
            }
            Db::Postgres(db) => {
                let query = sqlx::query(WORDED_POSTGRES[albo].as_str());
                let query = bound!(query, filter).bind(tsquery(words));
                read!(query.fetch_all(&db.pool).await?)
            }
        }
    }

    /// The last line that a page without words looked at, when there may be more after it.
    pub async fn register_reached(
        &self,
        filter: &LineFilter,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        if filter.words.is_some() || filter.scanned() < SCANNED_MAX {
            return Ok(None);
        }
        let (year, number) = filter.before.unwrap_or_else(|| filter.top());
        Ok(on!(self, |pool| sqlx::query_as(REACHED.as_str())
            .bind(&filter.register)
            .bind(year)
            .bind(number)
            .bind(filter.lowest())
            .fetch_optional(pool)
            .await)?)
    }

    /// Years in which a register is open, the last one first.
    pub async fn register_years(&self, register: &str) -> Result<Vec<i64>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(YEARS).bind(register).fetch_all(pool).await)?)
    }

    /// How long things took that ended from a day until before another, of one office or of all.
    pub async fn spreads(
        &self,
        (from, until): (NaiveDate, NaiveDate),
        office: Option<&str>,
    ) -> Result<Vec<SpreadLine>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(SPREADS)
            .bind(from.to_string())
            .bind(until.to_string())
            .bind(office)
            .fetch_all(pool)
            .await)?)
    }

    /// Acts adopted by month: "07", how many, how many of them immediately enforceable.
    pub async fn adopted_by_month(
        &self,
        (from, until): (NaiveDate, NaiveDate),
        office: Option<&str>,
    ) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(ADOPTED)
            .bind(from.to_string())
            .bind(until.to_string())
            .bind(office)
            .fetch_all(pool)
            .await)?)
    }

    /// Opinions not given whose term has passed on a day, by holder of the task.
    pub async fn overdue_opinions(
        &self,
        today: NaiveDate,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let day = today.to_string();
        Ok(on!(self, |pool| sqlx::query_as(OVERDUE).bind(&day).fetch_all(pool).await)?)
    }
}
