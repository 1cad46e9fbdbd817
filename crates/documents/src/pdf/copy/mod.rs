// SPDX-License-Identifier: AGPL-3.0-or-later
//! The reading copy: several files read as one. It is a new file, and never the original: the
//! signatures of its parts would not survive the joining, so none is left to be mistaken for one.

mod part;

use lopdf::{Document as Pdf, Object, ObjectId, Stream, dictionary};

use super::finish::{internal, save, trailer};
use super::{metadata, name, reference, text, watermark};
use crate::{CopyPart, Document, RenderError, Rendered};
use part::{Ready, ready};

/// What grows while parts are poured in.
struct Joined {
    pdf: Pdf,
    tree: ObjectId,
    structure: ObjectId,
    document: ObjectId,
    outline: ObjectId,
    pages: Vec<Object>,
    parents: Vec<(i64, Object)>,
    elements: Vec<Object>,
    bookmarks: Vec<ObjectId>,
    count: i64,
    next_key: i64,
    archival: bool,
}

/// Joins the cover and the parts.
pub fn write(
    cover: &Document,
    first: &CopyPart,
    parts: &[CopyPart],
) -> Result<Rendered, RenderError> {
    let mut joined = Joined::new();
    for part in std::iter::once(first).chain(parts) {
        let mut ready = ready(part, joined.pdf.max_id + 1, joined.next_key)?;
        mark(&mut ready)?;
        joined.pour(part, ready);
    }
    let pages = joined.pages.len();
    let pdf = joined.finish(cover)?;
    Ok(Rendered { pdf, pages, fields: Vec::new() })
}

/// COPIA under the content of every page, as decoration; the cover says it in words.
fn mark(part: &mut Ready) -> Result<(), RenderError> {
    let word = watermark::copy().unwrap_or_default();
    let (width, height) = (crate::layout::PAGE_WIDTH, crate::layout::PAGE_HEIGHT);
    let form = dictionary! {
        "Type" => name("XObject"),
        "Subtype" => name("Form"),
        "BBox" => super::numbers([0.0, 0.0, width, height]),
        "Resources" => dictionary! {},
    };
    let form = part.pdf.add_object(super::deflated(form, word.as_bytes())?);
    let shown =
        b"/Artifact <</Type /Pagination /Subtype /Watermark>> BDC q /DlbCopia Do Q EMC\nq\n";
    let before = part.pdf.add_object(Stream::new(dictionary! {}, shown.to_vec()));
    let after = part.pdf.add_object(Stream::new(dictionary! {}, b"\nQ\n".to_vec()));
    for page in part.pages.clone() {
        part.add_xobject(page, "DlbCopia", form);
        part.around(page, before, Some(after));
    }
    Ok(())
}

impl Joined {
    fn new() -> Self {
        let mut pdf = Pdf::with_version("1.7");
        let [tree, structure, document, outline] = [(); 4].map(|()| pdf.new_object_id());
        Self {
            pdf,
            tree,
            structure,
            document,
            outline,
            pages: Vec::new(),
            parents: Vec::new(),
            elements: Vec::new(),
            bookmarks: Vec::new(),
            count: 0,
            next_key: 0,
            archival: true,
        }
    }

    fn pour(&mut self, part: &CopyPart, mut ready: Ready) {
        for page in &ready.pages {
            if let Ok(page) = ready.pdf.get_dictionary_mut(*page) {
                page.set("Parent", reference(self.tree));
            }
        }
        // Each part is a part of the whole, and its own document elements become parts too.
        for element in ready.elements.iter().filter_map(|e| e.as_reference().ok()) {
            if let Ok(element) = ready.pdf.get_dictionary_mut(element) {
                element.set("S", name("Part"));
                element.set("T", text(&part.title));
                element.set("P", reference(self.document));
            }
        }
        self.pdf.max_id = ready.pdf.max_id;
        let bookmark = self.pdf.new_object_id();
        self.bookmark(bookmark, part, &mut ready);
        self.pages.extend(ready.pages.iter().copied().map(reference));
        self.elements.append(&mut ready.elements);
        self.parents.append(&mut ready.parents);
        self.next_key = ready.next_key;
        self.archival &= ready.ours;
        self.pdf.objects.append(&mut ready.pdf.objects);
    }

    /// A bookmark for the part, its own bookmarks below it.
    fn bookmark(&mut self, id: ObjectId, part: &CopyPart, ready: &mut Ready) {
        let top = vec![reference(ready.pages[0]), name("Fit")];
        let mut item = dictionary! {
            "Title" => text(&part.title),
            "Parent" => reference(self.outline),
            "Dest" => top,
        };
        if let Some((first, last, count)) = ready.outline {
            item.set("First", reference(first));
            item.set("Last", reference(last));
            item.set("Count", count.saturating_neg());
            let mut next = Some(first);
            // No more than there are objects: a ring would never end.
            for _ in 0..ready.pdf.objects.len() {
                let below = next.and_then(|id| ready.pdf.get_dictionary_mut(id).ok());
                let Some(below) = below else { break };
                below.set("Parent", reference(id));
                next = below.get(b"Next").and_then(Object::as_reference).ok();
            }
        }
        if let Some(before) = self.bookmarks.last().copied() {
            item.set("Prev", reference(before));
            if let Ok(before) = self.pdf.get_dictionary_mut(before) {
                before.set("Next", reference(id));
            }
        }
        self.pdf.set_object(id, item);
        self.bookmarks.push(id);
        self.count += 1;
    }

    fn finish(mut self, cover: &Document) -> Result<Vec<u8>, RenderError> {
        let count = self.pages.len() as i64;
        let tree = dictionary! { "Type" => name("Pages"), "Kids" => self.pages, "Count" => count };
        self.pdf.set_object(self.tree, tree);
        let claim = self.archival.then_some(2);
        let xmp = self.pdf.add_object(metadata::xmp(cover, claim));
        let intent = metadata::output_intent(&mut self.pdf)?;
        let mut catalog = dictionary! {
            "Type" => name("Catalog"),
            "Pages" => reference(self.tree),
            "Lang" => text("it-IT"),
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
            "Metadata" => reference(xmp),
            "Outlines" => reference(self.outline),
            "PageMode" => name("UseOutlines"),
        };
        if self.archival {
            catalog.set("MarkInfo", dictionary! { "Marked" => true });
            catalog.set("OutputIntents", vec![intent]);
            catalog.set("StructTreeRoot", reference(self.structure));
        }
        let document = dictionary! {
            "Type" => name("StructElem"),
            "S" => name("Document"),
            "P" => reference(self.structure),
            "K" => self.elements,
        };
        self.pdf.set_object(self.document, document);
        self.parents.sort_by_key(|(key, _)| *key);
        let numbers: Vec<Object> = self
            .parents
            .into_iter()
            .flat_map(|(key, value)| [Object::Integer(key), value])
            .collect();
        let structure = dictionary! {
            "Type" => name("StructTreeRoot"),
            "K" => vec![reference(self.document)],
            "ParentTree" => dictionary! { "Nums" => numbers },
            "ParentTreeNextKey" => self.next_key,
        };
        self.pdf.set_object(self.structure, structure);
        let ends = (self.bookmarks.first().copied(), self.bookmarks.last().copied());
        if let (Some(first), Some(last)) = ends {
            let outline = dictionary! {
                "Type" => name("Outlines"),
                "First" => reference(first),
                "Last" => reference(last),
                "Count" => self.count,
            };
            self.pdf.set_object(self.outline, outline);
        }
        let catalog = self.pdf.add_object(catalog);
        trailer(&mut self.pdf, cover, catalog);
        // What the parts carried besides their pages: embedded files, forms, signatures.
        self.pdf.prune_objects();
        let bytes = save(&mut self.pdf)?;
        Pdf::load_mem(&bytes).map_err(internal)?;
        Ok(bytes)
    }
}
