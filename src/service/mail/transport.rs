// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where a composed mail goes: a server by SMTP, or a folder.

use super::config::{MailConfigError, SmtpConfig, TlsMode, TransportConfig};
use super::{Mail, MailError};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::response::{Category, Severity};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::error::Error;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Pool = AsyncSmtpTransport<Tokio1Executor>;

/// Where mails go.
#[derive(Debug)]
pub(super) enum Transport {
    Smtp(Box<Smtp>),
    Folder(PathBuf),
}

impl Transport {
    pub(super) fn new(config: &TransportConfig) -> Result<Self, MailConfigError> {
        Ok(match config {
            TransportConfig::Smtp(smtp) => Self::Smtp(Box::new(Smtp::new(smtp)?)),
            TransportConfig::Folder { path } => Self::Folder(path.clone()),
        })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Folder(path) => to_folder(path, mail)
                .await
                .map_err(|e| MailError::Retry(format!("non si scrive in {}: {e}", path.display()))),
        }
    }
}

/// Writes the mail under its name, whole or not at all; the same mail twice is one file.
async fn to_folder(folder: &Path, mail: &Mail) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let name = mail.file_name();
    let partial = folder.join(format!(".{name}.part"));
    tokio::fs::write(&partial, &mail.bytes).await?;
    tokio::fs::rename(&partial, folder.join(name)).await
}

/// A server and its pool of connections.
pub(super) struct Smtp {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    pool: Mutex<Pool>,
}

impl Smtp {
    fn new(config: &SmtpConfig) -> Result<Self, MailConfigError> {
        if config.user.is_some() != config.password.is_some() {
            return Err(MailConfigError::HalfCredentials);
        }
        if config.user.is_some() && config.tls == TlsMode::None && !is_loopback(&config.host) {
            return Err(MailConfigError::ClearCredentials(config.host.clone()));
        }
        let tls = match config.tls {
            TlsMode::None => None,
            TlsMode::Starttls | TlsMode::Tls => Some(tls_parameters(config)?),
        };
        let pool = Mutex::new(pool(config, tls.as_ref()));
        Ok(Self { config: config.clone(), tls, pool })
    }

    fn current(&self) -> Pool {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends within the time allowed. A conversation cut short leaves its connection in the pool,
    /// and the late answer of the server would be read as the answer to the next mail: that pool is
    /// closed, before the conversation is dropped, and a new one takes its place.
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let pool = self.current();
        let limit = Duration::from_secs(self.config.timeout_seconds);
        let mut conversation = std::pin::pin!(pool.send_raw(&mail.envelope, &mail.bytes));
        match tokio::time::timeout(limit, &mut conversation).await {
            Ok(answer) => answer.map(|_| ()).map_err(|e| judge(&e)),
            Err(_) => {
                self.replace_pool().await;
                Err(MailError::Retry(format!(
                    "{} non ha risposto entro {} secondi",
                    self.config.host, self.config.timeout_seconds
                )))
            }
        }
    }

    async fn replace_pool(&self) {
        let fresh = pool(&self.config, self.tls.as_ref());
        let old = std::mem::replace(
            &mut *self.pool.lock().unwrap_or_else(PoisonError::into_inner),
            fresh,
        );
        // Closing takes the connections out at once; saying goodbye to each may hang, and is not waited for.
        if tokio::time::timeout(Duration::from_secs(1), old.shutdown()).await.is_err() {
            tracing::debug!("il server di posta non ha chiuso le connessioni");
        }
    }
}

fn pool(config: &SmtpConfig, tls: Option<&TlsParameters>) -> Pool {
    let tls = match (config.tls, tls) {
        (TlsMode::Starttls, Some(parameters)) => Tls::Required(parameters.clone()),
        (TlsMode::Tls, Some(parameters)) => Tls::Wrapper(parameters.clone()),
        _ => Tls::None,
    };
    let mut builder = Pool::builder_dangerous(&config.host)
        .port(config.port)
        .tls(tls)
        .timeout(Some(Duration::from_secs(config.timeout_seconds)))
        .pool_config(PoolConfig::new().max_size(config.pool));
    if let (Some(user), Some(password)) = (&config.user, &config.password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
    }
    builder.build()
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, MailConfigError> {
    let wrong = |e: &dyn Error| MailConfigError::Tls(chain(e));
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.authority {
        let pem = std::fs::read(path)
            .map_err(|e| MailConfigError::Tls(format!("{}: {e}", path.display())))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(&e))?);
    }
    builder.build().map_err(|e| wrong(&e))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Is it worth another attempt? A 5xx is the server's last word on this message (RFC 5321, 4.2.1),
/// except when it speaks of who we are (53x: credentials, encryption), which a person repairs while
/// the mail waits. Whatever else went wrong is between us and the server.
fn judge(error: &lettre::transport::smtp::Error) -> MailError {
    let reason = chain(error);
    let about_us = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion
            && code.category == Category::Unspecified3
    });
    if error.is_permanent() && !about_us {
        MailError::Permanent(reason)
    } else {
        MailError::Retry(reason)
    }
}

/// The whole chain of an error on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("host", &self.config.host).finish_non_exhaustive()
    }
}
