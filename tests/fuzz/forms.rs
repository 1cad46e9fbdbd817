// SPDX-License-Identifier: AGPL-3.0-or-later
//! Forms as a browser sends them, or as somebody pretends it does: fields and files.

use crate::attack::{Said, Target};
use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::{Request, header};
use chrono::NaiveDate;
use delibera::domain::case::{Case, Condition, Content, Effects, Gates};
use delibera::web::error::WebError;
use delibera::web::forms::Reader;
use delibera::web::proposal::form::{Known, content_of, input_of, touched};
use delibera::web::upload::{Sent, examine};
use tokio::runtime::Runtime;

/// A proposal as its form sends it.
fn proposal() -> Vec<u8> {
    let content = Content {
        subject: "Lavori al ponte".into(),
        offices: vec!["lavori".into(), "ambiente".into()],
        rapporteurs: vec!["bianchi".into()],
        text: "Premesso che il ponte è vecchio".into(),
        decision: vec!["uno".into(), "due\n\n- a".into()],
        cup: Some("J11B20000010001".into()),
        gates: Gates {
            effects: Effects::Some {
                amount_cents: Some(125_000),
                chapter: Some("10".into()),
                financing: None,
            },
            public_investment: true,
            conditions: vec![Condition::GrantTransparency],
            ..Gates::default()
        },
        effect_date: NaiveDate::from_ymd_opt(2026, 1, 2),
        ..Content::default()
    };
    input_of(&content).encoded().into_bytes()
}

/// What the pages do with it: the fields become a content, every file is looked at.
fn received(runtime: &Runtime, kind: &str, body: &[u8]) -> Said {
    let request = Request::builder()
        .method("POST")
        .uri("/proposte/prova")
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body.to_vec()))
        .expect("a request");
    let sent = match runtime.block_on(Sent::from_request(request, &())) {
        Ok(sent) => sent,
        Err(WebError::Refused(_, refusal)) => return Err(vec![refusal.text]),
        Err(other) => panic!("not a refusal: {other:?}"),
    };
    let case = Case::new("prova");
    let mut reader = Reader::new(&sent.input).with(&sent.files);
    let known = Known { case: &case, files: &[], acts: &[] };
    drop((content_of(&sent.input, &known, &mut reader), touched(&sent.input)));
    let mut wrong: Vec<String> = reader.errors.into_iter().map(|(_, text)| text).collect();
    wrong.extend(sent.files.iter().filter_map(|file| examine(file).err()).map(|no| no.text));
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

#[test]
fn a_form_is_read_or_told_why_not() {
    let runtime = Runtime::new().expect("a runtime");
    let kind = "application/x-www-form-urlencoded";
    let words = ["&", "=", "%", "%00", "%ff", "%F0%9F%92%A5", "+", "oggetto=", "&effetti=some&"];
    Target { name: "form", seeds: vec![proposal()], words: &words }
        .survives(|body| received(&runtime, kind, body));
}

#[test]
fn a_form_with_files_is_read_or_told_why_not() {
    let runtime = Runtime::new().expect("a runtime");
    let kind = "multipart/form-data; boundary=confine";
    let seed = "--confine\r\nContent-Disposition: form-data; name=\"oggetto\"\r\n\r\nPonte\r\n\
        --confine\r\nContent-Disposition: form-data; name=\"allegati\"; filename=\"voci.csv\"\r\n\
        Content-Type: text/csv\r\n\r\nvoce;euro\nsedie;10\n\r\n--confine--\r\n";
    let words = ["--confine", "--confine--\r\n", "\r\n\r\n", "filename=\"", "../../", "%PDF-1.7"];
    Target { name: "form with files", seeds: vec![seed.into()], words: &words }.survives(|body| {
        // The seed lacks what a proposal must have: here only the reading of the form is on trial.
        match received(&runtime, kind, body) {
            Err(wrong) if body == seed.as_bytes() => {
                assert!(!wrong.iter().any(|text| text.contains("leggere")), "{wrong:?}");
                Ok(())
            }
            said => said,
        }
    });
}
