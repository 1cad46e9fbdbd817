// SPDX-License-Identifier: AGPL-3.0-or-later
//! The files of the conformance corpus that only this program can make: every sample paper of the
//! product, and every revision of every document with signature fields.
//!
//! `corpus DIR FOLDER…` takes the PDFs it finds in each `DIR/FOLDER` and writes one file a signature:
//! `NAME.s1.pdf`, `NAME.s2.pdf`, … The folder `papers` it fills first, `NN-kind.pdf`. The authority that
//! vouches for the signatures goes to `DIR/trust/development.der`. `corpus DIR --levels FILE` signs a
//! document with keys of every kind and raises it to each level, with OpenSSL as authority.

#[path = "../../crates/signature/tests/support/pki.rs"]
#[expect(clippy::expect_used, reason = "written for tests")]
mod pki;

use chrono::{DateTime, TimeZone, Utc};
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{PaperFacts, sample};
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::documents::Templates;
use delibera_documents::{Document, render};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, FileKey, Level, Request, Signer, augment, fields, sign,
};
use pki::Pki;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

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
        for path in pdfs(&folder.join(name))? {
            signed += revisions(&path, &ca)?;
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

/// Every sample paper of the product, composed with the templates of the program.
fn papers(folder: &Path) -> Done {
    fs::create_dir_all(folder)?;
    let templates = Templates::embedded()?;
    for (number, facts) in sample::papers().map_err(|r| r.to_string())?.into_iter().enumerate() {
        let (facts, embedded) = with_files(facts)?;
        let pdf = templates.render(&facts, &sample::comune(), &embedded)?.pdf;
        let name = format!("{:02}-{}.pdf", number + 1, facts.kind.token());
        fs::write(folder.join(name), pdf)?;
    }
    Ok(())
}

/// The sample names files by invented hashes: here they get bytes, and the hashes of those bytes.
fn with_files(mut facts: PaperFacts) -> Done<(PaperFacts, BTreeMap<String, Vec<u8>>)> {
    let mut context = facts.context.to_string();
    let mut embedded = BTreeMap::new();
    for file in &mut facts.embedded {
        let bytes = render(&attachment(&file.description, facts.created))?.pdf;
        let sha256 = sha256_hex(&bytes);
        context = context.replace(&file.sha256, &sha256);
        file.sha256.clone_from(&sha256);
        embedded.insert(sha256, bytes);
    }
    facts.context = serde_json::from_str(&context)?;
    Ok((facts, embedded))
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

fn signed(
    pdf: &[u8],
    field: &str,
    name: &str,
    key: &dyn Signer,
    at: DateTime<Utc>,
) -> Done<Vec<u8>> {
    let day = at.format("%d/%m/%Y");
    let lines = [format!("Firmato digitalmente da {name}"), format!("in data {day}")];
    let reserve = 2 * DEFAULT_RESERVE;
    let request = Request { field, name, reason: None, lines: &lines, signing_time: at, reserve };
    Ok(sign(pdf, &request, key)?)
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
    raised(&by("RSA-2048", "person")?, &pki, write)
}

/// The document at each level above B-B, then renewed.
fn raised(pdf: &[u8], pki: &Pki, write: impl Fn(&str, &[u8]) -> std::io::Result<()>) -> Done {
    let reach = |pdf: &[u8], level: Level, renew: bool| {
        let done = augment(pdf, level, renew, pki)?;
        match done.shortfall {
            Some(error) => Err::<_, Box<dyn Error>>(error.into()),
            None => Ok(done.pdf),
        }
    };
    for level in [Level::T, Level::Lt, Level::Lta] {
        write(&level.token().to_lowercase(), &reach(pdf, level, false)?)?;
    }
    write("b-lta-renewed", &reach(&reach(pdf, Level::Lta, false)?, Level::Lta, true)?)?;
    Ok(())
}
