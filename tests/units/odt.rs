// SPDX-License-Identifier: AGPL-3.0-or-later
//! ODT: what is kept of the text.

use super::import::packed;
use delibera::service::import::{ImportError, import};

fn document(body: &str) -> Vec<u8> {
    let styles = "<s:style s:name=\"G\"><s:text-properties f:font-weight=\"bold\"/></s:style>\
         <t:list-style s:name=\"L\"><t:list-level-style-number t:level=\"1\" s:num-format=\"1\"/>\
         <t:list-level-style-bullet t:level=\"2\"/></t:list-style>";
    let content = format!(
        "<o:document-content xmlns:o=\"o\" xmlns:s=\"s\" xmlns:t=\"t\" xmlns:f=\"f\">\
         <o:automatic-styles>{styles}</o:automatic-styles>\
         <o:body><o:text>{body}</o:text></o:body></o:document-content>"
    );
    packed(&[("content.xml", &content)])
}

#[test]
fn tables_lists_and_bold_are_kept() {
    let body = "<t:p>Visto <t:span t:style-name=\"G\">il progetto</t:span>;</t:p>\
         <t:list t:style-name=\"L\"><t:list-item><t:p>uno</t:p><t:list><t:list-item><t:p>sotto</t:p>\
         </t:list-item></t:list></t:list-item><t:list-item><t:p>due</t:p></t:list-item></t:list>\
         <a:table><a:table-row><a:table-cell><t:p>A</t:p></a:table-cell><a:table-cell><t:p>B</t:p>\
         </a:table-cell></a:table-row></a:table>";
    let imported = import(&document(body)).expect("a document");
    let expected = "Visto **il progetto**;\n\n1. uno\n   - sotto\n2. due\n\n| A | B |\n|---|---|";
    assert_eq!(imported.premises, expected);
}

#[test]
fn a_protected_document_says_so() {
    let manifest =
        "<m:manifest xmlns:m=\"m\"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    let file = packed(&[("content.xml", "xxxx"), ("META-INF/manifest.xml", manifest)]);
    assert_eq!(import(&file), Err(ImportError::Protected));
}
