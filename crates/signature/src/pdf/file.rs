// SPDX-License-Identifier: AGPL-3.0-or-later
//! A file as the sequence of its revisions (ISO 32000-1, 7.5): every cross-reference section with
//! the bytes that belong to it, and the objects as each revision shows them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::parse::Parser;
use super::{Dictionary, Id, MAX_BYTES, Malformed, Object, decode, is_space};

/// Most revisions followed.
const MAX_REVISIONS: usize = 256;
/// Most bytes times revisions (2 GiB): each revision is compared with the one before.
const MAX_WORK: usize = 2 << 30;
/// Most values read in all, repetitions included: a second or two of work.
const MAX_VALUES: u64 = 20_000_000;
/// Most bytes of object streams, decoded, in all (64 MiB).
const MAX_DECODED: usize = 64 << 20;
/// Highest object number accepted (a limit of ISO 32000-1, annex C).
pub(crate) const MAX_OBJECT: u32 = 8_388_607;
/// Most pages counted.
const MAX_PAGES: usize = 50_000;

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: the number is free.
    Free,
    /// From its start to that of the next object of its revision. Objects of a revision never
    /// overlap, so reading all of them once is linear.
    At(Range<usize>),
    /// Inside an object stream of the same revision (7.5.7), at that position.
    Within {
        /// Number of the object stream.
        stream: u32,
        /// Position in it.
        index: u32,
    },
}

/// One entry of a cross-reference section.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub place: Place,
    pub generation: u16,
}

/// What one save appended: its section, its trailer and where its bytes end.
#[derive(Debug)]
pub(crate) struct Revision<'a> {
    /// Offset of the section: what `startxref` and a later `/Prev` say.
    pub xref: usize,
    /// Where the objects end and the last section begins.
    pub table: usize,
    /// Sections among the objects: the stream beside the table of a hybrid file, the first table
    /// of a linearised one.
    pub aside: Vec<Range<usize>>,
    pub entries: BTreeMap<u32, Entry>,
    pub trailer: Dictionary<'a>,
    /// Whether the section is a cross-reference stream.
    pub stream: bool,
    /// Whether the objects come in the order of a linearised file.
    pub linearised: bool,
    /// Just after `%%EOF`.
    pub marker: usize,
    /// After the end of line that follows `%%EOF`, if any.
    pub end: usize,
}

/// An object stream, decoded: the numbers it holds and where each is in the bytes.
#[derive(Debug)]
struct Packed {
    bytes: Vec<u8>,
    objects: Vec<(u32, Range<usize>)>,
}

/// A PDF and its revisions, oldest first; never empty.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub bytes: &'a [u8],
    pub revisions: Vec<Revision<'a>>,
    /// Values read so far.
    values: Cell<u64>,
    decoded: Cell<usize>,
    packed: RefCell<HashMap<(usize, u32), Rc<Packed>>>,
}

impl<'a> File<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let fail = |at, what| Err(Malformed { at, what });
        if bytes.len() > MAX_BYTES {
            return fail(MAX_BYTES, "file troppo grande");
        }
        if !bytes.starts_with(b"%PDF-") {
            return fail(0, "non è un PDF");
        }
        let mut revisions: Vec<Revision<'a>> = Vec::new();
        let mut xref = last_start(bytes)?;
        loop {
            let revision = Revision::read(bytes, xref)?;
            match revisions.last() {
                Some(later) if revision.end > later.xref.min(later.table) => {
                    return fail(xref, "revisioni sovrapposte");
                }
                None if bytes[revision.marker..].iter().any(|b| !is_space(*b)) => {
                    return fail(revision.marker, "byte estranei dopo la fine");
                }
                _ => {}
            }
            let more = revision.trailer.get("Prev").is_some() && !revision.linearised;
            let previous = revision.previous();
            revisions.push(revision);
            if !more {
                break;
            }
            match previous {
                Some(n) if n < xref && revisions.len() < MAX_REVISIONS => xref = n,
                _ => return fail(xref, "catena delle revisioni errata"),
            }
        }
        if revisions.len().saturating_mul(bytes.len()) > MAX_WORK {
            return fail(bytes.len(), "troppe revisioni per un file così grande");
        }
        revisions.reverse();
        let mut start = 0;
        for revision in &mut revisions {
            revision.bound(start)?;
            start = revision.marker;
        }
        Ok(File {
            bytes,
            revisions,
            values: Cell::new(0),
            decoded: Cell::new(0),
            packed: RefCell::default(),
        })
    }

    pub fn last(&self) -> usize {
        self.revisions.len() - 1
    }

    pub fn trailer(&self, revision: usize) -> &Dictionary<'a> {
        &self.revisions[revision].trailer
    }

    /// The revision that defines `number` as seen at `revision`, and its entry.
    pub fn entry(&self, revision: usize, number: u32) -> Option<(usize, &Entry)> {
        let found = |r: usize| self.revisions[r].entries.get(&number).map(|e| (r, e));
        (0..=revision).rev().find_map(found).filter(|(_, e)| e.place != Place::Free)
    }

    /// The object `id` as seen at `revision`; a missing one is null (7.3.10).
    pub fn object(&self, revision: usize, id: Id) -> Result<Object<'a>, Malformed> {
        match self.entry(revision, id.0) {
            Some((defined, entry)) if entry.generation == id.1 => match &entry.place {
                Place::Free => Ok(Object::Null),
                Place::At(place) => self.object_at(revision, place, id).map(|(object, _)| object),
                Place::Within { stream, index } => self.unpack(defined, *stream, *index, id),
            },
            _ => Ok(Object::Null),
        }
    }

    /// The object at a place, and where it ends.
    pub fn object_at(
        &self,
        revision: usize,
        place: &Range<usize>,
        id: Id,
    ) -> Result<(Object<'a>, usize), Malformed> {
        let mut parser = Parser::new(&self.bytes[..place.end], place.start);
        let object = parser.indirect(id, &|id| self.length(revision, id));
        self.spend(parser.values, place.start)?;
        Ok((object?, parser.at))
    }

    /// Every reading is paid for: a file cannot make the same objects be read for ever.
    fn spend(&self, values: u64, at: usize) -> Result<(), Malformed> {
        let spent = self.values.get().saturating_add(values);
        self.values.set(spent);
        if spent > MAX_VALUES {
            Err(Malformed { at, what: "file troppo complesso" })
        } else {
            Ok(())
        }
    }

    /// An object of an object stream; both are of revision `defined`.
    fn unpack(
        &self,
        defined: usize,
        stream: u32,
        index: u32,
        id: Id,
    ) -> Result<Object<'a>, Malformed> {
        let packed = self.packed(defined, stream)?;
        let at = self.revisions[defined].xref;
        let wrong = || Malformed { at, what: "flusso di oggetti errato" };
        let found = usize::try_from(index).ok().and_then(|n| packed.objects.get(n));
        let Some((number, place)) = found else { return Err(wrong()) };
        if *number != id.0 {
            return Err(wrong());
        }
        let mut parser = Parser::new(&packed.bytes[..place.end], place.start);
        let object = parser.object().map_err(|e| Malformed { at, ..e });
        self.spend(parser.values, at)?;
        let object = object?;
        parser.space();
        if parser.at != place.end {
            return Err(wrong());
        }
        object.detached().ok_or_else(wrong)
    }

    fn packed(&self, defined: usize, stream: u32) -> Result<Rc<Packed>, Malformed> {
        if let Some(packed) = self.packed.borrow().get(&(defined, stream)) {
            return Ok(Rc::clone(packed));
        }
        let at = self.revisions[defined].xref;
        let wrong = || Malformed { at, what: "flusso di oggetti errato" };
        let entry = self.revisions[defined].entries.get(&stream).ok_or_else(wrong)?;
        let Place::At(place) = &entry.place else { return Err(wrong()) };
        let (object, _) = self.object_at(defined, place, (stream, entry.generation))?;
        let Object::Stream(dictionary, data) = object else { return Err(wrong()) };
        let room = MAX_DECODED.saturating_sub(self.decoded.get());
        let bytes = decode(&dictionary, data, room).ok_or_else(wrong)?;
        self.decoded.set(self.decoded.get() + bytes.len());
        let packed = Rc::new(Packed::read(&dictionary, bytes).ok_or_else(wrong)?);
        self.spend(packed.objects.len() as u64, at)?;
        self.packed.borrow_mut().insert((defined, stream), Rc::clone(&packed));
        Ok(packed)
    }

    fn length(&self, revision: usize, id: Id) -> Option<usize> {
        let (defined, entry) = self.entry(revision, id.0)?;
        let number = match &entry.place {
            Place::At(place) => {
                let mut parser = Parser::new(&self.bytes[..place.end], place.start);
                return usize::try_from(parser.indirect_number(id).ok()?).ok();
            }
            // An object stream whose own length is inside an object stream would never end.
            Place::Within { stream, index } => {
                let packed = self.packed.borrow().get(&(defined, *stream)).cloned();
                let packed = packed.or_else(|| self.packed_directly(defined, *stream))?;
                let (number, place) = packed.objects.get(usize::try_from(*index).ok()?)?;
                (*number == id.0).then_some(())?;
                Parser::new(&packed.bytes[..place.end], place.start).unsigned().ok()?
            }
            Place::Free => return None,
        };
        usize::try_from(number).ok()
    }

    /// An object stream whose length is written in its own dictionary.
    fn packed_directly(&self, defined: usize, stream: u32) -> Option<Rc<Packed>> {
        let entry = self.revisions[defined].entries.get(&stream)?;
        let Place::At(place) = &entry.place else { return None };
        let mut parser = Parser::new(&self.bytes[..place.end], place.start);
        parser.indirect((stream, entry.generation), &|_| None).ok()?;
        self.packed(defined, stream).ok()
    }

    /// Follows one reference, if it is one.
    pub fn resolve(&self, revision: usize, o: &Object<'a>) -> Result<Object<'a>, Malformed> {
        match o {
            Object::Reference(id) => self.object(revision, *id),
            direct => Ok(direct.clone()),
        }
    }

    /// The dictionary under `key`, directly or through a reference; with its identifier.
    pub fn child(
        &self,
        revision: usize,
        parent: &Dictionary<'a>,
        key: &str,
    ) -> Result<Option<(Option<Id>, Dictionary<'a>)>, Malformed> {
        let Some(value) = parent.get(key) else { return Ok(None) };
        Ok(match self.resolve(revision, value)? {
            Object::Dictionary(d) | Object::Stream(d, _) => Some((value.reference(), d)),
            _ => None,
        })
    }

    /// The catalog and its identifier.
    pub fn catalog(&self, revision: usize) -> Result<(Id, Dictionary<'a>), Malformed> {
        let at = self.revisions[revision].xref;
        match self.child(revision, self.trailer(revision), "Root")? {
            Some((Some(id), catalog)) => Ok((id, catalog)),
            _ => Err(Malformed { at, what: "catalogo mancante" }),
        }
    }

    /// The pages in reading order.
    pub fn pages(&self, revision: usize) -> Result<Vec<(Id, Dictionary<'a>)>, Malformed> {
        let at = self.revisions[revision].xref;
        let (_, catalog) = self.catalog(revision)?;
        let mut stack: Vec<Id> =
            catalog.get("Pages").and_then(Object::reference).into_iter().collect();
        let mut seen = HashSet::new();
        let mut pages = Vec::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) || seen.len() > MAX_PAGES {
                return Err(Malformed { at, what: "albero delle pagine errato" });
            }
            let Object::Dictionary(node) = self.object(revision, id)? else { continue };
            if stack.len() > MAX_PAGES {
                return Err(Malformed { at, what: "albero delle pagine errato" });
            }
            match node.get("Kids").map(|k| self.resolve(revision, k)).transpose()? {
                Some(Object::Array(kids)) => {
                    stack.extend(kids.iter().rev().filter_map(Object::reference));
                }
                _ => pages.push((id, node)),
            }
        }
        Ok(pages)
    }
}

impl Packed {
    fn read(dictionary: &Dictionary<'_>, bytes: Vec<u8>) -> Option<Self> {
        let number = |key: &str| usize::try_from(dictionary.get(key)?.integer()?).ok();
        let (count, first) = (number("N")?, number("First")?);
        if !dictionary.is_name("Type", "ObjStm") || count > bytes.len() || first > bytes.len() {
            return None;
        }
        let mut parser = Parser::new(&bytes[..first], 0);
        let mut starts = Vec::new();
        for _ in 0..count {
            let number = u32::try_from(parser.unsigned().ok()?).ok()?;
            let offset = usize::try_from(parser.unsigned().ok()?).ok()?;
            starts.push((number, first.checked_add(offset)?));
        }
        // One after the other: what is between two objects belongs to the first.
        let ends = starts.iter().skip(1).map(|(_, start)| *start).chain([bytes.len()]);
        let objects = starts.iter().zip(ends).map(|((n, start), end)| {
            (start < &end && end <= bytes.len()).then_some((*n, *start..end))
        });
        let objects = objects.collect::<Option<_>>()?;
        Some(Packed { bytes, objects })
    }
}

/// The offset written after the last `startxref`.
fn last_start(bytes: &[u8]) -> Result<usize, Malformed> {
    let tail = bytes.len().saturating_sub(1024);
    let word = b"startxref";
    let found = bytes[tail..].windows(word.len()).rposition(|w| w == word);
    let Some(at) = found.map(|p| tail + p) else {
        return Err(Malformed { at: tail, what: "fine del file mancante" });
    };
    let offset = Parser::new(bytes, at + word.len()).unsigned()?;
    Ok(usize::try_from(offset).unwrap_or(usize::MAX))
}
