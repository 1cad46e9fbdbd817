// SPDX-License-Identifier: AGPL-3.0-or-later
//! A text written elsewhere: what is no document, what is broken, what has no end.

use delibera::service::import::{ImportError, import};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A packed document of these parts.
pub fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("part");
        zip.write_all(text.as_bytes()).expect("bytes");
    }
    zip.finish().expect("zip").into_inner()
}

#[test]
fn what_is_no_document_is_named() {
    assert_eq!(import(b"ciao"), Err(ImportError::OtherKind));
    assert_eq!(import(&packed(&[("altro.txt", "x")])), Err(ImportError::OtherKind));
    assert_eq!(import(&[0xD0, 0xCF, 0x11, 0xE0, 1]), Err(ImportError::Protected));
}

#[test]
fn a_broken_part_says_which_and_why() {
    let broken = packed(&[("word/document.xml", "<w:document><w:body>")]);
    let Err(ImportError::Damaged { part, reason }) = import(&broken) else { panic!("it was read") };
    assert_eq!(part, "word/document.xml");
    assert!(reason.contains("<body>"), "{reason}");
}

#[test]
fn a_part_that_unpacks_without_end_is_refused() {
    let bomb = "x".repeat(33 * 1024 * 1024);
    let bomb = packed(&[("content.xml", &bomb)]);
    assert!(bomb.len() < 200_000);
    assert!(matches!(import(&bomb), Err(ImportError::TooLarge(_))));
}
