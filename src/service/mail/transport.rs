// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where a composed mail goes: a server by SMTP, or a folder.

use super::config::{MailConfigError, SmtpConfig, TIMEOUT_MAX, TlsMode, TransportConfig};
use super::{Mail, MailError};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Category, Severity};
use std::error::Error;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

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

    /// Mails worth handing over at the same time.
    pub(super) fn together(&self) -> usize {
        match self {
            Self::Smtp(smtp) => smtp.config.pool.max(1) as usize,
            Self::Folder(_) => 1,
        }
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

/// A server and the lines to it, kept from one mail to the next, as many as the configuration says.
/// They are ours and not the library's pool, which leaves small packets waiting for each other
/// (Nagle): the end of each mail took 40 ms, as it still does where TLS comes before the first word.
pub(super) struct Smtp {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    hello: ClientId,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
}

/// A line that carried a mail so recently is not asked whether it is still there: it would be a round
/// trip for every mail. If it died meanwhile its mail is sent again a minute later.
const IDLE_LEAST: Duration = Duration::from_secs(1);
/// How long a line is kept without a mail: what stands between may drop it without a word.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long a kept line may take to say that it is still there.
const STILL_THERE: Duration = Duration::from_secs(5);

impl Smtp {
    fn new(config: &SmtpConfig) -> Result<Self, MailConfigError> {
        if config.user.is_some() != config.password.is_some() {
            return Err(MailConfigError::HalfCredentials);
        }
        if config.user.is_some() && config.tls == TlsMode::None && !is_loopback(&config.host) {
            return Err(MailConfigError::ClearCredentials(config.host.clone()));
        }
        if !(1..=TIMEOUT_MAX).contains(&config.timeout_seconds) {
            return Err(MailConfigError::Timeout(config.timeout_seconds));
        }
        let tls = match config.tls {
            TlsMode::None => None,
            TlsMode::Starttls | TlsMode::Tls => Some(tls_parameters(config)?),
        };
        Ok(Self { config: config.clone(), tls, hello: ClientId::default(), idle: Mutex::default() })
    }

    /// Sends within the time allowed. A conversation cut short takes its line with it: the late
    /// answer of the server would be read as the answer to the next mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let limit = Duration::from_secs(self.config.timeout_seconds);
        tokio::time::timeout(limit, self.converse(mail)).await.unwrap_or_else(|_| {
            Err(MailError::Retry(format!(
                "{} non ha risposto entro {} secondi",
                self.config.host, self.config.timeout_seconds
            )))
        })
    }

    async fn converse(&self, mail: &Mail) -> Result<(), MailError> {
        let mut line = self.line().await?;
        let answer = line.send(&mail.envelope, &mail.bytes).await;
        let mut idle = self.idle();
        if !line.has_broken() && idle.len() < self.config.pool as usize {
            idle.push((Instant::now(), line));
        }
        answer.map(drop).map_err(|e| judge(&e))
    }

    /// A line that was kept and is still good, or a new one.
    async fn line(&self) -> Result<AsyncSmtpConnection, MailError> {
        loop {
            let kept = self.idle().pop();
            let Some((since, mut line)) = kept else { return self.open().await };
            if since.elapsed() < IDLE_LEAST {
                return Ok(line);
            }
            let asked = tokio::time::timeout(STILL_THERE, line.test_connected());
            if since.elapsed() < IDLE_MAX && asked.await.unwrap_or(false) {
                return Ok(line);
            }
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let SmtpConfig { host, port, user, password, .. } = &self.config;
        let address = (host.as_str(), *port);
        let wrapped = self.tls.clone().filter(|_| self.config.tls == TlsMode::Tls);
        let line = match wrapped {
            Some(tls) => {
                AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, Some(tls), None)
                    .await
            }
            None => {
                let stream = TcpStream::connect(address).await;
                let stream = stream.and_then(|s| s.set_nodelay(true).map(|()| s));
                let stream = stream.map_err(|e| MailError::Retry(format!("{host}:{port}: {e}")))?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await
            }
        };
        let mut line = line.map_err(|e| judge(&e))?;
        if let Some(tls) = self.tls.clone().filter(|_| self.config.tls == TlsMode::Starttls) {
            line.starttls(tls, &self.hello).await.map_err(|e| judge(&e))?;
        }
        if let (Some(user), Some(password)) = (user, password) {
            let known = Credentials::new(user.clone(), password.reveal().to_owned());
            line.auth(DEFAULT_MECHANISMS, &known).await.map_err(|e| judge(&e))?;
        }
        Ok(line)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, AsyncSmtpConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
