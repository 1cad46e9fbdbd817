// SPDX-License-Identifier: AGPL-3.0-or-later
//! A user's text on a screen: HTML from the same blocks that are laid out on paper. A preview, so
//! no class, no style, no script: the page around it says how it looks.

use crate::markup::{Block, Cell, ColumnAlign, Kind, Marker, Span, Table};

/// Blocks as HTML.
pub(crate) fn html(blocks: &[Block]) -> String {
    let mut out = String::new();
    blocks.iter().for_each(|block| write_block(&mut out, block));
    out
}

fn write_block(out: &mut String, block: &Block) {
    match &block.kind {
        Kind::Heading { level, text } => {
            let level = (*level).clamp(3, 6);
            tag(out, &format!("h{level}"), |out| spans(out, text));
        }
        Kind::Paragraph(text) => tag(out, "p", |out| spans(out, text)),
        Kind::List { marker, tight, items } => list(out, *marker, *tight, items),
        Kind::Quote(inside) => tag(out, "blockquote", |out| all(out, inside)),
        Kind::Table(table) => write_table(out, table),
        Kind::Rule => out.push_str("<hr>"),
        Kind::Centered(inside)
        | Kind::Framed(inside)
        | Kind::Small(inside)
        | Kind::Together(inside) => all(out, inside),
        // What only templates write is not in a user's text.
        Kind::Labels(_) | Kind::Signatures(_) | Kind::Coded { .. } | Kind::PageBreak => {}
    }
}

fn all(out: &mut String, blocks: &[Block]) {
    blocks.iter().for_each(|block| write_block(out, block));
}

fn tag(out: &mut String, name: &str, inside: impl FnOnce(&mut String)) {
    out.push_str(&format!("<{name}>"));
    inside(out);
    out.push_str(&format!("</{name}>"));
}

fn list(out: &mut String, marker: Marker, tight: bool, items: &[Vec<Block>]) {
    let (open, close) = match marker {
        Marker::Bullet => ("<ul>".to_owned(), "</ul>"),
        Marker::Number { start, .. } => (format!("<ol start=\"{start}\">"), "</ol>"),
    };
    out.push_str(&open);
    for item in items {
        out.push_str("<li>");
        for block in item {
            match &block.kind {
                Kind::Paragraph(text) if tight => spans(out, text),
                _ => write_block(out, block),
            }
        }
        out.push_str("</li>");
    }
    out.push_str(close);
}

fn write_table(out: &mut String, table: &Table) {
    out.push_str("<table>");
    if !table.header.is_empty() {
        out.push_str("<thead>");
        row(out, "th scope=\"col\"", "th", &table.header, &table.align);
        out.push_str("</thead>");
    }
    out.push_str("<tbody>");
    table.rows.iter().for_each(|cells| row(out, "td", "td", cells, &table.align));
    out.push_str("</tbody></table>");
}

fn row(out: &mut String, open: &str, close: &str, cells: &[Cell], align: &[ColumnAlign]) {
    out.push_str("<tr>");
    for (index, cell) in cells.iter().enumerate() {
        let align = match align.get(index) {
            Some(ColumnAlign::Center) => " data-align=\"center\"",
            Some(ColumnAlign::Right) => " data-align=\"right\"",
            Some(ColumnAlign::Left) | None => "",
        };
        out.push_str(&format!("<{open}{align}>"));
        spans(out, cell);
        out.push_str(&format!("</{close}>"));
    }
    out.push_str("</tr>");
}

fn spans(out: &mut String, spans: &[Span]) {
    for span in spans {
        let link = span.link.as_deref();
        if let Some(url) = link {
            out.push_str(&format!("<a href=\"{}\" rel=\"noreferrer\">", plain(url)));
        }
        let marks = [("strong", span.bold), ("em", span.italic)];
        let used = || marks.iter().filter(|(_, on)| *on);
        used().for_each(|(name, _)| out.push_str(&format!("<{name}>")));
        out.push_str(&plain(&span.text).replace('\n', "<br>"));
        used().rev().for_each(|(name, _)| out.push_str(&format!("</{name}>")));
        if link.is_some() {
            out.push_str("</a>");
        }
    }
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::text_html;

    #[test]
    fn a_text_is_shown_as_it_will_be_laid_out() {
        let text = "Visto l'art. 48;\n\n| Voce | € |\n|---|---:|\n| **Sedie** | 1.000 |\n\n3. tre\n4. quattro";
        let html = text_html(text).expect("a good text");
        assert!(html.contains("<p>Visto l&#39;art. 48;</p>"), "{html}");
        assert!(
            html.contains("<td><strong>Sedie</strong></td><td data-align=\"right\">1.000</td>")
        );
        assert!(html.contains("<ol start=\"3\"><li>tre</li><li>quattro</li></ol>"), "{html}");
    }

    #[test]
    fn what_looks_like_html_stays_text() {
        let html = text_html("1 \\< 2 & \"tre\"").expect("a good text");
        assert_eq!(html, "<p>1 &lt; 2 &amp; &quot;tre&quot;</p>");
    }

    #[test]
    fn what_cannot_be_printed_is_not_shown_either() {
        let problems = text_html("bene\n\n<script>alert(1)</script>").expect_err("refused");
        assert_eq!(problems[0].line, 3);
    }
}
