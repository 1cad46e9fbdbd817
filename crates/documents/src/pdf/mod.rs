// SPDX-License-Identifier: AGPL-3.0-or-later
//! Pages to a file: printpdf writes the pages, lopdf makes them archival and accessible.

mod attach;
pub mod copy;
mod draw;
mod finish;
mod fonts;
mod form;
mod metadata;
mod outline;
mod structure;
mod watermark;

use std::cell::RefCell;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, ObjectId, Stream, StringFormat};

use crate::layout::SetDocument;
use crate::{Document, RenderError, Rendered};

/// Draws and finishes a document.
pub fn write(document: &Document, set: SetDocument) -> Result<Rendered, RenderError> {
    let pages = set.pages.len();
    let fields = set.fields.iter().map(|field| field.name.clone()).collect();
    let drawn = draw::draw(set);
    let pdf = finish::finish(document, drawn)?;
    Ok(Rendered { pdf, pages, fields })
}

/// A text string (ISO 32000-1 §7.9.2.2): ASCII as it is, anything else UTF-16BE with its mark.
fn text(value: &str) -> Object {
    if value.is_ascii() {
        return Object::String(value.as_bytes().to_vec(), StringFormat::Literal);
    }
    let units = std::iter::once(0xFEFF).chain(value.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}

fn name(value: &str) -> Object {
    Object::Name(value.as_bytes().to_vec())
}

fn reference(id: ObjectId) -> Object {
    Object::Reference(id)
}

fn numbers(values: impl IntoIterator<Item = f32>) -> Object {
    Object::Array(values.into_iter().map(|value| Object::Real(round(value))).collect())
}

/// Thousandths of a point are below what any device resolves, and short numbers make short files.
fn round(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

/// Deflate level: beyond it files shrink by a hundredth and time doubles.
const LEVEL: u32 = 4;

/// A deflated stream.
fn deflated(mut dictionary: Dictionary, content: &[u8]) -> Result<Stream, RenderError> {
    dictionary.set("Filter", name("FlateDecode"));
    Ok(Stream::new(dictionary, deflate(content)?).with_compression(false))
}

/// Content for the filter `FlateDecode`.
pub fn deflate(content: &[u8]) -> Result<Vec<u8>, RenderError> {
    thread_local! {
        /// A quarter of a megabyte, made once for all the streams of a thread.
        static DEFLATER: RefCell<ZlibEncoder<Vec<u8>>> =
            RefCell::new(ZlibEncoder::new(Vec::new(), Compression::new(LEVEL)));
    }
    let failed = |error: std::io::Error| RenderError::Internal(error.to_string());
    DEFLATER.with_borrow_mut(|deflater| {
        deflater.write_all(content).map_err(failed)?;
        deflater.reset(Vec::new()).map_err(failed)
    })
}
