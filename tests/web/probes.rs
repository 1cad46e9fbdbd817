// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Comune asks for its own public pages every hour: what it finds is kept, told, and printed in
//! the referto as facts; no date moves.

use crate::comune::{Comune, rome};
use crate::on_both_databases;
use crate::server::Browser;
use delibera::domain::case::{Case, terms_of};
use delibera::domain::digest::sha256_hex;
use delibera::domain::stream::StreamId;
use delibera::service::scenario;
use delibera::service::worker::Worker;
use delibera::store::Expected;

on_both_databases!(probes_become_part_of_the_referto, what_should_be_gone_is_looked_for_too,);

/// One hour's round at its minute, with the queue worked.
fn round(comune: &Comune, worker: &Worker, hour: &str) {
    comune.at(&format!("{hour}:22"));
    let from = rome(&format!("{hour}:22"));
    comune.at(&format!("{hour}:24"));
    comune.run(worker.tick(from, rome(&format!("{hour}:24")))).expect("queued");
    comune.run(worker.drain()).expect("worked");
}

fn act(comune: &Comune) -> Case {
    let world = comune.run(comune.office.executor.world(&[StreamId::case("obiettivi")]));
    world.expect("world").case("obiettivi").expect("case").clone()
}

fn told(worker: &Worker) -> Vec<String> {
    let sent = worker.sent.lock().expect("sent");
    let mails = sent.iter().filter(|mail| mail.message == "albo-non-raggiungibile");
    mails.map(|mail| mail.to.clone()).collect()
}

fn probes_become_part_of_the_referto(postgres: bool) {
    let scenario = scenario::demo().expect("demo");
    let comune = Comune::of(scenario, "2020-07-29 00:00", postgres);
    let pages = format!("http://{}", comune.pages);
    let worker = comune.worker(Some(pages));
    let store = &comune.office.executor.store;
    round(&comune, &worker, "2020-07-29 09");
    round(&comune, &worker, "2020-07-29 10");
    // The same hour queued by another process is the same work.
    comune.run(worker.tick(rome("2020-07-29 10:22"), rome("2020-07-29 10:24"))).expect("queued");
    comune.run(worker.drain()).expect("worked");
    let found = comune.run(store.probes(2020, 5012)).expect("probes");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|p| p.note.is_empty() && p.status == 200), "{found:?}");
    assert_eq!(told(&worker), Vec::<String>::new());
    // Nobody answers for two hours of one day: told once to each of those who answer for the Albo.
    let lost = Worker { pages: Some("http://127.0.0.1:9".into()), ..comune.worker(None) };
    let before = terms_of(&act(&comune));
    round(&comune, &lost, "2020-07-30 09");
    round(&comune, &lost, "2020-07-30 10");
    let mut people = told(&lost);
    people.sort();
    assert_eq!(people.len(), 2, "{people:?}");
    assert_eq!(terms_of(&act(&comune)), before, "no date moves by itself");
    round(&comune, &worker, "2020-08-11 23");
    // The term is over: the log is recorded, then the referto that prints it.
    comune.at("2020-08-12 07:31");
    comune.run(worker.drain()).expect("worked");
    let case = act(&comune);
    let found = &case.availability[&(2020, 5012)];
    assert_eq!((found.probes, found.failed), (5, 2));
    let log = comune.run(store.document(&found.sha256)).expect("store").expect("the log");
    assert_eq!(
        (log.media_type.as_str(), sha256_hex(&log.bytes)),
        ("text/csv", found.sha256.clone())
    );
    let text = String::from_utf8(log.bytes).expect("text");
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(text.contains("5012/2020,2020-07-29T09:24:00+02:00,200,raggiunto"), "{text}");
    assert!(text.contains("5012/2020,2020-07-30T09:24:00+02:00,0,l'Albo non risponde"), "{text}");
    assert!(
        comune.run(store.probes(2020, 5012)).expect("probes").is_empty(),
        "they are the log now"
    );
    assert!(case.posting_ended, "and the posting has ended");
    let referto = case.paper("referto_pubblicazione-5012").and_then(|p| p.sha256.clone());
    let pdf = comune.run(store.document(&referto.expect("composed"))).expect("store");
    let printed = text_of(&pdf.expect("kept").bytes, &comune);
    for words in ["n. 5 verifiche", "n. 2 senza esito", "ore 09:24", "ore 23:24"] {
        assert!(printed.contains(words), "«{words}» is not in\n{printed}");
    }
    let report =
        comune.run(delibera::service::verify::verify(store, None, |_| {})).expect("verify");
    assert_eq!(report.finding, None, "the record replays");
    // Who works on the act opens the log; a stranger does not.
    let path = format!("/fascicoli/obiettivi/documenti/{}", found.sha256);
    assert_eq!(Browser::person(comune.pages, "basile").get(&path).status, 200);
    assert_eq!(comune.citizen("10.2.0.1").get(&path).status, 303);
}

fn what_should_be_gone_is_looked_for_too(postgres: bool) {
    let scenario = scenario::demo().expect("demo");
    let comune = Comune::of(scenario, "2020-07-29 00:00", postgres);
    let pages = format!("http://{}", comune.pages);
    let worker = comune.worker(Some(pages));
    let store = &comune.office.executor.store;
    round(&comune, &worker, "2020-08-12 09");
    let gone = comune.run(store.probes(2020, 5012)).expect("probes");
    let found: Vec<_> = gone.iter().map(|p| (p.expected, p.status, p.note.as_str())).collect();
    assert_eq!(found, [(Expected::Gone, 410, "")]);
    // Without any probe of the posting the referto says nothing of them.
    let case = act(&comune);
    assert!(case.posting_ended && case.availability.is_empty());
    let referto = case.paper("referto_pubblicazione-5012").and_then(|p| p.sha256.clone());
    let pdf = comune.run(store.document(&referto.expect("composed"))).expect("store");
    let printed = text_of(&pdf.expect("kept").bytes, &comune);
    assert!(!printed.contains("verifiche"), "{printed}");
}

/// The words of a PDF on one line.
fn text_of(pdf: &[u8], comune: &Comune) -> String {
    let path = comune.folder.join("referto.pdf");
    std::fs::write(&path, pdf).expect("written");
    let out = std::process::Command::new("pdftotext").arg(&path).arg("-").output();
    let text = String::from_utf8_lossy(&out.expect("pdftotext").stdout).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
