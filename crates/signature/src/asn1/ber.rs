// SPDX-License-Identifier: AGPL-3.0-or-later
//! BER to DER (X.690): indefinite lengths, long lengths and octet strings in pieces become what
//! DER would have written. Signed containers are often streamed this way; read as they are, a
//! string in pieces would be taken for other content.

use base64ct::{Base64, Encoding};

use super::OCTET_STRING;

/// Deepest nesting followed; a certificate inside a timestamp inside a signature needs about 20.
const MAX_DEPTH: usize = 40;
/// A constructed octet string.
const IN_PIECES: u8 = OCTET_STRING | 0x20;

/// The bytes behind PEM, bare Base64 or nothing: what signing tools hand out.
pub(crate) fn unwrap(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.first() == Some(&0x30) {
        return Some(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let body = match text.strip_prefix("-----BEGIN ") {
        None => text,
        Some(rest) => {
            let (label, rest) = rest.split_once("-----")?;
            let (body, after) = rest.split_once("-----END ")?;
            (after.strip_suffix("-----") == Some(label)).then_some(body)?
        }
    };
    let body: String = body.split_ascii_whitespace().collect();
    Base64::decode_vec(&body).ok().filter(|der| der.first() == Some(&0x30))
}

/// The one element in `bytes`, in DER; `None` if it is malformed or something follows.
pub(crate) fn to_der(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader { bytes, at: 0 };
    let mut out = Vec::with_capacity(bytes.len());
    reader.element(&mut out, 0)?;
    (reader.at == bytes.len()).then_some(out)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    /// The length that comes next: `None` inside for the indefinite form.
    fn length(&mut self) -> Option<Option<usize>> {
        match self.byte()? {
            n @ 0..=0x7F => Some(Some(usize::from(n))),
            0x80 => Some(None),
            n @ 0x81..=0x88 => {
                let mut length = 0_usize;
                for _ in 0..n & 0x7F {
                    length = length.checked_mul(256)?.checked_add(usize::from(self.byte()?))?;
                }
                Some(Some(length))
            }
            _ => None,
        }
    }

    /// Writes the next element to `out` as DER.
    fn element(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        let tag = self.byte().filter(|t| t & 0x1F != 0x1F && depth < MAX_DEPTH)?;
        let length = self.length()?;
        if tag & 0x20 == 0 {
            let value = self.bytes.get(self.at..self.at.checked_add(length?)?)?;
            self.at += value.len();
            write(out, tag, value);
            return Some(());
        }
        let mut inside = Vec::new();
        let end = length.map(|n| self.at.checked_add(n)).map_or(Some(None), |end| end.map(Some))?;
        if end.is_some_and(|end| end > self.bytes.len()) {
            return None;
        }
        while !self.finished(end)? {
            self.element(&mut inside, depth + 1)?;
        }
        if tag == IN_PIECES {
            let mut whole = Vec::with_capacity(inside.len());
            let mut pieces = super::Der::new(&inside);
            while !pieces.is_empty() {
                whole.extend(pieces.take(OCTET_STRING)?.value);
            }
            write(out, OCTET_STRING, &whole);
        } else {
            write(out, tag, &inside);
        }
        Some(())
    }

    /// Whether the contents end here; the two zeros of the indefinite form are consumed.
    fn finished(&mut self, end: Option<usize>) -> Option<bool> {
        match end {
            Some(end) if self.at > end => None,
            Some(end) => Some(self.at == end),
            None if self.bytes.get(self.at..self.at + 2)? == [0, 0] => {
                self.at += 2;
                Some(true)
            }
            None => Some(false),
        }
    }
}

fn write(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    let length = value.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        out.push(0x80 | digits.len() as u8);
        out.extend(digits);
    }
    out.extend(value);
}
