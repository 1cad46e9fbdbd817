// SPDX-License-Identifier: AGPL-3.0-or-later
//! The same questions to both engines, with the same answers; the marks of what changed; registers
//! read by number.

use crate::fixture::*;
use chrono::{Days, NaiveDate};
use delibera::domain::measures::Measure;
use delibera::domain::rows::Row;
use delibera::domain::search::{Clause, Question, Said, Scope, index, key};
use delibera::domain::stream::StreamId;
use delibera::service::clock::SystemClock;
use delibera::service::execute::Executor;
use delibera::service::indexing::catch_up;
use delibera::store::{LineFilter, ReadSet, SearchAct, Store, WriteSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

on_both_engines!(
    both_engines_give_the_same_answers,
    a_phrase_does_not_go_from_one_part_to_another,
    who_may_not_read_finds_nothing,
    a_public_search_does_not_look_into_the_text,
    what_changed_is_marked_by_the_write_itself,
    an_act_is_read_again_only_as_something_newer,
    who_is_stopped_leaves_the_rest_of_the_index_for_later,
    a_register_goes_on_from_its_last_line,
    the_state_of_a_line_is_that_of_the_day,
    lengths_add_up_by_office,
);

/// Case, object, offices, text, number of 2020.
const ACTS: [(&str, &str, &str, &str, i64); 6] = [
    (
        "a1",
        "Deliberazione sulla viabilità di piazza Castello",
        "Direzione Mobilità",
        "Vista la relazione dell'ente, si approva il **piano della sosta**.",
        838,
    ),
    (
        "a2",
        "Deliberazioni in materia di centri estivi",
        "Direzione Educazione",
        "Le VIABILITA' minori non sono oggetto del piano. Vietata la sosta. Fondi c/capitale.",
        839,
    ),
    (
        "a3",
        "Perché la città: indirizzi per gli enti",
        "Segreteria Generale",
        "Spesa 838 euro.",
        840,
    ),
    ("a4", "Concessione dell’impianto sportivo", "Direzione Sport", "CUP J41B21000000001.", 841),
    ("a5", "Škoda: acquisto di autocarri 東京", "Direzione Mobilità", "Nulla da rilevare.", 842),
    ("a6", "L'oggetto 50% _ «virgolette» \\ ' OR 1=1", "Direzione Sport", "NEAR AND NOT *", 843),
];

async fn filled(store: &Store) {
    for (case, subject, offices, body, number) in ACTS {
        let said = Said {
            subject: subject.into(),
            public_subject: subject.into(),
            offices: offices.into(),
            body: body.into(),
            numbers: vec![(number, 2020)],
        };
        let words = index(&said, &[key("stage", "adopted")]);
        let act = SearchAct { case: case.into(), version: 1, words, ..SearchAct::default() };
        store.index_act(&act).await.expect("index");
    }
}

async fn found(store: &Store, typed: &str, scope: Scope) -> Vec<String> {
    let Some(question) = Question::parse(typed) else { return vec!["nothing asked".into()] };
    let acts = store.find_acts(&question.clause(scope), None, 50).await.expect(typed);
    acts.into_iter().map(|act| act.case_id).collect()
}

async fn both_engines_give_the_same_answers(fixture: Fixture) {
    filled(&fixture.store).await;
    let questions: [(&str, &[&str]); 30] = [
        ("deliberazione", &["a2", "a1"]),
        ("deliberazioni", &["a2", "a1"]),
        ("DELIBERAZIONE ", &["a2", "a1"]),
        ("viabilità", &["a2", "a1"]),
        ("viabilita", &["a2", "a1"]),
        ("viabilità ", &["a2", "a1"]),
        ("viabil", &["a2", "a1"]),
        ("viabi", &["a2", "a1"]),
        ("viabi ", &[]),
        ("viabilita\u{300}", &["a2", "a1"]),
        ("dell'ente", &["a3", "a1"]),
        ("dell’ente", &["a3", "a1"]),
        ("enti ", &["a3", "a1"]),
        ("piano sosta", &["a2", "a1"]),
        ("\"piano della sosta\"", &["a1"]),
        ("\"piano sosta\"", &["a1"]),
        ("«sosta piano»", &[]),
        ("838/2020", &["a1"]),
        ("n. 838", &["a3", "a1"]),
        ("n.838/2020", &["a1"]),
        ("838/2021", &[]),
        ("perche citta", &["a3"]),
        ("mobilità", &["a5", "a1"]),
        ("direzione sport concessioni", &["a4"]),
        ("c/capitale", &["a2"]),
        ("J41B21000000001", &["a4"]),
        ("skoda", &["a5"]),
        ("東京", &["a5"]),
        ("near and not", &["a6"]),
        ("della il per", &["nothing asked"]),
    ];
    for (typed, expected) in questions {
        assert_eq!(found(&fixture.store, typed, Scope::Everything).await, expected, "«{typed}»");
    }
    // What would be a sign of the engines' own languages is only text.
    for typed in ["'", "\"", "a:b", "x*", "(", "\\", "& | !", "<->", "subject:centri", "1=1"] {
        found(&fixture.store, typed, Scope::Everything).await;
    }
}

async fn a_phrase_does_not_go_from_one_part_to_another(fixture: Fixture) {
    filled(&fixture.store).await;
    for typed in ["\"Castello Direzione\"", "\"Mobilità vista\"", "\"estivi Direzione\""] {
        assert_eq!(found(&fixture.store, typed, Scope::Everything).await, [""; 0], "{typed}");
    }
    let inside = found(&fixture.store, "\"direzione mobilità\"", Scope::Everything).await;
    assert_eq!(inside, ["a5", "a1"]);
}

async fn who_may_not_read_finds_nothing(fixture: Fixture) {
    filled(&fixture.store).await;
    let question = Question::parse("deliberazioni").expect("a question");
    let asked = |readable: &str| {
        let readable = Clause::Any(vec![
            Clause::Word(key("person", "nessuno")),
            Clause::Word(key("stage", readable)),
        ]);
        Clause::All(vec![question.clause(Scope::Everything), readable])
    };
    for (stage, expected) in [("adopted", 2), ("draft", 0)] {
        let acts = fixture.store.find_acts(&asked(stage), None, 50).await.expect("search");
        assert_eq!(acts.len(), expected, "{stage}");
    }
    // What no one can type is no way in.
    let typed = key("stage", "adopted");
    assert_eq!(found(&fixture.store, &typed, Scope::Everything).await, [""; 0]);
}

async fn a_public_search_does_not_look_into_the_text(fixture: Fixture) {
    filled(&fixture.store).await;
    for (typed, expected) in [
        ("viabilità", &["a1"][..]),
        ("sosta", &[]),
        ("\"centri estivi\"", &["a2"]),
        ("838", &["a1"]),
        ("mobilit", &["a5", "a1"]),
    ] {
        assert_eq!(found(&fixture.store, typed, Scope::Object).await, expected, "{typed}");
    }
}

async fn what_changed_is_marked_by_the_write_itself(fixture: Fixture) {
    let store = &fixture.store;
    let case = StreamId::case("c1");
    let write = |version| WriteSet {
        events: vec![event(&case, "drafted")],
        rows: vec![delibera::domain::rows::Row::Case(case_row("c1", version))],
        ..WriteSet::default()
    };
    let read = || ReadSet::streams([case.clone()]);
    put(store, read(), write(1)).await.expect("write");
    put(store, read(), write(2)).await.expect("write");
    assert_eq!(store.unindexed(10).await.expect("marks"), [("c1".to_owned(), 2)]);
    // It moved after it was read: the mark stays.
    store.leave_unindexed("c1", 1).await.expect("mark");
    assert_eq!(store.unindexed(10).await.expect("marks").len(), 1);
    store.leave_unindexed("c1", 2).await.expect("mark");
    assert_eq!(store.unindexed(10).await.expect("marks"), []);
    // Nothing was put into the index: a worker that starts notices.
    assert_eq!(store.mark_unindexed().await.expect("marks"), 1);
    let act = SearchAct { case: "c1".into(), version: 2, ..SearchAct::default() };
    store.index_act(&act).await.expect("index");
    assert_eq!(store.unindexed(10).await.expect("marks"), []);
    assert_eq!(store.mark_unindexed().await.expect("marks"), 0);
    // Words of another program are made again.
    fixture.raw("UPDATE search_acts SET format = 0").await.expect("raw");
    assert_eq!(store.mark_unindexed().await.expect("marks"), 1);
}

async fn an_act_is_read_again_only_as_something_newer(fixture: Fixture) {
    let store = &fixture.store;
    let act = |version, subject: &str| {
        let said = Said { subject: subject.into(), ..Said::default() };
        SearchAct { case: "c1".into(), version, words: index(&said, &[]), ..SearchAct::default() }
    };
    store.index_act(&act(5, "fontane")).await.expect("index");
    store.index_act(&act(4, "mercati")).await.expect("index");
    assert_eq!(found(store, "fontane", Scope::Everything).await, ["c1"]);
    assert_eq!(found(store, "mercati", Scope::Everything).await, [""; 0]);
    store.index_act(&act(6, "scuole")).await.expect("index");
    assert_eq!(found(store, "scuole", Scope::Everything).await, ["c1"]);
    assert_eq!(found(store, "fontane", Scope::Everything).await, [""; 0]);
}

/// Ten numbers of a register, one act each; every third immediately enforceable.
async fn ten_numbers(fixture: &Fixture) {
    open_register(&fixture.store, "albo", 0).await;
    for n in 1..=10 {
        let case = StreamId::case(format!("c{n}"));
        take_number(&fixture.store, "albo", case.clone()).await.expect("number");
        let mut row = case_row(&case.id, 2);
        row.office = if n % 2 == 0 { "pari" } else { "dispari" }.into();
        row.lifecycle = "posted".into();
        row.immediate = n % 3 == 0;
        let write =
            WriteSet { rows: vec![delibera::domain::rows::Row::Case(row)], ..WriteSet::default() };
        put(&fixture.store, ReadSet::default(), write).await.expect("row");
        let subject = format!("oggetto {} numero{n}", if n > 5 { "alto" } else { "basso" });
        let said = Said { subject, ..Said::default() };
        let act = SearchAct {
            case: case.id.clone(),
            version: 2,
            words: index(&said, &[]),
            off_on: day().checked_add_days(Days::new(n)),
            ended: (n == 4).then(|| (day(), "revoked".into())),
            ..SearchAct::default()
        };
        fixture.store.index_act(&act).await.expect("index");
    }
}

async fn numbers(fixture: &Fixture, filter: LineFilter) -> Vec<i64> {
    let filter = LineFilter { register: "albo".into(), limit: 50, ..filter };
    let lines = fixture.store.register_lines(&filter).await.expect("lines");
    lines.into_iter().map(|line| line.number).collect()
}

async fn a_register_goes_on_from_its_last_line(fixture: Fixture) {
    ten_numbers(&fixture).await;
    let all = LineFilter { today: day(), ..LineFilter::default() };
    let with = |change: &dyn Fn(&mut LineFilter)| {
        let mut filter = all.clone();
        change(&mut filter);
        filter
    };
    let cases: [(LineFilter, &[i64]); 8] = [
        (all.clone(), &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (with(&|f| f.before = Some((2026, 4))), &[3, 2, 1]),
        (with(&|f| f.year = Some(2025)), &[]),
        (with(&|f| f.office = Some("pari".into())), &[10, 8, 6, 4, 2]),
        (with(&|f| f.immediate = Some(true)), &[9, 6, 3]),
        (with(&|f| f.from = day().succ_opt()), &[]),
        (with(&|f| (f.from, f.to) = (Some(day()), Some(day()))), &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (with(&|f| f.kind = Some("ordinanza".into())), &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(numbers(&fixture, filter.clone()).await, expected, "{filter:?}");
    }
    let words = Question::parse("alto ").map(|question| question.clause(Scope::Everything));
    let worded = LineFilter { words, office: Some("pari".into()), ..all.clone() };
    assert_eq!(numbers(&fixture, worded).await, [10, 8, 6]);
    let whole = LineFilter { register: "albo".into(), office: Some("pari".into()), ..all };
    let reached = fixture.store.register_reached(&whole).await.expect("reached");
    assert_eq!(reached, None, "so few lines are read at once");
    let years = fixture.store.register_years("albo").await.expect("years");
    assert_eq!(years, [2026]);
}

async fn the_state_of_a_line_is_that_of_the_day(fixture: Fixture) {
    ten_numbers(&fixture).await;
    let on = |days: u64, albo: bool, state: &str| LineFilter {
        albo,
        state: Some(state.into()),
        today: day().checked_add_days(Days::new(days)).expect("day"),
        ..LineFilter::default()
    };
    assert_eq!(numbers(&fixture, on(7, true, "posted")).await, [10, 9, 8]);
    assert_eq!(numbers(&fixture, on(7, true, "posting_ended")).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(numbers(&fixture, on(7, false, "posting_ended")).await, [7, 6, 5, 3, 2, 1]);
    assert_eq!(numbers(&fixture, on(7, false, "revoked")).await, [4]);
    let before = LineFilter { today: day().pred_opt().expect("day"), ..on(0, false, "revoked") };
    assert_eq!(numbers(&fixture, before).await, [0; 0]);
}

async fn lengths_add_up_by_office(fixture: Fixture) {
    let measure = |office: &str, days, late| Measure {
        what: "opinion/technical".into(),
        office: office.into(),
        day: day(),
        days,
        late,
    };
    for (case, measures) in [
        ("c1", vec![measure("verde", 2, false), measure("scuole", 9, true)]),
        ("c2", vec![measure("verde", 2, false), measure("verde", 7, true)]),
    ] {
        let act = SearchAct { case: case.into(), version: 1, measures, ..SearchAct::default() };
        fixture.store.index_act(&act).await.expect("index");
    }
    let year = |year: i32| {
        let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("day");
        (first(year), first(year + 1))
    };
    let line = |office: &str, days, count, late| {
        ("opinion/technical".to_owned(), office.to_owned(), days, count, late)
    };
    let all = fixture.store.spreads(year(2026), None).await.expect("spreads");
    assert_eq!(all, [line("scuole", 9, 1, 1), line("verde", 2, 2, 0), line("verde", 7, 1, 1)]);
    let own = fixture.store.spreads(year(2026), Some("scuole")).await.expect("spreads");
    assert_eq!(own, [line("scuole", 9, 1, 1)]);
    assert_eq!(fixture.store.spreads(year(2025), None).await.expect("spreads"), []);
    // Read again with fewer lengths: the old ones are gone.
    let act = SearchAct { case: "c2".into(), version: 2, ..SearchAct::default() };
    fixture.store.index_act(&act).await.expect("index");
    assert_eq!(fixture.store.spreads(year(2026), None).await.expect("spreads").len(), 2);
}

/// After a restore there is much to read: a process that is told to end does not read it all first.
async fn who_is_stopped_leaves_the_rest_of_the_index_for_later(fixture: Fixture) {
    let store = &fixture.store;
    let rows = (0..200).map(|n| Row::Case(case_row(&format!("c{n}"), 1))).collect();
    put(store, ReadSet::default(), WriteSet { rows, ..WriteSet::default() }).await.expect("acts");
    let left = async || store.unindexed(1_000).await.expect("marks").len();
    assert_eq!(left().await, 200);
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    assert_eq!(catch_up(&executor, &|| false).await.expect("nothing"), 0);
    let once = AtomicBool::new(true);
    let some = catch_up(&executor, &|| once.swap(false, Ordering::Relaxed)).await.expect("some");
    assert!(some > 0 && some < 200, "{some}");
    assert_eq!(left().await, 200 - some);
    catch_up(&executor, &|| true).await.expect("the rest");
    assert_eq!(left().await, 0);
}
