// SPDX-License-Identifier: AGPL-3.0-or-later
//! An XML part as a tree: names without prefix, bounded depth, no external entity is ever read.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deeper than any text; recursion over the tree stays bounded.
const DEEPEST: usize = 128;

/// One element.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// Name without prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// What is inside, in order.
    pub children: Vec<Child>,
}

/// Inside an element.
#[derive(Debug, Clone)]
pub enum Child {
    /// Another.
    Element(Element),
    /// Characters.
    Text(String),
}

impl Element {
    /// An attribute by its name without prefix.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The elements inside.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// The first element inside of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    /// All elements of a name, however deep.
    pub fn all<'a>(&'a self, name: &'a str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for element in self.elements() {
            if element.name == name {
                found.push(element);
            }
            found.extend(element.all(name));
        }
        found
    }
}

/// Parses a part; the error says what and where.
pub fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "non è in UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let at = |what: String, reader: &Reader<&[u8]>| {
            format!("{what} al byte {}", reader.buffer_position())
        };
        let event = reader.read_event().map_err(|error| at(error.to_string(), &reader))?;
        match event {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(at("elementi annidati troppo in profondità".into(), &reader));
                }
                open.push(element(&start));
            }
            Event::Empty(start) => put(&mut open, Child::Element(element(&start))),
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                put(&mut open, Child::Element(done));
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|e| at(e.to_string(), &reader))?;
                put(&mut open, Child::Text(text.into_owned()));
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|e| at(e.to_string(), &reader))?;
                put(&mut open, Child::Text(text.into_owned()));
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                let name = reference.decode().unwrap_or_default();
                let named = || quick_xml::escape::resolve_predefined_entity(&name);
                let text = character.or_else(|| named().map(str::to_owned));
                put(&mut open, Child::Text(text.unwrap_or_default()));
            }
            Event::DocType(_) => {
                return Err(at("una definizione DTD non è ammessa".into(), &reader));
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if let Some(unclosed) = open.get(1) {
        let last = open.last().unwrap_or(unclosed);
        return Err(format!("finisce dentro <{}>", last.name));
    }
    let root = open.pop().unwrap_or_default();
    root.elements().next().cloned().ok_or_else(|| "è vuoto".to_owned())
}

fn put(open: &mut [Element], child: Child) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(child);
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let local = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let attributes = start.attributes().flatten().map(|attribute| {
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        let value = quick_xml::escape::unescape(&value).map(|v| v.into_owned()).unwrap_or(value);
        (local(attribute.key.local_name().as_ref()), value)
    });
    Element {
        name: local(start.local_name().as_ref()),
        attributes: attributes.collect(),
        children: Vec::new(),
    }
}
