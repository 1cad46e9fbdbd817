// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can go wrong, in the words a person reads.

pub use crate::pdf::Malformed;

/// Why a document was not prepared, signed or completed. Nothing is ever half done.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The PDF cannot be read or extended.
    #[error(transparent)]
    Pdf(#[from] Malformed),
    /// The document has no such field.
    #[error("il documento non ha il campo firma «{0}»")]
    FieldMissing(String),
    /// The field already carries a signature.
    #[error("il campo «{0}» è già firmato")]
    FieldSigned(String),
    /// A shape of PDF this crate does not extend.
    #[error("struttura del PDF non prevista: {0}")]
    Unsupported(&'static str),
    /// The font of the document cannot show a character of the visible text.
    #[error("il carattere «{0}» (U+{code:04X}) manca nel font delle firme", code = u32::from(*.0))]
    MissingGlyph(char),
    /// The visible text does not fit in the field at a readable size.
    #[error("il testo visibile non entra nel riquadro della firma «{0}»")]
    TextTooLong(String),
    /// The CMS is larger than the room left for it; prepare again with a larger `reserve`.
    #[error("la firma occupa {needed} byte, ma ne erano riservati {room}")]
    CmsTooLarge {
        /// Bytes of the CMS.
        needed: usize,
        /// Bytes reserved by [`crate::Request::reserve`].
        room: usize,
    },
    /// The prepared document was altered since its digest was computed.
    #[error("il documento preparato è stato alterato prima della firma")]
    PreparedDamaged,
    /// The CMS signs another document, or is not a detached CMS signature.
    #[error("la firma ricevuta non riguarda questo documento: {0}")]
    ForeignCms(String),
    /// A certificate, a name or a CMS part that cannot be encoded or decoded.
    #[error("codifica non valida: {0}")]
    Encoding(#[from] der::Error),
    /// The key could not sign: locked token, remote service, wrong code.
    #[error("la chiave non ha firmato: {0}")]
    Key(String),
    /// A name or a code that a certificate cannot carry.
    #[error("{what} non valido: «{value}»")]
    Subject {
        /// Which one.
        what: &'static str,
        /// The value given.
        value: String,
    },
    /// The signed document did not pass our own verification; it was discarded.
    #[error("la firma apposta non supera la verifica: {0}")]
    SelfCheck(String),
}

/// Why a file could not be examined at all; such a file is never to be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The PDF cannot be read.
    #[error(transparent)]
    Pdf(#[from] Malformed),
    /// A trust anchor that is not an X.509 certificate.
    #[error("certificato di fiducia n. {0} non leggibile")]
    Anchor(usize),
    /// A file that is neither a CRL nor an OCSP answer.
    #[error("dati di revoca non leggibili: serve una CRL o una risposta OCSP")]
    Revocation,
    /// A container that is not a CMS signature, or not a readable one.
    #[error("il file non è una firma CAdES leggibile (.p7m): {0}")]
    Container(&'static str),
}
