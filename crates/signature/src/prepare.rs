// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document ready to be signed: the incremental update is written, with a hole where the CMS
//! will go (ISO 32000-1, 12.8.1; ETSI EN 319 142-1, 5).

use std::ops::Range;

use base64ct::{Base64, Encoding};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::appearance;
use crate::fields::{array, form, signature_fields};
use crate::pdf::{Dictionary, File, Id, Object, Update, write, write_text};
use crate::signer::Hash;
use crate::{SignError, cms};

/// Bytes reserved for the CMS unless asked otherwise: three times a baseline B-B signature.
pub const DEFAULT_RESERVE: usize = 8192;
/// Most bytes that can be reserved.
const MAX_RESERVE: usize = 1 << 20;
/// Room for the four numbers of the byte range, each of up to ten digits.
const RANGE_ROOM: usize = "[0 0000000000 0000000000 0000000000]".len();

/// What to sign and how it shows.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Full name of the empty signature field.
    pub field: &'a str,
    /// The signer's name, for `/Name`.
    pub name: &'a str,
    /// Why, for `/Reason`.
    pub reason: Option<&'a str>,
    /// Lines shown in the field's box, wrapped and scaled to fit; if there are none, or the
    /// document brings no `/Firma` font, the box keeps the appearance it has.
    pub lines: &'a [String],
    /// The claimed time, for `/M`; it is not a signed attribute of the CMS.
    pub signing_time: DateTime<Utc>,
    /// Bytes left for the CMS; see [`DEFAULT_RESERVE`].
    pub reserve: usize,
}

/// A document whose digest waits for a signature; it can be stored and completed days later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The whole file, the hole filled with zeros.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    bytes: Vec<u8>,
    /// The hexadecimal string of `/Contents`, its two delimiters included.
    hole: Range<usize>,
    /// SHA-256 of everything but the hole.
    digest: [u8; 32],
}

impl Prepared {
    /// SHA-256 of the byte range: what the signer sees and signs.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The document as it will be, with an empty signature: what to show before signing.
    pub fn preview(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the byte range by another hash, for keys that want one (P-384).
    pub fn digest_by(&self, hash: Hash) -> Vec<u8> {
        match hash {
            Hash::Sha256 => self.digest.to_vec(),
            other => {
                let (before, after) = self.around();
                other.of(&[before, after])
            }
        }
    }

    /// The very bytes that are signed: everything but the hole. Who signs with a tool of his own
    /// signs this as a file.
    pub fn content(&self) -> Vec<u8> {
        let (before, after) = self.around();
        [before, after].concat()
    }

    fn around(&self) -> (&[u8], &[u8]) {
        let start = self.hole.start.min(self.bytes.len());
        let end = self.hole.end.clamp(start, self.bytes.len());
        (&self.bytes[..start], &self.bytes[end..])
    }

    /// Puts the CMS in the hole, after checking that it fits, that the document is still the one
    /// prepared, and that the CMS signs this document. A CMS that carries the content loses it.
    pub fn embed(self, cms: &[u8]) -> Result<Vec<u8>, SignError> {
        let (hash, stated) = cms::message_digest(cms)?;
        if stated != self.digest_by(hash) {
            return Err(SignError::ForeignCms("l'impronta è diversa".into()));
        }
        self.fill(&cms::detached(cms)?)
    }

    /// Puts a time-stamp token in the hole of a document time-stamp.
    pub(crate) fn embed_token(self, token: &[u8]) -> Result<Vec<u8>, SignError> {
        self.fill(token)
    }

    fn fill(self, cms: &[u8]) -> Result<Vec<u8>, SignError> {
        let hollow = self.bytes.get(self.hole.clone()).is_some_and(|h| match h {
            [b'<', inside @ .., b'>'] => inside.iter().all(|b| *b == b'0'),
            _ => false,
        });
        if !hollow || digest_around(&self.bytes, &self.hole) != self.digest {
            return Err(SignError::PreparedDamaged);
        }
        self.complete(cms)
    }

    /// Puts a CMS made for this document in the hole made for it, both a moment ago: nobody had
    /// the time to damage either, and who calls verifies the whole.
    pub(crate) fn complete(self, cms: &[u8]) -> Result<Vec<u8>, SignError> {
        let Prepared { mut bytes, hole, .. } = self;
        let room = (hole.len() - 2) / 2;
        if cms.len() > room {
            return Err(SignError::CmsTooLarge { needed: cms.len(), room });
        }
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits =
            cms.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
        for (place, digit) in bytes[hole.start + 1..].iter_mut().zip(digits) {
            *place = digit;
        }
        Ok(bytes)
    }
}

/// Appends to a PDF the update that signs a field, with a hole for the CMS.
///
/// Only the field (`/V`, `/AP`) and, if needed, `/SigFlags` of the form change; the original
/// bytes are a prefix of the result. Fails if the field is missing or already signed.
pub fn prepare(pdf: &[u8], request: &Request<'_>) -> Result<Prepared, SignError> {
    let file = File::read(pdf)?;
    let mut field = signature_fields(&file, file.last())?
        .into_iter()
        .find(|f| f.name == request.field)
        .ok_or_else(|| SignError::FieldMissing(request.field.to_owned()))?;
    if field.dictionary.get("V").is_some() {
        return Err(SignError::FieldSigned(field.name));
    }
    if !field.dictionary.is_name("Subtype", "Widget") {
        return Err(SignError::Unsupported("campo firma senza riquadro"));
    }
    if !(1..=MAX_RESERVE).contains(&request.reserve) {
        return Err(SignError::Unsupported("spazio riservato alla firma"));
    }
    let look = appearance::draw(&file, &field, request.lines)?;
    let mut update = Update::new(&file)?;
    if let Some(look) = look {
        let id = update.allocate();
        update.put(id, &Object::Stream(look.dictionary, &look.content));
        let mut normal = Dictionary::default();
        normal.set("N", Object::Reference(id));
        field.dictionary.set("AP", Object::Dictionary(normal));
    }
    let signature = update.allocate();
    field.dictionary.set("V", Object::Reference(signature));
    update.put(field.id, &Object::Dictionary(field.dictionary));
    mark_signed(&file, &mut update)?;
    let (range, hole) = write_signature(&mut update, signature, request);
    Ok(close(update, range, hole))
}

/// Sets `/SigFlags 3` (signatures exist, append only) unless it is already so.
fn mark_signed(file: &File<'_>, update: &mut Update<'_, '_>) -> Result<(), SignError> {
    let missing = SignError::Unsupported("modulo mancante");
    let Some((id, mut form)) = form(file, file.last())? else { return Err(missing) };
    if form.get("SigFlags").and_then(Object::integer) == Some(3) {
        return Ok(());
    }
    form.set("SigFlags", Object::Integer(3));
    match id {
        Some(id) => update.put(id, &Object::Dictionary(form)),
        None => {
            let (id, mut catalog) = file.catalog(file.last())?;
            catalog.set("AcroForm", Object::Dictionary(form));
            update.put(id, &Object::Dictionary(catalog));
        }
    }
    Ok(())
}

/// Appends the update of a document time-stamp (ETSI EN 319 142-1, 5.4.3): a new signature field
/// without a place on the page, with a hole for the token.
///
/// The widget has no area and lies off the page: nothing is shown, and what is not shown needs no
/// place in the structure tree (ISO 14289-1, 7.18).
pub(crate) fn prepare_timestamp(pdf: &[u8], reserve: usize) -> Result<Prepared, SignError> {
    let file = File::read(pdf)?;
    let taken = signature_fields(&file, file.last())?;
    let name = (1..)
        .map(|n| format!("marca_{n}"))
        .find(|name| taken.iter().all(|f| f.name != *name))
        .unwrap_or_default();
    let Some((page, page_dictionary)) = file.pages(file.last())?.into_iter().next() else {
        return Err(SignError::Unsupported("documento senza pagine"));
    };
    let mut update = Update::new(&file)?;
    let (field, stamp) = (update.allocate(), update.allocate());
    let mut widget = Dictionary::default();
    widget.set("Type", Object::name("Annot"));
    widget.set("Subtype", Object::name("Widget"));
    widget.set("FT", Object::name("Sig"));
    widget.set("T", write_text(&name));
    widget.set("TU", write_text("Marca temporale del documento"));
    // Print and Locked.
    widget.set("F", Object::Integer(132));
    widget.set("Rect", Object::Array(vec![Object::Integer(-1); 4]));
    widget.set("P", Object::Reference(page));
    widget.set("V", Object::Reference(stamp));
    update.put(field, &Object::Dictionary(widget));
    append(&file, &mut update, (page, page_dictionary), "Annots", field)?;
    append_to_form(&file, &mut update, field)?;
    update.open(stamp);
    let start = b"<</Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161";
    update.out.extend(start);
    let (range, hole) = write_hole(&mut update, reserve);
    Ok(close(update, range, hole))
}

/// Writes `owner` with one more reference in its list under `key`; a list that is an object of its
/// own is written instead of its owner.
fn append(
    file: &File<'_>,
    update: &mut Update<'_, '_>,
    (id, mut owner): (Id, Dictionary<'_>),
    key: &str,
    item: Id,
) -> Result<(), SignError> {
    let mut items = array(file, file.last(), &owner, key)?;
    items.push(Object::Reference(item));
    match owner.get(key).and_then(Object::reference) {
        Some(list) => update.put(list, &Object::Array(items)),
        None => {
            owner.set(key, Object::Array(items));
            update.put(id, &Object::Dictionary(owner));
        }
    }
    Ok(())
}

fn append_to_form(
    file: &File<'_>,
    update: &mut Update<'_, '_>,
    field: Id,
) -> Result<(), SignError> {
    let missing = SignError::Unsupported("modulo mancante");
    let Some((id, mut form)) = form(file, file.last())? else { return Err(missing) };
    if let Some(id) = id {
        return append(file, update, (id, form), "Fields", field);
    }
    let (id, mut catalog) = file.catalog(file.last())?;
    let mut items = array(file, file.last(), &form, "Fields")?;
    items.push(Object::Reference(field));
    form.set("Fields", Object::Array(items));
    catalog.set("AcroForm", Object::Dictionary(form));
    update.put(id, &Object::Dictionary(catalog));
    Ok(())
}

/// Writes the signature dictionary; returns where its byte range and its hole are.
fn write_signature(
    update: &mut Update<'_, '_>,
    id: Id,
    request: &Request<'_>,
) -> (usize, Range<usize>) {
    update.open(id);
    let out = &mut update.out;
    out.extend(b"<</Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n/Name ");
    write(out, &write_text(request.name));
    if let Some(reason) = request.reason {
        out.extend(b"\n/Reason ");
        write(out, &write_text(reason));
    }
    let time = request.signing_time.format("D:%Y%m%d%H%M%SZ");
    out.extend(format!("\n/M ({time})").bytes());
    write_hole(update, request.reserve)
}

/// Ends a signature dictionary with its byte range and its hole; returns where they are.
fn write_hole(update: &mut Update<'_, '_>, reserve: usize) -> (usize, Range<usize>) {
    let out = &mut update.out;
    out.extend(b"\n/ByteRange ");
    let range = out.len();
    out.resize(range + RANGE_ROOM, b' ');
    out.extend(b"\n/Contents ");
    let start = out.len();
    out.push(b'<');
    out.resize(start + 1 + reserve * 2, b'0');
    out.push(b'>');
    let hole = start..out.len();
    out.extend(b">>");
    update.close();
    (range, hole)
}

/// Ends the update, fills in the byte range and computes the digest.
fn close(update: Update<'_, '_>, range: usize, hole: Range<usize>) -> Prepared {
    let (mut hasher, hashed) = update.original();
    let mut bytes = update.finish();
    let numbers = format!("[0 {} {} {}]", hole.start, hole.end, bytes.len() - hole.end);
    bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
    hasher.update(&bytes[hashed..hole.start]);
    hasher.update(&bytes[hole.end..]);
    Prepared { bytes, hole, digest: hasher.finalize().into() }
}

fn digest_around(bytes: &[u8], hole: &Range<usize>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(&bytes[..hole.start]);
    hasher.update(&bytes[hole.end..]);
    hasher.finalize().into()
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Base64::encode_string(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Base64::decode_vec(&text).map_err(serde::de::Error::custom)
}
