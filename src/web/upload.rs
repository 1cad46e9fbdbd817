// SPDX-License-Identifier: AGPL-3.0-or-later
//! Forms that may bring files, and what a file really is. A name says nothing: the content is
//! looked at, only known kinds are taken, and the name must agree with them.

use super::error::WebError;
use super::forms::Input;
use crate::domain::digest::sha256_hex;
use crate::domain::refusal::Refusal;
use crate::service::documents::page_count;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};

/// Bytes of one form with its files.
pub const UPLOAD_MAX: usize = 60 * 1024 * 1024;
/// Bytes of one attachment.
pub const FILE_MAX: usize = 25 * 1024 * 1024;
/// Characters of a file name.
const NAME_MAX: usize = 120;

/// A file as it arrived.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// Field of the form.
    pub field: String,
    /// Name its owner gave it, without path.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A form and its files, whichever way it was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Names and values.
    pub input: Input,
    /// Files; an empty choice is none.
    pub files: Vec<Uploaded>,
}

/// A form of ours that brings files.
pub fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        if !is_multipart(&request) {
            return Ok(Self {
                input: Input::from_request(request, state).await?,
                files: Vec::new(),
            });
        }
        let unreadable = |status: StatusCode| {
            let text = match status {
                StatusCode::PAYLOAD_TOO_LARGE => "Quanto inviato supera la dimensione massima",
                _ => "Il modulo inviato non si può leggere",
            };
            WebError::Refused(status, Refusal::new("unreadable_form", "", "", text))
        };
        let form = Multipart::from_request(request, state).await;
        let mut form = form.map_err(|e| unreadable(e.status()))?;
        let mut sent = Self::default();
        while let Some(part) = form.next_field().await.map_err(|e| unreadable(e.status()))? {
            let field = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(given) => {
                    let bytes = part.bytes().await.map_err(|e| unreadable(e.status()))?.to_vec();
                    // A field where nothing was chosen has no name; an empty file has one.
                    if !given.is_empty() || !bytes.is_empty() {
                        sent.files.push(Uploaded { field, name: clean_name(&given), bytes });
                    }
                }
                None => {
                    let value = part.text().await.map_err(|e| unreadable(e.status()))?;
                    sent.input.0.push((field, super::forms::typed(value)));
                }
            }
        }
        Ok(sent)
    }
}

/// The last part of a path, without what no file system and no PDF likes.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let good = |c: &char| !c.is_control() && !"<>:\"|?*".contains(*c);
    let name: String = last.chars().filter(good).collect();
    let name = name.trim().trim_start_matches('.');
    let cut = name.char_indices().rev().nth(NAME_MAX).map_or(0, |(at, _)| at);
    if name.is_empty() { "senza-nome".into() } else { name[cut..].to_owned() }
}

/// Kinds that are taken: extensions, MIME type, words.
const KINDS: [(&[&str], &str, &str); 15] = [
    (&["pdf"], "application/pdf", "PDF"),
    (&["docx"], WORD, "documento Word"),
    (&["xlsx"], EXCEL, "foglio Excel"),
    (&["odt"], "application/vnd.oasis.opendocument.text", "documento OpenDocument"),
    (&["ods"], "application/vnd.oasis.opendocument.spreadsheet", "foglio OpenDocument"),
    (&["png"], "image/png", "immagine PNG"),
    (&["jpg", "jpeg"], "image/jpeg", "immagine JPEG"),
    (&["tif", "tiff"], "image/tiff", "immagine TIFF"),
    (&["p7m"], "application/pkcs7-mime", "file firmato p7m"),
    (&["xml"], "text/xml", "XML"),
    (&["csv"], "text/csv", "tabella CSV"),
    (&["eml"], "message/rfc822", "messaggio di posta"),
    (&["txt"], "text/plain", "testo"),
    (&["dwf"], "model/vnd.dwf", "disegno DWF"),
    (&["ifc"], "application/x-step", "modello IFC"),
];
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A file that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Name.
    pub name: String,
    /// MIME type of its content.
    pub media_type: &'static str,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Pages, for PDF.
    pub pages: Option<usize>,
}

/// Looks at a file.
///
/// # Errors
/// `file_empty`, `file_too_large`, `file_kind`, `file_unlike_name`, `file_unreadable`.
pub fn examine(file: &Uploaded) -> Result<Examined, Refusal> {
    let Uploaded { name, bytes, .. } = file;
    let refuse = |code: &str, text: String, next: &str| {
        Err(Refusal::new(code, "R6.11", "", text).next(next))
    };
    if bytes.is_empty() {
        let next = "Controllare che il file si apra, poi sceglierlo di nuovo";
        return refuse("file_empty", format!("«{name}» è vuoto"), next);
    }
    if bytes.len() > FILE_MAX {
        return refuse("file_too_large", format!("«{name}» supera i 25 MB"), "Ridurlo o dividerlo");
    }
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_lowercase();
    let named = KINDS.iter().find(|(extensions, _, _)| extensions.contains(&extension.as_str()));
    let Some((_, media_type, words)) = named else {
        let text = format!("«{name}» non è di un tipo ammesso");
        let next =
            "Allegare PDF, documenti e fogli Office o OpenDocument, immagini, testo, XML, p7m";
        return refuse("file_kind", text, next);
    };
    if !agrees(media_type, bytes) {
        let really = infer::get(bytes).map_or("altro", |kind| kind.extension());
        let text = format!("«{name}» non contiene un {words}: il contenuto è di tipo «{really}»");
        return refuse("file_unlike_name", text, "Controllare di avere scelto il file giusto");
    }
    let pages = (*media_type == "application/pdf").then(|| page_count(bytes));
    if pages == Some(None) {
        let text = format!("«{name}» non si apre: è danneggiato o protetto da password");
        return refuse("file_unreadable", text, "Salvarlo di nuovo senza protezione e ripetere");
    }
    let (name, sha256) = (name.clone(), sha256_hex(bytes));
    Ok(Examined { name, media_type, sha256, pages: pages.flatten() })
}

/// The content is of the kind its name says.
fn agrees(media_type: &str, bytes: &[u8]) -> bool {
    let plain = || {
        // No encoding that is taken writes a zero byte: UTF-8 would let one through.
        !bytes.contains(&0)
            && infer::get(bytes).is_none_or(|kind| kind.mime_type().starts_with("text/"))
    };
    match media_type {
        "text/plain" | "text/csv" | "message/rfc822" => plain(),
        "text/xml" => {
            let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
            start.starts_with(b"<") && plain()
        }
        "application/x-step" => bytes.starts_with(b"ISO-10303-21"),
        "model/vnd.dwf" => bytes.starts_with(b"(DWF V"),
        // A DER sequence that says signedData (RFC 5652), or the same in PEM or base64.
        "application/pkcs7-mime" => {
            let oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
            let head = &bytes[..bytes.len().min(64)];
            let der = bytes.first() == Some(&0x30) && head.windows(oid.len()).any(|w| w == oid);
            der || bytes.starts_with(b"-----BEGIN PKCS7") || bytes.starts_with(b"MI")
        }
        other => infer::get(bytes).is_some_and(|kind| kind.mime_type() == other),
    }
}
