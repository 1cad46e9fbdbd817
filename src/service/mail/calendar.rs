// SPDX-License-Identifier: AGPL-3.0-or-later
//! The sitting as an appointment (iCalendar, RFC 5545; invitations and cancellations, RFC 5546).

use crate::domain::notice_facts::{NoticeFacts, SittingFacts};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Rome;

/// Hours a sitting keeps in a calendar: it has no foreseen end, an appointment must show one.
const HOURS: u32 = 2;

/// What a message does to the calendar of who receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Invites, or updates an invitation.
    Request,
    /// Takes it off.
    Cancel,
}

impl Method {
    /// The method of a message; none for those that invite nobody.
    pub(super) fn of(message: &str) -> Option<Self> {
        match message {
            "convocazione" | "seduta-spostata" => Some(Self::Request),
            "seduta-annullata" | "seduta-deserta" => Some(Self::Cancel),
            _ => None,
        }
    }

    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Who invites, and under which domain.
pub(super) struct Organiser<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) domain: &'a str,
}

/// The appointment of a sitting; none when the sitting has no hour yet. `UID` stays the same for
/// the whole life of a sitting; `SEQUENCE` is the length of its stream, which rises with every
/// supplement and every move, as RFC 5546 wants.
pub(super) fn appointment(
    method: Method,
    facts: &NoticeFacts,
    sitting: &SittingFacts,
    organiser: &Organiser<'_>,
    link: Option<&str>,
    at: DateTime<Utc>,
) -> Option<String> {
    let start = sitting.start?.with_timezone(&Rome).format("%Y%m%dT%H%M%S");
    let stamp = at.format("%Y%m%dT%H%M%SZ");
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".into(),
        "PRODID:-//Delibera//Sedute//IT".into(),
        "CALSCALE:GREGORIAN".into(),
        format!("METHOD:{}", method.token()),
    ];
    lines.extend(ROME.iter().map(|line| (*line).to_owned()));
    lines.push("BEGIN:VEVENT".into());
    lines.push(format!("UID:seduta-{}@{}", sitting.id, organiser.domain));
    lines.push(format!("SEQUENCE:{}", sitting.sequence));
    lines.push(format!("DTSTAMP:{stamp}"));
    lines.push(format!("DTSTART;TZID=Europe/Rome:{start}"));
    lines.push(format!("DURATION:PT{HOURS}H"));
    lines.push(format!("SUMMARY:{}", text(&format!("{} – seduta", sitting.organ))));
    lines.push(format!("LOCATION:{}", text(&sitting.place)));
    lines.push(format!("DESCRIPTION:{}", text(&description(sitting, link))));
    if let Some(session) = &sitting.link {
        lines.push(format!("URL:{session}"));
    }
    lines.push(format!("ORGANIZER;CN={}:mailto:{}", parameter(organiser.name), organiser.email));
    lines.push(format!(
        "ATTENDEE;CN={};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{}",
        parameter(&facts.recipient.name),
        facts.recipient.email
    ));
    lines.push(match method {
        Method::Request => "STATUS:CONFIRMED".into(),
        Method::Cancel => "STATUS:CANCELLED".into(),
    });
    lines.push("CLASS:CONFIDENTIAL".into());
    lines.push("TRANSP:OPAQUE".into());
    lines.push("END:VEVENT".into());
    lines.push("END:VCALENDAR".into());
    Some(lines.iter().map(|line| fold(line)).collect())
}

/// Summer time in Italy since 1996 (directive 2000/84/EC).
const ROME: [&str; 18] = [
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Rome",
    "BEGIN:DAYLIGHT",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "DTSTART:19960331T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "DTSTART:19961027T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "X-LIC-LOCATION:Europe/Rome",
    "END:VTIMEZONE",
];

fn description(sitting: &SittingFacts, link: Option<&str>) -> String {
    let mut lines = vec![format!("{} {}", sitting.organ, sitting.mode)];
    lines.extend(sitting.items.iter().map(|item| format!("{}. {}", item.order, item.subject)));
    lines.extend(sitting.link.iter().map(|session| format!("Collegamento: {session}")));
    lines.extend(link.map(|page| format!("Fascicolo di seduta: {page}")));
    lines.join("\n")
}

/// A TEXT value (RFC 5545, 3.3.11).
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A parameter value, quoted (RFC 5545, 3.2).
fn parameter(value: &str) -> String {
    let clean: String = value.chars().filter(|c| *c != '"' && !c.is_control()).collect();
    format!("\"{clean}\"")
}

/// A content line, folded at 75 octets (RFC 5545, 3.1). What a person or a program wrote may end no
/// line: an address with a line break in it would be a property of its own.
fn fold(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 8);
    let mut octets = 0;
    for c in line.chars().filter(|c| !c.is_control()) {
        if octets + c.len_utf8() > 75 {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(c);
        octets += c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}
