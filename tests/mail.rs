// SPDX-License-Identifier: AGPL-3.0-or-later
//! Mail: what is composed, how it travels, what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "mail/composed.rs"]
mod composed;
#[path = "mail/facts.rs"]
mod facts;
#[path = "mail/server.rs"]
mod server;
#[path = "mail/sink.rs"]
mod sink;
#[path = "mail/wording.rs"]
mod wording;

use chrono::{DateTime, Utc};
use delibera::domain::notice_facts::NoticeFacts;
use delibera::service::mail::{
    MailConfig, Mailer, SmtpConfig, TlsMode, TransportConfig, retry_at, samples,
};

/// 24 July 2026, 10:30 in Rome.
#[expect(non_snake_case, reason = "reads as the constant it would be")]
fn AT() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-07-24T08:30:00Z").unwrap().to_utc()
}

fn sample(message: &str) -> NoticeFacts {
    samples(message)[0].clone()
}

fn smtp(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        tls: TlsMode::None,
        user: None,
        password: None,
        pool: 2,
        timeout_seconds: 10,
        authority: None,
    }
}

fn config(transport: TransportConfig) -> MailConfig {
    MailConfig {
        transport,
        from: "delibera@comune.roccaverde.example".into(),
        reply_to: Some("segreteria@comune.roccaverde.example".into()),
        training: None,
        base_url: Some("https://delibera.comune.roccaverde.example/".into()),
        templates: None,
    }
}

fn mailer(smtp: SmtpConfig) -> Mailer {
    Mailer::new(&config(TransportConfig::Smtp(smtp))).unwrap()
}

#[test]
fn attempts_are_one_five_fifteen_minutes_one_four_twelve_a_day_later_then_a_dead_letter() {
    let minutes: Vec<Option<i64>> =
        (1..=8).map(|n| retry_at(n, AT()).map(|at| (at - AT()).num_minutes())).collect();
    let waits = [1, 5, 15, 60, 240, 720, 1440];
    assert_eq!(minutes[..7], waits.map(Some));
    assert_eq!(minutes[7], None);
    assert_eq!(retry_at(0, AT()), None);
    assert_eq!(retry_at(u32::MAX, AT()), None);
}
