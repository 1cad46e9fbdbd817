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
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The time-stamp authority or the status of a certificate could not be had.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
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

/// Why a key did not sign, and what the person does about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Wrong PIN.
    #[error("il PIN non è corretto: riprovare (dopo alcuni errori il dispositivo si blocca)")]
    WrongPin,
    /// Too many wrong PINs.
    #[error(
        "il PIN è bloccato: sbloccarlo con il PUK o rivolgersi a chi ha rilasciato il dispositivo"
    )]
    PinLocked,
    /// No PIN or code was given, and one is needed.
    #[error("manca {0}: indicarlo e ripetere")]
    SecretMissing(&'static str),
    /// The token is not there.
    #[error("il dispositivo di firma «{0}» non c'è: inserirlo e riprovare")]
    TokenAbsent(String),
    /// The token has no such key or certificate.
    #[error("il dispositivo non contiene «{0}»: controllare l'etichetta nella configurazione")]
    KeyMissing(String),
    /// The library of the token cannot be used.
    #[error("la libreria del dispositivo non si avvia ({0}): controllarne il percorso")]
    Library(String),
    /// The one-time code is wrong.
    #[error("il codice OTP non è corretto: richiederne uno nuovo e riprovare")]
    WrongCode,
    /// The one-time code has expired, or its activation has been used up.
    #[error("il codice OTP è scaduto: richiederne uno nuovo e riprovare")]
    CodeExpired,
    /// The remote service does not answer.
    #[error("il servizio di firma non risponde ({0}): riprovare tra qualche minuto")]
    Unreachable(String),
    /// The remote service says no.
    #[error("il servizio di firma ha rifiutato la richiesta ({0})")]
    ServiceRefused(String),
    /// More signatures than one activation allows.
    #[error("con un solo codice si firmano al più {0} documenti: firmare il resto con un altro")]
    TooMany(usize),
    /// The certificate is somebody else's (law.md R9.4).
    #[error("il certificato è di {found}, non di {wanted}: usare il proprio dispositivo di firma")]
    NotThePerson {
        /// Fiscal code, or name, in the certificate.
        found: String,
        /// Fiscal code of who must sign.
        wanted: String,
    },
    /// The certificate has expired (art. 24, c. 4-bis, CAD).
    #[error("il certificato è scaduto il {0}: rinnovarlo (art. 24, c. 4-bis, CAD)")]
    Expired(String),
    /// The certificate is not valid yet.
    #[error("il certificato vale dal {0}")]
    NotYetValid(String),
    /// A certificate of development or advanced where a qualified one is asked for.
    #[error(
        "per questo documento serve una firma qualificata, il certificato è {0}: usare il dispositivo qualificato"
    )]
    NotQualified(&'static str),
    /// The key is of a kind that is not used here.
    #[error("algoritmo della chiave non ammesso: RSA da 2048 bit, P-256 o P-384")]
    Algorithm,
    /// No key is configured for this person.
    #[error(
        "per {0} non è configurata alcuna chiave di firma: firmare fuori linea o chiedere all'amministratore"
    )]
    NotConfigured(String),
    /// Anything else, in the words of the device.
    #[error("la chiave non ha firmato: {0}")]
    Other(String),
}

/// Why a time-stamp or the status of a certificate could not be had; it can be tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A service does not answer.
    #[error("{url} non risponde ({why})")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        why: String,
    },
    /// No time-stamp authority is configured.
    #[error("non è configurato alcun servizio di marcatura temporale")]
    NoAuthority,
    /// The authority refused (RFC 3161, 2.4.2).
    #[error("il servizio di marcatura ha rifiutato la richiesta (stato {0})")]
    Refused(u8),
    /// The answer is not about what was asked.
    #[error("la risposta ricevuta non riguarda la richiesta: {0}")]
    Foreign(&'static str),
    /// The answer cannot be read.
    #[error("risposta non leggibile: {0}")]
    Unreadable(&'static str),
    /// The certificates do not say where their status can be asked: more cannot be reached.
    #[error("il certificato di «{0}» non dice dove verificarne la revoca")]
    NoSource(String),
    /// A certificate of the chain is missing and nobody says where it is.
    #[error("manca il certificato dell'autorità che ha emesso quello di «{0}»")]
    NoIssuer(String),
}
