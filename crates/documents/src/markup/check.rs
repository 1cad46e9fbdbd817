// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a user's own text may not contain; all of it is reported at once.

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};

use super::directive::is_fence;
use super::markdown::{self, HTML, IMAGE, LINK};
use crate::TextProblem;
use crate::text;

/// Deeper nesting leaves no measure to set text in.
const DEEPEST_LIST: usize = 5;

/// Every problem that can be seen without laying the text out, in order of line.
pub(crate) fn problems(text: &str) -> Vec<TextProblem> {
    let mut problems = Vec::new();
    let mut add = |line: usize, reason: String| problems.push(TextProblem { line, reason });
    for (index, line) in text.lines().enumerate() {
        if is_fence(line) {
            add(index + 1, "le righe che iniziano con «:::» sono riservate ai modelli".to_owned());
        }
        let mut seen = Vec::new();
        for character in text::unprintable(line) {
            if !seen.contains(&character) {
                seen.push(character);
                let error = crate::RenderError::Character { character, line: index + 1 };
                add(index + 1, TextProblem::from(error).reason);
            }
        }
    }
    let arena = Arena::new();
    let root = parse_document(&arena, &markdown::literal(text), &markdown::options());
    for node in root.descendants() {
        if let Some(reason) = refused(node) {
            add(node.data.borrow().sourcepos.start.line.max(1), reason.to_owned());
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

fn refused(node: Node<'_>) -> Option<&'static str> {
    match &node.data.borrow().value {
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => Some(HTML),
        NodeValue::Image(_) => Some(IMAGE),
        NodeValue::CodeBlock(_) => {
            Some("blocco di codice: togliere il rientro di quattro spazi o i segni ~~~")
        }
        NodeValue::Link(link) if !markdown::is_allowed_link(&link.url) => Some(LINK),
        NodeValue::Heading(heading) if heading.level > 4 => Some("titolo oltre il quarto livello"),
        NodeValue::List(_) if list_depth(node) > DEEPEST_LIST => {
            Some("elenco annidato oltre il quinto livello")
        }
        _ => None,
    }
}

fn list_depth(node: Node<'_>) -> usize {
    let is_list = |n: &Node<'_>| matches!(n.data.borrow().value, NodeValue::List(_));
    node.ancestors().filter(is_list).count()
}
