// SPDX-License-Identifier: AGPL-3.0-or-later
//! Mail: from the facts of a notice to bytes, from bytes to a server or a folder.
//!
//! `compose` is deterministic: the same facts, key and instant give the same bytes, Message-ID and
//! MIME boundaries included, so a message sent twice is recognised as one. `send` says whether a
//! failure is worth another attempt; [`retry_at`] says when.

mod calendar;
mod compose;
mod config;
mod sample;
mod templates;
mod transport;

pub use compose::{Attachment, Mail, message_id};
pub use config::{
    MailConfig, MailConfigError, Password, SmtpConfig, TIMEOUT_MAX, TlsMode, TransportConfig,
};
pub use sample::samples;
pub use templates::{MESSAGES, Rendered, SUBJECT_MAX, Templates, shorten};

use crate::domain::notice_facts::NoticeFacts;
use chrono::{DateTime, TimeDelta, Utc};
use compose::Sender;
use thiserror::Error;
use transport::Transport;

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailError {
    /// It may succeed later: connection, time, a 4xx answer, or credentials to be repaired.
    #[error("invio da ritentare: {0}")]
    Retry(String),
    /// It will not: a 5xx answer on this message, an address that is none, a broken template.
    #[error("invio impossibile: {0}")]
    Permanent(String),
}

/// Waits between attempts: 1, 5, 15 minutes, 1, 4, 12, 24 hours; then the dead letter.
const WAITS: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(4),
    TimeDelta::hours(12),
    TimeDelta::hours(24),
];

/// When to try again after the attempt of this number failed (the first is 1); `None`: it becomes a
/// dead letter that a person looks at.
pub fn retry_at(attempt: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    WAITS.get(index).map(|wait| now + *wait)
}

/// Composes and sends the mails of one Comune.
#[derive(Debug)]
pub struct Mailer {
    sender: Sender,
    templates: Templates,
    transport: Transport,
    summary: Vec<(&'static str, String)>,
}

impl Mailer {
    /// The appointment a message carries, for who takes it from a page; none for a message that
    /// invites nobody.
    pub fn appointment(&self, facts: &NoticeFacts, at: DateTime<Utc>) -> Option<String> {
        self.sender.invitation(facts, at).map(|(_, text)| text)
    }

    /// A mailer of a configuration; with SMTP it must be made within a Tokio runtime.
    ///
    /// # Errors
    /// An address, certificate or template that cannot be read.
    pub fn new(config: &MailConfig) -> Result<Self, MailConfigError> {
        let templates = match &config.templates {
            Some(folder) => Templates::from_folder(folder)?,
            None => Templates::embedded()?,
        };
        Ok(Self {
            sender: Sender::new(config)?,
            templates,
            transport: Transport::new(&config.transport)?,
            summary: summary(config),
        })
    }

    /// How mail leaves, in words, without secrets: for who looks after the installation.
    pub fn summary(&self) -> &[(&'static str, String)] {
        &self.summary
    }

    /// A message in words, as its recipient reads it; nothing is sent.
    ///
    /// # Errors
    /// [`MailError::Permanent`]: a fact the template wants and is missing.
    pub fn preview(&self, facts: &NoticeFacts) -> Result<Rendered, MailError> {
        let context = self.sender.context(facts)?;
        let rendered = self.templates.render(&facts.message, &context);
        rendered.map_err(|error| MailError::Permanent(error.to_string()))
    }

    /// The mail of a notice. `key` is the key of the job that owes it and `at` an instant that does
    /// not change between attempts (when the job fell due), so that every attempt is the same mail.
    ///
    /// # Errors
    /// [`MailError::Permanent`]: an address that is none, a fact the template wants and is missing.
    pub fn compose(
        &self,
        facts: &NoticeFacts,
        key: &str,
        at: DateTime<Utc>,
        attachments: &[Attachment],
    ) -> Result<Mail, MailError> {
        self.sender.compose(&self.templates, facts, key, at, attachments)
    }

    /// One mail for several notices of a person; `None` when there is nothing to tell.
    ///
    /// # Errors
    /// As [`Mailer::compose`].
    pub fn compose_digest(
        &self,
        notices: &[NoticeFacts],
        key: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<Mail>, MailError> {
        match self.sender.digest(&self.templates, notices)? {
            Some(facts) => self.compose(&facts, key, at, &[]).map(Some),
            None => Ok(None),
        }
    }

    /// How many mails are worth handing over at the same time.
    pub fn together(&self) -> usize {
        self.transport.together()
    }

    /// Hands a mail to the server or the folder.
    ///
    /// # Errors
    /// Whether to try again is part of the error.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.transport.send(mail).await
    }
}

/// The built-in wording of a message on invented facts, where there is no mailer of one's own.
///
/// # Errors
/// [`MailError::Permanent`]: the template cannot be read or wants what is missing.
pub fn preview(facts: &NoticeFacts) -> Result<Rendered, MailError> {
    let failed = |error: &dyn std::fmt::Display| MailError::Permanent(error.to_string());
    let templates = Templates::embedded().map_err(|error| failed(&error))?;
    let context = compose::context(facts, None, false).map_err(|error| failed(&error))?;
    templates.render(&facts.message, &context).map_err(|error| failed(&error))
}

fn summary(config: &MailConfig) -> Vec<(&'static str, String)> {
    let way = match &config.transport {
        TransportConfig::Smtp(smtp) => {
            let tls = match smtp.tls {
                TlsMode::None => "senza cifratura",
                TlsMode::Starttls => "STARTTLS",
                TlsMode::Tls => "TLS",
            };
            format!("server {}, porta {}, {tls}", smtp.host, smtp.port)
        }
        TransportConfig::Folder { path } => {
            format!("file nella cartella «{}»: nessun messaggio esce", path.display())
        }
    };
    let none = || "non indicato".to_owned();
    let training = config.training.as_ref();
    vec![
        ("Come parte la posta", way),
        ("Mittente", config.from.clone()),
        ("Risposte a", config.reply_to.clone().unwrap_or_else(|| "al mittente".into())),
        ("Indirizzo delle pagine", config.base_url.clone().unwrap_or_else(none)),
        (
            "Addestramento",
            training.map_or_else(
                || "no: i messaggi vanno ai destinatari".to_owned(),
                |to| format!("sì: tutti i messaggi vanno a {to}"),
            ),
        ),
    ]
}
