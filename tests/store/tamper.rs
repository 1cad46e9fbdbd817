// SPDX-License-Identifier: AGPL-3.0-or-later
//! Someone with the database in hand and the triggers dropped: `verify` finds what he did.

use crate::fixture::*;
use delibera::domain::rows::*;
use delibera::domain::stream::*;
use delibera::store::{Finding, RECORDS, ReadSet, SealRef, Store, WriteSet};

on_both_engines!(
    an_untouched_record_is_sound,
    every_column_of_every_record_table_is_watched,
    rows_added_or_removed_are_found,
    the_newest_events_cannot_vanish,
    seals_cover_what_was_recorded_meanwhile,
);

/// What a replay would find: here simply what was written.
#[derive(Clone, Default)]
struct Expected {
    rows: Vec<Row>,
    jobs: Vec<NewJob>,
    registers: Vec<RegisterOpened>,
    documents: Vec<(String, String)>,
}

async fn first_finding(
    store: &Store,
    expected: &Expected,
    seal: Option<&SealRef>,
) -> Option<Finding> {
    let mut snapshot = store.snapshot().await.expect("snapshot");
    let report = snapshot.verify_structure(seal).await.expect("verify");
    if report.finding.is_some() {
        return report.finding;
    }
    let Expected { rows, jobs, registers, documents } = expected.clone();
    let rows = snapshot.compare_rows(rows).await.expect("rows");
    let jobs = snapshot.compare_jobs(jobs).await.expect("jobs");
    let registers = snapshot.compare_registers(registers).await.expect("registers");
    let documents = snapshot.compare_documents(documents).await.expect("documents");
    rows.or(jobs).or(registers).or(documents)
}

fn task(case: &StreamId) -> TaskRow {
    TaskRow {
        stream: case.to_string(),
        slot: 0,
        holder: "segreteria".into(),
        what: "agenda".into(),
        about: String::new(),
        deadline: Some(day()),
    }
}

/// A posting of a case and the document a stranger may ask about.
fn shown(case: &StreamId, n: i64, file: &str) -> [Row; 2] {
    let posting = PostingRow {
        register: "albo".into(),
        year: 2026,
        number: 3 + n,
        case_id: case.id.clone(),
        kind: "deliberazione-giunta".into(),
        subject: "Oggetto".into(),
        subject_folded: "oggetto".into(),
        office: "ambiente".into(),
        act_number: Some(n),
        act_year: Some(2026),
        adopted_on: Some(day()),
        shown_from: instant(at(0)),
        posted_on: Some(day()),
        last_day: Some(day()),
        off_on: Some(day()),
        file: file.into(),
        annulled: false,
        external: false,
    };
    let (digest, case_id) = (file.to_owned(), case.id.clone());
    [Row::Posting(posting), Row::Lookup(LookupRow { digest, case_id, what: "file".into() })]
}

/// Two cases with everything, sealed twice, and one event after the last seal.
async fn populate(store: &Store) -> Expected {
    open_register(store, "albo", 3).await;
    let mut expected = Expected {
        registers: vec![RegisterOpened { register: "albo".into(), year: 2026, last: 3 }],
        ..Expected::default()
    };
    for n in 1..=2 {
        let case = StreamId::case(format!("c{n}"));
        take_number(store, "albo", case.clone()).await.expect("number");
        let pdf = document(format!("pdf {n}").as_bytes());
        let line = RegisterRow {
            register: "albo".into(),
            year: 2026,
            number: 3 + n,
            external: false,
            case_id: case.id.clone(),
            date: Some(day()),
            subject: "Oggetto".into(),
            note: "nota".into(),
        };
        let paper = PaperRow {
            stream: case.to_string(),
            key: "act".into(),
            kind: "deliberazione".into(),
            file: "atto.pdf".into(),
            sha256: pdf.sha256.clone(),
            status: "complete".into(),
            signers: "[]".into(),
        };
        let person = PersonRow { id: format!("p{n}"), ..PersonRow::default() };
        let mandate = MandateRow {
            id: format!("m{n}"),
            person: person.id.clone(),
            valid_from: Some(day()),
            valid_to: Some(day()),
            ..MandateRow::default()
        };
        let sitting = SittingRow {
            id: format!("s{n}"),
            organ: "giunta".into(),
            date: Some(day()),
            status: "open".into(),
            version: 1,
        };
        let mut write = WriteSet {
            events: vec![event(&case, "voted"), event(&case, "signed")],
            jobs: vec![NewJob { stream: case.to_string(), ..job(&format!("mail/{n}"), at(0)) }],
            rows: vec![
                Row::Case(full_case(&case.id)),
                Row::Register(line),
                Row::Paper(paper),
                Row::Person(person),
                Row::Mandate(mandate),
                Row::Sitting(sitting),
                Row::Task(task(&case)),
            ],
            documents: vec![pdf.clone()],
            ..WriteSet::default()
        };
        write.rows.extend(shown(&case, n, &pdf.sha256));
        expected.rows.extend(write.rows.clone());
        expected.jobs.extend(write.jobs.clone());
        expected.documents.push((pdf.sha256, pdf.media_type));
        put(store, ReadSet::streams([case]), write).await.expect("write");
        store.seal(at(100 * n)).await.expect("seal");
    }
    append(store, vec![event(&StreamId::case("c1"), "posted")]).await;
    expected
}

fn full_case(id: &str) -> CaseRow {
    let day = Some(day());
    CaseRow {
        proposal_number: Some(1),
        proposal_year: Some(2026),
        act_year: Some(2026),
        albo_number: Some(4),
        albo_year: Some(2026),
        adopted_on: day,
        last_day: day,
        effective_on: day,
        deadline: day,
        sitting: Some("s1".into()),
        ..case_row(id, 3)
    }
}

/// Removes everything that stands in the way: triggers, foreign keys, checks.
async fn disarm(fixture: &Fixture) {
    let names = if fixture.is_sqlite() {
        "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'"
    } else {
        "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname \
         || ' CASCADE' \
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') \
         UNION ALL SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass \
         FROM pg_trigger WHERE NOT tgisinternal"
    };
    for sql in fixture.texts(names).await {
        fixture.raw(&sql).await.expect(&sql);
    }
}

async fn columns(fixture: &Fixture, table: &str) -> Vec<(String, String)> {
    let sql = if fixture.is_sqlite() {
        format!("SELECT name || ' ' || lower(type) FROM pragma_table_info('{table}')")
    } else {
        format!(
            "SELECT column_name || ' ' || data_type FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        )
    };
    let lines = fixture.texts(&sql).await;
    lines
        .iter()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

async fn an_untouched_record_is_sound(fixture: Fixture) {
    let expected = populate(&fixture.store).await;
    disarm(&fixture).await;
    assert_eq!(first_finding(&fixture.store, &expected, None).await, None);
}

/// Alters each column of one row of each record table, alone, looks, and puts it back.
async fn every_column_of_every_record_table_is_watched(fixture: Fixture) {
    let expected = populate(&fixture.store).await;
    disarm(&fixture).await;
    let mut watched = 0;
    for table in RECORDS.into_iter().filter(|table| *table != "_sqlx_migrations") {
        let columns = columns(&fixture, table).await;
        assert!(!columns.is_empty(), "{table}");
        for (column, kind) in columns {
            for row in ["MIN", "MAX"] {
                tamper(&fixture, table, &column, &kind, row, &expected).await;
                watched += 1;
            }
        }
    }
    assert!(watched > 160, "{watched} alterations");
}

async fn tamper(
    fixture: &Fixture,
    table: &str,
    column: &str,
    kind: &str,
    row: &str,
    expected: &Expected,
) {
    // The physical address of a row names it while its key changes.
    let address = if fixture.is_sqlite() { "rowid" } else { "ctid" };
    let sql = format!("SELECT CAST({row}({address}) AS TEXT) FROM {table}");
    let address_of = fixture.texts(&sql).await.remove(0);
    let altered = match kind {
        "integer" | "bigint" => format!("{column} + 1000"),
        "blob" => "X'00'".to_owned(),
        "bytea" => "'\\x00'::bytea".to_owned(),
        _ => alter_text(column).to_owned(),
    };
    let checks = if fixture.is_sqlite() { "PRAGMA ignore_check_constraints = ON; " } else { "" };
    let keep = format!("CREATE TABLE kept AS SELECT * FROM {table}");
    fixture.raw(&keep).await.expect("keep");
    let sql =
        format!("{checks}UPDATE {table} SET {column} = {altered} WHERE {address} = '{address_of}'");
    let done = fixture.raw(&sql).await;
    assert_eq!(done.as_ref().ok(), Some(&1), "{sql}: {done:?}");
    let finding = first_finding(&fixture.store, expected, None).await;
    assert!(finding.is_some(), "{table}.{column} ({row}) altered, and nothing was found");
    // Puts the whole table back: a key may have moved.
    let restore = format!(
        "{checks}DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept"
    );
    fixture.raw(&restore).await.expect("restore");
    let finding = first_finding(&fixture.store, expected, None).await;
    assert_eq!(finding, None, "{table}.{column} put back");
}

/// Another text of the same shape: a later day or instant, another hash, another word.
fn alter_text(column: &str) -> &'static str {
    match column {
        "happened_at" | "recorded_at" | "at" | "due_at" => "'2027-01-01T00:00:00.000000Z'",
        "hash" | "root" | "previous" | "sha256" => {
            "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
        }
        "date" | "adopted_on" | "posted_on" | "last_day" | "effective_on" | "deadline"
        | "valid_from" | "valid_to" => "'2027-01-01'",
        "payload" => "'{\"type\":\"other\"}'",
        "status" => "'owed'",
        _ => "'other'",
    }
}

async fn rows_added_or_removed_are_found(fixture: Fixture) {
    let expected = populate(&fixture.store).await;
    disarm(&fixture).await;
    for table in RECORDS.into_iter().filter(|table| *table != "_sqlx_migrations") {
        let keep = format!("CREATE TABLE kept AS SELECT * FROM {table}; DELETE FROM {table}");
        fixture.raw(&keep).await.expect("remove");
        let finding = first_finding(&fixture.store, &expected, None).await;
        let with_seal = fixture.store.seals().await.expect("seals").is_empty();
        // All seals gone is what only a seal kept elsewhere can tell.
        assert!(finding.is_some() || table == "seals" && with_seal, "{table} emptied");
        let restore = format!("INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept");
        fixture.raw(&restore).await.expect("restore");
    }
    let mut fewer = expected.clone();
    fewer.rows.pop();
    let finding = first_finding(&fixture.store, &fewer, None).await.expect("an extra row");
    assert_eq!(finding.reason, "la riga non risulta da nessun evento");
}

/// The newest events of a case are removed with care: events, head, rows, even the seals.
async fn the_newest_events_cannot_vanish(fixture: Fixture) {
    let store = &fixture.store;
    let case = StreamId::case("c1");
    append(store, vec![event(&case, "drafted")]).await;
    store.seal(at(0)).await.expect("seal");
    let kept: Vec<_> = append(store, vec![event(&case, "voted"), event(&case, "posted")]).await;
    let seal = store.seal(at(3600)).await.expect("seal");
    let elsewhere = SealRef { n: seal.n, hash: seal.hash.clone() };
    let sound = Expected::default();
    assert_eq!(first_finding(store, &sound, Some(&elsewhere)).await, None);
    disarm(&fixture).await;
    let back = |position: i64, version: i64, hash: &str| {
        format!(
            "DELETE FROM events WHERE position > {position}; UPDATE streams SET \
             version = {version}, hash = '{hash}', position = {position}"
        )
    };
    fixture.raw(&back(kept[0].position, 2, &kept[0].hash)).await.expect("remove one");
    let finding = first_finding(store, &sound, None).await.expect("the seal covers it");
    assert!(finding.place.contains("sigillo 2"), "{finding}");
    fixture.raw("DELETE FROM seals WHERE n = 2").await.expect("remove the seal");
    assert_eq!(first_finding(store, &sound, None).await, None, "alone it cannot be seen");
    let finding = first_finding(store, &sound, Some(&elsewhere)).await.expect("kept elsewhere");
    assert!(finding.reason.contains("gli eventi più recenti sono stati tolti"), "{finding}");
    // Sealing again does not repair it.
    store.seal(at(7200)).await.expect("seal");
    let finding = first_finding(store, &sound, Some(&elsewhere)).await.expect("kept elsewhere");
    assert!(finding.reason.contains("è diverso da quello conservato altrove"), "{finding}");
}

async fn seals_cover_what_was_recorded_meanwhile(fixture: Fixture) {
    let other = fixture.other_process().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = if n % 2 == 0 { fixture.store.clone() } else { other.clone() };
        tasks.spawn(async move {
            for round in 0..40 {
                let case = StreamId::case(format!("c{n}-{}", round % 5));
                append(&store, vec![event(&case, "moved")]).await;
            }
        });
    }
    let mut sealers = tokio::task::JoinSet::new();
    for store in [fixture.store.clone(), other.clone()] {
        sealers.spawn(async move {
            for n in 0..15 {
                store.seal(at(n)).await.expect("seal");
            }
        });
    }
    tasks.join_all().await;
    sealers.join_all().await;
    let last = fixture.store.seal(at(100)).await.expect("seal");
    assert_eq!((last.events, last.heads), (320, 40));
    assert!(last.n > 15, "{} seals", last.n);
    let report = verify(&fixture.store).await;
    assert_eq!((report.seals, report.unsealed, report.events), (last.n, 0, 320));
    let quiet = fixture.store.seal(at(200)).await.expect("an hour in which nothing happened");
    assert_eq!((quiet.events, quiet.previous), (320, last.hash));
}
