// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is written to be read by people: the Markdown of a proposal, documents of Word and
//! OpenDocument, PDF attachments, the Trusted List of a country.

use crate::attack::{Said, Target};
use base64ct::{Base64, Encoding};
use chrono::DateTime;
use delibera::service::import::import;
use delibera::service::keyring::Keyring;
use delibera::web::upload::{Uploaded, examine};
use delibera_documents::{Document, check_text, render, text_html};
use delibera_signature::TrustedList;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A text with everything the dialect has.
const TEXT: &str = "# Premesse\n\nVisto il *parere*, **favorevole**;\n\n1. uno\n   - sotto\n2. due\n\n\
    | Voce | Euro |\n|---|---|\n| **Sedie** | 1.000 & più |\n\nDi approvare.\n";
const MARKDOWN: [&str; 18] = [
    "#", "*", "**", "- ", "1. ", "| ", "|---|", "> ", "```", "`", "<b>", "![a](b)", "[a](b)",
    "::: ", ":::", "\n\n", "&nbsp;", "    ",
];

/// A text of a person, in a document of ours.
pub fn printed(text: &str) -> Document {
    Document {
        title: "Prova".into(),
        subject: String::new(),
        author: "Comune di Prova".into(),
        created: DateTime::UNIX_EPOCH,
        header: String::new(),
        footer: String::new(),
        letterhead: None,
        draft: false,
        body: format!("::: testo\n\n{text}\n\n:::\n"),
        attachments: Vec::new(),
    }
}

#[test]
fn a_text_is_printed_as_it_is_shown_or_told_why_not() {
    Target { name: "text of a proposal", seeds: vec![TEXT.into()], words: &MARKDOWN }.survives(
        |input| {
            let text = String::from_utf8_lossy(input);
            let shown = text_html(&text);
            let problems = check_text(&text);
            assert_eq!(shown.is_ok(), problems.is_ok(), "the screen and the check agree");
            problems.map_err(|found| found.into_iter().map(|p| p.reason).collect::<Vec<_>>())?;
            // What was accepted is printed: an act never stops at its own text.
            render(&printed(&text)).expect("an accepted text is printed");
            Ok(())
        },
    );
}

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("part");
        zip.write_all(bytes).expect("bytes");
    }
    zip.finish().expect("zip").into_inner()
}

fn imported(file: &[u8]) -> Said {
    import(file).map(drop).map_err(|error| vec![error.to_string()])
}

const WORD: &str = "<w:document xmlns:w=\"w\"><w:body>\
    <w:p><w:pPr><w:pStyle w:val=\"Titolo1\"/></w:pPr><w:r><w:t>Premesse</w:t></w:r></w:p>\
    <w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"7\"/></w:numPr></w:pPr>\
    <w:r><w:rPr><w:b/></w:rPr><w:t>uno</w:t></w:r></w:p>\
    <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Voce</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
    <w:p><w:r><w:drawing/></w:r><w:del><w:r><w:delText>via</w:delText></w:r></w:del></w:p>\
    </w:body></w:document>";
const STYLES: &str = "<w:styles xmlns:w=\"w\"><w:style w:styleId=\"Titolo1\"><w:pPr>\
    <w:outlineLvl w:val=\"0\"/></w:pPr></w:style></w:styles>";
const NUMBERING: &str = "<w:numbering xmlns:w=\"w\"><w:abstractNum w:abstractNumId=\"4\">\
    <w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/></w:lvl></w:abstractNum>\
    <w:num w:numId=\"7\"><w:abstractNumId w:val=\"4\"/></w:num></w:numbering>";
const OPEN: &str = "<o:document-content xmlns:o=\"o\" xmlns:s=\"s\" xmlns:t=\"t\" xmlns:f=\"f\">\
    <o:automatic-styles><s:style s:name=\"G\"><s:text-properties f:font-weight=\"bold\"/></s:style>\
    <t:list-style s:name=\"L\"><t:list-level-style-number t:level=\"1\" s:num-format=\"1\"/>\
    </t:list-style></o:automatic-styles><o:body><o:text>\
    <t:p>Visto <t:span t:style-name=\"G\">il progetto</t:span>;</t:p>\
    <t:list t:style-name=\"L\"><t:list-item><t:p>uno</t:p></t:list-item></t:list>\
    </o:text></o:body></o:document-content>";
const XML: [&str; 14] = [
    "<w:p>",
    "</w:p>",
    "<w:tbl><w:tr><w:tc>",
    "<t:list><t:list-item>",
    "<w:r><w:t>",
    "</",
    "/>",
    "&#0;",
    "&#x10FFFF;",
    "&b;",
    "<![CDATA[",
    "<!--",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "w:val=\"4294967296\"",
];

/// A document of Word with these parts.
fn word(body: &[u8], styles: &[u8], numbering: &[u8]) -> Vec<u8> {
    packed(&[
        ("word/document.xml", body),
        ("word/styles.xml", styles),
        ("word/numbering.xml", numbering),
    ])
}

#[test]
fn the_body_of_a_word_document_is_read_or_told_why_not() {
    let document = |body: &[u8]| word(body, STYLES.as_bytes(), NUMBERING.as_bytes());
    Target { name: "DOCX", seeds: vec![WORD.into()], words: &XML }
        .survives(|body| imported(&document(body)));
    Target { name: "DOCX as a file", seeds: vec![document(WORD.as_bytes())], words: &["PK"] }
        .survives(imported);
}

#[test]
fn the_styles_and_numbers_of_a_word_document_are_read_or_told_why_not() {
    Target { name: "DOCX styles", seeds: vec![STYLES.into()], words: &XML }
        .survives(|styles| imported(&word(WORD.as_bytes(), styles, NUMBERING.as_bytes())));
    Target { name: "DOCX numbering", seeds: vec![NUMBERING.into()], words: &XML }
        .survives(|numbering| imported(&word(WORD.as_bytes(), STYLES.as_bytes(), numbering)));
}

#[test]
fn the_body_of_an_open_document_is_read_or_told_why_not() {
    Target { name: "ODT", seeds: vec![OPEN.into()], words: &XML }
        .survives(|body| imported(&packed(&[("content.xml", body)])));
    let whole = packed(&[("content.xml", OPEN.as_bytes())]);
    Target { name: "ODT as a file", seeds: vec![whole], words: &["PK"] }.survives(imported);
}

#[test]
fn an_attached_pdf_is_looked_at_or_told_why_not() {
    let seed = render(&printed(TEXT)).expect("a document").pdf;
    let words = ["<<", ">>", "0 R", "obj", "endobj", "stream", "xref", "/Kids", "/Count", "/Prev"];
    Target { name: "attached PDF", seeds: vec![seed], words: &words }.survives(|bytes| {
        let name = "allegato.pdf".to_owned();
        let file = Uploaded { field: "file".into(), name, bytes: bytes.to_vec() };
        examine(&file).map(drop).map_err(|refusal| vec![refusal.text])
    });
}

/// A Trusted List with one service.
fn trusted_list() -> String {
    let since = DateTime::from_timestamp(1_767_225_600, 0).expect("an instant");
    let keys = Keyring::from_seed(&[3; 32], since).expect("keys");
    let certificate = Base64::encode_string(keys.anchor());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\"><SchemeInformation>\
         <TSLSequenceNumber>7</TSLSequenceNumber><SchemeTerritory>IT</SchemeTerritory>\
         <ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>\
         <NextUpdate><dateTime>2199-01-01T00:00:00Z</dateTime></NextUpdate></SchemeInformation>\
         <TrustServiceProviderList><TrustServiceProvider><TSPInformation>\
         <TSPName><Name xml:lang=\"it\">Prestatore</Name></TSPName></TSPInformation><TSPServices>\
         <TSPService><ServiceInformation><ServiceTypeIdentifier>\
         http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>\
         <ServiceName><Name xml:lang=\"it\">Servizio</Name></ServiceName><ServiceDigitalIdentity>\
         <DigitalId><X509Certificate>{certificate}</X509Certificate></DigitalId>\
         </ServiceDigitalIdentity><ServiceStatus>\
         http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted</ServiceStatus>\
         <StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime></ServiceInformation>\
         </TSPService></TSPServices></TrustServiceProvider></TrustServiceProviderList>\
         </TrustServiceStatusList>"
    )
}

#[test]
fn a_trusted_list_is_read_or_told_why_not() {
    let words = ["<TSPService>", "</TSPServices>", "<ServiceHistory>", "granted", "&b;", "<!--"];
    Target { name: "Trusted List", seeds: vec![trusted_list().into_bytes()], words: &words }
        .survives(|xml| {
            let read = TrustedList::import(xml, &TrustedList::fingerprint(xml));
            read.map(drop).map_err(|error| vec![error.to_string()])
        });
}
