// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a person types, as what the engines are asked.

use delibera::domain::search::{Clause, Question, Scope};

/// What is asked of a whole act, part by part.
fn parts(typed: &str) -> Vec<Clause> {
    match Question::parse(typed).map(|question| question.clause(Scope::Everything)) {
        Some(Clause::All(parts)) => parts,
        _ => Vec::new(),
    }
}

/// Stems one after the other; one is a word.
fn stemmed(words: &[&str]) -> Clause {
    match words {
        [word] => Clause::Word(format!("w{word}")),
        _ => Clause::Phrase(words.iter().map(|word| format!("w{word}")).collect()),
    }
}

/// A word perhaps unfinished: its stem, or a form that begins so.
fn unfinished(word: &str) -> Clause {
    Clause::Any(vec![stemmed(&[word]), Clause::Begun(format!("f{word}"))])
}

#[test]
fn numbers_are_read_however_they_are_written() {
    for typed in ["838/2020", "n. 838/2020", "n.838/2020", "N° 838/2020", "838/2020."] {
        let number = Question::parse(typed).and_then(|q| q.number());
        assert_eq!(number, Some((838, Some(2020))), "{typed}");
    }
    assert_eq!(Question::parse("n. 838").and_then(|q| q.number()), Some((838, None)));
    assert_eq!(Question::parse("delibera 838").and_then(|q| q.number()), None);
    assert_eq!(Question::parse("838/A").and_then(|q| q.number()), None);
}

#[test]
fn quotes_keep_words_together_and_an_open_one_is_no_quote() {
    assert_eq!(parts("\"centri estivi\" "), [stemmed(&["centr", "estiv"])]);
    assert_eq!(parts("«centri dell'ente» "), [stemmed(&["centr", "ent"])]);
    assert_eq!(parts("\"centri estivi "), [stemmed(&["centr"]), stemmed(&["estiv"])]);
}

#[test]
fn only_the_last_word_may_be_unfinished() {
    assert_eq!(parts("centri viabil"), [stemmed(&["centr"]), unfinished("viabil")]);
    assert_eq!(parts("centri viabil "), [stemmed(&["centr"]), stemmed(&["viabil"])]);
    assert_eq!(parts("vi"), [stemmed(&["vi"])]);
}

#[test]
fn a_question_of_articles_asks_nothing() {
    assert_eq!(Question::parse("  della, il «e» "), None);
    assert_eq!(parts("'\" OR 1=1 --").len(), 2);
}
