// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the two schemas say beyond their columns, read from the catalogue of each engine as lines of
//! one form: keys, unique sets, references, indexes, what triggers guard. Where the engines must
//! differ it is listed here with the reason.

use crate::fixture::Fixture;
use std::collections::BTreeSet;

/// Primary keys and unique sets, columns in their order.
const KEYS_SQLITE: &str = "SELECT 'key ' || t.name || ' (' || \
     (SELECT group_concat(name, ', ') FROM \
         (SELECT c.name FROM pragma_table_info(t.name) c WHERE c.pk > 0 ORDER BY c.pk)) || ')' \
     FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' \
     AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) c WHERE c.pk > 0) \
     UNION ALL \
     SELECT 'unique ' || t.name || ' (' || \
     (SELECT group_concat(name, ', ') FROM \
         (SELECT x.name FROM pragma_index_info(i.name) x ORDER BY x.seqno)) || ')' \
     FROM sqlite_schema t JOIN pragma_index_list(t.name) i \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND i.origin = 'u'";
const KEYS_POSTGRES: &str = "SELECT CASE k.contype WHEN 'p' THEN 'key ' ELSE 'unique ' END || \
     CAST(t.relname AS TEXT) || ' (' || \
     (SELECT string_agg(CAST(a.attname AS TEXT), ', ' ORDER BY c.n) \
      FROM unnest(k.conkey) WITH ORDINALITY AS c(num, n) \
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.num) || ')' \
     FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace \
     WHERE s.nspname = 'public' AND CAST(t.relname AS TEXT) NOT LIKE '\\_%' \
     AND k.contype IN ('p', 'u')";

/// References, a line a column.
const REFERENCES_SQLITE: &str = "SELECT t.name || '.' || f.\"from\" || ' -> ' || \
     f.\"table\" || '.' || f.\"to\" \
     FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\'";
const REFERENCES_POSTGRES: &str = "SELECT CAST(t.relname AS TEXT) || '.' || \
     CAST(a.attname AS TEXT) || ' -> ' || CAST(r.relname AS TEXT) || '.' || CAST(b.attname AS TEXT) \
     FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS c(own, other) \
     JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid \
     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.own \
     JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = c.other \
     JOIN pg_namespace s ON s.oid = t.relnamespace \
     WHERE s.nspname = 'public' AND k.contype = 'f'";

/// Indexes that we make: name, columns (`?` is an expression), unique, partial.
const INDEXES_SQLITE: &str = "SELECT i.name || ' ' || t.name || ' (' || \
     (SELECT group_concat(word, ', ') FROM \
         (SELECT COALESCE(x.name, '?') || CASE x.\"desc\" WHEN 1 THEN ' desc' ELSE '' END AS word \
          FROM pragma_index_xinfo(i.name) x WHERE x.key = 1 ORDER BY x.seqno)) || ')' || \
     CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END || \
     CASE i.partial WHEN 1 THEN ' partial' ELSE '' END \
     FROM sqlite_schema t JOIN pragma_index_list(t.name) i \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND i.origin = 'c'";
const INDEXES_POSTGRES: &str = "SELECT CAST(x.relname AS TEXT) || ' ' || \
     CAST(t.relname AS TEXT) || ' (' || \
     (SELECT string_agg(COALESCE(CAST(a.attname AS TEXT), '?') || \
          CASE WHEN (i.indoption[n - 1] & 1) = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY n) \
      FROM generate_series(1, CAST(i.indnkeyatts AS INTEGER)) AS n \
      LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[n - 1]) || ')' || \
     CASE WHEN i.indisunique THEN ' unique' ELSE '' END || \
     CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END \
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace \
     WHERE s.nspname = 'public' AND CAST(t.relname AS TEXT) NOT LIKE '\\_%' \
     AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)";

/// What triggers guard: table, instant, event. Only the head of the SQL is looked at.
const GUARDS_SQLITE: &str = "SELECT tbl_name || \
     CASE WHEN head LIKE '% BEFORE %' THEN ' before ' ELSE ' after ' END || \
     CASE WHEN head LIKE '% INSERT' THEN 'insert' WHEN head LIKE '% DELETE' THEN 'delete' \
         ELSE 'update' END \
     FROM (SELECT tbl_name, substr(sql, 1, instr(sql, ' ON ') - 1) AS head \
         FROM sqlite_schema WHERE type = 'trigger')";
const GUARDS_POSTGRES: &str = "SELECT CAST(t.relname AS TEXT) || \
     CASE WHEN (CAST(g.tgtype AS INTEGER) & 2) = 2 THEN ' before ' ELSE ' after ' END || e.word \
     FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace \
     JOIN (VALUES (4, 'insert'), (8, 'delete'), (16, 'update'), (32, 'truncate')) AS e(mask, word) \
         ON (CAST(g.tgtype AS INTEGER) & e.mask) <> 0 \
     WHERE s.nspname = 'public' AND NOT g.tgisinternal";
const TRIGGERS_SQLITE: &str = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
const TRIGGERS_POSTGRES: &str = "SELECT CAST(g.tgname AS TEXT) FROM pg_trigger g \
     JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace s ON s.oid = t.relnamespace \
     WHERE s.nspname = 'public' AND NOT g.tgisinternal";

/// SQLite has no TRUNCATE: its `DELETE` without a condition is refused row by row, by the trigger
/// that refuses every `DELETE`.
const ONLY_POSTGRES: [&str; 5] = [
    "documents before truncate",
    "events before truncate",
    "jobs before truncate",
    "seals before truncate",
    "streams before truncate",
];

/// A trigger of PostgreSQL and those of SQLite that do its work: there one trigger stands for
/// several events, here each has its own; and there is no TRUNCATE here.
const NAMED_OTHERWISE: [(&str, &[&str]); 10] = [
    ("cases_stale", &["cases_stale_insert", "cases_stale_update"]),
    ("documents_no_change", &["documents_no_delete", "documents_no_update"]),
    ("documents_no_truncate", &[]),
    ("events_no_change", &["events_no_delete", "events_no_update"]),
    ("events_no_truncate", &[]),
    ("jobs_no_change", &["jobs_no_delete", "jobs_no_update"]),
    ("jobs_no_truncate", &[]),
    ("seals_no_change", &["seals_no_delete", "seals_no_update"]),
    ("seals_no_truncate", &[]),
    ("streams_no_truncate", &[]),
];

type Lines = BTreeSet<String>;

async fn lines(fixture: &Fixture, sql: &str) -> Lines {
    let lines = fixture.texts(sql).await;
    let count = lines.len();
    let set: Lines = lines.into_iter().collect();
    assert_eq!(set.len(), count, "a line twice: two things with one description\n{set:?}");
    set
}

/// The same lines on both engines but for those listed; what is listed must be there.
fn compare(what: &str, sqlite: &Lines, postgres: &Lines, only_postgres: &[&str]) {
    assert!(!sqlite.is_empty(), "{what}: the catalogue of SQLite says nothing");
    let listed: Lines = only_postgres.iter().map(|line| (*line).to_owned()).collect();
    let strange: Vec<&String> = postgres.difference(sqlite).collect();
    assert_eq!(strange, listed.iter().collect::<Vec<_>>(), "{what} of PostgreSQL alone");
    let strange: Vec<&String> = sqlite.difference(postgres).collect();
    assert_eq!(strange, Vec::<&String>::new(), "{what} of SQLite alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_references_and_indexes_are_twins() {
    let (sqlite, postgres) = (Fixture::sqlite().await, Fixture::postgres().await);
    for (what, ours, theirs) in [
        ("keys", KEYS_SQLITE, KEYS_POSTGRES),
        ("references", REFERENCES_SQLITE, REFERENCES_POSTGRES),
        ("indexes", INDEXES_SQLITE, INDEXES_POSTGRES),
    ] {
        compare(what, &lines(&sqlite, ours).await, &lines(&postgres, theirs).await, &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_guard_the_same() {
    let (sqlite, postgres) = (Fixture::sqlite().await, Fixture::postgres().await);
    let (ours, theirs) =
        (lines(&sqlite, GUARDS_SQLITE).await, lines(&postgres, GUARDS_POSTGRES).await);
    compare("triggers", &ours, &theirs, &ONLY_POSTGRES);
    let ours = lines(&sqlite, TRIGGERS_SQLITE).await;
    let mut named = Lines::new();
    for name in lines(&postgres, TRIGGERS_POSTGRES).await {
        let other = NAMED_OTHERWISE.iter().find(|(theirs, _)| *theirs == name);
        match other {
            Some((_, ours)) => named.extend(ours.iter().map(|name| (*name).to_owned())),
            None => drop(named.insert(name)),
        }
    }
    compare("names of triggers", &ours, &named, &[]);
}
