// SPDX-License-Identifier: AGPL-3.0-or-later
//! A new proposal: the models, and the words of an earlier act.

use delibera::domain::case::{Case, Effects, Gates};
use delibera::service::documents::check_text;
use delibera::web::proposal::{MODELS, words_of};

#[test]
fn every_model_can_be_printed() {
    assert!(MODELS.len() >= 5, "{}", MODELS.len());
    for model in MODELS.iter() {
        for text in model.decision.iter().chain([&model.text]) {
            assert_eq!(check_text(text), Ok(()), "{}", model.id);
        }
    }
}

#[test]
fn a_copy_takes_no_answer_of_law() {
    let mut case = Case::new("x");
    case.content.text = "Premesso".into();
    case.content.cup = Some("J11B20000010001".into());
    case.content.gates.personal_data = true;
    case.content.gates.effects = Effects::None;
    let copy = words_of(&case);
    assert_eq!((copy.text.as_str(), copy.cup), ("Premesso", None));
    assert_eq!(copy.gates, Gates::default());
}
