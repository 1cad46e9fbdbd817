// SPDX-License-Identifier: AGPL-3.0-or-later
//! Bookmarks nested as the headings are (ISO 32000-1 §12.3.3).

use lopdf::{Document, Object, ObjectId, dictionary};

use super::draw::Bookmark;
use super::{name, reference, text};

/// Longer titles are cut in the panel; the page has them whole.
const LONGEST: usize = 110;

struct Entry {
    id: ObjectId,
    parent: Option<usize>,
    children: Vec<usize>,
}

/// Writes the outline; `None` when there are no headings.
pub fn add(pdf: &mut Document, bookmarks: &[Bookmark], pages: &[ObjectId]) -> Option<ObjectId> {
    if bookmarks.is_empty() {
        return None;
    }
    let root = pdf.new_object_id();
    let (entries, top) = nest(pdf, bookmarks);
    for (index, (entry, bookmark)) in entries.iter().zip(bookmarks).enumerate() {
        let siblings = entry.parent.map_or(&top, |parent| &entries[parent].children);
        let place = siblings.iter().position(|other| *other == index).unwrap_or(0);
        let destination = vec![
            reference(pages[bookmark.page]),
            name("XYZ"),
            Object::Null,
            Object::Real(bookmark.top),
            Object::Null,
        ];
        let parent = entry.parent.map_or(root, |parent| entries[parent].id);
        let mut item = dictionary! {
            "Title" => text(&shortened(&bookmark.title)),
            "Parent" => reference(parent),
            "Dest" => destination,
        };
        if place > 0 {
            item.set("Prev", reference(entries[siblings[place - 1]].id));
        }
        if let Some(next) = siblings.get(place + 1) {
            item.set("Next", reference(entries[*next].id));
        }
        if let (Some(first), Some(last)) = (entry.children.first(), entry.children.last()) {
            item.set("First", reference(entries[*first].id));
            item.set("Last", reference(entries[*last].id));
            item.set("Count", descendants(&entries, index) as i64);
        }
        pdf.set_object(entry.id, item);
    }
    let (first, last) = (top.first()?, top.last()?);
    pdf.set_object(
        root,
        dictionary! {
            "Type" => name("Outlines"),
            "First" => reference(entries[*first].id),
            "Last" => reference(entries[*last].id),
            "Count" => entries.len() as i64,
        },
    );
    Some(root)
}

/// Parents and children by level.
fn nest(pdf: &mut Document, bookmarks: &[Bookmark]) -> (Vec<Entry>, Vec<usize>) {
    let mut entries: Vec<Entry> = Vec::with_capacity(bookmarks.len());
    let mut top = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (index, bookmark) in bookmarks.iter().enumerate() {
        while open.last().is_some_and(|last| bookmarks[*last].level >= bookmark.level) {
            open.pop();
        }
        let parent = open.last().copied();
        match parent {
            Some(parent) => entries[parent].children.push(index),
            None => top.push(index),
        }
        entries.push(Entry { id: pdf.new_object_id(), parent, children: Vec::new() });
        open.push(index);
    }
    (entries, top)
}

fn descendants(entries: &[Entry], index: usize) -> usize {
    entries[index].children.iter().map(|child| 1 + descendants(entries, *child)).sum()
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= LONGEST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(LONGEST).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches([',', ';', '.']))
}
