// SPDX-License-Identifier: AGPL-3.0-or-later
//! XMP, Info and output intent: what makes the file declare itself (ISO 19005-2 §6.6, §6.2.3).

use std::sync::OnceLock;

use lopdf::{Dictionary, Object, Stream, dictionary};

use super::{deflated, name, text};
use crate::{Document, RenderError};

/// Program that wrote the file, in Info and XMP alike.
const PRODUCER: &str = concat!("Delibera ", env!("CARGO_PKG_VERSION"));

/// The Info dictionary; every key has its twin in XMP (ISO 19005-1 §6.7.3, still checked).
pub fn info(document: &Document) -> Dictionary {
    let date = document.created.format("D:%Y%m%d%H%M%S+00'00'").to_string();
    dictionary! {
        "Title" => text(&clean(&document.title)),
        "Subject" => text(&clean(&document.subject)),
        "Author" => text(&clean(&document.author)),
        "Creator" => text(PRODUCER),
        "Producer" => text(PRODUCER),
        "CreationDate" => text(&date),
        "ModDate" => text(&date),
    }
}

/// The XMP packet, uncompressed so that any program can find it (ISO 19005-2 §6.6.2.1); `claim` is
/// the part of ISO 19005 the file declares, if it may declare one.
pub fn xmp(document: &Document, claim: Option<u8>) -> Stream {
    let claim = claim.map(declared).unwrap_or_default();
    let date = document.created.format("%Y-%m-%dT%H:%M:%S+00:00");
    let (title, subject) = (xml(&document.title), xml(&document.subject));
    let (author, producer) = (xml(&document.author), xml(PRODUCER));
    let packet = format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:language><rdf:Bag><rdf:li>it-IT</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
<xmp:MetadataDate>{date}</xmp:MetadataDate>
<xmp:CreatorTool>{producer}</xmp:CreatorTool>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
{claim}</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#,
        bom = '\u{FEFF}',
    );
    let dictionary = dictionary! { "Type" => name("Metadata"), "Subtype" => name("XML") };
    Stream::new(dictionary, packet.into_bytes()).with_compression(false)
}

/// The statement that a file is PDF/A-`part`a and PDF/UA-1.
fn declared(part: u8) -> String {
    format!(
        r#"<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>{part}</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
{EXTENSION}"#
    )
}

/// PDF/UA's schema is not predefined in PDF/A and must be described (ISO 19005-2 §6.6.2.3.3).
const EXTENSION: &str = r#"<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"#;

/// One line of text, the same for Info and XMP: a difference would be a fault (ISO 19005-1
/// §6.7.3), and XML 1.0 §2.2 has no control characters.
fn clean(value: &str) -> String {
    let spaced = value.replace(|c: char| c.is_control(), " ");
    let kept = spaced.replace(['\u{FFFE}', '\u{FFFF}'], "");
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The same line for XML.
fn xml(value: &str) -> String {
    clean(value).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The sRGB output intent; it also covers grey (ISO 19005-2 §6.2.4.3).
pub fn output_intent(pdf: &mut lopdf::Document) -> Result<Object, RenderError> {
    // The same in every file: deflated once in the life of the process.
    static PROFILE: OnceLock<Result<Stream, RenderError>> = OnceLock::new();
    let profile = PROFILE.get_or_init(|| {
        let alternate = dictionary! { "N" => 3, "Alternate" => name("DeviceRGB") };
        deflated(alternate, include_bytes!("../../assets/icc/sRGB-v2-magic.icc"))
    });
    let profile = pdf.add_object(profile.clone()?);
    let condition = "sRGB IEC61966-2.1";
    Ok(Object::Dictionary(dictionary! {
        "Type" => name("OutputIntent"),
        "S" => name("GTS_PDFA1"),
        "OutputConditionIdentifier" => text(condition),
        "Info" => text(condition),
        "RegistryName" => text("http://www.color.org"),
        "DestOutputProfile" => Object::Reference(profile),
    }))
}
