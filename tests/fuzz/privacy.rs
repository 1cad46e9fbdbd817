// SPDX-License-Identifier: AGPL-3.0-or-later
//! The detector of personal data: whatever a text says, what is found stands in it as it is read, and
//! can be left out of it.

use crate::attack::Target;
use delibera::domain::privacy::{Hit, Omission, covers, detect, omit, pieces};
use delibera::domain::registry::{Capacity, Role, Signatory};

/// A text where everything is found that the detector looks for.
const FULL: &str = "Vista l'istanza della sig.ra Nicolò D’Àngelo, nata a Forlì il 5 maggio 1980, \
    codice fiscale RSSMRA80A01F205X, residente in via dell’Università, n° 12/bis – 20121 Milano,\n\
    telefono 02 1234567, cell. +39 333 1234567, *nicolo*.d_angelo@perché.example.it, \
    IBAN IT60X0542811101000000123456: è invalida (legge n. 104/92), con un minore Àlvaro; \
    perciò la minore spesa è € 1.000,00 …";
/// Short ones, so that blows fall where something is found; each has letters that are not what they seem.
const SHORT: [&str; 6] = [
    "C.F. R\u{17f}SMRA80A01F205X",
    "C.F. RSSMRA80A01F205X\u{b2} e RSS MRA 80A01 F205X",
    "IBAN IT60 X054 2811 1010 0000 0123 456è",
    "chiamare\u{a0}06\u{2011}12345678, oppure (055) 123456½",
    "la minore E\u{301}loïse, figlia minore, i minori",
    "piazza Pietà 3\u{200d}, località Sant’Àgata 12",
];
const WORDS: [&str; 18] = [
    "\u{17f}",
    "\u{212a}",
    "\u{b2}",
    "\u{301}",
    "\u{ad}",
    "’",
    "à",
    "°",
    "€",
    "\u{2011}",
    "\u{a0}",
    "*",
    "_",
    "@",
    "+39 ",
    "RSSMRA80A01F205X",
    "IT60X0542811101000000123456",
    "nato a ",
];

fn by() -> Signatory {
    Signatory {
        person: "greco".into(),
        name: "Matteo Greco".into(),
        fiscal_code: "GRCMTR60B55F205U".into(),
        title: "Segretario".into(),
        role: Role::Segretario,
        capacity: Capacity::Titolare,
        act: String::new(),
    }
}

fn left_out(hit: &Hit) -> Omission {
    Omission {
        text: hit.text.clone(),
        reason: "riservato".into(),
        basis: "art. 9".into(),
        by: by(),
    }
}

#[test]
fn what_is_found_in_a_text_stands_in_it_and_can_be_left_out() {
    let seeds: Vec<Vec<u8>> = std::iter::once(FULL).chain(SHORT).map(Into::into).collect();
    Target { name: "personal data", seeds, words: &WORDS }.survives(|input| {
        let text = String::from_utf8_lossy(input);
        let hits = detect(&text);
        let read: String = pieces(&text, &[]).into_iter().map(|piece| piece.text).collect();
        for hit in &hits {
            assert!(!hit.text.trim().is_empty(), "{hit:?}");
            assert!(read.contains(&hit.text), "{hit:?} is not in the text");
            assert!(covers(&text, &hit.text), "{hit:?} would not be left out");
        }
        let omissions: Vec<Omission> = hits.iter().map(left_out).collect();
        let left = omit(&text, &omissions);
        for hit in &hits {
            assert!(!covers(&left, &hit.text), "{hit:?} is still in «{left}»");
        }
        Ok(())
    });
}
