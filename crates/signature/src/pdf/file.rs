// SPDX-License-Identifier: AGPL-3.0-or-later
//! A file as the sequence of its revisions (ISO 32000-1, 7.5): every cross-reference section with
//! the bytes that belong to it. Classic tables only; cross-reference streams are reported as such.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use super::parse::Parser;
use super::{Dictionary, Id, MAX_BYTES, Malformed, Object, is_space};

/// Most revisions followed.
const MAX_REVISIONS: usize = 256;
/// Most bytes times revisions (2 GiB): each revision is compared with the one before.
const MAX_WORK: usize = 2 << 30;
/// Highest object number accepted (a limit of ISO 32000-1, annex C).
pub(crate) const MAX_OBJECT: u32 = 8_388_607;
/// Most pages counted.
const MAX_PAGES: usize = 50_000;

/// One entry of a cross-reference table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the object starts and where the next one of its revision does; `None` when the number
    /// is free. Objects of a revision never overlap, so reading all of them once is linear.
    pub place: Option<Range<usize>>,
    pub generation: u16,
}

/// What one save appended: its table, its trailer and where its bytes end.
#[derive(Debug)]
pub(crate) struct Revision<'a> {
    /// Offset of the keyword `xref`.
    pub xref: usize,
    pub entries: BTreeMap<u32, Entry>,
    pub trailer: Dictionary<'a>,
    /// Just after `%%EOF`.
    pub marker: usize,
    /// After the end of line that follows `%%EOF`, if any.
    pub end: usize,
}

/// A PDF and its revisions, oldest first; never empty.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub bytes: &'a [u8],
    pub revisions: Vec<Revision<'a>>,
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
                Some(later) if revision.end > later.xref => {
                    return fail(xref, "revisioni sovrapposte");
                }
                None if bytes[revision.marker..].iter().any(|b| !is_space(*b)) => {
                    return fail(revision.marker, "byte estranei dopo la fine");
                }
                _ => {}
            }
            let previous = revision.trailer.get("Prev").cloned();
            revisions.push(revision);
            let Some(previous) = previous else { break };
            match previous.integer().and_then(|n| usize::try_from(n).ok()) {
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
        Ok(File { bytes, revisions })
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
        (0..=revision).rev().find_map(found).filter(|(_, e)| e.place.is_some())
    }

    /// The object `id` as seen at `revision`; a missing one is null (7.3.10).
    pub fn object(&self, revision: usize, id: Id) -> Result<Object<'a>, Malformed> {
        match self.entry(revision, id.0) {
            Some((_, Entry { place: Some(place), generation })) if *generation == id.1 => {
                self.object_at(revision, place, id).map(|(object, _)| object)
            }
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
        let object = parser.indirect(id, &|id| self.length(revision, id))?;
        Ok((object, parser.at))
    }

    fn length(&self, revision: usize, id: Id) -> Option<usize> {
        let place = self.entry(revision, id.0)?.1.place.clone()?;
        let mut parser = Parser::new(&self.bytes[..place.end], place.start);
        usize::try_from(parser.indirect_number(id).ok()?).ok()
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

impl<'a> Revision<'a> {
    fn read(bytes: &'a [u8], xref: usize) -> Result<Self, Malformed> {
        let mut parser = Parser::new(bytes, xref);
        if parser.peek().is_some_and(|b| b.is_ascii_digit()) {
            return parser.fail("riferimenti incrociati compressi: non ancora esaminati");
        }
        if !parser.take("xref") {
            return parser.fail("tabella dei riferimenti mancante");
        }
        let entries = read_entries(&mut parser)?;
        let Object::Dictionary(trailer) = parser.object()? else {
            return parser.fail("trailer errato");
        };
        if trailer.get("XRefStm").is_some() || trailer.get("Encrypt").is_some() {
            return parser.fail("file ibrido o cifrato: non esaminato");
        }
        parser.expect("startxref", "atteso startxref")?;
        if parser.unsigned()? != xref as u64 {
            return parser.fail("startxref errato");
        }
        while parser.peek().is_some_and(is_space) {
            parser.at += 1;
        }
        if !bytes[parser.at..].starts_with(b"%%EOF") {
            return parser.fail("fine del file mancante");
        }
        parser.at += 5;
        let marker = parser.at;
        parser.end_of_line();
        Ok(Revision { xref, entries, trailer, marker, end: parser.at })
    }
}

impl Revision<'_> {
    /// Gives each object the bytes up to the next one; all lie between `start` and the table.
    fn bound(&mut self, start: usize) -> Result<(), Malformed> {
        let places = self.entries.values().filter_map(|e| e.place.as_ref());
        let offsets: BTreeSet<usize> = places.map(|p| p.start).collect();
        for place in self.entries.values_mut().filter_map(|e| e.place.as_mut()) {
            if !(start..self.xref).contains(&place.start) {
                return Err(Malformed { at: self.xref, what: "oggetto fuori dalla sua revisione" });
            }
            let next = offsets.range(place.start + 1..).next();
            place.end = next.copied().unwrap_or(self.xref);
        }
        Ok(())
    }
}

fn read_entries(parser: &mut Parser<'_>) -> Result<BTreeMap<u32, Entry>, Malformed> {
    let mut entries = BTreeMap::new();
    loop {
        parser.space();
        if parser.take("trailer") {
            return Ok(entries);
        }
        let first = parser.unsigned()?;
        let count = parser.unsigned()?;
        for number in first..first.saturating_add(count) {
            let offset = usize::try_from(parser.unsigned()?).unwrap_or(usize::MAX);
            let generation = u16::try_from(parser.unsigned()?).unwrap_or(u16::MAX);
            parser.space();
            let place = match () {
                () if parser.take("n") => Some(offset..offset),
                () if parser.take("f") => None,
                () => return parser.fail("voce della tabella errata"),
            };
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if number > MAX_OBJECT || entries.insert(number, Entry { place, generation }).is_some()
            {
                return parser.fail("numero di oggetto errato o ripetuto");
            }
        }
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
