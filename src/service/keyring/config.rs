// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who signs with what, as the administrator writes it. Secrets are never in the file: it names
//! the environment variables that hold them.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Name of the key of every person who has none of his own.
pub const DEFAULT: &str = "default";

/// The table `[signing]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// Time-stamp authority; without one, signatures stay at B-B.
    #[serde(default)]
    pub tsa: Option<TsaConfig>,
    /// Bytes left for each signature; more for long chains and large keys.
    #[serde(default)]
    pub reserve: Option<usize>,
    /// Folder with the certificates of the authorities whose signatures are accepted on upload.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Ways of signing by name.
    #[serde(default)]
    pub backends: BTreeMap<String, BackendConfig>,
    /// Keys by person; [`DEFAULT`] for the others.
    #[serde(default)]
    pub people: BTreeMap<String, KeyConfig>,
    /// Key of the entity's seal.
    #[serde(default)]
    pub seal: Option<KeyConfig>,
}

/// A time-stamp authority (RFC 3161 over HTTP).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsaConfig {
    /// Address.
    pub url: String,
    /// User, for authorities that want one.
    #[serde(default)]
    pub user: Option<String>,
    /// Environment variable with the password.
    #[serde(default)]
    pub password_env: Option<String>,
}

/// A way of signing.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BackendConfig {
    /// Keys made here that say they are not qualified.
    Development {},
    /// A key in a file: advanced signature or seal.
    File {},
    /// A token or an HSM.
    Pkcs11 {
        /// The library of its maker.
        library: PathBuf,
        /// Label of the token.
        token: String,
        /// Environment variable with the PIN, for seals that no person attends.
        #[serde(default)]
        pin_env: Option<String>,
    },
    /// A remote service that speaks the Cloud Signature Consortium's API, version 1.
    Csc {
        /// Address up to and with `/csc/v1`.
        url: String,
        /// User of the service.
        #[serde(default)]
        user: Option<String>,
        /// Environment variable with that user's password.
        #[serde(default)]
        password_env: Option<String>,
        /// Environment variable with a token of access, instead of user and password.
        #[serde(default)]
        bearer_env: Option<String>,
        /// Environment variable with the PIN of the key, for automatic signatures.
        #[serde(default)]
        pin_env: Option<String>,
    },
    /// The person downloads, signs with a tool of his own, uploads.
    Offline {},
}

/// The key of a person or of the seal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// Name of the way of signing.
    pub backend: String,
    /// Label on the token, credential of the service, or file (PKCS#8, PEM).
    #[serde(default)]
    pub key: Option<String>,
    /// Certificates (PEM), the signer's first, where the device does not hold them.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
}

/// A PIN, a code, a password: never shown, never logged.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(segreto)")
    }
}

impl Secret {
    /// A secret as typed; nothing typed is no secret.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// A secret of the environment.
    pub fn from_env(name: Option<&String>) -> Option<Self> {
        std::env::var(name?).ok().as_deref().and_then(Self::new)
    }

    /// The text, for who it is meant for.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

/// What a person gives once for a gesture, be it one signature or a hundred.
#[derive(Debug, Clone, Default)]
pub struct Activation {
    /// PIN of the token or of the remote key.
    pub pin: Option<Secret>,
    /// One-time code of the remote service.
    pub code: Option<Secret>,
}
