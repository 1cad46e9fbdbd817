// SPDX-License-Identifier: AGPL-3.0-or-later
//! The contracts of `delibera terms` and `delibera vote` (design.md section 7), through the binary.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_delibera");

/// Runs the program; answers exit code, standard output, standard error.
fn run(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(BINARY)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let _ = feeder.join();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The answers of a batch, which must exit 0 with one answer a line.
fn batch(command: &str, lines: &[String]) -> Vec<Value> {
    let input = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (code, output, errors) = run(&[command, "--batch"], input.as_bytes());
    assert_eq!((code, errors.as_str()), (0, ""));
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

fn ask(command: &str, question: Value) -> Value {
    batch(command, &[question.to_string()]).remove(0)
}

/// The line is answered by an error and nothing else.
fn error_of(answer: &Value) -> String {
    let object = answer.as_object().unwrap();
    assert_eq!(object.keys().collect::<Vec<_>>(), ["error"], "{answer}");
    object["error"].as_str().unwrap().to_owned()
}

#[test]
fn terms_batch_answers_three_dates() {
    let answer =
        ask("terms", json!({"posted": "2020-07-28", "pub_count": "P-INC", "exec_count": "E-A"}));
    assert_eq!(
        answer,
        json!({"last_day": "2020-08-11", "off_on": "2020-08-12", "effective_on": "2020-08-07"})
    );
}

#[test]
fn terms_batch_outage_moves_executivity_only_under_e_c() {
    let dates = |exec_count: &str| {
        ask(
            "terms",
            json!({"posted": "2024-05-06", "pub_count": "P-EXC", "exec_count": exec_count,
                   "outage_days": 2}),
        )
    };
    assert_eq!(dates("E-A")["last_day"], "2024-05-23");
    assert_eq!(dates("E-A")["effective_on"], "2024-05-16");
    assert_eq!(dates("E-B")["effective_on"], "2024-05-17");
    assert_eq!(dates("E-C")["effective_on"], "2024-06-03");
}

#[test]
fn terms_batch_goes_on_after_bad_lines() {
    let good = r#"{"posted": "2024-05-06", "pub_count": "P-INC", "exec_count": "E-B"}"#;
    let with = |key: &str, value: Value| {
        let mut line: Value = serde_json::from_str(good).unwrap();
        line[key] = value;
        line.to_string()
    };
    let lines = [
        "non è JSON".to_owned(),
        "[1, 2]".to_owned(),
        String::new(),
        r#"{"posted": "2024-05-06", "pub_count": "P-INC"}"#.to_owned(),
        with("posted", json!("2023-02-29")),
        with("pub_count", json!("p-inc")),
        with("exec_count", json!(null)),
        with("outage_days", json!(-1)),
        with("outage_days", json!(1.5)),
        with("outage_days", json!(70_000)),
        with("outage", json!(1)),
        r#"{"posted": "2024-05-06", "posted": "2024-05-07", "pub_count": "P-INC"}"#.to_owned(),
        with("posted", json!("9999-12-31")),
        good.to_owned(),
    ];
    let answers = batch("terms", &lines);
    let errors: Vec<String> = answers[..13].iter().map(error_of).collect();
    assert_eq!(
        errors,
        [
            "la riga non è un oggetto JSON",
            "la riga non è un oggetto JSON",
            "la riga non è un oggetto JSON",
            "chiave mancante: exec_count",
            "posted: valore non ammesso (ammessi: data esistente, AAAA-MM-GG)",
            "pub_count: valore non ammesso (ammessi: P-INC | P-EXC)",
            "exec_count: valore non ammesso (ammessi: E-A | E-B | E-C)",
            "outage_days: serve un numero intero non negativo",
            "outage_days: serve un numero intero non negativo",
            "outage_days: numero troppo grande",
            "chiave sconosciuta: outage",
            "chiave ripetuta: posted",
            "il termine cade oltre l'anno 9999",
        ]
    );
    assert_eq!(answers[13]["effective_on"], "2024-05-17");
}

#[test]
fn terms_single_form() {
    let (code, page, _) = run(
        &["terms", "--posted", "2020-07-28", "--pub-count", "P-INC", "--exec-count", "E-A"],
        b"",
    );
    assert_eq!(code, 0);
    for text in [
        "Affissione       martedì 28 luglio 2020",
        "Ultimo giorno    martedì 11 agosto 2020, compreso",
        "Fuori dall'Albo  mercoledì 12 agosto 2020, ore 00:00",
        "Esecutiva dal    venerdì 7 agosto 2020, ore 00:00",
        "P-INC: il giorno di affissione è il primo del periodo (Cass. II 2563/2009",
        "E-A: dieci giorni dall'inizio della pubblicazione, giorno iniziale compreso",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[test]
fn terms_single_form_by_regulation() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/regulations/piccolo-comune.toml");
    let (code, page, _) = run(&["terms", "--posted", "2020-07-28", "--regulation", file], b"");
    assert_eq!(code, 0);
    assert!(page.contains("Ultimo giorno    mercoledì 12 agosto 2020, compreso"), "{page}");
    assert!(page.contains("(art. 29 Statuto; art. 2963, c. 2, c.c.)"), "{page}");
}

#[test]
fn terms_single_form_with_a_broken_regulation() {
    let folder = std::env::temp_dir().join(format!("delibera-law-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("regolamento.toml");
    std::fs::write(&file, "[pub_count]\nvalue = \"P-INC\"\nsource = \"art. 5\"\n").unwrap();
    let path = file.to_str().unwrap();
    let (code, page, errors) = run(&["terms", "--posted", "2020-07-28", "--regulation", path], b"");
    assert_eq!((code, page.as_str()), (1, ""));
    assert!(errors.contains("regolamento.toml:1: manca la chiave obbligatoria «exec_count»"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn terms_wrong_use_exits_2() {
    for args in [
        &["terms"][..],
        &["terms", "--posted", "2020-07-28"],
        &["terms", "--posted", "2020-07-28", "--pub-count", "P-INC"],
        &["terms", "--posted", "28/07/2020", "--pub-count", "P-INC", "--exec-count", "E-A"],
        &["terms", "--posted", "2020-07-28", "--regulation", "/non/esiste.toml"],
        &["terms", "--posted", "2020-07-28", "--regulation", "r.toml", "--pub-count", "P-INC"],
        &["terms", "--batch", "--posted", "2020-07-28"],
        &["pippo"],
        &[],
    ] {
        let (code, page, errors) = run(args, b"");
        assert_eq!((code, page.as_str()), (2, ""), "{args:?}");
        assert!(!errors.is_empty(), "{args:?}");
        assert!(!errors.contains("error:"), "in Italian: {errors}");
    }
}

/// The question of T-13, to be changed.
fn vote(changes: Value) -> Value {
    let mut question =
        json!({"members": 13, "present": 11, "favour": 11, "against": 0, "abstained": 0});
    for (key, value) in changes.as_object().unwrap() {
        question[key] = value.clone();
    }
    question
}

fn answer(quorum: bool, approved: Value, immediate: Value) -> Value {
    json!({"quorum": quorum, "approved": approved, "immediate": immediate})
}

fn counts(present: u32, favour: u32, against: u32, abstained: u32) -> Value {
    json!({"present": present, "favour": favour, "against": against, "abstained": abstained})
}

#[test]
fn vote_batch_answers_the_vectors() {
    let yes = || json!(true);
    let no = || json!(false);
    let with = |mut question: Value, key: &str, value: Value| {
        question[key] = value;
        question
    };
    let t_18 = || with(vote(counts(7, 6, 0, 0)), "conflicted", json!(1));
    let t_20 = || with(with(vote(counts(6, 6, 0, 0)), "members", json!(11)), "seats", json!(13));
    let small = || with(vote(counts(2, 2, 0, 0)), "members", json!(3));
    let cases = [
        ("T-13", vote(json!({})), answer(true, yes(), yes())),
        ("T-14", vote(counts(7, 6, 0, 1)), answer(true, yes(), no())),
        ("T-15", vote(counts(8, 4, 1, 3)), answer(true, yes(), no())),
        (
            "T-15 presenti",
            with(vote(counts(8, 4, 1, 3)), "vote_base", json!("presenti")),
            answer(true, no(), no()),
        ),
        ("T-16", vote(counts(12, 6, 6, 0)), answer(true, no(), no())),
        (
            "T-16 casting",
            with(vote(counts(12, 6, 6, 0)), "casting_vote", json!("favour")),
            answer(true, yes(), no()),
        ),
        ("T-17", vote(counts(6, 6, 0, 0)), answer(false, Value::Null, Value::Null)),
        ("T-18", t_18(), answer(true, yes(), no())),
        (
            "T-19",
            with(t_18(), "art78_counts_for_quorum", json!(false)),
            answer(false, Value::Null, Value::Null),
        ),
        ("T-20", t_20(), answer(true, yes(), yes())),
        (
            "T-20 assegnati",
            with(t_20(), "member_base", json!("assegnati")),
            answer(false, Value::Null, Value::Null),
        ),
        ("T-21", small(), answer(true, yes(), yes())),
        (
            "T-21 fixed",
            with(small(), "quorum_structural", json!("fixed:3")),
            answer(false, Value::Null, Value::Null),
        ),
        ("all abstained", vote(counts(9, 0, 0, 9)), answer(true, no(), no())),
        (
            "no casting vote",
            with(vote(counts(12, 6, 6, 0)), "casting_vote", Value::Null),
            answer(true, no(), no()),
        ),
    ];
    let lines: Vec<String> = cases.iter().map(|(_, question, _)| question.to_string()).collect();
    for ((name, _, expected), given) in cases.iter().zip(batch("vote", &lines)) {
        assert_eq!(given, *expected, "{name}");
    }
}

#[test]
fn vote_batch_goes_on_after_bad_lines() {
    let mut missing = vote(json!({}));
    missing.as_object_mut().unwrap().remove("abstained");
    let questions = [
        vote(json!({"present": 14})),
        vote(json!({"seats": 12})),
        vote(json!({"against": 1})),
        vote(json!({"conflicted": 1})),
        vote(json!({"quorum_structural": "fixed:14"})),
        vote(json!({"quorum_structural": "fixed:0"})),
        vote(json!({"favour": 11.0})),
        vote(json!({"favour": "11"})),
        vote(json!({"favour": -1})),
        vote(json!({"favour": null})),
        vote(json!({"favour": 5_000_000_000_u64})),
        vote(json!({"favor": 11})),
        vote(json!({"art78_in_vote_base": 1})),
        vote(json!({"casting_vote": "yes"})),
        missing,
    ];
    let mut lines: Vec<String> = questions.iter().map(Value::to_string).collect();
    lines.push(vote(json!({})).to_string());
    let answers = batch("vote", &lines);
    let errors: Vec<String> = answers[..15].iter().map(error_of).collect();
    assert_eq!(
        errors,
        [
            "i presenti (14) superano i componenti in carica (13)",
            "i componenti in carica (13) superano i seggi assegnati (12)",
            "favorevoli, contrari, astenuti e obbligati ad astenersi (12) superano i presenti (11)",
            "favorevoli, contrari, astenuti e obbligati ad astenersi (12) superano i presenti (11)",
            "il numero legale fisso (14) deve stare fra 1 e 13",
            "quorum_structural: valore non ammesso (ammessi: majority | half_up | fixed:K)",
            "favour: serve un numero intero non negativo",
            "favour: serve un numero intero non negativo",
            "favour: serve un numero intero non negativo",
            "favour: serve un numero intero non negativo",
            "favour: numero troppo grande",
            "chiave sconosciuta: favor",
            "art78_in_vote_base: serve true o false",
            "casting_vote: valore non ammesso (ammessi: favour | against)",
            "chiave mancante: abstained",
        ]
    );
    assert_eq!(answers[15], answer(true, json!(true), json!(true)));
}

#[test]
fn vote_single_form_takes_every_key() {
    let flags = "vote --members 11 --seats 13 --present 7 --conflicted 1 --favour 3 --against 3 \
                 --abstained 0 --quorum-structural half_up --member-base assegnati --vote-base \
                 votanti --casting-vote favour --art78-counts-for-quorum true --art78-in-vote-base \
                 false";
    let args: Vec<&str> = flags.split_whitespace().collect();
    let (code, page, _) = run(&args, b"");
    assert_eq!(code, 0);
    for text in [
        "Numero legale           raggiunto: 7 presenti utili, 7 necessari",
        "Esito                   APPROVATA: 3 favorevoli su 6, parità risolta dal presidente",
        "Immediata eseguibilità  no: 3 voti, ne occorrono 7",
        "7 voti su 13 (art. 134, c. 4, TUEL)",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    let underscores = flags.replace("quorum-structural", "quorum_structural");
    let args: Vec<&str> = underscores.split_whitespace().collect();
    assert_eq!(run(&args, b"").1, page, "keys are flags as they are written in JSON, too");
}

#[test]
fn vote_exit_codes() {
    let base = ["vote", "--members", "13", "--favour", "6", "--against", "0", "--abstained", "0"];
    let present = |number: &'static str| [&base[..], &["--present", number]].concat();
    assert_eq!(run(&present("6"), b"").0, 0, "no quorum is an answer");
    let (code, page, errors) = run(&present("14"), b"");
    assert_eq!((code, page.as_str()), (1, ""));
    assert_eq!(errors, "errore: i presenti (14) superano i componenti in carica (13)\n");
    assert_eq!(run(&base, b"").0, 2);
    assert_eq!(run(&present("-1"), b"").0, 2);
    assert_eq!(run(&["vote", "--batch", "--members", "3"], b"").0, 2);
    assert_eq!(run(&["vote", "--help"], b"").0, 0);
}

#[test]
fn a_batch_answers_line_by_line() {
    let mut child = Command::new(BINARY)
        .args(["vote", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for favour in 0..3 {
        writeln!(stdin, "{}", vote(json!({"favour": favour}))).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(r#"{"quorum":true"#), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_endless_line_is_refused_and_the_batch_goes_on() {
    let good = r#"{"posted":"2024-05-06","pub_count":"P-INC","exec_count":"E-A"}"#;
    let input = format!("{{\"posted\":\"{}\"}}\n{good}", "x".repeat(1 << 20));
    let (code, output, _) = run(&["terms", "--batch"], input.as_bytes());
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(code, 0);
    assert_eq!(lines[0], r#"{"error":"riga più lunga di 65536 byte"}"#);
    assert!(lines[1].contains(r#""last_day":"2024-05-20""#), "{output}");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let (code, output, _) = run(&["vote", "--batch"], b"\xff\xfe\n{}\n");
    let lines: Vec<Value> = output.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(code, 0);
    error_of(&lines[0]);
    assert_eq!(error_of(&lines[1]), "chiave mancante: members");
}

#[test]
fn a_hundred_thousand_lines_in_a_moment() {
    let line = r#"{"posted":"2024-05-06","pub_count":"P-INC","exec_count":"E-A","outage_days":1}"#;
    let input = format!("{line}\n").repeat(100_000);
    let start = Instant::now();
    let (code, output, _) = run(&["terms", "--batch"], input.as_bytes());
    assert_eq!((code, output.lines().count()), (0, 100_000));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
