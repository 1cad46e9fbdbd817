// SPDX-License-Identifier: AGPL-3.0-or-later
//! Conversations with a real server over TCP, failures included.

use super::sink::{Offers, Sink, Turn};
use super::{AT, config, mailer, sample, smtp};
use delibera::service::mail::{
    MailConfigError, MailError, Mailer, Password, SmtpConfig, TIMEOUT_MAX, TlsMode, TransportConfig,
};
use mail_parser::MessageParser;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

fn id_of(bytes: &[u8]) -> String {
    MessageParser::default().parse(bytes).unwrap().message_id().unwrap().to_owned()
}

/// The mail as text, without the empty line the client may add before the final dot.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap().trim_end_matches("\r\n")
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_composed() {
    let sink = Sink::start(&[Turn::Accept]).await;
    let mailer = mailer(smtp(sink.port));
    let mail = mailer.compose(&sample("atto-pubblicato"), "job-1", AT(), &[]).unwrap();
    mailer.send(&mail).await.unwrap();
    let arrived = sink.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(text(&arrived[0].bytes), text(&mail.bytes), "byte for byte");
    assert!(arrived[0].from.contains("<delibera@comune.roccaverde.example>"));
    assert!(arrived[0].to.contains("<maria.dangelo@comune.roccaverde.example>"));
}

#[tokio::test]
async fn a_450_is_tried_again_with_the_same_message_id() {
    let sink = Sink::start(&[Turn::RefuseRecipient("450 4.2.0 busy"), Turn::Accept]).await;
    let mailer = mailer(smtp(sink.port));
    let mail = mailer.compose(&sample("scadenza"), "job-2", AT(), &[]).unwrap();
    let refused = mailer.send(&mail).await.unwrap_err();
    assert!(matches!(&refused, MailError::Retry(reason) if reason.contains("450")), "{refused}");
    let again = mailer.compose(&sample("scadenza"), "job-2", AT(), &[]).unwrap();
    assert_eq!(again, mail, "the second attempt is the same mail");
    mailer.send(&again).await.unwrap();
    let arrived = sink.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(format!("<{}>", id_of(&arrived[0].bytes)), mail.message_id);
}

#[tokio::test]
async fn a_4xx_after_data_is_tried_again() {
    let sink = Sink::start(&[Turn::RefuseData("451 4.3.0 try later"), Turn::Accept]).await;
    let mailer = mailer(smtp(sink.port));
    let mail = mailer.compose(&sample("scadenza"), "job-3", AT(), &[]).unwrap();
    assert!(matches!(mailer.send(&mail).await, Err(MailError::Retry(_))));
    mailer.send(&mail).await.unwrap();
    assert_eq!(sink.arrived().len(), 1);
}

#[tokio::test]
async fn a_550_is_the_last_word() {
    let turns =
        [Turn::RefuseRecipient("550 5.1.1 no such user"), Turn::RefuseData("554 5.7.1 spam")];
    let sink = Sink::start(&turns).await;
    let mailer = mailer(smtp(sink.port));
    let mail = mailer.compose(&sample("scadenza"), "job-4", AT(), &[]).unwrap();
    for code in ["550", "554"] {
        let refused = mailer.send(&mail).await.unwrap_err();
        let said = matches!(&refused, MailError::Permanent(reason) if reason.contains(code));
        assert!(said, "{refused}");
    }
    assert!(sink.arrived().is_empty());
}

#[tokio::test]
async fn a_connection_dropped_after_data_is_tried_again_and_recognised_as_the_same_mail() {
    let sink = Sink::start(&[Turn::HangUpAfterData, Turn::Accept]).await;
    let mailer = mailer(smtp(sink.port));
    let mail = mailer.compose(&sample("convocazione"), "job-5", AT(), &[]).unwrap();
    assert!(matches!(mailer.send(&mail).await, Err(MailError::Retry(_))));
    mailer.send(&mail).await.unwrap();
    let arrived = sink.arrived();
    assert_eq!(arrived.len(), 2, "the server had taken the first one too");
    assert_eq!(id_of(&arrived[0].bytes), id_of(&arrived[1].bytes));
    assert_eq!(text(&arrived[0].bytes), text(&arrived[1].bytes));
}

#[tokio::test]
async fn a_slow_server_is_tried_again_and_its_late_answer_is_not_taken_for_the_next_mail() {
    let late = Turn::AcceptLate(Duration::from_millis(2500));
    let sink = Sink::start(&[late, Turn::RefuseData("554 5.7.1 no")]).await;
    let mailer = mailer(SmtpConfig { timeout_seconds: 1, ..smtp(sink.port) });
    let first = mailer.compose(&sample("scadenza"), "job-6", AT(), &[]).unwrap();
    let started = Instant::now();
    let slow = mailer.send(&first).await.unwrap_err();
    assert!(matches!(&slow, MailError::Retry(reason) if reason.contains("1 secondi")), "{slow}");
    assert!(started.elapsed() < Duration::from_millis(2400));
    tokio::time::sleep(Duration::from_millis(2000)).await;
    let second = mailer.compose(&sample("scadenza"), "job-7", AT(), &[]).unwrap();
    let refused = mailer.send(&second).await.unwrap_err();
    assert!(matches!(refused, MailError::Permanent(_)), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mailer = mailer(smtp(port));
    let mail = mailer.compose(&sample("scadenza"), "job-8", AT(), &[]).unwrap();
    assert!(matches!(mailer.send(&mail).await, Err(MailError::Retry(_))));
}

#[tokio::test]
async fn a_pool_serves_many_mails_over_few_connections() {
    let sink = Sink::start(&[]).await;
    let mailer = Arc::new(mailer(smtp(sink.port)));
    let mut sent = Vec::new();
    for i in 0..20 {
        let mailer = mailer.clone();
        let mail = mailer.compose(&sample("scadenza"), &format!("pool-{i}"), AT(), &[]).unwrap();
        sent.push(mail.message_id.clone());
        mailer.send(&mail).await.unwrap();
    }
    let arrived: Vec<String> =
        sink.arrived().iter().map(|mail| format!("<{}>", id_of(&mail.bytes))).collect();
    assert_eq!(arrived, sent);
    let greetings = sink.commands().iter().filter(|line| line.starts_with("EHLO")).count();
    assert!(greetings <= 2, "{greetings} connections");
}

/// A certificate for `localhost` that nobody but itself vouches for: the server's half, and its file.
fn self_signed(name: &str) -> (TlsAcceptor, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let path = std::env::temp_dir().join(format!("delibera-{}-{name}.pem", std::process::id()));
    std::fs::write(&path, made.cert.pem()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), path)
}

fn encrypted(port: u16, authority: Option<PathBuf>) -> SmtpConfig {
    SmtpConfig { host: "localhost".into(), tls: TlsMode::Starttls, authority, ..smtp(port) }
}

#[tokio::test]
async fn starttls_refuses_a_self_signed_certificate_and_sends_nothing() {
    let (acceptor, _) = self_signed("refused");
    let offers = Offers { starttls: Some(acceptor), auth: false };
    let sink = Sink::offering(offers, &[]).await;
    let mailer = mailer(encrypted(sink.port, None));
    let mail = mailer.compose(&sample("scadenza"), "job-9", AT(), &[]).unwrap();
    let refused = mailer.send(&mail).await.unwrap_err();
    assert!(matches!(&refused, MailError::Retry(r) if r.contains("certificate")), "{refused}");
    assert!(sink.arrived().is_empty());
    assert!(!sink.commands().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn starttls_goes_through_with_the_authority_of_the_comune() {
    let (acceptor, authority) = self_signed("trusted");
    let offers = Offers { starttls: Some(acceptor), auth: false };
    let sink = Sink::offering(offers, &[]).await;
    let mailer = mailer(encrypted(sink.port, Some(authority)));
    let mail = mailer.compose(&sample("scadenza"), "job-10", AT(), &[]).unwrap();
    mailer.send(&mail).await.unwrap();
    let arrived = sink.arrived();
    assert!(arrived[0].encrypted);
    assert_eq!(text(&arrived[0].bytes), text(&mail.bytes));
}

#[tokio::test]
async fn starttls_is_not_optional() {
    let sink = Sink::start(&[]).await;
    let mailer = mailer(encrypted(sink.port, None));
    let mail = mailer.compose(&sample("scadenza"), "job-11", AT(), &[]).unwrap();
    assert!(matches!(mailer.send(&mail).await, Err(MailError::Retry(_))));
    assert!(sink.arrived().is_empty());
}

#[tokio::test]
async fn a_wrong_password_does_not_kill_the_mail() {
    let sink = Sink::offering(Offers { starttls: None, auth: true }, &[]).await;
    let credentials = SmtpConfig {
        user: Some("delibera".into()),
        password: Some(Password::new("segreta")),
        ..smtp(sink.port)
    };
    let mailer = mailer(credentials);
    let mail = mailer.compose(&sample("scadenza"), "job-12", AT(), &[]).unwrap();
    let refused = mailer.send(&mail).await.unwrap_err();
    assert!(matches!(&refused, MailError::Retry(reason) if reason.contains("535")), "{refused}");
}

#[tokio::test]
async fn credentials_never_travel_in_the_clear_nor_are_printed() {
    let far = SmtpConfig {
        host: "posta.example".into(),
        user: Some("delibera".into()),
        password: Some(Password::new("segreta")),
        ..smtp(25)
    };
    assert!(!format!("{far:?}").contains("segreta"));
    let made = Mailer::new(&config(TransportConfig::Smtp(far.clone())));
    assert!(matches!(made, Err(MailConfigError::ClearCredentials(_))));
    let half = SmtpConfig { password: None, ..far };
    let made = Mailer::new(&config(TransportConfig::Smtp(half)));
    assert!(matches!(made, Err(MailConfigError::HalfCredentials)));
}

#[tokio::test]
async fn no_message_is_waited_for_as_long_as_it_is_kept() {
    for seconds in [0, TIMEOUT_MAX + 1] {
        let server = SmtpConfig { timeout_seconds: seconds, ..smtp(25) };
        let made = Mailer::new(&config(TransportConfig::Smtp(server)));
        assert!(matches!(made, Err(MailConfigError::Timeout(s)) if s == seconds), "{seconds}");
    }
}
