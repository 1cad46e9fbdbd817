// SPDX-License-Identifier: AGPL-3.0-or-later
//! Bytes to objects (ISO 32000-1, 7.2 and 7.3), strictly: nothing is skipped or repaired.

use std::borrow::Cow;

use super::{Dictionary, Id, Malformed, Object, Text};

/// Deepest nesting of arrays and dictionaries accepted.
const MAX_DEPTH: usize = 64;
/// Most values (numbers, names, strings, …) read for one indirect object: each takes some 50 bytes
/// of memory however short it is written.
const MAX_VALUES: u64 = 500_000;

/// White space of PDF (7.2.2).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// A position in a file and the reading moves from it.
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// Values read so far: what the reading cost.
    pub values: u64,
}

impl<'a> Parser<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Parser { bytes, at: at.min(bytes.len()), values: 0 }
    }

    pub fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, what })
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Skips white space and comments.
    pub fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let line = self.rest().iter().position(|b| matches!(b, b'\n' | b'\r'));
                self.at += line.unwrap_or(self.rest().len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// One end of line, if there is one.
    pub fn end_of_line(&mut self) -> bool {
        let length = match self.rest() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        self.at += length;
        length > 0
    }

    /// Takes `word` if it comes next as a whole word.
    pub fn take(&mut self, word: &str) -> bool {
        let ends = |b: &u8| is_space(*b) || is_delimiter(*b);
        let found = self.rest().starts_with(word.as_bytes())
            && self.rest().get(word.len()).is_none_or(ends);
        if found {
            self.at += word.len();
        }
        found
    }

    pub fn expect(&mut self, word: &str, what: &'static str) -> Result<(), Malformed> {
        self.space();
        if self.take(word) { Ok(()) } else { self.fail(what) }
    }

    /// A non-negative integer after optional white space.
    pub fn unsigned(&mut self) -> Result<u64, Malformed> {
        self.space();
        // Nineteen digits always fit.
        let digits = self.rest().iter().take(19).take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return self.fail("atteso un numero");
        }
        let number = &self.rest()[..digits];
        self.at += digits;
        Ok(number.iter().fold(0, |n, digit| n * 10 + u64::from(digit - b'0')))
    }

    /// `N G obj … endobj` with the identifier expected; `length` finds the value of an indirect
    /// stream length.
    pub fn indirect(
        &mut self,
        id: Id,
        length: &dyn Fn(Id) -> Option<usize>,
    ) -> Result<Object<'a>, Malformed> {
        self.header(id)?;
        let mut object = self.object()?;
        self.space();
        if self.take("stream") {
            let Object::Dictionary(dictionary) = object else {
                return self.fail("flusso senza dizionario");
            };
            let data = self.stream(&dictionary, length)?;
            object = Object::Stream(dictionary, data);
        }
        self.expect("endobj", "atteso endobj")?;
        Ok(object)
    }

    /// An indirect object that is a number, read no further than needed.
    pub fn indirect_number(&mut self, id: Id) -> Result<u64, Malformed> {
        self.header(id)?;
        let number = self.unsigned()?;
        self.expect("endobj", "atteso endobj")?;
        Ok(number)
    }

    fn header(&mut self, id: Id) -> Result<(), Malformed> {
        if self.id()? != Some(id) {
            return self.fail("oggetto fuori posto");
        }
        self.expect("obj", "atteso obj")
    }

    /// The identifier of the indirect object that starts here.
    pub fn identifier(&mut self) -> Result<Id, Malformed> {
        let start = self.at;
        let id = self.id()?;
        self.at = start;
        id.map_or_else(|| self.fail("atteso un oggetto"), Ok)
    }

    fn stream(
        &mut self,
        dictionary: &Dictionary<'a>,
        length: &dyn Fn(Id) -> Option<usize>,
    ) -> Result<&'a [u8], Malformed> {
        if !(self.rest().starts_with(b"\n") || self.rest().starts_with(b"\r\n")) {
            return self.fail("flusso senza a capo");
        }
        self.end_of_line();
        let length = match dictionary.get("Length") {
            Some(Object::Integer(n)) => usize::try_from(*n).ok(),
            Some(Object::Reference(id)) => length(*id),
            _ => None,
        };
        let Some(data) = length.and_then(|n| self.rest().get(..n)) else {
            return self.fail("lunghezza del flusso errata");
        };
        self.at += data.len();
        self.end_of_line();
        if self.take("endstream") { Ok(data) } else { self.fail("atteso endstream") }
    }

    /// `N G`, or nothing consumed.
    fn id(&mut self) -> Result<Option<Id>, Malformed> {
        let start = self.at;
        let pair = self.unsigned().and_then(|number| Ok((number, self.unsigned()?)));
        let Ok((number, generation)) = pair else {
            self.at = start;
            return Ok(None);
        };
        match (u32::try_from(number), u16::try_from(generation)) {
            (Ok(number), Ok(generation)) => Ok(Some((number, generation))),
            _ => {
                self.at = start;
                Ok(None)
            }
        }
    }

    /// Any direct object or reference.
    pub fn object(&mut self) -> Result<Object<'a>, Malformed> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object<'a>, Malformed> {
        if depth > MAX_DEPTH {
            return self.fail("troppi livelli");
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return self.fail("oggetto troppo grande");
        }
        self.space();
        match self.rest() {
            [b'<', b'<', ..] => self.dictionary(depth).map(Object::Dictionary),
            [b'<', ..] => self.hex().map(Object::Text),
            [b'(', ..] => self.literal().map(Object::Text),
            [b'/', ..] => self.name().map(Object::Name),
            [b'[', ..] => self.array(depth),
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => self.number_or_reference(),
            _ if self.take("true") => Ok(Object::Boolean(true)),
            _ if self.take("false") => Ok(Object::Boolean(false)),
            _ if self.take("null") => Ok(Object::Null),
            _ => self.fail("oggetto sconosciuto"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object<'a>, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Dictionary<'a>, Malformed> {
        self.at += 2;
        let mut entries: Vec<(Cow<'a, [u8]>, Object<'a>)> = Vec::new();
        loop {
            self.space();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                break;
            }
            if self.peek() != Some(b'/') {
                return self.fail("attesa una chiave");
            }
            let key = self.name()?;
            entries.push((key, self.nested(depth + 1)?));
        }
        let mut keys: Vec<&[u8]> = entries.iter().map(|(k, _)| &**k).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return self.fail("chiave ripetuta");
        }
        Ok(Dictionary(entries))
    }

    fn name(&mut self) -> Result<Cow<'a, [u8]>, Malformed> {
        self.at += 1;
        let rest = self.rest();
        let length = rest.iter().take_while(|b| !is_space(**b) && !is_delimiter(**b)).count();
        let written = &rest[..length];
        if !written.contains(&b'#') {
            self.at += length;
            return Ok(Cow::Borrowed(written));
        }
        let mut name = Vec::with_capacity(length);
        let mut bytes = written.iter();
        while let Some(byte) = bytes.next() {
            self.at += 1;
            if *byte == b'#' {
                let Some(code) = bytes.as_slice().get(..2).and_then(hex_pair) else {
                    return self.fail("nome errato");
                };
                self.at += 2;
                bytes.nth(1);
                name.push(code);
            } else {
                name.push(*byte);
            }
        }
        Ok(Cow::Owned(name))
    }

    fn number_or_reference(&mut self) -> Result<Object<'a>, Malformed> {
        let start = self.at;
        if let Some(id) = self.id()? {
            self.space();
            if self.take("R") {
                return Ok(Object::Reference(id));
            }
        }
        self.at = start;
        let allowed = |b: &&u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.');
        let length = self.rest().iter().take(40).take_while(allowed).count();
        let token = std::str::from_utf8(&self.rest()[..length]).unwrap_or_default();
        let object = if token.contains('.') {
            token.parse().ok().map(Object::Real)
        } else {
            token.parse().ok().map(Object::Integer)
        };
        let Some(object) = object else { return self.fail("numero errato") };
        self.at += length;
        if self.peek().is_some_and(|b| !is_space(b) && !is_delimiter(b)) {
            return self.fail("numero errato");
        }
        Ok(object)
    }

    fn hex(&mut self) -> Result<Text, Malformed> {
        let start = self.at;
        let Some(length) = self.rest().iter().position(|b| *b == b'>') else {
            return self.fail("stringa non chiusa");
        };
        let Some(bytes) = hex_bytes(&self.rest()[1..length]) else {
            return self.fail("stringa esadecimale errata");
        };
        self.at += length + 1;
        Ok(Text { bytes, span: start..self.at })
    }

    fn literal(&mut self) -> Result<Text, Malformed> {
        let start = self.at;
        let mut bytes = Vec::new();
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut bytes);
                    continue;
                }
                b'\r' if self.peek() == Some(b'\n') => continue,
                _ => {}
            }
            if open == 0 {
                return Ok(Text { bytes, span: start..self.at });
            }
            if self.at > start + 1 {
                bytes.push(if byte == b'\r' { b'\n' } else { byte });
            }
        }
        self.fail("stringa non chiusa")
    }

    /// What follows a backslash in a literal string (7.3.4.2).
    fn escape(&mut self, bytes: &mut Vec<u8>) {
        if self.end_of_line() {
            return;
        }
        let octal = |b: &&u8| matches!(b, b'0'..=b'7');
        let digits = self.rest().iter().take(3).take_while(octal).count();
        if digits > 0 {
            let code = self.rest()[..digits].iter().fold(0_u32, |n, d| n * 8 + u32::from(d - b'0'));
            bytes.push((code & 0xFF) as u8);
            self.at += digits;
            return;
        }
        if let Some(byte) = self.peek() {
            self.at += 1;
            bytes.push(match byte {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 0x08,
                b'f' => 0x0C,
                other => other,
            });
        }
    }
}

/// Two hexadecimal digits to a byte.
pub(crate) fn hex_pair(pair: &[u8]) -> Option<u8> {
    match pair {
        [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => return None,
    })
}

/// The bytes of a hexadecimal string, white space left out; a last digit alone is followed by 0
/// (7.3.4.3). A signature is some sixteen thousand digits, read more than once.
fn hex_bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(2));
    let mut high = None;
    for byte in digits.iter().filter(|b| !is_space(**b)) {
        let digit = hex_digit(*byte)?;
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => bytes.push(high | digit),
        }
    }
    bytes.extend(high);
    Some(bytes)
}
