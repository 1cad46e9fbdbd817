// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a file that was sent really is.

use delibera::web::upload::{Uploaded, clean_name, examine};

fn file(name: &str, bytes: &[u8]) -> Uploaded {
    Uploaded { field: "file".into(), name: clean_name(name), bytes: bytes.to_vec() }
}

fn code(name: &str, bytes: &[u8]) -> String {
    examine(&file(name, bytes)).expect_err("refused").code
}

#[test]
fn a_name_does_not_make_a_kind() {
    assert_eq!(code("fattura.pdf", b"MZ\x90\x00\x03\x00\x00\x00"), "file_unlike_name");
    assert_eq!(code("pagina.txt", b"\x7fELF\x02\x01\x01\x00"), "file_unlike_name");
    assert_eq!(code("programma.exe", b"MZ"), "file_kind");
    assert_eq!(code("rotto.pdf", b"%PDF-1.7\nniente"), "file_unreadable");
    assert_eq!(code("vuoto.pdf", b""), "file_empty");
}

#[test]
fn known_kinds_are_taken_with_their_real_type() {
    let csv = examine(&file("voci.CSV", b"voce;euro\nsedie;10\n")).expect("taken");
    assert_eq!(csv.media_type, "text/csv");
    let png = examine(&file("pianta.png", b"\x89PNG\r\n\x1a\n0000")).expect("taken");
    assert_eq!(png.media_type, "image/png");
}

#[test]
fn a_path_is_not_a_name() {
    assert_eq!(clean_name("C:\\Documenti\\piano.pdf"), "piano.pdf");
    assert_eq!(clean_name("../../etc/passwd"), "passwd");
    assert_eq!(clean_name("..."), "senza-nome");
}
