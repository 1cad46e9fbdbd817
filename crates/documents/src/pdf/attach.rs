// SPDX-License-Identifier: AGPL-3.0-or-later
//! Attachments: files inside the file, byte for byte (ISO 19005-3 §6.8).

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::{deflated, name, reference, text};
use crate::{Attachment, Relationship, RenderError};

/// A file that no mail, no register and no reader can handle is no act.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Embeds the files; gives the file specifications in order, for `/AF`.
pub fn add(
    pdf: &mut Document,
    attachments: &[Attachment],
    date: &str,
) -> Result<Vec<ObjectId>, RenderError> {
    let mut total = 0;
    for (index, attachment) in attachments.iter().enumerate() {
        check(attachment, &attachments[..index])?;
        total += attachment.bytes.len();
        if total > MOST_BYTES {
            let reason = "con gli altri supera i 256 MiB che un atto può portare".to_owned();
            return Err(RenderError::Attachment { name: attachment.name.clone(), reason });
        }
    }
    attachments.iter().map(|attachment| embed(pdf, attachment, date)).collect()
}

fn check(attachment: &Attachment, previous: &[Attachment]) -> Result<(), RenderError> {
    let wrong = |reason: &str| {
        Err(RenderError::Attachment { name: attachment.name.clone(), reason: reason.to_owned() })
    };
    let unsafe_name = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    if attachment.name.trim().is_empty() || attachment.name.chars().any(unsafe_name) {
        return wrong("nome vuoto o con caratteri non ammessi");
    }
    if previous.iter().any(|other| other.name == attachment.name) {
        return wrong("nome ripetuto");
    }
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    match attachment.media_type.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => Ok(()),
        _ => wrong("tipo di contenuto non valido"),
    }
}

fn embed(pdf: &mut Document, attachment: &Attachment, date: &str) -> Result<ObjectId, RenderError> {
    let dictionary = dictionary! {
        "Type" => name("EmbeddedFile"),
        "Subtype" => name(&attachment.media_type),
        "Params" => dictionary! {
            "Size" => attachment.bytes.len() as i64,
            "CreationDate" => text(date),
            "ModDate" => text(date),
        },
    };
    // What is compressed already would cost time and gain nothing.
    let stream = if is_text(&attachment.media_type) {
        deflated(dictionary, &attachment.bytes)?
    } else {
        Stream::new(dictionary, attachment.bytes.clone()).with_compression(false)
    };
    let file = pdf.add_object(stream);
    let mut specification: Dictionary = dictionary! {
        "Type" => name("Filespec"),
        "F" => text(&attachment.name),
        "UF" => text(&attachment.name),
        "AFRelationship" => name(relationship(attachment.relationship)),
        "EF" => dictionary! { "F" => reference(file), "UF" => reference(file) },
    };
    // PDF/UA-1 §7.11 wants a description to be there and worth reading.
    let description = attachment.description.trim();
    let description = if description.is_empty() { &attachment.name } else { description };
    specification.set("Desc", text(description));
    Ok(pdf.add_object(specification))
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || media_type.ends_with("json") || media_type.ends_with("xml")
}

fn relationship(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Source => "Source",
        Relationship::Data => "Data",
        Relationship::Alternative => "Alternative",
        Relationship::Supplement => "Supplement",
        Relationship::Unspecified => "Unspecified",
    }
}

/// The name tree (ISO 32000-1 §7.9.6): keys in byte order of the strings as written.
pub fn name_tree(attachments: &[Attachment], files: &[ObjectId]) -> Object {
    let mut entries: Vec<(Vec<u8>, Object, ObjectId)> = attachments
        .iter()
        .zip(files)
        .map(|(attachment, file)| {
            let key = text(&attachment.name);
            let bytes = key.as_str().map(<[u8]>::to_vec).unwrap_or_default();
            (bytes, key, *file)
        })
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<Object> =
        entries.into_iter().flat_map(|(_, key, file)| [key, reference(file)]).collect();
    Object::Dictionary(dictionary! { "EmbeddedFiles" => dictionary! { "Names" => names } })
}
