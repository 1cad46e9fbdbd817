// SPDX-License-Identifier: AGPL-3.0-or-later
//! The form of a proposal.

use chrono::NaiveDate;
use delibera::domain::case::{Case, Condition, Content, CouncilGate, Effects, Gates};
use delibera::domain::law::regulations::EntryIntoForce;
use delibera::web::forms::Reader;
use delibera::web::proposal::form::{Known, cents, content_of, input_of, money};

#[test]
fn money_goes_both_ways() {
    assert_eq!(money(1_250_000), "12.500,00");
    assert_eq!(money(5), "0,05");
    assert_eq!(cents("12.500,5"), Some(1_250_050));
    assert_eq!(cents("€ 1 200"), Some(120_000));
    assert_eq!(cents("mille"), None);
    assert_eq!(cents("1,234"), None);
}

#[test]
fn a_content_survives_its_form() {
    let content = Content {
        subject: "Lavori al ponte".into(),
        offices: vec!["lavori".into(), "ambiente".into()],
        rapporteurs: vec!["a".into(), "b".into()],
        text: "Premesso che".into(),
        decision: vec!["uno".into(), "due\n\n- a".into()],
        cup: Some("J11B20000010001".into()),
        gates: Gates {
            effects: Effects::Some {
                amount_cents: Some(999),
                chapter: Some("10".into()),
                financing: None,
            },
            public_investment: true,
            conditions: vec![Condition::GrantTransparency],
            council: CouncilGate::UrgentVariation,
            regulation: NaiveDate::from_ymd_opt(2026, 3, 1).map(|on| EntryIntoForce::OnDay { on }),
            ..Gates::default()
        },
        effect_date: NaiveDate::from_ymd_opt(2026, 1, 2),
        ..Content::default()
    };
    let case = Case { content: content.clone(), ..Case::new("x") };
    let input = input_of(&content);
    let mut reader = Reader::new(&input);
    let known = Known { case: &case, files: &[], acts: &[] };
    assert_eq!(content_of(&input, &known, &mut reader), content);
    assert!(reader.errors.is_empty(), "{:?}", reader.errors);
}
