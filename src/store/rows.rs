// SPDX-License-Identifier: AGPL-3.0-or-later
//! What pages and registers read: rows by filter, as the projections of the events left them.

use super::StoreError;
use super::db::{Store, on};
use super::events::parse_stream;
use super::table::{self, CASES, MANDATES, PAPERS, PEOPLE, REGISTER_ENTRIES, SITTINGS, Table};
use crate::domain::rows::{CaseRow, MandateRow, PaperRow, PersonRow, RegisterRow, SittingRow};
use crate::domain::stream::StreamId;
use std::sync::LazyLock;

/// The filters of acts, the one that leaves fewest first: the first that is set is what the engine
/// looks up, in the index that begins with it.
const LEADS: [(usize, &str); 6] = [
    (5, "sitting = CAST($5 AS TEXT)"),
    (9, "posted_on = CAST($9 AS TEXT)"),
    // Alone it would lose against the order by id, which is an index too.
    (10, "id IN (SELECT id FROM cases WHERE last_day >= CAST($10 AS TEXT))"),
    (2, "lifecycle = CAST($2 AS TEXT)"),
    (3, "step = CAST($3 AS TEXT)"),
    (4, "office = CAST($4 AS TEXT)"),
];
/// By place in `LEADS`; the last one is led by nothing and goes through the ids from the top.
static CASES_BY: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..=LEADS.len()).map(|lead| cases_by(LEADS.get(lead))).collect());

/// `$n IS NULL OR …`: a filter that is not set lets everything through, and no index serves it.
fn cases_by(lead: Option<&(usize, &str)>) -> String {
    let rest = [
        (1, "kind = CAST($1 AS TEXT)"),
        (6, "subject_folded LIKE CAST($6 AS TEXT) ESCAPE '!'"),
        (7, "id < CAST($7 AS TEXT)"),
    ];
    let filters = LEADS.iter().chain(&rest).map(|filter| match filter {
        (_, test) if Some(filter) == lead => (*test).to_owned(),
        (n, test) => format!("(CAST(${n} AS TEXT) IS NULL OR {test})"),
    });
    let filters = filters.collect::<Vec<_>>().join(" AND ");
    format!("{} WHERE {filters} ORDER BY id DESC LIMIT CAST($8 AS BIGINT)", CASES.select())
}

static CASE: LazyLock<String> = LazyLock::new(|| CASES.select() + " WHERE id = $1");
static SITTINGS_ALL: LazyLock<String> =
    LazyLock::new(|| SITTINGS.select() + " ORDER BY date DESC, id DESC");
static SITTING: LazyLock<String> = LazyLock::new(|| SITTINGS.select() + " WHERE id = $1");
static REGISTER: LazyLock<String> = LazyLock::new(|| {
    REGISTER_ENTRIES.select() + " WHERE register = $1 AND year = $2 ORDER BY number"
});
static PAPERS_OF: LazyLock<String> =
    LazyLock::new(|| PAPERS.select() + " WHERE stream = $1 ORDER BY key");
static PEOPLE_ALL: LazyLock<String> = LazyLock::new(|| PEOPLE.select() + &PEOPLE.by_key());
static MANDATES_ALL: LazyLock<String> = LazyLock::new(|| MANDATES.select() + &MANDATES.by_key());
const REGISTERS: &str = "SELECT register, year, last FROM registers ORDER BY register, year";
const WAITING: &str =
    "SELECT DISTINCT stream FROM papers WHERE status = 'prepared' ORDER BY stream";
/// How far a sitting and the acts on its agenda are: changes whenever one of them does.
const PROGRESS: &str = "SELECT CAST(s.version + COALESCE((SELECT SUM(c.version) FROM cases c \
     WHERE c.sitting = s.id), 0) AS BIGINT) FROM sittings s WHERE s.id = $1";
pub(crate) const REGISTER_LAST: &str =
    "SELECT last FROM registers WHERE register = $1 AND year = $2";

/// Every statement of this file.
pub(crate) fn statements() -> Vec<&'static str> {
    let all = [&CASE, &SITTINGS_ALL, &SITTING, &REGISTER, &PAPERS_OF, &PEOPLE_ALL, &MANDATES_ALL];
    all.into_iter()
        .map(|sql| sql.as_str())
        .chain(CASES_BY.iter().map(String::as_str))
        .chain([REGISTER_LAST, REGISTERS, WAITING, PROGRESS])
        .collect()
}

/// Which acts to list; what is `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Act kind.
    pub kind: Option<String>,
    /// Lifecycle token.
    pub lifecycle: Option<String>,
    /// Step of the workflow.
    pub step: Option<String>,
    /// Leading office.
    pub office: Option<String>,
    /// Sitting whose agenda holds it.
    pub sitting: Option<String>,
    /// Day of posting.
    pub posted_on: Option<chrono::NaiveDate>,
    /// Posted until this day or later.
    pub last_day_from: Option<chrono::NaiveDate>,
    /// Part of the object, already folded (lower case, no accents).
    pub text: Option<String>,
    /// Only ids before this one: the last of the previous page.
    pub before: Option<String>,
    /// At most so many; `None` is all.
    pub limit: Option<i64>,
}

/// Runs a query and reads each row through its table.
macro_rules! rows {
    ($store:expr, $table:expr, $row:ty, $sql:expr $(, $bind:expr)*) => {{
        let table: &$crate::store::table::Table = $table;
        let read: Vec<Result<_, sqlx::Error>> = on!($store, |pool| {
            let rows = sqlx::query($sql)$(.bind($bind))*.fetch_all(pool).await?;
            rows.iter().map(|row| table.read(row)).collect()
        });
        read.into_iter().map(|fields| table.parse::<$row>(fields?)).collect()
    }};
}
pub(crate) use rows;

impl CaseFilter {
    /// The statement led by the first of `LEADS` that is set.
    fn sql(&self) -> &'static str {
        let set = [
            self.sitting.is_some(),
            self.posted_on.is_some(),
            self.last_day_from.is_some(),
            self.lifecycle.is_some(),
            self.step.is_some(),
            self.office.is_some(),
        ];
        let lead = set.iter().position(|set| *set).unwrap_or(LEADS.len());
        CASES_BY[lead].as_str()
    }
}

impl Store {
    /// The acts that match, newest id first.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRow>, StoreError> {
        let text = filter.text.as_deref().map(containing);
        rows!(
            self,
            &CASES,
            CaseRow,
            filter.sql(),
            filter.kind.as_deref(),
            filter.lifecycle.as_deref(),
            filter.step.as_deref(),
            filter.office.as_deref(),
            filter.sitting.as_deref(),
            text.as_deref(),
            filter.before.as_deref(),
            filter.limit.unwrap_or(i64::MAX),
            filter.posted_on.map(|day| day.to_string()),
            filter.last_day_from.map(|day| day.to_string())
        )
    }

    /// One act.
    pub async fn case(&self, id: &str) -> Result<Option<CaseRow>, StoreError> {
        let found: Result<Vec<_>, StoreError> = rows!(self, &CASES, CaseRow, CASE.as_str(), id);
        Ok(found?.pop())
    }

    /// All sittings, newest first.
    pub async fn sittings(&self) -> Result<Vec<SittingRow>, StoreError> {
        rows!(self, &SITTINGS, SittingRow, SITTINGS_ALL.as_str())
    }

    /// One sitting.
    pub async fn sitting(&self, id: &str) -> Result<Option<SittingRow>, StoreError> {
        let found: Result<Vec<_>, StoreError> =
            rows!(self, &SITTINGS, SittingRow, SITTING.as_str(), id);
        Ok(found?.pop())
    }

    /// How far a sitting is: a number that moves whenever it or an act of its agenda does. One look
    /// at two indexes, cheap enough to ask several times a second.
    pub async fn progress(&self, id: &str) -> Result<Option<i64>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_scalar(PROGRESS).bind(id).fetch_optional(pool).await)?)
    }

    /// The lines of a register, by number.
    pub async fn register(
        &self,
        register: &str,
        year: i32,
    ) -> Result<Vec<RegisterRow>, StoreError> {
        let year = i64::from(year);
        rows!(self, &REGISTER_ENTRIES, RegisterRow, REGISTER.as_str(), register, year)
    }

    /// The registers that were opened: name, year, last number taken.
    pub async fn registers(&self) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(on!(self, |pool| sqlx::query_as(REGISTERS).fetch_all(pool).await)?)
    }

    /// Last number taken from a register; `None` when it was not opened.
    pub async fn register_last(
        &self,
        register: &str,
        year: i32,
    ) -> Result<Option<i64>, StoreError> {
        let last = on!(self, |pool| sqlx::query_scalar(REGISTER_LAST)
            .bind(register)
            .bind(i64::from(year))
            .fetch_optional(pool)
            .await)?;
        Ok(last)
    }

    /// The papers of a case or sitting, by key.
    pub async fn papers(&self, stream: &StreamId) -> Result<Vec<PaperRow>, StoreError> {
        let stream = stream.to_string();
        rows!(self, &PAPERS, PaperRow, PAPERS_OF.as_str(), stream.as_str())
    }

    /// Streams with papers that are composed and wait for a signature.
    pub async fn awaiting_signature(&self) -> Result<Vec<StreamId>, StoreError> {
        let names: Vec<String> =
            on!(self, |pool| sqlx::query_scalar(WAITING).fetch_all(pool).await)?;
        Ok(names.iter().filter_map(|name| parse_stream(name)).collect())
    }

    /// All people, by id.
    pub async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        rows!(self, &PEOPLE, PersonRow, PEOPLE_ALL.as_str())
    }

    /// All mandates, by id.
    pub async fn mandates(&self) -> Result<Vec<MandateRow>, StoreError> {
        rows!(self, &MANDATES, MandateRow, MANDATES_ALL.as_str())
    }
}

/// The pattern of `LIKE … ESCAPE '!'` that finds a text anywhere.
pub(crate) fn containing(text: &str) -> String {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// The `SELECT` of a whole row table in order of its key, for the comparison with a replay.
pub(crate) fn whole(table: &'static Table) -> &'static str {
    static WHOLE: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
        // A free place of the tasks is no task.
        let taken = |name| if name == "tasks" { " WHERE holder <> ''" } else { "" };
        let sql = |table: &Table| table.select() + taken(table.name) + &table.by_key();
        table::TABLES.iter().map(|table| (table.name, sql(table))).collect()
    });
    WHOLE.iter().find(|(name, _)| *name == table.name).map_or("", |(_, sql)| sql.as_str())
}
