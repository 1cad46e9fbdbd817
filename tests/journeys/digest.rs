// SPDX-License-Identifier: AGPL-3.0-or-later
//! The digest of the day, end to end: what is owed, what is sent, what has fallen out by then.

use super::folder;
use delibera::service::scenario;
use delibera::service::verify::verify;
use delibera::store::{JobFilter, JobState, Store};
use mail_parser::MessageParser;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn signers_get_one_digest_a_day_of_what_is_still_theirs_to_sign() {
    let dir = folder("digest");
    let file = Path::new("tests/scenarios/riepilogo.toml");
    let runner = scenario::run(scenario::load(file).unwrap(), &dir, None).await.unwrap();
    let report = runner.go(|_| {}).await.unwrap();
    assert!(report.expectations.failed.is_empty(), "{:?}", report.expectations.failed);

    let sent = digests(&dir);
    let told: Vec<(&str, &str, Vec<&str>)> =
        sent.iter().map(|(at, to, acts)| (at.as_str(), to.as_str(), names(acts))).collect();
    let all = vec!["modalità di accesso", "rete dei Comuni", "parchi di quartiere"];
    let left = vec!["rete dei Comuni", "parchi di quartiere"];
    assert_eq!(
        told,
        [
            ("20240831T060000Z", "conti", left.clone()),
            ("20240831T060000Z", "greco", all),
            // Nothing is left to the Segretario: nobody writes to him.
            ("20240902T060000Z", "conti", left),
        ]
    );
    let single = report.mails.iter().filter(|mail| mail.event == "to_sign");
    let of_act = |subject: &str| subject.contains(": deliberazione");
    assert_eq!(single.filter(|mail| of_act(&mail.subject)).count(), 0, "told once, in the digest");

    let url = format!("sqlite:{}", dir.join("delibera.db").display());
    let store = Store::connect(&url).await.unwrap();
    assert_eq!(verify(&store, None, |_| {}).await.unwrap().finding, None, "replay owes the same");
    let jobs = store.jobs(&JobFilter::default()).await.unwrap();
    let digests = jobs.iter().filter(|job| job.kind == "digest");
    let keys: Vec<(&str, bool)> =
        digests.map(|job| (job.key.as_str(), job.state == JobState::Done)).collect();
    assert_eq!(
        keys,
        [
            ("digest:2024-08-31:conti", true),
            ("digest:2024-08-31:greco", true),
            ("digest:2024-09-02:conti", true),
            ("digest:2024-09-02:greco", true),
            ("digest:2024-09-07:conti", false),
            ("digest:2024-09-07:greco", false),
        ]
    );
    store.close().await;
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Instant, recipient and text of every digest that was sent, in order.
fn digests(dir: &Path) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir.join("mail")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let Some((at, rest)) = name.split_once("-riepilogo-") else { continue };
        let bytes = std::fs::read(entry.path()).unwrap();
        let message = MessageParser::default().parse(&bytes).unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        let to = ["conti", "greco"].into_iter().find(|who| rest.contains(who)).unwrap_or("?");
        found.push((at.to_owned(), to.to_owned(), text));
    }
    found.sort();
    found
}

fn names(text: &str) -> Vec<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = ["modalità di accesso", "rete dei Comuni", "parchi di quartiere"];
    all.into_iter().filter(|name| text.contains(name)).collect()
}
