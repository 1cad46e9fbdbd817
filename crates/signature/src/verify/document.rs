// SPDX-License-Identifier: AGPL-3.0-or-later
//! The signatures of a PDF as the file holds them (ISO 32000-1, 12.8; ETSI EN 319 142-1, 6.3):
//! which bytes each covers, which revision brought it, what it forbids to those that follow.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::report::{Problem, SubIndication as Sub};
use crate::fields::FormField;
use crate::pdf::{Dictionary, File, Malformed, Object, Text};

/// What a filled field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A signature.
    Signature,
    /// A timestamp of the whole document (12.8.5).
    Timestamp,
    /// Something that is not understood.
    Unknown,
}

/// A filled field.
pub(super) struct Entry<'a> {
    pub field: String,
    /// The revision that brought it.
    pub revision: usize,
    pub content: Content,
    dictionary: Dictionary<'a>,
    /// The hole and where the covered bytes end, if the byte range is sound.
    range: Option<(Text, usize)>,
    pub problems: Vec<Problem>,
}

impl<'a> Entry<'a> {
    /// Reads a filled field as the last revision shows it.
    pub fn read(file: &File<'a>, field: &FormField<'a>) -> Result<Self, Malformed> {
        let mut entry = Entry {
            field: field.name.clone(),
            revision: file.last(),
            content: Content::Unknown,
            dictionary: Dictionary::default(),
            range: None,
            problems: Vec::new(),
        };
        let id = field.dictionary.get("V").and_then(Object::reference);
        let found = id.and_then(|id| Some((id, file.entry(file.last(), id.0)?)));
        let Some((id, (revision, _))) = found else {
            return Ok(entry.failed("la firma non è un oggetto del file"));
        };
        entry.revision = revision;
        let Object::Dictionary(dictionary) = file.object(revision, id)? else {
            return Ok(entry.failed("la firma non è un dizionario"));
        };
        entry.dictionary = dictionary;
        entry.read_format();
        if entry.content == Content::Unknown {
            return Ok(entry);
        }
        entry.range = covered(file, revision, &entry.dictionary);
        if entry.range.is_none() {
            return Ok(
                entry.failed("i byte coperti dalla firma non sono quelli della sua revisione")
            );
        }
        Ok(entry)
    }

    fn failed(mut self, reason: &str) -> Self {
        self.problems.push(Problem::fail(Sub::FormatFailure, reason));
        self
    }

    fn read_format(&mut self) {
        let is = |value: &str| self.dictionary.is_name("SubFilter", value);
        self.content = if is("ETSI.RFC3161") && self.dictionary.is_name("Type", "DocTimeStamp") {
            Content::Timestamp
        } else if is("ETSI.CAdES.detached") {
            Content::Signature
        } else if is("adbe.pkcs7.detached") {
            let reason = "la firma è di un formato anteriore a PAdES";
            self.problems.push(Problem::doubt(Sub::SigConstraintsFailure, reason));
            Content::Signature
        } else {
            let reason = "formato di firma non esaminato";
            self.problems.push(Problem::doubt(Sub::Generic, reason));
            Content::Unknown
        };
    }

    /// The time the signer claims.
    pub fn claimed(&self) -> Option<DateTime<Utc>> {
        self.dictionary.get("M").and_then(Object::text).and_then(read_time)
    }

    /// Where the covered bytes end.
    pub fn end(&self) -> Option<usize> {
        self.range.as_ref().map(|(_, end)| *end)
    }

    /// The bytes covered, on both sides of the hole.
    pub fn parts<'f>(&self, file: &File<'f>) -> Option<[&'f [u8]; 2]> {
        let (contents, end) = self.range.as_ref()?;
        Some([&file.bytes[..contents.span.start], &file.bytes[contents.span.end..*end]])
    }

    /// The CMS at the start of the hole; the rest must be zeros.
    pub fn cms(&self) -> Result<&[u8], Problem> {
        let contents = self.range.as_ref().map_or(&[][..], |(contents, _)| &contents.bytes);
        let Some(length) = der_length(contents) else {
            let reason = "firma non codificata in DER: non esaminata";
            return Err(Problem::doubt(Sub::Generic, reason));
        };
        let (cms, padding) = contents.split_at(length);
        if padding.iter().any(|b| *b != 0) {
            let reason = "dopo la firma ci sono byte estranei";
            return Err(Problem::fail(Sub::FormatFailure, reason));
        }
        Ok(cms)
    }

    /// Whether this signature forbids that field to be signed afterwards (12.8.2.2 and 12.8.2.4:
    /// DocMDP, FieldMDP). What cannot be read forbids.
    pub fn forbids(&self, file: &File<'a>, field: &str) -> Result<bool, Malformed> {
        for reference in crate::fields::array(file, self.revision, &self.dictionary, "Reference")? {
            let resolved = file.resolve(self.revision, &reference)?;
            let Some(reference) = resolved.dictionary() else { return Ok(true) };
            let parameters = file.child(self.revision, reference, "TransformParams")?;
            let Some((_, parameters)) = parameters else { continue };
            let forbidden = if reference.is_name("TransformMethod", "DocMDP") {
                parameters.get("P").and_then(Object::integer) == Some(1)
            } else if reference.is_name("TransformMethod", "FieldMDP") {
                let named = crate::fields::array(file, self.revision, &parameters, "Fields")?;
                let named = named.iter().filter_map(Object::text).map(|t| t.read());
                let mut named = named.map(|name| {
                    field == name || field.strip_prefix(&name).is_some_and(|r| r.starts_with('.'))
                });
                match parameters.get("Action") {
                    Some(Object::Name(action)) if **action == *b"Include" => named.any(|is| is),
                    Some(Object::Name(action)) if **action == *b"Exclude" => !named.any(|is| is),
                    _ => true,
                }
            } else {
                false
            };
            if forbidden {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The hole and the end of the byte range, if the range is `[0 a b c]` around exactly one
/// hexadecimal string, this signature's `/Contents`, up to the end of its revision.
fn covered(file: &File<'_>, revision: usize, dictionary: &Dictionary<'_>) -> Option<(Text, usize)> {
    let contents = dictionary.get("Contents")?.text()?;
    let numbers = dictionary.get("ByteRange")?.array()?.iter();
    let numbers: Vec<usize> =
        numbers.map(|n| usize::try_from(n.integer()?).ok()).collect::<Option<_>>()?;
    let [0, start, resume, length] = numbers[..] else { return None };
    let end = resume.checked_add(length)?;
    let hole = file.bytes.get(contents.span.clone())?;
    let [b'<', digits @ .., b'>'] = hole else { return None };
    // One spelling only: mixed case or inner blanks would let bits change unnoticed.
    let (mut upper, mut lower, mut plain) = (false, false, digits.len() % 2 == 0);
    for digit in digits {
        match digit {
            b'0'..=b'9' => {}
            b'a'..=b'f' => lower = true,
            b'A'..=b'F' => upper = true,
            _ => plain = false,
        }
    }
    let shape = contents.span == (start..resume) && plain && !(upper && lower);
    let bounds = &file.revisions[revision];
    (shape && (bounds.marker..=bounds.end).contains(&end)).then(|| (contents.clone(), end))
}

/// The whole length of a DER element, header included, if it fits.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let mut der = crate::asn1::Der::new(bytes);
    der.take(crate::asn1::SEQUENCE).map(|e| e.raw.len())
}

/// A PDF date (ISO 32000-1, 7.9.4): seconds required, time zone taken into account.
fn read_time(text: &Text) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(&text.bytes).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let (date, zone) = text.split_at_checked(14)?;
    let local = NaiveDateTime::parse_from_str(date, "%Y%m%d%H%M%S").ok()?.and_utc();
    let (sign, offset) = match zone.split_at_checked(1) {
        None | Some(("Z", _)) => return Some(local),
        Some(("+", offset)) => (1, offset),
        Some(("-", offset)) => (-1, offset),
        Some(_) => return None,
    };
    let mut parts = offset.split('\'').filter(|p| !p.is_empty()).map(str::parse::<i64>);
    let hours = parts.next()?.ok().filter(|h| *h < 24)?;
    let minutes = parts.next().unwrap_or(Ok(0)).ok().filter(|m| *m < 60)?;
    local.checked_sub_signed(TimeDelta::minutes(sign * (hours * 60 + minutes)))
}
