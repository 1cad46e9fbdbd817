// SPDX-License-Identifier: AGPL-3.0-or-later
//! The logical structure a screen reader follows (ISO 32000-1 §14.7).

use super::strip::NodeId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Document,
    /// 1 to 6.
    Heading(u8),
    Paragraph,
    /// Numbered or not.
    List {
        ordered: bool,
    },
    Item,
    Label,
    ItemBody,
    Quote,
    Table,
    Row,
    /// Header of its column, or of its row.
    Header {
        column: bool,
    },
    Cell,
    Figure,
    Link,
    Group,
    Form,
}

/// What an element holds, in reading order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kid {
    Node(NodeId),
    /// Marked content `mcid` of a page.
    Content {
        page: usize,
        mcid: usize,
    },
    /// Annotation number `annotation` of the document.
    Object {
        annotation: usize,
    },
}

#[derive(Debug, Clone)]
pub struct Node {
    pub role: Role,
    pub parent: NodeId,
    pub kids: Vec<Kid>,
    /// Alternative text of figures, links and form fields.
    pub alt: Option<String>,
    /// Figures: left, bottom, right, top in page space.
    pub bbox: Option<[f32; 4]>,
    linked: bool,
}

/// The structure tree while it grows; node 0 is the document.
#[derive(Debug)]
pub struct Tags {
    pub nodes: Vec<Node>,
    /// Normalised level of the last heading.
    level: u8,
}

pub const ROOT: NodeId = 0;

impl Tags {
    pub fn new() -> Self {
        let root = Node {
            role: Role::Document,
            parent: ROOT,
            kids: Vec::new(),
            alt: None,
            bbox: None,
            linked: true,
        };
        Self { nodes: vec![root], level: 0 }
    }

    /// Adds an element that takes its place among its siblings now.
    pub fn add(&mut self, parent: NodeId, role: Role) -> NodeId {
        let node = self.add_inline(parent, role);
        self.link(node);
        node
    }

    /// Adds an element that takes its place when its first content is drawn: links stand between
    /// the words of their paragraph, whose content does not exist yet.
    pub fn add_inline(&mut self, parent: NodeId, role: Role) -> NodeId {
        self.nodes.push(Node {
            role,
            parent,
            kids: Vec::new(),
            alt: None,
            bbox: None,
            linked: false,
        });
        self.nodes.len() - 1
    }

    fn link(&mut self, node: NodeId) {
        if !self.nodes[node].linked {
            self.nodes[node].linked = true;
            let parent = self.nodes[node].parent;
            self.nodes[parent].kids.push(Kid::Node(node));
        }
    }

    /// Records content or an annotation of an element.
    pub fn push(&mut self, node: NodeId, kid: Kid) {
        self.link(node);
        self.nodes[node].kids.push(kid);
    }

    /// The level a heading is tagged with: never more than one below the heading before it
    /// (PDF/UA-1 §7.4.2), whatever its look.
    pub fn heading_level(&mut self, wanted: u8) -> u8 {
        self.level = wanted.clamp(1, self.level + 1).min(6);
        self.level
    }
}
