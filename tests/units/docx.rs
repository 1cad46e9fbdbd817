// SPDX-License-Identifier: AGPL-3.0-or-later
//! DOCX: what is kept of the body, and what is left out.

use super::import::packed;
use delibera::service::import::import;

const NUMBERING: &str = r#"<w:numbering xmlns:w="w">
    <w:abstractNum w:abstractNumId="4"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl>
    <w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
    <w:num w:numId="7"><w:abstractNumId w:val="4"/></w:num></w:numbering>"#;

/// A document of paragraphs.
pub fn document(body: &str) -> Vec<u8> {
    let document = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    let styles = r#"<w:styles xmlns:w="w"><w:style w:styleId="Titolo1"><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#;
    packed(&[
        ("word/document.xml", &document),
        ("word/numbering.xml", NUMBERING),
        ("word/styles.xml", styles),
    ])
}

/// A paragraph of a list that counts at its first level.
pub fn item(level: u8, text: &str) -> String {
    format!(
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"7\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
    )
}

#[test]
fn tables_lists_and_bold_are_kept() {
    let table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Voce</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Euro</w:t></w:r></w:p></w:tc></w:tr>\
         <w:tr><w:tc><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Sedie</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>1.000 &amp; più</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let body = format!(
        "<w:p><w:pPr><w:pStyle w:val=\"Titolo1\"/></w:pPr><w:r><w:t>Premesse</w:t></w:r></w:p>{}{}{}{table}",
        item(0, "uno"),
        item(1, "sotto"),
        item(0, "due")
    );
    let imported = import(&document(&body)).expect("a document");
    let expected = "# Premesse\n\n1. uno\n   - sotto\n2. due\n\n\
         | Voce | Euro |\n|---|---|\n| **Sedie** | 1.000 & più |";
    assert_eq!(imported.premises, expected);
    assert_eq!(delibera_documents::check_text(&imported.premises), Ok(()));
    assert!(imported.left_out.is_empty());
}

#[test]
fn what_is_left_out_is_said_with_its_paragraph() {
    let body = "<w:p><w:r><w:t>Testo</w:t></w:r></w:p>\
         <w:p><w:r><w:drawing/></w:r><w:del><w:r><w:delText>via</w:delText></w:r></w:del></w:p>";
    let imported = import(&document(body)).expect("a document");
    assert_eq!(imported.premises, "Testo");
    let wanted = [
        "paragrafo 2: immagine o oggetto: va allegato",
        "paragrafo 2: testo cancellato in revisione",
    ];
    assert_eq!(imported.left_out, wanted);
}
