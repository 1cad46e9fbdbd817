// SPDX-License-Identifier: AGPL-3.0-or-later
//! Annotations: links, and empty signature fields ready for an incremental update.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::draw::{Annotation, AnnotationKind};
use super::{fonts, name, numbers, reference, text};
use crate::RenderError;
use crate::layout::Field;

/// Bit 3 of annotation flags: printed (ISO 19005-2 §6.3.2).
const PRINT: i64 = 4;

/// Writes the annotations in order; `key` is the parent-tree key of the first.
pub fn add_annotations(
    pdf: &mut Document,
    annotations: &[Annotation],
    fields: &[Field],
    pages: &[ObjectId],
    key: usize,
) -> Vec<ObjectId> {
    annotations
        .iter()
        .enumerate()
        .map(|(index, annotation)| {
            let mut object = dictionary! {
                "Type" => name("Annot"),
                "Rect" => numbers(annotation.area),
                "F" => PRINT,
                "P" => reference(pages[annotation.page]),
                "StructParent" => (key + index) as i64,
            };
            match &annotation.kind {
                AnnotationKind::Link { url } => link(&mut object, url),
                AnnotationKind::Field { field } => {
                    let [left, bottom, right, top] = annotation.area;
                    let appearance = empty_appearance(right - left, top - bottom);
                    let appearance = pdf.add_object(appearance);
                    widget(&mut object, &fields[*field], appearance);
                }
            }
            pdf.add_object(object)
        })
        .collect()
}

fn link(object: &mut Dictionary, url: &str) {
    object.set("Subtype", name("Link"));
    object.set("Border", vec![Object::Integer(0), Object::Integer(0), Object::Integer(0)]);
    object.set("Contents", text(&format!("Collegamento a {url}")));
    let action = dictionary! {
        "S" => name("URI"),
        "URI" => Object::string_literal(ascii_uri(url)),
    };
    object.set("A", action);
}

/// URIs are 7-bit (ISO 32000-1 §12.6.4.7): anything else is percent-encoded.
fn ascii_uri(url: &str) -> String {
    url.bytes()
        .map(|byte| match byte {
            0x21..=0x7E => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn widget(object: &mut Dictionary, field: &Field, appearance: ObjectId) {
    object.set("Subtype", name("Widget"));
    object.set("FT", name("Sig"));
    object.set("T", text(&field.name));
    object.set("TU", text(&field.hint));
    object.set("AP", dictionary! { "N" => reference(appearance) });
}

/// An empty field still needs a normal appearance (ISO 19005-2 §6.3.3).
fn empty_appearance(width: f32, height: f32) -> Stream {
    let dictionary = dictionary! {
        "Type" => name("XObject"),
        "Subtype" => name("Form"),
        "BBox" => numbers([0.0, 0.0, width, height]),
        "Resources" => Dictionary::new(),
    };
    Stream::new(dictionary, Vec::new()).with_compression(false)
}

/// The AcroForm, with the whole font that signing will draw names with.
pub fn add_form(pdf: &mut Document, fields: &[ObjectId]) -> Result<Option<ObjectId>, RenderError> {
    if fields.is_empty() {
        return Ok(None);
    }
    let font = fonts::add_whole(pdf)?;
    let fields: Vec<Object> = fields.iter().map(|id| reference(*id)).collect();
    Ok(Some(pdf.add_object(dictionary! {
        "Fields" => fields,
        // Signatures exist, and the file must only be appended to (ISO 32000-1 table 219).
        "SigFlags" => 3,
        "DR" => dictionary! { "Font" => dictionary! { "Firma" => reference(font) } },
        "DA" => text("/Firma 8 Tf 0 g"),
    })))
}
