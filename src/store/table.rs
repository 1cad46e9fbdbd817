// SPDX-License-Identifier: AGPL-3.0-or-later
//! The row tables described once: their SQL, their reading and their comparison follow from it.
//!
//! A column bears the name of the field of the domain type, so serde carries a row both ways; a
//! test holds the two lists together.

use super::StoreError;
use crate::domain::rows::{
    CaseRow, LookupRow, MandateRow, PaperRow, PersonRow, PostingRow, RegisterRow, Row, SittingRow,
    TaskRow,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::{ColumnIndex, Decode, Type};

/// How a column is stored and what it becomes in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, or a day as ISO text; may be absent.
    Text,
    /// Integer; may be absent.
    Integer,
    /// 0 or 1 in the database, `bool` in Rust.
    Flag,
}

/// One row table.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: &'static str,
    pub key: &'static [&'static str],
    pub columns: &'static [(&'static str, Kind)],
}

use Kind::{Flag, Integer, Text};

pub(crate) static CASES: Table = Table {
    name: "cases",
    key: &["id"],
    columns: &[
        ("id", Text),
        ("kind", Text),
        ("subject", Text),
        ("subject_folded", Text),
        ("office", Text),
        ("step", Text),
        ("lifecycle", Text),
        ("workflow", Text),
        ("version", Integer),
        ("proposal_number", Integer),
        ("proposal_year", Integer),
        ("act_number", Integer),
        ("act_year", Integer),
        ("albo_number", Integer),
        ("albo_year", Integer),
        ("adopted_on", Text),
        ("posted_on", Text),
        ("last_day", Text),
        ("effective_on", Text),
        ("immediate", Flag),
        ("deadline", Text),
        ("sitting", Text),
    ],
};

pub(crate) static SITTINGS: Table = Table {
    name: "sittings",
    key: &["id"],
    columns: &[
        ("id", Text),
        ("organ", Text),
        ("date", Text),
        ("status", Text),
        ("version", Integer),
    ],
};

pub(crate) static REGISTER_ENTRIES: Table = Table {
    name: "register_entries",
    key: &["register", "year", "number"],
    columns: &[
        ("register", Text),
        ("year", Integer),
        ("number", Integer),
        ("external", Flag),
        ("case_id", Text),
        ("date", Text),
        ("subject", Text),
        ("note", Text),
    ],
};

pub(crate) static PAPERS: Table = Table {
    name: "papers",
    key: &["stream", "key"],
    columns: &[
        ("stream", Text),
        ("key", Text),
        ("kind", Text),
        ("file", Text),
        ("sha256", Text),
        ("status", Text),
        ("signers", Text),
    ],
};

pub(crate) static TASKS: Table = Table {
    name: "tasks",
    key: &["stream", "slot"],
    columns: &[
        ("stream", Text),
        ("slot", Integer),
        ("holder", Text),
        ("what", Text),
        ("about", Text),
        ("deadline", Text),
    ],
};

pub(crate) static POSTINGS: Table = Table {
    name: "postings",
    key: &["register", "year", "number"],
    columns: &[
        ("register", Text),
        ("year", Integer),
        ("number", Integer),
        ("case_id", Text),
        ("kind", Text),
        ("subject", Text),
        ("subject_folded", Text),
        ("office", Text),
        ("act_number", Integer),
        ("act_year", Integer),
        ("adopted_on", Text),
        ("shown_from", Text),
        ("posted_on", Text),
        ("last_day", Text),
        ("off_on", Text),
        ("file", Text),
        ("annulled", Flag),
        ("external", Flag),
    ],
};

pub(crate) static LOOKUPS: Table = Table {
    name: "lookups",
    key: &["digest", "case_id"],
    columns: &[("digest", Text), ("case_id", Text), ("what", Text)],
};

pub(crate) static PEOPLE: Table = Table {
    name: "people",
    key: &["id"],
    columns: &[
        ("id", Text),
        ("given_name", Text),
        ("surname", Text),
        ("fiscal_code", Text),
        ("email", Text),
    ],
};

pub(crate) static MANDATES: Table = Table {
    name: "mandates",
    key: &["id"],
    columns: &[
        ("id", Text),
        ("person", Text),
        ("role", Text),
        ("office", Text),
        ("capacity", Text),
        ("title", Text),
        ("act", Text),
        ("valid_from", Text),
        ("valid_to", Text),
    ],
};

/// Every row table, in an order in which what is referred to comes first.
pub(crate) static TABLES: [&Table; 9] = [
    &CASES,
    &SITTINGS,
    &REGISTER_ENTRIES,
    &PAPERS,
    &TASKS,
    &POSTINGS,
    &LOOKUPS,
    &PEOPLE,
    &MANDATES,
];

impl Table {
    /// `SELECT` of all columns, open for a `WHERE`.
    pub fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.names(), self.name)
    }

    /// `ORDER BY` the key, by bytes on both engines.
    pub fn by_key(&self) -> String {
        format!(" ORDER BY {}", self.key.join(", "))
    }

    /// Inserts the JSON objects of `from` (a source of rows `w.value`).
    pub fn insert(&self, from: &str) -> String {
        let values = self.columns.iter().map(|(name, kind)| match kind {
            Text => format!("w.value->>'{name}'"),
            Integer | Flag => format!("CAST(w.value->>'{name}' AS BIGINT)"),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        format!(
            "INSERT INTO {} ({}) SELECT {values} FROM {from} WHERE true",
            self.name,
            self.names()
        )
    }

    /// Inserts them, or replaces the rows with the same key.
    pub fn put(&self, from: &str) -> String {
        let columns = self.columns.iter().map(|(name, _)| *name);
        let sets = columns.filter(|name| !self.key.contains(name));
        let sets = sets.map(|name| format!("{name} = excluded.{name}"));
        format!(
            "{} ON CONFLICT ({}) DO UPDATE SET {}",
            self.insert(from),
            self.key.join(", "),
            sets.collect::<Vec<_>>().join(", ")
        )
    }

    fn names(&self) -> String {
        let names = self.columns.iter().map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    }

    /// The columns of a database row as JSON, under the names of the fields.
    pub fn read<'r, R: sqlx::Row>(&self, row: &'r R) -> Result<Map<String, Value>, sqlx::Error>
    where
        &'static str: ColumnIndex<R>,
        Option<String>: Decode<'r, R::Database> + Type<R::Database>,
        Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    {
        let mut fields = Map::new();
        for (name, kind) in self.columns {
            let value = match kind {
                Text => row.try_get::<Option<String>, _>(*name)?.map_or(Value::Null, Value::from),
                Integer => row.try_get::<Option<i64>, _>(*name)?.map_or(Value::Null, Value::from),
                // Anything but 0 and 1 stays a number, so that it is neither true nor false.
                Flag => match row.try_get::<Option<i64>, _>(*name)? {
                    Some(0) => Value::Bool(false),
                    Some(1) => Value::Bool(true),
                    other => other.map_or(Value::Null, Value::from),
                },
            };
            fields.insert((*name).to_owned(), value);
        }
        Ok(fields)
    }

    /// The domain type of a row read.
    pub fn parse<T: DeserializeOwned>(&self, fields: Map<String, Value>) -> Result<T, StoreError> {
        let id = self.key_of(&fields);
        serde_json::from_value(Value::Object(fields)).map_err(|error| StoreError::Corrupt {
            table: self.name,
            id,
            reason: error.to_string(),
        })
    }

    /// The key of a row for people, e.g. `albo/2026/12`.
    pub fn key_of(&self, fields: &Map<String, Value>) -> String {
        let parts = self.key.iter().map(|name| match fields.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The table of a row and its fields.
pub(crate) fn fields(row: &Row) -> (&'static Table, Map<String, Value>) {
    match row {
        Row::Case(row) => (&CASES, object::<CaseRow>(row)),
        Row::Sitting(row) => (&SITTINGS, object::<SittingRow>(row)),
        Row::Register(row) => (&REGISTER_ENTRIES, object::<RegisterRow>(row)),
        Row::Paper(row) => (&PAPERS, object::<PaperRow>(row)),
        Row::Task(row) => (&TASKS, object::<TaskRow>(row)),
        Row::Posting(row) => (&POSTINGS, object::<PostingRow>(row)),
        Row::Lookup(row) => (&LOOKUPS, object::<LookupRow>(row)),
        Row::Person(row) => (&PEOPLE, object::<PersonRow>(row)),
        Row::Mandate(row) => (&MANDATES, object::<MandateRow>(row)),
    }
}

fn object<T: Serialize>(row: &T) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => fields,
        // The row types are plain structs: they always become an object.
        _ => Map::new(),
    }
}

/// The JSON that the SQL of [`Table::insert`] reads: flags become 0 or 1.
pub(crate) fn stored(mut fields: Map<String, Value>) -> Value {
    for value in fields.values_mut() {
        if let Value::Bool(flag) = value {
            *value = Value::from(i64::from(*flag));
        }
    }
    Value::Object(fields)
}
