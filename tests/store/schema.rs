// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two schemas are twins, every statement prepares on its engine, records refuse changes.

use crate::fixture::*;
use delibera::domain::stream::StreamId;
use delibera::store::{NOT_RECORDS, RECORDS, ReadSet, Statement, WriteSet, statements};
use sqlx::{Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};
use std::collections::BTreeSet;

on_both_engines!(every_statement_prepares, the_record_refuses_changes, every_table_is_classified);

const COLUMNS_SQLITE: &str = "SELECT t.name || '.' || c.name || ' ' || \
     CASE c.type WHEN 'INTEGER' THEN 'integer' WHEN 'TEXT' THEN 'text' ELSE 'bytes' END || \
     CASE WHEN c.\"notnull\" = 1 OR c.type = 'INTEGER' AND c.pk = 1 THEN ' not null' ELSE '' END \
     FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY 1";
const COLUMNS_POSTGRES: &str = "SELECT table_name || '.' || column_name || ' ' || \
     CASE data_type WHEN 'bigint' THEN 'integer' WHEN 'text' THEN 'text' ELSE 'bytes' END || \
     CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END \
     FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn the_schemas_are_twins() {
    let sqlite = Fixture::sqlite().await.texts(COLUMNS_SQLITE).await;
    let postgres = Fixture::postgres().await.texts(COLUMNS_POSTGRES).await;
    let sorted = |columns: Vec<String>| columns.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(sqlite), sorted(postgres));
    let names = |engine: &str| {
        let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).expect("migrations").flatten();
        files.map(|file| file.file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

async fn every_statement_prepares(fixture: Fixture) {
    let mut count = 0;
    for statement in statements() {
        let (sql, here) = match statement {
            Statement::Both(sql) => (sql, true),
            Statement::Sqlite(sql) => (sql, fixture.is_sqlite()),
            Statement::Postgres(sql) => (sql, !fixture.is_sqlite()),
        };
        if !here {
            continue;
        }
        count += 1;
        let prepared = if fixture.is_sqlite() {
            let mut conn = SqliteConnection::connect(&fixture.url).await.expect("connect");
            conn.prepare(sql.into_sql_str()).await.map(|_| ())
        } else {
            // LOCK TABLE cannot be prepared outside a transaction's reach; it runs in the seals.
            if sql.starts_with("LOCK") {
                continue;
            }
            let mut conn = PgConnection::connect(&fixture.url).await.expect("connect");
            conn.prepare(sql.into_sql_str()).await.map(|_| ())
        };
        prepared.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }
    assert!(count > 50, "{count} statements");
}

async fn every_table_is_classified(fixture: Fixture) {
    let tables = if fixture.is_sqlite() {
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
    } else {
        "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'"
    };
    // FTS5 keeps its index in tables of its own, named after the one that is ours.
    let own = |table: &String| !table.starts_with("_words_");
    let tables: BTreeSet<String> = fixture.texts(tables).await.into_iter().filter(own).collect();
    let known = RECORDS.into_iter().chain(NOT_RECORDS.iter().map(|(table, _)| *table));
    assert_eq!(tables, known.map(str::to_owned).collect::<BTreeSet<_>>());
}

async fn the_record_refuses_changes(fixture: Fixture) {
    let case = StreamId::case("c1");
    open_register(&fixture.store, "albo", 5).await;
    take_number(&fixture.store, "albo", case.clone()).await.expect("number");
    let write = WriteSet {
        documents: vec![document(b"pdf")],
        jobs: vec![job("mail/1", at(0))],
        ..WriteSet::default()
    };
    put(&fixture.store, ReadSet::default(), write).await.expect("write");
    fixture.store.seal(at(100)).await.expect("seal");
    let mut refused = vec![
        "UPDATE events SET actor = 'bianchi'",
        "DELETE FROM events WHERE version = 1",
        "UPDATE seals SET heads = 0",
        "DELETE FROM seals",
        "UPDATE documents SET media_type = 'text/plain'",
        "DELETE FROM documents",
        "UPDATE jobs SET kind = 'x'",
        "DELETE FROM jobs",
        "DELETE FROM streams",
        "DELETE FROM registers",
        "UPDATE registers SET last = 5",
        "UPDATE registers SET opened_at_last = 4",
        "UPDATE registers SET year = 2025",
        "DELETE FROM register_entries",
    ];
    if !fixture.is_sqlite() {
        refused.extend([
            "TRUNCATE events",
            "TRUNCATE seals",
            "TRUNCATE documents",
            "TRUNCATE jobs CASCADE",
            "TRUNCATE streams",
        ]);
    }
    for sql in refused {
        let error = fixture.raw(sql).await.expect_err(sql).to_string();
        let told = error.contains("registro di sola aggiunta") || error.contains("va solo avanti");
        assert!(told, "{sql}: {error}");
    }
    verify(&fixture.store).await;
}
