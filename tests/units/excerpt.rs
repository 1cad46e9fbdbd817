// SPDX-License-Identifier: AGPL-3.0-or-later
//! The part of a text that answers a question.

use delibera::domain::search::{Piece, Question, excerpt};

fn shown(text: &str, typed: &str, words: usize) -> String {
    let question = Question::parse(typed).map(|q| excerpt(text, &q, words));
    let piece = |p: Piece| if p.found { format!("[{}]", p.text) } else { p.text };
    question.into_iter().flatten().map(piece).collect()
}

#[test]
fn the_words_found_are_marked_as_they_are_written() {
    let text = "Approvazione dei **Centri** estivi: la VIABILITÀ dell'ente.";
    assert_eq!(
        shown(text, "centro viabilita", 40),
        "Approvazione dei [Centri] estivi: la [VIABILITÀ] dell'ente."
    );
    assert_eq!(shown("Delibera n. 838/2020", "838/2020", 40), "Delibera n. [838]/[2020]");
}

#[test]
fn a_long_text_is_cut_around_what_was_found() {
    let text = format!("{} piano della sosta {}", "prima ".repeat(100), "dopo ".repeat(100));
    let shown = shown(&text, "\"piano della sosta\"", 20);
    assert!(shown.starts_with("… prima") && shown.ends_with("dopo …"), "{shown}");
    assert!(shown.contains("[piano] della [sosta]"), "{shown}");
}
