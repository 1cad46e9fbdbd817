// SPDX-License-Identifier: AGPL-3.0-or-later
//! The structure tree in the file (ISO 32000-1 §14.7), every element an indirect object.

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

use super::{name, numbers, reference, text};
use crate::layout::{Kid, Node, NodeId, Role, Tags};

/// Standard structure type (ISO 32000-1 §14.8.4).
pub fn tag(role: Role) -> &'static str {
    match role {
        Role::Document => "Document",
        Role::Heading(level) => match level {
            0 | 1 => "H1",
            2 => "H2",
            3 => "H3",
            4 => "H4",
            5 => "H5",
            _ => "H6",
        },
        Role::Paragraph => "P",
        Role::List { .. } => "L",
        Role::Item => "LI",
        Role::Label => "Lbl",
        Role::ItemBody => "LBody",
        Role::Quote => "BlockQuote",
        Role::Table => "Table",
        Role::Row => "TR",
        Role::Header { .. } => "TH",
        Role::Cell => "TD",
        Role::Figure => "Figure",
        Role::Link => "Link",
        Role::Group => "Div",
        Role::Form => "Form",
    }
}

/// Object numbers of pages and annotations, which the tree points to.
pub struct Targets<'a> {
    pub pages: &'a [ObjectId],
    pub annotations: &'a [ObjectId],
    /// Page of each annotation.
    pub annotation_pages: &'a [usize],
}

/// Writes the tree and the parent tree; gives the root.
pub fn add(
    pdf: &mut Document,
    tags: &Tags,
    contents: &[Vec<NodeId>],
    owners: &[NodeId],
    targets: &Targets<'_>,
) -> ObjectId {
    let root = pdf.new_object_id();
    let ids: Vec<ObjectId> = tags.nodes.iter().map(|_| pdf.new_object_id()).collect();
    for (number, node) in tags.nodes.iter().enumerate() {
        let parent = if number == 0 { root } else { ids[node.parent] };
        pdf.set_object(ids[number], element(node, parent, &ids, targets));
    }
    let parents = parent_tree(pdf, contents, owners, &ids);
    let next = contents.len() + owners.len();
    pdf.set_object(
        root,
        dictionary! {
            "Type" => name("StructTreeRoot"),
            "K" => vec![reference(ids[0])],
            "ParentTree" => reference(parents),
            "ParentTreeNextKey" => next as i64,
        },
    );
    root
}

fn element(node: &Node, parent: ObjectId, ids: &[ObjectId], targets: &Targets<'_>) -> Dictionary {
    let mut element = dictionary! {
        "Type" => name("StructElem"),
        "S" => name(tag(node.role)),
        "P" => reference(parent),
    };
    let page = node.kids.iter().find_map(|kid| match kid {
        Kid::Content { page, .. } => Some(*page),
        Kid::Object { annotation } => Some(targets.annotation_pages[*annotation]),
        Kid::Node(_) => None,
    });
    if let Some(page) = page {
        element.set("Pg", reference(targets.pages[page]));
    }
    let kids: Vec<Object> =
        node.kids.iter().map(|kid| kid_object(kid, page, ids, targets)).collect();
    // One kid stands alone, not in an array (ISO 32000-1 table 323 allows both): pyHanko takes an
    // array under a Form for a change of the structure and judges earlier signatures invalid.
    let mut kids = kids;
    match (kids.pop(), kids.is_empty()) {
        (Some(only), true) => element.set("K", only),
        (Some(last), false) => {
            kids.push(last);
            element.set("K", kids);
        }
        (None, _) => {}
    }
    if let Some(alt) = &node.alt {
        element.set("Alt", text(alt));
    }
    if let Some(attributes) = attributes(node) {
        element.set("A", attributes);
    }
    element
}

fn kid_object(kid: &Kid, own: Option<usize>, ids: &[ObjectId], targets: &Targets<'_>) -> Object {
    match kid {
        Kid::Node(node) => reference(ids[*node]),
        Kid::Content { page, mcid } if Some(*page) == own => Object::Integer(*mcid as i64),
        Kid::Content { page, mcid } => Object::Dictionary(dictionary! {
            "Type" => name("MCR"),
            "Pg" => reference(targets.pages[*page]),
            "MCID" => *mcid as i64,
        }),
        Kid::Object { annotation } => Object::Dictionary(dictionary! {
            "Type" => name("OBJR"),
            "Pg" => reference(targets.pages[targets.annotation_pages[*annotation]]),
            "Obj" => reference(targets.annotations[*annotation]),
        }),
    }
}

/// Attributes a reader needs (ISO 32000-1 §14.8.5).
fn attributes(node: &Node) -> Option<Dictionary> {
    match node.role {
        Role::List { ordered } => {
            let numbering = if ordered { "Decimal" } else { "Disc" };
            Some(dictionary! { "O" => name("List"), "ListNumbering" => name(numbering) })
        }
        Role::Header { column } => {
            let scope = if column { "Column" } else { "Row" };
            Some(dictionary! { "O" => name("Table"), "Scope" => name(scope) })
        }
        Role::Figure => node.bbox.map(|bbox| {
            dictionary! {
                "O" => name("Layout"),
                "Placement" => name("Block"),
                "BBox" => numbers(bbox),
            }
        }),
        _ => None,
    }
}

/// From content back to elements: key n is page n, then come the annotations.
fn parent_tree(
    pdf: &mut Document,
    contents: &[Vec<NodeId>],
    owners: &[NodeId],
    ids: &[ObjectId],
) -> ObjectId {
    let mut entries = Vec::with_capacity(2 * (contents.len() + owners.len()));
    for (page, nodes) in contents.iter().enumerate() {
        let parents: Vec<Object> = nodes.iter().map(|node| reference(ids[*node])).collect();
        let array = pdf.add_object(parents);
        entries.extend([Object::Integer(page as i64), reference(array)]);
    }
    for (index, node) in owners.iter().enumerate() {
        let key = contents.len() + index;
        entries.extend([Object::Integer(key as i64), reference(ids[*node])]);
    }
    pdf.add_object(dictionary! { "Nums" => entries })
}
