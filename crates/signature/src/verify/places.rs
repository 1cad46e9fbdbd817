// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where signing may leave a mark in a document, and how its objects are called to a reader.

use std::collections::HashSet;

use crate::fields::{form, signature_fields};
use crate::pdf::{Dictionary, File, Id, Malformed, Object, decode};

/// Largest metadata read, decoded, in bytes.
const MAX_METADATA: usize = 4 << 20;

/// The objects of a revision that signing may touch.
pub(super) struct Places {
    pub catalog: Id,
    pub form: Option<Id>,
    pub information: Option<Id>,
    pub empty_fields: HashSet<Id>,
    pub pages: HashSet<Id>,
    /// Lists of fields and of annotations that are objects of their own.
    pub lists: HashSet<Id>,
    pub metadata: Option<Id>,
    /// Dictionaries and arrays of the validation store that are nothing else.
    pub store: HashSet<Id>,
}

impl Places {
    pub fn find(file: &File<'_>, revision: usize) -> Result<Self, Malformed> {
        let form = form(file, revision)?;
        let pages = file.pages(revision)?;
        let empty = |f: &crate::fields::FormField<'_>| f.dictionary.get("V").is_none();
        let fields = form.as_ref().and_then(|(_, f)| f.get("Fields"));
        let annotations = pages.iter().filter_map(|(_, p)| p.get("Annots"));
        let (catalog_id, catalog) = file.catalog(revision)?;
        let mut places = Places {
            catalog: catalog_id,
            metadata: catalog.get("Metadata").and_then(Object::reference),
            store: HashSet::new(),
            information: file.trailer(revision).get("Info").and_then(Object::reference),
            lists: fields.into_iter().chain(annotations).filter_map(Object::reference).collect(),
            form: form.and_then(|(id, _)| id),
            empty_fields: signature_fields(file, revision)?
                .into_iter()
                .filter(empty)
                .map(|f| f.id)
                .collect(),
            pages: pages.into_iter().map(|(id, _)| id).collect(),
        };
        let store = super::store::parts(file, revision, &catalog)?;
        places.store = store.into_iter().filter(|id| !places.has(*id)).collect();
        Ok(places)
    }

    /// Whether an object has another place in the document.
    fn has(&self, id: Id) -> bool {
        self.catalog == id
            || [self.form, self.information, self.metadata].contains(&Some(id))
            || self.empty_fields.contains(&id)
            || self.pages.contains(&id)
            || self.lists.contains(&id)
    }
}

/// What XMP says that must not change: what the document is (Dublin Core) and which standards it
/// claims (PDF/A, PDF/UA).
const CLAIMS: [&str; 3] = [
    "http://purl.org/dc/elements/1.1/",
    "http://www.aiim.org/pdfa/ns/id/",
    "http://www.aiim.org/pdfua/ns/id/",
];
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// The claims of an XMP stream in an order of their own: name with its namespace, and value; `None`
/// if it cannot be read. RDF writes a property as an element or as an attribute: it is the same.
pub(super) fn metadata_claims(stream: &Object<'_>) -> Option<Vec<(String, String)>> {
    let Object::Stream(dictionary, data) = stream else { return None };
    let bytes = decode(dictionary, data, MAX_METADATA)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let options = roxmltree::ParsingOptions { nodes_limit: 100_000, ..Default::default() };
    let xmp = roxmltree::Document::parse_with_options(text.trim_start_matches('\u{FEFF}'), options);
    let xmp = xmp.ok()?;
    let claim = |space: Option<&str>, name: &str| {
        let space = space.filter(|space| CLAIMS.contains(space))?;
        Some(format!("{space}{name}"))
    };
    let mut claims = Vec::new();
    for node in xmp.descendants().filter(|node| node.is_element()) {
        if let Some(name) = claim(node.tag_name().namespace(), node.tag_name().name()) {
            claims.push((name, words(node)));
        }
        for attribute in node.attributes() {
            if let Some(name) = claim(attribute.namespace(), attribute.name()) {
                claims.push((name, attribute.value().trim().to_owned()));
            }
        }
    }
    claims.sort();
    Some(claims)
}

/// The words under an element, in order, and what it refers to.
fn words(element: roxmltree::Node<'_, '_>) -> String {
    let mut found = Vec::new();
    for node in element.descendants() {
        found.extend(node.attribute((RDF, "resource")));
        found.extend(node.text().filter(|_| node.is_text()));
    }
    let found = found.into_iter().map(str::trim).filter(|text| !text.is_empty());
    found.collect::<Vec<_>>().join(" ")
}

/// Whether `/Extensions` only declares which extensions of PDF a file uses (7.12; of one developer
/// more than one, ISO 32000-2): names, numbers, versions that change nothing of what is shown.
pub(super) fn declares_extensions(catalog: &Dictionary<'_>) -> bool {
    let plain = |o: &Object<'_>| matches!(o, Object::Name(_) | Object::Integer(_));
    let extension = |o: &Object<'_>| match o {
        Object::Dictionary(extension) => extension.iter().all(|(key, value)| {
            plain(value) || matches!((key, value), (b"URL" | b"ExtensionRevision", Object::Text(_)))
        }),
        _ => false,
    };
    let Some(Object::Dictionary(extensions)) = catalog.get("Extensions") else { return false };
    extensions.iter().all(|(key, value)| match value {
        Object::Array(several) => several.iter().all(extension),
        Object::Name(_) | Object::Integer(_) => key == b"Type",
        other => extension(other),
    })
}

pub(super) fn describe(id: Id, old: &Object<'_>) -> String {
    format!("modificato un {} già presente", name(id, old))
}

pub(super) fn name(id: Id, object: &Object<'_>) -> String {
    let kind = match object.dictionary().and_then(|d| d.get("Type")) {
        Some(Object::Name(name)) => format!(" ({})", String::from_utf8_lossy(name)),
        _ if matches!(object, Object::Stream(..)) => " (flusso)".into(),
        _ => String::new(),
    };
    format!("oggetto {} {}{kind}", id.0, id.1)
}
