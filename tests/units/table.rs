// SPDX-License-Identifier: AGPL-3.0-or-later
//! The row tables: what the store writes of each row is all that the row has.

use delibera::domain::rows::{
    CaseRow, LookupRow, MandateRow, PaperRow, PersonRow, PostingRow, RegisterRow, SittingRow,
    TaskRow,
};
use delibera::store::{Statement, statements};
use serde::Serialize;

/// The fields of a row, sorted.
fn fields<T: Serialize + Default>() -> Vec<String> {
    let row = serde_json::to_value(T::default()).expect("JSON");
    let mut names: Vec<String> = row.as_object().expect("an object").keys().cloned().collect();
    names.sort_unstable();
    names
}

/// The columns that each statement inserts into a table, sorted.
fn inserted(table: &str) -> Vec<Vec<String>> {
    let head = format!("INSERT INTO {table} (");
    let mut found = Vec::new();
    for statement in statements() {
        let (Statement::Both(sql) | Statement::Sqlite(sql) | Statement::Postgres(sql)) = statement;
        for rest in sql.split(head.as_str()).skip(1) {
            let columns = rest.split(')').next().unwrap_or_default();
            let mut columns: Vec<String> = columns.split(", ").map(str::to_owned).collect();
            columns.sort_unstable();
            found.push(columns);
        }
    }
    found
}

#[test]
fn columns_are_the_fields_of_the_domain_types() {
    let tables = [
        ("cases", fields::<CaseRow>()),
        ("sittings", fields::<SittingRow>()),
        ("register_entries", fields::<RegisterRow>()),
        ("papers", fields::<PaperRow>()),
        ("tasks", fields::<TaskRow>()),
        ("postings", fields::<PostingRow>()),
        ("lookups", fields::<LookupRow>()),
        ("people", fields::<PersonRow>()),
        ("mandates", fields::<MandateRow>()),
    ];
    for (table, names) in tables {
        let written = inserted(table);
        assert!(written.len() >= 2, "{table}: on SQLite and on PostgreSQL");
        for columns in written {
            assert_eq!(columns, names, "{table}");
        }
    }
}
