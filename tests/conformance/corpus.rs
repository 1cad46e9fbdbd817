// SPDX-License-Identifier: AGPL-3.0-or-later
//! The files of the conformance corpus that only this program can make: every sample paper of the
//! product, and every revision of every document with signature fields.
//!
//! `corpus DIR FOLDER…` takes the PDFs it finds in each `DIR/FOLDER` and writes one file a signature:
//! `NAME.s1.pdf`, `NAME.s2.pdf`, … The folder `papers` it fills first, `NN-kind.pdf`, and last with the
//! reading copy of what was signed. The authority that vouches for the signatures goes to
//! `DIR/trust/development.der`. `corpus DIR --levels FILE` signs a document with keys of every kind and
//! raises it to each level, with OpenSSL as authority; then the first paper of each kind, with a
//! time-stamp in each signature.

#[path = "../../crates/signature/tests/support/pki.rs"]
#[expect(clippy::expect_used, reason = "written for tests")]
mod pki;
#[path = "../support/embedded.rs"]
mod support;

use chrono::{DateTime, TimeZone, Utc};
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{PaperFacts, PaperKind, SignedForm, sample};
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::documents::Templates;
use delibera_documents::{CopyPart, Document, render};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, FileKey, Level, Network, Request, Signer, augment, fields,
    page_count, sign_all,
};
use pki::Pki;
use serde_json::json;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Complete, with_files};

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Who signs the fields of a document, in order, again from the first if they are more.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("Mario", "Rossi", "RSSMRA80A01F205X"),
    ("Lucia", "D'Alò", "DLALCU75B41H501Y"),
    ("Giovanni", "Esposito", "SPSGNN60C03F839Z"),
    ("Anna Maria", "Żółtowska", "ZLTNMR82D45Z127K"),
];

fn main() -> Done {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: corpus DIR FOLDER…")?);
    let arguments: Vec<String> = arguments.collect();
    if let [option, file] = arguments.as_slice()
        && option == "--levels"
    {
        return levels(&folder, Path::new(file));
    }
    let start = instant(2024, 1, 1);
    let ca = DevelopmentCa::from_seed(&[7; 32], start)?;
    fs::create_dir_all(folder.join("trust"))?;
    fs::write(folder.join("trust/development.der"), ca.certificate())?;
    let mut signed = 0;
    for name in arguments {
        if name == "papers" {
            papers(&folder.join(&name))?;
        }
        for path in pdfs(&folder.join(&name))? {
            signed += revisions(&path, &ca)?;
        }
        if name == "papers" {
            copy(&folder.join(&name))?;
        }
    }
    println!("{signed} signed revisions");
    Ok(())
}

fn instant(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 10, 0, 0).single().unwrap_or_default()
}

/// The PDFs of a folder, in order.
fn pdfs(folder: &Path) -> Done<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "pdf") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Every sample paper of the product, composed with the templates of the program, and the page on
/// which a letterhead is tried.
fn papers(folder: &Path) -> Done {
    fs::create_dir_all(folder)?;
    let templates = Templates::embedded()?;
    let trial = templates.letterhead_page(&sample::comune(), None, instant(2024, 7, 24))?;
    fs::write(folder.join("carta-intestata.pdf"), trial.pdf)?;
    let keys = folder.parent().unwrap_or(folder).with_file_name("keys");
    let pki = Pki::new(&keys.join("papers"), "http://prove.invalid");
    // An opinion signed with a tool of one's own comes in a container: once, in a composed act.
    let mut enveloped = Some(&pki);
    for (number, facts) in sample::papers().map_err(|r| r.to_string())?.into_iter().enumerate() {
        let tool = match facts.kind {
            PaperKind::Deliberazione => enveloped.take(),
            _ => None,
        };
        let (facts, embedded) = complete(facts, tool)?;
        let pdf = templates.render(&facts, &sample::comune(), &embedded)?.pdf;
        let name = format!("{:02}-{}.pdf", number + 1, facts.kind.token());
        fs::write(folder.join(name), pdf)?;
    }
    Ok(())
}

/// A paper with bytes for the files it names. With a tool, the first opinion sheet is the container it
/// makes around the PDF.
fn complete(facts: PaperFacts, mut tool: Option<&Pki>) -> Done<Complete> {
    let wanted = tool.is_some();
    let made = with_files(facts, |file, created| {
        let bytes = render(&attachment(&file.description, created))?.pdf;
        if !file.name.starts_with("parere") {
            return Ok(bytes);
        }
        let Some(pki) = tool.take() else { return Ok(bytes) };
        file.name.push_str(".p7m");
        file.media_type = SignedForm::Cades.media_type().into();
        container(pki, &bytes)
    })?;
    if wanted && !made.0.embedded.iter().any(|file| file.name.ends_with(".p7m")) {
        return Err("no opinion sheet to put into a container".into());
    }
    Ok(made)
}

/// A CAdES container around a whole PDF, as OpenSSL makes it.
fn container(pki: &Pki, pdf: &[u8]) -> Done<Vec<u8>> {
    let subject = "/C=IT/serialNumber=TINIT-RSSMRA80A01F205X/CN=Mario Rossi";
    pki.issue("foglio", subject, "P-256", "person", 30);
    fs::write(pki.dir.join("foglio.pdf"), pdf)?;
    let form =
        ["cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256", "-outform", "DER"];
    let with = ["-in", "foglio.pdf", "-signer", "foglio.pem", "-inkey", "foglio.key"];
    Ok(pki.openssl(&[&form[..], &with[..]].concat()))
}

fn attachment(description: &str, created: DateTime<Utc>) -> Document {
    Document {
        title: description.into(),
        subject: description.into(),
        author: "Comune di prova".into(),
        created,
        header: String::new(),
        footer: String::new(),
        letterhead: None,
        draft: false,
        body: format!("# {}\n\nTesto di prova.", delibera_documents::escape(description)),
        attachments: Vec::new(),
    }
}

/// Signs the fields of a document one after the other; how many there were.
fn revisions(path: &Path, ca: &DevelopmentCa) -> Done<usize> {
    let mut pdf = fs::read(path)?;
    let mut fields = fields(&pdf)?;
    fields.retain(|field| !field.signed);
    for (number, field) in fields.iter().enumerate() {
        let (given, surname, code) = PEOPLE[number % PEOPLE.len()];
        let (name, key) = match field.name.as_str() {
            "sigillo" => ("Comune di prova".to_owned(), ca.seal("Comune di prova", "01234567890")?),
            _ => (format!("{given} {surname}"), ca.person(given, surname, code)?),
        };
        pdf = signed(&pdf, &field.name, &name, &key, instant(2024, 9, number as u32 % 28 + 1))?;
        fs::write(path.with_extension(format!("s{}.pdf", number + 1)), &pdf)?;
    }
    Ok(fields.len())
}

/// The last revision of the first paper of a kind.
fn last_signed(folder: &Path, kind: PaperKind) -> Done<Vec<u8>> {
    let (kind, mut found) = (format!("-{}.s", kind.token()), Vec::new());
    for path in pdfs(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (number, rest) = name.split_at(name.find('-').unwrap_or_default());
        if rest.starts_with(&kind) {
            found.push((number.to_owned(), path));
        }
    }
    let first = found.first().map(|(number, _)| number.clone());
    let mut of_first = found.into_iter().filter(|(number, _)| Some(number) == first.as_ref());
    let (_, path) = of_first.next_back().ok_or_else(|| format!("no signed paper {kind}"))?;
    Ok(fs::read(path)?)
}

/// `copia.pdf`: the reading copy of the signed act, with a cover and the proposal as its part.
fn copy(folder: &Path) -> Done {
    let act = last_signed(folder, PaperKind::Deliberazione)?;
    let part = last_signed(folder, PaperKind::Proposta)?;
    let line = json!({
        "number": 1,
        "description": "Proposta di deliberazione",
        "pages": page_count(&part),
        "joined": true,
        "sha256": sha256_hex(&part),
    });
    let context = json!({
        "title": "Deliberazione della Giunta comunale",
        "subject": "Copia di lettura di una deliberazione di prova",
        "immediate": false,
        "sha256": sha256_hex(&act),
        "parts": [line],
    });
    let parts = [("Deliberazione", act), ("Proposta di deliberazione", part)]
        .map(|(title, pdf)| CopyPart { title: title.into(), pdf });
    let (templates, created) = (Templates::embedded()?, instant(2024, 7, 24));
    let copy = templates.reading_copy(&context, &sample::comune(), created, None, &parts)?;
    Ok(fs::write(folder.join("copia.pdf"), copy.pdf)?)
}

fn signed(
    pdf: &[u8],
    field: &str,
    name: &str,
    key: &dyn Signer,
    at: DateTime<Utc>,
) -> Done<Vec<u8>> {
    signed_with(pdf, field, name, key, at, None)
}

/// With an authority, the signature has its time-stamp inside, as where the product has one.
fn signed_with(
    pdf: &[u8],
    field: &str,
    name: &str,
    key: &dyn Signer,
    at: DateTime<Utc>,
    authority: Option<&Pki>,
) -> Done<Vec<u8>> {
    let day = at.format("%d/%m/%Y");
    let lines = [format!("Firmato digitalmente da {name}"), format!("in data {day}")];
    let reserve = 2 * DEFAULT_RESERVE;
    let request = Request { field, name, reason: None, lines: &lines, signing_time: at, reserve };
    let network = authority.map(|pki| pki as &dyn Network);
    let done = sign_all(&[(pdf, request)], key, network).pop().ok_or("nothing signed")??;
    match done.shortfall {
        Some(error) => Err(error.into()),
        None => Ok(done.pdf),
    }
}

// --- Levels -----------------------------------------------------------------------------------------

/// `levels/KIND.pdf` at B-B for each kind of key, `levels/b-….pdf` for each level; the last is a
/// B-LTA renewed.
fn levels(folder: &Path, issued: &Path) -> Done {
    let pki = Pki::new(&folder.with_file_name("keys").join("levels"), "http://prove.invalid");
    fs::write(folder.join("trust/levels.der"), pki.anchor())?;
    fs::create_dir_all(folder.join("levels"))?;
    let write = |name: &str, pdf: &[u8]| fs::write(folder.join(format!("levels/{name}.pdf")), pdf);
    let issued = fs::read(issued)?;
    let field = fields(&issued)?.first().ok_or("no field")?.name.clone();
    let subject = "/C=IT/serialNumber=TINIT-ZCCMNG60A41F205X/CN=Mariangela Zaccaria";
    let by = |kind: &str, section: &str| -> Done<Vec<u8>> {
        let made = pki.issue(&format!("{kind}-{section}"), subject, kind, section, 30);
        let key = FileKey::new(&made.key, vec![made.certificate.clone()])?;
        signed(&issued, &field, "Mariangela Zaccaria", &key, SystemClock.now())
    };
    // Certificates that say nowhere whether they were revoked: nothing is left in doubt at B-B.
    let sections = fs::read_to_string(pki.dir.join("ext.cnf"))?;
    let plain = "[plain]\nkeyUsage=critical,nonRepudiation\nauthorityKeyIdentifier=keyid\n";
    fs::write(pki.dir.join("ext.cnf"), sections + plain)?;
    for kind in ["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"] {
        write(&kind.to_lowercase(), &by(kind, "plain")?)?;
    }
    let document = by("RSA-2048", "person")?;
    for level in [Level::T, Level::Lt, Level::Lta] {
        write(&level.token().to_lowercase(), &reach(&document, level, false, &pki)?)?;
    }
    let lasting = reach(&document, Level::Lta, false, &pki)?;
    write("b-lta-renewed", &reach(&lasting, Level::Lta, true, &pki)?)?;
    // The product's default: the time-stamp is inside the signature, not after it.
    let people = people(&pki)?;
    let (name, key) = &people[0];
    let document = signed_with(&issued, &field, name, key, SystemClock.now(), Some(&pki))?;
    for level in [Level::T, Level::Lt, Level::Lta] {
        let name = format!("{}-in-signature", level.token().to_lowercase());
        write(&name, &reach(&document, level, false, &pki)?)?;
    }
    println!("{} papers raised", raised(&folder.join("papers"), &people, &pki)?);
    Ok(())
}

/// The document at a level, or renewed.
fn reach(pdf: &[u8], level: Level, renew: bool, pki: &Pki) -> Done<Vec<u8>> {
    let done = augment(pdf, level, renew, pki)?;
    match done.shortfall {
        Some(error) => Err(error.into()),
        None => Ok(done.pdf),
    }
}

/// Keys that say where their revocation is told: those who sign, and last the seal.
fn people(pki: &Pki) -> Done<Vec<(String, FileKey)>> {
    let persons = PEOPLE.map(|(given, surname, code)| {
        let name = format!("{given} {surname}");
        (format!("/C=IT/serialNumber=TINIT-{code}/CN={name}"), name)
    });
    let seal = "Comune di prova".to_owned();
    let all = persons.into_iter().chain([(format!("/C=IT/O={seal}/CN={seal}"), seal)]);
    all.enumerate()
        .map(|(n, (subject, name))| {
            let made = pki.issue(&format!("persona-{n}"), &subject, "P-256", "person", 30);
            Ok((name, FileKey::new(&made.key, vec![made.certificate])?))
        })
        .collect()
}

/// The first paper of each kind, signed in all its fields with a time-stamp in each signature:
/// `NAME.t.pdf`, then `NAME.lta.pdf`; the first of each structural family also `NAME.lt.pdf` and
/// `NAME.renewed.pdf`. How many there were.
fn raised(folder: &Path, people: &[(String, FileKey)], pki: &Pki) -> Done<usize> {
    let (mut kinds, mut families) = (BTreeSet::new(), BTreeSet::new());
    for path in pdfs(folder)? {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some((_, kind)) = stem.split_once('-').filter(|_| !stem.contains('.')) else {
            continue;
        };
        let mut pdf = fs::read(&path)?;
        let open = fields(&pdf)?;
        if open.is_empty() || !kinds.insert(kind.to_owned()) {
            continue;
        }
        let sealed = open.iter().any(|field| field.name == "sigillo");
        let embeds = pdf.windows(13).any(|bytes| bytes == b"/EmbeddedFile");
        for (number, field) in open.iter().enumerate() {
            let place = if field.name == "sigillo" { PEOPLE.len() } else { number % PEOPLE.len() };
            let (name, key) = &people[place];
            pdf = signed_with(&pdf, &field.name, name, key, SystemClock.now(), Some(pki))?;
        }
        let write = |level: &str, pdf: &[u8]| fs::write(path.with_extension(level), pdf);
        write("t.pdf", &pdf)?;
        let lasting = reach(&pdf, Level::Lta, false, pki)?;
        write("lta.pdf", &lasting)?;
        if families.insert((embeds, sealed, open.len() > 1)) {
            write("lt.pdf", &reach(&pdf, Level::Lt, false, pki)?)?;
            write("renewed.pdf", &reach(&lasting, Level::Lta, true, pki)?)?;
        }
    }
    Ok(kinds.len())
}
