// SPDX-License-Identifier: AGPL-3.0-or-later
//! The table `[oidc]`, as the administrator writes it. The secret is never in it.

use openidconnect::IssuerUrl;
use serde::Deserialize;
use std::path::PathBuf;

/// The identity provider of the Comune.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its address, to which `.well-known/openid-configuration` is added.
    pub issuer: String,
    /// How it knows this program.
    pub client_id: String,
    /// Environment variable with the secret.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// Or the file that holds it (a credential of systemd).
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// On the button: "SPID o CIE".
    pub name: String,
    /// The claim with the fiscal code.
    #[serde(default = "fiscal_number")]
    pub claim: String,
    /// Degrees of authentication that are enough; empty: the provider answers for it.
    #[serde(default)]
    pub acr: Vec<String>,
    /// Scopes asked beside `openid`.
    #[serde(default = "profile")]
    pub scopes: Vec<String>,
    /// Logins that may still use a password; absent: everyone who has one.
    #[serde(default)]
    pub passwords_only_for: Option<Vec<String>>,
}

fn fiscal_number() -> String {
    "fiscal_number".into()
}

fn profile() -> Vec<String> {
    vec!["profile".into()]
}

/// Who may sign in with a password of this program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LocalAccounts {
    /// Everyone who has an account.
    #[default]
    Everyone,
    /// These logins only: for the day the provider is down.
    Only(Vec<String>),
}

impl LocalAccounts {
    /// May this login use its password?
    pub fn allows(&self, login: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(logins) => logins.iter().any(|known| known.eq_ignore_ascii_case(login)),
        }
    }
}

impl OidcConfig {
    /// Who may sign in with a password.
    pub(super) fn local(&self) -> LocalAccounts {
        match &self.passwords_only_for {
            None => LocalAccounts::Everyone,
            Some(logins) => LocalAccounts::Only(logins.clone()),
        }
    }

    /// The issuer: `https`, or a provider on this very machine.
    pub(super) fn checked_issuer(&self) -> Result<IssuerUrl, String> {
        let issuer = IssuerUrl::new(self.issuer.clone());
        let issuer = issuer.map_err(|error| format!("[oidc] issuer «{}»: {error}", self.issuer))?;
        let near = matches!(issuer.url().host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if issuer.url().scheme() != "https" && !near {
            return Err("[oidc] issuer: l'indirizzo deve cominciare con https://".into());
        }
        Ok(issuer)
    }

    /// The secret, from where it is kept; a public client has none.
    pub(super) fn secret(&self) -> Result<Option<String>, String> {
        let text = match (&self.client_secret_env, &self.client_secret_file) {
            (Some(_), Some(_)) => {
                return Err(
                    "[oidc]: client_secret_env oppure client_secret_file, non entrambi".into()
                );
            }
            (Some(name), None) => std::env::var(name)
                .map_err(|_| format!("[oidc] client_secret_env: la variabile {name} non c'è"))?,
            (None, Some(path)) => std::fs::read_to_string(path).map_err(|error| {
                format!("[oidc] client_secret_file {}: {error}", path.display())
            })?,
            (None, None) => return Ok(None),
        };
        let text = text.trim();
        if text.is_empty() {
            return Err("[oidc]: il segreto è vuoto".into());
        }
        Ok(Some(text.to_owned()))
    }
}
