// SPDX-License-Identifier: AGPL-3.0-or-later
//! How an installation sends its mail.

use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// The `[mail]` table of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Where mails go.
    pub transport: TransportConfig,
    /// Sender: `delibera@comune.example.it`, or with a name `Comune di … <…>`; without a name the
    /// Comune's is used. Its domain is the one of the Message-IDs.
    pub from: String,
    /// Where answers go, when not to the sender; also the organiser of the sittings in calendars.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Training: every mail goes to this address instead, and says so.
    #[serde(default)]
    pub training: Option<String>,
    /// Address of the web pages; without it messages carry no links.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Folder with the Comune's own wording, of the shape of `templates/mail`; else the built-in one.
    #[serde(default)]
    pub templates: Option<PathBuf>,
}

/// Where mails go.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransportConfig {
    /// A mail server.
    Smtp(SmtpConfig),
    /// Files `.eml` in a folder, for the demo, scenarios and courses.
    Folder {
        /// The folder; it is made when missing.
        path: PathBuf,
    },
}

/// A mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Host name, as in its certificate.
    pub host: String,
    /// Port: 25, 465 (`tls`), 587 (`starttls`).
    pub port: u16,
    /// Encryption.
    #[serde(default)]
    pub tls: TlsMode,
    /// User name, where the server wants one.
    #[serde(default)]
    pub user: Option<String>,
    /// His password.
    #[serde(default)]
    pub password: Option<Password>,
    /// Connections kept open.
    #[serde(default = "two")]
    pub pool: u32,
    /// A mail that is not accepted within this time is tried again later: at most [`TIMEOUT_MAX`].
    #[serde(default = "sixty")]
    pub timeout_seconds: u64,
    /// Certificate (PEM) of an authority of the Comune's own, trusted beside the public ones.
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

/// The longest that a mail server may be waited for, in seconds: a worker keeps a message for two
/// minutes, and one still on its way then would be sent by another too.
pub const TIMEOUT_MAX: u64 = 80;

fn two() -> u32 {
    2
}

fn sixty() -> u64 {
    60
}

/// Encryption of the connection. There is no "if available": that would protect from nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// None: only for a relay on the same machine or network.
    None,
    /// Plain at first, then encrypted or not at all.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Tls,
}

/// A password: read from the configuration, never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// A password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is wrong in the configuration of the mail.
#[derive(Debug, Error)]
pub enum MailConfigError {
    /// An address that is none.
    #[error("mail.{key}: «{value}» non è un indirizzo di posta ({reason})")]
    Address {
        /// Key of the configuration.
        key: &'static str,
        /// What was written.
        value: String,
        /// Why.
        reason: String,
    },
    /// The base address of the pages is not one.
    #[error("mail.base_url: «{0}» deve cominciare con https:// o http://")]
    BaseUrl(String),
    /// Credentials that would travel unprotected.
    #[error(
        "mail.transport: con tls = \"none\" utente e password viaggerebbero in chiaro verso «{0}»"
    )]
    ClearCredentials(String),
    /// A mail server that would be waited for too long, or not at all.
    #[error(
        "mail.transport: timeout_seconds = {0} non va bene: da 1 a {TIMEOUT_MAX}; un messaggio atteso \
         più a lungo partirebbe anche da un altro processo"
    )]
    Timeout(u64),
    /// User without password, or the contrary.
    #[error("mail.transport: indicare sia user sia password, oppure nessuno dei due")]
    HalfCredentials,
    /// The certificate of the authority, or the encryption, cannot be set up.
    #[error("mail.transport: {0}")]
    Tls(String),
    /// A template that does not parse.
    #[error("{0}")]
    Template(String),
}
