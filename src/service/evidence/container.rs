// SPDX-License-Identifier: AGPL-3.0-or-later
//! ASiC-E with CAdES (ETSI EN 319 162-1, 4.4): a ZIP whose first member, stored as it is, says what
//! the file is; a manifest with the digest of every member; a signature of the manifest.

use crate::domain::digest::sha256;
use crate::store::Finding;
use base64ct::{Base64, Encoding};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// MIME type of the container, and the content of its first member.
pub(super) const MIME: &str = "application/vnd.etsi.asic-e+zip";
const MIMETYPE: &str = "mimetype";
pub(super) const MANIFEST: &str = "META-INF/ASiCManifest.xml";
pub(super) const SIGNATURE: &str = "META-INF/signature.p7s";

/// Bytes a container may unfold to: a file that claims more is not one of ours.
const UNFOLDED_MAX: u64 = 4 << 30;

/// A file of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Member {
    pub fn new(name: impl Into<String>, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), media_type: media_type.into(), bytes: bytes.into() }
    }
}

/// The manifest of some members, in their order: the same members give the same bytes.
pub(super) fn manifest(members: &[Member]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n",
    );
    let _ = writeln!(
        xml,
        "<asic:SigReference URI=\"{SIGNATURE}\" MimeType=\"application/pkcs7-signature\"/>"
    );
    for Member { name, media_type, bytes } in members {
        let digest = Base64::encode_string(&sha256(bytes));
        // Names and types are made of letters, digits and "./-+_": nothing to escape.
        let _ = writeln!(
            xml,
            "<asic:DataObjectReference URI=\"{name}\" MimeType=\"{media_type}\">\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>"
        );
    }
    xml.push_str("</asic:ASiCManifest>\n");
    xml
}

/// The container of some members, their manifest and its signature.
///
/// # Errors
/// A member too large for the format.
pub(super) fn pack(
    members: &[Member],
    manifest: &str,
    signature: &[u8],
) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(MIMETYPE, stored)?;
    zip.write_all(MIME.as_bytes())?;
    for member in members {
        zip.start_file(member.name.as_str(), deflated.large_file(member.bytes.len() > 1 << 31))?;
        zip.write_all(&member.bytes)?;
    }
    zip.start_file(MANIFEST, deflated)?;
    zip.write_all(manifest.as_bytes())?;
    zip.start_file(SIGNATURE, stored)?;
    zip.write_all(signature)?;
    Ok(zip.finish()?.into_inner())
}

/// A container taken apart; its digests are checked, its signature is not.
#[derive(Debug)]
pub(super) struct Opened {
    pub members: Vec<Member>,
    pub manifest: Vec<u8>,
    pub signature: Vec<u8>,
}

/// Takes a container apart and checks that it holds exactly what its manifest says.
///
/// # Errors
/// The first thing that does not fit.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, Finding> {
    let broken = |error: &dyn std::fmt::Display| {
        Finding::new("contenitore", format!("non si legge: {error}"))
    };
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let (mut members, mut manifest, mut signature) = (Vec::new(), None, None);
    let (mut names, mut left) = (BTreeSet::new(), UNFOLDED_MAX);
    for i in 0..zip.len() {
        let file = zip.by_index(i).map_err(|e| broken(&e))?;
        let name = file.name().map_err(|e| broken(&e))?.into_owned();
        let method = file.compression();
        let mut content = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut content);
        read.map_err(|e| Finding::new(&name, format!("non si legge: {e}")))?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| {
            Finding::new(&name, "il contenitore è troppo grande per essere uno dei nostri")
        })?;
        if !names.insert(name.clone()) {
            return Err(Finding::new(name, "compare due volte"));
        }
        match (i, name.as_str()) {
            (0, MIMETYPE) if method == CompressionMethod::Stored => {
                if content != MIME.as_bytes() {
                    return Err(Finding::new(name, "non dice che è un contenitore ASiC-E"));
                }
            }
            (0, _) => return Err(Finding::new(name, "il primo file deve essere «mimetype»")),
            (_, MANIFEST) => manifest = Some(content),
            (_, SIGNATURE) => signature = Some(content),
            _ => members.push(Member::new(name, "", content)),
        }
    }
    let manifest = manifest.ok_or_else(|| Finding::new(MANIFEST, "manca"))?;
    let signature = signature.ok_or_else(|| Finding::new(SIGNATURE, "manca"))?;
    as_stated(&mut members, &manifest)?;
    Ok(Opened { members, manifest, signature })
}

/// Compares the manifest with the one these members have, line by line; takes their types from it.
fn as_stated(members: &mut [Member], stated: &[u8]) -> Result<(), Finding> {
    let text = std::str::from_utf8(stated).map_err(|_| Finding::new(MANIFEST, "non è un testo"))?;
    let said = |name: &str| {
        let of = format!("<asic:DataObjectReference URI=\"{name}\" MimeType=\"");
        text.lines().find_map(|line| line.strip_prefix(of.as_str())?.split('"').next())
    };
    for member in members.iter_mut() {
        let Some(media_type) = said(&member.name) else {
            return Err(Finding::new(&member.name, "non è nell'elenco firmato"));
        };
        member.media_type = media_type.to_owned();
    }
    let ours = manifest(members);
    let differing = text.lines().zip(ours.lines()).position(|(theirs, ours)| theirs != ours);
    if let Some(line) = differing {
        // Two lines come before the first member, and the signature's own.
        let name = line.checked_sub(3).and_then(|n| members.get(n));
        return Err(match name.filter(|member| text.contains(&member.name)) {
            Some(member) => Finding::new(&member.name, "l'impronta non è quella firmata"),
            None => Finding::new(MANIFEST, "non corrisponde ai file del contenitore"),
        });
    }
    if text != ours {
        return Err(Finding::new(MANIFEST, "elenca file che non ci sono"));
    }
    Ok(())
}
