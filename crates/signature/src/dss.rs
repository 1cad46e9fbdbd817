// SPDX-License-Identifier: AGPL-3.0-or-later
//! The document security store (ISO 32000-2, 12.8.4.3; ETSI EN 319 142-1, 5.4.2): certificates,
//! revocation lists and OCSP answers kept in the file, with what each signature needs (VRI).

use std::collections::HashMap;

use crate::fields::array;
use crate::pdf::{Dictionary, File, Id, Object, Update};
use crate::{Malformed, SignError};

/// What validates a signature, DER.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    pub certificates: Vec<Vec<u8>>,
    pub lists: Vec<Vec<u8>>,
    pub answers: Vec<Vec<u8>>,
}

impl Material {
    pub(crate) fn add(&mut self, other: &Material) {
        let pairs = [
            (&mut self.certificates, &other.certificates),
            (&mut self.lists, &other.lists),
            (&mut self.answers, &other.answers),
        ];
        for (mine, theirs) in pairs {
            for item in theirs {
                if !mine.contains(item) {
                    mine.push(item.clone());
                }
            }
        }
    }
}

/// The name under which a store keeps what a signature needs: SHA-1 of `/Contents`, in capitals.
pub(crate) fn key(contents: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, contents);
    digest.as_ref().iter().map(|b| format!("{b:02X}")).collect()
}

/// The store of a file and the object it is.
pub(crate) fn store<'a>(
    file: &File<'a>,
) -> Result<Option<(Option<Id>, Dictionary<'a>)>, Malformed> {
    file.child(file.last(), &file.catalog(file.last())?.1, "DSS")
}

/// Whether the store has an entry for these contents.
pub(crate) fn knows(file: &File<'_>, contents: &[u8]) -> Result<bool, Malformed> {
    let Some((_, store)) = store(file)? else { return Ok(false) };
    let entries = file.child(file.last(), &store, "VRI")?;
    Ok(entries.is_some_and(|(_, entries)| entries.get(key(contents)).is_some()))
}

/// The certificates the store holds, those it holds unpacked.
pub(crate) fn certificates(file: &File<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    let Some((_, store)) = store(file)? else { return Ok(Vec::new()) };
    let held = held(file, &store, "Certs")?;
    Ok(held.into_keys().collect())
}

/// Streams of a list by their content; packed ones cannot be compared and are left out.
fn held(
    file: &File<'_>,
    store: &Dictionary<'_>,
    list: &str,
) -> Result<HashMap<Vec<u8>, Id>, Malformed> {
    let mut found = HashMap::new();
    for item in array(file, file.last(), store, list)? {
        let Some(id) = item.reference() else { continue };
        if let Object::Stream(dictionary, data) = file.object(file.last(), id)?
            && dictionary.get("Filter").is_none()
        {
            found.insert(data.to_vec(), id);
        }
    }
    Ok(found)
}

/// Appends to a PDF what validates each of its signatures, by the contents of each. What the store
/// held stays.
pub(crate) fn write(pdf: &[u8], needed: &[(Vec<u8>, Material)]) -> Result<Vec<u8>, SignError> {
    let file = File::read(pdf)?;
    let mut update = Update::new(&file)?;
    // A store of its own each time: an update that redefines nothing but the catalog is easier to
    // judge than one that rewrites an object.
    let id = update.allocate();
    let mut store = store(&file)?.map(|(_, store)| store).unwrap_or_default();
    store.set("Type", Object::name("DSS"));
    let mut all = Material::default();
    needed.iter().for_each(|(_, material)| all.add(material));
    let lists = [("Certs", &all.certificates), ("CRLs", &all.lists), ("OCSPs", &all.answers)];
    let mut places: HashMap<Vec<u8>, Id> = HashMap::new();
    for (name, items) in lists {
        let mut list = array(&file, file.last(), &store, name)?;
        places.extend(held(&file, &store, name)?);
        for item in items {
            if places.contains_key(item) {
                continue;
            }
            let place = update.allocate();
            put_stream(&mut update, place, item);
            places.insert(item.clone(), place);
            list.push(Object::Reference(place));
        }
        if !list.is_empty() {
            store.set(name, Object::Array(list));
        }
    }
    let mut entries =
        file.child(file.last(), &store, "VRI")?.map(|(_, entries)| entries).unwrap_or_default();
    for (contents, material) in needed {
        entries.set(&key(contents), Object::Dictionary(entry(material, &places)));
    }
    store.set("VRI", Object::Dictionary(entries));
    update.put(id, &Object::Dictionary(store));
    let (catalog_id, mut catalog) = file.catalog(file.last())?;
    catalog.set("DSS", Object::Reference(id));
    update.put(catalog_id, &Object::Dictionary(catalog));
    Ok(update.finish())
}

fn put_stream(update: &mut Update<'_, '_>, id: Id, data: &[u8]) {
    let mut dictionary = Dictionary::default();
    dictionary.set("Length", Object::Integer(data.len() as i64));
    update.put(id, &Object::Stream(dictionary, data));
}

fn entry(material: &Material, places: &HashMap<Vec<u8>, Id>) -> Dictionary<'static> {
    let mut entry = Dictionary::default();
    let lists =
        [("Cert", &material.certificates), ("CRL", &material.lists), ("OCSP", &material.answers)];
    for (name, items) in lists {
        let ids = items.iter().filter_map(|item| places.get(item));
        let references: Vec<Object<'static>> = ids.map(|id| Object::Reference(*id)).collect();
        if !references.is_empty() {
            entry.set(name, Object::Array(references));
        }
    }
    entry
}
