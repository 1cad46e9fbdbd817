// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every column of every record table of a real database, altered one at a time with the triggers
//! dropped: `verify` finds each.

use super::folder;
use delibera::service::scenario;
use delibera::service::verify::verify;
use delibera::store::{NOT_RECORDS, RECORDS, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::path::Path;

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.unwrap()
}

async fn texts(conn: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

/// A value of the column that is not the present one, whatever its type.
fn other_value(column: &str) -> String {
    format!(
        "CASE typeof({column}) \
         WHEN 'integer' THEN {column} + 1009 \
         WHEN 'blob' THEN CAST({column} || x'00' AS BLOB) \
         WHEN 'null' THEN '1' \
         ELSE CASE WHEN {column} = '' THEN 'x' \
              ELSE substr({column}, 1, length({column}) - 1) || \
                   CASE substr({column}, -1) WHEN '0' THEN '1' ELSE '0' END END END"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_every_altered_column() {
    let dir = folder("tamper");
    let runner = scenario::run(scenario::demo().unwrap(), &dir, None).await.unwrap();
    runner.go(|_| {}).await.unwrap();
    let clean = dir.join("delibera.db");
    let mut conn = open(&clean).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.unwrap();
    let tables = texts(
        &mut conn,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .await;
    // FTS5 keeps the index `_words` in tables of its own, named after it.
    for table in tables.iter().filter(|table| !table.starts_with("_words_")) {
        let listed =
            RECORDS.contains(&table.as_str()) || NOT_RECORDS.iter().any(|(name, _)| name == table);
        assert!(listed, "la tabella {table} non è né un registro né fra quelle che non lo sono");
    }
    let mut tried = 0;
    for table in RECORDS.iter().filter(|t| !t.starts_with('_')) {
        let columns =
            texts(&mut conn, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        for column in columns {
            tried += 1;
            alter_and_verify(&dir, &clean, table, &column).await;
        }
    }
    conn.close().await.unwrap();
    assert!(tried > 70, "{tried} columns");
    std::fs::remove_dir_all(&dir).unwrap();
}

async fn alter_and_verify(dir: &Path, clean: &Path, table: &str, column: &str) {
    let copy = dir.join(format!("{table}-{column}.db"));
    std::fs::copy(clean, &copy).unwrap();
    let mut conn = open(&copy).await;
    for trigger in texts(&mut conn, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
        let sql = format!("DROP TRIGGER {trigger}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    // Constraints defend the schema; a forger has the file and switches them off.
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut conn).await.unwrap();
    let value = other_value(column);
    // A free place of the tasks is no record.
    let taken = if table == "tasks" { "WHERE holder <> ''" } else { "" };
    let sql = format!(
        "UPDATE {table} SET {column} = {value} \
         WHERE rowid = (SELECT rowid FROM {table} {taken} ORDER BY rowid DESC LIMIT 1)"
    );
    let sql =
        match texts(&mut conn, &format!("SELECT sql FROM sqlite_master WHERE name = '{table}'"))
            .await
            .first()
        {
            Some(schema) if schema.to_uppercase().contains("WITHOUT ROWID") => {
                let key = texts(
                    &mut conn,
                    &format!(
                        "SELECT group_concat(name) FROM pragma_table_info('{table}') WHERE pk > 0"
                    ),
                )
                .await
                .join(",");
                format!(
                    "UPDATE {table} SET {column} = {value} \
                 WHERE ({key}) = (SELECT {key} FROM {table} {taken} ORDER BY {key} DESC LIMIT 1)"
                )
            }
            _ => sql,
        };
    let altered = sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    assert_eq!(altered.rows_affected(), 1, "{table}.{column}");
    conn.close().await.unwrap();
    let store = Store::connect_read_only(&format!("sqlite:{}", copy.display())).await.unwrap();
    // A value the program cannot even read is found too, as an error that names table and row.
    let found = match verify(&store, None, |_| {}).await {
        Ok(report) => report.finding.is_some(),
        Err(_) => true,
    };
    assert!(found, "{table}.{column}: alterata e non trovata");
    store.close().await;
    std::fs::remove_file(&copy).unwrap();
}
