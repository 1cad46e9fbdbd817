// SPDX-License-Identifier: AGPL-3.0-or-later
//! The signature fields of a document (ISO 32000-1, 12.7.4.5).

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::pdf::{Dictionary, File, Id, Malformed, Object};

/// Most levels and nodes of the field tree followed.
const MAX_LEVELS: usize = 16;
const MAX_FIELDS: usize = 10_000;

/// A signature field of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// Full name, parts joined by a full stop.
    pub name: String,
    /// Whether it carries a signature.
    pub signed: bool,
    /// Left, bottom, right, top in points (1/72 inch) from the page's origin.
    pub rectangle: [f64; 4],
    /// Page number from 1; `None` if the field is on no page.
    pub page: Option<u32>,
}

/// The signature fields of a PDF in the order of the form.
pub fn fields(pdf: &[u8]) -> Result<Vec<Field>, Malformed> {
    let file = File::read(pdf)?;
    let mut pages = HashMap::new();
    for (number, (id, page)) in (1_u32..).zip(file.pages(file.last())?) {
        pages.insert(id, number);
        for annotation in array(&file, file.last(), &page, "Annots")? {
            if let Some(annotation) = annotation.reference() {
                pages.insert(annotation, number);
            }
        }
    }
    let found = signature_fields(&file, file.last())?;
    Ok(found
        .into_iter()
        .map(|field| {
            let page = field.dictionary.get("P").and_then(Object::reference);
            Field {
                page: pages.get(&field.id).or_else(|| pages.get(&page?)).copied(),
                signed: field.dictionary.get("V").is_some(),
                rectangle: rectangle(&field.dictionary).unwrap_or_default(),
                name: field.name,
            }
        })
        .collect())
}

/// Number of pages of a PDF, at a bounded cost however hostile the file; `None` when it cannot be
/// read to the letter of the standard.
pub fn page_count(pdf: &[u8]) -> Option<usize> {
    let file = File::read(pdf).ok()?;
    let pages = file.pages(file.last()).ok()?.len();
    (pages > 0).then_some(pages)
}

/// A signature field as the file holds it: field and widget in one dictionary.
pub(crate) struct FormField<'a> {
    pub name: String,
    pub id: Id,
    pub dictionary: Dictionary<'a>,
}

/// `/Rect` with its corners in order.
pub(crate) fn rectangle(field: &Dictionary<'_>) -> Option<[f64; 4]> {
    let corners: Vec<f64> =
        field.get("Rect")?.array()?.iter().map(Object::number).collect::<Option<_>>()?;
    let [a, b, c, d] = corners[..] else { return None };
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}

/// The array under `key`, directly or through a reference; empty if there is none.
pub(crate) fn array<'a>(
    file: &File<'a>,
    revision: usize,
    parent: &Dictionary<'a>,
    key: &str,
) -> Result<Vec<Object<'a>>, Malformed> {
    match parent.get(key).map(|o| file.resolve(revision, o)).transpose()? {
        Some(Object::Array(items)) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

/// The form and its identifier, when it is an object of its own.
pub(crate) fn form<'a>(
    file: &File<'a>,
    revision: usize,
) -> Result<Option<(Option<Id>, Dictionary<'a>)>, Malformed> {
    file.child(revision, &file.catalog(revision)?.1, "AcroForm")
}

/// The signature fields as seen at a revision.
pub(crate) fn signature_fields<'a>(
    file: &File<'a>,
    revision: usize,
) -> Result<Vec<FormField<'a>>, Malformed> {
    let Some((_, form)) = form(file, revision)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut stack: Vec<(Id, String, bool, usize)> = Vec::new();
    let push = |stack: &mut Vec<_>, kids: &[Object<'a>], name: &str, signature, level| {
        let ids = kids.iter().rev().filter_map(Object::reference);
        stack.extend(ids.map(|id| (id, name.to_owned(), signature, level)));
    };
    push(&mut stack, &array(file, revision, &form, "Fields")?, "", false, 0);
    while let Some((id, parent, inherited, level)) = stack.pop() {
        if level > MAX_LEVELS || seen.len() > MAX_FIELDS || !seen.insert(id) {
            let at = file.revisions[revision].xref;
            return Err(Malformed { at, what: "albero dei campi errato" });
        }
        let Object::Dictionary(dictionary) = file.object(revision, id)? else { continue };
        let own = dictionary.get("T").and_then(Object::text).map(|t| t.read());
        let name = match own {
            Some(own) if parent.is_empty() => own,
            Some(own) => format!("{parent}.{own}"),
            None => parent,
        };
        let signature = match dictionary.get("FT") {
            Some(_) => dictionary.is_name("FT", "Sig"),
            None => inherited,
        };
        let kids = array(file, revision, &dictionary, "Kids")?;
        if !kids.is_empty() {
            push(&mut stack, &kids, &name, signature, level + 1);
        } else if signature {
            found.push(FormField { name, id, dictionary });
        }
    }
    Ok(found)
}
