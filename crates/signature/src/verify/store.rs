// SPDX-License-Identifier: AGPL-3.0-or-later
//! The validation store of a document in an update (ISO 32000-2, 12.8.4.3; EN 319 142-1, 5.4):
//! it may come and grow, by streams of certificates, CRLs and OCSP answers and nothing else.
//! Whether they are what they say is for `material.rs`.

use std::collections::HashSet;

use super::changes::{Comparison, Severity};
use crate::pdf::{Dictionary, File, Id, Malformed, Object};

/// Most parts of a store.
const MANY: usize = 4096;
/// Keys of a stream of validation data.
const STREAM_KEYS: [&[u8]; 4] = [b"Length", b"Filter", b"DecodeParms", b"Type"];

/// The objects a store is made of, but for its streams.
pub(super) fn parts(
    file: &File<'_>,
    revision: usize,
    catalog: &Dictionary<'_>,
) -> Result<HashSet<Id>, Malformed> {
    let mut found = HashSet::new();
    let mut stack: Vec<Id> = catalog.get("DSS").and_then(Object::reference).into_iter().collect();
    let direct = catalog.get("DSS").filter(|o| o.reference().is_none());
    direct.iter().for_each(|o| o.references(&mut |id| stack.push(id)));
    while let Some(id) = stack.pop() {
        if found.len() >= MANY || found.contains(&id) {
            continue;
        }
        let object = file.object(revision, id)?;
        if matches!(object, Object::Dictionary(_) | Object::Array(_)) {
            found.insert(id);
            object.references(&mut |id| stack.push(id));
        }
    }
    Ok(found)
}

impl<'a> Comparison<'_, 'a> {
    /// Looks at the whole store as the update leaves it.
    pub(super) fn compare_store(&mut self) -> Result<(), Malformed> {
        let before = self.streams(self.before)?;
        let (_, catalog) = self.file.catalog(self.now)?;
        let store = catalog.get("DSS").cloned();
        let sound = match store {
            Some(store) => self.read_store(&store)?,
            None => false,
        };
        let now = self.streams(self.now)?;
        if !sound {
            self.unknown("dati di convalida di forma non riconosciuta");
        } else if !before.is_subset(&now) {
            self.unknown("tolti dati di convalida");
        } else {
            self.noted(Severity::Store, "aggiunti dati di convalida");
        }
        Ok(())
    }

    /// The streams of the store at a revision.
    fn streams(&self, revision: usize) -> Result<HashSet<Id>, Malformed> {
        let (_, catalog) = self.file.catalog(revision)?;
        let mut all = HashSet::new();
        if let Some(store) = catalog.get("DSS") {
            store.references(&mut |id| all.extend([id]));
        }
        let parts = parts(self.file, revision, &catalog)?;
        for id in &parts {
            self.file.object(revision, *id)?.references(&mut |id| all.extend([id]));
        }
        Ok(all.difference(&parts).copied().collect())
    }

    fn read_store(&mut self, store: &Object<'a>) -> Result<bool, Malformed> {
        let Some(store) = self.open(store)? else { return Ok(false) };
        let Object::Dictionary(store) = store else { return Ok(false) };
        for (key, value) in store.iter() {
            let sound = match key {
                b"Type" => *value == Object::name("DSS"),
                b"Certs" | b"CRLs" | b"OCSPs" => self.read_list(value)?,
                b"VRI" => self.read_by_signature(value)?,
                _ => false,
            };
            if !sound {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `/VRI`: one entry a signature, under the SHA-1 of its `/Contents` in hexadecimal.
    fn read_by_signature(&mut self, value: &Object<'a>) -> Result<bool, Malformed> {
        let Some(Object::Dictionary(entries)) = self.open(value)? else { return Ok(false) };
        for (key, value) in entries.iter().filter(|(key, _)| *key != b"Type") {
            let named = key.len() == 40 && key.iter().all(u8::is_ascii_hexdigit);
            let Some(Object::Dictionary(entry)) = self.open(value)? else { return Ok(false) };
            for (key, value) in entry.iter() {
                let sound = match key {
                    b"Type" | b"TU" => matches!(value, Object::Name(_) | Object::Text(_)),
                    b"Cert" | b"CRL" | b"OCSP" => self.read_list(value)?,
                    b"TS" => self.read_stream(value)?,
                    _ => false,
                };
                if !sound || !named {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn read_list(&mut self, value: &Object<'a>) -> Result<bool, Malformed> {
        let Some(Object::Array(items)) = self.open(value)? else { return Ok(false) };
        for item in &items {
            if !self.read_stream(item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_stream(&mut self, value: &Object<'a>) -> Result<bool, Malformed> {
        let Some(Object::Stream(dictionary, _)) = self.open(value)? else { return Ok(false) };
        Ok(value.reference().is_some() && dictionary.iter().all(|(k, _)| STREAM_KEYS.contains(&k)))
    }

    /// The value itself, accounted for if it is a new object.
    fn open(&mut self, value: &Object<'a>) -> Result<Option<Object<'a>>, Malformed> {
        if let Some(id) = value.reference() {
            if self.is_new(id) {
                self.accounted.insert(id.0);
            }
            if self.accounted.len() > MANY {
                return Ok(None);
            }
        }
        self.file.resolve(self.now, value).map(Some)
    }
}
