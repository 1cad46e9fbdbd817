// SPDX-License-Identifier: AGPL-3.0-or-later
//! From facts to the bytes of a message, the same bytes every time.

use super::MailError;
use super::calendar::{Method, Organiser, appointment};
use super::config::{MailConfig, MailConfigError};
use super::templates::{Rendered, Templates};
use crate::domain::digest::sha256_hex;
use crate::domain::notice_facts::{DigestLine, NoticeFacts};
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use serde_json::{Value, json};
use std::fmt::Display;

/// A file that travels with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A composed message, ready to be sent any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Key of the job that owes it.
    pub key: String,
    /// Folder of its templates.
    pub message: String,
    /// Moment that caused it.
    pub event: String,
    /// Case it is about.
    pub case: Option<String>,
    /// Sitting it is about.
    pub sitting: Option<String>,
    /// Address it goes to: the training address in training mode.
    pub to: String,
    /// Address of the person it is meant for.
    pub intended: String,
    /// Subject.
    pub subject: String,
    /// Message-ID, angle brackets included.
    pub message_id: String,
    /// Its date.
    pub at: DateTime<Utc>,
    /// Who sends to whom, as SMTP says it.
    pub envelope: Envelope,
    /// The message.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// Name of its file: instant, message, recipient and key, so that a folder reads in order of
    /// time and the same mail has the same name.
    pub fn file_name(&self) -> String {
        let local = self.intended.split('@').next().unwrap_or_default();
        let recipient: String = local
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .collect();
        let key = &digest(&self.key)[..8];
        let at = self.at.format("%Y%m%dT%H%M%SZ");
        format!("{at}-{}-{recipient}-{key}.eml", self.message)
    }
}

/// The Message-ID of a job: the same job is the same message, whoever asks and whenever.
pub fn message_id(key: &str, domain: &str) -> String {
    format!("<{}@{domain}>", &digest(key)[..32])
}

fn digest(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

/// Who sends, and how.
#[derive(Debug)]
pub(super) struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    training: Option<Mailbox>,
    base_url: Option<String>,
}

impl Sender {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailConfigError> {
        let read = |key: &'static str, value: &str| {
            value.parse::<Mailbox>().map_err(|e| MailConfigError::Address {
                key,
                value: value.into(),
                reason: e.to_string(),
            })
        };
        let optional = |key: &'static str, value: &Option<String>| {
            value.as_deref().map(|value| read(key, value)).transpose()
        };
        if let Some(url) = &config.base_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            return Err(MailConfigError::BaseUrl(url.clone()));
        }
        Ok(Self {
            from: read("from", &config.from)?,
            reply_to: optional("reply_to", &config.reply_to)?,
            training: optional("training", &config.training)?,
            base_url: config.base_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        })
    }

    pub(super) fn compose(
        &self,
        templates: &Templates,
        facts: &NoticeFacts,
        key: &str,
        at: DateTime<Utc>,
        attachments: &[Attachment],
    ) -> Result<Mail, MailError> {
        let intended = mailbox(&facts.recipient.name, &facts.recipient.email)?;
        let to = self.training.clone().unwrap_or_else(|| intended.clone());
        let rendered =
            templates.render(&facts.message, &self.context(facts)?).map_err(permanent)?;
        let id = message_id(key, self.from.email.domain());
        let body = self.body(facts, &rendered, key, at, attachments)?;
        let message = self.headers(facts, &to, &rendered.subject, &id, at)?.multipart(body);
        let message = message.map_err(permanent)?;
        Ok(Mail {
            key: key.into(),
            message: facts.message.clone(),
            event: facts.event.clone(),
            case: facts.act.as_ref().map(|act| act.case.clone()),
            sitting: facts.sitting.as_ref().map(|sitting| sitting.id.clone()),
            to: to.email.to_string(),
            intended: intended.email.to_string(),
            subject: rendered.subject,
            message_id: id,
            at,
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }

    /// One message for several notices of the same person.
    pub(super) fn digest(
        &self,
        templates: &Templates,
        notices: &[NoticeFacts],
    ) -> Result<Option<NoticeFacts>, MailError> {
        let Some(first) = notices.first() else { return Ok(None) };
        let line = |facts: &NoticeFacts| {
            let title = templates.subject(&facts.message, &self.context(facts)?);
            Ok(DigestLine {
                title: title.map_err(permanent)?,
                deadline: facts.deadline(),
                path: facts.path.clone(),
            })
        };
        Ok(Some(NoticeFacts {
            message: "riepilogo".into(),
            event: "digest".into(),
            comune: first.comune.clone(),
            on: first.on,
            recipient: first.recipient.clone(),
            digest: notices.iter().map(line).collect::<Result<_, MailError>>()?,
            ..NoticeFacts::default()
        }))
    }

    pub(super) fn context(&self, facts: &NoticeFacts) -> Result<Value, MailError> {
        context(facts, self.base_url.as_deref(), self.training.is_some()).map_err(permanent)
    }

    fn link(&self, path: Option<&str>) -> Option<String> {
        link(self.base_url.as_deref(), path)
    }

    fn headers(
        &self,
        facts: &NoticeFacts,
        to: &Mailbox,
        subject: &str,
        id: &str,
        at: DateTime<Utc>,
    ) -> Result<lettre::message::MessageBuilder, MailError> {
        let mut from = self.from.clone();
        if from.name.is_none() {
            from = mailbox(&facts.comune, from.email.as_ref())?;
        }
        let mut builder = Message::builder()
            .from(from)
            .to(to.clone())
            .date(at.into())
            .message_id(Some(id.into()))
            .subject(subject)
            .raw_header(raw("Auto-Submitted", "auto-generated")?)
            .raw_header(raw("X-Delibera-Event", &facts.event)?)
            .raw_header(raw("X-Delibera-Message", &facts.message)?);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        // Messages about one act or sitting stay together in the reader.
        let thread = match (&facts.act, &facts.sitting) {
            (Some(act), _) => Some(("X-Delibera-Case", act.case.as_str())),
            (None, Some(sitting)) => Some(("X-Delibera-Sitting", sitting.id.as_str())),
            (None, None) => None,
        };
        if let Some((name, about)) = thread {
            builder = builder
                .raw_header(raw(name, about)?)
                .references(message_id(&format!("{name}/{about}"), self.from.email.domain()));
        }
        Ok(builder)
    }

    fn body(
        &self,
        facts: &NoticeFacts,
        rendered: &Rendered,
        key: &str,
        at: DateTime<Utc>,
        attachments: &[Attachment],
    ) -> Result<MultiPart, MailError> {
        let boundary = |level: &str| format!("=_{}_{level}", &digest(key)[..32]);
        let mut alternative = MultiPart::alternative()
            .boundary(boundary("a"))
            .singlepart(SinglePart::plain(rendered.text.clone()))
            .singlepart(SinglePart::html(rendered.html.clone()));
        let invitation = self.invitation(facts, at);
        if let Some((method, ics)) = &invitation {
            let kind = format!("text/calendar; charset=utf-8; method={}", method.token());
            alternative = alternative
                .singlepart(SinglePart::builder().header(content_type(&kind)?).body(ics.clone()));
        }
        if invitation.is_none() && attachments.is_empty() {
            return Ok(alternative);
        }
        let mut mixed = MultiPart::mixed().boundary(boundary("m")).multipart(alternative);
        if let Some((_, ics)) = invitation {
            // The same appointment as a file, for readers that do not know invitations.
            mixed = mixed.singlepart(
                lettre::message::Attachment::new("seduta.ics".into())
                    .body(ics, content_type("application/ics; name=\"seduta.ics\"")?),
            );
        }
        for file in attachments {
            mixed = mixed.singlepart(
                lettre::message::Attachment::new(file.name.clone())
                    .body(file.bytes.clone(), content_type(&file.media_type)?),
            );
        }
        Ok(mixed)
    }

    pub(super) fn invitation(
        &self,
        facts: &NoticeFacts,
        at: DateTime<Utc>,
    ) -> Option<(Method, String)> {
        let method = Method::of(&facts.message)?;
        let sitting = facts.sitting.as_ref()?;
        let organiser = Organiser {
            name: &facts.comune,
            email: self.reply_to.as_ref().unwrap_or(&self.from).email.as_ref(),
            domain: self.from.email.domain(),
        };
        let link = self.link(facts.path.as_deref());
        let ics = appointment(method, facts, sitting, &organiser, link.as_deref(), at)?;
        Some((method, ics))
    }
}

/// What the templates see: the facts, and what only the sender knows.
pub(super) fn context(
    facts: &NoticeFacts,
    base_url: Option<&str>,
    training: bool,
) -> serde_json::Result<Value> {
    let mut context = serde_json::to_value(facts)?;
    let object = facts.act.as_ref().map_or("", |act| act.subject.as_str());
    context["object"] = json!(object);
    context["deadline"] = json!(facts.deadline());
    context["link"] = json!(link(base_url, facts.path.as_deref()));
    for (i, act) in facts.acts.iter().enumerate() {
        context["acts"][i]["link"] = json!(link(base_url, Some(&act.path)));
    }
    for (i, line) in facts.digest.iter().enumerate() {
        context["digest"][i]["link"] = json!(link(base_url, line.path.as_deref()));
    }
    context["training"] = match training {
        true => json!({ "name": facts.recipient.name, "email": facts.recipient.email }),
        false => Value::Null,
    };
    Ok(context)
}

fn link(base_url: Option<&str>, path: Option<&str>) -> Option<String> {
    Some(format!("{}{}", base_url?, path?))
}

fn mailbox(name: &str, email: &str) -> Result<Mailbox, MailError> {
    let address = email.trim().parse().map_err(|e| {
        MailError::Permanent(format!("l'indirizzo «{email}» di {name} non è valido ({e})"))
    })?;
    // A control character in a name would make lettre panic, and has no place in a header anyway.
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(Mailbox::new(Some(name).filter(|name| !name.trim().is_empty()), address))
}

fn raw(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let name = HeaderName::new_from_ascii(name.into()).map_err(permanent)?;
    let one_line: String = value.chars().filter(|c| !c.is_control()).collect();
    Ok(HeaderValue::new(name, one_line))
}

fn content_type(text: &str) -> Result<ContentType, MailError> {
    ContentType::parse(text).map_err(|e| MailError::Permanent(format!("tipo «{text}»: {e}")))
}

fn permanent(error: impl Display) -> MailError {
    MailError::Permanent(error.to_string())
}
