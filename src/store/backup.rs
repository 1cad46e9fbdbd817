// SPDX-License-Identifier: AGPL-3.0-or-later
//! A copy of everything, taken while others write: always one SQLite file, whatever the engine.
//!
//! SQLite copies itself (`VACUUM INTO`). From PostgreSQL every table of the record is read in one
//! snapshot and written into the twin schema: the two engines hold the same facts, so a copy of one
//! is verified by the same program, and is put back on either. That is also how an installation
//! moves from a file to a server.

use super::StoreError;
use super::db::{Db, Store};
use super::statements::{NOT_RECORDS, RECORDS};
use sqlx::postgres::{PgCopyIn, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, SqliteConnection};
use std::path::{Path, PathBuf};
use tokio_stream::StreamExt;

pub(crate) const COPY_SQLITE: &str = "VACUUM INTO $1";
pub(crate) const COLUMNS_SQLITE: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid";
pub(crate) const EVENTS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM events";
/// What the engine numbers goes on after what was put back: positions, and the lines of what was
/// done, without which nobody could sign in.
pub(crate) const NEXT_POSTGRES: [&str; 2] = [
    "SELECT setval(pg_get_serial_sequence('events', 'position'), \
     COALESCE(MAX(position), 0) + 1, false) FROM events",
    "SELECT setval(pg_get_serial_sequence('activity', 'n'), \
     COALESCE(MAX(n), 0) + 1, false) FROM activity",
];

/// A table and its columns, with their type in the SQLite schema.
struct Copied {
    name: &'static str,
    columns: Vec<(String, String)>,
}

/// A value on its way from one engine to the other.
enum Cell {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! cells {
    ($row:expr, $table:expr) => {{
        let columns = $table.columns.iter().enumerate();
        let cells = columns.map(|(i, (_, kind))| match kind.as_str() {
            "INTEGER" => $row.try_get(i).map(Cell::Integer),
            "BLOB" => $row.try_get(i).map(Cell::Bytes),
            _ => $row.try_get(i).map(Cell::Text),
        });
        cells.collect::<Result<Vec<Cell>, sqlx::Error>>()
    }};
}

impl Cell {
    /// Writes the value as `COPY` reads it.
    fn write(&self, line: &mut String) {
        match self {
            Self::Integer(None) | Self::Text(None) | Self::Bytes(None) => line.push_str("\\N"),
            Self::Integer(Some(value)) => line.push_str(&value.to_string()),
            Self::Bytes(Some(bytes)) => {
                line.push_str("\\\\x");
                bytes.iter().for_each(|byte| line.push_str(&format!("{byte:02x}")));
            }
            Self::Text(Some(text)) => text.chars().for_each(|c| match c {
                '\\' => line.push_str("\\\\"),
                '\t' => line.push_str("\\t"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                c => line.push(c),
            }),
        }
    }
}

impl Copied {
    /// The names are those of our own schema: nothing a person typed enters these statements.
    fn columns(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        columns.join(", ")
    }

    fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.columns(), self.name)
    }

    fn insert(&self) -> String {
        let places: Vec<String> = (1..=self.columns.len()).map(|n| format!("${n}")).collect();
        let (columns, places) = (self.columns(), places.join(", "));
        format!("INSERT INTO {} ({columns}) VALUES ({places})", self.name)
    }

    fn copy_in(&self) -> String {
        format!("COPY {} ({}) FROM STDIN", self.name, self.columns())
    }
}

/// What is made again from the record where the copy is put: writing a case marks it (a trigger).
const MADE_AGAIN: [&str; 3] = ["search_stale", "search_acts", "measures"];

/// Every table that a copy carries, in an order in which what is referred to may come later: the
/// only reference is checked at the commit.
async fn tables(sqlite: &mut SqliteConnection) -> Result<Vec<Copied>, StoreError> {
    let names = RECORDS.into_iter().chain(NOT_RECORDS.iter().map(|(name, _)| *name));
    let mut tables = Vec::new();
    let carried = |name: &&str| !name.starts_with('_') && !MADE_AGAIN.contains(name);
    for name in names.filter(carried) {
        let columns = sqlx::query_as(COLUMNS_SQLITE).bind(name).fetch_all(&mut *sqlite).await?;
        tables.push(Copied { name, columns });
    }
    Ok(tables)
}

impl Store {
    /// Writes a copy of everything as it is at one instant to a new SQLite file, readable by its
    /// owner only; others go on writing. The copy is on the disk when this returns.
    ///
    /// # Errors
    /// The file exists, the disk is full, the database does not answer.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let file = |source| StoreError::File { path: to.to_owned(), source };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(to).map_err(file)?);
        match self.db() {
            Db::Sqlite(db) => {
                let path = to.to_string_lossy().into_owned();
                sqlx::query(COPY_SQLITE).bind(path).execute(&db.read).await?;
            }
            Db::Postgres(db) => {
                let mut sqlite = fresh(to).await?;
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let mut source = db.pool.begin_with(begin).await?;
                from_postgres(&mut source, &mut sqlite).await?;
                sqlite.close().await?;
            }
        }
        let disk = std::fs::File::open(to).and_then(|copy| copy.sync_all());
        disk.and_then(|()| sync_folder(to)).map_err(file)
    }

    /// Puts a copy back into this database, which must be migrated and hold no event yet.
    ///
    /// # Errors
    /// There are events already; the copy cannot be read.
    pub async fn restore(&self, from: &Path) -> Result<(), StoreError> {
        let Db::Postgres(db) = self.db() else {
            // A SQLite database is its file: it is put back as such (`restore_file`).
            return Err(StoreError::ReadOnly);
        };
        let options = SqliteConnectOptions::new().filename(from).read_only(true);
        let mut sqlite = options.connect().await?;
        let mut tx = db.pool.begin().await?;
        let there: i64 = sqlx::query_scalar(EVENTS).fetch_one(&mut *tx).await?;
        if there > 0 {
            return Err(StoreError::Exists(format!("{there} fatti in questo archivio")));
        }
        to_postgres(&mut sqlite, &mut tx).await?;
        for statement in NEXT_POSTGRES {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Puts a copy in the place of a SQLite database that is not there yet; on the disk when it
/// returns.
///
/// # Errors
/// There is a file already, or the disk does not take it.
pub fn restore_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let file = |source| StoreError::File { path: to.to_owned(), source };
    if to.exists() {
        return Err(StoreError::Exists(to.display().to_string()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::copy(from, &part).map_err(file)?;
    std::fs::File::open(&part).and_then(|copy| copy.sync_all()).map_err(file)?;
    std::fs::rename(&part, to).and_then(|()| sync_folder(to)).map_err(file)
}

/// The entry of a file in its folder is on the disk too.
fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}

/// An empty database of our schema. Nothing but the end of the copy matters: it is synced whole.
async fn fresh(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(true);
    let mut sqlite = options.connect().await?;
    sqlx::migrate!("migrations/sqlite").run(&mut sqlite).await?;
    Ok(sqlite)
}

async fn from_postgres(
    source: &mut PgConnection,
    sqlite: &mut SqliteConnection,
) -> Result<(), StoreError> {
    let tables = tables(sqlite).await?;
    let mut tx = sqlite.begin().await?;
    for table in &tables {
        let insert = table.insert();
        let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(&mut *source);
        while let Some(row) = rows.next().await {
            let row: PgRow = row?;
            let query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(insert.clone()));
            let bound = cells!(row, table)?.into_iter().fold(query, |query, cell| match cell {
                Cell::Integer(value) => query.bind(value),
                Cell::Text(value) => query.bind(value),
                Cell::Bytes(value) => query.bind(value),
            });
            bound.execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Sent at once, in bytes. A round trip a row would take hours for a Comune of many years.
const CHUNK: usize = 256 * 1024;

async fn to_postgres(
    sqlite: &mut SqliteConnection,
    target: &mut PgConnection,
) -> Result<(), StoreError> {
    let tables = tables(sqlite).await?;
    for table in &tables {
        let mut copy = target.copy_in_raw(&table.copy_in()).await?;
        match send(sqlite, table, &mut copy).await {
            Ok(()) => copy.finish().await?,
            Err(error) => {
                // What went wrong first is what is told.
                let _ = copy.abort("the copy cannot be read").await;
                return Err(error.into());
            }
        };
    }
    Ok(())
}

async fn send(
    sqlite: &mut SqliteConnection,
    table: &Copied,
    copy: &mut PgCopyIn<&mut PgConnection>,
) -> Result<(), sqlx::Error> {
    let mut lines = String::new();
    let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(sqlite);
    while let Some(row) = rows.next().await {
        let row: SqliteRow = row?;
        for (n, cell) in cells!(row, table)?.iter().enumerate() {
            lines.push_str(if n == 0 { "" } else { "\t" });
            cell.write(&mut lines);
        }
        lines.push('\n');
        if lines.len() >= CHUNK {
            copy.send(std::mem::take(&mut lines).into_bytes()).await?;
        }
    }
    copy.send(lines.into_bytes()).await?;
    Ok(())
}
