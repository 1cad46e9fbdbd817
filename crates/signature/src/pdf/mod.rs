// SPDX-License-Identifier: AGPL-3.0-or-later
//! The little of PDF that signing and verifying need (ISO 32000-1, 7.3 and 7.5).
//!
//! A signature is about *bytes*: where a string starts and ends, where a revision ends, which
//! object an update redefines. General PDF libraries hide exactly that, repair what is broken and
//! guess; here nothing is repaired, every byte of an update is accounted for, and whatever is not
//! understood is an error with its offset. The cost of a hostile file is linear in its size.

mod file;
mod filter;
mod parse;
mod sections;
mod write;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use file::{File, Place, Revision};
pub(crate) use filter::decode;
pub(crate) use parse::is_space;
pub(crate) use write::{Update, write, write_text};

/// Largest file read, in bytes (128 MiB): a whole act with its scans is far below.
pub const MAX_BYTES: usize = 128 << 20;

/// What is wrong in a PDF and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PDF non leggibile: {what} (byte {at})")]
pub struct Malformed {
    /// Offset in bytes from the start of the file.
    pub at: usize,
    /// What was expected or refused, in Italian.
    pub what: &'static str,
}

/// Number and generation of an indirect object.
pub(crate) type Id = (u32, u16);

/// A PDF object; stream bytes are borrowed from the file, still encoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(Text),
    Name(Cow<'a, [u8]>),
    Array(Vec<Object<'a>>),
    Dictionary(Dictionary<'a>),
    Stream(Dictionary<'a>, &'a [u8]),
    Reference(Id),
}

/// A string and the bytes of the file it was written with, delimiters included.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub bytes: Vec<u8>,
    pub span: Range<usize>,
}

impl PartialEq for Text {
    /// Two strings are equal when they say the same, wherever they are written.
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

/// A dictionary in the order of the file. Keys are unique: a repeated key is refused on reading,
/// because readers disagree on which one counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary<'a>(Vec<(Cow<'a, [u8]>, Object<'a>)>);

impl PartialEq for Dictionary<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl<'a> Dictionary<'a> {
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Object<'a>> {
        self.0.iter().find(|(k, _)| **k == *key.as_ref()).map(|(_, v)| v)
    }

    pub fn set(&mut self, key: &str, value: Object<'a>) {
        match self.0.iter_mut().find(|(k, _)| **k == *key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((Cow::Owned(key.as_bytes().to_vec()), value)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object<'a>)> {
        self.0.iter().map(|(k, v)| (&**k, v))
    }

    /// Keys whose value differs between the two, in either direction.
    pub fn differences<'k>(&'k self, other: &'k Self) -> Vec<&'k [u8]> {
        let gone = self.0.iter().filter(|(k, v)| other.get(k) != Some(v));
        let added = other.0.iter().filter(|(k, _)| self.get(k).is_none());
        gone.chain(added).map(|(k, _)| &**k).collect()
    }

    pub fn is_name(&self, key: &str, value: &str) -> bool {
        matches!(self.get(key), Some(Object::Name(n)) if **n == *value.as_bytes())
    }
}

impl<'a> Object<'a> {
    pub fn name(value: &str) -> Self {
        Object::Name(Cow::Owned(value.as_bytes().to_vec()))
    }

    /// The dictionary of a dictionary or of a stream.
    pub fn dictionary(&self) -> Option<&Dictionary<'a>> {
        match self {
            Object::Dictionary(d) | Object::Stream(d, _) => Some(d),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Object<'a>]> {
        if let Object::Array(a) = self { Some(a) } else { None }
    }

    pub fn integer(&self) -> Option<i64> {
        if let Object::Integer(i) = self { Some(*i) } else { None }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Object::Integer(i) => Some(*i as f64),
            Object::Real(r) => Some(*r),
            _ => None,
        }
    }

    pub fn reference(&self) -> Option<Id> {
        if let Object::Reference(id) = self { Some(*id) } else { None }
    }

    pub fn text(&self) -> Option<&Text> {
        if let Object::Text(t) = self { Some(t) } else { None }
    }

    /// The same object borrowing nothing, for what was read from an object stream; `None` for a
    /// stream, which cannot be there (7.5.7). Strings lose their place in the file.
    fn detached<'b>(self) -> Option<Object<'b>> {
        Some(match self {
            Object::Null => Object::Null,
            Object::Boolean(b) => Object::Boolean(b),
            Object::Integer(i) => Object::Integer(i),
            Object::Real(r) => Object::Real(r),
            Object::Text(t) => Object::Text(Text { bytes: t.bytes, span: 0..0 }),
            Object::Name(n) => Object::Name(Cow::Owned(n.into_owned())),
            Object::Reference(id) => Object::Reference(id),
            Object::Array(items) => {
                Object::Array(items.into_iter().map(Object::detached).collect::<Option<_>>()?)
            }
            Object::Dictionary(d) => {
                let entries =
                    d.0.into_iter().map(|(k, v)| Some((Cow::Owned(k.into_owned()), v.detached()?)));
                Object::Dictionary(Dictionary(entries.collect::<Option<_>>()?))
            }
            Object::Stream(..) => return None,
        })
    }

    /// Calls `visit` for every reference inside the object.
    pub fn references(&self, visit: &mut dyn FnMut(Id)) {
        match self {
            Object::Reference(id) => visit(*id),
            Object::Array(items) => items.iter().for_each(|o| o.references(visit)),
            Object::Dictionary(d) | Object::Stream(d, _) => {
                d.0.iter().for_each(|(_, o)| o.references(visit));
            }
            _ => {}
        }
    }
}

impl Text {
    /// The text as a person reads it: UTF-16 and UTF-8 by their mark, else one byte a letter
    /// (PDFDocEncoding agrees with Latin-1 on what names use).
    pub fn read(&self) -> String {
        match self.bytes.as_slice() {
            [0xFE, 0xFF, rest @ ..] => {
                let units = rest
                    .chunks(2)
                    .map(|c| u16::from_be_bytes([c[0], c.get(1).copied().unwrap_or_default()]));
                char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
            }
            [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
            bytes => bytes.iter().map(|b| char::from(*b)).collect(),
        }
    }
}
