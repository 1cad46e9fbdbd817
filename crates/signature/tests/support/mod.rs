// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the tests share: small PDFs shaped like ours, the people who sign, the outside judge.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::PathBuf;
use std::process::Command;

use chrono::{DateTime, TimeZone, Utc};
use delibera_signature::{DEFAULT_RESERVE, DevelopmentCa, Request, SoftKey, sign};
use lopdf::xref::XrefType;
use lopdf::{Document, Object, Stream, StringFormat, dictionary};

/// The whole font, under the SIL Open Font License (`data/OFL.txt`).
pub const FONT: &[u8] = include_bytes!("../data/TitilliumWeb_400Regular.ttf");

/// Who signs in the tests: field, given name, surname, codice fiscale.
pub const PEOPLE: [(&str, &str, &str, &str); 4] = [
    ("firma_1", "Mariangela", "Zaccaria", "ZCCMNG60A41F205X"),
    ("firma_2", "Christian", "Malangone", "MLNCRS75B12F205Z"),
    ("firma_3", "Niccolò", "D’Angiò", "DNGNCL80C03H501W"),
    ("firma_4", "Anna Maria", "Scavuzzo", "SCVNMR76D44C351K"),
];

pub fn instant() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 7, 24, 11, 0, 0).single().expect("a date")
}

pub fn authority() -> DevelopmentCa {
    let start = Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).single().expect("a date");
    DevelopmentCa::from_seed(&[7; 32], start).expect("an authority")
}

pub fn anchors() -> Vec<Vec<u8>> {
    vec![authority().certificate().to_vec()]
}

pub fn person(n: usize) -> SoftKey {
    let (_, given, surname, code) = PEOPLE[n];
    authority().person(given, surname, code).expect("a person")
}

pub fn lines(n: usize) -> Vec<String> {
    let (_, given, surname, _) = PEOPLE[n];
    vec![
        format!("Firmato digitalmente da {given} {surname}"),
        "in data 24/07/2020 13:00".to_owned(),
        "Certificato di sviluppo: non qualificato".to_owned(),
    ]
}

pub fn request<'a>(n: usize, lines: &'a [String]) -> Request<'a> {
    let name = ["Mariangela Zaccaria", "Christian Malangone", "Niccolò D’Angiò", "Anna Scavuzzo"];
    Request {
        field: PEOPLE[n].0,
        name: name[n],
        reason: Some("Deliberazione di Giunta (art. 49)"),
        lines,
        signing_time: instant(),
        reserve: DEFAULT_RESERVE,
    }
}

/// Signs as person `n`.
pub fn sign_as(pdf: &[u8], n: usize) -> Vec<u8> {
    sign(pdf, &request(n, &lines(n)), &person(n)).expect("a signature")
}

/// The document signed by the first `count` people.
pub fn signed(count: usize) -> Vec<u8> {
    (0..count).fold(document(&Shape::default()), |pdf, n| sign_as(&pdf, n))
}

/// Variants of the test document.
pub struct Shape {
    /// The form is inside the catalog instead of being an object of its own.
    pub inline_form: bool,
    /// The form brings the `/Firma` font.
    pub font: bool,
    /// The font program is deflated.
    pub compressed: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { inline_form: false, font: true, compressed: true }
    }
}

/// One page of text and four empty signature fields, written like the product's documents:
/// classic table, `/ID`, `/Info`, a new line after `%%EOF`.
pub fn document(shape: &Shape) -> Vec<u8> {
    let mut pdf = Document::with_version("1.7");
    pdf.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
    let pages = pdf.new_object_id();
    let page = pdf.new_object_id();
    let font = whole_font(&mut pdf, shape.compressed);
    let text = Stream::new(dictionary! {}, b"BT /F0 14 Tf 72 760 Td <002400250026> Tj ET".to_vec());
    let content = pdf.add_object(text);
    let fields: Vec<Object> = (0..PEOPLE.len()).map(|n| field(&mut pdf, page, n)).collect();
    pdf.objects.insert(
        page,
        Object::Dictionary(dictionary! {
            "Type" => "Page",
            "Parent" => pages,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F0" => font } },
            "Contents" => content,
            "Annots" => fields.clone(),
        }),
    );
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    pdf.objects.insert(pages, Object::Dictionary(kids));
    let mut form = dictionary! { "Fields" => fields };
    if shape.font {
        form.set("DR", dictionary! { "Font" => dictionary! { "Firma" => font } });
    }
    let form: Object = if shape.inline_form { form.into() } else { pdf.add_object(form).into() };
    let catalog = dictionary! {
        "Type" => "Catalog", "Pages" => pages, "AcroForm" => form, "Lang" => text_of("it-IT")
    };
    let catalog = pdf.add_object(catalog);
    let info = pdf.add_object(dictionary! { "Title" => text_of("Deliberazione") });
    pdf.trailer.set("Root", catalog);
    pdf.trailer.set("Info", info);
    let id = Object::String(vec![0x11; 16], StringFormat::Hexadecimal);
    pdf.trailer.set("ID", vec![id.clone(), id]);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).expect("a PDF");
    bytes.push(b'\n');
    bytes
}

fn text_of(text: &str) -> Object {
    Object::string_literal(text)
}

fn field(pdf: &mut Document, page: (u32, u16), n: usize) -> Object {
    let (column, row) = ((n % 2) as i64, (n / 2) as i64);
    let (left, bottom) = (60 + column * 250, 200 - row * 80);
    let empty = Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), 220.into(), 56.into()],
            "Resources" => dictionary! {},
        },
        Vec::new(),
    );
    let look = pdf.add_object(empty);
    let rectangle = vec![left.into(), bottom.into(), (left + 220).into(), (bottom + 56).into()];
    pdf.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 4,
        "T" => text_of(PEOPLE[n].0), "TU" => text_of("Riquadro per la firma"),
        "P" => page, "Rect" => rectangle, "StructParent" => (n + 1) as i64,
        "AP" => dictionary! { "N" => look },
    })
    .into()
}

fn whole_font(pdf: &mut Document, compressed: bool) -> (u32, u16) {
    let mut program = Stream::new(dictionary! { "Length1" => FONT.len() as i64 }, FONT.to_vec());
    if compressed {
        program.compress().expect("a deflated font");
    }
    let program = pdf.add_object(program);
    let descriptor = pdf.add_object(dictionary! {
        "Type" => "FontDescriptor", "FontName" => "TitilliumWeb-Regular", "Flags" => 4,
        "FontBBox" => vec![(-300).into(), (-400).into(), 1500.into(), 1200.into()],
        "ItalicAngle" => 0, "Ascent" => 1133, "Descent" => -388, "CapHeight" => 692,
        "StemV" => 80, "FontFile2" => program,
    });
    let face = ttf_parser::Face::parse(FONT, 0).expect("a font");
    let advance = |g| i64::from(face.glyph_hor_advance(ttf_parser::GlyphId(g)).unwrap_or(0));
    let widths: Vec<Object> = (0..face.number_of_glyphs()).map(|g| advance(g).into()).collect();
    let descendant = pdf.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "TitilliumWeb-Regular",
        "CIDSystemInfo" => dictionary! {
            "Registry" => text_of("Adobe"), "Ordering" => text_of("Identity"), "Supplement" => 0,
        },
        "FontDescriptor" => descriptor, "CIDToGIDMap" => "Identity",
        "W" => vec![0.into(), Object::Array(widths)],
    });
    pdf.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "TitilliumWeb-Regular",
        "Encoding" => "Identity-H", "DescendantFonts" => vec![descendant.into()],
    })
}

/// A file of its own under the build folder, for outside tools.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// What poppler's `pdfsig` says, or a failure that tells how to get it.
pub fn pdfsig(name: &str, bytes: &[u8]) -> String {
    run("pdfsig", &[&file(name, bytes).to_string_lossy()])
}

/// The output of an outside tool.
pub fn run(tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output().unwrap_or_else(|error| {
        panic!("{tool} non è installato ({error}): apt-get install poppler-utils qpdf openssl")
    });
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Appends an incremental update the way any tool can: objects as text, a table, a trailer.
pub fn append(pdf: &[u8], objects: &[(u32, String)], trailer: &str) -> Vec<u8> {
    let read = Document::load_mem(pdf).expect("a readable PDF");
    let root = read.trailer.get(b"Root").and_then(Object::as_reference).expect("a root").0;
    let info = read.trailer.get(b"Info").and_then(Object::as_reference).expect("an info").0;
    let size = objects.iter().map(|(n, _)| n + 1).max().unwrap_or(0).max(read.max_id + 1);
    let mut out = pdf.to_vec();
    let mut table = String::from("xref\n");
    for (number, body) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let xref = out.len();
    let id = "11".repeat(16);
    out.extend(table.bytes());
    out.extend(
        format!(
            "trailer\n<</Size {size}/Root {root} 0 R/Info {info} 0 R/Prev {}/ID[<{id}><{id}>]\
             {trailer}>>\nstartxref\n{xref}\n%%EOF\n",
            read.xref_start
        )
        .bytes(),
    );
    out
}

/// The number of the object that satisfies a test.
pub fn find(pdf: &[u8], wanted: impl Fn(&Object) -> bool) -> u32 {
    let read = Document::load_mem(pdf).expect("a readable PDF");
    read.objects.iter().find(|(_, o)| wanted(o)).expect("the object").0.0
}

/// The text of an object, to be changed and appended.
pub fn object_text(pdf: &[u8], number: u32) -> String {
    let start = format!("\n{number} 0 obj\n");
    let at = pdf.windows(start.len()).rposition(|w| w == start.as_bytes()).expect("the object");
    let body = &pdf[at + start.len()..];
    let end = body.windows(6).position(|w| w == b"endobj").expect("its end");
    String::from_utf8_lossy(&body[..end]).trim().to_owned()
}

/// A dictionary whose `/Type` is this.
pub fn typed(name: &'static str) -> impl Fn(&Object) -> bool {
    move |o| o.as_dict().and_then(|d| d.get(b"Type")?.as_name()).is_ok_and(|n| n == name.as_bytes())
}

/// The number of the content stream of the only page.
pub fn content(pdf: &[u8]) -> u32 {
    let read = Document::load_mem(pdf).expect("a readable PDF");
    let page = read.objects.values().find(|o| typed("Page")(o)).expect("a page");
    page.as_dict().and_then(|d| d.get(b"Contents")?.as_reference()).expect("its content").0
}
