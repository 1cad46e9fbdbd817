// SPDX-License-Identifier: AGPL-3.0-or-later
//! The visible text of a signed field: a form XObject (ISO 32000-1, 12.5.5) written with the
//! `/Firma` font of the document, so that the file stays PDF/A-2a and PDF/UA-1.
//!
//! The text is a courtesy to the reader: it proves nothing (law.md R9.3).

use std::sync::{Arc, Mutex, PoisonError};

use ttf_parser::Face;

use crate::SignError;
use crate::fields::{FormField, form, rectangle};
use crate::pdf::{Dictionary, File, Object};

/// Name of the font in the form's default resources: Type 0, Identity-H, whole TrueType.
const FONT: &str = "Firma";
/// Largest font file unpacked, in bytes.
const MAX_FONT: usize = 16 << 20;
/// Sizes tried, in points, from the best to the smallest that can still be read.
const SIZES: [f64; 11] = [9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5, 4.0];
/// Distance between two base lines, in font sizes.
const LEADING: f64 = 1.2;
/// White border inside the box, in points.
const PADDING: f64 = 2.0;

/// A TrueType file.
type Program = Arc<[u8]>;

/// A form XObject to be written.
pub(crate) struct Look<'a> {
    pub dictionary: Dictionary<'a>,
    pub content: Vec<u8>,
}

/// Draws the lines in the field's box; `None` when there is nothing to draw or nothing to draw
/// with (no lines, no box, no `/Firma` font).
pub(crate) fn draw<'a>(
    file: &File<'a>,
    field: &FormField<'a>,
    lines: &[String],
) -> Result<Option<Look<'a>>, SignError> {
    let Some([left, bottom, right, top]) = rectangle(&field.dictionary) else { return Ok(None) };
    let (width, height) = (right - left, top - bottom);
    if lines.is_empty() || width <= 0.0 || height <= 0.0 {
        return Ok(None);
    }
    let Some((font, program)) = find_font(file)? else { return Ok(None) };
    let face = Face::parse(&program, 0)
        .map_err(|_| SignError::Unsupported("il font delle firme non è leggibile"))?;
    let lines = lines.iter().map(|l| glyphs(&face, l)).collect::<Result<Vec<_>, _>>()?;
    let room = (width - 2.0 * PADDING, height - 2.0 * PADDING);
    let (size, lines) = SIZES
        .iter()
        .find_map(|size| Some((*size, fit(&face, &lines, *size, room)?)))
        .ok_or_else(|| SignError::TextTooLong(field.name.clone()))?;
    let mut fonts = Dictionary::default();
    fonts.set(FONT, font);
    let mut resources = Dictionary::default();
    resources.set("Font", Object::Dictionary(fonts));
    let content = content(&face, &lines, size, height);
    let mut dictionary = Dictionary::default();
    dictionary.set("Type", Object::name("XObject"));
    dictionary.set("Subtype", Object::name("Form"));
    let corners = [0.0, 0.0, width, height].map(Object::Real);
    dictionary.set("BBox", Object::Array(corners.to_vec()));
    dictionary.set("Resources", Object::Dictionary(resources));
    dictionary.set("Length", Object::Integer(content.len() as i64));
    Ok(Some(Look { dictionary, content }))
}

/// The `/Firma` font as the form's resources name it, and its TrueType program.
fn find_font<'a>(file: &File<'a>) -> Result<Option<(Object<'a>, Program)>, SignError> {
    let revision = file.last();
    let below = |parent: Option<Dictionary<'a>>, key: &str| {
        let found = parent.map(|p| file.child(revision, &p, key)).transpose();
        found.map(|c| c.flatten().map(|(_, d)| d))
    };
    let form = form(file, revision)?.map(|(_, d)| d);
    let fonts = below(below(form, "DR")?, "Font")?;
    let Some(name) = fonts.as_ref().and_then(|f| f.get(FONT)).cloned() else { return Ok(None) };
    let Some(font) = below(fonts, FONT)? else { return Ok(None) };
    if !font.is_name("Subtype", "Type0") || !font.is_name("Encoding", "Identity-H") {
        return Ok(None);
    }
    let Some(descendant) = crate::fields::array(file, revision, &font, "DescendantFonts")?.pop()
    else {
        return Ok(None);
    };
    let descendant = file.resolve(revision, &descendant)?.dictionary().cloned();
    let Some(descriptor) = below(descendant, "FontDescriptor")? else { return Ok(None) };
    let Some(program) = descriptor.get("FontFile2") else { return Ok(None) };
    match file.resolve(revision, program)? {
        Object::Stream(dictionary, data) => Ok(Some((name, unpack(&dictionary, data)?))),
        _ => Ok(None),
    }
}

/// The program in a stream: as it is, or deflated.
fn unpack(dictionary: &Dictionary<'_>, data: &[u8]) -> Result<Program, SignError> {
    let filter = match dictionary.get("Filter") {
        None => return Ok(data.into()),
        Some(Object::Array(filters)) if filters.is_empty() => return Ok(data.into()),
        Some(Object::Array(filters)) if filters.len() == 1 => &filters[0],
        Some(filter) => filter,
    };
    if *filter != Object::name("FlateDecode") || dictionary.get("DecodeParms").is_some() {
        return Err(SignError::Unsupported("codifica del font delle firme"));
    }
    inflated(data)
}

/// All the documents of a Comune carry the same font: the last one stays inflated, known by its
/// deflated bytes.
fn inflated(data: &[u8]) -> Result<Program, SignError> {
    static LAST: Mutex<Option<(Vec<u8>, Program)>> = Mutex::new(None);
    // What a panicking thread left here is whole: it is put in one piece.
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, program)) = last().as_ref().filter(|(known, _)| known == data) {
        return Ok(Arc::clone(program));
    }
    let program: Program = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(data, MAX_FONT)
        .map_err(|_| SignError::Unsupported("il font delle firme è danneggiato"))?
        .into();
    *last() = Some((data.to_vec(), Arc::clone(&program)));
    Ok(program)
}

/// A line as words of glyph numbers; a character the font lacks is an error, never a gap.
fn glyphs(face: &Face<'_>, line: &str) -> Result<Vec<Vec<u16>>, SignError> {
    let glyph = |c| face.glyph_index(c).map(|g| g.0).ok_or(SignError::MissingGlyph(c));
    line.split_whitespace().map(|word| word.chars().map(glyph).collect()).collect()
}

/// The width of glyphs in points at a size.
fn width(face: &Face<'_>, glyphs: &[u16], size: f64) -> f64 {
    let advance = |g: &u16| f64::from(face.glyph_hor_advance(ttf_parser::GlyphId(*g)).unwrap_or(0));
    glyphs.iter().map(advance).sum::<f64>() * size / f64::from(face.units_per_em())
}

/// Wraps the lines at word boundaries to the room (width, height) in points; `None` if too much.
fn fit(
    face: &Face<'_>,
    lines: &[Vec<Vec<u16>>],
    size: f64,
    room: (f64, f64),
) -> Option<Vec<Vec<u16>>> {
    let space = face.glyph_index(' ')?.0;
    let mut wrapped: Vec<Vec<u16>> = Vec::new();
    for words in lines {
        let mut line: Vec<u16> = Vec::new();
        for word in words {
            let mut longer = line.clone();
            if !longer.is_empty() {
                longer.push(space);
            }
            longer.extend(word);
            if width(face, &longer, size) <= room.0 {
                line = longer;
            } else if line.is_empty() || width(face, word, size) > room.0 {
                return None;
            } else {
                wrapped.push(std::mem::replace(&mut line, word.clone()));
            }
        }
        wrapped.push(line);
    }
    (wrapped.len() as f64 * LEADING * size <= room.1).then_some(wrapped)
}

/// The content stream: black text from the top left corner.
fn content(face: &Face<'_>, lines: &[Vec<u16>], size: f64, height: f64) -> Vec<u8> {
    let ascent = f64::from(face.ascender()) / f64::from(face.units_per_em());
    let first = height - PADDING - ascent.min(LEADING) * size;
    let leading = LEADING * size;
    let mut text =
        format!("q\n0 g\nBT\n/{FONT} {size} Tf\n{leading:.3} TL\n{PADDING} {first:.3} Td\n");
    for line in lines {
        let codes: String = line.iter().map(|g| format!("{g:04X}")).collect();
        text.push_str(&format!("<{codes}> Tj T*\n"));
    }
    text.push_str("ET\nQ\n");
    text.into_bytes()
}
