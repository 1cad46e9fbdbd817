// SPDX-License-Identifier: AGPL-3.0-or-later
//! The bytes of a message, read back by another library.

use super::{AT, config, sample};
use delibera::domain::notice_facts::NoticeFacts;
use delibera::service::mail::{
    Attachment, Mail, MailConfig, MailConfigError, MailError, Mailer, TransportConfig, message_id,
};
use mail_parser::{Message, MessageParser, MimeHeaders};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("delibera-mail-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn to_folder(path: &Path) -> MailConfig {
    config(TransportConfig::Folder { path: path.to_owned() })
}

fn compose(facts: &NoticeFacts, key: &str, attachments: &[Attachment]) -> Mail {
    let mailer = Mailer::new(&to_folder(Path::new("unused"))).unwrap();
    mailer.compose(facts, key, AT(), attachments).unwrap()
}

fn parse(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).unwrap()
}

fn header(message: &Message<'_>, name: &str) -> String {
    message.header_raw(name).unwrap_or_default().trim().to_owned()
}

#[test]
fn headers_say_who_what_when_and_that_a_machine_wrote_it() {
    let mail = compose(&sample("atto-pubblicato"), "job/1", &[]);
    let message = parse(&mail);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Comune di Roccaverde"));
    assert_eq!(from.address(), Some("delibera@comune.roccaverde.example"));
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(to.name(), Some("Maria D'Angelo"));
    assert_eq!(to.address(), Some("maria.dangelo@comune.roccaverde.example"));
    let reply = message.reply_to().unwrap().first().unwrap();
    assert_eq!(reply.address(), Some("segreteria@comune.roccaverde.example"));
    assert_eq!(message.date().unwrap().to_timestamp(), AT().timestamp());
    assert_eq!(message.subject(), Some(mail.subject.as_str()));
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&message, "X-Delibera-Event"), "sample");
    assert_eq!(header(&message, "X-Delibera-Message"), "atto-pubblicato");
    assert_eq!(header(&message, "X-Delibera-Case"), "c-12");
    assert_eq!(mail.message_id, message_id("job/1", "comune.roccaverde.example"));
    assert_eq!(header(&message, "Message-ID"), mail.message_id);
    assert!(mail.bytes.is_ascii());
    assert!(mail.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
}

#[test]
fn messages_about_one_act_stay_together_in_the_reader() {
    let one = compose(&sample("atto-pubblicato"), "a", &[]);
    let two = compose(&sample("atto-esecutivo"), "b", &[]);
    assert_ne!(one.message_id, two.message_id);
    let thread = |mail: &Mail| header(&parse(mail), "References");
    assert!(thread(&one).starts_with('<'));
    assert_eq!(thread(&one), thread(&two));
}

#[test]
fn text_and_html_are_alternatives_of_one_content() {
    let mail = compose(&sample("parere-contrario"), "job/2", &[]);
    let message = parse(&mail);
    let kind = message.root_part().content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    let text = message.body_text(0).unwrap();
    let html = message.body_html(0).unwrap();
    assert!(text.contains("capiente per € 180.000,00 & il resto è solo \"previsto\"."), "{text}");
    assert!(html.contains("€ 180.000,00 &amp; il resto è solo &quot;previsto&quot;."), "{html}");
    assert!(html.contains("Gentile Maria D&#x27;Angelo,"));
    assert!(text.contains("Gentile Maria D'Angelo,"));
    let link = "https://delibera.comune.roccaverde.example/fascicoli/c-12";
    assert!(text.contains(link) && html.contains(&format!("href=\"{link}\"")));
    assert!(text.contains("Riceve questo messaggio come: Direttrice, Direzione Lavori pubblici e"));
}

#[test]
fn without_a_base_address_there_is_no_link() {
    let bare = MailConfig { base_url: None, ..to_folder(Path::new("unused")) };
    let mailer = Mailer::new(&bare).unwrap();
    for message in ["atto-pubblicato", "riepilogo"] {
        let mail = mailer.compose(&sample(message), "job/3", AT(), &[]).unwrap();
        let parsed = parse(&mail);
        assert!(!parsed.body_html(0).unwrap().contains("href="));
        assert!(!parsed.body_text(0).unwrap().contains("/fascicoli/"));
    }
}

#[test]
fn the_same_facts_key_and_instant_give_the_same_bytes() {
    let attachments = [pdf()];
    let one = compose(&sample("convocazione"), "job/4", &attachments);
    let two = compose(&sample("convocazione"), "job/4", &attachments);
    assert_eq!(one, two);
    let other = compose(&sample("convocazione"), "job/5", &attachments);
    assert_ne!(one.message_id, other.message_id);
    assert_ne!(one.bytes, other.bytes);
    assert_ne!(one.file_name(), other.file_name());
}

fn pdf() -> Attachment {
    Attachment {
        name: "ordine del giorno.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: (0..=255).cycle().take(5000).collect(),
    }
}

/// The appointment, unfolded.
fn invitation(mail: &Mail) -> (String, Vec<String>) {
    let message = parse(mail);
    let part = message
        .parts
        .iter()
        .find(|p| p.content_type().is_some_and(|c| c.subtype() == Some("calendar")))
        .expect("a calendar part");
    let method = part.content_type().unwrap().attribute("method").unwrap().to_owned();
    let text = String::from_utf8(part.contents().to_vec()).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    (method, text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect())
}

#[test]
fn a_convening_invites_and_carries_its_attachments_unchanged() {
    let mail = compose(&sample("convocazione"), "job/6", &[pdf()]);
    let (method, lines) = invitation(&mail);
    assert_eq!(method, "REQUEST");
    let has = |line: &str| assert!(lines.iter().any(|l| l == line), "{line}\n{lines:#?}");
    has("METHOD:REQUEST");
    has("UID:seduta-s-31@comune.roccaverde.example");
    has("SEQUENCE:9");
    has("DTSTAMP:20260724T083000Z");
    has("DTSTART;TZID=Europe/Rome:20260724T110000");
    has("BEGIN:VTIMEZONE");
    has("TZID:Europe/Rome");
    has("LOCATION:Palazzo comunale\\, sala Giunta\\, piazza Garibaldi 1");
    has("URL:https://sedute.comune.roccaverde.example/giunta/s-31");
    has("ORGANIZER;CN=\"Comune di Roccaverde\":mailto:segreteria@comune.roccaverde.example");
    assert!(lines.iter().any(|l| l.starts_with("ATTENDEE;CN=\"Maria D'Angelo\";")));
    let message = parse(&mail);
    let kind = message.root_part().content_type().unwrap();
    assert_eq!(kind.subtype(), Some("mixed"));
    let names: Vec<_> = message.attachments().filter_map(|p| p.attachment_name()).collect();
    assert_eq!(names, ["seduta.ics", "ordine del giorno.pdf"]);
    let file = message.attachments().last().unwrap();
    assert_eq!(file.contents(), pdf().bytes);
}

#[test]
fn a_move_updates_the_appointment_and_a_cancellation_takes_it_off() {
    let convened = invitation(&compose(&sample("convocazione"), "a", &[])).1;
    let mut moved = sample("seduta-spostata");
    if let Some(sitting) = &mut moved.sitting {
        sitting.sequence += 1;
    }
    let (method, moved) = invitation(&compose(&moved, "b", &[]));
    assert_eq!(method, "REQUEST");
    let (cancel, cancelled) = invitation(&compose(&sample("seduta-annullata"), "c", &[]));
    assert_eq!(cancel, "CANCEL");
    let line = |lines: &[String], start: &str| {
        lines.iter().find(|l| l.starts_with(start)).cloned().unwrap_or_default()
    };
    assert_eq!(line(&convened, "UID:"), line(&moved, "UID:"));
    assert_eq!(line(&convened, "UID:"), line(&cancelled, "UID:"));
    assert_eq!(line(&moved, "SEQUENCE:"), "SEQUENCE:10");
    assert_eq!(line(&cancelled, "STATUS:"), "STATUS:CANCELLED");
}

#[test]
fn training_sends_everything_to_one_address_and_says_so() {
    let course = MailConfig {
        training: Some("Corso <corso@example.org>".into()),
        ..to_folder(Path::new("unused"))
    };
    let mailer = Mailer::new(&course).unwrap();
    let mail = mailer.compose(&sample("atto-esecutivo"), "job/7", AT(), &[]).unwrap();
    assert_eq!(mail.to, "corso@example.org");
    assert_eq!(mail.intended, "maria.dangelo@comune.roccaverde.example");
    assert_eq!(mail.envelope.to().len(), 1);
    assert_eq!(mail.envelope.to()[0].to_string(), "corso@example.org");
    assert!(mail.subject.starts_with("[ADDESTRAMENTO] "));
    assert!(mail.subject.chars().count() <= 110);
    let message = parse(&mail);
    for body in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
        assert!(body.contains("ADDESTRAMENTO"));
        assert!(body.contains("maria.dangelo@comune.roccaverde.example"));
    }
    assert!(!header(&message, "To").contains("maria"));
}

#[test]
fn a_line_break_in_a_fact_makes_no_header() {
    let mut facts = sample("atto-pubblicato");
    facts.event = "x\r\nBcc: a@example.org".into();
    facts.recipient.name = "Ugo\r\nBcc: b@example.org".into();
    if let Some(act) = &mut facts.act {
        act.subject = "Nomina\r\nBcc: c@example.org\r\n\r\n<script>alert(1)</script>".into();
    }
    let mail = compose(&facts, "job/8", &[]);
    let message = parse(&mail);
    assert!(message.bcc().is_none());
    assert!(message.subject().unwrap().contains("Nomina Bcc: c@example.org"));
    assert!(!message.body_html(0).unwrap().contains("<script>"));
    assert_eq!(mail.envelope.to().len(), 1);
}

#[test]
fn an_address_that_is_none_is_permanent_and_named() {
    let mut facts = sample("scadenza");
    for address in ["", "nessuno", "a b@example.org", "a@"] {
        facts.recipient.email = address.into();
        let mailer = Mailer::new(&to_folder(Path::new("unused"))).unwrap();
        let refused = mailer.compose(&facts, "job/9", AT(), &[]).unwrap_err();
        assert!(matches!(&refused, MailError::Permanent(r) if r.contains("Maria D'Angelo")));
    }
    let wrong = MailConfig { from: "delibera".into(), ..to_folder(Path::new("unused")) };
    let made = Mailer::new(&wrong);
    assert!(matches!(made, Err(MailConfigError::Address { key: "from", .. })));
    let url = MailConfig { base_url: Some("//x".into()), ..to_folder(Path::new("unused")) };
    assert!(matches!(Mailer::new(&url), Err(MailConfigError::BaseUrl(_))));
}

#[tokio::test]
async fn a_folder_keeps_each_mail_once_under_a_name_in_order_of_time() {
    let path = folder("order");
    let mailer = Mailer::new(&to_folder(&path)).unwrap();
    let later = AT() + chrono::TimeDelta::hours(3);
    let second = mailer.compose(&sample("scadenza"), "k2", later, &[]).unwrap();
    let first = mailer.compose(&sample("convocazione"), "k1", AT(), &[]).unwrap();
    for mail in [&second, &first, &second] {
        mailer.send(mail).await.unwrap();
    }
    let mut names: Vec<String> = std::fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [first.file_name(), second.file_name()]);
    assert!(names[0].starts_with("20260724T083000Z-convocazione-maria.dangelo-"));
    assert_eq!(std::fs::read(path.join(&names[0])).unwrap(), first.bytes);
    std::fs::remove_dir_all(path).unwrap();
}

#[test]
fn a_digest_tells_each_notice_in_a_line() {
    let mailer = Mailer::new(&to_folder(Path::new("unused"))).unwrap();
    let notices = [sample("parere-da-rendere"), sample("atto-pubblicato")];
    let mail = mailer.compose_digest(&notices, "digest/1", AT()).unwrap().unwrap();
    assert_eq!(mail.subject, "Riepilogo del 24 luglio 2026: 2 avvisi");
    let message = parse(&mail);
    let text = message.body_text(0).unwrap();
    assert!(text.contains("- Parere da rendere entro il 29 luglio 2026:"), "{text}");
    assert!(text.contains("Entro mercoledì 29 luglio 2026"));
    assert!(message.body_html(0).unwrap().contains("/fascicoli/c-12\""));
    assert!(mailer.compose_digest(&[], "digest/2", AT()).unwrap().is_none());
}
