// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an incremental update changed, against a tight list of what signing changes:
//!
//! - one empty signature field gets `/V` (a new signature dictionary) and `/AP` (a new stream);
//! - the form gets `/SigFlags`; new signature fields may be appended, invisible ones only;
//! - the catalog may declare the extensions of PDF in use, and get or extend a validation store
//!   (`store.rs`);
//! - `/Info` and the XMP metadata may be rewritten, as other tools do, if they say the same: this
//!   is reported and tolerated;
//! - every other new object must be reachable from those, and nothing that was there changes.
//!
//! Anything else that touches what was there is forbidden; anything new that is not understood is
//! unknown. Both keep a document from passing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::places::{Places, declares_extensions, describe, metadata_claims, name};
use crate::fields::{array, form, rectangle};
use crate::pdf::{Dictionary, File, Id, Malformed, Object, Place, is_space};

/// Keys of a signature field that another tool adds; an action or a calculation is not among them.
const FIELD_KEYS: [&[u8]; 18] = [
    b"Type",
    b"Subtype",
    b"FT",
    b"T",
    b"TU",
    b"V",
    b"F",
    b"Ff",
    b"Rect",
    b"P",
    b"AP",
    b"DA",
    b"MK",
    b"Lock",
    b"SV",
    b"Border",
    b"StructParent",
    b"NM",
];

/// How bad a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Validation data was added.
    Store,
    /// Harmless, and worth knowing.
    Tolerated,
    /// Not understood: may be harmless.
    Unknown,
    /// Alters what was there.
    Forbidden,
}

/// One change beyond signing.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub severity: Severity,
    pub text: String,
}

/// What is needed to compare all the updates of a file.
pub(super) struct Watch<'f, 'a> {
    file: &'f File<'a>,
    /// Numbers mentioned before they existed, and the first revision that does: an update that
    /// defines one changes the meaning of bytes already there.
    dangling: HashMap<u32, usize>,
    /// An object that could not be read, so that the list above may be short.
    unreadable: Option<u32>,
}

impl<'f, 'a> Watch<'f, 'a> {
    pub fn new(file: &'f File<'a>) -> Self {
        let mut dangling = HashMap::new();
        let mut unreadable = None;
        let mut defined = HashSet::new();
        let last = file.last();
        for (revision, content) in file.revisions.iter().enumerate().filter(|_| last > 0) {
            for (number, entry) in &content.entries {
                match entry.place {
                    Place::Free => defined.remove(number),
                    _ => defined.insert(*number),
                };
            }
            for (number, entry) in &content.entries {
                if entry.place == Place::Free {
                    continue;
                }
                match file.object(revision, (*number, entry.generation)) {
                    Ok(object) => object.references(&mut |(n, _)| {
                        if !defined.contains(&n) {
                            dangling.entry(n).or_insert(revision);
                        }
                    }),
                    Err(_) => unreadable = Some(*number),
                }
            }
        }
        Watch { file, dangling, unreadable }
    }

    /// What update `revision` (from 1) changed beyond signing.
    pub fn changes(&self, revision: usize) -> Vec<Change> {
        let mut update = Comparison {
            file: self.file,
            now: revision,
            before: revision - 1,
            objects: BTreeMap::new(),
            accounted: BTreeSet::new(),
            changes: Vec::new(),
        };
        if let Err(error) = update.compare(&self.dangling) {
            update.unknown(format!("aggiornamento non esaminabile: {error}"));
        }
        if let Some(number) = self.unreadable {
            update.unknown(format!("l'oggetto {number} non è leggibile"));
        }
        update.changes.dedup_by(|a, b| a.text == b.text);
        update.changes
    }
}

pub(super) struct Comparison<'f, 'a> {
    pub(super) file: &'f File<'a>,
    pub(super) now: usize,
    pub(super) before: usize,
    /// Every object the update defines.
    pub(super) objects: BTreeMap<u32, (Id, Object<'a>)>,
    /// New objects explained by a change that is allowed.
    pub(super) accounted: BTreeSet<u32>,
    changes: Vec<Change>,
}

impl<'a> Comparison<'_, 'a> {
    fn forbidden(&mut self, text: impl Into<String>) {
        self.changes.push(Change { severity: Severity::Forbidden, text: text.into() });
    }

    pub(super) fn unknown(&mut self, text: impl Into<String>) {
        self.changes.push(Change { severity: Severity::Unknown, text: text.into() });
    }

    pub(super) fn noted(&mut self, severity: Severity, text: impl Into<String>) {
        self.changes.push(Change { severity, text: text.into() });
    }

    fn compare(&mut self, dangling: &HashMap<u32, usize>) -> Result<(), Malformed> {
        self.read_body()?;
        self.compare_trailers();
        let places = Places::find(self.file, self.before)?;
        let mut filled = 0;
        let mut store = false;
        for (number, (id, new)) in self.objects.clone() {
            let Some((_, entry)) = self.file.entry(self.before, number) else { continue };
            let old = self.file.object(self.before, (number, entry.generation))?;
            if entry.generation == id.1 && old == new {
                continue;
            }
            match (&old, &new) {
                // The parts of the validation store are looked at as a whole, below.
                _ if places.store.contains(&id) => store = true,
                (Object::Stream(..), Object::Stream(..)) if Some(id) == places.metadata => {
                    self.compare_metadata(&old, &new);
                }
                (Object::Dictionary(old), Object::Dictionary(new)) if id.1 == entry.generation => {
                    filled += usize::from(places.empty_fields.contains(&id));
                    self.compare_dictionaries(&places, id, old, new)?;
                }
                (Object::Array(old), Object::Array(new)) if places.lists.contains(&id) => {
                    self.appended(old, new);
                }
                _ => self.forbidden(describe(id, &old)),
            }
        }
        if filled > 1 {
            self.forbidden("un solo aggiornamento riempie più campi firma");
        }
        if store {
            self.compare_store()?;
        }
        self.account_for_new(dangling);
        Ok(())
    }

    /// Reads the objects of the update; between them there is only white space, and the table
    /// names each of them and nothing else.
    fn read_body(&mut self) -> Result<(), Malformed> {
        let revision = &self.file.revisions[self.now];
        let start = self.file.revisions[self.before].marker;
        let mut places = Vec::new();
        for (number, entry) in &revision.entries {
            let id = (*number, entry.generation);
            match &entry.place {
                Place::At(place) => places.push((place.clone(), Some(id))),
                Place::Within { .. } => {
                    self.objects.insert(*number, (id, self.file.object(self.now, id)?));
                }
                Place::Free if self.file.entry(self.before, *number).is_none() => {}
                Place::Free => self.changes.push(Change {
                    severity: Severity::Forbidden,
                    text: format!("l'oggetto {number} è stato tolto"),
                }),
            }
        }
        for aside in &revision.aside {
            if !places.iter().any(|(place, _)| place.start == aside.start) {
                places.push((aside.clone(), None));
            }
        }
        places.sort_unstable_by_key(|(place, _)| place.start);
        let mut cursor = start;
        for (place, id) in places {
            self.blank(cursor, place.start)?;
            cursor = place.end;
            let Some(id) = id else { continue };
            let (object, after) = self.file.object_at(self.now, &place, id)?;
            self.objects.insert(id.0, (id, object));
            cursor = after;
        }
        self.blank(cursor, revision.table)
    }

    fn blank(&self, from: usize, to: usize) -> Result<(), Malformed> {
        match self.file.bytes.get(from..to) {
            Some(gap) if gap.iter().all(|b| is_space(*b)) => Ok(()),
            _ => Err(Malformed { at: from, what: "byte estranei fra gli oggetti" }),
        }
    }

    fn compare_trailers(&mut self) {
        let file = self.file;
        let (old, new) = (file.trailer(self.before), file.trailer(self.now));
        let first = |t: &Dictionary<'a>| t.get("ID").and_then(|id| id.array()?.first().cloned());
        if first(old) != first(new) {
            self.unknown("l'identificativo del file è cambiato");
        }
        for key in old.differences(new) {
            match key {
                b"Size" | b"Prev" | b"ID" => {}
                // What describes the section itself, when it is a stream (7.5.8.2).
                b"Type" | b"W" | b"Index" | b"Length" | b"Filter" | b"DecodeParms" | b"XRefStm" => {
                }
                b"Info" => self.compare_information_objects(old, new),
                b"Root" => self.forbidden("il catalogo del documento è stato sostituito"),
                _ => self
                    .unknown(format!("il trailer è cambiato ({})", String::from_utf8_lossy(key))),
            }
        }
    }

    /// An existing dictionary that differs, judged by what it is.
    fn compare_dictionaries(
        &mut self,
        places: &Places,
        id: Id,
        old: &Dictionary<'a>,
        new: &Dictionary<'a>,
    ) -> Result<(), Malformed> {
        let keys = old.differences(new);
        if places.empty_fields.contains(&id) {
            self.compare_field(id, old, new, &keys);
        } else if Some(id) == places.form {
            self.compare_form(old, new)?;
        } else if id == places.catalog {
            self.compare_catalogs(id, old, new, &keys)?;
        } else if places.pages.contains(&id) && keys == [b"Annots"] {
            let before = array(self.file, self.before, old, "Annots")?;
            let now = array(self.file, self.now, new, "Annots")?;
            self.appended(&before, &now);
        } else if Some(id) == places.information {
            self.compare_information(old, new);
        } else {
            self.forbidden(describe(id, &Object::Dictionary(old.clone())));
        }
        Ok(())
    }

    fn compare_catalogs(
        &mut self,
        id: Id,
        old: &Dictionary<'a>,
        new: &Dictionary<'a>,
        keys: &[&[u8]],
    ) -> Result<(), Malformed> {
        for key in keys {
            match *key {
                b"AcroForm" => {
                    let now = self.file.child(self.now, new, "AcroForm")?;
                    match (form(self.file, self.before)?, now) {
                        (Some((None, old)), Some((None, new))) => self.compare_form(&old, &new)?,
                        _ => self.forbidden("il modulo del documento è stato sostituito"),
                    }
                }
                b"Extensions" if declares_extensions(new) => {}
                b"Version" if is_version(new) => {
                    self.noted(Severity::Tolerated, "cambiata la versione di PDF dichiarata");
                }
                b"Metadata" => self.compare_metadata_objects(old, new)?,
                b"Perms" => self.compare_permissions(new)?,
                b"DSS" => self.compare_store()?,
                _ => self.forbidden(describe(id, &Object::Dictionary(old.clone()))),
            }
        }
        Ok(())
    }

    /// A field that was empty: only its signature and its appearance may come.
    fn compare_field(
        &mut self,
        id: Id,
        old: &Dictionary<'a>,
        new: &Dictionary<'a>,
        keys: &[&[u8]],
    ) {
        for key in keys.iter().filter(|k| !matches!(**k, b"V" | b"AP")) {
            let key = String::from_utf8_lossy(key);
            self.forbidden(format!("il campo firma {} {} è cambiato (/{key})", id.0, id.1));
        }
        self.account_field(Some(old), new);
    }

    /// Explains the signature and the appearance a field brings.
    fn account_field(&mut self, old: Option<&Dictionary<'a>>, field: &Dictionary<'a>) {
        if let Some(value) = field.get("V") {
            let id = value.reference().filter(|id| self.is_new(*id));
            let object = id.and_then(|id| self.objects.get(&id.0));
            match object {
                Some((id, Object::Dictionary(s))) if s.get("ByteRange").is_some() => {
                    self.accounted.insert(id.0);
                }
                _ => self.forbidden("il campo firma non porta una firma nuova"),
            }
        }
        let Some(look) = field.get("AP") else { return };
        if old.and_then(|o| o.get("AP")) == Some(look) {
            return;
        }
        let normal = match look {
            Object::Dictionary(d) if d.iter().count() == 1 => {
                d.get("N").and_then(Object::reference)
            }
            _ => None,
        };
        match normal {
            Some(id) if self.is_new(id) => self.account_tree(id),
            _ => self.unknown("aspetto della firma non riconosciuto"),
        }
    }

    pub(super) fn is_new(&self, id: Id) -> bool {
        self.objects.contains_key(&id.0) && self.file.entry(self.before, id.0).is_none()
    }

    /// Explains a new object and the new objects it needs.
    fn account_tree(&mut self, id: Id) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if self.is_new(id) && self.accounted.insert(id.0) {
                self.objects[&id.0].1.references(&mut |id| stack.push(id));
            }
        }
    }

    fn compare_form(
        &mut self,
        old: &Dictionary<'a>,
        new: &Dictionary<'a>,
    ) -> Result<(), Malformed> {
        for key in old.differences(new) {
            match key {
                b"SigFlags" if matches!(new.get(key), Some(Object::Integer(1 | 3))) => {}
                b"Fields" => {
                    let before = array(self.file, self.before, old, "Fields")?;
                    let now = array(self.file, self.now, new, "Fields")?;
                    self.appended(&before, &now);
                }
                _ => {
                    let key = String::from_utf8_lossy(key);
                    self.forbidden(format!("il modulo del documento è cambiato (/{key})"));
                }
            }
        }
        Ok(())
    }

    /// A list of fields or annotations that may only grow, by signature fields.
    fn appended(&mut self, old: &[Object<'a>], new: &[Object<'a>]) {
        if !new.starts_with(old) {
            return self.forbidden("tolti o spostati campi o annotazioni");
        }
        for item in &new[old.len()..] {
            let id = item.reference().filter(|id| self.is_new(*id));
            let object = id.and_then(|id| self.objects.get(&id.0)).cloned();
            let Some((id, Object::Dictionary(widget))) = object else {
                self.forbidden("aggiunta un'annotazione che non è una firma");
                continue;
            };
            let strange = widget.iter().find(|(key, _)| !FIELD_KEYS.contains(key));
            if !(widget.is_name("Subtype", "Widget") && widget.is_name("FT", "Sig")) {
                self.forbidden("aggiunta un'annotazione che non è una firma");
            } else if let Some((key, _)) = strange {
                let key = String::from_utf8_lossy(key);
                self.forbidden(format!("il campo firma aggiunto porta altro (/{key})"));
            } else if widget.get("V").is_none() {
                self.unknown("aggiunto un campo firma vuoto");
            } else if self.accounted.insert(id.0) {
                self.account_field(None, &widget);
                if rectangle(&widget).is_none_or(|[l, b, r, t]| r > l && t > b) {
                    self.unknown("aggiunta una firma visibile fuori dai riquadri previsti");
                }
            }
        }
    }

    /// `/Info` replaced by another object.
    fn compare_information_objects(&mut self, old: &Dictionary<'a>, new: &Dictionary<'a>) {
        let read = |revision: usize, trailer: &Dictionary<'a>| {
            self.file.child(revision, trailer, "Info").ok().flatten()
        };
        match (read(self.before, old), read(self.now, new)) {
            (Some((_, old)), Some((Some(id), new))) if self.is_new(id) => {
                self.accounted.insert(id.0);
                self.compare_information(&old, &new);
            }
            _ => self.unknown("i metadati del documento sono stati sostituiti (Info)"),
        }
    }

    /// Other signing tools rewrite `/Info`; only date and producer may say something else.
    fn compare_information(&mut self, old: &Dictionary<'a>, new: &Dictionary<'a>) {
        let read = |d: &Dictionary<'a>, key: &[u8]| {
            d.get(key).and_then(Object::text).map(|text| text.read())
        };
        let mut same = true;
        for key in old.differences(new) {
            if !matches!(key, b"ModDate" | b"Producer") && read(old, key) != read(new, key) {
                let key = String::from_utf8_lossy(key);
                self.unknown(format!("i metadati del documento sono cambiati (/{key})"));
                same = false;
            }
        }
        if same {
            self.noted(Severity::Tolerated, "riscritti i metadati del documento (Info)");
        }
    }

    /// The metadata stream replaced by another object.
    fn compare_metadata_objects(
        &mut self,
        old: &Dictionary<'a>,
        new: &Dictionary<'a>,
    ) -> Result<(), Malformed> {
        let (old, new) = (old.get("Metadata"), new.get("Metadata"));
        let id = new.and_then(Object::reference).filter(|id| self.is_new(*id));
        match (old, id) {
            (Some(old), Some(id)) => {
                let old = self.file.resolve(self.before, old)?;
                let new = self.file.object(self.now, id)?;
                self.accounted.insert(id.0);
                self.compare_metadata(&old, &new);
            }
            _ => self.unknown("i metadati del documento sono stati sostituiti (XMP)"),
        }
        Ok(())
    }

    /// XMP rewritten: tolerated if it says the same of the document and of the standards it claims.
    fn compare_metadata(&mut self, old: &Object<'a>, new: &Object<'a>) {
        match (metadata_claims(old), metadata_claims(new)) {
            (Some(old), Some(new)) if old == new => {
                self.noted(Severity::Tolerated, "riscritti i metadati del documento (XMP)");
            }
            _ => self.unknown("i metadati del documento sono cambiati (XMP)"),
        }
    }

    /// `/Perms` may name the signature that certifies the document (12.8.4), if it is there.
    fn compare_permissions(&mut self, catalog: &Dictionary<'a>) -> Result<(), Malformed> {
        let found = self.file.child(self.now, catalog, "Perms")?;
        let certified = found.is_some_and(|(id, permissions)| {
            id.is_none()
                && permissions.iter().all(|(key, value)| {
                    let target = value.reference().and_then(|id| self.objects.get(&id.0));
                    let signature = target.and_then(|(_, object)| object.dictionary());
                    key == b"DocMDP" && signature.is_some_and(|s| s.get("ByteRange").is_some())
                })
        });
        match certified {
            true => {
                self.noted(Severity::Tolerated, "il documento è stato certificato da chi firma")
            }
            false => self.unknown("i permessi del documento sono cambiati"),
        }
        Ok(())
    }

    fn account_for_new(&mut self, dangling: &HashMap<u32, usize>) {
        for (number, (id, object)) in self.objects.clone() {
            if !self.is_new(id) {
                continue;
            }
            // What packs the objects of the update, looked at one by one.
            if ["ObjStm", "XRef"]
                .iter()
                .any(|kind| matches!(&object, Object::Stream(d, _) if d.is_name("Type", kind)))
            {
                self.accounted.insert(number);
            }
            if dangling.get(&number).is_some_and(|revision| *revision < self.now) {
                self.forbidden(format!(
                    "definito l'oggetto {number}, già richiamato in precedenza"
                ));
            } else if !self.accounted.contains(&number) {
                self.unknown(format!("aggiunto un {}", name(id, &object)));
            }
        }
    }
}

/// Whether `/Version` is a version (7.2.2 of ISO 32000-2): a name such as `/2.0`.
fn is_version(catalog: &Dictionary<'_>) -> bool {
    let Some(Object::Name(name)) = catalog.get("Version") else { return false };
    matches!(&**name, [b'1' | b'2', b'.', b'0'..=b'9'])
}
