// SPDX-License-Identifier: AGPL-3.0-or-later
//! Fonts as Type0 with Identity-H codes (ISO 32000-1 §9.7), embedded as PDF/A asks.

use std::fmt::Write;
use std::sync::OnceLock;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use subsetter::GlyphRemapper;

use super::{deflated, name, reference, text};
use crate::RenderError;
use crate::text::{FaceId, Subset, faces};

/// What is common to a font's two embeddings.
struct Program {
    base_name: String,
    face: FaceId,
    /// Width of each code, 1/1000 em.
    widths: Vec<u16>,
    /// The deflated ToUnicode map.
    unicode: Stream,
    /// Codes that do not equal glyph numbers are mapped.
    glyphs: Option<Vec<u16>>,
}

/// Adds a subset font with the document's own codes.
pub fn add_subset(
    pdf: &mut Document,
    face: FaceId,
    subset: &Subset,
) -> Result<ObjectId, RenderError> {
    let loaded = &faces()?[face as usize];
    let mut remapper = GlyphRemapper::new();
    let glyphs: Vec<u16> = subset.entries.iter().map(|(glyph, _)| remapper.remap(*glyph)).collect();
    let data = subsetter::subset(loaded.data, 0, &remapper)
        .map_err(|error| RenderError::Internal(error.to_string()))?;
    let program = Program {
        base_name: format!("{}+{}", subset_tag(subset), loaded.name),
        face,
        widths: subset.entries.iter().map(|(glyph, _)| loaded.width(*glyph)).collect(),
        unicode: to_unicode(subset.entries.iter().map(|(_, text)| &**text))?,
        glyphs: Some(glyphs),
    };
    let length = data.len() as i64;
    let file = pdf.add_object(deflated(dictionary! { "Length1" => length }, &data)?);
    add(pdf, &program, file)
}

/// Six capitals that depend on the glyphs used (ISO 32000-1 §9.6.4).
fn subset_tag(subset: &Subset) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for (glyph, _) in &subset.entries {
        for byte in glyph.to_be_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    (0..6).map(|index| char::from(b'A' + ((hash >> (index * 8)) % 26) as u8)).collect()
}

/// Adds the whole regular font with glyph numbers for codes: signing writes any name with it,
/// long after this file is closed.
pub fn add_whole(pdf: &mut Document) -> Result<ObjectId, RenderError> {
    // The same in every file: deflated once in the life of the process.
    static WHOLE: OnceLock<Result<(Stream, Stream), RenderError>> = OnceLock::new();
    let loaded = &faces()?[FaceId::Regular as usize];
    let (file, unicode) = WHOLE
        .get_or_init(|| {
            let length = loaded.data.len() as i64;
            let file = deflated(dictionary! { "Length1" => length }, loaded.data)?;
            let texts = whole_texts(&loaded.face);
            Ok((file, to_unicode(texts.iter().map(String::as_str))?))
        })
        .clone()?;
    let count = loaded.face.number_of_glyphs();
    let program = Program {
        base_name: loaded.name.to_owned(),
        face: FaceId::Regular,
        widths: (0..count).map(|glyph| loaded.width(glyph)).collect(),
        unicode,
        glyphs: None,
    };
    let file = pdf.add_object(file);
    add(pdf, &program, file)
}

/// The character of each glyph, lowest first; glyphs reached only by substitution have none.
fn whole_texts(face: &rustybuzz::Face<'_>) -> Vec<String> {
    let mut texts = vec![String::new(); usize::from(face.number_of_glyphs())];
    for character in ('\u{20}'..='\u{FFFF}').filter(|c| !('\u{E000}'..='\u{F8FF}').contains(c)) {
        if let Some(glyph) = face.glyph_index(character)
            && let Some(text) = texts.get_mut(usize::from(glyph.0))
            && text.is_empty()
        {
            text.push(character);
        }
    }
    texts
}

fn add(pdf: &mut Document, program: &Program, file: ObjectId) -> Result<ObjectId, RenderError> {
    let descriptor = pdf.add_object(descriptor(program, file)?);
    let map = match &program.glyphs {
        None => name("Identity"),
        Some(glyphs) => {
            let bytes: Vec<u8> = glyphs.iter().flat_map(|glyph| glyph.to_be_bytes()).collect();
            reference(pdf.add_object(deflated(Dictionary::new(), &bytes)?))
        }
    };
    let widths: Vec<Object> =
        program.widths.iter().map(|w| Object::Integer(i64::from(*w))).collect();
    let descendant = pdf.add_object(dictionary! {
        "Type" => name("Font"),
        "Subtype" => name("CIDFontType2"),
        "BaseFont" => name(&program.base_name),
        "CIDSystemInfo" => dictionary! {
            "Registry" => text("Adobe"), "Ordering" => text("Identity"), "Supplement" => 0,
        },
        "FontDescriptor" => reference(descriptor),
        "DW" => 1000,
        "W" => vec![Object::Integer(0), Object::Array(widths)],
        "CIDToGIDMap" => map,
    });
    let unicode = pdf.add_object(program.unicode.clone());
    Ok(pdf.add_object(dictionary! {
        "Type" => name("Font"),
        "Subtype" => name("Type0"),
        "BaseFont" => name(&program.base_name),
        "Encoding" => name("Identity-H"),
        "DescendantFonts" => vec![reference(descendant)],
        "ToUnicode" => reference(unicode),
    }))
}

fn descriptor(program: &Program, file: ObjectId) -> Result<Dictionary, RenderError> {
    let loaded = &faces()?[program.face as usize];
    let face = &loaded.face;
    let scaled = |value: i16| Object::Integer((f32::from(value) * loaded.scale).round() as i64);
    let bbox = face.global_bounding_box();
    let italic = matches!(program.face, FaceId::Italic | FaceId::BoldItalic);
    let bold = matches!(program.face, FaceId::Bold | FaceId::BoldItalic);
    // Bits 6 (nonsymbolic) and 7 (italic) of ISO 32000-1 table 123.
    let flags = 32 + if italic { 64 } else { 0 };
    let cap_height = face.capital_height().unwrap_or_else(|| face.ascender());
    Ok(dictionary! {
        "Type" => name("FontDescriptor"),
        "FontName" => name(&program.base_name),
        "Flags" => flags,
        "FontBBox" => vec![scaled(bbox.x_min), scaled(bbox.y_min), scaled(bbox.x_max), scaled(bbox.y_max)],
        "ItalicAngle" => face.italic_angle().round() as i64,
        "Ascent" => scaled(face.ascender()),
        "Descent" => scaled(face.descender()),
        "CapHeight" => scaled(cap_height),
        "StemV" => if bold { 140 } else { 80 },
        "FontFile2" => reference(file),
    })
}

/// A ToUnicode CMap (ISO 32000-1 §9.10.3) for codes from 0.
fn to_unicode<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Stream, RenderError> {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    let used: Vec<(usize, &str)> = texts.enumerate().filter(|(_, t)| !t.is_empty()).collect();
    for chunk in used.chunks(100) {
        // Writing to a String cannot fail.
        let _ = writeln!(map, "{} beginbfchar", chunk.len());
        for (code, text) in chunk {
            let _ = write!(map, "<{code:04X}> <");
            for unit in text.encode_utf16() {
                let _ = write!(map, "{unit:04X}");
            }
            map.push_str(">\n");
        }
        map.push_str("endbfchar\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    deflated(Dictionary::new(), map.as_bytes())
}
