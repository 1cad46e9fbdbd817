// SPDX-License-Identifier: AGPL-3.0-or-later
//! Objects to bytes, and the incremental update (ISO 32000-1, 7.5.6): the original is kept byte
//! for byte, the new objects, a table and a trailer follow it.

use sha2::{Digest, Sha256};

use super::file::MAX_OBJECT;
use super::{Dictionary, File, Id, Malformed, Object, Text};

/// Writes an object the way the parser reads it.
pub(crate) fn write(out: &mut Vec<u8>, object: &Object<'_>) {
    match object {
        Object::Null => out.extend(b"null"),
        Object::Boolean(b) => out.extend(b.to_string().bytes()),
        Object::Integer(i) => out.extend(i.to_string().bytes()),
        Object::Real(r) => {
            let text = r.to_string();
            out.extend(text.bytes());
            if !text.contains('.') {
                out.extend(b".0");
            }
        }
        Object::Text(t) => write_bytes(out, &t.bytes),
        Object::Name(n) => write_name(out, n),
        Object::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b' ');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Object::Dictionary(d) => write_dictionary(out, d),
        Object::Stream(d, data) => {
            write_dictionary(out, d);
            out.extend(b"\nstream\n");
            out.extend(*data);
            out.extend(b"\nendstream");
        }
        Object::Reference((number, generation)) => {
            out.extend(format!("{number} {generation} R").bytes());
        }
    }
}

fn write_dictionary(out: &mut Vec<u8>, dictionary: &Dictionary<'_>) {
    out.extend(b"<<");
    for (key, value) in dictionary.iter() {
        write_name(out, key);
        out.push(b' ');
        write(out, value);
        out.push(b'\n');
    }
    out.extend(b">>");
}

fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"+-._:".contains(byte) {
            out.push(*byte);
        } else {
            out.extend(format!("#{byte:02X}").bytes());
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|b| (b' '..=b'~').contains(b)) {
        out.push(b'(');
        for byte in bytes {
            if b"()\\".contains(byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.push(b')');
    } else {
        out.push(b'<');
        out.extend(bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()));
        out.push(b'>');
    }
}

/// A text string (7.9.2.2): plain ASCII as it is, anything else in UTF-16 with its mark.
pub(crate) fn write_text(text: &str) -> Object<'static> {
    let bytes = if text.is_ascii() {
        text.as_bytes().to_vec()
    } else {
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        [0xFE, 0xFF].into_iter().chain(units).collect()
    };
    Object::Text(Text { bytes, span: 0..0 })
}

/// An incremental update being written after the bytes of a file.
pub(crate) struct Update<'f, 'a> {
    file: &'f File<'a>,
    /// The whole new file so far.
    pub out: Vec<u8>,
    entries: Vec<(Id, usize)>,
    next: u32,
    /// The digest of the file so far: its bytes are hashed once for all that covers them.
    original: Sha256,
}

impl<'f, 'a> Update<'f, 'a> {
    pub fn new(file: &'f File<'a>) -> Result<Self, Malformed> {
        let revision = file.last();
        let size = file.trailer(revision).get("Size").and_then(Object::integer);
        let highest = file.revisions.iter().filter_map(|r| r.entries.keys().last()).max();
        let next =
            highest.map_or(1, |n| n + 1).max(size.and_then(|n| n.try_into().ok()).unwrap_or(1));
        if next > MAX_OBJECT - 8 {
            return Err(Malformed { at: file.revisions[revision].xref, what: "troppi oggetti" });
        }
        let mut out = Vec::with_capacity(file.bytes.len() + (64 << 10));
        out.extend(file.bytes);
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        let original = Sha256::new_with_prefix(file.bytes);
        Ok(Update { file, out, entries: Vec::new(), next, original })
    }

    /// The digest begun with the bytes of the file, and how many they are.
    pub fn original(&self) -> (Sha256, usize) {
        (self.original.clone(), self.file.bytes.len())
    }

    /// A number no revision has used.
    pub fn allocate(&mut self) -> Id {
        self.next += 1;
        (self.next - 1, 0)
    }

    /// Opens `id`; the caller writes the object's bytes, then calls [`Self::close`].
    pub fn open(&mut self, id: Id) {
        self.entries.push((id, self.out.len()));
        self.out.extend(format!("{} {} obj\n", id.0, id.1).bytes());
    }

    pub fn close(&mut self) {
        self.out.extend(b"\nendobj\n");
    }

    pub fn put(&mut self, id: Id, object: &Object<'_>) {
        self.open(id);
        write(&mut self.out, object);
        self.close();
    }

    /// Table, trailer (`/Root`, `/Info` and the first half of `/ID` as they were, the second half
    /// from the SHA-256 of all that precedes it, so that equal inputs give equal files) and end.
    pub fn finish(mut self) -> Vec<u8> {
        let revision = self.file.last();
        let old = self.file.trailer(revision);
        let (hasher, hashed) = self.original();
        let digest = hasher.chain_update(&self.out[hashed..]).finalize();
        let xref = self.out.len();
        self.table();
        let fresh = Object::Text(Text { bytes: digest[..16].to_vec(), span: 0..0 });
        let kept = match old.get("ID").and_then(Object::array) {
            Some([first, ..]) => first.clone(),
            _ => fresh.clone(),
        };
        let mut trailer = Dictionary::default();
        trailer.set("Size", Object::Integer(i64::from(self.next)));
        for key in ["Root", "Info"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer.set("Prev", Object::Integer(self.file.revisions[revision].xref as i64));
        trailer.set("ID", Object::Array(vec![kept, fresh]));
        self.out.extend(b"trailer\n");
        write_dictionary(&mut self.out, &trailer);
        self.out.extend(format!("\nstartxref\n{xref}\n%%EOF\n").bytes());
        self.out
    }

    fn table(&mut self) {
        self.entries.sort_unstable();
        self.out.extend(b"xref\n");
        for run in self.entries.chunk_by(|a, b| a.0.0 + 1 == b.0.0) {
            let first = run.first().map_or(0, |(id, _)| id.0);
            self.out.extend(format!("{first} {}\n", run.len()).bytes());
            for (id, offset) in run {
                self.out.extend(format!("{offset:010} {:05} n \n", id.1).bytes());
            }
        }
    }
}
