// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reading ASN.1 made by others (X.690), without copying and without trusting: the bytes of every
//! element stay at hand, because what was signed are bytes. Only DER is read; [`ber`] turns the
//! looser encodings of signed containers into it first.

pub(crate) mod ber;

use chrono::{DateTime, NaiveDate, Utc};
use der::asn1::ObjectIdentifier;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0A;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// A constructed context-specific tag.
pub(crate) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// A primitive context-specific tag.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// One element: tag, contents, and the whole of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    pub raw: &'a [u8],
}

/// Elements one after the other. A method that answers `None` found something malformed, or
/// something else than what was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Der(bytes)
    }

    /// The only element in `bytes`, with this tag.
    pub fn only(bytes: &'a [u8], tag: u8) -> Option<Element<'a>> {
        let mut der = Der(bytes);
        let element = der.take(tag)?;
        der.end().map(|()| element)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may follow.
    pub fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// The next element: one byte of tag, a length as short as it can be.
    pub fn next(&mut self) -> Option<Element<'a>> {
        let bytes = self.0;
        let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
        let (header, length) = match first {
            _ if tag & 0x1F == 0x1F => return None,
            0..=0x7F => (2, usize::from(first)),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7F);
                let digits = bytes.get(2..2 + count)?;
                let length = digits.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
                let shortest = digits[0] != 0 && (count > 1 || length > 0x7F);
                shortest.then_some((2 + count, length))?
            }
            _ => return None,
        };
        let raw = bytes.get(..header.checked_add(length)?)?;
        self.0 = &bytes[raw.len()..];
        Some(Element { tag, value: &raw[header..], raw })
    }

    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|e| e.tag == tag)
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Option<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.next().map(Some) } else { Some(None) }
    }

    /// All that follows, at most `most` elements.
    pub fn all(mut self, most: usize) -> Option<Vec<Element<'a>>> {
        let mut found = Vec::new();
        while !self.is_empty() {
            if found.len() == most {
                return None;
            }
            found.push(self.next()?);
        }
        Some(found)
    }
}

impl<'a> Element<'a> {
    pub fn inside(&self) -> Der<'a> {
        Der(self.value)
    }

    pub fn oid(&self) -> Option<ObjectIdentifier> {
        (self.tag == OID).then(|| ObjectIdentifier::from_bytes(self.value).ok())?
    }

    /// A small non-negative number.
    pub fn small(&self) -> Option<u64> {
        let digits = self.value;
        let negative = digits.first().is_some_and(|b| b & 0x80 != 0);
        if self.tag != INTEGER || digits.is_empty() || digits.len() > 8 || negative {
            return None;
        }
        Some(digits.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// The octets of a bit string of whole octets.
    pub fn bits(&self) -> Option<&'a [u8]> {
        match self.value {
            [0, bits @ ..] if self.tag == BIT_STRING => Some(bits),
            _ => None,
        }
    }

    /// `UTCTime` or `GeneralizedTime` in the form DER wants (X.690, 11.7 and 11.8): Zulu, with
    /// seconds; a fraction is cut to microseconds.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        let text = std::str::from_utf8(self.value).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = match text.split_once('.') {
            None => (text, "0"),
            Some((whole, fraction)) if self.tag == GENERALIZED_TIME => (whole, fraction),
            Some(_) => return None,
        };
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match self.tag {
            UTC_TIME if whole.len() == 12 => {
                let year: i32 = whole[..2].parse().ok()?;
                // RFC 5280, 4.1.2.5.1.
                (if year < 50 { 2000 + year } else { 1900 + year }, &whole[2..])
            }
            GENERALIZED_TIME if whole.len() == 14 => (whole[..4].parse().ok()?, &whole[4..]),
            _ => return None,
        };
        let part = |n: usize| rest.get(n * 2..n * 2 + 2)?.parse::<u32>().ok();
        let micro: u32 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        let day = NaiveDate::from_ymd_opt(year, part(0)?, part(1)?)?;
        Some(day.and_hms_micro_opt(part(2)?, part(3)?, part(4)?, micro)?.and_utc())
    }
}

/// An algorithm with its parameters as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Algorithm<'a> {
    pub oid: ObjectIdentifier,
    /// The parameters' bytes; `None` when absent.
    pub parameters: Option<&'a [u8]>,
}

impl<'a> Algorithm<'a> {
    pub fn read(element: Element<'a>) -> Option<Self> {
        if element.tag != SEQUENCE {
            return None;
        }
        let mut der = element.inside();
        let oid = der.take(OID)?.oid()?;
        let parameters = if der.is_empty() { None } else { Some(der.next()?.raw) };
        der.end()?;
        Some(Algorithm { oid, parameters })
    }

    /// Whether there are no parameters, or an explicit `NULL`.
    pub fn is_plain(&self) -> bool {
        self.parameters.is_none_or(|p| p == [0x05, 0x00])
    }
}
