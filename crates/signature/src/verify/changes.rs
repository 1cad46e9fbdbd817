// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an incremental update changed, against a tight list of what signing changes:
//!
//! - one empty signature field gets `/V` (a new signature dictionary) and `/AP` (a new stream);
//! - the form gets `/SigFlags`; new signature fields may be appended, invisible ones only;
//! - the catalog may declare the extensions of PDF in use;
//! - `/Info` gets a new modification date and producer;
//! - every other new object must be reachable from those, and nothing that was there changes.
//!
//! Anything else that touches what was there is forbidden; anything new that is not understood
//! (validation data, metadata) is unknown. Both keep a document from passing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::fields::{array, form, rectangle, signature_fields};
use crate::pdf::{Dictionary, File, Id, Malformed, Object, is_space};

/// How bad a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
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
                    Some(_) => defined.insert(*number),
                    None => defined.remove(number),
                };
            }
            for (number, entry) in &content.entries {
                let Some(place) = &entry.place else { continue };
                match file.object_at(revision, place, (*number, entry.generation)) {
                    Ok((object, _)) => object.references(&mut |(n, _)| {
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
        update.changes
    }
}

struct Comparison<'f, 'a> {
    file: &'f File<'a>,
    now: usize,
    before: usize,
    /// Every object the update defines.
    objects: BTreeMap<u32, (Id, Object<'a>)>,
    /// New objects explained by a change that is allowed.
    accounted: BTreeSet<u32>,
    changes: Vec<Change>,
}

impl<'a> Comparison<'_, 'a> {
    fn forbidden(&mut self, text: impl Into<String>) {
        self.changes.push(Change { severity: Severity::Forbidden, text: text.into() });
    }

    fn unknown(&mut self, text: impl Into<String>) {
        self.changes.push(Change { severity: Severity::Unknown, text: text.into() });
    }

    fn compare(&mut self, dangling: &HashMap<u32, usize>) -> Result<(), Malformed> {
        self.read_body()?;
        self.compare_trailers();
        let places = Places::find(self.file, self.before)?;
        let mut filled = 0;
        for (number, (id, new)) in self.objects.clone() {
            let Some((_, entry)) = self.file.entry(self.before, number) else { continue };
            let old = self.file.object(self.before, (number, entry.generation))?;
            if entry.generation == id.1 && old == new {
                continue;
            }
            match (&old, &new) {
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
        self.account_for_new(dangling);
        Ok(())
    }

    /// Reads the objects of the update; between them there is only white space, and the table
    /// names each of them and nothing else.
    fn read_body(&mut self) -> Result<(), Malformed> {
        let (start, end) =
            (self.file.revisions[self.before].marker, self.file.revisions[self.now].xref);
        let entries = &self.file.revisions[self.now].entries;
        let mut places = Vec::new();
        for (number, entry) in entries {
            match &entry.place {
                Some(place) => places.push((place.clone(), (*number, entry.generation))),
                None if self.file.entry(self.before, *number).is_none() => {}
                None => self.changes.push(Change {
                    severity: Severity::Forbidden,
                    text: format!("l'oggetto {number} è stato tolto"),
                }),
            }
        }
        places.sort_unstable_by_key(|(place, _)| place.start);
        let mut cursor = start;
        for (place, id) in places {
            self.blank(cursor, place.start)?;
            let (object, after) = self.file.object_at(self.now, &place, id)?;
            self.objects.insert(id.0, (id, object));
            cursor = after;
        }
        self.blank(cursor, end)
    }

    fn blank(&self, from: usize, to: usize) -> Result<(), Malformed> {
        match self.file.bytes.get(from..to) {
            Some(gap) if gap.iter().all(|b| is_space(*b)) => Ok(()),
            _ => Err(Malformed { at: from, what: "byte estranei fra gli oggetti" }),
        }
    }

    fn compare_trailers(&mut self) {
        let (old, new) = (self.file.trailer(self.before), self.file.trailer(self.now));
        let first = |t: &Dictionary<'a>| t.get("ID").and_then(|id| id.array()?.first().cloned());
        if first(old) != first(new) {
            self.unknown("l'identificativo del file è cambiato");
        }
        for key in old.differences(new) {
            match key {
                b"Size" | b"Prev" | b"ID" => {}
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
                b"DSS" => self.unknown("aggiunti dati di convalida non ancora esaminati"),
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

    fn is_new(&self, id: Id) -> bool {
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
            if !(widget.is_name("Subtype", "Widget") && widget.is_name("FT", "Sig")) {
                self.forbidden("aggiunta un'annotazione che non è una firma");
            } else if self.accounted.insert(id.0) {
                self.account_field(None, &widget);
                if rectangle(&widget).is_none_or(|[l, b, r, t]| r > l && t > b) {
                    self.unknown("aggiunta una firma visibile fuori dai riquadri previsti");
                }
            }
        }
    }

    /// Other signing tools rewrite `/Info`; only date and producer may say something else.
    fn compare_information(&mut self, old: &Dictionary<'a>, new: &Dictionary<'a>) {
        let read = |d: &Dictionary<'a>, key: &[u8]| {
            d.get(key).and_then(Object::text).map(|text| text.read())
        };
        for key in old.differences(new) {
            if !matches!(key, b"ModDate" | b"Producer") && read(old, key) != read(new, key) {
                let key = String::from_utf8_lossy(key);
                self.unknown(format!("i metadati del documento sono cambiati (/{key})"));
            }
        }
    }

    fn account_for_new(&mut self, dangling: &HashMap<u32, usize>) {
        for (number, (id, object)) in self.objects.clone() {
            if !self.is_new(id) {
                continue;
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

/// Whether `/Extensions` only declares which extensions of PDF a file uses (7.12): names and
/// numbers that change nothing of what is shown.
fn declares_extensions(catalog: &Dictionary<'_>) -> bool {
    let Some(Object::Dictionary(extensions)) = catalog.get("Extensions") else { return false };
    let plain = |o: &Object<'_>| matches!(o, Object::Name(_) | Object::Integer(_));
    extensions.iter().all(|(key, value)| match value {
        Object::Dictionary(extension) => extension.iter().all(|(_, value)| plain(value)),
        other => key == b"Type" && plain(other),
    })
}

/// The objects of a revision that signing may touch.
struct Places {
    catalog: Id,
    form: Option<Id>,
    information: Option<Id>,
    empty_fields: HashSet<Id>,
    pages: HashSet<Id>,
    /// Lists of fields and of annotations that are objects of their own.
    lists: HashSet<Id>,
}

impl Places {
    fn find(file: &File<'_>, revision: usize) -> Result<Self, Malformed> {
        let form = form(file, revision)?;
        let pages = file.pages(revision)?;
        let empty = |f: &crate::fields::FormField<'_>| f.dictionary.get("V").is_none();
        let fields = form.as_ref().and_then(|(_, f)| f.get("Fields"));
        let annotations = pages.iter().filter_map(|(_, p)| p.get("Annots"));
        Ok(Places {
            catalog: file.catalog(revision)?.0,
            information: file.trailer(revision).get("Info").and_then(Object::reference),
            lists: fields.into_iter().chain(annotations).filter_map(Object::reference).collect(),
            form: form.and_then(|(id, _)| id),
            empty_fields: signature_fields(file, revision)?
                .into_iter()
                .filter(empty)
                .map(|f| f.id)
                .collect(),
            pages: pages.into_iter().map(|(id, _)| id).collect(),
        })
    }
}

fn describe(id: Id, old: &Object<'_>) -> String {
    format!("modificato un {} già presente", name(id, old))
}

fn name(id: Id, object: &Object<'_>) -> String {
    let kind = match object.dictionary().and_then(|d| d.get("Type")) {
        Some(Object::Name(name)) => format!(" ({})", String::from_utf8_lossy(name)),
        _ if matches!(object, Object::Stream(..)) => " (flusso)".into(),
        _ => String::new(),
    };
    format!("oggetto {} {}{kind}", id.0, id.1)
}
