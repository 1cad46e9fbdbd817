// SPDX-License-Identifier: AGPL-3.0-or-later
//! One file made ready to stand among others: its numbers moved, its forms made still.

use lopdf::{Dictionary, Document as Pdf, LoadOptions, Object, ObjectId, Stream, dictionary};

use super::super::{name, reference};
use crate::{CopyPart, RenderError};

/// No stream that is unpacked while reading has more bytes.
const MOST_BYTES: usize = 64 << 20;
/// More pages than this are no part of an act.
const MOST_PAGES: usize = 5_000;
/// Keys a page inherits from the nodes above it (ISO 32000-1 table 30).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];
/// Annotations kept in parts of ours: the others lead nowhere in another file.
const KEPT: &[u8] = b"Link";

/// A file whose objects may be poured into another.
pub struct Ready {
    pub pdf: Pdf,
    pub pages: Vec<ObjectId>,
    /// Made by this crate: tagged, archival, of the same output intent.
    pub ours: bool,
    /// Its parent tree: key after renumbering, and value.
    pub parents: Vec<(i64, Object)>,
    /// Root elements of its structure.
    pub elements: Vec<Object>,
    /// First key free after it.
    pub next_key: i64,
    /// First and last bookmark, and how many.
    pub outline: Option<(ObjectId, ObjectId, i64)>,
}

/// Reads a part. What a hostile file does to the reader stays here.
pub fn ready(part: &CopyPart, first_id: u32, first_key: i64) -> Result<Ready, RenderError> {
    let read = std::panic::catch_unwind(|| load(&part.pdf, first_id, first_key));
    read.ok().flatten().ok_or_else(|| RenderError::Attachment {
        name: part.title.clone(),
        reason: "non è un PDF leggibile senza password".to_owned(),
    })
}

fn load(bytes: &[u8], first_id: u32, first_key: i64) -> Option<Ready> {
    let options = LoadOptions::with_max_decompressed_size(MOST_BYTES);
    let mut pdf = Pdf::load_mem_with_options(bytes, options).ok()?;
    if pdf.trailer.has(b"Encrypt") || pdf.is_encrypted() {
        return None;
    }
    pdf.renumber_objects_with(first_id);
    let pages: Vec<ObjectId> = pdf.page_iter().take(MOST_PAGES + 1).collect();
    if pages.is_empty() || pages.len() > MOST_PAGES {
        return None;
    }
    let ours = is_ours(&pdf);
    let mut part = Ready {
        pdf,
        pages,
        ours,
        parents: Vec::new(),
        elements: Vec::new(),
        next_key: first_key,
        outline: None,
    };
    part.inherit();
    if part.ours {
        part.structure(first_key)?;
        part.outline = part.bookmarks();
    }
    for number in 0..part.pages.len() {
        part.still(number);
    }
    Some(part)
}

/// Written by this program, with a structure tree.
fn is_ours(pdf: &Pdf) -> bool {
    let producer = || {
        let info = pdf.trailer.get(b"Info").ok()?.as_reference().ok()?;
        let info = pdf.get_dictionary(info).ok()?;
        Some(info.get(b"Producer").ok()?.as_str().ok()?.starts_with(b"Delibera "))
    };
    let tagged = pdf.catalog().is_ok_and(|catalog| catalog.has(b"StructTreeRoot"));
    tagged && producer().unwrap_or(false)
}

impl Ready {
    /// Gives each page what it had from above: it gets another parent.
    fn inherit(&mut self) {
        for id in self.pages.clone() {
            for key in INHERITED {
                let Some(value) = inherited(&self.pdf, id, key) else { continue };
                if let Ok(page) = self.pdf.get_dictionary_mut(id) {
                    page.set(key, value);
                }
            }
        }
    }

    /// Moves the keys of the parent tree and takes the elements.
    fn structure(&mut self, first_key: i64) -> Option<()> {
        let root = self.pdf.catalog().ok()?.get(b"StructTreeRoot").ok()?.as_reference().ok()?;
        let root = self.pdf.get_dictionary(root).ok()?.clone();
        self.elements = match root.get(b"K").ok()? {
            Object::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        let tree = root.get(b"ParentTree").ok()?;
        let tree = self.pdf.dereference(tree).ok()?.1.as_dict().ok()?;
        let numbers = tree.get(b"Nums").ok()?.as_array().ok()?.clone();
        for pair in numbers.chunks_exact(2) {
            let key = first_key + pair[0].as_i64().ok()?;
            self.parents.push((key, pair[1].clone()));
            self.next_key = self.next_key.max(key + 1);
        }
        for object in self.pdf.objects.values_mut() {
            let dictionary = match object {
                Object::Dictionary(dictionary) => dictionary,
                Object::Stream(stream) => &mut stream.dict,
                _ => continue,
            };
            for key in [b"StructParents".as_slice(), b"StructParent"] {
                if let Ok(old) = dictionary.get(key).and_then(Object::as_i64) {
                    dictionary.set(key, first_key + old);
                }
            }
        }
        Some(())
    }

    fn bookmarks(&self) -> Option<(ObjectId, ObjectId, i64)> {
        let outlines = self.pdf.catalog().ok()?.get(b"Outlines").ok()?.as_reference().ok()?;
        let outlines = self.pdf.get_dictionary(outlines).ok()?;
        let end = |key| outlines.get(key).and_then(Object::as_reference).ok();
        let count = outlines.get(b"Count").and_then(Object::as_i64).unwrap_or(0);
        Some((end(b"First")?, end(b"Last")?, count))
    }

    /// Draws what forms and foreign annotations show into the page, and lets them go.
    fn still(&mut self, number: usize) {
        let page = self.pages[number];
        let annotations = self.annotations(page);
        let mut kept = Vec::new();
        let mut drawn = Vec::new();
        for annotation in annotations {
            let Ok(dictionary) = self.pdf.dereference(&annotation).and_then(|(_, o)| o.as_dict())
            else {
                continue;
            };
            let subtype = dictionary.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
            if self.ours && subtype == KEPT {
                kept.push(annotation);
                continue;
            }
            drawn.push(dictionary.clone());
        }
        let mut content = Vec::new();
        for (index, annotation) in drawn.iter().enumerate() {
            let xobject = format!("DlbA{index}");
            content.extend(self.picture(page, annotation, &xobject).unwrap_or_default());
        }
        if let Ok(page) = self.pdf.get_dictionary_mut(page) {
            page.remove(b"Annots");
            page.remove(b"AA");
            if !kept.is_empty() {
                page.set("Annots", kept);
            }
        }
        self.append(page, content);
    }

    fn annotations(&self, page: ObjectId) -> Vec<Object> {
        let annotations = self.pdf.get_dictionary(page).and_then(|page| page.get(b"Annots"));
        let list = annotations.and_then(|a| self.pdf.dereference(a)).map(|(_, o)| o.clone());
        list.and_then(|list| list.as_array().cloned()).unwrap_or_default()
    }

    /// The appearance of an annotation as content of its page. The element of a form becomes a
    /// paragraph that holds it: what the signature box said is read where it stood.
    fn picture(
        &mut self,
        page: ObjectId,
        annotation: &Dictionary,
        xobject: &str,
    ) -> Option<Vec<u8>> {
        let key = annotation.get(b"StructParent").and_then(Object::as_i64).ok();
        let element = key.and_then(|key| self.parents.iter().position(|(k, _)| *k == key));
        let element = element.map(|at| self.parents.remove(at).1);
        let element = element.and_then(|element| element.as_reference().ok());
        if let Some(element) = element.and_then(|id| self.pdf.get_dictionary_mut(id).ok()) {
            element.set("S", name("P"));
            element.remove(b"K");
            element.remove(b"Alt");
        }
        let appearance = annotation.get(b"AP").ok()?;
        let appearance = self.pdf.dereference(appearance).ok()?.1.as_dict().ok()?;
        let appearance = appearance.get(b"N").ok()?.as_reference().ok()?;
        let stream = self.pdf.get_object(appearance).ok()?.as_stream().ok()?;
        if stream.content.is_empty() {
            return None;
        }
        let place = placed(annotation, &stream.dict)?;
        self.add_xobject(page, xobject, appearance);
        let open = match element {
            Some(element) => {
                let id = self.marked(page, element)?;
                format!("/P <</MCID {id}>> BDC")
            }
            None => "/Artifact <</Type /Layout>> BDC".to_owned(),
        };
        Some(format!("{open} q {place} cm /{xobject} Do Q EMC\n").into_bytes())
    }

    /// Gives an element new content on a page.
    fn marked(&mut self, page: ObjectId, element: ObjectId) -> Option<usize> {
        let key = self.pdf.get_dictionary(page).ok()?.get(b"StructParents").ok()?.as_i64().ok()?;
        let at = self.parents.iter().position(|(k, _)| *k == key)?;
        let owners = self.parents[at].1.as_reference().ok()?;
        let owners = self.pdf.get_object_mut(owners).ok()?.as_array_mut().ok()?;
        let id = owners.len();
        owners.push(reference(element));
        let element = self.pdf.get_dictionary_mut(element).ok()?;
        element.set("Pg", reference(page));
        element.set("K", id as i64);
        Some(id)
    }

    /// Adds a form to the resources of one page, which may be shared with others.
    pub fn add_xobject(&mut self, page: ObjectId, key: &str, id: ObjectId) {
        let own = |pdf: &Pdf, holder: Option<&Object>| {
            let found = holder.and_then(|o| pdf.dereference(o).ok());
            found.and_then(|(_, o)| o.as_dict().ok()).cloned().unwrap_or_default()
        };
        let dictionary = self.pdf.get_dictionary(page).cloned().unwrap_or_default();
        let mut resources = own(&self.pdf, dictionary.get(b"Resources").ok());
        let mut xobjects = own(&self.pdf, resources.get(b"XObject").ok());
        xobjects.set(key, reference(id));
        resources.set("XObject", xobjects);
        if let Ok(page) = self.pdf.get_dictionary_mut(page) {
            page.set("Resources", resources);
        }
    }

    fn append(&mut self, page: ObjectId, content: Vec<u8>) {
        if content.is_empty() {
            return;
        }
        let open = self.pdf.add_object(Stream::new(dictionary! {}, b"q\n".to_vec()));
        let mut close = b"\nQ\n".to_vec();
        close.extend(content);
        let close = self.pdf.add_object(Stream::new(dictionary! {}, close));
        self.around(page, open, Some(close));
    }

    /// Puts content before and after that of a page.
    pub fn around(&mut self, page: ObjectId, before: ObjectId, after: Option<ObjectId>) {
        let contents = self.pdf.get_dictionary(page).and_then(|p| p.get(b"Contents")).cloned();
        let mut all = vec![reference(before)];
        match contents {
            Ok(Object::Array(own)) => all.extend(own),
            Ok(Object::Reference(id)) => match self.pdf.get_object(id) {
                Ok(Object::Array(own)) => all.extend(own.clone()),
                _ => all.push(reference(id)),
            },
            _ => {}
        }
        all.extend(after.map(reference));
        if let Ok(page) = self.pdf.get_dictionary_mut(page) {
            page.set("Contents", all);
        }
    }
}

/// The nearest value of an inheritable key, no further up than a tree may reasonably be.
fn inherited(pdf: &Pdf, page: ObjectId, key: &[u8]) -> Option<Object> {
    let mut id = page;
    for _ in 0..64 {
        let node = pdf.get_dictionary(id).ok()?;
        if let Ok(value) = node.get(key) {
            return Some(value.clone());
        }
        id = node.get(b"Parent").ok()?.as_reference().ok()?;
    }
    None
}

/// The matrix that puts an appearance's box in the annotation's rectangle (ISO 32000-1 §12.5.5,
/// for appearances without a matrix of their own).
fn placed(annotation: &Dictionary, form: &Dictionary) -> Option<String> {
    let corners = |dictionary: &Dictionary, key: &[u8]| -> Option<[f32; 4]> {
        let array = dictionary.get(key).ok()?.as_array().ok()?;
        let all: Vec<f32> = array.iter().filter_map(|o| o.as_float().ok()).collect();
        all.try_into().ok()
    };
    let (place, shape) = (corners(annotation, b"Rect")?, corners(form, b"BBox")?);
    let (width, height) = (shape[2] - shape[0], shape[3] - shape[1]);
    if width <= 0.0 || height <= 0.0 || form.has(b"Matrix") {
        return None;
    }
    let (across, up) = ((place[2] - place[0]) / width, (place[3] - place[1]) / height);
    let (x, y) = (place[0] - shape[0] * across, place[1] - shape[1] * up);
    Some(format!("{across} 0 0 {up} {x} {y}"))
}
