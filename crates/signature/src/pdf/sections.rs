// SPDX-License-Identifier: AGPL-3.0-or-later
//! Cross-reference sections (ISO 32000-1, 7.5.4 and 7.5.8): classic tables, cross-reference
//! streams, tables with a stream beside them (hybrid) and the pair of a linearised file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::file::{Entry, MAX_OBJECT, Place, Revision};
use super::parse::Parser;
use super::{Dictionary, Malformed, Object, decode, is_space};

/// Most entries of one section: each takes some 50 bytes of memory.
const MAX_ENTRIES: usize = 1 << 20;
/// Largest cross-reference stream, decoded, in bytes.
const MAX_SECTION: usize = 24 << 20;

/// The entries and the trailer of one section, before its end is known.
struct Section<'a> {
    entries: BTreeMap<u32, Entry>,
    trailer: Dictionary<'a>,
    stream: bool,
    /// The cross-reference stream beside a table.
    aside: Vec<Range<usize>>,
}

impl<'a> Revision<'a> {
    /// The revision whose section starts at `xref`.
    pub(super) fn read(bytes: &'a [u8], xref: usize) -> Result<Self, Malformed> {
        let (mut revision, stated) = read_one(bytes, xref)?;
        if stated == xref && xref > 0 {
            return Ok(revision);
        }
        // Linearised (annex F): the first section stands at the beginning, says 0, and its
        // predecessor, at the end of the file, points back to it. Together they are one revision.
        let main = revision.previous().filter(|main| stated == 0 && *main > xref);
        let Some(main) = main else {
            return Err(Malformed { at: xref, what: "startxref errato" });
        };
        let (rest, stated) = read_one(bytes, main)?;
        if stated != xref || rest.trailer.get("Prev").is_some() || rest.stream != revision.stream {
            return Err(Malformed { at: main, what: "file linearizzato errato" });
        }
        for (number, entry) in rest.entries {
            revision.entries.entry(number).or_insert(entry);
        }
        revision.linearised = true;
        revision.aside.push(xref..xref + 1);
        revision.aside.extend(rest.aside);
        (revision.table, revision.marker, revision.end) = (rest.table, rest.marker, rest.end);
        Ok(revision)
    }

    fn of(section: Section<'a>, xref: usize, marker: usize, end: usize) -> Self {
        Revision {
            xref,
            table: xref,
            aside: section.aside,
            entries: section.entries,
            trailer: section.trailer,
            stream: section.stream,
            linearised: false,
            marker,
            end,
        }
    }

    /// Where the previous section starts.
    pub(super) fn previous(&self) -> Option<usize> {
        usize::try_from(self.trailer.get("Prev")?.integer()?).ok()
    }

    /// Gives each object the bytes up to the next one; all lie between `start` and the end.
    pub(super) fn bound(&mut self, start: usize) -> Result<(), Malformed> {
        let aside = || self.aside.iter().map(|place| place.start);
        if aside().any(|offset| offset < start) {
            return Err(Malformed { at: self.xref, what: "tabella fuori dalla sua revisione" });
        }
        let at = |e: &Entry| if let Place::At(place) = &e.place { Some(place.start) } else { None };
        let offsets: BTreeSet<usize> =
            self.entries.values().filter_map(at).chain(aside()).collect();
        for entry in self.entries.values_mut() {
            let Place::At(place) = &mut entry.place else { continue };
            if !(start..self.table).contains(&place.start) {
                return Err(Malformed { at: self.xref, what: "oggetto fuori dalla sua revisione" });
            }
            let next = offsets.range(place.start + 1..).next();
            place.end = next.copied().unwrap_or(self.table).min(self.table);
        }
        Ok(())
    }
}

/// One section with the end that follows it, and the offset its `startxref` states.
fn read_one(bytes: &[u8], xref: usize) -> Result<(Revision<'_>, usize), Malformed> {
    let mut parser = Parser::new(bytes, xref);
    let section = if parser.peek().is_some_and(|b| b.is_ascii_digit()) {
        read_stream(&mut parser)?
    } else {
        read_table(bytes, &mut parser)?
    };
    if section.trailer.get("Encrypt").is_some() {
        return parser.fail("file cifrato: non esaminato");
    }
    parser.space();
    let last = parser.take("startxref");
    if !last && !section.stream {
        return parser.fail("atteso startxref");
    }
    if !last {
        // The first stream of a linearised file may stand alone: the end comes with the second.
        return Ok((Revision::of(section, xref, parser.at, parser.at), 0));
    }
    let stated = usize::try_from(parser.unsigned()?).unwrap_or(usize::MAX);
    while parser.peek().is_some_and(is_space) {
        parser.at += 1;
    }
    if !bytes[parser.at..].starts_with(b"%%EOF") {
        return parser.fail("fine del file mancante");
    }
    parser.at += 5;
    let marker = parser.at;
    parser.end_of_line();
    Ok((Revision::of(section, xref, marker, parser.at), stated))
}

fn read_table<'a>(bytes: &'a [u8], parser: &mut Parser<'a>) -> Result<Section<'a>, Malformed> {
    if !parser.take("xref") {
        return parser.fail("tabella dei riferimenti mancante");
    }
    let mut entries = read_entries(parser)?;
    let Object::Dictionary(trailer) = parser.object()? else {
        return parser.fail("trailer errato");
    };
    let mut aside = Vec::new();
    if let Some(offset) = trailer.get("XRefStm") {
        let offset = offset.integer().and_then(|n| usize::try_from(n).ok());
        let Some(offset) = offset.filter(|o| *o < parser.at) else {
            return parser.fail("riferimenti incrociati del file ibrido errati");
        };
        let mut hidden = Parser::new(bytes, offset);
        let section = read_stream(&mut hidden)?;
        aside.push(offset..hidden.at);
        for (number, entry) in section.entries {
            // Old readers see the table, new ones both: they must not see different objects.
            match entries.get(&number).map(|e| &e.place) {
                None | Some(Place::Free) => drop(entries.insert(number, entry)),
                Some(place) if *place == entry.place => {}
                Some(_) => return parser.fail("file ibrido: due definizioni dello stesso oggetto"),
            }
        }
    }
    Ok(Section { entries, trailer, stream: false, aside })
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
                () if parser.take("n") => Place::At(offset..offset),
                () if parser.take("f") => Place::Free,
                () => return parser.fail("voce della tabella errata"),
            };
            add(parser, &mut entries, number, Entry { place, generation })?;
        }
    }
}

fn add(
    parser: &Parser<'_>,
    entries: &mut BTreeMap<u32, Entry>,
    number: u64,
    entry: Entry,
) -> Result<(), Malformed> {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    if number > MAX_OBJECT
        || entries.len() >= MAX_ENTRIES
        || entries.insert(number, entry).is_some()
    {
        return parser.fail("numero di oggetto errato o ripetuto");
    }
    Ok(())
}

/// A cross-reference stream (7.5.8.2); its own entry is left out, so that nothing refers to it.
fn read_stream<'a>(parser: &mut Parser<'a>) -> Result<Section<'a>, Malformed> {
    let start = parser.at;
    let id = parser.identifier()?;
    // Its length must be direct: there is no table yet to look it up.
    let Object::Stream(trailer, data) = parser.indirect(id, &|_| None)? else {
        return parser.fail("riferimenti incrociati errati");
    };
    let wrong = Malformed { at: start, what: "riferimenti incrociati errati" };
    let rows = decode(&trailer, data, MAX_SECTION).ok_or_else(|| wrong.clone())?;
    let widths = numbers(&trailer, "W").ok_or_else(|| wrong.clone())?;
    let [a, b, c] = widths[..] else { return Err(wrong) };
    let width = a.saturating_add(b).saturating_add(c);
    if !trailer.is_name("Type", "XRef") || [a, b, c].iter().any(|w| *w > 8) || width == 0 {
        return Err(wrong);
    }
    let size = trailer.get("Size").and_then(Object::integer).and_then(|n| usize::try_from(n).ok());
    let index = match trailer.get("Index") {
        None => vec![0, size.ok_or_else(|| wrong.clone())?],
        Some(_) => numbers(&trailer, "Index").ok_or_else(|| wrong.clone())?,
    };
    let mut rows = rows.chunks_exact(width);
    let mut entries = BTreeMap::new();
    for pair in index.chunks(2) {
        let [first, count] = *pair else { return Err(wrong) };
        for number in first..first.saturating_add(count) {
            let row = rows.next().ok_or_else(|| wrong.clone())?;
            let value = |from: usize, length: usize| {
                row[from..from + length].iter().fold(0_u64, |n, b| n << 8 | u64::from(*b))
            };
            let kind = if a == 0 { 1 } else { value(0, a) };
            let entry = entry(kind, value(a, b), value(a + b, c)).ok_or_else(|| wrong.clone())?;
            if entry.place == Place::At(start..start) {
                continue;
            }
            add(parser, &mut entries, number as u64, entry)?;
        }
    }
    if rows.next().is_some() || !rows.remainder().is_empty() {
        return Err(wrong);
    }
    Ok(Section { entries, trailer, stream: true, aside: Vec::new() })
}

fn entry(kind: u64, second: u64, third: u64) -> Option<Entry> {
    Some(match kind {
        0 => Entry { place: Place::Free, generation: 0 },
        1 => {
            let offset = usize::try_from(second).ok()?;
            Entry { place: Place::At(offset..offset), generation: u16::try_from(third).ok()? }
        }
        2 => {
            let stream = u32::try_from(second).ok().filter(|n| *n <= MAX_OBJECT)?;
            let index = u32::try_from(third).ok()?;
            Entry { place: Place::Within { stream, index }, generation: 0 }
        }
        _ => return None,
    })
}

fn numbers(dictionary: &Dictionary<'_>, key: &str) -> Option<Vec<usize>> {
    let items = dictionary.get(key)?.array()?.iter();
    items.map(|n| usize::try_from(n.integer()?).ok()).collect()
}
