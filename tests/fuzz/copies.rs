// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files of others that are laid into papers of ours: the PDF attachments of a reading copy, the crest.
//! A PDF is told by its offsets and a PNG by its check sums, so most blows leave these as they should be.

use crate::attack::{Said, Target, wound};
use crate::papers::printed;
use delibera::service::simulation::Chance;
use delibera_documents::{
    Attachment, CopyPart, Document, Letterhead, Relationship, RenderError, reading_copy, render,
};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use lopdf::{Document as Pdf, SaveOptions};
use std::io::Write;
use std::ops::Range;
use std::sync::mpsc::channel;
use std::time::Duration;

/// An act with all that a copy looks at: bookmarks, a table, a signature, a file inside.
const ACT: &str = "# Deliberazione\n\nVisto il *parere*.\n\n## Presenze\n\n| Nome | Voto |\n|---|---|\n\
    | Rossi | sì |\n\n## Dispositivo\n\n1. di approvare;\n\n\
    ::: firma campo=\"firma\" titolo=\"IL SINDACO\" nome=\"Anna Rossi\"\n:::\n";

const PDF: [&str; 30] = [
    "<<",
    ">>",
    "[",
    "]",
    "R",
    "0",
    "1",
    "-1",
    "65535",
    "2147483647",
    "null",
    "true",
    "obj",
    "endobj",
    "stream",
    "endstream",
    "Kids",
    "Next",
    "First",
    "Parent",
    "Count",
    "Length",
    "Annots",
    "AP",
    "BBox",
    "Nums",
    "StructParent",
    "Outlines",
    "Encrypt",
    "ObjStm",
];

/// Longest wait for a copy: a file that goes round in a ring is found out.
const LONGEST: Duration = Duration::from_secs(20);

fn act() -> Vec<u8> {
    let inside = Attachment {
        name: "atto.json".into(),
        media_type: "application/json".into(),
        description: "Dati dell'atto".into(),
        bytes: b"{}".to_vec(),
        relationship: Relationship::Data,
    };
    let act = Document { body: ACT.into(), attachments: vec![inside], ..printed("") };
    render(&act).expect("an act").pdf
}

/// The same file as another program would write it: with object streams, readable by who wounds them.
fn in_streams(pdf: &[u8], producer: &str) -> Vec<u8> {
    let mut pdf = Pdf::load_mem(pdf).expect("a PDF");
    pdf.change_producer(producer);
    let options = SaveOptions::builder()
        .use_object_streams(true)
        .use_xref_streams(true)
        .compression_level(0)
        .build();
    let mut bytes = Vec::new();
    pdf.save_with_options(&mut bytes, options).expect("written");
    bytes
}

/// What grammar makes one word, where the file is text: most of it is fonts.
fn token(chance: &mut Chance, input: &[u8]) -> Range<usize> {
    let edge = |byte: &u8| b" \n\r\t<>[]()/".contains(byte);
    let plain = |at: &usize| input[*at..].iter().take(24).all(u8::is_ascii);
    let at = (0..40).map(|_| chance.below(input.len())).find(plain).unwrap_or_default();
    let start = input[..at].iter().rposition(edge).map_or(0, |place| place + 1);
    let end = input[at..].iter().position(edge).map_or(input.len(), |place| at + place);
    start..end.max(start)
}

/// A word over another, and every offset stays where it was; sometimes a blow as any other.
fn over(chance: &mut Chance, input: &mut Vec<u8>) {
    if chance.percent(15) {
        return wound(chance, input, &PDF);
    }
    let (to, from) = (token(chance, input), token(chance, input));
    let said = match chance.percent(50) {
        true => input[from].to_vec(),
        false => chance.pick(&PDF).copied().unwrap_or_default().as_bytes().to_vec(),
    };
    let room = &mut input[to];
    let length = said.len().min(room.len());
    room.fill(b' ');
    room[..length].copy_from_slice(&said[..length]);
}

/// The copy is made, or the attachment is named as what cannot be read; in a thread like those of the
/// server, and in time.
fn copied(bytes: &[u8]) -> Said {
    let parts = [CopyPart { title: "Allegato".into(), pdf: bytes.to_vec() }];
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(reading_copy(&printed("Copia."), &parts)));
    match told.recv_timeout(LONGEST).expect("a copy or a reason, in time") {
        Ok(_) => Ok(()),
        Err(error) => {
            assert!(matches!(error, RenderError::Attachment { .. }), "{error}");
            Err(vec![error.to_string()])
        }
    }
}

#[test]
fn an_attached_pdf_is_copied_or_told_why_not() {
    let act = act();
    let seeds = vec![in_streams(&act, "Delibera 0"), in_streams(&act, "Altro programma"), act];
    Target { name: "part of a copy", seeds, words: &PDF }.survives_by(over, copied);
}

/// A chunk of a PNG, with its check sum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    [&length[..], kind, data, &sum(&[&kind[..], data].concat())].concat()
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum.sum().to_be_bytes()
}

/// Sixteen pixels by eight, each line by another filter; `row` is the bytes of a line.
fn png(depth: u8, color: u8, row: u8, more: &[Vec<u8>]) -> Vec<u8> {
    let mut deflater = ZlibEncoder::new(Vec::new(), Compression::default());
    for y in 0..8_u8 {
        let line: Vec<u8> = (0..row).map(|x| x.wrapping_mul(y)).collect();
        deflater.write_all(&[&[y % 5][..], &line].concat()).expect("deflated");
    }
    let head = chunk(b"IHDR", &[0, 0, 0, 16, 0, 0, 0, 8, depth, color, 0, 0, 0]);
    let data = chunk(b"IDAT", &deflater.finish().expect("deflated"));
    [&b"\x89PNG\r\n\x1a\n"[..], &head, &more.concat(), &data, &chunk(b"IEND", &[])].concat()
}

/// A blow after which the check sums are right, so that somebody looks at what they are of.
fn inside(chance: &mut Chance, input: &mut Vec<u8>) {
    if chance.percent(30) {
        wound(chance, input, &["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "acTL", "fcTL", "gAMA"]);
    } else {
        let place = chance.below(input.len());
        let said = [0, 1, 2, 3, 4, 6, 8, 16, 0x7f, 0x80, 0xff];
        if let (Some(byte), Some(said)) = (input.get_mut(place), chance.pick(&said)) {
            *byte = *said;
        }
    }
    mend(input);
}

/// The check sum of every chunk that is whole.
fn mend(input: &mut [u8]) {
    let mut at = 8;
    while let Some(&[a, b, c, d]) = input.get(at..at + 4) {
        let end = (at + 8).saturating_add(u32::from_be_bytes([a, b, c, d]) as usize);
        if end.saturating_add(4) > input.len() {
            return;
        }
        let right = sum(&input[at + 4..end]);
        input[end..end + 4].copy_from_slice(&right);
        at = end + 4;
    }
}

/// Either a paper bears it, or it is what is wrong.
fn borne(bytes: &[u8]) -> Said {
    let letterhead =
        Letterhead { crest_png: Some(bytes.to_vec()), lines: vec!["Comune di Prova".into()] };
    match render(&Document { letterhead: Some(letterhead), ..printed("Prova.") }) {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error, RenderError::Crest);
            Err(vec![error.to_string()])
        }
    }
}

#[test]
fn a_crest_is_printed_or_told_why_not() {
    let palette = chunk(b"PLTE", &[0, 0, 0, 255, 255, 255, 22, 92, 74, 176, 141, 58]);
    let seeds = vec![
        png(8, 6, 64, &[]),
        png(16, 2, 96, &[]),
        png(1, 0, 2, &[]),
        png(2, 3, 4, &[palette, chunk(b"tRNS", &[0, 128])]),
    ];
    Target { name: "crest", seeds, words: &[] }.survives_by(inside, borne);
}
