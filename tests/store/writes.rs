// SPDX-License-Identifier: AGPL-3.0-or-later
//! What one write records, what it refuses, and how it reads back.

use crate::fixture::*;
use delibera::domain::refusal::Refusal;
use delibera::domain::rows::*;
use delibera::domain::stream::*;
use delibera::store::{
    CaseFilter, Loaded, Outcome, ReadSet, Store, StoreError, WriteError, WriteSet, instant,
    parse_instant,
};

on_both_engines!(
    a_write_records_everything_and_reads_back,
    a_history_grows_across_writes_and_processes,
    a_refusal_touches_nothing,
    a_decision_may_read_more,
    a_panic_refuses_only_its_own_command,
    an_incoherent_write_is_refused_whole,
    documents_are_kept_by_content,
    cases_are_filtered_and_paged,
    registers_open_mid_year_and_take_external_numbers,
    a_large_write_goes_through,
);

/// A write with something for every table, and what was put into the rows.
struct Everything {
    write: WriteSet,
    line: RegisterRow,
    paper: PaperRow,
    person: PersonRow,
    mandate: MandateRow,
    sitting: SittingRow,
}

fn everything(case: &StreamId, sitting_id: &StreamId) -> Everything {
    let line = RegisterRow {
        register: "albo".into(),
        year: 2026,
        number: 41,
        case_id: case.id.clone(),
        date: Some(day()),
        subject: "Oggetto".into(),
        ..RegisterRow::default()
    };
    let paper = PaperRow {
        stream: case.to_string(),
        key: "opinion/technical".into(),
        kind: "opinion".into(),
        file: "parere.pdf".into(),
        sha256: document(b"pdf").sha256,
        status: "complete".into(),
        signers: r#"["Anna Rossi"]"#.into(),
    };
    let person = PersonRow { id: "rossi".into(), surname: "Rossi".into(), ..PersonRow::default() };
    let mandate = MandateRow {
        id: "m1".into(),
        person: "rossi".into(),
        role: "direttore".into(),
        valid_from: Some(day()),
        ..MandateRow::default()
    };
    let sitting = SittingRow {
        id: sitting_id.id.clone(),
        organ: "giunta".into(),
        date: Some(day()),
        status: "open".into(),
        version: 1,
    };
    let write = WriteSet {
        events: vec![event(case, "drafted"), event(sitting_id, "opened"), event(case, "signed")],
        numbers: vec![number("albo", 41, case)],
        documents: vec![document(b"pdf"), document(b"")],
        jobs: vec![NewJob { stream: case.to_string(), ..job("mail/1", at(60)) }],
        rows: vec![
            // The mandate before its person: the order within a write does not matter.
            Row::Mandate(mandate.clone()),
            Row::Person(person.clone()),
            Row::Case(case_row(&case.id, 1)),
            Row::Case(case_row(&case.id, 2)),
            Row::Sitting(sitting.clone()),
            Row::Paper(paper.clone()),
            Row::Register(line.clone()),
        ],
        ..WriteSet::default()
    };
    Everything { write, line, paper, person, mandate, sitting }
}

async fn a_write_records_everything_and_reads_back(mut fixture: Fixture) {
    let (case, sitting) = (StreamId::case("c1"), StreamId::sitting("s1"));
    open_register(&fixture.store, "albo", 40).await;
    let all = everything(&case, &sitting);
    let read = ReadSet::streams([case.clone(), sitting.clone()]).register("albo", 2026);
    let written = put(&fixture.store, read, all.write).await.expect("write").events;
    let places: Vec<_> =
        written.iter().map(|event| (event.event.stream.to_string(), event.version)).collect();
    let place = |stream: &str, version| (stream.to_owned(), version);
    assert_eq!(places, [place("case/c1", 1), place("sitting/s1", 1), place("case/c1", 2)]);
    assert!(written.windows(2).all(|pair| pair[0].position < pair[1].position));

    fixture.reopen().await;
    let store = &fixture.store;
    let stored = store.stream(&case).await.expect("stream");
    assert_eq!(stored, [written[0].clone(), written[2].clone()]);
    assert_eq!(stored[0].event, event(&case, "drafted"));
    assert_eq!(store.events_after(1, 2).await.expect("events"), written[..2]);
    assert_eq!(
        store.streams(StreamKind::Case).await.expect("streams"),
        std::slice::from_ref(&case)
    );
    assert_eq!(store.case("c1").await.expect("case"), Some(case_row("c1", 2)));
    assert_eq!(store.sitting("s1").await.expect("sitting"), Some(all.sitting));
    assert_eq!(store.register("albo", 2026).await.expect("register"), [all.line]);
    assert_eq!(store.register_last("albo", 2026).await.expect("last"), Some(41));
    assert_eq!(store.papers(&case).await.expect("papers"), [all.paper]);
    assert_eq!(store.people().await.expect("people"), [all.person]);
    assert_eq!(store.mandates().await.expect("mandates"), [all.mandate]);
    let found = store.document(&document(b"pdf").sha256).await.expect("document").expect("there");
    assert_eq!((found.bytes.as_slice(), found.size), (b"pdf".as_slice(), 3));
    let jobs = store.jobs(&Default::default()).await.expect("jobs");
    assert_eq!((jobs.len(), jobs[0].due_at, jobs[0].attempts), (1, at(60), 0));
    let documents = vec![found.sha256.clone(), "no".into()];
    let read = ReadSet { documents, ..ReadSet::default() };
    let loaded = store.load(&read).await.expect("load");
    assert!(loaded.has_document(&found.sha256) && !loaded.has_document("no"));
    assert_eq!(verify(store).await.events, 4);
}

async fn a_history_grows_across_writes_and_processes(fixture: Fixture) {
    let other = fixture.other_process().await;
    let case = StreamId::case("c1");
    for n in 0..10 {
        let store = if n % 3 == 0 { &other } else { &fixture.store };
        append(store, vec![event(&case, &format!("e{n}"))]).await;
        let loaded = fixture.store.load(&ReadSet::streams([case.clone()])).await.expect("load");
        assert_eq!(loaded.version(&case), n + 1);
        assert_eq!(loaded.head(&case).expect("head").event.kind, format!("e{n}"));
        let stored = other.stream(&case).await.expect("stream");
        let cached: Vec<_> = loaded.stream(&case).iter().map(|event| (**event).clone()).collect();
        assert_eq!(cached, stored);
    }
}

async fn a_refusal_touches_nothing(fixture: Fixture) {
    let no = Refusal::new("missing_opinion", "R1.9", "art. 49", "Manca il parere");
    let refusal = no.clone();
    let answer = fixture
        .store
        .write::<()>(ReadSet::streams([StreamId::case("c1")]), move |_| {
            Outcome::Refused(refusal.clone())
        })
        .await;
    assert!(matches!(answer, Err(WriteError::Refused(refusal)) if refusal == no));
    assert_eq!(fixture.store.counters().commits, 0);
    assert!(fixture.store.events_after(0, 10).await.expect("events").is_empty());
}

async fn a_decision_may_read_more(fixture: Fixture) {
    let (case, sitting) = (StreamId::case("c1"), StreamId::sitting("s1"));
    append(&fixture.store, vec![event(&sitting, "opened")]).await;
    let (asked, begun) = (sitting.clone(), case.clone());
    let written = fixture
        .store
        .write(ReadSet::streams([case.clone()]), move |loaded: &Loaded| {
            if !loaded.streams.contains_key(&asked) {
                let mut more = ReadSet::streams([asked.clone()]);
                more.documents.push("missing".into());
                return Outcome::ReadAlso(more);
            }
            let events = vec![event(&begun, "drafted")];
            Outcome::Write(WriteSet { events, ..WriteSet::default() }, loaded.version(&asked))
        })
        .await
        .expect("write");
    assert_eq!(written.value, 1);

    let endless = fixture
        .store
        .write::<()>(ReadSet::default(), |_| Outcome::ReadAlso(ReadSet::default()))
        .await;
    assert!(matches!(endless, Err(WriteError::Store(StoreError::Invalid(_)))), "{endless:?}");
}

async fn a_panic_refuses_only_its_own_command(fixture: Fixture) {
    let store = &fixture.store;
    let panics = |_: &Loaded| -> Outcome<()> { panic!("a defect") };
    let (bad, good) = tokio::join!(
        store.write(ReadSet::default(), panics),
        append(store, vec![event(&StreamId::case("c1"), "drafted")])
    );
    let bad = bad.expect_err("panicked");
    assert!(matches!(&bad, WriteError::Store(StoreError::Panicked(text)) if text == "a defect"));
    assert_eq!(good.len(), 1);
    append(store, vec![event(&StreamId::case("c2"), "drafted")]).await;
}

async fn an_incoherent_write_is_refused_whole(fixture: Fixture) {
    let store = &fixture.store;
    let case = StreamId::case("c1");
    open_register(store, "albo", 0).await;
    let drafted = || vec![event(&case, "drafted")];
    let read = || ReadSet::streams([case.clone()]).register("albo", 2026).register("new", 2026);
    let opened =
        |register: &str| RegisterOpened { register: register.to_owned(), year: 2026, last: 0 };
    let wrong_hash = NewDocument { sha256: "0".repeat(64), ..document(b"x") };
    let with = |write: WriteSet| WriteSet { events: drafted(), ..write };
    let set = WriteSet::default;
    let incoherent = [
        ("stream not read", WriteSet { events: vec![event(&StreamId::case("c2"), "x")], ..set() }),
        ("number skipped", with(WriteSet { numbers: vec![number("albo", 2, &case)], ..set() })),
        ("not open", with(WriteSet { numbers: vec![number("new", 1, &case)], ..set() })),
        ("not read", with(WriteSet { numbers: vec![number("other", 1, &case)], ..set() })),
        ("opened twice", with(WriteSet { opened: vec![opened("albo")], ..set() })),
        ("opened unread", with(WriteSet { opened: vec![opened("other")], ..set() })),
        ("no fact", WriteSet { numbers: vec![number("albo", 1, &case)], ..set() }),
        ("wrong hash", with(WriteSet { documents: vec![wrong_hash], ..set() })),
        (
            "no person",
            with(WriteSet {
                rows: vec![Row::Mandate(MandateRow {
                    id: "m".into(),
                    person: "nobody".into(),
                    ..MandateRow::default()
                })],
                ..set()
            }),
        ),
    ];
    for (what, write) in incoherent {
        let answer = put(store, read(), write).await;
        assert!(matches!(answer, Err(WriteError::Store(_))), "{what}: {answer:?}");
    }
    assert!(store.stream(&case).await.expect("stream").is_empty());
    assert_eq!(store.register_last("albo", 2026).await.expect("last"), Some(0));
    verify(store).await;
}

async fn documents_are_kept_by_content(fixture: Fixture) {
    let store = &fixture.store;
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for _ in 0..2 {
        let documents = vec![document(&bytes), document(&bytes)];
        put(store, ReadSet::default(), WriteSet { documents, ..WriteSet::default() })
            .await
            .expect("write");
    }
    let sha256 = document(&bytes).sha256;
    assert!(store.has_document(&sha256).await.expect("has"));
    assert!(!store.has_document("0").await.expect("has"));
    let found = store.document(&sha256).await.expect("document").expect("there");
    assert_eq!((found.bytes == bytes, found.size), (true, 300_000));
    assert_eq!(verify(store).await.documents, 1);
}

async fn cases_are_filtered_and_paged(fixture: Fixture) {
    let store = &fixture.store;
    let rows = (0..25).map(|n| {
        let lifecycle = if n % 5 == 0 { "posted" } else { "draft" };
        let row = case_row(&format!("c{n:02}"), 1);
        Row::Case(CaseRow { lifecycle: lifecycle.into(), ..row })
    });
    let write = WriteSet { rows: rows.collect(), ..WriteSet::default() };
    put(store, ReadSet::default(), write).await.expect("write");
    let ids = async |filter: CaseFilter| -> Vec<String> {
        store.cases(&filter).await.expect("cases").into_iter().map(|row| row.id).collect()
    };
    let posted = CaseFilter { lifecycle: Some("posted".into()), ..CaseFilter::default() };
    assert_eq!(ids(posted).await, ["c20", "c15", "c10", "c05", "c00"]);
    let page = CaseFilter {
        before: Some("c20".into()),
        limit: Some(3),
        kind: Some("deliberazione-giunta".into()),
        ..CaseFilter::default()
    };
    assert_eq!(ids(page).await, ["c19", "c18", "c17"]);
    let text = |text: &str| CaseFilter { text: Some(text.into()), ..CaseFilter::default() };
    assert_eq!(ids(text("100% d")).await.len(), 25);
    assert_eq!(ids(text("1_0")).await.len(), 0, "a jokers' character is only itself");
    assert_eq!(ids(text("!")).await.len(), 0);
}

async fn registers_open_mid_year_and_take_external_numbers(fixture: Fixture) {
    let store = &fixture.store;
    open_register(store, "deliberazioni", 117).await;
    let first = take_number(store, "deliberazioni", StreamId::case("c1")).await.expect("number");
    assert_eq!(first.value, 118);
    let case = StreamId::case("c2");
    let external = || WriteSet {
        events: vec![event(&case, "protocolled")],
        numbers: vec![NumberTaken { external: true, ..number("protocollo", 90_210, &case) }],
        ..WriteSet::default()
    };
    let read = || ReadSet::streams([case.clone()]);
    put(store, read(), external()).await.expect("external");
    let twice = put(store, read(), external()).await;
    assert!(matches!(twice, Err(WriteError::Store(StoreError::NumberExists))), "{twice:?}");
    assert_eq!(store.stream(&case).await.expect("stream").len(), 1);
    assert!(store.register("protocollo", 2026).await.expect("lines")[0].external);
    verify(store).await;
}

async fn a_large_write_goes_through(fixture: Fixture) {
    let case = StreamId::case("c1");
    let mut large = event(&case, "imported");
    large.payload = serde_json::json!({ "text": "è \"ö\" \\ ".repeat(20_000) });
    let events: Vec<_> = (0..200).map(|_| large.clone()).collect();
    append(&fixture.store, events).await;
    let stored = fixture.store.stream(&case).await.expect("stream");
    assert!(stored.len() == 200 && stored.iter().all(|event| event.event == large));
    verify(&fixture.store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_checked() {
    for wrong in ["", "mysql://x", "sqlite:", "delibera.db"] {
        let error = Store::connect(wrong).await.expect_err(wrong);
        assert!(matches!(error, StoreError::Url(_)), "{wrong}: {error:?}");
    }
    // An error goes to the log: a password never does, however it was mistyped.
    for wrong in [
        "postgres://delibera:sesa#mo@db/atti",
        "postgres://delibera:sesa/mo@db/atti",
        "postgres://delibera:sesa mo@db/atti",
        "postgres://delibera:sesamo@db:porta/atti",
        "postgres://delibera:sesamo@db/atti?sslmode=boh",
        "postgresq://delibera:sesamo@db/atti",
        "delibera:sesamo@db/atti",
    ] {
        if let Err(error) = Store::connect(wrong).await {
            let told = format!("{error} {error:?}");
            assert!(!told.contains("sesa"), "{wrong}: {told}");
        }
    }
    let memory = open("sqlite::memory:").await;
    append(&memory, vec![event(&StreamId::case("c1"), "drafted")]).await;
    verify(&memory).await;
}

#[test]
fn instants_have_one_form() {
    assert_eq!(instant(at(0)), "2026-11-18T11:06:40.123456Z");
    assert_eq!(parse_instant("2026-11-18T11:06:40.123456Z"), Some(at(0)));
    for other in ["2026-11-18T11:06:40Z", "2026-11-18T12:06:40.123456+01:00", "ieri"] {
        assert_eq!(parse_instant(other), None, "{other}");
    }
}
