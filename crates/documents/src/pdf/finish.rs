// SPDX-License-Identifier: AGPL-3.0-or-later
//! The finish: what printpdf does not write, and what it writes at random, set right.

use lopdf::{Dictionary, Document as Pdf, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use super::draw::{AnnotationKind, CREST, Drawn, font_name};
use super::{attach, deflated, fonts, form, metadata, name, outline, reference, structure};
use crate::layout::{Crest, NodeId};
use crate::text::FaceId;
use crate::{Document, RenderError};

/// Serialises the drawn pages as a PDF/A and PDF/UA file.
pub fn finish(document: &Document, drawn: Drawn) -> Result<Vec<u8>, RenderError> {
    let options = printpdf::PdfSaveOptions {
        optimize: false,
        subset_fonts: false,
        // Our own TJ operators are "unknown" to printpdf; no foreign page passes here.
        secure: false,
        image_optimization: None,
    };
    let mut pdf = printpdf::to_lopdf_doc(&drawn.pdf, &options, &mut Vec::new());
    pdf.version = "1.7".to_owned();
    let pages: Vec<ObjectId> = pdf.page_iter().collect();
    let resources = resources(&mut pdf, &drawn)?;
    let annotations =
        form::add_annotations(&mut pdf, &drawn.annotations, &drawn.fields, &pages, pages.len());
    finish_pages(&mut pdf, &pages, resources, &drawn, &annotations)?;
    let root = structure(&mut pdf, &drawn, &pages, &annotations);
    let mut catalog = catalog(&mut pdf, document, root)?;
    let fields: Vec<ObjectId> = fields(&drawn, &annotations);
    if let Some(form) = form::add_form(&mut pdf, &fields)? {
        catalog.set("AcroForm", reference(form));
    }
    if let Some(outline) = outline::add(&mut pdf, &drawn.bookmarks, &pages) {
        catalog.set("Outlines", reference(outline));
        catalog.set("PageMode", name("UseOutlines"));
    }
    attachments(&mut pdf, document, &mut catalog)?;
    let tree = catalog_pages(&pdf)?;
    catalog.set("Pages", tree);
    let catalog = pdf.add_object(catalog);
    trailer(&mut pdf, document, catalog);
    save(&mut pdf)
}

pub(super) fn internal(error: impl std::fmt::Display) -> RenderError {
    RenderError::Internal(error.to_string())
}

/// Fonts and crest, shared by all pages.
fn resources(pdf: &mut Pdf, drawn: &Drawn) -> Result<ObjectId, RenderError> {
    let mut fonts = Dictionary::new();
    for face in FaceId::ALL {
        let subset = &drawn.subsets[face as usize];
        if !subset.entries.is_empty() {
            let id = fonts::add_subset(pdf, face, subset)?;
            fonts.set(font_name(face), reference(id));
        }
    }
    let mut resources = dictionary! { "Font" => fonts };
    if let Some(crest) = &drawn.crest {
        let id = pdf.add_object(image(crest));
        resources.set("XObject", dictionary! { CREST => reference(id) });
    }
    Ok(pdf.add_object(resources))
}

fn image(crest: &Crest) -> lopdf::Stream {
    let dictionary = dictionary! {
        "Type" => name("XObject"),
        "Subtype" => name("Image"),
        "Width" => crest.width as i64,
        "Height" => crest.height as i64,
        "ColorSpace" => name("DeviceRGB"),
        "BitsPerComponent" => 8,
        "Interpolate" => false,
        "Filter" => name("FlateDecode"),
    };
    lopdf::Stream::new(dictionary, crest.packed.clone()).with_compression(false)
}

/// Pages: our resources, our annotations, deflated content, reading order for the Tab key.
fn finish_pages(
    pdf: &mut Pdf,
    pages: &[ObjectId],
    resources: ObjectId,
    drawn: &Drawn,
    annotations: &[ObjectId],
) -> Result<(), RenderError> {
    for (number, id) in pages.iter().enumerate() {
        let mine: Vec<Object> = annotations
            .iter()
            .zip(&drawn.annotations)
            .filter(|(_, annotation)| annotation.page == number)
            .map(|(id, _)| reference(*id))
            .collect();
        let page = pdf.get_object_mut(*id).and_then(Object::as_dict_mut).map_err(internal)?;
        page.remove(b"TrimBox");
        page.remove(b"CropBox");
        page.remove(b"Annots");
        if !mine.is_empty() {
            page.set("Annots", mine);
        }
        page.set("Tabs", name("S"));
        page.set("StructParents", number as i64);
        let old = page.get(b"Resources").and_then(Object::as_reference).map_err(internal)?;
        page.set("Resources", reference(resources));
        let content = page.get(b"Contents").and_then(Object::as_reference).map_err(internal)?;
        let stream = pdf.get_object(content).and_then(Object::as_stream).map_err(internal)?;
        let packed = deflated(Dictionary::new(), &stream.content)?;
        pdf.set_object(content, packed);
        drop_resources(pdf, old);
    }
    Ok(())
}

/// Removes printpdf's resource dictionaries, which hold no fonts of ours.
fn drop_resources(pdf: &mut Pdf, id: ObjectId) {
    if let Some(Object::Dictionary(resources)) = pdf.objects.remove(&id) {
        for (_, value) in resources.iter() {
            if let Object::Reference(id) = value {
                pdf.objects.remove(id);
            }
        }
    }
}

fn structure(
    pdf: &mut Pdf,
    drawn: &Drawn,
    pages: &[ObjectId],
    annotations: &[ObjectId],
) -> ObjectId {
    let owners: Vec<NodeId> = drawn.annotations.iter().map(|a| a.node).collect();
    let annotation_pages: Vec<usize> = drawn.annotations.iter().map(|a| a.page).collect();
    let targets = structure::Targets { pages, annotations, annotation_pages: &annotation_pages };
    structure::add(pdf, &drawn.tags, &drawn.contents, &owners, &targets)
}

fn fields(drawn: &Drawn, annotations: &[ObjectId]) -> Vec<ObjectId> {
    drawn
        .annotations
        .iter()
        .zip(annotations)
        .filter(|(annotation, _)| matches!(annotation.kind, AnnotationKind::Field { .. }))
        .map(|(_, id)| *id)
        .collect()
}

fn catalog(pdf: &mut Pdf, document: &Document, root: ObjectId) -> Result<Dictionary, RenderError> {
    let intent = metadata::output_intent(pdf)?;
    let part = if document.attachments.is_empty() { 2 } else { 3 };
    let xmp = pdf.add_object(metadata::xmp(document, Some(part)));
    Ok(dictionary! {
        "Type" => name("Catalog"),
        "Lang" => super::text("it-IT"),
        "MarkInfo" => dictionary! { "Marked" => true },
        "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        "Metadata" => reference(xmp),
        "OutputIntents" => vec![intent],
        "StructTreeRoot" => reference(root),
    })
}

fn attachments(
    pdf: &mut Pdf,
    document: &Document,
    catalog: &mut Dictionary,
) -> Result<(), RenderError> {
    if document.attachments.is_empty() {
        return Ok(());
    }
    let date = document.created.format("D:%Y%m%d%H%M%S+00'00'").to_string();
    let files = attach::add(pdf, &document.attachments, &date)?;
    catalog.set("Names", attach::name_tree(&document.attachments, &files));
    let associated: Vec<Object> = files.iter().map(|id| reference(*id)).collect();
    catalog.set("AF", associated);
    Ok(())
}

/// The page tree printpdf wrote, found through its own catalog.
fn catalog_pages(pdf: &Pdf) -> Result<Object, RenderError> {
    let catalog = pdf.catalog().map_err(internal)?;
    catalog.get(b"Pages").cloned().map_err(internal)
}

/// Replaces printpdf's catalog, Info and random identifier.
pub(super) fn trailer(pdf: &mut Pdf, document: &Document, catalog: ObjectId) {
    for key in [b"Root".as_slice(), b"Info"] {
        if let Ok(Object::Reference(old)) = pdf.trailer.get(key).cloned() {
            pdf.objects.remove(&old);
        }
    }
    let info = pdf.add_object(metadata::info(document));
    pdf.trailer.set("Root", reference(catalog));
    pdf.trailer.set("Info", reference(info));
    let id = Object::String(identifier(document), StringFormat::Hexadecimal);
    pdf.trailer.set("ID", vec![id.clone(), id]);
}

/// The file identifier (ISO 32000-1 §14.4): a digest of everything the file is made from, each
/// part preceded by its length.
fn identifier(document: &Document) -> Vec<u8> {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    let texts =
        [&document.title, &document.subject, &document.author, &document.header, &document.footer];
    texts.iter().for_each(|text| add(text.as_bytes()));
    add(&document.created.timestamp().to_be_bytes());
    add(&[u8::from(document.draft)]);
    add(document.body.as_bytes());
    if let Some(head) = &document.letterhead {
        add(head.crest_png.as_deref().unwrap_or_default());
        head.lines.iter().for_each(|line| add(line.as_bytes()));
    }
    for file in &document.attachments {
        let texts = [&file.name, &file.media_type, &file.description];
        texts.iter().for_each(|text| add(text.as_bytes()));
        add(&file.bytes);
    }
    digest.finalize()[..16].to_vec()
}

/// Serialises with a classic cross-reference table; the last line ends, or the next tool's
/// first object would stick to `%%EOF` (ISO 19005-2 §6.1.9).
pub(super) fn save(pdf: &mut Pdf) -> Result<Vec<u8>, RenderError> {
    pdf.renumber_objects();
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).map_err(internal)?;
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    Ok(bytes)
}
