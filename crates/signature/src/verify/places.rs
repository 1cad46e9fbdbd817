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

/// The title of an XMP stream (`dc:title`), empty if it has none; `None` if it cannot be read.
pub(super) fn metadata_title(stream: &Object<'_>) -> Option<String> {
    let Object::Stream(dictionary, data) = stream else { return None };
    let bytes = decode(dictionary, data, MAX_METADATA)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let options = roxmltree::ParsingOptions { nodes_limit: 100_000, ..Default::default() };
    let xmp = roxmltree::Document::parse_with_options(text.trim_start_matches('\u{FEFF}'), options);
    let xmp = xmp.ok()?;
    let dc = "http://purl.org/dc/elements/1.1/";
    let titles = xmp.descendants().filter(|n| n.has_tag_name((dc, "title")));
    let words = titles.flat_map(|t| t.descendants()).filter(|n| n.is_text());
    Some(words.filter_map(|n| n.text()).map(str::trim).collect::<Vec<_>>().join(" ").trim().into())
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
