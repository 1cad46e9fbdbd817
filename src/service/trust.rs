// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whom a Comune trusts: a folder with the certificates of authorities, revocation data found
//! elsewhere, and Trusted Lists, each with the fingerprint an administrator confirmed beside it.

use delibera_signature::{Trust, TrustedList, TrustedListError, VerifyError, pem};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Extension of the file that holds the confirmed fingerprint of a list.
const CONFIRMED: &str = "sha256";

/// Why the folder, or a list, was not taken.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The disk did not answer.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A file that is not what its name says.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: VerifyError,
    },
    /// A PEM file that cannot be read.
    #[error("{0}: file PEM non leggibile")]
    Pem(PathBuf),
    /// A list that is not one, or not the one that was confirmed.
    #[error("{path}: {source}")]
    List {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TrustedListError,
    },
    /// A list nobody confirmed.
    #[error(
        "{0}: elenco di fiducia non confermato. Importarlo con «delibera trust», confrontando \
         l'impronta con quella pubblicata"
    )]
    NotConfirmed(PathBuf),
}

fn contents(path: &Path) -> Result<Vec<u8>, TrustError> {
    std::fs::read(path).map_err(|source| TrustError::Io { path: path.to_owned(), source })
}

/// Reads a folder: `.pem`, `.crt`, `.cer`, `.der` are certificates, `.crl` and `.ocsp` revocation
/// data, `.xml` Trusted Lists. Other files are left alone.
///
/// # Errors
/// The first file that is not what its name says: a trust that is half read is not to be used.
pub fn read(folder: &Path) -> Result<Trust, TrustError> {
    let io = |source| TrustError::Io { path: folder.to_owned(), source };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(io)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(io)?;
    paths.sort();
    let mut trust = Trust::default();
    for path in paths {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let wrong = |source| TrustError::File { path: path.clone(), source };
        trust = match extension.to_ascii_lowercase().as_str() {
            "pem" | "crt" | "cer" | "der" => {
                let mut trust = trust;
                for der in certificates(&path)? {
                    trust = trust.with_anchor(&der).map_err(wrong)?;
                }
                trust
            }
            "crl" | "ocsp" => trust.with_revocation(&contents(&path)?).map_err(wrong)?,
            "xml" => trust.with_list(&confirmed(&path)?),
            _ => trust,
        };
    }
    Ok(trust)
}

/// The certificates of a file: one in DER, or any number in PEM.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, TrustError> {
    let bytes = contents(path)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => {
            pem(text, "CERTIFICATE").map_err(|_| TrustError::Pem(path.to_owned()))
        }
        _ => Ok(vec![bytes]),
    }
}

fn beside(list: &Path) -> PathBuf {
    list.with_extension(format!("xml.{CONFIRMED}"))
}

fn confirmed(path: &Path) -> Result<TrustedList, TrustError> {
    let fingerprint = std::fs::read_to_string(beside(path))
        .map_err(|_| TrustError::NotConfirmed(path.to_owned()))?;
    take(path, &contents(path)?, &fingerprint)
}

fn take(path: &Path, xml: &[u8], fingerprint: &str) -> Result<TrustedList, TrustError> {
    TrustedList::import(xml, fingerprint)
        .map_err(|source| TrustError::List { path: path.to_owned(), source })
}

/// The fingerprint of a list and what it says of itself, to be compared before it is confirmed.
///
/// # Errors
/// It is not a list.
pub fn examine(list: &Path) -> Result<TrustedList, TrustError> {
    let xml = contents(list)?;
    take(list, &xml, &TrustedList::fingerprint(&xml))
}

/// Copies a list into the folder with the fingerprint the administrator confirmed.
///
/// # Errors
/// The file is not the one confirmed, or the folder cannot be written: nothing is then changed.
pub fn import(list: &Path, folder: &Path, fingerprint: &str) -> Result<TrustedList, TrustError> {
    let xml = contents(list)?;
    let taken = take(list, &xml, fingerprint)?;
    // Lists of one country follow one another: the new one takes the place of the old.
    let name = taken.territory.to_ascii_lowercase();
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let target = folder.join(format!("elenco-{}.xml", if plain { name.as_str() } else { "altro" }));
    let write = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes)
            .map_err(|source| TrustError::Io { path: path.to_owned(), source })
    };
    // A list without its fingerprint is refused on reading, so a crash between the two is noticed.
    let sidecar = beside(&target);
    if sidecar.exists() {
        std::fs::remove_file(&sidecar)
            .map_err(|source| TrustError::Io { path: sidecar.clone(), source })?;
    }
    write(&target, &xml)?;
    write(&sidecar, taken.sha256.as_bytes())?;
    Ok(taken)
}
